# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One round: disturb runs, look at what each leaves, run again until it succeeds, and check."""

from __future__ import annotations

import time
import typing as t
from collections import Counter
from dataclasses import dataclass, field

from .checks import DAMAGED, STUCK, Problem, find_leaks, find_problems
from .colleague import Colleague
from .site import AFTERMATH_SECONDS
from .vault_file import DamagedError

if t.TYPE_CHECKING:
    import random

    from .site import Site

MOST_RERUNS = 3
# What a run left without an answer is set aside after a day, and gone a week later.
WAITS = (25 * 3600, 9 * 86_400, 2 * 86_400)


@dataclass
class Outcome:
    """What a round came to; it counts in one row of the report. Kills are counted by step.

    An unsaved kill left a key in the cloud that was in no file, its create in flight perhaps; a
    settling kill hit a run that had a sidecar to settle.
    """

    label: str
    row: str
    runs: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    unsaved_kills: Counter[str] = field(default_factory=Counter)
    settling_kills: Counter[str] = field(default_factory=Counter)
    faults: int = 0
    reruns: int = 0
    problems: list[Problem] = field(default_factory=list)


class Round:
    """A site under attack, and what came of it until now."""

    def __init__(self, site: Site, chance: random.Random, *, label: str, row: str) -> None:
        self.site = site
        self.chance = chance
        self.outcome = Outcome(label, row)
        self.colleague = Colleague(site, chance)
        self._saved: set[str] = set()
        self._secrets: set[str] = {site.emulator.access_key_secret}

    def note_death(self, step: str, *, was_settling: bool) -> None:
        """Look at what a killed run has left; all of its keys that are on disk must survive."""
        time.sleep(AFTERMATH_SECONDS)
        self.outcome.kills[step] += 1
        self.outcome.settling_kills[step] += was_settling
        ours = self.site.cloud_keys().keys() - self.colleague.keys
        try:
            stored = {entry.access_key_id for entry in self.site.entries().values()}
        except DamagedError as error:
            self.outcome.problems.append(Problem(DAMAGED, f"at the kill: {error}"))
            stored = set()
        on_disk = stored | self.site.journaled_keys()
        self._saved |= ours & on_disk
        self.outcome.unsaved_kills[step] += not ours <= on_disk
        self._look_for_leaks()

    def conclude(self) -> Outcome:
        """Run until it succeeds, check everything, and return what came of the round."""
        self.site.emulator.clear_faults()
        for wait in WAITS:
            self._run_again()
            self.site.emulator.advance_clock(wait)
        for _rerun in range(MOST_RERUNS):
            self.outcome.reruns += 1
            if self.site.finish(self.site.start()) == 0:
                break
        else:
            told = self.site.outputs[-1][-600:]
            self.outcome.problems.append(Problem(STUCK, f"no rerun succeeded: {told}"))
        self._look_for_leaks()
        self.outcome.problems += find_problems(
            self.site, strangers=self.colleague.keys, saved=self._saved
        )
        self.outcome.runs = len(self.site.outputs)
        return self.outcome

    def _run_again(self) -> None:
        self.outcome.reruns += 1
        self.site.finish(self.site.start())

    def _look_for_leaks(self) -> None:
        self._secrets |= {key["access_key_secret"] for key in self.site.cloud_keys().values()}
        self.outcome.problems += find_leaks(self.site, self._secrets)

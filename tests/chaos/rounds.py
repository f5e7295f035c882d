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
# Whoever uses a key until then keeps it.
LATE_USE = 18 * 3600


@dataclass
class Outcome:
    """What a round came to; it counts in one row of the report. Kills are counted by step.

    An unsaved kill left a key in the cloud that was in no file, its create in flight perhaps; a
    settling kill hit a run that had a log to settle.
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
    """A site under attack, with its clones, and what came of it until now."""

    def __init__(self, site: Site, chance: random.Random, *, label: str, row: str) -> None:
        self.site = site
        self.sites = [site]
        self.chance = chance
        self.outcome = Outcome(label, row)
        self.colleague = Colleague(site, chance)
        self._saved: dict[Site, set[str]] = {}
        self._secrets: set[str] = {site.emulator.access_key_secret}

    def add_clone(self) -> Site:
        """Return another machine with a copy of the site's files, for the same account."""
        clone = self.site.clone()
        self.sites.append(clone)
        return clone

    def note_death(self, step: str, *, was_settling: bool) -> None:
        """Look at what a killed run has left; all of its keys that are on disk must survive."""
        time.sleep(AFTERMATH_SECONDS)
        self.outcome.kills[step] += 1
        self.outcome.settling_kills[step] += was_settling
        on_disk = self.look()
        ours = self.site.cloud_keys().keys() - self.colleague.keys
        self.outcome.unsaved_kills[step] += not ours <= on_disk

    def look(self) -> set[str]:
        """Look at what is on disk by now: all keys of that must survive. Return their ids."""
        on_disk = set().union(*map(self._keys_on_disk, self.sites))
        self._look_for_leaks()
        return on_disk

    def conclude(self) -> Outcome:
        """Run until it succeeds, check everything, and return what came of the round."""
        self.site.emulator.clear_faults()
        for wait in WAITS:
            succeeded = [self._run_again(site) for site in self.sites]
            if all(succeeded) and not any(site.journal.exists() for site in self.sites):
                break
            self.site.emulator.advance_clock(LATE_USE)
            self.colleague.use_all()
            self.site.emulator.advance_clock(wait - LATE_USE)
        else:
            for site in self.sites:
                self._run_until_it_succeeds(site)
        self._look_for_leaks()
        for site in self.sites:
            self.outcome.problems += find_problems(
                site, strangers=self._strangers_of(site), saved=self._saved.get(site, set())
            )
        self.outcome.runs = sum(len(site.outputs) for site in self.sites)
        return self.outcome

    def _run_again(self, site: Site) -> bool:
        self.outcome.reruns += 1
        return site.finish(site.start()) == 0

    def _run_until_it_succeeds(self, site: Site) -> None:
        if not any(self._run_again(site) for _rerun in range(MOST_RERUNS)):
            told = site.outputs[-1][-600:]
            self.outcome.problems.append(Problem(STUCK, f"no rerun succeeded: {told}"))

    def _keys_on_disk(self, site: Site) -> set[str]:
        """Return the ids of the keys that a site holds, and keep in mind that it must go on to."""
        on_disk = self._stored_keys(site) | site.journaled_keys()
        ours = site.cloud_keys().keys() - self.colleague.keys
        self._saved.setdefault(site, set()).update(ours & on_disk)
        return on_disk

    def _stored_keys(self, site: Site) -> set[str]:
        try:
            return {entry.access_key_id for entry in site.entries().values()}
        except DamagedError as error:
            self.outcome.problems.append(Problem(DAMAGED, f"meanwhile: {error}"))
            return set()

    def _strangers_of(self, site: Site) -> set[str]:
        others = [other for other in self.sites if other is not site]
        return self.colleague.keys.union(*map(self._stored_keys, others))

    def _look_for_leaks(self) -> None:
        self._secrets |= {key["access_key_secret"] for key in self.site.cloud_keys().values()}
        for site in self.sites:
            self.outcome.problems += find_leaks(site, self._secrets)

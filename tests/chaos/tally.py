# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all rounds came to, added up; lanes may add to it while it is read."""

from __future__ import annotations

import typing as t
from collections import Counter

if t.TYPE_CHECKING:
    from .rounds import Outcome


class Tally:
    """The outcomes until now."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []

    @property
    def rounds(self) -> Counter[str]:
        """How many rounds there were, by row of the report."""
        return Counter(outcome.row for outcome in self.outcomes)

    @property
    def kills(self) -> Counter[str]:
        """How many kills there were, by step."""
        return _sum(outcome.kills for outcome in self.outcomes)

    @property
    def unsaved_kills(self) -> Counter[str]:
        """How many kills left a key that was in no file, by step."""
        return _sum(outcome.unsaved_kills for outcome in self.outcomes)

    @property
    def settling_kills(self) -> Counter[str]:
        """How many kills hit a run that had a log to settle, by step."""
        return _sum(outcome.settling_kills for outcome in self.outcomes)

    @property
    def faults(self) -> int:
        """How many faults hit a request."""
        return sum(outcome.faults for outcome in self.outcomes)

    @property
    def failures(self) -> list[Outcome]:
        """The rounds with problems."""
        return [outcome for outcome in self.outcomes if outcome.problems]


def _sum(counts: t.Iterable[Counter[str]]) -> Counter[str]:
    return sum(counts, Counter())

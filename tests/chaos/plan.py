# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which round comes next: whatever is furthest behind what is wanted, until time is up."""

from __future__ import annotations

import itertools
import math
import random
import threading
import time
import typing as t
from collections import Counter
from dataclasses import dataclass

from .faults import ACTIONS, FAULTS, PERCENTAGES
from .kills import AT_RANDOM
from .scripts import SCENES
from .strikes import STEPS, make_chain

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .tally import Tally

SHARE_AT_STEPS = 0.7
# A step that is missed that often, for each time it is wanted, is not there.
MOST_TRIES = 4


class Plan:
    """Hands out labels of rounds; safe to share between lanes."""

    def __init__(self, labels: Iterator[str], seconds: float) -> None:
        self._labels = labels
        self._deadline = time.monotonic() + seconds
        self._lock = threading.Lock()

    def next_label(self) -> str | None:
        """Return the label of the next round, None when there is no more or time is up."""
        with self._lock:
            if time.monotonic() > self._deadline:
                return None
            return next(self._labels, None)

    def stop(self) -> None:
        """Hand out nothing more."""
        self._deadline = 0.0


@dataclass(frozen=True)
class Wanted:
    """How much of everything there is to be, at least."""

    kills: int
    faults: int
    rivals: int
    # Of each scenario that is played without details.
    scenes: int

    @property
    def kills_at_each_step(self) -> int:
        """How many kills each recorded step is to have."""
        return math.ceil(self.kills * SHARE_AT_STEPS / len(STEPS))

    @property
    def kills_at_random(self) -> int:
        """How many kills there are to be at random."""
        return max(0, self.kills - self.kills_at_each_step * len(STEPS))

    def missing_in(self, tally: Tally) -> list[str]:
        """Return in words what there is too little of."""
        counts = {
            **{step: (tally.kills[step], self.kills_at_each_step) for step in STEPS},
            AT_RANDOM: (tally.kills[AT_RANDOM], self.kills_at_random),
            "faults": (tally.faults, self.faults),
            **{row: (tally.rounds[row], self.scenes) for row, _users, _play in SCENES.values()},
        }
        return [
            f"{what}: {count} of {wanted}"
            for what, (count, wanted) in counts.items()
            if count < wanted
        ]


def labels_for(wanted: Wanted, tally: Tally, layouts: Sequence[str], seed: int) -> Iterator[str]:
    """Return labels until the tally has what is wanted."""
    chance = random.Random(seed)
    layout, number = itertools.cycle(layouts), itertools.count(1)
    for each in layouts:
        yield f"order/{each}/{next(number)}"
    for scenario, *details in itertools.chain(
        _scenes(wanted),
        _rivals(wanted),
        _steps(wanted, tally, chance),
        _random(wanted, tally),
        _faults(wanted, tally, chance),
    ):
        yield "/".join([scenario, next(layout), *details, str(next(number))])


def _scenes(wanted: Wanted) -> Iterator[list[str]]:
    for _number in range(wanted.scenes):
        for name in SCENES:
            yield [name]


def _rivals(wanted: Wanted) -> Iterator[list[str]]:
    for number in range(wanted.rivals):
        yield ["rivals-and-kill" if number % 2 else "rivals"]


def _steps(wanted: Wanted, tally: Tally, chance: random.Random) -> Iterator[list[str]]:
    tries: Counter[str] = Counter()

    def untried(step: str) -> int:
        return wanted.kills_at_each_step - tries[step]

    def missed(step: str) -> int:
        if tries[step] >= MOST_TRIES * wanted.kills_at_each_step:
            return 0
        return wanted.kills_at_each_step - tally.kills[step]

    for needs in (untried, missed):
        while any(needs(step) > 0 for step in STEPS):
            chain = make_chain(needs, chance)
            tries.update(strike.step for strike in chain)
            yield ["steps", *map(str, chain)]


def _random(wanted: Wanted, tally: Tally) -> Iterator[list[str]]:
    while tally.kills[AT_RANDOM] < wanted.kills_at_random:
        yield ["random"]


def _faults(wanted: Wanted, tally: Tally, chance: random.Random) -> Iterator[list[str]]:
    kinds = [list(kind) for kind in itertools.product(FAULTS, ACTIONS, map(str, PERCENTAGES))]
    chance.shuffle(kinds)
    for kind in itertools.cycle(kinds):
        if tally.faults >= wanted.faults:
            return
        yield ["fault", *kind]

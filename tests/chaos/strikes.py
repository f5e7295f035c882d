# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The recorded steps at which a run is killed, and chains of them that make up a round."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    import random
    from collections.abc import Callable

CREATE = "CreateAccessKey"
SUSPECTED = "suspected"


class Step(t.NamedTuple):
    """A step that can be struck."""

    times: int
    meaning: str


# In the order in which a run gets there, each with how often it surely does in a first run. The
# words behind the names are explained in shim/sitecustomize.py. The file is replaced twice: by its
# own bytes, as a proof, before the first create, and in the end.
STEPS = {
    "header torn": Step(1, "within the write of the log's header"),
    "header durable": Step(1, "log begun, no intent yet"),
    "intent unwritten": Step(3, "before the intent is written"),
    "intent torn": Step(3, "within the write of the intent"),
    "intent written": Step(3, "intent written, not yet durable"),
    "intent durable": Step(3, "intent durable, create not sent"),
    f"{CREATE} unsent": Step(10, "before create"),
    f"{CREATE} sent": Step(10, "create in flight"),
    f"{CREATE} answered": Step(10, "after create, before save"),
    "group unwritten": Step(3, "before the save is written"),
    "group torn": Step(3, "within the write of the save"),
    "group written": Step(3, "save written, not yet durable"),
    "group durable": Step(3, "after save"),
    "suspected torn": Step(1, "settling, within the write of a suspicion"),
    "suspected durable": Step(1, "settling, a key is suspected"),
    "file unopened": Step(2, "before the new file is opened"),
    "file torn": Step(2, "within the write of the new file"),
    "file written": Step(2, "between write and fsync"),
    "file durable": Step(2, "between fsync and rename"),
    "file renamed": Step(2, "between rename and fsync of the directory"),
    "stored torn": Step(1, "file replaced, within the write of that to the log"),
    "stored durable": Step(1, "file replaced, and the log tells so"),
}
# A later run of a chain has fewer users left.
MOST_LATER = 2
CHAIN = 3
# A kill there leaves a key that the next run suspects.
LEAVES_ORPHAN = (f"{CREATE} sent", f"{CREATE} answered", "group unwritten", "group torn")
LEAVES_SUSPECT = (*LEAVES_ORPHAN, f"{SUSPECTED} torn")


@dataclass(frozen=True)
class Strike:
    """Kill at the n-th time a step is reached."""

    step: str
    occurrence: int

    def __str__(self) -> str:
        """Return the strike as labels have it."""
        return f"{self.step.replace(' ', '-')}.{self.occurrence}"

    @classmethod
    def parse(cls, text: str) -> Strike:
        """Return the strike of a label; ValueError if it is none."""
        name, _dot, occurrence = text.partition(".")
        step = name.replace("-", " ")
        if step not in STEPS:
            raise ValueError(f"{text} is no strike")
        return cls(step, int(occurrence))


def make_chain(needs: Callable[[str], float], chance: random.Random) -> list[Strike]:
    """Return strikes at the steps that need it most, in an order in which runs get to them."""
    ranked = sorted(STEPS, key=lambda step: (needs(step), chance.random()), reverse=True)
    order = list(STEPS)
    steps: list[str] = []
    for step in sorted(ranked[:CHAIN], key=order.index):
        # Only a key of an unanswered create is suspected, by the run that comes right after.
        if step.startswith(SUSPECTED) and not (steps and steps[-1] in LEAVES_SUSPECT):
            steps.append(chance.choice(LEAVES_ORPHAN))
        steps.append(step)
    return [_strike(step, chance, is_first=not place) for place, step in enumerate(steps)]


def _strike(step: str, chance: random.Random, *, is_first: bool) -> Strike:
    times = STEPS[step].times
    return Strike(step, chance.randint(1, times if is_first else min(times, MOST_LATER)))

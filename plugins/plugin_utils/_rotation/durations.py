# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long each stage of a rotation takes: as people write it, and whether it makes sense."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ...module_utils._cloud.errors import InputError

if t.TYPE_CHECKING:
    from collections.abc import Mapping

MINUTE, HOUR, DAY, WEEK = 60.0, 3_600.0, 86_400.0, 604_800.0
_UNITS = {"m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
_WRITTEN = re.compile(r"([0-9]{1,4})([mhdw])")
SHORTEST_GRACE = HOUR
# Last use shows about two hours late.
SHORTEST_QUIET = 3 * HOUR
# Daily runs and the lag of what they rest on take so long, all stages together.
SLACK = 3 * DAY
OF_A_USER = ("max_age", "grace", "quiet", "retain")


@dataclass(frozen=True)
class Durations:
    """How long the stages of one user's rotation take, in seconds."""

    max_age: float
    grace: float
    quiet: float
    retain: float
    overdue: float

    @property
    def due(self) -> float:
        """The age at which a key is to be replaced, so that it is Inactive by `max_age`."""
        return self.max_age - self.grace - self.quiet - SLACK

    @classmethod
    def read(cls, given: Mapping[str, t.Any], whose: str = "") -> Durations:
        """Read options, of which `quiet` may be missing; `whose` says in words whose they are.

        Raises InputError for what is no duration, or if they don't make sense together.
        """
        written = {**given, "quiet": given["quiet"] or given["grace"]}
        names = (*OF_A_USER, "overdue")
        durations = cls(**{name: _seconds(written[name], name + whose) for name in names})
        durations._refuse_nonsense(whose)
        return durations

    def _refuse_nonsense(self, whose: str) -> None:
        if self.grace < SHORTEST_GRACE:
            raise InputError(f"grace{whose} is {told(self.grace)}, and at least 1h is needed")
        if self.quiet < SHORTEST_QUIET:
            raise InputError(
                f"quiet{whose} is {told(self.quiet)}, and at least 3h is needed: a use shows about "
                "two hours late"
            )
        total = self.grace + self.quiet + SLACK + self.retain
        if total >= self.max_age:
            raise InputError(
                f"max_age{whose} is {told(self.max_age)}, and must be longer than "
                f"{told(total)}: grace {told(self.grace)} + quiet {told(self.quiet)} + "
                f"{told(SLACK)} + retain {told(self.retain)}"
            )


def told(seconds: float) -> str:
    """Return a duration as people write it, in the largest unit that holds it."""
    unit = next(unit for unit in ("d", "h", "m") if seconds % _UNITS[unit] == 0)
    return f"{int(seconds // _UNITS[unit])}{unit}"


def _seconds(written: t.Any, name: str) -> float:
    found = _WRITTEN.fullmatch(written) if isinstance(written, str) else None
    # What else stands there is not quoted: it may be anything.
    if found is None or int(found[1]) == 0:
        raise InputError(
            f"{name} must be a whole number above 0 with a unit, m, h, d or w: 90d, for example"
        )
    return int(found[1]) * _UNITS[found[2]]

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who uses the keys, each by a habit: how often the file is read, how often a call is signed."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..signing import signs

if t.TYPE_CHECKING:
    from emulator import Emulator

    Pair = tuple[str, str]

OFFICE = "203.0.113.7"


@dataclass(frozen=True)
class Habit:
    """How often a consumer reads the file and signs, in parts of `grace` and `quiet`; 0 is never.

    Each of these keeps the contract, by reading or by being seen.
    """

    name: str
    reads: float
    signs: float
    is_at_the_office: bool = False


HABITS = (
    Habit("reads and signs daily", 0.15, 0.15),
    Habit("reads in time, signs daily", 0.75, 0.15),
    Habit("reads in time, signs rarely", 0.75, 2.5),
    Habit("reads late, signs daily", 3.0, 0.15),
    Habit("read it once, signs daily", 0.0, 0.15),
    Habit("reads and signs at the office", 0.5, 0.3, is_at_the_office=True),
    Habit("nobody", 0.0, 0.0),
)


class Consumer:
    """One consumer of a user's key."""

    def __init__(self, emulator: Emulator, user: str, habit: Habit, length: float) -> None:
        self.user = user
        self.habit = habit
        self._emulator = emulator
        self._length = length
        self._read_at = self._signed_at = float("-inf")
        self._pair: Pair | None = None
        self.signatures = 0

    def act(self, now: float, entries: dict[str, t.Any]) -> str | None:
        """Read and sign if it is time to; return what went wrong."""
        if self._is_time(self._read_at, now, self.habit.reads) or self._pair is None:
            entry = entries.get(self.user)
            if entry:
                self._pair = (entry["access_key_id"], entry["access_key_secret"])
                self._read_at = now
        if self._pair is None or not self._is_time(self._signed_at, now, self.habit.signs):
            return None
        self._signed_at = now
        self.signatures += 1
        address = OFFICE if self.habit.is_at_the_office else "127.0.0.1"
        self._emulator.set_source_address(address)
        is_accepted = signs(self._emulator, *self._pair)
        self._emulator.set_source_address("127.0.0.1")
        if is_accepted:
            return None
        return f"{self.user} ({self.habit.name}) was refused with {self._pair[0]}"

    def _is_time(self, last: float, now: float, part: float) -> bool:
        return part > 0 and now - last >= part * self._length

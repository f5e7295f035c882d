# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What settling a log came to."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .records import Settled

if t.TYPE_CHECKING:
    from .records import LoggedKey
    from .suspicion import ToldSuspect


@dataclass
class Settlement:
    """What settling came to, by user id but for `recovered`, which are names of users.

    `problems` are why nothing can be done for a user; `suspects` may have come of unanswered
    creates; `logged` are the ids of keys that only the log holds, and `begun` those among them that
    a rotation is to go on with. `settled` is what the log lets go.
    """

    recovered: set[str] = field(default_factory=set)
    problems: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    suspects: dict[str, list[ToldSuspect]] = field(default_factory=dict)
    logged: dict[str, set[str]] = field(default_factory=dict)
    begun: dict[str, LoggedKey] = field(default_factory=dict)
    settled: Settled = field(default_factory=Settled)

    def hold(self, key: LoggedKey) -> None:
        """Leave a key in the log, which alone holds it."""
        self.logged.setdefault(key.user_id, set()).add(key.access_key_id)

    def fail(self, key: LoggedKey, problem: str) -> None:
        """Leave a key in the log, and its user as it is."""
        self.hold(key)
        self.problems[key.user_id] = problem

    def clear(self, user_id: str, key_id: str) -> None:
        """Suspect a key no more, as it is gone."""
        found = self.suspects.get(user_id, [])
        self.suspects[user_id] = [each for each in found if each.access_key_id != key_id]

    def drop(self, key: LoggedKey) -> None:
        """Let the log go without a key."""
        self.settled.key_ids.add(key.access_key_id)

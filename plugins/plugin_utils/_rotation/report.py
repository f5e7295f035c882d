# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task wants of the users of a file, and what came of it; never with a secret."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ...module_utils._cloud.times import date_of, timestamp
from .._keyring.clock import told_time
from .._keyring.report import Request
from .._vault_file.pair import id_to_tell
from .decisions import (
    BLOCKED,
    DELETED,
    DONE_DISABLED,
    FAILED,
    HELD,
    UNCHANGED,
    WAITING,
    WRITING,
    Decision,
)
from .durations import DAY
from .facts import DISABLED, GRACE
from .rules import is_overdue, stage_of

if t.TYPE_CHECKING:
    from pathlib import Path

    from ...module_utils._cloud.errors import RamError
    from .._keyring.situation import Situation
    from .._vault_file.entry import Entry
    from .facts import Facts, Wish

BEGIN, DISABLE, DELETE = "begin", "disable", "delete"


@dataclass(frozen=True, kw_only=True)
class RotationRequest(Request):
    """What the task wants for one user."""

    wish: Wish


@dataclass
class Item:
    """One user on its way through the task; `entry` is what the file holds in the end."""

    request: RotationRequest
    case: Situation
    facts: Facts
    decision: Decision = field(default_factory=lambda: Decision(UNCHANGED))
    entry: Entry | None = None
    error: RamError | None = None
    # The key that the file is to hold from now on, and did not before.
    new_key_id: str | None = None

    @property
    def name(self) -> str:
        """What the user is called now."""
        return self.case.user_name

    @property
    def user_id(self) -> str:
        """The id of the user, which stays when the name does not."""
        entry, user = self.facts.entry, self.case.user
        return str(entry.user_id if entry else user.user_id if user else "")

    @property
    def action(self) -> str:
        """What came of the user."""
        return FAILED if self.error else self.decision.action

    @property
    def moves(self) -> bool:
        """Whether anything is done for the user."""
        return self.decision.move is not None

    @property
    def has_moved(self) -> bool:
        """Whether the file or the cloud is no longer what it was."""
        return self.moves and self.error is None

    @property
    def is_overdue(self) -> bool:
        """Whether the rotation takes too long, or a key in use is too old."""
        if self.action in {DONE_DISABLED, DELETED}:
            return is_overdue(self.facts, but_for_old=True) and self.new_key_id is None
        return is_overdue(self.facts)

    def result(self, path: Path) -> dict[str, t.Any]:
        """Return what the task reports for the user."""
        facts, entry = self.facts, self.entry
        previous = id_to_tell(entry.previous.access_key_id) if entry and entry.previous else None
        step, at = self._outlook()
        age = facts.age(facts.current)
        result = {
            "user_name": self.name,
            "action": self.action,
            "stage_before": stage_of(facts),
            "stage": entry.stage if entry else None,
            "access_key_id": id_to_tell(entry.access_key_id) if entry else None,
            "previous_access_key_id": previous,
            "age_days": None if age is None else int(age // DAY),
            "last_used": self._used(facts.entry.access_key_id if facts.entry else None),
            "previous_last_used": self._used(facts.previous_id),
            "waiting_for": None if self.error else self.decision.why,
            "next_step": step,
            "next_at": None if at is None else date_of(at),
            "overdue": self.is_overdue,
            "file": str(path),
        }
        return {**result, "error": str(self.error)} if self.error else result

    def line(self, *, is_calendar: bool) -> str | None:
        """Return the line that tells of a user that moved or waits, or of any in a calendar."""
        if self.action in {BLOCKED, FAILED}:
            return None
        if self.action in {UNCHANGED, HELD} and not is_calendar:
            return None
        step, at = self._outlook()
        told = f"{self.name}: {self.action.replace('_', ' ')}"
        if self.decision.why:
            told += f"{'' if self.action == WAITING else ', waiting'} for {self.decision.why}"
        if step and at is not None:
            told += f"; next: {step} at {told_time(at)}"
        return told

    def warnings(self) -> list[str]:
        """Return what somebody should look after, in a line each."""
        told = []
        if self.decision.warning:
            told.append(f"User {self.name}: {self.decision.warning}")
        if self.action == BLOCKED:
            told.append(f"The key of user {self.name} is not rotated: {self.decision.why}")
        problems = {use.problem for use in self.facts.uses.values() if use.problem}
        told += [f"User {self.name}: {problem}" for problem in sorted(problems)]
        if self.is_overdue:
            told.append(f"The rotation of user {self.name} is overdue")
        return told

    def _used(self, key_id: str | None) -> str | None:
        use = self.facts.uses.get(key_id or "")
        if use is None or use.problem:
            return None
        return "never" if use.at is None else date_of(use.at)

    def _outlook(self) -> tuple[str | None, float | None]:
        """Return the step that comes next, and when if that is known."""
        if self.action in {FAILED, BLOCKED, HELD}:
            return None, None
        durations, at = self.facts.durations, self.decision.at
        rotation = self.entry.rotation if self.entry else None
        if rotation is None:
            created = timestamp(self.entry.created) if self.entry and self.moves else None
            return BEGIN, created + durations.due if at is None and created is not None else at
        if rotation.stage == GRACE:
            switched = timestamp(rotation.switched) if self.moves else None
            return DISABLE, at if switched is None else switched + durations.grace + WRITING
        if rotation.stage == DISABLED:
            disabled = timestamp(rotation.disabled) if self.moves else None
            return DELETE, at if disabled is None else disabled + durations.retain
        return None, None

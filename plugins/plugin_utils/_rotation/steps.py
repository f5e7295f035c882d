# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take the step that was decided for a user; what leads to a new key is in a place of its own.

A step is in the log before it is sent, and leaves the entry that it leads to. Right before it, both
keys are listed again.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ...module_utils._cloud.errors import RamError
from ...module_utils._cloud.times import date_of
from ...module_utils._ram.access_key import ACTIVE, INACTIVE, find_keys
from .._keyring.records import ACTIVATE, DELETE, DISABLE
from .._vault_file.entry import Rotation
from .decisions import TO_BE_DATED, Move
from .facts import BY_EMERGENCY, DISABLED, GRACE, ROLLED_BACK
from .noting import note_step
from .proofs import objection, prove_when_known

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from .._keyring.desk import Desk
    from .._vault_file.entry import Entry, Previous
    from .new_keys import NewKeys
    from .report import Item


@dataclass(frozen=True)
class Steps:
    """Takes the steps for the users of one file; safe to share between threads."""

    desk: Desk
    new_keys: NewKeys
    check_mode: bool

    def take(self, item: Item) -> None:
        """Take the step that was decided for a user, or change the decision; raises RamError."""
        steps: dict[Move, Callable[[Item, Entry], None]] = {
            Move.DISABLE: self._disable,
            Move.TAKE_OVER: self._take_over,
            Move.RETURN: self._return,
            Move.REACTIVATE: self._reactivate,
            Move.DELETE: self._delete,
            Move.FORGET: self._forget,
            Move.ROLL_BACK: self._roll_back,
            Move.SWAP_BACK: self._swap_back,
            Move.BEGIN: self.new_keys.begin,
            Move.REPLACE_LEAKED: self.new_keys.replace_leaked,
        }
        move, entry = t.cast("Move", item.decision.move), item.facts.entry
        if self._is_objected(item):
            return
        if move not in {Move.TAKE_OVER, Move.RETURN, Move.FORGET}:
            self._look_again(item)
        if move is Move.FINISH_BEGIN:
            self.new_keys.finish(item)
        elif move is Move.UNDO_BEGIN:
            self.desk.hands.discard(item.name, str(item.facts.begun))
        else:
            steps[move](item, t.cast("Entry", entry))

    def disable_leaked(self, item: Item) -> None:
        """Disable the key that leaked, once the file holds the new one."""
        entry = t.cast("Entry", self.desk.book.get(item.name))
        previous = t.cast("Previous", entry.previous)
        step = note_step(self.desk, item, previous.access_key_id, DISABLE, by=BY_EMERGENCY)
        self.desk.hands.set_status(item.name, previous.access_key_id, INACTIVE)
        rotation = t.cast("Rotation", entry.rotation)
        rotation = replace(rotation, stage=DISABLED, disabled=date_of(step.at))
        self._put(item, replace(entry, rotation=rotation))

    # What is decided about one user.

    def _is_objected(self, item: Item) -> bool:
        """Prove the pair that is to be the only one, and tell whether that forbids the step."""
        entry = t.cast("Entry", item.facts.entry)
        move, is_leaked = item.decision.move, item.decision.by == BY_EMERGENCY
        if move is Move.SWAP_BACK:
            entry = entry.swapped()
        elif move is not Move.DELETE and (move is not Move.DISABLE or is_leaked):
            return False
        found = objection(self.desk.client, self.desk.file, item.facts, entry)
        item.decision = found or item.decision
        return found is not None

    def _look_again(self, item: Item) -> None:
        """Raise RamError unless the user's keys are still what the decision rests on."""
        now = find_keys(self.desk.client, item.name) or []
        known = {key.access_key_id: key.status for key in item.facts.keys}
        if {key.access_key_id: key.status for key in now} != known:
            raise RamError(
                f"Somebody changed the keys of user {item.name} while this task ran: run again"
            )

    def _disable(self, item: Item, entry: Entry) -> None:
        by, last_used = item.decision.by, item.decision.last_used
        key_id = item.facts.previous_id
        step = note_step(self.desk, item, key_id, DISABLE, by=by, last_used=last_used)
        self.desk.hands.set_status(item.name, key_id, INACTIVE)
        self._put_disabled(item, entry, step.at)

    def _take_over(self, item: Item, entry: Entry) -> None:
        self._put_disabled(item, entry, t.cast("float", item.decision.disabled))

    def _put_disabled(self, item: Item, entry: Entry, at: float) -> None:
        decision = item.decision
        rotation = Rotation(
            DISABLED,
            switched=entry.rotation.switched if entry.rotation else None,
            disabled=date_of(at),
            by=decision.by,
            last_used=decision.last_used,
        )
        self._put(item, replace(entry, rotation=rotation))

    def _return(self, item: Item, entry: Entry) -> None:
        self._put(item, replace(entry, rotation=Rotation(GRACE, TO_BE_DATED)))

    def _reactivate(self, item: Item, entry: Entry) -> None:
        note_step(self.desk, item, item.facts.previous_id, ACTIVATE)
        self.desk.hands.set_status(item.name, item.facts.previous_id, ACTIVE)
        self._return(item, entry)

    def _delete(self, item: Item, entry: Entry) -> None:
        note_step(self.desk, item, item.facts.previous_id, DELETE)
        self.desk.hands.delete(item.name, item.facts.previous_id)
        self._forget(item, entry)

    def _forget(self, item: Item, entry: Entry) -> None:
        self._put(item, replace(entry, previous=None, rotation=None))

    def _roll_back(self, item: Item, entry: Entry) -> None:
        previous = item.facts.previous
        is_inactive = previous is not None and not previous.is_active
        if is_inactive:
            note_step(self.desk, item, item.facts.previous_id, ACTIVATE)
            self.desk.hands.set_status(item.name, item.facts.previous_id, ACTIVE)
        swapped = entry.swapped()
        try:
            if not (is_inactive and self.check_mode):
                prove_when_known(self.desk.client, self.desk.file, item.name, swapped)
        except RamError as error:
            raise self._not_rolled_back(item, entry, error, is_inactive=is_inactive) from None
        self._put(item, replace(swapped, rotation=Rotation(ROLLED_BACK, TO_BE_DATED)))

    def _not_rolled_back(
        self, item: Item, entry: Entry, error: RamError, *, is_inactive: bool
    ) -> RamError:
        """Disable again what was activated for nothing, and return the error that tells of it."""
        key_id, told = item.facts.previous_id, ""
        if is_inactive:
            rotation = entry.rotation or Rotation(None)
            try:
                note_step(
                    self.desk, item, key_id, DISABLE, by=rotation.by, last_used=rotation.last_used
                )
                self.desk.hands.set_status(item.name, key_id, INACTIVE)
            except RamError as failure:
                told = f". It is Active now ({failure})"
        return error.reworded(
            f"Key {key_id} of user {item.name} can't be proven, so nothing is rolled back: {error}"
            f"{told}"
        )

    def _swap_back(self, item: Item, entry: Entry) -> None:
        self._put(item, replace(entry.swapped(), rotation=Rotation(GRACE, TO_BE_DATED)))

    def _put(self, item: Item, entry: Entry) -> None:
        self.desk.book.put(item.name, entry)

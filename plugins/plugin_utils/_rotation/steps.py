# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a rotation. Each is in the log before it is sent, and leaves the entry it leads to.

Right before it, both keys are listed again; what signs this run is never disabled or deleted.
"""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass, replace

from ...module_utils._cloud.errors import RamError
from ...module_utils._cloud.times import date_of
from ...module_utils._ram.access_key import ACTIVE, INACTIVE, find_keys
from ...module_utils._stopping import StoppedError
from .._keyring import verification
from .._keyring.clock import server_now, told_time
from .._keyring.evidence import BEGIN_AGAIN
from .._keyring.log import LogError
from .._keyring.records import ACTIVATE, DELETE, DISABLE, ROTATION, BeginFailed, Step
from .._keyring.verification import INACTIVE as NOT_ACTIVE_YET
from .._keyring.verification import UNKNOWN
from .._vault_file.entry import Rotation
from .decisions import Move
from .facts import BY_EMERGENCY, DISABLED, GRACE, ROLLED_BACK
from .proofs import objection

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ...module_utils._ram.network_policy import NetworkPolicyApi, Policy
    from .._keyring.desk import Desk
    from .._keyring.settling import Settler
    from .._vault_file.entry import Entry, Previous
    from .report import Item

LONGEST_REASON = 200
# What the entry of a key that is on its way is dated with, right before the file is replaced.
TO_BE_DATED = "to be dated"


@dataclass(frozen=True)
class Steps:
    """Takes the steps for the users of one file; safe to share between threads."""

    desk: Desk
    settler: Settler
    policies: NetworkPolicyApi
    copies_policy: bool
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
            Move.BEGIN: self._begin,
            Move.REPLACE_LEAKED: self._replace_leaked,
        }
        move, entry = t.cast("Move", item.decision.move), item.facts.entry
        if self._is_objected(item):
            return
        if move not in {Move.TAKE_OVER, Move.RETURN, Move.FORGET}:
            self._look_again(item)
        if move is Move.FINISH_BEGIN:
            self._finish_begin(item)
        elif move is Move.UNDO_BEGIN:
            self.desk.hands.discard(item.name, str(item.facts.begun))
        else:
            steps[move](item, t.cast("Entry", entry))

    def undo(self, item: Item, reason: RamError) -> RamError:
        """Delete the key of a begin that failed, and return the error that tells of it."""
        key_id = str(item.new_key_id)
        again = self._note_failure(item, reason)
        try:
            if item.decision.by == BY_EMERGENCY and item.facts.entry:
                self._note(item, str(item.facts.entry.access_key_id), ACTIVATE)
            self.desk.hands.discard(item.name, key_id)
        except RamError as error:
            return RamError(
                f"Key {key_id} of user {item.name} must go, as the rotation could not be begun "
                f"({reason}), and could not be deleted ({error}): the next run tries again"
            )
        return RamError(
            f"The rotation of user {item.name} could not be begun, so its new key {key_id} was "
            f"deleted again: {reason}. {again}{self._by_hand(item)}"
        )

    def disable_leaked(self, item: Item) -> None:
        """Disable the key that leaked, once the file holds the new one."""
        entry = t.cast("Entry", self.desk.book.get(item.name))
        previous = t.cast("Previous", entry.previous)
        step = self._note(item, previous.access_key_id, DISABLE, by=BY_EMERGENCY)
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
        step = self._note(item, key_id, DISABLE, by=by, last_used=last_used)
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
        self._note(item, item.facts.previous_id, ACTIVATE)
        self.desk.hands.set_status(item.name, item.facts.previous_id, ACTIVE)
        self._return(item, entry)

    def _delete(self, item: Item, entry: Entry) -> None:
        self._note(item, item.facts.previous_id, DELETE)
        self.desk.hands.delete(item.name, item.facts.previous_id)
        self._forget(item, entry)

    def _forget(self, item: Item, entry: Entry) -> None:
        self._put(item, replace(entry, previous=None, rotation=None))

    def _roll_back(self, item: Item, entry: Entry) -> None:
        previous = item.facts.previous
        is_inactive = previous is not None and not previous.is_active
        if is_inactive:
            self._note(item, item.facts.previous_id, ACTIVATE)
            self.desk.hands.set_status(item.name, item.facts.previous_id, ACTIVE)
        swapped = entry.swapped()
        try:
            if not (is_inactive and self.check_mode):
                self._prove(item, swapped)
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
                self._note(item, key_id, DISABLE, by=rotation.by, last_used=rotation.last_used)
                self.desk.hands.set_status(item.name, key_id, INACTIVE)
            except RamError as failure:
                told = f". It is Active now ({failure})"
        return error.reworded(
            f"Key {key_id} of user {item.name} can't be proven, so nothing is rolled back: {error}"
            f"{told}"
        )

    def _swap_back(self, item: Item, entry: Entry) -> None:
        self._put(item, replace(entry.swapped(), rotation=Rotation(GRACE, TO_BE_DATED)))

    # A new key.

    def _begin(self, item: Item, entry: Entry) -> None:
        policy = self._policy_of(item)
        case = replace(item.case, keys=list(item.facts.keys))
        made = self.desk.hands.create(case, ROTATION)
        item.new_key_id = made.access_key_id
        self._complete(item, made, policy)
        self._put_begun(item, made, entry)

    def _finish_begin(self, item: Item) -> None:
        """Go on with a key that only the log holds."""
        key = self.settler.settlement.begun[str(self._user_id(item))]
        made = self.settler.entry_of(key)
        # What was in the file was complete by then, and may be in use.
        if key.stored is None:
            item.new_key_id = key.access_key_id
            self._complete(item, made, self._policy_of(item))
        self._put_begun(item, made, item.facts.entry)

    def _replace_leaked(self, item: Item, entry: Entry) -> None:
        """Make the key that takes the place of the leaked one; that one is disabled later."""
        frees = item.decision.frees
        if frees:
            self._note(item, frees, DELETE)
            self.desk.hands.delete(item.name, frees)
        if frees and frees == item.facts.previous_id:
            entry = replace(entry, previous=None, rotation=None)
            self.desk.book.put(item.name, entry)
            keys = [key for key in item.facts.keys if key.access_key_id != frees]
            item.facts = replace(item.facts, entry=entry, keys=keys)
        # Whoever goes on with what this run begins has to know that there is no grace.
        self._note(item, str(entry.access_key_id), DISABLE, by=BY_EMERGENCY)
        if item.facts.begun:
            self._finish_begin(item)
        else:
            self._begin(item, entry)

    def _complete(self, item: Item, made: Entry, policy: Policy | None) -> None:
        """Prove a new key and give it a network policy; one for which that fails is undone."""
        if self.check_mode:
            return
        try:
            self._prove(item, made)
            if policy:
                self.policies.put(item.name, str(made.access_key_id), policy)
        except StoppedError:
            # The log has it, so the next run goes on.
            raise
        except RamError as error:
            raise self.undo(item, error) from None

    def _put_begun(self, item: Item, made: Entry, old: Entry | None) -> None:
        """Let the new pair be the current one, and the old one the other, if its key is there."""
        if old is None or not item.facts.current:
            self._put(item, made)
            return
        noted = item.facts.ours(str(old.access_key_id), DISABLE) if item.facts.begun else None
        by = noted.by if noted else item.decision.by
        rotation = Rotation(GRACE, TO_BE_DATED, by=by)
        self._put(item, replace(made, previous=old.as_previous(), rotation=rotation))

    def _policy_of(self, item: Item) -> Policy | None:
        """Return the network policy that the new key is to have."""
        if not self.copies_policy or item.facts.current is None:
            return None
        try:
            return self.policies.find(item.name, str(item.facts.current.access_key_id))
        except StoppedError:
            raise
        except RamError as error:
            told = f"{error}. Without it no key is made; network_policy: ignore does not copy it"
            raise error.reworded(told) from None

    def _prove(self, item: Item, entry: Entry) -> None:
        verification.prove_pair(
            self.desk.client,
            str(entry.access_key_id),
            self.desk.file.secret_of(item.name, entry),
            user_id=entry.user_id,
            patience=verification.NEW_KEY_PATIENCE,
            awaited=(UNKNOWN, NOT_ACTIVE_YET),
        )

    def _note_failure(self, item: Item, reason: RamError) -> str:
        """Note that a begin failed, and say when the next one is due."""
        at = server_now(self.desk.client).latest
        failed = BeginFailed(self._user_id(item), item.new_key_id, at, str(reason)[:LONGEST_REASON])
        # Without it the next run tries again at once.
        with contextlib.suppress(LogError):
            self.desk.log.note(failed)
        return f"The next try is on {told_time(at + BEGIN_AGAIN)}, or with mode: now"

    def _by_hand(self, item: Item) -> str:
        if item.decision.by != BY_EMERGENCY:
            return ""
        key_id = item.facts.entry.access_key_id if item.facts.entry else None
        return (
            f". The leaked key is still Active. Disable it by hand: ansible localhost -m "
            f"keysmith.alibabacloud.ram_access_key -a 'user_name={item.name} "
            f"user_access_key_id={key_id} status=inactive'"
        )

    def _note(
        self,
        item: Item,
        key_id: str,
        step: str,
        *,
        by: str | None = None,
        last_used: str | None = None,
    ) -> Step:
        """Note a step that is about to be sent."""
        at = server_now(self.desk.client).latest
        noted = Step(self._user_id(item), key_id, step, at, by, last_used)
        self.desk.log.note(noted)
        return noted

    def _put(self, item: Item, entry: Entry) -> None:
        self.desk.book.put(item.name, entry)

    def _user_id(self, item: Item) -> str:
        entry, user = item.facts.entry, item.case.user
        return str(entry.user_id if entry else user.user_id if user else "")

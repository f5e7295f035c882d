# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A new key of a user: made, or taken from the log, and switched to; undone if that fails."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ...module_utils._cloud.errors import RamError, told_error
from ...module_utils._stopping import StoppedError
from .._keyring.records import ACTIVATE, DELETE, DISABLE, ROTATION
from .._vault_file.entry import Rotation
from .decisions import TO_BE_DATED
from .facts import BY_EMERGENCY, GRACE
from .noting import note_failed_begin, note_step
from .proofs import prove_when_known

if t.TYPE_CHECKING:
    from ...module_utils._ram.network_policy import NetworkPolicyApi, Policy
    from .._keyring.desk import Desk
    from .._keyring.settling import Settler
    from .._vault_file.entry import Entry
    from .report import Item


@dataclass(frozen=True)
class NewKeys:
    """Makes the new keys for the users of one file; safe to share between threads.

    Without `policies` new keys get no network policy.
    """

    desk: Desk
    settler: Settler
    policies: NetworkPolicyApi | None
    check_mode: bool

    def begin(self, item: Item, entry: Entry) -> None:
        """Make a key, and let it be the current one."""
        policy = self._policy_of(item)
        case = replace(item.case, keys=list(item.facts.keys))
        made = self.desk.hands.create(case, ROTATION)
        item.new_key_id = made.access_key_id
        self._complete(item, made, policy)
        self._put_begun(item, made, entry)

    def finish(self, item: Item) -> None:
        """Go on with a key that only the log holds."""
        key = self.settler.settlement.begun[item.user_id]
        made = self.settler.entry_of(key)
        # What was in the file was complete by then, and may be in use.
        if key.stored is None:
            item.new_key_id = key.access_key_id
            self._complete(item, made, self._policy_of(item))
        self._put_begun(item, made, item.facts.entry)

    def replace_leaked(self, item: Item, entry: Entry) -> None:
        """Make the key that takes the place of the leaked one; that one is disabled later."""
        frees = item.decision.frees
        if frees:
            note_step(self.desk, item, frees, DELETE)
            self.desk.hands.delete(item.name, frees)
            self.settler.settlement.clear(item.user_id, frees)
        if frees and frees == item.facts.previous_id:
            entry = replace(entry, previous=None, rotation=None)
            self.desk.book.put(item.name, entry)
            keys = [key for key in item.facts.keys if key.access_key_id != frees]
            item.facts = replace(item.facts, entry=entry, keys=keys)
        # Whoever goes on with what this run begins has to know that there is no grace.
        note_step(self.desk, item, str(entry.access_key_id), DISABLE, by=BY_EMERGENCY)
        if item.facts.begun:
            self.finish(item)
        else:
            self.begin(item, entry)

    def undo(self, item: Item, reason: RamError) -> RamError:
        """Delete the key of a begin that failed, and return the error that tells of it."""
        key_id = str(item.new_key_id)
        again = note_failed_begin(self.desk, item, reason)
        try:
            if item.decision.by == BY_EMERGENCY and item.facts.entry:
                note_step(self.desk, item, str(item.facts.entry.access_key_id), ACTIVATE)
            self.desk.hands.discard(item.name, key_id)
        except Exception as error:  # noqa: BLE001 - whatever happens, the key must be named
            return RamError(
                f"Key {key_id} of user {item.name} must go, as the rotation could not be begun "
                f"({reason}), and could not be deleted ({told_error(error)}): the next run tries "
                "again"
            )
        return RamError(
            f"The rotation of user {item.name} could not be begun, so its new key {key_id} was "
            f"deleted again: {reason}. {again}{_by_hand(item)}"
        )

    def _complete(self, item: Item, made: Entry, policy: Policy | None) -> None:
        """Prove a new key and give it a network policy; one for which that fails is undone."""
        if self.check_mode:
            return
        try:
            prove_when_known(self.desk.client, self.desk.file, item.name, made)
            if self.policies and policy:
                self.policies.put(item.name, str(made.access_key_id), policy)
        except StoppedError:
            # The log has it, so the next run goes on.
            raise
        except RamError as error:
            raise self.undo(item, error) from None

    def _put_begun(self, item: Item, made: Entry, old: Entry | None) -> None:
        """Let the new pair be the current one, and the old one the other, if its key is there."""
        if old is None or not item.facts.current:
            self.desk.book.put(item.name, made)
            return
        noted = item.facts.ours(str(old.access_key_id), DISABLE) if item.facts.begun else None
        by = noted.by if noted else item.decision.by
        rotation = Rotation(GRACE, TO_BE_DATED, by=by)
        made = replace(made, previous=old.as_previous(), rotation=rotation)
        self.desk.book.put(item.name, made)

    def _policy_of(self, item: Item) -> Policy | None:
        """Return the network policy that the new key is to have."""
        if self.policies is None or item.facts.current is None:
            return None
        try:
            return self.policies.find(item.name, str(item.facts.current.access_key_id))
        except StoppedError:
            raise
        except RamError as error:
            told = f"{error}. Without it no key is made; network_policy: ignore does not copy it"
            raise error.reworded(told) from None


def _by_hand(item: Item) -> str:
    if item.decision.by != BY_EMERGENCY:
        return ""
    key_id = item.facts.entry.access_key_id if item.facts.entry else None
    return (
        f". The leaked key is still Active. Disable it by hand: ansible localhost -m "
        f"keysmith.alibabacloud.ram_access_key -a 'user_name={item.name} "
        f"user_access_key_id={key_id} status=inactive'"
    )

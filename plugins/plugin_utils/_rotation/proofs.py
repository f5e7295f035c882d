# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prove that a pair of an entry signs, before anything is taken from the other one."""

from __future__ import annotations

import typing as t

from ...module_utils._cloud.errors import InputError, RamError
from ...module_utils._cloud.times import timestamp
from ...module_utils._stopping import StoppedError
from .._keyring import verification
from .._keyring.verification import REFUSALS, StrangerError, prove_pair
from .decisions import WAITING, Decision, refused, way_back

if t.TYPE_CHECKING:
    from ...module_utils._cloud.client import Client
    from .._vault_file.entry import Entry
    from .._vault_file.file import KeyringFile
    from .facts import Facts

# A key that is hours old may still be unknown to one server of many.
PATIENCE = 2.0


def objection(client: Client, file: KeyringFile, facts: Facts, entry: Entry) -> Decision | None:
    """Return what keeps the current pair of this entry from being trusted now, if anything does.

    A network policy that refuses the proof is no failure of the key: its use since the switch
    stands in for it. No answer is none either.
    """
    key_id = str(entry.access_key_id)
    try:
        secret = file.secret_of(facts.user_name, entry)
        prove_pair(client, key_id, secret, user_id=entry.user_id, patience=PATIENCE)
    except StoppedError:
        raise
    except RamError as error:
        if _is_of_network(error):
            return _without_proof(facts, key_id)
        if _is_of_key(error):
            return refused(facts, _refusal(facts, key_id, error))
        return Decision(WAITING, why=f"a proof of key {key_id}: {error}")
    return None


def prove_when_known(client: Client, file: KeyringFile, user_name: str, entry: Entry) -> None:
    """Raise RamError unless the current pair of this entry signs, a new one within its time."""
    prove_pair(
        client,
        str(entry.access_key_id),
        file.secret_of(user_name, entry),
        user_id=entry.user_id,
        patience=verification.NEW_KEY_PATIENCE,
        awaited=(verification.UNKNOWN, verification.INACTIVE),
    )


def _refusal(facts: Facts, key_id: str, error: RamError) -> str:
    if facts.entry is None or key_id == facts.previous_id:
        return f"key {key_id} does not sign ({error}), so nothing goes on to it"
    return f"key {key_id} does not sign ({error}): see mode: {way_back(facts.entry)}"


def _without_proof(facts: Facts, key_id: str) -> Decision | None:
    use = facts.uses.get(key_id)
    rotation = facts.entry.rotation if facts.entry else None
    switched = timestamp(rotation.switched) if rotation else None
    if use and use.at is not None and switched is not None and use.at > switched:
        return None
    return Decision(WAITING, why=f"a proof of key {key_id} from an allowed address, or its use")


def _is_of_network(error: RamError) -> bool:
    """Tell whether the address was refused; neither the code nor the status is documented."""
    return str(error.code).startswith("Forbidden")


def _is_of_key(error: RamError) -> bool:
    return isinstance(error, (InputError, StrangerError)) or error.code in REFUSALS

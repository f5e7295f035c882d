# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done about a key that has leaked. Reads and writes nothing itself."""

from __future__ import annotations

import typing as t

from ...module_utils._cloud.times import date_of
from .decisions import (
    BEGUN,
    DELETED,
    DONE_DISABLED,
    UNCHANGED,
    WAITING,
    Decision,
    Move,
    refused,
    told_to_sign,
    way_back,
)
from .facts import BY_EMERGENCY, CURRENT, DISABLED, EMERGENCY, GRACE, PREVIOUS

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from ...module_utils._ram.access_key import AccessKey
    from .._vault_file.entry import Entry, Rotation
    from .facts import Facts


def decide_emergency(facts: Facts) -> Decision:
    """Return what is done so that the key that has leaked signs no more."""
    entry = facts.entry
    if entry is None:
        return refused(facts, "the file has no entry of this user: ram_keyring makes one")
    rotation = entry.rotation
    is_half_done = bool(rotation and rotation.stage == GRACE and rotation.by == BY_EMERGENCY)
    named = {CURRENT: entry.access_key_id, PREVIOUS: facts.previous_id or None}
    leaked = named.get(facts.wish.leaked, facts.wish.leaked)
    if leaked is None:
        return refused(facts, "its entry has no previous key")
    if leaked == facts.previous_id or (is_half_done and facts.wish.leaked == CURRENT):
        return _decide_leaked_previous(facts, rotation)
    if leaked != entry.access_key_id:
        return refused(facts, f"key {leaked} is not in its entry: ram_access_key disables it")
    if is_half_done:
        return refused(
            facts,
            f"its other key {facts.previous_id} has leaked too: disable that one first, with "
            "leaked: previous",
        )
    return _decide_leaked_current(facts, entry)


def _decide_leaked_previous(facts: Facts, rotation: Rotation | None) -> Decision:
    if facts.previous is None:
        return Decision(DELETED, Move.FORGET)
    if facts.previous.is_active:
        return disable_leaked(facts)
    if rotation and (rotation.stage, rotation.by) == (DISABLED, BY_EMERGENCY):
        return Decision(UNCHANGED)
    return Decision(DONE_DISABLED, Move.TAKE_OVER, by=BY_EMERGENCY, disabled=facts.now.latest)


def disable_leaked(facts: Facts) -> Decision:
    """Disable the other key of the entry, used or not, unless it signs this run."""
    key_id = facts.previous_id
    if key_id in facts.signing:
        why = told_to_sign(key_id)
        return refused(facts, why) if facts.mode == EMERGENCY else Decision(WAITING, why=why)
    use = facts.previous_use
    last_used = None if use.at is None else date_of(use.at)
    return Decision(DONE_DISABLED, Move.DISABLE, by=BY_EMERGENCY, last_used=last_used)


def _decide_leaked_current(facts: Facts, entry: Entry) -> Decision:
    if facts.current is None:
        return refused(facts, f"its key {entry.access_key_id} is gone: ram_keyring makes a new one")
    if facts.previous and facts.previous.is_active:
        return refused(
            facts,
            f"its other key {facts.previous_id} can sign too: go back to it with mode: "
            f"{way_back(entry)}, then say leaked: previous",
        )
    others = [key for key in (*facts.others, facts.previous) if key]
    still_signs = entry.access_key_id in facts.signing
    return _no_room(facts, entry, others) or Decision(
        BEGUN if still_signs else DONE_DISABLED,
        Move.REPLACE_LEAKED,
        by=BY_EMERGENCY,
        frees=str(others[0].access_key_id) if others else None,
        why=told_to_sign(str(entry.access_key_id)) if still_signs else None,
    )


def _no_room(facts: Facts, entry: Entry, others: Sequence[AccessKey]) -> Decision | None:
    """Refuse to delete another key for a new one unless that key is known to be of no use."""
    may_go = {facts.previous_id, *facts.set_aside}
    for key in others:
        # One that was set aside may be Active again: somebody needs it.
        if key.is_active or key.access_key_id not in may_go:
            return refused(
                facts,
                f"its quota is full: delete key {key.access_key_id} with ram_access_key, or disable"
                f" the leaked one, {entry.access_key_id}, with ram_access_key, status: inactive",
                shows_keys=True,
            )
        if key.access_key_id in facts.signing:
            return refused(facts, told_to_sign(key.access_key_id))
    if others and not facts.knows_time:
        return refused(facts, "no answer of the cloud tells the time, so no key is deleted")
    return None

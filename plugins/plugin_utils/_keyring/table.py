# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do for one user, from what file, cloud and log hold. Reads and writes nothing itself."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ...module_utils._ram.access_key import QUOTA
from .clock import told_time
from .deeds import Activate, Create, Deed, Forget, Import, Keep, Remove, Replace

if t.TYPE_CHECKING:
    from ...module_utils._ram.access_key import AccessKey
    from .._pairs.source import OwnedPair
    from .._vault_file.entry import Entry
    from .situation import Situation


@dataclass(frozen=True)
class Choices:
    """What the task wants in the cases that leave a choice."""

    on_unmanaged: str
    on_inactive: str
    on_missing: str
    keep_key: bool = False


@dataclass(frozen=True)
class Decision:
    """What to do, or the problem in the way; `show_keys` if the user's keys help to solve it.

    A problem that is the user's `alone` keeps nobody else from anything. `also` tells the ids of
    other keys that the user has, if there are any.
    """

    deed: Deed | None = None
    problem: str | None = None
    show_keys: bool = False
    alone: bool = False
    also: str = ""


def decide_present(case: Situation, choices: Choices) -> Decision:
    """Decide how the user comes to have a working key in the file."""
    refusal = _refuse_doubt(case) or _refuse_stranger(case)
    if refusal:
        return refusal
    if case.user is None or case.keys is None:
        return _refuse_missing(case)
    if case.entry is None:
        return _decide_without_entry(case, choices)
    if case.entry_key is None:
        return _decide_missing(case, case.entry, choices)
    return _decide_with_key(case, case.entry, case.entry_key, choices)


def decide_import(
    case: Situation, owned: OwnedPair, entry: Entry | None, *, is_stored: bool
) -> Decision:
    """Decide how a pair that was made elsewhere comes into the file as `entry`."""
    refusal = _refuse_doubt(case) or _refuse_stranger(case)
    if refusal:
        return refusal
    key_id = owned.pair.access_key_id
    if case.key(key_id) is None or entry is None:
        return Decision(
            problem=f"Key {key_id} signs for user {case.user_name}, but is not listed as a key of "
            "that user: run again"
        )
    if case.entry and case.entry.access_key_id != key_id:
        return Decision(
            problem=f"The entry of user {case.user_name} holds key {case.entry.access_key_id}, so "
            f"key {key_id} is not imported. Use another file, or remove the entry first"
        )
    # A key has one secret, and this one has just signed: another one in the entry is wrong.
    deed = Keep(case) if is_stored else Import(case, entry)
    return Decision(deed, also=_others(case, imported=key_id))


def decide_absent(case: Situation, choices: Choices) -> Decision:
    """Decide how the user's key comes to be gone from the file, and from the cloud unless kept."""
    refusal = _refuse_doubt(case) or _refuse_stranger(case)
    if refusal:
        return refusal
    if choices.keep_key:
        return Decision(Forget(case) if case.entry else Keep(case))
    return Decision(Remove(case) if case.entry or case.logged else Keep(case))


def _refuse_doubt(case: Situation) -> Decision | None:
    """Refuse what can't be told yet: that is never "gone"."""
    return Decision(problem=case.doubt, alone=True) if case.doubt else None


def _refuse_missing(case: Situation) -> Decision:
    if case.new_name:
        return Decision(
            problem=f"User {case.user_name} is now called {case.new_name}: ask for that name"
        )
    return Decision(problem=f"There is no RAM user {case.user_name}: create it with ram_user first")


def _refuse_stranger(case: Situation) -> Decision | None:
    """Refuse an entry that may speak of another account: what can't be told is never "gone"."""
    entry = case.entry
    if entry is None:
        return None
    if entry.account_id and entry.account_id != case.account_id:
        return Decision(
            problem=f"The entry of user {case.user_name} belongs to account {entry.account_id}, "
            f"but this run signs for account {case.account_id}"
        )
    identified = entry.access_key_id and entry.account_id and entry.user_id
    if not identified and case.entry_key is None:
        return Decision(
            problem=f"The entry of user {case.user_name} does not say which account and user it "
            "belongs to, and the user has no such key: remove or complete the entry"
        )
    return None


def _decide_without_entry(case: Situation, choices: Choices) -> Decision:
    refusal = _refuse_rotation(case)
    if refusal or not case.has_room:
        return refusal or _no_room(case)
    if case.unrecorded and choices.on_unmanaged == "fail":
        return Decision(
            problem=f"User {case.user_name} has a key that is not in the file, and on_unmanaged is "
            "fail",
            show_keys=True,
        )
    return Decision(Create(case), also=_others(case))


def _decide_missing(case: Situation, entry: Entry, choices: Choices) -> Decision:
    if choices.on_missing == "fail":
        return Decision(
            problem=f"Key {entry.access_key_id} of user {case.user_name} is in the file and no "
            "longer in the cloud, and on_missing is fail"
        )
    refusal = _refuse_rotation(case)
    if refusal or not case.has_room:
        return refusal or _no_room(case)
    return Decision(Create(case), also=_others(case))


def _decide_with_key(case: Situation, entry: Entry, key: AccessKey, choices: Choices) -> Decision:
    if entry.secret is None:
        return Decision(
            problem=f"The entry of user {case.user_name} has no access_key_secret: remove or "
            "complete the entry"
        )
    if key.is_active:
        return Decision(Keep(case), also=_others(case))
    if choices.on_inactive == "activate":
        return Decision(Activate(case), also=_others(case))
    if choices.on_inactive == "fail":
        return Decision(
            problem=f"Key {key.access_key_id} of user {case.user_name} is inactive. Say "
            "on_inactive: activate, or replace to get a new one"
        )
    refusal = _refuse_rotation(case)
    if refusal or not case.has_room:
        return refusal or _no_room(case)
    return Decision(Replace(case))


def _refuse_rotation(case: Situation) -> Decision | None:
    """Refuse to make a key while a rotation is under way, which holds the other one."""
    if case.logged:
        return Decision(
            problem=f"A rotation of user {case.user_name} was begun, and its key "
            f"{', '.join(sorted(case.logged))} is in the log only, so no other one is made: run "
            "ram_rotation first"
        )
    if case.entry is None or case.entry.stage is None:
        return None
    return Decision(
        problem=f"A rotation of user {case.user_name} is under way ({case.entry.stage}), so no key "
        "is made. Say mode: rollback in ram_rotation first"
    )


def _no_room(case: Situation) -> Decision:
    """Say why the user can't have one more key: one of ours will go by itself, or none will."""
    if not case.suspects:
        return Decision(
            problem=f"User {case.user_name} needs a new key but already has {QUOTA}; delete one of "
            "them first",
            show_keys=True,
        )
    key_id, goes = min(case.suspects.items(), key=lambda item: item[1])
    return Decision(
        problem=f"User {case.user_name} needs a new key but already has {QUOTA}. One of them, "
        f"{key_id}, may have come of a create that got no answer: unless it is used, it goes at "
        f"{told_time(goes)}. Run again then, or delete it now if you know that nobody uses it",
        alone=True,
    )


def _others(case: Situation, imported: str | None = None) -> str:
    return ", ".join(key_id for key_id in case.unrecorded if key_id != imported)

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rotation does next for one user, from all that is known. Reads and writes nothing itself.

Evidence, not hope: what can't be told is never "unused", "gone" or "ours". What is waited for is
over once the earliest moment that it can be now, by the server's clock, lies behind it.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ...module_utils._cloud.times import date_of, timestamp
from .._keyring import records
from .._keyring.clock import told_time
from .._keyring.evidence import BEGIN_AGAIN
from .decisions import (
    BEGUN,
    DELETED,
    DONE_DISABLED,
    DONE_ROLLED_BACK,
    HELD,
    LAG,
    UNCHANGED,
    WAITING,
    WRITING,
    Decision,
    Move,
    refused,
    told_to_sign,
    way_back,
)
from .emergency import decide_emergency, disable_leaked
from .facts import (
    BY_EMERGENCY,
    BY_EVIDENCE,
    BY_HAND,
    BYS,
    DISABLED,
    EMERGENCY,
    FINISH,
    GRACE,
    NOW,
    ROLLBACK,
    ROLLED_BACK,
    STAGES,
)

if t.TYPE_CHECKING:
    from ...module_utils._ram.access_key import AccessKey
    from .._keyring.records import BeginFailed
    from .._vault_file.entry import Entry, Rotation
    from .facts import Facts, LastUse

NO_GRACE = float("-inf")


def decide(facts: Facts) -> Decision:
    """Return what is done for a user."""
    if facts.wish.hold and facts.mode != EMERGENCY:
        return Decision(HELD, why="hold is set for this user")
    problem = facts.problem or _oddity(facts)
    if problem:
        return refused(facts, problem)
    if facts.mode == EMERGENCY:
        return decide_emergency(facts)
    if facts.entry is None or facts.entry.previous is None:
        return _decide_at_rest(facts)
    return _decide_under_way(facts, facts.entry)


def stage_of(facts: Facts) -> str | None:
    """Return how far the rotation has come; an old pair that nobody has dated was disabled."""
    entry = facts.entry
    if entry is None or (entry.previous is None and entry.rotation is None):
        return None
    return entry.stage or DISABLED


def is_overdue(facts: Facts, *, but_for_old: bool = False) -> bool:
    """Tell whether a rotation takes too long, or a key in use is too old.

    `but_for_old` leaves the old key out of it, which is no longer in use.
    """
    if _is_too_old(facts, facts.current):
        return True
    rotation = facts.entry.rotation if facts.entry else None
    switched = timestamp(rotation.switched) if rotation and rotation.stage == GRACE else None
    takes_long = switched is not None and facts.now.earliest - switched > facts.durations.overdue
    return not but_for_old and (takes_long or _is_too_old(facts, facts.previous))


def _is_too_old(facts: Facts, key: AccessKey | None) -> bool:
    age = facts.age(key)
    return bool(key and key.is_active and age is not None and age > facts.durations.max_age)


def quiet_at(use: LastUse, created: str | None, quiet: float) -> float | None:
    """Return when a key is quiet if nobody uses it meanwhile, None if that can't be told."""
    since = timestamp(created) if use.at is None else use.at
    return None if use.problem or since is None else since + LAG + quiet


def _oddity(facts: Facts) -> str | None:
    """Return what in the entry makes no sense, if anything."""
    entry = facts.entry
    if entry is None or (entry.previous is None and entry.rotation is None):
        return None
    if not facts.previous_id:
        return "the entry has a rotation and no previous.access_key_id: restore or remove both"
    if facts.previous_id == entry.access_key_id:
        return "the entry holds one key as both current and previous: restore it"
    return _odd_rotation(facts, entry.rotation) if entry.rotation else None


def _odd_rotation(facts: Facts, rotation: Rotation) -> str | None:
    needed = {GRACE: "switched", DISABLED: "disabled"}.get(str(rotation.stage))
    dates = {name: getattr(rotation, name) for name in ("switched", "disabled", "last_used")}
    odd = [
        name
        for name, date in dates.items()
        if (date or name == needed) and not _is_past(facts, date)
    ]
    if rotation.stage not in STAGES:
        odd.append("stage")
    if rotation.by not in {None, *BYS}:
        odd.append("by")
    if not odd:
        return None
    return f"rotation.{odd[0]} of the entry is nothing that this collection writes: restore it"


def _is_past(facts: Facts, date: str | None) -> bool:
    moment = timestamp(date)
    return moment is not None and not facts.is_to_come(moment - WRITING)


# A rotation is under way.


def _decide_under_way(facts: Facts, entry: Entry) -> Decision:
    if facts.previous is None:
        return _forget(facts)
    if facts.mode == ROLLBACK:
        return _roll_back(facts, entry)
    if entry.rotation is None:
        return _decide_undated(facts)
    if entry.stage == ROLLED_BACK and facts.mode == NOW:
        return Decision(BEGUN, Move.SWAP_BACK)
    if facts.current is None or not facts.current.is_active:
        state = "is gone" if facts.current is None else "is Inactive"
        return refused(
            facts,
            f"the current key {entry.access_key_id} {state}: mode: {way_back(entry)} goes back to "
            f"{facts.previous_id}, or bring it back",
        )
    decide_stage = {GRACE: _decide_grace, DISABLED: _decide_disabled, ROLLED_BACK: _decide_back}
    return decide_stage[str(entry.stage)](facts, entry.rotation)


def _forget(facts: Facts) -> Decision:
    """Follow that the old key is gone."""
    if facts.mode == ROLLBACK:
        return refused(facts, f"the old key {facts.previous_id} is gone, so there is no way back")
    return Decision(DELETED, Move.FORGET)


def _roll_back(facts: Facts, entry: Entry) -> Decision:
    if entry.stage == ROLLED_BACK:
        return refused(facts, "it is rolled back already: mode: now goes on to the other key")
    if entry.previous is None or entry.previous.secret is None:
        return refused(facts, "previous has no access_key_secret, so there is no way back")
    return Decision(DONE_ROLLED_BACK, Move.ROLL_BACK)


def _decide_undated(facts: Facts) -> Decision:
    """Date an old pair that something else has left, as its key is found."""
    if facts.previous and facts.previous.is_active:
        return Decision(WAITING, Move.RETURN, why="the grace of the old key, from now on")
    return _taken_over(facts)


def _taken_over(facts: Facts) -> Decision:
    """Follow that the old key is Inactive: by our own step, or else by hand, as from now."""
    step = facts.ours(facts.previous_id, records.DISABLE)
    if step:
        by, last_used, disabled = step.by, step.last_used, step.at
    else:
        by, last_used, disabled = BY_HAND, None, facts.now.latest
    return Decision(DONE_DISABLED, Move.TAKE_OVER, by=by, last_used=last_used, disabled=disabled)


def _decide_grace(facts: Facts, rotation: Rotation) -> Decision:
    if facts.previous and not facts.previous.is_active:
        return _taken_over(facts)
    if rotation.by == BY_EMERGENCY:
        return disable_leaked(facts)
    return _disable_when_quiet(facts, _dated(rotation.switched) + facts.durations.grace + WRITING)


def _decide_back(facts: Facts, _rotation: Rotation) -> Decision:
    if facts.mode != FINISH:
        return Decision(WAITING, why="mode: now, which switches again, or mode: finish")
    if facts.previous and not facts.previous.is_active:
        return _taken_over(facts)
    return _disable_when_quiet(facts, NO_GRACE)


def _disable_when_quiet(facts: Facts, grace_until: float) -> Decision:
    """Decide on an old key that can sign, of which `grace_until` is waited for in any case."""
    use, previous = facts.previous_use, facts.previous
    if facts.mode == FINISH:
        grace_until = NO_GRACE
    if facts.previous_id in facts.signing:
        return Decision(WAITING, why=told_to_sign(facts.previous_id))
    if use.problem:
        told = f"the last use of the old key {facts.previous_id}, which is unknown: {use.problem}"
        return Decision(WAITING, why=told)
    quiet = quiet_at(use, previous.create_date if previous else None, facts.durations.quiet)
    if quiet is None:
        return Decision(
            WAITING, why=f"the age of the old key {facts.previous_id}, which no date tells"
        )
    at = max(grace_until, quiet)
    if facts.now.earliest > at:
        last_used = None if use.at is None else date_of(use.at)
        return Decision(DONE_DISABLED, Move.DISABLE, by=BY_EVIDENCE, last_used=last_used)
    if facts.now.earliest <= grace_until:
        return Decision(WAITING, why="the end of grace", at=at)
    last = "was never used" if use.at is None else f"was last used at {told_time(use.at)}"
    return Decision(
        WAITING, why=f"the old key {facts.previous_id}, which {last}, to be quiet", at=at
    )


def _decide_disabled(facts: Facts, rotation: Rotation) -> Decision:
    use, key_id = facts.previous_use, facts.previous_id
    if facts.previous and facts.previous.is_active:
        return _return(facts)
    told = "" if use.at is None else f"the old key {key_id} was used at {told_time(use.at)}"
    if rotation.by == BY_EVIDENCE and use.at is not None and _is_later(use.at, rotation.last_used):
        return Decision(
            WAITING,
            Move.REACTIVATE,
            why="the grace of the old key, anew",
            warning=(
                f"{told}, later than was known when it was disabled, so it is to be active again"
            ),
        )
    if use.problem:
        return Decision(WAITING, why=f"the last use of {key_id}, which is unknown: {use.problem}")
    disabled = _dated(rotation.disabled)
    if use.at is not None and use.at > disabled:
        return Decision(
            WAITING, why="somebody to look after it", warning=f"{told}, after it was disabled"
        )
    return _delete_when_over(facts, disabled + facts.durations.retain)


def _delete_when_over(facts: Facts, retain_until: float) -> Decision:
    """Decide on an old key that is Inactive and was not used since."""
    if facts.previous_id in facts.signing:
        # A session lives on while the key behind its role is Inactive.
        return Decision(WAITING, why=told_to_sign(facts.previous_id))
    if facts.now.earliest > retain_until or (facts.mode == FINISH and facts.knows_time):
        return Decision(DELETED, Move.DELETE)
    return Decision(WAITING, why="the end of retain", at=retain_until)


def _return(facts: Facts) -> Decision:
    """Follow that the old key can sign again: by our own step, or else by somebody's."""
    is_ours = facts.ours(facts.previous_id, records.ACTIVATE) is not None
    warning = f"somebody has activated the old key {facts.previous_id} again"
    return Decision(
        WAITING,
        Move.RETURN,
        why="the grace of the old key, anew",
        warning=None if is_ours else f"{warning}, so it gets its grace anew",
    )


# No rotation is under way.


def _decide_at_rest(facts: Facts) -> Decision:
    if facts.mode == ROLLBACK:
        return refused(facts, "no rotation is under way, so there is nothing to roll back")
    if facts.begun:
        failed = facts.failed_begin
        if failed and failed.access_key_id == facts.begun:
            return _wait_after(failed, Move.UNDO_BEGIN)
        return Decision(BEGUN, Move.FINISH_BEGIN)
    if facts.entry is None:
        return refused(facts, "the file has no entry of this user: ram_keyring makes one")
    if facts.mode == FINISH:
        return replace(_decide_age(facts), action=UNCHANGED, move=None, why=None, shows_keys=False)
    return _decide_age(facts)


def _decide_age(facts: Facts) -> Decision:
    key, entry = facts.current, t.cast("Entry", facts.entry)
    if key is None:
        return refused(facts, f"its key {entry.access_key_id} is gone: ram_keyring makes a new one")
    created = timestamp(key.create_date)
    if created is None or facts.is_to_come(created):
        when = "tells no date of creation" if created is None else "dates it in the future"
        return refused(facts, f"the cloud {when} of its key {entry.access_key_id}")
    at = created + facts.durations.due
    if facts.now.earliest <= at and facts.mode != NOW:
        return Decision(UNCHANGED, at=at)
    return _decide_begin(facts, entry, at)


def _decide_begin(facts: Facts, entry: Entry, at: float) -> Decision:
    failed = facts.failed_begin
    if facts.mode != NOW and failed and facts.now.earliest <= failed.at + BEGIN_AGAIN:
        return _wait_after(failed)
    if facts.current and not facts.current.is_active:
        return refused(
            facts,
            f"its key {entry.access_key_id} is Inactive: ram_keyring with on_inactive activates or "
            "replaces it",
        )
    if entry.secret is None:
        return refused(facts, "its entry has no access_key_secret: remove or complete it")
    return _crowded(facts) or Decision(BEGUN, Move.BEGIN, at=at)


def _wait_after(failed: BeginFailed, move: Move | None = None) -> Decision:
    why = f"the next try, as the last one failed: {failed.reason}"
    return Decision(WAITING, move, why=why, at=failed.at + BEGIN_AGAIN)


def _crowded(facts: Facts) -> Decision | None:
    """Refuse to make a key beside one that is not ours."""
    for key in facts.others:
        key_id = str(key.access_key_id)
        if key_id in facts.suspects:
            why = f"key {key_id}, which may have come of a create that got no answer, to go"
            return Decision(WAITING, why=why, at=facts.suspects[key_id])
        if key_id in facts.elsewhere:
            why = (
                f"its other key {key_id} is in {facts.elsewhere[key_id]}: keep only one of the two"
            )
            return refused(facts, why)
        return refused(
            facts,
            f"key {key_id} is in no record: delete it with ram_access_key, state: absent, if "
            "nobody needs it; if another clone or file has made it, let only that one rotate",
            shows_keys=True,
        )
    return None


def _is_later(use: float, noted: str | None) -> bool:
    """Tell whether a use is later than the one that a disabling rested on, None if never."""
    before = timestamp(noted)
    return before is None or use > before


def _dated(date: str | None) -> float:
    return timestamp(date) or 0.0

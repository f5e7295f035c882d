# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rotation decides, stage by stage, whatever has happened; which durations make sense."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.clock import Moment
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.errors import InputError
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.times import date_of
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.access_key import AccessKey
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring.records import (
    ACTIVATE,
    DISABLE,
    BeginFailed,
    Step,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._rotation.decisions import Move
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._rotation.durations import (
    Durations,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._rotation.facts import (
    Facts,
    LastUse,
    Wish,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._rotation.rules import (
    decide,
    is_overdue,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file.entry import (
    Entry,
    Previous,
    Rotation,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file.text import Scalar

HOUR, DAY = 3_600.0, 86_400.0
NOW = 1_800_000_000.0
OLD, NEW, OTHER = "LTAIold", "LTAInew", "LTAIother"
GIVEN = {"max_age": "90d", "grace": "7d", "quiet": None, "retain": "14d", "overdue": "30d"}
DEFAULTS = Durations.read(GIVEN)
UNKNOWN = LastUse(problem="the cloud did not say")
NEVER = LastUse()
TIMELESS = Moment(0.0, NOW)


def ago(seconds: float) -> str:
    """Return a date that lies so many seconds back."""
    return date_of(NOW - seconds)


def used(seconds: float) -> LastUse:
    """Return a last use that lies so many seconds back."""
    return LastUse(at=NOW - seconds)


def key(key_id: str, age: float | None, status: str = "Active") -> AccessKey:
    """Return a key of an age in seconds, or without a date."""
    return AccessKey(key_id, status, None if age is None else ago(age))


def at_rest(age: float | None = 80 * DAY, **changes: t.Any) -> Facts:
    """Return what is known of a user with one key, of an age in seconds."""
    entry = Entry(OLD, Scalar("s"), "1", "2", None)
    wish = Wish(changes.pop("mode", "due"), changes.pop("durations", DEFAULTS))
    wish = replace(wish, hold=changes.pop("hold", False), leaked=changes.pop("leaked", ""))
    keys = [key(OLD, age, changes.pop("status", "Active")), *changes.pop("also", [])]
    return replace(Facts("ann", wish, Moment(NOW, NOW), entry, keys), **changes)


def rotating(rotation: Rotation | None, use: LastUse = NEVER, **changes: t.Any) -> Facts:
    """Return what is known of a user with two keys, the old one 80 and the new one 10 days old."""
    mode, leaked = changes.pop("mode", "due"), changes.pop("leaked", "")
    facts = at_rest(80 * DAY, mode=mode, leaked=leaked)
    entry = replace(
        t.cast("Entry", facts.entry),
        access_key_id=NEW,
        previous=Previous(OLD, Scalar("s"), None),
        rotation=rotation,
    )
    old = key(OLD, 80 * DAY, changes.pop("old", "Active"))
    new = key(NEW, 10 * DAY, changes.pop("new", "Active"))
    keys = [each for each in (new, old) if each.status]
    return replace(facts, entry=entry, keys=keys, uses={OLD: use}, **changes)


def grace(switched: float = 10 * DAY, use: LastUse = NEVER, **changes: t.Any) -> Facts:
    """Return what is known of a user in grace, switched so many seconds ago."""
    by = changes.pop("by", None)
    return rotating(Rotation("grace", ago(switched), by=by), use, **changes)


def disabled(
    since: float = 5 * DAY,
    use: LastUse = NEVER,
    by: str = "evidence",
    last_used: str | None = None,
    **changes: t.Any,
) -> Facts:
    """Return what is known of a user whose old key was disabled so many seconds ago."""
    rotation = Rotation("disabled", ago(since + 8 * DAY), ago(since), by, last_used)
    return rotating(rotation, use, **{"old": "Inactive", **changes})


def back(use: LastUse = NEVER, **changes: t.Any) -> Facts:
    """Return what is known of a user who was rolled back."""
    return rotating(Rotation("rolled_back", ago(3 * DAY)), use, **changes)


def step(kind: str, by: str | None = None) -> dict[str, Step]:
    """Return that the log knows of a step that was about to be done to the old key."""
    return {OLD: Step("2", OLD, kind, NOW - DAY, by)}


def failed(seconds: float, key_id: str | None = None) -> BeginFailed:
    """Return a begin that failed so many seconds ago."""
    return BeginFailed("2", key_id, NOW - seconds, "no answer")


DUE = 73 * DAY
Row = tuple[Facts, str, "Move | None", str]
TABLE: dict[str, Row] = {
    # No rotation is under way.
    "young": (at_rest(10 * DAY), "unchanged", None, ""),
    "a second before it is due": (at_rest(DUE - 1), "unchanged", None, ""),
    "a second after": (at_rest(DUE + 1), "begun", Move.BEGIN, ""),
    "young and asked for": (at_rest(HOUR, mode="now"), "begun", Move.BEGIN, ""),
    "nothing to finish": (at_rest(mode="finish"), "unchanged", None, ""),
    "nothing to roll back": (at_rest(mode="rollback"), "failed", None, "nothing to roll back"),
    "held": (at_rest(hold=True), "held", None, "hold"),
    "no date": (at_rest(None), "blocked", None, "no date"),
    "made tomorrow": (at_rest(-DAY), "blocked", None, "in the future"),
    "gone": (at_rest(keys=[]), "blocked", None, "is gone"),
    "inactive": (at_rest(status="Inactive"), "blocked", None, "Inactive"),
    "inactive and young": (at_rest(DAY, status="Inactive"), "unchanged", None, ""),
    "no entry": (at_rest(entry=None), "blocked", None, "no entry"),
    "cannot be told": (at_rest(problem="its user is gone"), "blocked", None, "user is gone"),
    "second key": (at_rest(also=[key(OTHER, DAY)]), "blocked", None, OTHER),
    "second key, inactive": (at_rest(also=[key(OTHER, DAY, "Inactive")]), "blocked", None, OTHER),
    "second key, not due": (at_rest(DAY, also=[key(OTHER, DAY)]), "unchanged", None, ""),
    "second key in another file": (
        at_rest(also=[key(OTHER, DAY)], elsewhere={OTHER: "/b.yml"}),
        *("blocked", None, "/b.yml"),
    ),
    "suspect": (
        at_rest(also=[key(OTHER, DAY)], suspects={OTHER: NOW + DAY}),
        "waiting",
        None,
        OTHER,
    ),
    "failed a day ago": (at_rest(failed_begin=failed(DAY)), "waiting", None, "no answer"),
    "failed a week ago": (at_rest(failed_begin=failed(7 * DAY + 1)), "begun", Move.BEGIN, ""),
    "failed, asked for": (at_rest(failed_begin=failed(DAY), mode="now"), "begun", Move.BEGIN, ""),
    "begun": (at_rest(DAY, begun=NEW, also=[key(NEW, 60)]), "begun", Move.FINISH_BEGIN, ""),
    "begun without entry": (
        at_rest(entry=None, begun=NEW, keys=[key(NEW, 60)]),
        *("begun", Move.FINISH_BEGIN, ""),
    ),
    "begun, to be undone": (
        at_rest(begun=NEW, also=[key(NEW, 60)], failed_begin=failed(60, NEW)),
        *("waiting", Move.UNDO_BEGIN, "no answer"),
    ),
    "no time": (at_rest(200 * DAY, now=TIMELESS), "unchanged", None, ""),
    # The old key can still sign.
    "in grace": (grace(6 * DAY, used(30 * DAY)), "waiting", None, "end of grace"),
    "at the end of grace": (grace(7 * DAY, used(30 * DAY)), "waiting", None, "end of grace"),
    "after grace": (grace(8 * DAY, used(30 * DAY)), "disabled", Move.DISABLE, ""),
    "never used": (grace(), "disabled", Move.DISABLE, ""),
    "used yesterday": (grace(10 * DAY, used(DAY)), "waiting", None, "to be quiet"),
    "quiet but for the lag": (grace(10 * DAY, used(7 * DAY + HOUR)), "waiting", None, "quiet"),
    "quiet, lag included": (
        grace(10 * DAY, used(7 * DAY + 3 * HOUR)),
        "disabled",
        Move.DISABLE,
        "",
    ),
    "use unknown": (grace(40 * DAY, UNKNOWN), "waiting", None, "did not say"),
    "finish: grace is skipped": (grace(HOUR, mode="finish"), "disabled", Move.DISABLE, ""),
    "finish: evidence is not": (grace(HOUR, used(DAY), mode="finish"), "waiting", None, "quiet"),
    "finish: use unknown": (grace(HOUR, UNKNOWN, mode="finish"), "waiting", None, "did not say"),
    "finish: no time": (grace(HOUR, mode="finish", now=TIMELESS), "waiting", None, "quiet"),
    "now: as due": (grace(6 * DAY, mode="now"), "waiting", None, "end of grace"),
    "it signs the run": (grace(signing=frozenset([OLD])), "waiting", None, "switch to the current"),
    "disabled by us": (
        grace(HOUR, old="Inactive", steps=step(DISABLE, "evidence")),
        *("disabled", Move.TAKE_OVER, ""),
    ),
    "disabled by hand": (grace(HOUR, old="Inactive"), "disabled", Move.TAKE_OVER, ""),
    "deleted by hand": (grace(HOUR, old=""), "deleted", Move.FORGET, ""),
    "new one disabled by hand": (grace(new="Inactive"), "blocked", None, "mode: rollback"),
    "new one deleted by hand": (grace(new=""), "blocked", None, "mode: rollback"),
    "both inactive": (grace(old="Inactive", new="Inactive"), "blocked", None, "mode: rollback"),
    "both gone": (grace(old="", new=""), "deleted", Move.FORGET, ""),
    "emergency half done": (grace(60, used(60), by="emergency"), "disabled", Move.DISABLE, ""),
    "emergency, it signs": (
        grace(60, by="emergency", signing=frozenset([OLD])),
        *("waiting", None, "switch to the current"),
    ),
    "left by a replacement": (rotating(None, old="Inactive"), "disabled", Move.TAKE_OVER, ""),
    "left by a recovery": (rotating(None), "waiting", Move.RETURN, "from now on"),
    # The old key is Inactive.
    "in retain": (disabled(13 * DAY), "waiting", None, "end of retain"),
    "after retain": (disabled(15 * DAY), "deleted", Move.DELETE, ""),
    "after retain, and it signs": (
        disabled(15 * DAY, signing=frozenset([OLD])),
        *("waiting", None, "switch to the current"),
    ),
    "finish: retain is skipped": (disabled(HOUR, mode="finish"), "deleted", Move.DELETE, ""),
    "finish: retain, no time": (disabled(HOUR, mode="finish", now=TIMELESS), "waiting", None, ""),
    "finish: retain, use unknown": (
        disabled(HOUR, UNKNOWN, mode="finish"),
        *("waiting", None, "did not say"),
    ),
    "no use since": (
        disabled(15 * DAY, used(30 * DAY), last_used=ago(30 * DAY)),
        *("deleted", Move.DELETE, ""),
    ),
    "a use shows late": (
        disabled(HOUR, used(2 * HOUR), last_used=ago(30 * DAY)),
        *("waiting", Move.REACTIVATE, "anew"),
    ),
    "a first use shows late": (disabled(HOUR, used(2 * HOUR)), "waiting", Move.REACTIVATE, "anew"),
    "by hand, used since": (disabled(20 * DAY, used(DAY), by="hand"), "waiting", None, "somebody"),
    "by hand, used before": (
        disabled(20 * DAY, used(21 * DAY), by="hand"),
        "deleted",
        Move.DELETE,
        "",
    ),
    "emergency, used since": (
        disabled(20 * DAY, used(DAY), by="emergency"),
        *("waiting", None, "somebody"),
    ),
    "retain, use unknown": (disabled(15 * DAY, UNKNOWN), "waiting", None, "did not say"),
    "activated by somebody": (disabled(old="Active"), "waiting", Move.RETURN, "anew"),
    "activated by us": (
        disabled(old="Active", steps=step(ACTIVATE)),
        "waiting",
        Move.RETURN,
        "anew",
    ),
    "deleted by somebody": (disabled(old=""), "deleted", Move.FORGET, ""),
    "new one gone while disabled": (disabled(new=""), "blocked", None, "mode: rollback"),
    # Back, and on again.
    "rollback in grace": (grace(mode="rollback"), "rolled_back", Move.ROLL_BACK, ""),
    "rollback when disabled": (disabled(mode="rollback"), "rolled_back", Move.ROLL_BACK, ""),
    "rollback, new one gone": (grace(new="", mode="rollback"), "rolled_back", Move.ROLL_BACK, ""),
    "rollback, old one gone": (grace(old="", mode="rollback"), "failed", None, "no way back"),
    "rolled back": (back(), "waiting", None, "mode: now"),
    "rolled back already": (back(mode="rollback"), "failed", None, "already"),
    "rolled back, now": (back(mode="now"), "begun", Move.SWAP_BACK, ""),
    "rolled back, finish": (back(mode="finish"), "disabled", Move.DISABLE, ""),
    "rolled back, finish, used": (back(used(DAY), mode="finish"), "waiting", None, "quiet"),
    "rolled back, other one gone": (back(old=""), "deleted", Move.FORGET, ""),
    "rolled back, current one gone": (back(new=""), "blocked", None, "mode: now"),
    # What people make of an entry.
    "rotation alone": (
        at_rest(entry=Entry(OLD, None, "1", "2", None, rotation=Rotation("grace"))),
        *("blocked", None, "previous.access_key_id"),
    ),
    "unknown stage": (rotating(Rotation("gone", ago(1))), "blocked", None, "rotation.stage"),
    "no date of the switch": (rotating(Rotation("grace")), "blocked", None, "rotation.switched"),
    "a date to come": (rotating(Rotation("grace", ago(-DAY))), "blocked", None, "switched"),
    "half a date": (rotating(Rotation("disabled", None, "2026")), "blocked", None, "disabled"),
    "unknown reason": (
        rotating(Rotation("disabled", None, ago(1), "me")),
        *("blocked", None, "rotation.by"),
    ),
    # A key has leaked.
    "leaked, no entry": (
        at_rest(entry=None, mode="emergency", leaked="current"),
        *("failed", None, "no entry"),
    ),
    "leaked, held": (
        at_rest(DAY, mode="emergency", leaked="current", hold=True),
        *("disabled", Move.REPLACE_LEAKED, ""),
    ),
    "current leaked, by its id": (
        at_rest(DAY, mode="emergency", leaked=OLD),
        *("disabled", Move.REPLACE_LEAKED, ""),
    ),
    "current leaked, and signs": (
        at_rest(DAY, mode="emergency", leaked="current", signing=frozenset([OLD])),
        *("begun", Move.REPLACE_LEAKED, "switch"),
    ),
    "current leaked, other one active": (
        grace(mode="emergency", leaked="current"),
        *("failed", None, "mode: rollback"),
    ),
    "current leaked, back, other active": (
        back(mode="emergency", leaked="current"),
        *("failed", None, "mode: now"),
    ),
    "current leaked, other one inactive": (
        disabled(mode="emergency", leaked=NEW),
        *("disabled", Move.REPLACE_LEAKED, ""),
    ),
    "current leaked, a stranger's key": (
        at_rest(mode="emergency", leaked="current", also=[key(OTHER, DAY)]),
        *("failed", None, OTHER),
    ),
    "current leaked, a key set aside": (
        at_rest(
            mode="emergency",
            leaked="current",
            also=[key(OTHER, DAY, "Inactive")],
            set_aside=frozenset([OTHER]),
            suspects={OTHER: NOW},
        ),
        *("disabled", Move.REPLACE_LEAKED, ""),
    ),
    "current leaked, a key set aside is active again": (
        at_rest(
            mode="emergency",
            leaked="current",
            also=[key(OTHER, DAY)],
            set_aside=frozenset([OTHER]),
            suspects={OTHER: NOW},
        ),
        *("failed", None, f"delete key {OTHER}"),
    ),
    "current leaked, other one inactive, and signs": (
        disabled(mode="emergency", leaked="current", signing=frozenset([OLD])),
        *("failed", None, f"{OLD} to sign this run no longer"),
    ),
    "current leaked, gone": (
        at_rest(keys=[], mode="emergency", leaked="current"),
        *("failed", None, "gone"),
    ),
    "current leaked, half done": (
        grace(60, by="emergency", mode="emergency", leaked="current"),
        *("disabled", Move.DISABLE, ""),
    ),
    "new one leaked too, half done": (
        grace(60, by="emergency", mode="emergency", leaked=NEW),
        *("failed", None, "leaked: previous"),
    ),
    "new one leaked too, old one disabled": (
        disabled(by="emergency", mode="emergency", leaked="current"),
        *("disabled", Move.REPLACE_LEAKED, ""),
    ),
    "previous leaked": (
        grace(60, used(60), mode="emergency", leaked="previous"),
        *("disabled", Move.DISABLE, ""),
    ),
    "previous leaked, by its id": (
        grace(60, used(60), mode="emergency", leaked=OLD),
        *("disabled", Move.DISABLE, ""),
    ),
    "previous leaked, unknown use": (
        grace(60, UNKNOWN, mode="emergency", leaked="previous"),
        *("disabled", Move.DISABLE, ""),
    ),
    "previous leaked, and signs": (
        grace(60, mode="emergency", leaked="previous", signing=frozenset([OLD])),
        *("failed", None, "switch"),
    ),
    "previous leaked, disabled before": (
        disabled(mode="emergency", leaked="previous"),
        *("disabled", Move.TAKE_OVER, ""),
    ),
    "previous leaked, twice": (
        disabled(by="emergency", mode="emergency", leaked="previous"),
        *("unchanged", None, ""),
    ),
    "previous leaked, half done, disabled by hand": (
        grace(60, by="emergency", old="Inactive", mode="emergency", leaked="previous"),
        *("disabled", Move.TAKE_OVER, ""),
    ),
    "previous leaked, left by a replacement": (
        rotating(None, old="Inactive", mode="emergency", leaked="previous"),
        *("disabled", Move.TAKE_OVER, ""),
    ),
    "previous leaked, deleted by hand": (
        grace(old="", mode="emergency", leaked="previous"),
        *("deleted", Move.FORGET, ""),
    ),
    "no previous": (
        at_rest(mode="emergency", leaked="previous"),
        *("failed", None, "no previous"),
    ),
    "another key leaked": (
        at_rest(mode="emergency", leaked="LTAIfar"),
        *("failed", None, "not in its entry"),
    ),
}


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
def test_decision(row: Row) -> None:
    """Each stage leads to the right action, step and reason, whatever has happened."""
    facts, action, move, why = row

    decision = decide(facts)

    assert (decision.action, decision.move) == (action, move)
    assert why in str(decision.why)


def test_next_dates() -> None:
    """What is waited for has the date on which it is over."""
    assert decide(at_rest(10 * DAY)).at == NOW + 63 * DAY
    assert decide(grace(DAY)).at == NOW + 6 * DAY + 60
    assert decide(grace(10 * DAY, used(DAY))).at == NOW + 6 * DAY + 2 * HOUR
    assert decide(disabled(DAY)).at == NOW + 13 * DAY
    assert decide(at_rest(failed_begin=failed(DAY))).at == NOW + 6 * DAY


def test_what_a_disabling_rests_on() -> None:
    """A disabling has its reason, and the last use that was known."""
    by_us = decide(grace(old="Inactive", steps=step(DISABLE, "evidence")))
    by_hand = decide(grace(old="Inactive"))
    on_evidence = decide(grace(10 * DAY, used(9 * DAY)))
    leaked = decide(grace(60, used(60), mode="emergency", leaked="previous"))

    assert (by_us.by, by_us.disabled) == ("evidence", NOW - DAY)
    assert (by_hand.by, by_hand.disabled) == ("hand", NOW)
    assert (on_evidence.by, on_evidence.last_used) == ("evidence", ago(9 * DAY))
    assert (leaked.by, leaked.last_used) == ("emergency", ago(60))
    assert decide(disabled(HOUR, used(HOUR))).warning
    assert decide(disabled(old="Active")).warning
    assert decide(disabled(old="Active", steps=step(ACTIVATE))).warning is None


def test_what_is_freed_for_a_leaked_key() -> None:
    """The slot of a leaked key's successor is that of the inactive one, if it is needed."""
    of_previous = decide(disabled(mode="emergency", leaked="current"))
    timeless = decide(disabled(mode="emergency", leaked="current", now=TIMELESS))
    of_gone_one = decide(disabled(old="", mode="emergency", leaked="current"))

    assert decide(at_rest(mode="emergency", leaked="current")).frees is None
    assert of_previous.frees == OLD
    assert (of_gone_one.move, of_gone_one.frees) == (Move.REPLACE_LEAKED, None)
    assert timeless.action == "failed"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (at_rest(80 * DAY), False),
        (at_rest(91 * DAY), True),
        (at_rest(91 * DAY, status="Inactive"), False),
        (at_rest(91 * DAY, hold=True), True),
        (grace(29 * DAY), False),
        (grace(31 * DAY), True),
        (disabled(31 * DAY), False),
    ],
)
def test_overdue(facts: Facts, *, expected: bool) -> None:
    """Overdue is a grace that lasts too long, and any key in use that is older than it may be."""
    assert is_overdue(facts) is expected


def test_overdue_but_for_the_old_key() -> None:
    """Once the old key is of no use any more, only the age of the current one counts."""
    assert is_overdue(grace(31 * DAY))
    assert not is_overdue(grace(31 * DAY), but_for_old=True)
    assert is_overdue(at_rest(91 * DAY), but_for_old=True)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"max_age": "20d"}, "max_age of user ann is 20d, and must be longer than 31d"),
        ({"max_age": "31d"}, "grace 7d + quiet 7d + 3d + retain 14d"),
        ({"quiet": "1h"}, "quiet of user ann is 1h"),
        ({"grace": "30m"}, "grace of user ann is 30m"),
        ({"max_age": "0d"}, "max_age of user ann must be"),
        ({"grace": "-1d"}, "grace of user ann must be"),
        ({"retain": "14"}, "retain of user ann must be"),
        ({"retain": 14}, "retain of user ann must be"),
        ({"overdue": "1y"}, "overdue of user ann must be"),
    ],
)
def test_nonsense(changes: dict[str, t.Any], told: str) -> None:
    """Durations that can't be, alone or together, are refused, with the sum and whose they are."""
    with pytest.raises(InputError) as caught:
        Durations.read({**GIVEN, **changes}, " of user ann")

    assert told in str(caught.value)


def test_durations() -> None:
    """Durations have units, and quiet is as long as grace unless it is said."""
    read = Durations.read({**GIVEN, "grace": "36h", "max_age": "26w", "retain": "90m"})

    assert (read.grace, read.quiet) == (36 * HOUR, 36 * HOUR)
    assert (read.max_age, read.retain) == (182 * DAY, 1.5 * HOUR)
    assert read.due == 182 * DAY - 2 * 36 * HOUR - 3 * DAY

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scenarios in which the cloud misbehaves, by one kind of fault at a time or by many."""

from __future__ import annotations

import typing as t

from emulator.wire.faults import ANY_ACTION

from .strikes import CREATE

if t.TYPE_CHECKING:
    from .rounds import Round

USERS = 40
# More than are ever hit.
NO_END = 10**6
LONGEST_DISTURBANCE = 2
PERCENTAGES = (1, 10, 30)
ACTIONS = {"all": ANY_ACTION, CREATE: CREATE}
# Whatever is carried out late is so before the read time-out.
FAULTS: dict[str, dict[str, t.Any]] = {
    "error-400": {"kind": "error", "status": 400, "code": "InvalidParameter"},
    "error-403": {"kind": "error", "status": 403, "code": "NoPermission"},
    "error-500": {"kind": "error", "status": 500},
    "error-503-done": {"kind": "error", "status": 503, "when": "after"},
    "throttle": {"kind": "throttle"},
    "throttle-429": {"kind": "throttle", "status": 429, "retry_after_ms": 300},
    "drop-before": {"kind": "drop_before"},
    "drop-after": {"kind": "drop_after"},
    "late": {"kind": "late", "ms": 600},
    "delay-before": {"kind": "delay", "ms": 300, "when": "before"},
    "delay-after": {"kind": "delay", "ms": 1500, "when": "after"},
    "garbage": {"kind": "garbage"},
    "garbage-done": {"kind": "garbage", "status": 200, "when": "after"},
    "half-done": {"kind": "half"},
    "empty": {"kind": "empty"},
    "empty-done": {"kind": "empty", "when": "after"},
    "replayed": {"kind": "error", "status": 400, "code": "SignatureNonceUsed", "when": "after"},
    "gateway-timeout": {"kind": "error", "status": 408, "code": "RequestTimeout", "when": "after"},
    "redirect": {"kind": "redirect", "status": 307},
    "wrong-date": {"kind": "date", "seconds": 2 * 86_400},
    "old-date": {"kind": "date", "seconds": -86_400},
    "no-date": {"kind": "date", "date": ""},
    "lacks-item": {"kind": "drop_item"},
}
# What a proxy does: keeps requests or their answers back, sends them twice, wants a log-on, lies
# about the time, cuts lists short.
MIDDLEMAN = ("late", "delay-after", "replayed", "redirect", "wrong-date", "old-date", "lacks-item")
MIDDLEMAN_PERCENTAGE = 4


def play(round_: Round, name: str, target: str, percentage: int) -> None:
    """Run, once or until it succeeds, while so many requests for one or all actions go wrong."""
    _set(round_, name, ACTIONS[target], percentage)
    _disturb(round_)


def play_middleman(round_: Round) -> None:
    """Do as `play` does while something on the way does all that a proxy may do."""
    for name in MIDDLEMAN:
        _set(round_, name, ANY_ACTION, MIDDLEMAN_PERCENTAGE)
    _disturb(round_)


def _set(round_: Round, name: str, action: str, percentage: int) -> None:
    round_.site.emulator.fail(
        action,
        **FAULTS[name],
        times=NO_END,
        probability=percentage / 100,
        seed=round_.chance.randrange(NO_END),
    )


def _disturb(round_: Round) -> None:
    site, chance = round_.site, round_.chance
    round_.colleague.make_keys(chance.randint(0, 3))
    for _run in range(chance.randint(1, LONGEST_DISTURBANCE)):
        if site.finish(site.start()) == 0:
            break
    round_.outcome.faults += sum(NO_END - fault["times"] for fault in site.emulator.faults())

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scenarios of what stands between a run and its cloud: it keeps things, and leaves some out."""

from __future__ import annotations

import time
import typing as t

from emulator.wire.faults import ANY_ACTION

from .strikes import CREATE

if t.TYPE_CHECKING:
    from .rounds import Round

USERS = 8
NO_END = 10**6
HELD_MS = 5000
# The cloud refuses requests that were signed more than 15 minutes ago.
HELD_MINUTES = 13
SLOW_MS = 1500
PATIENCE = 5
LACKED_KEYS, LACKED_TIMES = 4, (1, 2, NO_END)


def play_held(round_: Round) -> None:
    """Hold some creates back until their run has long given up, then pass them on."""
    site, chance = round_.site, round_.chance
    held = chance.randint(1, USERS)
    site.emulator.fail(CREATE, "late", ms=HELD_MS, times=held)
    site.finish(site.start())
    site.emulator.advance_clock(HELD_MINUTES * 60)
    time.sleep(HELD_MS / 1000)
    round_.outcome.faults += held
    round_.look()


def play_slow(round_: Round) -> None:
    """Pass every request on late, so that nobody knows the time well, and lose some new keys."""
    site, chance = round_.site, round_.chance
    lost = chance.randint(1, USERS)
    site.emulator.fail(CREATE, "drop_after", times=lost)
    site.emulator.fail(ANY_ACTION, "delay", ms=SLOW_MS, times=NO_END)
    site.finish(site.start(read_timeout=PATIENCE))
    round_.outcome.faults += lost
    round_.look()


def play_gaps(round_: Round) -> None:
    """Leave keys and users that are there out of lists, once or for as long as runs last."""
    site, chance = round_.site, round_.chance
    site.finish(site.start())
    round_.look()
    for user in chance.sample(site.users, LACKED_KEYS):
        times = chance.choice(LACKED_TIMES)
        parameters = {"UserName": user}
        site.emulator.fail("ListAccessKeys", "drop_item", parameters=parameters, times=times)
    site.finish(site.start())
    round_.look()
    user = chance.choice(site.users)
    site.emulator.fail("ListUsers", "drop_item", item=user, times=chance.choice(LACKED_TIMES))
    site.finish(site.start())
    round_.look()

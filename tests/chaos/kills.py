# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scenarios that kill the whole process tree: at recorded steps, and at random instants."""

from __future__ import annotations

import time
import typing as t

from .processes import KILLED
from .strikes import CREATE, Strike

if t.TYPE_CHECKING:
    from .processes import Tree
    from .rounds import Round

STEP_USERS, STEP_CONCURRENCY = 16, 4
RANDOM_USERS = 40
AT_RANDOM = "at random"
SHARE_WHILE_CREATING = 0.85
LONGEST_START = 2.5
LONGEST_MOMENT = 0.03
POLL_SECONDS = 0.002


def play_steps(round_: Round, strikes: list[Strike]) -> None:
    """Kill one run after the other, each at its step, until one comes to its end."""
    site = round_.site
    round_.colleague.make_keys(round_.chance.randint(0, 2))
    for strike in strikes:
        was_settling = site.journal.exists()
        run = site.start(concurrency=STEP_CONCURRENCY, strike=strike)
        if site.finish(run) != KILLED:
            break
        round_.note_death(strike.step, was_settling=was_settling)
        _let_colleague_in(round_)


def play_random(round_: Round, kills: int) -> None:
    """Kill runs at random, most of them while they create keys."""
    site = round_.site
    round_.colleague.make_keys(round_.chance.randint(0, 3))
    for _kill in range(kills):
        was_settling = site.journal.exists()
        run = site.start()
        await_moment(round_, run)
        if run.has_ended:
            site.finish(run)
            break
        site.kill(run)
        round_.note_death(AT_RANDOM, was_settling=was_settling)
        _let_colleague_in(round_)


def play_containers(round_: Round, kills: int) -> None:
    """Kill runs at random, each of which is in another container on the same folder."""
    round_.site.has_containers = True
    play_random(round_, kills)


def await_moment(round_: Round, run: Tree) -> None:
    """Return at a random instant of a run, mostly while it creates keys, or when it has ended."""
    emulator, chance = round_.site.emulator, round_.chance
    if chance.random() >= SHARE_WHILE_CREATING:
        deadline = time.monotonic() + chance.uniform(0, LONGEST_START)
        while not run.has_ended and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        return
    wanted = emulator.actions().count(CREATE) + chance.randint(1, len(round_.site.users) // 2)
    while not run.has_ended and emulator.actions().count(CREATE) < wanted:
        time.sleep(POLL_SECONDS)
    time.sleep(chance.uniform(0, LONGEST_MOMENT))


def _let_colleague_in(round_: Round) -> None:
    """Perhaps have the colleague make keys before the next run."""
    visit = round_.chance.choice(("none", "none", "later", "used", "both"))
    if visit in ("used", "both"):
        round_.colleague.make_keys(1)
    if visit in ("later", "both"):
        round_.colleague.make_keys_later(2)

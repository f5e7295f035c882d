# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scenarios of people who have the vault file open in an editor while runs change it."""

from __future__ import annotations

import typing as t

from .kills import await_moment
from .strikes import CREATE

if t.TYPE_CHECKING:
    from .rounds import Round

USERS = 12
# Keys that have stood in the file for a day are not looked for.
LONGEST_EDIT_HOURS = 20
# So slow that another run comes while they are under way; only the first ones are.
SLOW_CREATE_MS, SLOW_CREATES = 2500, 8
PATIENCE = 5


def play_old_file(round_: Round) -> None:
    """Save what an editor was opened with, after runs have added keys to the file."""
    site, chance = round_.site, round_.chance
    if known := chance.sample(site.users, chance.randint(0, USERS // 2)):
        site.finish(site.start(users=known))
    opened = site.file.read_bytes()
    for _run in range(2):
        site.finish(site.start())
        round_.look()
        site.emulator.advance_clock(chance.uniform(0, LONGEST_EDIT_HOURS / 2) * 3600)
    site.file.write_bytes(opened)


def play_new_inode(round_: Round) -> None:
    """Let an editor put another file in the place of the one that a run works on, and run again."""
    site = round_.site
    site.emulator.fail(CREATE, "delay", ms=SLOW_CREATE_MS, times=SLOW_CREATES)
    first = site.start(concurrency=SLOW_CREATES // 2, read_timeout=PATIENCE)
    await_moment(round_, first)
    site.edit()
    second = site.start(read_timeout=PATIENCE)
    for run in (first, second):
        site.finish(run)
        round_.look()

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scenarios that kill runs while stored entries get another vault password, or another file."""

from __future__ import annotations

import typing as t

from . import vault_file
from .processes import KILLED
from .strikes import Strike

if t.TYPE_CHECKING:
    from pathlib import Path

    from .rounds import Round

USERS = 6
KILLS = 2
WRITES = ("file unopened", "file torn", "file written", "file durable", "file renamed")


def play_rekey(round_: Round) -> None:
    """Kill runs that give the file another password; the last of the round brings it to the end."""
    site = round_.site
    site.finish(site.start())
    site.give_password("new", vault_file.NEW_PASSWORD)
    site.more = {"keyring_rekey": True, "keyring_vault_id": "new"}
    _kill(round_, site.file)


def play_move(round_: Round) -> None:
    """Kill runs that move the entries in from another file, at a write to either."""
    site = round_.site
    source = site.folder / "aside" / "source.yml"
    source.parent.mkdir()
    site.finish(site.start(file=source))
    site.more = {"keyring_move_from": [str(source)]}
    _kill(round_, round_.chance.choice((site.file, source)))


def _kill(round_: Round, struck: Path) -> None:
    """Kill one run after the other at a write to a file, until one comes to its end."""
    site = round_.site
    for step in round_.chance.sample(WRITES, KILLS):
        was_settling = site.journal.exists()
        status = site.finish(site.start(strike=Strike(step, 1), struck=struck))
        if status != KILLED:
            break
        round_.note_death(step, was_settling=was_settling)

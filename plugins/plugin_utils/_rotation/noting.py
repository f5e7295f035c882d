# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the log has of the steps of a rotation, from right before one until the file knows of it."""

from __future__ import annotations

import typing as t

from .._keyring.clock import server_now, told_time
from .._keyring.evidence import BEGIN_AGAIN
from .._keyring.log import LogError
from .._keyring.records import BeginFailed, Settled, Step
from .decisions import BEGUN, BLOCKED, HELD

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from ...module_utils._cloud.errors import RamError
    from .._keyring.desk import Desk
    from .._keyring.records import History
    from .report import Item

LONGEST_REASON = 200


def note_step(
    desk: Desk,
    item: Item,
    key_id: str,
    step: str,
    *,
    by: str | None = None,
    last_used: str | None = None,
) -> Step:
    """Note and return a step that is about to be sent; raises LogError."""
    at = server_now(desk.client).latest
    noted = Step(item.user_id, key_id, step, at, by, last_used)
    desk.log.note(noted)
    return noted


def note_failed_begin(desk: Desk, item: Item, reason: RamError) -> str:
    """Note that a begin failed, and say when the next one is due."""
    at = server_now(desk.client).latest
    failed = BeginFailed(item.user_id, item.new_key_id, at, str(reason)[:LONGEST_REASON])
    try:
        desk.log.note(failed)
    except LogError:
        return "The next run tries again"
    return f"The next try is on {told_time(at + BEGIN_AGAIN)}, or with mode: now"


def settled_by(items: Sequence[Item], history: History) -> Settled:
    """Return the steps that the file knows of by now, and the failed begins that are made up.

    Where nothing was decided, whoever decides next needs to know of the last step.
    """
    done = [item for item in items if item.error is None]
    decided = [item for item in done if item.action not in {HELD, BLOCKED}]
    entries = [item.facts.entry for item in decided if item.facts.entry]
    begun = [item.facts.entry for item in done if item.action == BEGUN]
    return Settled(
        steps=history.steps.keys() & {key for entry in entries for key in entry.key_ids},
        begins={str(entry.user_id) for entry in begun if entry},
    )

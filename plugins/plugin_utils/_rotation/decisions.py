# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be decided about one user, and what several rules say in the same words."""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass

from .durations import HOUR, MINUTE
from .facts import EMERGENCY, NOW, ROLLBACK, ROLLED_BACK

if t.TYPE_CHECKING:
    from .._vault_file.entry import Entry
    from .facts import Facts

# So late a use may show.
LAG = 2 * HOUR
# The file is replaced a moment after what it is going to hold was dated.
WRITING = MINUTE
# Until that is dated, this stands in place of the date.
TO_BE_DATED = "to be dated"

BEGUN, WAITING, DONE_DISABLED, DELETED, DONE_ROLLED_BACK, HELD, BLOCKED, UNCHANGED, FAILED = (
    ACTIONS
) = (
    *("begun", "waiting", "disabled", "deleted", "rolled_back"),
    *("held", "blocked", "unchanged", "failed"),
)


class Move(enum.Enum):
    """What is done for a user; each in the log before it is sent, and all in the file at the end.

    TAKE_OVER, RETURN and FORGET follow what somebody did in the cloud, and change the file only.
    """

    BEGIN = enum.auto()
    FINISH_BEGIN = enum.auto()
    UNDO_BEGIN = enum.auto()
    DISABLE = enum.auto()
    TAKE_OVER = enum.auto()
    RETURN = enum.auto()
    REACTIVATE = enum.auto()
    DELETE = enum.auto()
    FORGET = enum.auto()
    ROLL_BACK = enum.auto()
    SWAP_BACK = enum.auto()
    REPLACE_LEAKED = enum.auto()


@dataclass(frozen=True)
class Decision:
    """What is done for a user, if anything, and what the result says of it.

    `action` is what the result calls it once it is done, `why` what is in the way or waited for.
    `at` is when the step that comes next is due, if that is known. `by`, `last_used` and `disabled`
    are what a disabling rests on. With `shows_keys` the user's keys help to solve what is in the
    way. `frees` is the key that goes so that another one can be made.
    """

    action: str
    move: Move | None = None
    why: str | None = None
    at: float | None = None
    warning: str | None = None
    by: str | None = None
    last_used: str | None = None
    disabled: float | None = None
    shows_keys: bool = False
    frees: str | None = None


def refused(facts: Facts, problem: str, *, shows_keys: bool = False) -> Decision:
    """Return that nothing is done: what the task asks for by name fails, the daily run goes on."""
    is_asked_for = facts.mode in {ROLLBACK, EMERGENCY}
    return Decision(FAILED if is_asked_for else BLOCKED, why=problem, shows_keys=shows_keys)


def way_back(entry: Entry) -> str:
    """Return the mode that makes the other key of the entry the current one."""
    return NOW if entry.stage == ROLLED_BACK else ROLLBACK


def told_to_sign(key_id: str) -> str:
    """Say that a key is not disabled because this run needs it."""
    return (
        f"key {key_id} to sign this run no longer, as a run never disables its own key: switch "
        "to the current pair first"
    )

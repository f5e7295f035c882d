# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a label says: `scenario/layout/details/number`, all that a round needs but the seed."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from functools import partial

from . import clones, editors, faults, gateways, housekeeping, kills, order, rivals
from .strikes import Strike

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from .rounds import Round

LAYOUTS = ("file", "inline")
KILLS_OF_A_RANDOM_ROUND = 2
Disturb: t.TypeAlias = "Callable[[Round], None]"
# The row, the number of users, and the play of scenarios that need no details.
SCENES: dict[str, tuple[str, int, Disturb]] = {
    "old-file": ("editor saves an old file", editors.USERS, editors.play_old_file),
    "new-inode": ("editor replaces the file", editors.USERS, editors.play_new_inode),
    "one-user": ("two clones, one user, one 503", 1, clones.play),
    "clones": ("two clones, one 503", 8, clones.play),
    "containers": (
        "kills in containers",
        kills.STEP_USERS,
        partial(kills.play_containers, kills=KILLS_OF_A_RANDOM_ROUND),
    ),
    "middleman": ("middleman", faults.USERS, faults.play_middleman),
    "held": ("creates held for minutes", gateways.USERS, gateways.play_held),
    "slow": ("slow answers", gateways.USERS, gateways.play_slow),
    "gaps": ("lists with gaps", gateways.USERS, gateways.play_gaps),
    "rekey": ("kills while rekeying", housekeeping.USERS, housekeeping.play_rekey),
    "move": ("kills while moving", housekeeping.USERS, housekeeping.play_move),
}
# A taste of everything, in less than a minute.
SHORT = (
    "steps/file/CreateAccessKey-answered.5/suspected-torn.1/group-torn.1/file-renamed.1/1",
    "steps/inline/CreateAccessKey-sent.2/suspected-durable.1/group-durable.1/stored-torn.1/2",
    "rivals-and-kill/inline/3",
    "containers/file/4",
    "middleman/inline/5",
    "old-file/file/6",
    "new-inode/inline/7",
    "one-user/file/8",
    "held/inline/9",
    "gaps/inline/10",
    "rekey/inline/11",
    "move/file/12",
)


@dataclass(frozen=True)
class Script:
    """How a round is set up and disturbed, and the row of the report that it counts in."""

    row: str
    layout: str
    user_count: int
    disturb: Disturb


def read_label(label: str) -> Script:
    """Return the script of a label; ValueError if it has none."""
    scenario, layout, *details = label.split("/")
    if layout not in LAYOUTS:
        raise ValueError(f"{label}: there is no layout {layout}")
    row, user_count, disturb = _read(scenario, details)
    return Script(row, layout, user_count, disturb)


def _read(scenario: str, details: list[str]) -> tuple[str, int, Disturb]:
    match scenario, details:
        case "order", [_number]:
            return "power loss", order.USERS, order.play
        case "steps", [*strikes, _number]:
            chain = [Strike.parse(text) for text in strikes]
            disturb = partial(kills.play_steps, strikes=chain)
            return "kills at recorded steps", kills.STEP_USERS, disturb
        case "random", [_number]:
            disturb = partial(kills.play_random, kills=KILLS_OF_A_RANDOM_ROUND)
            return "kills at random", kills.RANDOM_USERS, disturb
        case "fault", [name, target, percentage, _number]:
            disturb = partial(faults.play, name=name, target=target, percentage=int(percentage))
            return f"fault {name}", faults.USERS, disturb
        case name, [_number] if name in SCENES:
            return SCENES[name]
        case (("rivals" | "rivals-and-kill"), [_number]):
            disturb = partial(rivals.play, with_kill=scenario != "rivals")
            return scenario.replace("-", " "), rivals.USERS, disturb
    raise ValueError(f"there is no scenario {'/'.join([scenario, *details])}")

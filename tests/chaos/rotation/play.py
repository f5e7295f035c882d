# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a year is, and copies of the collection in which it must go wrong."""

from __future__ import annotations

import shutil
import typing as t
from dataclasses import dataclass, replace
from random import Random

from emulator import Emulator

from ..site import COLLECTION, make_tree
from ..vault_file import PASSWORD
from .server import TaskServer
from .year import DAY, Weather, Year

if t.TYPE_CHECKING:
    from pathlib import Path

    from ..report import Row

MOST_TRIES = 5
NEEDED = ("plugins", "meta", "galaxy.yml")
ROTATION = "plugins/plugin_utils/_rotation"


@dataclass(frozen=True)
class Length:
    """So many users and days, and the durations of a rotation in days."""

    users: int
    days: int
    max_age: int
    grace: int
    retain: int
    overdue: int

    def options(self) -> dict[str, str]:
        """Return the durations as the task takes them."""
        names = ("max_age", "grace", "retain", "overdue")
        return {name: f"{getattr(self, name)}d" for name in names}


FINE = Weather(kill=0, fault=0, person=0, backup=0)
FULL = Length(users=60, days=365, max_age=90, grace=7, retain=14, overdue=30)
SHORT = Length(users=7, days=36, max_age=24, grace=4, retain=5, overdue=12)


@dataclass(frozen=True)
class Sabotage:
    """A rule as it stands in a file, and what stands there without it."""

    path: str
    rule: str
    without: str
    weather: Weather = FINE


SABOTAGES = {
    "evidence decides": Sabotage(
        f"{ROTATION}/rules.py",
        "at = max(grace_until, quiet)",
        "at = grace_until",
    ),
    "the old key is disabled last": Sabotage(
        f"{ROTATION}/new_keys.py",
        "policy = self._policy_of(item)\n        case",
        "policy = self._policy_of(item)\n"
        "        self.desk.hands.set_status(item.name, str(entry.access_key_id), 'Inactive')\n"
        "        case",
    ),
    "the log knows what a key is for": Sabotage(
        "plugins/plugin_utils/_keyring/creation.py",
        "self._log.note(saved)",
        "pass",
        replace(FINE, kill=0.9),
    ),
    "a second key is somebody's": Sabotage(
        f"{ROTATION}/rules.py",
        "return _crowded(facts) or Decision(BEGUN, Move.BEGIN, at=at)",
        "others = [str(key.access_key_id) for key in facts.others]\n"
        "    return Decision(BEGUN, Move.REPLACE_LEAKED, frees=others[0] if others else None)",
        replace(FINE, person=1),
    ),
}


def play(
    seed: int,
    length: Length,
    folder: Path,
    *,
    weather: Weather | None = None,
    tree: Path | None = None,
) -> Year:
    """Play a year, and return it with its problems."""
    tree = tree or make_tree(folder / "tree", COLLECTION)
    site = folder / "site"
    site.mkdir()
    with Emulator() as emulator, TaskServer(tree, site, PASSWORD) as server:
        year = Year(
            emulator=emulator,
            server=server,
            file=site / "keys.yml",
            options=length.options(),
            chance=Random(seed),
            weather=weather or Weather(),
            grace=length.grace * DAY,
            max_age=length.max_age * DAY,
        )
        year.begin(length.users)
        year.play(length.days)
    return year


def play_without(rule: str, seed: int, length: Length, folder: Path) -> Year:
    """Play a year with a copy of the collection that lacks a rule, one of SABOTAGES."""
    sabotage, copy = SABOTAGES[rule], folder / "copy"
    copy.mkdir(parents=True)
    for part in NEEDED:
        source = COLLECTION / part
        taken = shutil.copytree if source.is_dir() else shutil.copy2
        taken(source, copy / part)
    file = copy / sabotage.path
    text = file.read_text(encoding="utf-8")
    assert sabotage.rule in text, rule
    file.write_text(text.replace(sabotage.rule, sabotage.without), encoding="utf-8")
    tree = make_tree(folder / "tree", copy)
    return play(seed, length, folder, weather=sabotage.weather, tree=tree)


def problems_without(rule: str, seed: int, length: Length, folder: Path) -> int:
    """Return how many problems show without a rule; chance decides, so it is tried some times."""
    for attempt in range(MOST_TRIES):
        year = play_without(rule, seed + attempt, length, folder / f"{rule} {attempt}")
        if year.problems:
            return len(year.problems)
    return 0


def rows_of(year: Year) -> list[Row]:
    """Return what happened in a year, as rows of a table."""
    happened: list[Row] = [{"what": what, "times": times} for what, times in year.tally.items()]
    return [*happened, {"what": "problems", "times": len(year.problems)}]

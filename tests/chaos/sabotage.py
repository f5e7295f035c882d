# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proof that the harness can fail: take one rule out of a copy of the collection, and attack that.

The damage that follows is what the rule is for.
"""

from __future__ import annotations

import shutil
import typing as t
from dataclasses import dataclass

from emulator import Emulator

from .checks import DAMAGED, LEAK, LITTER, LOST, ORDER, ORPHAN, STRANGER, STUCK
from .lanes import play_round
from .site import COLLECTION, LATENCY_MS, make_tree

if t.TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .report import Row

# Chance decides when things happen; so often it is given another try.
MOST_TRIES = 8
NEEDED = ("plugins", "meta", "galaxy.yml")
CLOCK = "plugins/module_utils/_cloud/clock.py"
EVIDENCE = "plugins/plugin_utils/_keyring/evidence.py"
LOG_FILE = "plugins/plugin_utils/_keyring/log_file.py"
LOOKS = "plugins/plugin_utils/_keyring/looks.py"
SCRIBE = "plugins/plugin_utils/_keyring/scribe.py"
LOCKS = "plugins/plugin_utils/_vault_file/locks.py"


@dataclass(frozen=True)
class Sabotage:
    """A rule as it stands in a file, what stands there without it, and the round to play then.

    Problems of other kinds than `shows` may follow from it too.
    """

    path: str
    rule: str
    without: str
    label: str
    shows: frozenset[str]


SABOTAGES = {
    "a key is gone after two looks": Sabotage(
        LOOKS,
        "found = map_all(self._look, doubts, self._concurrency)",
        "found = [Finding([]) for _doubt in doubts]",
        "gaps/file",
        frozenset({LOST}),
    ),
    "the cloud's time is an interval": Sabotage(
        CLOCK,
        "Moment(running + ahead[0], running + ahead[1])",
        "Moment(running + ahead[1], running + ahead[1])",
        "slow/file",
        frozenset({ORPHAN}),
    ),
    "a create may be carried out 15 minutes later": Sabotage(
        EVIDENCE,
        "OLDEST_TIMESTAMP = 15 * 60.0",
        "OLDEST_TIMESTAMP = 0.0",
        "held/inline",
        frozenset({ORPHAN}),
    ),
    "the log keeps keys for a day": Sabotage(
        EVIDENCE,
        "STORED_FOR = DAY",
        "STORED_FOR = 0.0",
        "old-file/inline",
        frozenset({LOST}),
    ),
    "a suspect is left alone for a day": Sabotage(
        EVIDENCE,
        "SUSPECT_UNTIL = DAY",
        "SUSPECT_UNTIL = 0.0",
        "one-user/file",
        frozenset({STRANGER}),
    ),
    "the log is locked": Sabotage(
        LOG_FILE,
        "fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)",
        "pass",
        "new-inode/inline",
        frozenset({LOST, ORPHAN, STUCK, LITTER}),
    ),
    "the file is the locked one at each write": Sabotage(
        LOCKS,
        'os.path.samestat(os.fstat(t.cast("int", self._descriptor)), named)',
        "named is not None",
        "new-inode/file",
        frozenset({DAMAGED}),
    ),
    "what is written is durable before a create": Sabotage(
        LOG_FILE,
        "_write_all(self._open, data)\n            os.fsync(self._open)",
        "_write_all(self._open, data)",
        "order/file",
        frozenset({ORDER}),
    ),
    "secrets are encrypted in the log too": Sabotage(
        SCRIBE,
        "purpose.vault.encrypt(json.dumps(secrets), purpose.password())",
        "json.dumps(secrets)",
        "old-file/inline",
        frozenset({LEAK}),
    ),
}


def play_sabotages(names: Iterable[str], scratch: Path, seed: int) -> list[Row]:
    """Take out one rule after the other, and return what was found: a row for each."""
    with Emulator(latency_ms=LATENCY_MS) as emulator:
        return [
            _play(name, scratch / str(number), seed, emulator) for number, name in enumerate(names)
        ]


def _play(name: str, scratch: Path, seed: int, emulator: Emulator) -> Row:
    sabotage = SABOTAGES[name]
    tree = make_tree(scratch / "tree", _copy_without(sabotage, scratch / "copy"))
    found: set[str] = set()
    tries = 0
    while tries < MOST_TRIES and not found & sabotage.shows:
        tries += 1
        label = f"{sabotage.label}/{tries}"
        outcome = play_round(label, seed, scratch / f"{tries}", tree, emulator)
        found = {problem.kind for problem in outcome.problems}
    return {
        "without this rule": name,
        "scenario": sabotage.label,
        "tries": tries,
        "is found": bool(found & sabotage.shows),
        "problems": ", ".join(sorted(found)),
    }


def _copy_without(sabotage: Sabotage, folder: Path) -> Path:
    """Return a copy of the collection that lacks a rule."""
    folder.mkdir(parents=True)
    for name in NEEDED:
        source = COLLECTION / name
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, folder / name)
    file = folder / sabotage.path
    file.write_text(file.read_text().replace(sabotage.rule, sabotage.without))
    return folder

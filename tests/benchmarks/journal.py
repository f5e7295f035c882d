# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often a run made new keys durable, told by the journal that it deletes in the end."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GLANCE_SECONDS = 0.005


def journal_of(keyring: Path) -> Path:
    """Return where the journal of a keyring is."""
    return keyring.with_name(f".{keyring.name}.pending.yml")


@contextlib.contextmanager
def kept_journal(keyring: Path, copy: Path) -> Iterator[None]:
    """Give the journal beside the keyring, should one appear, a second name that outlives it."""
    journal = journal_of(keyring)
    over = threading.Event()

    def look_out() -> None:
        while not over.wait(GLANCE_SECONDS):
            with contextlib.suppress(FileNotFoundError):
                os.link(journal, copy)
                return

    watch = threading.Thread(target=look_out)
    watch.start()
    try:
        yield
    finally:
        over.set()
        watch.join()


def count_commits(copy: Path) -> int:
    """Return how many groups of keys were encrypted and synced, each as one."""
    if not copy.exists():
        return 0
    lines = copy.read_text(encoding="utf-8").splitlines()
    return sum(json.loads(line.partition(": ")[2])["type"] == "group" for line in lines)

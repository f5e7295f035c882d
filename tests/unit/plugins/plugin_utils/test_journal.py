# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the journal promises to threads that write it at the same time."""

from __future__ import annotations

import json
import threading
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from ansible.parsing.vault import VaultSecret

from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring.journal import (
    Header,
    Intent,
    Journal,
    JournalError,
    SavedKey,
    read_journal,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file.vault import (
    Password,
    Vault,
)

if t.TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

HEADER = Header(
    run="1",
    host="here",
    machine="m",
    path="/keys.yml",
    account_id="1",
    endpoint="https://ram.example.com",
    layout="file",
    variable="ram_keyring",
    vault_id="default",
)


class SlowVault(Vault):
    """A vault whose first encryption takes until it is let go; the next may break."""

    def __init__(self, *, breaks: bool) -> None:
        super().__init__([("default", VaultSecret(b"open sesame"))])
        self.busy, self.go_on = threading.Event(), threading.Event()
        self._breaks = breaks

    def encrypt(self, text: str, password: Password) -> str:
        """Return the text as a vault, when the time has come."""
        if not self.busy.is_set():
            self.busy.set()
            assert self.go_on.wait(30)
        elif self._breaks:
            raise MemoryError
        return super().encrypt(text, password)


def save_three(journal: Journal, vault: SlowVault) -> list[Future[None]]:
    """Save a key, and two more while that is under way; return what came of each."""
    keys = [SavedKey(user, f"id-{user}", "", f"secret-{user}") for user in ("1", "2", "3")]
    for key in keys:
        journal.note(Intent(key.user_id, "", [], None, 0.0, 0.0))
    with ThreadPoolExecutor() as pool:
        first = pool.submit(journal.note, keys[0])
        assert vault.busy.wait(30)
        others = [pool.submit(journal.note, key) for key in keys[1:]]
        while len(journal._waiting) < 2:
            time.sleep(0.01)
        vault.go_on.set()
    return [first, *others]


def test_records_that_wait_share_a_write(tmp_path: Path) -> None:
    """Keys that arrive while the journal is busy become durable together, in one vault."""
    path, vault = tmp_path / ".keys.yml.pending", SlowVault(breaks=False)

    with closing(Journal(path, HEADER, vault, vault.choose(None, None))) as journal:
        outcomes = save_three(journal, vault)

    assert not any(outcome.exception() for outcome in outcomes)
    records = [json.loads(line) for line in path.read_text().splitlines()]
    groups = [record for record in records if record["type"] == "group"]
    assert [len(group["keys"]) for group in groups] == [1, 2]
    pending = read_journal(path, vault)
    assert pending
    saved = pending.saved.values()
    assert {key.access_key_secret for key in saved} == {"secret-1", "secret-2", "secret-3"}


def test_records_lost_with_another_are_not_durable(tmp_path: Path) -> None:
    """A write that breaks in an unforeseen way fails all that was part of it, and nothing else."""
    path, vault = tmp_path / ".keys.yml.pending", SlowVault(breaks=True)

    with closing(Journal(path, HEADER, vault, vault.choose(None, None))) as journal:
        first, *others = save_three(journal, vault)

    assert first.exception() is None
    errors = {type(outcome.exception()) for outcome in others}
    assert errors == {MemoryError, JournalError}
    pending = read_journal(path, vault)
    assert pending
    assert pending.saved.keys() == {"1"}
    assert [intent.user_id for intent in pending.unanswered()] == ["2", "3"]


def test_journal_that_cannot_be_made(tmp_path: Path) -> None:
    """A journal that can't be opened is one error, which names it."""
    path, vault = tmp_path / "missing" / ".keys.yml.pending", SlowVault(breaks=False)

    with pytest.raises(JournalError, match=r"\.keys\.yml\.pending can't be written"):
        Journal(path, HEADER, vault, vault.choose(None, None))

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the records of a run become lines of its log, and their secrets a vault text and back."""

from __future__ import annotations

import json
import os
import typing as t
from dataclasses import dataclass
from itertools import count

from ...module_utils._cloud.errors import InputError
from .records import Header, NewKey, group_line, header_line, note_line

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .._vault_file.vault import Password, Vault
    from .log_file import FileId
    from .records import History, Record


@dataclass(frozen=True)
class Purpose:
    """What a run writes its records for, and the vault password that closes its secrets."""

    account_id: str
    endpoint: str
    layout: str
    variable: str
    vault: Vault
    password: Callable[[], Password]


class Scribe:
    """Words the records of one run: below its header, each line with a number of its own.

    `is_begun` tells whether the header is in the log by now.
    """

    def __init__(self, run: str, path: Path) -> None:
        self._run = run
        self._path = path
        self._purpose: Purpose | None = None
        # The header is the first.
        self._numbers = count(2)
        self.is_begun = False

    def is_for(self, purpose: Purpose) -> None:
        """Say what the run writes its records for; nothing can be worded before."""
        self._purpose = purpose

    def go_on_below(self, history: History) -> None:
        """Let what comes next stand below what the log says by now."""
        self.is_begun = self._run in history.runs
        self._numbers = count(len(history.lines) + 2)

    def lines(self, records: list[Record], file: FileId) -> bytes:
        """Return the lines of these records in a file: one for all their keys, one vault text."""
        keys = [record for record in records if isinstance(record, NewKey)]
        lines = [
            note_line(self._run, next(self._numbers), record)
            for record in records
            if not isinstance(record, NewKey)
        ]
        if keys:
            lines.append(self._group(keys))
        if not self.is_begun:
            lines.insert(0, header_line(self._header(file)))
        return b"".join(lines)

    def _header(self, file: FileId) -> Header:
        purpose = t.cast("Purpose", self._purpose)
        return Header(
            run=self._run,
            host=os.uname().nodename,
            path=told(self._path),
            inode=file.inode,
            generation=file.generation,
            account_id=purpose.account_id,
            endpoint=purpose.endpoint,
            layout=purpose.layout,
            variable=purpose.variable,
            vault_id=purpose.password().vault_id,
        )

    def _group(self, keys: list[NewKey]) -> bytes:
        purpose = t.cast("Purpose", self._purpose)
        secrets = {key.access_key_id: key.access_key_secret for key in keys}
        vault_text = purpose.vault.encrypt(json.dumps(secrets), purpose.password())
        return group_line(self._run, next(self._numbers), keys, vault_text)


def told(path: Path) -> str:
    """Return a path as the log tells it, whatever bytes it is made of."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def opened(secrets: str, vault: Vault, path: Path) -> dict[str, str]:
    """Return the secrets of a group by their keys' ids; InputError if no password opens them."""
    text = vault.decrypt(secrets, what=f"the keys in {path}")[0]
    try:
        return {str(key_id): str(secret) for key_id, secret in json.loads(text).items()}
    except (AttributeError, ValueError):
        raise InputError(f"{path} is damaged: its secrets make no sense") from None

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of the vault password means for entries, and for what else is in their file."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .text import Scalar

if t.TYPE_CHECKING:
    from collections.abc import Collection

    from .entry import Entry
    from .file import KeyringFile


def reclosed_entry(user: str, entry: Entry, file: KeyringFile) -> Entry:
    """Return the entry with secrets that the password of the file opens.

    Raises InputError if no password of the run opens one.
    """
    what = f"the secret of user {user} in {file.path}"
    previous = entry.previous
    if previous:
        previous = replace(previous, secret=_reclosed(previous.secret, what, file))
    return replace(entry, secret=_reclosed(entry.secret, what, file), previous=previous)


def foreign_lines(file: KeyringFile, own_texts: Collection[str]) -> list[int]:
    """Return the lines of vault texts that are not ours and that another password opens."""
    return [
        line
        for line, text in file.vault_texts()
        if Scalar(text, vaulted=True).value not in own_texts
        and not file.vault.opens(text, file.password)
    ]


def reclosed_text(vault_text: str, what: str, file: KeyringFile) -> str:
    """Return a vault text that the password of the file opens: this very one if it does.

    Raises InputError if no password of the run opens it.
    """
    plain, password = file.vault.decrypt(vault_text, what=what)
    is_right = password.is_same(file.password)
    return vault_text if is_right else file.vault.encrypt(plain, file.password)


def _reclosed(secret: Scalar | None, what: str, file: KeyringFile) -> Scalar | None:
    if secret is None or not secret.vaulted:
        return secret
    return Scalar(reclosed_text(secret.value, what, file), vaulted=True)

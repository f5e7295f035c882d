# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a vault file held when it was read: its entries, and the passwords that open it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ...module_utils._cloud.errors import InputError
from .entry import FIELDS, Entry
from .text import Scalar
from .vault import header_id, is_encrypted, refuse_hidden_vault

if t.TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .opening import Opener
    from .vault import Password


@dataclass(frozen=True)
class Contents:
    """What the file held when it was read; `opened_by` is None if it took no password."""

    data: bytes
    text: str
    entries: dict[str, Entry]
    opened_by: Password | None


def open_contents(data: bytes, layout: str, opener: Opener) -> Contents:
    """Return what the bytes of a file hold; InputError if that is not in the layout."""
    _refuse_other_layout(data, layout, opener.path)
    text, opened_by = opener.text_of(data)
    return Contents(data, text, entries_in(text, opener), opened_by)


def entries_in(text: str, opener: Opener) -> dict[str, Entry]:
    """Return the entries by the names of their users."""
    found = opener.scalars_in(text)
    return {user: _entry(user, scalars, opener) for user, scalars in found.items()}


def password_of_secrets(
    entries: Mapping[str, Entry], wanted: str | None, opener: Opener
) -> Password | None:
    """Return the password that opens an inline secret, that of the wanted id first if it does.

    There may be secrets of several passwords; InputError if the run has none of them.
    """
    vaulted = [
        (user, entry.secret.value)
        for user, entry in entries.items()
        if entry.secret and entry.secret.vaulted
    ]
    by_id = {header_id(text): (user, text) for user, text in reversed(vaulted)}
    first = [wanted] if wanted in by_id else []
    refusal: InputError | None = None
    for vault_id in [*first, *reversed(by_id)]:
        user, text = by_id[str(vault_id)]
        try:
            what = f"the secret of user {user} in {opener.path}"
            return opener.vault.decrypt(text, what=what)[1]
        except InputError as error:
            refusal = refusal or error
    if refusal:
        raise refusal
    return None


def _entry(user: str, scalars: Mapping[str, Scalar], opener: Opener) -> Entry:
    """Read an entry; what is encrypted beside the secrets is opened, as Ansible would."""
    opened = {
        name: Scalar(opener.plain(scalar, f"{name} of user {user}"))
        for name, scalar in scalars.items()
        if scalar.vaulted and name in FIELDS and not name.endswith("access_key_secret")
    }
    return Entry.from_scalars({**scalars, **opened})


def _refuse_other_layout(data: bytes, layout: str, path: Path) -> None:
    """Raise InputError for bytes that are not in the layout."""
    encrypted = is_encrypted(data)
    if layout == "inline":
        if encrypted:
            raise InputError(f"{path} is a vault as a whole: use layout: file")
        return
    if encrypted or not data.strip():
        return
    refuse_hidden_vault(data, what=str(path))
    raise InputError(
        f"{path} is not encrypted, so it is left alone: layout file is for a file that is a vault "
        "as a whole. Encrypt it with ansible-vault encrypt, or use layout: inline"
    )

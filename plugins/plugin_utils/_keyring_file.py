# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vault file: its entries, and how they are read and replaced. Knows nothing of RAM."""

from __future__ import annotations

import errno
import os
import typing as t
from dataclasses import dataclass

from ..module_utils._errors import InputError, RamError
from ._durable import prove_writable, replace_file
from ._keyring_text import KeyringTextError, Scalar, read_entries, rewrite_entries
from ._vault import Password, Vault, is_encrypted

if t.TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FIELDS = ("access_key_id", "access_key_secret", "account_id", "user_id", "created")


class FileChangedError(RamError):
    """Somebody else changed an entry between reading the file and replacing it."""


@dataclass(frozen=True)
class Entry:
    """One user's key as the file holds it; what a hand-written entry leaves out is None."""

    access_key_id: str | None
    secret: Scalar | None
    account_id: str | None
    user_id: str | None
    created: str | None

    @classmethod
    def from_scalars(cls, scalars: Mapping[str, Scalar]) -> Entry:
        """Read an entry out of the scalars of its mapping."""

        def text(field: str) -> str | None:
            scalar = scalars.get(field)
            return scalar.value or None if scalar and not scalar.vaulted else None

        return cls(
            access_key_id=text("access_key_id"),
            secret=scalars.get("access_key_secret"),
            account_id=text("account_id"),
            user_id=text("user_id"),
            created=text("created"),
        )

    def to_scalars(self) -> dict[str, Scalar]:
        """Return the scalars that the entry is written as."""
        values = (self.access_key_id, self.secret, self.account_id, self.user_id, self.created)
        return {
            field: value if isinstance(value, Scalar) else Scalar(value)
            for field, value in zip(FIELDS, values, strict=True)
            if value is not None
        }


class KeyringFile:
    """One vault file, read once; `entries` is what it held then.

    layout `file`: the whole file is one vault. layout `inline`: each secret is a vault of its own.
    """

    def __init__(
        self, path: Path, *, layout: str, variable: str, vault: Vault, vault_id: str | None
    ) -> None:
        self.path = path
        self.layout = layout
        self.variable = variable
        self.vault = vault
        self._data = self._read()
        self._text, opened_by = self._open(self._data)
        self.entries = self._entries_in(self._text)
        self.password = vault.choose(vault_id, opened_by or self._password_of_secrets())
        vault.encrypt("trial", self.password)

    def prove_writable(self, changes: Mapping[str, Entry | None], *, probe: bool) -> None:
        """Raise InputError unless such changes can be made; only `probe` writes to find out."""
        self._rewrite(self._text, changes)
        directory = self.path.parent
        try:
            if probe:
                prove_writable(self.path)
            elif not os.access(directory, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise InputError(
                f"Cannot write to {directory}, so no key was created: {error.strerror}"
            ) from None

    def new_entry(
        self,
        *,
        access_key_id: str,
        access_key_secret: str,
        account_id: str,
        user_id: str,
        created: str,
    ) -> Entry:
        """Return an entry with its secret in the form that the layout stores."""
        vaulted = self.layout == "inline"
        if vaulted:
            access_key_secret = self.vault.encrypt(access_key_secret, self.password)
        secret = Scalar(access_key_secret, vaulted=vaulted)
        return Entry(access_key_id, secret, account_id, user_id, created)

    def secret_of(self, user: str, entry: Entry) -> str:
        """Return the secret of an entry in clear."""
        if entry.secret is None:
            raise InputError(f"The entry of user {user} in {self.path} has no access_key_secret")
        if not entry.secret.vaulted:
            return entry.secret.value
        return self.vault.decrypt(
            entry.secret.value, what=f"the secret of user {user} in {self.path}"
        )[0]

    def replace(self, changes: Mapping[str, Entry | None]) -> None:
        """Write the changed entries (None: removed) durably.

        What somebody else changed since it was read stays, unless it is one of these entries:
        FileChangedError. Raises OSError if the file can't be replaced.
        """
        data = self._read()
        text = self._text if data == self._data else self._open(data)[0]
        entries = self.entries if data == self._data else self._entries_in(text)
        clashes = [user for user in changes if entries.get(user) != self.entries.get(user)]
        if clashes:
            raise FileChangedError(
                f"Somebody changed the entry of {', '.join(clashes)} in {self.path} while this "
                "task ran"
            )
        changed = self._rewrite(text, changes)
        if changed != text:
            replace_file(self.path, self._close(changed))
            self._data, self._text = self._read(), changed
        self.entries = self._entries_in(changed)

    def is_in_clear(self, entry: Entry) -> bool:
        """Tell whether anybody who reads the file can read the secret of the entry."""
        return self.layout == "inline" and entry.secret is not None and not entry.secret.vaulted

    def _rewrite(self, text: str, changes: Mapping[str, Entry | None]) -> str:
        scalars = {user: entry.to_scalars() if entry else None for user, entry in changes.items()}
        try:
            return rewrite_entries(text, self.variable, scalars)
        except KeyringTextError as error:
            raise InputError(f"{self.path}: {error}") from None

    def _read(self) -> bytes:
        try:
            if self.path.exists() and not self.path.is_file():
                raise InputError(f"{self.path} is not a regular file")
            return self.path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise InputError(f"Cannot read {self.path}: {error.strerror}") from None

    def _open(self, data: bytes) -> tuple[str, Password | None]:
        """Return the YAML text and the password that opened it, if it took one."""
        encrypted = is_encrypted(data)
        if self.layout == "file" and data.strip():
            if not encrypted:
                raise InputError(
                    f"{self.path} is not encrypted, so it is left alone: layout file is for a file "
                    "that is a vault as a whole. Encrypt it with ansible-vault encrypt, or use "
                    "layout: inline"
                )
            return self.vault.decrypt(data, what=str(self.path))
        if encrypted:
            raise InputError(f"{self.path} is a vault as a whole: use layout: file")
        try:
            return data.decode(), None
        except UnicodeDecodeError:
            raise InputError(f"{self.path} is not a text file in UTF-8") from None

    def _close(self, text: str) -> bytes:
        return (self.vault.encrypt(text, self.password) if self.layout == "file" else text).encode()

    def _entries_in(self, text: str) -> dict[str, Entry]:
        try:
            found = read_entries(text, self.variable)
        except KeyringTextError as error:
            raise InputError(f"{self.path}: {error}") from None
        return {user: Entry.from_scalars(scalars) for user, scalars in found.items()}

    def _password_of_secrets(self) -> Password | None:
        """Return the password that opens the first inline secret; InputError if none does."""
        for user, entry in self.entries.items():
            if entry.secret and entry.secret.vaulted:
                what = f"the secret of user {user} in {self.path}"
                return self.vault.decrypt(entry.secret.value, what=what)[1]
        return None

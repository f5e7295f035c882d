# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vault file: its entries, and how they are read and replaced. Knows nothing of RAM."""

from __future__ import annotations

import keyword
import typing as t
from dataclasses import dataclass

import yaml

from ...module_utils._cloud.errors import InputError, RamError
from .entry import FIELDS, Entry
from .nodes import vault_texts
from .pair import problem_of_pair, problem_of_secret
from .text import (
    KeyringTextError,
    Scalar,
    copy_entry,
    insert_entries,
    read_entries,
    rename_entries,
    rewrite_entries,
)
from .vault import Password, Vault, header_id, is_encrypted

if t.TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .locks import HeldFile
    from .text import EntryText


@dataclass(frozen=True)
class _Contents:
    """What the file held when it was read; `opened_by` is None if it took no password."""

    data: bytes
    text: str
    entries: dict[str, Entry]
    opened_by: Password | None


class KeyringFile:
    """One vault file, read once; `entries` is what it held then.

    layout `file`: the whole file is one vault. layout `inline`: each secret is a vault of its own.
    One that `rekeys` is written with the password that a new file would get.
    """

    def __init__(
        self,
        held: HeldFile,
        *,
        layout: str,
        variable: str,
        vault: Vault,
        vault_id: str | None,
        rekeys: bool = False,
    ) -> None:
        _refuse_bad_variable(variable)
        self.rekeys = rekeys
        self._held = held
        self.layout = layout
        self.variable = variable
        self.vault = vault
        self._vault_id = vault_id
        self._adopted: dict[str, EntryText] = {}
        # By their vault texts, as opening one takes long.
        self._opened: dict[str, str] = {}
        self._contents = self._open(read_held(held))
        self.password = self._choose_password()
        vault.prove(self.password)

    @property
    def path(self) -> Path:
        """Where the file is: its real path."""
        return self._held.path

    @property
    def warning(self) -> str | None:
        """What is to be said of the vault id that the task names."""
        if self._vault_id in {None, self.password.vault_id}:
            return None
        return (
            f"{self.path} keeps its vault id {self.password.vault_id}: vault_id "
            f"({self._vault_id}) is for new files"
        )

    @property
    def entries(self) -> dict[str, Entry]:
        """The entries by the names of their users."""
        return self._contents.entries

    @property
    def is_blank(self) -> bool:
        """Whether there is no file, or nothing in it."""
        return not self._contents.text.strip()

    @property
    def is_stale(self) -> bool:
        """Whether the file as a whole opens with another password than it is to have."""
        opened_by = self._contents.opened_by
        return opened_by is not None and not opened_by.is_same(self.password)

    def vault_texts(self) -> list[tuple[int, str]]:
        """Return the values in the file that are vaults, each with its line."""
        return vault_texts(self._contents.text)

    def copy_of(self, user: str) -> EntryText:
        """Return the entry of a user as it is written."""
        return copy_entry(self._contents.text, self.variable, user)

    def adopt(self, user: str, entry: EntryText) -> None:
        """Write the new entry of a user, once it is, as it is written in another file."""
        self._adopted[user] = entry

    def mentions(self, key_id: str) -> bool:
        """Tell whether an id stands anywhere in the file, under another variable perhaps."""
        return key_id in self._contents.text

    def prove_writable(self, changes: Mapping[str, Entry | None], *, probe: bool) -> None:
        """Raise InputError unless such changes can be made; only `probe` writes to find out."""
        self._rewrite(self._contents.text, changes)
        refuse_unwritable(self._held, probe=probe)

    def refuse_if_changed(self) -> None:
        """Raise InputError if the file is not, byte for byte, what this run has last seen of it."""
        if not self._held.is_as_read():
            raise InputError(f"{self.path} was changed or replaced while this task ran: run again")

    def problem_with(self, user: str, entry: Entry) -> str | None:
        """Return why nothing can be built on an entry, in a message that quotes nothing of it."""
        clear = "" if entry.secret is None or entry.secret.vaulted else entry.secret.value
        problem = problem_of_pair(entry.access_key_id or "", clear)
        return f"The entry of user {user} in {self.path} {problem}" if problem else None

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
        secret = self.closed(access_key_secret)
        return Entry(access_key_id, secret, account_id, user_id, created)

    def closed(self, secret: str) -> Scalar:
        """Return a secret in the form that the layout stores."""
        if self.layout == "file":
            return Scalar(secret)
        return Scalar(self.vault.encrypt(secret, self.password), vaulted=True)

    def secret_of(self, user: str, entry: Entry) -> str:
        """Return the secret of an entry in clear."""
        if entry.secret is None:
            raise InputError(f"The entry of user {user} in {self.path} has no access_key_secret")
        secret = self._plain(entry.secret, f"the secret of user {user} in {self.path}")
        problem = problem_of_secret(secret)
        if problem:
            raise InputError(f"The entry of user {user} in {self.path} {problem}")
        return secret

    def _plain(self, scalar: Scalar, what: str) -> str:
        if not scalar.vaulted:
            return scalar.value
        if scalar.value not in self._opened:
            self._opened[scalar.value] = self.vault.decrypt(scalar.value, what=what)[0]
        return self._opened[scalar.value]

    def replace(self, changes: Mapping[str, Entry | None]) -> None:
        """Write the changed entries (None: removed) durably.

        What somebody else changed since it was read stays. Raises RamError if that was one of these
        entries or the whole file, or if the file can't be replaced.
        """
        data = self._reread()
        if data != self._contents.data:
            now = self._open(data)
            self._refuse_clashes(now, changes)
            self._contents = now
            self.password = self._choose_password()
        text = self._rewrite(self._contents.text, changes)
        if text != self._contents.text or self.is_stale:
            opened_by = self.password if self.layout == "file" else None
            new = _Contents(self._close(text), text, self._entries_in(text), opened_by)
            try:
                replace_durably(self._held, new.data)
            except RamError:
                # It may be in place, and only not be known to last.
                if self._reread() == new.data:
                    self._contents = new
                raise
            self._contents = new

    def _refuse_clashes(self, now: _Contents, changes: Mapping[str, Entry | None]) -> None:
        """Raise RamError if these changes can't be made to what the file holds now."""
        if self._contents.data.strip() and not now.data.strip():
            raise RamError("it was removed or emptied while this task ran; restore it")
        clashes = [
            f"the entry of user {user}, {_key_of(before)} when this task began, is {_key_of(found)}"
            f" now and was to become {_key_of(change)}"
            for user, change in changes.items()
            if (before := self.entries.get(user)) != (found := now.entries.get(user))
        ]
        if clashes:
            raise RamError(f"somebody changed it meanwhile: {', '.join(clashes)}")

    def is_in_clear(self, entry: Entry) -> bool:
        """Tell whether anybody who reads the file can read the secret of the entry."""
        return self.layout == "inline" and entry.secret is not None and not entry.secret.vaulted

    def _rewrite(self, text: str, changes: Mapping[str, Entry | None]) -> str:
        scalars = {user: entry.to_scalars() if entry else None for user, entry in changes.items()}
        try:
            renamed = rename_entries(text, self.variable, self._new_names(changes))
            adopted = {user: self._adopted[user] for user in changes if user in self._adopted}
            filled = insert_entries(renamed, self.variable, adopted)
            return rewrite_entries(filled, self.variable, scalars)
        except KeyringTextError as error:
            raise InputError(f"{self.path}: {error}") from None

    def _new_names(self, changes: Mapping[str, Entry | None]) -> dict[str, str]:
        """Return the new names, by the old ones, of entries that the changes move to another."""
        new_names = {entry.owner: user for user, entry in changes.items() if entry}
        moved = [
            (user, new_names.get(entry.owner))
            for user, entry in self.entries.items()
            if entry.owner
        ]
        return {old: new for old, new in moved if new and old in changes and old != new}

    def _reread(self) -> bytes:
        try:
            return self._held.read()
        except OSError as error:
            raise RamError(str(error.strerror)) from None

    def _choose_password(self) -> Password:
        if self.rekeys:
            return self.vault.choose(self._vault_id)
        opened_by = self._contents.opened_by or self._password_of_secrets()
        return opened_by or self.vault.choose(self._vault_id)

    def _open(self, data: bytes) -> _Contents:
        text, opened_by = self._decrypted(data)
        return _Contents(data, text, self._entries_in(text), opened_by)

    def _decrypted(self, data: bytes) -> tuple[str, Password | None]:
        """Return the YAML text and the password that opened it, if it took one."""
        encrypted = is_encrypted(data)
        if self.layout == "file" and data.strip():
            if not encrypted and b"$ANSIBLE_VAULT;" in data:
                raise InputError(
                    f"{self.path} is damaged: there is something in front of $ANSIBLE_VAULT, such "
                    "as a mark of a merge conflict or of the byte order. Take it out"
                )
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
        return {user: self._entry(user, scalars) for user, scalars in found.items()}

    def _entry(self, user: str, scalars: Mapping[str, Scalar]) -> Entry:
        """Read an entry; what is encrypted beside the secrets is opened, as Ansible would."""
        opened = {
            name: Scalar(self._plain(scalar, f"{name} of user {user} in {self.path}"))
            for name, scalar in scalars.items()
            if scalar.vaulted and name in FIELDS and not name.endswith("access_key_secret")
        }
        return Entry.from_scalars({**scalars, **opened})

    def _password_of_secrets(self) -> Password | None:
        """Return the password that opens an inline secret, the wanted one first if it does.

        There may be secrets of several passwords; InputError if the run has none of them.
        """
        vaulted = [
            (user, entry.secret.value)
            for user, entry in self.entries.items()
            if entry.secret and entry.secret.vaulted
        ]
        by_id = {header_id(text): (user, text) for user, text in reversed(vaulted)}
        wanted = [self._vault_id] if self._vault_id in by_id else []
        refusal: InputError | None = None
        for vault_id in [*wanted, *reversed(by_id)]:
            user, text = by_id[str(vault_id)]
            try:
                what = f"the secret of user {user} in {self.path}"
                return self.vault.decrypt(text, what=what)[1]
            except InputError as error:
                refusal = refusal or error
        if refusal:
            raise refusal
        return None


def _refuse_bad_variable(variable: str) -> None:
    """Raise InputError for a name that no template can say, or that YAML reads otherwise."""
    is_name = variable.isascii() and variable.isidentifier() and not keyword.iskeyword(variable)
    if not is_name or yaml.safe_load(variable) != variable:
        raise InputError(
            f"variable can't be {variable!r}: it must begin with a letter or _, go on with "
            "letters, digits or _, and mean nothing else to YAML or Jinja"
        )


def read_held(held: HeldFile) -> bytes:
    """Return what the file holds, nothing if there is none; InputError if it can't be read."""
    try:
        return held.read()
    except OSError as error:
        raise InputError(f"Cannot read {held.path}: {error.strerror}") from None


def refuse_unwritable(held: HeldFile, *, probe: bool) -> None:
    """Raise InputError unless the file can be replaced; only `probe` writes to find out."""
    try:
        if probe:
            held.prove()
        else:
            held.refuse_irreplaceable()
    except OSError as error:
        raise InputError(
            f"Cannot replace {held.path}, so no key was created: {error.strerror}"
        ) from None


def replace_durably(held: HeldFile, data: bytes) -> None:
    """Give the file new contents; RamError if that fails."""
    try:
        held.replace(data)
    except OSError as error:
        raise RamError(str(error.strerror)) from None


def _key_of(entry: Entry | None) -> str:
    return f"key {entry.access_key_id}" if entry and entry.access_key_id else "without a key"

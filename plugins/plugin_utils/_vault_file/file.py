# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vault file as a run has it: its entries, read once and replaced. Knows nothing of RAM."""

from __future__ import annotations

import contextlib
import keyword
import typing as t

import yaml

from ...module_utils._cloud.errors import InputError, RamError
from .changes import changed_text, refuse_clashes
from .contents import Contents, entries_in, open_contents, password_of_secrets
from .entry import Entry
from .held import read_again, read_held, refuse_unwritable, replace_durably
from .nodes import vault_texts
from .opening import Opener
from .pair import problem_of_account, problem_of_pair, problem_of_secret
from .text import KeyringTextError, Scalar, copy_entry

if t.TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .locks import HeldFile
    from .text import EntryText
    from .vault import Password, Vault


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
        # Whether a write failed, and nobody can tell what is there since.
        self.is_in_doubt = False
        self._held = held
        self.layout = layout
        self.variable = variable
        self.vault = vault
        self._vault_id = vault_id
        self._adopted: dict[str, EntryText] = {}
        self._opener = Opener(held.path, variable, vault)
        self._contents = open_contents(read_held(held), layout, self._opener)
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
        self._changed_text(changes)
        refuse_unwritable(self._held, probe=probe)

    def refuse_if_changed(self) -> None:
        """Raise InputError if the file is not, byte for byte, what this run has last seen of it."""
        if not self._held.is_as_read():
            raise InputError(f"{self.path} was changed or replaced while this task ran: run again")

    def problem_with(self, user: str, entry: Entry) -> str | None:
        """Return why nothing can be built on an entry, in a message that quotes nothing of it."""
        pairs = {"entry": (entry.access_key_id, entry.secret)}
        if entry.previous:
            pairs["previous pair"] = (entry.previous.access_key_id, entry.previous.secret)
        for what, (key_id, secret) in pairs.items():
            clear = "" if secret is None or secret.vaulted else secret.value
            problem = problem_of_pair(key_id or "", clear)
            if problem:
                return f"The {what} of user {user} in {self.path} {problem}"
        problem = problem_of_account(entry.account_id) if entry.account_id else None
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
        secret = self._opener.plain(entry.secret, f"the secret of user {user}")
        problem = problem_of_secret(secret)
        if problem:
            raise InputError(f"The entry of user {user} in {self.path} {problem}")
        return secret

    def replace(self, changes: Mapping[str, Entry | None]) -> None:
        """Write the changed entries (None: removed) durably.

        What somebody else changed since it was read stays. Raises RamError if that was one of these
        entries or the whole file, or if the file can't be replaced.
        """
        data = read_again(self._held)
        if data != self._contents.data:
            now = open_contents(data, self.layout, self._opener)
            refuse_clashes(self._contents, now, changes)
            self._contents = now
            self.password = self._choose_password()
        text = self._changed_text(changes)
        if text != self._contents.text or self.is_stale:
            self._write(text)

    def is_in_clear(self, entry: Entry) -> bool:
        """Tell whether anybody who reads the file can read the secret of the entry."""
        return self.layout == "inline" and entry.secret is not None and not entry.secret.vaulted

    def _changed_text(self, changes: Mapping[str, Entry | None]) -> str:
        try:
            return changed_text(self._contents, self.variable, changes, self._adopted)
        except KeyringTextError as error:
            raise InputError(f"{self.path}: {error}") from None

    def _write(self, text: str) -> None:
        """Give the file this text, durably; RamError if that fails."""
        new = self._closed_contents(text)
        self.is_in_doubt = True
        try:
            replace_durably(self._held, new.data)
        except RamError:
            # It may be in place, and only not be known to last.
            with contextlib.suppress(RamError):
                if read_again(self._held) == new.data:
                    self._contents = new
                self.is_in_doubt = False
            raise
        self._contents, self.is_in_doubt = new, False

    def _closed_contents(self, text: str) -> Contents:
        """Return what the file is to hold for this to be its text."""
        entries = entries_in(text, self._opener)
        if self.layout == "inline":
            return Contents(text.encode(), text, entries, None)
        data = self.vault.encrypt(text, self.password).encode()
        return Contents(data, text, entries, self.password)

    def _choose_password(self) -> Password:
        if self.rekeys:
            return self.vault.choose(self._vault_id)
        opened_by = self._contents.opened_by or password_of_secrets(
            self.entries, self._vault_id, self._opener
        )
        return opened_by or self.vault.choose(self._vault_id)


def _refuse_bad_variable(variable: str) -> None:
    """Raise InputError for a name that no template can say, or that YAML reads otherwise."""
    is_name = variable.isascii() and variable.isidentifier() and not keyword.iskeyword(variable)
    if not is_name or yaml.safe_load(variable) != variable:
        raise InputError(
            f"variable can't be {variable!r}: it must begin with a letter or _, go on with "
            "letters, digits or _, and mean nothing else to YAML or Jinja"
        )

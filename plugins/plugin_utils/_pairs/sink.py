# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vault in which keys are handed out, as the console's CSV.

It holds the keys of the task's users and no others, so that whoever gets it gets nobody else's.
"""

from __future__ import annotations

import contextlib
import time
import typing as t

from ...module_utils._cloud.errors import ApiError, InputError, RamError
from ...module_utils._work.pool import map_all
from .._keyring.looks import await_second_look
from .._keyring.verification import INACTIVE, NEW_KEY_PATIENCE, REFUSALS, identity_of_pair
from .._vault_file.held import read_again, read_held, refuse_unwritable, replace_durably
from .._vault_file.vault import is_encrypted, refuse_hidden_vault
from .csv import Pair, read_pairs, write_pairs

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ...module_utils._cloud.client import Client
    from .._vault_file.entry import Entry
    from .._vault_file.file import KeyringFile
    from .._vault_file.locks import HeldFile
    from .._vault_file.vault import Password


class HandOut:
    """One CSV, read once: `plan`, `apply`, then read what came of it.

    Its keys are those of entries of `file`. Like that, it keeps the vault password that opened it,
    unless it is rekeyed; a new one gets that of `vault_id`, else that of `file`.
    """

    def __init__(
        self, held: HeldFile, client: Client, file: KeyringFile, *, vault_id: str | None
    ) -> None:
        self.path = held.path
        self._held = held
        self.handed_out: Mapping[str, Entry] = {}
        self.changed = False
        self.error: RamError | None = None
        self._client = client
        self._file = file
        self._vault_id = vault_id
        self._data = read_held(held)
        text, self._opened_by = self._decrypted()
        self._is_empty = not text.strip()
        self._pairs = [] if self._is_empty else read_pairs(text, what=str(held.path), alone=True)

    @property
    def key_ids(self) -> list[str]:
        """The ids of the keys that it held when it was read."""
        return [pair.access_key_id for pair in self._pairs]

    def plan(self, entries: Iterable[tuple[str, Entry]], concurrency: int) -> None:
        """Raise RamError if it can't be written, or would lose a pair that none of `entries` holds.

        They are entries with their users. A pair of a key that is gone is no loss;
        that takes two looks.
        """
        refuse_unwritable(self._held, probe=False)
        held = set(self.key_ids)
        known = {
            self._pair_of(user, each)
            for user, entry in entries
            for each in (entry, entry.swapped())
            if each.secret and each.access_key_id in held
        }
        unknown = [pair for pair in self._pairs if pair not in known]
        self._refuse_living(unknown, concurrency)
        if unknown:
            # Nothing irreversible rests on one look, here as in the vault file.
            await_second_look()
            self._refuse_living(unknown, concurrency)

    def apply(self, entries: Mapping[str, Entry], *, check_mode: bool) -> None:
        """Let it hold the keys of these entries and no others, in the order of the users' names."""
        self.handed_out = entries
        try:
            pairs = [self._pair_of(user, entries[user]) for user in sorted(entries)]
            if self._is_empty or pairs != self._pairs or self._is_stale:
                if not check_mode:
                    self._replace(write_pairs(pairs))
                self.changed = True
        except RamError as error:
            self.error = RamError(
                f"Cannot write {self.path}: {error}. The keys are safe in {self._file.path}: once "
                "this is mended, run again"
            )

    def _decrypted(self) -> tuple[str, Password | None]:
        """Return the text and the password that opened it, if there is any."""
        if not self._data.strip():
            return "", None
        if not is_encrypted(self._data):
            refuse_hidden_vault(self._data, what=str(self.path))
            raise InputError(
                f"{self.path} is not encrypted, so it is left alone: csv_file is a vault as a "
                "whole. Store its keys with import_csv and delete it, or give another csv_file"
            )
        return self._file.vault.decrypt(self._data, what=str(self.path))

    def _refuse_living(self, pairs: Sequence[Pair], concurrency: int) -> None:
        """Raise InputError if one of the keys exists: these pairs would be lost."""
        exist = map_all(self._exists, pairs, concurrency)
        for pair, exists in zip(pairs, exist, strict=True):
            if exists:
                raise InputError(
                    f"{self.path}, line {pair.line}: the secret of this key would be lost, as "
                    f"{self._file.path} doesn't hold the key, or not with this secret. Store it "
                    "with import_csv first, or delete the key, or give another csv_file"
                )

    def _exists(self, pair: Pair) -> bool:
        """Tell whether there is such a key, with this secret or inactive."""
        try:
            identity_of_pair(
                self._client,
                pair.access_key_id,
                pair.access_key_secret,
                where=f"{self.path}, line {pair.line}",
                patience=self._patience(),
            )
        except ApiError as error:
            # What can't be told is never "gone".
            if error.code not in REFUSALS:
                raise
            return error.code == INACTIVE
        return True

    def _patience(self) -> float:
        """Return for how many seconds a key may still be unknown; each is older than the file."""
        try:
            age = time.time() - self.path.stat().st_mtime
        except OSError:
            return NEW_KEY_PATIENCE
        return NEW_KEY_PATIENCE - max(0.0, age)

    def _pair_of(self, user: str, entry: Entry) -> Pair:
        # In check mode, a key that is yet to be created has neither.
        secret = self._file.secret_of(user, entry) if entry.access_key_id else ""
        return Pair(str(entry.access_key_id), secret)

    def _replace(self, text: str) -> None:
        if read_held(self._held) != self._data:
            raise RamError("somebody changed it meanwhile")
        data = self._file.vault.encrypt(text, self._password).encode()
        try:
            replace_durably(self._held, data)
        except RamError:
            # It may be in place, and only not be known to last.
            with contextlib.suppress(RamError):
                self.changed = read_again(self._held) == data
            raise

    @property
    def _password(self) -> Password:
        if self._opened_by and not self._file.rekeys:
            return self._opened_by
        return self._file.vault.choose(self._vault_id) if self._vault_id else self._file.password

    @property
    def _is_stale(self) -> bool:
        return self._opened_by is not None and not self._opened_by.is_same(self._password)

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hands of a run: everything that it writes goes through them. Dry ones are check mode."""

from __future__ import annotations

import contextlib
import typing as t

from ...module_utils._cloud.errors import RamError
from ...module_utils._ram.access_key import AccessKeyApi
from .book import NOTHING_YET, ids_in
from .clock import server_now
from .creation import Creator
from .log import LogError
from .records import Left, Stored, TakenOut

if t.TYPE_CHECKING:
    from ...module_utils._cloud.client import Client
    from .._vault_file.entry import Entry
    from .._vault_file.file import KeyringFile
    from .book import Book
    from .log import Log
    from .situation import Situation


class Hands(t.Protocol):
    """What a run can do; each may be asked by several threads at once, `write` apart.

    `has_touched_cloud` tells whether a key has changed that the run did not make itself.
    """

    has_touched_cloud: bool

    def create(self, case: Situation, purpose: str) -> Entry:
        """Create a key for the user, and return the entry that holds it."""

    def set_status(self, user_name: str, key_id: str, status: str) -> None:
        """Make a key Active or Inactive."""

    def delete(self, user_name: str, key_id: str) -> None:
        """Delete a key; one that is gone already is fine."""

    def discard(self, user_name: str, key_id: str) -> None:
        """Delete a key that only the log holds, and let the log forget it."""

    def write(self, book: Book) -> None:
        """Bring the file to the entries of the book."""

    def withdraw(self) -> dict[str, RamError]:
        """Delete the new keys that neither file nor log holds; return errors by user name."""


class DryHands:
    """Does nothing, and lets the book look as if it were done."""

    def __init__(self) -> None:
        self.has_touched_cloud = False

    def create(self, case: Situation, purpose: str) -> Entry:
        """Return what stands for the entry of a new key."""
        del case, purpose
        return NOTHING_YET

    def set_status(self, user_name: str, key_id: str, status: str) -> None:
        """Leave the key as it is."""
        del user_name, key_id, status
        self.has_touched_cloud = True

    def delete(self, user_name: str, key_id: str) -> None:
        """Leave the key where it is."""
        del user_name, key_id
        self.has_touched_cloud = True

    def discard(self, user_name: str, key_id: str) -> None:
        """Leave the key and the log as they are."""
        del user_name, key_id
        self.has_touched_cloud = True

    def write(self, book: Book) -> None:
        """Leave the file as it is."""
        book.count_as_held()

    def withdraw(self) -> dict[str, RamError]:
        """Return nothing: no key is new."""
        return {}


class RealHands:
    """Does it."""

    def __init__(self, client: Client, file: KeyringFile, log: Log) -> None:
        self._client = client
        self._file = file
        self._log = log
        self._creator = Creator(client, file, log)
        self.has_touched_cloud = False

    def create(self, case: Situation, purpose: str) -> Entry:
        """Create a key that is in the log by the time that this returns."""
        return self._creator.create(case, purpose)

    def set_status(self, user_name: str, key_id: str, status: str) -> None:
        """Make a key Active or Inactive."""
        AccessKeyApi(self._client, user_name).set_status(key_id, status)
        self.has_touched_cloud = True

    def delete(self, user_name: str, key_id: str) -> None:
        """Delete a key; one that is gone already is fine."""
        AccessKeyApi(self._client, user_name).delete(key_id)
        if not self._creator.has_made(key_id):
            self.has_touched_cloud = True

    def discard(self, user_name: str, key_id: str) -> None:
        """Delete a key that only the log holds, and let the log forget it."""
        self.delete(user_name, key_id)
        # What the log does not learn now, the next run sees for itself.
        with contextlib.suppress(LogError):
            self._log.note(Left([key_id]))

    def write(self, book: Book) -> None:
        """Bring the file to the entries of the book; the log learns what it holds then."""
        changes = book.changes()
        if not changes and not self._file.is_stale:
            return
        logged, before, after = self._log.key_ids(), book.held_ids(), book.key_ids()
        leaving, arriving = sorted(logged & (before - after)), sorted(logged & (after - before))
        try:
            if leaving:
                self._log.note(TakenOut(leaving))
            self._file.replace(changes)
        except RamError as error:
            raise self._explained(error) from None
        finally:
            # In the end it may be in place, and only not be known to last.
            if all(self._file.entries.get(name) == entry for name, entry in changes.items()):
                book.count_as_held()
        # What the log does not learn now, the next run sees for itself.
        with contextlib.suppress(LogError):
            if leaving:
                self._log.note(Left(leaving))
            if arriving:
                self._log.note(Stored(arriving, server_now(self._client).latest))

    def withdraw(self) -> dict[str, RamError]:
        """Delete the new keys that neither file nor log holds; return errors by user name."""
        if self._log.is_in_place():
            return {}
        cause = RamError(f"it is not in {self._file.path}, and {self._log.path} is lost")
        return self._creator.withdraw(ids_in(self._file.entries), cause)

    def _explained(self, error: RamError) -> RamError:
        kept = (
            f". New keys that it does not hold yet are kept, encrypted, in {self._log.path}: once "
            "this is mended, run again"
        )
        has_log = self._log.path.exists()
        told = f"Cannot replace {self._file.path}: {error}{kept if has_log else ''}"
        return error.reworded(told)

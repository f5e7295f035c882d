# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done for one user. Each deed says what it is; hands do what it takes in the cloud."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ...module_utils._ram.access_key import ACTIVE
from .book import NOTHING_YET
from .records import CREATE, REPLACE
from .verification import NEW_KEY_PATIENCE

if t.TYPE_CHECKING:
    from collections.abc import Collection

    from .._vault_file.entry import Entry, Previous
    from .book import Book
    from .hands import Hands
    from .situation import Situation

ALL, NEW = "all", "new"


@dataclass(frozen=True)
class Deed:
    """One user's part of the work; `told` is what the result calls it once it is done.

    `proven_by` are the settings of `verify` with which its key has to sign, for `patience` seconds
    if it is too new to be known everywhere.
    """

    case: Situation
    told: t.ClassVar[str]
    makes_key: t.ClassVar[bool] = False
    touches_cloud: t.ClassVar[bool] = False
    touches_file: t.ClassVar[bool] = True
    proven_by: t.ClassVar[frozenset[str]] = frozenset({ALL})
    patience: t.ClassVar[float] = 0.0

    def predict(self, book: Book) -> None:
        """Enter what the book is going to hold."""

    def run(self, hands: Hands, book: Book) -> None:
        """Do it, and enter it; raises RamError. Another deed may be done at the same time."""
        del hands
        self.predict(book)


class Keep(Deed):
    """All is as it should be."""

    told = "unchanged"
    touches_file = False


class Recovered(Keep):
    """The log of an earlier run had the key."""

    told = "recovered"
    proven_by = frozenset({ALL, NEW})
    patience = NEW_KEY_PATIENCE


class Moved(Deed):
    """The entry has come from another file."""

    told = "moved"


class Renamed(Deed):
    """The entry has moved to the new name of its user."""

    told = "renamed"


class Create(Deed):
    """The user gets a new key."""

    told = "created"
    makes_key = True
    touches_cloud = True
    proven_by = frozenset({ALL, NEW})
    patience = NEW_KEY_PATIENCE
    purpose: t.ClassVar[str] = CREATE

    def predict(self, book: Book) -> None:
        """Enter that there will be a key."""
        book.put(self.case.user_name, NOTHING_YET)

    def run(self, hands: Hands, book: Book) -> None:
        """Create it."""
        entry = hands.create(self.case, self.purpose)
        book.put(self.case.user_name, replace(entry, previous=self.previous()))

    def previous(self) -> Previous | None:
        """Return the other pair that the entry is to hold."""
        return self.case.entry.previous if self.case.entry else None


class Replace(Create):
    """The user gets a new key in place of one that is Inactive."""

    told = "replaced"
    purpose = REPLACE

    def previous(self) -> Previous | None:
        """Return the pair that is replaced, as its key is still there."""
        return t.cast("Entry", self.case.entry).as_previous()


class Activate(Deed):
    """The key of the entry is activated."""

    told = "activated"
    touches_cloud = True

    def run(self, hands: Hands, book: Book) -> None:
        """Activate it."""
        del book
        entry = t.cast("Entry", self.case.entry)
        hands.set_status(self.case.user_name, str(entry.access_key_id), ACTIVE)


@dataclass(frozen=True)
class Import(Deed):
    """A pair that was made elsewhere, and has just signed, becomes the entry."""

    entry: Entry
    told = "imported"
    makes_key = True
    proven_by = frozenset()

    def predict(self, book: Book) -> None:
        """Enter it."""
        book.put(self.case.user_name, self.entry)


class Remove(Deed):
    """The key and the entry go."""

    told = "removed"
    touches_cloud = True
    proven_by = frozenset()

    def predict(self, book: Book) -> None:
        """Strike the entry out."""
        book.remove(self.case.user_name)

    def run(self, hands: Hands, book: Book) -> None:
        """Delete the keys of the entry, unless they are gone already, and those of the log only."""
        held = self.case.entry.key_ids if self.case.entry else []
        for key_id in sorted(self.case.logged):
            hands.discard(self.case.user_name, key_id)
        for key_id in reversed(held):
            if self.case.key(key_id):
                hands.delete(self.case.user_name, key_id)
        book.remove(self.case.user_name)


class Forget(Deed):
    """The entry goes, and its keys stay where they are."""

    told = "removed"
    proven_by = frozenset()

    def staying(self, held_ids: Collection[str]) -> list[str]:
        """Return the ids of keys that the file has let go, and the cloud has; none before that."""
        ids = t.cast("Entry", self.case.entry).key_ids
        if any(key_id in held_ids for key_id in ids):
            return []
        return [key_id for key_id in [*ids, *sorted(self.case.logged)] if self.case.key(key_id)]

    def predict(self, book: Book) -> None:
        """Strike the entry out."""
        book.remove(self.case.user_name)

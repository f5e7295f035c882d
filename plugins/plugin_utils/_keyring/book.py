# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entries of one vault file as a run goes on: the one place that knows them."""

from __future__ import annotations

import typing as t

from .._vault_file.entry import Entry
from .._vault_file.text import Scalar

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Stands for the entry of a key that is yet to be created.
NOTHING_YET = Entry(access_key_id="", secret=Scalar(""), account_id="", user_id="", created="")


class Book:
    """What the file held at first (`before`), holds by now (`held`), and is to hold (`entries`).

    Threads may change entries of different users at the same time.
    """

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self.before = dict(entries)
        self.held = dict(entries)
        self.entries = dict(entries)

    def copy(self) -> Book:
        """Return a book of its own in which something can be tried out."""
        book = Book(self.entries)
        book.before, book.held = self.before, self.held
        return book

    def get(self, user: str) -> Entry | None:
        """Return the entry that is to be there."""
        return self.entries.get(user)

    def put(self, user: str, entry: Entry) -> None:
        """Let the file hold this entry."""
        self.entries[user] = entry

    def remove(self, user: str) -> None:
        """Let the file no longer hold an entry of the user."""
        self.entries.pop(user, None)

    def rename(self, names: Mapping[str, str]) -> None:
        """Move entries, all at once, to the new names of their users."""
        self.entries = {names.get(user, user): entry for user, entry in self.entries.items()}

    def arrange(self, names: Iterable[str]) -> None:
        """Let new entries stand in the order of these names, behind those that the file holds."""
        places = dict.fromkeys([*self.held, *names, *self.entries])
        self.entries = {name: self.entries[name] for name in places if name in self.entries}

    def count_as_held(self) -> None:
        """Take the file to hold all entries by now."""
        self.held = dict(self.entries)

    def changes(self) -> dict[str, Entry | None]:
        """Return what in the file must become what (None: nothing) for it to hold the entries."""
        names = [*self.held, *self.entries]
        return {
            name: self.entries.get(name)
            for name in names
            if self.entries.get(name) != self.held.get(name)
        }

    @property
    def is_changed(self) -> bool:
        """Whether the file no longer holds what it held at first."""
        return self.held != self.before

    def key_ids(self) -> set[str]:
        """Return the ids of the keys that are to be in the file."""
        return ids_in(self.entries)

    def held_ids(self) -> set[str]:
        """Return the ids of the keys that the file holds by now."""
        return ids_in(self.held)


def ids_in(entries: Mapping[str, Entry]) -> set[str]:
    """Return the ids of the keys of all these entries."""
    return {key_id for entry in entries.values() for key_id in entry.key_ids}

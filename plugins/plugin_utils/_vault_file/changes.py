# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of entries, each to what it is to be (None: nothing): what they make of a vault file."""

from __future__ import annotations

import typing as t

from ...module_utils._cloud.errors import RamError
from .pair import id_to_tell
from .text import insert_entries, rename_entries, rewrite_entries

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from .contents import Contents
    from .entry import Entry
    from .text import EntryText


def changed_text(
    contents: Contents,
    variable: str,
    changes: Mapping[str, Entry | None],
    adopted: Mapping[str, EntryText],
) -> str:
    """Return the text with its entries changed, new ones as they are `adopted` from another file.

    Raises KeyringTextError if that would change anything else.
    """
    scalars = {user: entry.to_scalars() if entry else None for user, entry in changes.items()}
    copies = {user: adopted[user] for user in changes if user in adopted}
    new_names = _new_names(contents.entries, changes)
    text = contents.text
    # Each edit reads all of the text, so none is made for nothing.
    if new_names:
        # What goes makes room for what takes its name.
        taken = set(new_names.values()) & contents.entries.keys() - new_names.keys()
        with_room = rewrite_entries(text, variable, dict.fromkeys(taken))
        text = rename_entries(with_room, variable, new_names)
    if copies:
        text = insert_entries(text, variable, copies)
    return rewrite_entries(text, variable, scalars)


def refuse_clashes(before: Contents, now: Contents, changes: Mapping[str, Entry | None]) -> None:
    """Raise RamError if changes of what was there before can't be made to what is there now."""
    if before.data.strip() and not now.data.strip():
        raise RamError("it was removed or emptied while this task ran; restore it")
    clashes = [
        f"the entry of user {user}, {_key_of(old)} when this task began, is {_key_of(found)}"
        f" now and was to become {_key_of(change)}"
        for user, change in changes.items()
        if (old := before.entries.get(user)) != (found := now.entries.get(user))
    ]
    if clashes:
        raise RamError(f"somebody changed it meanwhile: {', '.join(clashes)}")


def _new_names(entries: Mapping[str, Entry], changes: Mapping[str, Entry | None]) -> dict[str, str]:
    """Return the new names, by the old ones, of entries that the changes move to another."""
    new_names = {entry.owner: user for user, entry in changes.items() if entry}
    moved = [(user, new_names.get(entry.owner)) for user, entry in entries.items() if entry.owner]
    return {old: new for old, new in moved if new and old in changes and old != new}


def _key_of(entry: Entry | None) -> str:
    key_id = id_to_tell(entry.access_key_id) if entry else None
    return f"key {key_id}" if key_id else "without a key"

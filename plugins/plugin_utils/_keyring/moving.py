# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Move entries of users from other files into those of the task.

They are written where they go before they leave where they were, and their keys stay in the log
there for a day, as new ones do. A run that was killed in between leaves them in both files, and the
next one ends the move, as both hold the same pairs.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ...module_utils._cloud.errors import InputError, ProblemsError, RamError
from .._vault_file.pair import id_to_tell
from .clock import server_now
from .records import CREATE, Intent, NewKey, Stored

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .._vault_file.entry import Entry
    from .._vault_file.file import KeyringFile
    from .._vault_file.text import Scalar
    from .desk import Desk
    from .keyring import Keyring


@dataclass(frozen=True)
class Move:
    """One entry on its way: `entry` stands under `name` in `source` and is for `user`."""

    user: str
    target: Keyring
    source: Keyring
    name: str
    entry: Entry


class Moves:
    """The moves of one task: `plan` once all logs are settled, `release` what has arrived."""

    def __init__(self, targets: Sequence[Keyring], sources: Sequence[Keyring]) -> None:
        self._targets = targets
        self._sources = sources
        self._moves: list[Move] = []

    def plan(self) -> None:
        """Enter in the books what moves; raises ProblemsError if something can't."""
        problems = []
        for move in self._found():
            try:
                self._enter(move)
            except RamError as error:
                problems.append(str(error))
        if problems:
            raise ProblemsError(problems)

    def release(self) -> None:
        """Let the sources keep what has not arrived; call this once the targets are written."""
        for move in self._moves:
            if move.user not in move.target.arrived:
                move.source.desk.book.put(move.name, move.entry)

    def _found(self) -> Iterator[Move]:
        for target in self._targets:
            for user in target.present_users:
                for source in self._sources:
                    name = _name_of(user, source)
                    if name is not None:
                        yield Move(user, target, source, name, source.desk.book.entries[name])

    def _enter(self, move: Move) -> None:
        refusal = move.source.settler.why_unsettled(move.entry.user_id or "")
        if refusal:
            raise InputError(f"The entry of user {move.name} can't be moved: {refusal}")
        target, source = move.target.desk, move.source.desk
        held = target.book.get(move.user)
        entry = _converted(move.name, move.entry, source.file, target.file)
        if held is None:
            target.book.put(move.user, entry)
            # There, it may still go by another name; or settling may have found it in the log.
            written = [name for name, each in source.file.entries.items() if each == move.entry]
            for name in written:
                target.file.adopt(move.user, source.file.copy_of(name))
        elif not _holds(move.user, held, entry, target.file):
            raise InputError(
                f"{source.file.path} has an entry of user {move.name}, key "
                f"{id_to_tell(move.entry.access_key_id)}, and another one is in or on its way to "
                f"{target.file.path}, key {id_to_tell(held.access_key_id)}: remove one of them"
            )
        move.target.moved[move.user] = move.entry.access_key_id
        source.book.remove(move.name)
        self._moves.append(move)


def note_arrivals(desk: Desk, moved: Mapping[str, str | None]) -> set[str]:
    """Note keys that have moved into a file, given by their users; return those who have arrived.

    Raises LogError if a key can't be noted, which no older copy of the file would hold.
    """
    arrived = set()
    for user, key_id in moved.items():
        entry = desk.book.held.get(user)
        if entry is None:
            continue
        if key_id and key_id == entry.access_key_id and key_id not in desk.log.key_ids():
            _note(desk, user, entry)
        arrived.add(user)
    return arrived


def _note(desk: Desk, user: str, entry: Entry) -> None:
    key_id, user_id = str(entry.access_key_id), entry.user_id
    if not user_id or entry.secret is None:
        return
    # As if it had been made for the entry, and no create of it were open.
    intent = Intent(user_id, user, sorted(entry.key_ids), None, CREATE, 0.0, 0.0)
    desk.log.note(intent)
    secret = desk.file.secret_of(user, entry)
    desk.log.note(NewKey(user_id, key_id, entry.created or "", secret))
    desk.log.note(Stored([key_id], server_now(desk.client).latest))


def _name_of(user: str, source: Keyring) -> str | None:
    """Return the name under which a source has the entry of a user, whatever it is called now."""
    desk = source.desk
    known = desk.directory.by_name(user)
    owner = (desk.client.identity.account_id, str(known.user_id)) if known else None
    owned = (name for name, entry in desk.book.entries.items() if owner and entry.owner == owner)
    return next(owned, user if user in desk.book.entries else None)


def _converted(user: str, entry: Entry, source: KeyringFile, target: KeyringFile) -> Entry:
    """Return the entry with its secrets as the target stores them."""

    def converted(secret: Scalar | None) -> Scalar | None:
        if secret is None:
            return None
        plain = source.secret_of(user, replace(entry, secret=secret))
        return target.closed(plain)

    previous = entry.previous
    if previous:
        previous = replace(previous, secret=converted(previous.secret))
    return replace(entry, secret=converted(entry.secret), previous=previous)


def _holds(user: str, held: Entry, entry: Entry, file: KeyringFile) -> bool:
    """Tell whether an entry of a file has all pairs of another entry that is to go there."""
    pairs = _pairs(user, held, file)
    return all(pairs.get(key_id) == secret for key_id, secret in _pairs(user, entry, file).items())


def _pairs(user: str, entry: Entry, file: KeyringFile) -> dict[str | None, str | None]:
    found = {entry.access_key_id: entry.secret}
    if entry.previous:
        found[entry.previous.access_key_id] = entry.previous.secret
    return {
        key_id: file.secret_of(user, replace(entry, secret=secret)) if secret else None
        for key_id, secret in found.items()
    }

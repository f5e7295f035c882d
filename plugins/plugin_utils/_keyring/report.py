# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task wants of one file, and what came of it for each user; never with a secret."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ...module_utils._work.stats import CHANGED, FAILED, FATES
from .._vault_file.pair import id_to_tell
from .deeds import Forget

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from ...module_utils._cloud.errors import RamError
    from .._pairs.sink import HandOut
    from .._pairs.source import OwnedPair
    from .._vault_file.entry import Entry
    from .._vault_file.file import KeyringFile
    from .deeds import Deed
    from .desk import Desk
    from .situation import Situation
    from .table import Choices, Decision

# So many users are warned about one by one.
FEW = 3


@dataclass(frozen=True)
class Request:
    """What the task wants for one user; a pair of the user's is to be the one in the file.

    A request that is `of_entry` means whoever the entry of that name belongs to.
    """

    user_name: str
    state: str
    owned_pair: OwnedPair | None = None
    of_entry: bool = False


@dataclass(frozen=True)
class Settings:
    """What the task wants for all users."""

    choices: Choices
    verify: str
    concurrency: int
    check_mode: bool
    # The ids of the keys that this task imports, into whichever file.
    imported: Collection[str] = ()
    # Hears now and then what has been done with how many of how many users.
    watch: Callable[[str, int, int], None] = lambda _what, _done, _total: None
    # Hears of each file that is to get new keys, before it gets any, and in check mode too.
    before_new_keys: Callable[[KeyringFile], None] = lambda _file: None
    # Hears likewise of each file that gets no new keys, but a password that it did not have.
    before_encrypting: Callable[[KeyringFile], None] = lambda _file: None


@dataclass
class Item:
    """One user on its way through the task; `action` is what was done so far."""

    request: Request
    case: Situation
    decision: Decision
    deed: Deed
    action: str
    access_key_id: str | None = None
    verified: bool | None = None
    error: RamError | None = None

    @property
    def name(self) -> str:
        """What the user is called now."""
        return self.case.user_name

    @property
    def is_as_it_was(self) -> bool:
        """Whether the file and the cloud have nothing to learn of this user."""
        return not (self.deed.touches_cloud or self.deed.touches_file)

    def result(self, path: Path, failure: RamError | None) -> dict[str, t.Any]:
        """Return what the task reports for the user."""
        result = {
            "user_name": self.name,
            "access_key_id": self.access_key_id,
            "action": self.action,
            "verified": self.verified,
            "file": str(path),
        }
        error = self.error_or(failure)
        return {**result, "error": str(error)} if error else result

    def fate(self, failure: RamError | None) -> str:
        """Return what became of the user, as one of FATES."""
        if self.error_or(failure):
            return FAILED
        return self.action if self.action in FATES else CHANGED

    def error_or(self, failure: RamError | None) -> RamError | None:
        """Return the user's own error, or that of the file if it concerns the user."""
        return self.error or (None if self.is_as_it_was else failure)


def warnings_of(file: KeyringFile, items: Sequence[Item]) -> list[str]:
    """Return what there is to say about users although nothing is wrong; many at once."""
    also = [item for item in items if item.decision.also]
    clear = [item.name for item in items if item.case.entry and file.is_in_clear(item.case.entry)]
    return [*_of_unrecorded(also, file), *_of_clear_secrets(clear, file)]


def _of_unrecorded(items: Sequence[Item], file: KeyringFile) -> list[str]:
    if len(items) <= FEW:
        return [
            f"User {item.name} also has key {item.decision.also}, which is not in the file"
            for item in items
        ]
    told = ", ".join(f"{item.name} ({item.decision.also})" for item in items)
    return [f"{len(items)} users have keys that are not in {file.path}: {told}"]


def _of_clear_secrets(names: Sequence[str], file: KeyringFile) -> list[str]:
    if len(names) <= FEW:
        return [f"The secret of user {name} is not encrypted in {file.path}" for name in names]
    return [
        f"The secrets of {len(names)} users are not encrypted in {file.path}: {', '.join(names)}"
    ]


def warnings_of_staying(
    file: KeyringFile, items: Sequence[Item], held_ids: Collection[str]
) -> list[str]:
    """Return what to say about keys that users still have, and that the file has let go."""
    found = {
        item.name: item.deed.staying(held_ids) for item in items if isinstance(item.deed, Forget)
    }
    staying = {name: ids for name, ids in found.items() if ids}
    if len(staying) <= FEW:
        return [
            f"User {name} still has key {', '.join(ids)}, which {file.path} no longer holds"
            for name, ids in staying.items()
        ]
    told = ", ".join(f"{name} ({', '.join(ids)})" for name, ids in staying.items())
    return [f"{len(staying)} users still have keys that {file.path} no longer holds: {told}"]


def diffs_of(desk: Desk, hand_out: HandOut | None) -> list[dict[str, t.Any]]:
    """Return the change to each file as diff mode shows it: names and ids."""
    before = desk.book.before
    diffs = [_diff_of(desk.file.path, before, desk.book.held)]
    if hand_out and hand_out.changed:
        held = hand_out.key_ids
        earlier = {name: entry for name, entry in before.items() if entry.access_key_id in held}
        diffs.append(_diff_of(hand_out.path, earlier, hand_out.handed_out))
    return diffs


def _diff_of(
    path: Path, before: Mapping[str, Entry], after: Mapping[str, Entry]
) -> dict[str, t.Any]:
    header = str(path)
    return {
        "before_header": header,
        "after_header": header,
        "before": _ids(before),
        "after": _ids(after),
    }


def _ids(entries: Mapping[str, Entry]) -> dict[str, str | None]:
    return {user: id_to_tell(entry.access_key_id) for user, entry in entries.items()}

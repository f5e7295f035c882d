# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the run over one vault file has come to so far; never with a secret."""

from __future__ import annotations

import typing as t

from ...module_utils._work.stats import FAILED
from .deeds import Activate
from .report import diffs_of

if t.TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ...module_utils._cloud.errors import RamError
    from .._pairs.sink import HandOut
    from .._vault_file.entry import Entry
    from .desk import Desk
    from .rekeying import Rekeying
    from .report import Item, Request
    from .settlement import Settlement
    from .suspicion import ToldSuspect


class Outcome:
    """The users of one file on their way, and what went wrong with the file itself."""

    def __init__(
        self,
        desk: Desk,
        settlement: Settlement,
        rekeying: Rekeying | None,
        hand_out: HandOut | None,
    ) -> None:
        self._desk = desk
        self._settlement = settlement
        self._rekeying = rekeying
        self._hand_out = hand_out
        self.items: list[Item] = []
        self.failure: RamError | None = None
        self.warnings: list[str] = []

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._desk.file.path

    @property
    def changed(self) -> bool:
        """Whether a file or the cloud is no longer what it was."""
        return (
            self.has_settled
            or self.is_rekeyed
            or any(item.deed.touches_cloud and item.action != FAILED for item in self.items)
            or (self._hand_out is not None and self._hand_out.changed)
        )

    @property
    def is_rekeyed(self) -> bool:
        """Whether the file has got another password."""
        return self._rekeying is not None and self._rekeying.is_done

    @property
    def has_settled(self) -> bool:
        """Whether the file has changed, or a key that this run did not make."""
        return self._desk.book.is_changed or self._desk.hands.has_touched_cloud

    @property
    def errors(self) -> list[RamError]:
        """What went wrong, for the files first, then for single users."""
        of_hand_out = self._hand_out.error if self._hand_out else None
        found = [self.failure, of_hand_out, *(item.error for item in self.items)]
        return [error for error in found if error]

    @property
    def suspects(self) -> list[ToldSuspect]:
        """The keys that unanswered creates may have made."""
        return [each for found in self._settlement.suspects.values() for each in found]

    def new_keys(self) -> list[str]:
        """Return the users whose new keys are in the file by now."""
        held = self._desk.book.held
        return [
            item.name
            for item in self.items
            if item.deed.makes_key
            and item.action != FAILED
            and item.name in held
            and held[item.name].access_key_id == item.access_key_id
        ]

    def results(self) -> list[tuple[Request, dict[str, t.Any]]]:
        """Return what the task reports for each user; never a secret."""
        path = self._desk.file.path
        return [(item.request, item.result(path, self._failure_for(item))) for item in self.items]

    def fates(self) -> list[str]:
        """Return what became of each user, as one of FATES."""
        return [item.fate(self._failure_for(item)) for item in self.items]

    def diffs(self) -> list[dict[str, t.Any]]:
        """Return the change to each file as diff mode shows it: names and ids."""
        return diffs_of(self._desk, self._hand_out)

    def to_hand_out(self, entries: Mapping[str, Entry]) -> dict[str, Entry]:
        """Return the entries of those users of the task that are to have a key."""
        names = [item.name for item in self.items if item.request.state == "present"]
        return {name: entries[name] for name in names if name in entries}

    def _failure_for(self, item: Item) -> RamError | None:
        """Return what went wrong with the file, unless all that the user needed is done."""
        is_done = item.action == Activate.told and item.name in self._desk.book.held
        return None if is_done else self.failure

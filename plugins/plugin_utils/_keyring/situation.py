# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known about one user when it is decided what to do."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ...module_utils._ram.access_key import QUOTA

if t.TYPE_CHECKING:
    from ...module_utils._ram.access_key import AccessKey
    from ...module_utils._ram.user import User
    from .._vault_file.entry import Entry


@dataclass(frozen=True)
class Situation:
    """All that is known about one user; `keys` is None if the user does not exist.

    `new_name` is what the user of the entry is called now if nobody has the name any more. `doubt`
    is why nothing may be done for the user. `suspects` are keys that may have come of an
    unanswered create, with when they go; `logged` are those that only the log holds.
    """

    user_name: str
    account_id: str
    entry: Entry | None
    user: User | None
    keys: list[AccessKey] | None
    new_name: str | None = None
    doubt: str | None = None
    suspects: dict[str, float] = field(default_factory=dict)
    logged: frozenset[str] = frozenset()

    @property
    def entry_key(self) -> AccessKey | None:
        """The key of the entry, if the user still has it."""
        return self.key(self.entry.access_key_id) if self.entry else None

    def key(self, access_key_id: str | None) -> AccessKey | None:
        """Return the key of that id, if the user has it."""
        return next((key for key in self.keys or [] if key.access_key_id == access_key_id), None)

    @property
    def unrecorded(self) -> list[str]:
        """The ids of the user's keys that are in no record of ours."""
        recorded = set(self.entry.key_ids) if self.entry else set()
        recorded |= self.suspects.keys() | self.logged
        ids = [str(key.access_key_id) for key in self.keys or []]
        return [key_id for key_id in ids if key_id not in recorded]

    @property
    def has_room(self) -> bool:
        """Whether the user may have one more key."""
        return len(self.keys or []) < QUOTA

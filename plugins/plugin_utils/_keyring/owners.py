# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users of whom something is open in a log, as the cloud knows them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ...module_utils._cloud.times import timestamp
from ...module_utils._ram.access_key import find_keys
from ...module_utils._work.pool import map_all

if t.TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ...module_utils._ram.access_key import AccessKey
    from ...module_utils._ram.user import User
    from .desk import Desk


@dataclass(frozen=True)
class Owner:
    """A user, None if no list has it, and the keys that its list shows."""

    user: User | None
    keys: Sequence[AccessKey]

    def has(self, key_id: str | None) -> bool:
        """Tell whether a key is listed."""
        return any(key.access_key_id == key_id for key in self.keys)

    def created(self, key_id: str | None) -> float | None:
        """Return when a key was made, by its list; None if it is not there."""
        dates = (timestamp(key.create_date) for key in self.keys if key.access_key_id == key_id)
        return next(dates, None)


def find_owners(desk: Desk, user_ids: Collection[str]) -> dict[str, Owner]:
    """Return these users with their keys, by id."""
    users = {user_id: desk.directory.by_id(user_id) for user_id in sorted(user_ids)}

    def keys_of(user: User | None) -> Sequence[AccessKey]:
        return (find_keys(desk.client, user.user_name) or []) if user else []

    keys = map_all(keys_of, list(users.values()), desk.concurrency)
    return {
        user_id: Owner(user, listed)
        for (user_id, user), listed in zip(users.items(), keys, strict=True)
    }

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The recycle bins of users and of their keys: what is deleted can be had back for a while."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .clock import format_time

if t.TYPE_CHECKING:
    from .clock import Clock
    from .entities import AccessKey, User

RETENTION_SECONDS = 30 * 86400
MAX_USERS = 1000
MAX_KEYS_OF_A_USER = 3
ThingT = t.TypeVar("ThingT")


@dataclass(frozen=True, slots=True)
class Recycled(t.Generic[ThingT]):
    """Something that was deleted, and when."""

    thing: ThingT
    recycled: float

    @property
    def recycle_date(self) -> str:
        """When it was deleted, as the API writes it."""
        return format_time(self.recycled)

    @property
    def delete_date(self) -> str:
        """When it goes for good, as the API writes it."""
        return format_time(self.recycled + RETENTION_SECONDS)


class RecycleBin:
    """Both bins of one account. What is purged never comes back, even if the clock goes back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._users: dict[str, Recycled[User]] = {}
        self._keys: dict[str, Recycled[AccessKey]] = {}

    def put_user(self, user: User) -> None:
        """Keep a user for a while; the oldest makes room if need be."""
        users = self.users()
        if len(users) >= MAX_USERS:
            self.purge_user(next(iter(users.values())).thing)
        self._users[user.user_id] = Recycled(user, self._clock.now())

    def put_key(self, key: AccessKey) -> None:
        """Keep a key of a user for a while; the user's oldest makes room if need be."""
        mine = [recycled.thing for recycled in self.keys_of(key.owner)]
        if len(mine) >= MAX_KEYS_OF_A_USER:
            self.take_key(mine[0])
        self._keys[key.access_key_id] = Recycled(key, self._clock.now())

    def users(self) -> dict[str, Recycled[User]]:
        """Return the users by their ids, the oldest first."""
        for recycled in list(self._users.values()):
            if self._is_over(recycled):
                self.purge_user(recycled.thing)
        return self._users

    def keys(self) -> dict[str, Recycled[AccessKey]]:
        """Return the keys of all users by their ids, the oldest first."""
        self.users()
        for recycled in list(self._keys.values()):
            if self._is_over(recycled):
                self.take_key(recycled.thing)
        return self._keys

    def keys_of(self, owner: User | None) -> list[Recycled[AccessKey]]:
        """Return the keys of one user, the oldest first."""
        return [recycled for recycled in self.keys().values() if recycled.thing.owner is owner]

    def take_user(self, user: User) -> None:
        """Take a user out, to have it back; its keys stay."""
        del self._users[user.user_id]

    def purge_user(self, user: User) -> None:
        """Forget a user, and its keys with it."""
        del self._users[user.user_id]
        for key_id in [key for key, item in self._keys.items() if item.thing.owner is user]:
            del self._keys[key_id]

    def take_key(self, key: AccessKey) -> None:
        """Take a key out, to have it back or to forget it."""
        del self._keys[key.access_key_id]

    def _is_over(self, recycled: Recycled[t.Any]) -> bool:
        return self._clock.now() >= recycled.recycled + RETENTION_SECONDS

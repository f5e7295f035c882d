# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users of the account as one task sees them."""

from __future__ import annotations

import typing as t

from ...module_utils._ram.listing import FEW
from ...module_utils._ram.user import User, UserApi
from .looks import await_second_look

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from ...module_utils._cloud.client import Client


class Directory:
    """Users by name and by id, read in the fewest calls, and again only if that is asked for.

    `new_users` are names that count as users without a key although nobody has created them yet.
    """

    def __init__(self, client: Client, names: Sequence[str], new_users: Collection[str]) -> None:
        self._api = UserApi(client)
        self._by_name = {name: User(user_name=name) for name in new_users}
        self._by_id: dict[str, User] = {}
        self._is_complete = False
        if len(names) > FEW:
            self._add_all()
        else:
            self._add(self._api.find_many(names).values())

    def by_name(self, name: str) -> User | None:
        """Return the user of that name, one of those asked for at the start or found since."""
        return self._by_name.get(name)

    def known_by_id(self, user_id: str) -> User | None:
        """Return the user of that id if it has been read by now."""
        return self._by_id.get(user_id)

    def by_id(self, user_id: str) -> User | None:
        """Return the user of that id, whatever it is called now."""
        if user_id not in self._by_id and not self._is_complete:
            self._add_all()
        return self._by_id.get(user_id)

    def look_for(self, user_ids: Collection[str]) -> None:
        """Read the users again if one of these is in no list, as one list may lack a user."""
        if not all(map(self.by_id, user_ids)):
            await_second_look()
            self._add_all()

    def _add_all(self) -> None:
        self._add(self._api.list_all())
        self._is_complete = True

    def _add(self, users: Iterable[User]) -> None:
        for user in users:
            self._by_name[user.user_name] = user
            self._by_id[str(user.user_id)] = user

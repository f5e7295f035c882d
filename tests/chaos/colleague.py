# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Somebody else who makes keys for the same users, none of which may ever be touched.

There is one case that nobody can tell: a key that is made while a create of ours for the same user
is unanswered, and is not used for most of a day. So this colleague uses a new key at once, or when
`use_all` says so.
"""

from __future__ import annotations

import time
import typing as t

from .signing import signs
from .site import AFTERMATH_SECONDS

if t.TYPE_CHECKING:
    import random

    from .site import Site

QUOTA = 2
# Longer than any create that was sent can still be carried out.
LATER_SECONDS = 20 * 60


class Colleague:
    """Makes one key for a user where the quota leaves room for ours; `keys` are their ids."""

    def __init__(self, site: Site, chance: random.Random) -> None:
        self._site = site
        self._chance = chance
        self.keys: set[str] = set()
        self._unused: list[dict[str, str]] = []

    def make_keys(self, count: int) -> None:
        """Make keys for so many users, as far as there is room, and use some of them."""
        for user in self._users_with_room(count):
            self._unused.append(self._make_key(user))
            if self._chance.choice((True, False)):
                self.use_all()

    def use_all(self) -> None:
        """Sign a call with each key that was not used until now."""
        for key in self._unused:
            signs(self._site.emulator, key["AccessKeyId"], key["AccessKeySecret"])
        self._unused.clear()

    def make_keys_later(self, count: int) -> None:
        """Make keys when nothing that was sent until now can be carried out any more."""
        time.sleep(AFTERMATH_SECONDS)
        self._site.emulator.advance_clock(LATER_SECONDS)
        self.make_keys(count)

    def _make_key(self, user: str) -> dict[str, str]:
        key: dict[str, str] = self._site.emulator.call("CreateAccessKey", UserName=user)[
            "AccessKey"
        ]
        self.keys.add(key["AccessKeyId"])
        return key

    def _users_with_room(self, count: int) -> list[str]:
        """Return some users, those first whom a run that was killed may have made a key for."""
        held: dict[str, list[str]] = {user: [] for user in self._site.users}
        for key_id, key in self._site.cloud_keys().items():
            held[key["user_name"]].append(key_id)
        free = [
            user for user, keys in held.items() if len(keys) < QUOTA and self.keys.isdisjoint(keys)
        ]
        self._chance.shuffle(free)
        announced = self._site.announced_users()
        return sorted(free, key=lambda user: user not in announced)[:count]

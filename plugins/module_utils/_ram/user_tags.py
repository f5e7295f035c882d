# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of RAM users, which only IMS knows, and by the ids of the users."""

from __future__ import annotations

import typing as t

from .._cloud.client import nothing
from .._cloud.errors import InputError, named_together
from .._cloud.services import IMS
from .._work.plan import SharedStep
from .tag_api import MOST_OWNERS, as_parameter, read_tags
from .tags import MAX_TAGS, VENDORS

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from .._cloud.client import Answer, Client
    from .tag_api import Rows
    from .tags import Tags, TagWish
    from .user import User

LONGEST_VALUE = 128


class UserTagApi:
    """The calls about tags of users; each raises RamError."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def read(self, user_ids: Sequence[str], concurrency: int) -> dict[str, Tags]:
        """Return the tags of each user by its id, sorted; who is gone has none."""
        return read_tags(user_ids, self._list, concurrency)

    def set(self, users: Sequence[User], tags: Tags) -> None:
        """Set the tags of the users; others stay."""
        given = {"Tag": as_parameter(tags)}
        self._change("TagResources", users, given, f"set tags {', '.join(tags)}")

    def remove(self, users: Sequence[User], keys: Sequence[str]) -> None:
        """Remove the tags of these keys from the users."""
        self._change("UntagResources", users, {"TagKey": keys}, f"remove tags {', '.join(keys)}")

    def _change(
        self, action: str, users: Sequence[User], what: dict[str, t.Any], doing: str
    ) -> None:
        ids = [user.user_id for user in users]
        names = named_together([user.user_name for user in users])
        self._client.call(
            IMS,
            action,
            {"ResourceType": "user", "ResourceId": ids, **what},
            nothing,
            doing=f"{doing} of {'user' if len(ids) == 1 else 'users'} {names}",
        )

    def _list(self, page: dict[str, t.Any], user_ids: Sequence[str]) -> tuple[Rows, str | None]:
        def read(answer: Answer) -> tuple[Rows, str | None]:
            items = answer["TagResources"]["TagResource"]
            rows = [(item["ResourceId"], item["TagKey"], item["TagValue"]) for item in items]
            return rows, answer.get("NextToken") or None

        named = {"ResourceType": "user", "ResourceId": user_ids, **page}
        return self._client.call(IMS, "ListTagResources", named, read, doing="list user tags")


def tag_steps(api: UserTagApi, name: str, wish: TagWish, current: Tags) -> list[SharedStep]:
    """Return what makes the tags of a user as wished: new ones come first.

    If there is no room for both, those that go do so before. Raises InputError if there is no room
    for those that are left then.
    """
    missing, surplus = wish.missing(current), wish.surplus(current)
    # Whether the vendor's count is not documented.
    own = [key for key in wish.result(current) if not key.startswith(VENDORS)]
    if missing and len(own) > MAX_TAGS:
        raise InputError(
            f"Cannot give user {name} {len(own)} tags: at most {MAX_TAGS} are possible"
        )
    steps = []
    if missing:
        doing = f"set tags {', '.join(missing)} of user {name}"
        what = ("set", *sorted(missing.items()))
        steps.append(SharedStep(doing, what, MOST_OWNERS, lambda users: api.set(users, missing)))
    if surplus:
        doing = f"remove tags {', '.join(surplus)} of user {name}"
        what = ("remove", *surplus)
        steps.append(SharedStep(doing, what, MOST_OWNERS, lambda users: api.remove(users, surplus)))
    return steps[::-1] if len({**current, **missing}) > MAX_TAGS else steps

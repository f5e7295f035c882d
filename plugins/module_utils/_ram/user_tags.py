# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of RAM users, which only IMS knows, and by the ids of the users."""

from __future__ import annotations

import typing as t

from .._cloud.client import nothing
from .._cloud.errors import NotFoundError, named_together
from .._cloud.paging import all_pages
from .._cloud.services import IMS
from .._work.plan import SharedStep
from .._work.pool import map_all
from .tags import MAX_TAGS

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from .._cloud.client import Answer, Client
    from .tags import Tags, TagWish
    from .user import User

    # A user's id with a key and a value.
    Item = tuple[str, str, str]

# No call may name more users, nor a page have more tags.
MOST_USERS = 50
PAGE_SIZE = 100
LONGEST_VALUE = 128


class UserTagApi:
    """The calls about tags of users; each raises RamError."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def read(self, user_ids: Sequence[str], concurrency: int) -> dict[str, Tags]:
        """Return the tags of each user by its id, sorted; who is gone has none."""
        batches = [
            user_ids[start : start + MOST_USERS] for start in range(0, len(user_ids), MOST_USERS)
        ]
        tags: dict[str, Tags] = {user_id: {} for user_id in user_ids}
        for items in map_all(self._items_of, batches, concurrency):
            for user_id, key, value in items:
                tags[user_id][key] = value
        return {user_id: dict(sorted(of_user.items())) for user_id, of_user in tags.items()}

    def set(self, users: Sequence[User], tags: Tags) -> None:
        """Set the tags of the users; others stay."""
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        self._change("TagResources", users, {"Tag": pairs}, f"set tags {', '.join(tags)}")

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

    def _items_of(self, user_ids: Sequence[str]) -> list[Item]:
        try:
            return self._list(user_ids)
        except NotFoundError:
            # Somebody has deleted one of the users meanwhile.
            half = len(user_ids) // 2
            halves = (user_ids[:half], user_ids[half:]) if half else ()
            return [item for part in halves for item in self._items_of(part)]

    def _list(self, user_ids: Sequence[str]) -> list[Item]:
        def read(answer: Answer) -> tuple[list[Item], str | None]:
            items = answer["TagResources"]["TagResource"]
            tags = [(item["ResourceId"], item["TagKey"], item["TagValue"]) for item in items]
            return tags, answer.get("NextToken") or None

        def fetch(token: str | None) -> tuple[list[Item], str | None]:
            page = {"PageSize": PAGE_SIZE, **({"NextToken": token} if token else {})}
            named = {"ResourceType": "user", "ResourceId": user_ids, **page}
            return self._client.call(IMS, "ListTagResources", named, read, doing="list user tags")

        return all_pages(fetch)


def tag_steps(api: UserTagApi, name: str, wish: TagWish, current: Tags) -> list[SharedStep]:
    """Return what makes the tags of a user as wished: new ones come first.

    If there is no room for both, those that go do so before.
    """
    missing, surplus = wish.missing(current), wish.surplus(current)
    steps = []
    if missing:
        doing = f"set tags {', '.join(missing)} of user {name}"
        what = ("set", *sorted(missing.items()))
        steps.append(SharedStep(doing, what, MOST_USERS, lambda users: api.set(users, missing)))
    if surplus:
        doing = f"remove tags {', '.join(surplus)} of user {name}"
        what = ("remove", *surplus)
        steps.append(SharedStep(doing, what, MOST_USERS, lambda users: api.remove(users, surplus)))
    return steps[::-1] if len({**current, **missing}) > MAX_TAGS else steps

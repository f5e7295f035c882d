# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""User groups: what they are, and the calls about them, their members and their policies."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field
from functools import cache

from .._cloud.client import nothing
from .._cloud.errors import NotFoundError, fine_if
from .._cloud.paging import all_pages, next_marker
from .._cloud.services import RAM
from .._work.patience import found_patiently
from .._work.pool import map_all
from .names import GROUP_NAME, nearest

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from .._cloud.client import Answer, Client
    from .policy import Policy

# The documentation allows no more of them in a page.
PAGE_SIZE = 100
MEMBERS_PAGE_SIZE = 1000
# Up to this many groups are read one by one; more are looked for in the pages of all groups.
FEW_GROUPS = 2


@dataclass(frozen=True)
class Group:
    """A user group; `users` and `policies` are None unless they were read.

    `goes_with_it` says in words what is removed together with the group.
    """

    group_name: str
    group_id: str | None = None
    comments: str = ""
    create_date: str | None = None
    update_date: str | None = field(default=None, compare=False)
    users: tuple[str, ...] | None = None
    policies: tuple[Policy, ...] | None = None
    goes_with_it: tuple[str, ...] = ()

    def stored(self) -> dict[str, t.Any]:
        """Return the fields that the API keeps with the group itself."""
        names = ("group_name", "group_id", "comments", "create_date", "update_date")
        return {name: getattr(self, name) for name in names}

    def as_result(self) -> dict[str, t.Any]:
        """Return the group as modules show it."""
        shown = self.stored()
        if self.users is not None:
            shown["users"] = list(self.users)
        if self.policies is not None:
            shown["policies"] = [policy.as_result() for policy in self.policies]
        return shown

    def as_diff(self) -> dict[str, t.Any]:
        """Return the group with all that goes when it goes."""
        also = {"goes_with_it": list(self.goes_with_it)} if self.goes_with_it else {}
        return {**self.as_result(), **also}


class GroupApi:
    """The calls about groups; each raises RamError."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def find(self, name: str) -> Group | None:
        """Return the group, None if there is none of that name."""
        named, doing = {"GroupName": name}, f"read group {name}"
        try:
            return Group(**self._client.call(RAM, "GetGroup", named, _group_fields, doing=doing))
        except NotFoundError:
            return None

    def list_all(self) -> list[Group]:
        """Return every group of the account."""

        def read(answer: Answer) -> tuple[list[Group], str | None]:
            groups = [Group(**_group_fields({"Group": item})) for item in answer["Groups"]["Group"]]
            return groups, next_marker(answer)

        def fetch(marker: str | None) -> tuple[list[Group], str | None]:
            page = {"MaxItems": PAGE_SIZE, **({"Marker": marker} if marker else {})}
            return self._client.call(RAM, "ListGroups", page, read, doing="list groups")

        return all_pages(fetch)

    def list_users(self, name: str) -> tuple[str, ...]:
        """Return the names of the members, sorted."""

        def read(answer: Answer) -> tuple[list[str], str | None]:
            return [item["UserName"] for item in answer["Users"]["User"]], next_marker(answer)

        def fetch(marker: str | None) -> tuple[list[str], str | None]:
            page = {"MaxItems": MEMBERS_PAGE_SIZE, **({"Marker": marker} if marker else {})}
            named, doing = {"GroupName": name, **page}, f"list members of group {name}"
            return self._client.call(RAM, "ListUsersForGroup", named, read, doing=doing)

        return tuple(sorted(all_pages(fetch)))

    def add_user(self, name: str, user: str) -> None:
        """Make the user a member; one that is a member already is fine."""
        both, doing = {"UserName": user, "GroupName": name}, f"add user {user} to group {name}"
        with fine_if("EntityAlreadyExists.User.Group"):
            self._client.call(RAM, "AddUserToGroup", both, nothing, doing=doing)

    def remove_user(self, name: str, user: str) -> None:
        """End the membership; one that has ended already is fine."""
        both, doing = {"UserName": user, "GroupName": name}, f"remove user {user} from group {name}"
        with fine_if("EntityNotExist.User.Group"):
            self._client.call(RAM, "RemoveUserFromGroup", both, nothing, doing=doing)


def is_group_name(item: t.Any) -> bool:
    """Tell whether an element of a list can be the name of a group."""
    return isinstance(item, str) and bool(re.fullmatch(GROUP_NAME[0], item))


def unknown_groups(client: Client, names: Iterable[str], concurrency: int) -> list[str]:
    """Return in words which of the groups there are not."""
    api, wanted = GroupApi(client), sorted(set(names))
    found = map_all(lambda name: found_patiently(lambda: api.find(name)), wanted, concurrency)
    unknown = [name for name, group in zip(wanted, found, strict=True) if group is None]
    known = cache(lambda: [group.group_name for group in api.list_all()])
    hints = [f"{name}{nearest(name, known)}" for name in unknown]
    return [f"There is no group {', '.join(hints)}"] if unknown else []


def _group_fields(answer: Answer) -> dict[str, t.Any]:
    """Return the fields of Group in an answer; absent, null and empty mean the same there."""
    group = answer["Group"]
    fields: dict[str, t.Any] = {
        "group_name": group["GroupName"],
        "group_id": str(group["GroupId"]),
        "comments": group.get("Comments") or "",
        "create_date": group.get("CreateDate"),
    }
    if group.get("UpdateDate"):
        fields["update_date"] = group["UpdateDate"]
    return fields

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""User groups: what they are, and the calls about them, their members and their policies."""

from __future__ import annotations

import typing as t
from contextlib import suppress
from dataclasses import dataclass, field, replace

from .._cloud.client import nothing
from .._cloud.errors import ApiError, NotFoundError, UnansweredError, fine_if
from .._cloud.retry import ANY_NUMBER, ONCE
from .._cloud.services import RAM
from .._work.pool import map_all
from .listing import all_items, find_named
from .lost import found_after_all
from .names import unknown_names
from .policy import parameters_of, policies_in

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .._cloud.client import Answer, Client
    from .policy import Policy

# The documentation allows no more of them in a page.
PAGE_SIZE = 100


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

    @property
    def name(self) -> str:
        """Return the name."""
        return self.group_name

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

        def items(answer: Answer) -> list[Group]:
            return [Group(**_group_fields({"Group": item})) for item in answer["Groups"]["Group"]]

        return all_items(
            self._client, "ListGroups", items, page_size=PAGE_SIZE, doing="list groups"
        )

    def find_many(self, names: Sequence[str]) -> dict[str, Group]:
        """Return those of the named groups that exist, by name, in the fewest calls."""
        return find_named(names, self.find, self.list_all)

    def create(self, group: Group) -> dict[str, t.Any]:
        """Create the group and return the fields as stored.

        If somebody else was faster, theirs is made to be as this one.
        """
        name, doing = group.group_name, f"create group {group.group_name}"
        given = {"GroupName": name, **({"Comments": group.comments} if group.comments else {})}
        try:
            return self._client.call(
                RAM, "CreateGroup", given, _group_fields, doing=doing, attempts=ONCE
            )
        except UnansweredError as error:
            found = found_after_all(self.find, name, error)
            if found.comments != group.comments:
                raise error.reworded(
                    f"{error}. There is such a group now, but not as described here: run again"
                ) from None
            return found.stored()
        except ApiError as error:
            theirs = self.find(name) if error.code == "EntityAlreadyExists.Group" else None
            if theirs is None:
                raise
            changed = theirs.comments != group.comments
            return self.update(theirs, {"comments": group.comments}) if changed else theirs.stored()

    def update(self, group: Group, changes: dict[str, str]) -> dict[str, t.Any]:
        """Change comments and `group_name` as given, and return the fields as stored."""
        doing = f"update group {group.group_name}"
        name = changes.get("group_name", group.group_name)
        parameters = {"GroupName": group.group_name, "NewGroupName": name}
        if "comments" in changes:
            parameters["NewComments"] = changes["comments"]
        attempts = ANY_NUMBER if name == group.group_name else ONCE
        try:
            return self._client.call(
                RAM, "UpdateGroup", parameters, _group_fields, doing=doing, attempts=attempts
            )
        except UnansweredError as error:
            stored = found_after_all(self.find, name, error).stored()
            if {**changes, "group_id": group.group_id}.items() - stored.items():
                raise
            return stored

    def delete(self, name: str) -> None:
        """Delete the group; one that is gone already is fine."""
        named, doing = {"GroupName": name}, f"delete group {name}"
        with fine_if("EntityNotExist.Group"):
            self._client.call(RAM, "DeleteGroup", named, nothing, doing=doing)

    def list_users(self, name: str) -> tuple[str, ...]:
        """Return the names of the members, sorted."""

        def items(answer: Answer) -> list[str]:
            return [item["UserName"] for item in answer["Users"]["User"]]

        doing = f"list members of group {name}"
        found = all_items(
            self._client, "ListUsersForGroup", items, given={"GroupName": name}, doing=doing
        )
        return tuple(sorted(found))

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

    def list_policies(self, name: str) -> tuple[Policy, ...]:
        """Return the policies attached to the group, sorted."""
        named, doing = {"GroupName": name}, f"list policies of group {name}"
        return self._client.call(RAM, "ListPoliciesForGroup", named, policies_in, doing=doing)

    def attach_policy(self, name: str, policy: Policy) -> None:
        """Attach the policy; one that is attached already is fine."""
        both, doing = {"GroupName": name, **parameters_of(policy)}, f"attach policy {policy}"
        with fine_if("EntityAlreadyExists.Group.Policy"):
            self._client.call(
                RAM, "AttachPolicyToGroup", both, nothing, doing=f"{doing} to group {name}"
            )

    def detach_policy(self, name: str, policy: Policy) -> None:
        """Detach the policy; one that is detached already is fine."""
        both, doing = {"GroupName": name, **parameters_of(policy)}, f"detach policy {policy}"
        with fine_if("EntityNotExist.Group.Policy"):
            self._client.call(
                RAM, "DetachPolicyFromGroup", both, nothing, doing=f"{doing} from group {name}"
            )


def read_groups(
    api: GroupApi, groups: Sequence[Group], aspects: Sequence[str], concurrency: int
) -> list[Group]:
    """Return the groups with what was asked for, but for those that are gone by now."""
    readers: dict[str, Callable[[str], t.Any]] = {
        "users": api.list_users,
        "policies": api.list_policies,
    }

    def read(group: Group) -> Group | None:
        with suppress(NotFoundError):
            return replace(group, **{name: readers[name](group.group_name) for name in aspects})
        return None

    return [group for group in map_all(read, groups, concurrency) if group]


def unknown_groups(client: Client, names: Iterable[str], concurrency: int) -> list[str]:
    """Return in words which of the groups there are not."""
    api = GroupApi(client)

    def list_names() -> list[str]:
        return [group.group_name for group in api.list_all()]

    return unknown_names("group", names, api.find, list_names, concurrency)


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

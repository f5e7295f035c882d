# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""User groups and membership."""

from __future__ import annotations

import typing as t

from ...cloud.entities import Group
from ...errors import delete_conflict, entity_already_exists, entity_not_exist, limit_exceeded
from ..rules import (
    GROUP_NAME,
    changed_text,
    check_name,
    check_text,
    named_group,
    named_user,
    page,
    page_of,
)
from ..service import RAM

if t.TYPE_CHECKING:
    from ...cloud.entities import User
    from ..call import Call, Result

# A page of groups is no longer than this, however many are asked for.
GROUPS_OF_A_PAGE = 100
MEMBERSHIP = ("user/{UserName}", "group/{GroupName}")


@RAM.action("CreateGroup", required="GroupName", optional="Comments", on=("group/*",))
def create_group(call: Call) -> Result:
    """Create a group."""
    account = call.account
    name = check_name(call, "GroupName", GROUP_NAME)
    comments = check_text(call, "Comments") or ""
    if account.groups.holder(name):
        raise entity_already_exists("Group")
    if len(account.groups) >= account.quotas.groups:
        raise limit_exceeded("Group", account.quotas.groups)
    now = account.clock.timestamp()
    # Samples show both digits and this form; clients are to take the id as it comes.
    group_id = f"g-{account.ids.text(16)}"
    group = Group(name=name, group_id=group_id, comments=comments, create_date=now, update_date=now)
    account.groups.add(group)
    return {"Group": _base(group)}


@RAM.action("GetGroup", required="GroupName", on=("group/{GroupName}",))
def get_group(call: Call) -> Result:
    """Return a group."""
    return {"Group": _with_update_date(named_group(call))}


@RAM.action("ListGroups", optional="Marker MaxItems", on=("group/*",))
def list_groups(call: Call) -> Result:
    """Return one page of the groups."""
    return page(
        call,
        "Groups",
        "Group",
        call.account.groups,
        render=_with_update_date,
        longest=GROUPS_OF_A_PAGE,
    )


@RAM.action(
    "UpdateGroup",
    required="GroupName",
    optional="NewGroupName NewComments",
    on=("group/{GroupName}",),
)
def update_group(call: Call) -> Result:
    """Rename a group or change its comments."""
    name = call["GroupName"]
    if "NewGroupName" in call.parameters:
        name = check_name(call, "NewGroupName", GROUP_NAME)
    group = named_group(call)
    comments = changed_text(call, "NewComments", group.comments)
    if call.account.groups.holder(name) not in (None, group):
        raise entity_already_exists("Group")
    call.account.groups.rename(group, name)
    group.comments = comments
    group.update_date = call.account.clock.timestamp()
    return {"Group": _with_update_date(group)}


@RAM.action("DeleteGroup", required="GroupName", on=("group/{GroupName}",))
def delete_group(call: Call) -> Result:
    """Delete a group without members and policies."""
    group = named_group(call)
    if group.members:
        raise delete_conflict("Group.User")
    if group.policies or group.scoped_policies:
        raise delete_conflict("Group.Policy")
    call.account.groups.remove(group)
    return {}


@RAM.action("AddUserToGroup", required="UserName GroupName", on=MEMBERSHIP)
def add_user_to_group(call: Call) -> Result:
    """Make a user a member."""
    user, group = named_user(call), named_group(call)
    quota = call.account.quotas.groups_per_user
    if group in user.groups:
        raise entity_already_exists("User.Group")
    if len(user.groups) >= quota:
        raise limit_exceeded("User.Group", quota)
    user.groups[group] = group.members[user] = call.account.clock.timestamp()
    return {}


@RAM.action("RemoveUserFromGroup", required="UserName GroupName", on=MEMBERSHIP)
def remove_user_from_group(call: Call) -> Result:
    """End a membership."""
    user, group = named_user(call), named_group(call)
    if group not in user.groups:
        raise entity_not_exist("User.Group")
    del user.groups[group], group.members[user]
    return {}


@RAM.action("ListGroupsForUser", required="UserName", on=("user/{UserName}",))
def list_groups_for_user(call: Call) -> Result:
    """Return the groups of a user."""
    groups = [
        {
            "GroupName": group.name,
            "GroupId": group.group_id,
            "Comments": group.comments,
            "JoinDate": joined,
        }
        for group, joined in named_user(call).groups.items()
    ]
    return {"Groups": {"Group": groups}}


@RAM.action(
    "ListUsersForGroup",
    required="GroupName",
    optional="Marker MaxItems",
    on=("group/{GroupName}",),
)
def list_users_for_group(call: Call) -> Result:
    """Return one page of the members of a group, in the order of their creation."""
    members = sorted(named_group(call).members.items(), key=lambda item: item[0].number)
    return page_of(
        call,
        "Users",
        "User",
        ((user.number, (user, date)) for user, date in members),
        render=_member,
    )


def _member(item: tuple[User, str]) -> Result:
    user, joined = item
    return {"UserName": user.name, "DisplayName": user.display_name, "JoinDate": joined}


def _base(group: Group) -> Result:
    return {
        "GroupId": group.group_id,
        "GroupName": group.name,
        "Comments": group.comments,
        "CreateDate": group.create_date,
    }


def _with_update_date(group: Group) -> Result:
    return {**_base(group), "UpdateDate": group.update_date}

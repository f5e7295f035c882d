# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""User groups as IMS handles them: with a display name, and members by principal name."""

from __future__ import annotations

import typing as t

from ..ram import groups as ram
from ..rules import check_text, named_group, page, page_of
from ..service import IMS
from .principals import PRINCIPAL, as_ram, principal, principal_name

if t.TYPE_CHECKING:
    from ...cloud.entities import Group, User
    from ..call import Call, Result

LONGEST_DISPLAY_NAME = 24
PAGE_SIZES = range(1, 101)
GROUP = ("group/{GroupName}",)
MEMBERSHIP = ("user/{user}", "group/{GroupName}")


@IMS.action("CreateGroup", required="GroupName", optional="DisplayName Comments", on=("group/*",))
def create_group(call: Call) -> Result:
    """Create a group."""
    display_name = check_text(call, "DisplayName", LONGEST_DISPLAY_NAME)
    ram.create_group(call)
    group = named_group(call)
    group.display_name = display_name or ""
    return {"Group": _describe(group)}


@IMS.action("GetGroup", required="GroupName", on=GROUP)
def get_group(call: Call) -> Result:
    """Return a group."""
    return {"Group": _describe(named_group(call))}


@IMS.action("ListGroups", optional="Marker MaxItems", on=("group/*",))
def list_groups(call: Call) -> Result:
    """Return one page of the groups."""
    groups = call.account.groups
    return page(call, "Groups", "Group", groups, render=_describe, sizes=PAGE_SIZES)


@IMS.action(
    "UpdateGroup",
    required="GroupName",
    optional="NewGroupName NewDisplayName NewComments",
    on=GROUP,
)
def update_group(call: Call) -> Result:
    """Rename a group or change what is said about it; what is not sent stays."""
    display_name = check_text(call, "NewDisplayName", LONGEST_DISPLAY_NAME)
    group = named_group(call)
    ram.update_group(call)
    if display_name is not None:
        group.display_name = display_name
    return {"Group": _describe(group)}


@IMS.action("DeleteGroup", required="GroupName", on=GROUP)
def delete_group(call: Call) -> Result:
    """Delete a group without members and policies."""
    return ram.delete_group(call)


@IMS.action("AddUserToGroup", required=f"{PRINCIPAL} GroupName", on=MEMBERSHIP)
def add_user_to_group(call: Call) -> Result:
    """Make a user a member."""
    return ram.add_user_to_group(as_ram(call))


@IMS.action("RemoveUserFromGroup", required=f"{PRINCIPAL} GroupName", on=MEMBERSHIP)
def remove_user_from_group(call: Call) -> Result:
    """End a membership."""
    return ram.remove_user_from_group(as_ram(call))


@IMS.action("ListGroupsForUser", required=PRINCIPAL, on=("user/{user}",))
def list_groups_for_user(call: Call) -> Result:
    """Return the groups of a user."""
    groups = [
        {
            "GroupName": group.name,
            "GroupId": group.group_id,
            "DisplayName": group.display_name,
            "Comments": group.comments,
            "JoinDate": joined,
        }
        for group, joined in principal(call).groups.items()
    ]
    return {"Groups": {"Group": groups}}


@IMS.action("ListUsersForGroup", required="GroupName", optional="Marker MaxItems", on=GROUP)
def list_users_for_group(call: Call) -> Result:
    """Return one page of the members of a group, in the order of their creation."""

    def describe(item: tuple[User, str]) -> Result:
        user, joined = item
        return {
            "UserId": user.user_id,
            PRINCIPAL: principal_name(call.account, user),
            "DisplayName": user.display_name,
            "JoinDate": joined,
        }

    members = sorted(named_group(call).members.items(), key=lambda item: item[0].number)
    return page_of(
        call,
        "Users",
        "User",
        ((user.number, (user, joined)) for user, joined in members),
        render=describe,
        sizes=PAGE_SIZES,
    )


def _describe(group: Group) -> Result:
    return {
        "GroupId": group.group_id,
        "GroupName": group.name,
        "DisplayName": group.display_name,
        "Comments": group.comments,
        "CreateDate": group.create_date,
        "UpdateDate": group.update_date,
    }

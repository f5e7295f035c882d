# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IMS: user groups."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from emulator import Emulator

    from .conftest import Ims


def test_life_of_a_group(emulator: Emulator, ims: Ims) -> None:
    """A group is made, told, renamed and deleted, with the display name that RAM does not know."""
    emulator.set_clock("2026-01-02T00:00:00Z")
    made = ims("CreateGroup", GroupName="ops", DisplayName="Ops", Comments="x")["Group"]
    emulator.set_clock("2026-01-03T00:00:00Z")

    ims("UpdateGroup", GroupName="ops", NewGroupName="dev", NewDisplayName="Dev")
    [listed] = ims("ListGroups")["Groups"]["Group"]
    told = ims("GetGroup", GroupName="dev")["Group"]
    ims("DeleteGroup", GroupName="dev")

    assert made.pop("GroupId") == told["GroupId"]
    assert made == {
        "GroupName": "ops",
        "DisplayName": "Ops",
        "Comments": "x",
        "CreateDate": "2026-01-02T00:00:00Z",
        "UpdateDate": "2026-01-02T00:00:00Z",
    }
    assert told == listed
    assert (told["DisplayName"], told["Comments"]) == ("Dev", "x")
    assert told["UpdateDate"] == "2026-01-03T00:00:00Z"
    assert emulator.state()["groups"] == {}


def test_long_display_name(emulator: Emulator, ims: Ims) -> None:
    """A display name has up to 24 characters; a longer one changes nothing."""
    ims("CreateGroup", GroupName="ops", DisplayName="a" * 24)
    before = emulator.state()["groups"]

    made = ims.refusal("CreateGroup", GroupName="dev", DisplayName="a" * 25)
    changed = ims.refusal("UpdateGroup", GroupName="ops", NewGroupName="x", NewDisplayName="a" * 25)

    assert made == (400, "InvalidParameter.DisplayName.Length")
    assert changed == (400, "InvalidParameter.NewDisplayName.Length")
    assert emulator.state()["groups"] == before


def test_members(emulator: Emulator, ims: Ims) -> None:
    """Members join, are listed on both sides in pages, and leave, by principal names."""
    ims("CreateGroup", GroupName="ops", DisplayName="Ops")
    for name in ("alice", "bob"):
        emulator.call("CreateUser", UserName=name)
        ims("AddUserToGroup", UserPrincipalName=ims.principal(name), GroupName="ops")

    first = ims("ListUsersForGroup", GroupName="ops", MaxItems="1")
    second = ims("ListUsersForGroup", GroupName="ops", MaxItems="1", Marker=first["Marker"])
    [group] = ims("ListGroupsForUser", UserPrincipalName=ims.principal("bob"))["Groups"]["Group"]
    ims("RemoveUserFromGroup", UserPrincipalName=ims.principal("bob"), GroupName="ops")

    [alice], [bob] = first["Users"]["User"], second["Users"]["User"]
    assert alice["UserPrincipalName"] == ims.principal("alice")
    assert bob["UserId"] == emulator.state()["users"]["bob"]["user_id"]
    assert bob.keys() == {"UserId", "UserPrincipalName", "DisplayName", "JoinDate"}
    assert group.keys() == {"GroupName", "GroupId", "DisplayName", "Comments", "JoinDate"}
    assert group["DisplayName"] == "Ops"
    assert emulator.state()["groups"]["ops"]["users"] == ["alice"]

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ram_group makes of groups: members, policies, renames, deletion, and what it refuses."""

from __future__ import annotations

import typing as t

import pytest

from emulator import Emulator

from ..conftest import connection_to, sign_in, writing_actions

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ..conftest import Result

    RunModule = Callable[..., Result]

SLB = "AliyunSLBReadOnlyAccess"
ECS = "AliyunECSReadOnlyAccess"
RAM_READ = "AliyunRAMReadOnlyAccess"
RAM_FULL = "AliyunRAMFullAccess"
BOTH_MODES = pytest.mark.parametrize(
    "mode", [{}, {"_ansible_check_mode": True}], ids=["real", "check"]
)


@pytest.fixture(autouse=True)
def _users(emulator: Emulator) -> None:
    """There are users."""
    for name in ("ann", "bob", "xen"):
        emulator.call("CreateUser", UserName=name)


def make_group(emulator: Emulator, name: str, users: t.Iterable[str] = (), *policies: str) -> None:
    """Create a group with members and system policies behind the module's back."""
    emulator.call("CreateGroup", GroupName=name)
    for user in users:
        emulator.call("AddUserToGroup", GroupName=name, UserName=user)
    for policy in policies:
        attached = {"PolicyName": policy, "PolicyType": "System"}
        emulator.call("AttachPolicyToGroup", GroupName=name, **attached)


def members(emulator: Emulator, name: str = "ops") -> set[str]:
    """Return the members of a group."""
    listed = emulator.call("ListUsersForGroup", GroupName=name, MaxItems=1000)
    return {user["UserName"] for user in listed["Users"]["User"]}


def policies(emulator: Emulator, name: str = "ops") -> set[str]:
    """Return the names of the policies of a group."""
    listed = emulator.call("ListPoliciesForGroup", GroupName=name)
    return {policy["PolicyName"] for policy in listed["Policies"]["Policy"]}


def groups(emulator: Emulator) -> set[str]:
    """Return the names of all groups."""
    return {group["GroupName"] for group in emulator.call("ListGroups")["Groups"]["Group"]}


def test_creates_a_group_as_described(run_module: RunModule, emulator: Emulator) -> None:
    """A new group has the comments, members and policies that were asked for."""
    result = run_module("ram_group", name="ops", comments="ours", users=["ann"], policies=[SLB])

    stored = emulator.call("GetGroup", GroupName="ops")["Group"]
    assert (members(emulator), policies(emulator)) == ({"ann"}, {SLB})
    assert result["group"] == {
        "group_name": "ops",
        "group_id": stored["GroupId"],
        "comments": "ours",
        "create_date": stored["CreateDate"],
        "update_date": None,
        "users": ["ann"],
        "policies": [{"name": SLB, "type": "System"}],
        "actions": [
            "create group ops",
            "add user ann to group ops",
            f"attach policy {SLB} (System) to group ops",
        ],
    }


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"users": [], "purge_users": True}, (set(), {SLB, ECS})),
        ({"users": []}, ({"ann", "bob"}, {SLB, ECS})),
        ({"policies": [], "purge_policies": True}, ({"ann", "bob"}, set())),
        ({"purge_users": True, "purge_policies": True}, ({"ann", "bob"}, {SLB, ECS})),
        ({"remove_users": ["ann"]}, ({"bob"}, {SLB, ECS})),
        ({"remove_policies": [SLB, RAM_READ]}, ({"ann", "bob"}, {ECS})),
        ({"users": ["xen"], "remove_users": ["ann"]}, ({"bob", "xen"}, {SLB, ECS})),
        ({"policies": [SLB, RAM_READ], "purge_policies": True}, ({"ann", "bob"}, {SLB, RAM_READ})),
    ],
)
def test_sets(
    run_module: RunModule,
    emulator: Emulator,
    options: dict[str, t.Any],
    expected: tuple[set[str], set[str]],
) -> None:
    """Members and policies come, and go only if they are named or a given list is purged."""
    make_group(emulator, "ops", ["ann", "bob"], SLB, ECS)

    first = run_module("ram_group", name="ops", **options)
    again = run_module("ram_group", name="ops", **options)

    assert (members(emulator), policies(emulator)) == expected
    assert first.changed == (expected != ({"ann", "bob"}, {SLB, ECS}))
    assert not again.changed


def test_what_is_listed_twice(run_module: RunModule, emulator: Emulator) -> None:
    """A member or a policy that is listed twice is added once."""
    make_group(emulator, "ops")

    run_module(
        "ram_group",
        name="ops",
        users=["ann", "ann"],
        policies=[SLB, {"name": SLB, "type": "System"}],
    )

    assert writing_actions(emulator) == ["AddUserToGroup", "AttachPolicyToGroup"]


@BOTH_MODES
def test_unknown_names(run_module: RunModule, emulator: Emulator, mode: dict[str, bool]) -> None:
    """Users and policies that do not exist are all named before anything is added."""
    make_group(emulator, "ops")

    result = run_module(
        "ram_group", name="ops", users=["ann", "nobody"], policies=["NoSuch", SLB], **mode
    )

    assert "There is no policy NoSuch" in result.msg
    assert "There is no user nobody" in result.msg
    assert writing_actions(emulator) == []


@BOTH_MODES
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"name": "a b"}, "name of group 'a b' must be 1 to 64"),
        ({"name": "ops", "new_name": ""}, "new_name of group 'ops' must be 1 to 64"),
        ({"name": "ops", "comments": "x" * 129}, "comments of group 'ops' must be"),
        ({"name": "ops", "users": [""]}, "a user of group ops must be 1 to 64"),
        ({"name": "ops", "users": ["a"], "remove_users": ["a"]}, "user a of group ops is to stay"),
        ({"name": "ops", "policies": [{"name": SLB}]}, "a policy of group ops must be a name"),
        ({"name": "ops", "new_name": "x", "state": "absent"}, "can't be renamed and absent"),
        ({"groups": [{"name": "ops"}, {"name": "OPS"}]}, "group ops or OPS is described 2 times"),
        ({"name": None}, "a group has no name"),
        ({"name": "dev"}, "there is one called Dev"),
    ],
)
def test_bad_description(
    run_module: RunModule,
    emulator: Emulator,
    options: dict[str, t.Any],
    reason: str,
    mode: dict[str, bool],
) -> None:
    """What cannot be meant, or cannot be, is refused in words, and nothing is changed."""
    make_group(emulator, "Dev")

    result = run_module("ram_group", **options, **mode)

    assert reason in result.msg
    assert writing_actions(emulator) == []


def test_rename(run_module: RunModule, emulator: Emulator) -> None:
    """A group is renamed once and keeps what it has; no other group appears."""
    make_group(emulator, "a", ["ann"], SLB)

    renamed = run_module("ram_group", name="a", new_name="b")
    again = run_module("ram_group", name="a", new_name="b")

    assert (renamed.changed, again.changed) == (True, False)
    assert writing_actions(emulator) == ["UpdateGroup"]
    assert groups(emulator) == {"b"}
    assert (members(emulator, "b"), policies(emulator, "b")) == ({"ann"}, {SLB})


@BOTH_MODES
def test_rename_onto_another(
    run_module: RunModule, emulator: Emulator, mode: dict[str, bool]
) -> None:
    """A rename fails if both names exist, and changes neither."""
    make_group(emulator, "a")
    make_group(emulator, "b")

    result = run_module("ram_group", name="a", new_name="b", **mode)

    assert result.msg == "Cannot rename group a to b: both exist"
    assert writing_actions(emulator) == []


@BOTH_MODES
def test_deletion_lists_what_is_in_the_way(
    run_module: RunModule, emulator: Emulator, mode: dict[str, bool]
) -> None:
    """A group that has members or policies is not deleted without force; the message lists them."""
    make_group(emulator, "ops", ["ann", "bob"], SLB)

    result = run_module("ram_group", name="ops", state="absent", **mode)

    assert result.msg == (
        f"Cannot delete group ops, which still has member ann, member bob, policy {SLB} (System). "
        "Say force: true to remove these too"
    )
    assert writing_actions(emulator) == []


def test_forced_deletion(run_module: RunModule, emulator: Emulator) -> None:
    """With force members and policies go first, and a conflict just after that is waited out."""
    make_group(emulator, "ops", ["ann", "bob"], SLB)
    emulator.fail("DeleteGroup", "error", code="DeleteConflict.Group.Policy", status=409)
    options = {"name": "ops", "state": "absent", "force": True}

    deleted = run_module("ram_group", _ansible_diff=True, **options)
    again = run_module("ram_group", **options)

    assert (deleted.changed, again.changed) == (True, False)
    assert groups(emulator) == set()
    assert deleted["diff"][0]["before"]["goes_with_it"] == [
        "member ann",
        "member bob",
        f"policy {SLB} (System)",
    ]
    assert again["group"] == {"group_name": "ops", "actions": []}


@pytest.mark.parametrize(
    ("action", "code", "status"),
    [
        ("AddUserToGroup", "EntityNotExist.Group", 404),
        ("AttachPolicyToGroup", "EntityNotExist.Group", 404),
        ("AddUserToGroup", "EntityAlreadyExists.User.Group", 409),
        ("AttachPolicyToGroup", "EntityAlreadyExists.Group.Policy", 409),
    ],
)
def test_other_runs_and_slow_clouds(
    run_module: RunModule, emulator: Emulator, action: str, code: str, status: int
) -> None:
    """What is not known yet a moment after it was made, or is there already, is no failure."""
    emulator.fail(action, "error", code=code, status=status)

    result = run_module("ram_group", name="ops", users=["ann"], policies=[SLB])

    assert not result.failed
    assert result["stats"]["created"] == 1


def test_comments_that_no_text_clears(run_module: RunModule) -> None:
    """An API that does not clear comments is told each time, and that is no change."""
    with Emulator(keeps_emptied_texts=True) as emulator:
        emulator.call("CreateGroup", GroupName="ops", Comments="old")

        for _attempt in "12":
            result = run_module("ram_group", name="ops", comments="", **connection_to(emulator))

            assert not result.changed
            assert result["group"]["comments"] == "old"
            assert "keeps the comments" in result.printed


def test_another_run_made_the_group(run_module: RunModule, emulator: Emulator) -> None:
    """A group that another run makes at the same time is made to be as described here."""
    make_group(emulator, "ops")
    emulator.fail("GetGroup", "error", code="EntityNotExist.Group", status=404)

    result = run_module("ram_group", name="ops", comments="ours", users=["ann"])

    assert not result.failed
    assert emulator.call("GetGroup", GroupName="ops")["Group"]["Comments"] == "ours"
    assert members(emulator) == {"ann"}


@pytest.mark.parametrize("action", ["ListUsersForGroup", "ListPoliciesForGroup"])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_group_that_vanishes_meanwhile(
    run_module: RunModule, emulator: Emulator, action: str, state: str
) -> None:
    """A group that is deleted while it is read counts as gone."""
    make_group(emulator, "ops")
    emulator.fail(action, "error", code="EntityNotExist.Group", status=404)

    result = run_module("ram_group", name="ops", state=state, users=["ann"], policies=[SLB])

    assert not result.failed
    assert result.changed == (state == "present")


@pytest.mark.parametrize("purge", [False, True])
def test_large_group(run_module: RunModule, *, purge: bool) -> None:
    """Members beyond the first page are known: none is added twice, and the right ones leave."""
    with Emulator(page_size=10) as emulator:
        names = [f"user-{n:02}" for n in range(25)]
        for name in names:
            emulator.call("CreateUser", UserName=name)
        make_group(emulator, "ops", names)
        options = {"users": ["user-24"], "purge_users": purge}

        result = run_module("ram_group", name="ops", **options, **connection_to(emulator))

        assert result.changed == purge
        assert writing_actions(emulator) == ["RemoveUserFromGroup"] * (24 if purge else 0)


@BOTH_MODES
@pytest.mark.parametrize(
    "options",
    [
        {"state": "absent", "force": True},
        {"users": ["ann"], "purge_users": True},
        {"remove_users": ["ops"]},
        {"policies": [], "purge_policies": True},
        {"remove_policies": [RAM_FULL]},
    ],
)
def test_group_of_the_signer_is_protected(
    run_module: RunModule, emulator: Emulator, options: dict[str, t.Any], mode: dict[str, bool]
) -> None:
    """The user that signs is not taken out of its groups, nor are they taken away or emptied."""
    signer = sign_in(emulator, "ops")
    make_group(emulator, "admins", ["ops", "ann"], RAM_FULL)

    result = run_module("ram_group", name="admins", **options, **signer, **mode)

    assert result.msg.startswith("Refusing to ")
    assert "group admins: this run signs with a key of its member ops" in result.msg
    assert writing_actions(emulator) == []


def test_others_of_the_signers_group(run_module: RunModule, emulator: Emulator) -> None:
    """Other members may leave the group of the user that signs, and anybody may join it."""
    signer = sign_in(emulator, "ops")
    make_group(emulator, "admins", ["ops", "ann"], RAM_FULL)

    result = run_module("ram_group", name="admins", users=["bob"], remove_users=["ann"], **signer)

    assert not result.failed
    assert members(emulator, "admins") == {"ops", "bob"}


def test_signer_whose_groups_are_not_known(run_module: RunModule, emulator: Emulator) -> None:
    """If what this run depends on can't be read, removals are refused, naming the permission."""
    signer = sign_in(emulator, "ops", RAM_FULL)
    make_group(emulator, "admins", ["ann"], SLB)
    emulator.fail("ListGroupsForUser", "error", code="NoPermission", status=403)

    result = run_module("ram_group", name="admins", policies=[], purge_policies=True, **signer)

    assert result.msg.startswith("Refusing to take policies from group admins: ")
    assert "the caller needs ram:ListGroupsForUser" in result.msg
    assert writing_actions(emulator) == []


def test_reader_without_permission_to_write(run_module: RunModule, emulator: Emulator) -> None:
    """Who may only read can look: nothing to do is fine, a change names what is missing."""
    signer = sign_in(emulator, "reader", RAM_READ)
    make_group(emulator, "ops", ["ann"], SLB)

    same = run_module("ram_group", name="ops", users=["ann"], policies=[SLB], **signer)
    predicted = run_module(
        "ram_group", name="ops", users=["bob"], _ansible_check_mode=True, **signer
    )
    refused = run_module("ram_group", name="ops", users=["bob"], **signer)

    assert (same.failed, same.changed) == (False, False)
    assert (predicted.failed, predicted.changed) == (False, True)
    assert "the caller needs ram:AddUserToGroup" in refused.msg


def test_many_groups(run_module: RunModule, emulator: Emulator) -> None:
    """What an element leaves out comes from the task, and results are in the order of the list."""
    make_group(emulator, "old")

    result = run_module(
        "ram_group",
        policies=[SLB],
        groups=[{"name": "old", "state": "absent"}, {"name": "b"}, {"name": "a", "users": ["ann"]}],
    )

    assert [group["group_name"] for group in result["groups"]] == ["old", "b", "a"]
    assert groups(emulator) == {"a", "b"}
    assert policies(emulator, "a") == policies(emulator, "b") == {SLB}


def test_policies_that_nobody_has_created_yet(run_module: RunModule, emulator: Emulator) -> None:
    """Only check mode takes a policy for one that a task before would have created."""
    make_group(emulator, "ops")
    options = {"name": "ops", "policies": ["soon"], "new_policies": ["soon"]}

    predicted = run_module("ram_group", **options, _ansible_check_mode=True)
    real = run_module("ram_group", **options)

    assert predicted["group"]["policies"] == [{"name": "soon", "type": "Custom"}]
    assert "There is no policy soon" in real.msg


def test_diff_of_a_change(run_module: RunModule, emulator: Emulator) -> None:
    """A diff names what changes, and of members only those that come or go."""
    make_group(emulator, "ops", ["ann", "bob"], SLB)

    options = {"users": ["bob", "xen"], "remove_users": ["ann"], "policies": [SLB]}
    [diff] = run_module("ram_group", name="ops", **options, _ansible_diff=True)["diff"]

    assert (diff["before"], diff["after"]) == ({"users": ["ann"]}, {"users": ["xen"]})


def test_comments_that_stay(run_module: RunModule, emulator: Emulator) -> None:
    """Comments are cleared by an empty text."""
    run_module("ram_group", name="ops", comments="x")

    cleared = run_module("ram_group", name="ops", comments="")
    again = run_module("ram_group", name="ops", comments="")

    assert (cleared.changed, again.changed) == (True, False)
    assert emulator.call("GetGroup", GroupName="ops")["Group"]["Comments"] == ""


def names(result: Result) -> list[str]:
    """Return the names of the groups found."""
    return [group["group_name"] for group in result["groups"]]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["c", "a", "b"]),
        ({"name": "b"}, ["b"]),
        ({"names": ["b", "missing", "a", "b"]}, ["b", "a"]),
        ({"names": []}, []),
    ],
)
def test_which_groups(
    run_module: RunModule, emulator: Emulator, options: dict[str, t.Any], expected: list[str]
) -> None:
    """Those that exist of the groups asked for are returned, in order and once."""
    for name in ("c", "a", "b"):
        make_group(emulator, name)

    result = run_module("ram_group_info", **options)

    assert names(result) == expected
    assert writing_actions(emulator) == []


def test_everything_about_a_group(run_module: RunModule) -> None:
    """On request members and policies are shown, in the shape of the module."""
    made = run_module("ram_group", name="ops", comments="x", users=["ann"], policies=[SLB])

    [shown] = run_module("ram_group_info", name="ops", include=["users", "policies"])["groups"]

    known = {name: made["group"][name] for name in shown if name != "update_date"}
    assert {**known, "update_date": shown["update_date"]} == shown
    assert shown["users"] == ["ann"]


def test_group_that_vanishes_from_a_report(run_module: RunModule, emulator: Emulator) -> None:
    """A group that is deleted while many are read is left out."""
    for name in ("a", "b", "c"):
        make_group(emulator, name)
    emulator.fail("ListPoliciesForGroup", "error", code="EntityNotExist.Group", status=404)

    result = run_module("ram_group_info", include=["policies"], concurrency=1)

    assert names(result) == ["b", "c"]

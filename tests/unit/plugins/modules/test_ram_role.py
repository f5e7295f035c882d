# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ram_role makes of roles: trust, policies, tags, deletion, and what it refuses."""

from __future__ import annotations

import json
import typing as t

import pytest

from emulator import Emulator

from ..conftest import connection_to, make_role, sign_in, writing_actions

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ..conftest import Result

    RunModule = Callable[..., Result]

Elements = dict[str, t.Any]

BOTH_MODES = pytest.mark.parametrize(
    "mode", [{}, {"_ansible_check_mode": True}], ids=["real", "check"]
)
SLB = "AliyunSLBReadOnlyAccess"
ECS = "AliyunECSReadOnlyAccess"
OSS = "AliyunOSSReadOnlyAccess"


def trusting(**principals: t.Any) -> Elements:
    """Return a trust policy."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principals}
    return {"Version": "1", "Statement": [trust]}


ECS_TRUST = trusting(Service="ecs.aliyuncs.com")
TRUSTED = json.dumps(ECS_TRUST)


def make(emulator: Emulator, *policies: str, trust: str = TRUSTED, **others: t.Any) -> None:
    """Create a role with system policies behind the module's back."""
    emulator.call("CreateRole", RoleName="r", AssumeRolePolicyDocument=trust, **others)
    for policy in policies:
        names = {"PolicyName": policy, "PolicyType": "System"}
        emulator.call("AttachPolicyToRole", RoleName="r", **names)
    emulator.clear_requests()


def stored(emulator: Emulator, name: str = "r") -> dict[str, t.Any]:
    """Return what the API tells about a role."""
    answer: dict[str, t.Any] = emulator.call("GetRole", RoleName=name)["Role"]
    return answer


def policies(emulator: Emulator, name: str = "r") -> set[str]:
    """Return the names of the policies of a role."""
    listed = emulator.call("ListPoliciesForRole", RoleName=name)
    return {policy["PolicyName"] for policy in listed["Policies"]["Policy"]}


def test_creates_a_role_as_described(run_module: RunModule, emulator: Emulator) -> None:
    """A new role is as asked for, with its tags in the same call and its policies after it."""
    options = {"name": "r", "trust_policy": ECS_TRUST, "policies": [SLB], "tags": {"cost": 7}}
    more = {"description": "ours", "max_session_duration": 7200, "allow_console_login": True}

    predicted = run_module("ram_role", **options, **more, _ansible_check_mode=True)["role"]
    result = run_module("ram_role", **options, **more)["role"]

    role = stored(emulator)
    assert writing_actions(emulator) == ["CreateRole", "AttachPolicyToRole"]
    assert not run_module("ram_role", name="r", tags={"cost": "7"}).changed
    assert result == {
        "role_name": "r",
        "role_id": role["RoleId"],
        "arn": f"acs:ram::{emulator.account_id}:role/r",
        "description": "ours",
        "max_session_duration": 7200,
        "allow_console_login": True,
        "is_service_linked_role": False,
        "create_date": role["CreateDate"],
        "update_date": None,
        "trust_policy": {
            "Version": "1",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["sts:AssumeRole"],
                    "Principal": {"Service": ["ecs.aliyuncs.com"]},
                }
            ],
        },
        "policies": [{"name": SLB, "type": "System"}],
        "tags": {"cost": "7"},
        "actions": ["create role r", f"attach policy {SLB} (System) to role r"],
    }
    assert predicted == {**result, "role_id": None, "create_date": None}


def test_roles_trust_in_many_words(run_module: RunModule, emulator: Emulator) -> None:
    """What a trust policy means is compared, however it is written; a new principal is a change."""
    make(emulator, trust=json.dumps(trusting(Service=["ecs.aliyuncs.com"], RAM=[])))
    root = f"acs:ram::{emulator.account_id}:root"

    same = [
        run_module("ram_role", name="r", trust_policy=trust)
        for trust in (
            ECS_TRUST,
            json.dumps(ECS_TRUST, indent=2),
            trusting(SERVICE=["ecs.aliyuncs.com"]),
        )
    ]
    more = trusting(RAM=root, Service="ecs.aliyuncs.com")
    changed = run_module("ram_role", name="r", trust_policy=more, _ansible_diff=True)
    again = run_module("ram_role", name="r", trust_policy=more)

    assert [result.changed for result in same] == [False] * 3
    assert (changed.changed, again.changed) == (True, False)
    assert writing_actions(emulator) == ["UpdateRole"]
    assert changed["diff"][0]["after"].keys() == {"trust_policy"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"description": "x"}, ("x", 3600, False)),
        ({"max_session_duration": 7200}, ("", 7200, False)),
        ({"allow_console_login": True}, ("", 3600, True)),
        ({"description": "x", "allow_console_login": True}, ("x", 3600, True)),
        ({"trust_policy": ECS_TRUST}, ("", 3600, False)),
    ],
)
def test_attributes(
    run_module: RunModule,
    emulator: Emulator,
    options: dict[str, t.Any],
    expected: tuple[str, int, bool],
) -> None:
    """What a task names is changed in one call, once; what it leaves out stays."""
    make(emulator)

    first = run_module("ram_role", name="r", **options)
    again = run_module("ram_role", name="r", **options)

    role = stored(emulator)
    found = (role["Description"], role["MaxSessionDuration"], role["AllowConsoleLogin"])
    assert found == expected
    assert first.changed == ("trust_policy" not in options)
    assert not again.changed
    assert writing_actions(emulator) == ["UpdateRole"] * first.changed


def test_what_the_api_keeps(run_module: RunModule) -> None:
    """What the API keeps otherwise than asked is told each time, and is no change."""
    with Emulator(keeps_emptied_texts=True) as emulator:
        make(emulator, Description="old")

        for _attempt in "12":
            result = run_module("ram_role", name="r", description="", **connection_to(emulator))

            assert not result.changed
            assert result["role"]["description"] == "old"
            assert "The API keeps another description than the task asks for" in result.printed


@pytest.mark.parametrize(
    ("options", "actions"),
    [
        (
            {"policies": [SLB, OSS], "purge_policies": True},
            ["AttachPolicyToRole", "DetachPolicyFromRole"],
        ),
        ({"policies": [SLB, OSS]}, ["AttachPolicyToRole"]),
        ({"policies": [], "purge_policies": True}, ["DetachPolicyFromRole"] * 2),
        ({"policies": []}, []),
        ({"purge_policies": True}, []),
        ({"remove_policies": [ECS, OSS]}, ["DetachPolicyFromRole"]),
    ],
)
def test_policies(
    run_module: RunModule, emulator: Emulator, options: dict[str, t.Any], actions: list[str]
) -> None:
    """Policies come, and go only if they are named or a given list is purged."""
    make(emulator, SLB, ECS)

    first = run_module("ram_role", name="r", **options)
    again = run_module("ram_role", name="r", **options)

    assert writing_actions(emulator) == actions
    assert len(first["role"]["actions"]) == len(actions)
    assert (first.changed, again.changed) == (bool(actions), False)


def test_policies_of_many_roles(run_module: RunModule, emulator: Emulator) -> None:
    """Who has a policy is asked once where fewer policies than roles are named."""
    make(emulator, SLB)
    roles = [{"name": "r"}, {"name": "s"}, {"name": "t"}]
    for name in ("s", "t"):
        emulator.call("CreateRole", RoleName=name, AssumeRolePolicyDocument=TRUSTED)
    emulator.clear_requests()

    first = run_module("ram_role", roles=roles, policies=[SLB])
    again = run_module("ram_role", roles=roles, policies=[SLB])

    assert first["stats"]["changed"] == 2
    assert again["stats"]["unchanged"] == 3
    assert emulator.actions().count("ListEntitiesForPolicy") == 2
    assert emulator.actions().count("ListPoliciesForRole") == 0
    assert policies(emulator, "t") == {SLB}


@pytest.mark.parametrize(
    ("options", "writes", "tags"),
    [
        ({"tags": {"team": "b"}}, ["TagResources"], {"team": "b", "env": "prod"}),
        ({"tags": {"team": "a"}, "purge_tags": True}, ["UntagResources"], {"team": "a"}),
        ({"remove_tags": ["env"]}, ["UntagResources"], {"team": "a"}),
        ({"tags": {}}, [], {"team": "a", "env": "prod"}),
    ],
)
def test_tags(
    run_module: RunModule,
    emulator: Emulator,
    options: dict[str, t.Any],
    writes: list[str],
    tags: dict[str, str],
) -> None:
    """Tags come, change and go as asked, and are shown; the rest stays."""
    before = [{"Key": "team", "Value": "a"}, {"Key": "env", "Value": "prod"}]
    make(emulator, Tag=json.dumps(before))

    first = run_module("ram_role", name="r", **options)
    again = run_module("ram_role", name="r", **options)

    assert writing_actions(emulator) == writes
    assert first["role"]["tags"] == tags
    assert (first.changed, again.changed) == (bool(writes), False)


@BOTH_MODES
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"name": "a_b"}, "name of role 'a_b' must be 1 to 64 letters, digits, '.' or '-'"),
        ({"description": "x" * 1025}, "description of role 'r' must be at most 1024 characters"),
        ({"max_session_duration": 600}, "max_session_duration of role r must be 3600 to 43200"),
        ({"max_session_duration": 50000}, "max_session_duration of role r must be 3600 to 43200"),
        ({"trust_policy": "{"}, "trust_policy of role r is not JSON: Expecting property name"),
        (
            {"trust_policy": {"Version": "2012-10-17"}},
            'trust_policy of role r must have Version "1"',
        ),
        ({"trust_policy": trusting()}, "trust_policy of role r must name somebody as Principal"),
        ({"policies": [{"name": SLB}]}, "a policy of role r must be a name"),
        ({"policies": [SLB], "remove_policies": [SLB]}, "is to stay and to go"),
        ({"policies": ["NoSuch"]}, "There is no policy NoSuch"),
        ({"tags": {"aliyun": "y"}}, "tag aliyun must not begin with acs: or aliyun"),
        ({"name": "new"}, "There is no role new, and to create it takes a trust_policy"),
        ({"name": "R", "trust_policy": ECS_TRUST}, "Cannot have a role R: there is one called r"),
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
    make(emulator)

    result = run_module("ram_role", **{"name": "r", "description": "new", **options}, **mode)

    assert reason in result.msg
    assert writing_actions(emulator) == []


def test_policies_that_nobody_has_created_yet(run_module: RunModule, emulator: Emulator) -> None:
    """Only check mode takes a policy for one that a task before would have created."""
    make(emulator)
    options = {"name": "r", "policies": ["soon", SLB], "new_policies": ["soon"]}

    predicted = run_module("ram_role", **options, _ansible_check_mode=True)
    real = run_module("ram_role", **options)

    assert predicted["role"]["policies"] == [
        {"name": SLB, "type": "System"},
        {"name": "soon", "type": "Custom"},
    ]
    assert "There is no policy soon" in real.msg


@BOTH_MODES
def test_deletion_with_policies(
    run_module: RunModule, emulator: Emulator, mode: dict[str, bool]
) -> None:
    """A role with policies is not deleted, and they are named."""
    make(emulator, SLB, ECS)

    result = run_module("ram_role", name="r", state="absent", **mode)

    assert f"which still has policy {ECS} (System), policy {SLB} (System)" in result.msg
    assert writing_actions(emulator) == []


def test_forced_deletion(run_module: RunModule, emulator: Emulator) -> None:
    """With force the policies are detached first, a conflict that passes is waited out; once."""
    make(emulator, SLB)
    emulator.fail("DeleteRole", "error", status=409, code="DeleteConflict.Role.Policy")
    options = {"name": "r", "state": "absent", "force": True}

    first = run_module("ram_role", **options, _ansible_diff=True)
    again = run_module("ram_role", **options)

    assert writing_actions(emulator) == ["DetachPolicyFromRole", *["DeleteRole"] * 2]
    assert first["diff"][0]["before"]["goes_with_it"] == [f"policy {SLB} (System)"]
    assert (again.changed, again["role"]) == (False, {"role_name": "r", "actions": []})


def test_attached_within_a_resource_group(run_module: RunModule, emulator: Emulator) -> None:
    """A policy that is attached within a resource group is left alone, and said."""
    make(emulator)
    scoped = {"PolicyName": SLB, "PolicyType": "System", "ResourceGroupId": "rg-1"}
    emulator.call("AttachPolicyToRole", RoleName="r", **scoped)

    result = run_module("ram_role", name="r", state="absent", force=True)

    assert "Policies attached within a resource group are left alone" in result.msg
    assert result["code"] == "DeleteConflict.Role.Policy"
    assert stored(emulator)


@BOTH_MODES
@pytest.mark.parametrize(
    "options",
    [
        {"state": "absent", "force": True},
        {"description": "x"},
        {"policies": [SLB]},
        {"tags": {"a": "b"}},
        {"trust_policy": ECS_TRUST},
    ],
)
def test_service_linked_role(
    run_module: RunModule, emulator: Emulator, options: dict[str, t.Any], mode: dict[str, bool]
) -> None:
    """The role of a service is neither changed nor deleted."""
    emulator.call("CreateServiceLinkedRole", ServiceName="config.aliyuncs.com")
    emulator.clear_requests()

    result = run_module("ram_role", name="AliyunServiceRoleForConfig", **options, **mode)

    assert "Cannot change or delete role AliyunServiceRoleForConfig: it is service" in result.msg
    assert writing_actions(emulator) == []


def test_service_linked_role_as_it_is(run_module: RunModule, emulator: Emulator) -> None:
    """A task that agrees with the role of a service changes nothing."""
    emulator.call("CreateServiceLinkedRole", ServiceName="config.aliyuncs.com")
    name = "AliyunServiceRoleForConfig"

    there = run_module("ram_role", name=name)["role"]
    same = run_module("ram_role", name=name, trust_policy=there["trust_policy"], policies=[])

    assert there["is_service_linked_role"]
    assert not same.failed
    assert not same.changed


@BOTH_MODES
@pytest.mark.parametrize(
    ("options", "verb"),
    [
        ({"state": "absent", "force": True}, "delete"),
        ({"trust_policy": ECS_TRUST}, "change the trust policy of"),
        ({"policies": [], "purge_policies": True}, "take policies from"),
        ({"remove_policies": ["AliyunRAMFullAccess"]}, "take policies from"),
    ],
)
def test_role_that_signs(
    run_module: RunModule,
    emulator: Emulator,
    options: dict[str, t.Any],
    verb: str,
    mode: dict[str, bool],
) -> None:
    """The role that signs keeps what the run needs, force or not."""
    assumed = assume(emulator)

    result = run_module("ram_role", name="ops", **options, **assumed, **mode)

    assert f"Refusing to {verb} role ops: this run signs as that role" in result.msg
    assert writing_actions(emulator) == ["AssumeRole"]


def assume(emulator: Emulator) -> dict[str, t.Any]:
    """Return the options with which a task assumes the role ops."""
    arn = make_role(emulator)
    signing = sign_in(emulator, "boss", "AliyunSTSAssumeRoleAccess")
    emulator.clear_requests()
    return {**signing, "assume_role": {"role_arn": arn}}


def test_other_changes_of_the_role_that_signs(run_module: RunModule, emulator: Emulator) -> None:
    """The role that signs may get a description and more policies."""
    assumed = assume(emulator)

    result = run_module("ram_role", name="ops", description="x", policies=[SLB], **assumed)

    assert not result.failed, result.msg
    assert policies(emulator, "ops") == {SLB, "AliyunRAMFullAccess"}


@pytest.mark.parametrize(
    ("action", "code", "status"),
    [
        ("AttachPolicyToRole", "EntityNotExist.Role", 404),
        ("AttachPolicyToRole", "EntityAlreadyExists.Role.Policy", 409),
    ],
)
def test_other_runs_and_slow_clouds(
    run_module: RunModule, emulator: Emulator, action: str, code: str, status: int
) -> None:
    """What is not known yet a moment after it was made, or is there already, is no failure."""
    emulator.fail(action, "error", code=code, status=status)

    result = run_module("ram_role", name="r", trust_policy=ECS_TRUST, policies=[SLB])

    assert not result.failed, result.msg


def test_another_run_made_the_role(run_module: RunModule, emulator: Emulator) -> None:
    """A role that another run makes at the same time is made to be as described here."""
    make(emulator)
    emulator.fail("GetRole", "error", code="EntityNotExist.Role", status=404)

    result = run_module("ram_role", name="r", trust_policy=ECS_TRUST, description="ours")

    assert not result.failed, result.msg
    assert stored(emulator)["Description"] == "ours"


def test_many_roles(run_module: RunModule, emulator: Emulator) -> None:
    """Many roles take one listing for all, and a read for each that exists."""
    roles = [{"name": f"r{n}"} for n in range(10)]

    run_module("ram_role", roles=roles, trust_policy=ECS_TRUST)
    emulator.clear_requests()
    again = run_module("ram_role", roles=roles, trust_policy=ECS_TRUST)

    assert again["stats"]["unchanged"] == 10
    assert sorted(emulator.actions()) == ["GetCallerIdentity", *["GetRole"] * 10, "ListRoles"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["a", "b", "r"]),
        ({"name": "r"}, ["r"]),
        ({"names": ["r", "x", "a", "r"]}, ["r", "a"]),
        ({"names": []}, []),
    ],
)
def test_info_which(
    run_module: RunModule, emulator: Emulator, options: dict[str, t.Any], expected: list[str]
) -> None:
    """Those that exist of the roles asked for are returned, in order and once."""
    for name in ("a", "b", "r"):
        emulator.call("CreateRole", RoleName=name, AssumeRolePolicyDocument=TRUSTED)
    emulator.clear_requests()

    result = run_module("ram_role_info", **options)

    assert [role["role_name"] for role in result["roles"]] == expected
    assert writing_actions(emulator) == []


def test_info_of_all_pages(run_module: RunModule) -> None:
    """All roles are found, however many pages they take."""
    with Emulator(page_size=100) as emulator:
        for number in range(230):
            names = {"RoleName": f"r{number}", "AssumeRolePolicyDocument": TRUSTED}
            emulator.call("CreateRole", **names)

        result = run_module("ram_role_info", **connection_to(emulator))

        assert len(result["roles"]) == 230


def test_info_in_full(run_module: RunModule, emulator: Emulator) -> None:
    """Every aspect is read on request, in the shape of the state module."""
    make(emulator, SLB, Tag=json.dumps([{"Key": "team", "Value": "a"}]))
    emulator.call("CreateServiceLinkedRole", ServiceName="config.aliyuncs.com")
    aspects = ["trust_policy", "policies", "tags"]

    full, linked = run_module("ram_role_info", include=aspects)["roles"]
    [bare] = run_module("ram_role_info", name="r")["roles"]
    state = run_module("ram_role", name="r", policies=[], tags={})["role"]

    assert full == {name: value for name, value in state.items() if name != "actions"}
    assert linked["is_service_linked_role"]
    assert not bare.keys() & set(aspects)


def test_info_of_what_vanishes(run_module: RunModule, emulator: Emulator) -> None:
    """A role that is deleted during the report is left out of it."""
    make(emulator)
    emulator.call("CreateRole", RoleName="s", AssumeRolePolicyDocument=TRUSTED)
    emulator.fail("ListPoliciesForRole", "error", status=404, code="EntityNotExist.Role")

    result = run_module("ram_role_info", include=["policies"], concurrency=1)

    assert [role["role_name"] for role in result["roles"]] == ["s"]

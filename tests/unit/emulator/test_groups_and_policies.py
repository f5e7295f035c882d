# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Groups, membership, policies with their versions, attachments, and roles."""

from __future__ import annotations

import json
import typing as t

import pytest

from emulator import ApiError, Emulator

if t.TYPE_CHECKING:
    from collections.abc import Callable


def policy(*statements: dict[str, t.Any]) -> str:
    """Return a policy document."""
    return json.dumps({"Version": "1", "Statement": list(statements)})


ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ALLOW_ALL = policy(ALL)


def test_groups(emulator: Emulator, refusal: Callable[..., tuple[int, str]]) -> None:
    """A group is found, renamed, and deleted only without members and policies."""
    emulator.call("CreateUser", UserName="alice")
    emulator.call("CreateGroup", GroupName="dev")
    twice = refusal("CreateGroup", GroupName="DEV")
    emulator.call("UpdateGroup", GroupName="dev", NewGroupName="ops", NewComments="x")
    reads = {"PolicyName": "AliyunRAMReadOnlyAccess", "PolicyType": "System"}
    emulator.call("AddUserToGroup", UserName="alice", GroupName="ops")
    emulator.call("AttachPolicyToGroup", GroupName="ops", **reads)
    with_user = refusal("DeleteGroup", GroupName="ops")
    emulator.call("RemoveUserFromGroup", UserName="alice", GroupName="ops")
    with_policy = refusal("DeleteGroup", GroupName="ops")
    emulator.call("DetachPolicyFromGroup", GroupName="ops", **reads)

    group = emulator.call("GetGroup", GroupName="ops")["Group"]
    emulator.call("DeleteGroup", GroupName="ops")

    assert twice == (409, "EntityAlreadyExists.Group")
    assert group["Comments"] == "x"
    assert with_user == (409, "DeleteConflict.Group.User")
    assert with_policy == (409, "DeleteConflict.Group.Policy")
    assert refusal("GetGroup", GroupName="ops") == (404, "EntityNotExist.Group")


def test_membership(emulator: Emulator, refusal: Callable[..., tuple[int, str]]) -> None:
    """Joining twice and leaving without being a member are refused; ten groups are the limit."""
    emulator.call("CreateUser", UserName="a")
    for number in range(11):
        emulator.call("CreateGroup", GroupName=f"g{number}")
    for number in range(10):
        emulator.call("AddUserToGroup", UserName="a", GroupName=f"g{number}")

    groups = emulator.call("ListGroupsForUser", UserName="a")["Groups"]["Group"]
    members = emulator.call("ListUsersForGroup", GroupName="g0")["Users"]["User"]

    assert refusal("AddUserToGroup", UserName="a", GroupName="g0") == (
        409,
        "EntityAlreadyExists.User.Group",
    )
    assert refusal("AddUserToGroup", UserName="a", GroupName="g10") == (
        409,
        "LimitExceeded.User.Group",
    )
    assert refusal("RemoveUserFromGroup", UserName="a", GroupName="g10") == (
        404,
        "EntityNotExist.User.Group",
    )
    assert [group["GroupName"] for group in groups] == [f"g{number}" for number in range(10)]
    assert members[0].keys() == {"UserName", "DisplayName", "JoinDate"}


@pytest.mark.parametrize(
    "document",
    [
        "not json",
        "[]",
        '{"Version": "1"}',
        '{"Version": "2012-10-17", "Statement": []}',
        policy({"Effect": "Maybe", "Action": "*", "Resource": "*"}),
        policy({"Effect": "Allow", "Action": "*"}),
        policy({"Effect": "Allow", "Action": "GetUser", "Resource": "*"}),
        policy({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3"}),
        policy({"Effect": "Allow", "Action": [], "Resource": "*"}),
        policy({"Effect": "Allow", "Action": "*", "Resource": "*", "Sid": "x"}),
        policy({**ALL, "Condition": {"IpAddresses": {"acs:SourceIp": "10.0.0.0/8"}}}),
        policy({**ALL, "Condition": {"IpAddress": {"acs:SourceIp": "ten"}}}),
        policy({**ALL, "Condition": {"IpAddress": {"SourceIp": "10.0.0.0/8"}}}),
        policy({**ALL, "Condition": {"Bool": {"acs:MFAPresent": "maybe"}}}),
        policy({**ALL, "Condition": {"DateLessThan": {"acs:CurrentTime": "soon"}}}),
        policy({**ALL, "Condition": {"NumericEquals": {"acs:x": "one"}}}),
        policy({**ALL, "Condition": {"StringLike": {"acs:x": []}}}),
        policy({**ALL, "Condition": {"StringLike": "acs:x"}}),
    ],
)
def test_malformed_policies(
    emulator: Emulator, document: str, refusal: Callable[..., tuple[int, str]]
) -> None:
    """A document that is not a policy, or has conditions that are none, is refused."""
    refused = refusal("CreatePolicy", PolicyName="p", PolicyDocument=document)

    assert refused == (400, "MalformedPolicyDocument")
    assert emulator.state()["policies"] == {}


def test_policy_versions(emulator: Emulator, refusal: Callable[..., tuple[int, str]]) -> None:
    """A policy has five versions, the one in force cannot be deleted, the oldest can be rotated."""
    p = {"PolicyName": "p"}
    emulator.call("CreatePolicy", PolicyDocument=ALLOW_ALL, **p)
    for _turn in range(4):
        emulator.call("CreatePolicyVersion", PolicyDocument=ALLOW_ALL, **p)
    sixth = refusal("CreatePolicyVersion", PolicyDocument=ALLOW_ALL, **p)
    rotated = emulator.call(
        "CreatePolicyVersion",
        PolicyDocument=ALLOW_ALL,
        SetAsDefault=True,
        RotateStrategy="DeleteOldestNonDefaultVersionWhenLimitExceeded",
        **p,
    )
    in_force = refusal("DeletePolicyVersion", VersionId="v6", **p)
    several = refusal("DeletePolicy", **p)

    versions = emulator.call("ListPolicyVersions", PolicyType="Custom", **p)["PolicyVersions"]
    emulator.call("DeletePolicy", CascadingDelete=True, **p)

    assert sixth == (409, "LimitExceeded.Policy.Version")
    assert rotated["PolicyVersion"]["VersionId"] == "v6"
    assert in_force == (409, "DeleteConflict.Policy.Version.Default")
    assert several == (409, "DeleteConflict.Policy.Version")
    assert [v["VersionId"] for v in versions["PolicyVersion"]] == ["v1", "v3", "v4", "v5", "v6"]
    assert emulator.state()["policies"] == {}


def test_policy_version_in_force(
    emulator: Emulator, refusal: Callable[..., tuple[int, str]]
) -> None:
    """GetPolicy shows the version in force, and another can be put in its place."""
    p = {"PolicyName": "p"}
    other = ALLOW_ALL.replace(" ", "")
    emulator.call("CreatePolicy", PolicyDocument=ALLOW_ALL, **p)
    emulator.call("CreatePolicyVersion", PolicyDocument=other, **p)
    before = emulator.call("GetPolicy", PolicyType="Custom", **p)["DefaultPolicyVersion"]

    emulator.call("SetDefaultPolicyVersion", VersionId="v2", **p)
    after = emulator.call("GetPolicy", PolicyType="Custom", **p)["DefaultPolicyVersion"]

    assert (before["PolicyDocument"], after["PolicyDocument"]) == (ALLOW_ALL, other)
    assert refusal("SetDefaultPolicyVersion", VersionId="2", **p) == (
        400,
        "InvalidParameter.VersionId.Format",
    )
    assert refusal("SetDefaultPolicyVersion", VersionId="v3", **p) == (
        404,
        "EntityNotExist.Policy.Version",
    )


@pytest.mark.parametrize("kind", ["User", "Group", "Role"])
def test_attachments(
    emulator: Emulator,
    kind: str,
    refusal: Callable[..., tuple[int, str]],
    create: Callable[..., None],
) -> None:
    """A policy is attached once, listed from both ends, and blocks its deletion."""
    who = {f"{kind}Name": "x"}
    p = {"PolicyName": "p", "PolicyType": "Custom"}
    create(kind, "x")
    emulator.call("CreatePolicy", PolicyName="p", PolicyDocument=ALLOW_ALL)
    not_attached = refusal(f"DetachPolicyFrom{kind}", **who, **p)
    emulator.call(f"AttachPolicyTo{kind}", **who, **p)
    twice = refusal(f"AttachPolicyTo{kind}", **who, **p)
    unknown = refusal(
        f"AttachPolicyTo{kind}", PolicyName="AliyunNoSuch", PolicyType="System", **who
    )

    policies = emulator.call(f"ListPoliciesFor{kind}", **who)["Policies"]["Policy"]
    entities = emulator.call("ListEntitiesForPolicy", **p)
    blocked = refusal("DeletePolicy", PolicyName="p")
    emulator.call(f"DetachPolicyFrom{kind}", **who, **p)
    emulator.call("DeletePolicy", PolicyName="p")

    assert not_attached == (404, f"EntityNotExist.{kind}.Policy")
    assert twice == (409, f"EntityAlreadyExists.{kind}.Policy")
    assert unknown == (404, "EntityNotExist.Policy")
    assert [policy["PolicyName"] for policy in policies] == ["p"]
    assert [len(entities[f"{k}s"][k]) for k in ("User", "Group", "Role")] == [
        k == kind for k in ("User", "Group", "Role")
    ]
    assert blocked == (409, f"DeleteConflict.Policy.{kind}")


@pytest.mark.parametrize("kind", ["User", "Group", "Role"])
def test_attachment_quotas(emulator: Emulator, kind: str, create: Callable[..., None]) -> None:
    """Ten custom and twenty system policies can be attached, each counted by itself."""
    create(kind, "x")
    for number in range(11):
        emulator.call("CreatePolicy", PolicyName=f"p{number}", PolicyDocument=ALLOW_ALL)
    system = [
        policy["PolicyName"]
        for policy in emulator.call("ListPolicies", PolicyType="System")["Policies"]["Policy"]
    ]

    def attach(name: str, policy_type: str) -> None:
        parameters = {f"{kind}Name": "x", "PolicyName": name, "PolicyType": policy_type}
        emulator.call(f"AttachPolicyTo{kind}", **parameters)

    for number in range(10):
        attach(f"p{number}", "Custom")
    for name in system[:20]:
        attach(name, "System")

    for name, policy_type in (("p10", "Custom"), (system[20], "System")):
        with pytest.raises(ApiError, match=rf"LimitExceeded\.{kind}\.Policy"):
            attach(name, policy_type)


def test_role(emulator: Emulator, refusal: Callable[..., tuple[int, str]]) -> None:
    """A role is created once, returned with its trust policy, and not deleted with policies."""
    principal = {"RAM": f"acs:ram::{emulator.account_id}:root"}
    trust = policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal})
    wanted = {"RoleName": "deploy", "AssumeRolePolicyDocument": trust}
    emulator.call("CreateRole", **wanted)
    reads = {"PolicyName": "AliyunRAMReadOnlyAccess", "PolicyType": "System"}
    emulator.call("AttachPolicyToRole", RoleName="deploy", **reads)

    role = emulator.call("GetRole", RoleName="deploy")["Role"]
    twice = refusal("CreateRole", **wanted)
    blocked = refusal("DeleteRole", RoleName="deploy")

    assert role["Arn"] == f"acs:ram::{emulator.account_id}:role/deploy"
    assert json.loads(role["AssumeRolePolicyDocument"])["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"RAM": [principal["RAM"]]},
        }
    ]
    assert " " not in role["AssumeRolePolicyDocument"]
    assert twice == (409, "EntityAlreadyExists.Role")
    assert blocked == (409, "DeleteConflict.Role.Policy")

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles in full, those of services, tags, and attachments for one resource group."""

from __future__ import annotations

import json
import typing as t

import pytest

from emulator import Emulator

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import RawClient

    Create = Callable[[str, str], None]
    Refusal = Callable[..., tuple[int, str]]

SERVICE = "config.aliyuncs.com"
TAG = {"Key": "team", "Value": "blue"}


def test_role_update(emulator: Emulator, create: Create) -> None:
    """An update changes what it names and keeps the rest."""
    create("Role", "deploy")
    emulator.call("UpdateRole", RoleName="deploy", NewDescription="d", NewAllowConsoleLogin=True)
    updated = emulator.call("UpdateRole", RoleName="deploy", NewMaxSessionDuration=7200)["Role"]

    role = emulator.call("GetRole", RoleName="deploy")["Role"]

    assert updated.items() <= role.items()
    assert (role["Description"], role["MaxSessionDuration"]) == ("d", 7200)
    assert role["AllowConsoleLogin"]


def test_new_trust_policy(emulator: Emulator, create: Create, refusal: Refusal) -> None:
    """A role can trust somebody else from now on, but not something that is no policy."""
    create("Role", "deploy")
    service = {"Service": "ecs.aliyuncs.com", "RAM": []}
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": service}
    document = {"Version": "1", "Statement": [statement]}
    emulator.call("UpdateRole", RoleName="deploy", NewAssumeRolePolicyDocument=document)

    trust = emulator.state()["roles"]["deploy"]["assume_role_policy_document"]
    refused = refusal("UpdateRole", RoleName="deploy", NewAssumeRolePolicyDocument="{}")

    assert json.loads(trust)["Statement"][0]["Principal"] == {
        "Service": ["ecs.aliyuncs.com"],
        "RAM": [],
    }
    assert refused == (400, "MalformedPolicyDocument")


def test_service_linked_role(emulator: Emulator, refusal: Refusal) -> None:
    """A service's role is made from its template, changed by nobody, and gone after a while."""
    template = emulator.call("GetServiceLinkedRoleTemplate", ServiceName=SERVICE)
    prefix = template["ServiceLinkedRoleTemplate"]["RoleNamePrefix"]
    made = emulator.call("CreateServiceLinkedRole", ServiceName=SERVICE)["Role"]
    name = {"RoleName": made["RoleName"]}
    refused = [
        refusal("UpdateRole", NewDescription="x", **name),
        refusal("DeleteRole", **name),
        refusal("AttachPolicyToRole", PolicyName="x", PolicyType="Custom", **name),
    ]

    task = emulator.call("DeleteServiceLinkedRole", **name)["DeletionTaskId"]
    going = emulator.call("GetRole", **name)["Role"]
    emulator.advance_clock(60)

    assert (made["RoleName"], made["IsServiceLinkedRole"]) == (prefix, True)
    assert {code for _status, code in refused} == {"NotSupport.ServiceLinkedRole"}
    assert going["LatestDeletionTask"]["DeletionTaskId"] == task
    assert emulator.call("ListRoles")["Roles"]["Role"] == []


def test_policies_of_a_service_linked_role(emulator: Emulator, refusal: Refusal) -> None:
    """Everybody can see what the role of a service may do, and only the service changes it."""
    role = emulator.call("CreateServiceLinkedRole", ServiceName=SERVICE)["Role"]["RoleName"]
    policy = {"PolicyName": "AliyunRAMReadOnlyAccess", "PolicyType": "System"}

    listed = emulator.call("ListPoliciesForRole", RoleName=role)

    assert listed["Policies"] == {"Policy": []}
    assert (
        refusal("AttachPolicyToRole", RoleName=role, **policy)[1] == "NotSupport.ServiceLinkedRole"
    )


def test_texts_that_stay() -> None:
    """On request, an empty text leaves the one before, as the documentation does not exclude."""
    with Emulator(keeps_emptied_texts=True) as emulator:
        emulator.call("CreateGroup", GroupName="g", Comments="old")

        group = emulator.call("UpdateGroup", GroupName="g", NewComments="")["Group"]

        assert group["Comments"] == "old"


def test_role_of_an_unknown_service(refusal: Refusal) -> None:
    """The emulator doesn't guess what the role of a service looks like."""
    assert refusal("CreateServiceLinkedRole", ServiceName="x.aliyuncs.com") == (400, "NotEmulated")


@pytest.mark.parametrize("kind", ["Policy", "Role"])
def test_tags_at_creation(emulator: Emulator, create: Create, kind: str) -> None:
    """Tags come back from the lists, which they filter, whichever way they were sent."""
    document = {"Policy": "PolicyDocument", "Role": "AssumeRolePolicyDocument"}[kind]
    custom = {"PolicyType": "Custom"} if kind == "Policy" else {}
    create(kind, "plain")
    shown = emulator.call(f"Get{kind}", **{f"{kind}Name": "plain", **custom})
    text = shown[kind][document]
    emulator.call(f"Create{kind}", **{f"{kind}Name": "json", document: text, "Tag": [TAG]})
    numbered = {"Tag.1.Key": "team", "Tag.1.Value": "red", "Tag.2.Key": "b", "Tag.2.Value": ""}
    emulator.call(f"Create{kind}", **{f"{kind}Name": "numbered", document: text, **numbered})
    plural = {"Policy": "Policies", "Role": "Roles"}[kind]

    def listed(**tags: t.Any) -> dict[str, list[dict[str, str]]]:
        items = emulator.call(f"List{plural}", MaxItems=1000, **tags)[plural][kind]
        return {item[f"{kind}Name"]: item["Tags"]["Tag"] for item in items}

    assert listed(Tag=[TAG]) == {"json": [{"TagKey": "team", "TagValue": "blue"}]}
    assert listed(**{"Tag.1.Key": "team"}).keys() == {"json", "numbered"}
    assert {"plain", "json", "numbered"} <= listed().keys()


def test_tag_resources(emulator: Emulator, create: Create) -> None:
    """Tags are added to several roles, listed with their owners in pages, and taken away."""
    for name in ("a", "b"):
        create("Role", name)
    both = {"ResourceType": "role", "ResourceNames": ["a", "b"]}
    emulator.call("TagResources", Tag=[TAG, {"Key": "env", "Value": "prod"}], **both)
    first = emulator.call("ListTagResources", ResourceType="role", PageSize=3)
    token = first["NextToken"]
    rest = emulator.call("ListTagResources", ResourceType="role", PageSize=3, NextToken=token)
    emulator.call("UntagResources", TagKeys=["team"], **both)
    emulator.call("UntagResources", ResourceType="role", ResourceNames=["b"], All=True)

    left = emulator.call("ListTagResources", **both)["TagResources"]

    assert (len(first["TagResources"]), len(rest["TagResources"]), rest["NextToken"]) == (3, 1, "")
    assert left == [
        {"ResourceType": "role", "ResourceName": "a", "TagKey": "env", "TagValue": "prod"}
    ]


@pytest.mark.parametrize(
    ("parameters", "refused"),
    [
        ({"ResourceType": "user"}, (400, "InvalidParameter.ResourceType")),
        ({"ResourceNames": ["nobody"]}, (404, "EntityNotExist.Role")),
        ({"ResourceNames": []}, (400, "MissingParameter")),
        ({"Tag": [{"Key": "acs:x", "Value": ""}]}, (400, "InvalidParameter.Tag.InvalidChars")),
        ({"Tag": [{"Key": "x", "Value": "y" * 257}]}, (400, "InvalidParameter.Tag.Length")),
        ({"Tag": [{"Key": f"{n}"} for n in range(21)]}, (409, "LimitExceeded.Tag")),
        ({"Tag": "blue"}, (400, "InvalidParameter.Tag")),
    ],
)
def test_bad_tags(
    create: Create, refusal: Refusal, parameters: dict[str, t.Any], refused: tuple[int, str]
) -> None:
    """Users, strangers, vendor's keys, and too long or too many tags are refused."""
    create("Role", "a")
    good = {"ResourceType": "role", "ResourceNames": ["a"], "Tag": [TAG]}

    assert refusal("TagResources", **{**good, **parameters}) == refused


def test_too_many_tags(emulator: Emulator, create: Create, refusal: Refusal) -> None:
    """A resource has up to twenty tags, however many calls they come in."""
    create("Role", "a")
    named = {"ResourceType": "role", "ResourceNames": ["a"]}
    emulator.call("TagResources", Tag=[{"Key": f"{n}"} for n in range(20)], **named)

    emulator.call("TagResources", Tag=[{"Key": "0", "Value": "x"}], **named)

    assert refusal("TagResources", Tag=[TAG], **named) == (409, "LimitExceeded.Tag")


@pytest.mark.parametrize("kind", ["User", "Group", "Role"])
def test_resource_group(emulator: Emulator, create: Create, refusal: Refusal, kind: str) -> None:
    """An attachment for one resource group stands in no list, counts, and blocks deletion."""
    create(kind, "x")
    create("Policy", "p")
    names = {f"{kind}Name": "x", "PolicyName": "p", "PolicyType": "Custom"}
    group = {**names, "ResourceGroupId": "rg-acfm"}
    emulator.call(f"AttachPolicyTo{kind}", **group)

    listed = emulator.call(f"ListPoliciesFor{kind}", **{f"{kind}Name": "x"})["Policies"]["Policy"]
    count = emulator.call("GetPolicy", PolicyName="p", PolicyType="Custom")["Policy"]
    refused = [
        refusal(f"AttachPolicyTo{kind}", **group),
        refusal(f"DetachPolicyFrom{kind}", **names),
        refusal("DeletePolicy", PolicyName="p"),
        refusal(f"Delete{kind}", **{f"{kind}Name": "x"}),
    ]
    emulator.call(f"DetachPolicyFrom{kind}", **group)

    assert (listed, count["AttachmentCount"]) == ([], 1)
    assert [code for _status, code in refused] == [
        f"EntityAlreadyExists.{kind}.Policy",
        f"EntityNotExist.{kind}.Policy",
        f"DeleteConflict.Policy.{kind}",
        f"DeleteConflict.{kind}.Policy",
    ]
    assert refusal(f"DetachPolicyFrom{kind}", **group)[0] == 404


def test_unknown_parameters(root: RawClient, emulator: Emulator) -> None:
    """What the API has and the emulator has no rule for is told apart from what nobody knows."""
    declined = root.act("CreateServiceLinkedRole", ServiceName=SERVICE, CustomSuffix="x")
    unknown = root.act("CreateServiceLinkedRole", ServiceName=SERVICE, Suffix="x")

    assert (declined.code, unknown.code) == ("NotEmulated", "UnsupportedParameter")
    assert emulator.state()["roles"] == {}


def test_principal_that_changes(emulator: Emulator) -> None:
    """A trust policy follows a renamed principal, and keeps the id of one that is deleted."""
    user_id = emulator.call("CreateUser", UserName="alice")["User"]["UserId"]
    arn = f"acs:ram::{emulator.account_id}:user/{{}}"
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    trust = {
        "Version": "1",
        "Statement": [{**statement, "Principal": {"RAM": arn.format("alice")}}],
    }
    emulator.call("CreateRole", RoleName="deploy", AssumeRolePolicyDocument=trust)

    def trusted() -> str:
        role = emulator.call("GetRole", RoleName="deploy")["Role"]
        [name] = json.loads(role["AssumeRolePolicyDocument"])["Statement"][0]["Principal"]["RAM"]
        return str(name)

    emulator.call("UpdateUser", UserName="alice", NewUserName="bob")
    renamed = trusted()
    emulator.call("DeleteUser", UserName="bob")

    assert (renamed, trusted()) == (arn.format("bob"), user_id)

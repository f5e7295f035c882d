# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may do what: policies of users, groups, roles and sessions, and temporary credentials."""

from __future__ import annotations

import json
import typing as t

import pytest

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from emulator import Emulator

    from .conftest import Answer, RawClient

STS = "2015-04-01"
NO_PERMISSION = (403, "NoPermission")
FULL_ACCESS = {"PolicyName": "AliyunRAMFullAccess", "PolicyType": "System"}
READ_ACCESS = {"PolicyName": "AliyunRAMReadOnlyAccess", "PolicyType": "System"}
ASSUME_ROLE = {"PolicyName": "AliyunSTSAssumeRoleAccess", "PolicyType": "System"}

Statement = dict[str, t.Any]


def document(*statements: Statement) -> str:
    """Return a policy document."""
    return json.dumps({"Version": "1", "Statement": list(statements)})


def allow(action: str | list[str], resource: str | list[str] = "*") -> Statement:
    """Return a statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def deny(action: str, resource: str = "*") -> Statement:
    """Return a statement that denies."""
    return {"Effect": "Deny", "Action": action, "Resource": resource}


def grant(emulator: Emulator, user: str, *statements: Statement) -> None:
    """Attach a new custom policy to a user."""
    name = f"p{len(emulator.state()['policies'])}"
    emulator.call("CreatePolicy", PolicyName=name, PolicyDocument=document(*statements))
    emulator.call("AttachPolicyToUser", UserName=user, PolicyName=name, PolicyType="Custom")


def outcome(answer: Answer) -> tuple[int, str]:
    """Return status and code of an answer."""
    return answer.status, answer.code


def test_user_without_policies(sign_in: Callable[..., RawClient]) -> None:
    """A user without policies may do nothing but ask who it is."""
    alice = sign_in("alice")

    refused = alice.act("GetUser", UserName="alice")
    alice.version = STS
    identity = alice.act("GetCallerIdentity")

    assert outcome(refused) == NO_PERMISSION
    assert identity.json["IdentityType"] == "RAMUser"


def test_access_denied_detail(emulator: Emulator, sign_in: Callable[..., RawClient]) -> None:
    """A refusal names the action, the principal, the kind of policy and the kind of denial."""
    alice = sign_in("alice")
    implicit = alice.act("ListUsers").json["AccessDeniedDetail"]

    grant(emulator, "alice", deny("ram:ListUsers"))
    explicit = alice.act("ListUsers").json["AccessDeniedDetail"]

    assert implicit.pop("EncodedDiagnosticMessage")
    assert implicit == {
        "AuthAction": "ram:ListUsers",
        "AuthPrincipalType": "SubUser",
        "AuthPrincipalOwnerId": emulator.account_id,
        "AuthPrincipalDisplayName": emulator.state()["users"]["alice"]["user_id"],
        "PolicyType": "AccountLevelIdentityBasedPolicy",
        "NoPermissionType": "ImplicitDeny",
    }
    assert explicit["NoPermissionType"] == "ExplicitDeny"


@pytest.mark.parametrize(
    ("resource", "allowed"),
    [
        ("*", True),
        ("acs:ram:*:*:user/bob", True),
        ("acs:ram:*:{account}:user/bob", True),
        ("acs:ram:*:{account}:user/b*", True),
        ("acs:ram:*:*:user/bo?", True),
        ("acs:ram:*:*:user/*", True),
        ("acs:ram:*:*:user/alice", False),
        ("acs:ram:*:1:user/bob", False),
        ("acs:ram:*:*:group/*", False),
        ("acs:ram:*:*:user/bo", False),
    ],
)
def test_resources(
    emulator: Emulator, sign_in: Callable[..., RawClient], resource: str, allowed: object
) -> None:
    """A permission holds for the resources that its pattern matches, and for no other."""
    alice = sign_in("alice")
    emulator.call("CreateUser", UserName="bob")
    grant(emulator, "alice", allow("ram:GetUser", resource.format(account=emulator.account_id)))

    answer = alice.act("GetUser", UserName="bob")

    assert outcome(answer) == ((200, "") if allowed else NO_PERMISSION)


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        ("ram:GetUser", True),
        ("ram:Get*", True),
        ("ram:*", True),
        ("*", True),
        (["slb:*", "ram:GetUser"], True),
        ("ram:GetUserMFAInfo", False),
        ("ram:getuser", False),
        ("sts:*", False),
    ],
)
def test_actions(
    emulator: Emulator, sign_in: Callable[..., RawClient], action: str, allowed: object
) -> None:
    """A permission holds for the actions that its pattern matches, and for no other."""
    alice = sign_in("alice")
    grant(emulator, "alice", allow(action))

    answer = alice.act("GetUser", UserName="alice")

    assert outcome(answer) == ((200, "") if allowed else NO_PERMISSION)


def test_not_action(emulator: Emulator, sign_in: Callable[..., RawClient]) -> None:
    """NotAction allows everything but what it names."""
    alice = sign_in("alice")
    grant(emulator, "alice", {"Effect": "Allow", "NotAction": "ram:Delete*", "Resource": "*"})

    assert alice.act("GetUser", UserName="alice").status == 200
    assert outcome(alice.act("DeleteUser", UserName="alice")) == NO_PERMISSION


def test_deny_wins(emulator: Emulator, sign_in: Callable[..., RawClient]) -> None:
    """One explicit deny outweighs any number of allows."""
    alice = sign_in("alice")
    emulator.call("AttachPolicyToUser", UserName="alice", **FULL_ACCESS)
    grant(emulator, "alice", deny("ram:DeleteUser"))

    assert alice.act("ListUsers").status == 200
    assert outcome(alice.act("DeleteUser", UserName="alice")) == NO_PERMISSION


def test_group_policies(emulator: Emulator, sign_in: Callable[..., RawClient]) -> None:
    """A member has the permissions of its group until it leaves."""
    alice = sign_in("alice")
    emulator.call("CreateGroup", GroupName="ops")
    emulator.call("AttachPolicyToGroup", GroupName="ops", **READ_ACCESS)
    member = {"UserName": "alice", "GroupName": "ops"}
    before = alice.act("ListUsers")

    emulator.call("AddUserToGroup", **member)
    during = alice.act("ListUsers")
    emulator.call("RemoveUserFromGroup", **member)
    after = alice.act("ListUsers")

    assert [a.status for a in (before, during, after)] == [403, 200, 403]


def test_read_only_policy(emulator: Emulator, sign_in: Callable[..., RawClient]) -> None:
    """The read-only system policy allows to read and nothing else."""
    alice = sign_in("alice")
    emulator.call("AttachPolicyToUser", UserName="alice", **READ_ACCESS)

    assert alice.act("ListAccessKeys", UserName="alice").status == 200
    assert outcome(alice.act("CreateAccessKey", UserName="alice")) == NO_PERMISSION


def test_version_in_force_decides(emulator: Emulator, sign_in: Callable[..., RawClient]) -> None:
    """A new default version of an attached policy holds from the next request on."""
    alice = sign_in("alice")
    grant(emulator, "alice", allow("ram:ListUsers"))

    emulator.call(
        "CreatePolicyVersion",
        PolicyName="p0",
        PolicyDocument=document(allow("ram:ListGroups")),
        SetAsDefault=True,
    )

    assert [alice.act(a).status for a in ("ListUsers", "ListGroups")] == [403, 200]


@pytest.mark.parametrize(
    ("resources", "allowed"),
    [
        (["user/bob", "system:policy/AliyunRAMReadOnlyAccess"], True),
        (["user/bob"], False),
        (["system:policy/AliyunRAMReadOnlyAccess"], False),
    ],
)
def test_attaching_needs_both(
    emulator: Emulator,
    sign_in: Callable[..., RawClient],
    resources: list[str],
    allowed: object,
) -> None:
    """Attaching a policy takes permission on the user and on the policy."""
    alice = sign_in("alice")
    emulator.call("CreateUser", UserName="bob")
    arns = [f"acs:ram:*:{r if ':' in r else f'{emulator.account_id}:{r}'}" for r in resources]
    grant(emulator, "alice", allow("ram:AttachPolicyToUser", arns))

    answer = alice.act("AttachPolicyToUser", UserName="bob", **READ_ACCESS)

    assert outcome(answer) == ((200, "") if allowed else NO_PERMISSION)


@pytest.mark.parametrize(
    ("resources", "allowed"),
    [(["user/bob", "group/ops"], True), (["user/bob"], False), (["group/ops"], False)],
)
def test_membership_needs_both(
    emulator: Emulator,
    sign_in: Callable[..., RawClient],
    resources: list[str],
    allowed: object,
) -> None:
    """Adding a member takes permission on the user and on the group."""
    alice = sign_in("alice")
    emulator.call("CreateUser", UserName="bob")
    emulator.call("CreateGroup", GroupName="ops")
    arns = [f"acs:ram:*:*:{resource}" for resource in resources]
    grant(emulator, "alice", allow("ram:AddUserToGroup", arns))

    answer = alice.act("AddUserToGroup", UserName="bob", GroupName="ops")

    assert outcome(answer) == ((200, "") if allowed else NO_PERMISSION)


def test_own_keys(emulator: Emulator, sign_in: Callable[..., RawClient]) -> None:
    """Without a user name a user acts on its own keys, with permission on itself."""
    alice = sign_in("alice")
    grant(emulator, "alice", allow("ram:*AccessKey*", "acs:ram:*:*:user/alice"))

    created = alice.act("CreateAccessKey").json["AccessKey"]["AccessKeyId"]
    others = alice.act("ListAccessKeys", UserName="bob")

    keys = emulator.state()["users"]["alice"]["access_keys"]
    assert [key["access_key_id"] for key in keys] == [alice.access_key_id, created]
    assert outcome(others) == NO_PERMISSION


def test_permission_comes_before_existence(sign_in: Callable[..., RawClient]) -> None:
    """A caller without permission does not learn whether a user exists."""
    answer = sign_in("alice").act("GetUser", UserName="nobody")

    assert outcome(answer) == NO_PERMISSION


def test_identities(emulator: Emulator, root: RawClient, sign_in: Callable[..., RawClient]) -> None:
    """GetCallerIdentity tells the account from its users."""
    alice = sign_in("alice", STS)
    root.version = STS

    of_root, of_alice = (client.act("GetCallerIdentity").json for client in (root, alice))

    account, user_id = emulator.account_id, emulator.state()["users"]["alice"]["user_id"]
    assert of_root["IdentityType"] == "Account"
    assert of_root["Arn"] == f"acs:ram::{account}:root"
    assert of_root["AccountId"] == of_root["PrincipalId"] == account
    assert of_alice["Arn"] == f"acs:ram::{account}:user/alice"
    assert of_alice["UserId"] == of_alice["PrincipalId"] == user_id


@pytest.fixture
def role_arn(emulator: Emulator) -> str:
    """Create a role that trusts the account and may read RAM; return its ARN."""
    return create_role(emulator, {"RAM": [f"acs:ram::{emulator.account_id}:root"]})


def create_role(
    emulator: Emulator, principal: dict[str, t.Any], condition: dict[str, t.Any] | None = None
) -> str:
    """Create the role `deploy`, which may read RAM; return its ARN."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    if condition:
        trust["Condition"] = condition
    emulator.call("CreateRole", RoleName="deploy", AssumeRolePolicyDocument=document(trust))
    emulator.call("AttachPolicyToRole", RoleName="deploy", **READ_ACCESS)
    return emulator.call("GetRole", RoleName="deploy")["Role"]["Arn"]


@pytest.fixture
def alice(emulator: Emulator, sign_in: Callable[..., RawClient]) -> RawClient:
    """Hand out a client of a user who may assume roles."""
    client = sign_in("alice", STS)
    emulator.call("AttachPolicyToUser", UserName="alice", **ASSUME_ROLE)
    return client


def assume(client: RawClient, role_arn: str, **parameters: str) -> Answer:
    """Assume a role."""
    names = {"RoleArn": role_arn, "RoleSessionName": "ci"}
    return client.act("AssumeRole", **{**names, **parameters})


def session_of(client: RawClient, role_arn: str, **parameters: str) -> RawClient:
    """Return a client that signs with the credentials of the assumed role."""
    credentials = assume(client, role_arn, **parameters).json["Credentials"]
    return type(client)(
        client.host_port,
        credentials["AccessKeyId"],
        credentials["AccessKeySecret"],
        credentials["SecurityToken"],
    )


def test_assumed_role(emulator: Emulator, alice: RawClient, role_arn: str) -> None:
    """Temporary credentials sign in both schemes, with the permissions of the role."""
    session = session_of(alice, role_arn)

    answers = [session.acs3("ListUsers"), session.rpc("ListUsers")]
    refused = session.act("CreateUser", UserName="bob")
    session.version = STS
    identity = session.act("GetCallerIdentity").json

    assert [a.status for a in answers] == [200, 200]
    assert outcome(refused) == NO_PERMISSION
    assert identity["Arn"] == f"acs:ram::{emulator.account_id}:assumed-role/deploy/ci"
    assert identity["PrincipalId"] == f"{identity['RoleId']}:ci"
    assert "UserId" not in identity


def test_answer_of_assume_role(alice: RawClient, role_arn: str) -> None:
    """AssumeRole returns STS credentials and the ARN of the session."""
    answer = assume(alice, role_arn).json

    assert answer["Credentials"]["AccessKeyId"].startswith("STS.")
    assert answer["AssumedRoleUser"]["Arn"] == f"{role_arn}/ci"


def test_security_tokens(alice: RawClient, role_arn: str) -> None:
    """Temporary credentials need their own token, and other keys must not have one."""
    session, other = (session_of(alice, role_arn) for _turn in range(2))
    tokens = {"": "MissingSecurityToken", "made up": "InvalidSecurityToken.Malformed"}
    tokens[other.token or ""] = "InvalidSecurityToken.MismatchWithAccessKey"
    codes = []
    for session.token in tokens:
        codes.append(session.act("ListUsers").code)

    alice.token = other.token
    codes.append(alice.act("GetCallerIdentity").code)

    assert codes == [*tokens.values(), "InvalidSecurityToken.MismatchWithAccessKey"]


def test_expired_session(emulator: Emulator, alice: RawClient, role_arn: str) -> None:
    """Temporary credentials end when the account's clock says so."""
    session = session_of(alice, role_arn, DurationSeconds="900")
    emulator.advance_clock(890)
    before = session.act("ListUsers")

    emulator.advance_clock(20)
    after = session.act("ListUsers")

    assert outcome(before) == (200, "")
    assert outcome(after) == (400, "InvalidSecurityToken.Expired")


def test_session_policy_narrows(alice: RawClient, role_arn: str) -> None:
    """A session policy takes away from what the role may do, and adds nothing."""
    policy = document(allow(["ram:ListGroups", "ram:CreateUser"]))
    session = session_of(alice, role_arn, Policy=policy)

    by_both = session.act("ListGroups")
    by_role = session.act("ListUsers")
    by_session = session.act("CreateUser", UserName="bob")

    assert by_both.status == 200
    assert by_role.json["AccessDeniedDetail"]["PolicyType"] == "SessionPolicy"
    assert by_session.json["AccessDeniedDetail"]["PolicyType"] == "AccountLevelIdentityBasedPolicy"
    assert by_session.json["AccessDeniedDetail"]["AuthPrincipalDisplayName"] == "deploy:ci"


def test_root_assumes_no_role(root: RawClient, role_arn: str) -> None:
    """The account itself cannot assume a role."""
    root.version = STS

    assert outcome(assume(root, role_arn)) == NO_PERMISSION


def test_assuming_needs_permission(sign_in: Callable[..., RawClient], role_arn: str) -> None:
    """A user that the role trusts still needs the permission to assume it."""
    answer = assume(sign_in("bob", STS), role_arn)

    assert outcome(answer) == NO_PERMISSION
    assert answer.json["AccessDeniedDetail"]["AuthAction"] == "sts:AssumeRole"


def test_assuming_needs_permission_on_the_role(
    emulator: Emulator, sign_in: Callable[..., RawClient], role_arn: str
) -> None:
    """The permission to assume another role is of no use."""
    bob, carol = sign_in("bob", STS), sign_in("carol", STS)
    grant(emulator, "bob", allow("sts:AssumeRole", "acs:ram:*:*:role/other"))
    grant(emulator, "carol", allow("sts:AssumeRole", "acs:ram:*:*:role/deploy"))

    assert outcome(assume(bob, role_arn)) == NO_PERMISSION
    assert assume(carol, role_arn).status == 200


@pytest.mark.parametrize(
    ("principal", "status"),
    [
        ({"RAM": "acs:ram::{account}:user/alice"}, 200),
        ({"RAM": ["acs:ram::{account}:user/bob", "acs:ram::{account}:root"]}, 200),
        ({"RAM": "acs:ram::{account}:user/bob"}, 403),
        ({"RAM": "acs:ram::1:root"}, 403),
        ({"Service": "ecs.aliyuncs.com"}, 403),
    ],
)
def test_trust(
    emulator: Emulator, alice: RawClient, principal: dict[str, t.Any], status: int
) -> None:
    """A role is assumed only by those whom its trust policy names."""
    trusted = json.loads(json.dumps(principal).replace("{account}", emulator.account_id))
    role_arn = create_role(emulator, trusted)

    answer = assume(alice, role_arn)

    assert answer.status == status
    if status != 200:
        assert answer.json["AccessDeniedDetail"]["PolicyType"] == "AssumeRolePolicy"


@pytest.mark.parametrize(
    ("parameters", "status"),
    [({}, 403), ({"ExternalId": "wrong"}, 403), ({"ExternalId": "partner-7"}, 200)],
)
def test_external_id(
    emulator: Emulator, alice: RawClient, parameters: dict[str, str], status: int
) -> None:
    """A role that asks for an external id is assumed only with that id."""
    role_arn = create_role(
        emulator,
        {"RAM": f"acs:ram::{emulator.account_id}:root"},
        {"StringEquals": {"sts:ExternalId": "partner-7"}},
    )

    assert assume(alice, role_arn, **parameters).status == status


@pytest.mark.parametrize(
    ("parameters", "status", "code"),
    [
        ({"RoleArn": "deploy"}, 400, "InvalidParameter.RoleArn"),
        ({"RoleArn": "acs:ram::1:role/deploy"}, 404, "EntityNotExist.Role"),
        ({"RoleSessionName": "a"}, 400, "InvalidParameter.RoleSessionName"),
        ({"RoleSessionName": "a b"}, 400, "InvalidParameter.RoleSessionName"),
        ({"DurationSeconds": "899"}, 400, "InvalidParameter.DurationSeconds"),
        ({"DurationSeconds": "3601"}, 400, "InvalidParameter.DurationSeconds"),
        ({"ExternalId": "x"}, 400, "InvalidParameter.ExternalId"),
        ({"Policy": "{}"}, 400, "InvalidParameter.PolicyGrammar"),
        ({"Policy": " " * 2049}, 400, "InvalidParameter.PolicySize"),
    ],
)
def test_values_of_assume_role(
    alice: RawClient, role_arn: str, parameters: dict[str, str], status: int, code: str
) -> None:
    """A parameter of AssumeRole that breaks its rule is refused by name."""
    answer = assume(alice, role_arn, **parameters)

    assert outcome(answer) == (status, code)


def test_sessions_end_with_their_role(emulator: Emulator, alice: RawClient, role_arn: str) -> None:
    """Temporary credentials of a deleted role sign no more."""
    session = session_of(alice, role_arn)
    emulator.call("DetachPolicyFromRole", RoleName="deploy", **READ_ACCESS)

    emulator.call("DeleteRole", RoleName="deploy")

    assert session.act("ListUsers").code == "InvalidAccessKeyId.NotFound"

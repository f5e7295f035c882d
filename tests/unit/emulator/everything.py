# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One life of an account in which every action of RAM has its turn, with all its parameters."""

from __future__ import annotations

import json
import time
import typing as t

from emulator.totp import TOTP_STEP_SECONDS, totp

if t.TYPE_CHECKING:
    from emulator import Emulator

Answer = dict[str, t.Any]
PASSWORD = "Correct-Horse-7"
TAG = [{"Key": "team", "Value": "blue"}]
SERVICE = "actiontrail.aliyuncs.com"
DOCUMENT = json.dumps(
    {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "oss:*", "Resource": "*"}]}
)
TRUST = json.dumps(
    {
        "Version": "1",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": "ecs.aliyuncs.com"},
            }
        ],
    }
)


class Do(t.Protocol):
    """Calls an action by some client and returns its answer."""

    def __call__(self, action: str, /, **parameters: t.Any) -> Answer:
        """Call the action; `as_user` in `parameters` is a key to sign with instead."""


def live(do: Do, emulator: Emulator) -> None:
    """Call every action, most with everything that they take."""
    _make_users(do)
    key_id, secret = _use_keys(do, emulator)
    _log_on(do, key_id, secret)
    _make_groups(do)
    _make_policies(do)
    _make_roles(do)
    _attach(do, "User", "alice")
    _attach(do, "Group", "ops")
    _attach(do, "Role", "deploy")
    _tag(do)
    _set_account(do, emulator, key_id, secret)
    _take_down(do, key_id)


def _make_users(do: Do) -> None:
    person = {"DisplayName": "A", "MobilePhone": "86-1860000", "Email": "a@b.cd", "Comments": "c"}
    for name in ("alice", "bob", "carol"):
        do("CreateUser", UserName=name, **person)
    page = do("ListUsers", MaxItems=1)
    do("ListUsers", MaxItems=1, Marker=page["Marker"])
    new = {f"New{name}": value for name, value in person.items()}
    do("UpdateUser", UserName="carol", NewUserName="dave", **new)
    do("GetUser", UserName="alice")
    do("DeleteUser", UserName="dave")


def _use_keys(do: Do, emulator: Emulator) -> tuple[str, str]:
    key = do("CreateAccessKey", UserName="alice")["AccessKey"]
    named = {"UserName": "alice", "UserAccessKeyId": key["AccessKeyId"]}
    emulator.set_past(
        users=[
            {
                "name": "alice",
                "last_login": "1d",
                "access_keys": [{"access_key_id": key["AccessKeyId"], "last_used": "1d"}],
            }
        ]
    )
    do("GetUser", UserName="alice")
    do("UpdateAccessKey", Status="Active", **named)
    do("ListAccessKeys", UserName="alice")
    do("GetAccessKeyLastUsed", **named)
    return key["AccessKeyId"], key["AccessKeySecret"]


def _log_on(do: Do, key_id: str, secret: str) -> None:
    flags = {"PasswordResetRequired": False, "MFABindRequired": False}
    do("CreateLoginProfile", UserName="alice", Password=PASSWORD, **flags)
    do("GetLoginProfile", UserName="alice")
    do("UpdateLoginProfile", UserName="alice", Password=f"{PASSWORD}1", **flags)
    passwords = {"OldPassword": f"{PASSWORD}1", "NewPassword": f"{PASSWORD}2"}
    do("ChangePassword", as_user=(key_id, secret), **passwords)
    device = do("CreateVirtualMFADevice", VirtualMFADeviceName="alice")["VirtualMFADevice"]
    step = int(time.time()) // TOTP_STEP_SECONDS
    do(
        "BindMFADevice",
        UserName="alice",
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1=totp(device["Base32StringSeed"], step),
        AuthenticationCode2=totp(device["Base32StringSeed"], step + 1),
    )
    do("GetUserMFAInfo", UserName="alice")
    do("ListVirtualMFADevices")
    do("UnbindMFADevice", UserName="alice")
    do("DeleteVirtualMFADevice", SerialNumber=device["SerialNumber"])


def _make_groups(do: Do) -> None:
    for name in ("dev", "test"):
        do("CreateGroup", GroupName=name, Comments="c")
    do("UpdateGroup", GroupName="dev", NewGroupName="ops", NewComments="d")
    do("GetGroup", GroupName="ops")
    page = do("ListGroups", MaxItems=1)
    do("ListGroups", MaxItems=1, Marker=page["Marker"])
    for name in ("alice", "bob"):
        do("AddUserToGroup", UserName=name, GroupName="ops")
    do("ListGroupsForUser", UserName="alice")
    page = do("ListUsersForGroup", GroupName="ops", MaxItems=1)
    do("ListUsersForGroup", GroupName="ops", MaxItems=1, Marker=page["Marker"])


def _make_policies(do: Do) -> None:
    for name in ("p", "q"):
        do("CreatePolicy", PolicyName=name, PolicyDocument=DOCUMENT, Description="d", Tag=TAG)
    p = {"PolicyName": "p", "PolicyType": "Custom"}
    do("UpdatePolicyDescription", PolicyName="p", NewDescription="e")
    do(
        "CreatePolicyVersion",
        PolicyName="p",
        PolicyDocument=DOCUMENT,
        SetAsDefault=False,
        RotateStrategy="None",
    )
    do("SetDefaultPolicyVersion", PolicyName="p", VersionId="v2")
    do("GetPolicyVersion", VersionId="v1", **p)
    do("ListPolicyVersions", **p)
    do("DeletePolicyVersion", PolicyName="p", VersionId="v1")
    do("GetPolicy", **p)
    page = do("ListPolicies", PolicyType="Custom", MaxItems=1, Tag=TAG)
    do("ListPolicies", PolicyType="Custom", MaxItems=1, Tag=TAG, Marker=page["Marker"])


def _make_roles(do: Do) -> None:
    for name in ("deploy", "build"):
        do(
            "CreateRole",
            RoleName=name,
            AssumeRolePolicyDocument=TRUST,
            Description="d",
            MaxSessionDuration=7200,
            AllowConsoleLogin=True,
            Tag=TAG,
        )
    do(
        "UpdateRole",
        RoleName="deploy",
        NewAssumeRolePolicyDocument=TRUST,
        NewDescription="e",
        NewMaxSessionDuration=3600,
        NewAllowConsoleLogin=False,
    )
    do("GetRole", RoleName="deploy")
    page = do("ListRoles", MaxItems=1, Tag=TAG)
    do("ListRoles", MaxItems=1, Tag=TAG, Marker=page["Marker"])
    do("GetServiceLinkedRoleTemplate", ServiceName=SERVICE)
    role = do("CreateServiceLinkedRole", ServiceName=SERVICE, Description="d")["Role"]
    do("DeleteServiceLinkedRole", RoleName=role["RoleName"])
    do("GetRole", RoleName=role["RoleName"])


def _attach(do: Do, kind: str, name: str) -> None:
    p = {"PolicyName": "p", "PolicyType": "Custom"}
    named = {f"{kind}Name": name, **p}
    do(f"AttachPolicyTo{kind}", **named)
    do(f"ListPoliciesFor{kind}", **{f"{kind}Name": name})
    if kind == "Role":
        do("ListEntitiesForPolicy", **p)
    do(f"AttachPolicyTo{kind}", ResourceGroupId="rg-1", **named)
    do(f"DetachPolicyFrom{kind}", ResourceGroupId="rg-1", **named)


def _tag(do: Do) -> None:
    roles = {"ResourceType": "role", "ResourceNames": ["deploy", "build"]}
    do("TagResources", Tag=TAG, **roles)
    page = do("ListTagResources", PageSize=1, Tag=TAG, **roles)
    do("ListTagResources", PageSize=1, Tag=TAG, NextToken=page["NextToken"], **roles)
    do("UntagResources", TagKeys=["team"], All=True, **roles)


def _set_account(do: Do, emulator: Emulator, key_id: str, secret: str) -> None:
    do("SetAccountAlias", AccountAlias="my-company")
    do("GetAccountAlias")
    do("ClearAccountAlias")
    do(
        "SetPasswordPolicy",
        MinimumPasswordLength=10,
        RequireLowercaseCharacters=True,
        RequireUppercaseCharacters=True,
        RequireNumbers=True,
        RequireSymbols=True,
        HardExpiry=True,
        MaxPasswordAge=90,
        PasswordReusePrevention=3,
        MaxLoginAttemps=5,
    )
    do("GetPasswordPolicy")
    do(
        "SetSecurityPreference",
        AllowUserToChangePassword=True,
        AllowUserToManageAccessKeys=False,
        AllowUserToManageMFADevices=True,
        AllowUserToManagePublicKeys=True,
        EnableSaveMFATicket=True,
        LoginNetworkMasks="10.0.0.0/8",
        LoginSessionDuration=8,
    )
    do("GetSecurityPreference")
    message = _be_refused(do, emulator, key_id, secret)
    do("DecodeDiagnosticMessage", EncodedDiagnosticMessage=message)


def _be_refused(do: Do, emulator: Emulator, key_id: str, secret: str) -> str:
    """Return the message that comes with a refusal by a policy."""
    deny = {"Effect": "Deny", "Action": "ram:ListUsers", "Resource": "*"}
    document = {"Version": "1", "Statement": [deny]}
    emulator.call("CreatePolicy", PolicyName="deny", PolicyDocument=document)
    attached = {"UserName": "alice", "PolicyName": "deny", "PolicyType": "Custom"}
    emulator.call("AttachPolicyToUser", **attached)
    refused = do("ListUsers", as_user=(key_id, secret))
    return str(refused["AccessDeniedDetail"]["EncodedDiagnosticMessage"])


def _take_down(do: Do, key_id: str) -> None:
    for kind, name in (("User", "alice"), ("Group", "ops"), ("Role", "deploy")):
        names = {f"{kind}Name": name, "PolicyName": "p", "PolicyType": "Custom"}
        do(f"DetachPolicyFrom{kind}", **names)
    for name in ("alice", "bob"):
        do("RemoveUserFromGroup", UserName=name, GroupName="ops")
    do("DeleteAccessKey", UserName="alice", UserAccessKeyId=key_id)
    do("DeleteLoginProfile", UserName="alice")
    do("DeleteGroup", GroupName="ops")
    do("DeleteRole", RoleName="deploy")
    do("DeletePolicy", PolicyName="p", CascadingDelete=True)

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One life of an account in which every action of IMS has its turn, with all its parameters."""

from __future__ import annotations

import base64
import json
import time
import typing as t

from emulator.totp import TOTP_STEP_SECONDS, totp

if t.TYPE_CHECKING:
    from emulator import Emulator

    from .everything import Do

Names = dict[str, str]
PASSWORD = "Correct-Horse-7"
TAG = [{"Key": "team", "Value": "blue"}]
NETWORKS = json.dumps(
    {
        "Version": 1,
        "Status": "Active",
        "Statements": [{"Type": "ClassicWhiteList", "IPList": ["127.0.0.0/8"]}],
    }
)
METADATA = base64.b64encode(b"<EntityDescriptor/>").decode()
PASSWORD_POLICY = {
    "MinimumPasswordLength": 10,
    "RequireLowercaseCharacters": True,
    "RequireUppercaseCharacters": True,
    "RequireNumbers": True,
    "RequireSymbols": True,
    "HardExpire": True,
    "MaxPasswordAge": 90,
    "PasswordReusePrevention": 3,
    "MaxLoginAttemps": 5,
    "MinimumPasswordDifferentCharacter": 4,
    "PasswordNotContainUserName": True,
    "InitialPasswordAge": 14,
    "InterceptRiskPasswordOnApi": True,
}
SECURITY_PREFERENCE = {
    "AllowUserToChangePassword": True,
    "AllowUserToLoginWithPasskey": True,
    "AllowUserToManageAccessKeys": False,
    "AllowUserToManageMFADevices": True,
    "AllowUserToManagePersonalDingTalk": True,
    "AllowUserToManageServiceCredentials": False,
    "EnableSaveMFATicket": True,
    "LoginNetworkMasks": "10.0.0.0/8",
    "LoginSessionDuration": 8,
    "MFAOperationForLogin": "adaptive",
    "OperationForRiskLogin": "autonomous",
    "VerificationTypes": ["sms"],
    "MaxIdleDaysForUsers": 90,
    "MaxIdleDaysForAccessKeys": 180,
}
# Of these a call takes one only.
EXCLUSIVE = {
    "GetUser": {"UserPrincipalName", "UserId", "UserAccessKeyId"},
    "UpdateUser": {"UserPrincipalName", "UserId"},
    "DeleteUser": {"UserPrincipalName", "UserId"},
    "ListUserBasicInfos": {"Status", "Tag"},
    "GetUserInRecycleBin": {"UserId", "UserAccessKeyId"},
    "ListServiceCredentials": {"AllUsers", "UserPrincipalName"},
    "TagResources": {"ResourceId", "ResourcePrincipalName"},
    "UntagResources": {"ResourceId", "ResourcePrincipalName"},
    "ListTagResources": {"ResourceId", "ResourcePrincipalName"},
}


def live(do: Do, emulator: Emulator) -> None:
    """Call every action, most with everything that they take."""
    alice = {"UserPrincipalName": f"alice@{emulator.account_id}.onaliyun.com"}
    user_id = _make_users(do, emulator)
    key = _use_keys(do, emulator, alice)
    _log_on(do, alice, key)
    _bind_mfa(do, alice)
    _make_groups(do, emulator)
    _tag(do, alice, user_id)
    _make_service_credentials(do, alice)
    _make_providers(do)
    _set_account(do)
    _report(do, emulator)
    _throw_away(do, alice, user_id, key[0])


def _make_users(do: Do, emulator: Emulator) -> str:
    person = {"DisplayName": "A", "MobilePhone": "86-1860000", "Email": "a@b.cd", "Comments": "c"}
    domain = f"{emulator.account_id}.onaliyun.com"
    users = [
        do("CreateUser", UserPrincipalName=f"{name}@{domain}", Tag=TAG, **person)["User"]
        for name in ("alice", "bob", "carol")
    ]
    listings: list[tuple[str, dict[str, t.Any]]] = [
        ("ListUsers", {"Tag": TAG, "Status": "active"}),
        ("ListUserBasicInfos", {"Tag": TAG}),
        ("ListUserBasicInfos", {"Status": "active,freeze"}),
    ]
    for action, given in listings:
        page = do(action, MaxItems=1, **given)
        do(action, MaxItems=1, Marker=page["Marker"], **given)
    new = {f"New{name}": value for name, value in person.items()}
    dave = f"dave@{domain}"
    carol = users[2]["UserId"]
    do("UpdateUser", UserId=carol, NewUserPrincipalName=dave, **new)
    do("UpdateUser", UserPrincipalName=dave, NewUserPrincipalName=dave, **new)
    do("GetUser", UserPrincipalName=dave)
    do("GetUser", UserId=carol)
    do("DeleteUser", UserPrincipalName=dave)
    do("DeleteUser", UserId=users[1]["UserId"])
    page = do("ListUsersInRecycleBin", MaxItems=1)
    do("ListUsersInRecycleBin", MaxItems=1, Marker=page["Marker"], Filter="")
    return str(users[0]["UserId"])


def _use_keys(do: Do, emulator: Emulator, alice: Names) -> tuple[str, str]:
    key = do("CreateAccessKey", **alice)["AccessKey"]
    named = {**alice, "UserAccessKeyId": key["AccessKeyId"]}
    past = {"access_key_id": key["AccessKeyId"], "last_used": "1d"}
    emulator.set_past(users=[{"name": "alice", "last_login": "1d", "access_keys": [past]}])
    do("GetUser", UserAccessKeyId=key["AccessKeyId"])
    do("UpdateAccessKey", Status="Active", **named)
    do("ListAccessKeys", **alice)
    do("GetAccessKeyLastUsed", **named)
    do("SetAccessKeyPolicy", AccessKeyPolicy=NETWORKS, **named)
    do("GetAccessKeyPolicy", **named)
    do("SetAccessKeyPolicyForAccount", AccessKeyPolicy=NETWORKS)
    do("GetAccessKeyPolicyForAccount")
    return key["AccessKeyId"], key["AccessKeySecret"]


def _log_on(do: Do, alice: Names, key: tuple[str, str]) -> None:
    flags = {"PasswordResetRequired": False, "MFABindRequired": False, "Status": "Active"}
    do("CreateLoginProfile", Password=PASSWORD, **alice, **flags)
    do("GetLoginProfile", **alice)
    do("UpdateLoginProfile", Password=f"{PASSWORD}1", **alice, **flags)
    passwords = {"OldPassword": f"{PASSWORD}1", "NewPassword": f"{PASSWORD}2"}
    do("ChangePassword", as_user=key, **passwords)


def _bind_mfa(do: Do, alice: Names) -> None:
    serials = []
    for name in ("one", "two"):
        device = do("CreateVirtualMFADevice", VirtualMFADeviceName=name)["VirtualMFADevice"]
        serials.append(device["SerialNumber"])
        step = int(time.time()) // TOTP_STEP_SECONDS
        do(
            "BindMFADevice",
            SerialNumber=serials[-1],
            AuthenticationCode1=totp(device["Base32StringSeed"], step),
            AuthenticationCode2=totp(device["Base32StringSeed"], step + 1),
            **alice,
        )
        if name == "one":
            do("UnbindMFADevice", **alice)
    do("GetUserMFAInfo", **alice)
    page = do("ListVirtualMFADevices", MaxItems=1)
    do("ListVirtualMFADevices", MaxItems=1, Marker=page["Marker"])
    do("DeleteVirtualMFADevice", SerialNumber=serials[0])
    do("DisableVirtualMFA", **alice)


def _make_groups(do: Do, emulator: Emulator) -> None:
    for name in ("dev", "test"):
        do("CreateGroup", GroupName=name, DisplayName="d", Comments="c")
    do("UpdateGroup", GroupName="dev", NewGroupName="ops", NewDisplayName="e", NewComments="d")
    do("GetGroup", GroupName="ops")
    page = do("ListGroups", MaxItems=1)
    do("ListGroups", MaxItems=1, Marker=page["Marker"])
    emulator.call("CreateUser", UserName="erin")
    members = [
        {
            "UserPrincipalName": f"{name}@{emulator.account_id}.onaliyun.com",
            "GroupName": "ops",
        }
        for name in ("alice", "erin")
    ]
    for member in members:
        do("AddUserToGroup", **member)
    do("ListGroupsForUser", UserPrincipalName=members[0]["UserPrincipalName"])
    page = do("ListUsersForGroup", GroupName="ops", MaxItems=1)
    do("ListUsersForGroup", GroupName="ops", MaxItems=1, Marker=page["Marker"])
    for member in members:
        do("RemoveUserFromGroup", **member)
    do("DeleteGroup", GroupName="ops")


def _tag(do: Do, alice: Names, user_id: str) -> None:
    more = [*TAG, {"Key": "env", "Value": "x"}]
    for selection in (
        {"ResourceId": [user_id]},
        {"ResourcePrincipalName": [alice["UserPrincipalName"]]},
    ):
        named = {"ResourceType": "user", **selection}
        do("TagResources", Tag=more, **named)
        page = do("ListTagResources", PageSize=1, Tag=more, **named)
        do("ListTagResources", PageSize=1, Tag=more, NextToken=page["NextToken"], **named)
        do("UntagResources", TagKey=["team"], All=False, **named)


def _make_service_credentials(do: Do, alice: Names) -> None:
    new = {"ServiceName": "x", "CredentialAgeDays": 30, **alice}
    for name in ("one", "two"):
        credential = do("CreateServiceCredential", ServiceCredentialName=name, **new)
    named = {
        **alice,
        "ServiceCredentialId": credential["ServiceCredential"]["ServiceCredentialId"],
    }
    do("GetServiceCredential", **named)
    for given in (alice, {"AllUsers": True}):
        page = {"ServiceName": "x", "MaxResults": 1, **given}
        token = do("ListServiceCredentials", **page)["NextToken"]
        do("ListServiceCredentials", NextToken=token, **page)
    do("UpdateServiceCredential", Status="Inactive", ServiceCredentialName="three", **named)
    do("DeleteServiceCredential", **named)


def _make_providers(do: Do) -> None:
    for name in ("one", "two"):
        do(
            "CreateOIDCProvider",
            OIDCProviderName=name,
            IssuerUrl=f"https://{name}.example.com",
            Description="d",
            ClientIds="a,b",
            Fingerprints="ab",
            IssuanceLimitTime=6,
        )
        document = {"EncodedSAMLMetadataDocument": METADATA, "AuthnSignAlgo": "rsa-sha256"}
        do("CreateSAMLProvider", SAMLProviderName=name, Description="d", **document)
    for kind in ("OIDC", "SAML"):
        page = do(f"List{kind}Providers", MaxItems=1)
        do(f"List{kind}Providers", MaxItems=1, Marker=page["Marker"])
    _change_providers(do, {"OIDCProviderName": "one"}, {"SAMLProviderName": "one"})


def _change_providers(do: Do, oidc: Names, saml: Names) -> None:
    do("GetOIDCProvider", **oidc)
    do("UpdateOIDCProvider", NewDescription="e", ClientIds="c", IssuanceLimitTime=7, **oidc)
    for item, value in (("ClientId", "d"), ("Fingerprint", "cd")):
        do(f"Add{item}ToOIDCProvider", **{item: value}, **oidc)
        do(f"Remove{item}FromOIDCProvider", **{item: value}, **oidc)
    do("DeleteOIDCProvider", **oidc)
    do("GetSAMLProvider", **saml)
    document = {"NewEncodedSAMLMetadataDocument": METADATA, "AuthnSignAlgo": "rsa-sha1"}
    do("UpdateSAMLProvider", NewDescription="e", **document, **saml)
    do("DeleteSAMLProvider", **saml)


def _set_account(do: Do) -> None:
    do("SetPasswordPolicy", **PASSWORD_POLICY)
    do("SetSecurityPreference", **SECURITY_PREFERENCE)
    for name in ("PasswordPolicy", "SecurityPreference", "AccountMFAInfo", "AccountSummary"):
        do(f"Get{name}")
    do("GetAccountSecurityPracticeReport")
    domain = do("GetDefaultDomain")["DefaultDomainName"]
    do("SetDefaultDomain", DefaultDomainName=domain)


def _report(do: Do, emulator: Emulator) -> None:
    do("GenerateCredentialReport")
    emulator.advance_clock(1)
    page = do("GetCredentialReport", MaxItems="1")
    do("GetCredentialReport", MaxItems="1", NextToken=page["NextToken"])


def _throw_away(do: Do, alice: Names, user_id: str, key_id: str) -> None:
    key = {"UserId": user_id, "UserAccessKeyId": key_id}
    do("DeleteLoginProfile", **alice)
    do("DeleteAccessKey", UserAccessKeyId=key_id, **alice)
    do("ListAccessKeysInRecycleBin", UserId=user_id)
    do("GetAccessKeyInfoInRecycleBin", UserAccessKeyId=key_id)
    do("RestoreAccessKeyFromRecycleBin", **key)
    do("DeleteAccessKey", UserAccessKeyId=key_id, **alice)
    do("DeleteUser", **alice)
    do("GetUserInRecycleBin", UserId=user_id)
    do("GetUserInRecycleBin", UserAccessKeyId=key_id)
    do("RestoreUserFromRecycleBin", UserId=user_id)
    do("DeleteAccessKeyInRecycleBin", **key)
    do("DeleteUser", UserId=user_id)
    do("DeleteUserInRecycleBin", UserId=user_id)

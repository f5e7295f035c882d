# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fill accounts with what a seed says, by the API's own actions, so that its rules hold."""

from __future__ import annotations

import json
import typing as t

from ..actions.call import Call, Origin
from ..actions.service import IMS, RAM
from ..cloud.entities import CUSTOM, INACTIVE, SYSTEM, U2F, AccessKey, Caller, MfaDevice
from ..errors import ApiError
from .directory import plant_directory
from .kinds import SeedError, date_of
from .past import set_key_past, set_root_past, set_user_past

if t.TYPE_CHECKING:
    from ..actions.service import Service
    from ..cloud.account import Account
    from ..cloud.cloud import Cloud
    from ..cloud.entities import User
    from .kinds import Record

ORIGIN = Origin("127.0.0.1", is_secure=False)


def sow(cloud: Cloud, seed: Record) -> None:
    """Fill a new cloud; the same seed gives the same ids. SeedError names what breaks a rule."""
    cloud.ids.repeat_from(cloud.management.account_id)
    fill_account(cloud.management, seed)
    if "organization" in seed:
        organization = seed["organization"]
        cloud.ids.repeat_from("directory")
        directory = plant_directory(cloud, organization)
        for raw in organization.get("members", []):
            account = directory.members[raw["account_id"]].account
            cloud.ids.repeat_from(account.account_id)
            if raw.get("access_role", True):
                _create_access_role(cloud, account)
            fill_account(account, raw)
        _create_operator(cloud)
    cloud.ids.surprise()


def fill_account(account: Account, raw: Record) -> None:
    """Create what an account holds."""
    if "alias" in raw:
        _act(account, "SetAccountAlias", AccountAlias=raw["alias"])
    set_root_past(account, raw)
    account.has_mfa = raw.get("mfa", False)
    for policy in raw.get("policies", []):
        _create_policy(account, policy)
    for group in raw.get("groups", []):
        _create_group(account, group)
    for role in raw.get("roles", []):
        _create_role(account, role)
    for user in raw.get("users", []):
        _create_user(account, user)
    for provider in raw.get("oidc_providers", []):
        _create_oidc_provider(account, provider)


def _act(account: Account, action: str, *, service: Service = RAM, **parameters: t.Any) -> Record:
    """Do an action for the account itself; a parameter that is None is left out."""
    texts = {name: _as_text(value) for name, value in parameters.items() if value is not None}
    try:
        return service.actions[action].run(Call(Caller("", account), texts, ORIGIN))
    except ApiError as error:
        names = ", ".join(text for name, text in texts.items() if name.endswith("Name"))
        raise SeedError(f"{action} {names}: {error}") from None


def _as_text(value: t.Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)


def _as_numbered_tags(tags: dict[str, str]) -> dict[str, str]:
    return {
        f"Tag.{number}.{field}": text
        for number, pair in enumerate(tags.items(), 1)
        for field, text in zip(("Key", "Value"), pair, strict=True)
    }


def _as_tags(tags: dict[str, str] | None) -> list[Record] | None:
    return [{"Key": key, "Value": value} for key, value in tags.items()] if tags else None


def _create_policy(account: Account, raw: Record) -> None:
    _act(
        account,
        "CreatePolicy",
        PolicyName=raw["name"],
        PolicyDocument=raw["document"],
        Description=raw.get("description"),
        Tag=_as_tags(raw.get("tags")),
    )
    policy = account.custom_policies.find(raw["name"])
    if policy and "created" in raw:
        policy.create_date = policy.update_date = date_of(raw["created"], account.clock.now())


def _create_group(account: Account, raw: Record) -> None:
    _act(account, "CreateGroup", GroupName=raw["name"], Comments=raw.get("comments"))
    _attach(account, "Group", raw)
    group = account.groups.find(raw["name"])
    if group and "created" in raw:
        group.create_date = group.update_date = date_of(raw["created"], account.clock.now())


def _create_role(account: Account, raw: Record) -> None:
    _act(
        account,
        "CreateRole",
        RoleName=raw["name"],
        AssumeRolePolicyDocument=raw["trust_policy"],
        Description=raw.get("description"),
        MaxSessionDuration=raw.get("max_session_duration"),
        Tag=_as_tags(raw.get("tags")),
    )
    _attach(account, "Role", raw)
    role = account.roles.find(raw["name"])
    if role and "created" in raw:
        role.create_date = role.update_date = date_of(raw["created"], account.clock.now())


def _attach(account: Account, kind: str, raw: Record) -> None:
    for name in raw.get("policies", []):
        policy_type = CUSTOM if account.custom_policies.find(name) else SYSTEM
        names = {f"{kind}Name": raw["name"], "PolicyName": name, "PolicyType": policy_type}
        _act(account, f"AttachPolicyTo{kind}", **names)


def _create_user(account: Account, raw: Record) -> User:
    name = raw["name"]
    _act(
        account,
        "CreateUser",
        UserName=name,
        DisplayName=raw.get("display_name"),
        Comments=raw.get("comments"),
        Email=raw.get("email"),
        MobilePhone=raw.get("mobile_phone"),
    )
    user = account.users.find(name)
    if user is None:
        raise SeedError(f"{name} was not made")
    if raw.get("tags"):
        tagged = {"ResourceId.1": user.user_id, **_as_numbered_tags(raw["tags"])}
        _act(account, "TagResources", service=IMS, ResourceType="user", **tagged)
    user.status = raw.get("status", user.status)
    for group in raw.get("groups", []):
        _act(account, "AddUserToGroup", UserName=name, GroupName=group)
    _attach(account, "User", raw)
    _let_log_on(account, user, raw)
    set_user_past(account, user, raw)
    for key in raw.get("access_keys", []):
        _create_key(account, user, key)
    return user


def _let_log_on(account: Account, user: User, raw: Record) -> None:
    if profile := raw.get("login_profile"):
        _act(
            account,
            "CreateLoginProfile",
            service=IMS,
            UserPrincipalName=f"{user.name}@{account.domain}",
            Password=profile["password"],
            PasswordResetRequired=profile.get("password_reset_required"),
            MFABindRequired=profile.get("mfa_bind_required"),
            Status=profile.get("status"),
        )
    if raw.get("mfa") == U2F:
        _bind_hardware_key(account, user, raw)
    elif raw.get("mfa"):
        _act(account, "CreateVirtualMFADevice", VirtualMFADeviceName=user.name.replace("_", "-"))
        device = account.mfa_devices.find(user.name.replace("_", "-"))
        if device:
            device.user, user.mfa_device = user, device
            device.activate_date = date_of(raw.get("created", "0s"), account.clock.now())


def _bind_hardware_key(account: Account, user: User, raw: Record) -> None:
    """Give a user what nobody can make or bind through the API."""
    name = f"u2f-{user.name}"
    user.mfa_device = MfaDevice(
        name=name,
        create_date=account.clock.timestamp(),
        serial_number=account.arn(f"mfa/{name}"),
        seed="",
        kind=U2F,
        user=user,
        activate_date=date_of(raw.get("created", "0s"), account.clock.now()),
    )


def _create_oidc_provider(account: Account, raw: Record) -> None:
    _act(
        account,
        "CreateOIDCProvider",
        service=IMS,
        OIDCProviderName=raw["name"],
        IssuerUrl=raw["issuer_url"],
        ClientIds=",".join(raw["client_ids"]),
        Fingerprints=",".join(raw.get("fingerprints", [])),
        IssuanceLimitTime=raw.get("issuance_limit_hours"),
    )


def _create_key(account: Account, user: User, raw: Record) -> None:
    made = _act(account, "CreateAccessKey", UserName=user.name)["AccessKey"]
    key = user.access_keys[made["AccessKeyId"]]
    if raw.get("status") == INACTIVE:
        _act(
            account,
            "UpdateAccessKey",
            UserName=user.name,
            UserAccessKeyId=key.access_key_id,
            Status=INACTIVE,
        )
    if "network_policy" in raw:
        _act(
            account,
            "SetAccessKeyPolicy",
            service=IMS,
            UserPrincipalName=f"{user.name}@{account.domain}",
            UserAccessKeyId=key.access_key_id,
            AccessKeyPolicy=raw["network_policy"],
        )
    set_key_past(account, key, raw)


ACCESS_ROLE = "ResourceDirectoryAccountAccessRole"
OPERATOR = "directory-operator"


def _create_access_role(cloud: Cloud, account: Account) -> None:
    """Give a member the role by which its management account comes in."""
    trusted = {"RAM": [cloud.management.arn("root")]}
    statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": trusted}
    _create_role(
        account,
        {
            "name": ACCESS_ROLE,
            "trust_policy": {"Statement": [statement], "Version": "1"},
            "policies": ["AdministratorAccess"],
        },
    )


def _create_operator(cloud: Cloud) -> None:
    """Make the user who reads the directory and enters members: the account itself may not."""
    policies = ["AliyunSTSAssumeRoleAccess", "AliyunResourceDirectoryReadOnlyAccess"]
    user = _create_user(cloud.management, {"name": OPERATOR, "policies": policies})
    key = cloud.settings.operator or cloud.ids.credentials()
    cloud.management.add_access_key(
        AccessKey(
            key.access_key_id,
            key.access_key_secret,
            cloud.management,
            user,
            cloud.clock.timestamp(),
        )
    )

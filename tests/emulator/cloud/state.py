# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole account as plain data, secrets included: the oracle of the tests."""

from __future__ import annotations

import typing as t
from dataclasses import asdict

if t.TYPE_CHECKING:
    from .account import Account
    from .entities import AccessKey, Group, MfaDevice, Policy, Principal, Role, User
    from .service_credentials import ServiceCredential

State = dict[str, t.Any]


def describe_account(account: Account) -> State:
    """Return everything that the account holds, and every secret that it has ever handed out."""
    return {
        "account_id": account.account_id,
        "account_ids": list(account.cloud.accounts),
        "alias": account.alias,
        "network_policy": account.network_policy,
        "password_policy": asdict(account.password_policy),
        "security_preference": asdict(account.security_preference),
        "root": {"access_keys": [_access_key(key) for key in account.root_keys.values()]},
        "users": {user.name: _user(user) for user in account.users},
        "groups": {group.name: _group(group) for group in account.groups},
        "policies": {policy.name: _policy(policy) for policy in account.custom_policies},
        "roles": {role.name: _role(role) for role in account.roles},
        "recycle_bin": {
            "users": [item.thing.name for item in account.recycle_bin.users().values()],
            "access_keys": list(account.recycle_bin.keys()),
        },
        "service_credentials": {
            credential.credential_id: _service_credential(credential)
            for credential in account.service_credentials.values()
        },
        "oidc_providers": {provider.name: asdict(provider) for provider in account.oidc_providers},
        "saml_providers": {provider.name: asdict(provider) for provider in account.saml_providers},
        "mfa_devices": {device.name: _mfa_device(device) for device in account.mfa_devices},
        "secrets": list(account.cloud.secrets),
    }


def _access_key(key: AccessKey) -> State:
    return {
        "access_key_id": key.access_key_id,
        "access_key_secret": key.secret,
        "status": key.status,
        "create_date": key.create_date,
        # The truth, which the API tells later.
        "last_used_date": max(key.uses, default=""),
        "network_policy": key.network_policy,
    }


def _user(user: User) -> State:
    profile = user.login_profile
    return {
        "user_id": user.user_id,
        "user_name": user.name,
        "display_name": user.display_name,
        "mobile_phone": user.mobile_phone,
        "email": user.email,
        "comments": user.comments,
        "create_date": user.create_date,
        "update_date": user.update_date,
        "last_login_date": user.last_login_date,
        "status": user.status,
        "tags": dict(user.tags),
        "access_keys": [_access_key(key) for key in user.access_keys.values()],
        "groups": [group.name for group in user.groups],
        "policies": _attached(user),
        "mfa_device": user.mfa_device.serial_number if user.mfa_device else None,
        "login_profile": profile
        and {
            "password": profile.password,
            "password_reset_required": profile.password_reset_required,
            "mfa_bind_required": profile.mfa_bind_required,
            "status": profile.status,
            "create_date": profile.create_date,
            "password_date": profile.password_date,
        },
    }


def _group(group: Group) -> State:
    return {
        "group_id": group.group_id,
        "comments": group.comments,
        "create_date": group.create_date,
        "update_date": group.update_date,
        "users": [user.name for user in group.members],
        "policies": _attached(group),
    }


def _policy(policy: Policy) -> State:
    return {
        "description": policy.description,
        "default_version": policy.default_version,
        "versions": {version.version_id: version.document for version in policy.versions.values()},
        "attachment_count": len(policy.attachments) + len(policy.scoped_attachments),
        "tags": dict(policy.tags),
        "create_date": policy.create_date,
        "update_date": policy.update_date,
    }


def _role(role: Role) -> State:
    return {
        "role_id": role.role_id,
        "arn": role.arn,
        "description": role.description,
        "assume_role_policy_document": role.trust_document,
        "max_session_duration": role.max_session_duration,
        "allow_console_login": role.allow_console_login,
        "create_date": role.create_date,
        "tags": dict(role.tags),
        "policies": _attached(role),
    }


def _service_credential(credential: ServiceCredential) -> State:
    return {
        "name": credential.name,
        "secret": credential.secret,
        "service": credential.service,
        "user": credential.owner.name if credential.owner else None,
        "status": credential.set_status,
    }


def _mfa_device(device: MfaDevice) -> State:
    return {
        "serial_number": device.serial_number,
        "seed": device.seed,
        "user": device.user.name if device.user else None,
    }


def _attached(principal: Principal) -> list[State]:
    return [{"name": policy.name, "type": policy.policy_type} for policy in principal.policies]

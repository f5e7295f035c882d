# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The account as a whole: its domain, how much it holds, and how safely."""

from __future__ import annotations

import typing as t

from ...cloud.clock import format_time
from ...errors import entity_already_exists, invalid_parameter
from ...policies.network import MAX_ADDRESSES, MAX_STATEMENTS
from ..ram.account import ACCOUNT, ALIAS
from ..service import IMS

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ...cloud.account import Account, Quotas
    from ...cloud.entities import AccessKey
    from ..call import Call, Result

DOMAIN = ".onaliyun.com"
LONGEST_DOMAIN = 64
LONGEST_POLICY = 6144
# Unconfirmed: from which age a key counts as old, or as unused. The vendor's rules say 90 days.
OLD_DAYS = 90
DAY = 86400
# By how many kinds of characters a password must have.
PASSWORD_LEVELS = ("low", "low", "mid", "mid", "high")
KINDS_OF_CHARACTERS = ("lowercase_characters", "uppercase_characters", "numbers", "symbols")


@IMS.action("GetDefaultDomain", on=ACCOUNT)
def get_default_domain(call: Call) -> Result:
    """Return the domain of the principal names."""
    return {"DefaultDomainName": call.account.domain}


@IMS.action("SetDefaultDomain", required="DefaultDomainName", on=ACCOUNT)
def set_default_domain(call: Call) -> Result:
    """Change the domain of the principal names: the alias in other words."""
    account, domain = call.account, call["DefaultDomainName"]
    if len(domain) > LONGEST_DOMAIN:
        raise invalid_parameter("DefaultDomainName.Length", "The domain has up to 64 characters.")
    alias = domain.removesuffix(DOMAIN)
    # Unconfirmed: whether what can't be an alias can be a domain, as its own rule would allow.
    if alias == domain or not ALIAS.fullmatch(alias):
        raise invalid_parameter(
            "DefaultDomainName.Format", f"The domain must be an alias followed by {DOMAIN}."
        )
    others = (other for other in call.cloud.accounts.values() if other is not account)
    if any(domain == other.domain or alias == other.account_id for other in others):
        # The code is unconfirmed.
        raise entity_already_exists("DefaultDomain")
    account.alias = "" if alias == account.account_id else alias
    return get_default_domain(call)


@IMS.action("GetAccountMFAInfo", on=ACCOUNT)
def get_account_mfa_info(call: Call) -> Result:
    """Return whether the account itself logs on with MFA."""
    return {"IsMFAEnable": call.account.has_mfa}


@IMS.action("GetAccountSummary", on=ACCOUNT)
def get_account_summary(call: Call) -> Result:
    """Return how much the account holds, and how much it may."""
    account = call.account
    counts = {
        "Users": len(account.users),
        "Groups": len(account.groups),
        "Roles": len(account.roles),
        "Policies": len(account.custom_policies),
        "MFADevices": len(account.mfa_devices),
        "MFADevicesInUse": sum(device.user is not None for device in account.mfa_devices),
    }
    return {"SummaryMap": {**counts, **_quotas(account.quotas)}}


def _quotas(quotas: Quotas) -> Result:
    custom, system = quotas.custom_policies_per_principal, quotas.system_policies_per_principal
    kinds = ("User", "Group", "Role")
    return {
        "UsersQuota": quotas.users,
        "GroupsQuota": quotas.groups,
        "GroupsPerUserQuota": quotas.groups_per_user,
        "RolesQuota": quotas.roles,
        "PoliciesQuota": quotas.policies,
        "PolicySizeQuota": LONGEST_POLICY,
        "VersionsPerPolicyQuota": quotas.versions_per_policy,
        "AccessKeysPerUserQuota": quotas.access_keys_per_user,
        "AccountAccessKeysPerAccountQuota": quotas.access_keys_of_account,
        "VirtualMFADevicesQuota": quotas.mfa_devices,
        **{f"AttachedPoliciesPer{kind}Quota": custom for kind in kinds},
        **{f"AttachedSystemPoliciesPer{kind}Quota": system for kind in kinds},
        "ConditionsPerAKPolicyQuota": MAX_STATEMENTS,
        "IPItemsPerAKPolicyQuota": MAX_ADDRESSES,
        "ServiceCredentialsPerUserPerServiceQuota": quotas.service_credentials,
        # There are no OAuth applications here.
        "AuthorizedClientPerUserQuota": 0,
    }


@IMS.action("GetAccountSecurityPracticeReport", on=ACCOUNT)
def get_account_security_practice_report(call: Call) -> Result:
    """Return how safely the account is used."""
    account = call.account
    since = format_time(account.clock.now() - OLD_DAYS * DAY)
    horizon = call.cloud.last_use_horizon()

    def is_old(key: AccessKey) -> bool:
        return key.create_date < since

    def is_unused(key: AccessKey) -> bool:
        return (key.last_use(horizon)[0] or key.create_date) < since

    info = {
        "BindMfa": account.has_mfa,
        "RootWithAccessKey": len(account.root_keys),
        "OldAkNum": sum(is_old(key) for key in account.root_keys.values()),
        "UnusedAkNum": sum(is_unused(key) for key in account.root_keys.values()),
        "SubUser": len(account.users),
        "SubUserBindMfa": sum(user.mfa_device is not None for user in account.users),
        "SubUserPwdLevel": _password_level(account),
        "SubUserWithOldAccessKey": _owners(account, is_old),
        "SubUserWithUnusedAccessKey": _owners(account, is_unused),
    }
    return {
        "AccountSecurityPracticeInfo": {
            "Score": _score(info),
            "AccountSecurityPracticeUserInfo": info,
        }
    }


def _owners(account: Account, concerns: Callable[[AccessKey], bool]) -> int:
    """Return how many users have such a key."""
    return sum(any(concerns(key) for key in user.access_keys.values()) for user in account.users)


def _password_level(account: Account) -> str:
    """Return how strong passwords must be; the measure is unconfirmed."""
    policy = account.password_policy
    kinds = sum(getattr(policy, f"require_{kind}") for kind in KINDS_OF_CHARACTERS)
    return PASSWORD_LEVELS[kinds]


def _score(info: Result) -> int:
    """Return a mark out of 100; how the service finds its own is not documented."""
    findings = [
        not info["BindMfa"],
        info["RootWithAccessKey"],
        info["OldAkNum"],
        info["UnusedAkNum"],
        info["SubUserBindMfa"] < info["SubUser"],
        info["SubUserPwdLevel"] == PASSWORD_LEVELS[0],
        info["SubUserWithOldAccessKey"],
        info["SubUserWithUnusedAccessKey"],
    ]
    return 100 - 100 * sum(bool(finding) for finding in findings) // len(findings)

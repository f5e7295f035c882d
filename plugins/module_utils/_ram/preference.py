# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The security preference of the account: how its users log on, and what they may do themselves."""

from __future__ import annotations

import ipaddress
import typing as t

from .._cloud.errors import InputError
from .settings import Kind, plan_settings, refuse_out_of_range

if t.TYPE_CHECKING:
    from .._cloud.client import Client
    from .._work.plan import Plan
    from .settings import Settings

SECURITY_PREFERENCE = Kind(
    "security preference",
    reading="GetSecurityPreference",
    writing="SetSecurityPreference",
    answer="SecurityPreference",
    fields={
        "LoginSessionDuration": "login_session_duration",
        "LoginNetworkMasks": "login_network_masks",
        "EnableSaveMFATicket": "enable_save_mfa_ticket",
        "MFAOperationForLogin": "mfa_operation_for_login",
        "VerificationTypes": "verification_types",
        "AllowUserToChangePassword": "allow_user_to_change_password",
        "AllowUserToManageAccessKeys": "allow_user_to_manage_access_keys",
        "AllowUserToManageMFADevices": "allow_user_to_manage_mfa_devices",
        "AllowUserToManagePersonalDingTalk": "allow_user_to_manage_personal_ding_talk",
        "AllowUserToManageServiceCredentials": "allow_user_to_manage_service_credentials",
        "AllowUserToLoginWithPasskey": "allow_user_to_login_with_passkey",
        "MaxIdleDaysForUsers": "max_idle_days_for_users",
        "MaxIdleDaysForAccessKeys": "max_idle_days_for_access_keys",
    },
)
MOST_MASKS, LONGEST_MASKS = 40, 512
MASKS_BIND_PEOPLE = (
    "login_network_masks bind people who log on to the console, and shut out whoever comes from "
    "elsewhere; this run, and all that signs with an AccessKey, they do not bind"
)


def plan_security_preference(client: Client, params: dict[str, t.Any]) -> list[Plan[Settings]]:
    """Return the plan for the security preference; InputError if it can't be one."""
    refuse_out_of_range(params, {"login_session_duration": (1, 24)})
    _refuse_bad_masks(params["login_network_masks"] or "")
    plan = plan_settings(client, SECURITY_PREFERENCE, params)
    if plan.diff()["after"].get("login_network_masks"):
        plan.warnings.append(MASKS_BIND_PEOPLE)
    return [plan]


def _refuse_bad_masks(masks: str) -> None:
    networks = masks.split(";") if masks else []
    if len(networks) > MOST_MASKS or len(masks) > LONGEST_MASKS:
        raise InputError(
            f"login_network_masks may be {MOST_MASKS} networks and {LONGEST_MASKS} characters, not "
            f"{len(networks)} and {len(masks)}"
        )
    for network in networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise InputError(
                "login_network_masks must be networks with semicolons in between, such as "
                f"192.0.2.0/24;198.51.100.7, not {network!r}"
            ) from None

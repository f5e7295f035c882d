# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an account has one of: its alias, password policy and security preference."""

from __future__ import annotations

import re
import typing as t

from ...cloud.preferences import PasswordPolicy, SecurityPreference
from ...errors import entity_already_exists, invalid_parameter
from ...policies.permissions import decode_diagnosis
from ..rules import check_format
from ..service import RAM
from ..singletons import Fields, Flag, Masks, Number, change, describe

if t.TYPE_CHECKING:
    from ..call import Call, Result

ACCOUNT = ("{account}:*",)
# Unconfirmed: pages of different years allow up to 32, 63 or 64 characters.
ALIAS = re.compile(r"(?!.*--)[a-z0-9][a-z0-9-]*[a-z0-9]")
ALIAS_LENGTH = range(3, 33)
PASSWORD_POLICY: Fields = {
    "MinimumPasswordLength": Number("minimum_password_length", range(8, 33)),
    "RequireLowercaseCharacters": Flag("require_lowercase_characters"),
    "RequireUppercaseCharacters": Flag("require_uppercase_characters"),
    "RequireNumbers": Flag("require_numbers"),
    "RequireSymbols": Flag("require_symbols"),
    "HardExpiry": Flag("hard_expiry"),
    "MaxPasswordAge": Number("max_password_age", range(1096)),
    "PasswordReusePrevention": Number("password_reuse_prevention", range(25)),
    # The API misspells this one.
    "MaxLoginAttemps": Number("max_login_attempts", range(33)),
}
SECURITY_PREFERENCE: Fields = {
    "AllowUserToChangePassword": Flag("allow_user_to_change_password"),
    "AllowUserToManageAccessKeys": Flag("allow_user_to_manage_access_keys"),
    "AllowUserToManageMFADevices": Flag("allow_user_to_manage_mfa_devices"),
    "AllowUserToManagePublicKeys": Flag("allow_user_to_manage_public_keys"),
    "EnableSaveMFATicket": Flag("enable_save_mfa_ticket"),
    "LoginNetworkMasks": Masks("login_network_masks"),
    "LoginSessionDuration": Number("login_session_duration", range(1, 25)),
}
# Terraform always sends these two again, and relies on the others to stay when left out.
FORGOTTEN = ("LoginNetworkMasks", "LoginSessionDuration")


@RAM.action("SetAccountAlias", required="AccountAlias", on=ACCOUNT)
def set_account_alias(call: Call) -> Result:
    """Give the account a name that no other account has."""
    account = call.account
    alias = call["AccountAlias"]
    if len(alias) not in ALIAS_LENGTH:
        raise invalid_parameter("AccountAlias.Length", "An alias has 3 to 32 characters.")
    check_format(call, "AccountAlias", ALIAS)
    others = (other for other in call.cloud.accounts.values() if other is not account)
    if any(alias in (other.alias, other.account_id) for other in others):
        raise entity_already_exists("AccountAlias")
    account.alias = alias
    return {}


@RAM.action("GetAccountAlias", on=ACCOUNT)
def get_account_alias(call: Call) -> Result:
    """Return the alias."""
    # Unconfirmed: an account without one, which may be missing or be the account's id.
    return {"AccountAlias": call.account.alias}


@RAM.action("ClearAccountAlias", on=ACCOUNT)
def clear_account_alias(call: Call) -> Result:
    """Take the alias away; none is fine (unconfirmed)."""
    call.account.alias = ""
    return {}


@RAM.action("SetPasswordPolicy", optional=" ".join(PASSWORD_POLICY), on=ACCOUNT)
def set_password_policy(call: Call) -> Result:
    """Say what passwords must look like."""
    # Unconfirmed: whether what is not sent stays. A client that sends all never meets this.
    change(call, call.account.password_policy, PASSWORD_POLICY, fresh=PasswordPolicy())
    return get_password_policy(call)


@RAM.action("GetPasswordPolicy", on=ACCOUNT)
def get_password_policy(call: Call) -> Result:
    """Return what passwords must look like."""
    return {"PasswordPolicy": describe(call.account.password_policy, PASSWORD_POLICY)}


@RAM.action("SetSecurityPreference", optional=" ".join(SECURITY_PREFERENCE), on=ACCOUNT)
def set_security_preference(call: Call) -> Result:
    """Say how people log on and what they may do for themselves."""
    preference = call.account.security_preference
    change(call, preference, SECURITY_PREFERENCE)
    forget_console_limits(call, preference)
    return get_security_preference(call)


def forget_console_limits(call: Call, preference: SecurityPreference) -> None:
    """Reset what does not outlive a call that leaves it out (unconfirmed)."""
    fresh = SecurityPreference()
    for name in FORGOTTEN:
        if name not in call.parameters:
            attribute = SECURITY_PREFERENCE[name].attribute
            setattr(preference, attribute, getattr(fresh, attribute))


@RAM.action("DecodeDiagnosticMessage", required="EncodedDiagnosticMessage", on=ACCOUNT)
def decode_diagnostic_message(call: Call) -> Result:
    """Return in the clear why a call was refused."""
    diagnosis = decode_diagnosis(call["EncodedDiagnosticMessage"])
    owner = diagnosis.get("AuthPrincipal", {}).get("AuthPrincipalOwnerId")
    if owner != call.account.account_id:
        # The code is unconfirmed.
        raise invalid_parameter(
            "EncodedDiagnosticMessage", "The message comes from no refusal in this account."
        )
    return {"DecodedDiagnosticMessage": diagnosis}


@RAM.action("GetSecurityPreference", on=ACCOUNT)
def get_security_preference(call: Call) -> Result:
    """Return how people log on and what they may do for themselves."""

    def part(*names: str) -> Result:
        return describe(call.account.security_preference, SECURITY_PREFERENCE, *names)

    return {
        "SecurityPreference": {
            "AccessKeyPreference": part("AllowUserToManageAccessKeys"),
            "LoginProfilePreference": part(
                "AllowUserToChangePassword",
                "EnableSaveMFATicket",
                "LoginNetworkMasks",
                "LoginSessionDuration",
            ),
            "MFAPreference": part("AllowUserToManageMFADevices"),
            "PublicKeyPreference": part("AllowUserToManagePublicKeys"),
        }
    }

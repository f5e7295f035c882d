# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The password policy of the account: what passwords of its users must look like."""

from __future__ import annotations

import typing as t

from .settings import Kind, plan_settings, refuse_out_of_range

if t.TYPE_CHECKING:
    from .._cloud.client import Client
    from .._work.plan import Plan
    from .settings import Settings

PASSWORD_POLICY = Kind(
    "password policy",
    reading="GetPasswordPolicy",
    writing="SetPasswordPolicy",
    answer="PasswordPolicy",
    fields={
        "MinimumPasswordLength": "minimum_password_length",
        "RequireLowercaseCharacters": "require_lowercase_characters",
        "RequireUppercaseCharacters": "require_uppercase_characters",
        "RequireNumbers": "require_numbers",
        "RequireSymbols": "require_symbols",
        "HardExpire": "hard_expire",
        "MaxPasswordAge": "max_password_age",
        "PasswordReusePrevention": "password_reuse_prevention",
        # The API misspells this one.
        "MaxLoginAttemps": "max_login_attempts",
        "MinimumPasswordDifferentCharacter": "minimum_password_different_character",
        "PasswordNotContainUserName": "password_not_contain_user_name",
        "InitialPasswordAge": "initial_password_age",
        "InterceptRiskPasswordOnApi": "intercept_risk_password_on_api",
    },
)
RANGES = {
    "minimum_password_length": (8, 32),
    "max_password_age": (0, 1095),
    "password_reuse_prevention": (0, 24),
    "max_login_attempts": (0, 32),
    "minimum_password_different_character": (0, 8),
    "initial_password_age": (0, 90),
}


def plan_password_policy(client: Client, params: dict[str, t.Any]) -> list[Plan[Settings]]:
    """Return the plan for the password policy; InputError if it can't be one."""
    refuse_out_of_range(params, RANGES)
    return [plan_settings(client, PASSWORD_POLICY, params)]

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an account asks of passwords, log-ons and people who help themselves."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class PasswordPolicy:
    """What passwords must look like. IMS knows all of it, RAM the part without a default here."""

    minimum_password_length: int = 8
    # Accounts that began in 2026 ask for two kinds of characters; older ones for none.
    require_lowercase_characters: bool = True
    require_uppercase_characters: bool = False
    require_numbers: bool = True
    require_symbols: bool = False
    # Whether nobody can log on with a password that is too old.
    hard_expiry: bool = False
    # In days; 0 is for ever.
    max_password_age: int = 0
    password_reuse_prevention: int = 0
    max_login_attempts: int = 0
    minimum_password_different_character: int = 0
    password_not_contain_user_name: bool = False
    initial_password_age: int = 14
    intercept_risk_password_on_api: bool = False


@dataclass(slots=True, kw_only=True)
class SecurityPreference:
    """How people log on and what they may do for themselves; IMS knows all of it."""

    allow_user_to_change_password: bool = True
    allow_user_to_manage_access_keys: bool = False
    allow_user_to_manage_mfa_devices: bool = True
    allow_user_to_manage_public_keys: bool = False
    allow_user_to_manage_personal_ding_talk: bool = True
    allow_user_to_manage_service_credentials: bool = False
    allow_user_to_login_with_passkey: bool = True
    enable_save_mfa_ticket: bool = False
    # Separated by semicolons; none is everywhere. They bind people in the console, not keys.
    login_network_masks: str = ""
    login_session_duration: int = 6
    mfa_operation_for_login: str = "independent"
    operation_for_risk_login: str = "autonomous"
    verification_types: list[str] = field(default_factory=list)
    # 365 for accounts that began after 8 April 2026, 730 for older ones.
    max_idle_days_for_users: int = 365
    max_idle_days_for_access_keys: int = 365

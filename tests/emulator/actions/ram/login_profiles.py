# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Console logon of users: login profiles and passwords."""

from __future__ import annotations

import re
import typing as t

from ...cloud.entities import LoginProfile
from ...errors import entity_already_exists, invalid, invalid_parameter
from ..rules import found, named_user
from ..service import RAM

if t.TYPE_CHECKING:
    from ...cloud.account import Account
    from ...cloud.entities import User
    from ..call import Call, Result

MAX_PASSWORD = 32
FLAGS = "PasswordResetRequired MFABindRequired"


@RAM.action(
    "CreateLoginProfile", required="UserName Password", optional=FLAGS, on=("user/{UserName}",)
)
def create_login_profile(call: Call) -> Result:
    """Let a user log on to the console."""
    user = named_user(call)
    check_password(call.account, "Password", call["Password"], user)
    if user.login_profile:
        raise entity_already_exists("User.LoginProfile")
    now = call.account.clock.timestamp()
    profile = LoginProfile(call["Password"], now, password_date=now)
    _set_flags(call, profile)
    user.login_profile = profile
    return _describe(user.name, profile)


@RAM.action("GetLoginProfile", required="UserName", on=("user/{UserName}",))
def get_login_profile(call: Call) -> Result:
    """Return how a user logs on; never the password."""
    user = named_user(call)
    return _describe(user.name, found(user.login_profile, "User.LoginProfile"))


@RAM.action(
    "UpdateLoginProfile", required="UserName", optional=f"Password {FLAGS}", on=("user/{UserName}",)
)
def update_login_profile(call: Call) -> Result:
    """Change how a user logs on; flags that are not sent stay (unconfirmed)."""
    user = named_user(call)
    profile = found(user.login_profile, "User.LoginProfile")
    if password := call.get("Password"):
        check_password(call.account, "Password", password, user)
        set_password(call.account, profile, "Password", password)
    _set_flags(call, profile)
    profile.update_date = call.account.clock.timestamp()
    return {}


@RAM.action("DeleteLoginProfile", required="UserName", on=("user/{UserName}",))
def delete_login_profile(call: Call) -> Result:
    """Forbid a user the console."""
    user = named_user(call)
    found(user.login_profile, "User.LoginProfile")
    user.login_profile = None
    return {}


@RAM.action(
    "ChangePassword",
    required="OldPassword NewPassword",
    on=("user/{key_owner}",),
    own="allow_user_to_change_password",
)
def change_password(call: Call) -> Result:
    """Change the password of the calling user."""
    user = call.caller.user
    if user is None:
        raise invalid("NotSupport.Account", "Only a RAM user can change its password.")
    profile = found(user.login_profile, "User.LoginProfile")
    if call["OldPassword"] != profile.password:
        raise invalid_parameter("OldPassword.Incorrect", "The old password is not correct.")
    check_password(call.account, "NewPassword", call["NewPassword"], user)
    set_password(call.account, profile, "NewPassword", call["NewPassword"], differs=1)
    profile.password_reset_required = False
    return {}


def check_password(account: Account, parameter: str, password: str, user: User) -> None:
    """Refuse a password that breaks the account's policy."""
    policy = account.password_policy
    classes = (
        (policy.require_lowercase_characters, r"[a-z]"),
        (policy.require_uppercase_characters, r"[A-Z]"),
        (policy.require_numbers, r"[0-9]"),
        (policy.require_symbols, r"[^A-Za-z0-9]"),
    )
    is_strong = (
        policy.minimum_password_length <= len(password) <= MAX_PASSWORD
        and all(re.search(characters, password) for is_asked, characters in classes if is_asked)
        and len(set(password)) >= policy.minimum_password_different_character
        and not (policy.password_not_contain_user_name and user.name in password)
    )
    if not is_strong:
        raise invalid_parameter(
            f"{parameter}.TooWeak", "The password does not meet the account's password policy."
        )


def set_password(
    account: Account, profile: LoginProfile, parameter: str, password: str, *, differs: int = 0
) -> None:
    """Replace a password by one that differs from the last ones, at least from so many."""
    count = max(account.password_policy.password_reuse_prevention, differs)
    if password in [profile.password, *profile.old_passwords[::-1]][:count]:
        raise invalid_parameter(f"{parameter}.ReusePrevention", "The password was used before.")
    profile.old_passwords.append(profile.password)
    profile.password = password
    profile.password_date = account.clock.timestamp()
    profile.is_initial = False


def _set_flags(call: Call, profile: LoginProfile) -> None:
    profile.password_reset_required = call.flag(
        "PasswordResetRequired", default=profile.password_reset_required
    )
    profile.mfa_bind_required = call.flag("MFABindRequired", default=profile.mfa_bind_required)


def _describe(user_name: str, profile: LoginProfile) -> Result:
    return {
        "LoginProfile": {
            "UserName": user_name,
            "PasswordResetRequired": profile.password_reset_required,
            "MFABindRequired": profile.mfa_bind_required,
            "CreateDate": profile.create_date,
        }
    }

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
    from ..service import Call, Result

PASSWORD_LENGTH = range(8, 33)
# Unconfirmed: which classes of characters the default password policy asks for; here all of them.
PASSWORD_CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]")
FLAGS = "PasswordResetRequired MFABindRequired"


@RAM.action(
    "CreateLoginProfile", required="UserName Password", optional=FLAGS, on=("user/{UserName}",)
)
def create_login_profile(call: Call) -> Result:
    """Let a user log on to the console."""
    _check_password(call, "Password")
    user = named_user(call)
    if user.login_profile:
        raise entity_already_exists("User.LoginProfile")
    profile = LoginProfile(call["Password"], call.account.clock.timestamp())
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
    if "Password" in call.parameters:
        _check_password(call, "Password")
    profile = found(named_user(call).login_profile, "User.LoginProfile")
    profile.password = call.get("Password") or profile.password
    _set_flags(call, profile)
    return {}


@RAM.action("DeleteLoginProfile", required="UserName", on=("user/{UserName}",))
def delete_login_profile(call: Call) -> Result:
    """Forbid a user the console."""
    user = named_user(call)
    found(user.login_profile, "User.LoginProfile")
    user.login_profile = None
    return {}


# By default every user may change its own password.
@RAM.action("ChangePassword", required="OldPassword NewPassword")
def change_password(call: Call) -> Result:
    """Change the password of the calling user."""
    user = call.caller.user
    if user is None:
        raise invalid("NotSupport.Account", "Only a RAM user can change its password.")
    profile = found(user.login_profile, "User.LoginProfile")
    if call["OldPassword"] != profile.password:
        raise invalid_parameter("OldPassword.Incorrect", "The old password is not correct.")
    _check_password(call, "NewPassword")
    if call["NewPassword"] == profile.password:
        raise invalid_parameter("NewPassword.ReusePrevention", "The password was used before.")
    profile.password = call["NewPassword"]
    profile.password_reset_required = False
    return {}


def _check_password(call: Call, parameter: str) -> None:
    password = call[parameter]
    if len(password) not in PASSWORD_LENGTH or not all(
        re.search(characters, password) for characters in PASSWORD_CLASSES
    ):
        raise invalid_parameter(
            f"{parameter}.TooWeak",
            "A password has 8 to 32 characters, with both cases, a digit and a symbol.",
        )


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

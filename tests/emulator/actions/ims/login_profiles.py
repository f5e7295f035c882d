# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Console logon as IMS handles it: it can be switched off without losing the password."""

from __future__ import annotations

import typing as t

from ...cloud.clock import parse_time
from ...cloud.entities import ACTIVE, INACTIVE
from ...errors import invalid_parameter
from ..ram import login_profiles as ram
from ..rules import found
from ..service import IMS
from .principals import PRINCIPAL, as_ram, principal, principal_name

if t.TYPE_CHECKING:
    from ...cloud.account import Account
    from ...cloud.entities import LoginProfile, User
    from ..call import Call, Result

FLAGS = f"{ram.FLAGS} Status"
USER = ("user/{user}",)
DAY = 86400


@IMS.action("CreateLoginProfile", required=f"{PRINCIPAL} Password", optional=FLAGS, on=USER)
def create_login_profile(call: Call) -> Result:
    """Let a user log on to the console."""
    # The metadata calls the password optional. Unconfirmed: whether one is made up without it.
    status = _status(call, ACTIVE)
    ram.create_login_profile(as_ram(call))
    user, profile = _user_with_profile(call)
    profile.status = status
    return {"LoginProfile": _describe(call.account, user, profile)}


@IMS.action("GetLoginProfile", required=PRINCIPAL, on=USER)
def get_login_profile(call: Call) -> Result:
    """Return how a user logs on; never the password."""
    user, profile = _user_with_profile(call)
    described = _describe(call.account, user, profile)
    # Console logons of idle users are always switched off at some time.
    described["AutoDisableLoginStatus"] = "true"
    described["LastLoginTime"] = user.last_login_date
    return {"LoginProfile": described}


@IMS.action("UpdateLoginProfile", required=PRINCIPAL, optional=f"Password {FLAGS}", on=USER)
def update_login_profile(call: Call) -> Result:
    """Change how a user logs on; what is not sent stays (unconfirmed)."""
    user, profile = _user_with_profile(call)
    status = _status(call, profile.status)
    ram.update_login_profile(as_ram(call))
    if call.get("Password") and (profile.status, status) == (INACTIVE, ACTIVE):
        profile.is_initial = True
    profile.status = status
    described = _describe(call.account, user, profile)
    described["AutoDisableLoginStatus"] = "true"
    return {"LoginProfile": described}


@IMS.action("DeleteLoginProfile", required=PRINCIPAL, on=USER)
def delete_login_profile(call: Call) -> Result:
    """Forbid a user the console."""
    return ram.delete_login_profile(as_ram(call))


@IMS.action(
    "ChangePassword",
    required="OldPassword NewPassword",
    on=("user/{key_owner}",),
    own="allow_user_to_change_password",
)
def change_password(call: Call) -> Result:
    """Change the password of the calling user."""
    return ram.change_password(call)


def _user_with_profile(call: Call) -> tuple[User, LoginProfile]:
    user = principal(call)
    return user, found(user.login_profile, "User.LoginProfile")


def _status(call: Call, default: str) -> str:
    status = call.get("Status") or default
    if status not in (ACTIVE, INACTIVE):
        # The code is unconfirmed.
        raise invalid_parameter("Status", f"Status must be {ACTIVE} or {INACTIVE}.")
    return status


def _describe(account: Account, user: User, profile: LoginProfile) -> Result:
    return {
        PRINCIPAL: principal_name(account, user),
        "Status": profile.status,
        "PasswordResetRequired": profile.password_reset_required,
        "MFABindRequired": profile.mfa_bind_required,
        "UpdateDate": profile.update_date or profile.create_date,
        "PasswordStatus": _password_status(account, profile),
    }


def _password_status(account: Account, profile: LoginProfile) -> str:
    days = account.password_policy.initial_password_age
    if not profile.is_initial:
        return "NotInitial"
    age = account.clock.now() - parse_time(profile.password_date)
    return "InitialExpired" if days and age >= days * DAY else "InitialValid"

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RAM users."""

from __future__ import annotations

import typing as t

from ...cloud.entities import User
from ...errors import (
    delete_conflict,
    entity_already_exists,
    limit_exceeded,
)
from ..rules import (
    DISPLAY_NAME,
    EMAIL,
    MOBILE_PHONE,
    USER_NAME,
    check_format,
    check_name,
    check_text,
    named_user,
    page,
    present,
)
from ..service import RAM

if t.TYPE_CHECKING:
    from ..call import Call, Result


@RAM.action(
    "CreateUser",
    required="UserName",
    optional="DisplayName MobilePhone Email Comments",
    on=("user/*",),
)
def create_user(call: Call) -> Result:
    """Create a user."""
    account = call.account
    name = check_name(call, "UserName", USER_NAME)
    attributes = _attributes(call)
    if account.users.holder(name):
        raise entity_already_exists("User")
    if len(account.users) >= account.quotas.users:
        raise limit_exceeded("User", account.quotas.users)
    now = account.clock.timestamp()
    user = User(name=name, user_id=account.ids.digits(18), create_date=now, update_date=now)
    if account.stores_contact_data:
        user.mobile_phone = user.email = ""
    _set(user, attributes)
    account.users.add(user)
    return {"User": _base(user)}


@RAM.action("GetUser", required="UserName", on=("user/{UserName}",))
def get_user(call: Call) -> Result:
    """Return a user."""
    user = named_user(call)
    return {"User": {**describe_user(user), "LastLoginDate": user.last_login_date}}


@RAM.action("ListUsers", optional="Marker MaxItems", on=("user/*",))
def list_users(call: Call) -> Result:
    """Return one page of the users."""
    return page(call, "Users", "User", call.account.users, render=describe_user)


@RAM.action(
    "UpdateUser",
    # Unconfirmed: pages of different years disagree on whether NewUserName is required.
    required="UserName NewUserName",
    optional="NewDisplayName NewMobilePhone NewEmail NewComments",
    on=("user/{UserName}",),
)
def update_user(call: Call) -> Result:
    """Rename a user or change its attributes; what is not sent stays."""
    name = check_name(call, "NewUserName", USER_NAME)
    attributes = _attributes(call, prefix="New")
    user = named_user(call)
    if call.account.users.holder(name) not in (None, user):
        raise entity_already_exists("User")
    call.account.rename_user(user, name)
    _set(user, attributes)
    user.update_date = call.account.clock.timestamp()
    return {"User": describe_user(user)}


@RAM.action("DeleteUser", required="UserName", on=("user/{UserName}",))
def delete_user(call: Call) -> Result:
    """Delete a user that has nothing left."""
    user = named_user(call)
    # Unconfirmed: which conflict is named when there are several.
    for kind, blocker in (
        ("Group", user.groups),
        ("AccessKey", user.access_keys),
        ("LoginProfile", user.login_profile),
        ("MFADevice", user.mfa_device),
        ("Policy", user.policies or user.scoped_policies),
    ):
        if blocker:
            raise delete_conflict(f"User.{kind}")
    call.account.remove_user(user)
    return {}


def _attributes(call: Call, prefix: str = "") -> dict[str, str]:
    """Return the attributes that were sent and are stored on this site, by their field names."""
    attributes = {"comments": check_text(call, f"{prefix}Comments")}
    # An empty text clears: Terraform's live tests set these fields and take them away again.
    if call.get(f"{prefix}DisplayName"):
        check_name(call, f"{prefix}DisplayName", DISPLAY_NAME, 128)
    attributes["display_name"] = call.get(f"{prefix}DisplayName")
    if call.account.stores_contact_data:
        attributes["mobile_phone"] = check_format(call, f"{prefix}MobilePhone", MOBILE_PHONE)
        attributes["email"] = check_format(call, f"{prefix}Email", EMAIL)
    return {name: value for name, value in attributes.items() if value is not None}


def _set(user: User, attributes: dict[str, str]) -> None:
    for attribute, value in attributes.items():
        setattr(user, attribute, value)


def _base(user: User) -> Result:
    return present(
        UserId=user.user_id,
        UserName=user.name,
        DisplayName=user.display_name,
        MobilePhone=user.mobile_phone,
        Email=user.email,
        Comments=user.comments,
        CreateDate=user.create_date,
    )


def describe_user(user: User) -> Result:
    """Return a user as lists show it."""
    return {**_base(user), "UpdateDate": user.update_date}

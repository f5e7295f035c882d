# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users as IMS handles them: by principal name, id or key, with tags."""

from __future__ import annotations

import dataclasses
import typing as t

from ...cloud.clock import parse_time
from ...errors import invalid_parameter
from ..ram import users as ram
from ..rules import MAX_ITEMS, check_text, found, page
from ..service import IMS
from ..tags import add_tags, describe_tags, tag_filter
from .principals import (
    PRINCIPAL,
    find_principal,
    find_user_by_id,
    new_name,
    only_one_of,
    principal_name,
    user_by_name_or_id,
)
from .tags import read_user_tags

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ...cloud.account import Account
    from ...cloud.entities import User
    from ..call import Call, Result

LONGEST_DISPLAY_NAME = 24
STATES = ("active", "freeze")


@IMS.action(
    "CreateUser",
    required=f"{PRINCIPAL} DisplayName",
    optional="MobilePhone Email Comments Tag.N",
    on=("user/*",),
)
def create_user(call: Call) -> Result:
    """Create a user, with tags if they are given."""
    name = new_name(call, PRINCIPAL)
    check_text(call, "DisplayName", LONGEST_DISPLAY_NAME)
    tags = read_user_tags(call)
    ram.create_user(_as_ram(call, UserName=name))
    user = found(call.account.users.find(name), "User")
    add_tags(user.tags, tags)
    return {"User": _describe(call.account, user)}


@IMS.action("GetUser", optional=f"{PRINCIPAL} UserId UserAccessKeyId", on=("user/{user}",))
def get_user(call: Call) -> Result:
    """Return a user by exactly one of its principal name, its id and one of its key ids."""
    given = only_one_of(call, PRINCIPAL, "UserId", "UserAccessKeyId")
    find = {PRINCIPAL: find_principal, "UserId": find_user_by_id, "UserAccessKeyId": _find_by_key}
    user = found(find[given](call.account, call[given]), "User")
    return {"User": {**_describe(call.account, user), "UserName": user.name}}


@IMS.action("ListUsers", optional="Marker MaxItems Status Tag.N", on=("user/*",))
def list_users(call: Call) -> Result:
    """Return one page of the users; without tags and states, of those that are not frozen."""

    def describe(user: User) -> Result:
        # The vendor's sample has milliseconds here, and a date where a single user is told.
        date = user.last_login_date
        milliseconds = str(int(parse_time(date)) * 1000) if date else ""
        return {
            **_describe(call.account, user),
            "LastLoginDate": milliseconds,
            "Status": user.status,
        }

    return page(
        call,
        "Users",
        "User",
        call.account.users,
        render=describe,
        matches=_filter(call),
        default=MAX_ITEMS[-1],
    )


@IMS.action("ListUserBasicInfos", optional="Marker MaxItems Status Tag.N", on=("user/*",))
def list_user_basic_infos(call: Call) -> Result:
    """Return one page of the users, briefly."""
    if call.pairs("Tag") and call.get("Status"):
        # Documented as excluding each other; the code is unconfirmed.
        raise invalid_parameter("Status", "Status can't be given beside Tag.")

    def describe(user: User) -> Result:
        return {
            "UserId": user.user_id,
            PRINCIPAL: principal_name(call.account, user),
            "DisplayName": user.display_name,
            "Status": user.status,
        }

    return page(
        call,
        "UserBasicInfos",
        "UserBasicInfo",
        call.account.users,
        render=describe,
        matches=_filter(call),
    )


@IMS.action(
    "UpdateUser",
    optional=(
        f"{PRINCIPAL} UserId NewUserPrincipalName NewDisplayName NewMobilePhone NewEmail"
        " NewComments"
    ),
    on=("user/{user}",),
)
def update_user(call: Call) -> Result:
    """Rename a user or change its attributes; what is not sent stays."""
    user = user_by_name_or_id(call)
    name = user.name
    if call.get("NewUserPrincipalName"):
        name = new_name(call, "NewUserPrincipalName")
    check_text(call, "NewDisplayName", LONGEST_DISPLAY_NAME)
    ram.update_user(_as_ram(call, UserName=user.name, NewUserName=name))
    result = _describe(call.account, user)
    del result["Tags"]
    return {"User": result}


@IMS.action("DeleteUser", optional=f"{PRINCIPAL} UserId", on=("user/{user}",))
def delete_user(call: Call) -> Result:
    """Delete a user that has nothing left; whether IMS asks that too is unconfirmed."""
    return ram.delete_user(_as_ram(call, UserName=user_by_name_or_id(call).name))


def _as_ram(call: Call, **names: str) -> Call:
    return dataclasses.replace(call, parameters={**call.parameters, **names})


def _find_by_key(account: Account, key_id: str) -> User | None:
    # Unconfirmed: a key of the account itself, and one in the recycle bin.
    key = account.cloud.access_keys.get(key_id)
    return key.owner if key and key.account is account else None


def _filter(call: Call) -> Callable[[User], bool]:
    """Return a function that tells whether the call asks for a user."""
    has_tags = tag_filter(call)
    states = call.get("Status") or STATES[0]
    if not set(states.split(",")) <= set(STATES):
        # The code is unconfirmed.
        raise invalid_parameter("Status", "Status must be active, freeze, or both with a comma.")
    if call.pairs("Tag"):
        return lambda user: has_tags(user.tags)
    return lambda user: user.status in states.split(",")


def _describe(account: Account, user: User) -> Result:
    fields = ram.describe_user(user)
    del fields["UserName"]
    return {
        **fields,
        "UserPrincipalName": principal_name(account, user),
        "LastLoginDate": user.last_login_date,
        "ProvisionType": "Manual",
        **describe_tags(user.tags),
    }

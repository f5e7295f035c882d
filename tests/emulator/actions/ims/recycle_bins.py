# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The recycle bins of users and of keys.

Unconfirmed: whether what the API deletes lands there as what the console deletes does; here it
does. The codes of refusals are unconfirmed too.
"""

from __future__ import annotations

import re
import typing as t

from ...cloud.entities import INACTIVE
from ...errors import (
    entity_already_exists,
    invalid_parameter,
    limit_exceeded,
    missing_parameter,
)
from ..rules import found, next_page
from ..service import IMS
from .principals import PRINCIPAL, find_user_by_id, only_one_of, principal_name

if t.TYPE_CHECKING:
    from ...cloud.entities import AccessKey, User
    from ...cloud.recycle_bin import Recycled
    from ..call import Call, Result

EVERYTHING = ("*",)
FILTER = re.compile(f"{PRINCIPAL} eq (?P<name>\\S+)")
PAGE_SIZES = range(1, 101)


@IMS.action("ListUsersInRecycleBin", optional="Filter Marker MaxItems", on=EVERYTHING)
def list_users_in_recycle_bin(call: Call) -> Result:
    """Return one page of the users in the bin, or those of one principal name."""
    users = [_describe_user(call, item) for item in call.account.recycle_bin.users().values()]
    if text := call.get("Filter"):
        match = FILTER.fullmatch(text)
        if not match:
            raise invalid_parameter("Filter", f"Filter must be: {PRINCIPAL} eq NAME")
        users = [user for user in users if user[PRINCIPAL] == match["name"]]
    size = call.number("MaxItems", PAGE_SIZES, default=PAGE_SIZES[-1])
    page, marker = next_page(call, "Recycled", users, min(size, call.account.page_size), "Marker")
    result: Result = {"Users": {"User": page}, "IsTruncated": bool(marker)}
    return {**result, "Marker": marker} if marker else result


@IMS.action("GetUserInRecycleBin", optional="UserId UserAccessKeyId", on=EVERYTHING)
def get_user_in_recycle_bin(call: Call) -> Result:
    """Return a user in the bin by its id or the id of one of its keys."""
    recycle_bin = call.account.recycle_bin
    user_id = call.get("UserId")
    if only_one_of(call, "UserId", "UserAccessKeyId") == "UserAccessKeyId":
        key = recycle_bin.keys().get(call["UserAccessKeyId"])
        user_id = key.thing.owner.user_id if key and key.thing.owner else ""
    return {"User": _describe_user(call, found(recycle_bin.users().get(user_id or ""), "User"))}


@IMS.action("RestoreUserFromRecycleBin", required="UserId", on=EVERYTHING)
def restore_user_from_recycle_bin(call: Call) -> Result:
    """Have a user back under its old name; its keys stay in their bin."""
    account = call.account
    user = _recycled_user(call)
    # Unconfirmed: what comes back. A user has lost all else before it can be deleted here.
    if account.users.holder(user.name):
        raise entity_already_exists("User")
    if len(account.users) >= account.quotas.users:
        raise limit_exceeded("User", account.quotas.users)
    account.recycle_bin.take_user(user)
    account.users.add(user)
    return {}


@IMS.action("DeleteUserInRecycleBin", required="UserId", on=EVERYTHING)
def delete_user_in_recycle_bin(call: Call) -> Result:
    """Purge a user, and its keys with it."""
    call.account.recycle_bin.purge_user(_recycled_user(call))
    return {}


@IMS.action("ListAccessKeysInRecycleBin", optional="UserId", on=EVERYTHING)
def list_access_keys_in_recycle_bin(call: Call) -> Result:
    """Return the keys of a user, or of the calling one, in the bin."""
    keys = [_describe_key(item) for item in call.account.recycle_bin.keys_of(_owner(call))]
    return {"AccessKeys": {"AccessKey": keys}}


@IMS.action("GetAccessKeyInfoInRecycleBin", required="UserAccessKeyId", on=EVERYTHING)
def get_access_key_info_in_recycle_bin(call: Call) -> Result:
    """Return a key in the bin with its owner."""
    recycle_bin = call.account.recycle_bin
    recycled = found(recycle_bin.keys().get(call["UserAccessKeyId"]), "User.AccessKey")
    owner = found(recycled.thing.owner, "User")
    return {
        "AccessKey": {
            **_describe_key(recycled),
            "UserId": owner.user_id,
            PRINCIPAL: principal_name(call.account, owner),
            "UserRecycled": owner.user_id in recycle_bin.users(),
        }
    }


@IMS.action(
    "RestoreAccessKeyFromRecycleBin",
    # The metadata calls both optional.
    required="UserId UserAccessKeyId",
    on=EVERYTHING,
)
def restore_access_key_from_recycle_bin(call: Call) -> Result:
    """Have a key back, with its old secret."""
    account, key = call.account, _recycled_key(call)
    owner = found(find_user_by_id(account, call["UserId"]), "User")
    if len(owner.access_keys) >= account.quotas.access_keys_per_user:
        # Unconfirmed: whether the quota is asked here.
        raise limit_exceeded("User.AccessKey", account.quotas.access_keys_per_user)
    account.recycle_bin.take_key(key)
    # Unconfirmed: the console deletes only what is disabled, so a key comes back disabled.
    key.status, key.update_date = INACTIVE, account.clock.timestamp()
    account.restore_access_key(key)
    return {}


@IMS.action(
    "DeleteAccessKeyInRecycleBin", required="UserAccessKeyId", optional="UserId", on=EVERYTHING
)
def delete_access_key_in_recycle_bin(call: Call) -> Result:
    """Purge a key of a user, or of the calling one."""
    call.account.recycle_bin.take_key(_recycled_key(call))
    return {}


def _recycled_user(call: Call) -> User:
    return found(call.account.recycle_bin.users().get(call["UserId"]), "User").thing


def _recycled_key(call: Call) -> AccessKey:
    owner = _owner(call)
    recycled = call.account.recycle_bin.keys().get(call["UserAccessKeyId"])
    is_there = recycled is not None and recycled.thing.owner is owner
    return found(recycled if is_there else None, "User.AccessKey").thing


def _owner(call: Call) -> User:
    """Return the user whose keys the call is about, who may be in the bin."""
    user_id = call.get("UserId")
    if not user_id:
        if call.caller.user is None:
            raise missing_parameter("UserId")
        return call.caller.user
    recycled = call.account.recycle_bin.users().get(user_id)
    return found(recycled.thing if recycled else find_user_by_id(call.account, user_id), "User")


def _describe_user(call: Call, recycled: Recycled[User]) -> Result:
    user = recycled.thing
    return {
        "UserId": user.user_id,
        PRINCIPAL: principal_name(call.account, user),
        "DisplayName": user.display_name,
        "CreateDate": user.create_date,
        "RecycleDate": recycled.recycle_date,
        "DeleteDate": recycled.delete_date,
    }


def _describe_key(recycled: Recycled[AccessKey]) -> Result:
    return {
        "AccessKeyId": recycled.thing.access_key_id,
        "CreateDate": recycled.thing.create_date,
        "RecycleDate": recycled.recycle_date,
        "DeleteDate": recycled.delete_date,
    }

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AccessKeys of users, and of the caller itself when no user is named."""

from __future__ import annotations

import typing as t

from ...cloud.entities import ACTIVE, INACTIVE, AccessKey
from ...errors import invalid_parameter, limit_exceeded, missing_parameter
from ..rules import found, named_user
from ..service import RAM

if t.TYPE_CHECKING:
    from ...cloud.entities import User
    from ..call import Call, Result

# What released clients compare with.
NEVER = "N/A"
OWN = "allow_user_to_manage_access_keys"
KEY_OWNER = ("user/{key_owner}",)


@RAM.action("CreateAccessKey", optional="UserName", on=KEY_OWNER, own=OWN)
def create_access_key(call: Call) -> Result:
    """Create a key; its secret is in this answer and in no other."""
    account, owner = call.account, _owner(call)
    quotas = account.quotas
    quota = quotas.access_keys_per_user if owner else quotas.access_keys_of_account
    # Inactive keys count: the quota is of pairs.
    if len(account.keys_of(owner)) >= quota:
        raise limit_exceeded("User.AccessKey", quota)
    new = account.ids.credentials()
    key = AccessKey(
        new.access_key_id, new.access_key_secret, account, owner, account.clock.timestamp()
    )
    account.add_access_key(key)
    return {"AccessKey": {**_describe(key), "AccessKeySecret": key.secret}}


@RAM.action("ListAccessKeys", optional="UserName", on=KEY_OWNER, own=OWN)
def list_access_keys(call: Call) -> Result:
    """Return the keys, without secrets."""
    keys = call.account.keys_of(_owner(call)).values()
    return {"AccessKeys": {"AccessKey": [_describe(key) for key in keys]}}


@RAM.action(
    "UpdateAccessKey", required="UserAccessKeyId Status", optional="UserName", on=KEY_OWNER, own=OWN
)
def update_access_key(call: Call) -> Result:
    """Enable or disable a key; the status it has already is accepted (unconfirmed)."""
    if call["Status"] not in (ACTIVE, INACTIVE):
        # The code is unconfirmed.
        raise invalid_parameter("Status", f"Status must be {ACTIVE} or {INACTIVE}.")
    key = named_key(call)
    if key.status != call["Status"]:
        key.status = call["Status"]
        key.update_date = call.account.clock.timestamp()
    return {}


@RAM.action(
    "DeleteAccessKey", required="UserAccessKeyId", optional="UserName", on=KEY_OWNER, own=OWN
)
def delete_access_key(call: Call) -> Result:
    """Delete a key, active or not."""
    call.account.remove_access_key(named_key(call))
    return {}


@RAM.action(
    "GetAccessKeyLastUsed", required="UserAccessKeyId", optional="UserName", on=KEY_OWNER, own=OWN
)
def get_access_key_last_used(call: Call) -> Result:
    """Return when a key signed a request for the last time, as far as that is known yet."""
    date, _service = named_key(call).last_use(call.cloud.last_use_horizon())
    return {"AccessKeyLastUsed": {"LastUsedDate": date or NEVER}}


def _owner(call: Call) -> User | None:
    """Return whose keys the call is about; None is the account itself."""
    if call.get("UserName"):
        return named_user(call)
    if call.caller.session:
        # Unconfirmed: a session has no keys to act on.
        raise missing_parameter("UserName")
    # Unconfirmed for the account itself in RAM: IMS acts on the account's own keys, so this does.
    return call.caller.user


def named_key(call: Call) -> AccessKey:
    """Return the key that the call names, of its owner."""
    keys = call.account.keys_of(_owner(call))
    return found(keys.get(call["UserAccessKeyId"]), "User.AccessKey")


def _describe(key: AccessKey) -> Result:
    return {
        "AccessKeyId": key.access_key_id,
        "Status": key.status,
        "CreateDate": key.create_date,
    }

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users as IMS shows them."""

from __future__ import annotations

import typing as t

from ...errors import invalid_parameter
from ..ram.users import describe_user
from ..rules import found
from ..service import IMS

if t.TYPE_CHECKING:
    from ...cloud.entities import User
    from ..service import Call, Result


@IMS.action("GetUser", optional="UserPrincipalName UserId UserAccessKeyId", on=("user/*",))
def get_user_by_any(call: Call) -> Result:
    """Return a user by exactly one of its principal name, its id or one of its key ids."""
    if len(call.parameters) != 1:
        # The code is unconfirmed.
        raise invalid_parameter("UserPrincipalName", "Exactly one way to name the user is needed.")
    user = found(_find(call), "User")
    principal_name = f"{user.name}@{call.account.domain}"
    fields = {**describe_user(user), "UserPrincipalName": principal_name, "LastLoginDate": ""}
    return {"User": {**fields, "ProvisionType": "Manual"}}


def _find(call: Call) -> User | None:
    account = call.account
    if key_id := call.get("UserAccessKeyId"):
        key = account.cloud.access_keys.get(key_id)
        return key.owner if key and key.account is account else None
    if user_id := call.get("UserId"):
        return next((user for user in account.users if user.user_id == user_id), None)
    name, _at, domain = (call.get("UserPrincipalName") or "").partition("@")
    return account.users.find(name) if domain == account.domain else None

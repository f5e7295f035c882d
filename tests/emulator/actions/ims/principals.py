# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Principal names, as IMS calls users: `alice@example.onaliyun.com`."""

from __future__ import annotations

import dataclasses
import typing as t

from ...errors import invalid_parameter
from ..rules import found

if t.TYPE_CHECKING:
    from ...cloud.account import Account
    from ...cloud.entities import User
    from ..call import Call

PRINCIPAL = "UserPrincipalName"


def principal_name(account: Account, user: User) -> str:
    """Return the name of a user on the domain that the account has now."""
    return f"{user.name}@{account.domain}"


def find_principal(account: Account, name: str) -> User | None:
    """Return the user of exactly this principal name, or None."""
    # Unconfirmed: whether the name with the account's id still works beside an alias.
    user_name, _at, domain = name.rpartition("@")
    return account.users.find(user_name) if domain == account.domain else None


def find_user_by_id(account: Account, user_id: str) -> User | None:
    """Return the user of this id, or None."""
    return next((user for user in account.users if user.user_id == user_id), None)


def principal(call: Call) -> User:
    """Return the user whose principal name the call says."""
    return found(find_principal(call.account, call[PRINCIPAL]), "User")


def new_name(call: Call, parameter: str) -> str:
    """Return the bare user name of a principal name that a user is to have."""
    name, _at, domain = call[parameter].rpartition("@")
    if domain != call.account.domain:
        # The code is unconfirmed.
        raise invalid_parameter(
            f"{parameter}.Format", f"{parameter} must end in @{call.account.domain}."
        )
    return name


def only_one_of(call: Call, *names: str) -> str:
    """Return the name of the one parameter that is sent; refuse none and several."""
    sent = [name for name in names if call.get(name)]
    if len(sent) != 1:
        # The code is unconfirmed.
        raise invalid_parameter(names[0], f"Exactly one of {', '.join(names)} is needed.")
    return sent[0]


def user_by_name_or_id(call: Call) -> User:
    """Return the user that the call names by exactly one of principal name and id."""
    if only_one_of(call, PRINCIPAL, "UserId") == PRINCIPAL:
        return principal(call)
    return found(find_user_by_id(call.account, call["UserId"]), "User")


def as_ram(call: Call, **changed: str) -> Call:
    """Return the call as RAM has it: the user by its bare name, if one is named."""
    user = {"UserName": principal(call).name} if call.get(PRINCIPAL) else {}
    return dataclasses.replace(call, parameters={**call.parameters, **user, **changed})

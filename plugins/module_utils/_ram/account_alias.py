# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The alias of the account: what it is, the calls about it, and how it should be."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .._cloud.client import nothing
from .._cloud.errors import ApiError, InputError
from .._cloud.services import RAM
from .._work.plan import Plan, Step

if t.TYPE_CHECKING:
    from .._cloud.client import Answer, Client

ALIAS = r"(?!.*--)[a-z0-9][a-z0-9-]{1,30}[a-z0-9]"
ALIAS_RULE = "3 to 32 lower-case letters, digits or hyphens; none at an end, no two in a row"


@dataclass(frozen=True)
class AccountAlias:
    """The name that stands for the account where its users log on."""

    account_alias: str

    def as_result(self) -> dict[str, t.Any]:
        """Return the alias as modules show it."""
        return {"account_alias": self.account_alias}

    as_diff = as_result


class AccountAliasApi:
    """The calls about the alias; each raises RamError."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def find(self) -> AccountAlias | None:
        """Return the alias, None if there is none."""

        def read(answer: Answer) -> str:
            return str(answer.get("AccountAlias") or "")

        doing = "read the alias of the account"
        alias = self._client.call(RAM, "GetAccountAlias", {}, read, doing=doing)
        # It is not documented what an account without one gets.
        is_none = alias in {"", self._client.identity.account_id}
        return None if is_none else AccountAlias(alias)

    def set(self, alias: str) -> None:
        """Set the alias, in place of the one before."""
        parameters, doing = {"AccountAlias": alias}, f"set account alias {alias}"
        try:
            self._client.call(RAM, "SetAccountAlias", parameters, nothing, doing=doing)
        except ApiError as error:
            if error.code == "EntityAlreadyExists.AccountAlias":
                error.reworded(f"{error}: another account has it")
            raise

    def clear(self) -> None:
        """Take the alias away."""
        doing = "clear the alias of the account"
        self._client.call(RAM, "ClearAccountAlias", {}, nothing, doing=doing)


def plan_account_alias(client: Client, params: dict[str, t.Any]) -> list[Plan[AccountAlias]]:
    """Return the plan for the alias; InputError if it can't be one."""
    wanted, is_absent = params["account_alias"], params["state"] == "absent"
    if (wanted or not is_absent) and not re.fullmatch(ALIAS, wanted or ""):
        raise InputError(f"account_alias must be {ALIAS_RULE}, not {wanted!r}")
    api = AccountAliasApi(client)
    current = api.find()
    name = "the account"
    if is_absent and current and wanted not in {None, "", current.account_alias}:
        return [Plan(name, current, current)]
    if is_absent:
        clear = Step("clear the alias of the account", api.clear)
        known_as = {"account_alias": ""}
        return [Plan(name, current, None, [clear] if current else [], known_as=known_as)]
    after = AccountAlias(wanted)
    change = Step(f"set account alias {wanted}", lambda: api.set(wanted))
    return [Plan(name, current, after, [change] if after != current else [])]

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How an API action is declared, and what its function is given.

A service is a table of actions. An action declares its parameters, so that any other is refused,
and the resources on which its caller needs permission. Parameters that the API has but that no rule
here looks at (tags, resource groups) are left out on purpose: refused is better than ignored.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .entities import SYSTEM
from .errors import invalid, invalid_parameter, missing
from .permissions import authorize

if t.TYPE_CHECKING:
    from .account import Account
    from .entities import Caller

Result = dict[str, t.Any]
HandlerT = t.TypeVar("HandlerT", bound="t.Callable[[Call], Result]")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an action: by whom, on which account, with which parameters."""

    account: Account
    caller: Caller
    parameters: t.Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.parameters[name]

    def get(self, name: str) -> str | None:
        """Return a parameter, or None if it was not sent."""
        return self.parameters.get(name)

    @property
    def context(self) -> dict[str, str]:
        """Return what the conditions of policies can ask about the call."""
        external_id = self.get("ExternalId")
        return {} if external_id is None else {"sts:ExternalId": external_id}

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a boolean parameter."""
        value = self.parameters.get(name)
        if value is None:
            return default
        if value.lower() not in ("true", "false"):
            raise invalid_parameter(name, f"{name} must be true or false.")
        return value.lower() == "true"

    def number(self, name: str, allowed: range, *, default: int) -> int:
        """Return an integer parameter within a range."""
        value = self.parameters.get(name)
        if value is None:
            return default
        if not (value.isascii() and value.isdigit() and int(value) in allowed):
            # The code is unconfirmed.
            raise invalid_parameter(name, f"{name} must be {allowed[0]} to {allowed[-1]}.")
        return int(value)


@dataclass(frozen=True, slots=True)
class Action:
    """One action of a service."""

    name: str
    permission: str
    handler: t.Callable[[Call], Result]
    required: tuple[str, ...]
    optional: tuple[str, ...]
    resources: tuple[str, ...]

    def run(self, call: Call) -> Result:
        """Check permission and parameters, then act."""
        authorize(call.account, call.caller, self.permission, self._resources(call), call.context)
        for name in self.required:
            if name not in call.parameters:
                raise missing(name)
        for name in call.parameters:
            if name not in self.required and name not in self.optional:
                # Unconfirmed: the cloud may ignore what it does not know.
                raise invalid("UnsupportedParameter", f"{self.name} has no parameter {name}.")
        return self.handler(call)

    def _resources(self, call: Call) -> list[str]:
        names = _ResourceNames(call)
        return [f"acs:ram:*:{resource.format_map(names)}" for resource in self.resources]


class _ResourceNames(dict[str, str]):
    """What the placeholders of a resource stand for; a parameter that was not sent is `*`."""

    def __init__(self, call: Call) -> None:
        super().__init__(call.parameters)
        self["account"] = call.account.account_id
        is_system = call.get("PolicyType") == SYSTEM
        self["policy_account"] = "system" if is_system else call.account.account_id
        self["role"] = call.parameters.get("RoleArn", "*").removeprefix("acs:ram::")
        self["key_owner"] = call.get("UserName") or call.caller.label

    def __missing__(self, key: str) -> str:
        return "*"


@dataclass(frozen=True, slots=True)
class Service:
    """One API version of one product, with its actions."""

    version: str
    prefix: str
    actions: dict[str, Action] = field(default_factory=dict)

    def action(
        self, name: str, *, required: str = "", optional: str = "", on: tuple[str, ...] = ()
    ) -> t.Callable[[HandlerT], HandlerT]:
        """Declare a function to be an action; without `on` it needs no permission.

        A resource that starts with a placeholder names its account itself.
        """

        def declare(handler: HandlerT) -> HandlerT:
            self.actions[name] = Action(
                name=name,
                permission=f"{self.prefix}:{name}",
                handler=handler,
                required=tuple(required.split()),
                optional=tuple(optional.split()),
                resources=tuple(r if r.startswith("{") else f"{{account}}:{r}" for r in on),
            )
            return handler

        return declare


RAM = Service("2015-05-01", "ram")
STS = Service("2015-04-01", "sts")
# IMS actions are authorized by the names of RAM.
IMS = Service("2019-08-15", "ram")

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How an API action is declared, and what is checked before its function is called.

A service is a table of actions. An action declares every parameter that the API documents for it:
those that it honours, and those that it declines. Nothing documented is ever ignored; what the API
does not know is refused, or ignored as the real gateway does if the emulator is told to.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from ..cloud.entities import SYSTEM
from ..errors import invalid, missing_parameter, not_emulated
from ..policies.permissions import Request, authorize
from .call import LIST_ITEM

if t.TYPE_CHECKING:
    from .call import Call, Result

HandlerT = t.TypeVar("HandlerT", bound="t.Callable[[Call], Result]")


@dataclass(frozen=True, slots=True)
class Action:
    """One action of a service; `honoured` has the required parameters too."""

    service: Service
    name: str
    handler: t.Callable[[Call], Result]
    required: tuple[str, ...]
    honoured: frozenset[str]
    declined: frozenset[str]
    resources: tuple[str, ...]
    own: str
    is_anonymous: bool

    @property
    def permission(self) -> str:
        """The name of the action in policies."""
        return f"{self.service.prefix}:{self.name}"

    def run(self, call: Call) -> Result:
        """Check permission and parameters, then act."""
        if self.resources and not (call.caller.is_root or self._is_own(call)):
            request = Request(call.caller, self.permission, call.context)
            authorize(request, self._resources(call))
        if not self.honoured.issuperset(call.parameters):
            call = self._checked(call)
        for name in self.required:
            if not call.get(name) and not (name.endswith(".N") and self._has_list(call, name)):
                raise missing_parameter(name, code=self.service.missing_code.format(name))
        return self.handler(call)

    def _is_own(self, call: Call) -> bool:
        """Tell whether a user does what the account lets all users do for themselves."""
        user = call.caller.user
        return (
            bool(self.own)
            and user is not None
            and named_user_of(call) in ("", user.name)
            and getattr(call.account.security_preference, self.own)
        )

    def _checked(self, call: Call) -> Call:
        """Return the call with what the API documents; refuse what is declined here."""
        kept = {}
        for name, value in call.parameters.items():
            declared = self._declared(name)
            if declared in self.honoured:
                kept[name] = value
            elif declared in self.declined:
                raise not_emulated(f"The emulator has no rule for {declared} of {self.name}.")
            elif call.cloud.settings.ignores_unknown_parameters:
                # What the real gateway evidently does: a widely used client always sends one.
                call.notes.append(f"ignored the unknown parameter {name}")
            else:
                raise invalid("UnsupportedParameter", f"{self.name} has no parameter {name}.")
        return replace(call, parameters=kept)

    def _declared(self, name: str) -> str:
        """Return the name by which a parameter is declared."""
        match = LIST_ITEM.fullmatch(name)
        if match:
            return f"{match['list']}.N"
        if self.service.takes_json_lists and f"{name}.N" in self.honoured | self.declined:
            return f"{name}.N"
        return name

    def _has_list(self, call: Call, name: str) -> bool:
        return any(self._declared(sent) == name for sent in call.parameters)

    def _resources(self, call: Call) -> list[str]:
        names = _ResourceNames(call)
        return [resource.format_map(names) for resource in self.resources]


def named_user_of(call: Call) -> str:
    """Return the name of the user that a call names, `*` for an unknown id, empty for none."""
    if user_id := call.get("UserId"):
        return next((user.name for user in call.account.users if user.user_id == user_id), "*")
    return call.get("UserName") or (call.get("UserPrincipalName") or "").partition("@")[0]


class _ResourceNames(dict[str, str]):
    """What the placeholders of a resource stand for; a parameter that was not sent is `*`."""

    def __init__(self, call: Call) -> None:
        super().__init__(call.parameters)
        self["account"] = call.account.account_id
        is_system = call.get("PolicyType") == SYSTEM
        self["policy_account"] = "system" if is_system else call.account.account_id
        self["role"] = call.parameters.get("RoleArn", "*").removeprefix("acs:ram::")
        named = named_user_of(call)
        self["user"] = named or "*"
        self["key_owner"] = named or call.caller.label

    def __missing__(self, key: str) -> str:
        return "*"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Service:
    """One API version of one product, with its actions.

    `prefix` is what policies call its actions, `product` what they call its resources.
    """

    name: str
    version: str
    host: str
    prefix: str
    product: str = "ram"
    # With the name of the parameter that is missing.
    missing_code: str = "MissingParameter"
    # Whether a list may also be sent as one JSON text.
    takes_json_lists: bool = False
    actions: dict[str, Action] = field(default_factory=dict)
    # Actions that the API has and the emulator has not, with the reason.
    declined: dict[str, str] = field(default_factory=dict)

    def action(
        self,
        name: str,
        *,
        required: str = "",
        optional: str = "",
        declined: str = "",
        on: tuple[str, ...] = (),
        own: str = "",
        is_anonymous: bool = False,
    ) -> t.Callable[[HandlerT], HandlerT]:
        """Declare a function to be an action; without `on` it needs no permission.

        A list parameter is written `Tag.N`. A resource of `on` is one of the account's, unless it
        is `*` or starts with a placeholder, which then names the account itself. `own` is the
        security preference that lets users do this for themselves. An anonymous action needs no
        signature.
        """

        def declare(handler: HandlerT) -> HandlerT:
            self.actions[name] = Action(
                service=self,
                name=name,
                handler=handler,
                required=tuple(required.split()),
                honoured=frozenset(required.split() + optional.split()),
                declined=frozenset(declined.split()),
                resources=tuple(self._resource(resource) for resource in on),
                own=own,
                is_anonymous=is_anonymous,
            )
            return handler

        return declare

    def decline(self, names: str, reason: str) -> None:
        """Declare actions that the API has and that are not emulated."""
        self.declined.update(dict.fromkeys(names.split(), reason))

    def _resource(self, resource: str) -> str:
        if resource == "*":
            return "*"
        account = "" if resource.startswith("{") else "{account}:"
        return f"acs:{self.product}:*:{account}{resource}"


RAM = Service(
    name="RAM",
    version="2015-05-01",
    host="ram.aliyuncs.com",
    prefix="ram",
    takes_json_lists=True,
)
STS = Service(name="STS", version="2015-04-01", host="sts.aliyuncs.com", prefix="sts")
# IMS actions are authorized by the names of RAM.
IMS = Service(name="IMS", version="2019-08-15", host="ims.aliyuncs.com", prefix="ram")
DIRECTORY = Service(
    name="ResourceDirectoryMaster",
    version="2022-04-19",
    host="resourcedirectory.aliyuncs.com",
    prefix="resourcemanager",
    product="resourcemanager",
    missing_code="MissingParameter.{}",
)

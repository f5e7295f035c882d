# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How an API action is declared, and what its function is given.

A service is a table of actions. An action declares every parameter that the API documents for it:
those that it honours, and those that it declines. Nothing documented is ever ignored; what the API
does not know is refused, or ignored as the real gateway does if the emulator is told to.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass, field, replace

from ..cloud.entities import SYSTEM
from ..errors import invalid, invalid_parameter, missing_parameter, not_emulated
from ..policies.permissions import Request, authorize, caller_arns

if t.TYPE_CHECKING:
    from ..cloud.account import Account
    from ..cloud.cloud import Cloud
    from ..cloud.entities import Caller

Result = dict[str, t.Any]
HandlerT = t.TypeVar("HandlerT", bound="t.Callable[[Call], Result]")
# An item of a list, as `Tag.1.Key` or `ResourceId.2`.
LIST_ITEM = re.compile(r"(?P<list>[A-Za-z]+)\.(?P<number>[1-9][0-9]*)(\.(?P<field>[A-Za-z]+))?")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from, and whether it was encrypted on its way."""

    address: str
    is_secure: bool


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an action: by whom, on which account, with which parameters."""

    caller: Caller
    parameters: t.Mapping[str, str]
    origin: Origin
    # What was let pass although it is not honoured, for the request log.
    notes: list[str] = field(default_factory=list)

    @property
    def account(self) -> Account:
        """The account that the call acts on: always the caller's."""
        return self.caller.account

    @property
    def cloud(self) -> Cloud:
        """All accounts."""
        return self.caller.account.cloud

    def __getitem__(self, name: str) -> str:
        return self.parameters[name]

    def get(self, name: str) -> str | None:
        """Return a parameter, or None if it was not sent."""
        return self.parameters.get(name)

    def context(self) -> dict[str, str]:
        """Return what the conditions of policies can ask about the call."""
        context = {
            "acs:SourceIp": self.origin.address,
            "acs:SecureTransport": str(self.origin.is_secure).lower(),
            "acs:CurrentTime": self.account.clock.timestamp(),
            # A key signs without a second factor, and what it assumes has none either.
            "acs:MFAPresent": "false",
            "acs:PrincipalARN": caller_arns(self.caller)[-1],
        }
        for key in ("ExternalId", "SourceIdentity"):
            if value := self.get(key):
                context[f"sts:{key}"] = value
        return context

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

    def texts(self, name: str) -> list[str]:
        """Return a list of texts, sent as `name.1` ... or as one JSON text."""
        items = self._json_list(name) or [
            value for _number, field_, value in self._numbered(name) if field_ is None
        ]
        if not all(isinstance(item, str) for item in items):
            raise invalid_parameter(name, f"{name} must be a list of texts.")
        return items

    def pairs(self, name: str) -> list[dict[str, str]]:
        """Return a list of objects, sent as `name.1.Key` ... or as one JSON text."""
        items = self._json_list(name)
        if not items:
            by_number: dict[int, dict[str, str]] = {}
            for number, field_, value in self._numbered(name):
                by_number.setdefault(number, {})[field_ or ""] = value
            items = [by_number[number] for number in sorted(by_number)]
        if not all(
            isinstance(item, dict) and all(isinstance(v, str) for v in item.values())
            for item in items
        ):
            raise invalid_parameter(name, f"{name} must be a list of objects.")
        return items

    def _json_list(self, name: str) -> list[t.Any]:
        text = self.parameters.get(name)
        if not text:
            return []
        try:
            items = json.loads(text)
        except ValueError:
            items = None
        if not isinstance(items, list):
            raise invalid_parameter(name, f"{name} must be a list as JSON.")
        return items

    def _numbered(self, name: str) -> t.Iterator[tuple[int, str | None, str]]:
        for parameter, value in self.parameters.items():
            match = LIST_ITEM.fullmatch(parameter)
            if match and match["list"] == name:
                yield int(match["number"]), match["field"], value


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

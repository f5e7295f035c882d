# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One call of an API action, as its function sees it."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass, field

from ..errors import invalid_parameter
from ..policies.permissions import caller_arns

if t.TYPE_CHECKING:
    from ..cloud.account import Account
    from ..cloud.cloud import Cloud
    from ..cloud.entities import Caller

Result = dict[str, t.Any]
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

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an official SDK knows of an API, and what was seen of it while an account lived."""

from __future__ import annotations

import inspect
import re
import typing as t
from dataclasses import dataclass, field

from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.models import Config

if t.TYPE_CHECKING:
    from types import ModuleType

    from emulator import Emulator
    from emulator.actions.service import Service

Answer = dict[str, t.Any]
Key = tuple[str, str]
KINDS = {"str": str, "bool": bool, "int": int}


@dataclass(frozen=True)
class Sdk:
    """One package of the SDK: the models of its requests and answers, and its client."""

    models: ModuleType
    client: type[t.Any]

    def actions(self) -> list[str]:
        """Return the names of all actions."""
        ends = "ResponseBody"
        return sorted(name.removesuffix(ends) for name in dir(self.models) if name.endswith(ends))

    def parameters_of(self, action: str) -> set[str]:
        """Return the names of an action's parameters."""
        model = getattr(self.models, f"{action}Request", None)
        return set(_fields_of(model)) if model else set()

    def paths_of(self, action: str) -> dict[str, str]:
        """Return the paths of all values that an answer may have, with their types."""
        return self._paths(getattr(self.models, f"{action}ResponseBody"), "")

    def call(
        self, emulator: Emulator, action: str, parameters: Answer, key: Key | None = None
    ) -> tuple[Answer, bool]:
        """Call an action, as the account itself by default; return the answer and if it is one."""
        key_id, secret = key or (emulator.access_key_id, emulator.access_key_secret)
        config = Config(
            access_key_id=key_id,
            access_key_secret=secret,
            endpoint=emulator.host_port,
            protocol="http",
        )
        method = getattr(self.client(config), self._methods()[action])
        model = getattr(self.models, f"{action}Request", None)
        try:
            body = method(*([model().from_map(parameters)] if model else [])).body
        except ClientException as error:
            return error.data, False
        return body.to_map(), True

    def _paths(self, model: type[t.Any], prefix: str) -> dict[str, str]:
        paths: dict[str, str] = {}
        for name, hint in _fields_of(model).items():
            inner = re.search(r"main_models\.(\w+)", str(hint))
            if inner:
                paths |= self._paths(getattr(self.models, inner[1]), f"{prefix}{name}.")
            else:
                paths[f"{prefix}{name}"] = str(hint)
        return paths

    def _methods(self) -> dict[str, str]:
        return {
            found[1]: name
            for name, method in inspect.getmembers(self.client, inspect.isfunction)
            if not name.endswith(("_async", "with_options"))
            if (found := re.search(r"main_models\.(\w+)Response\b", str(inspect.signature(method))))
        }


@dataclass
class Witness:
    """What was asked and answered."""

    sdk: Sdk
    service: Service
    # The most parameters of an action that were sent at once, and all that were ever sent.
    together: dict[str, set[str]] = field(default_factory=dict)
    ever: dict[str, set[str]] = field(default_factory=dict)
    values: dict[str, dict[str, t.Any]] = field(default_factory=dict)

    def note(self, action: str, parameters: t.Collection[str], answer: Answer) -> None:
        """Note one call."""
        before = self.together.setdefault(action, set())
        self.together[action] = max(before, set(parameters), key=len)
        self.ever.setdefault(action, set()).update(parameters)
        self.values.setdefault(action, {}).update(_values_of(answer))

    def left_out(self, exclusive: t.Mapping[str, set[str]]) -> dict[str, set[str]]:
        """Return what was not sent in one call by action, but for what excludes each other."""
        return {
            action.name: missing
            for action in self._emulated()
            if (
                missing := self.sdk.parameters_of(action.name)
                - self.together.get(action.name, set())
                - (self.ever.get(action.name, set()) & exclusive.get(action.name, set()))
                - action.declined
            )
        }

    def unanswered(self) -> dict[str, set[str]]:
        """Return the paths of values that no answer had, by action."""
        return {
            action.name: missing
            for action in self._emulated()
            if (
                missing := self.sdk.paths_of(action.name).keys()
                - self.values.get(action.name, {}).keys()
            )
        }

    def wrong_types(self) -> dict[str, t.Any]:
        """Return the values that are of another type than the SDK says."""
        return {
            f"{action}: {path}": value
            for action, values in self.values.items()
            for path, hint in self.sdk.paths_of(action).items()
            if hint in KINDS and (value := values.get(path)) is not None
            if not isinstance(value, KINDS[hint])
            or isinstance(value, bool) != (KINDS[hint] is bool)
        }

    def _emulated(self) -> list[t.Any]:
        return [
            action for name, action in self.service.actions.items() if name in self.sdk.actions()
        ]


def _fields_of(model: type[t.Any]) -> dict[str, t.Any]:
    """Return the fields of a model, by their names in the API, with their types."""
    source = inspect.getsource(model.to_map)
    names = dict(re.findall(r"if self\.(\w+) is not None:\s+result\['(\w+)'\]", source))
    names |= {a: b for b, a in re.findall(r"result\['(\w+)'\] = self\.(\w+)", source)}
    names |= {a: b for b, a in re.findall(r"result\['(\w+)'\] = \[\]\s+if self\.(\w+)", source)}
    hints = inspect.signature(model.__init__).parameters
    return {names[name]: hint.annotation for name, hint in hints.items() if name != "self"}


def _values_of(answer: t.Any, prefix: str = "") -> t.Iterator[tuple[str, t.Any]]:
    """Yield the values of an answer with their paths, those of lists under the list's path."""
    for name, value in answer.items():
        items = value if isinstance(value, list) else [value]
        for item in items:
            if isinstance(item, dict):
                yield from _values_of(item, f"{prefix}{name}.")
            else:
                yield f"{prefix}{name}", item

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every action with all parameters and all fields of its answer, as the official SDKs have it."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
import typing as t

import aliyunsdkram.request.v20150501 as old_requests
import pytest
from alibabacloud_ram20150501 import models
from alibabacloud_ram20150501.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.models import Config
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient

from emulator.actions.service import RAM, STS

from .everything import live

if t.TYPE_CHECKING:
    from emulator import Emulator

Answer = dict[str, t.Any]
Key = tuple[str, str]
ACTIONS = sorted(
    name.removesuffix("ResponseBody") for name in dir(models) if name.endswith("ResponseBody")
)
# The official SDK of STS is needed for nothing else, so what it has is written down here.
STS_PARAMETERS = {
    "AssumeRole": {
        "DurationSeconds",
        "ExternalId",
        "Policy",
        "RoleArn",
        "RoleSessionName",
        "SourceIdentity",
    },
    "AssumeRoleWithOIDC": {
        "DurationSeconds",
        "OIDCProviderArn",
        "OIDCToken",
        "Policy",
        "RoleArn",
        "RoleSessionName",
    },
    "GetCallerIdentity": set(),
}


def parameters_of(action: str) -> set[str]:
    """Return the names of an action's parameters in the current SDK."""
    model = getattr(models, f"{action}Request", None)
    return set(fields_of(model)) if model else set()


def fields_of(model: type[t.Any]) -> dict[str, t.Any]:
    """Return the fields of a model, by their names in the API, with their types."""
    source = inspect.getsource(model.to_map)
    names = dict(re.findall(r"if self\.(\w+) is not None:\s+result\['(\w+)'\]", source))
    names |= {a: b for b, a in re.findall(r"result\['(\w+)'\] = self\.(\w+)", source)}
    names |= {a: b for b, a in re.findall(r"result\['(\w+)'\] = \[\]\s+if self\.(\w+)", source)}
    hints = inspect.signature(model.__init__).parameters
    return {names[name]: hint.annotation for name, hint in hints.items() if name != "self"}


def paths_of(model: type[t.Any], prefix: str = "") -> dict[str, str]:
    """Return the paths of all values that an answer may have, with their types."""
    paths: dict[str, str] = {}
    for name, hint in fields_of(model).items():
        inner = re.search(r"main_models\.(\w+)", str(hint))
        if inner:
            paths |= paths_of(getattr(models, inner[1]), f"{prefix}{name}.")
        else:
            paths[f"{prefix}{name}"] = str(hint)
    return paths


def values_of(answer: t.Any, prefix: str = "") -> t.Iterator[tuple[str, t.Any]]:
    """Yield the values of an answer with their paths, those of lists under the list's path."""
    for name, value in answer.items():
        items = value if isinstance(value, list) else [value]
        for item in items:
            if isinstance(item, dict):
                yield from values_of(item, f"{prefix}{name}.")
            else:
                yield f"{prefix}{name}", item


@pytest.mark.parametrize("action", ACTIONS)
def test_table(action: str) -> None:
    """Every action of the SDK is emulated, and each of its parameters is honoured or declined."""
    known = RAM.actions[action]

    names = parameters_of(action)
    unknown = {
        name for name in names if not {name, f"{name}.N"} & (known.honoured | known.declined)
    }

    assert unknown == set()


@pytest.mark.parametrize("action", STS_PARAMETERS)
def test_sts_table(action: str) -> None:
    """Every action of STS is emulated with its parameters, but for the one about SAML."""
    assert STS.actions[action].honoured == STS_PARAMETERS[action]
    assert STS.declined.keys() == {"AssumeRoleWithSAML"}


class Witness:
    """What was asked and answered while an account lived."""

    def __init__(self) -> None:
        self.parameters: dict[str, set[str]] = {}
        self.values: dict[str, dict[str, t.Any]] = {}

    def note(self, action: str, parameters: t.Collection[str], answer: Answer) -> None:
        """Note one call; the most parameters at once and all values count."""
        before = self.parameters.setdefault(action, set())
        self.parameters[action] = max(before, set(parameters), key=len)
        self.values.setdefault(action, {}).update(values_of(answer))


def test_current_sdk(emulator: Emulator) -> None:
    """The current SDK calls every action with all its parameters and finds all fields answered."""
    witness = Witness()

    def do(action: str, /, as_user: Key | None = None, **parameters: t.Any) -> Answer:
        sdk = current_sdk(emulator, as_user)
        method = getattr(sdk, METHODS[action])
        model = getattr(models, f"{action}Request", None)
        try:
            answer = method(*([model().from_map(parameters)] if model else [])).body.to_map()
        except ClientException as error:
            return t.cast("Answer", error.data)
        witness.note(action, parameters, answer)
        return answer

    live(do, emulator)

    declined = {action: RAM.actions[action].declined for action in ACTIONS}
    left_out = {
        action: missing
        for action in ACTIONS
        if (missing := parameters_of(action) - witness.parameters[action] - declined[action])
    }
    unanswered = {
        action: missing
        for action in ACTIONS
        if (missing := expected_paths(action) - witness.values[action].keys())
    }
    assert (left_out, unanswered) == ({}, {})
    assert wrong_types(witness) == {}


def expected_paths(action: str) -> set[str]:
    """Return the paths of all fields that the SDK knows of an answer."""
    return set(paths_of(getattr(models, f"{action}ResponseBody")))


def wrong_types(witness: Witness) -> dict[str, t.Any]:
    """Return the values that are of another type than the SDK says."""
    kinds = {"str": str, "bool": bool, "int": int}
    return {
        f"{action}: {path}": value
        for action, values in witness.values.items()
        for path, hint in paths_of(getattr(models, f"{action}ResponseBody")).items()
        if hint in kinds and (value := values[path]) is not None
        if type(value) is not kinds[hint]
    }


def current_sdk(emulator: Emulator, key: Key | None) -> Client:
    """Return the current SDK's client with a key, the account's own by default."""
    key_id, secret = key or (emulator.access_key_id, emulator.access_key_secret)
    return Client(
        Config(
            access_key_id=key_id,
            access_key_secret=secret,
            endpoint=emulator.host_port,
            protocol="http",
        )
    )


METHODS = {
    found[1]: name
    for name, method in inspect.getmembers(Client, inspect.isfunction)
    if not name.endswith(("_async", "_with_options"))
    if (found := re.search(r"main_models\.(\w+)Response\b", str(inspect.signature(method))))
}
OLD_ACTIONS = {
    module.name.removesuffix("Request")
    for module in pkgutil.iter_modules(old_requests.__path__)
    if module.name.endswith("Request")
}


def test_old_sdk(emulator: Emulator) -> None:
    """The old SDK, which signs with HMAC-SHA1, calls all it has with all its parameters."""
    refused = {}
    called = set()

    def do(action: str, /, as_user: Key | None = None, **parameters: t.Any) -> Answer:
        key = as_user or (emulator.access_key_id, emulator.access_key_secret)
        if action not in OLD_ACTIONS:
            return emulator.call(action, **parameters)
        module = importlib.import_module(f"{old_requests.__name__}.{action}Request")
        request = getattr(module, f"{action}Request")()
        request.set_protocol_type("http")
        request.set_endpoint(emulator.host_port)
        for name, value in parameters.items():
            text = json.dumps(value) if isinstance(value, (list, bool)) else value
            request.add_query_param(name, text)
        called.add(action)
        try:
            answer = AcsClient(*key, "cn-hangzhou").do_action_with_exception(request)
        except ServerException as error:
            if as_user and error.get_error_code() == "NoPermission":
                return refusal_of(emulator, *as_user)
            refused[action] = error.get_error_code()
            raise
        return t.cast("Answer", json.loads(answer))

    live(do, emulator)

    assert refused == {}
    assert OLD_ACTIONS & set(ACTIONS) <= called


def refusal_of(emulator: Emulator, key_id: str, secret: str) -> Answer:
    """Return the whole refusal of ListUsers, of which the old SDK shows only code and message."""
    try:
        current_sdk(emulator, (key_id, secret)).list_users(models.ListUsersRequest())
    except ClientException as error:
        return t.cast("Answer", error.data)
    raise AssertionError

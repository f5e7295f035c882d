# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every action with all parameters and all fields of its answer, as the official SDKs have it."""

from __future__ import annotations

import importlib
import json
import pkgutil
import typing as t

import aliyunsdkram.request.v20150501 as old_requests
import pytest
from alibabacloud_ims20190815 import models as ims_models
from alibabacloud_ims20190815.client import Client as ImsClient
from alibabacloud_ram20150501 import models as ram_models
from alibabacloud_ram20150501.client import Client as RamClient
from alibabacloud_resourcedirectorymaster20220419 import models as directory_models
from alibabacloud_resourcedirectorymaster20220419.client import Client as DirectoryClient
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient

from emulator import Emulator
from emulator.actions.service import DIRECTORY, IMS, RAM, STS

from . import everything, everything_of_directory, everything_of_ims
from .contract import Answer, Key, Sdk, Witness

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.actions.service import Service

SDKS = {
    "RAM": (RAM, Sdk(ram_models, RamClient)),
    "IMS": (IMS, Sdk(ims_models, ImsClient)),
    "ResourceDirectoryMaster": (DIRECTORY, Sdk(directory_models, DirectoryClient)),
}
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


@pytest.mark.parametrize(
    ("service", "action"),
    [(service, action) for service, (_api, sdk) in SDKS.items() for action in sdk.actions()],
)
def test_table(service: str, action: str) -> None:
    """Every action of an SDK is emulated or declined, and so is each of its parameters."""
    api, sdk = SDKS[service]
    known = api.actions.get(action)
    is_declined = action in api.declined

    declared = known.honoured | known.declined if known else set()
    unknown = {name for name in sdk.parameters_of(action) if not {name, f"{name}.N"} & declared}

    assert (known is None) == is_declined
    assert is_declined or unknown == set()


def test_nothing_of_ram_is_declined() -> None:
    """RAM is emulated whole."""
    assert RAM.declined == {}


@pytest.mark.parametrize("action", STS_PARAMETERS)
def test_sts_table(action: str) -> None:
    """Every action of STS is emulated with its parameters, but for the one about SAML."""
    assert STS.actions[action].honoured == STS_PARAMETERS[action]
    assert STS.declined.keys() == {"AssumeRoleWithSAML"}


def watch(emulator: Emulator, service: Service, sdk: Sdk) -> tuple[Witness, Callable[..., Answer]]:
    """Return a witness, and the function that calls actions before its eyes."""
    witness = Witness(sdk, service)

    def do(action: str, /, as_user: Key | None = None, **parameters: t.Any) -> Answer:
        answer, is_success = sdk.call(emulator, action, parameters, as_user)
        if is_success:
            witness.note(action, parameters, answer)
        return answer

    return witness, do


def test_current_sdk_of_ram(emulator: Emulator) -> None:
    """The current SDK calls every action with all its parameters and finds all fields answered."""
    witness, do = watch(emulator, *SDKS["RAM"])

    everything.live(do, emulator)

    assert (witness.left_out({}), witness.unanswered()) == ({}, {})
    assert witness.wrong_types() == {}


def test_current_sdk_of_ims(emulator: Emulator) -> None:
    """The SDK of IMS does so too, but for parameters that exclude each other."""
    witness, do = watch(emulator, *SDKS["IMS"])

    everything_of_ims.live(do, emulator)

    assert (witness.left_out(everything_of_ims.EXCLUSIVE), witness.unanswered()) == ({}, {})
    assert witness.wrong_types() == {}


def test_current_sdk_of_the_directory() -> None:
    """The SDK of the directory does so too, but for what nobody can make here."""
    with Emulator(seed=everything_of_directory.SEED) as emulator:
        witness, do = watch(emulator, *SDKS["ResourceDirectoryMaster"])

        everything_of_directory.live(do)

    unanswered = witness.unanswered()
    # Neither members that administer a service nor tags of folders.
    assert unanswered.pop("ListFoldersForParent") == {
        "Folders.Folder.Tags.Tag.Key",
        "Folders.Folder.Tags.Tag.Value",
    }
    administrators = unanswered.pop("ListDelegatedAdministrators")
    assert {path.partition(".")[0] for path in administrators} == {"Accounts"}
    assert (witness.left_out({}), unanswered) == ({}, {})
    assert witness.wrong_types() == {}


OLD_ACTIONS = {
    module.name.removesuffix("Request")
    for module in pkgutil.iter_modules(old_requests.__path__)
    if module.name.endswith("Request")
}


def test_old_sdk(emulator: Emulator) -> None:
    """The old SDK, which signs with HMAC-SHA1, calls all it has with all its parameters."""
    _api, sdk = SDKS["RAM"]
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
                # The old SDK shows only code and message of a refusal.
                return sdk.call(emulator, action, parameters, as_user)[0]
            refused[action] = error.get_error_code()
            raise
        return t.cast("Answer", json.loads(answer))

    everything.live(do, emulator)

    assert refused == {}
    assert OLD_ACTIONS & set(sdk.actions()) <= called

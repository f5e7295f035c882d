# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run modules and the action plugin in this process, over real HTTP against the emulator.

For the tests of modules ansible-test hides what is not on a target: import nothing of it here.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import time
import typing as t
from dataclasses import dataclass

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import warnings

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.client import Client
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.options import (
    CONNECTION_SPEC,
    ConnectionOptions,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work import patience
from emulator import Emulator
from emulator.totp import totp

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

# The SDK reads the environment when it is imported, so that comes before any test changes it; and
# ansible-test forks for each test, so that none has to import it again.
importlib.import_module("alibabacloud_ram20150501.client")

COLLECTION = "ansible_collections.keysmith.alibabacloud"
READING = ("Get", "List")


@dataclass(frozen=True)
class Result:
    """What a task came to, and all that a module printed."""

    values: dict[str, t.Any]
    printed: str = ""

    def __getitem__(self, name: str) -> t.Any:
        return self.values[name]

    @property
    def changed(self) -> bool:
        """Whether the task reports a change."""
        return bool(self.values.get("changed"))

    @property
    def failed(self) -> bool:
        """Whether the task failed."""
        return bool(self.values.get("failed"))

    @property
    def msg(self) -> str:
        """Why the task failed."""
        return str(self.values.get("msg", ""))


@pytest.fixture(scope="session")
def running_emulator() -> Iterator[Emulator]:
    """One emulator for all tests of this process."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(autouse=True)
def _hardly_any_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not exist is asked for once more, after a shorter pause than in real life."""
    monkeypatch.setattr(patience, "PAUSES", (0.01,))


@pytest.fixture
def emulator(running_emulator: Emulator) -> Emulator:
    """The emulator with an empty account."""
    running_emulator.reset()
    return running_emulator


def endpoints(url: str) -> dict[str, str]:
    """Return the options that send all requests to one address."""
    return {"ram_endpoint": url, "sts_endpoint": url, "ims_endpoint": url}


def connection_to(emulator: Emulator) -> dict[str, t.Any]:
    """Return the connection options that lead to an emulator, signing as the account."""
    return {
        **endpoints(emulator.url),
        "access_key_id": emulator.access_key_id,
        "access_key_secret": emulator.access_key_secret,
        "max_attempts": 2,
        "read_timeout": 2,
    }


def make_client(params: dict[str, t.Any], environ: Mapping[str, str] | None = None) -> Client:
    """Return a client with these connection options, for a task with this environment or none."""
    defaults = {name: option.get("default") for name, option in CONNECTION_SPEC.items()}
    return Client(ConnectionOptions.from_params({**defaults, **params}, environ or {}))


def sign_in(emulator: Emulator, name: str, *policies: str) -> dict[str, str]:
    """Return the options with which a new user signs that has these system policies."""
    emulator.call("CreateUser", UserName=name)
    for policy in policies:
        emulator.call("AttachPolicyToUser", UserName=name, PolicyName=policy, PolicyType="System")
    key = emulator.call("CreateAccessKey", UserName=name)["AccessKey"]
    return {"access_key_id": key["AccessKeyId"], "access_key_secret": key["AccessKeySecret"]}


def make_role(emulator: Emulator, external_id: str | None = None) -> str:
    """Create a role that administers users and trusts the account; return its ARN."""
    trust: dict[str, t.Any] = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"RAM": [f"acs:ram::{emulator.account_id}:root"]},
    }
    if external_id:
        trust["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
    document = json.dumps({"Version": "1", "Statement": [trust]})
    role = emulator.call("CreateRole", RoleName="ops", AssumeRolePolicyDocument=document)["Role"]
    policy = {"PolicyName": "AliyunRAMFullAccess", "PolicyType": "System"}
    emulator.call("AttachPolicyToRole", RoleName="ops", **policy)
    return str(role["Arn"])


def bind_mfa_device(emulator: Emulator, user_name: str) -> dict[str, str]:
    """Create an MFA device and bind it to a user; return what the API told about it."""
    created = emulator.call("CreateVirtualMFADevice", VirtualMFADeviceName=user_name)
    device: dict[str, str] = created["VirtualMFADevice"]
    step = int(time.time()) // 30
    emulator.call(
        "BindMFADevice",
        UserName=user_name,
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1=totp(device["Base32StringSeed"], step - 1),
        AuthenticationCode2=totp(device["Base32StringSeed"], step),
    )
    return device


def tag_user(emulator: Emulator, user_name: str, **tags: str) -> None:
    """Set tags of a user."""
    user_id = emulator.call("GetUser", UserName=user_name)["User"]["UserId"]
    pairs = {
        f"Tag.{number}.{part}": text
        for number, tag in enumerate(tags.items(), 1)
        for part, text in zip(("Key", "Value"), tag, strict=True)
    }
    named = {"ResourceType": "user", "ResourceId.1": user_id}
    emulator.call("TagResources", service="IMS", **named, **pairs)


@pytest.fixture(autouse=True)
def _no_gap_of_editors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for a missing file twice without a second in between: nobody edits here."""
    with contextlib.suppress(ImportError):  # ansible-test hides the controller's side
        from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file import locks

        monkeypatch.setattr(locks, "GAP_SECONDS", 0.02)


@pytest.fixture
def connection(emulator: Emulator) -> dict[str, t.Any]:
    """The connection options that lead to the emulator, signing as the account."""
    return connection_to(emulator)


def forget_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next module of this process show its warnings though an earlier one has shown them.

    It does so in its result; from 2.19 on, in a process that has the controller too, on stderr.
    """
    monkeypatch.setattr(warnings, "_global_warnings", type(warnings._global_warnings)())
    with contextlib.suppress(ModuleNotFoundError):
        from ansible.utils.display import Display

        monkeypatch.setattr(Display(), "_warns", type(Display()._warns)())


@pytest.fixture
def run_module(
    connection: dict[str, t.Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., Result]:
    """A function that runs a module by its name with options, and with `_ansible_*` settings."""

    def run(name: str, /, **options: t.Any) -> Result:
        arguments = {"ANSIBLE_MODULE_ARGS": {**connection, **options}}
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps(arguments).encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        forget_warnings(monkeypatch)
        module = importlib.import_module(f"{COLLECTION}.plugins.modules.{name}")
        with pytest.raises(SystemExit):
            module.main()
        printed = capsys.readouterr()
        return Result(json.loads(printed.out.splitlines()[-1]), printed.out + printed.err)

    return run


@pytest.fixture
def run_action(connection: dict[str, t.Any], tmp_path: Path) -> Callable[..., Result]:
    """A function that runs ram_keyring with options; files are relative to the test's folder."""
    from .keyring_task import run_keyring

    def run(**arguments: t.Any) -> Result:
        return Result(run_keyring(tmp_path, **{**connection, **arguments}))

    return run


def writing_actions(emulator: Emulator) -> list[str]:
    """Return the logged API actions that change something."""
    return [action for action in emulator.actions() if not action.startswith(READING)]

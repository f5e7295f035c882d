# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run modules and the action plugin in this process, over real HTTP against the emulator."""

from __future__ import annotations

import importlib
import json
import time
import typing as t
from dataclasses import dataclass

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import warnings
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultSecret
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import action_loader, connection_loader
from ansible.template import Templar
from ansible.utils.display import Display

from emulator import Emulator
from emulator.actions.mfa import totp

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# The SDK reads the environment when it is imported, so that comes before any test changes it.
importlib.import_module("alibabacloud_credentials.client")

COLLECTION = "ansible_collections.keysmith.alibabacloud"
VAULT_PASSWORD = "open sesame"
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


@pytest.fixture
def connection(emulator: Emulator) -> dict[str, t.Any]:
    """The connection options that lead to the emulator, signing as the account."""
    return connection_to(emulator)


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
        # A warning is shown once for each process, on standard error; before 2.19 in each result.
        monkeypatch.setattr(Display(), "_warns", type(Display()._warns)())
        monkeypatch.setattr(warnings, "_global_warnings", type(warnings._global_warnings)())
        module = importlib.import_module(f"{COLLECTION}.plugins.modules.{name}")
        with pytest.raises(SystemExit):
            module.main()
        printed = capsys.readouterr()
        return Result(json.loads(printed.out.splitlines()[-1]), printed.out + printed.err)

    return run


@pytest.fixture
def run_action(connection: dict[str, t.Any], tmp_path: Path) -> Callable[..., Result]:
    """A function that runs ram_keyring with options; files are relative to the test's folder."""

    def run(**arguments: t.Any) -> Result:
        return Result(run_keyring(tmp_path, **{**connection, **arguments}))

    return run


def run_keyring(
    directory: str | Path,
    *,
    check: bool = False,
    diff: bool = False,
    vault: list[tuple[str, str]] | None = None,
    environment: dict[str, str] | None = None,
    **options: t.Any,
) -> dict[str, t.Any]:
    """Run ram_keyring for a playbook in the directory and return its result; null is not given."""
    name = "keysmith.alibabacloud.ram_keyring"
    given = {key: value for key, value in options.items() if value is not None}
    settings = {"check_mode": check, "diff": diff, "environment": environment}
    task = Task.load({name: given, **settings})
    loader = DataLoader()
    loader.set_basedir(str(directory))
    passwords = [("default", VAULT_PASSWORD)] if vault is None else vault
    secrets: t.Any = [(label, VaultSecret(word.encode())) for label, word in passwords]
    loader.set_vault_secrets(secrets)
    context = PlayContext()
    action = action_loader.get(
        name,
        task=task,
        connection=connection_loader.get("ansible.builtin.local", context, None),
        play_context=context,
        loader=loader,
        templar=Templar(loader=loader, variables={}),
        shared_loader_obj=None,
    )
    result: dict[str, t.Any] = action.run(task_vars={})
    return result


def writing_actions(emulator: Emulator) -> list[str]:
    """Return the logged API actions that change something."""
    return [action for action in emulator.actions() if not action.startswith(READING)]

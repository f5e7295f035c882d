# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each task signs as its own `environment` says, whoever signed before in the same process."""

from __future__ import annotations

import json
import typing as t
from textwrap import indent

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

if t.TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from emulator import Emulator

    from .conftest import Controller

    Run = t.Callable[..., subprocess.CompletedProcess[str]]

# What the controller's own environment says of credentials is put aside.
NOBODY = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "",
    "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
}
MEMBERS = """
DOCUMENTATION = "{name: members, short_description: x, description: x, options: {}}"
from ansible.plugins.inventory import BaseInventoryPlugin
class InventoryModule(BaseInventoryPlugin):
    NAME = "members"
    def verify_file(self, path):
        return path.endswith("members.yml")
    def parse(self, inventory, loader, path, cache=True):
        super().parse(inventory, loader, path, cache)
        import alibabacloud_ram20150501.client
        inventory.add_host("member")
"""


@pytest.fixture
def pairs(emulator: Emulator, controller: Controller) -> dict[str, dict[str, str]]:
    """Two administrators, each with a key pair that a file names, and a user for each of them."""
    (controller.folder / "vault-password").write_text("open sesame")
    return {name: make_administrator(emulator, controller.folder, name) for name in ("ann", "ben")}


def make_administrator(emulator: Emulator, folder: Path, name: str) -> dict[str, str]:
    """Create a user who may do all and one who is to be theirs; return the key of the first."""
    for user in (name, f"of-{name}"):
        emulator.call("CreateUser", UserName=user)
    policy = {"PolicyName": "AliyunRAMFullAccess", "PolicyType": "System"}
    emulator.call("AttachPolicyToUser", UserName=name, **policy)
    key = emulator.call("CreateAccessKey", UserName=name)["AccessKey"]
    pair = {"access_key_id": key["AccessKeyId"], "access_key_secret": key["AccessKeySecret"]}
    lines = ["[default]", "type = access_key", *(f"{k} = {v}" for k, v in pair.items())]
    (folder / f"{name}.ini").write_text("\n".join(lines))
    return pair


@pytest.fixture
def play(controller: Controller) -> Run:
    """A function that runs plays, each a list of tasks, on this machine."""

    def run(*plays: list[dict[str, t.Any]], **environment: str) -> t.Any:
        content = [{"hosts": "localhost", "gather_facts": False, "tasks": tasks} for tasks in plays]
        (controller.folder / "play.yml").write_text(json.dumps(content))
        command = ("ansible-playbook", "play.yml", "--vault-password-file", "vault-password")
        return controller.run(*command, **NOBODY, **environment)

    return run


def as_named_by(name: str) -> dict[str, str]:
    """Return the environment of a task that signs with the key of an administrator."""
    return {"ALIBABA_CLOUD_CREDENTIALS_FILE": f"{{{{ playbook_dir }}}}/{name}.ini"}


def update(name: str) -> dict[str, t.Any]:
    """Return a task of a module that changes the user of an administrator."""
    return {"keysmith.alibabacloud.ram_user": {"name": f"of-{name}", "comments": f"by {name}"}}


def create(name: str) -> dict[str, t.Any]:
    """Return a task on the controller that gives the user of an administrator a key."""
    keyring = {"name": f"of-{name}", "file": f"{name}.yml", "verify": "none"}
    return {"keysmith.alibabacloud.ram_keyring": keyring}


def signers(emulator: Emulator) -> set[tuple[str, str, str]]:
    """Return who signed what about whom, reading apart."""
    return {
        (str(request["user"]), request["action"], request["parameters"]["UserName"])
        for request in emulator.requests()
        if request["action"] in {"UpdateUser", "CreateAccessKey"}
    }


EACH_BY_ITS_OWN = {
    ("ann", "UpdateUser", "of-ann"),
    ("ann", "CreateAccessKey", "of-ann"),
    ("ben", "UpdateUser", "of-ben"),
    ("ben", "CreateAccessKey", "of-ben"),
}


@pytest.mark.usefixtures("pairs")
def test_loop(emulator: Emulator, play: Run) -> None:
    """Items of a loop sign as each one's environment says, in modules and on the controller."""
    loop = {"loop": ["ann", "ben"], "environment": as_named_by("{{ item }}")}
    emulator.clear_requests()

    done = play([{**update("{{ item }}"), **loop}, {**create("{{ item }}"), **loop}])

    assert done.returncode == 0, done.stdout
    assert signers(emulator) == EACH_BY_ITS_OWN


@pytest.mark.usefixtures("pairs")
def test_item_of_nobody(emulator: Emulator, play: Run) -> None:
    """An item without credentials fails, and is not signed by those of the item before."""
    environments = [as_named_by("ann"), {}]
    loop = {"loop": environments, "environment": "{{ item }}", "ignore_errors": True}
    emulator.clear_requests()

    done = play([{**update("ben"), **loop}, {**create("ben"), **loop}])

    failed = [line for line in done.stdout.splitlines() if line.startswith("failed:")]
    assert len(failed) == 2
    assert all("No credentials found" in line for line in failed)
    assert {signer for signer, _action, _user in signers(emulator)} == {"ann"}


@pytest.mark.usefixtures("pairs")
def test_plays_after_the_sdk_was_loaded(
    emulator: Emulator, controller: Controller, play: Run, pairs: dict[str, dict[str, str]]
) -> None:
    """Tasks sign as they say, though Ansible's main process loaded the SDK as somebody else."""
    plugins = controller.folder / "inventory_plugins"
    plugins.mkdir()
    (plugins / "members.py").write_text(MEMBERS)
    (controller.folder / "members.yml").write_text("")
    emulator.clear_requests()

    done = play(
        *(
            [{**task(name), "environment": as_named_by(name)} for task in (update, create)]
            for name in pairs
        ),
        ANSIBLE_INVENTORY_PLUGINS=str(plugins),
        ANSIBLE_INVENTORY_ENABLED="members",
        ANSIBLE_INVENTORY="members.yml",
        ALIBABA_CLOUD_CREDENTIALS_FILE=str(controller.folder / "nobody.ini"),
        ALIBABA_CLOUD_ROLE_SESSION_NAME="somebody",
    )

    assert done.returncode == 0, done.stdout
    assert signers(emulator) == EACH_BY_ITS_OWN


VAULTED = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/keysmith.alibabacloud.ram:
      access_key_id: {access_key_id}
      access_key_secret: !vault |
{vaulted}
  tasks:
    - keysmith.alibabacloud.ram_user: {{name: of-ann, comments: by ann}}
    - keysmith.alibabacloud.ram_user: {{name: of-ann, comments: by her again}}
      vars: {{keysmith_alibabacloud_run_as_module: true}}
    - keysmith.alibabacloud.ram_keyring: {{name: of-ann, file: ann.yml, verify: none}}
"""


def test_vaulted_secret(
    emulator: Emulator, controller: Controller, pairs: dict[str, dict[str, str]]
) -> None:
    """A secret that is encrypted straight in an option signs, in modules and on the controller."""
    vault = VaultLib([("default", VaultSecret(b"open sesame"))])
    vaulted = vault.encrypt(pairs["ann"]["access_key_secret"]).decode()
    text = VAULTED.format(**{**pairs["ann"], "vaulted": indent(vaulted, " " * 8)})
    (controller.folder / "play.yml").write_text(text)
    emulator.clear_requests()

    done = controller.run(
        "ansible-playbook", "play.yml", "--vault-password-file", "vault-password", **NOBODY
    )

    assert done.returncode == 0, done.stdout
    assert signers(emulator) == {
        ("ann", "UpdateUser", "of-ann"),
        ("ann", "CreateAccessKey", "of-ann"),
    }

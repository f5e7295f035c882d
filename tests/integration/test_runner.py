# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the collection by ansible-runner, as AWX does: here, and on a node that keeps nothing."""

from __future__ import annotations

import json
import typing as t

import pytest

if t.TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from emulator import Emulator

    from .conftest import Controller

PLAYBOOK = "keysmith.alibabacloud.provision"
VAULT_PASSWORD = "open-Sesame-3vN8r6Tc"
# Ansible breaks the lines of a warning, within a path too.
WARNING = "Newkeysarelostif"
KEYS_TASK = "Createanddeletekeys]"
# What of the private data directory goes to the other node, and what comes back
PIPELINE = f"""
set -o pipefail
ansible-runner transmit job -p {PLAYBOOK} "$@" |
ansible-runner worker | tee stream | ansible-runner process returned
"""


@pytest.fixture
def node(controller: Controller) -> Controller:
    """A machine with a job in the folder `job`, and all its secrets in files outside it."""
    controller.environment["ANSIBLE_VAULT_PASSWORD_FILE"] = str(
        controller.folder.parent / "home" / "vault-password"
    )
    home = controller.folder.parent / "home"
    (home / "vault-password").write_text(VAULT_PASSWORD)
    profile = {
        "name": "default",
        "mode": "AK",
        "access_key_id": controller.environment.pop("ALIBABA_CLOUD_ACCESS_KEY_ID"),
        "access_key_secret": controller.environment.pop("ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
        "region_id": "cn-hangzhou",
    }
    (home / ".aliyun").mkdir()
    (home / ".aliyun" / "config.json").write_text(
        json.dumps({"current": "default", "profiles": [profile]})
    )
    job = controller.folder / "job"
    for name in ("env", "project"):
        (job / name).mkdir(parents=True)
    (job / "env" / "extravars").write_text(
        json.dumps(
            {"ram_credentials_users": [{"name": "slb-api"}], "ram_credentials_file": "keys.yml"}
        )
    )
    return controller


@pytest.mark.parametrize(
    "what",
    [("-p", PLAYBOOK), ("-r", "keysmith.alibabacloud.ram_credentials", "--hosts", "localhost")],
    ids=["playbook", "role"],
)
def test_run(emulator: Emulator, node: Controller, what: tuple[str, ...]) -> None:
    """A job that stays here leaves the keyring in its project, and no secret in its artifacts."""
    done = node.run("ansible-runner", "run", "job", *what)

    assert done.returncode == 0, done.stdout
    keyring = node.folder / "job" / "project" / "keys.yml"
    stored = node.run("ansible-vault", "view", str(keyring))
    (secret,) = key_secrets(emulator)
    assert secret in stored.stdout
    assert WARNING not in unwrapped(done.stdout)
    assert any((node.folder / "job" / "artifacts").glob("*/job_events/*.json"))
    assert tellers(node.folder, done, {secret, emulator.access_key_secret, VAULT_PASSWORD}) == []


def test_transmit(emulator: Emulator, node: Controller) -> None:
    """A job on another node warns before its first key, and leaves no keyring and no secret."""
    done = node.run("bash", "-c", PIPELINE, "transmit")

    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    (secret,) = key_secrets(emulator)
    assert not list(node.folder.parent.rglob("*keys.yml"))
    output = unwrapped(done.stdout)
    assert "/project/keys.ymlstayswhereitis" in output
    assert output.count(WARNING) == 1
    assert output.index(WARNING) < output.index(KEYS_TASK)
    assert any((node.folder / "returned" / "artifacts").glob("job_events/*.json"))
    assert tellers(node.folder, done, {secret, emulator.access_key_secret, VAULT_PASSWORD}) == []


def test_rehearsal(emulator: Emulator, node: Controller) -> None:
    """The rehearsal of a job on another node shows the same warning, and creates nothing."""
    done = node.run("bash", "-c", PIPELINE, "transmit", "--cmdline=--check")

    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert WARNING in unwrapped(done.stdout)
    assert emulator.state()["users"] == {}


def key_secrets(emulator: Emulator) -> list[str]:
    """Return the secrets of the keys that there are."""
    users = emulator.state()["users"].values()
    return [key["access_key_secret"] for user in users for key in user["access_keys"]]


def unwrapped(output: str) -> str:
    """Return the output without blanks and line breaks."""
    return "".join(output.split())


def tellers(folder: Path, done: subprocess.CompletedProcess[str], secrets: set[str]) -> list[str]:
    """Return the names of the files and the streams that hold a secret in clear."""
    files = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    output = {"stdout": done.stdout.encode(), "stderr": done.stderr.encode()}
    return [
        name
        for name, content in {**files, **output}.items()
        if any(secret.encode() in content for secret in secrets)
    ]

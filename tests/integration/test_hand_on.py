# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The recipe of the guide that hands pairs to hosts, as it stands there."""

from __future__ import annotations

import re
import stat
import typing as t
from pathlib import Path

import yaml

from docs.blocks import read_blocks

if t.TYPE_CHECKING:
    from emulator import Emulator

    from .conftest import Controller

GUIDE = Path(__file__).parents[2] / "docs" / "docsite" / "rst" / "hand_on_guide.rst"
USERS = {"agent1": "slb-api", "agent2": "ddos-api", "agent3": "ram-auditor"}
KEYRING = "keysmith.alibabacloud.ram_keyring"
FILE = {"file": "secrets/ram_keyring.yml"}


def play(*tasks: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return a play on the controller."""
    return {"hosts": "localhost", "gather_facts": False, "tasks": list(tasks)}


def write_plays(folder: Path) -> None:
    """Write the guide's files, and a playbook that uses them before and after a key changes."""
    for block in read_blocks(GUIDE, GUIDE.name):
        if block.file in {"hand_on.yml", "rehearsal.ini"}:
            (folder / block.file).write_text(block.text, encoding="utf-8")
    old = "{{ lookup('keysmith.alibabacloud.ram_key', 'ddos-api', **file).access_key_id }}"
    disabled = {"user_name": "ddos-api", "user_access_key_id": old, "status": "inactive"}
    site = [
        play({KEYRING: {**FILE, "users": list(USERS.values())}}),
        {"import_playbook": "hand_on.yml"},
        {"import_playbook": "hand_on.yml"},
        play(
            {"keysmith.alibabacloud.ram_access_key": disabled, "vars": {"file": FILE}},
            {KEYRING: {**FILE, "name": "ddos-api", "on_inactive": "replace"}},
        ),
        {"import_playbook": "hand_on.yml"},
    ]
    (folder / "site.yml").write_text(yaml.dump(site), encoding="utf-8")


def test_restarts_of_what_changed(emulator: Emulator, controller: Controller) -> None:
    """Each host gets its pair, once; after a change of one pair just its service restarts."""
    folder = controller.folder
    write_plays(folder)
    for name in ("secrets", *USERS):
        (folder / name).mkdir(mode=0o700)
    for name in USERS.values():
        emulator.call("CreateUser", UserName=name)
    (folder / "password").write_text("open sesame", encoding="ascii")

    # As talkative as can be.
    run = controller.run(
        *("ansible-playbook", "site.yml", "-i", "rehearsal.ini", "--diff", "-vvvv"),
        ANSIBLE_VAULT_PASSWORD_FILE="password",
    )

    assert run.returncode == 0, run.stdout[-3000:]
    told = run.stdout.split("PLAY [Hand each agent its pair]")[1:]
    restarted = [
        set(re.findall(r"changed: \[(agent\d)\]", each.split("PLAY [")[0])) for each in told
    ]
    assert restarted == [set(USERS), set(), {"agent2"}]
    keys = {name: user["access_keys"] for name, user in emulator.state()["users"].items()}
    secrets = {key["access_key_secret"] for each in keys.values() for key in each}
    assert not [secret for secret in secrets if secret in run.stdout + run.stderr]
    for agent, name in USERS.items():
        text = (folder / agent / "credentials.env").read_text(encoding="ascii")
        assert f"ALIBABA_CLOUD_ACCESS_KEY_SECRET={keys[name][-1]['access_key_secret']}\n" in text
        assert text == (folder / agent / "restarted").read_text(encoding="ascii")
    holding = [
        path
        for path in folder.parent.rglob("*")
        if path.is_file() and any(secret.encode() in path.read_bytes() for secret in secrets)
    ]
    assert {path.parent.name for path in holding} == set(USERS)
    assert {stat.S_IMODE(path.stat().st_mode) for path in holding} == {0o600}

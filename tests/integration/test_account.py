# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays about a whole account; `make bench ARGS='--only account'` measures a larger one."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import yaml

from benchmarks.contenders import account_variables
from docs.blocks import read_blocks

if t.TYPE_CHECKING:
    from emulator import Emulator

    from .conftest import Controller

TESTS = Path(__file__).resolve().parents[1]
GUIDE = TESTS.parent / "docs" / "docsite" / "rst" / "migration_guide.rst"
READING = ("Get", "List")


def play(controller: Controller, name: str) -> str:
    """Run a playbook of the benchmarks for a small account, and return what it says in the end."""
    account = account_variables(policies=3, groups=2, users=5, roles=2)
    variables = {"bench_file": str(controller.folder / "keys.yml"), "bench_account": account}
    (controller.folder / "variables.json").write_text(json.dumps(variables))
    (controller.folder / "vault-password").write_text("open sesame")
    done = controller.run(
        "ansible-playbook",
        str(TESTS / "benchmarks" / name),
        *("-e", "@variables.json", "--vault-password-file", "vault-password"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[-2]


def writing(emulator: Emulator) -> list[str]:
    """Return the requests that change something."""
    return [r["action"] for r in emulator.requests() if not r["action"].startswith(READING)]


def test_account_from_nothing(emulator: Emulator, controller: Controller) -> None:
    """One play builds an account, changes nothing the second time, and another removes it all."""
    before = emulator.state()

    first = play(controller, "play_account.yml")
    built = emulator.state()
    emulator.clear_requests()
    second = play(controller, "play_account.yml")
    written = writing(emulator)
    third = play(controller, "play_account_removal.yml")

    after = emulator.state()
    assert "changed=0" not in first
    assert [len(built[what]) for what in ("users", "groups", "roles")] == [5, 2, 2]
    assert "changed=0" in second
    assert written == []
    assert "changed=0" not in third
    for what in ("users", "groups", "roles", "policies"):
        assert after[what] == before[what], what


def account_of(emulator: Emulator) -> dict[str, t.Any]:
    """Return what there is, without ids and times."""
    kept = {"users", "groups", "roles", "policies"}
    return {what: without_marks(each) for what, each in emulator.state().items() if what in kept}


def without_marks(value: t.Any) -> t.Any:
    """Return a value without what no two accounts have in common."""
    if isinstance(value, dict):
        return {
            name: without_marks(each)
            for name, each in value.items()
            if not name.endswith(("_id", "_date", "arn"))
        }
    if isinstance(value, list):
        return [without_marks(each) for each in value]
    if isinstance(value, str) and value.startswith("{"):
        return json.loads(value)
    return value


def test_conversions_agree(emulator: Emulator, controller: Controller) -> None:
    """What the guide makes of a playbook and of a configuration of Terraform is one account."""
    files = {block.file: block.text for block in read_blocks(GUIDE, GUIDE.name) if block.file}
    accounts = []

    for name in ("from_alicloud.yml", "from_terraform.yml"):
        emulator.reset()
        assert yaml.safe_load(files[name])
        (controller.folder / name).write_text(files[name])
        done = controller.run("ansible-playbook", name)
        assert done.returncode == 0, done.stdout
        accounts.append(account_of(emulator))

    assert accounts[0] == accounts[1]
    assert accounts[0]["users"]

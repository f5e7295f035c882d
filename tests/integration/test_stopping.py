# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stop Ansible's programs in the midst of creating keys, as people, terminals and systems do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file.locks import (
    locked_files,
)

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from emulator import Emulator

    from .conftest import Controller

NAMES = [f"user-{number:02}" for number in range(12)]
IN_FLIGHT = 4
PASSWORD = "open sesame"
TASK = {"file": "keys.yml", "users": NAMES, "concurrency": IN_FLIGHT}
PLAY = {"hosts": "localhost", "gather_facts": False}
PLAYBOOK = ("ansible-playbook", "play.yml")
AD_HOC = ("ansible", "localhost", "-m", "keysmith.alibabacloud.ram_keyring")
PATIENCE = 30.0


def ctrl_c(program: subprocess.Popen[str]) -> None:
    """Do what a terminal does: the whole process group gets the signal."""
    os.killpg(program.pid, signal.SIGINT)


def impatient_ctrl_c(program: subprocess.Popen[str]) -> None:
    """Press Ctrl-C until the program ends."""
    while program.poll() is None:
        ctrl_c(program)
        time.sleep(0.05)


def to_main_process(number: signal.Signals) -> Callable[[subprocess.Popen[str]], None]:
    """Return what sends a signal to the program, and not to the workers that it has."""
    return lambda program: program.send_signal(number)


@pytest.mark.parametrize("command", [PLAYBOOK, AD_HOC], ids=lambda command: command[0])
@pytest.mark.parametrize(
    "stop",
    [
        pytest.param(ctrl_c, id="Ctrl-C"),
        pytest.param(impatient_ctrl_c, id="many-Ctrl-C"),
        pytest.param(to_main_process(signal.SIGTERM), id="SIGTERM"),
        pytest.param(to_main_process(signal.SIGHUP), id="SIGHUP"),
        pytest.param(to_main_process(signal.SIGKILL), id="SIGKILL"),
    ],
)
def test_stopped_run(
    emulator: Emulator,
    controller: Controller,
    command: Sequence[str],
    stop: Callable[[subprocess.Popen[str]], None],
) -> None:
    """However a run is stopped, the keys in flight are stored by it, and no other is created."""
    prepare(emulator, controller)

    program = start(controller, command)
    wait_for(lambda: not emulator.faults())
    stop(program)
    program.communicate(timeout=PATIENCE)
    # What outlives the program holds the lock until it has ended its work.
    with locked_files([controller.folder / "keys.yml"], PATIENCE):
        stored = stored_keys(controller)

    assert program.returncode != 0
    assert emulator.actions().count("CreateAccessKey") == IN_FLIGHT
    assert stored == cloud_keys(emulator)
    assert run_again(emulator, controller) == stored


def test_hangup_under_nohup(emulator: Emulator, controller: Controller) -> None:
    """A run that was told to survive the end of its terminal goes on until all is done."""
    prepare(emulator, controller)

    program = start(controller, ("nohup", *PLAYBOOK))
    wait_for(lambda: not emulator.faults())
    os.kill(process_at_work(controller), signal.SIGHUP)
    program.communicate(timeout=PATIENCE)

    assert program.returncode == 0
    assert sorted(stored_keys(controller)) == NAMES


def test_timeout_of_the_task(emulator: Emulator, controller: Controller) -> None:
    """A task that is out of time fails with its own words, and a rescue of the play goes on."""
    prepare(emulator, controller, seconds=4)
    task = {"keysmith.alibabacloud.ram_keyring": TASK, "timeout": 3}
    report = {"ansible.builtin.debug": {"msg": "rescued: {{ ansible_failed_result.msg }}"}}
    write_play(controller, {"block": [task], "rescue": [report]})

    done = controller.run("ansible-playbook", *OPTIONS, "play.yml")

    assert done.returncode == 0, done.stdout
    assert "rescued: " in done.stdout
    assert "stopped by the task's timeout" in done.stdout
    assert emulator.actions().count("CreateAccessKey") == IN_FLIGHT
    assert stored_keys(controller) == cloud_keys(emulator)


def test_loop_that_is_stopped(emulator: Emulator, controller: Controller) -> None:
    """The items of a loop that come after the signal are not begun."""
    prepare(emulator, controller)
    item = {"file": "keys.yml", "name": "{{ item }}"}
    task = {"keysmith.alibabacloud.ram_keyring": item, "loop": NAMES, "ignore_errors": True}
    write_play(controller, task)

    program = start(controller, PLAYBOOK)
    wait_for(lambda: len(cloud_keys(emulator)) > 1)
    os.kill(process_at_work(controller), signal.SIGTERM)
    program.communicate(timeout=PATIENCE)

    assert 1 < len(cloud_keys(emulator)) < len(NAMES)
    assert stored_keys(controller) == cloud_keys(emulator)


OPTIONS = ("--vault-password-file", "vault-password")


def prepare(emulator: Emulator, controller: Controller, seconds: float = 1) -> None:
    """Create the users, and let as many creates as are in flight at once take their time."""
    for name in NAMES:
        emulator.call("CreateUser", UserName=name)
    emulator.fail("CreateAccessKey", "delay", ms=round(1000 * seconds), times=IN_FLIGHT)
    (controller.folder / "vault-password").write_text(PASSWORD)
    write_play(controller, {"keysmith.alibabacloud.ram_keyring": TASK})


def write_play(controller: Controller, task: dict[str, t.Any]) -> None:
    """Make a playbook of one task."""
    (controller.folder / "play.yml").write_text(json.dumps([{**PLAY, "tasks": [task]}]))


def start(controller: Controller, command: Sequence[str]) -> subprocess.Popen[str]:
    """Start a program in a process group of its own, as a shell does."""
    arguments = ("-a", json.dumps(TASK)) if command is AD_HOC else ()
    return subprocess.Popen(
        [*command, *arguments, *OPTIONS],
        cwd=controller.folder,
        env=controller.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def process_at_work(controller: Controller) -> int:
    """Return the id of the process that holds the lock of the file."""
    found: list[int] = []

    def is_found() -> bool:
        found.extend(holders_of(controller.folder / "keys.yml"))
        return bool(found)

    wait_for(is_found)
    return found[0]


def holders_of(path: Path) -> list[int]:
    """Return the ids of the processes that hold the file which has the name just now."""
    try:
        place = f":{path.stat().st_ino}"
    except FileNotFoundError:
        return []
    locks = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    return [int(lock[4]) for lock in locks if lock[1] == "FLOCK" and lock[5].endswith(place)]


def run_again(emulator: Emulator, controller: Controller) -> dict[str, dict[str, str]]:
    """Run the playbook to its end, and return the keys of those who had one before."""
    before = cloud_keys(emulator)
    done = controller.run(*PLAYBOOK, *OPTIONS)
    after = stored_keys(controller)
    assert done.returncode == 0, done.stdout
    assert after == cloud_keys(emulator)
    assert sorted(after) == NAMES
    return {name: after[name] for name in before}


def stored_keys(controller: Controller) -> dict[str, dict[str, str]]:
    """Return the keys that the file holds: by user, secrets by id."""
    vault = VaultLib([("default", VaultSecret(PASSWORD.encode()))])
    text = vault.decrypt((controller.folder / "keys.yml").read_bytes())
    return {
        name: {entry["access_key_id"]: entry["access_key_secret"]}
        for name, entry in yaml.safe_load(text)["ram_keyring"].items()
    }


def cloud_keys(emulator: Emulator) -> dict[str, dict[str, str]]:
    """Return the keys that there are: by user, secrets by id."""
    return {
        name: {key["access_key_id"]: key["access_key_secret"] for key in user["access_keys"]}
        for name, user in emulator.state()["users"].items()
        if user["access_keys"]
    }


def wait_for(condition: Callable[[], bool]) -> None:
    """Return once something has happened in another process."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)

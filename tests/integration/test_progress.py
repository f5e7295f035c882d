# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person who waits for a long task sees."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import subprocess
import threading
import typing as t

import pytest

if t.TYPE_CHECKING:
    from emulator import Emulator

    from .conftest import Controller

COMMAND = ("ansible-playbook", "--vault-password-file", "vault-password", "play.yml")


@pytest.fixture
def _long_task(emulator: Emulator, controller: Controller) -> None:
    """A playbook that gives eight users a key, one after the other, in more than four seconds."""
    names = [f"user-{number}" for number in range(8)]
    for name in names:
        emulator.call("CreateUser", UserName=name)
    emulator.fail("CreateAccessKey", "delay", ms=600, times=len(names))
    task = {"keysmith.alibabacloud.ram_keyring": {"file": "k", "users": names, "concurrency": 1}}
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [task]}
    (controller.folder / "play.yml").write_text(json.dumps([play]))
    (controller.folder / "vault-password").write_text("open sesame")


@pytest.mark.usefixtures("_long_task")
def test_terminal_shows_progress(controller: Controller) -> None:
    """On a terminal, a long task says how far it is, once and not for each user."""
    shown = run_on_a_terminal(controller)

    told = re.findall(r"ram_keyring: \d of 8 users done, \d s", shown)
    assert "changed=1" in shown
    assert len(told) == 1


@pytest.mark.usefixtures("_long_task")
def test_log_shows_no_progress(controller: Controller) -> None:
    """Where the output is not a terminal, nothing is said meanwhile."""
    done = controller.run(*COMMAND)

    assert "changed=1" in done.stdout
    assert "users done" not in done.stdout + done.stderr


def run_on_a_terminal(controller: Controller) -> str:
    """Run the playbook on a terminal, and return what that shows."""
    ours, theirs = pty.openpty()
    shown: list[bytes] = []

    def read() -> None:
        with contextlib.suppress(OSError):  # the other end is closed
            while True:
                shown.append(os.read(ours, 4096))

    reader = threading.Thread(target=read)
    reader.start()
    environment = controller.environment
    subprocess.run(COMMAND, cwd=controller.folder, env=environment, stdout=theirs, check=True)
    os.close(theirs)
    reader.join()
    os.close(ours)
    return b"".join(shown).decode()

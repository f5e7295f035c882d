# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A vault password that somebody types at a terminal."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import subprocess
import typing as t

import pytest

if t.TYPE_CHECKING:
    from emulator import Emulator

    from .conftest import Controller

COMMAND = (
    *("ansible", "localhost", "--ask-vault-pass", "-m", "keysmith.alibabacloud.ram_keyring"),
    *("-a", "name=ann file=keys"),
)
PROMPTS = (b"Vault password: ", b"once more: ")


@pytest.mark.parametrize(
    ("second", "told"),
    [
        ("open sesame ", None),
        ("open sesane", "was typed differently"),
        ("\x03", "was not typed once more"),
    ],
    ids=["same", "slip", "Ctrl-C"],
)
def test_new_file(
    controller: Controller, emulator: Emulator, second: str, told: str | None
) -> None:
    """A new file gets a key once its password was typed twice alike, and else no key is made.

    As at Ansible's own prompt, a blank at the end counts for nothing, and nothing typed is shown.
    """
    emulator.call("CreateUser", UserName="ann")

    code, shown = type_on_a_terminal(controller, "open sesame", second)

    (controller.folder / "password").write_text("open sesame")
    opened = controller.run("ansible-vault", "view", "--vault-password-file", "password", "keys")
    keys = emulator.state()["users"]["ann"]["access_keys"]
    is_made = told is None
    assert (code == 0, len(keys) == 1, opened.returncode == 0) == (is_made, is_made, is_made)
    assert (controller.folder / "keys").exists() is is_made
    # Wherever the terminal breaks the line.
    words = "".join(shown.split())
    assert told is None or f"{controller.folder}/keys{told.replace(' ', '')}" in words
    assert "sesa" not in shown


def type_on_a_terminal(controller: Controller, *answers: str) -> tuple[int, str]:
    """Run ram_keyring on a terminal, answer its prompts, and return its end and what it shows."""
    terminal, theirs = pty.openpty()
    process = subprocess.Popen(
        ("setsid", "--ctty", "--wait", *COMMAND),
        cwd=controller.folder,
        env=controller.environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown, arrivals = b"", select.poll()
    arrivals.register(terminal, select.POLLIN)
    for prompt, answer in zip(PROMPTS, answers, strict=True):
        while not shown.rstrip(b"\r\n").endswith(prompt):
            shown += os.read(terminal, 4096)
        # What is typed before Ansible listens is thrown away.
        while not arrivals.poll(500):
            os.write(terminal, answer.encode() + b"\n")
    with contextlib.suppress(OSError):  # the other end is closed
        while True:
            shown += os.read(terminal, 4096)
    os.close(terminal)
    return process.wait(), shown.decode()

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A process that has everything imported, and runs each task in a fork of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t

if t.TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Self

# With `die_after`, a task kills itself at a step: a file that is opened for writing, renamed or
# removed, data that is synced, a request that is sent.
SCRIPT = """
import json, os, signal, sys
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultSecret
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import action_loader, connection_loader, init_plugin_loader
from ansible.template import Templar
from ansible.utils.display import Display
init_plugin_loader()
import alibabacloud_ram20150501.client
from ansible_collections.keysmith.alibabacloud.plugins.action import ram_keyring, ram_rotation
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring import looks
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring import verification
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file import locks
locks.GAP_SECONDS = looks.LOOKS_APART = 0.01
verification.NEW_KEY_PATIENCE = 0.2
Display.display = lambda *arguments, **settings: None
fsync = os.fsync
os.fsync = lambda descriptor: (sys.audit("keysmith.fsync"), fsync(descriptor))[1]
def count(die_after):
    left = [die_after]
    def hear(event, details):
        if event in ("keysmith.fsync", "http.client.send", "os.rename", "os.remove") or (
            event == "open" and details[1] is None and details[2] & (os.O_WRONLY | os.O_RDWR)
        ):
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hear)
def run(directory, password, name, options):
    loader = DataLoader()
    loader.set_basedir(directory)
    loader.set_vault_secrets([("default", VaultSecret(password.encode()))])
    context = PlayContext()
    action = action_loader.get(
        name,
        task=Task.load({name: options}),
        connection=connection_loader.get("ansible.builtin.local", context, None),
        play_context=context,
        loader=loader,
        templar=Templar(loader=loader, variables={}),
        shared_loader_obj=None,
    )
    return action.run(task_vars={})
for line in sys.stdin:
    order = json.loads(line)
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        if order["die_after"]:
            count(order["die_after"])
        result = json.dumps(run(**order["task"])).encode()
        with open(writer, "wb") as pipe:
            pipe.write(result)
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as pipe:
        result = pipe.read().decode()
    os.waitpid(child, 0)
    print(result or "null", flush=True)
"""


class TaskServer:
    """Runs tasks of the collection in `tree` for files below a directory."""

    def __init__(self, tree: Path, directory: Path, password: str) -> None:
        self._given = {"directory": str(directory), "password": password}
        self._process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(tree)},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        # Closes the pipes, and waits for the process, which ends with them.
        self._process.__exit__(None, None, None)

    def run(
        self, task: str, options: dict[str, t.Any], die_after: int = 0
    ) -> dict[str, t.Any] | None:
        """Return the result of a task, None if it was killed before it had one."""
        name = f"keysmith.alibabacloud.{task}"
        order = {"task": {**self._given, "name": name, "options": options}, "die_after": die_after}
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        result: dict[str, t.Any] | None = json.loads(self._process.stdout.readline())
        return result

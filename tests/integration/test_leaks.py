# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the whole job as talkative as Ansible can be, and look for secrets in all that it leaves."""

from __future__ import annotations

import contextlib
import shutil
import threading
import typing as t
from pathlib import Path

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from subprocess import CompletedProcess

    from emulator import Emulator

    from .conftest import Controller

PLAYBOOKS = Path(__file__).parent / "leaks"


def test_job_leaves_no_secret(emulator: Emulator, controller: Controller) -> None:
    """Whatever of the job succeeds or fails, not even Ansible's debug output holds a secret."""
    done = run_loudly(controller, "job.yml", ANSIBLE_DEBUG="true")

    secrets = secrets_of(emulator)
    assert done.returncode == 0, done.stdout
    assert len(secrets) == 5
    assert leaks(left_by(done, controller), secrets) == []


def test_options_leave_no_secret(emulator: Emulator, controller: Controller) -> None:
    """Secrets that are options or returned to a variable are not shown at any verbosity."""
    # Not with ANSIBLE_DEBUG, which shows the options and the answer of each module, as its
    # documentation warns.
    caller = {
        "CALLER_ID": emulator.access_key_id,
        "CALLER_SECRET": emulator.access_key_secret,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "",
    }

    with watched_processes() as seen:
        done = run_loudly(controller, "job.yml", "options.yml", **caller)

    secrets = secrets_of(emulator)
    assert done.returncode == 0, done.stdout
    assert len(secrets) == 6
    assert leaks(left_by(done, controller), secrets) == []
    # The environment holds what the test itself puts there.
    created = secrets - {emulator.access_key_secret}
    assert any(b"AnsiballZ_ram_user.py" in told for told in seen)
    assert leaks({"process": b"\n".join(seen)}, created) == []


def run_loudly(
    controller: Controller, *playbooks: str, **environment: str
) -> CompletedProcess[str]:
    """Run playbooks with all the output there is."""
    shutil.copytree(PLAYBOOKS, controller.folder, dirs_exist_ok=True)
    (controller.folder / "secrets").mkdir()
    (controller.folder / "vault-password").write_text("open sesame")
    loud = {
        "ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.junit,ansible.builtin.tree",
        "ANSIBLE_CALLBACK_TREE_DIR": "tree",
        "ANSIBLE_DISPLAY_TRACEBACK": "always",
        "ANSIBLE_LOG_PATH": "ansible.log",
        "JUNIT_OUTPUT_DIR": "junit",
        "RECORD_FILE": "record.json",
    }
    options = ("-vvvv", "--diff", "--vault-password-file", "vault-password")
    return controller.run("ansible-playbook", *options, *playbooks, **loud, **environment)


@contextlib.contextmanager
def watched_processes() -> Iterator[set[bytes]]:
    """Collect the command lines and environments of all processes that are there meanwhile."""
    seen: set[bytes] = set()
    stopped = threading.Event()

    def watch() -> None:
        while not stopped.wait(0.05):
            for process in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):  # it has ended
                    seen.add((process / "cmdline").read_bytes())
                    seen.add((process / "environ").read_bytes())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        stopped.set()
        thread.join()


def secrets_of(emulator: Emulator) -> set[str]:
    """Return the secrets of all keys of the account and its users."""
    state = emulator.state()
    holders = [state["root"], *state["users"].values()]
    return {key["access_key_secret"] for holder in holders for key in holder["access_keys"]}


def left_by(done: CompletedProcess[str], controller: Controller) -> dict[str, bytes]:
    """Return the output and the files of the whole machine by name."""
    machine = controller.folder.parent
    files = filter(Path.is_file, machine.rglob("*"))
    left = {str(path.relative_to(machine)): path.read_bytes() for path in files}
    for told in ("work/ansible.log", "work/junit", "work/record.json", "work/tree"):
        assert any(name.startswith(told) for name in left)
    return {**left, "stdout": done.stdout.encode(), "stderr": done.stderr.encode()}


def leaks(left: dict[str, bytes], secrets: Iterable[str]) -> list[str]:
    """Return the lines that hold half of a secret: one half survives if a long line is wrapped."""
    halves = [half.encode() for secret in secrets for half in (secret[:15], secret[15:])]
    return [
        f"{name}: {line!r}"
        for name, content in left.items()
        for line in content.splitlines()
        if any(half in line for half in halves)
    ]

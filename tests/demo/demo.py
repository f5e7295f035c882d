# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show the main job on the emulator, and leave its result in demo/ or the folder given.

Knows nothing of how the collection works: it runs the commands that a person would type, and counts
the requests that arrive at the emulator.
"""

from __future__ import annotations

import json
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import typing as t
import urllib.request
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

if t.TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PROJECT = Path(__file__).with_name("project")
PASSWORD_FILE = ".vault-password"
START_SECONDS = 30
STOP_ATTEMPTS = 3
STOP_SECONDS = 3
READING = ("Get", "List")

PROVISION = "ansible-playbook keysmith.alibabacloud.provision -e @users.yml"
ROTATE = "ansible-playbook keysmith.alibabacloud.rotate"
# To the first day in grace, to its end, and to the end of the time in which the old key may return.
DAYS_BETWEEN_STEPS = (74, 8, 15)
LIST_IDS = (
    "ansible localhost -e @secrets/ram_keyring.yml -m debug -a "
    "'msg={{ dict(ram_keyring | zip(ram_keyring.values() | map(attribute=\"access_key_id\"))) }}'"
)


class DemoError(Exception):
    """A step did not do what it promises."""


class Demo:
    """The steps, in a project folder, against a running emulator."""

    def __init__(self, folder: Path, emulator: dict[str, t.Any]) -> None:
        self._folder = folder
        self._emulator = emulator
        self._environment = {
            **os.environ,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": emulator["access_key_id"],
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": emulator["access_key_secret"],
            "ALIBABA_CLOUD_RAM_ENDPOINT": emulator["url"],
            "ALIBABA_CLOUD_STS_ENDPOINT": emulator["url"],
            "ALIBABA_CLOUD_IMS_ENDPOINT": emulator["url"],
        }

    def run(self) -> None:
        """Go through all steps; DemoError at the first that fails."""
        self._introduce()
        self._provision()
        self._look()
        self._provision_again()
        self._use_keys()
        self._rotate()
        self._conclude()

    def _introduce(self) -> None:
        say(
            "From a list of names to working keys in a vault file",
            f"The cloud is an emulator at {self._emulator['url']}; its account is empty.",
            "The commands find it through variables named ALIBABA_CLOUD_*.",
            f"They run in {shown(self._folder)}, with a vault password made up for this demo.",
        )
        say("The list of users")
        self._show("tail -n +6 users.yml")

    def _provision(self) -> None:
        say(
            "Users, permissions and keys in one command",
            "Each key is encrypted on disk, and has signed a call, before it counts.",
            "Mind the warning: a new account has no other key than its own to begin with.",
        )
        self._show(PROVISION)
        self._tell_requests()

    def _look(self) -> None:
        say("What is on disk is encrypted, and nobody else may read it")
        self._show("ls -l secrets")
        self._show("head -n 3 secrets/ram_keyring.yml")
        say("Whose keys it holds, without the secrets")
        self._show(LIST_IDS)

    def _provision_again(self) -> None:
        say("The same again changes nothing")
        before = self._keyring.read_bytes()
        self._show(PROVISION)
        wrote = self._tell_requests()
        if wrote or self._keyring.read_bytes() != before:
            raise DemoError("The second run changed something")

    def _use_keys(self) -> None:
        say(
            "Stored keys sign requests",
            "Each may do what its user was permitted: ram-auditor reads users, slb-api does not.",
        )
        self._show("ansible-playbook use_keys.yml")

    def _rotate(self) -> None:
        say(
            "Keys are replaced before they are too old",
            "A daily run takes the step that is due for each user, and prints what comes next.",
            "Here, days pass at once.",
        )
        for days in DAYS_BETWEEN_STEPS:
            self._let_pass(days)
            self._show(ROTATE)
        self._show(LIST_IDS)

    def _let_pass(self, days: int) -> None:
        print(f"{days} days pass.", flush=True)
        request = urllib.request.Request(
            f"{self._emulator['url']}/_emulator/clock",
            data=json.dumps({"advance_seconds": days * 86_400}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request):
            pass

    def _conclude(self) -> None:
        program = shown(Path(shutil.which("ansible-vault") or "ansible-vault"))
        password_file = shown(self._folder / PASSWORD_FILE)
        say(
            "The emulator stops, the files stay",
            "This shows the secrets too:",
            f"$ {program} view --vault-password-file {password_file} {shown(self._keyring)}",
            "To play on, run 'make emulator' and do what it says. It has a new account, so",
            f"empty {shown(self._folder / 'secrets')} first: keys of another account are refused.",
        )

    @property
    def _keyring(self) -> Path:
        return self._folder / "secrets" / "ram_keyring.yml"

    def _show(self, command: str) -> None:
        """Run a command for the reader to see; DemoError if it fails."""
        print(f"$ {command}", flush=True)
        with running(shlex.split(command), cwd=self._folder, env=self._environment) as process:
            if process.wait():
                raise DemoError(f"this command failed: {command}")

    def _tell_requests(self) -> bool:
        """Tell what the emulator was asked to write since the last time; return whether it was."""
        address = f"{self._emulator['url']}/_emulator/requests"
        with urllib.request.urlopen(address) as answer:
            requests = json.load(answer)["requests"]
        with urllib.request.urlopen(urllib.request.Request(address, method="DELETE")):
            pass
        counts = Counter(request["action"] for request in requests)
        writing = [f"{n} {name}" for name, n in counts.items() if not name.startswith(READING)]
        print(f"The emulator was asked to write: {', '.join(writing) or 'nothing'}.")
        return bool(writing)


def say(title: str, *lines: str) -> None:
    """Print a heading and what there is to know."""
    print("", f"=== {title} ===", *lines, sep="\n", flush=True)


def shown(path: Path) -> str:
    """Return the path as a person here would type it."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def prepare(folder: Path) -> None:
    """Fill the folder with a project that nothing has run in."""
    shutil.copytree(PROJECT, folder, dirs_exist_ok=True)
    if (folder / "secrets").exists():
        shutil.rmtree(folder / "secrets")
    (folder / "secrets").mkdir()
    password_file = folder / PASSWORD_FILE
    password_file.unlink(missing_ok=True)
    password_file.write_text(f"{secrets.token_urlsafe()}\n", encoding="ascii")


@contextmanager
def running_emulator() -> Iterator[dict[str, t.Any]]:
    """Run an emulator and hand out what its ready file says."""
    with tempfile.TemporaryDirectory(prefix="keysmith-demo-") as scratch:
        ready = Path(scratch, "ready.json")
        command = [sys.executable, "-m", "emulator", "--ready-file", str(ready)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
        with running(command, env=environment) as process:
            yield wait_for(ready, process)


def wait_for(ready: Path, process: subprocess.Popen[bytes]) -> dict[str, t.Any]:
    """Return what the ready file says once it is there."""
    deadline = time.monotonic() + START_SECONDS
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise DemoError("The emulator did not start")
        time.sleep(0.02)
    content: dict[str, t.Any] = json.loads(ready.read_text(encoding="utf-8"))
    return content


@contextmanager
def running(command: list[str], **options: t.Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program that is stopped at the end if it has not ended by itself.

    In a session of its own it does not hear the terminal's Ctrl-C, so that one thing stops after
    the other, and the emulator last.
    """
    with subprocess.Popen(command, start_new_session=True, **options) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Stop a program as Ctrl-C would: Ansible then stops its workers and waits for them."""
    # Now and then Ansible misses one.
    for _attempt in range(STOP_ATTEMPTS):
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return
    process.kill()


def stop(number: int, _frame: object) -> t.NoReturn:
    """Unwind, so that everything that was started is stopped."""
    raise SystemExit(128 + number)


def main() -> None:
    """Run the demo in the folder of the command line, demo/ without one."""
    folder = Path(sys.argv[1] if sys.argv[1:] else ROOT / "demo").resolve()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    # All that is made here is for its owner only.
    os.umask(0o077)
    try:
        prepare(folder)
        with running_emulator() as emulator:
            Demo(folder, emulator).run()
    except (DemoError, OSError) as error:
        sys.exit(f"The demo failed: {error}")


if __name__ == "__main__":
    main()

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of ram_keyring and ram_rotation share: vault files as Ansible reads them, ...

Whatever a test is about, each run of the task is also judged by what holds for all of them: its
result and the files that it leaves tell no secret, and in check mode nothing is written.
"""

from __future__ import annotations

import functools
import itertools
import json
import os
import signal
import subprocess
import sys
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.access_key import (
    AccessKeyApi,
)

from ..conftest import Result, writing_actions
from ..keyring_task import VAULT_PASSWORD, run_keyring

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.access_key import (
        AccessKey,
    )
    from emulator import Emulator

    # The fixtures `run`, `rotate` and `start`.
    Run = Callable[..., "Result"]
    Rotate = Callable[..., "Result"]
    Start = Callable[..., "Running"]

# Imports everything once, then runs each task that it reads in a fork of its own. With `die_after`,
# the task kills itself at a step: a file that is opened for writing, renamed or removed, data that
# is synced, a request that is sent. `grace` are the seconds that a task which is asked to stop has.
SERVER = """
import json, os, signal, sys
from ansible.plugins.loader import init_plugin_loader
init_plugin_loader()
import alibabacloud_ram20150501.client
from ansible_collections.keysmith.alibabacloud.plugins.module_utils import _stopping
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file import locks
from ansible_collections.keysmith.alibabacloud.tests.unit.plugins.keyring_task import run_keyring
locks.GAP_SECONDS = 0.02
fsync = os.fsync
os.fsync = lambda descriptor: (sys.audit("keysmith.fsync"), fsync(descriptor))[1]
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
def run(result, die_after, grace, arguments):
    _stopping.GRACE = grace
    def count(event, details):
        nonlocal die_after
        if event in ("keysmith.fsync", "http.client.send", "os.rename", "os.remove") or (
            event == "open" and details[1] is None and details[2] & (os.O_WRONLY | os.O_RDWR)
        ):
            die_after -= 1
            if not die_after:
                os.kill(os.getpid(), signal.SIGKILL)
    if die_after:
        sys.addaudithook(count)
    outcome = json.dumps(run_keyring(**arguments))
    with open(result, "w") as file:
        file.write(outcome)
for line in sys.stdin:
    child = os.fork()
    if child:
        print(child, flush=True)
    else:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        run(**json.loads(line))
        os._exit(0)
"""
DAY = 86_400
TESTS = Path(__file__).resolve().parents[3]


class Vaulted(str):
    """A value that is written as a vault."""

    __slots__ = ()


def _represent(dumper: yaml.Dumper, value: Vaulted) -> yaml.ScalarNode:
    return dumper.represent_scalar("!vault", str(value), style="|")


yaml.add_representer(Vaulted, _represent)


@dataclass(frozen=True)
class VaultFile:
    """A vault file as Ansible reads it, in one of the layouts."""

    path: Path
    layout: str
    password: str = VAULT_PASSWORD

    @property
    def log(self) -> Path:
        """Where runs keep what they have under way."""
        return self.path.with_name(f".{self.path.name}.pending.yml")

    def text(self) -> str:
        """Return the YAML text."""
        data = self.path.read_bytes()
        return (self._library.decrypt(data) if self.layout == "file" else data).decode()

    def write(self, text: str) -> None:
        """Replace the YAML text."""
        data = text.encode()
        self.path.write_bytes(self._library.encrypt(data) if self.layout == "file" else data)

    def variables(self) -> dict[str, t.Any]:
        """Return the variables that a play would get from the file."""

        class Loader(yaml.SafeLoader):
            """Opens values that are vaults."""

        def construct(_loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
            return str(self._library.decrypt(node.value).decode())

        Loader.add_constructor("!vault", construct)
        variables: dict[str, t.Any] = yaml.load(self.text(), Loader)  # noqa: S506 - a SafeLoader
        return variables

    def holds_something(self) -> bool:
        """Tell whether the file is there and not blank."""
        return self.path.exists() and bool(self.path.read_bytes().strip())

    def entries(self) -> dict[str, dict[str, str]]:
        """Return the entries, none if there is no file."""
        return self.variables()["ram_keyring"] if self.holds_something() else {}

    def rotation(self, user: str) -> dict[str, str]:
        """Return what the entry of a user says of its rotation."""
        entry: dict[str, t.Any] = self.entries()[user]
        rotation: dict[str, str] = entry["rotation"]
        return rotation

    def edit(self, user: str, **changes: str | None) -> None:
        """Change the entry of a user as somebody with an editor would; null removes a field."""
        entries = self.entries()
        entry = {**entries.get(user, {}), **changes}
        entries[user] = {name: value for name, value in entry.items() if value is not None}
        if self.layout == "inline":
            for fields in entries.values():
                if "access_key_secret" in fields:
                    fields["access_key_secret"] = self._encrypted(fields["access_key_secret"])
        self.write(yaml.dump({"ram_keyring": entries}))

    def mix_up(self, key_id: str, secret: str) -> None:
        """Let the id and the secret of a key change their places."""
        text = self.text().replace(key_id, "%").replace(secret, key_id)
        self.write(text.replace("%", secret))

    def _encrypted(self, secret: str) -> Vaulted:
        return Vaulted(self._library.encrypt(secret).decode())

    @property
    def _library(self) -> VaultLib:
        return VaultLib([("default", VaultSecret(self.password.encode()))])


@pytest.fixture
def file(tmp_path: Path) -> VaultFile:
    """The vault file `keys.yml`, which is not there yet."""
    return VaultFile(tmp_path / "keys.yml", "file")


@pytest.fixture(params=["file", "inline"])
def any_file(request: pytest.FixtureRequest, tmp_path: Path) -> VaultFile:
    """The vault file `keys.yml` in each layout, which is not there yet."""
    return VaultFile(tmp_path / "keys.yml", request.param)


@dataclass
class Secrets:
    """Every secret that the emulator handed out while a test ran."""

    emulator: Emulator

    def __post_init__(self) -> None:
        self.known: set[str] = set()

    def in_clear(self, text: str) -> list[str]:
        """Return those that can be read in a text."""
        state = self.emulator.state()
        owners = [state["root"], *state["users"].values()]
        for owner in owners:
            self.known |= {key["access_key_secret"] for key in owner["access_keys"]}
        return [secret for secret in self.known if secret in text]


@pytest.fixture
def secrets(emulator: Emulator) -> Secrets:
    """Every secret that the emulator handed out."""
    return Secrets(emulator)


@pytest.fixture
def run(
    emulator: Emulator, connection: dict[str, t.Any], secrets: Secrets, tmp_path: Path
) -> Callable[..., Result]:
    """A function that runs ram_keyring, for `keys.yml` unless told otherwise, and judges it."""

    def run_and_judge(**arguments: t.Any) -> Result:
        files, writes = snapshot(tmp_path), writing_actions(emulator)
        assert not secrets.in_clear("")
        given = {"file": "keys.yml", **connection, **arguments}
        result = Result(run_keyring(tmp_path, **given))
        if arguments.get("check"):
            assert snapshot(tmp_path) == files
            assert writing_actions(emulator) == writes
        left = "".join(str(content) for content in snapshot(tmp_path).values())
        assert not secrets.in_clear(json.dumps(result.values) + left)
        return result

    return run_and_judge


@pytest.fixture
def rotate(run: Run) -> Rotate:
    """A function that runs ram_rotation, for `keys.yml` unless told otherwise, and judges it."""
    return functools.partial(run, task="ram_rotation")


@pytest.fixture
def due(emulator: Emulator, run: Run, file: VaultFile) -> str:
    """Create user ann, whose key is due in the file and was never used; return its id."""
    add_users(emulator, "ann")
    assert not run(name="ann", verify="none").failed
    emulator.advance_clock(80 * DAY)
    emulator.clear_requests()
    return str(file.entries()["ann"]["access_key_id"])


@pytest.fixture
def in_grace(rotate: Rotate, due: str) -> str:
    """Let the key of ann be in grace; return the id of the old one."""
    assert of_user(rotate()) == ("begun", "grace")
    return due


@pytest.fixture
def disabled(emulator: Emulator, rotate: Rotate, in_grace: str) -> str:
    """Let the old key of ann be disabled; return its id."""
    emulator.advance_clock(8 * DAY)
    assert of_user(rotate()) == ("disabled", "disabled")
    return in_grace


@dataclass
class Running:
    """The task in another process."""

    pid: int
    path: Path

    def signal(self, number: signal.Signals) -> None:
        """Send the process a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End the process at once, so that it can tidy up nothing."""
        self.signal(signal.SIGKILL)
        self.wait()

    def wait(self) -> bool:
        """Return once the process has ended, and whether it came to a result."""
        wait_for(lambda: not Path(f"/proc/{self.pid}").exists())
        return self.path.exists()

    def result(self) -> Result:
        """Return what the task came to."""
        assert self.wait()
        return Result(json.loads(self.path.read_text()))


@pytest.fixture(scope="session")
def task_server() -> Iterator[subprocess.Popen[str]]:
    """A process that runs tasks in processes of their own."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    ) as process:
        yield process


@pytest.fixture
def start(
    task_server: subprocess.Popen[str],
    connection: dict[str, t.Any],
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[..., Running]:
    """A function that starts ram_keyring, or a `task` beside it, in a process of its own."""
    results = tmp_path_factory.mktemp("results")
    numbers = itertools.count()

    def start_one(*, die_after: int = 0, grace: float = 15, **arguments: t.Any) -> Running:
        path = results / str(next(numbers))
        given = {"directory": str(tmp_path), "file": "keys.yml", **connection, **arguments}
        order = {"die_after": die_after, "grace": grace, "arguments": given}
        assert task_server.stdin
        assert task_server.stdout
        task_server.stdin.write(json.dumps({"result": str(path), **order}) + "\n")
        task_server.stdin.flush()
        return Running(int(task_server.stdout.readline()), path)

    return start_one


def of_user(result: Result) -> tuple[str, str | None]:
    """Return what a rotation did for its only user, and how far that has come."""
    assert not result.failed, result.msg
    [user] = result["users"]
    return user["action"], user["stage"]


def snapshot(directory: Path) -> dict[str, t.Any]:
    """Return all that is in a directory, with what would tell that it was written to."""
    found: dict[str, t.Any] = {".": directory.stat().st_mtime_ns}
    for path in sorted(directory.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() else None
        found[str(path)] = (status.st_mode, status.st_mtime_ns, status.st_ino, content)
    return found


def vault_text(text: str | bytes, password: str = VAULT_PASSWORD, label: str = "default") -> bytes:
    """Return a text as a vault."""
    encrypted: bytes = VaultLib().encrypt(text, VaultSecret(password.encode()), label)
    return encrypted


def list_late(monkeypatch: pytest.MonkeyPatch, key_id: str, *, times: int) -> None:
    """Leave a key out of the first lists, as a cloud may do; the emulator shows it at once."""
    list_keys, lists = AccessKeyApi.list_keys, itertools.count()

    def list_some(api: AccessKeyApi) -> list[AccessKey]:
        found = list_keys(api)
        hidden = key_id if next(lists) < times else None
        return [key for key in found if key.access_key_id != hidden]

    monkeypatch.setattr(AccessKeyApi, "list_keys", list_some)


def add_users(emulator: Emulator, *names: str) -> None:
    """Create users."""
    for name in names:
        emulator.call("CreateUser", UserName=name)


def add_key(emulator: Emulator, name: str) -> dict[str, str]:
    """Create a key that no file holds."""
    key: dict[str, str] = emulator.call("CreateAccessKey", UserName=name)["AccessKey"]
    return key


def set_status(emulator: Emulator, name: str, key_id: str, status: str) -> None:
    """Disable or enable a key."""
    emulator.call("UpdateAccessKey", UserName=name, UserAccessKeyId=key_id, Status=status)


def delete_key(emulator: Emulator, name: str, key_id: str) -> None:
    """Delete a key, a minute later than all that was done so far."""
    # While a key is new, that it is not listed doesn't mean that it is gone.
    emulator.advance_clock(60)
    emulator.call("DeleteAccessKey", UserName=name, UserAccessKeyId=key_id)


def status_of(emulator: Emulator, key_id: str) -> str | None:
    """Return the status of a key of ann, None if there is none."""
    keys = emulator.state()["users"]["ann"]["access_keys"]
    return next((key["status"] for key in keys if key["access_key_id"] == key_id), None)


def keys_of(emulator: Emulator, name: str) -> dict[str, str]:
    """Return the keys that a user has in the cloud: secrets by id."""
    keys = emulator.state()["users"][name]["access_keys"]
    return {key["access_key_id"]: key["access_key_secret"] for key in keys}


def actions_of(users: Sequence[Mapping[str, t.Any]]) -> dict[str, str]:
    """Return what a task did for each of its users."""
    return {user["user_name"]: user["action"] for user in users}


def stored_keys(file: VaultFile) -> dict[str, dict[str, str]]:
    """Return the keys that the file holds: by user, secrets by id."""
    return {
        user: {entry["access_key_id"]: entry["access_key_secret"]}
        for user, entry in file.entries().items()
    }


def wait_for(condition: Callable[[], bool]) -> None:
    """Return once something has happened in another thread or process."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever happens to the disk while a run is at work, every key stays known or goes again."""

from __future__ import annotations

import errno
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.access_key import (
    AccessKeyApi,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring.records import (
    NewKey,
    read_records,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring.scribe import (
    Scribe,
    opened,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file import (
    durable,
    locks,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file.vault import Vault

from ..keyring_task import VAULT_PASSWORD
from .conftest import (
    DAY,
    SERVER,
    TESTS,
    VaultFile,
    add_users,
    delete_key,
    keys_of,
    set_status,
    stored_keys,
    wait_for,
)

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring.log_file import (
        FileId,
    )
    from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring.records import (
        Record,
    )
    from emulator import Emulator

    from ..conftest import Result
    from .conftest import Run, Secrets, Start

PAGE = 4096
# A disk of its own, on which the processes have to obey the permissions even if root runs them.
ON_A_SMALL_DISK = [
    "unshare",
    "--map-root-user",
    "--mount",
    "sh",
    "-c",
    (
        'mount -t tmpfs -o size=256k,mode=700 tmpfs "$0"'
        ' && exec setpriv --bounding-set=-all --inh-caps=-all "$@"'
    ),
]
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0"'


@dataclass
class SmallDisk:
    """A disk that only the tasks see under its `path`, and everybody else under `view`."""

    path: Path
    pid: int

    @property
    def view(self) -> Path:
        """Where the disk is seen from here."""
        return Path(f"/proc/{self.pid}/root{self.path}")

    def fill(self, *, free: int) -> None:
        """Leave so many pages free."""
        space = os.statvfs(self.view)
        pages = space.f_bavail * space.f_frsize // PAGE - free
        (self.view / "ballast").write_bytes(b"x" * pages * PAGE)

    def clear(self) -> None:
        """Take back what filled the disk."""
        (self.view / "ballast").unlink()

    def do(self, script: str) -> None:
        """Run a script that changes how the disk is mounted."""
        enter = ["nsenter", "--target", str(self.pid), "--user", "--mount"]
        command = [*enter, "--preserve-credentials", "sh", "-c", script, str(self.path)]
        subprocess.run(command, check=True)


@pytest.fixture(scope="module")
def disk_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the small disk is mounted; skips the test where nothing can be."""
    path = tmp_path_factory.mktemp("disk")
    try:
        subprocess.run([*ON_A_SMALL_DISK, path, "true"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no disk can be mounted here")
    return path


@pytest.fixture(scope="module")
def task_server(disk_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that runs tasks on a small disk."""
    with subprocess.Popen(
        [*ON_A_SMALL_DISK, disk_path, sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    ) as process:
        yield process


@pytest.fixture
def disk(disk_path: Path, task_server: subprocess.Popen[str], start: Start) -> Iterator[SmallDisk]:
    """The small disk, empty."""
    # It is mounted when the first task has run.
    start(users=[]).wait()
    disk = SmallDisk(disk_path, task_server.pid)
    yield disk
    for path in disk.view.iterdir():
        path.unlink()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder that may come to harm."""
    path = tmp_path / "secrets"
    path.mkdir()
    return path


@pytest.fixture
def file(folder: Path) -> VaultFile:
    """The vault file `secrets/keys.yml`, which is not there yet."""
    return VaultFile(folder / "keys.yml", "file")


@pytest.fixture
def little_space() -> Iterator[Callable[[int], None]]:
    """A function that limits how long a file can grow, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def kept_keys(file: VaultFile) -> dict[str, str]:
    """Return the keys that the file or the log beside it holds: secrets by id."""
    vault = Vault([("default", VaultSecret(VAULT_PASSWORD.encode()))])
    history, _size = read_records(file.log.read_bytes() if file.log.exists() else b"")
    kept: dict[str, str] = {}
    for _run, key in history.logged():
        kept[key.access_key_id] = opened(key.secrets, vault, file.log)[key.access_key_id]
    for stored in stored_keys(file).values():
        kept |= stored
    return kept


def errors_of(result: Result) -> list[str]:
    """Return what went wrong for each user, or for all."""
    errors = [user["error"] for user in result.values.get("users", []) if "error" in user]
    return errors or [result.msg]


def run_and_strike(
    emulator: Emulator, run: Run, strike: Callable[[], object], **options: t.Any
) -> Result:
    """Run for ann and bob, and strike when ann's key is saved and bob's has just been created."""
    emulator.fail("CreateAccessKey", "delay", skip=1, when="after", ms=400)
    given = {"users": ["ann", "bob"], "file": "secrets/keys.yml", "concurrency": 1, **options}
    with ThreadPoolExecutor() as pool:
        running = pool.submit(run, **given)
        wait_for(lambda: not emulator.faults())
        strike()
        return running.result()


def test_full_disk(emulator: Emulator, start: Start, disk: SmallDisk, secrets: Secrets) -> None:
    """Wherever the disk fills up, all keys are kept or deleted, and with room again stored."""
    told, users = [], []
    # So that all intents are in the log, in its first page, before the first key is.
    emulator.fail("CreateAccessKey", "delay", times=64, ms=100)

    for free in range(8):
        path = disk.path / f"{free}.yml"
        wanted = [{"name": f"{name}{free}", "file": str(path)} for name in "abcdefgh"]
        add_users(emulator, *(user["name"] for user in wanted))
        disk.fill(free=free)
        result = start(users=wanted).result()
        disk.clear()
        kept = kept_keys(VaultFile(disk.view / path.name, "file"))
        assert all(keys_of(emulator, user["name"]).items() <= kept.items() for user in wanted)
        told.append("\n".join(errors_of(result)))
        users += wanted
    emulator.advance_clock(10)
    result = start(users=users, verify="all").result()

    for part in ("No key was created", "was deleted again", "are kept, encrypted, in"):
        assert any(part in message for message in told)
    assert all("No space left on device" in message for message in told if message)
    assert not told[-1]
    assert not secrets.in_clear(json.dumps([told, result.values]))
    assert not result.failed, result.msg
    assert all(len(keys_of(emulator, user["name"])) == 1 for user in users)


@pytest.mark.parametrize("deletable", [True, False])
def test_files_that_cannot_grow(
    emulator: Emulator,
    run: Run,
    little_space: Callable[[int], None],
    *,
    tmp_path: Path,
    deletable: bool,
) -> None:
    """However little can be written, a key whose secret can't be kept is deleted, or named."""
    names = [f"ann{step}" for step in range(15)]
    add_users(emulator, *names)
    if not deletable:
        emulator.fail("DeleteAccessKey", "error", times=99, status=403, code="NoPermission")
    told = []

    for step, name in enumerate(names):
        little_space(100 + 100 * step)
        told.append(run(name=name, file=f"{name}.yml").msg)
        little_space(1_000_000)
        lost = [key for key in keys_of(emulator, name) if not deletable and key in told[-1]]
        assert not lost or "could not be saved" in told[-1]
        assert not lost or (tmp_path / f".{name}.yml.pending.yml").exists()
    emulator.clear_faults()
    wanted = [{"name": name, "file": f"{name}.yml"} for name in names]
    result = run(users=wanted, verify="all")

    how = "was deleted again" if deletable else "is of no use and must go"
    assert any(how in message for message in told)
    assert any("No key was created" in message for message in told)
    assert not told[-1]
    assert not result.failed, result.msg
    for name in names:
        [stored] = stored_keys(VaultFile(tmp_path / f"{name}.yml", "file"))[name]
        suspected = {suspect["access_key_id"] for suspect in result["suspected_keys"]}
        assert keys_of(emulator, name).keys() - suspected == {stored}


@pytest.mark.parametrize("trouble", ["read-only", "permission lost"])
def test_disk_that_can_no_longer_be_written(
    emulator: Emulator, start: Start, disk: SmallDisk, trouble: str
) -> None:
    """Keys for which the file can't be replaced any more are kept, and merged by the next run."""
    add_users(emulator, "ann", "bob")
    emulator.fail("CreateAccessKey", "delay", skip=1, when="after", ms=400)
    file = VaultFile(disk.view / "keys.yml", "file")
    wanted = {"users": ["ann", "bob"], "file": str(disk.path / "keys.yml"), "concurrency": 1}

    running = start(**wanted)
    wait_for(lambda: not emulator.faults())
    if trouble == "read-only":
        disk.do(READ_ONLY)
    else:
        disk.view.chmod(0o500)
    first = running.result()
    kept = kept_keys(file)
    if trouble == "read-only":
        disk.do('umount "$0"')
    else:
        disk.view.chmod(0o700)
    second = start(**wanted).result()

    reason = "Read-only file system" if trouble == "read-only" else "Permission denied"
    log = disk.path / ".keys.yml.pending.yml"
    error = (
        f"Cannot replace {disk.path}/keys.yml: {reason}. New keys that it does not hold yet are "
        f"kept, encrypted, in {log}: once this is mended, run again"
    )
    assert errors_of(first) == [error, error]
    assert kept == {**keys_of(emulator, "ann"), **keys_of(emulator, "bob")}
    assert [user["action"] for user in second["users"]] == ["recovered", "recovered"]
    assert stored_keys(file) == {name: keys_of(emulator, name) for name in ("ann", "bob")}


def test_log_that_cannot_be_read(emulator: Emulator, start: Start, disk: SmallDisk) -> None:
    """A log that this user may not read fails the task before any key, and stays."""
    add_users(emulator, "ann")
    log = disk.view / ".keys.yml.pending.yml"
    log.touch(0o000)

    result = start(name="ann", file=str(disk.path / "keys.yml")).result()

    assert "Cannot read" in result.msg
    assert "Permission denied" in result.msg
    assert keys_of(emulator, "ann") == {}
    assert log.exists()


@pytest.mark.parametrize("check", [True, False])
def test_csv_that_may_not_be_made(
    emulator: Emulator, start: Start, disk: SmallDisk, *, check: bool
) -> None:
    """A directory in which this user may not make the CSV fails the task before any key."""
    add_users(emulator, "ann")
    disk.view.chmod(0o500)

    result = start(name="ann", csv_file=str(disk.path / "keys.csv"), check=check).result()
    disk.view.chmod(0o700)

    assert "so no key was created: " in result.msg
    assert keys_of(emulator, "ann") == {}


@pytest.mark.parametrize("check", [True, False])
def test_rotation_of_a_file_that_may_not_be_replaced(
    emulator: Emulator, start: Start, disk: SmallDisk, *, check: bool
) -> None:
    """A directory in which this user may not write fails a rotation before it makes a key."""
    add_users(emulator, "ann")
    path = str(disk.path / "keys.yml")
    assert not start(name="ann", file=path).result().failed
    emulator.advance_clock(80 * DAY)
    assert not start(name="ann", file=path).result().failed
    disk.view.chmod(0o500)

    result = start(task="ram_rotation", file=path, check=check).result()
    disk.view.chmod(0o700)

    assert "so no key was created: " in result.msg
    assert len(keys_of(emulator, "ann")) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.usefixtures("disk_path")
def test_file_whose_owner_is_unknown_here(
    emulator: Emulator, run: Run, start: Start, file: VaultFile
) -> None:
    """A file whose owner could not be kept is left alone, and no key is created."""
    add_users(emulator, "ann", "bob")
    run(name="ann", file="secrets/keys.yml")
    file.path.chmod(0o644)
    os.chown(file.path, 12345, 23456)

    result = start(name="bob", file=str(file.path)).result()

    assert "its owner and group (65534:65534) could not be kept" in result.msg
    assert keys_of(emulator, "bob") == {}
    assert stored_keys(file) == {"ann": keys_of(emulator, "ann")}


def copied_over(path: Path) -> None:
    """Put a copy of a file in its place, as an editor does that saves it."""
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    copy.replace(path)


Deed = t.Callable[[VaultFile], object]
# What happens, how it is mended, and whether the key that was saved before is lost with it.
LOSSES: dict[str, tuple[Deed, Deed, bool]] = {
    "directory removed": (
        lambda file: shutil.rmtree(file.path.parent),
        lambda file: file.path.parent.mkdir(),
        True,
    ),
    "directory moved": (
        lambda file: file.path.parent.rename(file.path.parents[1] / "elsewhere"),
        lambda file: (file.path.parents[1] / "elsewhere").rename(file.path.parent),
        True,
    ),
    "log removed": (lambda file: file.log.unlink(), lambda _file: None, False),
    "log replaced": (lambda file: copied_over(file.log), lambda _file: None, False),
}


@pytest.mark.parametrize(("strike", "mend", "all_lost"), LOSSES.values(), ids=LOSSES)
def test_log_that_is_lost_meanwhile(
    emulator: Emulator,
    run: Run,
    file: VaultFile,
    *,
    strike: Deed,
    mend: Deed,
    all_lost: bool,
) -> None:
    """A key whose secret would be in no file any more is deleted again, and named."""
    add_users(emulator, "ann", "bob")
    made: list[str] = []

    def note_and_strike() -> None:
        made.extend([*keys_of(emulator, "ann"), *keys_of(emulator, "bob")])
        strike(file)

    first = run_and_strike(emulator, run, note_and_strike)
    left = {**keys_of(emulator, "ann"), **keys_of(emulator, "bob")}
    mend(file)
    emulator.advance_clock(60)
    second = run(users=["ann", "bob"], file="secrets/keys.yml", verify="all")

    lost = made if all_lost else made[1:]
    assert first.failed
    for key, error in zip(lost, errors_of(first), strict=True):
        assert error.startswith(f"Key {key} was deleted again")
    assert [user["action"] for user in first["users"]] == [
        "failed" if all_lost else "created",
        "failed",
    ]
    assert left.keys() == set(made) - set(lost)
    assert not second.failed, second.msg
    assert stored_keys(file) == {name: keys_of(emulator, name) for name in ("ann", "bob")}


def test_log_that_is_damaged_meanwhile(emulator: Emulator, run: Run, file: VaultFile) -> None:
    """Damage to the log costs no key that the file gets, and the next run tells of it."""
    add_users(emulator, "ann", "bob")

    def strike() -> None:
        with file.log.open("r+b") as log:
            log.write(b"nonsense")

    first = run_and_strike(emulator, run, strike)
    second = run(users=["ann", "bob"], file="secrets/keys.yml")

    assert not first.failed, first.msg
    assert "is damaged in line 1" in second.msg
    assert stored_keys(file) == {name: keys_of(emulator, name) for name in ("ann", "bob")}


def test_key_that_can_be_neither_kept_nor_deleted(
    emulator: Emulator, run: Run, file: VaultFile
) -> None:
    """A key that is in no file any more, and can't be deleted either, is named."""
    add_users(emulator, "ann", "bob")

    def strike() -> None:
        emulator.fail("DeleteAccessKey", "error", times=3, status=403, code="NoPermission")
        shutil.rmtree(file.path.parent)

    result = run_and_strike(emulator, run, strike)

    for name, error in zip(("ann", "bob"), errors_of(result), strict=True):
        [key] = keys_of(emulator, name)
        assert error.startswith(f"Key {key} is of no use and must go")
        assert "by hand" in error


def aside(file: VaultFile) -> Path:
    """Return where the vault file is put while something else is in its place."""
    return file.path.with_name("aside.yml")


def put_in_place(file: VaultFile, make: Callable[[Path], object]) -> None:
    """Put something else in the place of the vault file."""
    file.path.rename(aside(file))
    make(file.path)


def obstacle(file: VaultFile) -> Path:
    """Return the name that the new file is written under."""
    return file.path.with_name(f".{file.path.name}.tmp")


def put_back(file: VaultFile) -> None:
    """Restore the vault file."""
    if file.path.is_dir():
        file.path.rmdir()
    aside(file).replace(file.path)


OTHER = VaultLib().encrypt("a: 1", VaultSecret(b"other"), "ops")
REPLACEMENTS: dict[str, tuple[Deed, Deed, str]] = {
    "removed": (lambda file: file.path.rename(aside(file)), put_back, "restore it"),
    "emptied": (lambda file: put_in_place(file, Path.touch), put_back, "restore it"),
    "a directory": (lambda file: put_in_place(file, Path.mkdir), put_back, "not a regular file"),
    "a link": (
        lambda file: put_in_place(file, lambda path: path.symlink_to(aside(file))),
        put_back,
        "symbolic link",
    ),
    "of another password": (
        lambda file: put_in_place(file, lambda path: path.write_bytes(OTHER)),
        put_back,
        "vault id: ops",
    ),
    "not replaceable": (
        lambda file: obstacle(file).mkdir(),
        lambda file: obstacle(file).rmdir(),
        "Is a directory",
    ),
}


@pytest.mark.parametrize(("strike", "mend", "reason"), REPLACEMENTS.values(), ids=REPLACEMENTS)
def test_file_that_is_lost_meanwhile(
    emulator: Emulator, run: Run, file: VaultFile, *, strike: Deed, mend: Deed, reason: str
) -> None:
    """While the vault file is not what it was, keys are kept beside it; restored, it gets them."""
    add_users(emulator, "ann", "bob", "cat")
    run(name="cat", file="secrets/keys.yml")

    first = run_and_strike(emulator, run, lambda: strike(file))
    found = set(file.path.parent.iterdir())
    mend(file)
    second = run(users=["ann", "bob"], file="secrets/keys.yml")

    [error, same] = errors_of(first)
    assert error == same
    assert error.startswith(f"Cannot replace {file.path}: ")
    assert reason in error
    assert f"kept, encrypted, in {file.log}" in error
    assert file.log in found
    assert [user["action"] for user in second["users"]] == ["recovered", "recovered"]
    assert stored_keys(file) == {name: keys_of(emulator, name) for name in ("ann", "bob", "cat")}


def test_file_that_is_not_replaced_has_no_diff(
    emulator: Emulator, run: Run, file: VaultFile
) -> None:
    """What the file doesn't hold in the end is neither in the diff nor counted as a success."""
    add_users(emulator, "ann", "bob", "cat")
    before = run(users=["ann", "bob"], file="secrets/keys.yml", diff=True)["diff"][0]["after"]
    emulator.call("UpdateUser", UserName="ann", NewUserName="anna")
    obstacle(file).mkdir()

    renamed = run(name="anna", file="secrets/keys.yml", diff=True)
    users = ["anna", {"name": "bob", "state": "absent"}]
    result = run(users=users, file="secrets/keys.yml", diff=True)
    refused = run(name="cat", file="secrets/keys.yml")

    assert renamed.failed
    assert not renamed.changed
    assert renamed["users"][0]["action"] == "failed"
    assert renamed["diff"] == []
    assert result.changed
    assert [user["action"] for user in result["users"]] == ["failed", "removed"]
    assert all("Cannot replace" in user["error"] for user in result["users"])
    assert result["stats"]["failed"] == 2
    assert "Cannot replace" in refused.msg
    assert keys_of(emulator, "cat") == {}
    [diff] = result["diff"]
    assert diff["before"] == diff["after"] == before


def test_line_about_keys_that_the_file_lacks(
    emulator: Emulator, run: Run, file: VaultFile, capsys: pytest.CaptureFixture[str]
) -> None:
    """That new keys are in the file is said of no user whose entry there is still the old one."""
    add_users(emulator, "ann", "bob")
    run(name="ann", file="secrets/keys.yml")
    [old] = keys_of(emulator, "ann")
    delete_key(emulator, "ann", old)
    capsys.readouterr()

    result = run_and_strike(emulator, run, obstacle(file).mkdir)

    assert "Cannot replace" in result.msg
    assert file.entries()["ann"]["access_key_id"] == old
    assert "New keys" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "failed"), [("ann", ["bob", "cat"]), ("anna", ["anna", "bob", "cat"])]
)
def test_activation_beside_a_file_that_is_not_replaced(
    emulator: Emulator, run: Run, file: VaultFile, *, name: str, failed: list[str]
) -> None:
    """Who is activated does not fail with others, unless the file lacks the user's new name."""
    add_users(emulator, "ann", "bob", "cat")
    run(name="ann", file="secrets/keys.yml")
    [old] = keys_of(emulator, "ann")
    set_status(emulator, "ann", old, "Inactive")
    emulator.call("UpdateUser", UserName="ann", NewUserName=name)
    users = [name, "bob", "cat"]

    result = run_and_strike(
        emulator, run, obstacle(file).mkdir, users=users, on_inactive="activate"
    )

    [key] = emulator.state()["users"][name]["access_keys"]
    assert key["status"] == "Active"
    assert result["users"][0]["action"] == "activated"
    told = [user["user_name"] for user in result["users"] if "error" in user]
    assert told == failed
    assert result["stats"]["failed"] == len(told)


@pytest.mark.parametrize("task", ["ram_keyring", "ram_rotation"])
@pytest.mark.parametrize("is_lasting", [True, False])
def test_rename_is_told_once_the_file_has_it(
    emulator: Emulator, run: Run, file: VaultFile, *, task: str, is_lasting: bool
) -> None:
    """That an entry has got its user's new name is said of none that is still as it was."""
    add_users(emulator, "ann")
    run(name="ann", file="secrets/keys.yml")
    emulator.call("UpdateUser", UserName="ann", NewUserName="anna")
    if not is_lasting:
        obstacle(file).mkdir()

    result = run(task=task, name="anna", file="secrets/keys.yml")

    told = any("its entry is renamed too" in warning for warning in result["warnings"])
    assert told == is_lasting
    assert list(file.entries()) == (["anna"] if is_lasting else ["ann"])


@pytest.mark.parametrize("new_name", ["ann", "anna"])
def test_key_that_stays_in_the_file(
    emulator: Emulator, run: Run, file: VaultFile, new_name: str
) -> None:
    """That the file no longer holds a key is said of none that it does hold."""
    add_users(emulator, "ann")
    run(name="ann", file="secrets/keys.yml")
    emulator.call("UpdateUser", UserName="ann", NewUserName=new_name)
    obstacle(file).mkdir()

    result = run(name=new_name, file="secrets/keys.yml", state="absent", keep_key=True)

    assert result.failed
    assert list(file.entries()) == ["ann"]
    assert not any("no longer holds" in warning for warning in result["warnings"])


def test_file_that_may_not_last(
    emulator: Emulator, run: Run, file: VaultFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that was replaced counts as changed, even if nobody can tell whether it will last."""
    add_users(emulator, "ann")
    sync = durable.sync_directory

    def fail_to_sync(directory: Path) -> None:
        if file.holds_something():
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        sync(directory)

    monkeypatch.setattr(locks, "sync_directory", fail_to_sync)
    first = run(name="ann", file="secrets/keys.yml", diff=True)
    monkeypatch.undo()
    second = run(name="ann", file="secrets/keys.yml")

    assert first.failed
    assert "Input/output error" in first.msg
    assert first.changed
    assert list(first["diff"][0]["after"]) == ["ann"]
    assert [user["action"] for user in second["users"]] == ["unchanged"]
    assert stored_keys(file) == {"ann": keys_of(emulator, "ann")}


def test_key_that_breaks_the_log(
    emulator: Emulator, run: Run, file: VaultFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that can't be noted, in whatever way, is deleted again, and named."""
    add_users(emulator, "ann")
    lines = Scribe.lines

    def fail_with_keys(scribe: Scribe, records: list[Record], file_id: FileId) -> bytes:
        if any(isinstance(record, NewKey) for record in records):
            raise ValueError
        return lines(scribe, records, file_id)

    monkeypatch.setattr(Scribe, "lines", fail_with_keys)
    result = run(name="ann", file="secrets/keys.yml")

    assert result.failed
    assert "Unexpected ValueError" in result.msg
    assert re.search(r"Key LTAI\w+ was deleted again", result.msg)
    assert keys_of(emulator, "ann") == {}
    assert not file.path.exists()


def test_useless_key_that_breaks_its_deletion(
    emulator: Emulator, run: Run, file: VaultFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that is of no use is named, in whatever way its deletion fails."""
    add_users(emulator, "ann", "bob")

    def fail(_api: AccessKeyApi, _key_id: str) -> None:
        raise ValueError

    monkeypatch.setattr(AccessKeyApi, "delete", fail)
    result = run_and_strike(emulator, run, lambda: shutil.rmtree(file.path.parent))

    for name, error in zip(("ann", "bob"), errors_of(result), strict=True):
        [key] = keys_of(emulator, name)
        assert error.startswith(f"Key {key} is of no use and must go")
        assert "Unexpected ValueError" in error


def test_file_that_is_rekeyed_meanwhile(emulator: Emulator, run: Run, file: VaultFile) -> None:
    """A file that got another of the run's passwords meanwhile keeps that one."""
    add_users(emulator, "ann", "bob", "cat")
    passwords = [("default", VAULT_PASSWORD), ("new", "newer")]
    run(name="cat", file="secrets/keys.yml", vault=passwords)
    text = VaultLib().encrypt(file.text(), VaultSecret(b"newer"), "new")

    result = run_and_strike(emulator, run, lambda: file.path.write_bytes(text), vault=passwords)

    assert not result.failed, result.msg
    rekeyed = VaultFile(file.path, "file", "newer")
    assert stored_keys(rekeyed) == {name: keys_of(emulator, name) for name in ("ann", "bob", "cat")}


def test_create_after_an_edit(emulator: Emulator, run: Run, file: VaultFile) -> None:
    """No create is sent once somebody has changed the file, and none is said to be under way."""
    add_users(emulator, "ann", "bob", "cat")
    file.write("other: 1\nram_keyring: {}\n")

    def edit() -> None:
        file.write("other: 2\nram_keyring: {}\n")

    result = run_and_strike(emulator, run, edit, users=["ann", "bob", "cat"])

    [error] = errors_of(result)
    assert error == f"{file.path} was changed or replaced while this task ran: run again"
    assert emulator.actions().count("CreateAccessKey") == 2
    assert file.variables()["other"] == 2


@pytest.mark.parametrize("edited", ["other variable", "other entry", "the entry"])
@pytest.mark.parametrize("layout", ["file", "inline"])
def test_file_that_is_edited_meanwhile(
    emulator: Emulator, run: Run, folder: Path, *, layout: str, edited: str
) -> None:
    """What somebody writes into the file while the task runs stays, or both keys are named."""
    add_users(emulator, "ann", "bob")
    file = VaultFile(folder / "keys.yml", layout)
    file.write("other: 1\nram_keyring: {}\n")

    def edit() -> None:
        if edited == "other variable":
            file.write("other: 2\nram_keyring: {}\n")
        else:
            file.edit("cat" if edited == "other entry" else "ann", access_key_id="LTAIx")

    result = run_and_strike(emulator, run, edit, layout=layout)
    again = run(users=["ann", "bob"], file="secrets/keys.yml", layout=layout)

    variables = file.variables()
    entries = variables["ram_keyring"]
    [ours] = keys_of(emulator, "ann")
    if edited == "the entry":
        assert entries["ann"] == {"access_key_id": "LTAIx"}
        assert all("LTAIx" in told.msg and ours in told.msg for told in (result, again))
        assert file.log.exists()
    else:
        assert not result.failed, result.msg
        assert not again.changed
        assert entries["ann"]["access_key_id"] == ours
        assert variables.get("other") == (2 if edited == "other variable" else None)
        assert ("cat" in entries) is (edited == "other entry")

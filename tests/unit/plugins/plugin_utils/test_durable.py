# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prove on real files and with real processes what the durable files promise."""

from __future__ import annotations

import contextlib
import os
import platform
import resource
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file import durable
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file.durable import (
    AppendFile,
    FileLock,
    LockTimeout,
    prove_writable,
    read_file,
    replace_file,
)

if t.TYPE_CHECKING:
    from collections.abc import Iterator

HOLD = """
import pathlib, runpy, sys
FileLock = runpy.run_path(sys.argv[1])["FileLock"]
with FileLock(pathlib.Path(sys.argv[2]), timeout=0):
    print("held", flush=True)
    sys.stdin.readline()
"""


MEDDLE = """
import pathlib, runpy, sys
path, directory, event, action, call = sys.argv[1:]
durable, directory, events = runpy.run_path(path), pathlib.Path(directory), [event]
def hook(event, _):
    if event in events:
        events.remove(event)
        exec(action)
sys.addaudithook(hook)
exec(call)
"""


@pytest.fixture(params=[0o000, 0o077], ids=["umask 0", "umask 077"])
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a second process that holds the lock of `keys` until it reads a line or dies."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, durable.__file__, str(tmp_path / "keys")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def meddle(directory: Path, event: str, *, action: str, call: str) -> str:
    """Return what a process prints that makes a call, and does the action at its first event."""
    command = [sys.executable, "-c", MEDDLE, durable.__file__, str(directory), event, action, call]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let every write beyond `size` bytes of a file fail, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def mode(path: Path) -> int:
    """Return the permission bits of a file."""
    return path.stat().st_mode & 0o7777


def names(directory: Path) -> list[str]:
    """Return the names in a directory."""
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.usefixtures("_umask")
def test_lock_file_is_private_and_empty_when_free(tmp_path: Path) -> None:
    """The lock file names its holder while held, and stays behind empty, for its owner only."""
    lock_path = tmp_path / ".keys.lock"

    with FileLock(tmp_path / "keys", timeout=0):
        held = lock_path.read_text()

    assert held == f"{platform.node()} {os.getpid()}\n"
    assert lock_path.read_text() == ""
    assert mode(lock_path) == 0o600
    assert names(tmp_path) == [".keys.lock"]


def test_lock_excludes_and_names_the_holder(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    """While another process holds the lock, waiting for it ends with that process's name."""
    with (
        pytest.raises(LockTimeout, match=f"keys is locked by process {holder.pid} on "),
        FileLock(tmp_path / "keys", timeout=0.1),
    ):
        pass


def test_lock_excludes_within_a_process(tmp_path: Path) -> None:
    """Two locks of one file exclude each other in one process too, and the first one stays held."""
    with FileLock(tmp_path / "keys", timeout=0):
        for _turn in range(2):
            with pytest.raises(LockTimeout), FileLock(tmp_path / "keys", timeout=0):
                pass


def test_lock_is_had_when_it_is_released(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    """Who waits for the lock gets it when the holder is done."""
    assert holder.stdin
    holder.stdin.write("\n")
    holder.stdin.flush()

    with FileLock(tmp_path / "keys", timeout=60):
        text = (tmp_path / ".keys.lock").read_text()

    assert text.endswith(f" {os.getpid()}\n")


def test_lock_of_a_killed_process_is_free(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    """A holder killed by SIGKILL keeps nobody waiting, whatever it left in the lock file."""
    holder.kill()
    holder.wait()
    left = (tmp_path / ".keys.lock").read_text()

    with FileLock(tmp_path / "keys", timeout=0):
        text = (tmp_path / ".keys.lock").read_text()

    assert left == f"{platform.node()} {holder.pid}\n"
    assert text == f"{platform.node()} {os.getpid()}\n"


def test_lock_is_free_after_an_exception(tmp_path: Path) -> None:
    """An exception in the block releases the lock and is not swallowed."""
    lock = FileLock(tmp_path / "keys", timeout=0)

    with pytest.raises(ZeroDivisionError), lock:
        raise ZeroDivisionError

    with lock:
        assert (tmp_path / ".keys.lock").read_text()


def close_behind_its_back(path: Path) -> None:
    """Close the descriptor of a file, so that whoever has it can neither write nor close it."""
    for descriptor in Path("/proc/self/fd").iterdir():
        if descriptor.is_symlink() and descriptor.readlink() == path:
            os.close(int(descriptor.name))


def test_lock_file_that_cannot_be_closed(tmp_path: Path) -> None:
    """A lock file that can't be tidied up hides nothing of what was to be told, and is free."""
    with FileLock(tmp_path / "keys", timeout=0):
        close_behind_its_back(tmp_path / ".keys.lock")

    with FileLock(tmp_path / "keys", timeout=0):
        pass


def test_append_file_that_cannot_be_closed(tmp_path: Path) -> None:
    """What was appended is durable, whatever closing the file comes to."""
    path = tmp_path / "journal"
    file = AppendFile(path)
    file.append(b"one")

    close_behind_its_back(path)
    file.close()

    assert path.read_bytes() == b"one"


def test_lock_is_not_taken_on_a_file_that_was_replaced(tmp_path: Path) -> None:
    """A lock on a file that was replaced after it was opened is not taken for the lock."""
    answer = meddle(
        tmp_path,
        "fcntl.flock",
        action="(directory / '.keys.lock').unlink(); (directory / '.keys.lock').touch()",
        call="""with durable["FileLock"](directory / "keys", timeout=60):
            print((directory / ".keys.lock").read_text() != "")""",
    )

    assert answer == "True\n"


@pytest.mark.parametrize("target", ["there", "missing"])
def test_lock_never_follows_a_link(tmp_path: Path, target: str) -> None:
    """A lock file that is a symbolic link is refused and what it points to is left alone."""
    (tmp_path / "there").write_text("mine")
    (tmp_path / ".keys.lock").symlink_to(tmp_path / target)

    with pytest.raises(OSError, match="symbolic links"), FileLock(tmp_path / "keys", timeout=0):
        pass

    assert names(tmp_path) == [".keys.lock", "there"]
    assert (tmp_path / "there").read_text() == "mine"


def test_lock_in_a_missing_directory_fails_at_once(tmp_path: Path) -> None:
    """Where no lock file can be, waiting is no use."""
    with (
        pytest.raises(FileNotFoundError),
        FileLock(tmp_path / "missing" / "keys", timeout=60),
    ):
        pass


@pytest.mark.usefixtures("_umask")
def test_replace_makes_a_private_file(tmp_path: Path) -> None:
    """A file that was not there is made for its owner only, and nothing else is."""
    replace_file(tmp_path / "keys", b"new")

    assert (tmp_path / "keys").read_bytes() == b"new"
    assert mode(tmp_path / "keys") == 0o600
    assert names(tmp_path) == ["keys"]


@pytest.mark.usefixtures("_umask")
def test_replace_puts_another_file_in_place(tmp_path: Path) -> None:
    """An open file keeps the old bytes; the name has the new ones, for its owner only."""
    path = tmp_path / "keys"
    path.write_bytes(b"old")
    path.chmod(0o644)

    with path.open("rb") as reader:
        replace_file(path, b"new")
        old = reader.read()

    assert old == b"old"
    assert path.read_bytes() == b"new"
    assert mode(path) == 0o600


def test_replace_clears_what_a_crash_left(tmp_path: Path) -> None:
    """The temporary file of a run that was killed does not stay and is never written to."""
    (tmp_path / "victim").write_bytes(b"mine")
    (tmp_path / ".keys.tmp").symlink_to(tmp_path / "victim")

    replace_file(tmp_path / "keys", b"new")

    assert names(tmp_path) == ["keys", "victim"]
    assert (tmp_path / "victim").read_bytes() == b"mine"


def test_replace_that_cannot_write_leaves_the_old_file(tmp_path: Path) -> None:
    """When the disk is full the old file stays, alone, and the error is the system's."""
    path = tmp_path / "keys"
    path.write_bytes(b"old")

    with pytest.raises(OSError, match="File too large"), largest_file(1000):
        replace_file(path, b"x" * 5000)

    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["keys"]


def test_replace_notices_other_contents(tmp_path: Path) -> None:
    """A file that does not hold what was written to it is an error, and not taken for durable."""
    answer = meddle(
        tmp_path,
        "os.rename",
        action="(directory / '.keys.tmp').write_bytes(b'other')",
        call="""try: durable["replace_file"](directory / "keys", b"new")
except durable["DurableWriteError"] as error: print(error.strerror)""",
    )

    assert answer == "it does not hold what was written to it\n"


def test_replace_of_a_directory_leaves_nothing_behind(tmp_path: Path) -> None:
    """What cannot be replaced stays, and the temporary file goes."""
    (tmp_path / "keys").mkdir()

    with pytest.raises(IsADirectoryError):
        replace_file(tmp_path / "keys", b"new")

    assert names(tmp_path) == ["keys"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_replace_keeps_the_owner(tmp_path: Path) -> None:
    """A file that root replaces still belongs to whom it belonged."""
    path = tmp_path / "keys"
    path.write_bytes(b"old")
    os.chown(path, 12345, 23456)

    replace_file(path, b"new")

    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 23456)
    assert mode(path) == 0o600


def test_probe_leaves_nothing_behind(tmp_path: Path) -> None:
    """A directory that can be written to is proven so without a trace, even of a crash before."""
    (tmp_path / ".probe-keys").write_bytes(b"pro")

    prove_writable(tmp_path / "keys")

    assert names(tmp_path) == []


def test_probe_of_a_missing_directory_fails(tmp_path: Path) -> None:
    """A directory that is not there is no place for files."""
    with pytest.raises(FileNotFoundError):
        prove_writable(tmp_path / "missing" / "keys")


def test_probe_of_a_full_disk_fails(tmp_path: Path) -> None:
    """A directory where files can be made but not filled is not writable."""
    with pytest.raises(OSError, match="File too large"), largest_file(1):
        prove_writable(tmp_path / "keys")

    assert names(tmp_path) == []


@pytest.mark.usefixtures("_umask")
def test_append_makes_a_private_file(tmp_path: Path) -> None:
    """A file that was not there is made for its owner only and holds every append in order."""
    with contextlib.closing(AppendFile(tmp_path / "journal")) as file:
        file.append(b"one\n")
        file.append(b"two\n")

    assert (tmp_path / "journal").read_bytes() == b"one\ntwo\n"
    assert mode(tmp_path / "journal") == 0o600


def test_append_goes_on_where_the_file_ends(tmp_path: Path) -> None:
    """What a file held when it was opened stays."""
    path = tmp_path / "journal"
    path.write_bytes(b"one\n")

    with contextlib.closing(AppendFile(path)) as file:
        file.append(b"two\n")

    assert path.read_bytes() == b"one\ntwo\n"


def test_append_after_one_that_could_not_be_taken_back(tmp_path: Path) -> None:
    """Half a record that a failed append had to leave does not spoil the next one."""
    path = tmp_path / "journal"

    with contextlib.closing(AppendFile(path)) as file:
        file.append(b"one\n")
        with path.open("ab") as torn:
            torn.write(b"tw")
        file.append(b"three\n")

    assert path.read_bytes() == b"one\nthree\n"


def test_failed_append_leaves_nothing(tmp_path: Path) -> None:
    """An append that fails half-way is taken back, so that the next one is whole."""
    path = tmp_path / "journal"
    with contextlib.closing(AppendFile(path)) as file:
        file.append(b"one\n")
        with pytest.raises(OSError, match="File too large"), largest_file(1000):
            file.append(b"x" * 5000)
        file.append(b"two\n")

    assert path.read_bytes() == b"one\ntwo\n"


@pytest.mark.parametrize("target", ["there", "missing"])
def test_append_never_follows_a_link(tmp_path: Path, target: str) -> None:
    """A symbolic link is refused and what it points to is left alone."""
    (tmp_path / "there").write_text("mine")
    (tmp_path / "journal").symlink_to(tmp_path / target)

    with pytest.raises(OSError, match="symbolic links"):
        AppendFile(tmp_path / "journal")

    assert names(tmp_path) == ["journal", "there"]
    assert (tmp_path / "there").read_text() == "mine"


@pytest.mark.parametrize("lost", ["removed", "replaced", "directory removed"])
def test_append_to_a_file_that_is_lost(tmp_path: Path, lost: str) -> None:
    """What nobody could find again doesn't count as durable, and what took its place is left."""
    path = tmp_path / "folder" / "journal"
    path.parent.mkdir()
    file = AppendFile(path)
    file.append(b"one\n")
    path.unlink()
    if lost == "replaced":
        path.write_bytes(b"mine")
    elif lost == "directory removed":
        path.parent.rmdir()

    with pytest.raises(OSError, match=r"No such file|another file"):
        file.append(b"two\n")
    assert not file.is_in_place()
    file.remove()

    assert not path.exists() or path.read_bytes() == b"mine"
    assert path.exists() is (lost == "replaced")


def test_file_in_its_place_is_known(tmp_path: Path) -> None:
    """A file that lies where it was made is in its place."""
    with contextlib.closing(AppendFile(tmp_path / "journal")) as file:
        assert file.is_in_place()


@pytest.mark.parametrize("kind", ["pipe", "directory", "link"])
def test_reads_regular_files_only(tmp_path: Path, kind: str) -> None:
    """Whatever is no regular file is refused, and nobody waits for the other end of a pipe."""
    path = tmp_path / "keys"
    (tmp_path / "target").write_bytes(b"one")
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "target")

    with pytest.raises(OSError, match=r"not a regular file|symbolic links"):
        read_file(path)
    with pytest.raises(OSError, match=r"No such device|Is a directory|symbolic links"):
        AppendFile(path)

    assert read_file(tmp_path / "target") == b"one"


def test_remove_deletes_the_file(tmp_path: Path) -> None:
    """A removed file is gone."""
    file = AppendFile(tmp_path / "journal")
    file.append(b"one\n")

    file.remove()

    assert names(tmp_path) == []


def test_files_are_not_inherited(tmp_path: Path) -> None:
    """Programs that are started meanwhile get neither the lock nor the file."""
    with (
        FileLock(tmp_path / "keys", timeout=0),
        contextlib.closing(AppendFile(tmp_path / "journal")),
    ):
        listing = subprocess.run(
            ["ls", "-l", "/proc/self/fd"],
            close_fds=False,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert str(tmp_path) not in listing

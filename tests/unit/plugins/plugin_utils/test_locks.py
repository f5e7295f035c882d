# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prove on real files and with real processes what files that are held promise."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
import time
import typing as t

import pytest

from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file import locks
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file.durable import (
    read_file,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file.locks import (
    LockTimeout,
    locked_files,
    missing_files,
)

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOLD = """
import fcntl, os, sys
descriptor = os.open(sys.argv[1], os.O_RDONLY)
fcntl.flock(descriptor, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.readline()
"""
is_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can do that")


@pytest.fixture(params=[0o000, 0o077], ids=["umask 0", "umask 077"])
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file `keys`, which holds `old` and which its group may read."""
    file = tmp_path / "keys"
    file.write_bytes(b"old")
    file.chmod(0o640)
    return file


@pytest.fixture
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A second process that holds the file until it reads a line or dies."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


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


def test_holder_is_named(path: Path, holder: subprocess.Popen[str]) -> None:
    """While another process holds the file, waiting for it ends with that process's number."""
    told = f"keys is locked by process {holder.pid} on {os.uname().nodename}"

    with pytest.raises(LockTimeout, match=told), locked_files([path], 0.1):
        pass


@pytest.mark.parametrize("killed", [True, False])
def test_file_is_free_after_its_holder(
    path: Path, holder: subprocess.Popen[str], *, killed: bool
) -> None:
    """Who waits gets the file when its holder is done, or dead."""
    assert holder.stdin
    if killed:
        holder.kill()
    holder.stdin.close()

    with locked_files([path], 60) as held:
        assert held[path].read() == b"old"


def test_files_exclude_within_a_process(path: Path) -> None:
    """Two holders exclude each other in one process too, and the first one stays."""
    with locked_files([path], 0):
        for _turn in range(2):
            with pytest.raises(LockTimeout), locked_files([path], 0):
                pass


def test_readers_go_together(path: Path) -> None:
    """Shared holders go together, and keep a writer out."""
    with (
        locked_files([path], 0, shared=True),
        locked_files([path], 0, shared=True),
        pytest.raises(LockTimeout),
        locked_files([path], 0),
    ):
        pass


def test_order_does_not_depend_on_names(tmp_path: Path) -> None:
    """Two runs that name the same files in another order, or by other directories, never block."""
    first, second = tmp_path / "a", tmp_path / "b"
    for file in (second, first):
        file.touch()
    taken: list[list[int]] = []
    for paths in ([first, second], [second, first]):
        with locked_files(paths, 0) as held:
            taken.append([file.place[1] for file in sorted(held.values(), key=lambda f: f.place)])

    assert taken[0] == taken[1]


def test_replaced_while_waiting(path: Path) -> None:
    """Who waited for a file that was replaced meanwhile holds the new one, not a nameless one."""
    waited: list[float] = []
    with locked_files([path], 0) as held:

        def let_it_go(seconds: float) -> None:
            waited.append(seconds)
            if len(waited) == 1:
                held[path].replace(b"new")
            else:
                held[path].let_go()

        with locked_files([path], 60, pause=let_it_go) as later:
            assert later[path].read() == b"new"

    assert len(waited) > 1


@pytest.mark.usefixtures("_umask")
def test_new_file_is_private(tmp_path: Path) -> None:
    """A file that is not there is made empty and private, and stays private once it is filled."""
    path = tmp_path / "keys"

    with locked_files([path], 0, pause=lambda _seconds: None) as held:
        assert (held[path].is_missing, path.read_bytes(), mode(path)) == (True, b"", 0o600)
        held[path].replace(b"data")

    assert (path.read_bytes(), mode(path)) == (b"data", 0o600)
    assert names(tmp_path) == ["keys"]


def test_new_file_that_stays_blank_goes(tmp_path: Path) -> None:
    """A file that was made for the lock and got nothing is removed again; a blank old one stays."""
    old = tmp_path / "old"
    old.touch()

    with locked_files([old, tmp_path / "new"], 0, pause=lambda _seconds: None):
        assert names(tmp_path) == ["new", "old"]

    assert names(tmp_path) == ["old"]


def test_missing_file_is_looked_for_twice(tmp_path: Path) -> None:
    """A file that an editor is about to put back is no new one."""
    path = tmp_path / "keys"

    with locked_files([path], 0, pause=lambda _seconds: path.write_bytes(b"back") and None) as held:
        assert not held[path].is_missing
        assert held[path].read() == b"back"


@pytest.mark.parametrize(("ago", "waited"), [(0.0, 1.0), (0.6, 0.4), (9.0, 0.0)])
def test_second_look_follows_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ago: float, waited: float
) -> None:
    """Between the two looks lies a second, of which an earlier first look takes its part."""
    path = tmp_path / "keys"
    pauses: list[float] = []
    monkeypatch.setattr(locks, "GAP_SECONDS", 1.0)
    missing = {found: since - ago for found, since in missing_files([path]).items()}

    with locked_files([path], 0, missing=missing, pause=pauses.append):
        pass

    assert pauses == [pytest.approx(waited, abs=0.1)]


@pytest.mark.parametrize(("since", "kept"), [(-5.0, True), (60.0, False)], ids=["past", "future"])
def test_looks_of_others(tmp_path: Path, since: float, kept: bool) -> None:  # noqa: FBT001
    """An earlier look of somebody else counts, unless it is of a time to come."""
    path, there = tmp_path / "keys", tmp_path / "there"
    there.write_text("x")
    before = time.monotonic() + since

    missing = missing_files([path, there], {str(path): before, str(there): before})

    assert missing.keys() == {path}
    assert (missing[path] == before) == kept
    assert missing[path] <= time.monotonic()


def test_shared_lock_makes_nothing(tmp_path: Path) -> None:
    """Check mode makes no file, and reads nothing from one that is not there."""
    path = tmp_path / "keys"

    with locked_files([path], 0, shared=True) as held:
        assert held[path].read() == b""

    assert names(tmp_path) == []


@is_root
def test_lock_needs_no_permission_to_write(path: Path) -> None:
    """A file that this user may only read can be waited for; nothing of root's lies in the way."""
    path.chmod(0o444)

    with locked_files([path], 0) as held:
        assert held[path].read() == b"old"


@pytest.mark.parametrize("kind", ["link", "directory", "pipe"])
def test_only_regular_files(tmp_path: Path, kind: str) -> None:
    """A link is not followed, and what is no regular file is refused at once."""
    path = tmp_path / "keys"
    {
        "link": lambda: path.symlink_to(tmp_path / "elsewhere"),
        "directory": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
    }[kind]()

    with pytest.raises(OSError), locked_files([path], 0, pause=lambda _seconds: None):  # noqa: PT011
        pass

    with pytest.raises(OSError):  # noqa: PT011 - the system's words differ by kind
        read_file(path)


@is_root
def test_replace_keeps_what_the_file_is_to_others(path: Path) -> None:
    """Owner, group, mode and extended attributes are those of the file before."""
    os.chown(path, 4321, 5678)
    path.chmod(0o664)
    os.setxattr(path, "user.note", b"ours")

    with locked_files([path], 0) as held:
        before = path.stat().st_ino
        held[path].replace(b"new")

    status = path.stat()
    assert (status.st_uid, status.st_gid, mode(path)) == (4321, 5678, 0o664)
    assert os.getxattr(path, "user.note") == b"ours"
    assert status.st_ino != before
    assert path.read_bytes() == b"new"


def test_failed_replacement_leaves_the_old_file(path: Path) -> None:
    """What can't be written leaves the file as it was, and nothing beside it."""
    with locked_files([path], 0) as held, largest_file(10), pytest.raises(OSError):  # noqa: PT011
        held[path].replace(b"x" * 100)

    assert path.read_bytes() == b"old"
    assert names(path.parent) == ["keys"]


def test_leftovers_of_a_crash_are_cleared(path: Path) -> None:
    """What a crash left of an earlier replacement is in nobody's way."""
    path.with_name(".keys.tmp").write_bytes(b"left")

    with locked_files([path], 0) as held:
        held[path].replace(b"new")

    assert names(path.parent) == ["keys"]


def test_file_of_somebody_else_is_not_replaced(path: Path) -> None:
    """A file that took the name after it was last read is not overwritten, but followed."""
    with locked_files([path], 0) as held:
        other = path.with_name("other")
        other.write_bytes(b"edited")
        other.replace(path)
        with pytest.raises(OSError, match="another file has taken its place"):
            held[path].replace(b"new")

        assert not held[path].is_as_read()
        assert held[path].read() == b"edited"
        held[path].replace(b"merged")

    assert path.read_bytes() == b"merged"


def test_edit_in_place_is_noticed(path: Path) -> None:
    """A file that somebody writes into is no longer as it was read."""
    with locked_files([path], 0) as held:
        held[path].read()
        assert held[path].is_as_read()
        path.write_bytes(b"mine")

        assert not held[path].is_as_read()


def test_file_that_goes_away_is_told(path: Path) -> None:
    """A file that is removed while it is held is an error, and not a new one."""
    with locked_files([path], 0) as held:
        path.unlink()
        with pytest.raises(OSError, match="removed while this task ran"):
            held[path].read()


def test_hard_links_are_refused(path: Path) -> None:
    """A file with another name is refused, as that name would keep the old content."""
    os.link(path, path.with_name("other"))

    with locked_files([path], 0) as held, pytest.raises(OSError, match="2 hard links"):
        held[path].refuse_irreplaceable()


@is_root
def test_mounted_file_is_refused(path: Path) -> None:
    """A file that is mounted by itself is refused before anything is written."""
    code = (
        "import pathlib, sys, runpy\n"
        "from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file.locks "
        "import locked_files\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "with locked_files([path], 0) as held:\n"
        "    try:\n"
        "        held[path].refuse_irreplaceable()\n"
        "    except OSError as error:\n"
        "        print(error.strerror)\n"
    )
    script = 'mount --bind "$0" "$0" && exec "$1" -c "$2" "$0"'
    command = ["unshare", "-m", "sh", "-c", script, str(path), sys.executable, code]
    tree = os.environ["ANSIBLE_COLLECTIONS_PATH"]
    process = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": tree},
    )
    if "unshare" in process.stderr or "mount" in process.stderr:
        pytest.skip("nothing can be mounted here")

    assert process.stdout.startswith("it is mounted by itself"), process.stderr


def test_descriptors_are_not_inherited(path: Path) -> None:
    """No program that the process starts gets an open file, or with it the lock."""
    code = "import os; print(sorted(os.listdir('/proc/self/fd')))"

    def seen() -> bytes:
        command = [sys.executable, "-c", code]
        return subprocess.run(command, capture_output=True, check=True, close_fds=False).stdout

    bare = seen()
    with locked_files([path], 0):
        inside = seen()

    assert inside == bare

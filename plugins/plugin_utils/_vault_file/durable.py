# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that survive a crash: replaced whole, grown durably, and locked between processes.

Everything made here is private (0600) from its creation and never opened through a symbolic link.
Knows nothing of what is in the files. For local file systems only.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import stat
import time
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from io import FileIO
    from pathlib import Path

_POLL_SECONDS = 0.05
_HOLDER = re.compile(rb"(\S+) (\d+)\n")


class LockTimeout(Exception):  # noqa: N818 - waiting in vain is an outcome, not a mistake
    """Another process kept the lock for longer than the caller was willing to wait."""


class DurableWriteError(OSError):
    """A file does not hold what was just written to it."""


class FileLock:
    """A lock on `path`, held by one `with` block on this machine, freed by the kernel in a crash.

    `path` is the real file: under the name of a link, it would get a second lock. The lock itself
    is the file `.<name>.lock` beside it, which stays, empty while nobody holds it. `shared` locks
    go together, keep the others out, and write nothing: with no lock file there, they hold nothing.
    Entering raises LockTimeout after `timeout` seconds of waiting, OSError where no lock file can
    be, and what `pause` raises, which is to sleep.
    """

    def __init__(
        self,
        path: Path,
        timeout: float,
        *,
        shared: bool = False,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self._path = path
        self._lock_path = path.with_name(f".{path.name}.lock")
        self._timeout = timeout
        self._pause = pause
        self._acquire = self._acquire_shared if shared else self._acquire_alone
        self._held = contextlib.ExitStack()

    def __enter__(self) -> None:
        deadline = time.monotonic() + self._timeout
        while not self._acquire():
            if time.monotonic() >= deadline:
                raise LockTimeout(f"{self._path} is locked by {self._describe_holder()}")
            self._pause(_POLL_SECONDS)

    def __exit__(self, *_: object) -> None:
        # Who held it is of no use any more, and the kernel frees the lock whatever close() says.
        with contextlib.suppress(OSError):
            self._held.close()

    def _acquire_alone(self) -> bool:
        """Take the lock if it is free, and write down who holds it."""
        with contextlib.ExitStack() as stack:
            lock = stack.enter_context(_open(self._lock_path, "ab"))
            if not self._is_locked(lock, fcntl.LOCK_EX):
                return False
            stack.callback(lock.truncate, 0)
            lock.truncate(0)
            _write_all(lock, f"{os.uname().nodename} {os.getpid()}\n".encode())
            self._held = stack.pop_all()
            return True

    def _acquire_shared(self) -> bool:
        with contextlib.ExitStack() as stack:
            try:
                lock = stack.enter_context(_open(self._lock_path, "rb"))
            except FileNotFoundError:
                return True
            if not self._is_locked(lock, fcntl.LOCK_SH):
                return False
            self._held = stack.pop_all()
            return True

    def _is_locked(self, lock: FileIO, kind: int) -> bool:
        """Tell whether the file is locked now, by this object."""
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
            named = self._lock_path.lstat()
        except (BlockingIOError, FileNotFoundError):
            return False
        # A lock on a file that was replaced after it was opened would keep nobody out.
        return os.path.samestat(os.fstat(lock.fileno()), named)

    def _describe_holder(self) -> str:
        with _open(self._lock_path, "rb") as lock:
            holder = _HOLDER.fullmatch(lock.read(512))
        if not holder:
            return "another process"
        host, pid = holder.groups()
        return f"process {pid.decode()} on {host.decode(errors='replace')}"


class AppendFile:
    """A file that only grows by whole appends, each of them durable when its call returns.

    It is made if it is not there, and what it already holds stays.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _open(path, "ab")
        self._size = os.fstat(self._file.fileno()).st_size
        try:
            _sync_directory(path.parent)
        except BaseException:
            self.close()
            raise

    def append(self, data: bytes) -> None:
        """Add `data` at the end, durably; an append that raises leaves nothing of it behind."""
        if self._file.closed:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        # What an earlier append could not take back would spoil this one.
        self._file.truncate(self._size)
        try:
            _write_all(self._file, data)
            os.fsync(self._file.fileno())
            self._refuse_lost_name()
        except BaseException:
            with contextlib.suppress(OSError):
                self._file.truncate(self._size)
            raise
        self._size += len(data)

    def is_in_place(self) -> bool:
        """Tell whether who looks for the file under its name finds this one."""
        try:
            self._refuse_lost_name()
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Leave the file as it is."""
        # All that counts as written is durable already.
        with contextlib.suppress(OSError):
            self._file.close()

    def remove(self) -> None:
        """Close and delete the file, durably; what lies under its name instead is left alone."""
        is_in_place = self.is_in_place()
        self.close()
        if is_in_place:
            remove_file(self._path)

    def _refuse_lost_name(self) -> None:
        # What is written to a file without a name lasts for as long as it is open.
        if not os.path.samestat(os.fstat(self._file.fileno()), self._path.lstat()):
            raise DurableWriteError(errno.ESTALE, "another file has taken its place")


def read_file(path: Path) -> bytes:
    """Return what a file holds; OSError if it is a link, or no regular file."""
    with _open(path, "rb") as file:
        return file.readall()


def remove_file(path: Path) -> None:
    """Delete a file, durably."""
    path.unlink()
    _sync_directory(path.parent)


def replace_file(path: Path, data: bytes) -> None:
    """Give a file, made if need be, new contents: durably, and at any instant all old or all new.

    Callers hold its FileLock. `path` is the real file: a link would be replaced itself. Its owner
    and group are kept if the system permits, its mode is always 0600. Raises OSError, after which
    the file is as it was unless the new contents were already in place and only not known to last.
    """
    # One name, so that what a crash left behind goes with the next replacement.
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        _create(temporary, data, like=path)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _sync_directory(path.parent)
    if path.read_bytes() != data:
        raise DurableWriteError(errno.EIO, "it does not hold what was written to it")


def prove_writable(path: Path) -> None:
    """Raise OSError unless a file can be made, filled, synced and removed beside `path`.

    Callers hold its FileLock.
    """
    # One name, so that what a crash left behind goes with the next probe.
    probe = path.with_name(f".probe-{path.name}")
    probe.unlink(missing_ok=True)
    try:
        _create(probe, b"probe")
    finally:
        probe.unlink(missing_ok=True)


def _open(path: Path, mode: t.Literal["ab", "rb", "xb"]) -> FileIO:
    """Open a regular file unbuffered, not through a link, for this user alone if that makes it."""

    def without_following(name: str, flags: int) -> int:
        # A pipe would keep who opens it waiting for the other end.
        flags |= os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        descriptor = os.open(name, flags, 0o600)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a regular file")

    return open(path, mode, buffering=0, opener=without_following)


def _create(path: Path, data: bytes, *, like: Path | None = None) -> None:
    """Make a file under a name that is not taken, its contents durable; `like` lends its owner."""
    with _open(path, "xb") as file:
        if like:
            # In a user namespace, an owner that it does not know can't be set at all.
            with contextlib.suppress(OSError):
                owner = like.stat()
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
        _write_all(file, data)
        os.fsync(file.fileno())


def _write_all(file: FileIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _sync_directory(directory: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

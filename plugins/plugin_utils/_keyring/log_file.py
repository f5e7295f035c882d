# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of a log: locked by who writes it, grown durably, and replaced without a gap.

Private (0600) from its creation, never opened through a symbolic link. Knows nothing of what is in
it. For local file systems only.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Asks which one of the files this is that the number of its inode was given to: _IOR('v', 1, long).
_GET_GENERATION = 0x80087601
_SAFELY = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class LogBusyError(Exception):
    """Another run holds the lock of the log."""


class FileId(t.NamedTuple):
    """Which file it is in its file system: a number of one that is gone is given to another.

    `generation` tells those apart; it is 0 where the file system tells none.
    """

    inode: int
    generation: int


# No file is this one, so records of it are copies for good.
NO_FILE = FileId(0, 0)


class LogFile:
    """The file under `path`, locked until it is closed; made by `made`, found by `found`."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor: int | None = descriptor
        self._size = os.fstat(descriptor).st_size
        self._is_name_durable = True

    @classmethod
    def found(cls, path: Path, *, shared: bool = False) -> LogFile | None:
        """Return the file that is there, None if there is none; `shared` locks are for reading.

        Raises LogBusyError if another run holds it, OSError if it is no regular file.
        """
        flags = os.O_RDONLY if shared else os.O_RDWR | os.O_APPEND
        try:
            return cls(path, _locked(path, flags, shared=shared))
        except FileNotFoundError:
            return None

    @classmethod
    def made(cls, path: Path) -> LogFile:
        """Return the file that is there, or else a new one; as `found`."""
        file = cls(path, _locked(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, shared=False))
        try:
            _sync_directory(path.parent)
        except BaseException:
            file.close()
            raise
        return file

    @property
    def id(self) -> FileId:
        """Which file it is."""
        return _id_of(self._open)

    def read(self) -> bytes:
        """Return all that it holds."""
        return os.pread(self._open, self._size, 0)

    def append(self, data: bytes) -> None:
        """Add `data` at the end, durably; an append that raises leaves nothing of it behind."""
        # What an earlier append could not take back would spoil this one.
        os.truncate(self._open, self._size)
        try:
            _write_all(self._open, data)
            os.fsync(self._open)
            self._refuse_lost_name()
            self._make_name_durable()
        except BaseException:
            with contextlib.suppress(OSError):
                os.truncate(self._open, self._size)
            raise
        self._size += len(data)

    def cut(self, size: int) -> None:
        """Let the next append begin at `size`; what stands behind it never counted."""
        self._size = size

    def replace(self, make: Callable[[FileId], bytes]) -> None:
        """Let another file take the name, durably; `make` gets its id and returns what it holds.

        It is locked before it takes the name, so nobody finds it free.
        """
        temporary = self._path.with_name(f"{self._path.name}.tmp")
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            data = make(_id_of(descriptor))
            _write_all(descriptor, data)
            os.fsync(descriptor)
            self._refuse_lost_name()
            temporary.replace(self._path)
        except BaseException:
            os.close(descriptor)
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        self.close()
        self._descriptor, self._size = descriptor, len(data)
        self._is_name_durable = False
        self._make_name_durable()

    def is_in_place(self) -> bool:
        """Tell whether who looks for the file under its name finds this one."""
        try:
            self._refuse_lost_name()
        except OSError:
            return False
        return True

    def remove(self) -> None:
        """Delete the file and close it; what has taken its place is left alone."""
        if self.is_in_place():
            self._path.unlink()
            # If a crash brings it back, it is settled once more.
            with contextlib.suppress(OSError):
                _sync_directory(self._path.parent)
        self.close()

    def close(self) -> None:
        """Leave the file as it is, and free the lock."""
        if self._descriptor is not None:
            # All that counts as written is durable already.
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
        self._descriptor = None

    @property
    def _open(self) -> int:
        if self._descriptor is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return self._descriptor

    def _make_name_durable(self) -> None:
        if not self._is_name_durable:
            _sync_directory(self._path.parent)
            self._is_name_durable = True

    def _refuse_lost_name(self) -> None:
        # What is written to a file without a name lasts for as long as it is open.
        if not os.path.samestat(os.fstat(self._open), self._path.lstat()):
            raise OSError(errno.ESTALE, "another file has taken its place")


def _locked(path: Path, flags: int, *, shared: bool) -> int:
    """Open and lock a regular file; it is the one that has the name once it is locked."""
    while True:
        descriptor = os.open(path, flags | _SAFELY, 0o600)
        try:
            status = _regular(descriptor)
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            if os.path.samestat(status, path.lstat()):
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            raise LogBusyError(str(path)) from None
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _id_of(descriptor: int) -> FileId:
    try:
        generation = int.from_bytes(fcntl.ioctl(descriptor, _GET_GENERATION, bytes(8)), "little")
    except OSError:
        generation = 0
    return FileId(os.fstat(descriptor).st_ino, generation)


def _regular(descriptor: int) -> os.stat_result:
    """Return the status of an open file; OSError if it is a pipe, a directory or the like."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    return status


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _sync_directory(directory: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

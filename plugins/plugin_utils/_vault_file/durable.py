# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing so that it lasts, and reading without being led elsewhere.

Everything made here is private (0600) from its creation and never opened through a symbolic link.
"""

from __future__ import annotations

import errno
import os
import stat
import typing as t

if t.TYPE_CHECKING:
    from pathlib import Path


class DurableWriteError(OSError):
    """A file does not hold, or is not, what was just made of it."""


def read_file(path: Path) -> bytes:
    """Return what a file holds; OSError if it is a link, or no regular file."""
    descriptor = open_regular(path, os.O_RDONLY)
    try:
        return read_all(descriptor)
    finally:
        os.close(descriptor)


def open_regular(path: Path, flags: int) -> int:
    """Open a regular file, not through a link, for this user alone if that makes it."""
    # A pipe would keep who opens it waiting for the other end.
    flags |= os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    descriptor = os.open(path, flags, 0o600)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "it is not a regular file")


def read_all(descriptor: int) -> bytes:
    """Return what an open file holds."""
    pieces: list[bytes] = []
    position = 0
    while piece := os.pread(descriptor, 1 << 20, position):
        pieces.append(piece)
        position += len(piece)
    return b"".join(pieces)


def create_like(path: Path, data: bytes, model: int | None) -> int:
    """Make a file under a name that is not taken, its contents durable, and return it open.

    Owner, group, mode, ACL and extended attributes are those of the open file `model`; without one
    it stays private. Raises OSError if something of these can't be kept, or nothing be made.
    """
    descriptor = open_regular(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
    try:
        if model is not None:
            _take_after(descriptor, model)
        _write_all(descriptor, data)
        os.fsync(descriptor)
    except BaseException:
        os.close(descriptor)
        path.unlink()
        raise
    return descriptor


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _take_after(descriptor: int, model: int) -> None:
    wanted = os.fstat(model)
    own = os.fstat(descriptor)
    if (own.st_uid, own.st_gid) != (wanted.st_uid, wanted.st_gid):
        _keep("owner and group", lambda: os.fchown(descriptor, wanted.st_uid, wanted.st_gid))
    _keep("ACL and extended attributes", lambda: _take_attributes(descriptor, model))
    _keep("mode", lambda: os.fchmod(descriptor, stat.S_IMODE(wanted.st_mode)))
    own = os.fstat(descriptor)
    if _identity(own) != _identity(wanted) or _attributes(descriptor) != _attributes(model):
        raise DurableWriteError(errno.EPERM, "its owner, group, mode or ACL can't be kept")


def _keep(what: str, take: t.Callable[[], None]) -> None:
    try:
        take()
    except OSError as error:
        raise DurableWriteError(
            error.errno, f"its {what} can't be kept ({error.strerror})"
        ) from None


def _identity(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)


def _take_attributes(descriptor: int, model: int) -> None:
    wanted, own = _attributes(model), _attributes(descriptor)
    for name in own.keys() - wanted.keys():
        os.removexattr(descriptor, name)
    for name, value in wanted.items():
        if own.get(name) != value:
            os.setxattr(descriptor, name, value)


def _attributes(descriptor: int) -> dict[str, bytes]:
    try:
        names = os.listxattr(descriptor)
    except OSError:
        # A file system without any.
        return {}
    return {name: os.getxattr(descriptor, name) for name in names}


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]

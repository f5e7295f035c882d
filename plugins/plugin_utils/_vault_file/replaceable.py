# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a file can be replaced whole, asked before it is tried; writes nothing to find out.

That a file can be made beside it proves little: what counts are links, mounts, flags, and whose
file and directory these are.
"""

from __future__ import annotations

import fcntl
import os
import stat
import struct
import typing as t
from pathlib import Path

if t.TYPE_CHECKING:
    from collections.abc import Iterator

# Of linux/capability.h and linux/fs.h.
_CAP_CHOWN, _CAP_FOWNER = 0, 3
_GET_FLAGS = 0x80086601
_IMMUTABLE, _APPEND_ONLY = 0x10, 0x20


class IrreplaceableError(OSError):
    """Why a file can't be replaced whole."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.strerror = reason


def refuse_irreplaceable(path: Path, descriptor: int | None) -> None:
    """Raise IrreplaceableError if the file can't be replaced and stay what it is to others.

    `descriptor` is the open file, None if there is none yet.
    """
    reason = next(_reasons(path, descriptor), None)
    if reason:
        raise IrreplaceableError(reason)


def _reasons(path: Path, descriptor: int | None) -> Iterator[str]:
    if not os.access(path.parent, os.W_OK | os.X_OK, effective_ids=True):
        yield f"no permission to write to {path.parent}"
    if descriptor is None:
        return
    status = os.fstat(descriptor)
    if os.fsencode(path) in _mount_points():
        yield "it is mounted by itself: mount the directory that it is in"
    if status.st_nlink > 1:
        yield f"it has {status.st_nlink} hard links, and the others would keep the old content"
    if _flags(descriptor) & (_IMMUTABLE | _APPEND_ONLY):
        yield "it is immutable or append-only (chattr)"
    yield from _reasons_of_ownership(path, status)


def _reasons_of_ownership(path: Path, status: os.stat_result) -> Iterator[str]:
    directory, user = path.parent.stat(), os.geteuid()
    is_sticky = directory.st_mode & stat.S_ISVTX
    if is_sticky and user not in {status.st_uid, directory.st_uid} and not _may(_CAP_FOWNER):
        yield "it belongs to somebody else, and its directory is sticky"
    is_own_group = status.st_gid in {os.getegid(), *os.getgroups()}
    if (status.st_uid != user or not is_own_group) and not _may(_CAP_CHOWN):
        yield (
            f"its owner and group ({status.st_uid}:{status.st_gid}) could not be kept: only they, "
            "or root, can replace it"
        )


def _mount_points() -> set[bytes]:
    try:
        lines = Path("/proc/self/mountinfo").read_bytes().splitlines()
    except OSError:
        return set()
    # Blanks and the like stand there as octal escapes.
    points = [line.split()[4] for line in lines]
    return {point.decode("unicode_escape").encode("latin-1") for point in points}


def _flags(descriptor: int) -> int:
    try:
        answer = fcntl.ioctl(descriptor, _GET_FLAGS, bytes(8))
    except OSError:
        # A file system without such flags.
        return 0
    return int(struct.unpack("I", answer[:4])[0])


def _may(capability: int) -> bool:
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return os.geteuid() == 0
    effective = next(line for line in lines if line.startswith("CapEff:")).split()[1]
    return bool(int(effective, 16) & (1 << capability))

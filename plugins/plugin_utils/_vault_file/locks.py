# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that a run has to itself: locked by the kernel, replaced whole, never out of sight.

The lock is on the file itself, so there is nothing beside it that could be removed, belong to
somebody else or lie in the way. Who waited for a file that was replaced meanwhile holds the lock of
a file without a name, and begins again. Knows nothing of what is in the files. For local file
systems only.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
import typing as t
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType

from .durable import (
    DurableWriteError,
    create_like,
    open_regular,
    read_all,
    sync_directory,
)
from .replaceable import refuse_irreplaceable

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

_POLL_SECONDS = 0.05
# Editors that remove a file before they write it leave a gap; who looks twice does not fall in.
GAP_SECONDS = 1.0


class LockTimeout(Exception):  # noqa: N818 - waiting in vain is an outcome, not a mistake
    """Another process kept a file for longer than the caller was willing to wait."""


class HeldFile:
    """A file that this run has locked, under its name; without a descriptor there is no file.

    `path` is the real file: under the name of a link, a link would be replaced.
    """

    def __init__(self, path: Path, descriptor: int | None, *, is_new: bool = False) -> None:
        self.path = path
        self._descriptor = descriptor
        self._is_new = is_new
        self._seen: tuple[int, ...] | None = None
        self._bytes = b""

    @property
    def is_missing(self) -> bool:
        """Whether there was no such file when this run looked for it."""
        return self._is_new or self._descriptor is None

    def read(self) -> bytes:
        """Return what the file under the name holds now, nothing if it is not there.

        If another file has taken the name, that one is held from now on. Raises OSError if it can't
        be, or if the file has gone away since it was held.
        """
        if self._descriptor is None:
            return b""
        if not self._has_name():
            self._follow()
        self._seen = self._signature()
        self._bytes = read_all(self._descriptor)
        return self._bytes

    def is_as_read(self) -> bool:
        """Tell whether the name still leads to the file that was read, and its bytes are those."""
        if self._descriptor is None or not self._has_name():
            return self.is_in_place()
        return self._signature() == self._seen or read_all(self._descriptor) == self._bytes

    def refuse_irreplaceable(self) -> None:
        """Raise OSError if the file can't be replaced; writes nothing."""
        refuse_irreplaceable(self.path, self._descriptor)

    def prove(self) -> None:
        """Replace the file by its own bytes; raises OSError if that can't be done."""
        self.refuse_irreplaceable()
        self.replace(self.read())

    def replace(self, data: bytes) -> None:
        """Give the file new contents: durably, and at any instant all old or all new.

        Owner, group, mode, ACL and extended attributes stay. Raises OSError, after which the file
        is as it was unless the new contents were already in place and only not known to last.
        """
        descriptor = t.cast("int", self._descriptor)
        # One name, so that what a crash left behind goes with the next replacement.
        temporary = self.path.with_name(f".{self.path.name}.tmp")
        temporary.unlink(missing_ok=True)
        with ExitStack() as stack:
            stack.callback(_remove_if_there, temporary)
            new = create_like(temporary, data, None if self._is_new else descriptor)
            closing = stack.enter_context(ExitStack())
            closing.callback(os.close, new)
            # Who waits for the file must not come in between.
            fcntl.flock(new, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not self._has_name():
                raise OSError(errno.ESTALE, "another file has taken its place")
            temporary.replace(self.path)
            closing.pop_all()
        os.close(descriptor)
        self._descriptor = new
        sync_directory(self.path.parent)
        if self.read() != data:
            raise DurableWriteError(errno.EIO, "it does not hold what was written to it")

    def let_go(self) -> None:
        """Free the lock; a file that was made and is still blank goes."""
        if self._descriptor is None:
            return
        with contextlib.suppress(OSError):
            if self._is_new and self._has_name() and not read_all(self._descriptor).strip():
                self.path.unlink()
                sync_directory(self.path.parent)
        # The kernel frees the lock whatever close() says.
        with contextlib.suppress(OSError):
            os.close(self._descriptor)
        self._descriptor = None

    @property
    def place(self) -> tuple[int, int]:
        """Device and inode, by which all runs lock files in one order."""
        if self._descriptor is None:
            return (0, 0)
        status = os.fstat(self._descriptor)
        return status.st_dev, status.st_ino

    def try_to_lock(self, kind: int) -> bool:
        """Tell whether the file is locked now; where there is no file there is nothing to lock."""
        if self._descriptor is not None:
            try:
                fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    def is_in_place(self) -> bool:
        """Tell whether who looks for the file under its name finds this one."""
        return not self.path.exists() if self._descriptor is None else self._has_name()

    def holder(self) -> str:
        """Return who has locked the file, as far as the kernel tells."""
        with contextlib.suppress(OSError):
            for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
                fields = line.split()
                is_flock = "->" not in fields and fields[1] == "FLOCK"
                if is_flock and fields[5].rpartition(":")[2] == str(self.place[1]):
                    return f"process {fields[4]} on {os.uname().nodename}"
        return "another process"

    def _has_name(self) -> bool:
        try:
            named = self.path.lstat()
        except OSError:
            return False
        return os.path.samestat(os.fstat(t.cast("int", self._descriptor)), named)

    def _signature(self) -> tuple[int, ...]:
        status = os.fstat(t.cast("int", self._descriptor))
        return (status.st_size, status.st_mtime_ns, status.st_ctime_ns)

    def _follow(self) -> None:
        """Hold the file that has taken the name; one that is missing is looked for once more."""
        if not self.path.exists():
            time.sleep(GAP_SECONDS)
        try:
            descriptor = open_regular(self.path, os.O_RDONLY)
        except FileNotFoundError:
            raise OSError(errno.ENOENT, "it was removed while this task ran; restore it") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise OSError(errno.EBUSY, "another run has taken it over") from None
        os.close(t.cast("int", self._descriptor))
        self._descriptor, self._is_new = descriptor, False


def missing_files(
    paths: Iterable[Path], before: Mapping[str, float] = MappingProxyType({})
) -> dict[Path, float]:
    """Return when, by the monotonic clock, it was seen which of these files are not there.

    `before` are the earlier looks of somebody else, by the names of the files.
    """
    now = time.monotonic()
    return {path: min(now, before.get(str(path), now)) for path in paths if _is_missing(path)}


@contextlib.contextmanager
def locked_files(
    paths: Sequence[Path],
    timeout: float,
    *,
    shared: bool = False,
    missing: Mapping[Path, float] = MappingProxyType({}),
    pause: Callable[[float], object] = time.sleep,
) -> Iterator[dict[Path, HeldFile]]:
    """Hold these real files inside a `with` block, each by its path.

    One that is not there, as two looks a second apart say, is made, empty and private, and removed
    again if it stays so; the first look may be one of `missing_files`. `shared`
    locks go together, keep the others out and write nothing: what is not there is not made.
    Entering raises LockTimeout after `timeout` seconds of waiting, OSError for what is no file or
    can't be made, and what `pause` raises, which is to sleep.
    """
    deadline = time.monotonic() + timeout
    while True:
        with ExitStack() as stack:
            held = [
                _opened(stack, path, shared=shared, missing=missing.get(path), pause=pause)
                for path in set(paths)
            ]
            _wait_for_all(held, fcntl.LOCK_SH if shared else fcntl.LOCK_EX, deadline, pause)
            if all(file.is_in_place() for file in held):
                yield {file.path: file for file in held}
                return
        if time.monotonic() >= deadline:
            raise LockTimeout("the files are replaced again and again")


def _opened(
    stack: ExitStack,
    path: Path,
    *,
    shared: bool,
    missing: float | None,
    pause: Callable[[float], object],
) -> HeldFile:
    descriptor, is_new = _open_or_make(path, shared=shared, missing=missing, pause=pause)
    file = HeldFile(path, descriptor, is_new=is_new)
    stack.callback(file.let_go)
    return file


def _open_or_make(
    path: Path, *, shared: bool, missing: float | None, pause: Callable[[float], object]
) -> tuple[int | None, bool]:
    for is_last_look in (False, True):
        try:
            return open_regular(path, os.O_RDONLY), False
        except FileNotFoundError:
            if shared:
                return None, False
            if not is_last_look:
                now = time.monotonic()
                pause(max(0.0, GAP_SECONDS - (now - (now if missing is None else missing))))
    try:
        return open_regular(path, os.O_RDWR | os.O_CREAT | os.O_EXCL), True
    except FileExistsError:
        return _open_or_make(path, shared=shared, missing=missing, pause=pause)


def _wait_for_all(
    files: Iterable[HeldFile], kind: int, deadline: float, pause: Callable[[float], object]
) -> None:
    # One order for everybody, so that two runs on the same files never wait for each other.
    for file in sorted(files, key=lambda file: file.place):
        while not file.try_to_lock(kind):
            if time.monotonic() >= deadline:
                raise LockTimeout(f"{file.path} is locked by {file.holder()}")
            pause(_POLL_SECONDS)


def _is_missing(path: Path) -> bool:
    try:
        path.lstat()
    except FileNotFoundError:
        return True
    except OSError:
        # What is wrong with it is told where it is opened.
        return False
    return False


def _remove_if_there(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)

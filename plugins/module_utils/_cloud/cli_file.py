# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The aliyun CLI's configuration, as a file that the CLI and the SDK write too."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
import time
import typing as t
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from .._stopping import pause
from .credentials import no_credentials

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Seconds. Whoever holds the lock sends two requests at most.
LONGEST_WAIT = 60.0
_POLL_SECONDS = 0.1


class CliFile:
    """One configuration; each method raises CredentialError if the file can't be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held = ExitStack()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep others that lock it from renewing what it holds; the SDK takes the same lock."""
        deadline = time.monotonic() + LONGEST_WAIT
        while not self._is_locked():
            if time.monotonic() > deadline:
                raise no_credentials(
                    f"File {self._path}", f"it is locked for more than {LONGEST_WAIT:.0f} s"
                )
            pause(_POLL_SECONDS)
        with self._held:
            yield

    def keep(self, name: str, values: Mapping[str, t.Any]) -> None:
        """Set values of a profile, under the lock, and leave all else as it is."""
        try:
            self._replace(name, values)
        except OSError as error:
            raise no_credentials(
                f"File {self._path}", f"it can't be replaced: {error.strerror}"
            ) from None

    def keep_if_possible(self, name: str, values: Mapping[str, t.Any]) -> None:
        """Set values of a profile, under the lock, if the file can be replaced."""
        with suppress(OSError):
            self._replace(name, values)

    def _is_locked(self) -> bool:
        with ExitStack() as stack:
            try:
                file = stack.enter_context(self._path.open("rb"))
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if not os.path.samestat(os.fstat(file.fileno()), self._path.stat()):
                    return False
            except BlockingIOError:
                return False
            except OSError as error:
                raise no_credentials(f"File {self._path}", str(error.strerror)) from None
            self._held = stack.pop_all()
        return True

    def _replace(self, name: str, values: Mapping[str, t.Any]) -> None:
        path = self._path.resolve()
        config = json.loads(path.read_text(encoding="utf-8"))
        for profile in config["profiles"]:
            if profile["name"] == name:
                profile.update(values)
        text = json.dumps(config, indent="\t", ensure_ascii=False) + "\n"
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            file = self._held.enter_context(os.fdopen(descriptor, "w", encoding="utf-8"))
            # Who comes after it has the name locks this one.
            fcntl.flock(file, fcntl.LOCK_EX)
            _take_after(path, descriptor)
            file.write(text)
            file.flush()
            os.fsync(descriptor)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink()
            raise


def _take_after(path: Path, descriptor: int) -> None:
    """Give a new file the owner and the mode of the one whose place it is to take."""
    old, new = path.stat(), os.fstat(descriptor)
    if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, old.st_mode & 0o777)

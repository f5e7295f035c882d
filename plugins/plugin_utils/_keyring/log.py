# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log beside a vault file: what runs have under way, and what they have learnt of lost keys.

`read_log` tells what it says and holds its lock; `Log` adds to it, each record durable when its
call returns. Knows nothing of RAM.
"""

from __future__ import annotations

import contextlib
import threading
import typing as t
import uuid
from contextlib import contextmanager

from ansible.errors import AnsibleError

from ...module_utils._cloud.errors import InputError, RamError, unforeseen
from .group_commit import GroupCommit, NotWrittenError
from .log_file import NO_FILE, LogBusyError, LogFile
from .records import (
    History,
    NewKey,
    OtherFormatError,
    RecordsError,
    Settled,
    open_lines,
    read_records,
)
from .scribe import Scribe, told

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .log_file import FileId
    from .records import Header, Record
    from .scribe import Purpose


class LogError(RamError):
    """The log could not be written: what it was about to hold is in no file."""


def log_path(path: Path) -> Path:
    """Return where the log of a vault file lies."""
    return path.with_name(f".{path.name}.pending.yml")


class Log:
    """The log of one vault file, in this run; safe to share between threads.

    Records that wait at the same time become durable together: one fsync, and one vault text for
    all the keys among them. Whatever keeps them from that is a LogError. In check mode (`dry`) what
    is noted goes nowhere. The file is made with the first record.
    """

    def __init__(self, path: Path, *, dry: bool) -> None:
        """Read the log and hold its lock; LogBusyError if another run does.

        Raises InputError for a log that can't be read, that is damaged before its end, or that
        another version has written.
        """
        self.path = path
        self.run = uuid.uuid4().hex
        self._dry = dry
        self._scribe = Scribe(self.run, path)
        self._turn = threading.Lock()
        self._commits = GroupCommit(self._append, self._turn)
        self._is_lost = False
        self._new_ids: set[str] = set()
        try:
            self._file = LogFile.found(path, shared=dry)
            data = self._file.read() if self._file else b""
        except OSError as error:
            raise InputError(
                f"Cannot read {path}, the log of earlier runs: {error.strerror}"
            ) from None
        try:
            self.history = self._read(data)
        except InputError:
            self.close()
            raise

    def is_for(self, purpose: Purpose) -> None:
        """Say what this run writes its records for; nothing can be noted before."""
        self._scribe.is_for(purpose)

    @property
    def exists(self) -> bool:
        """Whether there is a log by now."""
        return self._file is not None

    def is_original(self, header: Header) -> bool:
        """Tell whether the records of a run stand where they were written."""
        return self._file is not None and header.is_original(told(self.path), self._file.id)

    def begin(self) -> None:
        """Make the file if need be, and hold its lock; LogBusyError if another run does."""
        if not self._dry and self._file is None:
            with self._errors_explained():
                self._file = LogFile.made(self.path)

    def note(self, record: Record) -> None:
        """Return once the record is durable."""
        if self._dry:
            return
        try:
            self._commits.hand_in(record)
        except NotWrittenError as error:
            raise LogError(str(error) or f"{self.path} was not written") from None
        if isinstance(record, NewKey):
            self._new_ids.add(record.access_key_id)

    def key_ids(self) -> set[str]:
        """Return the ids of the keys that the log holds, those of this run included."""
        return self.history.key_ids() | self._new_ids

    def settle(self, settled: Settled) -> None:
        """Let the log go without what is settled; without anything left, it is deleted."""
        if self._dry or not settled or self._file is None:
            return
        with self._errors_explained(), self._turn:
            # Of late, this run may have added to it.
            self.history, _size = read_records(self._file.read())
            if self._remaining(settled, NO_FILE):
                self._replace(settled)
            else:
                self._file.remove()
                self._file, self.history = None, History()
                self._scribe.go_on_below(self.history)

    def rewrite(self, edit: Callable[[dict[str, t.Any]], dict[str, t.Any]]) -> None:
        """Let each record be what `edit` makes of it, durably and all at once."""
        if self._dry or self._file is None:
            return
        with self._errors_explained(), self._turn:
            self.history, _size = read_records(self._file.read())
            self.history.lines = [(run, edit(record)) for run, record in self.history.lines]
            self._replace(Settled())

    def is_in_place(self) -> bool:
        """Tell whether the next run will find what was noted."""
        return self._file is None or self._file.is_in_place()

    def tidy(self) -> None:
        """Let the log go without the creates of this run that are known to have made no key."""
        if self._dry or self._file is None or not self._file.is_in_place():
            return
        # What can't be tidied up now is no harm: the next run does it.
        with contextlib.suppress(LogError), self._errors_explained():
            self.history, _size = read_records(self._file.read())
            mine = self.history.runs.get(self.run)
            if not self.history.runs:
                self._file.remove()
                self._file = None
            elif mine:
                self.settle(Settled(creates={(self.run, user_id) for user_id in mine.refused}))

    def close(self) -> None:
        """Leave the log, if it is still there, to the next run; what comes later is lost."""
        with self._turn:
            self._is_lost = True
            if self._file is not None:
                self._file.close()

    def _read(self, data: bytes) -> History:
        try:
            history, size = read_records(data)
        except RecordsError as error:
            raise InputError(
                f"{self.path} is damaged in line {error.line}. It holds what earlier runs had "
                "under way, keys that are in no other place perhaps among it, so nothing was "
                "changed. Restore it, or move it away if you know that nothing in it is needed"
            ) from None
        except OtherFormatError:
            raise InputError(
                f"{self.path} was written by another version of this collection: finish with that "
                "one"
            ) from None
        if self._file:
            self._file.cut(size)
        return history

    def _replace(self, settled: Settled) -> None:
        file = t.cast("LogFile", self._file)
        try:
            file.replace(lambda new: self._remaining(settled, new))
        finally:
            # It may be in place, and only not be known to last.
            self.history, _size = read_records(file.read())
            self._scribe.go_on_below(self.history)

    def _remaining(self, settled: Settled, new: FileId) -> bytes:
        file = t.cast("LogFile", self._file)
        return open_lines(self.history, settled, told(self.path), file.id, new)

    def _append(self, records: list[Record]) -> None:
        # Left behind by a run that ended, a thread must not make a log anew.
        if self._is_lost:
            raise LogError(f"{self.path} is closed")
        with self._errors_explained():
            if self._file is None:
                self._file = LogFile.made(self.path)
            self._file.append(self._scribe.lines(records, self._file.id))
        self._scribe.is_begun = True

    @contextmanager
    def _errors_explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LogError(f"{self.path} can't be written: {error.strerror}") from None
        except AnsibleError:
            raise LogError(f"{self.path} can't be written: encrypting failed") from None
        except (RecordsError, OtherFormatError):
            raise LogError(f"{self.path} was damaged while this task ran") from None
        except (RamError, LogBusyError):
            raise
        except Exception as error:  # noqa: BLE001 - what was about to be noted is in no file
            raise LogError(f"{self.path} can't be written: {unforeseen(error)}") from None

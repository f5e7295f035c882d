# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log beside a vault file: what runs have under way, and what they have learnt of lost keys.

`read_log` tells what it says and holds its lock; `Log` adds to it, each record durable when its
call returns. Knows nothing of RAM.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import typing as t
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

from ansible.errors import AnsibleError

from ...module_utils._cloud.errors import InputError, RamError
from .log_file import NO_FILE, LogFile
from .records import (
    Header,
    History,
    NewKey,
    OtherFormatError,
    RecordsError,
    Settled,
    group_line,
    header_line,
    note_line,
    open_lines,
    read_records,
)

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .._vault_file.vault import Password, Vault
    from .log_file import FileId
    from .records import Record


class LogError(RamError):
    """The log could not be written: what it was about to hold is in no file."""


@dataclass(frozen=True)
class Purpose:
    """What a run writes its records for, and the vault password that closes its secrets."""

    account_id: str
    endpoint: str
    layout: str
    variable: str
    vault: Vault
    password: Callable[[], Password]


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
        # The header is the first.
        self._numbers = count(2)
        self._queue = threading.Lock()
        self._turn = threading.Lock()
        self._waiting: list[_Ticket] = []
        self._purpose: Purpose | None = None
        self._is_begun = False
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
        self._purpose = purpose

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
        ticket = _Ticket(record)
        with self._queue:
            self._waiting.append(ticket)
        with self._turn:
            if not ticket.is_settled:
                self._write_waiting()
        if not ticket.is_durable:
            raise LogError(ticket.problem or f"{self.path} was not written")
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
                self._file.replace(lambda new: self._remaining(settled, new))
                self.history, _size = read_records(self._file.read())
            else:
                self._file.remove()
                self._file, self.history = None, History()
            self._is_begun = self.run in self.history.runs
            self._numbers = count(len(self.history.lines) + 2)

    def rewrite(self, edit: Callable[[dict[str, t.Any]], dict[str, t.Any]]) -> None:
        """Let each record be what `edit` makes of it, durably and all at once."""
        if self._dry or self._file is None:
            return
        with self._errors_explained(), self._turn:
            file = self._file
            self.history, _size = read_records(file.read())
            self.history.lines = [(run, edit(record)) for run, record in self.history.lines]
            file.replace(lambda new: self._remaining(Settled(), new))
            self.history, _size = read_records(file.read())

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

    def _remaining(self, settled: Settled, new: FileId) -> bytes:
        file = t.cast("LogFile", self._file)
        return open_lines(self.history, settled, told(self.path), file.id, new)

    def _write_waiting(self) -> None:
        with self._queue:
            batch, self._waiting = self._waiting, []
        try:
            with self._errors_explained():
                self._append([ticket.record for ticket in batch])
        except LogError as error:
            for ticket in batch:
                ticket.problem = str(error)
        else:
            for ticket in batch:
                ticket.is_durable = True

    def _append(self, records: list[Record]) -> None:
        # Left behind by a run that ended, a thread must not make a log anew.
        if self._is_lost:
            raise LogError(f"{self.path} is closed")
        if self._file is None:
            self._file = LogFile.made(self.path)
        lines, header = self._lines(records), b""
        if not self._is_begun:
            header = header_line(self._header(self._file.id))
        self._file.append(header + lines)
        self._is_begun = True

    def _header(self, file: FileId) -> Header:
        purpose = t.cast("Purpose", self._purpose)
        return Header(
            run=self.run,
            host=os.uname().nodename,
            path=told(self.path),
            inode=file.inode,
            generation=file.generation,
            account_id=purpose.account_id,
            endpoint=purpose.endpoint,
            layout=purpose.layout,
            variable=purpose.variable,
            vault_id=purpose.password().vault_id,
        )

    def _lines(self, records: list[Record]) -> bytes:
        keys = [record for record in records if isinstance(record, NewKey)]
        lines = [
            note_line(self.run, next(self._numbers), record)
            for record in records
            if not isinstance(record, NewKey)
        ]
        return b"".join([*lines, self._group(keys)] if keys else lines)

    def _group(self, keys: list[NewKey]) -> bytes:
        purpose = t.cast("Purpose", self._purpose)
        secrets = {key.access_key_id: key.access_key_secret for key in keys}
        vault_text = purpose.vault.encrypt(json.dumps(secrets), purpose.password())
        return group_line(self.run, next(self._numbers), keys, vault_text)

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


@dataclass
class _Ticket:
    """A record on its way to the disk; if it is lost, it is not durable, explained or not."""

    record: Record
    is_durable: bool = False
    problem: str | None = None

    @property
    def is_settled(self) -> bool:
        """Tell whether its writing has been tried."""
        return self.is_durable or self.problem is not None


def told(path: Path) -> str:
    """Return a path as the log tells it, whatever bytes it is made of."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def opened(secrets: str, vault: Vault, path: Path) -> dict[str, str]:
    """Return the secrets of a group by their keys' ids; InputError if no password opens them."""
    text = vault.decrypt(secrets, what=f"the keys in {path}")[0]
    try:
        return {str(key_id): str(secret) for key_id, secret in json.loads(text).items()}
    except (AttributeError, ValueError):
        raise InputError(f"{path} is damaged: its secrets make no sense") from None

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pending journal beside a vault file: what a run that was killed had under way.

Append-only, one JSON record a line, each durable when its call returns:

header    who wrote it, and for which file and account
intent    a create is about to be sent; a later one of the same user takes its place
refusal   the create of a user was not carried out, or its key has been deleted again
group     keys that arrived: ids in clear, their secrets as one vault text

Knows nothing of RAM or YAML.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import typing as t
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ansible.errors import AnsibleError

from ...module_utils._cloud.errors import InputError, RamError
from .._vault_file.durable import AppendFile, read_file

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from .._vault_file.vault import Password, Vault

FORMAT = 1
LINE_START = b'{"type": "'


class JournalError(RamError):
    """The journal could not be written: what it was about to hold is in no file."""


@dataclass(frozen=True)
class Header:
    """Who wrote the journal, and for what."""

    run: str
    host: str
    machine: str
    path: str
    account_id: str
    endpoint: str
    layout: str
    variable: str
    vault_id: str

    def is_of_this_place(self, other: Header) -> bool:
        """Tell whether both speak of the same file on the same machine."""
        return (self.machine, self.path) == (other.machine, other.path)


@dataclass(frozen=True)
class Intent:
    """A create that is about to be `sent`, and may be carried out `until`.

    Both are in seconds since 1970 by the server's clock.
    """

    user_id: str
    user_name: str
    known_key_ids: list[str]
    entry_key_id: str | None
    sent: float
    until: float


@dataclass(frozen=True)
class SavedKey:
    """A key that arrived."""

    user_id: str
    access_key_id: str
    created: str
    access_key_secret: str = field(repr=False)


@dataclass(frozen=True)
class Refusal:
    """The create of a user was not carried out, or its key has been deleted again."""

    user_id: str


Record = Intent | SavedKey | Refusal


@dataclass
class Pending:
    """What a journal holds, by user id; without a header it holds nothing."""

    header: Header | None = None
    intents: dict[str, Intent] = field(default_factory=dict)
    saved: dict[str, SavedKey] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)

    def unanswered(self) -> list[Intent]:
        """Return the intents whose create may have made a key that nobody knows."""
        answered = self.refused | self.saved.keys()
        return [intent for user_id, intent in self.intents.items() if user_id not in answered]


def journal_path(path: Path) -> Path:
    """Return where the journal of a vault file lies."""
    return path.with_name(f".{path.name}.pending")


def host_name() -> str:
    """Return the name of this machine, for people."""
    return os.uname().nodename


def machine_id() -> str:
    """Return what tells this machine from others, for good where the system knows it."""
    for source in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        try:
            known = Path(source).read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            continue
        if known:
            return known
    return host_name()


def read_journal(path: Path, vault: Vault) -> Pending | None:
    """Return what the journal holds, None if there is no journal.

    A torn last line belongs to an append that never returned, and is ignored. Any other damage is
    an InputError, and so is a group that the vault passwords of this run don't open.
    """
    data = _read(path)
    if data is None:
        return None
    _refuse_tracked(path)
    pending = Pending()
    *lines, torn = data.split(b"\n")
    for number, line in enumerate(lines, start=1):
        try:
            _take_record(pending, json.loads(line), vault, path)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise _damaged(path, number) from None
    if not LINE_START.startswith(torn[: len(LINE_START)]):
        raise _damaged(path, len(lines) + 1)
    return pending


def _damaged(path: Path, number: int) -> InputError:
    return InputError(
        f"{path} is damaged in line {number}. It holds what an interrupted run had under way, keys "
        "that are in no other place perhaps among it, so nothing was changed. Restore it, or move "
        "it away if you know that nothing in it is needed"
    )


def _take_record(pending: Pending, record: dict[str, t.Any], vault: Vault, path: Path) -> None:
    kind = record.pop("type")
    # The header is the first record and no other.
    if (kind == "header") != (pending.header is None):
        raise ValueError(kind)
    if kind == "header":
        pending.header = _header(record, path)
    elif kind == "intent":
        intent = Intent(**record)
        pending.intents[intent.user_id] = intent
    elif kind == "refusal":
        pending.refused.add(pending.intents[record["user_id"]].user_id)
    elif kind == "group":
        _take_group(pending, record, vault, path)
    else:
        raise ValueError(kind)


def _header(record: dict[str, t.Any], path: Path) -> Header:
    if record.pop("format") != FORMAT:
        raise InputError(
            f"{path} was written by another version of this collection: finish with that one"
        )
    return Header(**record)


def _take_group(pending: Pending, record: dict[str, t.Any], vault: Vault, path: Path) -> None:
    secrets = json.loads(vault.decrypt(record["secrets"], what=f"the keys in {path}")[0])
    for clear in record["keys"]:
        key = SavedKey(**clear, access_key_secret=secrets[clear["access_key_id"]])
        # A user has one create in a journal, so a second key would be one too many.
        if key.user_id not in pending.intents or key.user_id in pending.saved:
            raise ValueError(key.access_key_id)
        pending.saved[key.user_id] = key


def _read(path: Path) -> bytes | None:
    try:
        return read_file(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(
            f"Cannot read {path}, the journal of an interrupted run: {error.strerror}"
        ) from None


def _refuse_tracked(path: Path) -> None:
    command = ["git", "--literal-pathspecs", "-C", str(path.parent), "ls-files", "--error-unmatch"]
    try:
        found = subprocess.run([*command, "--", path.name], capture_output=True, check=False)
    except OSError:
        return
    if found.returncode == 0:
        raise InputError(
            f"{path} is under version control, where it would be settled twice. Take it out with "
            "'git rm --cached', and add this line to .gitignore: .*.pending"
        )


class Journal:
    """The journal that this run writes; safe to share between threads.

    Records that wait at the same time become durable together: one fsync, and one vault text for
    all the keys among them. Whatever keeps them from that is a JournalError.
    """

    def __init__(self, path: Path, header: Header, vault: Vault, password: Password) -> None:
        self._path = path
        self._vault = vault
        self._password = password
        self._queue = threading.Lock()
        self._turn = threading.Lock()
        self._waiting: list[_Ticket] = []
        with self._errors_explained():
            self._file = AppendFile(path)
            try:
                self._file.append(_line({"type": "header", "format": FORMAT, **asdict(header)}))
            except BaseException:
                self._file.close()
                raise

    def note(self, record: Record) -> None:
        """Return once the record is durable."""
        ticket = _Ticket(record)
        with self._queue:
            self._waiting.append(ticket)
        with self._turn:
            if not ticket.is_settled:
                self._write_waiting()
        if not ticket.is_durable:
            raise JournalError(ticket.problem or f"{self._path} was not written")

    def is_in_place(self) -> bool:
        """Tell whether the next run will find this journal."""
        return self._file.is_in_place()

    def remove(self) -> None:
        """Delete the journal: everything in it is settled."""
        with self._errors_explained():
            self._file.remove()

    def close(self) -> None:
        """Leave the journal, if it is still there, to the next run; what comes later is lost."""
        with self._turn:
            self._file.close()

    def _write_waiting(self) -> None:
        with self._queue:
            batch, self._waiting = self._waiting, []
        try:
            with self._errors_explained():
                self._file.append(self._lines([ticket.record for ticket in batch]))
        except JournalError as error:
            for ticket in batch:
                ticket.problem = str(error)
        else:
            for ticket in batch:
                ticket.is_durable = True

    @contextmanager
    def _errors_explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise JournalError(f"{self._path} can't be written: {error.strerror}") from None
        except AnsibleError:
            raise JournalError(f"{self._path} can't be written: encrypting failed") from None

    def _lines(self, records: list[Record]) -> bytes:
        keys = [record for record in records if isinstance(record, SavedKey)]
        notes = [
            _line({"type": type(record).__name__.lower(), **asdict(record)})
            for record in records
            if not isinstance(record, SavedKey)
        ]
        return b"".join([*notes, self._group_line(keys)] if keys else notes)

    def _group_line(self, keys: list[SavedKey]) -> bytes:
        secrets = {key.access_key_id: key.access_key_secret for key in keys}
        clear = [asdict(key) for key in keys]
        for fields in clear:
            del fields["access_key_secret"]
        vault_text = self._vault.encrypt(json.dumps(secrets), self._password)
        return _line({"type": "group", "keys": clear, "secrets": vault_text})


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


def _line(record: dict[str, t.Any]) -> bytes:
    return json.dumps(record).encode() + b"\n"

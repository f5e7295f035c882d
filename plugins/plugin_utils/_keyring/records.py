# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the log beside a vault file says: its records as text, and what they come to together.

Each line is one record, `_ram_keyring_<run>_<n>: {JSON}`, so the log is a YAML mapping too, and who
loads all files of the folder as variables gets names that nobody uses. A run begins with its
header; what follows:

intent      a create is about to be sent; a later one of the same run and user takes its place
refused     the create of a user was not carried out, or its key has been deleted again
group       keys that arrived: ids in clear, their secrets as one vault text
stored      the file was read and held these keys
taken_out   these keys are about to leave the file on purpose
left        the file was replaced without them
suspected   a key that may have come of an unanswered create
set_aside   such a key was made Inactive
cleared     such a key turned out to be somebody's
missing     a list lacked this key, and nothing else could tell whether it is gone
step        a rotation is about to disable, delete or activate this key
begin_failed  a rotation of a user could not be begun

Reads and writes no file, and knows nothing of vaults or RAM.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import asdict, dataclass, field, replace

from .log_file import NO_FILE, FileId

if t.TYPE_CHECKING:
    from collections.abc import Collection, Mapping

FORMAT = 2
LINE_START = b"_ram_keyring_"
_LINE = re.compile(rb"_ram_keyring_(?P<run>[0-9a-f]+)_[0-9]+: (?P<record>\{.*\})")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


class RecordsError(ValueError):
    """A line of the log can't be read; `line` counts from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class OtherFormatError(Exception):
    """The log was written by another version of this collection."""


@dataclass(frozen=True)
class Header:
    """Who wrote the records of a run, and for what; `path`, `inode`, `generation`: the log's."""

    run: str
    host: str
    path: str
    inode: int
    account_id: str
    endpoint: str
    layout: str
    variable: str
    vault_id: str
    generation: int = 0

    def is_original(self, path: str, file: FileId) -> bool:
        """Tell whether the records stand where they were written; else the log is a copy."""
        return (self.path, self.inode, self.generation) == (path, *file)


@dataclass(frozen=True)
class Intent:
    """A create that is about to be sent, and what it is for: CREATE, REPLACE or ROTATION.

    It is signed between `signed_from` and `signed_until`, in seconds by the server's clock.
    """

    user_id: str
    user_name: str
    known_key_ids: list[str]
    entry_key_id: str | None
    purpose: str
    signed_from: float
    signed_until: float


@dataclass(frozen=True)
class Refused:
    """The create of a user was not carried out, or its key has been deleted again."""

    user_id: str


@dataclass(frozen=True)
class NewKey:
    """A key that arrived."""

    user_id: str
    access_key_id: str
    created: str
    access_key_secret: str = field(repr=False)


@dataclass(frozen=True)
class Stored:
    """The file was read and held these keys, not later than `at` by the server's clock."""

    key_ids: list[str]
    at: float


@dataclass(frozen=True)
class TakenOut:
    """These keys are about to leave the file on purpose."""

    key_ids: list[str]


@dataclass(frozen=True)
class Left:
    """The file was replaced without these keys."""

    key_ids: list[str]


@dataclass(frozen=True)
class Suspected:
    """A key that may have come of an unanswered create."""

    user_id: str
    access_key_id: str


@dataclass(frozen=True)
class SetAside:
    """A suspected key that was made Inactive, not later than `at`."""

    user_id: str
    access_key_id: str
    at: float


@dataclass(frozen=True)
class Cleared:
    """A suspected key that turned out to be somebody's."""

    user_id: str
    access_key_id: str


@dataclass(frozen=True)
class Missing:
    """A list lacked this key, not later than `at`, and its pair could not tell why."""

    access_key_id: str
    at: float


@dataclass(frozen=True)
class Step:
    """A rotation is about to do this to a key, one of DISABLE, DELETE and ACTIVATE.

    It is signed not later than `at`; `by` says on what a disabling rests, with the last use that
    was known then, as the cloud told it.
    """

    user_id: str
    access_key_id: str
    step: str
    at: float
    by: str | None = None
    last_used: str | None = None


@dataclass(frozen=True)
class BeginFailed:
    """A rotation of this user could not be begun; the key that was made for it is to go."""

    user_id: str
    access_key_id: str | None
    at: float
    reason: str


Record: t.TypeAlias = (
    "Intent | Refused | NewKey | Stored | TakenOut | Left | Suspected | SetAside | Cleared"
    " | Missing | Step | BeginFailed"
)
DISABLE, DELETE, ACTIVATE = "disable", "delete", "activate"
CREATE, REPLACE, ROTATION = "create", "replace", "rotation"
_KINDS: dict[str, type] = {
    "header": Header,
    "intent": Intent,
    "refused": Refused,
    "stored": Stored,
    "taken_out": TakenOut,
    "left": Left,
    "suspected": Suspected,
    "set_aside": SetAside,
    "cleared": Cleared,
    "missing": Missing,
    "step": Step,
    "begin_failed": BeginFailed,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


@dataclass(frozen=True)
class LoggedKey:
    """A key of a group; its secret is in the vault text `secrets`, under its id.

    `stored` is when the file was last known to hold it; `taken_out` and `left` are about the time
    since.
    """

    intent: Intent
    access_key_id: str
    created: str
    secrets: str = field(repr=False)
    stored: float | None = None
    taken_out: bool = False
    left: bool = False

    @property
    def user_id(self) -> str:
        """The id of the user whose key it is."""
        return self.intent.user_id


@dataclass(frozen=True)
class Suspect:
    """A key that may have come of an unanswered create; `set_aside` is when it became Inactive."""

    user_id: str
    access_key_id: str
    set_aside: float | None = None
    cleared: bool = False


@dataclass
class Run:
    """The records of one run: its header, its creates by user id, and the keys that came of it."""

    header: Header
    intents: dict[str, Intent] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    keys: dict[str, LoggedKey] = field(default_factory=dict)

    def unanswered(self) -> list[Intent]:
        """Return the creates that may have made a key that nobody knows."""
        answered = self.refused | {key.user_id for key in self.keys.values()}
        return [intent for user_id, intent in self.intents.items() if user_id not in answered]


@dataclass
class History:
    """All that a log says. `lines` are its records as they were read, with their runs.

    Of the steps of rotations it has the last for each key, of their failed begins for each user.
    """

    runs: dict[str, Run] = field(default_factory=dict)
    suspects: dict[str, Suspect] = field(default_factory=dict)
    missing: dict[str, float] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)
    failed_begins: dict[str, BeginFailed] = field(default_factory=dict)
    lines: list[tuple[str, dict[str, t.Any]]] = field(default_factory=list)

    def logged(self) -> list[tuple[Run, LoggedKey]]:
        """Return the keys of all groups, with their runs."""
        return [(run, key) for run in self.runs.values() for key in run.keys.values()]

    def key_ids(self) -> set[str]:
        """Return the ids of the keys of all groups."""
        return {key.access_key_id for _run, key in self.logged()}

    def unanswered(self) -> list[tuple[Run, Intent]]:
        """Return the creates that may have made a key that nobody knows, with their runs."""
        return [(run, intent) for run in self.runs.values() for intent in run.unanswered()]

    def take(self, run_id: str, record: dict[str, t.Any]) -> None:
        """Add one record; ValueError, KeyError or TypeError if it makes no sense here."""
        self.lines.append((run_id, record))
        fields = {name: value for name, value in record.items() if name != "type"}
        kind = record["type"]
        if kind == "header":
            self._take_header(run_id, fields)
        elif kind == "group":
            self._take_group(self.runs[run_id], **fields)
        else:
            self._take_note(self.runs[run_id], _KINDS[kind](**fields))

    def _take_header(self, run_id: str, fields: dict[str, t.Any]) -> None:
        if fields.pop("format") != FORMAT:
            raise OtherFormatError
        header = Header(**fields)
        if header.run != run_id or run_id in self.runs:
            raise ValueError(run_id)
        self.runs[run_id] = Run(header)

    def _take_group(self, run: Run, keys: list[dict[str, str]], secrets: str) -> None:
        for clear in keys:
            key_id, created = clear["access_key_id"], clear["created"]
            intent = run.intents[clear["user_id"]]
            # A user has one create in a run, so a second key would be one too many.
            if any(key.user_id == intent.user_id for key in run.keys.values()):
                raise ValueError(key_id)
            run.keys[key_id] = LoggedKey(intent, key_id, created, secrets)

    def _take_note(self, run: Run, note: t.Any) -> None:
        match note:
            case Intent():
                run.intents[note.user_id] = note
            case Refused():
                run.refused.add(run.intents[note.user_id].user_id)
            case Stored():
                self._change_keys(note.key_ids, stored=note.at, taken_out=False, left=False)
            case TakenOut():
                self._change_keys(note.key_ids, taken_out=True)
            case Left():
                self._change_keys(note.key_ids, left=True)
            case Missing():
                self.missing.setdefault(note.access_key_id, note.at)
            case Step() | BeginFailed():
                self._take_rotation(note)
            case _:
                self._take_suspect(note)

    def _take_rotation(self, note: Step | BeginFailed) -> None:
        if isinstance(note, Step):
            self.steps[note.access_key_id] = note
        else:
            self.failed_begins[note.user_id] = note

    def _take_suspect(self, note: Suspected | SetAside | Cleared) -> None:
        known = self.suspects.get(note.access_key_id)
        suspect = known or Suspect(note.user_id, note.access_key_id)
        if isinstance(note, SetAside):
            suspect = replace(suspect, set_aside=note.at)
        elif isinstance(note, Cleared):
            suspect = replace(suspect, cleared=True)
        self.suspects[note.access_key_id] = suspect

    def _change_keys(self, key_ids: Collection[str], **changes: t.Any) -> None:
        for run in self.runs.values():
            for key_id in run.keys.keys() & set(key_ids):
                run.keys[key_id] = replace(run.keys[key_id], **changes)


def read_records(data: bytes) -> tuple[History, int]:
    """Return what a log says, and how much of it is whole: a torn last line counts as unwritten.

    Raises RecordsError for any other damage, OtherFormatError for a log of another version.
    """
    history = History()
    *lines, torn = data.split(b"\n")
    for number, line in enumerate(lines, start=1):
        found = _LINE.fullmatch(line)
        if not found:
            raise RecordsError(number)
        try:
            history.take(found["run"].decode(), json.loads(found["record"]))
        except (AttributeError, KeyError, TypeError, ValueError):
            raise RecordsError(number) from None
    if not LINE_START.startswith(torn[: len(LINE_START)]):
        raise RecordsError(len(lines) + 1)
    return history, len(data) - len(torn)


def header_line(header: Header) -> bytes:
    """Return the first line of a run."""
    return _line(header.run, 1, {"type": "header", "format": FORMAT, **asdict(header)})


def note_line(run: str, number: int, note: Record) -> bytes:
    """Return the line of any record but a header or a group."""
    return _line(run, number, {"type": _NAMES[type(note)], **asdict(note)})


def group_line(run: str, number: int, keys: Collection[NewKey], secrets: str) -> bytes:
    """Return the line of keys whose secrets are in the vault text `secrets`."""
    clear = [asdict(key) for key in keys]
    for fields in clear:
        del fields["access_key_secret"]
    return _line(run, number, {"type": "group", "keys": clear, "secrets": secrets})


def open_lines(history: History, settled: Settled, path: str, old: FileId, new: FileId) -> bytes:
    """Return the log without what is `settled`, nothing if nothing is left.

    It is for the file `new`. Headers that were original at `path` in the file `old` become so
    there; those of copies are marked as such.
    """
    left = list(filter(None, (_still_open(*line, settled) for line in history.lines)))
    speaking = {run for run, record in left if record["type"] != "header"}
    kept = [(run, record) for run, record in left if run in speaking]
    lines = []
    for number, (run, record) in enumerate(kept, start=1):
        fields = record
        if record["type"] == "header":
            written_to = record["path"], record["inode"], record.get("generation", 0)
            is_original = written_to == (path, *old)
            fields = {**record, **(new if is_original else NO_FILE)._asdict()}
        lines.append(_line(run, number, fields))
    return b"".join(lines)


@dataclass
class Settled:
    """What of a log asks for nothing any more.

    `creates` are (run, user id); `known` are the ids that a user's other creates can't have made.
    `steps` are ids of keys, `begins` those of users.
    """

    key_ids: set[str] = field(default_factory=set)
    creates: set[tuple[str, str]] = field(default_factory=set)
    users: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    known: dict[str, set[str]] = field(default_factory=dict)
    steps: set[str] = field(default_factory=set)
    begins: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.key_ids or self.creates or self.missing or self.steps or self.begins)


def _still_open(
    run: str, record: dict[str, t.Any], settled: Settled
) -> tuple[str, dict[str, t.Any]] | None:
    """Return the part of a record that is not settled, None if all is."""
    kind = record["type"]
    if kind in {"intent", "refused"}:
        if (run, record["user_id"]) in settled.creates:
            return None
        if kind == "intent":
            others = settled.known.get(record["user_id"], set())
            record = {**record, "known_key_ids": sorted({*record["known_key_ids"], *others})}
    elif kind == "group":
        keys = [key for key in record["keys"] if key["access_key_id"] not in settled.key_ids]
        return (run, {**record, "keys": keys}) if keys else None
    elif "key_ids" in record:
        ids = [key_id for key_id in record["key_ids"] if key_id not in settled.key_ids]
        return (run, {**record, "key_ids": ids}) if ids else None
    elif kind in _SETTLED_ALONE:
        name, settled_ids = _SETTLED_ALONE[kind]
        return None if record[name] in settled_ids(settled) else (run, record)
    elif kind != "header":
        return None if record["user_id"] in settled.users else (run, record)
    return run, record


# What says by which of its ids a record of a kind goes, and where that is settled.
_SETTLED_ALONE: dict[str, tuple[str, t.Callable[[Settled], set[str]]]] = {
    "missing": ("access_key_id", lambda settled: settled.missing),
    "step": ("access_key_id", lambda settled: settled.steps),
    "begin_failed": ("user_id", lambda settled: settled.begins),
}


def _line(run: str, number: int, record: Mapping[str, t.Any]) -> bytes:
    text = json.dumps(record, ensure_ascii=False)
    # Loaded as variables, nothing in here may be taken for a template, nor be refused by YAML.
    text = _STRING.sub(lambda string: string[0].replace("{", "\\u007b"), text)
    text = _NOT_IN_YAML.sub(lambda character: f"\\u{ord(character[0]):04x}", text)
    return f"_ram_keyring_{run}_{number}: {text}\n".encode()

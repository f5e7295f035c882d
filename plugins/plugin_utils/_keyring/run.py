# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All vault files of one task: locked, settled and planned before anything else is changed."""

from __future__ import annotations

import re
import time
import typing as t
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from ...module_utils._cloud.errors import InputError, ProblemsError, RamError, unforeseen
from ...module_utils._stopping import pause
from .._pairs.sink import HandOut
from .._vault_file.file import KeyringFile
from .._vault_file.held import read_held
from .._vault_file.locks import LockTimeout, locked_files
from .._vault_file.vault import is_encrypted
from .book import Book, ids_in
from .desk import Desk
from .directory import Directory
from .git import refuse_missing_of_git, refuse_tracked
from .hands import DryHands, RealHands
from .keyring import Keyring
from .log import Log, log_path
from .log_file import LogBusyError
from .looks import Looks
from .moving import Moves
from .scribe import Purpose

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from ...module_utils._cloud.client import Client
    from .._vault_file.locks import HeldFile
    from .._vault_file.vault import Vault
    from .outcome import Outcome
    from .report import Request, Settings

_T = t.TypeVar("_T")
BUSY_PAUSE = 0.1
_OWN_NAMES = re.compile(r"\.(probe-.*|.*\.(lock|pending|pending\.yml|tmp))", re.DOTALL)


@dataclass(frozen=True)
class FileOptions:
    """How the vault files are written and guarded; `lock_timeout` in seconds.

    `csv_path` is where the keys of the only vault file are handed out, if they are; `sources` are
    files whose entries move into those of the task.
    """

    layout: str
    variable: str
    vault_id: str | None
    lock_timeout: int
    csv_path: Path | None = None
    rekey: bool = False
    sources: Sequence[Path] = ()


@dataclass(frozen=True)
class Work:
    """All that a task is to do; `wanted` has real paths.

    `new_users` are names that count as users without a key although nobody has created them yet;
    `missing` says since when which of the files is known not to be there.
    """

    client: Client
    vault: Vault
    wanted: Mapping[Path, Sequence[Request]]
    options: FileOptions
    settings: Settings
    new_users: Collection[str] = ()
    missing: Mapping[Path, float] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The users of all files."""
        return [request.user_name for requests in self.wanted.values() for request in requests]


@dataclass(frozen=True)
class Opening:
    """How the vault files of a task, given by their real paths, are locked and read.

    `names` tells of which users the task is, once the files are read. The keys with the ids
    `spared` are somebody's. `new_users` and `missing` are as in Work.
    """

    client: Client
    vault: Vault
    paths: Collection[Path]
    options: FileOptions
    names: Callable[[Sequence[KeyringFile]], list[str]]
    concurrency: int
    check_mode: bool
    spared: Collection[str] = ()
    new_users: Collection[str] = ()
    missing: Mapping[Path, float] = field(default_factory=dict)


def converge_files(work: Work) -> tuple[list[Outcome], RamError | None]:
    """Make each file and the cloud agree, and return what came of it, file by file.

    If any user of any file can't be helped, nothing is created, and the reason is returned too;
    what fails later for single users or files is among the errors of its outcome.
    """

    def attempt(stack: ExitStack) -> tuple[list[Outcome], RamError | None]:
        keyrings = _open_all(stack, work)
        problem = _converge(keyrings, work)
        for keyring in keyrings:
            keyring.tell()
        return [keyring.outcome for keyring in keyrings], problem

    return until_free(work.options.lock_timeout, attempt)


def until_free(lock_timeout: int, attempt: Callable[[ExitStack], _T]) -> _T:
    """Return what an attempt comes to, which begins again as long as another run writes a log.

    Raises InputError if that takes longer than `lock_timeout` seconds.
    """
    deadline = time.monotonic() + lock_timeout
    while True:
        try:
            with ExitStack() as stack:
                return attempt(stack)
        except LogBusyError as busy:
            # Its holder may be waiting for a file that this run has held until now.
            if time.monotonic() > deadline:
                raise InputError(
                    f"Gave up after waiting {lock_timeout} s (lock_timeout): another run is "
                    f"writing {busy}"
                ) from None
            pause(BUSY_PAUSE)


def why_not_begun(prepare: Callable[[], None]) -> RamError | None:
    """Return why the work can't be begun, None once it is prepared; raises LogBusyError."""
    try:
        prepare()
    except RamError as error:
        return error
    except LogBusyError:
        raise
    except Exception as error:  # noqa: BLE001 - what was settled until then must be told
        return unforeseen(error)
    return None


def _converge(keyrings: Sequence[Keyring], work: Work) -> RamError | None:
    """Take each step for all files before the next; return why the work was not begun."""
    targets = [keyring for keyring in keyrings if keyring.desk.file.path in work.wanted]
    sources = [keyring for keyring in keyrings if keyring.desk.file.path not in work.wanted]
    moves = Moves(targets, sources)
    problem = why_not_begun(lambda: _prepare(keyrings, moves))
    if problem:
        return problem
    for keyring in targets:
        keyring.work()
    moves.release()
    for keyring in sources:
        keyring.work()
    return None


def _prepare(keyrings: Sequence[Keyring], moves: Moves) -> None:
    for keyring in keyrings:
        keyring.settle()
    moves.plan()
    for keyring in keyrings:
        keyring.decide()
    problems = [problem for keyring in keyrings for problem in keyring.refuse()]
    if problems:
        raise ProblemsError(problems)
    for keyring in keyrings:
        keyring.begin()


def _open_all(stack: ExitStack, work: Work) -> list[Keyring]:
    """Lock and read all files and their logs."""
    opening = Opening(
        client=work.client,
        vault=work.vault,
        paths=work.wanted,
        options=work.options,
        names=lambda _files: work.names,
        concurrency=work.settings.concurrency,
        check_mode=work.settings.check_mode,
        spared=work.settings.imported,
        new_users=work.new_users,
        missing=work.missing,
    )
    return [
        Keyring(desk, work.wanted.get(desk.file.path, []), work.settings, hand_out=hand_out)
        for desk, hand_out in open_desks(stack, opening)
    ]


def open_desks(stack: ExitStack, opening: Opening) -> list[tuple[Desk, HandOut | None]]:
    """Lock and read all files and their logs, until the stack is closed."""
    client, options = opening.client, opening.options
    locked = _lock(stack, opening)
    files = [
        *(_open(locked[path], opening.vault, options) for path in sorted(opening.paths)),
        *(_open_source(locked[path], opening.vault, options) for path in sorted(options.sources)),
    ]
    logs = [_open_log(stack, client, file, dry=opening.check_mode) for file in files]
    directory = Directory(client, opening.names(files), frozenset(opening.new_users))
    spared = {*opening.spared, *(key_id for file in files for key_id in ids_in(file.entries))}
    desks = [
        _desk(file, log, directory, spared, opening) for file, log in zip(files, logs, strict=True)
    ]
    return [(desk, _hand_out(desk.file, opening, locked)) for desk in desks]


def _desk(
    file: KeyringFile, log: Log, directory: Directory, spared: Collection[str], opening: Opening
) -> Desk:
    client = opening.client
    return Desk(
        client=client,
        file=file,
        book=Book(file.entries),
        log=log,
        hands=DryHands() if opening.check_mode else RealHands(client, file, log),
        looks=Looks(client, log, opening.concurrency),
        directory=directory,
        spared=spared,
        concurrency=opening.concurrency,
    )


def _open_log(stack: ExitStack, client: Client, file: KeyringFile, *, dry: bool) -> Log:
    log = Log(log_path(file.path), dry=dry)
    stack.callback(log.close)
    if log.exists:
        refuse_tracked(log.path)
    log.is_for(
        Purpose(
            account_id=client.identity.account_id,
            endpoint=str(client.options.ram_endpoint),
            layout=file.layout,
            variable=file.variable,
            vault=file.vault,
            password=lambda: file.password,
        )
    )
    return log


def _refuse_own_names(path: Path) -> None:
    """Raise InputError for what may be the journal, the lock or a temporary file of another."""
    if _OWN_NAMES.fullmatch(path.name):
        raise InputError(
            f"{path} is a name of files that a task keeps beside a vault file: choose another"
        )


def _refuse_bad_place(path: Path) -> None:
    """Raise InputError where no file can be."""
    try:
        is_directory, has_directory = path.is_dir(), path.parent.is_dir()
    except OSError as error:
        raise InputError(f"Cannot look at {path}: {error.strerror}") from None
    if is_directory:
        raise InputError(f"{path} is a directory, not a file")
    if not has_directory:
        raise InputError(f"The directory {path.parent} does not exist")


def _lock(stack: ExitStack, opening: Opening) -> dict[Path, HeldFile]:
    """Lock the files of the task, those it takes entries from and its CSV, all together."""
    options, shared = opening.options, opening.check_mode
    paths = [*opening.paths, *options.sources, *filter(None, [options.csv_path])]
    for path in paths:
        _refuse_own_names(path)
        _refuse_bad_place(path)
    timeout = options.lock_timeout
    try:
        return stack.enter_context(
            locked_files(paths, timeout, shared=shared, missing=opening.missing, pause=pause)
        )
    except LockTimeout as error:
        raise InputError(f"Gave up after waiting {timeout} s (lock_timeout): {error}") from None
    except OSError as error:
        names = error.filename or ", ".join(map(str, paths))
        raise InputError(f"Cannot lock {names}, so no key was created: {error.strerror}") from None


def _open(held: HeldFile, vault: Vault, options: FileOptions) -> KeyringFile:
    if held.is_missing:
        refuse_missing_of_git(held.path)
    return KeyringFile(
        held,
        layout=options.layout,
        variable=options.variable,
        vault=vault,
        vault_id=options.vault_id,
        rekeys=options.rekey,
    )


def _open_source(held: HeldFile, vault: Vault, options: FileOptions) -> KeyringFile:
    """Open a file that entries are taken from, in the layout that it has."""
    data = read_held(held)
    layout = options.layout
    if data.strip():
        layout = "file" if is_encrypted(data) else "inline"
    return _open(held, vault, replace(options, layout=layout, vault_id=None, rekey=False))


def _hand_out(
    file: KeyringFile, opening: Opening, locked: Mapping[Path, HeldFile]
) -> HandOut | None:
    options = opening.options
    if options.csv_path is None or file.path not in opening.paths:
        return None
    return HandOut(locked[options.csv_path], opening.client, file, vault_id=options.vault_id)

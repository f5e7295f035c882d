# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All vault files of one task: locked, settled and planned before anything else is changed."""

from __future__ import annotations

import re
import typing as t
from contextlib import ExitStack
from dataclasses import dataclass

from ...module_utils._cloud.errors import InputError, ProblemsError, RamError, unforeseen
from ...module_utils._stopping import pause
from .._pairs.sink import HandOut
from .._vault_file.durable import FileLock, LockTimeout
from .._vault_file.file import KeyringFile
from .directory import Directory
from .keyring import Keyring, Request, Settings

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from ...module_utils._cloud.client import Client
    from .._vault_file.vault import Vault

_OWN_NAMES = re.compile(r"\.(probe-.*|.*\.(lock|pending|tmp))", re.DOTALL)


@dataclass(frozen=True)
class FileOptions:
    """How the vault files are written and guarded; `lock_timeout` in seconds.

    `csv_path` is where the keys of the only vault file are handed out, if they are.
    """

    layout: str
    variable: str
    vault_id: str | None
    lock_timeout: int
    csv_path: Path | None = None


def converge_files(
    client: Client,
    vault: Vault,
    wanted: Mapping[Path, Sequence[Request]],
    options: FileOptions,
    settings: Settings,
    *,
    new_users: Iterable[str],
) -> tuple[list[Keyring], RamError | None]:
    """Make each file and the cloud agree, and return the keyrings with what came of it.

    `wanted` has real paths. If any user of any file can't be helped, nothing is created, and the
    reason is returned too; what fails later for single users or files is in the keyrings' errors.
    """
    with ExitStack() as stack:
        # One order for everybody, so that two runs on the same files never wait for each other.
        for path in sorted([*wanted, *filter(None, [options.csv_path])]):
            _refuse_own_names(path)
            _refuse_bad_place(path)
            _lock(stack, path, options.lock_timeout, shared=settings.check_mode)
        files = [_open(path, vault, options) for path in sorted(wanted)]
        names = [request.user_name for requests in wanted.values() for request in requests]
        directory = Directory(client, names, frozenset(new_users))
        keyrings = [
            Keyring(
                client,
                file,
                directory,
                wanted[file.path],
                settings,
                hand_out=_hand_out(client, file, options),
            )
            for file in files
        ]
        try:
            for keyring in keyrings:
                keyring.settle()
            problems = [problem for keyring in keyrings for problem in keyring.plan()]
        except RamError as error:
            return keyrings, error
        except Exception as error:  # noqa: BLE001 - what was settled until then must be told
            return keyrings, unforeseen(error)
        if problems:
            return keyrings, ProblemsError(problems)
        for keyring in keyrings:
            keyring.apply()
    return keyrings, None


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


def _lock(stack: ExitStack, path: Path, timeout: int, *, shared: bool) -> None:
    try:
        stack.enter_context(FileLock(path, timeout, shared=shared, pause=pause))
    except LockTimeout as error:
        raise InputError(f"Gave up after waiting {timeout} s (lock_timeout): {error}") from None
    except OSError as error:
        raise InputError(f"Cannot lock {path}, so no key was created: {error.strerror}") from None


def _open(path: Path, vault: Vault, options: FileOptions) -> KeyringFile:
    return KeyringFile(
        path,
        layout=options.layout,
        variable=options.variable,
        vault=vault,
        vault_id=options.vault_id,
    )


def _hand_out(client: Client, file: KeyringFile, options: FileOptions) -> HandOut | None:
    if options.csv_path is None:
        return None
    return HandOut(options.csv_path, client, file, vault_id=options.vault_id)

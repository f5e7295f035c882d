# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All vault files of one task: locked, settled and decided before anything else is changed."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ...module_utils._cloud.errors import InputError, RamError
from .._keyring.book import ids_in
from .._keyring.run import Opening, open_desks, until_free, why_not_begun
from .report import RotationRequest
from .rotor import Rotor, ration

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import ExitStack
    from pathlib import Path

    from ...module_utils._cloud.client import Client
    from .._keyring.run import FileOptions
    from .._vault_file.file import KeyringFile
    from .._vault_file.vault import Vault
    from .facts import Wish
    from .settings import RotationSettings


@dataclass(frozen=True)
class RotationWork:
    """All that a task is to do; `wanted` has real paths, and users with what is wanted for them.

    Of a file without users, all are meant that belong to the account, each with `wish`.
    """

    client: Client
    vault: Vault
    wanted: Mapping[Path, Mapping[str, Wish]]
    wish: Wish
    options: FileOptions
    settings: RotationSettings
    missing: Mapping[Path, float]

    def requests(self, file: KeyringFile) -> list[RotationRequest]:
        """Return what is wanted of the users of a file; InputError if there is nothing in it."""
        named = self.wanted[file.path]
        if named:
            return [_request(name, wish) for name, wish in named.items()]
        if file.is_blank:
            raise InputError(f"{file.path} is not there or blank, so there is nothing to rotate")
        ours = {None, self.client.identity.account_id}
        return [
            _request(name, self.wish, of_entry=True)
            for name, entry in file.entries.items()
            if entry.account_id in ours
        ]


def rotate_files(work: RotationWork) -> tuple[list[Rotor], RamError | None]:
    """Take the next step for each user, and return the rotors with what came of it.

    If a file can't be used, nothing is done, and the reason is returned too; what goes wrong for
    single users or later is in the rotors' errors.
    """

    def attempt(stack: ExitStack) -> tuple[list[Rotor], RamError | None]:
        rotors = _open_all(stack, work)
        return rotors, _rotate(rotors, work.settings)

    return until_free(work.options.lock_timeout, attempt)


def _rotate(rotors: Sequence[Rotor], settings: RotationSettings) -> RamError | None:
    """Take each step for all files before the next; return why the work was not begun."""
    problem = why_not_begun(lambda: _prepare(rotors, settings))
    if problem:
        return problem
    for rotor in rotors:
        rotor.work()
    return None


def _prepare(rotors: Sequence[Rotor], settings: RotationSettings) -> None:
    for rotor in rotors:
        rotor.settle()
    for rotor in rotors:
        rotor.decide()
    ration(rotors, settings.begin_at_most)
    for rotor in rotors:
        rotor.prepare()
    for rotor in rotors:
        rotor.begin()


def _open_all(stack: ExitStack, work: RotationWork) -> list[Rotor]:
    """Lock and read all files and their logs."""
    opening = Opening(
        client=work.client,
        vault=work.vault,
        paths=work.wanted,
        options=work.options,
        names=lambda files: [each.user_name for file in files for each in work.requests(file)],
        concurrency=work.settings.concurrency,
        check_mode=work.settings.check_mode,
        missing=work.missing,
    )
    desks = open_desks(stack, opening)
    held = {desk.file.path: ids_in(desk.file.entries) for desk, _hand_out in desks}
    return [
        Rotor(
            desk,
            work.requests(desk.file),
            work.settings,
            elsewhere=_elsewhere(desk.file.path, held),
            hand_out=hand_out,
        )
        for desk, hand_out in desks
    ]


def _elsewhere(path: Path, held: Mapping[Path, set[str]]) -> dict[str, Path]:
    """Return the keys that other files of the run hold, with the files."""
    return {key_id: other for other in held if other != path for key_id in held[other]}


def _request(name: str, wish: Wish, *, of_entry: bool = False) -> RotationRequest:
    return RotationRequest(user_name=name, state="present", wish=wish, of_entry=of_entry)

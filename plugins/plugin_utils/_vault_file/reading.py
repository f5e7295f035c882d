# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stored pairs for those who only read: no lock, no choice of a password, nothing written."""

from __future__ import annotations

import os
import stat
import typing as t

from ...module_utils._cloud.errors import InputError
from .entry import OWN_FIELDS
from .nodes import NESTED
from .opening import Opener
from .pair import problem_of_account, problem_of_pair

if t.TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .text import Scalar
    from .vault import Vault

FIELDS_OF_PAIR = ("access_key_id", "access_key_secret", "created")
_PREVIOUS = f"previous{NESTED}"

_State: t.TypeAlias = tuple[int, int, int, int, int]


class StoredPairs:
    """The pairs of one file as it was when it was read; secrets of their own are opened if asked.

    Raises InputError if the file can't be read or opened, or holds something else.
    """

    def __init__(self, path: Path, vault: Vault, variable: str) -> None:
        self.path = path
        self._opener = Opener(path, variable, vault)
        self.state, data = _read(path)
        text, opened_by = self._opener.text_of(data)
        self._is_vault = opened_by is not None
        self._entries = self._opener.scalars_in(text)

    def find(self, user: str, *, previous: bool = False) -> dict[str, str | None] | None:
        """Return the fields of a user's entry, what it leaves out as None; None if it has none.

        With `previous`, the pair is the one that the entry held before, None if it keeps none.
        Raises InputError if the entry is no pair.
        """
        scalars = self._entries.get(user)
        if scalars is None:
            return None
        what = f"The entry of user {user} in {self.path}"
        if previous:
            scalars = _with_previous(scalars)
            what = f"The previous pair of user {user} in {self.path}"
            if not any(field in scalars for field in FIELDS_OF_PAIR):
                return None
        secret = scalars.get("access_key_secret")
        if secret and not secret.vaulted and not self._is_vault:
            raise InputError(f"{what} has its secret in clear: encrypt it, or replace the key")
        pair = {
            field: self._plain(scalars.get(field), f"{field} of user {user}")
            for field in OWN_FIELDS
        }
        _refuse_no_pair(pair, what)
        return pair

    def has(self, user: str) -> bool:
        """Tell whether the user has an entry."""
        return user in self._entries

    def _plain(self, scalar: Scalar | None, what: str) -> str | None:
        return (scalar and self._opener.plain(scalar, what)) or None


def read_pairs(path: Path, vault: Vault, variable: str) -> StoredPairs:
    """Return the pairs of a file, which is read and opened anew only if it has changed."""
    last = _LAST_READ.get((path, variable))
    if last is None or last.state != _state_of(path):
        last = _LAST_READ[path, variable] = StoredPairs(path, vault, variable)
    return last


# Of this process, which Ansible makes for each task and host.
_LAST_READ: dict[tuple[Path, str], StoredPairs] = {}


def _read(path: Path) -> tuple[_State, bytes]:
    try:
        # A pipe must not keep the task waiting for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise InputError(f"{path} is no file")
            return _state(status), file.read()
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}") from None


def _state_of(path: Path) -> _State | None:
    try:
        return _state(path.stat())
    except OSError:
        return None


def _state(status: os.stat_result) -> _State:
    times = status.st_mtime_ns, status.st_ctime_ns
    return status.st_dev, status.st_ino, status.st_size, *times


def _with_previous(scalars: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Return the fields of an entry with its previous pair in the place of the current one."""
    owner = {name: scalar for name, scalar in scalars.items() if name not in FIELDS_OF_PAIR}
    previous = {
        name.removeprefix(_PREVIOUS): scalar
        for name, scalar in scalars.items()
        if name.startswith(_PREVIOUS)
    }
    return {**owner, **previous}


def _refuse_no_pair(pair: dict[str, str | None], what: str) -> None:
    """Raise InputError, which quotes nothing, unless these are an id, a secret and an account."""
    key_id, secret, account_id = (
        pair[field] or "" for field in ("access_key_id", "access_key_secret", "account_id")
    )
    problem = (
        (not key_id and "has no access_key_id")
        or (not secret and "has no access_key_secret")
        or problem_of_pair(key_id, secret)
        or (account_id and problem_of_account(account_id))
    )
    if problem:
        raise InputError(f"{what} {problem}")

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Second looks: whether a key that a list lacked is gone, is there after all, or can't be told."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass

from ...module_utils._cloud.errors import ApiError, RamError
from ...module_utils._cloud.times import timestamp
from ...module_utils._ram.access_key import find_keys
from ...module_utils._stopping import StoppedError, pause
from ...module_utils._work.pool import map_all
from .clock import server_now, told_time
from .evidence import LOOKS_APART_WITHOUT_PAIR
from .records import Missing
from .verification import INACTIVE, NEW_KEY_PATIENCE, PAUSE_BETWEEN_LISTS, UNKNOWN, sign_once

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...module_utils._cloud.client import Client
    from ...module_utils._ram.access_key import AccessKey
    from .._vault_file.entry import Entry
    from .._vault_file.file import KeyringFile
    from .log import Log

LOOKS_APART = 2.0


@dataclass(frozen=True)
class Doubt:
    """A key that should be there and was in no list, or whose user was in none.

    `secret` opens the other half of its pair, and is None where there is none that can be read.
    """

    user_name: str
    key_id: str
    created: str | None
    secret: Callable[[], str] | None


@dataclass(frozen=True)
class Finding:
    """What became of a doubt: the user's keys by now, and the `problem` if nobody can tell.

    Without one, a key that is not among them is gone.
    """

    keys: list[AccessKey] | None = None
    problem: str | None = None


class Looks:
    """Looks at the cloud again for what a list lacked; a first look that can't tell is noted."""

    def __init__(self, client: Client, log: Log, concurrency: int) -> None:
        self._client = client
        self._log = log
        self._concurrency = concurrency

    def again(self, doubts: Sequence[Doubt]) -> dict[str, Finding]:
        """Return what became of each doubt by its key's id, some seconds after the first look.

        A key that is only seconds old gets the time that it may need to be listed.
        """
        if not doubts:
            return {}
        await_second_look()
        found = map_all(self._look, doubts, self._concurrency)
        return {doubt.key_id: finding for doubt, finding in zip(doubts, found, strict=True)}

    def _look(self, doubt: Doubt) -> Finding:
        age = self._client.server_time() - (timestamp(doubt.created) or 0.0)
        deadline = time.monotonic() + NEW_KEY_PATIENCE - max(0.0, age)
        while True:
            keys = find_keys(self._client, doubt.user_name)
            if any(key.access_key_id == doubt.key_id for key in keys or []):
                return Finding(keys)
            if time.monotonic() > deadline:
                return self._ask_the_pair(doubt, keys)
            pause(PAUSE_BETWEEN_LISTS)

    def _ask_the_pair(self, doubt: Doubt, keys: list[AccessKey] | None) -> Finding:
        told = f"Key {doubt.key_id} of user {doubt.user_name} is in no list of the cloud"
        if doubt.secret is not None:
            try:
                sign_once(self._client, doubt.key_id, doubt.secret())
                return Finding(keys, problem=f"{told}, but it signs: run again in some minutes")
            except StoppedError:
                raise
            except RamError as error:
                if isinstance(error, ApiError) and error.code in {UNKNOWN, INACTIVE}:
                    return Finding(keys)
        return self._ask_the_log(doubt, keys, told)

    def _ask_the_log(self, doubt: Doubt, keys: list[AccessKey] | None, told: str) -> Finding:
        now = server_now(self._client)
        first = self._log.history.missing.get(doubt.key_id)
        if first is None:
            self._log.note(Missing(doubt.key_id, now.latest))
            first = now.latest
        if now.earliest - first >= LOOKS_APART_WITHOUT_PAIR:
            return Finding(keys)
        when = told_time(first + LOOKS_APART_WITHOUT_PAIR)
        return Finding(
            keys, problem=f"{told}, and its pair can't tell whether it is gone: run again at {when}"
        )


def await_second_look() -> None:
    """Return when a list may have got what it lacked; raises StoppedError."""
    pause(LOOKS_APART)


def doubt_about(file: KeyringFile, user_name: str, entry: Entry) -> Doubt:
    """Return the doubt about the key of an entry."""

    def secret() -> str:
        return file.secret_of(user_name, entry)

    has_pair = entry.secret is not None
    return Doubt(user_name, str(entry.access_key_id), entry.created, secret if has_pair else None)

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create keys so that no secret is ever in one place only, and none is left that nobody holds."""

from __future__ import annotations

import contextlib
import re
import typing as t
from dataclasses import replace

from ...module_utils._cloud.clock import running_seconds
from ...module_utils._cloud.errors import RamError, told_error
from ...module_utils._ram.access_key import QUOTA, AccessKeyApi
from ...module_utils._stopping import StoppedError, refuse_if_out_of_time
from ...module_utils._work.patience import patiently
from .clock import server_now, told_time
from .evidence import SIGNED_WITHIN, window
from .log import LogError
from .records import Intent, NewKey, Refused

if t.TYPE_CHECKING:
    from collections.abc import Collection

    from ...module_utils._cloud.client import Client
    from ...module_utils._ram.access_key import AccessKey
    from ...module_utils._ram.user import User
    from .._vault_file.entry import Entry
    from .._vault_file.file import KeyringFile
    from .log import Log
    from .situation import Situation

# A disk that takes longer to note an intent would make it void again and again.
ATTEMPTS_TO_NOTE = 3
QUOTA_CODES = "LimitExceeded"
# Printable ASCII without blanks, and without the braces of a template.
_PLAIN = re.compile(r"[!-z|~]+")


class Creator:
    """Creates keys for the users of one file; safe to share between threads."""

    def __init__(self, client: Client, file: KeyringFile, log: Log) -> None:
        self._client = client
        self._file = file
        self._log = log
        # By user id: what was sent and is not known to have left no key, and the keys that arrived.
        self._open: dict[str, Intent] = {}
        self._made: dict[str, str] = {}

    def create(self, case: Situation, purpose: str) -> Entry:
        """Return the entry of a new key that is in the log by now.

        Raises RamError if there is none; every request that is sent is in the log before. One that
        gets no answer is left to the next run.
        """
        api = AccessKeyApi(self._client, case.user_name)
        intent, key = self._created(api, _intent_for(case, purpose))
        self._made[intent.user_id] = str(key.access_key_id)
        self._save(api, intent, key)
        return self._file.new_entry(
            access_key_id=str(key.access_key_id),
            access_key_secret=str(key.access_key_secret),
            account_id=case.account_id,
            user_id=intent.user_id,
            created=str(key.create_date or ""),
        )

    def has_made(self, key_id: str) -> bool:
        """Tell whether a key is one that this run created."""
        return key_id in list(self._made.values())

    def _created(self, api: AccessKeyApi, intent: Intent) -> tuple[Intent, AccessKey]:
        """Return the new key, with the intent as it was announced at last."""

        def announce() -> None:
            nonlocal intent
            intent = self._announced(intent)

        try:
            # The user may have been made a moment ago.
            key = patiently(lambda: api.create(announce))
        except LogError as error:
            self._open.pop(intent.user_id, None)
            raise RamError(f"No key was created for user {intent.user_name}: {error}") from None
        except RamError as error:
            if not _is_refusal(error, intent):
                raise _unanswered(error, self._open.get(intent.user_id, intent)) from None
            self._refuse(intent)
            raise
        return intent, _plain(key, intent)

    def withdraw(self, stored_ids: Collection[str], cause: RamError) -> dict[str, RamError]:
        """Delete the keys that are not stored, for nobody will; return errors by user name."""
        # Threads that are left behind may still be at work.
        return {
            intent.user_name: self._withdrawn(intent, cause)
            for user_id, intent in list(self._open.items())
            if self._made.get(user_id) not in stored_ids
        }

    def _announced(self, intent: Intent) -> Intent:
        """Note that the create is about to be signed, and return the intent as it was noted."""
        self._file.refuse_if_changed()
        for _attempt in range(ATTEMPTS_TO_NOTE):
            began, now = running_seconds(), server_now(self._client)
            until = now.latest + SIGNED_WITHIN
            intent = replace(intent, signed_from=now.earliest, signed_until=until)
            self._log.note(intent)
            self._open[intent.user_id] = intent
            if running_seconds() - began < SIGNED_WITHIN / 2:
                return intent
        raise LogError(f"noting it in {self._log.path} takes longer than {SIGNED_WITHIN / 2:.0f} s")

    def _save(self, api: AccessKeyApi, intent: Intent, key: AccessKey) -> None:
        saved = NewKey(
            user_id=intent.user_id,
            access_key_id=str(key.access_key_id),
            created=str(key.create_date or ""),
            access_key_secret=str(key.access_key_secret),
        )
        try:
            self._log.note(saved)
        except LogError as error:
            raise self._undone(api, intent, saved.access_key_id, error) from None

    def _withdrawn(self, intent: Intent, cause: RamError) -> RamError:
        key_id = self._made.get(intent.user_id)
        if key_id is None:
            return RamError(
                f"Nobody can tell any more whether the request for user {intent.user_name} made a "
                f"key ({cause}): look at the keys of user {intent.user_name} yourself"
            )
        api = AccessKeyApi(self._client, intent.user_name)
        return self._undone(api, intent, key_id, cause)

    def _undone(self, api: AccessKeyApi, intent: Intent, key_id: str, cause: RamError) -> RamError:
        """Delete a key whose secret can't be kept, and return the error that says so."""
        reason = f"the new key of user {intent.user_name} could not be saved ({cause})"
        try:
            refuse_if_out_of_time()
            api.delete(key_id)
        except Exception as error:  # noqa: BLE001 - whatever happens, the key must be named
            return RamError(
                f"Key {key_id} is of no use and must go: {reason}, nor deleted "
                f"({told_error(error)}). Delete it by hand, unless the next run tells that it has "
                "done so"
            )
        self._refuse(intent)
        return RamError(f"Key {key_id} was deleted again: {reason}")

    def _refuse(self, intent: Intent) -> None:
        """Spare the next run the search for a key that there is not."""
        if self._open.pop(intent.user_id, None):
            with contextlib.suppress(LogError):
                self._log.note(Refused(intent.user_id))


def _plain(key: AccessKey, intent: Intent) -> AccessKey:
    """Return the key as it may be stored: text that some reader would evaluate is no part of one.

    Raises RamError if that concerns more than the date, which nobody needs.
    """
    if not (_is_plain(key.access_key_id) and _is_plain(key.access_key_secret)):
        raise _unanswered(
            RamError(
                f"The cloud's answer to the create for user {intent.user_name} is no id and secret"
            ),
            intent,
        )
    return key if _is_plain(key.create_date) else replace(key, create_date=None)


def _is_plain(text: str | None) -> bool:
    return bool(text and _PLAIN.fullmatch(text))


def _unanswered(error: RamError, intent: Intent) -> RamError:
    """Return an error that also tells when the create may make its key."""
    start, end = window(intent)
    return error.reworded(
        f"{error}. If it makes a key of user {intent.user_name} all the same, that is between "
        f"{told_time(start - 60)} and {told_time(end)}; the next runs look for it, and create "
        "another one"
    )


def _is_refusal(error: RamError, intent: Intent) -> bool:
    """Tell whether a create is known not to have made a key."""
    # Who is stopped while waiting for a turn has sent nothing.
    if error.is_refusal or isinstance(error, StoppedError):
        return True
    # A full quota may be the work of this very create, unless it was full before.
    was_full = len(intent.known_key_ids) >= QUOTA
    return was_full and str(error.code).startswith(QUOTA_CODES)


def _intent_for(case: Situation, purpose: str) -> Intent:
    user = t.cast("User", case.user)
    return Intent(
        user_id=str(user.user_id),
        user_name=case.user_name,
        known_key_ids=[str(key.access_key_id) for key in case.keys or []],
        entry_key_id=case.entry.access_key_id if case.entry else None,
        purpose=purpose,
        signed_from=0.0,
        signed_until=0.0,
    )

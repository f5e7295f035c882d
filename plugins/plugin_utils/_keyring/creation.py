# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create keys so that no secret is ever in one place only, and none is left that nobody holds."""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import replace

from ...module_utils._cloud.errors import RamError, UnansweredError
from ...module_utils._ram.access_key import AccessKeyApi, settle_lost_create
from ...module_utils._stopping import refuse_if_out_of_time
from ...module_utils._work.pool import attempt_all
from .journal import Intent, JournalError, Refusal, SavedKey

if t.TYPE_CHECKING:
    from collections.abc import Collection

    from ...module_utils._cloud.client import Client
    from ...module_utils._ram.access_key import AccessKey
    from ...module_utils._ram.user import User
    from .._vault_file.file import Entry, KeyringFile
    from .journal import Journal
    from .table import Situation


class Creator:
    """Creates keys for the users of one file; safe to share between threads."""

    def __init__(self, client: Client, file: KeyringFile, journal: Journal) -> None:
        self._client = client
        self._file = file
        self._journal = journal
        # By user id: what was sent and is not known to have left no key, and the keys that arrived.
        self._open: dict[str, Intent] = {}
        self._made: dict[str, str] = {}
        self._unanswered: list[Intent] = []

    def has_settled(self, stored_ids: Collection[str]) -> bool:
        """Tell whether all that was sent is known to have left a stored key, or none."""
        return all(self._made.get(user_id) in stored_ids for user_id in self._open)

    def create(self, case: Situation) -> Entry:
        """Return the entry of a new key that is in the journal by now.

        Raises RamError if there is none; every request that is sent is in the journal before.
        """
        intent = _intent_for(case)
        api = AccessKeyApi(self._client, case.user_name)

        def announce() -> None:
            nonlocal intent
            sent = self._client.server_time()
            intent = replace(intent, sent=sent, until=self._client.answer_deadline(sent))
            self._journal.note(intent)
            # It leaves only now, and noting it may have taken its time.
            until = self._client.answer_deadline(self._client.server_time())
            intent = self._open[intent.user_id] = replace(intent, until=until)

        try:
            key = api.create(announce)
        except JournalError as error:
            self._open.pop(intent.user_id, None)
            raise RamError(f"No key was created for user {case.user_name}: {error}") from None
        except UnansweredError:
            self._unanswered.append(intent)
            raise
        except RamError:
            self._refuse(intent)
            raise
        self._made[intent.user_id] = str(key.access_key_id)
        self._save(api, intent, key)
        return self._file.new_entry(
            access_key_id=str(key.access_key_id),
            access_key_secret=str(key.access_key_secret),
            account_id=case.account_id,
            user_id=intent.user_id,
            created=str(key.create_date or ""),
        )

    def withdraw(self, stored_ids: Collection[str], cause: RamError) -> dict[str, RamError]:
        """Delete the keys that are not stored, for nobody will; return errors by user name."""
        # Threads that are left behind may still be at work.
        return {
            intent.user_name: self._withdrawn(intent, cause)
            for user_id, intent in list(self._open.items())
            if self._made.get(user_id) not in stored_ids
        }

    def settle_unanswered(self, concurrency: int) -> dict[str, str]:
        """Find out what the creates without an answer did; return that in words, by user name.

        A create may still be carried out late, so the keys are listed no sooner than the read
        time-out after it was sent.
        """
        outcomes = attempt_all(self._settle, self._unanswered, concurrency)
        words: dict[str, str] = {}
        for intent, outcome in zip(self._unanswered, outcomes, strict=True):
            if outcome.error:
                told = f"what it did is for the next run to settle ({outcome.error})"
            elif outcome.value:
                told = f"the key {outcome.value} that it made was deleted; run again"
            else:
                told = "no key that only it can have made was found; run again"
            words[intent.user_name] = told
        return words

    def _save(self, api: AccessKeyApi, intent: Intent, key: AccessKey) -> None:
        saved = SavedKey(
            user_id=intent.user_id,
            access_key_id=str(key.access_key_id),
            created=str(key.create_date or ""),
            access_key_secret=str(key.access_key_secret),
        )
        try:
            self._journal.note(saved)
        except JournalError as error:
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
        except RamError as error:
            return RamError(
                f"Key {key_id} is of no use and must go: {reason}, nor deleted ({error}). Delete "
                "it by hand, unless the next run tells that it has done so"
            )
        self._refuse(intent)
        return RamError(f"Key {key_id} was deleted again: {reason}")

    def _settle(self, intent: Intent) -> str | None:
        api = AccessKeyApi(self._client, intent.user_name)
        known = {str(entry.access_key_id) for entry in self._file.entries.values()}
        lost = settle_lost_create(
            api,
            self._client,
            known=known | set(intent.known_key_ids),
            sent=intent.sent,
            until=intent.until,
        )
        self._refuse(intent)
        return lost

    def _refuse(self, intent: Intent) -> None:
        """Spare the next run, if this one is killed, the search for a key that there is not."""
        if self._open.pop(intent.user_id, None):
            with contextlib.suppress(JournalError):
                self._journal.note(Refusal(intent.user_id))


def _intent_for(case: Situation) -> Intent:
    user = t.cast("User", case.user)
    return Intent(
        user_id=str(user.user_id),
        user_name=case.user_name,
        known_key_ids=[str(key.access_key_id) for key in case.keys or []],
        entry_key_id=case.entry.access_key_id if case.entry else None,
        sent=0.0,
        until=0.0,
    )

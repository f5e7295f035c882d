# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settle an interrupted run's journal: keep every key that arrived, delete those nobody holds."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ...module_utils._cloud.errors import InputError
from ...module_utils._ram.access_key import AccessKeyApi, find_lost_key, settle_lost_create
from ...module_utils._work.pool import attempt_all, map_all
from .verification import find_keys_with

if t.TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ...module_utils._cloud.client import Client
    from ...module_utils._cloud.errors import RamError
    from ...module_utils._ram.user import User
    from .._vault_file.file import Entry, KeyringFile
    from .directory import Directory
    from .journal import Header, Intent, Pending, SavedKey


@dataclass
class Settlement:
    """What settling came to: entries to merge into the file, and the ids of keys that were lost.

    With an `error` there are more, so the journal has to stay.
    """

    recovered: dict[str, Entry] = field(default_factory=dict)
    lost_keys: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    error: RamError | None = None


class Settler:
    """Settles one journal against the file and the cloud.

    `entries` are those of the file, under the names that their users have now. The keys with the
    ids `imported` are not lost either, wherever they are going to be stored.
    """

    def __init__(
        self,
        client: Client,
        file: KeyringFile,
        entries: Mapping[str, Entry],
        directory: Directory,
        *,
        imported: Collection[str],
        concurrency: int,
    ) -> None:
        self._client = client
        self._file = file
        self._entries = entries
        self._directory = directory
        self._imported = imported
        self._concurrency = concurrency

    def settle(self, pending: Pending, here: Header, *, check_mode: bool) -> Settlement:
        """Decide about every key of the journal; delete lost ones unless in check mode.

        Raises InputError if the journal is of another account, endpoint or variable, or if a saved
        key and the file's entry are both alive, so that only a person can choose.
        """
        settlement = Settlement()
        if pending.header is None:
            return settlement
        self._refuse_other_purpose(pending.header, here)
        self._recover(pending, settlement)
        unanswered = pending.unanswered()
        if pending.header.is_of_this_place(here):
            self._delete_lost(unanswered, pending, settlement, check_mode=check_mode)
        elif unanswered:
            # What is missing from this file may be in the one that the journal was written for.
            settlement.warnings.append(
                f"An interrupted run for {pending.header.path} on {pending.header.host} may have "
                "left keys without their secrets. Only a run there could tell, so look yourself at "
                f"the keys of {', '.join(intent.user_name for intent in unanswered)}"
            )
        return settlement

    def _refuse_other_purpose(self, there: Header, here: Header) -> None:
        for what in ("account_id", "endpoint", "variable"):
            before, now = getattr(there, what), getattr(here, what)
            if before != now:
                raise InputError(
                    f"An interrupted run left keys for {self._file.path} that belong to {what} "
                    f"{before}, but this run is for {now}. Run once for {before} to settle them"
                )

    def _recover(self, pending: Pending, settlement: Settlement) -> None:
        owned = [
            (owner, key)
            for user_id, key in pending.saved.items()
            if (owner := self._directory.by_id(user_id))
        ]
        alive = map_all(lambda pair: self._living_keys(*pair), owned, self._concurrency)
        for (owner, key), living in zip(owned, alive, strict=True):
            if self._is_to_merge(key, owner, pending.intents[key.user_id], living):
                settlement.recovered[owner.user_name] = self._file.new_entry(
                    access_key_id=key.access_key_id,
                    access_key_secret=key.access_key_secret,
                    account_id=str(self._client.identity.account_id),
                    user_id=key.user_id,
                    created=key.created,
                )

    def _living_keys(self, owner: User, saved: SavedKey) -> set[str]:
        keys = find_keys_with(
            self._client, owner.user_name, key_id=saved.access_key_id, created=saved.created
        )
        return {str(key.access_key_id) for key in keys or []}

    def _is_to_merge(
        self, key: SavedKey, owner: User, intent: Intent, living: Collection[str]
    ) -> bool:
        """Tell whether the saved key belongs into the file; InputError if that can't be told."""
        entry = self._entries.get(owner.user_name)
        if key.access_key_id not in living:
            return False
        if entry is None:
            return True
        if entry.access_key_id == key.access_key_id:
            return False
        unchanged = entry.access_key_id and entry.access_key_id == intent.entry_key_id
        if unchanged or self._is_gone(entry, living):
            return True
        raise InputError(
            f"An interrupted run created key {key.access_key_id} for user {owner.user_name}, and "
            f"meanwhile the entry in {self._file.path} became {entry.access_key_id}: delete one of "
            "the two keys and run again"
        )

    def _is_gone(self, entry: Entry, living: Collection[str]) -> bool:
        """Tell whether the key of an entry is known to be gone, with its user perhaps."""
        ours = entry.user_id and entry.account_id == self._client.identity.account_id
        return bool(ours) and entry.access_key_id not in living

    def _delete_lost(
        self,
        unanswered: list[Intent],
        pending: Pending,
        settlement: Settlement,
        *,
        check_mode: bool,
    ) -> None:
        known = {str(entry.access_key_id) for entry in self._entries.values()}
        known |= {key.access_key_id for key in pending.saved.values()}
        known.update(self._imported)

        def delete(owned: tuple[User, Intent]) -> str | None:
            owner, intent = owned
            api = AccessKeyApi(self._client, owner.user_name)
            span: dict[str, t.Any] = {
                "known": known | set(intent.known_key_ids),
                "sent": intent.sent,
                "until": intent.until,
            }
            if check_mode:
                return find_lost_key(api, **span)
            return settle_lost_create(api, self._client, **span)

        owned = [
            (owner, intent)
            for intent in unanswered
            if (owner := self._directory.by_id(intent.user_id))
        ]
        outcomes = attempt_all(delete, owned, self._concurrency)
        for (owner, _intent), outcome in zip(owned, outcomes, strict=True):
            settlement.error = settlement.error or outcome.error
            if outcome.value:
                settlement.lost_keys.append(outcome.value)
                fate = "would be deleted" if check_mode else "was deleted"
                settlement.warnings.append(
                    f"An interrupted run left key {outcome.value} of user {owner.user_name} "
                    f"without its secret, so it {fate}"
                )

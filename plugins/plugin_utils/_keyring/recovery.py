# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring keys that only the log holds into the file, unless they are gone, or others took over."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ...module_utils._cloud.times import timestamp
from ...module_utils._ram.user import User
from .evidence import InFile, Merge, merging
from .looks import Doubt, doubt_about
from .owners import Owner
from .records import ROTATION
from .scribe import opened

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .._vault_file.entry import Entry
    from .desk import Desk
    from .looks import Finding
    from .records import LoggedKey
    from .settlement import Settlement


class Recovery:
    """Enters keys of the log in the book; one that a rotation has begun with only if `rotates`."""

    def __init__(self, desk: Desk, settlement: Settlement, *, rotates: bool) -> None:
        self._desk = desk
        self._settlement = settlement
        self._rotates = rotates
        self._secrets: dict[str, dict[str, str]] = {}

    def recover(self, keys: Sequence[LoggedKey], owners: dict[str, Owner]) -> None:
        """Enter those that live; `owners` learn of keys that a second look finds."""
        candidates = []
        for key in keys:
            if key.intent.purpose != ROTATION or self._rotates:
                candidates.append(key)
            else:
                self._settlement.hold(key)
        findings = self._desk.looks.again(self._doubts(candidates, owners))
        owners.update(self._found_after_all(candidates, owners, findings))
        for key in candidates:
            owner, finding = owners[key.user_id], findings.get(key.access_key_id)
            if owner.has(key.access_key_id):
                self._merge(key, owner, findings)
            elif finding and finding.problem:
                self._settlement.fail(key, finding.problem)
            else:
                self._settlement.drop(key)

    def entry_of(self, key: LoggedKey) -> Entry:
        """Return an entry that holds a key of the log."""
        return self._desk.file.new_entry(
            access_key_id=key.access_key_id,
            access_key_secret=self._secret_of(key),
            account_id=str(self._desk.client.identity.account_id),
            user_id=key.user_id,
            created=key.created,
        )

    def _doubts(self, keys: Sequence[LoggedKey], owners: Mapping[str, Owner]) -> list[Doubt]:
        """Return the keys that should be listed and are not: of the log, and of its users."""
        doubts = {}
        for key in keys:
            owner = owners[key.user_id]
            name = _name_of(key, owner)
            if not owner.has(key.access_key_id):
                doubts[key.access_key_id] = Doubt(
                    name, key.access_key_id, key.created, self._opener(key)
                )
            entry = self._predecessor(key, owner)
            if entry and not owner.has(entry.access_key_id):
                doubt = doubt_about(self._desk.file, name, entry)
                doubts.setdefault(doubt.key_id, doubt)
        return list(doubts.values())

    def _found_after_all(
        self,
        keys: Sequence[LoggedKey],
        owners: Mapping[str, Owner],
        findings: Mapping[str, Finding],
    ) -> dict[str, Owner]:
        """Return the users whose second list shows what the first one lacked, or that of users."""
        found = {}
        for key in keys:
            owner = owners[key.user_id]
            entry = self._predecessor(key, owner)
            user = owner.user or User(user_name=key.intent.user_name, user_id=key.user_id)
            for key_id in (key.access_key_id, entry.access_key_id if entry else None):
                finding = findings.get(key_id or "")
                seen = Owner(user, (finding.keys if finding else None) or [])
                if seen.has(key_id):
                    found[key.user_id] = seen
        return found

    def _merge(self, key: LoggedKey, owner: Owner, findings: Mapping[str, Finding]) -> None:
        """Do with a key that lives what the entry of its user allows."""
        name = _name_of(key, owner)
        entry = self._desk.book.get(name)
        created = owner.created(key.access_key_id) or timestamp(key.created)
        odd = self._desk.file.problem_with(name, entry) if entry else None
        if odd:
            self._settlement.fail(key, odd)
            return
        is_ours = entry is not None and self._is_of(entry, key.user_id)
        doubt = findings.get(entry.access_key_id or "") if entry else None
        match merging(key, created, _in_file(entry, owner), is_ours=is_ours):
            case Merge.MERGE if doubt and doubt.problem:
                self._settlement.fail(key, doubt.problem)
            case Merge.MERGE if key.intent.purpose == ROTATION:
                self._settlement.hold(key)
                self._settlement.begun[key.user_id] = key
            case Merge.MERGE:
                self._enter(key, owner, entry)
            case Merge.CLASH:
                self._settlement.fail(key, self._clash(key, name, entry))
            case Merge.GONE_ON:
                self._settlement.drop(key)
                self._settlement.warnings.append(self._gone_on(key, name, entry))
            case _:
                self._settlement.hold(key)

    def _enter(self, key: LoggedKey, owner: Owner, entry: Entry | None) -> None:
        name, made = _name_of(key, owner), self.entry_of(key)
        if entry:
            # What it holds may be the only copy of a living key's secret.
            is_alive = owner.has(entry.access_key_id)
            previous = entry.as_previous() if is_alive else entry.previous
            made = replace(made, previous=previous, rotation=entry.rotation)
        self._desk.book.put(name, made)
        self._settlement.recovered.add(name)

    def _secret_of(self, key: LoggedKey) -> str:
        if key.secrets not in self._secrets:
            path = self._desk.log.path
            self._secrets[key.secrets] = opened(key.secrets, self._desk.file.vault, path)
        return self._secrets[key.secrets][key.access_key_id]

    def _opener(self, key: LoggedKey) -> Callable[[], str]:
        # Opened now, so that a password that this run lacks is told before anything is done.
        secret = self._secret_of(key)
        return lambda: secret

    def _predecessor(self, key: LoggedKey, owner: Owner) -> Entry | None:
        """Return the entry whose key a key may take the place of: its user's, however written."""
        name = _name_of(key, owner)
        entry = self._desk.book.get(name)
        if entry is None or not entry.access_key_id or self._desk.file.problem_with(name, entry):
            return None
        is_of_user = self._is_of(entry, key.user_id)
        return entry if is_of_user or entry.access_key_id == key.intent.entry_key_id else None

    def _is_of(self, entry: Entry, user_id: str) -> bool:
        return entry.owner == (self._desk.client.identity.account_id, user_id)

    def _clash(self, key: LoggedKey, name: str, entry: Entry | None) -> str:
        other = entry.access_key_id if entry else None
        return (
            f"An earlier run created key {key.access_key_id} for user {name}, and meanwhile the "
            f"entry in {self._desk.file.path} became {other}: delete one of the two keys and run "
            "again"
        )

    def _gone_on(self, key: LoggedKey, name: str, entry: Entry | None) -> str:
        younger = entry.access_key_id if entry else None
        return (
            f"{self._desk.file.path} held key {key.access_key_id} of user {name} and has gone on "
            f"to {younger}, which is younger, so the log no longer keeps the other one"
        )


def _name_of(key: LoggedKey, owner: Owner) -> str:
    """Return what the user is called now, or was when its key was made."""
    return owner.user.user_name if owner.user else key.intent.user_name


def _in_file(entry: Entry | None, owner: Owner) -> InFile | None:
    if entry is None:
        return None
    created = owner.created(entry.access_key_id) or timestamp(entry.created)
    return InFile(entry.access_key_id, owner.has(entry.access_key_id), created)

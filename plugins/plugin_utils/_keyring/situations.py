# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at the users of one file: what they are called now, what they have, what is in doubt."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ...module_utils._cloud.errors import InputError
from ...module_utils._ram.access_key import find_keys
from ...module_utils._ram.user import User
from ...module_utils._work.pool import map_all
from .looks import doubt_about
from .situation import Situation

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ...module_utils._ram.access_key import AccessKey
    from .._vault_file.entry import Entry
    from .desk import Desk
    from .looks import Doubt, Finding
    from .report import Request
    from .settlement import Settlement
    from .settling import Settler


class Situations:
    """Looks at the users of one file."""

    def __init__(self, desk: Desk, requests: Sequence[Request], settlement: Settlement) -> None:
        self._desk = desk
        self._requests = requests
        self._requested = {request.user_name for request in requests}
        self._settlement = settlement
        # The new names of users by their old ones: of those whose entries move for good, and of
        # those whose entries go back.
        self.renamed: dict[str, str] = {}
        self._misnamed: dict[str, str] = {}

    def follow_renames(self, *, is_open: bool) -> None:
        """Move entries to the names that their users have now.

        All entries count if the log `is_open`, else those that the task is about. Raises InputError
        if two of them would get one name.
        """
        book = self._desk.book
        if not (is_open or any(self._may_be_renamed(*each) for each in book.entries.items())):
            return
        found = {name: self._new_name(name, entry) for name, entry in book.entries.items()}
        new_names = {old: new for old, new in found.items() if new}
        self._refuse_taken(new_names)
        book.rename(new_names)
        self._misnamed = {old: new for old, new in new_names.items() if self._is_misnamed(old, new)}
        self.renamed = {old: new for old, new in new_names.items() if old not in self._misnamed}

    def told_renames(self) -> list[str]:
        """Return in words the renames that the file has followed by now."""
        book = self._desk.book
        return [
            f"User {old} is now called {new}, so its entry is renamed too"
            for old, new in self.renamed.items()
            if book.held.get(old) != book.before[old]
        ]

    def put_back_misnamed(self) -> None:
        """Let entries that the task asks for by an old name have that name, once all is settled.

        So the next run finds what this one did, and tells the same.
        """
        self._desk.book.rename({new: old for old, new in self._misnamed.items()})

    def look(self, watch: Callable[[int, int], None]) -> list[Situation]:
        """Return what is known of each user of the task, with a second look where one is due."""
        cases = [self._known_of(request) for request in self._requests]
        keys = map_all(self._keys_of, cases, self._desk.concurrency, watch)
        cases = [replace(case, keys=found) for case, found in zip(cases, keys, strict=True)]
        doubts = [
            self._doubt(request, case) for request, case in zip(self._requests, cases, strict=True)
        ]
        findings = self._desk.looks.again(list(filter(None, doubts)))
        cases = [
            self._resolved(case, doubt, findings) for case, doubt in zip(cases, doubts, strict=True)
        ]
        leaving = [
            case
            for request, case in zip(self._requests, cases, strict=True)
            if request.state == "absent"
        ]
        looked_for = {case.user_name: case for case in self.look_for_previous(leaving)}
        return [looked_for.get(case.user_name, case) for case in cases]

    def look_for_previous(self, cases: Sequence[Situation]) -> list[Situation]:
        """Look again for other keys of entries that a list lacked, before they count as gone."""
        doubts = [
            doubt_about(self._desk.file, case.user_name, case.entry.swapped())
            for case in cases
            if case.entry and self._lacks_previous(case.entry, case)
        ]
        findings = self._desk.looks.again(doubts)
        return [_with_previous(case, findings) for case in cases]

    def is_ours(self, entry: Entry) -> bool:
        """Tell whether the entry says that it is of a user of this account."""
        return bool(entry.user_id) and entry.account_id == self._desk.client.identity.account_id

    def _may_be_renamed(self, name: str, entry: Entry) -> bool:
        """Tell whether an entry that this task is about may belong to a user of another name."""
        if not self.is_ours(entry):
            return False
        user = self._desk.directory.known_by_id(str(entry.user_id))
        return user.user_name != name if user else name in self._requested

    def _new_name(self, name: str, entry: Entry) -> str | None:
        """Return what the user of an entry is called now, if that is another name."""
        owner = self._desk.directory.by_id(str(entry.user_id)) if self.is_ours(entry) else None
        return owner.user_name if owner and owner.user_name != name else None

    def _refuse_taken(self, new_names: Mapping[str, str]) -> None:
        names = [new_names.get(name, name) for name in self._desk.book.entries]
        for old, new in new_names.items():
            if names.count(new) > 1:
                raise InputError(
                    f"User {old} is now called {new}, but {self._desk.file.path} has another entry "
                    "of that name: remove one of them"
                )

    def _is_misnamed(self, old: str, new: str) -> bool:
        """Tell whether the task means a user by a name that nobody has any more."""
        if new in self._requested or self._desk.directory.by_name(old):
            return False
        asked = [request for request in self._requests if request.user_name == old]
        return any(request.state == "present" and not request.of_entry for request in asked)

    def _name_meant(self, request: Request) -> str:
        """Return what the user is called now, if the request means it by an old name, too."""
        old, new = request.user_name, self.renamed.get(request.user_name)
        if new is None or request.of_entry:
            return new or old
        is_taken = new in self._requested or self._desk.directory.by_name(old)
        return old if is_taken or request.state == "present" else new

    def _known_of(self, request: Request) -> Situation:
        """Return what is known of the user short of its keys."""
        directory, name = self._desk.directory, self._name_meant(request)
        user, entry = directory.by_name(name), self._desk.book.get(name)
        user_id = str(user.user_id) if user else str(entry.user_id) if entry else ""
        suspects = self._settlement.suspects.get(user_id, [])
        return Situation(
            user_name=name,
            account_id=self._desk.client.identity.account_id,
            entry=entry,
            user=user,
            keys=None,
            new_name=self._new_name(name, entry) if entry and not user else None,
            doubt=self._settlement.problems.get(user_id),
            suspects={each.access_key_id: each.goes_at for each in suspects},
            logged=frozenset(self._settlement.logged.get(user_id, ())),
        )

    def _keys_of(self, case: Situation) -> list[AccessKey] | None:
        if case.user is None:
            return None
        return find_keys(self._desk.client, case.user_name) if case.user.user_id else []

    def _doubt(self, request: Request, case: Situation) -> Doubt | None:
        """Return the doubt that has to be cleared before the key of the entry counts as gone."""
        entry = case.entry
        if entry is None or not entry.access_key_id or not self.is_ours(entry):
            return None
        # Without the user, `present` fails and loses nothing.
        counts = request.state == "absent" or (case.user and request.owned_pair is None)
        if not counts or case.entry_key or case.doubt:
            return None
        # It is refused as what it is; a second look takes half a minute and tells nothing of it.
        if self._desk.file.problem_with(case.user_name, entry):
            return None
        return doubt_about(self._desk.file, case.user_name, entry)

    def _lacks_previous(self, entry: Entry, case: Situation) -> bool:
        key_id = entry.previous.access_key_id if entry.previous else ""
        if not (key_id and self.is_ours(entry) and case.user) or case.key(key_id) or case.doubt:
            return False
        return not self._desk.file.problem_with(case.user_name, entry)

    def _resolved(
        self, case: Situation, doubt: Doubt | None, findings: dict[str, Finding]
    ) -> Situation:
        if doubt is None:
            return case
        finding = findings[doubt.key_id]
        user = case.user
        if user is None and finding.keys is not None:
            entry = t.cast("Entry", case.entry)
            user = User(user_name=case.user_name, user_id=entry.user_id)
        return replace(case, user=user, keys=finding.keys, doubt=finding.problem)


def _with_previous(case: Situation, findings: Mapping[str, Finding]) -> Situation:
    previous = case.entry.previous if case.entry else None
    finding = findings.get(previous.access_key_id) if previous else None
    if finding is None:
        return case
    return replace(case, keys=finding.keys, doubt=finding.problem)


def settle(desk: Desk, settler: Settler, situations: Situations, warnings: list[str]) -> None:
    """Settle what earlier runs left open, bring their keys into the file, and tell of it."""
    settler.refuse()
    desk.directory.look_for(settler.open_users)
    situations.follow_renames(is_open=bool(settler.open_users))
    try:
        settler.settle()
    finally:
        warnings += settler.settlement.warnings
    situations.put_back_misnamed()
    if settler.settlement.recovered:
        desk.hands.write(desk.book)
    settler.tidy()

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
    from collections.abc import Callable, Collection, Mapping, Sequence

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
        # The new names of users by their old ones: of those whose entries move, and of those whom
        # the task asks for by the old one.
        self.renamed: dict[str, str] = {}
        self._misnamed: dict[str, str] = {}

    def follow_renames(self, open_users: Collection[str]) -> list[str]:
        """Move entries to the names that their users have now, and return that in words.

        All entries count if the log is open for any users, else those that the task is about. What
        the task asks for by an old name stays, as the next run could not find it by that name: but
        for that of open users, whose keys go where they belong. Raises InputError if two entries
        would get one name.
        """
        book = self._desk.book
        if not (open_users or any(self._may_be_renamed(*each) for each in book.entries.items())):
            return []
        names = {name: self._name_now(name, entry) for name, entry in book.entries.items()}
        new_names = {old: new for old, new in names.items() if old != new}
        self._refuse_taken(new_names, list(names.values()))
        self._misnamed = {
            name: new_names[name] for name in self._unknown_names() if name in new_names
        }
        self.renamed = {
            old: new
            for old, new in new_names.items()
            if old not in self._misnamed
            or new in self._requested
            or book.entries[old].user_id in open_users
        }
        book.rename(self.renamed)
        return [
            f"User {old} is now called {new}, so its entry is renamed too"
            for old, new in self.renamed.items()
        ]

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

    def _name_now(self, name: str, entry: Entry) -> str:
        owner = self._desk.directory.by_id(str(entry.user_id)) if self.is_ours(entry) else None
        return owner.user_name if owner else name

    def _refuse_taken(self, new_names: Mapping[str, str], names: Sequence[str]) -> None:
        for old, new in new_names.items():
            if names.count(new) > 1:
                raise InputError(
                    f"User {old} is now called {new}, but {self._desk.file.path} has another entry "
                    "of that name: remove one of them"
                )

    def _unknown_names(self) -> list[str]:
        """Return the names by which the task asks for users and that no user has."""
        directory = self._desk.directory
        asked = [each.user_name for each in self._requests if not each.follows_renames]
        return [name for name in asked if not directory.by_name(name)]

    def _why_misnamed(self, name: str) -> str | None:
        new_name = self._misnamed.get(name)
        return f"User {name} is now called {new_name}: ask for that name" if new_name else None

    def _known_of(self, request: Request) -> Situation:
        """Return what is known of the user short of its keys."""
        directory, name = self._desk.directory, request.user_name
        new_name = self.renamed.get(name) if request.follows_renames else None
        if new_name and new_name not in self._requested and not directory.by_name(name):
            name = new_name
        user, entry = directory.by_name(name), self._desk.book.get(name)
        user_id = str(user.user_id) if user else str(entry.user_id) if entry else ""
        suspects = self._settlement.suspects.get(user_id, [])
        return Situation(
            user_name=name,
            account_id=self._desk.client.identity.account_id,
            entry=entry,
            user=user,
            keys=None,
            doubt=self._why_misnamed(name) or self._settlement.problems.get(user_id),
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
    warnings += situations.follow_renames(settler.open_users)
    try:
        settler.settle()
    finally:
        warnings += settler.settlement.warnings
    if settler.settlement.recovered:
        desk.hands.write(desk.book)
    settler.tidy()

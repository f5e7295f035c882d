# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find out all that a rotation has to know of the users of one file; nothing is changed."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ...module_utils._cloud.errors import RamError
from ...module_utils._cloud.times import timestamp
from ...module_utils._ram.access_key import AccessKeyApi
from ...module_utils._stopping import StoppedError
from ...module_utils._work.pool import map_all
from .._keyring.clock import server_now
from .facts import Facts, LastUse
from .report import Item

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from .._keyring.desk import Desk
    from .._keyring.settlement import Settlement
    from .._keyring.situation import Situation
    from .._keyring.situations import Situations
    from .._vault_file.entry import Entry
    from .report import RotationRequest

# Dates of the API have whole seconds.
RESOLUTION = 1.0


class Lookout:
    """Looks at the users of one file; `elsewhere` are the keys that other files of the run hold."""

    def __init__(
        self,
        desk: Desk,
        situations: Situations,
        settlement: Settlement,
        elsewhere: Mapping[str, Path],
    ) -> None:
        self._desk = desk
        self._situations = situations
        self._settlement = settlement
        self._elsewhere = {key_id: str(path) for key_id, path in elsewhere.items()}

    def look(
        self, requests: Sequence[RotationRequest], watch: Callable[[int, int], None]
    ) -> list[Item]:
        """Return what is known of each user."""
        cases = self._situations.look_for_previous(self._situations.look(watch))
        items = [
            Item(request, case, self._facts(request, case))
            for request, case in zip(requests, cases, strict=True)
        ]
        uses = map_all(self._uses_of, items, self._desk.concurrency)
        for item, used in zip(items, uses, strict=True):
            item.facts = replace(item.facts, uses=used)
        return items

    def _facts(self, request: RotationRequest, case: Situation) -> Facts:
        history, user_id = self._desk.log.history, str(case.entry.user_id) if case.entry else ""
        user_id = user_id or (str(case.user.user_id) if case.user else "")
        begun = self._settlement.begun.get(user_id)
        suspects = self._settlement.suspects.get(user_id, [])
        return Facts(
            user_name=case.user_name,
            wish=request.wish,
            now=server_now(self._desk.client),
            entry=case.entry,
            keys=case.keys or [],
            problem=self._problem_with(case),
            begun=begun.access_key_id if begun else None,
            failed_begin=history.failed_begins.get(user_id),
            steps=history.steps,
            suspects=case.suspects,
            set_aside=frozenset(each.access_key_id for each in suspects if each.is_set_aside),
            signing=frozenset(signer.access_key_id for signer in self._desk.client.signers),
            elsewhere=self._elsewhere,
        )

    def _problem_with(self, case: Situation) -> str | None:
        entry = case.entry
        if case.doubt or entry is None:
            return case.doubt or (None if case.user else "there is no such RAM user")
        odd = self._desk.file.problem_with(case.user_name, entry)
        if odd:
            return odd
        if entry.account_id and entry.account_id != case.account_id:
            return f"its entry belongs to account {entry.account_id}, not to {case.account_id}"
        if not (entry.access_key_id and entry.owner):
            return "its entry does not say which key, account and user it is about: complete it"
        return _problem_with_owner(case, entry) or self._duplicate_of(entry.key_ids)

    def _duplicate_of(self, key_ids: Sequence[str]) -> str | None:
        found = next((key_id for key_id in key_ids if key_id in self._elsewhere), None)
        if found is None:
            return None
        return f"its key {found} is in {self._elsewhere[found]} too: keep a key in one file only"

    def _uses_of(self, item: Item) -> dict[str, LastUse]:
        """Ask when the keys of a rotation under way were last used."""
        facts = item.facts
        if facts.problem or facts.entry is None or facts.entry.previous is None:
            return {}
        there = [key_id for key_id in facts.entry.key_ids if facts.key(key_id)]
        return {key_id: self._use_of(facts, key_id) for key_id in there}

    def _use_of(self, facts: Facts, key_id: str) -> LastUse:
        try:
            date = AccessKeyApi(self._desk.client, facts.user_name).last_used(key_id)
        except StoppedError:
            raise
        except RamError as error:
            return LastUse(problem=str(error))
        moment = timestamp(date)
        if date is None:
            return LastUse()
        if moment is None or facts.is_to_come(moment - RESOLUTION):
            return LastUse(problem="the cloud's answer is no date that can be")
        return LastUse(at=moment)


def _problem_with_owner(case: Situation, entry: Entry) -> str | None:
    if entry.user_id == case.account_id:
        return "its entry holds a key of the account itself: use keys of RAM users"
    if case.new_name:
        return f"it is now called {case.new_name}: ask for that name"
    if case.user is None:
        return "its user is gone: remove the entry with ram_keyring, state: absent"
    if case.user.user_id != entry.user_id:
        return "its user was deleted, and another one has the name now: remove the entry"
    return None

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide about the users of a task one by one, and say what is in the way. Changes nothing."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ...module_utils._cloud.errors import RamError
from ...module_utils._ram.access_key import describe_keys
from ...module_utils._work.stats import FAILED
from .deeds import Deed, Keep, Moved, Recovered, Remove, Renamed
from .report import Item
from .table import Choices, Decision, decide_absent, decide_import, decide_present

if t.TYPE_CHECKING:
    from collections.abc import Collection

    from .._pairs.source import OwnedPair
    from .desk import Desk
    from .report import Request
    from .situation import Situation


@dataclass(frozen=True)
class Judge:
    """Decides for the users of one file, of whom some were `moved`, `recovered` or `renamed`."""

    desk: Desk
    choices: Choices
    moved: Collection[str]
    recovered: Collection[str]
    renamed: Collection[str]

    def judge(self, request: Request, case: Situation) -> Item:
        """Return the user with what is to be done, or the problem in the way."""
        owned = request.owned_pair
        if owned:
            decision = self._import(case, owned)
        elif request.state == "absent":
            decision = decide_absent(case, self.choices)
        else:
            decision = decide_present(case, self.choices)
        deed = self._told(decision.deed or Keep(case))
        item = Item(request, case, decision, deed, action=deed.told)
        if owned:
            item.access_key_id, item.verified = owned.pair.access_key_id, True
        elif case.entry:
            item.access_key_id = case.entry.access_key_id
        if decision.problem and decision.alone:
            item.action, item.error = FAILED, RamError(decision.problem)
        return item

    def problem_of(self, item: Item) -> str | None:
        """Return why the work can't be begun, None if nothing of this user is in the way."""
        entry = item.case.entry
        if entry and (odd := self.desk.file.problem_with(item.name, entry)):
            return odd
        problem = None if item.decision.alone else item.decision.problem
        if problem and item.decision.show_keys:
            keys = describe_keys(self.desk.client, item.name, item.case.keys or [])
            return f"{problem}: {keys}"
        if isinstance(item.deed, Remove):
            signing = {str(signer.access_key_id) for signer in self.desk.client.signers}
            held = item.case.entry.key_ids if item.case.entry else []
            going = signing.intersection([*held, *item.case.logged])
            if going:
                return f"Refusing to delete AccessKey {', '.join(going)}: it signs this run"
        return problem

    def _import(self, case: Situation, owned: OwnedPair) -> Decision:
        key, old = case.key(owned.pair.access_key_id), case.entry
        entry = (
            None
            if key is None
            else self.desk.file.new_entry(
                access_key_id=owned.pair.access_key_id,
                access_key_secret=owned.pair.access_key_secret,
                account_id=case.account_id,
                user_id=owned.user_id,
                created=key.create_date or "",
            )
        )
        if entry and old:
            entry = replace(entry, previous=old.previous, rotation=old.rotation)
        is_stored = (
            old is not None
            and old.secret is not None
            and old.access_key_id == owned.pair.access_key_id
            and self.desk.file.secret_of(case.user_name, old) == owned.pair.access_key_secret
        )
        return decide_import(case, owned, entry, is_stored=is_stored)

    def _told(self, deed: Deed) -> Deed:
        """Return the deed as it is told where something was done already."""
        if deed.told != Keep.told:
            return deed
        if deed.case.user_name in self.moved:
            return Moved(deed.case)
        if deed.case.user_name in self.recovered:
            return Recovered(deed.case)
        if deed.case.user_name in self.renamed:
            return Renamed(deed.case)
        return deed

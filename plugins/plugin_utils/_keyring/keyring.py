# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One vault file and the cloud: makes them agree for the users of a task, step by step.

The order protects the secrets: settle what earlier runs left open, decide for every user before
anything is created, save each key before anything else happens with it, rewrite the file once.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace
from functools import partial

from ...module_utils._cloud.errors import RamError, unforeseen
from ...module_utils._ram.access_key import describe_keys
from ...module_utils._work.pool import attempt_all, map_all
from .deeds import Deed, Keep, Recovered, Remove, Renamed
from .git import warning_if_not_ignored
from .rekeying import Rekeying
from .report import Item, diff_of, warnings_of
from .settling import Settler
from .situations import Situations
from .table import Decision, decide_absent, decide_import, decide_present
from .verification import verify_pair

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from .._pairs.sink import HandOut
    from .._pairs.source import OwnedPair
    from .._vault_file.file import Entry
    from .desk import Desk
    from .report import Request, Settings
    from .situation import Situation
    from .suspicion import ToldSuspect

FAILED = "failed"


class Keyring:
    """One vault file in one run; its steps are called in the order in which they stand here."""

    def __init__(
        self,
        desk: Desk,
        requests: Sequence[Request],
        settings: Settings,
        *,
        hand_out: HandOut | None = None,
    ) -> None:
        self._desk = desk
        self._book = desk.book
        self._settings = settings
        self._hand_out = hand_out
        self._settler = Settler(desk)
        self._rekeying = Rekeying(desk, is_alone=not requests) if desk.file.rekeys else None
        self._situations = Situations(desk, requests, self._settler.settlement)
        self._requests = requests
        self._items: list[Item] = []
        self._failure: RamError | None = None
        self.warnings: list[str] = []

    def settle(self) -> None:
        """Settle what earlier runs left open, and bring their keys into the file."""
        self._settler.refuse()
        self.warnings += self._situations.follow_renames(is_open=self._settler.is_open)
        try:
            self._settler.settle()
        finally:
            self.warnings += self._settler.settlement.warnings
        if self._settler.settlement.recovered:
            self._desk.hands.write(self._book)
        self._settler.tidy()

    def decide(self) -> None:
        """Look at every user and decide what to do; nothing is changed."""
        if self._rekeying:
            self._rekeying.look(self._settler.settled_ids)
            self.warnings += self._rekeying.warnings
        cases = self._situations.look(self._watch("users looked at"))
        self._items = [
            self._decided(request, case)
            for request, case in zip(self._requests, cases, strict=True)
        ]
        self.warnings += filter(None, [self._desk.file.warning])
        self.warnings += warnings_of(self._desk.file, self._items)

    def refuse(self) -> list[str]:
        """Return why the work can't be begun; raises InputError if its results can't be written."""
        predicted = self._book.copy()
        for item in self._items:
            item.deed.predict(predicted)
        if predicted.changes():
            probe = self._makes_keys and not self._settings.check_mode
            self._desk.file.prove_writable(predicted.changes(), probe=probe)
        if self._hand_out:
            known = [*self._book.before.items(), *predicted.entries.items()]
            self._hand_out.plan(known, self._settings.concurrency)
        if self._makes_keys:
            self._settings.before_new_keys(self._desk.file)
            self.warnings += filter(None, [warning_if_not_ignored(self._desk.log.path)])
        elif self._rekeying and self._rekeying.is_due:
            self._settings.before_rekeying(self._desk.file)
        problems = map_all(self._problem_of, self._items, self._settings.concurrency)
        return list(filter(None, problems))

    def begin(self) -> None:
        """Take what the work needs that another run may have; raises LogBusyError."""
        if self._makes_keys:
            self._desk.log.begin()

    def work(self) -> None:
        """Do it: each user's deed, one write, one proof for each key, and hand the keys out."""
        try:
            self._do()
            self._write()
            if self._rekeying:
                self._rekeying.finish()
            self._attempt(self._verify, self._unverified(), "keys verified")
            if self._hand_out:
                handed_out = self._handed_out(self._book.entries)
                self._hand_out.apply(handed_out, check_mode=self._settings.check_mode)
        except RamError as error:
            self._failure = error
        except Exception as error:  # noqa: BLE001 - what was done until then must be told
            self._failure = unforeseen(error)
        finally:
            self._withdraw()
            self._desk.log.tidy()

    def _do(self) -> None:
        for item in self._items:
            item.action = item.action if item.is_as_it_was else FAILED
        able = [item for item in self._items if item.error is None]
        self._attempt(self._run, able, "users done")

    def _run(self, item: Item) -> None:
        item.deed.run(self._desk.hands, self._book)
        entry = self._book.get(item.name)
        if entry:
            item.access_key_id = entry.access_key_id or None
        if item.deed.touches_cloud:
            item.action = item.deed.told

    def _write(self) -> None:
        self._desk.hands.write(self._book)
        for item in self._items:
            if not item.deed.touches_cloud and item.error is None:
                item.action = item.deed.told

    def _verify(self, item: Item) -> None:
        entry = t.cast("Entry", self._book.get(item.name))
        item.verified = False
        verify_pair(
            self._desk.client,
            str(entry.access_key_id),
            self._desk.file.secret_of(item.name, entry),
            user_id=entry.user_id,
            patience=item.deed.patience,
        )
        item.verified = True

    def _withdraw(self) -> None:
        errors = self._desk.hands.withdraw()
        for item in self._items:
            if item.name in errors:
                item.action, item.error = FAILED, errors[item.name]

    # What follows answers questions about the steps.

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._desk.file.path

    @property
    def changed(self) -> bool:
        """Whether a file or the cloud is no longer what it was."""
        return (
            self.has_settled
            or self.is_rekeyed
            or any(item.deed.touches_cloud and item.action != FAILED for item in self._items)
            or (self._hand_out is not None and self._hand_out.changed)
        )

    @property
    def is_rekeyed(self) -> bool:
        """Whether the file has got another password."""
        return self._rekeying is not None and self._rekeying.is_done

    @property
    def has_settled(self) -> bool:
        """Whether the file has changed, or a key that an earlier run may have left."""
        return self._book.is_changed or self._settler.settlement.touched_cloud

    @property
    def errors(self) -> list[RamError]:
        """What went wrong, for the files first, then for single users."""
        of_hand_out = self._hand_out.error if self._hand_out else None
        found = [self._failure, of_hand_out, *(item.error for item in self._items)]
        return [error for error in found if error]

    @property
    def suspects(self) -> list[ToldSuspect]:
        """The keys that unanswered creates may have made."""
        return [each for found in self._settler.settlement.suspects.values() for each in found]

    def new_keys(self) -> list[str]:
        """Return the users whose new keys are in the file by now."""
        held = self._book.held
        return [
            item.name
            for item in self._items
            if item.deed.makes_key and item.action != FAILED and item.name in held
        ]

    def results(self) -> list[tuple[Request, dict[str, t.Any]]]:
        """Return what the task reports for each user; never a secret."""
        path = self._desk.file.path
        return [(item.request, item.result(path, self._failure)) for item in self._items]

    def fates(self) -> list[str]:
        """Return what became of each user, as one of FATES."""
        return [item.fate(self._failure) for item in self._items]

    def diffs(self) -> list[dict[str, t.Any]]:
        """Return the change to each file as diff mode shows it: names and ids."""
        before = self._book.before
        diffs = [diff_of(self._desk.file.path, before, self._book.held)]
        if self._hand_out and self._hand_out.changed:
            held = self._hand_out.key_ids
            handed_out = {name: e for name, e in before.items() if e.access_key_id in held}
            after = self._handed_out(self._book.entries)
            diffs.append(diff_of(self._hand_out.path, handed_out, after))
        return diffs

    @property
    def _makes_keys(self) -> bool:
        return any(item.deed.makes_key for item in self._items)

    def _decided(self, request: Request, case: Situation) -> Item:
        owned = request.owned_pair
        if owned:
            decision = self._import(case, owned)
        elif request.state == "absent":
            decision = decide_absent(case, self._settings.choices)
        else:
            decision = decide_present(case, self._settings.choices)
        deed = self._told(decision.deed or Keep(case))
        item = Item(request, case, decision, deed, action=deed.told)
        if owned:
            item.access_key_id, item.verified = owned.pair.access_key_id, True
        elif case.entry:
            item.access_key_id = case.entry.access_key_id
        if decision.problem and decision.alone:
            item.action, item.error = FAILED, RamError(decision.problem)
        return item

    def _import(self, case: Situation, owned: OwnedPair) -> Decision:
        key, old = case.key(owned.pair.access_key_id), case.entry
        entry = (
            None
            if key is None
            else self._desk.file.new_entry(
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
            and self._desk.file.secret_of(case.user_name, old) == owned.pair.access_key_secret
        )
        return decide_import(case, owned, entry, is_stored=is_stored)

    def _told(self, deed: Deed) -> Deed:
        """Return the deed as it is told where something was done already."""
        if deed.told != Keep.told:
            return deed
        if deed.case.user_name in self._settler.settlement.recovered:
            return Recovered(deed.case)
        if deed.case.user_name in self._situations.renamed.values():
            return Renamed(deed.case)
        return deed

    def _problem_of(self, item: Item) -> str | None:
        entry = item.case.entry
        if entry and (odd := self._desk.file.problem_with(item.name, entry)):
            return odd
        problem = None if item.decision.alone else item.decision.problem
        if problem and item.decision.show_keys:
            keys = describe_keys(self._desk.client, item.name, item.case.keys or [])
            return f"{problem}: {keys}"
        if isinstance(item.deed, Remove):
            signing = {str(signer.access_key_id) for signer in self._desk.client.signers}
            held = item.case.entry.key_ids if item.case.entry else []
            going = signing.intersection([*held, *item.case.logged])
            if going:
                return f"Refusing to delete AccessKey {', '.join(going)}: it signs this run"
        return problem

    def _unverified(self) -> list[Item]:
        return [
            item
            for item in self._items
            if self._settings.verify in item.deed.proven_by
            and item.action == item.deed.told
            and item.verified is None
            and item.access_key_id is not None
            and not (self._settings.check_mode and item.deed.touches_cloud)
        ]

    def _handed_out(self, entries: dict[str, Entry]) -> dict[str, Entry]:
        """Return the entries of those users of the task that are to have a key."""
        names = [item.name for item in self._items if item.request.state == "present"]
        return {name: entries[name] for name in names if name in entries}

    def _attempt(self, deed: Callable[[Item], None], items: Sequence[Item], what: str) -> None:
        """Do it for all items; one that fails keeps its error and stops no other."""
        outcomes = attempt_all(deed, items, self._settings.concurrency, self._watch(what))
        for item, outcome in zip(items, outcomes, strict=True):
            item.error = outcome.error or item.error

    def _watch(self, what: str) -> Callable[[int, int], None]:
        return partial(self._settings.watch, what)

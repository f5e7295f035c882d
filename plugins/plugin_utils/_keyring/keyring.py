# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One vault file and the cloud: makes them agree for the users of a task, step by step.

The order protects the secrets: settle what earlier runs left open, decide for every user before
anything is created, save each key before anything else happens with it, rewrite the file once.
"""

from __future__ import annotations

import typing as t
from functools import partial

from ...module_utils._cloud.errors import told_error
from ...module_utils._work.pool import attempt_all, map_all
from ...module_utils._work.stats import FAILED
from .git import warning_if_not_ignored
from .judge import Judge
from .moving import note_arrivals
from .outcome import Outcome
from .rekeying import Rekeying
from .report import Item, warnings_of, warnings_of_staying
from .settling import Settler
from .situations import Situations, settle
from .verification import verify_pair

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .._pairs.sink import HandOut
    from .._vault_file.entry import Entry
    from .desk import Desk
    from .report import Request, Settings


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
        self.desk = desk
        self._book = desk.book
        self._settings = settings
        self._hand_out = hand_out
        self.settler = Settler(desk)
        self._rekeying = Rekeying(desk, is_alone=not requests) if desk.file.rekeys else None
        self._situations = Situations(desk, requests, self.settler.settlement)
        self._requests = requests
        # The users whose entries come from other files, with their keys, and those that are here.
        self.moved: dict[str, str | None] = {}
        self.arrived: set[str] = set()
        self.outcome = Outcome(desk, self.settler.settlement, self._rekeying, hand_out)

    def settle(self) -> None:
        """Settle what earlier runs left open, and bring their keys into the file."""
        settle(self.desk, self.settler, self._situations, self.outcome.warnings)

    def decide(self) -> None:
        """Look at every user and decide what to do; nothing is changed."""
        if self._rekeying:
            self._rekeying.look(self.settler.settled_ids)
            self.outcome.warnings += self._rekeying.warnings
        cases = self._situations.look(self._watch("users looked at"))
        self.outcome.items = list(map(self._judge.judge, self._requests, cases))
        self.outcome.warnings += filter(None, [self.desk.file.warning])
        self.outcome.warnings += warnings_of(self.desk.file, self.outcome.items)

    def refuse(self) -> list[str]:
        """Return why the work can't be begun; raises InputError if its results can't be written."""
        predicted = self._book.copy()
        for item in self.outcome.items:
            item.deed.predict(predicted)
        if predicted.changes():
            probe = self._makes_keys and not self._settings.check_mode
            self.desk.file.prove_writable(predicted.changes(), probe=probe)
        if self._hand_out:
            known = [*self._book.before.items(), *predicted.entries.items()]
            self._hand_out.plan(known, self._settings.concurrency)
        if self._makes_keys:
            self._settings.before_new_keys(self.desk.file)
        elif self.moved or (self._rekeying and self._rekeying.is_due):
            self._settings.before_encrypting(self.desk.file)
        if self._makes_keys or self.moved:
            self.outcome.warnings += filter(None, [warning_if_not_ignored(self.desk.log.path)])
        problems = map_all(self._judge.problem_of, self.outcome.items, self._settings.concurrency)
        return list(filter(None, problems))

    def begin(self) -> None:
        """Take what the work needs that another run may have; raises LogBusyError."""
        if self._makes_keys or self.moved:
            self.desk.log.begin()

    def work(self) -> None:
        """Do it: each user's deed, one write, one proof for each key, and hand the keys out."""
        try:
            self._do()
            self._write()
            self.arrived = note_arrivals(self.desk, self.moved)
            if self._rekeying:
                self._rekeying.finish()
            self._attempt(self._verify, self._unverified(), "keys verified")
            if self._hand_out:
                handed_out = self.outcome.to_hand_out(self._book.entries)
                self._hand_out.apply(handed_out, check_mode=self._settings.check_mode)
        except Exception as error:  # noqa: BLE001 - what was done until then must be told
            self.outcome.failure = told_error(error)
        finally:
            self._withdraw()
            self.desk.log.tidy()

    def tell(self) -> None:
        """Say what the file has come to, whether or not the work could be done."""
        self.outcome.warnings += self._situations.told_renames()
        held_ids = self._book.held_ids()
        self.outcome.warnings += warnings_of_staying(self.desk.file, self.outcome.items, held_ids)

    def _do(self) -> None:
        for item in self.outcome.items:
            item.action = item.action if item.is_as_it_was else FAILED
        able = [item for item in self.outcome.items if item.error is None]
        self._attempt(self._run, able, "users done")

    def _run(self, item: Item) -> None:
        item.deed.run(self.desk.hands, self._book)
        entry = self._book.get(item.name)
        if entry:
            item.access_key_id = entry.access_key_id or None
        if item.deed.touches_cloud:
            item.action = item.deed.told

    def _write(self) -> None:
        self._book.arrange(item.name for item in self.outcome.items)
        self.desk.hands.write(self._book)
        for item in self.outcome.items:
            if not item.deed.touches_cloud and item.error is None:
                item.action = item.deed.told

    def _verify(self, item: Item) -> None:
        entry = t.cast("Entry", self._book.get(item.name))
        item.verified = False
        verify_pair(
            self.desk.client,
            str(entry.access_key_id),
            self.desk.file.secret_of(item.name, entry),
            user_id=entry.user_id,
            patience=item.deed.patience,
        )
        item.verified = True

    def _withdraw(self) -> None:
        errors = self.desk.hands.withdraw()
        for item in self.outcome.items:
            if item.name in errors:
                item.action, item.error = FAILED, errors[item.name]

    @property
    def present_users(self) -> list[str]:
        """The users of the task that are to have a key in this file."""
        return [each.user_name for each in self._requests if each.state == "present"]

    @property
    def _judge(self) -> Judge:
        recovered, renamed = self.settler.settlement.recovered, self._situations.renamed
        choices = self._settings.choices
        return Judge(self.desk, choices, self.moved, recovered, set(renamed.values()))

    @property
    def _makes_keys(self) -> bool:
        return any(item.deed.makes_key for item in self.outcome.items)

    def _unverified(self) -> list[Item]:
        return [
            item
            for item in self.outcome.items
            if self._settings.verify in item.deed.proven_by
            and item.action == item.deed.told
            and item.verified is None
            and item.access_key_id is not None
            and not (self._settings.check_mode and item.deed.touches_cloud)
        ]

    def _attempt(self, deed: Callable[[Item], None], items: Sequence[Item], what: str) -> None:
        """Do it for all items; one that fails keeps its error and stops no other."""
        outcomes = attempt_all(deed, items, self._settings.concurrency, self._watch(what))
        for item, outcome in zip(items, outcomes, strict=True):
            item.error = outcome.error or item.error

    def _watch(self, what: str) -> Callable[[int, int], None]:
        return partial(self._settings.watch, what)

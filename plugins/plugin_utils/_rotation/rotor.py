# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One vault file and the cloud: takes the next step of each user's rotation.

The order protects the secrets: settle what earlier runs left open, decide for every user before
anything is done, a new key is in the log before anything else happens with it, one write of the
file, and only then what rests on it.
"""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import replace
from functools import partial

from ...module_utils._cloud.errors import RamError, told_error
from ...module_utils._cloud.times import date_of
from ...module_utils._ram.access_key import describe_keys
from ...module_utils._ram.network_policy import NetworkPolicyApi
from ...module_utils._work.pool import attempt_all
from .._keyring.book import NOTHING_YET
from .._keyring.clock import server_now
from .._keyring.git import warning_if_not_ignored
from .._keyring.log import LogError
from .._keyring.report import diffs_of
from .._keyring.settling import Settler
from .._keyring.situations import Situations, settle
from .._vault_file.entry import Rotation
from .decisions import DONE_DISABLED, FAILED, TO_BE_DATED, WAITING, Decision, Move
from .facts import GRACE
from .looking import Lookout
from .new_keys import NewKeys
from .noting import settled_by
from .permissions import block_forbidden
from .rules import decide
from .steps import Steps

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from .._keyring.book import Book
    from .._keyring.desk import Desk
    from .._keyring.suspicion import ToldSuspect
    from .._pairs.sink import HandOut
    from .._vault_file.entry import Entry
    from .report import Item, RotationRequest
    from .settings import RotationSettings

MAKING = {Move.BEGIN, Move.FINISH_BEGIN, Move.REPLACE_LEAKED}


class Rotor:
    """One vault file in one run; its steps are called in the order in which they stand here."""

    def __init__(
        self,
        desk: Desk,
        requests: Sequence[RotationRequest],
        settings: RotationSettings,
        *,
        elsewhere: Mapping[str, Path],
        hand_out: HandOut | None = None,
    ) -> None:
        self._desk = desk
        self._book = desk.book
        self._requests = requests
        self._settings = settings
        self._hand_out = hand_out
        self._settler = Settler(desk, rotates=True)
        settlement = self._settler.settlement
        self._situations = Situations(desk, requests, settlement)
        self._lookout = Lookout(desk, self._situations, settlement, elsewhere)
        policies = NetworkPolicyApi(desk.client) if settings.copies_policy else None
        self._new_keys = NewKeys(desk, self._settler, policies, settings.check_mode)
        self._steps = Steps(desk, self._new_keys, settings.check_mode)
        self._failure: RamError | None = None
        self._warnings: list[str] = []
        self.items: list[Item] = []

    def settle(self) -> None:
        """Settle what earlier runs left open, and bring their keys into the file."""
        settle(self._desk, self._settler, self._situations, self._warnings)

    def decide(self) -> None:
        """Look at every user and decide what to do; nothing is changed."""
        self.items = self._lookout.look(self._requests, self._watch("users looked at"))
        for item in self.items:
            item.decision = decide(item.facts)
            item.entry = item.facts.entry
        self._warnings += filter(None, [self._desk.file.warning])

    def prepare(self) -> None:
        """See that the work can be done; raises RamError if the file can't be written."""
        predicted = self._book.copy()
        for item in self._moving():
            predicted.put(item.name, _like_the_next(item.facts.entry))
        makes_keys = bool(self._moving(MAKING))
        if predicted.changes():
            probe = makes_keys and not self._settings.check_mode
            self._desk.file.prove_writable(predicted.changes(), probe=probe)
        if self._hand_out:
            known = [*self._book.before.items(), *predicted.entries.items()]
            self._hand_out.plan(known, self._settings.concurrency)
        if makes_keys:
            self._settings.before_new_keys(self._desk.file)
            self._warnings += filter(None, [warning_if_not_ignored(self._desk.log.path)])
        policies, check_mode = self._new_keys.policies, self._settings.check_mode
        block_forbidden(self._desk.client, self.begins(), policies, check_mode=check_mode)
        for item in self.items:
            if item.decision.shows_keys:
                keys = describe_keys(self._desk.client, item.name, item.facts.keys)
                item.decision = replace(item.decision, why=f"{item.decision.why} ({keys})")
            if item.decision.action == FAILED and item.decision.why:
                item.error = RamError(f"User {item.name}: {item.decision.why}")

    def begin(self) -> None:
        """Take what the work needs that another run may have; raises LogBusyError."""
        if self._moving():
            self._desk.log.begin()

    def work(self) -> None:
        """Do it: each user's step, those of keys that sign last, one write, what rests on it."""
        try:
            moving = self._moving()
            signing = [item for item in moving if _signs(item)]
            with _failing(moving):
                self._attempt(self._steps.take, [item for item in moving if item not in signing])
                self._attempt(self._steps.take, signing)
            self._write(moving)
            self._disable_leaked()
            if self._hand_out:
                handed_out = {item.name: item.entry for item in self.items if item.entry}
                self._hand_out.apply(handed_out, check_mode=self._settings.check_mode)
        except Exception as error:  # noqa: BLE001 - what was done until then must be told
            self._failure = told_error(error)
        finally:
            self._withdraw()
            self._let_go()

    def _write(self, items: Sequence[Item]) -> None:
        """Bring the file to what the steps of these users came to, or let these have failed.

        Begins that the file does not hold then are undone.
        """
        _date_stages(self._book, date_of(server_now(self._desk.client).latest))
        changes = self._book.changes()
        lacking = [item for item in items if item.name in changes]
        try:
            with _failing(lacking):
                self._save(lacking)
        finally:
            for item in self.items:
                item.entry = self._book.held.get(item.name)

    def _save(self, items: Sequence[Item]) -> None:
        try:
            self._desk.hands.write(self._book)
        except RamError as error:
            held = self._book.held_ids()
            for item in items:
                # A key that may be in the file stays, as whoever reads that uses it.
                is_lacking = item.new_key_id and not self._desk.file.is_in_doubt
                if item.error is None and is_lacking and item.new_key_id not in held:
                    item.error = self._new_keys.undo(item, error)
            raise

    def _disable_leaked(self) -> None:
        """Disable the keys that leaked, now that the file holds others."""
        replaced = [item for item in self._moving({Move.REPLACE_LEAKED}) if item.error is None]
        leaked = [item for item in replaced if item.decision.action == DONE_DISABLED]
        with _failing(leaked):
            self._attempt(self._steps.disable_leaked, leaked)
        if leaked:
            self._write(leaked)

    def _withdraw(self) -> None:
        errors = self._desk.hands.withdraw()
        for item in self.items:
            item.error = errors.get(item.name) or item.error

    def _let_go(self) -> None:
        """Let the log go without what is of no interest any more."""
        log = self._desk.log
        settled = settled_by(self.items, log.history)
        # What is not let go now is no harm: the next run does it.
        with contextlib.suppress(LogError):
            if self._failure is None:
                log.settle(settled)
        log.tidy()

    # What follows answers questions about the steps.

    def begins(self) -> list[Item]:
        """Return the users who are to get a new key because it is due."""
        return self._moving({Move.BEGIN})

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._desk.file.path

    @property
    def has_settled(self) -> bool:
        """Whether the file has changed, or a key that this run did not make."""
        return self._book.is_changed or self._desk.hands.has_touched_cloud

    @property
    def changed(self) -> bool:
        """Whether a file or the cloud is no longer what it was."""
        is_handed_out = self._hand_out is not None and self._hand_out.changed
        return self.has_settled or is_handed_out or any(item.has_moved for item in self.items)

    @property
    def errors(self) -> list[RamError]:
        """What went wrong, for the files first, then for single users."""
        of_hand_out = self._hand_out.error if self._hand_out else None
        of_users = [item.error for item in self.items]
        return [error for error in [self._failure, of_hand_out, *of_users] if error]

    @property
    def suspects(self) -> list[ToldSuspect]:
        """The keys that unanswered creates may have made."""
        return [each for found in self._settler.settlement.suspects.values() for each in found]

    @property
    def warnings(self) -> list[str]:
        """What there is to say that somebody should look after."""
        of_users = [told for item in self.items for told in item.warnings()]
        return [*self._warnings, *self._situations.told_renames(), *of_users]

    def diffs(self) -> list[dict[str, t.Any]]:
        """Return the change to each file as diff mode shows it: names and ids."""
        return diffs_of(self._desk, self._hand_out)

    def _moving(self, moves: set[Move] | None = None) -> list[Item]:
        return [
            item
            for item in self.items
            if item.decision.move and (moves is None or item.decision.move in moves)
        ]

    def _attempt(self, step: Callable[[Item], None], items: Sequence[Item]) -> None:
        """Take a step for all; one that fails keeps its error and stops no other."""
        watch = self._watch("users done")
        outcomes = attempt_all(step, items, self._settings.concurrency, watch)
        for item, outcome in zip(items, outcomes, strict=True):
            item.error = outcome.error

    def _watch(self, what: str) -> Callable[[int, int], None]:
        return partial(self._settings.watch, what)


@contextlib.contextmanager
def _failing(items: Sequence[Item]) -> Iterator[None]:
    """Let all of these users have failed if what is done for them together is cut short."""
    try:
        yield
    except Exception as error:
        for item in items:
            item.error = item.error or told_error(error)
        raise


def _date_stages(book: Book, now: str) -> None:
    """Date what begins now."""
    for name, entry in list(book.entries.items()):
        rotation = entry.rotation
        if rotation and rotation.switched == TO_BE_DATED:
            book.put(name, replace(entry, rotation=replace(rotation, switched=now)))


def ration(rotors: Sequence[Rotor], at_most: int | None) -> None:
    """Let no more begin than that: those whose keys are oldest, and what signs comes last."""
    begins = [item for rotor in rotors for item in rotor.begins()]
    begins.sort(key=lambda item: (_signs(item), item.decision.at or 0.0))
    for item in begins[at_most:] if at_most is not None else []:
        why = f"its turn, as no more than {at_most} are begun in a run (begin_at_most)"
        item.decision = Decision(WAITING, why=why, at=item.decision.at)


def _signs(item: Item) -> bool:
    entry = item.facts.entry
    return bool(entry and entry.access_key_id in item.facts.signing)


def _like_the_next(entry: Entry | None) -> Entry:
    """Return an entry of the form that the next step leads to."""
    if entry is None:
        return NOTHING_YET
    previous = entry.previous or entry.as_previous()
    return replace(entry, previous=previous, rotation=Rotation(GRACE, TO_BE_DATED))

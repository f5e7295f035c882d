# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settle a log: bring keys that arrived into the file, and follow up creates without an answer.

Only what is open asks for anything: a key that the file does not hold, an unanswered create.
"""

from __future__ import annotations

import contextlib
import typing as t
from urllib.parse import urlsplit

from ...module_utils._cloud.errors import InputError
from ...module_utils._cloud.options import is_loopback
from ...module_utils._work.pool import map_all
from .clock import server_now
from .evidence import BEGIN_AGAIN, DAY, is_settled
from .log import LogError
from .owners import find_owners
from .records import Stored
from .recovery import Recovery
from .settlement import Settlement
from .suspicion import Suspicion

if t.TYPE_CHECKING:
    from ...module_utils._cloud.clock import Moment
    from .._vault_file.entry import Entry
    from .desk import Desk
    from .owners import Owner
    from .records import Intent, LoggedKey, Run


class Settler:
    """Settles the log of one file; a key that a rotation has begun with only if the run rotates."""

    def __init__(self, desk: Desk, *, rotates: bool = False) -> None:
        self._desk = desk
        self._history = desk.log.history
        self._in_file = desk.book.held_ids() | self._under_other_variables()
        self.settlement = Settlement()
        self._recovery = Recovery(desk, self.settlement, rotates=rotates)

    @property
    def _now(self) -> Moment:
        # Each answer that came meanwhile counts, so that no single one decides.
        return server_now(self._desk.client)

    @property
    def open_users(self) -> set[str]:
        """The ids of users for whom the log asks for more than a look at the file."""
        return {*self._unanswered(), *(key.user_id for key in self._open_keys())}

    def refuse(self) -> None:
        """Raise InputError for open parts that this run can't settle, before anything is done."""
        for run in self._history.runs.values():
            if run.unanswered() or any(self._is_open(key) for key in run.keys.values()):
                self._refuse_other_purpose(run)
        lost = [key.access_key_id for key in self._open_keys() if key.stored is not None]
        if lost and self._desk.file.is_blank:
            raise InputError(
                f"{self._desk.file.path} is missing or blank, though by its log it held "
                f"{', '.join(lost[:3])}. Restore it, or remove {self._desk.log.path} if these keys "
                "are not needed"
            )

    def settle(self) -> None:
        """Do what the log asks for, and enter what the file is to hold."""
        self._note_stored()
        if self.open_users:
            keys, creates = self._open_keys(), self._unanswered()
            owners = find_owners(self._desk, self.open_users)
            self._recovery.recover(keys, owners)
            if creates:
                self._follow_up(creates, owners)
        self._settle_quietly()

    def tidy(self) -> None:
        """Let the log go without what is settled; call this once the file holds what it is to."""
        # What is not let go now is no harm: the next run does it.
        with contextlib.suppress(LogError):
            self._desk.log.settle(self.settlement.settled)

    def why_unsettled(self, user_id: str) -> str | None:
        """Return why the entry of a user has to stay in the file yet."""
        are_open = any(
            (run.header.run, intent.user_id) not in self.settlement.settled.creates
            for run, intent in self._history.unanswered()
        )
        if are_open or any(self.settlement.suspects.values()):
            return (
                f"{self._desk.log.path} has a create without an answer, or a key that may have "
                "come of one: run ram_keyring for that file until none is left"
            )
        logged = ", ".join(sorted(self.settlement.logged.get(user_id, ())))
        held = (
            f"{self._desk.log.path} holds key {logged}, which is not in the file"
            if logged
            else None
        )
        return self.settlement.problems.get(user_id) or held

    @property
    def settled_ids(self) -> set[str]:
        """The ids of the keys that the log lets go, or has let go."""
        return self.settlement.settled.key_ids

    def entry_of(self, key: LoggedKey) -> Entry:
        """Return an entry that holds a key of the log."""
        return self._recovery.entry_of(key)

    def _open_keys(self) -> list[LoggedKey]:
        return [key for _run, key in self._history.logged() if self._is_open(key)]

    def _is_open(self, key: LoggedKey) -> bool:
        return key.access_key_id not in self._in_file and not key.left

    def _refuse_other_purpose(self, run: Run) -> None:
        client = self._desk.client
        endpoint = client.options.ram_endpoint
        here = {"account": client.identity.account_id, "variable": self._desk.file.variable}
        there = {"account": run.header.account_id, "variable": run.header.variable}
        if _is_local(str(endpoint)) or _is_local(run.header.endpoint):
            here["endpoint"], there["endpoint"] = str(endpoint), run.header.endpoint
        for what, before in there.items():
            if before != here[what]:
                raise InputError(
                    f"An earlier run left something open for {self._desk.file.path} that belongs "
                    f"to {what} {before}, but this run is for {here[what]}. Run once for {before} "
                    "to settle it"
                )

    def _under_other_variables(self) -> set[str]:
        """Return the ids of keys that stand elsewhere in the file than this task looks."""
        file = self._desk.file
        return {
            key.access_key_id
            for run, key in self._history.logged()
            if run.header.variable != file.variable and file.mentions(key.access_key_id)
        }

    def _note_stored(self) -> None:
        """Note keys that the file holds and that the log does not know to be there."""
        seen = [
            key.access_key_id
            for _run, key in self._history.logged()
            if key.access_key_id in self._in_file
            and (key.stored is None or key.taken_out or key.left)
        ]
        if seen:
            self._desk.log.note(Stored(seen, self._now.latest))

    def _follow_up(
        self, creates: dict[str, list[tuple[Run, Intent]]], owners: dict[str, Owner]
    ) -> None:
        """Look for the keys of unanswered creates."""
        known = {*self._in_file, *self._history.key_ids(), *self._desk.spared}
        suspicion = Suspicion(self._desk, known, self._now)
        try:
            self._settle_creates(suspicion, creates, owners)
        finally:
            found = suspicion.suspects
            self.settlement.suspects = {each: found[each] for each in creates if each in found}
            self.settlement.warnings += sorted(suspicion.warnings)

    def _settle_creates(
        self,
        suspicion: Suspicion,
        creates: dict[str, list[tuple[Run, Intent]]],
        owners: dict[str, Owner],
    ) -> None:
        seem_over = map_all(
            lambda each: suspicion.follow_up(creates[each], owners[each]),
            list(creates),
            self._desk.concurrency,
        )
        last = {
            each: creates[each] for each, is_over in zip(creates, seem_over, strict=True) if is_over
        }
        settled = self.settlement.settled
        for user_id in suspicion.look_again(last, owners):
            settled.users.add(user_id)
            settled.creates |= {(run.header.run, user_id) for run, _intent in creates[user_id]}

    def _unanswered(self) -> dict[str, list[tuple[Run, Intent]]]:
        """Return the creates that may have made a key that nobody knows, by user id."""
        creates: dict[str, list[tuple[Run, Intent]]] = {}
        for run, intent in sorted(
            self._history.unanswered(), key=lambda create: create[1].user_name
        ):
            creates.setdefault(intent.user_id, []).append((run, intent))
        return creates

    def _settle_quietly(self) -> None:
        """Settle what is over without asking anybody."""
        settled, now = self.settlement.settled, self._now.earliest
        for run in self._history.runs.values():
            for key in run.keys.values():
                if is_settled(key, self._in_file, now):
                    self.settlement.drop(key)
            settled.creates |= {(run.header.run, user_id) for user_id in run.refused}
            for key in run.keys.values():
                if key.access_key_id in settled.key_ids:
                    settled.creates.add((run.header.run, key.user_id))
                    settled.known.setdefault(key.user_id, set()).add(key.access_key_id)
        settled.missing |= {
            key_id for key_id, at in self._history.missing.items() if at < now - DAY
        }
        self._settle_rotations()

    def _settle_rotations(self) -> None:
        """Settle steps on keys that the file has let go, and failed begins that hinder no other."""
        settled = self.settlement.settled
        settled.steps |= self._history.steps.keys() - self._in_file
        old, open_ids = self._now.earliest - BEGIN_AGAIN, self._history.key_ids()
        settled.begins |= {
            user_id
            for user_id, failed in self._history.failed_begins.items()
            if failed.at < old and failed.access_key_id not in open_ids
        }


def _is_local(endpoint: str) -> bool:
    """Tell whether an endpoint is an emulator's, which knows nothing of what another one did."""
    return is_loopback(urlsplit(endpoint).hostname or "")

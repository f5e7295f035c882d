# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settle a log: bring keys that arrived into the file, and follow up creates without an answer.

Only what is open asks for anything: a key that the file does not hold, an unanswered create.
"""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from ...module_utils._cloud.errors import InputError
from ...module_utils._cloud.options import is_loopback
from ...module_utils._cloud.times import timestamp
from ...module_utils._ram.access_key import find_keys
from ...module_utils._work.pool import map_all
from .clock import server_now
from .evidence import BEGIN_AGAIN, DAY, InFile, Merge, is_settled, merging
from .log import LogError
from .looks import Doubt, doubt_about
from .records import ROTATION, Settled, Stored
from .scribe import opened
from .suspicion import Suspicion

if t.TYPE_CHECKING:
    from ...module_utils._cloud.clock import Moment
    from ...module_utils._ram.access_key import AccessKey
    from ...module_utils._ram.user import User
    from .._vault_file.entry import Entry, Previous
    from .desk import Desk
    from .looks import Finding
    from .records import Intent, LoggedKey, Run
    from .suspicion import ToldSuspect


@dataclass
class Settlement:
    """What settling came to, by user id but for `recovered`, which are names of users.

    `problems` are why nothing can be done for a user; `suspects` may have come of unanswered
    creates; `logged` are the ids of keys that only the log holds, and `begun` those among them that
    a rotation is to go on with. `touched_cloud` tells whether a key was changed.
    """

    recovered: set[str] = field(default_factory=set)
    problems: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    suspects: dict[str, list[ToldSuspect]] = field(default_factory=dict)
    logged: dict[str, set[str]] = field(default_factory=dict)
    begun: dict[str, LoggedKey] = field(default_factory=dict)
    touched_cloud: bool = False


class Settler:
    """Settles the log of one file; a key that a rotation has begun with only if the run rotates."""

    def __init__(self, desk: Desk, *, rotates: bool = False) -> None:
        self._desk = desk
        self._rotates = rotates
        self._history = desk.log.history
        self._in_file = desk.book.held_ids() | self._under_other_variables()
        self._settled = Settled()
        self._secrets: dict[str, dict[str, str]] = {}
        self.settlement = Settlement()

    @property
    def _now(self) -> Moment:
        # Each answer that came meanwhile counts, so that no single one decides.
        return server_now(self._desk.client)

    @property
    def is_open(self) -> bool:
        """Whether anything in the log asks for more than a look at the file."""
        return bool(self._open_keys() or self._history.unanswered())

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
        if self.is_open:
            owners = self._owners()
            keys = self._keys_of(owners)
            self._recover(owners, keys)
            self._follow_up(owners, keys)
        self._settle_quietly()

    def tidy(self) -> None:
        """Let the log go without what is settled; call this once the file holds what it is to."""
        # What is not let go now is no harm: the next run does it.
        with contextlib.suppress(LogError):
            self._desk.log.settle(self._settled)

    def why_unsettled(self, user_id: str) -> str | None:
        """Return why the entry of a user has to stay in the file yet."""
        are_open = any(
            (run.header.run, intent.user_id) not in self._settled.creates
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
        return self._settled.key_ids

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

    def _owners(self) -> dict[str, User | None]:
        """Return the users of all that is open, by id, None for one that is gone."""
        ids = {key.user_id for key in self._open_keys()}
        ids |= {intent.user_id for _run, intent in self._history.unanswered()}
        return {user_id: self._desk.directory.by_id(user_id) for user_id in sorted(ids)}

    def _keys_of(self, owners: dict[str, User | None]) -> dict[str, list[AccessKey]]:
        there = [(user_id, owner) for user_id, owner in owners.items() if owner]
        found = map_all(
            lambda each: find_keys(self._desk.client, each[1].user_name) or [],
            there,
            self._desk.concurrency,
        )
        keys: dict[str, list[AccessKey]] = {user_id: [] for user_id in owners}
        keys.update({user_id: of for (user_id, _user), of in zip(there, found, strict=True)})
        return keys

    def _recover(self, owners: dict[str, User | None], keys: dict[str, list[AccessKey]]) -> None:
        """Enter the keys of the log that the file does not hold and that live."""
        candidates = []
        for key in self._open_keys():
            if key.intent.purpose != ROTATION or self._rotates:
                candidates.append(key)
            else:
                self._hold(key)
        findings = self._desk.looks.again(self._doubts(candidates, owners, keys))
        keys.update(self._found_after_all(candidates, findings))
        for key in candidates:
            owner = owners[key.user_id]
            finding = findings.get(key.access_key_id)
            if _has(keys[key.user_id], key.access_key_id) and owner:
                self._merge(key, owner, keys[key.user_id], findings)
            elif finding and finding.problem:
                self._fail(key, finding.problem)
            else:
                self._drop(key)

    def _doubts(
        self,
        candidates: list[LoggedKey],
        owners: dict[str, User | None],
        keys: dict[str, list[AccessKey]],
    ) -> list[Doubt]:
        """Return the keys that should be listed and are not: of the log, and of its users."""
        doubts = {}
        for key in candidates:
            owner = owners[key.user_id]
            name = owner.user_name if owner else key.intent.user_name
            listed = keys[key.user_id]
            if not _has(listed, key.access_key_id):
                doubts[key.access_key_id] = Doubt(
                    name, key.access_key_id, key.created, self._opener(key)
                )
            entry = self._desk.book.get(name)
            if entry and self._is_of(entry, key.user_id) and not _has(listed, entry.access_key_id):
                doubt = doubt_about(self._desk.file, name, entry)
                doubts.setdefault(doubt.key_id, doubt)
        return list(doubts.values())

    def _found_after_all(
        self, candidates: list[LoggedKey], findings: dict[str, Finding]
    ) -> dict[str, list[AccessKey]]:
        """Return the keys of users whose second list shows what the first one lacked."""
        found = {}
        for key in candidates:
            entry = self._desk.book.get(key.intent.user_name)
            for key_id in (key.access_key_id, entry.access_key_id if entry else None):
                finding = findings.get(key_id or "")
                if finding and _has(finding.keys or [], key_id):
                    found[key.user_id] = finding.keys or []
        return found

    def _merge(
        self,
        key: LoggedKey,
        owner: User,
        keys: list[AccessKey],
        findings: dict[str, Finding],
    ) -> None:
        entry = self._desk.book.get(owner.user_name)
        created = _created(keys, key.access_key_id) or timestamp(key.created)
        is_ours = bool(entry) and self._is_of(t.cast("Entry", entry), key.user_id)
        doubt = findings.get(entry.access_key_id or "") if entry else None
        match merging(key, created, _in_file(entry, keys), is_ours=is_ours):
            case Merge.MERGE if doubt and doubt.problem:
                self._fail(key, doubt.problem)
            case Merge.MERGE if key.intent.purpose == ROTATION:
                self._hold(key)
                self.settlement.begun[key.user_id] = key
            case Merge.MERGE:
                previous = _previous_of(entry, keys)
                rotation = entry.rotation if entry else None
                merged = replace(self.entry_of(key), previous=previous, rotation=rotation)
                self._desk.book.put(owner.user_name, merged)
                self.settlement.recovered.add(owner.user_name)
            case Merge.CLASH:
                self._fail(key, self._clash(key, owner, entry))
            case Merge.GONE_ON:
                self._drop(key)
                self._warn_of_younger(key, owner, entry)
            case _:
                self._hold(key)

    def entry_of(self, key: LoggedKey) -> Entry:
        """Return an entry that holds a key of the log."""
        return self._desk.file.new_entry(
            access_key_id=key.access_key_id,
            access_key_secret=self._secret_of(key),
            account_id=str(self._desk.client.identity.account_id),
            user_id=key.user_id,
            created=key.created,
        )

    def _secret_of(self, key: LoggedKey) -> str:
        if key.secrets not in self._secrets:
            path = self._desk.log.path
            self._secrets[key.secrets] = opened(key.secrets, self._desk.file.vault, path)
        return self._secrets[key.secrets][key.access_key_id]

    def _opener(self, key: LoggedKey) -> t.Callable[[], str]:
        # Opened now, so that a password that this run lacks is told before anything is done.
        secret = self._secret_of(key)
        return lambda: secret

    def _is_of(self, entry: Entry, user_id: str) -> bool:
        owner = (self._desk.client.identity.account_id, user_id)
        return (entry.account_id, entry.user_id) == owner

    def _clash(self, key: LoggedKey, owner: User, entry: Entry | None) -> str:
        other = entry.access_key_id if entry else None
        return (
            f"An earlier run created key {key.access_key_id} for user {owner.user_name}, and "
            f"meanwhile the entry in {self._desk.file.path} became {other}: delete one of the two "
            "keys and run again"
        )

    def _warn_of_younger(self, key: LoggedKey, owner: User, entry: Entry | None) -> None:
        younger = entry.access_key_id if entry else None
        self.settlement.warnings.append(
            f"{self._desk.file.path} held key {key.access_key_id} of user {owner.user_name} and "
            f"has gone on to {younger}, which is younger, so the log no longer keeps the other one"
        )

    def _fail(self, key: LoggedKey, problem: str) -> None:
        self._hold(key)
        self.settlement.problems[key.user_id] = problem

    def _hold(self, key: LoggedKey) -> None:
        self.settlement.logged.setdefault(key.user_id, set()).add(key.access_key_id)

    def _drop(self, key: LoggedKey) -> None:
        self._settled.key_ids.add(key.access_key_id)

    def _follow_up(self, owners: dict[str, User | None], keys: dict[str, list[AccessKey]]) -> None:
        """Look for the keys of unanswered creates."""
        creates = self._unanswered()
        if not creates:
            return
        known = {*self._in_file, *self._history.key_ids(), *self._desk.spared}
        suspicion = Suspicion(self._desk, known, self._now)
        seem_over = map_all(
            lambda each: suspicion.follow_up(each[1], owners[each[0]], keys[each[0]]),
            list(creates.items()),
            self._desk.concurrency,
        )
        last = {
            each: creates[each] for each, is_over in zip(creates, seem_over, strict=True) if is_over
        }
        for user_id in suspicion.look_again(last, owners):
            self._settled.users.add(user_id)
            self._settled.creates |= {
                (run.header.run, user_id) for run, _intent in creates[user_id]
            }
        found = suspicion.suspects
        self.settlement.suspects = {each: found[each] for each in creates if each in found}
        self.settlement.warnings += sorted(suspicion.warnings)
        self.settlement.touched_cloud = suspicion.touched_cloud

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
        for run in self._history.runs.values():
            for key in run.keys.values():
                if is_settled(key, self._in_file, self._now.earliest):
                    self._drop(key)
            self._settled.creates |= {(run.header.run, user_id) for user_id in run.refused}
            for key in run.keys.values():
                if key.access_key_id in self._settled.key_ids:
                    self._settled.creates.add((run.header.run, key.user_id))
                    known = self._settled.known.setdefault(key.user_id, set())
                    known.add(key.access_key_id)
        old = self._now.earliest - DAY
        self._settled.missing |= {
            key_id for key_id, at in self._history.missing.items() if at < old
        }
        self._settle_rotations()

    def _settle_rotations(self) -> None:
        """Settle steps on keys that the file has let go, and failed begins that hinder no other."""
        self._settled.steps |= self._history.steps.keys() - self._in_file
        old, open_ids = self._now.earliest - BEGIN_AGAIN, self._history.key_ids()
        self._settled.begins |= {
            user_id
            for user_id, failed in self._history.failed_begins.items()
            if failed.at < old and failed.access_key_id not in open_ids
        }


def _previous_of(entry: Entry | None, keys: list[AccessKey]) -> Previous | None:
    """Return the other pair that an entry is to hold: the only copy of a living key's secret."""
    if entry is None:
        return None
    return entry.as_previous() if _has(keys, entry.access_key_id) else entry.previous


def _is_local(endpoint: str) -> bool:
    """Tell whether an endpoint is an emulator's, which knows nothing of what another one did."""
    return is_loopback(urlsplit(endpoint).hostname or "")


def _has(keys: list[AccessKey], key_id: str | None) -> bool:
    return any(key.access_key_id == key_id for key in keys)


def _created(keys: list[AccessKey], key_id: str | None) -> float | None:
    return next((timestamp(key.create_date) for key in keys if key.access_key_id == key_id), None)


def _in_file(entry: Entry | None, keys: list[AccessKey]) -> InFile | None:
    if entry is None:
        return None
    created = _created(keys, entry.access_key_id) or timestamp(entry.created)
    return InFile(entry.access_key_id, _has(keys, entry.access_key_id), created)

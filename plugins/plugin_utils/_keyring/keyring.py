# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One vault file and the cloud: makes them agree for the users of a task.

The order protects the secrets: settle what an interrupted run left, decide for every user before
anything is created, note each create before it is sent, save each key before anything else happens
with it, and only then rewrite the file, once.
"""

from __future__ import annotations

import typing as t
import uuid
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

from ...module_utils._cloud.errors import InputError, RamError, unforeseen
from ...module_utils._ram.access_key import ACTIVE, AccessKeyApi, describe_keys
from ...module_utils._work.pool import attempt_all, map_all
from ...module_utils._work.stats import CHANGED, FAILED, FATES
from .._vault_file.durable import remove_file
from .._vault_file.file import Entry
from .._vault_file.text import Scalar
from .creation import Creator
from .journal import (
    Header,
    Journal,
    JournalError,
    host_name,
    journal_path,
    machine_id,
    read_journal,
)
from .recovery import Settlement, Settler
from .table import (
    ACTIVATE,
    CREATE,
    IMPORT,
    KEEP,
    REMOVE,
    REPLACE,
    Choices,
    Decision,
    Situation,
    decide_absent,
    decide_import,
    decide_present,
)
from .verification import NEW_KEY_PATIENCE, find_keys_with, verify_pair

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from ...module_utils._cloud.client import Client
    from ...module_utils._ram.access_key import AccessKey
    from .._pairs.sink import HandOut
    from .._pairs.source import OwnedPair
    from .._vault_file.file import KeyringFile
    from .directory import Directory

ACTIONS = {
    KEEP: "unchanged",
    CREATE: "created",
    REPLACE: "replaced",
    ACTIVATE: "activated",
    IMPORT: "imported",
    REMOVE: "removed",
}
RECOVERED, RENAMED = "recovered", "renamed"
NEW_KEYS = {ACTIONS[CREATE], ACTIONS[REPLACE], RECOVERED}
AS_IT_WAS = {ACTIONS[KEEP], RECOVERED}
TOUCH_THE_CLOUD = {ACTIONS[deed] for deed in (CREATE, REPLACE, ACTIVATE, REMOVE)}
ALL_KEYS = NEW_KEYS | {ACTIONS[KEEP], ACTIONS[ACTIVATE], RENAMED}
TO_VERIFY: dict[str, set[str]] = {"none": set(), "new": NEW_KEYS, "all": ALL_KEYS}
# Stands for the entry of a key that is yet to be created.
NOTHING_YET = Entry(access_key_id="", secret=Scalar(""), account_id="", user_id="", created="")


@dataclass(frozen=True)
class Request:
    """What the task wants for one user; a pair of the user's is to be the one in the file."""

    user_name: str
    state: str
    owned_pair: OwnedPair | None = None


@dataclass(frozen=True)
class Settings:
    """What the task wants for all users."""

    choices: Choices
    verify: str
    concurrency: int
    check_mode: bool
    # The ids of the keys that this task imports, into whichever file.
    imported: Collection[str] = ()
    # Hears now and then what has been done with how many of how many users.
    watch: Callable[[str, int, int], None] = lambda _what, _done, _total: None
    # Hears of each file that is to get new keys, before it gets any, and in check mode too.
    before_new_keys: Callable[[Path], None] = lambda _path: None


@dataclass
class Item:
    """One user on its way through the task.

    `aim` is what `action` is once all is done; `imported` is the entry of a pair to be imported.
    """

    request: Request
    case: Situation
    decision: Decision
    aim: str
    action: str
    access_key_id: str | None = None
    verified: bool | None = None
    error: RamError | None = None
    imported: Entry | None = None

    @property
    def name(self) -> str:
        """What the user is called now."""
        return self.case.user_name


class Keyring:
    """One vault file in one run: `settle`, `plan`, `apply`, then read what came of it."""

    def __init__(
        self,
        client: Client,
        file: KeyringFile,
        directory: Directory,
        requests: Sequence[Request],
        settings: Settings,
        *,
        hand_out: HandOut | None = None,
    ) -> None:
        self._client = client
        self._file = file
        self._directory = directory
        self._requests = requests
        self._requested = {request.user_name for request in requests}
        self._settings = settings
        self._hand_out = hand_out
        # What the file held at first, what it is to hold, and what it holds by now.
        self._before = dict(file.entries)
        self._entries = dict(file.entries)
        self._written = dict(file.entries)
        self._journal_path = journal_path(file.path)
        self._settlement = Settlement()
        # The new names of users by their old ones.
        self._renamed: dict[str, str] = {}
        self._items: list[Item] = []
        self._failure: RamError | None = None
        self.warnings: list[str] = []

    @property
    def changed(self) -> bool:
        """Whether a file or the cloud is no longer what it was."""
        return (
            self.has_settled
            or any(item.action in TOUCH_THE_CLOUD for item in self._items)
            or (self._hand_out is not None and self._hand_out.changed)
        )

    @property
    def has_settled(self) -> bool:
        """Whether the file has changed, or settling an interrupted run has deleted a key."""
        return self._written != self._before or bool(self._settlement.lost_keys)

    @property
    def errors(self) -> list[RamError]:
        """What went wrong, for the files first, then for single users."""
        of_hand_out = self._hand_out.error if self._hand_out else None
        found = [self._failure, of_hand_out, *(item.error for item in self._items)]
        return [error for error in found if error]

    def results(self) -> list[dict[str, t.Any]]:
        """Return what the task reports for each user; never a secret."""
        return [self._result_of(item) for item in self._items]

    def fates(self) -> list[str]:
        """Return what became of each user, as one of FATES."""
        return [self._fate_of(item) for item in self._items]

    def diffs(self) -> list[dict[str, t.Any]]:
        """Return the change to each file as diff mode shows it: names and ids."""
        diffs = [_diff(self._file.path, self._before, self._written)]
        if self._hand_out and self._hand_out.changed:
            held = self._hand_out.key_ids
            before = {name: e for name, e in self._before.items() if e.access_key_id in held}
            diffs.append(_diff(self._hand_out.path, before, self._handed_out()))
        return diffs

    def settle(self) -> None:
        """Settle what an interrupted run left; its journal goes once its keys are in the file."""
        pending = read_journal(self._journal_path, self._file.vault)
        if pending or any(self._may_be_renamed(*item) for item in self._entries.items()):
            self._follow_renames()
        if pending is None:
            return
        check_mode = self._settings.check_mode
        self._settlement = Settler(
            self._client,
            self._file,
            self._entries,
            self._directory,
            imported=self._settings.imported,
            concurrency=self._settings.concurrency,
        ).settle(pending, self._header(), check_mode=check_mode)
        self.warnings += self._settlement.warnings
        if self._settlement.error:
            raise self._settlement.error
        self._entries.update(self._settlement.recovered)
        if check_mode:
            self._written = dict(self._entries)
        else:
            self._write(self._entries)
            # What an earlier run brought from the journal into the file may be gone from there.
            self._file.refuse_without(self._entries)
            self._forget_journal()

    def plan(self) -> list[str]:
        """Decide for every user and return the problems; nothing is changed.

        Raises InputError if there is something to write and no way to.
        """
        cases = [self._situation(request) for request in self._requests]
        keys = map_all(
            self._keys_of, cases, self._settings.concurrency, self._watch("users looked at")
        )
        self._items = [
            self._decide(request, replace(case, keys=found))
            for request, case, found in zip(self._requests, cases, keys, strict=True)
        ]
        for item in self._items:
            self.warnings += self._warnings_of(item)
        expected = self._expected_entries()
        changes = self._changes_to(expected)
        if changes:
            self._file.prove_writable(changes, probe=not self._settings.check_mode)
        if self._hand_out:
            known = [*self._before.items(), *expected.items()]
            self._hand_out.plan(known, self._settings.concurrency)
        if self._items_to(CREATE, REPLACE, IMPORT):
            self._settings.before_new_keys(self._file.path)
        problems = map_all(self._problem_of, self._items, self._settings.concurrency)
        return list(filter(None, problems))

    def apply(self) -> None:
        """Carry out what was decided, or in check mode count it as done, and verify the keys."""
        try:
            if self._settings.check_mode:
                self._count_as_done()
            else:
                self._carry_out()
            to_verify = [item for item in self._items if self._is_to_verify(item)]
            self._attempt(self._verify, to_verify, "keys verified")
            if self._hand_out:
                self._hand_out.apply(self._handed_out(), check_mode=self._settings.check_mode)
        except RamError as error:
            self._failure = error
        except Exception as error:  # noqa: BLE001 - what was done until then must be told
            self._failure = unforeseen(error)

    def _may_be_renamed(self, name: str, entry: Entry) -> bool:
        """Tell whether an entry that this task is about may belong to a user of another name."""
        if not self._is_ours(entry):
            return False
        user = self._directory.known_by_id(str(entry.user_id))
        return user.user_name != name if user else name in self._requested

    def _follow_renames(self) -> None:
        """Move entries to the names that their users have now."""
        names = {name: self._name_now(name, entry) for name, entry in self._entries.items()}
        self._renamed = {old: new for old, new in names.items() if old != new}
        for old, new in self._renamed.items():
            if list(names.values()).count(new) > 1:
                raise InputError(
                    f"User {old} is now called {new}, but {self._file.path} has another entry of "
                    "that name: remove one of them"
                )
            self.warnings.append(f"User {old} is now called {new}, so its entry is renamed too")
        self._entries = {names[old]: entry for old, entry in self._entries.items()}

    def _name_now(self, name: str, entry: Entry) -> str:
        owner = self._directory.by_id(str(entry.user_id)) if self._is_ours(entry) else None
        return owner.user_name if owner else name

    def _is_ours(self, entry: Entry) -> bool:
        return bool(entry.user_id) and entry.account_id == self._client.identity.account_id

    def _situation(self, request: Request) -> Situation:
        """Return what is known of the user short of its keys."""
        name = request.user_name
        new_name = self._renamed.get(name)
        if new_name and new_name not in self._requested and not self._directory.by_name(name):
            name = new_name
        return Situation(
            user_name=name,
            account_id=self._client.identity.account_id,
            entry=self._entries.get(name),
            user=self._directory.by_name(name),
            keys=None,
        )

    def _keys_of(self, case: Situation) -> list[AccessKey] | None:
        if case.user is None:
            return None
        if case.user.user_id is None:
            return []
        entry = case.entry if case.entry and self._is_ours(case.entry) else None
        keys = find_keys_with(
            self._client,
            case.user_name,
            key_id=entry.access_key_id if entry else None,
            created=entry.created if entry else None,
        )
        lost = self._settlement.lost_keys
        return keys and [key for key in keys if key.access_key_id not in lost]

    def _decide(self, request: Request, case: Situation) -> Item:
        owned = request.owned_pair
        if owned:
            decision = decide_import(case, owned, is_stored=self._is_stored(owned, case))
        elif request.state == "absent":
            decision = decide_absent(case)
        else:
            decision = decide_present(case, self._settings.choices)
        action = ACTIONS[decision.do]
        if decision.do == KEEP and case.user_name in self._settlement.recovered:
            action = RECOVERED
        elif decision.do == KEEP and case.user_name in self._renamed.values():
            action = RENAMED
        item = Item(request, case, decision, aim=action, action=action)
        if owned:
            item.access_key_id, item.verified = owned.pair.access_key_id, True
            item.imported = self._imported_entry(owned, case) if decision.do == IMPORT else None
        elif case.entry:
            item.access_key_id = case.entry.access_key_id
        return item

    def _is_stored(self, owned: OwnedPair, case: Situation) -> bool:
        entry = case.entry
        if entry is None or entry.secret is None:
            return False
        if entry.access_key_id != owned.pair.access_key_id:
            return False
        return self._file.secret_of(case.user_name, entry) == owned.pair.access_key_secret

    def _warnings_of(self, item: Item) -> Iterator[str]:
        if item.decision.warning:
            yield item.decision.warning
        if item.case.entry and self._file.is_in_clear(item.case.entry):
            yield f"The secret of user {item.name} is not encrypted in {self._file.path}"

    def _problem_of(self, item: Item) -> str | None:
        problem = item.decision.problem
        if problem and item.decision.show_keys:
            return f"{problem}: {describe_keys(self._client, item.name, item.case.keys or [])}"
        if item.decision.do == REMOVE:
            signing = {signer.access_key_id for signer in self._client.signers}
            if item.access_key_id in signing:
                return f"Refusing to delete AccessKey {item.access_key_id}: it signs this run"
        return problem

    def _result_of(self, item: Item) -> dict[str, t.Any]:
        result = {
            "user_name": item.name,
            "access_key_id": item.access_key_id,
            "action": item.action,
            "verified": item.verified,
            "file": str(self._file.path),
        }
        error = self._error_of(item)
        return {**result, "error": str(error)} if error else result

    def _fate_of(self, item: Item) -> str:
        if self._error_of(item):
            return FAILED
        return item.action if item.action in FATES else CHANGED

    def _error_of(self, item: Item) -> RamError | None:
        return item.error or (None if item.aim in AS_IT_WAS else self._failure)

    def _items_to(self, *deeds: str) -> list[Item]:
        return [item for item in self._items if item.decision.do in deeds]

    def _expected_entries(self) -> dict[str, Entry]:
        """Return the entries as they are going to be."""
        created = {item.name: NOTHING_YET for item in self._items_to(CREATE, REPLACE)}
        removed = {item.name for item in self._items_to(REMOVE)}
        expected = {**self._entries, **created, **self._imported_entries()}
        return {name: entry for name, entry in expected.items() if name not in removed}

    def _imported_entries(self) -> dict[str, Entry]:
        return {item.name: item.imported for item in self._items if item.imported}

    def _imported_entry(self, owned: OwnedPair, case: Situation) -> Entry:
        key = t.cast("AccessKey", case.key(owned.pair.access_key_id))
        return self._file.new_entry(
            access_key_id=owned.pair.access_key_id,
            access_key_secret=owned.pair.access_key_secret,
            account_id=case.account_id,
            user_id=owned.user_id,
            created=key.create_date or "",
        )

    def _handed_out(self) -> dict[str, Entry]:
        """Return the entries of those users of the task that are to have a key."""
        names = [item.name for item in self._items if item.request.state == "present"]
        return {name: self._entries[name] for name in names if name in self._entries}

    def _count_as_done(self) -> None:
        self._entries = self._written = self._expected_entries()
        for item in self._items_to(CREATE, REPLACE):
            item.access_key_id = None

    def _carry_out(self) -> None:
        for item in self._items:
            if item.aim not in AS_IT_WAS:
                item.action = FAILED
        creations = self._items_to(CREATE, REPLACE)
        if not creations:
            self._finish()
            return
        with closing(self._open_journal()) as journal:
            creator = Creator(self._client, self._file, journal)
            try:
                self._attempt(lambda item: self._create(creator, item), creations, "keys created")
                self._tell_unanswered(creator, creations)
                self._finish()
            except Exception:
                self._withdraw_if_lost(journal, creator, creations)
                raise
            # That nothing went wrong proves nothing: the journal goes if the file holds the keys.
            if creator.has_settled(self._stored_ids()):
                journal.remove()
            else:
                self._withdraw_if_lost(journal, creator, creations)

    def _open_journal(self) -> Journal:
        try:
            return Journal(
                self._journal_path, self._header(), self._file.vault, self._file.password
            )
        except JournalError as error:
            raise RamError(f"No key was created: {error}") from None

    def _finish(self) -> None:
        self._attempt(self._activate, self._items_to(ACTIVATE), "keys activated")
        self._attempt(self._remove, self._items_to(REMOVE), "keys removed")
        entries = {**self._entries, **self._imported_entries()}
        self._write(entries)
        self._entries = entries
        for item in self._items_to(IMPORT, KEEP):
            item.action = item.aim

    def _attempt(self, deed: Callable[[Item], None], items: Sequence[Item], what: str) -> None:
        """Do it for all items; one that fails keeps its error and stops no other."""
        outcomes = attempt_all(deed, items, self._settings.concurrency, self._watch(what))
        for item, outcome in zip(items, outcomes, strict=True):
            item.error = outcome.error or item.error

    def _watch(self, what: str) -> Callable[[int, int], None]:
        return partial(self._settings.watch, what)

    def _create(self, creator: Creator, item: Item) -> None:
        entry = creator.create(item.case)
        self._entries[item.name] = entry
        item.access_key_id = entry.access_key_id
        item.action = item.aim

    def _tell_unanswered(self, creator: Creator, items: Sequence[Item]) -> None:
        words = creator.settle_unanswered(self._settings.concurrency)
        for item in items:
            if item.error and item.name in words:
                item.error.reworded(f"{item.error}; {words[item.name]}")

    def _withdraw_if_lost(self, journal: Journal, creator: Creator, items: Sequence[Item]) -> None:
        """Delete or name the new keys that neither file nor journal holds."""
        if journal.is_in_place():
            return
        cause = RamError(f"it is not in {self._file.path}, and {self._journal_path} is lost")
        errors = creator.withdraw(self._stored_ids(), cause)
        for item in items:
            if item.name in errors:
                item.action, item.error = FAILED, errors[item.name]

    def _stored_ids(self) -> set[str]:
        """Return the ids of the keys that the file holds by now."""
        return {str(entry.access_key_id) for entry in self._file.entries.values()}

    def _activate(self, item: Item) -> None:
        AccessKeyApi(self._client, item.name).set_status(str(item.access_key_id), ACTIVE)
        item.action = item.aim

    def _remove(self, item: Item) -> None:
        if item.case.entry_key:
            AccessKeyApi(self._client, item.name).delete(str(item.access_key_id))
        del self._entries[item.name]
        item.action = item.aim

    def _is_to_verify(self, item: Item) -> bool:
        exists = item.decision.do == KEEP or not self._settings.check_mode
        return (
            exists
            and item.access_key_id is not None
            and item.verified is None
            and item.action in TO_VERIFY[self._settings.verify]
        )

    def _verify(self, item: Item) -> None:
        entry = self._entries[item.name]
        item.verified = False
        verify_pair(
            self._client,
            str(entry.access_key_id),
            self._file.secret_of(item.name, entry),
            user_id=entry.user_id,
            patience=NEW_KEY_PATIENCE if item.action in NEW_KEYS else 0.0,
        )
        item.verified = True

    def _changes_to(self, entries: Mapping[str, Entry]) -> dict[str, Entry | None]:
        """Return what in the file must become what for it to hold these entries."""
        names = [*self._file.entries, *entries]
        return {
            name: entries.get(name)
            for name in names
            if entries.get(name) != self._file.entries.get(name)
        }

    def _write(self, entries: Mapping[str, Entry]) -> None:
        """Bring the file to the entries that this run has come to."""
        changes = self._changes_to(entries)
        try:
            if changes:
                self._file.replace(changes)
            self._written = dict(entries)
        except RamError as error:
            # It may be in place, and only not be known to last.
            if not self._changes_to(entries):
                self._written = dict(entries)
            kept = (
                ". New keys that it does not hold yet are kept, encrypted, in "
                f"{self._journal_path}: once this is mended, run again"
            )
            has_journal = self._journal_path.exists()
            raise RamError(
                f"Cannot replace {self._file.path}: {error}{kept if has_journal else ''}"
            ) from None

    def _forget_journal(self) -> None:
        try:
            remove_file(self._journal_path)
        except OSError as error:
            raise InputError(f"Cannot delete {self._journal_path}: {error.strerror}") from None

    def _header(self) -> Header:
        return Header(
            run=uuid.uuid4().hex,
            host=host_name(),
            machine=machine_id(),
            path=str(self._file.path),
            account_id=self._client.identity.account_id,
            endpoint=str(self._client.options.ram_endpoint),
            layout=self._file.layout,
            variable=self._file.variable,
            vault_id=self._file.password.vault_id,
        )


def _diff(path: Path, before: Mapping[str, Entry], after: Mapping[str, Entry]) -> dict[str, t.Any]:
    header = str(path)
    return {
        "before_header": header,
        "after_header": header,
        "before": _ids(before),
        "after": _ids(after),
    }


def _ids(entries: Mapping[str, Entry]) -> dict[str, str | None]:
    return {user: entry.access_key_id or None for user, entry in entries.items()}

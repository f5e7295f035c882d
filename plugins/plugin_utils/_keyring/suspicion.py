# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follow up creates that got no answer: suspect, set aside, and in the end delete what they made.

Nobody holds the secret of such a key, so there is no hurry, while another run or a colleague may
just have made the one that looks like it.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ...module_utils._cloud.errors import RamError
from ...module_utils._cloud.times import timestamp
from ...module_utils._ram.access_key import ACTIVE, INACTIVE, AccessKeyApi, find_keys
from ...module_utils._stopping import StoppedError
from ...module_utils._work.pool import map_all
from .clock import told_time
from .evidence import Candidate, Fate, Use, answers_to, fates, goes_at, is_over
from .looks import await_second_look
from .records import Cleared, SetAside, Suspected

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...module_utils._cloud.clock import Moment
    from ...module_utils._ram.access_key import AccessKey
    from .desk import Desk
    from .owners import Owner
    from .records import Intent, Run


@dataclass(frozen=True)
class ToldSuspect:
    """A key that may have come of an unanswered create, and when it goes at the earliest."""

    user_name: str
    access_key_id: str
    is_set_aside: bool
    goes_at: float

    def as_result(self) -> dict[str, t.Any]:
        """Return it as the task's result shows it."""
        return {
            "user_name": self.user_name,
            "access_key_id": self.access_key_id,
            "state": "set_aside" if self.is_set_aside else "suspected",
            "goes_at": told_time(self.goes_at),
        }


class Suspicion:
    """Follows up the unanswered creates of one log, many users at a time.

    `known` are the ids that are accounted for.
    """

    def __init__(self, desk: Desk, known: set[str], now: Moment) -> None:
        self._desk = desk
        self._known = known
        self._now = now
        self.suspects: dict[str, list[ToldSuspect]] = {}
        self.warnings: list[str] = []

    def follow_up(self, creates: Sequence[tuple[Run, Intent]], owner: Owner) -> bool:
        """Do what is due for one user; return whether nothing seems to be left to follow up."""
        intents = [intent for _run, intent in creates]
        ours = self._noted_here(creates)
        user_name = _name_of(owner, creates)
        found = self._candidates(ours or intents, user_name, owner.keys)
        if not ours:
            return self._name_only(self._unused(found, user_name), intents, user_name)
        decided = fates(found, len(ours), self._now.earliest)
        for each in found:
            if self._act(each, decided[each.key_id], user_name, ours[0]):
                self._known.add(each.key_id)
        return self._are_over(ours) and not self.suspects.get(ours[0].user_id)

    def look_again(
        self,
        creates: Mapping[str, Sequence[tuple[Run, Intent]]],
        owners: Mapping[str, Owner],
    ) -> list[str]:
        """Return the users, by id, for whom a second look finds no key of their creates either."""
        if not creates:
            return []
        await_second_look()

        def has_none(user_id: str) -> bool:
            of_user = creates[user_id]
            intents = self._noted_here(of_user) or [intent for _run, intent in of_user]
            user_name = _name_of(owners[user_id], of_user)
            keys = find_keys(self._desk.client, user_name) or []
            return not self._candidates(intents, user_name, keys)

        are_over = map_all(has_none, list(creates), self._desk.concurrency)
        return [user_id for user_id, is_over in zip(creates, are_over, strict=True) if is_over]

    def _noted_here(self, creates: Sequence[tuple[Run, Intent]]) -> list[Intent]:
        """Return the creates whose records stand where they were written."""
        return [intent for run, intent in creates if self._desk.log.is_original(run.header)]

    def _candidates(
        self, intents: Sequence[Intent], user_name: str, keys: Sequence[AccessKey]
    ) -> list[Candidate]:
        noted = self._desk.log.history.suspects
        found = []
        for key in keys:
            key_id, created = str(key.access_key_id), timestamp(key.create_date)
            suspect = noted.get(key_id)
            if key_id in self._known or created is None or (suspect and suspect.cleared):
                continue
            if suspect or any(answers_to(intent, key_id, created) for intent in intents):
                set_aside = suspect.set_aside if suspect else None
                candidate = Candidate(
                    key_id, created, key.is_active, bool(suspect), set_aside, Use.UNKNOWN
                )
                found.append(self._with_use(candidate, user_name))
        return found

    def _with_use(self, candidate: Candidate, user_name: str) -> Candidate:
        """Ask for the last use, if that decides anything by now."""
        if not candidate.is_due(self._now.earliest):
            return candidate
        try:
            date = AccessKeyApi(self._desk.client, user_name).last_used(candidate.key_id)
        except StoppedError:
            raise
        except RamError as error:
            self.warnings.append(
                f"{self._what(candidate, user_name)}, and that can't be told: {error}"
            )
            return candidate
        use = Use.NEVER if date is None else Use.USED
        return replace(candidate, use=use)

    def _unused(self, found: Sequence[Candidate], user_name: str) -> list[Candidate]:
        """Return the candidates without those that are in use, which nobody has lost."""
        left = []
        for candidate in found:
            if self._with_use(replace(candidate, is_suspected=True), user_name).use is Use.USED:
                self._known.add(candidate.key_id)
            else:
                left.append(candidate)
        return left

    def _act(self, candidate: Candidate, fate: Fate, user_name: str, intent: Intent) -> bool:
        """Do what is due for a candidate; return whether it is one no more."""
        try:
            return self._done(candidate, fate, user_name, intent.user_id)
        except StoppedError:
            raise
        except RamError as error:
            self._keep(candidate, user_name, intent.user_id)
            self.warnings.append(f"{error}. {self._what(candidate, user_name)}, so it is to go")
            return False

    def _done(self, candidate: Candidate, fate: Fate, user_name: str, user_id: str) -> bool:
        key_id, what = candidate.key_id, self._what(candidate, user_name)
        if fate in {Fate.SET_ASIDE, Fate.DELETE} and self._signs(key_id):
            fate = Fate.CLEAR
        match fate:
            case Fate.DELETE:
                self._desk.hands.delete(user_name, key_id)
                told = f"{what}. It was set aside and nobody has used it, so it was deleted"
                self.warnings.append(told)
                return True
            case Fate.ACTIVATE:
                self._desk.hands.set_status(user_name, key_id, ACTIVE)
                self._desk.log.note(Cleared(user_id, key_id))
                self.warnings.append(
                    f"Key {key_id} of user {user_name} was set aside, and is in use: it was "
                    "activated again, and is left alone from now on"
                )
                return True
            case Fate.CLEAR:
                self._desk.log.note(Cleared(user_id, key_id))
                return True
            case Fate.SET_ASIDE:
                self._desk.hands.set_status(user_name, key_id, INACTIVE)
                self._desk.log.note(SetAside(user_id, key_id, self._now.latest))
                candidate = replace(candidate, set_aside=self._now.latest)
            case Fate.SUSPECT:
                self._desk.log.note(Suspected(user_id, key_id))
        self._keep(candidate, user_name, user_id)
        self.warnings.append(f"{what}. {self._next_step(candidate, fate)}")
        return False

    def _what(self, candidate: Candidate, user_name: str) -> str:
        return (
            f"Key {candidate.key_id} of user {user_name} may have come of a create that got no "
            "answer"
        )

    def _next_step(self, candidate: Candidate, fate: Fate) -> str:
        if fate is Fate.NAME:
            return "So may other keys of this user, so none is touched: delete those you don't know"
        goes = told_time(goes_at(candidate, self._now.earliest))
        if candidate.set_aside is not None:
            return f"Nobody uses it, so it is Inactive, and a run after {goes} deletes it"
        return f"It is left alone for a day; unless it is used, it goes at {goes} at the earliest"

    def _keep(self, candidate: Candidate, user_name: str, user_id: str) -> None:
        told = ToldSuspect(
            user_name,
            candidate.key_id,
            candidate.set_aside is not None,
            goes_at(candidate, self._now.earliest),
        )
        self.suspects.setdefault(user_id, []).append(told)

    def _signs(self, key_id: str) -> bool:
        return key_id in {signer.access_key_id for signer in self._desk.client.signers}

    def _name_only(
        self, found: Sequence[Candidate], intents: Sequence[Intent], user_name: str
    ) -> bool:
        """Name what creates may have made that were noted elsewhere; only there it may go."""
        if found:
            self.warnings.append(
                f"A run that wrote its log elsewhere may have left {user_name} without the secret "
                f"of {', '.join(each.key_id for each in found)}. Only a run there can tell, so it "
                "is left alone"
            )
        return not found and self._are_over(intents)

    def _are_over(self, intents: Sequence[Intent]) -> bool:
        return all(is_over(intent, self._now.earliest) for intent in intents)


def _name_of(owner: Owner, creates: Sequence[tuple[Run, Intent]]) -> str:
    return owner.user.user_name if owner.user else creates[0][1].user_name

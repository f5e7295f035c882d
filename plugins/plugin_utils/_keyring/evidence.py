# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be concluded from what is known of a key. Reads and writes nothing itself.

Nothing irreversible rests on one look: each rule here says what it takes, and what it takes longer
than. All times are in seconds since 1970 by the server's clock, which is known only as an interval:
a time that is waited for is over once the earliest moment that it can be now lies behind it.
"""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from .records import Intent, LoggedKey

DAY = 86_400.0
# A create is signed within so many seconds of its intent, or noted anew.
SIGNED_WITHIN = 60.0
# The API refuses timestamps that are older.
OLDEST_TIMESTAMP = 15 * 60.0
# Dates of the API have whole seconds.
DATE_RESOLUTION = 1.0
# Last use shows about two hours late, so at this age an unused key was not used for 22 hours.
SUSPECT_UNTIL = DAY
SET_ASIDE_FOR = 7 * DAY
STORED_FOR = DAY
LOOKS_APART_WITHOUT_PAIR = 15 * 60.0
# So long after one that failed, a rotation is begun anew.
BEGIN_AGAIN = 7 * DAY


def window(intent: Intent) -> tuple[float, float]:
    """Return from when to when the create may make its key."""
    return intent.signed_from, intent.signed_until + OLDEST_TIMESTAMP


def is_over(intent: Intent, now: float) -> bool:
    """Tell whether the create can no longer make a key; `now` is the earliest that it can be."""
    return now > window(intent)[1]


def answers_to(intent: Intent, key_id: str, created: float | None) -> bool:
    """Tell whether a key that nobody knows may have come of the create."""
    if key_id in intent.known_key_ids or created is None:
        return False
    start, end = window(intent)
    return created + DATE_RESOLUTION > start and created <= end


class Use(enum.Enum):
    """What the cloud says of a key's last use; no answer is never "never"."""

    NEVER = enum.auto()
    USED = enum.auto()
    UNKNOWN = enum.auto()


@dataclass(frozen=True)
class Candidate:
    """A key that may have come of an unanswered create, as the log and the cloud know it."""

    key_id: str
    created: float
    is_active: bool
    is_suspected: bool
    set_aside: float | None
    use: Use

    def is_due(self, now: float) -> bool:
        """Tell whether its last use decides anything by now."""
        return self.is_suspected and (
            self.set_aside is not None or now - self.created >= SUSPECT_UNTIL
        )


class Fate(enum.Enum):
    """What becomes of a candidate."""

    SUSPECT = enum.auto()
    WAIT = enum.auto()
    SET_ASIDE = enum.auto()
    DELETE = enum.auto()
    ACTIVATE = enum.auto()
    CLEAR = enum.auto()
    NAME = enum.auto()


def fates(candidates: Sequence[Candidate], creates: int, now: float) -> dict[str, Fate]:
    """Return what becomes of the candidates of one user's unanswered creates.

    If more are left than creates, none of them is touched.
    """
    found = {each.key_id: _fate(each, now) for each in candidates}
    left = [key_id for key_id, fate in found.items() if fate not in {Fate.CLEAR, Fate.ACTIVATE}]
    if len(left) > creates:
        touching = {Fate.SET_ASIDE, Fate.DELETE}
        found.update({key_id: Fate.NAME for key_id in left if found[key_id] in touching})
    return found


def _fate(candidate: Candidate, now: float) -> Fate:
    if not candidate.is_suspected:
        return Fate.SUSPECT
    is_ours = candidate.set_aside is not None
    if is_ours and candidate.is_active:
        # Somebody has activated it since.
        return Fate.CLEAR
    if not candidate.is_due(now) or candidate.use is Use.UNKNOWN:
        return Fate.WAIT
    if candidate.use is Use.USED:
        return Fate.ACTIVATE if is_ours else Fate.CLEAR
    if candidate.set_aside is None:
        return Fate.SET_ASIDE
    return Fate.DELETE if now - candidate.set_aside >= SET_ASIDE_FOR else Fate.WAIT


def goes_at(candidate: Candidate, now: float) -> float:
    """Return when the candidate goes at the earliest, if nobody uses it."""
    if candidate.set_aside is not None:
        return candidate.set_aside + SET_ASIDE_FOR
    return max(candidate.created + SUSPECT_UNTIL, now) + SET_ASIDE_FOR


class Merge(enum.Enum):
    """What becomes of a logged key that the file does not hold."""

    MERGE = enum.auto()
    GONE_ON = enum.auto()
    LEAVE = enum.auto()
    CLASH = enum.auto()


@dataclass(frozen=True)
class InFile:
    """What the file says of a logged key's user: the entry's key, alive or not, and its age."""

    key_id: str | None
    is_alive: bool
    created: float | None


def merging(key: LoggedKey, created: float | None, entry: InFile | None, *, is_ours: bool) -> Merge:
    """Return what becomes of a key that lives and that the file does not hold.

    `is_ours` tells whether the entry is known to be of this very user.
    """
    if entry is None:
        return Merge.MERGE
    if entry.key_id and entry.key_id == key.intent.entry_key_id:
        return Merge.MERGE
    if is_ours and not entry.is_alive:
        return Merge.MERGE
    if key.stored is None:
        return Merge.CLASH
    is_younger = entry.created is not None and created is not None and entry.created > created
    return Merge.GONE_ON if is_younger else Merge.LEAVE


def stood_for_a_day(key: LoggedKey, now: float) -> bool:
    """Tell whether a key that the file holds has stood there for a day."""
    return key.stored is not None and now - key.stored >= STORED_FOR


def is_settled(key: LoggedKey, in_file: Collection[str], now: float) -> bool:
    """Tell whether a logged key asks for nothing any more, without asking the cloud."""
    return stood_for_a_day(key, now) if key.access_key_id in in_file else key.left

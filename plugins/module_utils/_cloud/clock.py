# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's clock, as its answers tell it."""

from __future__ import annotations

import email.utils
import threading
import time
import typing as t
from dataclasses import dataclass
from datetime import timezone

if t.TYPE_CHECKING:
    from collections.abc import Mapping

# The header that tells the time has whole seconds.
_RESOLUTION = 1.0


@dataclass(frozen=True)
class Moment:
    """Now by the server's clock, in seconds since 1970; nobody knows it more exactly than this."""

    earliest: float
    latest: float


class ServerClock:
    """Keeps the time that answers tell, and goes on by a clock that nobody sets; thread-safe.

    Something on the way may answer with another date than the server's, so what all answers told
    counts: the time is known only as widely as they differ.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # How far the server is ahead, at least and at most: by the last answer, and by all.
        self._last: tuple[float, float] | None = None
        self._all: tuple[float, float] | None = None

    def note(self, headers: Mapping[str, str], sent: float, arrived: float) -> None:
        """Learn from an answer whose request was sent and that arrived, by `running_seconds`."""
        try:
            date = email.utils.parsedate_to_datetime(headers["date"])
        except (KeyError, TypeError, ValueError):
            return
        # Without a zone it is in UTC, and would be taken for this machine's time.
        told = (date if date.tzinfo else date.replace(tzinfo=timezone.utc)).timestamp()
        with self._lock:
            self._last = least, most = told - arrived, told + _RESOLUTION - sent
            if self._all:
                least, most = min(self._all[0], least), max(self._all[1], most)
            self._all = least, most

    def now(self) -> Moment | None:
        """Return the server's time by all answers, None as long as none has told it."""
        return _moment(self._all)

    def last_told(self) -> Moment | None:
        """Return the server's time by the last answer, None as long as none has told it."""
        return _moment(self._last)


def _moment(ahead: tuple[float, float] | None) -> Moment | None:
    if ahead is None:
        return None
    running = running_seconds()
    return Moment(running + ahead[0], running + ahead[1])


def running_seconds() -> float:
    """Return the seconds of a clock that nobody sets and that goes on while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))

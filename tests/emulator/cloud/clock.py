# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clock of the cloud, and the two ways in which it writes a time."""

from __future__ import annotations

import datetime as dt
import re
import time

TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


class Clock:
    """The time that dates what is stored and answered; tests move it to and fro.

    Whether a request is fresh is not judged by this clock: its client lives in real time, and would
    be refused for good once the cloud is more than 15 minutes away.
    """

    def __init__(self, start: float | None = None) -> None:
        self._offset = 0.0 if start is None else start - time.time()
        self._second = -1
        self._timestamp = ""
        self._http_date = ""

    def advance(self, seconds: float) -> None:
        """Move the time forward, or back if negative."""
        self._offset += seconds

    def set(self, moment: float) -> None:
        """Let it be this moment now, in seconds since the epoch."""
        self._offset = moment - time.time()

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return time.time() + self._offset

    def timestamp(self) -> str:
        """Return the time as the API writes it."""
        self._refresh()
        return self._timestamp

    def http_date(self) -> str:
        """Return the time as an HTTP header has it."""
        self._refresh()
        return self._http_date

    def _refresh(self) -> None:
        second = int(self.now())
        if second != self._second:
            self._second = second
            self._timestamp = format_time(second)
            self._http_date = format_http_date(second)


def format_time(seconds: float) -> str:
    """Write a time as the API does."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def format_http_date(seconds: float) -> str:
    """Write a time as an HTTP header has it."""
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(seconds))


def parse_time(text: str) -> float:
    """Read a time as the API writes it; ValueError if it is no such time."""
    if not TIME.fullmatch(text):
        message = f"{text} is not a time"
        raise ValueError(message)
    # Much faster than strptime, and every request brings a time.
    return dt.datetime.fromisoformat(f"{text[:-1]}+00:00").timestamp()

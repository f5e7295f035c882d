# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was asked and answered, how much at once and over how many connections; never a secret."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
import typing as t
import weakref
from dataclasses import dataclass, field

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from ..cloud.entities import Caller
    from .protocol import WireRequest

SECRET_NAME = re.compile(r"password$|secret|token|authenticationcode", re.IGNORECASE)
PASSWORD = re.compile(r"password$", re.IGNORECASE)
MASK = "********"


@dataclass(slots=True)
class Entry:
    """One request; `status` 0 means that the connection was dropped instead of answered."""

    start: float
    end: float = 0.0
    service: str = ""
    action: str = ""
    parameters: dict[str, str] | None = None
    # The account that the caller belongs to, empty for a caller that nobody knows.
    account: str = ""
    caller: str = ""
    user: str = ""
    code: str = ""
    status: int = 0
    # What was let pass although it is not honoured, or stands where others can read it.
    notes: list[str] = field(default_factory=list)

    def describe_request(self, wire: WireRequest, service: str, caller: Caller | None) -> None:
        """Note what is asked, and by whom."""
        self.service = service
        self.action = wire.action
        self.parameters = {
            name: MASK if SECRET_NAME.search(name) else value
            for name, value in wire.parameters.items()
        }
        self.notes += [
            f"{name} is in the address" for name, _value in wire.query if PASSWORD.search(name)
        ]
        self.caller = wire.access_key_id
        if caller:
            self.account = caller.account.account_id
            self.user = caller.label

    def describe(self) -> dict[str, t.Any]:
        """Return the entry as the control interface shows it."""
        return {
            "service": self.service,
            "account": self.account,
            "action": self.action,
            "parameters": self.parameters or {},
            "caller": self.caller,
            "user": self.user,
            "code": self.code,
            "status": self.status,
            "notes": self.notes,
            "start": self.start,
            "end": self.end,
        }


class RequestLog:
    """The API requests since the start or the last time it was cleared."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.peak_in_flight = 0
        self.connections = 0
        self._in_flight = 0
        self._crowds: list[tuple[int, asyncio.Event]] = []
        self._transports: weakref.WeakSet[asyncio.BaseTransport] = weakref.WeakSet()

    @contextlib.contextmanager
    def request(self, transport: asyncio.BaseTransport | None) -> Iterator[Entry]:
        """Record one request for as long as it is in flight."""
        entry = Entry(start=time.time())
        self._in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self._in_flight)
        self._tell_crowds()
        if transport is not None and transport not in self._transports:
            self._transports.add(transport)
            self.connections += 1
        try:
            yield entry
        finally:
            self._in_flight -= 1
            entry.end = time.time()
            self.entries.append(entry)

    def crowd(self, count: int) -> asyncio.Event:
        """Return what is set once so many requests have been in flight at once."""
        crowd = asyncio.Event()
        self._crowds.append((count, crowd))
        self._tell_crowds()
        return crowd

    def _tell_crowds(self) -> None:
        for count, crowd in self._crowds:
            if count <= self.peak_in_flight:
                crowd.set()
        self._crowds = [each for each in self._crowds if not each[1].is_set()]

    def clear(self) -> None:
        """Forget everything but the requests that are in flight."""
        self.entries.clear()
        self.peak_in_flight = self._in_flight
        self.connections = 0
        self._transports.clear()

    def describe(self) -> dict[str, t.Any]:
        """Return the log as the control interface shows it."""
        return {
            "requests": [entry.describe() for entry in self.entries],
            "peak_in_flight": self.peak_in_flight,
            "connections": self.connections,
        }

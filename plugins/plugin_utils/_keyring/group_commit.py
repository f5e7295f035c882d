# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writers who wait at the same time: what they hand in is written together.

Knows nothing of what that is, nor of where it goes.
"""

from __future__ import annotations

import threading
import typing as t
from dataclasses import dataclass

from ...module_utils._cloud.errors import RamError

if t.TYPE_CHECKING:
    from collections.abc import Callable

T = t.TypeVar("T")


class NotWrittenError(Exception):
    """What was handed in is lost; says why, or nothing if nobody knows."""


class GroupCommit(t.Generic[T]):
    """Writes what threads hand in, all at once that has come by the time of a write.

    `write` makes it durable, or raises RamError if all of it is lost. Nothing is written but in
    `turn`, a lock that others may hold to keep writers waiting.
    """

    def __init__(self, write: Callable[[list[T]], None], turn: threading.Lock) -> None:
        self._write = write
        self._turn = turn
        self._queue = threading.Lock()
        self._waiting: list[_Ticket[T]] = []

    def hand_in(self, item: T) -> None:
        """Return once it is durable; raises NotWrittenError if that can't be."""
        ticket = _Ticket(item)
        with self._queue:
            self._waiting.append(ticket)
        with self._turn:
            if not ticket.is_settled:
                self._write_waiting()
        if not ticket.is_durable:
            raise NotWrittenError(ticket.problem or "")

    def _write_waiting(self) -> None:
        with self._queue:
            batch, self._waiting = self._waiting, []
        try:
            self._write([ticket.item for ticket in batch])
        except RamError as error:
            for ticket in batch:
                ticket.problem = str(error)
        else:
            for ticket in batch:
                ticket.is_durable = True


@dataclass
class _Ticket(t.Generic[T]):
    """A thing on its way to the disk; if it is lost, it is not durable, explained or not."""

    item: T
    is_durable: bool = False
    problem: str | None = None

    @property
    def is_settled(self) -> bool:
        """Tell whether its writing has been tried."""
        return self.is_durable or self.problem is not None

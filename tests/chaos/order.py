# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a power loss may take: the order in which a run writes, syncs, renames and sends."""

from __future__ import annotations

import json
import typing as t

from .checks import ORDER, Problem
from .kills import STEP_CONCURRENCY
from .processes import KILLED
from .strikes import CREATE, Strike

if t.TYPE_CHECKING:
    from .rounds import Round
    from .site import Site

USERS = 12


def play(round_: Round) -> None:
    """Trace a run that is killed, and the one that settles what it left."""
    site = round_.site
    for strike in (Strike(f"{CREATE} answered", 3), None):
        trace = site.folder / f"trace-{strike or 'settling'}"
        run = site.start(concurrency=STEP_CONCURRENCY, strike=strike, trace=trace)
        if site.finish(run) == KILLED:
            round_.note_death(f"{CREATE} answered", was_settling=False)
        events = [json.loads(line) for line in trace.read_text().splitlines()]
        round_.outcome.problems += Reading(site).problems_in(events, is_whole=strike is None)


class Reading:
    """Reads a trace, keeping in mind what a power loss would take at that point."""

    def __init__(self, site: Site) -> None:
        self._file, self._journal = str(site.file), str(site.journal)
        self._folder = str(site.file.parent)
        self._unsynced: set[str] = set()
        self._unsynced_names: set[str] = set()
        self._announced: set[str] = set()
        self._durable: set[str] = set()
        self._problems: list[Problem] = []

    def problems_in(self, events: list[dict[str, t.Any]], *, is_whole: bool) -> list[Problem]:
        """Return each place in the trace where a power loss would do harm."""
        for event in events:
            getattr(self, f"_{event['event']}")(event)
        seen = {event["event"] for event in events}
        if not {"write", "fsync", "send"} <= seen or (is_whole and "rename" not in seen):
            self._accuse("the trace lacks what it is about, so it shows nothing")
        if is_whole and self._unsynced_names:
            self._accuse("the run ended before the names in the directory were durable")
        return self._problems

    def _open(self, event: dict[str, t.Any]) -> None:
        if event["path"] == self._file:
            self._accuse("the vault file itself was opened for writing")
        self._unsynced_names.add(event["path"])

    def _write(self, event: dict[str, t.Any]) -> None:
        self._unsynced.add(event["path"])
        self._announced |= set(event["users"])

    def _fsync(self, event: dict[str, t.Any]) -> None:
        self._unsynced.discard(event["path"])
        if event["path"] == self._folder:
            self._unsynced_names.clear()
        if event["path"] == self._journal:
            self._durable |= self._announced
            self._announced.clear()

    def _rename(self, event: dict[str, t.Any]) -> None:
        if event["path"] in self._unsynced:
            self._accuse("a file was renamed before what it holds was durable")
        self._unsynced_names.discard(event["path"])
        self._unsynced_names.add(event["to"])

    def _unlink(self, event: dict[str, t.Any]) -> None:
        if event["path"] == self._journal and self._file in self._unsynced_names:
            self._accuse("the log went before the replaced file was durable")
        self._unsynced.discard(event["path"])
        self._unsynced_names.discard(event["path"])

    def _send(self, event: dict[str, t.Any]) -> None:
        if event["action"] != CREATE:
            return
        if self._journal in self._unsynced_names:
            self._accuse("a create was sent before the name of the log was durable")
        if event["user"] not in self._durable:
            self._accuse("a create was sent before its intent was durable")
        self._durable.discard(event["user"])

    def _accuse(self, text: str) -> None:
        self._problems.append(Problem(ORDER, text))

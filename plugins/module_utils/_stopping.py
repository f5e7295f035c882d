# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests to stop: nothing new is begun after one, and what is in flight gets time to end.

A signal belongs to the whole process, and its handler can only leave a note; so this file has a
state of the process, and whoever is about to begin or to wait for something asks here. Without
`listening`, as in modules, nobody is ever asked to stop.
"""

from __future__ import annotations

import os
import signal
import threading
import time
import typing as t
from contextlib import contextmanager

from ._cloud.errors import RamError

if t.TYPE_CHECKING:
    from collections.abc import Iterator

GRACE = 15.0
_POLL_SECONDS = 0.1
_SIGNALS = {
    signal.SIGINT: "Ctrl-C (SIGINT)",
    signal.SIGTERM: "SIGTERM",
    signal.SIGHUP: "SIGHUP",
    signal.SIGALRM: "the task's timeout",
}


class StoppedError(RamError):
    """Something was not begun, or not waited for, because the process is asked to stop."""


class _Requests:
    """What this process has been asked so far; `parent` is whom it works for, while it listens."""

    parent: int | None = None
    reason: str | None = None
    since = 0.0

    def note(self, reason: str) -> None:
        """Remember the first request; any number of them counts as one."""
        if self.reason is None:
            self.since = time.monotonic()
            self.reason = reason

    def asked(self) -> bool:
        """Tell whether to stop."""
        # Whoever sends signals to Ansible's main process alone leaves its workers without one.
        if self.parent is not None and os.getppid() != self.parent:
            self.note("the end of Ansible's main process")
        return self.reason is not None


_requests = _Requests()


@contextmanager
def listening() -> Iterator[None]:
    """Take SIGINT, SIGTERM, SIGHUP and the alarm of a task's time-out as requests to stop.

    The time-out asks only what runs inside; the others ask all that this process would ever do.
    What the process ignores, as under nohup, is no request.
    Outside of the main thread, where no signal can be handled, nobody is asked.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _requests.parent = os.getppid()
    heeded = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, _handle) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _requests.parent = None
        if _requests.reason == _SIGNALS[signal.SIGALRM]:
            _requests.reason = None


def asked_to_stop() -> bool:
    """Tell whether nothing new is to be begun."""
    return _requests.asked()


def refuse_if_stopped() -> None:
    """Raise StoppedError if nothing new is to be begun."""
    if _requests.asked():
        raise StoppedError(f"stopped by {_requests.reason}; run again for the rest")


def refuse_if_out_of_time() -> None:
    """Raise StoppedError once what was in flight has had its time to end."""
    if _requests.asked() and time.monotonic() > _requests.since + GRACE:
        raise StoppedError(
            f"stopped by {_requests.reason}, and {GRACE:.0f} s later requests were still "
            "unanswered; run again to settle them"
        )


def is_out_of_task_time() -> bool:
    """Tell whether it was the task's time-out that asked; nobody knows once `listening` ends."""
    return _requests.reason == _SIGNALS[signal.SIGALRM]


def pause(seconds: float) -> None:
    """Sleep; raises StoppedError as soon as somebody asks to stop."""
    if _requests.parent is None:
        time.sleep(seconds)
        return
    deadline = time.monotonic() + seconds
    while (rest := deadline - time.monotonic()) > 0:
        refuse_if_stopped()
        time.sleep(min(rest, _POLL_SECONDS))


def _handle(number: int, _frame: object) -> None:
    _requests.note(_SIGNALS[signal.Signals(number)])

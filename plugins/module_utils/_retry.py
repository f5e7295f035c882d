# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repeat a request for as long as repeating it is safe and has a chance."""

from __future__ import annotations

import random
import threading
import time
import typing as t

from ._errors import NotSentError, RamError, ThrottledError, UnansweredError
from ._stopping import asked_to_stop, pause

if t.TYPE_CHECKING:
    from collections.abc import Callable

_T = t.TypeVar("_T")

FIRST_DELAY = 0.25
LONGEST_DELAY = 16.0


class Retrier:
    """Repeats requests with full-jitter backoff; throttling slows all threads that share it.

    Counts the `requests` that were sent, and the `repeats` among them.
    """

    def __init__(self, max_attempts: int) -> None:
        self._max_attempts = max_attempts
        self._lock = threading.Lock()
        self.requests = 0
        self.repeats = 0
        self._not_before = 0.0
        self._spread = 0.0

    def run(self, send: Callable[[], _T], *, repeatable: bool) -> _T:
        """Return what `send` returns, or raise its last error after `max_attempts`.

        A request that is not `repeatable` is sent again only if the server is known not to have
        carried it out: it was throttled, or never left. Asked to stop, nothing is repeated: raises
        the error, or StoppedError where it was waiting for its turn.
        """
        attempt = 0
        while True:
            self._wait_for_turn()
            attempt += 1
            self._count(attempt)
            try:
                return send()
            except RamError as error:
                is_last = attempt >= self._max_attempts or asked_to_stop()
                if is_last or not _worth_repeating(error, repeatable=repeatable):
                    raise
                self._back_off(error, attempt)

    def _count(self, attempt: int) -> None:
        with self._lock:
            self.requests += 1
            self.repeats += attempt > 1

    def _wait_for_turn(self) -> None:
        while (wait := self._not_before - time.monotonic()) > 0:
            # Threads that were held back together must not come back together.
            pause(wait + random.uniform(0, self._spread))

    def _back_off(self, error: RamError, attempt: int) -> None:
        longest = min(LONGEST_DELAY, FIRST_DELAY * 2**attempt)
        delay = random.uniform(0, longest)
        if isinstance(error, ThrottledError):
            delay = max(delay, min(error.retry_after or 0.0, LONGEST_DELAY))
            with self._lock:
                self._not_before = max(self._not_before, time.monotonic() + delay)
                self._spread = longest
        else:
            pause(delay)


def _worth_repeating(error: RamError, *, repeatable: bool) -> bool:
    if isinstance(error, UnansweredError):
        return repeatable
    return isinstance(error, (ThrottledError, NotSentError))

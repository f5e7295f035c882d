# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repeat a request for as long as repeating it is safe and has a chance."""

from __future__ import annotations

import random
import threading
import time
import typing as t
from collections import deque

from ._errors import NotSentError, RamError, ThrottledError, UnansweredError
from ._stopping import asked_to_stop, pause

if t.TYPE_CHECKING:
    from collections.abc import Callable

_T = t.TypeVar("_T")

FIRST_DELAY = 0.25
LONGEST_DELAY = 16.0
LOWEST_RATE = 4.0
RATE_FOR_AN_ANSWER = 0.15


class _Pace:
    """How many requests a second all threads together send: as many as they can until throttled.

    Throttling halves the rate, and each answer raises it a little: the more is sent, the sooner it
    is back. Whoever waits is let through one at a time, so nobody comes back together.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rate: float | None = None
        self._next_turn = 0.0
        self._slowed: float | None = None
        self._answers: deque[float] = deque()

    def wait_for_turn(self) -> float:
        """Return the time at which it is this thread's turn to send."""
        while (wait := self._take_turn()) > 0:
            pause(wait)
        return time.monotonic()

    def speed_up(self) -> None:
        """Count an answer."""
        with self._lock:
            self._answers.append(time.monotonic())
            self._forget_old_answers()
            if self._rate:
                self._rate += RATE_FOR_AN_ANSWER

    def slow_down(self, sent: float, delay: float) -> None:
        """Let nobody send for `delay` seconds, and fewer afterwards.

        What was `sent` before the last time says nothing of the rate since then.
        """
        with self._lock:
            now = time.monotonic()
            self._next_turn = max(self._next_turn, now + delay)
            if self._slowed is None or sent > self._slowed:
                self._slowed = now
                self._forget_old_answers()
                # Without a rate yet, or if nobody needs all of it, what was answered counts.
                answered = len(self._answers)
                rate = min(self._rate, answered) if self._rate else answered
                self._rate = max(LOWEST_RATE, rate / 2)

    def _take_turn(self) -> float:
        """Return 0 if it is this thread's turn, else for how long it is not."""
        with self._lock:
            now = time.monotonic()
            if now < self._next_turn:
                return self._next_turn - now
            if self._rate:
                self._next_turn = now + 1 / self._rate
            return 0.0

    def _forget_old_answers(self) -> None:
        while self._answers and self._answers[0] < time.monotonic() - 1:
            self._answers.popleft()


class Retrier:
    """Repeats requests with full-jitter backoff; throttling slows all threads that share it.

    Counts the `requests` that were sent, and the `repeats` among them.
    """

    def __init__(self, max_attempts: int) -> None:
        self._max_attempts = max_attempts
        self._lock = threading.Lock()
        self.requests = 0
        self.repeats = 0
        self._pace = _Pace()

    def run(self, send: Callable[[], _T], *, repeatable: bool) -> _T:
        """Return what `send` returns, or raise its last error after `max_attempts`.

        A request that is not `repeatable` is sent again only if the server is known not to have
        carried it out: it was throttled, or never left. Asked to stop, nothing is repeated: raises
        the error, or StoppedError where it was waiting for its turn.
        """
        attempt = 0
        while True:
            sent = self._pace.wait_for_turn()
            attempt += 1
            self._count(attempt)
            try:
                answer = send()
            except RamError as error:
                is_last = attempt >= self._max_attempts or asked_to_stop()
                if is_last or not _worth_repeating(error, repeatable=repeatable):
                    raise
                self._back_off(error, attempt, sent)
            else:
                self._pace.speed_up()
                return answer

    def _count(self, attempt: int) -> None:
        with self._lock:
            self.requests += 1
            self.repeats += attempt > 1

    def _back_off(self, error: RamError, attempt: int, sent: float) -> None:
        delay = random.uniform(0, min(LONGEST_DELAY, FIRST_DELAY * 2**attempt))
        if isinstance(error, ThrottledError):
            wish = min(error.retry_after or 0.0, LONGEST_DELAY)
            self._pace.slow_down(sent, max(delay, wish))
        else:
            pause(delay)


def _worth_repeating(error: RamError, *, repeatable: bool) -> bool:
    if isinstance(error, UnansweredError):
        return repeatable
    return isinstance(error, (ThrottledError, NotSentError))

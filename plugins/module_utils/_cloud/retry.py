# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repeat a request for as long as repeating it is safe and has a chance."""

from __future__ import annotations

import math
import random
import threading
import time
import typing as t
from collections import deque
from dataclasses import dataclass

from .._stopping import asked_to_stop, pause, refuse_if_stopped
from .errors import ApiError, NotSentError, RamError, ThrottledError, UnansweredError

if t.TYPE_CHECKING:
    from collections.abc import Callable

_T = t.TypeVar("_T")

FIRST_DELAY = 0.25
LONGEST_DELAY = 16.0
LOWEST_RATE = 2.0
# What an answer adds to the rate: on its way back to what a second allowed, and beyond that, for
# each second since requests were throttled.
QUICK_GAIN = 0.7
SLOW_GAIN = 0.005
# Only after so long the answers of a second tell what a second allows.
TELLING_SECONDS = 1.0


@dataclass(frozen=True)
class Attempts:
    """How often a request may be sent: again though it may have been carried out, or not.

    `announce` is called right before each time that it is signed and sent.
    """

    repeatable: bool = True
    announce: Callable[[], object] = lambda: None


ANY_NUMBER = Attempts()
# Never sent twice unless the first one is known not to have been carried out.
ONCE = Attempts(repeatable=False)


class _Pace:
    """How many requests a second all threads together send: as many as they can until throttled.

    Throttling halves the rate. Answers bring it back quickly to what a second allowed before, and
    then feel slowly for more. Whoever waits is let through one at a time, so nobody comes back
    together.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rate: float | None = None
        self._allowed = math.inf
        self._next_turn = 0.0
        self._resumed = 0.0
        self._slowed = -math.inf
        self._answers: deque[float] = deque()

    def wait_for_turn(self) -> float:
        """Return the time at which it is this thread's turn to send."""
        while (wait := self._take_turn()) > 0:
            pause(wait)
        return time.monotonic()

    def speed_up(self) -> None:
        """Count an answer."""
        with self._lock:
            now = time.monotonic()
            self._answers.append(now)
            self._forget_old_answers()
            if self._rate:
                is_back = self._rate >= self._allowed
                self._rate += SLOW_GAIN * (now - self._slowed) if is_back else QUICK_GAIN

    def slow_down(self, sent: float, wish: float) -> None:
        """Let all send half as much, and nobody for as many seconds as the server wishes.

        What was `sent` before the last time says nothing of the rate since then.
        """
        with self._lock:
            now = time.monotonic()
            if sent > self._slowed:
                self._slowed = now
                self._forget_old_answers()
                self._halve_rate(now)
            self._next_turn = self._resumed = max(self._next_turn, now + wish)

    def _halve_rate(self, now: float) -> None:
        answered = len(self._answers)
        rate = self._rate or answered
        # If little of the rate was needed, the answers don't tell what is allowed.
        if self._rate and now - self._resumed > TELLING_SECONDS and answered > rate / 2:
            self._allowed = answered
        self._rate = max(LOWEST_RATE, min(rate, self._allowed) / 2)

    def _take_turn(self) -> float:
        """Return 0 if it is this thread's turn, else for how long it is not."""
        with self._lock:
            now = time.monotonic()
            if now < self._next_turn:
                return self._next_turn - now
            if self._rate:
                slot = 1 / self._rate
                # Threads wake up a little late, which must not add up.
                is_kept = now - self._next_turn < slot
                self._next_turn = slot + (self._next_turn if is_kept else now)
            return 0.0

    def _forget_old_answers(self) -> None:
        while self._answers and self._answers[0] < time.monotonic() - TELLING_SECONDS:
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

    def run(self, send: Callable[[], _T], attempts: Attempts) -> _T:
        """Return what `send` returns, or raise its last error after `max_attempts`.

        A request that is not repeatable is sent again only if the server is known not to have
        carried it out: it was throttled, or never left. Asked to stop, nothing is repeated: raises
        the error if that leaves open what was done, else StoppedError.
        """
        attempt = 0
        while True:
            sent = self._pace.wait_for_turn()
            attempt += 1
            self._count(attempt)
            try:
                answer = send()
            except RamError as error:
                is_last = attempt >= self._max_attempts
                is_last |= isinstance(error, UnansweredError) and asked_to_stop()
                if isinstance(error, ApiError) and not isinstance(error, ThrottledError):
                    # A refusal is an answer, too.
                    self._pace.speed_up()
                if is_last or not _worth_repeating(error, repeatable=attempts.repeatable):
                    raise
                self._back_off(error, attempt, sent)
                refuse_if_stopped()
            else:
                self._pace.speed_up()
                return answer

    def _count(self, attempt: int) -> None:
        with self._lock:
            self.requests += 1
            self.repeats += attempt > 1

    def _back_off(self, error: RamError, attempt: int, sent: float) -> None:
        if isinstance(error, ThrottledError):
            self._pace.slow_down(sent, min(error.retry_after or 0.0, LONGEST_DELAY))
        pause(random.uniform(0, min(LONGEST_DELAY, FIRST_DELAY * 2**attempt)))


def _worth_repeating(error: RamError, *, repeatable: bool) -> bool:
    if isinstance(error, UnansweredError):
        return repeatable
    return isinstance(error, (ThrottledError, NotSentError))

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much of what a limiter allows many threads use together, in time that nobody waits for."""

from __future__ import annotations

import heapq
import random
import typing as t
from dataclasses import dataclass

import pytest

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud import retry

if t.TYPE_CHECKING:
    from collections.abc import Iterator

ALLOWED = 50
THREADS = 16
REQUESTS = 1500


class Clock:
    """A clock that is set."""

    now = 1000.0

    def monotonic(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that the pace looks at."""
    clock = Clock()
    monkeypatch.setattr(retry, "time", clock)
    return clock


@dataclass
class Limiter:
    """Lets `ALLOWED` requests through a second, and at most so many at once."""

    at_once: float

    def __post_init__(self) -> None:
        self._left, self._looked = self.at_once, 0.0

    def admits(self, now: float) -> bool:
        """Tell whether a request gets through."""
        self._left = min(self.at_once, self._left + (now - self._looked) * ALLOWED)
        self._looked = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Traffic:
    """Threads that send all requests at one pace; their steps are played in order of time."""

    def __init__(self, clock: Clock, limiter: Limiter) -> None:
        self._clock = clock
        self._limiter = limiter
        self._pace = retry._Pace()
        self._random = random.Random(7)
        self._begun = clock.now
        self.answered = self.refused = 0

    def play(self) -> None:
        """Play until all requests are answered."""
        steps = [(self._clock.now, number, self._thread()) for number in range(THREADS)]
        while self.answered < REQUESTS:
            self._clock.now, number, thread = heapq.heappop(steps)
            heapq.heappush(steps, (self._clock.now + next(thread), number, thread))

    @property
    def rate(self) -> float:
        """Return how many requests a second were answered; what came at once at first is extra."""
        seconds = self._clock.now - self._begun
        return (self.answered - self._limiter.at_once) / seconds

    def _thread(self) -> Iterator[float]:
        """Send requests for ever; yields the seconds to each next step."""
        while True:
            while (wait := self._pace._take_turn()) > 0:
                yield wait + self._random.uniform(0, 0.002)
            sent = self._clock.now
            yield self._random.uniform(0.023, 0.027)
            is_let_through = self._limiter.admits(self._clock.now)
            yield self._random.uniform(0.023, 0.027)
            if is_let_through:
                self.answered += 1
                self._pace.speed_up()
            else:
                self.refused += 1
                self._pace.slow_down(sent, 0)
                yield self._random.uniform(0, 2 * retry.FIRST_DELAY)


@pytest.mark.parametrize("at_once", [50, 5])
def test_most_of_what_is_allowed_is_used(clock: Clock, at_once: int) -> None:
    """Threads use nearly all that a limiter allows, a burst or not, and are seldom refused."""
    traffic = Traffic(clock, Limiter(at_once))

    traffic.play()

    assert traffic.rate >= 0.85 * ALLOWED
    assert traffic.refused <= 0.05 * traffic.answered


def test_long_pause_does_not_look_like_a_low_limit(clock: Clock) -> None:
    """Who is throttled after a pause that the server asked for goes on at a rate from before."""
    pace = retry._Pace()
    for _answer in range(80):
        pace.speed_up()
    pace.slow_down(clock.now, 3)
    clock.now += 3
    pace._take_turn()
    clock.now += 0.01

    pace.slow_down(clock.now, 0)
    clock.now += 1
    waits = [pace._take_turn(), pace._take_turn()]

    assert waits[0] == 0 < waits[1] < 1 / 15


def test_few_requests_do_not_look_like_a_low_limit(clock: Clock) -> None:
    """Who is throttled while little is to be sent is soon quick again when there is more."""
    pace = retry._Pace()
    pace.slow_down(clock.now, 0)
    for _second in range(30):
        clock.now += 1
        pace.speed_up()
    pace.slow_down(clock.now, 0)
    sent, end = 0, clock.now + 10

    while clock.now < end:
        clock.now += pace._take_turn() or 0.001
        pace.speed_up()
        sent += 1

    assert sent > 250

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The server's clock is as uncertain as the answer that told it was slow, and no more."""

from __future__ import annotations

import time
import typing as t

import pytest

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud import clock
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.clock import ServerClock
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.user import UserApi

from ..conftest import make_client

if t.TYPE_CHECKING:
    from emulator import Emulator

DATE = "Thu, 26 Nov 2026 23:00:00 GMT"
TOLD = 1_795_734_000.0


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that goes on while the machine sleeps, in a list."""
    seconds = [500.0]
    monkeypatch.setattr(clock, "running_seconds", lambda: seconds[0])
    return seconds


def test_nothing_told() -> None:
    """Before the first answer nobody knows the server's time."""
    assert ServerClock().now() is None


@pytest.mark.parametrize("headers", [{}, {"date": ""}, {"date": "today"}, {"date": None}])
def test_no_date(headers: dict[str, t.Any]) -> None:
    """An answer without a date, or with one that is none, tells nothing."""
    server_clock = ServerClock()

    server_clock.note(headers, 490.0, 500.0)

    assert server_clock.now() is None


@pytest.mark.parametrize(("sent", "arrived"), [(499.9, 500.0), (490.0, 500.0)])
def test_round_trip(now: list[float], sent: float, arrived: float) -> None:
    """The date was written at some time between request and answer, in a second of that name."""
    server_clock = ServerClock()

    server_clock.note({"date": DATE}, sent, arrived)
    moment = server_clock.now()

    assert moment is not None
    assert moment.earliest == pytest.approx(TOLD)
    assert moment.latest == pytest.approx(TOLD + 1 + arrived - sent)
    assert now == [arrived]


def test_time_goes_on(now: list[float]) -> None:
    """The server's time goes on with a clock that nobody sets."""
    server_clock = ServerClock()
    server_clock.note({"date": DATE}, 499.0, 500.0)

    now[0] += 3600
    moment = server_clock.now()

    assert moment is not None
    assert (moment.earliest, moment.latest) == pytest.approx((TOLD + 3600, TOLD + 3602))


def test_answers_that_differ(now: list[float]) -> None:
    """One answer with another date moves neither end past what the others told."""
    server_clock = ServerClock()
    for date in (DATE, DATE.replace("26 Nov", "28 Nov"), DATE.replace("26 Nov", "25 Nov"), DATE):
        server_clock.note({"date": date}, now[0], now[0])

    moment, last = server_clock.now(), server_clock.last_told()

    assert moment is not None
    assert (moment.earliest, moment.latest) == (TOLD - 86_400, TOLD + 2 * 86_400 + 1)
    assert last is not None
    assert (last.earliest, last.latest) == (TOLD, TOLD + 1)


def test_date_without_a_zone(monkeypatch: pytest.MonkeyPatch, now: list[float]) -> None:
    """A date that names no zone is in UTC, wherever this machine is."""
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    server_clock = ServerClock()

    server_clock.note({"date": DATE.replace("GMT", "-0000")}, now[0], now[0])
    moment = server_clock.now()
    monkeypatch.undo()
    time.tzset()

    assert moment is not None
    assert moment.earliest == pytest.approx(TOLD)


def test_slow_answer(emulator: Emulator, connection: dict[str, t.Any]) -> None:
    """An answer that was on its way for long does not move the clock, but widens it."""
    client = make_client(connection)
    emulator.fail("ListUsers", "delay", ms=1200, when="after")

    before = time.time()
    UserApi(client).list_all()
    moment = client.server_moment()

    assert moment is not None
    assert moment.earliest <= time.time() <= moment.latest
    assert moment.latest - moment.earliest > 2.2
    assert moment.latest < before + 5

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scripted failures as a client meets them, and what they leave behind in the account."""

from __future__ import annotations

import http.client
import threading
import time
import typing as t

import pytest

from emulator import Emulator

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Answer, RawClient

DROPPED = (ConnectionError, http.client.HTTPException)


def create_user(client: RawClient) -> Answer:
    """Ask for the user `alice`."""
    return client.act("CreateUser", UserName="alice")


def be_dropped(client: RawClient) -> None:
    """Ask for the user `alice`, and see the connection closed without an answer."""
    with pytest.raises(DROPPED):
        create_user(client)


def test_error(emulator: Emulator, root: RawClient) -> None:
    """An error is answered as scripted, instead of doing anything."""
    emulator.fail(
        "CreateUser", "error", code="ServiceUnavailable", status=503, headers={"x-note": "1"}
    )

    answer = create_user(root)

    assert (answer.status, answer.code) == (503, "ServiceUnavailable")
    assert answer.headers["x-note"] == "1"
    assert emulator.state()["users"] == {}


@pytest.mark.parametrize("kind", ["error", "garbage", "empty"])
def test_failing_after_the_deed(emulator: Emulator, root: RawClient, kind: str) -> None:
    """An answer can be spoilt after the action was done."""
    emulator.fail("CreateUser", kind, when="after")

    create_user(root)

    assert list(emulator.state()["users"]) == ["alice"]


@pytest.mark.parametrize("retry_after_ms", [None, 250])
def test_throttle(emulator: Emulator, root: RawClient, retry_after_ms: int | None) -> None:
    """Throttling is a 400 or another status, with a delay if one is asked for."""
    emulator.fail("*", "throttle", retry_after_ms=retry_after_ms)
    emulator.fail("*", "throttle", status=429)

    first, second, third = (create_user(root) for _turn in range(3))

    assert (first.status, first.code) == (400, "Throttling.User")
    assert first.headers["x-acs-retry-after"] == (str(retry_after_ms) if retry_after_ms else None)
    assert (second.status, third.status) == (429, 200)


@pytest.mark.parametrize(("kind", "users"), [("drop_before", []), ("drop_after", ["alice"])])
def test_drop(emulator: Emulator, root: RawClient, kind: str, users: list[str]) -> None:
    """A connection is closed without an answer, before or after the action is done."""
    emulator.fail("CreateUser", kind)

    be_dropped(root)

    assert list(emulator.state()["users"]) == users
    assert [entry["status"] for entry in emulator.requests()] == [0]


def test_late(emulator: Emulator, root: RawClient) -> None:
    """A dropped request is done some time after its caller has gone."""
    emulator.fail("CreateUser", "late", ms=50)

    be_dropped(root)
    at_once = list(emulator.state()["users"])
    wait_until(lambda: bool(emulator.state()["users"]))

    assert at_once == []
    assert [entry["status"] for entry in emulator.requests()] == [0]


def test_reset_cancels_late_requests(emulator: Emulator, root: RawClient) -> None:
    """A late request of before a reset is not done after it."""
    emulator.fail("CreateUser", "late", ms=50)
    be_dropped(root)

    emulator.reset()
    time.sleep(0.1)

    assert emulator.state()["users"] == {}


def test_stop_cancels_what_waits(
    connect: Callable[[Emulator], RawClient], capfd: pytest.CaptureFixture[str]
) -> None:
    """An emulator with a late and a delayed request stops at once, and says nothing about them."""
    with Emulator() as emulator:
        emulator.fail("*", "late", ms=60_000)
        emulator.fail("*", "delay", ms=60_000)
        client = connect(emulator)
        be_dropped(client)
        caller = threading.Thread(target=be_dropped, args=(client,))
        caller.start()
        wait_until(lambda: emulator.faults() == [])
    caller.join()

    assert capfd.readouterr() == ("", "")


def test_gathered_requests(emulator: Emulator, connect: t.Callable[[Emulator], RawClient]) -> None:
    """No answer comes before so many requests are in flight at once, or the time is over."""
    emulator.fail("GetCallerIdentity", "gather", requests=2, ms=60_000, times=2)
    callers = [
        threading.Thread(target=connect(emulator).act, args=("GetCallerIdentity",))
        for _turn in range(2)
    ]
    callers[0].start()
    wait_until(lambda: emulator.peak_in_flight() == 1)
    answered = emulator.requests()

    callers[1].start()
    for caller in callers:
        caller.join()

    assert answered == []
    assert emulator.actions() == ["GetCallerIdentity"] * 2


def test_request_that_waits_for_others_in_vain(emulator: Emulator, root: RawClient) -> None:
    """Where the others never come, a request is answered once the time is over."""
    emulator.fail("CreateUser", "gather", requests=2, ms=50)

    create_user(root)

    assert list(emulator.state()["users"]) == ["alice"]


@pytest.mark.parametrize(("when", "users"), [("before", []), ("after", ["alice"])])
def test_delay(emulator: Emulator, root: RawClient, when: str, users: list[str]) -> None:
    """An answer is late, and the action is done before or after the wait."""
    emulator.fail("CreateUser", "delay", ms=300, when=when)
    caller = threading.Thread(target=create_user, args=(root,))
    caller.start()
    wait_until(lambda: emulator.peak_in_flight() == 1 and emulator.faults() == [])

    meanwhile = list(emulator.state()["users"])
    answered = emulator.requests()
    caller.join()

    assert (meanwhile, answered) == (users, [])
    assert list(emulator.state()["users"]) == ["alice"]


def test_garbage(emulator: Emulator, root: RawClient) -> None:
    """An HTML page comes with the status of a broken proxy."""
    emulator.fail("CreateUser", "garbage")

    answer = create_user(root)

    assert answer.status == 502
    assert answer.body.startswith(b"<html>")


def test_empty(emulator: Emulator, root: RawClient) -> None:
    """An empty body comes with status 200."""
    emulator.fail("CreateUser", "empty")

    answer = create_user(root)

    assert (answer.status, answer.body) == (200, b"")


def test_half(emulator: Emulator, root: RawClient) -> None:
    """The action is done, and its answer ends in the middle."""
    emulator.fail("CreateUser", "half")

    answer = create_user(root)

    assert answer.status == 200
    assert answer.body.startswith(b"{")
    assert not answer.body.endswith(b"}")
    assert list(emulator.state()["users"]) == ["alice"]


def test_times_and_skip(emulator: Emulator, root: RawClient) -> None:
    """A fault lets so many requests pass, then hits so many."""
    emulator.fail("ListUsers", "error", skip=2, times=2)

    statuses = [root.act("ListUsers").status for _turn in range(5)]

    assert statuses == [200, 200, 500, 500, 200]


def test_order_and_action(emulator: Emulator, root: RawClient) -> None:
    """The first fault for an action hits first, and other actions go free."""
    emulator.fail("ListGroups", "error", code="Other")
    emulator.fail("ListUsers", "error", code="First")
    emulator.fail("*", "error", code="Second")

    codes = [root.act("ListUsers").code for _turn in range(3)]

    assert codes == ["First", "Second", ""]


def test_probability(emulator: Emulator, root: RawClient) -> None:
    """A fault with a probability hits some requests, the same ones for the same seed."""

    def run() -> list[int]:
        emulator.clear_faults()
        emulator.fail("*", "error", probability=0.5, seed=7, times=100)
        return [root.act("ListUsers").status for _turn in range(30)]

    first, second = run(), run()

    assert first == second
    assert set(first) == {200, 500}


@pytest.mark.parametrize(
    ("action", "kind", "options"),
    [
        ("CreateUzer", "error", {}),
        ("CreateUser", "eror", {}),
        ("CreateUser", "error", {"stauts": 500}),
        ("CreateUser", "delay", {"code": "x"}),
        ("CreateUser", "delay", {"when": "later"}),
        ("CreateUser", "delay", {"ms": "10"}),
        ("CreateUser", "error", {"times": 0}),
        ("CreateUser", "error", {"status": 9999}),
        ("CreateUser", "error", {"headers": "x-acs-retry-after"}),
        ("CreateUser", "error", {"headers": {"x-acs-retry-after": 5}}),
    ],
)
def test_faults_are_checked(
    emulator: Emulator, action: str, kind: str, options: dict[str, t.Any]
) -> None:
    """A fault that could never work as meant is refused."""
    with pytest.raises(ValueError, match=r"\w"):
        emulator.fail(action, kind, **options)


def test_flow_control(connect: Callable[[Emulator], RawClient]) -> None:
    """Requests beyond the limit of a second are throttled, and not done."""
    with Emulator(qps=3) as emulator:
        client = connect(emulator)
        codes = [client.act("ListUsers").code for _turn in range(6)]

    assert codes[:3] == [""] * 3
    assert "Throttling.User" in codes[3:]


def test_latency(connect: Callable[[Emulator], RawClient]) -> None:
    """Latency keeps requests in flight side by side."""
    with Emulator(latency_ms=200) as emulator:
        clients = [connect(emulator) for _turn in range(4)]
        threads = [threading.Thread(target=c.act, args=("ListUsers",)) for c in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert emulator.peak_in_flight() == 4


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for something that happens soon."""
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_redirect(emulator: Emulator, root: RawClient) -> None:
    """A proxy's redirect comes instead of the deed."""
    emulator.fail("CreateUser", "redirect", location="https://elsewhere.invalid/")

    answer = create_user(root)

    assert (answer.status, answer.headers["Location"]) == (302, "https://elsewhere.invalid/")
    assert emulator.state()["users"] == {}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"date": ""}, None),
        ({"date": "Thu, 01 Jan 1970 00:00:00 GMT"}, "Thu, 01 Jan 1970 00:00:00 GMT"),
        ({"seconds": -86400}, "Wed, 31 Dec 2025 00:00:0"),
    ],
)
def test_date(
    emulator: Emulator, root: RawClient, options: dict[str, object], told: str | None
) -> None:
    """An answer can lack its date, or tell a wrong one."""
    emulator.set_clock("2026-01-01T00:00:00Z")
    emulator.fail("CreateUser", "date", **options)

    date = create_user(root).headers["Date"]

    assert date is None if told is None else date.startswith(told)
    assert list(emulator.state()["users"]) == ["alice"]


@pytest.mark.parametrize(("options", "left"), [({}, ["a", "b"]), ({"item": "a"}, ["b", "c"])])
def test_missing_item(
    emulator: Emulator, root: RawClient, options: dict[str, str], left: list[str]
) -> None:
    """A list can lack one of its items once: the last, or the one that is named."""
    for name in "abc":
        emulator.call("CreateUser", UserName=name)
    emulator.fail("ListUsers", "drop_item", **options)

    once, again = (root.act("ListUsers").json["Users"]["User"] for _turn in range(2))

    assert [user["UserName"] for user in once] == left
    assert [user["UserName"] for user in again] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("selector", "value"),
    [
        ("service", "IMS"),
        ("account", "1" * 16),
        ("access_key_id", "LTAI5tsomebodyelse"),
        ("parameters", {"UserName": "bob"}),
    ],
)
def test_selectors(emulator: Emulator, root: RawClient, selector: str, value: object) -> None:
    """A fault for another service, account, key or parameter leaves a request alone."""
    emulator.fail("*", "error", **{selector: value})

    assert create_user(root).status == 200
    assert len(emulator.faults()) == 1


def test_refused_key(
    emulator: Emulator, root: RawClient, sign_in: Callable[..., RawClient]
) -> None:
    """The signatures of one key can be refused while all others are good."""
    alice = sign_in("alice", "2015-04-01")
    emulator.fail(
        "*",
        "error",
        code="SignatureDoesNotMatch",
        status=400,
        access_key_id=alice.access_key_id,
        service="STS",
    )

    assert root.act("GetUser", UserName="alice").status == 200
    assert alice.act("GetCallerIdentity").code == "SignatureDoesNotMatch"

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control interface: what it shows, what it changes, and whom it refuses."""

from __future__ import annotations

import datetime as dt
import email.utils
import http.client
import json
import math
import typing as t

import pytest

from emulator import Emulator

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Answer, RawClient


def control(
    client: RawClient, method: str, path: str, content: object = None, host: str | None = None
) -> Answer:
    """Send a request to the control interface."""
    body = None if content is None else json.dumps(content)
    return client.send(method, f"/_emulator/{path}", {"Host": host or client.host_port}, body)


def test_state_shows_everything(
    emulator: Emulator, root: RawClient, sign_in: Callable[..., RawClient]
) -> None:
    """The state holds users with their keys, secrets included, groups, policies and roles."""
    alice = sign_in("alice")
    emulator.call("CreateGroup", GroupName="ops")
    emulator.call("AddUserToGroup", UserName="alice", GroupName="ops")
    emulator.call(
        "AttachPolicyToUser",
        UserName="alice",
        PolicyName="AliyunSLBReadOnlyAccess",
        PolicyType="System",
    )

    state = control(root, "GET", "state").json
    user = state["users"]["alice"]

    assert state == emulator.state()
    assert state["account_id"] == emulator.account_id
    assert state["root"]["access_keys"][0]["access_key_secret"] == root.secret
    assert user["access_keys"][0]["access_key_secret"] == alice.secret
    assert user["groups"] == ["ops"]
    assert user["policies"] == [{"name": "AliyunSLBReadOnlyAccess", "type": "System"}]


def test_no_secret_is_forgotten(emulator: Emulator, sign_in: Callable[..., RawClient]) -> None:
    """The state holds every secret that was handed out, that of a deleted key too."""
    secrets = [emulator.access_key_secret, sign_in("alice").secret]
    key = emulator.call("CreateAccessKey", UserName="alice")["AccessKey"]
    emulator.call("DeleteAccessKey", UserName="alice", UserAccessKeyId=key["AccessKeyId"])

    assert emulator.state()["secrets"] == [*secrets, key["AccessKeySecret"]]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9:80", "localhost:1", "[::1]", "[::1]:99"])
def test_loopback_hosts(root: RawClient, host: str) -> None:
    """A request that is addressed to this machine is answered."""
    assert control(root, "GET", "state", host=host).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "10.0.0.1", "[::2]", "["]
)
def test_other_hosts(root: RawClient, host: str) -> None:
    """A request that is addressed to another name gets nothing, on every route."""
    answers = [
        control(root, method, path, host=host)
        for method, path in (("GET", "state"), ("POST", "reset"), ("GET", "nonsense"))
    ]

    assert [answer.status for answer in answers] == [403] * 3
    assert root.secret.encode() not in answers[0].body


def test_request_log(
    emulator: Emulator, root: RawClient, sign_in: Callable[..., RawClient]
) -> None:
    """The log has who asked what, with which outcome; control requests are not in it."""
    alice = sign_in("alice")
    root.act("GetUser", UserName="nobody")
    alice.act("ListUsers")
    root.act("ListUsers", MaxItems="10")
    control(root, "GET", "state")

    log = control(root, "GET", "requests").json["requests"]

    assert log == emulator.requests()
    assert [(entry["action"], entry["code"], entry["status"], entry["user"]) for entry in log] == [
        ("GetUser", "EntityNotExist.User", 404, "root"),
        ("ListUsers", "NoPermission", 403, "alice"),
        ("ListUsers", "", 200, "root"),
    ]
    assert log[1]["caller"] == alice.access_key_id
    assert log[2]["parameters"] == {"MaxItems": "10"}
    assert all(entry["start"] <= entry["end"] for entry in log)


def test_request_log_masks_secrets(emulator: Emulator, root: RawClient) -> None:
    """No secret parameter reaches the log, however it is spelt or signed."""
    emulator.call("CreateUser", UserName="alice")
    password = {"UserName": "alice", "Password": "Correct-Horse-7"}
    root.acs3("CreateLoginProfile", password)
    root.rpc("UpdateLoginProfile", {**password, "password": "Correct-Horse-7"})
    root.act("ChangePassword", OldPassword="Correct-Horse-7", NewPassword="Correct-Horse-7")
    root.act("BindMFADevice", AuthenticationCode1="Correct-Horse-7")

    log = control(root, "GET", "requests").json["requests"]

    assert "Correct-Horse-7" not in json.dumps(log)
    assert log[0]["parameters"] == {"UserName": "alice", "Password": "********"}
    assert log[1]["parameters"].keys() == {"UserName", "Password", "password"}


def test_clear_requests(emulator: Emulator, root: RawClient) -> None:
    """Clearing the log sets its counters back, and connections that live on count again."""
    connection = http.client.HTTPConnection(root.host_port)
    try:
        for _turn in range(2):
            connection.request("GET", "/")
            connection.getresponse().read()
        before = (len(emulator.requests()), emulator.connections(), emulator.peak_in_flight())
        control(root, "DELETE", "requests")
        between = (len(emulator.requests()), emulator.connections(), emulator.peak_in_flight())
        connection.request("GET", "/")
        connection.getresponse().read()
        after = (len(emulator.requests()), emulator.connections(), emulator.peak_in_flight())
    finally:
        connection.close()

    assert (before, between, after) == ((2, 1, 1), (0, 0, 0), (1, 1, 1))


def test_connections(emulator: Emulator, root: RawClient) -> None:
    """Every connection that carried an API request is counted once."""
    for _turn in range(3):
        root.act("ListUsers")
        control(root, "GET", "state")

    assert emulator.connections() == 3


def test_faults(root: RawClient) -> None:
    """Faults are added, shown with what is left of them, and cleared."""
    fault = {"action": "ListUsers", "kind": "throttle", "times": 3, "retry_after_ms": 20}
    control(root, "POST", "faults", [fault, {"action": "*", "kind": "empty"}])
    root.act("ListUsers")

    left = control(root, "GET", "faults").json["faults"]
    control(root, "DELETE", "faults")

    assert [entry["kind"] for entry in left] == ["throttle", "empty"]
    assert (left[0]["times"], left[0]["retry_after_ms"]) == (2, 20)
    assert control(root, "GET", "faults").json["faults"] == []


def test_state_of_another_account(make_client: type[RawClient]) -> None:
    """The state of a member is told by its id, and that of nobody refused."""
    with Emulator(members=1) as emulator:
        member = emulator.state()["account_ids"][1]
        anyone = make_client(emulator.host_port, "", "")

        told = anyone.send("GET", f"/_emulator/state?account={member}", {}).json
        refused = anyone.send("GET", "/_emulator/state?account=1", {})

    assert told["account_id"] == member
    assert list(told["roles"]) == ["ResourceDirectoryAccountAccessRole"]
    assert refused.status == 400


@pytest.mark.parametrize(
    "content",
    [
        {},
        ["x"],
        [{"action": "ListUsers"}],
        [{"action": ["ListUsers"], "kind": ["empty"]}],
        [{"action": "*", "kind": "empty"}, {"action": "Nonsense", "kind": "empty"}],
    ],
)
def test_bad_faults(root: RawClient, content: object) -> None:
    """Faults that are not all right are refused together, with a reason."""
    answer = control(root, "POST", "faults", content)

    assert answer.status == 400
    assert answer.json["error"]
    assert control(root, "GET", "faults").json["faults"] == []


def test_body_that_is_not_json(root: RawClient) -> None:
    """A body that is not JSON is refused without a traceback."""
    answer = root.send("POST", "/_emulator/faults", {}, "{")

    assert (answer.status, answer.json) == (400, {"error": "the body is not JSON"})


def test_reset(emulator: Emulator, root: RawClient, sign_in: Callable[..., RawClient]) -> None:
    """A reset leaves nothing but the account's own key."""
    sign_in("alice").act("ListUsers")
    root.act("CreateAccessKey")
    emulator.fail("*", "empty")
    emulator.advance_clock(3600)

    control(root, "POST", "reset")
    requests, faults = emulator.requests(), emulator.faults()
    answer = root.act("ListUsers")
    state = emulator.state()

    assert (requests, faults) == ([], [])
    assert state["users"] == {}
    assert [key["access_key_id"] for key in state["root"]["access_keys"]] == [root.access_key_id]
    assert abs(seconds_ahead(answer)) < 1800


def test_clock(emulator: Emulator, root: RawClient) -> None:
    """An advanced clock dates answers and entities, and still accepts requests of today."""
    control(root, "POST", "clock", {"advance_seconds": 30 * 86400})

    answer = root.act("CreateUser", UserName="alice")
    created = dt.datetime.fromisoformat(answer.json["User"]["CreateDate"].replace("Z", "+00:00"))

    assert answer.status == 200
    assert seconds_ahead(answer) > 29 * 86400
    assert created == email.utils.parsedate_to_datetime(answer.headers["Date"])
    assert emulator.state()["users"]["alice"]["create_date"] == answer.json["User"]["CreateDate"]


def test_clock_back(emulator: Emulator, root: RawClient) -> None:
    """The clock goes back too, by seconds and to a moment."""
    control(root, "POST", "clock", {"advance_seconds": -86400})
    yesterday = root.act("CreateUser", UserName="alice")

    answer = control(root, "POST", "clock", {"now": "2025-01-31T08:00:00Z"})
    emulator.call("CreateUser", UserName="bob")

    assert -86410 < seconds_ahead(yesterday) < -86390
    assert answer.json["now"] == "2025-01-31T08:00:00Z"
    assert emulator.state()["users"]["bob"]["create_date"].startswith("2025-01-31T08:00:0")


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        {"advance_seconds": -1e30},
        {"now": "yesterday"},
        {"now": "2026-01-01T00:00:00Z", "advance_seconds": 1},
        {"advance_seconds": "1"},
        {"advance_seconds": 1e30},
        {"advance_seconds": math.nan},
    ],
)
def test_bad_clock(root: RawClient, content: object) -> None:
    """The clock takes a number of seconds or a time, and goes not beyond what dates can tell."""
    assert control(root, "POST", "clock", content).status == 400


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "nonsense", 404), ("DELETE", "state", 405)]
)
def test_other_routes(
    emulator: Emulator, root: RawClient, method: str, path: str, status: int
) -> None:
    """Any other control request is refused, and never taken for an API request."""
    assert control(root, method, path).status == status
    assert emulator.requests() == []


def seconds_ahead(answer: Answer) -> float:
    """Return how far the date of an answer is ahead of the real time."""
    date = email.utils.parsedate_to_datetime(answer.headers["Date"])
    return (date - dt.datetime.now(dt.timezone.utc)).total_seconds()

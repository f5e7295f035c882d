# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Slow and broken clouds: each failure ends in success or in one clear message, and is undone."""

from __future__ import annotations

import http.server
import itertools
import json
import signal
import threading
import time
import typing as t
from functools import partial

import pytest

from ansible_collections.keysmith.alibabacloud.plugins.module_utils import _stopping
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud import retry
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.errors import (
    NotSentError,
    RamError,
    ThrottledError,
    UnansweredError,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.user import UserApi

from ..conftest import endpoints, make_client, writing_actions

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from emulator import Emulator

    from ..conftest import Result

    RunModule = Callable[..., Result]
    Pair = dict[str, str]

SHOW = {"show_secret": True}
FOR_EVER = 1000
IDENTITY = {
    "RequestId": "r-1",
    "AccountId": "1234567890123456",
    "IdentityType": "RAMUser",
    "Arn": "acs:ram::1234567890123456:user/ops",
    "UserId": "1",
}


class FakeTime:
    """A clock that only moves when somebody sleeps, and remembers for how long they did."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        """Return the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts, which are not waited for."""
    clock = FakeTime()
    monkeypatch.setattr(retry, "time", clock)
    monkeypatch.setattr(_stopping, "time", clock)
    return clock.slept


@pytest.fixture
def _alice(emulator: Emulator) -> None:
    """There is a user without keys."""
    emulator.call("CreateUser", UserName="alice")


def test_read_timeout_message(run_module: RunModule, emulator: Emulator) -> None:
    """A server that never answers in time is told by name, with the option to change."""
    emulator.fail("ListUsers", "delay", ms=1500)

    result = run_module("ram_user_info", read_timeout=1, max_attempts=1)

    assert result.msg == (
        f"Cannot list users: no answer from {emulator.url} (timed out, see read_timeout)"
    )


@pytest.mark.parametrize("attempts", [1, 3, 6])
def test_attempts_are_counted(
    run_module: RunModule, emulator: Emulator, pauses: list[float], attempts: int
) -> None:
    """A request is sent max_attempts times at most, with pauses that may grow in between."""
    emulator.fail("ListUsers", "error", times=FOR_EVER, status=500)

    run_module("ram_user_info", max_attempts=attempts)

    assert emulator.actions() == ["ListUsers"] * attempts
    assert len(pauses) == attempts - 1
    assert all(0 <= pause <= 0.5 * 2**n for n, pause in enumerate(pauses))


def test_wish_of_the_server_is_followed(
    run_module: RunModule, emulator: Emulator, pauses: list[float]
) -> None:
    """A throttled request is repeated no sooner than the server wants it to be."""
    emulator.fail("ListUsers", "throttle", retry_after_ms=7000)

    result = run_module("ram_user_info")

    assert not result.failed
    assert 7 <= sum(pauses) <= 7.5


def test_refusals_are_answers(
    connection: dict[str, t.Any], emulator: Emulator, pauses: list[float]
) -> None:
    """Reading what is not there is soon as quick again after throttling as reading what is."""
    users = UserApi(make_client(connection))
    emulator.fail("GetUser", "throttle")

    found = [users.find("nobody") for _turn in range(100)]

    assert set(found) == {None}
    assert sum(pauses) < 10


def test_wish_of_the_server_is_bounded(
    run_module: RunModule, emulator: Emulator, pauses: list[float]
) -> None:
    """A server that asks for an hour is not waited for that long."""
    emulator.fail("ListUsers", "throttle", retry_after_ms=3_600_000)

    run_module("ram_user_info")

    assert sum(pauses) <= 16.5


def test_throttling_halves_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once throttled, all send at half the rate that was answered, and soon at more again."""
    clock = FakeTime()
    monkeypatch.setattr(retry, "time", clock)
    monkeypatch.setattr(_stopping, "time", clock)
    retrier = retry.Retrier(max_attempts=2)
    sent: list[float] = []

    def send() -> None:
        sent.append(clock.now)
        # Nothing takes time but what is waited for, and one throttled answer.
        if len(sent) == 40:
            clock.now += 0.5
            raise ThrottledError("slow down", code="Throttling.User", request_id="r-1")

    for _request in range(1000):
        retrier.run(send, retry.ANY_NUMBER)
    gaps = [later - earlier for earlier, later in itertools.pairwise(sent[40:])]

    assert set(sent[:40]) == {0.0}
    assert gaps[1] == pytest.approx(1 / 20, rel=0.1)
    assert gaps[-1] < gaps[1] / 4


def test_throttling_holds_everybody_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another thread has to send meanwhile waits as long as what was throttled."""
    clock = FakeTime()
    monkeypatch.setattr(retry, "time", clock)
    monkeypatch.setattr(_stopping, "time", clock)
    retrier = retry.Retrier(max_attempts=2)
    throttled = ThrottledError("slow down", code="Throttling.User", request_id="r-1")
    throttled.retry_after = 5.0
    sent: list[float] = []

    def sleep_while_another_thread_sends(seconds: float) -> None:
        monkeypatch.setattr(clock, "sleep", partial(FakeTime.sleep, clock))
        retrier.run(lambda: sent.append(clock.now), retry.ANY_NUMBER)
        clock.sleep(seconds)

    def fail_once() -> None:
        if clock.now == 0:
            raise throttled

    monkeypatch.setattr(clock, "sleep", sleep_while_another_thread_sends)
    retrier.run(fail_once, retry.ANY_NUMBER)

    assert len(sent) == 1
    assert sent[0] >= 5.0


def test_throttled_creation_is_repeated(
    run_module: RunModule, emulator: Emulator, pauses: list[float]
) -> None:
    """A creation that flow control refused was not carried out, so it is sent again."""
    emulator.call("CreateUser", UserName="alice")
    emulator.fail("CreateAccessKey", "throttle")

    result = run_module("ram_access_key", user_name="alice", **SHOW)

    assert result.changed
    assert len(pauses) == 1
    assert len(emulator.state()["users"]["alice"]["access_keys"]) == 1


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize(
    ("action", "options"),
    [
        ("AddUserToGroup", {"groups": ["new"]}),
        ("RemoveUserFromGroup", {"groups": [], "purge_groups": True}),
        ("AttachPolicyToUser", {"policies": ["AliyunRAMReadOnlyAccess"]}),
        ("DetachPolicyFromUser", {"policies": [], "purge_policies": True}),
        ("UpdateUser", {"comments": "new"}),
        ("DeleteAccessKey", {"state": "absent", "force": True}),
        ("DeleteLoginProfile", {"state": "absent", "force": True}),
        ("DeleteUser", {"state": "absent", "force": True}),
    ],
)
def test_carried_out_without_an_answer(
    run_module: RunModule, emulator: Emulator, action: str, options: dict[str, t.Any]
) -> None:
    """The answer "already so" to a repetition is success: the first try did it."""
    emulator.call("CreateUser", UserName="alice")
    for group in ("old", "new"):
        emulator.call("CreateGroup", GroupName=group)
    emulator.call("AddUserToGroup", UserName="alice", GroupName="old")
    policy = {"PolicyName": "AliyunSLBReadOnlyAccess", "PolicyType": "System"}
    emulator.call("AttachPolicyToUser", UserName="alice", **policy)
    emulator.call("CreateAccessKey", UserName="alice")
    emulator.call("CreateLoginProfile", UserName="alice", Password="Correct-Horse-7")
    emulator.fail(action, "drop_after")

    result = run_module("ram_user", name="alice", **options)

    assert not result.failed, result.msg
    assert result.changed
    assert emulator.actions().count(action) == 2


@pytest.mark.parametrize(
    ("options", "name"), [({"name": "bob"}, "bob"), ({"name": "alice", "new_name": "bob"}, "bob")]
)
def test_creation_and_rename_without_an_answer(
    run_module: RunModule, emulator: Emulator, options: dict[str, str], name: str
) -> None:
    """A user that was created or renamed without an answer is found, and nothing is sent twice."""
    emulator.call("CreateUser", UserName="alice")
    for action in ("CreateUser", "UpdateUser"):
        emulator.fail(action, "drop_after")

    result = run_module("ram_user", comments="x", **options)

    stored = emulator.state()["users"][name]
    assert not result.failed, result.msg
    assert result["user"]["user_id"] == stored["user_id"]
    assert stored["comments"] == "x"
    assert len(writing_actions(emulator)) == len(emulator.faults()) == 1


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("options", [{"name": "bob"}, {"name": "alice", "new_name": "bob"}])
def test_creation_and_rename_carried_out_late(
    run_module: RunModule, emulator: Emulator, options: dict[str, str]
) -> None:
    """A creation or rename that happens after the task failed is what the next run finds."""
    emulator.call("CreateUser", UserName="alice")
    for action in ("CreateUser", "UpdateUser"):
        emulator.fail(action, "late", ms=300)

    late = run_module("ram_user", **options)
    time.sleep(0.6)
    after = run_module("ram_user", **options)

    assert late.failed
    assert not late.changed
    assert (after.failed, after.changed) == (False, False)


@pytest.mark.usefixtures("pauses")
def test_update_that_never_happens(run_module: RunModule, emulator: Emulator) -> None:
    """An update that no try carried out is a failure, even though the user can be read."""
    emulator.call("CreateUser", UserName="alice", Comments="old")
    emulator.fail("UpdateUser", "drop_before", times=FOR_EVER)

    result = run_module("ram_user", name="alice", comments="new")

    assert result.failed
    assert result.msg.startswith("Cannot update user alice: no answer from ")


LOST: dict[str, dict[str, t.Any]] = {
    "reset": {"kind": "drop_after"},
    "500": {"kind": "error", "status": 500, "when": "after"},
    "HTML": {"kind": "garbage", "when": "after"},
    "empty": {"kind": "empty", "when": "after"},
    "slow": {"kind": "delay", "ms": 1300, "when": "after"},
}


@pytest.mark.usefixtures("_alice")
@pytest.mark.parametrize("fault", LOST)
def test_key_of_a_lost_create(run_module: RunModule, emulator: Emulator, fault: str) -> None:
    """A key that may have come of a create without an answer is named, and not touched."""
    key_id = make_key(emulator)
    emulator.fail("CreateAccessKey", **LOST[fault])

    result = run_module(
        "ram_access_key", user_name="alice", force_create=True, read_timeout=1, **SHOW
    )

    keys = {key["access_key_id"] for key in emulator.state()["users"]["alice"]["access_keys"]}
    (made,) = keys - {key_id}
    assert result.failed
    assert result.msg.startswith("Cannot create AccessKey for user alice: ")
    assert f"It may have made {made}, unless somebody else did" in result.msg
    assert emulator.actions().count("CreateAccessKey") <= 1
    assert "DeleteAccessKey" not in emulator.actions()
    assert "UpdateAccessKey" not in emulator.actions()


@pytest.mark.usefixtures("_alice")
def test_lost_create_that_made_nothing(run_module: RunModule, emulator: Emulator) -> None:
    """Where no key of a lost create is to be seen, the message says that one may yet come."""
    emulator.fail("CreateAccessKey", "drop_before")

    result = run_module("ram_access_key", user_name="alice", **SHOW)

    assert "No key of it is there yet. It may make one for 15 minutes" in result.msg
    assert emulator.state()["users"]["alice"]["access_keys"] == []


@pytest.mark.usefixtures("_alice", "pauses")
def test_lost_key_that_cannot_be_looked_for(run_module: RunModule, emulator: Emulator) -> None:
    """If the keys cannot be listed again, the message says what to look for."""
    emulator.fail("CreateAccessKey", "drop_after")
    emulator.fail("ListAccessKeys", "drop_before", skip=1, times=FOR_EVER)

    result = run_module("ram_access_key", user_name="alice", **SHOW)

    assert "Whether it made a key is not known (Cannot list AccessKeys of user al" in result.msg
    assert "look for a key that nobody uses" in result.msg


@pytest.mark.usefixtures("_alice")
@pytest.mark.parametrize("code", ["SignatureNonceUsed", "Odd"])
def test_create_whose_answer_tells_nothing(
    run_module: RunModule, emulator: Emulator, code: str
) -> None:
    """An error that may follow what was carried out is no proof that nothing was."""
    emulator.fail("CreateAccessKey", "error", status=400, code=code, when="after")

    result = run_module("ram_access_key", user_name="alice", **SHOW)

    (key,) = emulator.state()["users"]["alice"]["access_keys"]
    assert f"It may have made {key['access_key_id']}" in result.msg
    assert emulator.actions().count("CreateAccessKey") <= 1


def make_key(emulator: Emulator) -> str:
    """Give alice a key as a colleague would."""
    return str(emulator.call("CreateAccessKey", UserName="alice")["AccessKey"]["AccessKeyId"])


class HalfServer(http.server.ThreadingHTTPServer):
    """Answers each action with what the test has prepared, however little sense it makes."""

    daemon_threads = True

    def __init__(self, answers: dict[str, t.Any]) -> None:
        super().__init__(("127.0.0.1", 0), _HalfHandler)
        self.answers = {"GetCallerIdentity": IDENTITY, **answers}
        self.actions: list[str] = []

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _HalfHandler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Answer a request."""
        server = t.cast("HalfServer", self.server)
        action = self.headers["x-acs-action"]
        server.actions.append(action)
        answer = server.answers.get(action, {"RequestId": "r-2"})
        body = json.dumps(answer).encode()
        self.send_response(400 if "Code" in (answer or ()) else 200)
        self.send_header("Content-Type", "application/json;charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: t.Any) -> None:
        """Say nothing."""


@pytest.fixture
def serve() -> Iterator[Callable[[dict[str, t.Any]], HalfServer]]:
    """A function that starts a server of half answers."""
    servers: list[HalfServer] = []

    def start(answers: dict[str, t.Any]) -> HalfServer:
        server = HalfServer(answers)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


ASPECTS = ["groups", "policies", "access_keys", "login_profile", "mfa"]
ALICE = {"RequestId": "r-3", "User": {"UserName": "alice", "UserId": "7"}}
NOTHING = {"RequestId": "r-4"}
HALF_ANSWERS = [
    ("ram_user_info", {"name": "alice"}, {"GetUser": NOTHING}),
    ("ram_user_info", {"name": "alice"}, {"GetUser": {**NOTHING, "User": {}}}),
    ("ram_user_info", {"name": "alice"}, {"GetUser": {**NOTHING, "User": None}}),
    ("ram_user_info", {"name": "alice"}, {"GetUser": {**NOTHING, "User": {"UserName": "alice"}}}),
    ("ram_user_info", {"name": "alice"}, {"GetUser": {"User": ALICE["User"]}}),
    ("ram_user_info", {"name": "alice"}, {"GetUser": []}),
    ("ram_user_info", {"name": "alice"}, {"GetUser": None}),
    ("ram_user_info", {"name": "alice"}, {"GetUser": "what"}),
    ("ram_user_info", {}, {"ListUsers": NOTHING}),
    ("ram_user_info", {}, {"ListUsers": {**NOTHING, "Users": {"User": [{}]}}}),
    ("ram_user_info", {}, {"ListUsers": {**NOTHING, "Users": {"User": []}, "IsTruncated": True}}),
    (
        "ram_user_info",
        {},
        {"ListUsers": {**NOTHING, "Users": {"User": []}, "IsTruncated": True, "Marker": "same"}},
    ),
    *(
        ("ram_user_info", {"name": "alice", "include": [aspect]}, {"GetUser": ALICE})
        for aspect in ASPECTS
    ),
    ("ram_user", {"name": "alice", "groups": []}, {"GetUser": ALICE}),
    ("ram_user", {"name": "alice", "comments": "x"}, {"GetUser": ALICE, "UpdateUser": NOTHING}),
    ("ram_user", {"name": "alice"}, {"GetCallerIdentity": NOTHING}),
    ("ram_user", {"name": "alice", "assume_role": {"role_arn": "x"}}, {"AssumeRole": NOTHING}),
    (
        "ram_user",
        {"name": "alice", "assume_role": {"role_arn": "x"}},
        {"AssumeRole": {**NOTHING, "Credentials": {"AccessKeyId": "STS.x"}}},
    ),
    ("ram_access_key", {"user_name": "alice", **SHOW}, {"ListAccessKeys": NOTHING}),
    (
        "ram_access_key_info",
        {"for_account": True},
        {"GetCallerIdentity": {**IDENTITY, "IdentityType": "Account"}},
    ),
]


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize(("module", "options", "answers"), HALF_ANSWERS)
def test_half_answers(
    run_module: RunModule,
    serve: Callable[[dict[str, t.Any]], HalfServer],
    module: str,
    options: dict[str, t.Any],
    answers: dict[str, t.Any],
) -> None:
    """An answer that lacks what it should hold is one clear message, never an empty result."""
    server = serve(answers)

    result = run_module(module, **options, **endpoints(server.url))

    assert result.failed
    assert result.msg.startswith(("Cannot ", "The API sent a page that leads back"))
    assert "Traceback" not in result.printed


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"Code": "Odd"}, "no reason given (Odd)"),
        ({"Code": "Odd", "Message": "No.", "RequestId": "r-5"}, "No (Odd, request id r-5)"),
    ],
)
def test_half_a_refusal(
    run_module: RunModule,
    serve: Callable[[dict[str, t.Any]], HalfServer],
    told: dict[str, str],
    reason: str,
) -> None:
    """A refusal is told with what it says of itself, and nothing is made up for what it lacks."""
    server = serve({"ListUsers": told})

    result = run_module("ram_user_info", **endpoints(server.url))

    assert result.msg == f"Cannot list users: {reason}"
    assert result.values.get("request_id") == told.get("RequestId")


@pytest.mark.parametrize(
    ("status", "code", "is_refusal"),
    [
        (403, "NoPermission", True),
        (404, "EntityNotExist.User", True),
        (400, "InvalidParameter.UserName.Length", True),
        (400, "MissingUserName", True),
        (400, "InvalidTimeStamp.Expired", True),
        (400, "SignatureDoesNotMatch", True),
        (400, "Throttling.User", True),
        (429, "Odd", True),
        (400, "Odd", False),
        (409, "LimitExceeded.User", False),
        (400, "SignatureNonceUsed", False),
        (400, "ServiceUnavailable", False),
        (408, "RequestTimeout", False),
        (500, "NoPermission", False),
    ],
)
def test_refusals(
    connection: dict[str, t.Any], emulator: Emulator, status: int, code: str, *, is_refusal: bool
) -> None:
    """Only a code that is decided before anything is done says that nothing was done."""
    emulator.fail("ListUsers", "error", status=status, code=code)

    with pytest.raises(RamError) as caught:
        UserApi(make_client({**connection, "max_attempts": 1})).list_all()

    assert (caught.value.code, caught.value.is_refusal) == (code, is_refusal)


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "SignatureNonceUsed"), (400, "ServiceUnavailable"), (408, "RequestTimeout")],
)
def test_answer_that_tells_nothing_of_the_request(
    run_module: RunModule, emulator: Emulator, pauses: list[float], status: int, code: str
) -> None:
    """What somebody on the way made of a request is no answer to it: what may be repeated is."""
    emulator.fail("ListUsers", "error", status=status, code=code)

    result = run_module("ram_user_info")

    assert not result.failed
    assert len(pauses) == 1


def test_reason_is_that_of_the_request(run_module: RunModule, emulator: Emulator) -> None:
    """An odd answer that follows a time-out is told as what it is."""
    emulator.fail("CreateUser", "delay", ms=1500)
    emulator.fail("GetUser", "garbage", skip=1)

    result = run_module("ram_user", name="bob", read_timeout=1, max_attempts=1)

    first, _sentence, second = result.msg.partition(" What it did is not known ")
    assert "(timed out, see read_timeout)" in first
    assert "is not one of the API" in second
    assert "timed out" not in second


@pytest.mark.usefixtures("pauses")
def test_half_a_new_key(
    run_module: RunModule, serve: Callable[[dict[str, t.Any]], HalfServer]
) -> None:
    """A new key without its secret is no key: it is looked for, and not asked for again."""
    server = serve(
        {
            "ListAccessKeys": {**NOTHING, "AccessKeys": {"AccessKey": []}},
            "CreateAccessKey": {**NOTHING, "AccessKey": {"AccessKeyId": "x", "Status": "Active"}},
        }
    )

    result = run_module(
        "ram_access_key", user_name="alice", **SHOW, **endpoints(server.url), read_timeout=1
    )

    assert result.msg.startswith("Cannot create AccessKey for user alice: ")
    assert server.actions.count("CreateAccessKey") == 1
    assert server.actions.count("ListAccessKeys") == 2


def test_unforeseen_exception(
    run_module: RunModule, emulator: Emulator, serve: Callable[[dict[str, t.Any]], HalfServer]
) -> None:
    """What nobody foresaw becomes a message that says where, not a traceback with values."""
    odd = {"AccessKeyId": "x", "Status": "Active", "CreateDate": ["hunter2"]}
    server = serve({"ListAccessKeys": {**NOTHING, "AccessKeys": {"AccessKey": [odd, odd]}}})

    result = run_module(
        "ram_access_key",
        user_name="alice",
        force_create=True,
        **SHOW,
        **endpoints(server.url),
    )

    assert result.msg.startswith("Unexpected TypeError (times.py, line ")
    assert "hunter2" not in result.printed
    assert emulator.requests() == []


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (
            ThrottledError("held back", code="Throttling.User", request_id="r"),
            _stopping.StoppedError,
        ),
        (NotSentError("no way there"), _stopping.StoppedError),
        (UnansweredError("no answer"), UnansweredError),
    ],
)
def test_request_that_fails_while_its_task_is_stopped(
    error: RamError, raised: type[RamError]
) -> None:
    """Whoever is stopped repeats nothing, and says so unless it is open what the request did."""
    sent: list[int] = []

    def send() -> None:
        sent.append(1)
        signal.raise_signal(signal.SIGALRM)
        raise error

    with _stopping.listening(), pytest.raises(raised):
        retry.Retrier(5).run(send, retry.ANY_NUMBER)

    assert sent == [1]

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that are not the API's own: each is told as what it is, with its status."""

from __future__ import annotations

import http.server
import os
import socket
import threading
import typing as t

import pytest

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.client import nothing
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.errors import (
    CredentialError,
    NotSentError,
    RamError,
    UnansweredError,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.services import (
    IMS,
    RAM,
    STS,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.user import UserApi
from emulator import Emulator

from ..conftest import connection_to, endpoints, make_client

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.client import Client

    Serve = Callable[..., "OddServer"]

PAIR = {"access_key_id": "LTAI5t", "access_key_secret": "secret", "max_attempts": 1}
ROLE = {"role_arn": "acs:ram::1:role/ops", "session_name": "night", "duration": 900}
PAGE = b"<!DOCTYPE html>\n<html><body>Bad Gateway</body></html>"
HTML = "HTML or XML of a gateway"


class OddServer(http.server.ThreadingHTTPServer):
    """Answers everything with one status and body."""

    daemon_threads = True

    def __init__(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), _OddHandler)
        self.answer = (status, body, headers)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()


class _OddHandler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Answer a request."""
        status, body, headers = t.cast("OddServer", self.server).answer
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        """Answer one that asks for a session."""
        self.do_POST()

    def do_CONNECT(self) -> None:
        """Answer one that takes this for a proxy."""
        self.do_POST()

    def log_message(self, *_arguments: t.Any) -> None:
        """Say nothing."""


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A function that starts a server with a status, a body and headers."""
    servers: list[OddServer] = []

    def start(status: int, body: bytes, **headers: str) -> OddServer:
        servers.append(OddServer(status, body, headers))
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


ODD_ANSWERS: list[tuple[int, bytes, str]] = [
    *((status, PAGE, f"status {status}, {HTML}") for status in (200, 403, 404, 429, 502, 503, 504)),
    (200, b" \n<HTML>\xff</HTML>", f"status 200, {HTML}"),
    (200, b"", "status 200, an empty body"),
    (502, b"", "status 502, an empty body"),
    (200, b" \n", "status 200, an empty body"),
    (200, b'{"RequestId": "r-1", "Users": {"User": [', "status 200, JSON that is cut off"),
    (503, b'{"RequestId": "r-1", "Code":', "status 503, JSON that is cut off"),
    (200, b"[]", "status 200, JSON that is no mapping"),
    (200, b"null", "status 200, JSON that is no mapping"),
    (502, b'"what"', "status 502, JSON that is no mapping"),
    (502, b"upstream connect error", "status 502, a text that is no JSON"),
    (200, b"\x00\xff\xfe", "status 200, a text that is no JSON"),
    (403, b'{"error": "denied"}', "status 403, JSON without an error code"),
    (503, b'{"Code": "", "RequestId": "r-1"}', "status 503, JSON without an error code"),
    (200, b'{"ok": true}', "status 200, JSON without a request id"),
]


@pytest.mark.parametrize(("status", "body", "told"), ODD_ANSWERS)
def test_odd_answers(serve: Serve, status: int, body: bytes, told: str) -> None:
    """What came instead of the API's answer is told with its status, and leaves all open."""
    server = serve(status, body)
    users = UserApi(make_client({**PAIR, **endpoints(server.url)}))

    with pytest.raises(UnansweredError) as caught:
        users.list_all()

    assert str(caught.value) == (
        f"Cannot list users: the answer from {server.url} is not one of the API ({told})"
    )


def call_sts(client: Client) -> None:
    """Ask who is calling."""
    client.call(STS, "GetCallerIdentity", {}, nothing, doing="do")


def call_ims(client: Client) -> None:
    """Ask the neighbour of RAM."""
    client.call(IMS, "GetAccountSummary", {}, nothing, doing="do")


def call_with_secret(client: Client) -> None:
    """Send what travels in the body."""
    user, secret = {"UserName": "ann"}, {"Password": "Correct-Horse-7"}
    client.call(RAM, "CreateLoginProfile", user, nothing, doing="do", secret_parameters=secret)


@pytest.mark.parametrize("call", [call_sts, call_ims, call_with_secret])
def test_odd_answers_of_all_services(serve: Serve, call: Callable[[Client], None]) -> None:
    """Whatever service is asked and in whatever way, a gateway's page is told as one."""
    server = serve(502, PAGE)
    client = make_client({**PAIR, **endpoints(server.url)})

    with pytest.raises(UnansweredError, match=rf"API \(status 502, {HTML}\)"):
        call(client)


def test_odd_answer_to_a_role(serve: Serve) -> None:
    """A gateway in front of STS is told when a role is assumed."""
    server = serve(503, PAGE)
    role = {**ROLE, "external_id": None, "policy": None}

    with pytest.raises(RamError, match=rf"Cannot assume role .*\(status 503, {HTML}\)"):
        make_client({**PAIR, **endpoints(server.url), "assume_role": role})


def test_odd_answer_to_a_second_page() -> None:
    """A gateway that answers in the middle of a listing ends it, and is told."""
    with Emulator(page_size=1) as emulator:
        for name in ("ann", "ben"):
            emulator.call("CreateUser", UserName=name)
        users = UserApi(make_client({**connection_to(emulator), "max_attempts": 1}))
        emulator.fail("ListUsers", "garbage", skip=1)

        with pytest.raises(UnansweredError, match=rf"Cannot list users: .*\(status 502, {HTML}\)"):
            users.list_all()


def test_missing_part_is_named(serve: Serve) -> None:
    """What an answer lacks is named as the API calls it."""
    server = serve(200, b'{"RequestId": "r-1", "AccountId": "1"}')
    client = make_client({**PAIR, **endpoints(server.url)})

    with pytest.raises(UnansweredError, match=r"API \(IdentityType is missing\)"):
        str(client.identity)


def test_body_that_cannot_be_unpacked(serve: Serve) -> None:
    """A body that is not packed as its header says is told as that."""
    server = serve(200, PAGE, **{"Content-Encoding": "gzip"})
    users = UserApi(make_client({**PAIR, **endpoints(server.url)}))

    with pytest.raises(UnansweredError, match=r"no answer from .* \(its body can't be unpacked\)"):
        users.find("ann")


@pytest.mark.parametrize("status", [403, 407, 502])
def test_proxy_that_refuses(serve: Serve, status: int) -> None:
    """A proxy that refuses to connect is told with its status, and nothing was sent."""
    proxy = serve(status, PAGE)
    options = {**PAIR, "ram_endpoint": "ram.example.invalid"}
    users = UserApi(make_client(options, {"HTTPS_PROXY": proxy.url}))

    with pytest.raises(NotSentError, match=rf"\(the proxy refuses it with status {status}\)"):
        users.find("ann")


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (502, PAGE, "it answers with status 502"),
        (200, PAGE, "it answers with no session"),
        (200, b"", "it answers with no session"),
        (200, b"[]", "it answers with no session"),
        (200, b'{"Code": "Success"}', "it answers with no session"),
        (302, b"", "it redirects, and no redirect is ever followed"),
    ],
)
def test_odd_answer_of_a_broker(serve: Serve, status: int, body: bytes, told: str) -> None:
    """What the address of a broker answers instead of a session is told in words."""
    broker = serve(status, body, Location="http://127.0.0.1:1/")
    environment = {
        "HOME": "/nowhere",
        "ALIBABA_CLOUD_CREDENTIALS_URI": broker.url,
        "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
    }

    with pytest.raises(CredentialError, match=rf"CREDENTIALS_URI gives no credentials: {told}$"):
        make_client({}, environment)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("http://127.0.0.1:1/x", "it can't be reached"),
        ("http://:80:/x", "it is no http address"),
        ("broker", "it is no http address"),
    ],
)
def test_address_of_nobody(address: str, told: str) -> None:
    """An address at which nobody can be asked is told as that."""
    environment = {
        "HOME": "/nowhere",
        "ALIBABA_CLOUD_CREDENTIALS_URI": address,
        "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
    }

    with pytest.raises(CredentialError, match=f"gives no credentials: {told}$"):
        make_client({}, environment)


def test_broker_that_takes_its_time() -> None:
    """A broker that accepts and says nothing is told as late."""
    environment = {"HOME": "/nowhere", "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"}
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environment["ALIBABA_CLOUD_CREDENTIALS_URI"] = f"http://127.0.0.1:{silent.getsockname()[1]}"

        with pytest.raises(CredentialError, match=r"credentials: it answers too late$"):
            make_client({"read_timeout": 1}, environment)


def test_nobody_with_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has no home folder, as an unknown user in a container, has no profiles there."""
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(os, "getuid", lambda: 2_000_000_123)

    with pytest.raises(CredentialError, match=r"^No credentials found: "):
        make_client({}, {"ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"})

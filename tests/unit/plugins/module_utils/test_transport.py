# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers and proxies that take their time for ever, or send requests on to somebody else."""

from __future__ import annotations

import contextlib
import http.server
import os
import socket
import threading
import time
import typing as t

import pytest

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.errors import (
    InputError,
    NotSentError,
    RamError,
    UnansweredError,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.access_key import (
    AccessKeyApi,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.user import UserApi

from ..conftest import endpoints, make_client

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAIR = {"access_key_id": "LTAI5t", "access_key_secret": "secret"}
ONCE = {"max_attempts": 1, "read_timeout": 1}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class DrippingServer:
    """Answers with `at_once`, and goes on with one `drop` each 100 ms."""

    def __init__(self, at_once: bytes, drop: bytes) -> None:
        self._answer = (at_once, drop)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.requests = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._socket.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _address = self._socket.accept()
                threading.Thread(target=self._drip, args=(connection,), daemon=True).start()

    def _drip(self, connection: socket.socket) -> None:
        at_once, drop = self._answer
        with connection, contextlib.suppress(OSError):
            connection.recv(65536)
            self.requests += 1
            connection.sendall(at_once)
            while True:
                connection.sendall(drop)
                time.sleep(0.1)


@pytest.fixture
def drip() -> Iterator[Callable[[bytes, bytes], DrippingServer]]:
    """A function that starts a dripping server."""
    with contextlib.ExitStack() as servers:
        yield lambda *answer: servers.enter_context(contextlib.closing(DrippingServer(*answer)))


@pytest.mark.parametrize(
    ("at_once", "drop"),
    [
        (b"HTTP/1.1 200 ", b"O"),
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
        (HEAD, b"X-More: x\r\n"),
        (HEAD + b"Content-Length: 1000\r\n\r\n", b" "),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    ],
    ids=["status", "header", "headers", "body", "chunks"],
)
def test_answer_without_end(
    drip: Callable[[bytes, bytes], DrippingServer], at_once: bytes, drop: bytes
) -> None:
    """The time-out is for an answer as a whole, not for each piece of it."""
    server = drip(at_once, drop)
    users = UserApi(make_client({**PAIR, **endpoints(server.url), **ONCE}))
    began = time.monotonic()

    with pytest.raises(UnansweredError, match="timed out, see read_timeout"):
        users.find("ann")

    assert time.monotonic() - began < 2
    assert server.requests == 1


def test_proxy_without_end(drip: Callable[[bytes, bytes], DrippingServer]) -> None:
    """A proxy that never finishes its answer is not listened to for ever, either."""
    proxy = drip(b"HTTP/1.1 200 OK\r\n", b"X-More: x\r\n")
    options = {**PAIR, **ONCE, "ram_endpoint": "ram.example.test"}
    users = UserApi(make_client(options, {"HTTPS_PROXY": proxy.url}))
    began = time.monotonic()

    with pytest.raises(UnansweredError):
        users.find("ann")

    assert time.monotonic() - began < 2
    assert proxy.requests == 1


def test_proxies_of_two_clients(
    drip: Callable[[bytes, bytes], DrippingServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each client uses the proxy of its own environment, whatever others or the process have."""
    first, second, third = (drip(b"HTTP/1.1 403 No\r\n\r\n", b"x") for _turn in range(3))
    monkeypatch.setenv("HTTPS_PROXY", third.url)
    options = {**PAIR, **ONCE, "ram_endpoint": "ram.example.invalid"}
    by_first = UserApi(make_client(options, {"HTTPS_PROXY": first.url}))
    by_second = UserApi(make_client(options, {"https_proxy": second.url}))
    exempt = {"HTTPS_PROXY": first.url, "NO_PROXY": ".invalid"}
    by_none = UserApi(make_client(options, exempt))

    for users in (by_first, by_second, by_first):
        with pytest.raises(RamError, match="proxy"):
            users.find("ann")
    with pytest.raises(NotSentError, match="the host name is unknown"):
        by_none.find("ann")

    assert (first.requests, second.requests, third.requests) == (2, 1, 0)
    assert os.environ["HTTPS_PROXY"] == third.url


@pytest.mark.parametrize(
    ("proxy", "reason"),
    [
        ("socks5://ops:hunter2@127.0.0.1:1080", "names a socks5 proxy"),
        ("ftp://ops:hunter2@127.0.0.1", "names a ftp proxy"),
        ("http:/proxy", "is not the address of a proxy"),
        ("http://ops:hunter2@a:b:c", "is not the address of a proxy"),
        ("http://127.0.0.1:99999", "is not the address of a proxy"),
        ("::", "is not the address of a proxy"),
    ],
)
def test_proxy_that_cannot_be_used(proxy: str, reason: str) -> None:
    """A proxy of no use is told as that, without its password, and not as somebody's answer."""
    options = {**PAIR, "ram_endpoint": "ram.example.invalid"}

    with pytest.raises(InputError, match=f"HTTPS_PROXY {reason}") as caught:
        make_client(options, {"HTTPS_PROXY": proxy})

    assert "hunter2" not in str(caught.value)


class RedirectingServer(http.server.ThreadingHTTPServer):
    """Sends every request on to `target`, and remembers their actions and headers."""

    daemon_threads = True

    def __init__(self, status: int, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _RedirectingHandler)
        self.status = status
        self.target = target
        self.actions: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()


class _RedirectingHandler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Answer a request."""
        server = t.cast("RedirectingServer", self.server)
        server.actions.append(self.headers["x-acs-action"])
        self.send_response(server.status)
        self.send_header("Location", server.target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        """Answer a request that a redirect has turned into this."""
        self.do_POST()

    def log_message(self, *_arguments: t.Any) -> None:
        """Say nothing."""


@pytest.fixture
def redirect() -> Iterator[Callable[[int, str], RedirectingServer]]:
    """A function that starts a redirecting server."""
    servers: list[RedirectingServer] = []

    def start(status: int, target: str) -> RedirectingServer:
        servers.append(RedirectingServer(status, target))
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(
    redirect: Callable[[int, str], RedirectingServer], status: int
) -> None:
    """A request goes where the options say, and to nobody whom an answer names."""
    elsewhere = redirect(200, "")
    server = redirect(status, elsewhere.url)
    users = UserApi(make_client({**PAIR, **ONCE, **endpoints(server.url)}))

    with pytest.raises(UnansweredError, match="no redirect is ever followed") as caught:
        users.find("ann")

    assert not caught.value.is_refusal
    assert (server.actions, elsewhere.actions) == (["GetUser"], [])


def test_redirected_create(redirect: Callable[[int, str], RedirectingServer]) -> None:
    """A create that is redirected to where nobody listens is not sent again, nor called unsent."""
    server = redirect(307, "http://127.0.0.1:1/")
    keys = AccessKeyApi(make_client({**PAIR, **endpoints(server.url)}), "ann")

    with pytest.raises(UnansweredError, match="no redirect is ever followed"):
        keys.create(lambda: None)

    assert server.actions == ["CreateAccessKey"]

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How bytes travel: proxies, certificates and deadlines of one client, and no redirects.

The SDK sends everything over sessions that it keeps for the process, by host, and takes proxies
from the environment of the process. So each client gives it sessions of its own, whose pool has a
size that no other session has: that size is part of the key under which the SDK looks them up.
"""

from __future__ import annotations

import functools
import http.client
import io
import itertools
import math
import ssl
import threading
import time
import typing as t
from dataclasses import dataclass
from urllib.parse import urlsplit

from .answers import refuse_unreadable
from .clock import running_seconds
from .options import Endpoint

if t.TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

    from .options import ConnectionOptions
    from .sdk import Sdk

    # What raises an exception about an answer: its status, content type and body.
    Judge = Callable[[int, str, bytes], None]

# Seconds from when a request is announced until it is signed, at most.
SIGNED_WITHIN = 60.0
_pool_sizes = itertools.count(1000)
# More than any task has requests in flight.
_CONNECTIONS = 64


class Transport:
    """The sessions of one client and of those that share its options; threads may share it."""

    def __init__(self, sdk: Sdk, options: ConnectionOptions) -> None:
        self._sdk = sdk
        self._options = options
        self._pool_size = next(_pool_sizes)
        self._keys: list[str] = []
        self._context: ssl.SSLContext | None = None
        self._limits = threading.local()

    def begin(self) -> None:
        """Let the next request of this thread leave within SIGNED_WITHIN seconds, or not at all."""
        self._limits.latest = running_seconds() + SIGNED_WITHIN

    def _refuse_if_late(self) -> None:
        if running_seconds() > getattr(self._limits, "latest", math.inf):
            raise TooLateError

    @property
    def pool_size(self) -> int:
        """What tells the SDK to use these sessions."""
        return self._pool_size

    def prepare(self, endpoint: Endpoint) -> None:
        """Make the session for an endpoint, before threads ask for it at the same time."""
        port = 80  # The SDK's own default, whatever the protocol; a real one is in the host.
        key = f"{endpoint.protocol}://{endpoint.host}:{port}:pool={self._pool_size}"
        sessions = self._sdk.DaraCore._sessions  # noqa: SLF001 - it has no public way
        if key not in sessions:
            proxy = self._options.proxies.proxy_for(endpoint)
            sessions[key] = self._session(endpoint, proxy, refuse_unreadable)
            self._keys.append(key)

    def close(self) -> None:
        """Close the connections and take the sessions away from the SDK, for good."""
        sessions = self._sdk.DaraCore._sessions  # noqa: SLF001 - it has no public way
        while self._keys:
            sessions.pop(self._keys.pop()).close()

    def exchange(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str],
        *,
        body: str | Mapping[str, str] | None = None,
        seconds: float | None = None,
        is_near: bool = False,
    ) -> t.Any:
        """Send a request that nobody signs, and return what was answered; raises OSError.

        A mapping is sent as a form. It may take so many seconds, and what `is_near` is not behind
        any proxy.
        """
        parts = urlsplit(address)
        endpoint = Endpoint(parts.scheme, parts.netloc)
        proxy = None if is_near else self._options.proxies.proxy_for(endpoint)
        usual = (self._options.connect_timeout, self._options.read_timeout)
        with self._session(endpoint, proxy) as session:
            answer = session.request(
                method, address, headers=headers, data=body, timeout=seconds or usual
            )
        answer.raise_for_status()
        return answer

    def _session(
        self, endpoint: Endpoint, proxy: str | None, judge: Judge = lambda *_answer: None
    ) -> t.Any:
        if endpoint.protocol == "https" and self._context is None:
            self._context = _tls_context(self._options.ca_bundle)
        context = self._context if endpoint.protocol == "https" else None
        adapter = _adapter_class()(context, self._options.read_timeout)
        proxies = {endpoint.protocol: proxy} if proxy else {}
        return _session_class()(_Way(proxies, adapter, self._refuse_if_late, judge))


@dataclass(frozen=True)
class _Way:
    """How the requests of one session travel: through which proxy, if any, and over what."""

    proxies: Mapping[str, str]
    adapter: t.Any
    refuse_if_late: Callable[[], None]
    judge: Judge


def _tls_context(ca_bundle: str | None) -> ssl.SSLContext:
    import certifi

    return ssl.create_default_context(cafile=ca_bundle or certifi.where())


@functools.lru_cache
def _session_class() -> t.Any:
    """Return the class of our sessions; what it builds on is imported with the SDK, not before."""
    import requests

    class Session(requests.Session):
        """Sends each request once, to where it says, through the proxy of one client or none."""

        def __init__(self, way: _Way) -> None:
            super().__init__()
            self.trust_env = False
            self._way = way
            for prefix in ("http://", "https://"):
                self.mount(prefix, way.adapter)

        def send(self, request: t.Any, **kwargs: t.Any) -> t.Any:
            own = {"proxies": self._way.proxies, "allow_redirects": False}
            self._way.refuse_if_late()
            answer = super().send(request, **{**kwargs, **own})
            # The SDK prints the request if DEBUG says so: signature, token and parameters.
            request.headers, request.url = {}, request.url.partition("?")[0]
            if answer.is_redirect:
                raise RedirectedError
            kind = answer.headers.get("content-type", "")
            self._way.judge(answer.status_code, kind, answer.content)
            return answer

    return Session


@functools.lru_cache
def _adapter_class() -> t.Any:
    from requests.adapters import HTTPAdapter

    class Adapter(HTTPAdapter):
        """Connections with one TLS context, which are read until a deadline."""

        def __init__(self, context: ssl.SSLContext | None, seconds: float) -> None:
            self._context = context
            self._connections = _connection_classes(seconds)
            super().__init__(pool_connections=1, pool_maxsize=_CONNECTIONS)

        def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
            super().init_poolmanager(*args, **kwargs, ssl_context=self._context)
            self.poolmanager.pool_classes_by_scheme = self._connections

        def proxy_manager_for(self, proxy: str, **kwargs: t.Any) -> t.Any:
            manager = super().proxy_manager_for(proxy, **kwargs, ssl_context=self._context)
            manager.pool_classes_by_scheme = self._connections
            return manager

        def cert_verify(self, *_args: t.Any) -> None:
            """Leave it to the context, which has read the certificates once for all connections."""

        def build_connection_pool_key_attributes(
            self, request: t.Any, *_args: t.Any
        ) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
            host, _context = super().build_connection_pool_key_attributes(request, verify=True)
            return host, {"ssl_context": self._context} if self._context else {}

    return Adapter


class TooLateError(OSError):
    """The request was not sent, as it took too long until it could be, or the machine slept."""


class RedirectedError(OSError):
    """The answer sends the request on to somewhere else, where it is not meant to go."""


def _connection_classes(seconds: float) -> dict[str, t.Any]:
    """Return urllib3's pools with connections whose answers are read for so long, and no longer."""
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

    def bounded(pool: t.Any) -> t.Any:
        connection = type(
            "Connection", (pool.ConnectionCls,), {"response_class": staticmethod(answer_class)}
        )
        return type("Pool", (pool,), {"ConnectionCls": connection})

    def answer_class(sock: socket.socket, *args: t.Any, **kwargs: t.Any) -> t.Any:
        answer = http.client.HTTPResponse(sock, *args, **kwargs)
        unbounded, deadline = answer.fp, time.monotonic() + seconds
        answer.fp = io.BufferedReader(_BoundedReader(sock, unbounded.close, deadline))
        return answer

    return {"http": bounded(HTTPConnectionPool), "https": bounded(HTTPSConnectionPool)}


class _BoundedReader(io.RawIOBase):
    """Reads from a socket until a deadline: a time-out alone starts anew with each byte."""

    def __init__(self, sock: socket.socket, let_go: Callable[[], object], deadline: float) -> None:
        self._sock = sock
        self._let_go = let_go
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int:
        rest = self._deadline - time.monotonic()
        if rest <= 0:
            raise TimeoutError
        self._sock.settimeout(rest)
        return self._sock.recv_into(buffer)

    def close(self) -> None:
        self._let_go()
        super().close()

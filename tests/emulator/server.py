# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life of an emulator: a thread with an event loop, a loopback socket, and a safe way in."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
import tempfile
import threading
import typing as t
from pathlib import Path

from aiohttp import web

from .actions import ACTION_NAMES, SERVICE_NAMES
from .cloud.clock import parse_time
from .cloud.ids import Ids
from .cloud.settings import Settings
from .cloud.state import describe_account
from .seed.past import set_past
from .seed.shape import PAST, check_seed
from .seed.sowing import OPERATOR
from .wire.certificates import CertificateAuthority
from .wire.control import PREFIX, Control, guard, is_loopback
from .wire.faults import parse_fault
from .wire.gateway import Gateway
from .wire.proxy import Proxy

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from .cloud.account import Account
    from .cloud.ids import Credentials

MAX_BODY = 10 * 1024**2
# The SDK puts all parameters, a policy document included, into the URL.
MAX_LINE = 256 * 1024
# Clients keep their connections for as long as they live.
KEEPALIVE_SECONDS = 3600
STOP_SECONDS = 0.1
ResultT = t.TypeVar("ResultT")


class Emulator:
    """A running endpoint and its accounts; use it as a context manager.

    All methods may be called from any thread.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: tuple[str, str] | None = None,
        account_id: str | None = None,
        root_secret: str | None = None,
        proxy_port: int | None = None,
        seed: dict[str, t.Any] | None = None,
        members: int = 0,
        **behaviour: t.Any,
    ) -> None:
        """Prepare to listen; `behaviour` is what Settings has. SeedError if the seed is none."""
        if not is_loopback(host):
            raise ValueError("the emulator listens on loopback addresses only")
        self._address = (host, port)
        self._tls = _tls_context(*tls) if tls else None
        checked = check_seed(seed, members)
        self._settings = Settings(
            account_id=account_id or checked.get("account_id") or Ids().digits(16),
            root=Ids().credentials(root_secret),
            operator=_operator_key() if "organization" in checked else None,
            seed=checked,
            **behaviour,
        )
        self.account_id = self._settings.account_id
        self.access_key_id = self._settings.root.access_key_id
        self.access_key_secret = self._settings.root.access_key_secret
        # A user who may read the directory and enter its members; None without a directory.
        self.operator = self._settings.operator
        self.host_port = ""
        self._proxy_port = proxy_port
        # Where the proxy listens, and the certificate that its clients have to trust.
        self.proxy_url = ""
        self.ca_file: Path | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._proxy: Proxy | None = None

    def __enter__(self) -> Emulator:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Return the address of the endpoint."""
        return f"{'https' if self._tls else 'http'}://{self.host_port}"

    def start(self) -> None:
        """Listen; return when requests are answered."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="emulator", daemon=True)
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        except BaseException:
            self._end_loop()
            raise

    def stop(self) -> None:
        """Close every connection and end."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._end_loop()

    def state(self, account: str = "") -> dict[str, t.Any]:
        """Return a whole account, the management account if none is named; secrets included."""
        return self._do(lambda: describe_account(self._account(account)))

    def requests(self) -> list[dict[str, t.Any]]:
        """Return the request log."""
        return self._do(lambda: self._gateway.cloud.log.describe()["requests"])

    def actions(self) -> list[str]:
        """Return the names of the actions in the request log."""
        return self._do(lambda: [entry.action for entry in self._gateway.cloud.log.entries])

    def peak_in_flight(self) -> int:
        """Return how many requests were in flight at once."""
        return self._do(lambda: self._gateway.cloud.log.peak_in_flight)

    def connections(self) -> int:
        """Return how many connections carried API requests."""
        return self._do(lambda: self._gateway.cloud.log.connections)

    def clear_requests(self) -> None:
        """Empty the request log and its counters."""
        self._do(self._gateway.cloud.log.clear)

    def fail(self, action: str, kind: str, **options: t.Any) -> None:
        """Add one fault."""
        fault = parse_fault(
            {"action": action, "kind": kind, **options}, ACTION_NAMES, SERVICE_NAMES
        )
        self._do(lambda: self._gateway.cloud.faults.add([fault]))

    def faults(self) -> list[dict[str, t.Any]]:
        """Return the faults that are left."""
        return self._do(self._gateway.cloud.faults.describe)

    def clear_faults(self) -> None:
        """Forget all faults."""
        self._do(self._gateway.cloud.faults.clear)

    def reset(self) -> None:
        """Begin anew: everything but the root credentials and the settings."""
        self._do(self._gateway.reset)

    def advance_clock(self, seconds: float) -> None:
        """Move the clock forward, or back if negative."""
        self._do(lambda: self._gateway.move_clock(lambda clock: clock.advance(seconds)))

    def set_clock(self, moment: str) -> None:
        """Let it be this moment now, written as the API does."""
        self._do(lambda: self._gateway.move_clock(lambda clock: clock.set(parse_time(moment))))

    def set_past(self, **past: t.Any) -> None:
        """Set when users and keys were made, logged on and were used, as the control call does."""
        checked = PAST(past, "past")
        self._do(lambda: set_past(self._gateway.cloud, checked))

    def set_last_use_lag(self, seconds: float) -> None:
        """Let keys show their last use after so many seconds, until the reset."""
        self._do(lambda: setattr(self._gateway.cloud, "last_use_lag", seconds))

    def set_source_address(self, address: str) -> None:
        """Let requests seem to come from this address, until the reset."""
        self._do(lambda: setattr(self._gateway.cloud, "source_address", address))

    def call(
        self, action: str, /, service: t.Any = "", account: t.Any = "", **parameters: t.Any
    ) -> dict[str, t.Any]:
        """Do an API action for an account itself, past the wire and the log.

        It is RAM's action if several services have it and none is named.
        """
        texts = {name: _as_text(value) for name, value in parameters.items()}
        return self._do(
            lambda: self._gateway.call_as_root(action, texts, service=service, account=account)
        )

    def _account(self, account_id: str) -> Account:
        cloud = self._gateway.cloud
        return cloud.accounts[account_id] if account_id else cloud.management

    def _do(self, work: Callable[[], ResultT]) -> ResultT:
        async def on_the_loop() -> ResultT:
            return work()

        return asyncio.run_coroutine_threadsafe(on_the_loop(), self._loop).result()

    async def _listen(self) -> None:
        self._gateway = Gateway(self._settings)
        app = web.Application(middlewares=[guard], client_max_size=MAX_BODY)
        app.add_routes(Control(self._gateway).routes())
        app.router.add_route("*", f"/{{path:(?!{PREFIX[1:]}/).*}}", self._gateway.answer)
        app.on_response_prepare.append(_leave_out_empty_date)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            logger=_silent_logger(),
            keepalive_timeout=KEEPALIVE_SECONDS,
            shutdown_timeout=STOP_SECONDS,
            max_line_size=MAX_LINE,
            max_field_size=MAX_LINE,
        )
        await self._runner.setup()
        host, port = self._address
        await web.TCPSite(self._runner, host, port, ssl_context=self._tls).start()
        self.host_port = _authority_of(self._runner.addresses[0])
        if self._proxy_port is not None:
            await self._listen_as_proxy(self._proxy_port)

    async def _listen_as_proxy(self, port: int) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="emulator-")
        authority = CertificateAuthority(Path(self._folder.name))
        context = authority.server_context()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=context).start()
        inside_port = self._runner.addresses[-1][1]
        self._proxy = Proxy(authority, inside_port)
        address = await self._proxy.listen(self._address[0], port)
        self.proxy_url = f"http://{_authority_of(address)}"
        self.ca_file = authority.file

    async def _close(self) -> None:
        self._gateway.cancel_late()
        if self._proxy:
            await self._proxy.close()
        connections = self._runner.server.connections if self._runner.server else []
        transports = [c.transport for c in connections if c.transport]
        # A TLS connection would wait for its peer to say good-bye, which no idle client does.
        for transport in transports:
            transport.abort()
        await self._runner.cleanup()
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    def _end_loop(self) -> None:
        if self._folder:
            self._folder.cleanup()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def _authority_of(address: tuple[t.Any, ...]) -> str:
    host, port = address[:2]
    return f"{f'[{host}]' if ':' in host else host}:{port}"


async def _leave_out_empty_date(_request: web.Request, response: web.StreamResponse) -> None:
    """Send no date where a fault wants none; the server would fill it in otherwise."""
    if response.headers.get("Date") == "":
        del response.headers["Date"]


def _operator_key() -> Credentials:
    """Return the operator's key, whose id is the same at each start."""
    ids = Ids()
    ids.repeat_from(OPERATOR)
    return ids.credentials()


def _as_text(value: t.Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)


def _tls_context(certificate: str, key: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def _silent_logger() -> logging.Logger:
    """Return a logger that says nothing: the server would quote request lines, secrets included."""
    logger = logging.getLogger(__name__)
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger

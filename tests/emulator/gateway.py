# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way of one API request: log, flow control, faults, authentication, action, answer."""

from __future__ import annotations

import asyncio
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from .account import Account, Credentials
from .actions import SERVICES
from .authentication import authenticate, known_caller
from .entities import Caller
from .errors import ApiError
from .faults import FaultList, throttled
from .protocol import (
    Reply,
    WireRequest,
    check_form,
    failure,
    read_request,
    success,
    unknown_action,
)
from .request_log import Entry, RequestLog
from .service import Action, Call

if t.TYPE_CHECKING:
    from .service import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the account and its gateway behave for as long as the emulator runs."""

    account_id: str
    root: Credentials
    site: str = "cn"
    latency_ms: float = 0
    qps: int = 0
    page_size: int = 1000


class FlowControl:
    """At most so many requests in any second; 0 is no limit."""

    def __init__(self, qps: int) -> None:
        self._qps = qps
        self._tokens = float(qps)
        self._refilled = time.monotonic()

    def admit(self) -> None:
        """Count a request, or refuse it."""
        if not self._qps:
            return
        now = time.monotonic()
        self._tokens = min(self._qps, self._tokens + (now - self._refilled) * self._qps)
        self._refilled = now
        if self._tokens < 1:
            raise throttled()
        self._tokens -= 1


class Gateway:
    """Answers API requests; everything runs on one event loop, so nothing is locked."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self._late: set[asyncio.Task[None]] = set()
        self.reset()

    def reset(self) -> None:
        """Begin anew with an empty account."""
        self.cancel_late()
        options = self.options
        self.account = Account(
            options.account_id, options.root, site=options.site, page_size=options.page_size
        )
        self.log = RequestLog()
        self.faults = FaultList()
        self.flow_control = FlowControl(options.qps)

    def cancel_late(self) -> None:
        """Give up what was to be done after its caller was dropped."""
        for task in self._late:
            task.cancel()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one API request, or drop its connection."""
        # A request that is under way while the account is reset still belongs to the old one.
        account, transport = self.account, request.transport
        with self.log.request(transport) as entry:
            body = await request.read()
            if self.options.latency_ms:
                await asyncio.sleep(self.options.latency_ms / 1000)
            wire = read_request(request.method, request.raw_path, request.headers, body)
            entry.describe_request(wire, known_caller(account, wire.access_key_id))
            exchange = Exchange(self, account, wire, entry)
            fault = self.faults.draw(wire.action)
            reply = await fault.strike(exchange) if fault else exchange.perform()
            if reply is None:
                if transport is not None:
                    transport.abort()
                return web.Response()
            entry.status = reply.status
        return web.Response(
            body=reply.body,
            status=reply.status,
            headers={
                "Content-Type": reply.content_type,
                "Date": account.clock.http_date(),
                **reply.headers,
            },
        )

    def call_as_root(self, name: str, parameters: dict[str, str]) -> Result:
        """Do an action for the account itself, past the wire and the log."""
        for service in SERVICES.values():
            if name in service.actions:
                root = Caller(self.options.root.access_key_id)
                return service.actions[name].run(Call(self.account, root, parameters))
        raise unknown_action()

    def later(self, seconds: float, exchange: Exchange) -> None:
        """Perform a request whose caller has been dropped."""

        async def perform() -> None:
            await asyncio.sleep(seconds)
            exchange.perform()

        task = asyncio.create_task(perform())
        self._late.add(task)
        task.add_done_callback(self._late.discard)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request on its way to an answer."""

    gateway: Gateway
    account: Account
    wire: WireRequest
    entry: Entry

    def perform(self) -> Reply:
        """Do what the request asks and return the answer."""
        try:
            result = self._run()
        except ApiError as error:
            return self.refuse(error)
        except Exception as error:  # noqa: BLE001 - an answer, whatever is broken here
            return self.refuse(_internal_error(error))
        return success(self.wire, result)

    def refuse(self, error: ApiError) -> Reply:
        """Return the answer for this error."""
        self.entry.code = error.code
        return failure(self.wire, error)

    def perform_later(self, seconds: float) -> None:
        """Do what the request asks when its caller is long gone."""
        self.gateway.later(seconds, self)

    def _run(self) -> Result:
        check_form(self.wire)
        caller = authenticate(self.account, self.wire)
        self.gateway.flow_control.admit()
        return self._action().run(Call(self.account, caller, self.wire.parameters))

    def _action(self) -> Action:
        service = SERVICES.get(self.wire.version)
        if service is None or self.wire.action not in service.actions:
            raise unknown_action()
        return service.actions[self.wire.action]


def _internal_error(error: Exception) -> ApiError:
    """Say where the emulator is broken, but not with which values: they may be secret."""
    traceback = error.__traceback__
    while traceback and traceback.tb_next:
        traceback = traceback.tb_next
    place = ""
    if traceback:
        place = f" at {Path(traceback.tb_frame.f_code.co_filename).name}:{traceback.tb_lineno}"
    return ApiError(500, "InternalError", f"The emulator failed: {type(error).__name__}{place}.")

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way of one API request: log, flow control, faults, authentication, action, answer."""

from __future__ import annotations

import asyncio
import typing as t
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from ..actions import SERVICES
from ..actions.call import Call, Origin
from ..cloud.cloud import Cloud
from ..cloud.entities import Caller
from ..errors import ApiError, not_emulated
from ..seed.sowing import sow
from .answers import Reply, failure, success
from .authentication import authenticate, known_caller
from .protocol import WireRequest, check_form, is_signed, read_request, unknown_action

if t.TYPE_CHECKING:
    from ..actions.call import Result
    from ..actions.service import Action, Service
    from ..cloud.clock import Clock
    from ..cloud.settings import Settings
    from .request_log import Entry


class Gateway:
    """Answers API requests; everything runs on one event loop, so nothing is locked."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._late: set[asyncio.Task[None]] = set()
        self.reset()

    def reset(self) -> None:
        """Begin anew with the accounts of the start."""
        self.cancel_late()
        self.cloud = Cloud(self.settings)
        if self.settings.seed:
            sow(self.cloud, self.settings.seed)

    def move_clock(self, move: t.Callable[[Clock], None]) -> None:
        """Move the clock, and let happen what happens by itself in time."""
        move(self.cloud.clock)
        self.cloud.forget_idle()

    def cancel_late(self) -> None:
        """Give up what was to be done after its caller was dropped."""
        for task in self._late:
            task.cancel()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one API request, or drop its connection."""
        # A request that is under way while the cloud is reset still belongs to the old one.
        cloud, transport = self.cloud, request.transport
        with cloud.log.request(transport) as entry:
            exchange = Exchange(self, cloud, *await self._read(request, cloud), entry)
            caller = known_caller(cloud, exchange.wire.access_key_id)
            entry.describe_request(exchange.wire, exchange.service_name, caller)
            fault = cloud.faults.draw(entry)
            reply = await fault.strike(exchange) if fault else exchange.perform()
            if reply is None:
                if transport is not None:
                    transport.abort()
                return web.Response()
            entry.status = reply.status
        headers = {"Content-Type": reply.content_type, "Date": cloud.clock.http_date()}
        return web.Response(
            body=reply.body, status=reply.status, headers={**headers, **reply.headers}
        )

    async def _read(self, request: web.Request, cloud: Cloud) -> tuple[WireRequest, Service | None]:
        """Return what a request says, and the service that it is for, if there is one."""
        body = await request.read()
        if self.settings.latency_ms:
            await asyncio.sleep(self.settings.latency_ms / 1000)
        wire = read_request(
            request.method,
            request.raw_path,
            request.headers,
            body,
            source_address=cloud.source_address or request.remote or "",
            is_secure=request.secure,
        )
        return wire, SERVICES.get(wire.version)

    def call_as_root(
        self, name: str, parameters: dict[str, str], *, service: str = "", account: str = ""
    ) -> Result:
        """Do an action for an account itself, past the wire and the log."""
        cloud = self.cloud
        root = Caller("", cloud.accounts[account] if account else cloud.management)
        origin = Origin("127.0.0.1", is_secure=False)
        for candidate in SERVICES.values():
            if service in ("", candidate.name) and name in candidate.actions:
                return candidate.actions[name].run(Call(root, parameters, origin))
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
    """One request on its way to an answer; `service` is None for one that nobody knows."""

    gateway: Gateway
    cloud: Cloud
    wire: WireRequest
    service: Service | None
    entry: Entry

    @property
    def service_name(self) -> str:
        """The name of the service, empty for one that nobody knows."""
        return self.service.name if self.service else ""

    def perform(self, edit: t.Callable[[Result], None] | None = None) -> Reply:
        """Do what the request asks and return the answer, edited if a fault wants it so."""
        try:
            result = self._run()
        except ApiError as error:
            return self.refuse(error)
        except Exception as error:  # noqa: BLE001 - an answer, whatever is broken here
            return self.refuse(_internal_error(error))
        if edit:
            edit(result)
        return success(self.wire, result)

    def refuse(self, error: ApiError) -> Reply:
        """Return the answer for this error."""
        self.entry.code = error.code
        return failure(self.wire, error, host=self.service.host if self.service else "")

    def perform_later(self, seconds: float) -> None:
        """Do what the request asks when its caller is long gone."""
        self.gateway.later(seconds, self)

    def _run(self) -> Result:
        check_form(self.wire)
        self._check_emulated()
        caller = self._caller()
        caller.account.flow_control.admit()
        wire = self.wire
        origin = Origin(wire.source_address, wire.is_secure)
        return self._action().run(Call(caller, wire.parameters, origin, self.entry.notes))

    def _check_emulated(self) -> None:
        name = self.wire.action
        if self.service and name in self.service.declined:
            raise not_emulated(f"The emulator has no {name}: {self.service.declined[name]}.")

    def _caller(self) -> Caller:
        action = self.service.actions.get(self.wire.action) if self.service else None
        if action and action.is_anonymous and not is_signed(self.wire):
            return Caller("", self.cloud.management, is_anonymous=True)
        return authenticate(self.cloud, self.wire, self.service_name)

    def _action(self) -> Action:
        if self.service is None or self.wire.action not in self.service.actions:
            raise unknown_action()
        return self.service.actions[self.wire.action]


def _internal_error(error: Exception) -> ApiError:
    """Say where the emulator is broken, but not with which values: they may be secret."""
    traceback = error.__traceback__
    while traceback and traceback.tb_next:
        traceback = traceback.tb_next
    place = ""
    if traceback:
        place = f" at {Path(traceback.tb_frame.f_code.co_filename).name}:{traceback.tb_lineno}"
    return ApiError(500, "InternalError", f"The emulator failed: {type(error).__name__}{place}.")

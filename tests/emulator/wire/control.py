# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control interface: look at the account, script failures, reset, move the clock.

It is not signed, so it answers only requests that were addressed to this machine: a web page that
rebinds its own name to 127.0.0.1 is refused.
"""

from __future__ import annotations

import ipaddress
import json
import typing as t
import urllib.parse

from aiohttp import web

from ..actions import ACTION_NAMES, SERVICE_NAMES
from ..cloud.clock import parse_time
from ..cloud.state import describe_account
from ..seed.past import set_past
from ..seed.shape import PAST
from .faults import parse_fault

if t.TYPE_CHECKING:
    from .gateway import Gateway

PREFIX = "/_emulator"
CENTURY = 100 * 365 * 86400


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address means this machine and nothing else."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Control:
    """The handlers of the control interface."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to these handlers."""
        return [
            web.get(f"{PREFIX}/state", self.show_state, allow_head=False),
            web.get(f"{PREFIX}/requests", self.show_requests, allow_head=False),
            web.delete(f"{PREFIX}/requests", self.clear_requests),
            web.get(f"{PREFIX}/faults", self.show_faults, allow_head=False),
            web.post(f"{PREFIX}/faults", self.add_faults),
            web.delete(f"{PREFIX}/faults", self.clear_faults),
            web.post(f"{PREFIX}/reset", self.reset),
            web.post(f"{PREFIX}/clock", self.move_clock),
            web.post(f"{PREFIX}/past", self.set_past),
        ]

    async def show_state(self, request: web.Request) -> web.Response:
        """Return a whole account, the management account if none is named."""
        cloud = self._gateway.cloud
        account = cloud.accounts.get(request.query.get("account", cloud.management.account_id))
        if account is None:
            raise ValueError("there is no such account")
        return web.json_response(describe_account(account))

    async def show_requests(self, _request: web.Request) -> web.Response:
        """Return the request log."""
        return web.json_response(self._gateway.cloud.log.describe())

    async def clear_requests(self, _request: web.Request) -> web.Response:
        """Empty the request log."""
        self._gateway.cloud.log.clear()
        return web.json_response({})

    async def show_faults(self, _request: web.Request) -> web.Response:
        """Return the faults that are left."""
        return web.json_response({"faults": self._gateway.cloud.faults.describe()})

    async def add_faults(self, request: web.Request) -> web.Response:
        """Add a list of faults, all or none."""
        raw = await request.json()
        if not isinstance(raw, list) or not all(isinstance(item, dict) for item in raw):
            raise ValueError("a list of objects is expected")
        self._gateway.cloud.faults.add(
            [parse_fault(item, ACTION_NAMES, SERVICE_NAMES) for item in raw]
        )
        return web.json_response({"faults": self._gateway.cloud.faults.describe()})

    async def clear_faults(self, _request: web.Request) -> web.Response:
        """Forget all faults."""
        self._gateway.cloud.faults.clear()
        return web.json_response({})

    async def reset(self, _request: web.Request) -> web.Response:
        """Begin anew."""
        self._gateway.reset()
        return web.json_response({})

    async def move_clock(self, request: web.Request) -> web.Response:
        """Move the clock to and fro by seconds, or to a moment."""
        raw = await request.json()
        match raw:
            case {"now": str() as text, **rest} if not rest:
                moment = parse_time(text)
                self._gateway.move_clock(lambda clock: clock.set(moment))
            case {"advance_seconds": int() | float() as seconds, **rest} if not rest:
                if not abs(seconds) <= CENTURY:
                    raise ValueError("advance_seconds must be a number within a century")
                self._gateway.move_clock(lambda clock: clock.advance(seconds))
            case _:
                raise ValueError("advance_seconds (a number) or now (a time) is expected")
        return web.json_response({"now": self._gateway.cloud.clock.timestamp()})

    async def set_past(self, request: web.Request) -> web.Response:
        """Set when users and keys of an account were made, logged on and were used."""
        set_past(self._gateway.cloud, PAST(await request.json(), "the body"))
        return web.json_response({})


@web.middleware
async def guard(
    request: web.Request, handler: t.Callable[[web.Request], t.Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuse strangers to the control interface, and say what is wrong with a request to it."""
    if not request.path.startswith(f"{PREFIX}/"):
        return await handler(request)
    if not is_loopback(_host_name(request.host)):
        return _refusal(403, "the control interface is for this machine only")
    try:
        return await handler(request)
    except json.JSONDecodeError:
        return _refusal(400, "the body is not JSON")
    except ValueError as error:
        return _refusal(400, str(error))


def _host_name(authority: str) -> str:
    try:
        return urllib.parse.urlsplit(f"//{authority}").hostname or ""
    except ValueError:
        return ""


def _refusal(status: int, reason: str) -> web.Response:
    return web.json_response({"error": reason}, status=status)

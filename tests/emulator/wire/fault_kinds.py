# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens to a request that a fault hits."""

from __future__ import annotations

import asyncio
import contextlib
import typing as t
from dataclasses import dataclass, replace

from ..cloud.clock import format_http_date
from ..errors import ApiError, throttled
from .answers import Reply

if t.TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from ..actions.call import Result
    from .faults import Fault
    from .gateway import Exchange

GARBAGE = b"<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"


async def _error(fault: Fault, exchange: Exchange) -> Reply:
    _perform_first(fault, exchange)
    error = ApiError(fault.status or 500, fault.code, fault.message, headers=fault.headers)
    return exchange.refuse(error)


async def _throttle(fault: Fault, exchange: Exchange) -> Reply:
    headers = {}
    if fault.retry_after_ms is not None:
        headers["x-acs-retry-after"] = str(fault.retry_after_ms)
    return exchange.refuse(throttled(fault.status or 400, headers))


async def _drop_before(_fault: Fault, _exchange: Exchange) -> None:
    return


async def _drop_after(_fault: Fault, exchange: Exchange) -> None:
    exchange.perform()


async def _late(fault: Fault, exchange: Exchange) -> None:
    exchange.perform_later(fault.ms / 1000)


async def _delay(fault: Fault, exchange: Exchange) -> Reply:
    if fault.when == "before":
        await asyncio.sleep(fault.ms / 1000)
        return exchange.perform()
    reply = exchange.perform()
    await asyncio.sleep(fault.ms / 1000)
    return reply


async def _gather(fault: Fault, exchange: Exchange) -> Reply:
    """Answer as soon as so many requests have been in flight at once, or when the time is over."""
    crowd = exchange.cloud.log.crowd(fault.requests)
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(crowd.wait(), fault.ms / 1000)
    return exchange.perform()


async def _garbage(fault: Fault, exchange: Exchange) -> Reply:
    _perform_first(fault, exchange)
    return Reply(fault.status or 502, GARBAGE, "text/html")


async def _empty(fault: Fault, exchange: Exchange) -> Reply:
    _perform_first(fault, exchange)
    return Reply(fault.status or 200, b"", "application/json;charset=utf-8")


async def _half(_fault: Fault, exchange: Exchange) -> Reply:
    reply = exchange.perform()
    return replace(reply, body=reply.body[: len(reply.body) // 2])


async def _redirect(fault: Fault, _exchange: Exchange) -> Reply:
    headers = {"Location": fault.location}
    return Reply(fault.status or 302, b"", "text/html", headers=headers)


async def _date(fault: Fault, exchange: Exchange) -> Reply:
    """Answer with another time, or with none if it is empty."""
    date = fault.date
    if date is None:
        date = format_http_date(exchange.cloud.clock.now() + fault.seconds)
    reply = exchange.perform()
    return replace(reply, headers={**reply.headers, "Date": date})


async def _drop_item(fault: Fault, exchange: Exchange) -> Reply:
    def edit(result: Result) -> None:
        items = next(_lists(result), [])
        candidates = [i for i in items if fault.item is None or fault.item in i.values()]
        if candidates:
            items.remove(candidates[-1])

    return exchange.perform(edit)


def _lists(result: t.Any) -> Iterator[list[Result]]:
    if isinstance(result, list):
        yield result
    elif isinstance(result, dict):
        for value in result.values():
            yield from _lists(value)


def _perform_first(fault: Fault, exchange: Exchange) -> None:
    if fault.when == "after":
        exchange.perform()


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of fault does, and the options that it takes."""

    strike: Callable[[Fault, Exchange], Awaitable[Reply | None]]
    options: frozenset[str] = frozenset()


KINDS = {
    "error": Kind(_error, frozenset({"code", "status", "message", "headers", "when"})),
    "throttle": Kind(_throttle, frozenset({"status", "retry_after_ms"})),
    "drop_before": Kind(_drop_before),
    "drop_after": Kind(_drop_after),
    "late": Kind(_late, frozenset({"ms"})),
    "delay": Kind(_delay, frozenset({"ms", "when"})),
    "gather": Kind(_gather, frozenset({"requests", "ms"})),
    "garbage": Kind(_garbage, frozenset({"status", "when"})),
    "half": Kind(_half),
    # A proxy that wants its user to log on.
    "redirect": Kind(_redirect, frozenset({"status", "location"})),
    # A clock that is wrong, or an answer without a time.
    "date": Kind(_date, frozenset({"seconds", "date"})),
    # A list that lacks one of its items.
    "drop_item": Kind(_drop_item, frozenset({"item"})),
    "empty": Kind(_empty, frozenset({"status", "when"})),
}

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failures on demand: which requests they hit, and what happens to those instead."""

from __future__ import annotations

import asyncio
import random
import typing as t
from dataclasses import dataclass, field, replace

from ..errors import ApiError, throttled
from .protocol import Reply

if t.TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .gateway import Exchange
    from .request_log import Entry

ANY_ACTION = "*"
GARBAGE = b"<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"


@dataclass(eq=False, slots=True, kw_only=True)
class Fault:
    """One scripted failure; `times`, `skip` and `probability` say which requests it hits."""

    action: str
    kind: str
    times: int = 1
    skip: int = 0
    probability: float = 1.0
    seed: int | None = None
    # Only requests of this service, account, key and with these parameters; None is any.
    service: str | None = None
    account: str | None = None
    access_key_id: str | None = None
    parameters: dict[str, str] | None = None
    when: str = "before"
    code: str = "InternalError"
    status: int | None = None
    message: str = "A scripted failure."
    headers: dict[str, str] = field(default_factory=dict)
    retry_after_ms: int | None = None
    ms: int = 0
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def hits(self, entry: Entry) -> bool:
        """Tell whether this request is hit, and count it."""
        if not self._is_meant(entry):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self._random.random() >= self.probability:
            return False
        self.times -= 1
        return True

    def _is_meant(self, entry: Entry) -> bool:
        return (
            self.action in (ANY_ACTION, entry.action)
            and self.service in (None, entry.service)
            and self.account in (None, entry.account)
            and self.access_key_id in (None, entry.caller)
            and (self.parameters or {}).items() <= (entry.parameters or {}).items()
        )

    async def strike(self, exchange: Exchange) -> Reply | None:
        """Treat the request as this fault does; None means to drop the connection."""
        return await KINDS[self.kind].strike(self, exchange)

    def describe(self) -> dict[str, t.Any]:
        """Return the fault as it would be posted, with what is left of its counts."""
        names = COMMON_OPTIONS | KINDS[self.kind].options
        values = {name: getattr(self, name) for name in sorted(names)}
        return {name: value for name, value in values.items() if value is not None}


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


async def _garbage(fault: Fault, exchange: Exchange) -> Reply:
    _perform_first(fault, exchange)
    return Reply(fault.status or 502, GARBAGE, "text/html")


async def _empty(fault: Fault, exchange: Exchange) -> Reply:
    _perform_first(fault, exchange)
    return Reply(fault.status or 200, b"", "application/json;charset=utf-8")


async def _half(_fault: Fault, exchange: Exchange) -> Reply:
    reply = exchange.perform()
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def _perform_first(fault: Fault, exchange: Exchange) -> None:
    if fault.when == "after":
        exchange.perform()


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of fault does, and the options that it takes."""

    strike: Callable[[Fault, Exchange], Awaitable[Reply | None]]
    options: frozenset[str] = frozenset()


STATUSES = range(200, 600)
SELECTORS = frozenset({"service", "account", "access_key_id", "parameters"})
COMMON_OPTIONS = SELECTORS | {"action", "kind", "times", "skip", "probability", "seed"}
NUMBER_OPTIONS = frozenset(
    {"times", "skip", "probability", "seed", "status", "retry_after_ms", "ms"}
)
KINDS = {
    "error": Kind(_error, frozenset({"code", "status", "message", "headers", "when"})),
    "throttle": Kind(_throttle, frozenset({"status", "retry_after_ms"})),
    "drop_before": Kind(_drop_before),
    "drop_after": Kind(_drop_after),
    "late": Kind(_late, frozenset({"ms"})),
    "delay": Kind(_delay, frozenset({"ms", "when"})),
    "garbage": Kind(_garbage, frozenset({"status", "when"})),
    "half": Kind(_half),
    "empty": Kind(_empty, frozenset({"status", "when"})),
}


def parse_fault(
    raw: t.Mapping[str, t.Any], actions: t.Collection[str], services: t.Collection[str]
) -> Fault:
    """Return the fault that a test asks for; ValueError names what is wrong with it."""
    kind = KINDS.get(str(raw.get("kind")))
    if kind is None:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}")
    if str(raw.get("action")) not in (ANY_ACTION, *actions):
        raise ValueError("action must be the name of an API action, or *")
    if raw.get("service") not in (None, *services):
        raise ValueError(f"service must be one of {', '.join(sorted(services))}")
    unknown = raw.keys() - COMMON_OPTIONS - kind.options
    if unknown:
        raise ValueError(f"{raw['kind']} has no option {', '.join(sorted(unknown))}")
    given = {name: value for name, value in raw.items() if value is not None}
    _check_values(given)
    return Fault(**given)


def _check_values(given: dict[str, t.Any]) -> None:
    for name in given.keys() & NUMBER_OPTIONS:
        if not isinstance(given[name], (int, float)) or given[name] < 0:
            raise ValueError(f"{name} must be a number that is not negative")
    if given.get("when", "before") not in ("before", "after"):
        raise ValueError("when must be before or after")
    if given.get("times", 1) < 1:
        raise ValueError("times must be at least 1")
    if given.get("status", 200) not in STATUSES:
        raise ValueError(f"status must be {STATUSES[0]} to {STATUSES[-1]}")
    for name in ("headers", "parameters"):
        texts = given.get(name, {})
        if not isinstance(texts, dict) or not all(isinstance(v, str) for v in texts.values()):
            raise ValueError(f"{name} must be an object of texts")


class FaultList:
    """The faults that are set; the first that hits a request is the only one that does."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, faults: t.Iterable[Fault]) -> None:
        """Append faults."""
        self._faults.extend(faults)

    def draw(self, entry: Entry) -> Fault | None:
        """Return the fault that hits this request, or None."""
        fault = next((fault for fault in self._faults if fault.hits(entry)), None)
        if fault and fault.times <= 0:
            self._faults.remove(fault)
        return fault

    def clear(self) -> None:
        """Forget all faults."""
        self._faults.clear()

    def describe(self) -> list[dict[str, t.Any]]:
        """Return what is left."""
        return [fault.describe() for fault in self._faults]

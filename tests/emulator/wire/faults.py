# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failures on demand: which requests they hit, and what happens to those instead."""

from __future__ import annotations

import random
import typing as t
from dataclasses import dataclass, field

from .fault_kinds import KINDS

if t.TYPE_CHECKING:
    from .answers import Reply
    from .gateway import Exchange
    from .request_log import Entry

ANY_ACTION = "*"


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
    requests: int = 1
    location: str = "https://proxy.invalid/login"
    seconds: float = 0
    date: str | None = None
    item: str | None = None
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


SELECTORS = frozenset({"service", "account", "access_key_id", "parameters"})
COMMON_OPTIONS = SELECTORS | {"action", "kind", "times", "skip", "probability", "seed"}


def _is_number(value: t.Any) -> bool:
    return isinstance(value, (int, float))


def _is_positive(value: t.Any) -> bool:
    return _is_number(value) and value >= 0


def _is_text(value: t.Any) -> bool:
    return isinstance(value, str)


def _is_texts(value: t.Any) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


AT_LEAST_1 = ("at least 1", lambda value: _is_number(value) and value >= 1)
NOT_NEGATIVE = ("a number that is not negative", _is_positive)
TEXT = ("a text", _is_text)
TEXTS = ("an object of texts", _is_texts)
VALUES: dict[str, tuple[str, t.Callable[[t.Any], bool]]] = {
    "times": AT_LEAST_1,
    "requests": AT_LEAST_1,
    "skip": NOT_NEGATIVE,
    "probability": NOT_NEGATIVE,
    "seed": NOT_NEGATIVE,
    "status": ("200 to 599", lambda value: value in range(200, 600)),
    "retry_after_ms": NOT_NEGATIVE,
    "ms": NOT_NEGATIVE,
    "seconds": ("a number", _is_number),
    "when": ("before or after", lambda value: value in ("before", "after")),
    "headers": TEXTS,
    "parameters": TEXTS,
    "location": TEXT,
    "date": TEXT,
    "item": TEXT,
    "account": TEXT,
    "access_key_id": TEXT,
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
    for name, value in given.items():
        words, is_right = VALUES.get(name, TEXT)
        if not is_right(value):
            raise ValueError(f"{name} must be {words}")
    return Fault(**given)


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

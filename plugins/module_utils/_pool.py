# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do the same thing to many items at once, a bounded number of them in flight."""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ._errors import RamError

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_I = t.TypeVar("_I")
_T = t.TypeVar("_T")


@dataclass(frozen=True)
class Outcome(t.Generic[_T]):
    """What became of one item: a value or the error in its place."""

    value: _T | None = None
    error: RamError | None = None


def attempt_all(
    function: Callable[[_I], _T], items: Sequence[_I], concurrency: int
) -> list[Outcome[_T]]:
    """Return one outcome for each item, in order; one item's RamError doesn't stop the others."""

    def attempt(item: _I) -> Outcome[_T]:
        try:
            return Outcome(value=function(item))
        except RamError as error:
            return Outcome(error=error)

    with ThreadPoolExecutor(max_workers=max(1, concurrency)) as pool:
        return list(pool.map(attempt, items))


def map_all(function: Callable[[_I], _T], items: Sequence[_I], concurrency: int) -> list[_T]:
    """Return the result for each item, in order; raise the first RamError once all have ended."""
    outcomes = attempt_all(function, items, concurrency)
    for outcome in outcomes:
        if outcome.error:
            raise outcome.error
    return [t.cast("_T", outcome.value) for outcome in outcomes]

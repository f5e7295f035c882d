# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do the same thing to many items at once, a bounded number of them in flight."""

from __future__ import annotations

import contextlib
import threading
import typing as t
from dataclasses import dataclass

from .._cloud.errors import InputError, ProblemsError, RamError, unforeseen
from .._stopping import refuse_if_out_of_time, refuse_if_stopped

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_I = t.TypeVar("_I")
_T = t.TypeVar("_T")
_JOIN_SECONDS = 0.1


@dataclass(frozen=True)
class Outcome(t.Generic[_T]):
    """What became of one item: a value or the error in its place."""

    value: _T | None = None
    error: RamError | None = None


def attempt_all(
    function: Callable[[_I], _T],
    items: Sequence[_I],
    concurrency: int,
    watch: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[Outcome[_T]]:
    """Return one outcome for each item, in order; one item's error doesn't stop the others.

    Meanwhile this thread calls `watch` now and then with how many of how many have ended, and
    ignores what that raises. Raises RamError if the system allows no thread at all.
    Asked to stop, it begins no further item: the outcome is a StoppedError. If items don't end in
    the time that is left to them then, it raises StoppedError and leaves their threads behind.
    """
    outcomes: list[Outcome[_T]] = [Outcome()] * len(items)
    places = iter(range(len(items)))
    ended: list[int] = []

    def work() -> None:
        for place in places:
            outcomes[place] = _attempt(function, items[place])
            ended.append(place)

    for thread in _started(work, min(max(1, concurrency), len(items))):
        while not _has_ended(thread):
            refuse_if_out_of_time()
            with contextlib.suppress(Exception):
                watch(len(ended), len(items))
    return outcomes


def map_all(
    function: Callable[[_I], _T],
    items: Sequence[_I],
    concurrency: int,
    watch: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[_T]:
    """Return the result for each item, in order; raise the first RamError once all have ended.

    If all errors are InputErrors, they are raised together. `watch` is as for attempt_all.
    """
    outcomes = attempt_all(function, items, concurrency, watch)
    errors = [outcome.error for outcome in outcomes if outcome.error]
    if len(errors) > 1 and all(isinstance(error, InputError) for error in errors):
        raise ProblemsError([str(error) for error in errors])
    if errors:
        raise errors[0]
    return [t.cast("_T", outcome.value) for outcome in outcomes]


def both(many: Callable[[int], _I], one: Callable[[], _T], concurrency: int) -> tuple[_I, _T]:
    """Return what two functions return, side by side where several requests may be in flight.

    `many` is told how many it may have, `one` has one at a time. Raises as map_all does.
    """
    looks: list[Callable[[], t.Any]] = [lambda: many(max(1, concurrency - 1)), one]
    first, second = map_all(lambda look: look(), looks, min(len(looks), concurrency))
    return first, second


def _attempt(function: Callable[[_I], _T], item: _I) -> Outcome[_T]:
    try:
        refuse_if_stopped()
        return Outcome(value=function(item))
    except RamError as error:
        return Outcome(error=error)
    except BaseException as error:  # noqa: BLE001 - in a thread, nobody else would hear of it
        return Outcome(error=unforeseen(error))


def _started(work: Callable[[], None], wanted: int) -> list[threading.Thread]:
    """Start so many threads, or as many as the system allows."""
    # Threads that are left behind must not keep the process from ending.
    threads = [threading.Thread(target=work, daemon=True) for _worker in range(wanted)]
    for number, thread in enumerate(threads):
        try:
            thread.start()
        except RuntimeError:
            if number == 0:
                raise RamError("The system allows no more threads, so nothing was begun") from None
            return threads[:number]
    return threads


def _has_ended(thread: threading.Thread) -> bool:
    thread.join(_JOIN_SECONDS)
    return not thread.is_alive()

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work that is done side by side: what goes wrong is never taken for done."""

from __future__ import annotations

import resource
import threading
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.errors import RamError
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.pool import (
    attempt_all,
    both,
)

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOM = 8 << 30


@pytest.fixture
def room_for_threads() -> Iterator[Callable[[int], None]]:
    """A function that limits how many threads can be started from now on."""
    before = resource.getrlimit(resource.RLIMIT_AS), threading.stack_size()
    page = resource.getpagesize()

    def limit(threads: int) -> None:
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * page
        resource.setrlimit(resource.RLIMIT_AS, (taken + ROOM, before[0][1]))
        threading.stack_size(ROOM // (threads + 1) // page * page + page)

    yield limit
    resource.setrlimit(resource.RLIMIT_AS, before[0])
    threading.stack_size(before[1])


def work(item: int) -> int:
    """Take a while."""
    time.sleep(0.05)
    return -item


def test_fewer_threads_than_asked_for(room_for_threads: Callable[[int], None]) -> None:
    """Where the system allows fewer threads than asked for, these do all the work."""
    room_for_threads(2)

    outcomes = attempt_all(work, range(8), 8)

    assert [outcome.value for outcome in outcomes] == [0, -1, -2, -3, -4, -5, -6, -7]


def test_no_thread_at_all(room_for_threads: Callable[[int], None]) -> None:
    """Where the system allows no thread, nothing is begun, and that is said."""
    room_for_threads(0)

    with pytest.raises(RamError, match="The system allows no more threads"):
        attempt_all(work, range(8), 8)


def test_watcher_that_fails() -> None:
    """Whoever can't be told how far the work is doesn't end it."""

    def watch(_done: int, _total: int) -> None:
        raise BrokenPipeError

    outcomes = attempt_all(lambda _item: time.sleep(0.3), range(2), 2, watch)

    assert not any(outcome.error for outcome in outcomes)


@pytest.mark.parametrize("error", [ValueError, MemoryError, SystemExit, KeyboardInterrupt])
def test_whatever_ends_an_item(error: type[BaseException]) -> None:
    """However an item ends, it is never taken for done, and the others are done."""

    def fail_at_first(item: int) -> int:
        if not item:
            raise error
        return item

    first, second = attempt_all(fail_at_first, range(2), 1)

    assert f"Unexpected {error.__name__}" in str(first.error)
    assert second.value == 1


@pytest.mark.parametrize(("concurrency", "share", "together"), [(1, 1, False), (16, 15, True)])
def test_both(concurrency: int, share: int, together: bool) -> None:  # noqa: FBT001
    """Two looks are taken side by side where that is allowed, and share what may be in flight."""
    shares: list[int] = []
    met = threading.Barrier(2)

    def meet(many: int = 0) -> str:
        shares.append(many)
        if together:
            met.wait(timeout=9)
        return f"of {many}"

    found = both(meet, meet, concurrency)

    assert found == (f"of {share}", "of 0")
    assert sorted(shares) == [0, share]


def test_both_fail() -> None:
    """If both looks fail, it is the first that is told."""

    def fail(name: str) -> t.NoReturn:
        raise RamError(name)

    with pytest.raises(RamError, match="first"):
        both(lambda _many: fail("first"), lambda: fail("second"), 16)

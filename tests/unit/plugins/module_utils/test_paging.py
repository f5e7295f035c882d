# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that come in pages: all of them are read, and none is read for ever."""

from __future__ import annotations

import itertools
import typing as t

import pytest

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud import paging
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.errors import (
    UnansweredError,
)

if t.TYPE_CHECKING:
    from collections.abc import Mapping

Page = tuple[list[str], "str | None"]


class FakeTime:
    """A clock that goes on by a second each time that somebody looks."""

    def __init__(self) -> None:
        self._seconds = itertools.count()

    def monotonic(self) -> float:
        """Return the time."""
        return float(next(self._seconds))


def test_all_pages() -> None:
    """The items of all pages are returned, of empty ones in between too, in their order."""
    pages: Mapping[str | None, Page] = {
        None: (["ann", "bob"], "1"),
        "1": ([], "2"),
        "2": (["cat"], None),
    }

    found = paging.all_pages(pages.__getitem__)

    assert found == ["ann", "bob", "cat"]


@pytest.mark.parametrize(
    "following",
    [{None: "1", "1": "1"}, {None: "1", "1": "2", "2": "1"}, {None: "1", "1": "2", "2": "2"}],
)
def test_pages_in_a_circle(following: dict[str | None, str]) -> None:
    """Pages that lead back to one that was read are an error, before any is read a third time."""
    read: list[str | None] = []

    def fetch(marker: str | None) -> Page:
        read.append(marker)
        return [], following[marker]

    with pytest.raises(UnansweredError, match="leads back to one before it"):
        paging.all_pages(fetch)

    assert max(read.count(marker) for marker in read) == 1


def test_pages_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that always name one more are read for ten minutes, and then are an error."""
    monkeypatch.setattr(paging, "time", FakeTime())
    numbers = itertools.count()

    with pytest.raises(UnansweredError, match=r"for 600 s, 6\d\d items so far") as caught:
        paging.all_pages(lambda _marker: (["x"], str(next(numbers))))

    assert not caught.value.is_refusal


@pytest.mark.parametrize("marker", [{}, {"Marker": None}, {"Marker": ""}])
def test_page_that_does_not_name_the_next(marker: dict[str, str | None]) -> None:
    """A page that says that there is one more without saying which is no page."""
    with pytest.raises(ValueError, match="no marker"):
        paging.next_marker({"IsTruncated": True, **marker})


def test_last_page() -> None:
    """The last page may have a marker, which leads nowhere."""
    assert paging.next_marker({"IsTruncated": False, "Marker": "x"}) is None

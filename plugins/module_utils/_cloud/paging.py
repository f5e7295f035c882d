# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the lists that the API hands out in pages."""

from __future__ import annotations

import time
import typing as t

from .._stopping import refuse_if_stopped
from .errors import UnansweredError

if t.TYPE_CHECKING:
    from collections.abc import Callable

_T = t.TypeVar("_T")

# Seconds. The largest account takes a small part of it, even while it is throttled.
LONGEST_LISTING = 600.0


def all_pages(fetch: Callable[[str | None], tuple[list[_T], str | None]]) -> list[_T]:
    """Return the items of every page.

    `fetch` gets the marker of the page to read, None for the first, and returns its items and the
    marker of the next. Pages that lead in a circle, or on and on for LONGEST_LISTING seconds, are
    an UnansweredError. Raises StoppedError between pages if somebody asks to stop.
    """
    found: list[_T] = []
    markers: set[str] = set()
    deadline = time.monotonic() + LONGEST_LISTING
    marker: str | None = None
    while True:
        items, marker = fetch(marker)
        found += items
        if marker is None:
            return found
        if marker in markers:
            raise UnansweredError("The API sent a page that leads back to one before it")
        if time.monotonic() > deadline:
            raise UnansweredError(
                f"The API sent pages for {LONGEST_LISTING:.0f} s, {len(found)} items so far, and "
                "still names a next one"
            )
        refuse_if_stopped()
        markers.add(marker)


def next_marker(answer: dict[str, t.Any]) -> str | None:
    """Return the marker of the page after this one, None if this is the last.

    Raises ValueError if there is one and its marker is not told.
    """
    if not answer.get("IsTruncated"):
        return None
    if not answer.get("Marker"):
        raise ValueError("the next page has no marker")
    return str(answer["Marker"])

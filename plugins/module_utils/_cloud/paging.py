# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the lists that the API hands out in pages."""

from __future__ import annotations

import typing as t

from .._stopping import refuse_if_stopped
from .errors import UnansweredError

if t.TYPE_CHECKING:
    from collections.abc import Callable

_T = t.TypeVar("_T")


def all_pages(fetch: Callable[[str | None], tuple[list[_T], str | None]]) -> list[_T]:
    """Return the items of every page.

    `fetch` gets the marker of the page to read, None for the first, and returns its items and the
    marker of the next. A page that names itself as the next is an UnansweredError. Raises
    StoppedError between pages if somebody asks to stop.
    """
    found: list[_T] = []
    marker: str | None = None
    while True:
        items, following = fetch(marker)
        found += items
        if following is None:
            return found
        if following == marker:
            raise UnansweredError("The API sent a page that names itself as the next one")
        refuse_if_stopped()
        marker = following


def next_marker(answer: dict[str, t.Any]) -> str | None:
    """Return the marker of the page after this one, None if this is the last."""
    return str(answer["Marker"]) if answer.get("IsTruncated") else None

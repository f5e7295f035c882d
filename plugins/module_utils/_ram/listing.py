# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RAM's listings, and things found by name: a few one by one, many in a listing of all."""

from __future__ import annotations

import typing as t

from .._cloud.paging import all_pages, next_marker
from .._cloud.services import RAM

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .._cloud.client import Answer, Client


class Named(t.Protocol):
    """Something that has a name."""

    @property
    def name(self) -> str:
        """Return the name."""


_T = t.TypeVar("_T")
_N = t.TypeVar("_N", bound=Named)

# So many are looked up one by one.
FEW = 2
PAGE_SIZE = 1000


def all_items(
    client: Client,
    action: str,
    items: Callable[[Answer], Iterable[_T]],
    *,
    given: dict[str, t.Any] | None = None,
    page_size: int = PAGE_SIZE,
    doing: str,
) -> list[_T]:
    """Return the items of every page that an action answers with; raises RamError."""

    def read(answer: Answer) -> tuple[list[_T], str | None]:
        return list(items(answer)), next_marker(answer)

    def fetch(marker: str | None) -> tuple[list[_T], str | None]:
        page = {"MaxItems": page_size, **({"Marker": marker} if marker else {})}
        return client.call(RAM, action, {**(given or {}), **page}, read, doing=doing)

    return all_pages(fetch)


def find_named(
    names: Sequence[str], find: Callable[[str], _N | None], find_all: Callable[[], list[_N]]
) -> dict[str, _N]:
    """Return those of the named things that exist, by name; all that exist if the names are many.

    It takes the fewest calls; none without a name.
    """
    is_many = len(names) > FEW
    found = find_all() if is_many else [each for name in names if (each := find(name))]
    return {each.name: each for each in found}

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How tags are read, and the calls about those of policies and roles; users have others."""

from __future__ import annotations

import typing as t
from itertools import chain

from .._cloud.client import nothing
from .._cloud.errors import NotFoundError
from .._cloud.paging import all_pages
from .._cloud.services import RAM
from .._work.pool import map_all

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .._cloud.client import Answer, Client
    from .tags import Tags

    # What is set of each owner: its name or id, a key and a value.
    Rows: t.TypeAlias = "list[tuple[str, str, str]]"

# Documented, for RAM and IMS: so many owners in a call, so many tags in a page.
MOST_OWNERS = 50
PAGE_SIZE = 100


def read_tags(
    owners: Sequence[str],
    list_page: Callable[[dict[str, t.Any], Sequence[str]], tuple[Rows, str | None]],
    concurrency: int,
) -> dict[str, Tags]:
    """Return the tags of each owner, sorted, in the fewest calls; none of one that is gone.

    `list_page` gets the parameters of a page and some of the owners.
    """

    def read_some(some: Sequence[str]) -> Rows:
        def fetch(token: str | None) -> tuple[Rows, str | None]:
            page = {"PageSize": PAGE_SIZE, **({"NextToken": token} if token else {})}
            return list_page(page, some)

        try:
            return all_pages(fetch)
        except NotFoundError:
            # Which one is gone is not told.
            half = len(some) // 2
            parts = [some[:half], some[half:]] if half else []
            return [row for part in parts for row in read_some(part)]

    batches = [owners[start : start + MOST_OWNERS] for start in range(0, len(owners), MOST_OWNERS)]
    found: dict[str, Tags] = {owner: {} for owner in owners}
    for owner, key, value in sorted(chain(*map_all(read_some, batches, concurrency))):
        found[owner][key] = value
    return found


class TagApi:
    """The calls about the tags of policies or of roles, as `kind` says; each raises RamError."""

    def __init__(self, client: Client, kind: str) -> None:
        self._client = client
        self.kind = kind

    def read(self, names: Sequence[str], concurrency: int) -> dict[str, Tags]:
        """Return the tags of each of the names, sorted; none of one that is gone."""
        return read_tags(names, self._list, concurrency)

    def set(self, name: str, tags: Tags) -> None:
        """Set the tags; others stay."""
        given = {**self._named([name]), "Tag": as_parameter(tags)}
        doing = f"set tags of {self.kind} {name}"
        self._client.call(RAM, "TagResources", given, nothing, doing=doing)

    def remove(self, name: str, keys: Sequence[str]) -> None:
        """Remove the tags of these keys; one that is gone already is fine."""
        given = {**self._named([name]), "TagKeys": list(keys)}
        doing = f"remove tags of {self.kind} {name}"
        self._client.call(RAM, "UntagResources", given, nothing, doing=doing)

    def _list(self, page: dict[str, t.Any], names: Sequence[str]) -> tuple[Rows, str | None]:
        def read(answer: Answer) -> tuple[Rows, str | None]:
            rows = [
                (item["ResourceName"], item["TagKey"], item.get("TagValue") or "")
                for item in answer["TagResources"]
            ]
            return rows, answer.get("NextToken") or None

        given, doing = {**self._named(names), **page}, f"read tags of {self.kind} {names[0]}"
        return self._client.call(RAM, "ListTagResources", given, read, doing=doing)

    def _named(self, names: Sequence[str]) -> dict[str, t.Any]:
        return {"ResourceType": self.kind, "ResourceNames": list(names)}


def as_parameter(tags: Tags) -> list[dict[str, str]]:
    """Return tags as the API's calls take them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]

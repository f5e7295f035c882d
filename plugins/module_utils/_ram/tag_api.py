# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls about the tags of policies and roles; users are tagged through another service."""

from __future__ import annotations

import typing as t
from itertools import chain

from .._cloud.client import nothing
from .._cloud.errors import NotFoundError
from .._cloud.paging import all_pages
from .._cloud.services import RAM
from .._work.pool import map_all

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from .._cloud.client import Answer, Client
    from .tags import Tags

    # What is set of each owner: its name, a key and a value.
    Rows: t.TypeAlias = "list[tuple[str, str, str]]"

# Documented: so many names in a call, so many tags in a page.
NAMES_IN_A_CALL = 50
PAGE_SIZE = 100


class TagApi:
    """The calls about the tags of policies or of roles, as `kind` says; each raises RamError."""

    def __init__(self, client: Client, kind: str) -> None:
        self._client = client
        self.kind = kind

    def read(self, names: Sequence[str], concurrency: int) -> dict[str, Tags]:
        """Return the tags of each of the names, in the fewest calls; none of one that is gone."""
        batches = [
            names[start : start + NAMES_IN_A_CALL]
            for start in range(0, len(names), NAMES_IN_A_CALL)
        ]
        found: dict[str, Tags] = {name: {} for name in names}
        for owner, key, value in chain(*map_all(self._read_some, batches, concurrency)):
            found[owner][key] = value
        return found

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

    def _read_some(self, names: Sequence[str]) -> Rows:
        try:
            return self._list(names)
        except NotFoundError:
            # Which one is gone is not told.
            half = len(names) // 2
            parts = [names[:half], names[half:]] if half else []
            return [row for part in parts for row in self._read_some(part)]

    def _list(self, names: Sequence[str]) -> Rows:
        def read(answer: Answer) -> tuple[Rows, str | None]:
            rows = [
                (item["ResourceName"], item["TagKey"], item.get("TagValue") or "")
                for item in answer["TagResources"]
            ]
            return rows, answer.get("NextToken") or None

        def fetch(token: str | None) -> tuple[Rows, str | None]:
            page = {"PageSize": PAGE_SIZE, **({"NextToken": token} if token else {})}
            given, doing = {**self._named(names), **page}, f"read tags of {self.kind} {names[0]}"
            return self._client.call(RAM, "ListTagResources", given, read, doing=doing)

        return all_pages(fetch)

    def _named(self, names: Sequence[str]) -> dict[str, t.Any]:
        return {"ResourceType": self.kind, "ResourceNames": list(names)}


def as_parameter(tags: Tags) -> list[dict[str, str]]:
    """Return tags as the API's calls take them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much an account may hold, as the account itself tells."""

from __future__ import annotations

import threading
import typing as t

from .._cloud.errors import InputError, fine_if
from .._cloud.services import IMS

if t.TYPE_CHECKING:
    from .._cloud.client import Answer, Client

# No quota was ever documented to be lower: what one user holds, and what an account does.
FEW = 5
FEW_IN_AN_ACCOUNT = 50


class Quotas:
    """The quotas of an account by their API names, read when the first is needed."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._known: dict[str, int] | None = None

    def limit(self, name: str, size: int, few: int = FEW) -> int | None:
        """Return the quota, None if the caller may not read it, or for so few nobody needs to."""
        if size <= few:
            return None
        with self._lock:
            if self._known is None:
                self._known = self._read()
            return self._known.get(name)

    def _read(self) -> dict[str, int]:
        # Whoever may not know them beforehand is told by the API when one is full.
        with fine_if("NoPermission"):
            return read_summary(self._client)
        return {}


def read_summary(client: Client) -> dict[str, int]:
    """Return how much the account holds, and how much it may, by the API's names."""

    def read(answer: Answer) -> dict[str, int]:
        return {name: int(value) for name, value in answer["SummaryMap"].items()}

    doing = "read the quotas of the account"
    return client.call(IMS, "GetAccountSummary", {}, read, doing=doing)


def refuse_too_many(quotas: Quotas, what: str, existing: int, new: int) -> None:
    """Raise InputError if the account can't hold so many more users or groups."""
    quota = f"{what.capitalize()}Quota"
    limit = quotas.limit(quota, existing + new, FEW_IN_AN_ACCOUNT) if new else None
    if limit is not None and existing + new > limit:
        raise InputError(
            f"Cannot create {new} {what}: the account has {existing}, and its quota is {limit} "
            f"({quota})"
        )

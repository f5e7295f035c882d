# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task came to, in numbers."""

from __future__ import annotations

import typing as t
from collections import Counter

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from .._cloud.client import Client

CREATED, CHANGED, REMOVED, UNCHANGED, FAILED = FATES = (
    "created",
    "changed",
    "removed",
    "unchanged",
    "failed",
)


def stats(fates: Iterable[str], client: Client) -> dict[str, float]:
    """Return how many met each of FATES, and the requests and seconds that it took."""
    counts = Counter(fates)
    return {**{fate: counts[fate] for fate in FATES}, **client.effort()}

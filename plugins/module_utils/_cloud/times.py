# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dates as the API writes them."""

from __future__ import annotations

import math
from datetime import datetime, timezone

_FORM = "%Y-%m-%dT%H:%M:%SZ"


def timestamp(date: str | None) -> float | None:
    """Return a date of the API (UTC, `YYYY-MM-DDThh:mm:ssZ`) in seconds since 1970.

    None if it is missing, or in a form that the API does not document.
    """
    try:
        read = datetime.strptime(date or "", _FORM).replace(tzinfo=timezone.utc)
    except ValueError:
        return None
    return read.timestamp()


def date_of(seconds: float) -> str:
    """Return a time as the API writes it, not earlier than it is."""
    return datetime.fromtimestamp(math.ceil(seconds), tz=timezone.utc).strftime(_FORM)

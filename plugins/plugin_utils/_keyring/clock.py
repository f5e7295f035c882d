# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's clock as the log notes it and messages tell it.

What is waited for is over once the earliest moment that it can be now lies behind it; what is noted
is noted as the latest.
"""

from __future__ import annotations

import time
import typing as t
from datetime import datetime, timezone

from ...module_utils._cloud.clock import Moment

if t.TYPE_CHECKING:
    from ...module_utils._cloud.client import Client

_DAY = 86_400.0


def server_now(client: Client) -> Moment:
    """Return what the server's clock can show now.

    Where no answer tells the time, nothing that is waited for is ever over.
    """
    return client.server_moment() or Moment(0.0, time.time() + _DAY)


def told_time(seconds: float) -> str:
    """Return a time in words, to the minute, not earlier than it is."""
    minute = datetime.fromtimestamp(-(-seconds // 60) * 60, tz=timezone.utc)
    return f"{minute:%Y-%m-%d %H:%M} UTC"

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many requests an account may send."""

from __future__ import annotations

import time

from ..errors import throttled


class FlowControl:
    """At most so many requests in any second; 0 is no limit."""

    def __init__(self, qps: int) -> None:
        self._qps = qps
        self._tokens = float(qps)
        self._refilled = time.monotonic()

    def admit(self) -> None:
        """Count a request, or refuse it."""
        if not self._qps:
            return
        now = time.monotonic()
        self._tokens = min(self._qps, self._tokens + (now - self._refilled) * self._qps)
        self._refilled = now
        if self._tokens < 1:
            raise throttled()
        self._tokens -= 1

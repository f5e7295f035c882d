# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The nonces that were used lately."""

from __future__ import annotations

import time
from collections import deque

# A request may be dated 15 minutes ahead and replayed until it is 15 minutes old.
NONCE_MEMORY_SECONDS = 2 * 15 * 60


class NonceMemory:
    """The nonces that were used lately."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._by_time: deque[tuple[float, str]] = deque()

    def add(self, nonce: str) -> bool:
        """Remember a nonce; return False if it is known already."""
        now = time.monotonic()
        while self._by_time and self._by_time[0][0] < now - NONCE_MEMORY_SECONDS:
            self._known.discard(self._by_time.popleft()[1])
        if nonce in self._known:
            return False
        self._known.add(nonce)
        self._by_time.append((now, nonce))
        return True

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell how far a long task is, where somebody watches."""

from __future__ import annotations

import sys
import time
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Callable

FIRST_AFTER = 3.0
EVERY = 10.0
# Ansible's main process imports an action plugin before it starts the worker that runs it, and only
# there is this the terminal.
IS_WATCHED = sys.stdout.isatty()


class Progress:
    """Says with `display` what part of its work a task has done, if it takes more than seconds."""

    def __init__(self, display: Callable[[str], object], task: str) -> None:
        self._display = display
        self._task = task
        self._began = time.monotonic()
        self._next = self._began + FIRST_AFTER if IS_WATCHED else float("inf")

    def tell(self, what: str, done: int, total: int) -> None:
        """Say that `done` of `total` are `what`, unless something was said just before."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + EVERY
            self._display(f"{self._task}: {done} of {total} {what}, {now - self._began:.0f} s")

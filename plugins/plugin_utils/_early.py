# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SDK, imported once for a whole run.

Ansible's main process loads the file of an action plugin before it forks the worker that runs it.
So what that file imports is imported there, and every later worker of the run inherits it.
"""

from __future__ import annotations

import contextlib
import os

from ..module_utils._cloud.sdk import import_sdk


def import_early() -> None:
    """Import the SDK; if it is missing or broken, the task that needs it will tell.

    Where the SDK prints its requests it is left to each task, as it keeps the stream that it finds:
    that of the main process, whose lock a thread of a worker of ansible-core 2.18 never gets.
    """
    if not sdk_prints():
        with contextlib.suppress(Exception):
            import_sdk()


def sdk_prints() -> bool:
    """Tell whether the environment lets the SDK print each request and answer."""
    return bool(os.environ.get("DEBUG"))

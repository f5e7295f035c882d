# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SDK, imported once for a whole run.

Ansible's main process loads the file of an action plugin before it forks the worker that runs it.
So what that file imports is imported there, and every later worker of the run inherits it.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import typing as t

from ..module_utils._cloud.sdk import import_sdk


def import_early() -> None:
    """Import the SDK; if it is missing or broken, the task that needs it will tell."""
    collects = gc.isenabled()
    # Its classes are here to stay: to look for garbage among them costs a third of the import, and
    # again as much when the process ends, and gives each worker a copy of the memory.
    gc.disable()
    try:
        with contextlib.suppress(Exception), contextlib.redirect_stderr(_stream_to_keep()):
            import_sdk()
    finally:
        gc.freeze()
        if collects:
            gc.enable()


def sdk_prints() -> bool:
    """Tell whether the environment lets the SDK print each request and answer."""
    return bool(os.environ.get("DEBUG"))


def _stream_to_keep() -> t.TextIO:
    """Return what the SDK is to take for stderr, as it keeps for ever the stream that it finds.

    Ansible-core 2.18 forks its workers with the lock of its own stream held, so that their threads
    would never get it.
    """
    return open(2, "w", closefd=False) if sdk_prints() else sys.stderr

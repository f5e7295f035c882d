# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a command and write down what it took: seconds, CPU and memory of it and all its children.

`stopwatch.py OUTCOME COMMAND...`, a program of its own and a small one: the memory of a process
counts from that of the one that started it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path


def main() -> None:
    """Measure the command of the command line."""
    outcome, *command = sys.argv[1:]
    start = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    _pid, status, usage = os.wait4(process.pid, 0)
    measured = {
        "status": os.waitstatus_to_exitcode(status),
        "wall": time.monotonic() - start,
        "cpu": usage.ru_utime + usage.ru_stime,
        # Of the largest process, not of all together.
        "memory_mib": usage.ru_maxrss / 1024,
    }
    Path(outcome).write_text(json.dumps(measured), encoding="utf-8")


if __name__ == "__main__":
    main()

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs with all that descends from them: started, waited for, and killed to the last."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
import typing as t
import uuid
from pathlib import Path

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LONGEST_RUN = 120.0
KILLED = -signal.SIGKILL


class Tree:
    """A running program and its descendants.

    Workers of Ansible leave the process group, and outlive their parent. All carry a mark in their
    environment.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        output: Path,
    ) -> None:
        mark = f"KEYSMITH_CHAOS_RUN={uuid.uuid4().hex}"
        name, _equals, value = mark.partition("=")
        self._mark = mark.encode()
        self._output = output
        with output.open("wb") as stream:
            self._program = subprocess.Popen(
                command,
                cwd=folder,
                env={**environment, name: value},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )

    @property
    def has_ended(self) -> bool:
        """Whether the program itself has ended."""
        return self._program.poll() is not None

    def wait(self) -> int:
        """Return the exit status once nothing of the program is left.

        One that never ends is killed, and so are descendants that it leaves behind.
        """
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._program.wait(LONGEST_RUN)
        self.kill()
        return self._program.wait()

    def kill(self) -> None:
        """Kill the program and all its descendants; return when they are dead."""
        while members := list(self._members()):
            for member in members:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(member, signal.SIGKILL)
            time.sleep(0.001)
        self._program.wait()

    def output(self) -> str:
        """Return what the program has written to the terminal."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    def _members(self) -> Iterator[int]:
        for process in Path("/proc").iterdir():
            # It may have ended meanwhile; the dead have no environment.
            with contextlib.suppress(OSError):
                if process.name.isdigit() and self._mark in (process / "environ").read_bytes():
                    yield int(process.name)

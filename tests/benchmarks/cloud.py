# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An emulator in a process of its own, and what it saw and cost."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import typing as t
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from .clocks import process_cpu_seconds
from .measurement import Traffic

if t.TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).resolve().parents[1]
START_SECONDS = 30


@dataclass(frozen=True)
class Cloud:
    """A running emulator."""

    url: str
    pid: int
    access_key_id: str
    access_key_secret: str

    def environment(self) -> dict[str, str]:
        """Return the variables by which a program finds its endpoints and the account's key."""
        return {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": self.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": self.access_key_secret,
            "ALIBABA_CLOUD_RAM_ENDPOINT": self.url,
            "ALIBABA_CLOUD_STS_ENDPOINT": self.url,
            "ALIBABA_CLOUD_IMS_ENDPOINT": self.url,
        }

    def reset(self) -> None:
        """Empty the account."""
        self._control("reset", "POST")

    def users(self) -> dict[str, t.Any]:
        """Return the users of the account with all they have."""
        return dict(self._control("state")["users"])

    def forget_requests(self) -> None:
        """Empty the request log."""
        self._control("requests", "DELETE")

    def traffic(self) -> Traffic:
        """Return what is in the request log."""
        log = self._control("requests")
        requests = log["requests"]
        start = min((request["start"] for request in requests), default=0.0)
        end = max((request["end"] for request in requests), default=0.0)
        return Traffic(
            calls=len(requests),
            throttled=sum(request["code"].startswith("Throttling") for request in requests),
            writing=sum(not request["action"].startswith(("Get", "List")) for request in requests),
            span=end - start,
            peak_in_flight=log["peak_in_flight"],
            connections=log["connections"],
        )

    def cpu_seconds(self) -> float:
        """Return the CPU time that the emulator has used until now."""
        return process_cpu_seconds(self.pid)

    def _control(self, what: str, method: str = "GET") -> t.Any:
        request = urllib.request.Request(f"{self.url}/_emulator/{what}", method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)


@contextlib.contextmanager
def running_cloud(folder: Path, *, latency_ms: float, qps: int = 0) -> Iterator[Cloud]:
    """Run an emulator until the block ends."""
    ready = folder / "emulator.json"
    command = [sys.executable, "-m", "emulator", "--ready-file", str(ready)]
    command += ["--latency-ms", str(latency_ms), "--qps", str(qps)]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(TESTS)}) as process:
        try:
            told = _wait_for(ready, process)
            yield Cloud(told["url"], told["pid"], told["access_key_id"], told["access_key_secret"])
        finally:
            process.terminate()


def _wait_for(ready: Path, process: subprocess.Popen[bytes]) -> dict[str, t.Any]:
    deadline = time.monotonic() + START_SECONDS
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the emulator did not start")
        time.sleep(0.02)
    told: dict[str, t.Any] = json.loads(ready.read_text(encoding="utf-8"))
    return told

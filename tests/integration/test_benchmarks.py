# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A taste of the benchmarks; all of them take minutes: make bench."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
USERS = 2


def test_small_benchmark(tmp_path: Path) -> None:
    """A small benchmark ends with figures of every run, and each did what it was to do."""
    outcome = tmp_path / "outcome.json"
    options = ["--sizes", str(USERS), "--repeats", "1", "--latency-ms", "20", "--qps", "0"]
    options += ["--only", "role", "pool-same-calls", "--json", str(outcome)]

    subprocess.run(
        [sys.executable, "-m", "benchmarks", *options],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        text=True,
        capture_output=True,
        check=True,
    )

    figures = json.loads(outcome.read_text(encoding="utf-8"))["figures"]
    runs = [(figure["contender"], figure["run"], figure["commits"] > 0) for figure in figures]
    assert runs == [
        ("role", "first", True),
        ("role", "unchanged", False),
        ("pool-same-calls", "first", False),
    ]
    assert figures[-1]["calls"] == 5 * USERS
    assert all(figure["cpu"] > 0 and figure["memory_mib"] > 0 for figure in figures)

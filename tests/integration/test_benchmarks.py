# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A taste of the benchmarks; all of them take minutes: make bench."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from benchmarks.cloud import running_cloud
from benchmarks.contenders import Contender, contenders
from benchmarks.measurement import AGAIN, FIRST
from benchmarks.site import BenchmarkError, Site

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.cloud import Cloud

TESTS = Path(__file__).resolve().parents[1]
USERS = 2
SCRIPT = shlex.join(contenders(USERS)["pool"].command)
NOBODY = json.dumps({"bench_users": []})


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """An emulator for all tests of this file; each site empties it."""
    with running_cloud(tmp_path_factory.mktemp("cloud"), latency_ms=0) as cloud:
        yield cloud


@pytest.mark.parametrize(
    ("command", "run", "problem"),
    [
        ("echo broken; false", FIRST, "broken"),
        ("true", FIRST, "only 0 users"),
        (f"{SCRIPT}; echo '{NOBODY}' > variables.json; {SCRIPT}", FIRST, "vault file"),
        (SCRIPT, AGAIN, "wrote"),
    ],
)
def test_job_not_done(tmp_path: Path, cloud: Cloud, command: str, run: str, problem: str) -> None:
    """A contender that fails, idles, loses keys or does all of it twice is not measured."""
    site = Site(tmp_path / "site", tmp_path, cloud, users=USERS, concurrency=USERS)
    cheat = Contender("A cheat", ("sh", "-c", command), in_flight=USERS)

    with pytest.raises(BenchmarkError, match=problem):
        site.measure("cheat", cheat, run)


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

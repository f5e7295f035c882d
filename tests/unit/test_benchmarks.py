# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the benchmarks make of their measurements."""

from __future__ import annotations

import json
import time
import typing as t
from dataclasses import replace

import pytest

from benchmarks.contenders import INFO, NOTHING, NOUNS, PING, POOL, ROLE, contenders
from benchmarks.figures import (
    figures,
    limit,
    rate_goals,
    rate_share,
    small_goals,
    speed_goals,
    throttled_share,
)
from benchmarks.guide import GUIDE, IMAGES, charts_of, with_outcome
from benchmarks.journal import count_commits, kept_journal
from benchmarks.measurement import AGAIN, FIRST, Measurement, Traffic
from benchmarks.report import Report

if t.TYPE_CHECKING:
    from pathlib import Path

LATENCY_MS = 50
PATIENCE = 10
TRAFFIC = Traffic(
    calls=5000, throttled=0, writing=3000, span=16.0, peak_in_flight=16, connections=16
)
ONE_RUN = Measurement(
    contender=ROLE,
    users=1000,
    run=FIRST,
    in_flight=16,
    wall=20.0,
    cpu=5.0,
    memory_mib=90.0,
    commits=100,
    emulator_cpu=3.0,
    others_cpu=0.0,
    traffic=TRAFFIC,
)


def judge(*measurements: Measurement) -> dict[str, bool]:
    """Return which goals are met, by the beginning of their text."""
    goals = speed_goals(figures(measurements, LATENCY_MS))
    return {goal.text.partition(":")[0]: goal.is_met for goal in goals}


def test_limit() -> None:
    """The limit is what the calls take on a line that is always full."""
    assert limit(5000, LATENCY_MS, 16) == pytest.approx(15.625)


def test_medians() -> None:
    """A figure is the median of its repeats, and other sizes and runs do not count."""
    repeats = [replace(ONE_RUN, wall=wall) for wall in (90.0, 20.0, 30.0)]
    others = [
        replace(ONE_RUN, users=1),
        replace(ONE_RUN, run=AGAIN),
        replace(ONE_RUN, contender=POOL),
    ]

    found = figures([repeats[0], *others, *repeats[1:]], LATENCY_MS)

    assert len(found) == 4
    assert found[0].wall == 30.0
    assert found[0].ratio == pytest.approx(30 / 15.625)


@pytest.mark.parametrize(("wall", "is_met"), [(27.4, True), (27.5, False)])
@pytest.mark.parametrize("run", [FIRST, AGAIN])
def test_goal_of_the_limit(run: str, wall: float, *, is_met: bool) -> None:
    """A run may take half as long again as the limit, and four seconds."""
    met = judge(replace(ONE_RUN, run=run, wall=wall))

    assert met == {f"1000 users, {run} run": is_met}


@pytest.mark.parametrize(("wall", "is_met"), [(15.9, True), (16.1, False)])
def test_goal_of_the_threads(wall: float, *, is_met: bool) -> None:
    """A first run may take 1.3 times as long as plain threads, and three seconds."""
    goals = list(
        speed_goals(
            figures(
                [replace(ONE_RUN, wall=wall), replace(ONE_RUN, contender=POOL, wall=10.0)],
                LATENCY_MS,
            )
        )
    )

    assert goals[-1].allowed == pytest.approx(16.0)
    assert goals[-1].is_met is is_met


@pytest.mark.parametrize(
    ("floor", "small", "more"),
    [
        (NOTHING, (ROLE, 1, AGAIN), 1.1),
        (NOTHING, (ROLE, 20, AGAIN), 1.5),
        (NOTHING, (ROLE, 20, FIRST), 2.1),
        (NOTHING, (NOUNS, 1, AGAIN), 2.8),
        (PING, (INFO, 1, FIRST), 0.45),
    ],
)
def test_small_goals(floor: str, small: tuple[str, int, str], more: float) -> None:
    """A small job is judged by what Ansible takes for nothing, which has no calls and no limit."""
    name, users, run = small
    idle = replace(TRAFFIC, calls=0, span=0.0)
    least = replace(ONE_RUN, contender=floor, users=1, wall=0.5, traffic=idle)
    taken = replace(ONE_RUN, contender=name, users=users, run=run)

    for wall, is_met in ((0.5 + more, True), (0.51 + more, False)):
        found = figures([least, replace(taken, wall=wall)], LATENCY_MS)
        [goal] = small_goals(found)

        assert goal.is_met == is_met
        assert found[0].ratio is None


@pytest.mark.parametrize(
    ("wall", "cpu", "memory_mib", "met"),
    [
        (115.9, 48.7, 299.0, [True, True, True]),
        (116.1, 48.9, 301.0, [False, False, False]),
    ],
)
def test_goals_of_many_users(wall: float, cpu: float, memory_mib: float, met: list[bool]) -> None:
    """One more user costs the same among 5000 as among 1000, and memory is bounded."""
    small = replace(ONE_RUN, users=100, wall=2.0, cpu=3.2)
    many = replace(ONE_RUN, users=1000, wall=20.0, cpu=10.4)
    most = replace(ONE_RUN, users=5000, wall=wall, cpu=cpu, memory_mib=memory_mib)

    goals = [
        goal
        for goal in speed_goals(figures([small, many, most], LATENCY_MS))
        if not goal.text.startswith("1000 users")
    ]

    assert [goal.is_met for goal in goals] == met


def test_shares() -> None:
    """The share of a rate limit counts what was let through, of all that would have been."""
    traffic = replace(TRAFFIC, calls=1000, throttled=50, span=18.0)

    assert rate_share(traffic, qps=50) == pytest.approx(1.0)
    assert throttled_share(traffic) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("span", "throttled", "met"), [(19.0, 49, [True, True]), (24.0, 51, [False, False])]
)
def test_goals_of_the_rate(span: float, throttled: int, met: list[bool]) -> None:
    """Under a rate limit most of it is used, and few answers are refusals."""
    traffic = replace(TRAFFIC, calls=1000, throttled=throttled, span=span)

    goals = list(rate_goals([replace(ONE_RUN, traffic=traffic)], qps=50))

    assert [goal.is_met for goal in goals] == met


def test_commits(tmp_path: Path) -> None:
    """Groups of keys are counted in a journal that is deleted meanwhile."""
    keyring, copy = tmp_path / "keyring.yml", tmp_path / "copy"
    journal = tmp_path / ".keyring.yml.pending.yml"
    with kept_journal(keyring, copy):
        journal.touch()
        deadline = time.monotonic() + PATIENCE
        while not copy.exists() and time.monotonic() < deadline:
            time.sleep(0.001)
        kinds = ("header", "intent", "intent", "group", "intent", "group")
        journal.write_text(
            "".join(f"_ram_keyring_1_1: {json.dumps({'type': kind})}\n" for kind in kinds)
        )
        journal.unlink()

    assert count_commits(copy) == 2


def test_no_commits(tmp_path: Path) -> None:
    """A run without a journal has none."""
    with kept_journal(tmp_path / "keyring.yml", tmp_path / "copy"):
        pass

    assert count_commits(tmp_path / "copy") == 0


def test_report() -> None:
    """Everything that was measured is in the tables, and as data too."""
    slow = replace(TRAFFIC, calls=1000, throttled=100, span=20.0)
    parameters = {"latency_ms": LATENCY_MS, "qps": 50}
    rated = [replace(ONE_RUN, traffic=slow)]
    report = Report(parameters, contenders(16), [ONE_RUN], rated)

    text = "\n".join(report.lines())
    data = json.loads(json.dumps(report.as_data()))

    for told in ("role ram_credentials", "15.62", "1.28", "85.7%", "10.0%", "0.60 ms"):
        assert told in text
    assert [goal["met"] for goal in data["goals"]] == [True, True, False]
    assert data["measurements"][0]["traffic"]["calls"] == 5000


def test_charts() -> None:
    """The charts of the guide show the numbers of its table."""
    charts = charts_of(GUIDE.read_text(encoding="utf-8"))

    drawn = {name: (IMAGES / name).read_text(encoding="utf-8") for name in charts}

    assert charts == drawn


def test_guide() -> None:
    """What was measured takes the place of the guide's tables, and of nothing else."""
    runs = [ONE_RUN, replace(ONE_RUN, users=1, wall=2.0)]
    slower = [replace(run, wall=run.wall + 5) for run in runs]
    parameters = {"latency_ms": LATENCY_MS, "qps": 50}
    outcomes = [
        Report(parameters, contenders(16), measured, [ONE_RUN]).as_data()
        for measured in (runs, slower[:1])
    ]
    guide = GUIDE.read_text(encoding="utf-8")

    changed = with_outcome(guide, json.loads(json.dumps(outcomes)))

    lines = [line.strip() for line in changed.splitlines() if "," in line]
    assert "role ram_credentials,1000,first,5000,25.00,15.62,1.60,25,5.00,90" in lines
    assert sum(line.startswith("role ram_credentials,") for line in lines) == 2
    assert "50,1000,5000,16.0,588.2%,0,0.0%" in lines
    assert changed.split("All numbers")[0] == guide.split("All numbers")[0]
    assert changed.endswith(guide[guide.index("What this says") :])
    assert ">25.00<" in charts_of(changed)["speed_many.svg"]

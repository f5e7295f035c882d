# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The outcome in tables that fit a terminal and a page of the documentation, and as data."""

from __future__ import annotations

import os
import platform
import typing as t
from dataclasses import asdict
from importlib.metadata import version

from chaos.report import Row, table

from .figures import figures, rate_goals, rate_share, small_goals, speed_goals, throttled_share

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .contenders import Contender
    from .figures import Figure, Goal
    from .measurement import Measurement

LIBRARIES = ("ansible-core", "alibabacloud-ram20150501", "alibabacloud-tea-openapi")


class Report:
    """What all measurements came to."""

    def __init__(
        self,
        parameters: Mapping[str, t.Any],
        contenders: Mapping[str, Contender],
        measurements: Sequence[Measurement],
        rated: Sequence[Measurement],
    ) -> None:
        self._parameters = parameters
        self._contenders = contenders
        self._measurements = measurements
        self._rated = rated
        self._figures = figures(measurements, parameters["latency_ms"])
        qps = parameters["qps"]
        self._goals = [
            *small_goals(self._figures),
            *speed_goals(self._figures),
            *rate_goals(rated, qps),
        ]

    def lines(self) -> list[str]:
        """Return the tables and what there is to know about them."""
        tables = [
            [
                speed_row(figure, self._contenders[figure.contender].title)
                for figure in self._figures
            ],
            [rate_row(measurement, self._parameters["qps"]) for measurement in self._rated],
            [_goal_row(goal) for goal in self._goals],
        ]
        return [line for rows in tables if rows for line in (*table(rows), "")] + self._foot()

    def as_data(self) -> dict[str, t.Any]:
        """Return everything, single measurements included."""
        return {
            "parameters": dict(self._parameters),
            "machine": _machine(),
            "figures": [asdict(figure) for figure in self._figures],
            "goals": [{**asdict(goal), "met": goal.is_met} for goal in self._goals],
            "measurements": [asdict(measurement) for measurement in self._measurements],
            "rated": [asdict(measurement) for measurement in self._rated],
        }

    def _foot(self) -> list[str]:
        told = ", ".join(f"{name} {value}" for name, value in self._parameters.items())
        machine = ", ".join(f"{name} {value}" for name, value in _machine().items())
        return [f"Parameters: {told}", f"Machine: {machine}", *self._told_of_machine()]

    def _told_of_machine(self) -> list[str]:
        calling = [each for each in self._measurements if each.traffic.calls]
        if not calling:
            return []
        calls = sum(measurement.traffic.calls for measurement in calling)
        emulator = sum(measurement.emulator_cpu for measurement in calling)
        busiest = max(m.emulator_cpu / m.traffic.span for m in calling)
        others = sum(measurement.others_cpu for measurement in self._measurements)
        wall = sum(measurement.wall for measurement in self._measurements)
        used = (
            f"The emulator used {1000 * emulator / calls:.2f} ms of CPU time for a call and kept "
            f"one CPU busy to {busiest:.0%} at most; it shares the CPUs with what is measured."
        )
        return [used, f"Other programs used {others / wall:.2f} CPUs meanwhile."]


def speed_row(figure: Figure, title: str) -> Row:
    """Return what a figure says, in words and rounded; `title` is that of its contender."""
    return {
        "job": title,
        "users": figure.users,
        "run": figure.run,
        "calls": f"{figure.calls:g}",
        "wall s": f"{figure.wall:.2f}",
        "limit s": f"{figure.limit:.2f}",
        "ratio": "" if figure.ratio is None else f"{figure.ratio:.2f}",
        "ms/user": f"{1000 * figure.wall / figure.users:.0f}",
        "CPU s": f"{figure.cpu:.2f}",
        "MiB": f"{figure.memory_mib:.0f}",
        "commits": f"{figure.commits:g}",
        "emulator CPU s": f"{figure.emulator_cpu:.2f}",
    }


def rate_row(measurement: Measurement, qps: int) -> Row:
    """Return what a run under a rate limit says."""
    traffic = measurement.traffic
    return {
        "allowed calls/s": qps,
        "users": measurement.users,
        "calls": traffic.calls,
        "seconds of calls": f"{traffic.span:.1f}",
        "share used": f"{rate_share(traffic, qps):.1%}",
        "throttled": traffic.throttled,
        "share throttled": f"{throttled_share(traffic):.1%}",
    }


def _goal_row(goal: Goal) -> Row:
    return {
        "goal": goal.text,
        "allowed": f"{'at least' if goal.least else 'at most'} {goal.allowed:.4g}",
        "measured": f"{goal.measured:.4g}",
        "met": "yes" if goal.is_met else "no",
    }


def _machine() -> dict[str, t.Any]:
    return {
        "CPUs": len(os.sched_getaffinity(0)),
        "Python": platform.python_version(),
        **{library: version(library) for library in LIBRARIES},
    }

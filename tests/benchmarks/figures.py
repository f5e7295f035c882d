# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What measurements come to: medians, limits, shares, and whether the goals are met."""

from __future__ import annotations

import statistics
import typing as t
from dataclasses import dataclass

from .contenders import INFO, NOTHING, NOUNS, PING, POOL, ROLE
from .measurement import AGAIN, FIRST

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .measurement import Measurement, Traffic

FEW, SMALL, MANY, MOST = 20, 100, 1000, 5000
BUCKET_SECONDS = 1
MOST_MEMORY_MIB = 300
MOST_GROWTH = 1.2
LEAST_RATE = 0.85
MOST_THROTTLED = 0.05


def limit(calls: float, latency_ms: float, in_flight: int) -> float:
    """Return the seconds that so many calls take if the line is always full."""
    return calls * latency_ms / 1000 / in_flight


def rate_share(traffic: Traffic, qps: int) -> float:
    """Return how much of what the rate limit let through was used.

    The emulator's bucket holds what one second allows, and is full at the start.
    """
    return (traffic.calls - traffic.throttled) / (qps * (traffic.span + BUCKET_SECONDS))


def throttled_share(traffic: Traffic) -> float:
    """Return how many of the answers were refusals by the rate limit."""
    return traffic.throttled / traffic.calls


@dataclass(frozen=True)
class Figure:
    """The medians of what a contender took for a job of one size."""

    contender: str
    users: int
    run: str
    calls: float
    wall: float
    cpu: float
    memory_mib: float
    commits: float
    emulator_cpu: float
    limit: float

    @property
    def ratio(self) -> float | None:
        """How many times the limit it took, if it took any calls."""
        return self.wall / self.limit if self.limit else None


def figures(measurements: Sequence[Measurement], latency_ms: float) -> list[Figure]:
    """Return one figure for each contender, size and run, in the order of the measurements."""
    groups: dict[tuple[str, int, str], list[Measurement]] = {}
    for measurement in measurements:
        key = (measurement.contender, measurement.users, measurement.run)
        groups.setdefault(key, []).append(measurement)
    return [_figure(group, latency_ms) for group in groups.values()]


def _figure(group: Sequence[Measurement], latency_ms: float) -> Figure:
    def median(read: Callable[[Measurement], float]) -> float:
        return statistics.median(map(read, group))

    one = group[0]
    calls = median(lambda measurement: measurement.traffic.calls)
    return Figure(
        contender=one.contender,
        users=one.users,
        run=one.run,
        calls=calls,
        wall=median(lambda measurement: measurement.wall),
        cpu=median(lambda measurement: measurement.cpu),
        memory_mib=median(lambda measurement: measurement.memory_mib),
        commits=median(lambda measurement: measurement.commits),
        emulator_cpu=median(lambda measurement: measurement.emulator_cpu),
        limit=limit(calls, latency_ms, one.in_flight),
    )


@dataclass(frozen=True)
class Goal:
    """Something that the collection is to reach; `allowed` is the most, or with `least` that."""

    text: str
    allowed: float
    measured: float
    least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the measured value is on the right side."""
        if self.least:
            return self.measured >= self.allowed
        return self.measured <= self.allowed


def speed_goals(found: Sequence[Figure]) -> Iterator[Goal]:
    """Judge what the sizes that were measured allow to judge."""
    by_key = {(figure.contender, figure.users, figure.run): figure for figure in found}
    for run in (FIRST, AGAIN):
        if figure := by_key.get((ROLE, MANY, run)):
            text = f"{MANY} users, {run} run: seconds, 1.5 x the limit + 4"
            yield Goal(text, 1.5 * figure.limit + 4, figure.wall)
    first, pool = by_key.get((ROLE, MANY, FIRST)), by_key.get((POOL, MANY, FIRST))
    if first and pool:
        text = f"{MANY} users, first run: seconds, 1.3 x the threads of the plain SDK + 3"
        yield Goal(text, 1.3 * pool.wall + 3, first.wall)
    for run in (FIRST, AGAIN):
        chosen = [by_key.get((ROLE, users, run)) for users in (SMALL, MANY, MOST)]
        yield from _growth_goals(*chosen, run=run)
        if most := chosen[-1]:
            text = f"{MOST} users, {run} run: MiB of the largest process"
            yield Goal(text, MOST_MEMORY_MIB, most.memory_mib)


def small_goals(found: Sequence[Figure]) -> Iterator[Goal]:
    """Judge small jobs by what Ansible takes for nothing."""
    by_key = {(figure.contender, figure.users, figure.run): figure for figure in found}
    for key, floor, more in (
        ((ROLE, 1, AGAIN), NOTHING, 1.1),
        ((ROLE, FEW, AGAIN), NOTHING, 1.5),
        ((ROLE, FEW, FIRST), NOTHING, 2.1),
        ((NOUNS, 1, AGAIN), NOTHING, 2.8),
        ((INFO, 1, FIRST), PING, 0.45),
    ):
        least = by_key.get((floor, 1, FIRST))
        if (figure := by_key.get(key)) and least:
            name, users, run = key
            text = f"{name}, users: {users}, {run} run: seconds, those of {floor} + {more}"
            yield Goal(text, least.wall + more, figure.wall)


def _growth_goals(
    small: Figure | None, many: Figure | None, most: Figure | None, *, run: str
) -> Iterator[Goal]:
    """Compare what one more user costs among many and among most.

    Below 100 users the start of Ansible varies by more than the users cost.
    """
    if small is None or many is None or most is None:
        return
    for what, read in (("wall", lambda figure: figure.wall), ("CPU", lambda figure: figure.cpu)):
        costs = [
            1000 * (read(more) - read(less)) / (more.users - less.users)
            for less, more in ((small, many), (many, most))
        ]
        text = (
            f"{run} run: ms of {what} for one more user, {MANY} to {MOST}: 1.2 x {SMALL} to {MANY}"
        )
        yield Goal(text, MOST_GROWTH * costs[0], costs[1])


def rate_goals(measurements: Sequence[Measurement], qps: int) -> Iterator[Goal]:
    """Judge the runs under a rate limit."""
    if measurements:
        traffics = [measurement.traffic for measurement in measurements]
        share = statistics.median(rate_share(traffic, qps) for traffic in traffics)
        yield Goal(f"{qps} calls/s allowed: share used", LEAST_RATE, share, least=True)
        share = statistics.median(map(throttled_share, traffics))
        yield Goal(f"{qps} calls/s allowed: share throttled", MOST_THROTTLED, share)

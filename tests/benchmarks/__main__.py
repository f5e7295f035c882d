# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: measure all contenders side by side, and print what it came to."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import typing as t
from pathlib import Path

from chaos.site import COLLECTION, make_tree

from .cloud import running_cloud
from .contenders import ROLE, contenders
from .measurement import AGAIN, FIRST
from .report import Report
from .site import BenchmarkError, Site

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from .cloud import Cloud
    from .measurement import Measurement

SIZES = (1, 20, 100, 1000)
FULL_SIZES = (*SIZES, 5000)


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        prog="benchmarks", description="Measure the role, and other ways to do the same job."
    )
    parser.add_argument("--sizes", type=int, nargs="+", help="numbers of users")
    parser.add_argument("--repeats", type=int, default=3, help="medians are of so many runs")
    parser.add_argument(
        "--only", nargs="+", choices=contenders(1), help="no other contenders than these"
    )
    parser.add_argument("--full", action="store_true", help="larger jobs, for slow contenders too")
    parser.add_argument("--latency-ms", type=float, default=50, help="of each call")
    parser.add_argument("--concurrency", type=int, default=16, help="calls in flight")
    parser.add_argument("--qps", type=int, default=50, help="rate limit of a run; 0 leaves it out")
    parser.add_argument("--rate-users", type=int, default=300, help="users of the run with a limit")
    parser.add_argument(
        "--collection", type=Path, default=COLLECTION, help="measure this copy of the collection"
    )
    parser.add_argument("--json", type=Path, help="write the outcome there, too")
    options = parser.parse_args(arguments)
    options.sizes = options.sizes or (FULL_SIZES if options.full else SIZES)
    options.only = options.only or list(contenders(1))
    return options


def tell(text: str) -> None:
    """Say how far things are, beside the output proper."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


class Bench:
    """Measures jobs, each in a folder of its own."""

    def __init__(self, options: argparse.Namespace, scratch: Path) -> None:
        self._options = options
        self._scratch = scratch
        self._tree = make_tree(scratch / "tree", options.collection.resolve())
        self.contenders = contenders(options.concurrency)

    def measure_speed(self) -> list[Measurement]:
        """Measure every contender with every size, side by side."""
        options = self._options
        jobs = [
            (name, users)
            for _repeat in range(options.repeats)
            for users in options.sizes
            for name in options.only
            if self.contenders[name].serves(users, full=options.full)
        ]
        with running_cloud(self._scratch, latency_ms=options.latency_ms) as cloud:
            return [found for job in jobs for found in self._do(*job, cloud=cloud)]

    def measure_rate(self) -> list[Measurement]:
        """Measure the first run of the role under a rate limit."""
        options = self._options
        if not options.qps:
            return []
        with running_cloud(self._scratch, latency_ms=options.latency_ms, qps=options.qps) as cloud:
            return [
                next(self._do(ROLE, options.rate_users, cloud=cloud))
                for _repeat in range(options.repeats)
            ]

    def _do(self, name: str, users: int, *, cloud: Cloud) -> Iterator[Measurement]:
        """Measure the runs of a contender with one job."""
        contender = self.contenders[name]
        with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=self._scratch) as folder:
            site = Site(
                Path(folder),
                self._tree,
                cloud,
                users=users,
                concurrency=self._options.concurrency,
            )
            for run in (FIRST, AGAIN) if contender.repeatable else (FIRST,):
                found = site.measure(name, contender, run)
                tell(f"{contender.title}, {users} users, {run} run: {found.wall:.2f} s")
                yield found


def main() -> None:
    """Measure and report; fail only if a contender did not do its job."""
    options = parse_arguments()
    parameters = {
        name: getattr(options, name)
        for name in ("sizes", "repeats", "latency_ms", "concurrency", "qps", "rate_users")
    }
    try:
        with tempfile.TemporaryDirectory(prefix="keysmith-bench-") as scratch:
            bench = Bench(options, Path(scratch))
            report = Report(
                parameters, bench.contenders, bench.measure_speed(), bench.measure_rate()
            )
    except BenchmarkError as error:
        sys.exit(f"The benchmark failed: {error}")
    sys.stdout.writelines(f"{line}\n" for line in report.lines())
    if options.json:
        text = json.dumps(report.as_data(), indent=2)
        options.json.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()

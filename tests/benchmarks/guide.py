# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write what `make bench ARGS='--json FILE'` measured into the guide, and draw its charts.

The charts show what the tables of the guide say: without a file they are drawn anew from these.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import re
import textwrap
import typing as t
from pathlib import Path

from .charts import Bar, chart
from .contenders import ROLE, contenders
from .figures import Figure
from .measurement import AGAIN, FIRST, Measurement, Traffic
from .report import rate_row, speed_row

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chaos.report import Row

DOCSITE = Path(__file__).resolve().parents[2] / "docs" / "docsite"
GUIDE = DOCSITE / "rst" / "performance_guide.rst"
IMAGES = DOCSITE / "images"
SPEED, RATE = "speed", "rate"
# A table that is marked by its class.
TABLE = r"(?<=:class: figures {name}\n\n)(?P<indent> +)\S.*\n(?:(?P=indent).*\n)*"
# What tells something about the benchmark only.
LEFT_OUT = {"commits", "emulator CPU s"}
FEWEST, MANY = "1", "1000"
TITLES = {name: contender.title for name, contender in contenders(1).items()}


def with_outcome(guide: str, outcomes: Iterable[dict[str, t.Any]]) -> str:
    """Return the guide with the figures of all outcomes; a later one replaces equal figures."""
    speed: dict[tuple[str, int, str], Row] = {}
    rate: list[Row] = []
    for outcome in outcomes:
        for data in outcome["figures"]:
            figure = Figure(**data)
            row = speed_row(figure, TITLES[figure.contender])
            kept = {name: value for name, value in row.items() if name not in LEFT_OUT}
            speed[figure.contender, figure.users, figure.run] = kept
        rated = [_measurement(data) for data in outcome["rated"]]
        qps = outcome["parameters"]["qps"]
        rate = [rate_row(measurement, qps) for measurement in rated] or rate
    guide = _with_table(guide, SPEED, list(speed.values()))
    return _with_table(guide, RATE, rate) if rate else guide


def _measurement(data: dict[str, t.Any]) -> Measurement:
    return Measurement(**{**data, "traffic": Traffic(**data["traffic"])})


def _with_table(guide: str, name: str, rows: Sequence[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    table = TABLE.format(name=name)
    return re.sub(table, lambda old: textwrap.indent(text.getvalue(), old["indent"]), guide)


def charts_of(guide: str) -> dict[str, str]:
    """Return the charts of the guide's table, by the names of their files."""
    [table] = re.finditer(TABLE.format(name=SPEED), guide)
    rows = list(csv.DictReader(textwrap.dedent(table[0]).splitlines()))
    small = [row for row in rows if row["users"] == FEWEST and row["job"] != TITLES["account"]]
    many = [row for row in rows if row["users"] == MANY]
    role = [row for row in rows if row["job"] == TITLES[ROLE]]
    return {
        "speed_small.svg": chart("Small runs: seconds", [_bar(row) for row in small]),
        "speed_many.svg": chart("1,000 users: seconds", [_bar(row) for row in many]),
        "speed_role.svg": chart(
            "The role, by number of users: seconds", [_bar_of_role(row) for row in role]
        ),
    }


def _bar(row: Row) -> Bar:
    again = ", again" if row["run"] == AGAIN else ""
    is_ours = "ram_" in row["job"] or row["job"] == TITLES["nouns"]
    return Bar(row["job"] + again, float(row["wall s"]), float(row["limit s"]), ours=is_ours)


def _bar_of_role(row: Row) -> Bar:
    label = f"{int(row['users']):,}, {row['run']} run"
    is_first = row["run"] == FIRST
    return Bar(label, float(row["wall s"]), float(row["limit s"]), ours=is_first)


def main() -> None:
    """Bring the guide and its charts up to date."""
    parser = argparse.ArgumentParser(prog="benchmarks.guide", description=__doc__)
    parser.add_argument("outcomes", nargs="*", type=Path, metavar="FILE", help="written by --json")
    outcomes = [
        json.loads(path.read_text(encoding="utf-8")) for path in parser.parse_args().outcomes
    ]
    guide = GUIDE.read_text(encoding="utf-8")
    if outcomes:
        guide = with_outcome(guide, outcomes)
        GUIDE.write_text(guide, encoding="utf-8")
    for name, picture in charts_of(guide).items():
        (IMAGES / name).write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()

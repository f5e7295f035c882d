# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The outcome in tables that fit a terminal and a page of the documentation."""

from __future__ import annotations

import typing as t

from .checks import KINDS
from .strikes import STEPS

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from .rounds import Outcome
    from .tally import Tally

Row = dict[str, t.Any]


def scenario_rows(outcomes: Sequence[Outcome]) -> list[Row]:
    """Return one row for each scenario, and one for all."""
    names = sorted({outcome.row for outcome in outcomes})
    groups = [(name, [outcome for outcome in outcomes if outcome.row == name]) for name in names]
    return [_scenario_row(name, group) for name, group in [*groups, ("all", outcomes)]]


def _scenario_row(name: str, outcomes: Sequence[Outcome]) -> Row:
    reruns = [outcome.reruns for outcome in outcomes] or [0]
    problems = [problem.kind for outcome in outcomes for problem in outcome.problems]
    return {
        "scenario": name,
        "rounds": len(outcomes),
        "runs": sum(outcome.runs for outcome in outcomes),
        "kills": sum(outcome.kills.total() for outcome in outcomes),
        "unsaved": sum(outcome.unsaved_kills.total() for outcome in outcomes),
        "faults": sum(outcome.faults for outcome in outcomes),
        **{kind: problems.count(kind) for kind in KINDS},
        "most reruns": max(reruns),
        "mean": round(sum(reruns) / len(reruns), 2),
    }


def step_rows(tally: Tally) -> list[Row]:
    """Return one row for each place at which runs were killed."""
    kills, unsaved, settling = tally.kills, tally.unsaved_kills, tally.settling_kills
    places = [*STEPS, *sorted(kills.keys() - STEPS.keys())]
    return [
        {
            "killed": STEPS[place].meaning if place in STEPS else place,
            "step": place if place in STEPS else "",
            "kills": kills[place],
            "unsaved": unsaved[place],
            "settling": settling[place],
        }
        for place in places
        if kills[place]
    ]


def table(rows: list[Row]) -> list[str]:
    """Return rows as the lines of a simple table of reStructuredText."""
    if not rows:
        return []
    # An empty first cell would continue the row above, and so an empty cell needs an escape.
    cells = [list(rows[0]), *([str(value) or "\\" for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rule = "  ".join("=" * width for width in widths)
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]
    return [rule, lines[0], rule, *lines[1:], rule]

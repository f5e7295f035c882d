# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bars of seconds, as pictures that can be read in light and dark, on a phone too."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from html import escape

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDTH, MARGIN = 480, 16
LONGEST_BAR = 380
ROW_HEIGHT = 46
PICTURE = """\
<?xml version="1.0" encoding="UTF-8"?>
<!--
Copyright (c) 2026, the keysmith.alibabacloud authors
GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later

Written by tests/benchmarks/guide.py from the table of the guide.
-->
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-labelledby="title">
  <title id="title">{title}</title>
  <style>
    svg {{ --ground: #ffffff; --ink: #1f2328; --soft: #59636e; --bar: #b3bac2; --accent: #0b7d85 }}
    @media (prefers-color-scheme: dark) {{
      svg {{ --ground: #131416; --ink: #e2e4e6; --soft: #a0a7af; --bar: #4a525b; --accent: #3aa5ac }}
    }}
    text {{ font: 15px "Segoe UI", Roboto, Helvetica, Arial, sans-serif; fill: var(--ink) }}
    .ground {{ fill: var(--ground) }}
    .title {{ font-size: 16px; font-weight: 600 }}
    .soft {{ font-size: 13px; fill: var(--soft) }}
    .bar {{ fill: var(--bar) }}
    .ours {{ fill: var(--accent) }}
    .limit {{ stroke: var(--ink); stroke-width: 2 }}
  </style>
  <rect class="ground" width="{width}" height="{height}" rx="6"/>
  <text class="title" x="{margin}" y="28">{title}</text>
{rows}
</svg>
"""  # noqa: E501 - the lines of the picture


@dataclass(frozen=True)
class Bar:
    """One row of a chart: `limit` is where a mark stands, `ours` is told by colour."""

    label: str
    seconds: float
    limit: float = 0
    ours: bool = True


def chart(title: str, bars: Sequence[Bar]) -> str:
    """Return a picture of the bars from top to bottom, the longest as wide as there is room."""
    scale = LONGEST_BAR / max(max(each.seconds, each.limit) for each in bars)
    lines = [line for place, each in enumerate(bars) for line in _row(place, each, scale)]
    height = _top(len(bars)) + 12
    if any(each.limit for each in bars):
        lines += _legend(height)
        height += 24
    return PICTURE.format(
        width=WIDTH,
        height=height,
        margin=MARGIN,
        title=escape(title),
        rows="\n".join(f"  {line}" for line in lines),
    )


def _top(place: int) -> int:
    return 44 + place * ROW_HEIGHT


def _row(place: int, shown: Bar, scale: float) -> Iterator[str]:
    top, length = _top(place), shown.seconds * scale
    kind = "bar ours" if shown.ours else "bar"
    yield f'<text x="{MARGIN}" y="{top + 13}">{escape(shown.label)}</text>'
    place_of_bar = f'x="{MARGIN}" y="{top + 20}" width="{length:.1f}" height="14"'
    yield f'<rect class="{kind}" {place_of_bar} rx="2"/>'
    end = MARGIN + max(length, shown.limit * scale) + 6
    yield f'<text x="{end:.1f}" y="{top + 32}">{shown.seconds:.2f}</text>'
    if shown.limit:
        at = f"{MARGIN + shown.limit * scale:.1f}"
        yield f'<line class="limit" x1="{at}" y1="{top + 17}" x2="{at}" y2="{top + 37}"/>'


def _legend(top: int) -> list[str]:
    return [
        f'<line class="limit" x1="{MARGIN + 1}" y1="{top}" x2="{MARGIN + 1}" y2="{top + 14}"/>',
        f'<text class="soft" x="{MARGIN + 10}" y="{top + 12}">what the network alone takes</text>',
    ]

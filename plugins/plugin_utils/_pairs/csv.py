# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key pairs as the console's CSV: the text, read and written. Knows nothing of files or RAM.

Messages tell lines and never what is in them: where columns are mixed up, a secret can be anywhere.
"""

from __future__ import annotations

import csv
import io
import typing as t
from dataclasses import dataclass, field

from ...module_utils._cloud.errors import InputError
from .._vault_file.pair import problem_of_pair

if t.TYPE_CHECKING:
    from collections.abc import Iterable

HEADER = ("AccessKey ID", "AccessKey Secret")
_BYTE_ORDER_MARK = "\ufeff"

_Row: t.TypeAlias = "tuple[int, list[str]]"


@dataclass(frozen=True)
class Pair:
    """An AccessKey's id and secret, and the line that they were read from."""

    access_key_id: str = field(repr=False)
    access_key_secret: str = field(repr=False)
    line: int = field(default=0, compare=False)


def read_pairs(text: str, *, what: str, alone: bool = False) -> list[Pair]:
    """Return the pairs of a text, which `what` names in messages, in their order.

    The header tells the columns, however it is spelt; others are ignored, or with `alone` refused.
    Raises InputError unless each line is as wide as the header and has a pair whose id no other
    line has.
    """
    (line, header), *rows = _rows(text, what)
    titles, wanted = [_bare(title) for title in header], [_bare(title) for title in HEADER]
    if any(titles.count(title) != 1 for title in wanted):
        raise InputError(f"{what}, line {line}: this is not the header {','.join(HEADER)}")
    if alone and len(header) > len(HEADER):
        told = f"other columns than {','.join(HEADER)} would be lost"
        raise InputError(f"{what}, line {line}: {told}")
    places = [titles.index(title) for title in wanted]
    pairs: dict[str, Pair] = {}
    for line, row in rows:
        if len(row) != len(header):
            told = f"the header has {len(header)} columns, this line {len(row)}"
            raise InputError(f"{what}, line {line}: {told}")
        key_id, secret = (row[place] for place in places)
        if not (key_id and secret) or problem_of_pair(key_id, secret):
            raise InputError(f"{what}, line {line}: this is not an id and a secret")
        if key_id in pairs:
            raise InputError(f"{what}, line {line}: the id is that of line {pairs[key_id].line}")
        pairs[key_id] = Pair(key_id, secret, line)
    return list(pairs.values())


def write_pairs(pairs: Iterable[Pair]) -> str:
    """Return the text that holds just these pairs, in their order."""
    text = io.StringIO()
    rows = [(pair.access_key_id, pair.access_key_secret) for pair in pairs]
    csv.writer(text, lineterminator="\n").writerows([HEADER, *rows])
    return text.getvalue()


def _rows(text: str, what: str) -> list[_Row]:
    """Return the lines that are not blank, with their numbers."""
    lines = io.StringIO(text.removeprefix(_BYTE_ORDER_MARK), newline="")
    reader = csv.reader(lines, strict=True)
    try:
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error:
        raise InputError(f"{what}, line {reader.line_num}: this is not CSV") from None
    filled = [(line, row) for line, row in rows if any(row)]
    if not filled:
        raise InputError(f"{what} is empty")
    return filled


def _bare(title: str) -> str:
    return "".join(filter(str.isalnum, title)).casefold()

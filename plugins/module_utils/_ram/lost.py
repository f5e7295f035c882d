# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request came to whose answer is lost."""

from __future__ import annotations

import typing as t

from .._cloud.errors import RamError

if t.TYPE_CHECKING:
    from collections.abc import Callable

_T = t.TypeVar("_T")


def found_after_all(find: Callable[[str], _T | None], name: str, lost: RamError) -> _T:
    """Return what a failed request was about, if `find` finds it by its name; else raise `lost`."""
    try:
        found = find(name)
    except RamError as error:
        raise lost.reworded(f"{lost}. What it did is not known ({error})") from None
    if found is None:
        raise lost
    return found

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patience with a cloud that does not know yet what was made, or taken away, a moment ago."""

from __future__ import annotations

import typing as t

from .._cloud.errors import ApiError
from .._stopping import pause

if t.TYPE_CHECKING:
    from collections.abc import Callable

_T = t.TypeVar("_T")

# How long, in seconds, to wait before each further time that something is asked for.
PAUSES = (0.25, 0.5, 1.0, 2.0)
PASSING = ("EntityNotExist.", "DeleteConflict.")


def patiently(function: Callable[[], _T]) -> _T:
    """Return what `function` returns; call it again for a moment while that may help.

    That is while the API says that something does not exist, or is still in the way of a deletion.
    Nothing was done then, so any request may be sent again.
    """
    for seconds in PAUSES:
        try:
            return function()
        except ApiError as error:
            if not str(error.code).startswith(PASSING):
                raise
        pause(seconds)
    return function()


def found_patiently(find: Callable[[], _T]) -> _T:
    """Return what `find` returns; call it again for a moment while it finds nothing."""
    for seconds in PAUSES:
        if found := find():
            return found
        pause(seconds)
    return find()

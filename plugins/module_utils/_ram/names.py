# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names: their rules, who has which, and what somebody may have meant."""

from __future__ import annotations

import difflib
import re
import typing as t
from functools import cache

from .._cloud.errors import InputError, RamError
from .._work.patience import found_patiently
from .._work.pool import map_all

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .listing import Named

USER_NAME = GROUP_NAME = (r"[A-Za-z0-9._-]{1,64}", "1 to 64 letters, digits, '.', '-' or '_'")
POLICY_NAME = (r"[A-Za-z0-9-]{1,128}", "1 to 128 letters, digits or hyphens")
ROLE_NAME = (r"[A-Za-z0-9.-]{1,64}", "1 to 64 letters, digits, '.' or '-'")
COMMENTS = (r"(?s:.{0,128})", "at most 128 characters")
DESCRIPTION = (r"(?s:.{0,1024})", "at most 1024 characters")


def refuse_bad_names(
    names: Iterable[str], noun: str = "user", rule: tuple[str, str] = USER_NAME
) -> None:
    """Raise InputError for a name that no such thing can have; empty, a user's means the caller."""
    pattern, described = rule
    for name in names:
        if not re.fullmatch(pattern, name):
            raise InputError(f"The name of a {noun} must be {described}, not {name!r}")


def is_name(item: t.Any) -> bool:
    """Tell whether an element of a list can be the name of a user or a group."""
    return isinstance(item, str) and bool(re.fullmatch(USER_NAME[0], item))


def unknown_names(
    noun: str,
    names: Iterable[str],
    find: Callable[[str], Named | None],
    list_names: Callable[[], Iterable[str]],
    concurrency: int,
) -> list[str]:
    """Return in words which of the names there are not, with what may be meant.

    What is found in another case is not there: with its own name, it would be taken for two.
    """
    wanted = sorted(set(names))

    def is_there(name: str) -> bool:
        found = find(name)
        return found is not None and found.name == name

    found = map_all(lambda name: found_patiently(lambda: is_there(name)), wanted, concurrency)
    unknown = [name for name, is_known in zip(wanted, found, strict=True) if not is_known]
    known = cache(lambda: list(list_names()))
    hints = [f"{name}{nearest(name, known)}" for name in unknown]
    return [f"There is no {noun} {', '.join(hints)}"] if unknown else []


def nearest(name: str, list_names: Callable[[], Iterable[str]]) -> str:
    """Return a hint at the known name that is most like this one; empty if there is none."""
    try:
        known = {each.lower(): each for each in list_names()}
    except RamError:
        return ""
    close = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.75)
    return f" (did you mean {known[close[0]]}?)" if close else ""

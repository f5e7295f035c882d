# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task asks for, each beside what there is: the look that comes before all plans."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._cloud.errors import InputError
from .._work.wanted import names_of
from .listing import FEW, Named
from .quotas import Quotas, refuse_too_many

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .._cloud.client import Client

    Options = dict[str, t.Any]


_N = t.TypeVar("_N", bound=Named)


class Listing(t.Protocol[_N]):
    """The calls that find things by their names."""

    def find_many(self, names: Sequence[str]) -> dict[str, _N]:
        """Return those of the named things that exist; all that exist if there are more names."""

    def list_all(self) -> list[_N]:
        """Return all things that exist."""


@dataclass(frozen=True)
class Case(t.Generic[_N]):
    """One thing of the task: what is asked for, and what there is."""

    options: Options
    current: _N | None

    @property
    def is_absent(self) -> bool:
        """Tell whether it is to be gone."""
        return bool(self.options["state"] == "absent")

    @property
    def name(self) -> str:
        """Return what it is called in the end."""
        kept = self.current.name if self.current else self.options["name"]
        return str(self.options.get("new_name") or kept)


def find_cases(
    client: Client, api: Listing[_N], noun: str, wanted: Sequence[Options], *, plural: str = ""
) -> list[Case[_N]]:
    """Return each thing of the task beside what there is, in order.

    `plural` is what several are called, unless that is the noun with an s.
    Raises InputError if a name is taken, by something else or in another case, or if the account
    can't hold so many.
    """
    names = [name for options in wanted for name in names_of(options)]
    known = api.find_many(names)
    cases = [Case(options, _found_under(noun, options, known)) for options in wanted]
    for case in cases:
        if case.is_absent and not case.current:
            _refuse_taken(noun, case, known)
    named_anew = [case for case in cases if not case.is_absent and case.name not in known]
    if named_anew:
        # What is looked for by name is not found in another case.
        everything = known if len(names) > FEW else [item.name for item in api.list_all()]
        for case in named_anew:
            _refuse_taken(noun, case, everything)
        new = sum(case.current is None for case in named_anew)
        refuse_too_many(Quotas(client), plural or f"{noun}s", len(everything), new)
    return cases


def _found_under(noun: str, options: Options, known: Mapping[str, _N]) -> _N | None:
    found = [known[name] for name in names_of(options) if name in known]
    if len(found) > 1:
        raise InputError(
            f"Cannot rename {noun} {options['name']} to {options['new_name']}: both exist"
        )
    return found[0] if found else None


def _refuse_taken(noun: str, case: Case[_N], taken: Iterable[str]) -> None:
    own = case.current.name if case.current else None
    for other in taken:
        if other.lower() == case.name.lower() and other not in {case.name, own}:
            if case.is_absent:
                raise InputError(
                    f"Cannot tell whether {noun} {case.name} is gone: there is one called {other}, "
                    f"and names that differ only in case count as one. Say name: {other}"
                )
            raise InputError(
                f"Cannot have a {noun} {case.name}: there is one called {other}, and names that "
                f"differ only in case count as one. Say name: {other}"
            )

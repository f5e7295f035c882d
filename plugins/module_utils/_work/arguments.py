# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments of a task as they were given, before Ansible validates them."""

from __future__ import annotations

import typing as t

from .._cloud.errors import InputError
from .._cloud.options import refuse_bare_elements, refuse_bare_mappings, refuse_split_json

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Spec = Mapping[str, t.Any]

# What `omit` becomes inside of a list or a mapping, where Ansible before 2.19 leaves it.
OMITTED = "__omit_place_holder__"


def prepare(spec: Spec, given: dict[str, t.Any]) -> None:
    """Take out of `given` what was left out on purpose; InputError for what can't be meant."""
    refuse_split_json(spec, given)
    refuse_bare_elements(spec, given)
    for options, mapping in _mappings(spec, given):
        for name in [name for name, value in mapping.items() if _is_omitted(value)]:
            del mapping[name]
        refuse_bare_mappings(options, mapping)
        _refuse_contradictions(options, mapping)


def _mappings(spec: Spec, given: dict[str, t.Any]) -> Iterator[tuple[Spec, dict[str, t.Any]]]:
    """Yield the task's own arguments and each mapping in its lists, with their options."""
    yield spec, given
    for name, option in spec.items():
        elements = given.get(name) if option.get("elements") in {"dict", "raw"} else None
        for element in elements if isinstance(elements, list) else ():
            if isinstance(element, dict):
                yield option.get("options", {}), element


def _is_omitted(value: t.Any) -> bool:
    return isinstance(value, str) and value.startswith(OMITTED)


def _refuse_contradictions(options: Spec, given: Mapping[str, t.Any]) -> None:
    for name, option in options.items():
        for alias in option.get("aliases", ()):
            values = [given[key] for key in (name, alias) if given.get(key) is not None]
            if len(values) > 1 and values[0] != values[1]:
                raise InputError(
                    f"{name} and {alias} are the same option, but they are {values[0]!r} and "
                    f"{values[1]!r}: say one of them"
                )

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of which an account has exactly one set: how they are read, merged and compared."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, replace

from .._cloud.services import IMS
from .._work.plan import Plan, Step
from .._work.wanted import refuse_all

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .._cloud.client import Answer, Client

    Options = dict[str, t.Any]
    Ranges = Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Kind:
    """One kind of settings: the actions that read and write them, and its object in the answers.

    `fields` are our options by the API's own names: all that it documents and has not deprecated.
    """

    noun: str
    reading: str
    writing: str
    answer: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Settings:
    """The settings of an account, by the API's names; those that nobody documents, too."""

    kind: Kind
    values: Mapping[str, t.Any]

    def as_result(self) -> dict[str, t.Any]:
        """Return the settings as modules show them; what the API does not tell is None."""
        return {option: self.values.get(name) for name, option in self.kind.fields.items()}

    def as_diff(self) -> dict[str, t.Any]:
        """Return all settings; those that nobody documents, by the API's names."""
        return {self.kind.fields.get(name, name): value for name, value in self.values.items()}


def read_settings(client: Client, kind: Kind) -> Settings:
    """Return the settings; raises RamError."""
    doing = f"read the {kind.noun}"
    return client.call(IMS, kind.reading, {}, lambda answer: _read(kind, answer), doing=doing)


def plan_settings(client: Client, kind: Kind, params: Options) -> Plan[Settings]:
    """Return the plan that makes the settings be as the options say; what they leave out stays."""
    current = read_settings(client, kind)
    changes = {
        name: params[option]
        for name, option in kind.fields.items()
        if params[option] is not None
        and _meaning(params[option]) != _meaning(current.values.get(name))
    }
    after = replace(current, values={**current.values, **changes})
    plan = Plan(f"account {client.identity.account_id}", current, after)
    if changes:
        options = ", ".join(sorted(kind.fields[name] for name in changes))
        doing = f"set {options} of the {kind.noun}"
        plan.steps.append(Step(doing, lambda: _write(client, plan, after)))
    return plan


def refuse_out_of_range(params: Options, ranges: Ranges) -> None:
    """Raise InputError for numbers that are too small or too large."""
    refuse_all(
        [
            f"{option} must be {lowest} to {highest}, not {params[option]}"
            for option, (lowest, highest) in ranges.items()
            if params[option] is not None and not lowest <= params[option] <= highest
        ]
    )


def _write(client: Client, plan: Plan[Settings], wanted: Settings) -> dict[str, t.Any]:
    """Send all settings, so that none depends on what the API makes of one that is left out."""
    kind = wanted.kind
    sent = {
        name: json.dumps(value) if isinstance(value, list) else value
        for name, value in wanted.values.items()
        if name in kind.fields and value is not None
    }
    doing = f"set the {kind.noun}"
    stored = client.call(IMS, kind.writing, sent, lambda answer: _read(kind, answer), doing=doing)
    plan.warnings += [
        f"{kind.fields.get(name, name)} is {value!r} now, and should be {wanted.values.get(name)!r}"
        for name, value in stored.values.items()
        if _meaning(value) != _meaning(wanted.values.get(name))
    ]
    return {"values": stored.values}


def _read(kind: Kind, answer: Answer) -> Settings:
    return Settings(kind, dict(_leaves(answer[kind.answer])))


def _leaves(part: Mapping[str, t.Any]) -> Iterator[tuple[str, t.Any]]:
    for name, value in part.items():
        if isinstance(value, dict):
            yield from _leaves(value)
        else:
            yield name, value


def _meaning(value: t.Any) -> t.Any:
    """Return what counts of a value: lists are sets, and so are texts with semicolons."""
    items = value.split(";") if isinstance(value, str) else value
    return frozenset(filter(None, items)) if isinstance(items, list) else value

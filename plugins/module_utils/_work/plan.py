# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What should change, decided before anything is changed. Knows neither the API nor Ansible."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from .stats import CHANGED, CREATED, FAILED, REMOVED, UNCHANGED

if t.TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    Learned: t.TypeAlias = "dict[str, t.Any] | None"


class Resource(t.Protocol):
    """Something that a module describes and changes; a frozen dataclass."""

    def as_result(self) -> dict[str, t.Any]:
        """Return it as a module's result shows it."""

    def as_diff(self) -> dict[str, t.Any]:
        """Return it as diff mode shows it: never with a secret."""


_T = t.TypeVar("_T", bound=Resource)


@dataclass(frozen=True)
class Step:
    """One writing API call: what it does, in a verb phrase, and the call itself.

    The call returns the fields that the API filled in, such as an id.
    """

    doing: str
    run: Callable[[], Learned]


@dataclass(frozen=True)
class SharedStep:
    """One writing API call for up to `most` resources at once, all with the same `what`.

    `run` gets them as they are after their own steps; `doing` is about the one of this plan.
    """

    doing: str
    what: Hashable
    most: int
    run: Callable[[Sequence[t.Any]], None]


@dataclass
class Plan(t.Generic[_T]):
    """How one resource is, how it should be, and the steps in between, its own ones first.

    `after` is a prediction until `apply` has filled in what only the API knows. `known_as` is all
    that can be shown of a resource that neither is nor was there. `warnings` don't name the
    resource: many may have the same.
    """

    name: str
    before: _T | None
    after: _T | None
    steps: list[Step] = field(default_factory=list)
    shared: list[SharedStep] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    error: str | None = None
    known_as: dict[str, t.Any] = field(default_factory=dict)

    def apply(self, run: Callable[[Callable[[], Learned]], Learned] = lambda call: call()) -> None:
        """Run the steps in order until one raises; `done` names those before it.

        `run` is how each call is made.
        """
        for step in self.steps:
            learned = run(step.run)
            self.done.append(step.doing)
            if self.after is not None and learned:
                self.after = replace(self.after, **learned)  # type: ignore[type-var]

    def predict(self) -> None:
        """Count every step as done without running it."""
        self.done = [step.doing for step in self.steps]
        self.done += [shared.doing for shared in self.shared]

    @property
    def changed(self) -> bool:
        """Tell whether something was done and the resource is no longer what it was."""
        return bool(self.done) and self.before != self.after

    @property
    def fate(self) -> str:
        """Return what became of the resource, as one of FATES."""
        if self.error:
            return FAILED
        if not self.changed:
            return UNCHANGED
        return CREATED if self.before is None else CHANGED if self.after else REMOVED

    def result(self) -> dict[str, t.Any]:
        """Return the resource as it is now, or as it was if it is gone, with the actions done.

        With an `error` it is shown as it should be, for nobody knows how far it got.
        """
        shown = self.after or self.before
        result = {**(shown.as_result() if shown else self.known_as), "actions": self.done}
        return {**result, "error": self.error} if self.error else result

    def diff(self) -> dict[str, t.Any]:
        """Return the change as Ansible's diff mode shows it: of what stays, only what changes."""
        before, after = _as_diff(self.before), _as_diff(self.after)
        if before and after:
            before, after = _only_changes(before, after)
        headers = {"before_header": self.name, "after_header": self.name}
        return {**headers, "before": before, "after": after}


@dataclass(frozen=True)
class Batch:
    """Plans that one call serves: the shared step of this turn of any of them."""

    turn: int
    plans: Sequence[Plan[t.Any]]

    def run(self) -> None:
        """Send the call, and note it in each of the plans; raises what it raises."""
        self.plans[0].shared[self.turn].run([plan.after for plan in self.plans])
        for plan in self.plans:
            plan.done.append(plan.shared[self.turn].doing)


def batches(plans: Sequence[Plan[t.Any]], turn: int) -> list[Batch]:
    """Return the calls for the shared steps that come in this turn, but for plans that failed."""
    alike: dict[Hashable, list[Plan[t.Any]]] = {}
    for plan in plans:
        if not plan.error and turn < len(plan.shared):
            alike.setdefault(plan.shared[turn].what, []).append(plan)
    return [
        Batch(turn, members[start : start + most])
        for members in alike.values()
        for most in (members[0].shared[turn].most,)
        for start in range(0, len(members), most)
    ]


def changed_fields(current: object, wanted: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return those of the wanted fields that are otherwise now."""
    return {name: value for name, value in wanted.items() if getattr(current, name) != value}


def _as_diff(resource: Resource | None) -> dict[str, t.Any]:
    """Return what the diff shows of a resource, nothing if there is none."""
    shown = resource.as_diff() if resource else {}
    # It changes with everything else, and nobody can foretell it.
    return {name: value for name, value in shown.items() if name != "update_date"}


def _only_changes(before: t.Any, after: t.Any) -> tuple[t.Any, t.Any]:
    """Leave out the members of mappings and the elements of lists that are the same in both."""
    if isinstance(before, dict) and isinstance(after, dict):
        names = dict.fromkeys([*before, *after])
        pairs = {name: (before.get(name), after.get(name)) for name in names}
        kept = {name: _only_changes(*pair) for name, pair in pairs.items() if pair[0] != pair[1]}
        return {k: pair[0] for k, pair in kept.items()}, {k: pair[1] for k, pair in kept.items()}
    if isinstance(before, list) and isinstance(after, list):
        return [x for x in before if x not in after], [x for x in after if x not in before]
    return before, after

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets that belong to something: memberships, attachments. Decides how they change."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from .._cloud.errors import InputError, NotFoundError
from .._work.pool import map_all
from .._work.wanted import member_noun

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from .._work.plan import Plan, Step
    from .quotas import Quotas

    Options = dict[str, t.Any]
    # What is in the set of each owner; None for one that is gone.
    Sets: t.TypeAlias = "dict[str, tuple[_T, ...] | None]"

_T = t.TypeVar("_T")
_S = t.TypeVar("_S")


@dataclass(frozen=True)
class Wish(t.Generic[_T]):
    """What a task says of a set: what is to be in it, what is to go, and whether the rest goes."""

    wanted: frozenset[_T]
    removed: frozenset[_T]
    purges: bool

    @property
    def named(self) -> frozenset[_T]:
        """Return all that the task names."""
        return self.wanted | self.removed

    def surplus(self, current: Collection[_T]) -> frozenset[_T]:
        """Return what has to go."""
        found = frozenset(current)
        return found - self.wanted if self.purges else found & self.removed

    def result(self, current: Collection[_T]) -> tuple[_T, ...]:
        """Return what will be in the set, sorted."""
        return _sorted((frozenset(current) | self.wanted) - self.surplus(current))


def wish_of(options: Options, aspect: str, meant: Callable[[t.Any], _T]) -> Wish[_T] | None:
    """Return what the options say of a set, None if they say nothing, or that all is to be gone.

    `meant` tells which member an element of the list stands for. InputError if one is to be in the
    set and to go.
    """
    wanted, removed = options[aspect], options[f"remove_{aspect}"]
    if options["state"] == "absent" or (wanted is None and removed is None):
        return None
    wish = Wish(
        frozenset(meant(item) for item in wanted or ()),
        frozenset(meant(item) for item in removed or ()),
        purges=options[f"purge_{aspect}"] and wanted is not None,
    )
    for item in _sorted(wish.wanted & wish.removed):
        raise InputError(f"{member_noun(aspect)} {item} of {options['name']} is to stay and to go")
    return wish


def wishes_in(
    existing: Mapping[str, Options], wish_in: Callable[[Options], Wish[_T] | None]
) -> dict[str, Wish[_T]]:
    """Return what is wished of things that exist, by their names, as far as anything is."""
    return {name: wish for name, options in existing.items() if (wish := wish_in(options))}


def items_named(wanted: Iterable[Options], aspect: str) -> list[t.Any]:
    """Return all elements of the lists of this name, of what is to be there and to go."""
    return [
        item
        for options in wanted
        for item in (*(options[aspect] or ()), *(options[f"remove_{aspect}"] or ()))
    ]


@dataclass(frozen=True)
class Ways(t.Generic[_T]):
    """How a set of `owner` changes: a step for each member that comes or goes, and its quota.

    `aspect` is the field of the owner; `quota_of` returns what to call such members in messages and
    the name of the quota that they count to, empty if there is none.
    """

    owner: str
    aspect: str
    add: Callable[[_T], Step]
    remove: Callable[[_T], Step]
    quotas: Quotas
    quota_of: Callable[[_T], tuple[str, str]]


def plan_set(plan: Plan[t.Any], wish: Wish[_T], current: tuple[_T, ...], ways: Ways[_T]) -> None:
    """Add to the plan what makes one set of it as wished: additions first, then removals.

    Where a quota is full, as many removals as are needed come before. Raises InputError if the set
    can't hold so many.
    """
    additions = _sorted(wish.wanted - frozenset(current))
    removals = _sorted(wish.surplus(current))
    first = _in_the_way(current, additions, removals, ways)
    later = [item for item in removals if item not in first]
    plan.steps += [*map(ways.remove, first), *map(ways.add, additions), *map(ways.remove, later)]
    if plan.before is not None:
        plan.before = replace(plan.before, **{ways.aspect: _sorted(current)})
    plan.after = replace(t.cast("t.Any", plan.after), **{ways.aspect: wish.result(current)})


def _in_the_way(
    current: Collection[_T],
    additions: Collection[_T],
    removals: Collection[_T],
    ways: Ways[_T],
) -> list[_T]:
    """Return what has to go before the additions find room; InputError if that is not enough."""
    first: list[_T] = []
    for kind in dict.fromkeys(map(ways.quota_of, additions)):
        what, quota = kind
        size = sum(ways.quota_of(item) == kind for item in (*current, *additions))
        going = [item for item in removals if ways.quota_of(item) == kind]
        limit = ways.quotas.limit(quota, size) if quota else None
        if limit is not None and size - len(going) > limit:
            raise InputError(
                f"Cannot give {ways.owner} {size - len(going)} {what}: the quota of the account is "
                f"{limit} ({quota})"
            )
        first += going[: 0 if limit is None else max(0, size - limit)]
    return first


def read_sets(
    wishes: Mapping[str, Wish[_T]],
    *,
    of_owner: Callable[[str], Iterable[_T]],
    of_member: Callable[[_T], Iterable[str]],
    concurrency: int,
) -> Sets[_T]:
    """Return for each owner what is in its set, None for an owner that is gone meanwhile.

    Of several owners, where the task names fewer members and purges nothing, the owners of each
    member are read: then nothing is known of members that the task does not name.
    """
    by_owner = [owner for owner, wish in wishes.items() if wish.purges]
    others = [owner for owner in wishes if not wishes[owner].purges]
    members = _sorted(frozenset[_T]().union(*(wishes[owner].named for owner in others)))
    if len(members) >= len(others) or len(others) == 1:
        by_owner, others = list(wishes), []
    sets: Sets[_T] = dict.fromkeys(others, ())
    sets.update(zip(by_owner, map_all(_or_gone(of_owner), by_owner, concurrency), strict=True))
    if others:
        owners = map_all(_or_gone(of_member), members, concurrency)
        for member, held_by in zip(members, owners, strict=True):
            for owner in sets.keys() & set(held_by or ()) & set(others):
                sets[owner] = (*(sets[owner] or ()), member)
    return sets


def _or_gone(read: Callable[[_S], Iterable[_T]]) -> Callable[[_S], tuple[_T, ...] | None]:
    def attempt(item: _S) -> tuple[_T, ...] | None:
        try:
            return tuple(read(item))
        except NotFoundError:
            return None

    return attempt


def _sorted(items: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(sorted(items, key=str))

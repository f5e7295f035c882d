# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags: what a task says of them, and how they change."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from functools import partial

from .._work.plan import Step

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .._work.plan import Plan

    Options = dict[str, t.Any]

Tags: t.TypeAlias = "dict[str, str]"

MAX_TAGS = 20
LONGEST_KEY = 128
LONGEST_VALUE = 256
# Tags that begin so are the vendor's: nobody else sets or removes them.
VENDORS = ("acs:", "aliyun")
ADDRESSES = ("http://", "https://")


@dataclass(frozen=True)
class TagWish:
    """What a task says of tags: which are to be set, which to go, and whether the rest goes.

    The vendor's tags stay whatever it says.
    """

    wanted: Tags
    removed: frozenset[str]
    purges: bool

    def missing(self, current: Mapping[str, str]) -> Tags:
        """Return what has to be set."""
        return {key: value for key, value in self.wanted.items() if current.get(key) != value}

    def surplus(self, current: Mapping[str, str]) -> list[str]:
        """Return the keys that have to go."""
        unwanted = current.keys() - self.wanted.keys() if self.purges else self.removed
        return sorted(key for key in unwanted & current.keys() if not key.startswith(VENDORS))

    def result(self, current: Mapping[str, str]) -> Tags:
        """Return the tags that there will be, by key."""
        surplus = self.surplus(current)
        kept = {key: value for key, value in current.items() if key not in surplus}
        return dict(sorted({**kept, **self.wanted}.items()))


def tag_wish_of(options: Options) -> TagWish | None:
    """Return what the options say of tags, None if they say nothing, or that all is to be gone."""
    wanted, removed = options["tags"], options["remove_tags"]
    if options["state"] == "absent" or (wanted is None and removed is None):
        return None
    texts = {str(key): _text(value) for key, value in (wanted or {}).items()}
    return TagWish(texts, frozenset(removed or ()), options["purge_tags"] and wanted is not None)


def tag_problems(noun: str, options: Options, longest_value: int = LONGEST_VALUE) -> list[str]:
    """Return in words which of the tags can't be meant; their owner's name is known to be one."""
    owner, tags = f"{noun} {options['name']}", options["tags"] or {}
    found = [
        problem
        for key, value in tags.items()
        if (problem := _problem(str(key), value, longest_value))
    ]
    vendors = [key for key in options["remove_tags"] or () if key.startswith(VENDORS)]
    found += [f"{key} is the vendor's and can't be removed" for key in vendors]
    both = [key for key in options["remove_tags"] or () if key in tags]
    found += [f"{key} is to stay and to go" for key in both]
    if len(tags) > MAX_TAGS:
        found.append(f"{', '.join(tags)} are {len(tags)}, and at most {MAX_TAGS} are possible")
    return [f"tag {problem} (tags of {owner})" for problem in found]


class Tagging(t.Protocol):
    """The calls that change the tags of one kind of thing, such as "policy"."""

    kind: str

    def set(self, name: str, tags: Tags) -> None:
        """Set the tags; others stay."""

    def remove(self, name: str, keys: Sequence[str]) -> None:
        """Remove the tags of these keys."""


def plan_tags(plan: Plan[t.Any], wish: TagWish, current: Tags, api: Tagging) -> None:
    """Add to the plan what makes the tags of an existing thing as wished: new ones come first.

    If there is no room for both, those that go do so before.
    """
    missing, surplus = wish.missing(current), wish.surplus(current)
    owner, steps = f"{api.kind} {plan.name}", []
    if missing:
        doing = f"set tags {', '.join(missing)} of {owner}"
        steps.append(Step(doing, partial(api.set, plan.name, missing)))
    if surplus:
        doing = f"remove tags {', '.join(surplus)} of {owner}"
        steps.append(Step(doing, partial(api.remove, plan.name, surplus)))
    plan.steps += steps[::-1] if len({**current, **missing}) > MAX_TAGS else steps
    plan.before = replace(t.cast("t.Any", plan.before), tags=dict(sorted(current.items())))
    plan.after = replace(t.cast("t.Any", plan.after), tags=wish.result(current))


def _problem(key: str, value: object, longest_value: int) -> str:
    if isinstance(value, (dict, list)):
        return f"{key} must have a text as its value"
    if not 1 <= len(key) <= LONGEST_KEY:
        return f"{key!r} must have a key of 1 to {LONGEST_KEY} characters"
    if len(_text(value)) > longest_value:
        return f"{key} must have a value of at most {longest_value} characters"
    if key.startswith(VENDORS):
        return f"{key} must not begin with {' or '.join(VENDORS)}: such tags are the vendor's"
    if any(address in text for address in ADDRESSES for text in (key, _text(value))):
        return f"{key} must not contain {' or '.join(ADDRESSES)}"
    return ""


def _text(value: object) -> str:
    """Return the text that YAML may have made something else of."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)

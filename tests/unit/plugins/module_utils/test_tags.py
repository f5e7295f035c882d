# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tags: which change, which are left alone, and which can't be."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

import pytest

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.tags import (
    plan_tags,
    tag_problems,
    tag_wish_of,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.plan import Plan

if t.TYPE_CHECKING:
    from collections.abc import Sequence

CURRENT = {"team": "a", "env": "prod", "acs:rm": "x", "aliyun_by": "y"}
VENDORS = {"acs:rm": "x", "aliyun_by": "y"}
NOTHING: dict[str, t.Any] = {
    "name": "ops",
    "state": "present",
    "tags": None,
    "remove_tags": None,
    "purge_tags": False,
}


@dataclass(frozen=True)
class Tagged:
    """Something with tags."""

    tags: dict[str, str] = field(default_factory=dict)

    def as_result(self) -> dict[str, t.Any]:
        """Return it as a result shows it."""
        return {"tags": self.tags}

    as_diff = as_result


class Calls:
    """Notes what is set and removed."""

    kind = "policy"

    def __init__(self) -> None:
        self.sent: list[t.Any] = []

    def set(self, _name: str, tags: dict[str, str]) -> None:
        """Note tags that are set."""
        self.sent.append(tags)

    def remove(self, _name: str, keys: Sequence[str]) -> None:
        """Note keys that are removed."""
        self.sent.append(keys)


def planned(current: dict[str, str], **options: t.Any) -> tuple[Plan[Tagged], list[t.Any]]:
    """Return the plan for tags with what its steps send."""
    wish = tag_wish_of({**NOTHING, **options})
    assert wish
    plan, calls = Plan("ops", Tagged(), Tagged()), Calls()
    plan_tags(plan, wish, current, calls)
    plan.apply()
    return plan, calls.sent


@pytest.mark.parametrize(
    ("options", "sent", "after"),
    [
        ({"tags": {"team": "b"}}, [{"team": "b"}], {**CURRENT, "team": "b"}),
        ({"tags": {"team": "a"}}, [], CURRENT),
        ({"tags": {}}, [], CURRENT),
        (
            {"tags": {"team": "b"}, "purge_tags": True},
            [{"team": "b"}, ["env"]],
            {**VENDORS, "team": "b"},
        ),
        ({"tags": {}, "purge_tags": True}, [["env", "team"]], VENDORS),
        ({"remove_tags": ["env", "gone"]}, [["env"]], {**VENDORS, "team": "a"}),
        ({"remove_tags": [], "purge_tags": True}, [], CURRENT),
        (
            {"tags": {"cost": 7, "on": True, "none": None}},
            [{"cost": "7", "on": "true", "none": ""}],
            {**CURRENT, "cost": "7", "on": "true", "none": ""},
        ),
    ],
)
def test_changes(options: dict[str, t.Any], sent: list[t.Any], after: dict[str, str]) -> None:
    """Tags are set as texts; they go if named or purged, but never the vendor's."""
    plan, calls = planned(CURRENT, **options)

    assert calls == sent
    assert plan.after
    assert plan.after.tags == after
    assert planned(after, **options)[1] == []


def test_no_room() -> None:
    """Where there is no room for old and new tags, old ones go first."""
    current = {f"old-{number}": "x" for number in range(20)}

    _plan, sent = planned(current, tags={"new": "x"}, purge_tags=True)

    assert sent == [sorted(current), {"new": "x"}]


@pytest.mark.parametrize(
    "options", [{}, {"purge_tags": True}, {"tags": {"a": "b"}, "state": "absent"}]
)
def test_nothing_said(options: dict[str, t.Any]) -> None:
    """A task without tags, or one that deletes, says nothing of tags."""
    assert tag_wish_of({**NOTHING, **options}) is None


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"tags": {"acs:x": "y"}}, "tag acs:x must not begin with acs: or aliyun"),
        ({"tags": {"aliyun": "y"}}, "tag aliyun must not begin with acs: or aliyun"),
        ({"tags": {"": "y"}}, "tag '' must have a key of 1 to 128 characters"),
        ({"tags": {"k" * 129: "y"}}, "must have a key of 1 to 128 characters"),
        ({"tags": {"k": "v" * 257}}, "tag k must have a value of at most 256 characters"),
        ({"tags": {"k": ["v"]}}, "tag k must have a text as its value"),
        ({"tags": {"k": "https://x"}}, "tag k must not contain http:// or https://"),
        ({"tags": {"k": "v"}, "remove_tags": ["k"]}, "tag k is to stay and to go"),
        ({"remove_tags": ["acs:x"]}, "tag acs:x is the vendor's and can't be removed"),
        ({"tags": {f"k{n}": "" for n in range(21)}}, "are 21, and at most 20 are possible"),
    ],
)
def test_problems(options: dict[str, t.Any], problem: str) -> None:
    """What can't be a tag is told in words, with whose it is."""
    [found] = tag_problems("policy", {**NOTHING, **options})

    assert problem in found
    assert found.endswith(" (tags of policy ops)")


def test_no_problems() -> None:
    """Nothing is wrong with tags of the greatest length."""
    assert tag_problems("role", {**NOTHING, "tags": {"k" * 128: "v" * 256}}) == []

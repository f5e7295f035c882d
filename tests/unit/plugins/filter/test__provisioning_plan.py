# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each task of the role gets of the list of users."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.keysmith.alibabacloud.plugins.filter._provisioning_plan import (
    provisioning_plan,
)

# ansible-core 2.18 has a text for it, later ones an object; the filter only compares.
OMIT = object()


def plan(*users: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return the plan for users whose keys are in `keys.yml`, unless they say otherwise."""
    return provisioning_plan(list(users), "keys.yml", OMIT)


def test_what_is_left_out() -> None:
    """A user that only has a name is to exist, with a key in the role's file."""
    planned = plan({"name": "ann", "comments": None})

    assert planned["present"] == [{"name": "ann", "state": "present"}]
    assert planned["key_users"] == [{"name": "ann", "state": "present", "file": "keys.yml"}]
    assert planned["absent"] == planned["problems"] == []


def test_user_without_a_key() -> None:
    """A user that is to have no key is not looked for in any file, while it exists."""
    users = [{"name": name, "access_key": value} for name, value in [("ann", False), ("bob", "no")]]

    planned = plan(*users, {"name": "cid", "access_key": False, "state": "absent"})

    assert [user["name"] for user in planned["present"]] == ["ann", "bob"]
    assert [user["name"] for user in planned["key_users"]] == ["cid"]
    assert planned["absent"] == [{"name": "cid", "state": "absent"}]


def test_rotated_keys() -> None:
    """Keys are rotated of users that are there and have one."""
    users: list[dict[str, t.Any]] = [
        {"name": "bob", "state": "absent"},
        {"name": "cid", "access_key": False},
    ]

    planned = plan({"name": "ann", "comments": "new"}, *users)

    assert planned["rotated"] == [{"name": "ann", "file": "keys.yml"}]


def test_omitted_values() -> None:
    """What a user's description omits is not given: its default holds, or it is left alone."""
    planned = plan({"name": "ann", "access_key": OMIT, "file": OMIT, "comments": OMIT})

    assert planned["present"] == [{"name": "ann", "state": "present"}]
    assert planned["key_users"] == [{"name": "ann", "state": "present", "file": "keys.yml"}]


def test_names_that_yaml_changed() -> None:
    """Names that are no texts any more are told as YAML took them."""
    planned = plan({"name": 83}, {"name": True}, {"name": "0123"})

    assert planned["problems"] == [
        "YAML takes these names for numbers, dates or truth values: 83, True. Put them in quotes"
    ]


def test_files() -> None:
    """Each file is tried with one of its users."""
    planned = plan({"name": "ann"}, {"name": "bob", "file": "other.yml"}, {"name": "cid"})

    files = [user["file"] for user in planned["one_of_each_file"]]
    assert sorted(files) == ["keys.yml", "other.yml"]


def test_repeated_names() -> None:
    """Names that are listed more than once are told, each once, in all spellings."""
    names = ["ann", "bob", "ann", 7, "Ann", "7", 8]

    planned = plan(*({"name": name, "state": "absent"} for name in names))

    assert planned["problems"][-1] == "These users are listed more than once: ann or Ann, 7"


def test_no_name() -> None:
    """A user whose name is null, which the role's arguments may be, is a clear message."""
    with pytest.raises(AnsibleFilterError, match="a user has no name"):
        plan({"name": "ann"}, {"name": None})


def test_groups() -> None:
    """Groups are told apart by what is to become of them, and refused as users are."""
    groups: list[dict[str, t.Any]] = [
        {"name": "readers", "comments": None, "policies": OMIT},
        {"name": "old", "state": "absent"},
        {"name": 7},
        {"name": "Old"},
    ]

    planned = provisioning_plan([], "keys.yml", OMIT, groups)

    assert planned["present_groups"][0] == {"name": "readers", "state": "present"}
    assert planned["absent_groups"] == [{"name": "old", "state": "absent"}]
    assert [problem.split(":")[0] for problem in planned["problems"]] == [
        "YAML takes these names for numbers, dates or truth values",
        "These groups are listed more than once",
    ]


def test_policies() -> None:
    """Policies are told apart and refused in the same way, and their documents are left alone."""
    document = {"Statement": [{"Condition": None}]}
    policies: list[dict[str, t.Any]] = [
        {"name": "p", "document": document, "tags": OMIT},
        {"name": "old", "state": "absent"},
        {"name": "P"},
    ]

    planned = provisioning_plan([], "keys.yml", OMIT, policies=policies)

    assert planned["present_policies"][0] == {
        "name": "p",
        "state": "present",
        "document": document,
    }
    assert planned["absent_policies"] == [{"name": "old", "state": "absent"}]
    assert planned["problems"] == ["These policies are listed more than once: p or P"]


@pytest.mark.parametrize(("listed", "noun"), [("groups", "group"), ("policies", "policy")])
def test_other_things_without_a_name(listed: str, noun: str) -> None:
    """A group or a policy without a name is told as that."""
    with pytest.raises(AnsibleFilterError, match=f"a {noun} has no name"):
        provisioning_plan([], "keys.yml", OMIT, **{listed: [{"name": None}]})

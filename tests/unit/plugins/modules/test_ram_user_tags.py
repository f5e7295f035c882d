# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ram_user makes of tags, in how many calls, and whose it leaves alone."""

from __future__ import annotations

import typing as t

import pytest

from emulator import Emulator

from ..conftest import connection_to, tag_user, writing_actions

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ..conftest import Result

    RunModule = Callable[..., Result]
    Values = dict[str, t.Any]

BEFORE = {"team": "a", "env": "prod"}


def tags_of(emulator: Emulator, name: str = "ann") -> dict[str, str]:
    """Return the tags of a user."""
    user_id = emulator.call("GetUser", UserName=name)["User"]["UserId"]
    named = {"ResourceType": "user", "ResourceId.1": user_id}
    listed = emulator.call("ListTagResources", service="IMS", **named)["TagResources"]
    return {item["TagKey"]: item["TagValue"] for item in listed["TagResource"]}


CHANGES: dict[str, tuple[Values, list[str], dict[str, str]]] = {
    "other": ({"tags": {"team": "b"}}, ["TagResources"], {"team": "b", "env": "prod"}),
    "more": (
        {"tags": {"cost": 7, "ok": True}},
        ["TagResources"],
        {"cost": "7", "ok": "true", **BEFORE},
    ),
    "purge": ({"tags": {"team": "a"}, "purge_tags": True}, ["UntagResources"], {"team": "a"}),
    "both": (
        {"tags": {"team": "b"}, "purge_tags": True},
        ["TagResources", "UntagResources"],
        {"team": "b"},
    ),
    "all": ({"tags": {}, "purge_tags": True}, ["UntagResources"], {}),
    "some": ({"remove_tags": ["env", "gone"]}, ["UntagResources"], {"team": "a"}),
    "same": ({"tags": {"team": "a"}}, [], BEFORE),
    "none": ({"tags": {}}, [], BEFORE),
    "purge alone": ({"purge_tags": True}, [], BEFORE),
}


@pytest.mark.parametrize("change", CHANGES)
def test_one_user(run_module: RunModule, emulator: Emulator, change: str) -> None:
    """Tags are set and removed by one call each, once, and what is not named stays."""
    options, calls, expected = CHANGES[change]
    emulator.call("CreateUser", UserName="ann")
    tag_user(emulator, "ann", **BEFORE)
    emulator.clear_requests()

    first = run_module("ram_user", name="ann", **options)
    again = run_module("ram_user", name="ann", **options)

    assert (first.changed, again.changed) == (bool(calls), False)
    assert writing_actions(emulator) == calls
    assert tags_of(emulator) == expected
    if "tags" in options:
        assert first["user"]["tags"] == again["user"]["tags"] == expected


def test_not_asked_for(run_module: RunModule, emulator: Emulator) -> None:
    """A task that says nothing of tags asks nothing about them."""
    result = run_module("ram_user", name="ann", comments="x")

    assert "tags" not in result["user"]
    assert not any("Tag" in action for action in emulator.actions())


def test_many_users(run_module: RunModule, emulator: Emulator) -> None:
    """There is one listing for 50 users, and one call for 50 of the same set, new or not."""
    names = [f"user-{number:03}" for number in range(60)]
    for name in names[:51]:
        emulator.call("CreateUser", UserName=name)
    users = [{"name": name} for name in names[:-1]] + [{"name": names[-1], "tags": {"team": "b"}}]
    emulator.clear_requests()

    first = run_module("ram_user", tags={"team": "a"}, users=users)
    asked = [action for action in emulator.actions() if "Tag" in action]
    emulator.clear_requests()
    again = run_module("ram_user", tags={"team": "a"}, users=users)

    assert asked == ["ListTagResources"] * 2 + ["TagResources"] * 3
    assert (first.changed, again.changed) == (True, False)
    assert writing_actions(emulator) == []
    assert tags_of(emulator, names[-1]) == {"team": "b"}
    assert first["users"][0]["actions"] == [f"set tags team of user {names[0]}"]


def test_failure_of_a_batch(run_module: RunModule, emulator: Emulator) -> None:
    """A call for several users that fails is told of each, and what was done before counts."""
    emulator.fail("TagResources", "error", code="Odd", status=400)

    result = run_module("ram_user", tags={"team": "a"}, users=[{"name": "ann"}, {"name": "bob"}])

    told = "Cannot set tags team of users ann, bob: "
    assert (result.failed, result.changed) == (True, True)
    assert all(user["error"].startswith(told) for user in result["users"])
    assert [user["actions"] for user in result["users"]] == [
        ["create user ann"],
        ["create user bob"],
    ]


def test_failure_of_one(run_module: RunModule, emulator: Emulator) -> None:
    """A user who could not be made is left out of the call for the others."""
    emulator.fail("CreateUser", "error", code="Odd", status=400, parameters={"UserName": "ann"})

    result = run_module("ram_user", tags={"team": "a"}, users=[{"name": "ann"}, {"name": "bob"}])

    assert [user["actions"] for user in result["users"]] == [
        [],
        ["create user bob", "set tags team of user bob"],
    ]
    assert "Cannot create user ann" in result["users"][0]["error"]
    assert tags_of(emulator, "bob") == {"team": "a"}


def test_deleted_meanwhile(run_module: RunModule, emulator: Emulator) -> None:
    """A user who is deleted while tags are read costs the others nothing."""
    for name in ("ann", "bob", "cat"):
        emulator.call("CreateUser", UserName=name)
        tag_user(emulator, name, of=name)
    emulator.clear_requests()
    emulator.fail("ListTagResources", "error", code="EntityNotExist.User", status=404, times=2)

    result = run_module("ram_user_info", include=["tags"])

    assert [user["tags"] for user in result["users"]] == [{}, {"of": "bob"}, {"of": "cat"}]


def test_pages(run_module: RunModule) -> None:
    """Tags that come in several pages are all there."""
    with Emulator(page_size=2) as emulator:
        names = ["ann", "bob", "cat"]
        for name in names:
            emulator.call("CreateUser", UserName=name)
            tag_user(emulator, name, of=name, a="b")

        result = run_module("ram_user_info", include=["tags"], **connection_to(emulator))

        assert {user["user_name"]: user["tags"] for user in result["users"]} == {
            name: {"a": "b", "of": name} for name in names
        }


def test_no_room_for_both(run_module: RunModule, emulator: Emulator) -> None:
    """Where a user has as many tags as it may, those that go make room for the new."""
    emulator.call("CreateUser", UserName="ann")
    tag_user(emulator, "ann", **{f"k{number}": "x" for number in range(20)})

    result = run_module("ram_user", name="ann", tags={"new": "y"}, remove_tags=["k0"])

    assert result.changed, result.msg
    assert [action.split()[0] for action in result["user"]["actions"]] == ["remove", "set"]


@pytest.mark.parametrize("mode", [{}, {"_ansible_check_mode": True}], ids=["real", "check"])
def test_no_room_for_all(run_module: RunModule, emulator: Emulator, mode: Values) -> None:
    """More tags than a user may have, with those that stay, are refused before anything is done."""
    emulator.call("CreateUser", UserName="ann")
    tag_user(emulator, "ann", **{f"k{number}": "x" for number in range(19)})

    result = run_module("ram_user", name="ann", comments="x", tags={"a": "y", "b": "y"}, **mode)

    assert result.msg == "Cannot give user ann 21 tags: at most 20 are possible"
    assert writing_actions(emulator) == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"tags": {"acs:x": "y"}}, "must not begin with acs: or aliyun"),
        ({"tags": {"x": "y" * 129}}, "must have a value of at most 128 characters"),
        ({"tags": {"x": "y"}, "remove_tags": ["x"]}, "x is to stay and to go"),
        ({"remove_tags": ["aliyun.x"]}, "is the vendor's and can't be removed"),
    ],
)
def test_refused(run_module: RunModule, emulator: Emulator, wrong: Values, told: str) -> None:
    """What can't be a tag is refused before anything is asked about users."""
    result = run_module("ram_user", name="ann", **wrong)

    assert told in result.msg
    assert "(tags of user ann)" in result.msg
    assert set(emulator.actions()) <= {"GetCallerIdentity"}

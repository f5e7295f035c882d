# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IMS: users by principal name, and their tags."""

from __future__ import annotations

import typing as t

import pytest

from emulator import Emulator

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Ims, RawClient

NO_USER = (404, "EntityNotExist.User")


def make_users(ims: Ims, *names: str) -> list[str]:
    """Create users, and return their ids."""
    made = [
        ims("CreateUser", UserPrincipalName=ims.principal(name), DisplayName=name) for name in names
    ]
    return [answer["User"]["UserId"] for answer in made]


def tags(**values: str) -> dict[str, str]:
    """Return the parameters that say these tags."""
    return {
        f"Tag.{number}.{field}": text
        for number, pair in enumerate(values.items(), 1)
        for field, text in zip(("Key", "Value"), pair, strict=True)
    }


def test_new_user(emulator: Emulator, ims: Ims) -> None:
    """A new user is told with every field that IMS has, and RAM knows it by its bare name."""
    emulator.set_clock("2026-01-02T03:04:05Z")

    user = ims(
        "CreateUser",
        UserPrincipalName=ims.principal("alice"),
        DisplayName="Alice",
        Comments="ci",
        MobilePhone="86-18600000000",
        Email="a@example.com",
        **tags(team="ops"),
    )["User"]

    assert user.pop("UserId") == emulator.state()["users"]["alice"]["user_id"]
    assert user.pop("CreateDate") == user.pop("UpdateDate") == "2026-01-02T03:04:05Z"
    assert user == {
        "UserPrincipalName": ims.principal("alice"),
        "DisplayName": "Alice",
        "Comments": "ci",
        "MobilePhone": "86-18600000000",
        "Email": "a@example.com",
        "LastLoginDate": "",
        "ProvisionType": "Manual",
        "Tags": {"Tag": [{"TagKey": "team", "TagValue": "ops"}]},
    }


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "MissingParameter"),
        ({"DisplayName": "a" * 25}, "InvalidParameter.DisplayName.Length"),
        ({"DisplayName": "a", **tags(**{"acs:x": "y"})}, "InvalidParameter.Tag.InvalidChars"),
        ({"DisplayName": "a", **tags(x="y" * 129)}, "InvalidParameter.Tag.Length"),
        ({"DisplayName": "a", **tags(x="acs:y")}, "InvalidParameter.Tag.InvalidChars"),
    ],
)
def test_bad_new_user(emulator: Emulator, ims: Ims, given: dict[str, str], code: str) -> None:
    """A user without display name, with a long one or with a bad tag is not made."""
    refused = ims.refusal("CreateUser", UserPrincipalName=ims.principal("alice"), **given)

    assert refused == (400, code)
    assert emulator.state()["users"] == {}


@pytest.mark.parametrize("name", ["alice", "alice@example.com", "@", "alice@"])
def test_names_without_the_domain(emulator: Emulator, ims: Ims, name: str) -> None:
    """A user is neither made nor found by a name that lacks the account's domain."""
    emulator.call("CreateUser", UserName="alice")

    assert ims.refusal("GetUser", UserPrincipalName=name) == NO_USER
    assert ims.refusal("CreateUser", UserPrincipalName=name, DisplayName="a") == (
        400,
        "InvalidParameter.UserPrincipalName.Format",
    )


def test_alias_changes_principal_names(emulator: Emulator, ims: Ims) -> None:
    """After an alias is set users are found on its domain, and no longer on the account's id."""
    [user_id] = make_users(ims, "alice")

    emulator.call("SetAccountAlias", AccountAlias="example")

    assert (
        ims("GetUser", UserPrincipalName="alice@example.onaliyun.com")["User"]["UserId"] == user_id
    )
    assert ims.refusal("GetUser", UserPrincipalName=ims.principal("alice")) == NO_USER


def test_update_by_name_or_id(emulator: Emulator, ims: Ims) -> None:
    """A user is changed and renamed by name or id, and keeps what the call does not say."""
    [user_id] = make_users(ims, "alice")
    emulator.advance_clock(60)

    changed = ims("UpdateUser", UserPrincipalName=ims.principal("alice"), NewComments="x")["User"]
    renamed = ims("UpdateUser", UserId=user_id, NewUserPrincipalName=ims.principal("bob"))["User"]

    assert changed["UserPrincipalName"] == ims.principal("alice")
    assert changed["UpdateDate"] > changed["CreateDate"]
    assert "Tags" not in changed
    assert (renamed["UserPrincipalName"], renamed["Comments"]) == (ims.principal("bob"), "x")
    assert ims.refusal("UpdateUser", NewComments="x") == (
        400,
        "InvalidParameter.UserPrincipalName",
    )


def test_deletion_asks_for_an_empty_user(emulator: Emulator, ims: Ims) -> None:
    """A user that still has a key is not deleted; without it, name and id both delete."""
    alice, _bob = make_users(ims, "alice", "bob")
    key = ims("CreateAccessKey", UserPrincipalName=ims.principal("bob"))["AccessKey"]

    refused = ims.refusal("DeleteUser", UserPrincipalName=ims.principal("bob"))
    ims(
        "DeleteAccessKey",
        UserPrincipalName=ims.principal("bob"),
        UserAccessKeyId=key["AccessKeyId"],
    )
    ims("DeleteUser", UserPrincipalName=ims.principal("bob"))
    ims("DeleteUser", UserId=alice)

    assert refused == (409, "DeleteConflict.User.AccessKey")
    assert emulator.state()["users"] == {}


def test_pages(ims: Ims) -> None:
    """Both listings come in pages, the full one by default in pages of 1000."""
    make_users(ims, "a", "b", "c")

    everyone = ims("ListUsers")
    first = ims("ListUserBasicInfos", MaxItems="2")
    second = ims("ListUserBasicInfos", MaxItems="2", Marker=first["Marker"])
    infos = first["UserBasicInfos"]["UserBasicInfo"] + second["UserBasicInfos"]["UserBasicInfo"]

    assert [user["DisplayName"] for user in everyone["Users"]["User"]] == ["a", "b", "c"]
    assert "Marker" not in everyone
    assert (first["IsTruncated"], second["IsTruncated"]) == (True, False)
    assert [info["UserPrincipalName"] for info in infos] == [ims.principal(name) for name in "abc"]
    assert infos[0].keys() == {"UserId", "UserPrincipalName", "DisplayName", "Status"}


@pytest.mark.parametrize("action", ["ListUsers", "ListUserBasicInfos"])
def test_listing_by_tags(ims: Ims, action: str) -> None:
    """A listing can be limited to users that have all the tags; a key alone fits any value."""
    wrapper, kind = {
        "ListUsers": ("Users", "User"),
        "ListUserBasicInfos": ("UserBasicInfos", "UserBasicInfo"),
    }[action]
    for name, values in (("a", tags(team="ops")), ("b", tags(team="dev", env="x"))):
        ims("CreateUser", UserPrincipalName=ims.principal(name), DisplayName=name, **values)

    def names(**given: str) -> list[str]:
        return [item["DisplayName"] for item in ims(action, **given)[wrapper][kind]]

    assert names(**tags(team="ops")) == ["a"]
    assert names(**{"Tag.1.Key": "team"}) == ["a", "b"]
    assert names(**tags(team="ops", env="x")) == []
    assert ims.refusal(action, Status="idle") == (400, "InvalidParameter.Status")


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, ["a"]),
        ({"Status": "active"}, ["a"]),
        ({"Status": "freeze"}, ["b"]),
        ({"Status": "active,freeze"}, ["a", "b"]),
        (tags(team="ops"), ["a", "b"]),
    ],
)
def test_frozen_users(given: dict[str, str], names: list[str]) -> None:
    """A listing leaves out frozen users, unless it asks for their state or for tags."""
    users = [
        {"name": name, "display_name": name, "status": status, "tags": {"team": "ops"}}
        for name, status in (("a", "active"), ("b", "freeze"))
    ]
    with Emulator(seed={"users": users}) as emulator:
        listed = emulator.call("ListUsers", service="IMS", **given)["Users"]["User"]
        infos = emulator.call("ListUserBasicInfos", service="IMS", **given)["UserBasicInfos"]

    assert [user["DisplayName"] for user in listed] == names
    assert [info["DisplayName"] for info in infos["UserBasicInfo"]] == names
    assert {user["DisplayName"]: user["Status"] for user in listed}.items() <= {
        "a": "active",
        "b": "freeze",
    }.items()


def test_last_login() -> None:
    """A single user tells its last log-on as a date, a listing in milliseconds."""
    with Emulator(
        seed={"users": [{"name": "a", "last_login": "2026-01-02T03:04:05Z"}]}
    ) as emulator:
        name = f"a@{emulator.account_id}.onaliyun.com"
        told = emulator.call("GetUser", service="IMS", UserPrincipalName=name)["User"]
        [listed] = emulator.call("ListUsers", service="IMS")["Users"]["User"]

    assert told["LastLoginDate"] == "2026-01-02T03:04:05Z"
    assert listed["LastLoginDate"] == "1767323045000"


def test_status_beside_tags(ims: Ims) -> None:
    """The brief listing refuses a state beside tags, as the documentation says."""
    refused = ims.refusal("ListUserBasicInfos", Status="active", **tags(team="ops"))

    assert refused == (400, "InvalidParameter.Status")


def test_tags_of_several_users(emulator: Emulator, ims: Ims) -> None:
    """Users are tagged by names or ids, a key that is there gets the new value, others stay."""
    ids = make_users(ims, "a", "b")
    by_names = {
        f"ResourcePrincipalName.{n}": ims.principal(name) for n, name in ((1, "a"), (2, "b"))
    }

    ims("TagResources", ResourceType="user", **by_names, **tags(team="ops", env="x"))
    ims("TagResources", ResourceType="user", **{"ResourceId.1": ids[0]}, **tags(team="dev"))
    ims("UntagResources", ResourceType="user", **{"ResourceId.1": ids[1]}, **{"TagKey.1": "env"})
    some = emulator.state()["users"]
    ims("UntagResources", ResourceType="user", All="true", **by_names)

    assert some["a"]["tags"] == {"team": "dev", "env": "x"}
    assert some["b"]["tags"] == {"team": "ops"}
    assert [user["tags"] for user in emulator.state()["users"].values()] == [{}, {}]


def test_listing_of_tags(ims: Ims) -> None:
    """Tags are listed in pages with the ids of their users, by users or by tags."""
    ids = make_users(ims, "a", "b")
    for user_id, values in zip(ids, (tags(team="ops", env="x"), tags(team="dev")), strict=True):
        ims("TagResources", ResourceType="user", **{"ResourceId.1": user_id}, **values)
    both = {"ResourceId.1": ids[0], "ResourceId.2": ids[1]}

    first = ims("ListTagResources", ResourceType="user", PageSize="2", **both)
    rest = ims(
        "ListTagResources",
        ResourceType="user",
        PageSize="2",
        NextToken=first["NextToken"],
        **both,
    )
    of_a_key = ims("ListTagResources", ResourceType="user", **{"Tag.1.Key": "team"})
    of_a_pair = ims("ListTagResources", ResourceType="user", **tags(team="dev"))

    assert first["TagResources"]["TagResource"][0] == {
        "ResourceType": "user",
        "ResourceId": ids[0],
        "TagKey": "team",
        "TagValue": "ops",
    }
    assert (first["IsTruncated"], rest["IsTruncated"]) == (True, False)
    assert [tag["TagValue"] for tag in rest["TagResources"]["TagResource"]] == ["dev"]
    assert "NextToken" not in rest
    assert [tag["TagValue"] for tag in of_a_key["TagResources"]["TagResource"]] == ["ops", "dev"]
    assert [tag["ResourceId"] for tag in of_a_pair["TagResources"]["TagResource"]] == [ids[1]]


def test_tagging_is_all_or_nothing(emulator: Emulator, ims: Ims) -> None:
    """If one of several users would get a 21st tag, none gets any."""
    ids = make_users(ims, "a", "b")
    full = tags(**{f"k{number}": "v" for number in range(20)})
    ims("TagResources", ResourceType="user", **{"ResourceId.1": ids[1]}, **full)
    both = {"ResourceId.1": ids[0], "ResourceId.2": ids[1]}

    refused = ims.refusal("TagResources", ResourceType="user", **both, **tags(new="v"))

    assert refused == (409, "LimitExceeded.Tag")
    assert emulator.state()["users"]["a"]["tags"] == {}


def test_largest_calls(emulator: Emulator, ims: Ims) -> None:
    """A call names up to 50 users and, to take them away, up to 20 tags."""
    [user_id] = make_users(ims, "a")
    users = {f"ResourceId.{number}": user_id for number in range(1, 51)}
    keys = {f"TagKey.{number}": "x" for number in range(1, 21)}

    ims("TagResources", ResourceType="user", **users, **tags(x="y"))
    tagged = emulator.state()["users"]["a"]["tags"]
    refused = ims.refusal(
        "UntagResources", ResourceType="user", **users, **keys, **{"TagKey.21": "x"}
    )
    ims("UntagResources", ResourceType="user", **users, **keys)

    assert tagged == {"x": "y"}
    assert refused == (400, "InvalidParameter.TagKey")
    assert emulator.state()["users"]["a"]["tags"] == {}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"ResourceType": "role", "ResourceId.1": "1"}, "InvalidParameter.ResourceType"),
        ({"ResourceType": "user"}, "InvalidParameter.ResourceId"),
        (
            {"ResourceType": "user", "ResourceId.1": "1", "ResourcePrincipalName.1": "a"},
            "InvalidParameter.ResourceId",
        ),
        (
            {"ResourceType": "user", **{f"ResourceId.{n}": "1" for n in range(1, 52)}},
            "InvalidParameter.ResourceId",
        ),
    ],
)
def test_bad_selection(ims: Ims, given: dict[str, str], code: str) -> None:
    """Only users have tags here, and they are named by up to 50 ids or names, not both."""
    assert ims.refusal("TagResources", **given, **tags(a="b")) == (400, code)
    assert ims.refusal("ListTagResources", **given) == (400, code)


def test_only_users_have_tags_here(ims: Ims) -> None:
    """Tags of roles are not looked for, however the call selects."""
    refused = ims.refusal("ListTagResources", ResourceType="role", **tags(a="b"))

    assert refused == (400, "InvalidParameter.ResourceType")


def test_untagging_needs_to_say_what(ims: Ims) -> None:
    """Tags are taken away by their keys, or all of them if that is said."""
    make_users(ims, "a")
    selection = {"ResourceType": "user", "ResourcePrincipalName.1": ims.principal("a")}

    assert ims.refusal("UntagResources", **selection) == (400, "MissingParameter")


def test_permission_by_id(
    emulator: Emulator,
    ims: Ims,
    sign_in: Callable[..., RawClient],
) -> None:
    """A policy that allows one user allows it by id as well as by name, and nobody else."""
    alice, bob = make_users(ims, "alice", "bob")
    document = (
        '{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:GetUser",'
        f'"Resource":"acs:ram:*:{emulator.account_id}:user/alice"}}]}}'
    )
    operator = sign_in("operator", version="2019-08-15")
    emulator.call("CreatePolicy", PolicyName="one", PolicyDocument=document)
    emulator.call("AttachPolicyToUser", UserName="operator", PolicyName="one", PolicyType="Custom")

    assert operator.act("GetUser", UserId=alice).json["User"]["UserName"] == "alice"
    assert operator.act("GetUser", UserPrincipalName=ims.principal("alice")).status == 200
    assert operator.act("GetUser", UserId=bob).code == "NoPermission"

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IMS: the recycle bins of users and keys."""

from __future__ import annotations

import typing as t

import pytest

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from emulator import Emulator

    from .conftest import Ims, RawClient

STS = "2015-04-01"
DAY = 86400
NO_USER = (404, "EntityNotExist.User")
NO_KEY = (404, "EntityNotExist.User.AccessKey")


def user_id(emulator: Emulator, name: str) -> str:
    """Return the id of a user."""
    return emulator.state()["users"][name]["user_id"]


def delete_key(emulator: Emulator, client: RawClient, name: str = "alice") -> None:
    """Delete the key of a client."""
    emulator.call("DeleteAccessKey", UserName=name, UserAccessKeyId=client.access_key_id)


def delete_user(emulator: Emulator, name: str) -> str:
    """Create and delete a user, and return its id."""
    emulator.call("CreateUser", UserName=name)
    deleted = user_id(emulator, name)
    emulator.call("DeleteUser", UserName=name)
    return deleted


def test_deleted_key(emulator: Emulator, ims: Ims, sign_in: Callable[..., RawClient]) -> None:
    """A deleted key lies in the bin for thirty days, and signs nothing."""
    emulator.set_clock("2026-01-01T00:00:00Z")
    alice = sign_in("alice", version=STS)
    emulator.set_clock("2026-02-01T00:00:00Z")
    delete_key(emulator, alice)

    listed = ims("ListAccessKeysInRecycleBin", UserId=user_id(emulator, "alice"))
    told = ims("GetAccessKeyInfoInRecycleBin", UserAccessKeyId=alice.access_key_id)["AccessKey"]

    [key] = listed["AccessKeys"]["AccessKey"]
    assert key == {
        "AccessKeyId": alice.access_key_id,
        "CreateDate": "2026-01-01T00:00:00Z",
        "RecycleDate": "2026-02-01T00:00:00Z",
        "DeleteDate": "2026-03-03T00:00:00Z",
    }
    assert told == {
        **key,
        "UserId": user_id(emulator, "alice"),
        "UserPrincipalName": ims.principal("alice"),
        "UserRecycled": False,
    }
    assert alice.act("GetCallerIdentity").code == "InvalidAccessKeyId.NotFound"


def test_restored_key(emulator: Emulator, ims: Ims, sign_in: Callable[..., RawClient]) -> None:
    """A restored key has its old secret and is disabled; enabled again it signs."""
    alice = sign_in("alice", version=STS)
    delete_key(emulator, alice)
    key = {"UserAccessKeyId": alice.access_key_id}

    ims("RestoreAccessKeyFromRecycleBin", UserId=user_id(emulator, "alice"), **key)
    disabled = alice.act("GetCallerIdentity").code
    emulator.call("UpdateAccessKey", UserName="alice", Status="Active", **key)

    assert disabled == "InvalidAccessKeyId.Inactive"
    assert alice.act("GetCallerIdentity").status == 200
    assert emulator.state()["recycle_bin"]["access_keys"] == []
    assert emulator.state()["secrets"].count(alice.secret) == 1


def test_restoring_asks_the_quota(
    emulator: Emulator, ims: Ims, sign_in: Callable[..., RawClient]
) -> None:
    """A key does not come back beside two others, and stays in the bin."""
    first = sign_in("alice")
    delete_key(emulator, first)
    for _turn in range(2):
        sign_in("alice")

    refused = ims.refusal(
        "RestoreAccessKeyFromRecycleBin",
        UserId=user_id(emulator, "alice"),
        UserAccessKeyId=first.access_key_id,
    )

    assert refused == (409, "LimitExceeded.User.AccessKey")
    assert emulator.state()["recycle_bin"]["access_keys"] == [first.access_key_id]


def test_three_keys_at_most(
    emulator: Emulator, ims: Ims, sign_in: Callable[..., RawClient]
) -> None:
    """The fourth key of a user drives out the oldest, and nobody else's."""
    bob = sign_in("bob")
    delete_key(emulator, bob, "bob")
    keys = []
    for _turn in range(4):
        keys.append(sign_in("alice"))
        delete_key(emulator, keys[-1])

    listed = ims("ListAccessKeysInRecycleBin", UserId=user_id(emulator, "alice"))
    of_bob = ims("ListAccessKeysInRecycleBin", UserId=user_id(emulator, "bob"))

    ids = [key["AccessKeyId"] for key in listed["AccessKeys"]["AccessKey"]]
    assert ids == [key.access_key_id for key in keys[1:]]
    assert len(of_bob["AccessKeys"]["AccessKey"]) == 1


def test_end_of_the_thirty_days(
    emulator: Emulator, ims: Ims, sign_in: Callable[..., RawClient]
) -> None:
    """After thirty days keys and users are gone, for good even if the clock goes back."""
    alice = sign_in("alice")
    delete_key(emulator, alice)
    bob = delete_user(emulator, "bob")

    emulator.advance_clock(30 * DAY - 60)
    before = emulator.state()["recycle_bin"]
    emulator.advance_clock(120)
    after = emulator.state()["recycle_bin"]
    emulator.advance_clock(-DAY)

    assert before == {"users": ["bob"], "access_keys": [alice.access_key_id]}
    assert after == {"users": [], "access_keys": []}
    assert ims.refusal("RestoreUserFromRecycleBin", UserId=bob) == NO_USER


def test_purged_key(emulator: Emulator, ims: Ims, sign_in: Callable[..., RawClient]) -> None:
    """A purged key can't be had back."""
    alice = sign_in("alice")
    delete_key(emulator, alice)
    key = {"UserId": user_id(emulator, "alice"), "UserAccessKeyId": alice.access_key_id}

    ims("DeleteAccessKeyInRecycleBin", **key)

    for action in ("DeleteAccessKeyInRecycleBin", "RestoreAccessKeyFromRecycleBin"):
        assert ims.refusal(action, **key) == NO_KEY
    del key["UserId"]
    assert ims.refusal("GetAccessKeyInfoInRecycleBin", **key) == NO_KEY


def test_key_of_somebody_else(
    emulator: Emulator, ims: Ims, sign_in: Callable[..., RawClient]
) -> None:
    """A key in the bin is not found under another user."""
    emulator.call("CreateUser", UserName="bob")
    alice = sign_in("alice")
    delete_key(emulator, alice)

    refused = ims.refusal(
        "RestoreAccessKeyFromRecycleBin",
        UserId=user_id(emulator, "bob"),
        UserAccessKeyId=alice.access_key_id,
    )

    assert refused == NO_KEY


def test_keys_of_the_account(emulator: Emulator, ims: Ims) -> None:
    """A key of the account itself goes at once."""
    key = ims("CreateAccessKey")["AccessKey"]["AccessKeyId"]

    ims("DeleteAccessKey", UserAccessKeyId=key)

    assert emulator.state()["recycle_bin"]["access_keys"] == []
    assert ims.refusal("ListAccessKeysInRecycleBin") == (400, "MissingParameter")


def test_deleted_user(emulator: Emulator, ims: Ims, sign_in: Callable[..., RawClient]) -> None:
    """A deleted user is told by its id, its name and its key's id."""
    emulator.set_clock("2026-02-01T00:00:00Z")
    alice = sign_in("alice")
    alice_id = user_id(emulator, "alice")
    delete_key(emulator, alice)
    emulator.call("DeleteUser", UserName="alice")
    delete_user(emulator, "bob")

    by_id = ims("GetUserInRecycleBin", UserId=alice_id)["User"]
    by_key = ims("GetUserInRecycleBin", UserAccessKeyId=alice.access_key_id)["User"]
    by_name = ims("ListUsersInRecycleBin", Filter=f"UserPrincipalName eq {ims.principal('alice')}")[
        "Users"
    ]["User"]
    key = ims("GetAccessKeyInfoInRecycleBin", UserAccessKeyId=alice.access_key_id)["AccessKey"]

    assert by_id == by_key == by_name[0]
    assert len(by_name) == 1
    assert by_id == {
        "UserId": alice_id,
        "UserPrincipalName": ims.principal("alice"),
        "DisplayName": "",
        "CreateDate": "2026-02-01T00:00:00Z",
        "RecycleDate": "2026-02-01T00:00:00Z",
        "DeleteDate": "2026-03-03T00:00:00Z",
    }
    assert key["UserRecycled"] is True


def test_pages_of_users(emulator: Emulator, ims: Ims) -> None:
    """Deleted users come in pages."""
    for name in ("a", "b", "c"):
        delete_user(emulator, name)

    first = ims("ListUsersInRecycleBin", MaxItems="2")
    second = ims("ListUsersInRecycleBin", MaxItems="2", Marker=first["Marker"])

    assert [len(page["Users"]["User"]) for page in (first, second)] == [2, 1]
    assert (first["IsTruncated"], second["IsTruncated"]) == (True, False)
    assert "Marker" not in second


def test_restored_user(emulator: Emulator, ims: Ims, sign_in: Callable[..., RawClient]) -> None:
    """A restored user has its old id, and then its keys can be restored too."""
    alice = sign_in("alice")
    alice_id = user_id(emulator, "alice")
    key = {"UserId": alice_id, "UserAccessKeyId": alice.access_key_id}
    delete_key(emulator, alice)
    emulator.call("DeleteUser", UserName="alice")
    too_early = ims.refusal("RestoreAccessKeyFromRecycleBin", **key)

    ims("RestoreUserFromRecycleBin", UserId=alice_id)
    ims("RestoreAccessKeyFromRecycleBin", **key)

    assert too_early == NO_USER
    assert user_id(emulator, "alice") == alice_id
    assert emulator.state()["recycle_bin"] == {"users": [], "access_keys": []}


def test_name_that_was_taken_again(emulator: Emulator, ims: Ims) -> None:
    """A name is free while its user lies in the bin, who then can't come back."""
    alice_id = delete_user(emulator, "alice")
    emulator.call("CreateUser", UserName="alice")

    refused = ims.refusal("RestoreUserFromRecycleBin", UserId=alice_id)

    assert refused == (409, "EntityAlreadyExists.User")
    assert emulator.state()["recycle_bin"]["users"] == ["alice"]


def test_purged_user(emulator: Emulator, ims: Ims, sign_in: Callable[..., RawClient]) -> None:
    """A user that is purged takes its own keys along."""
    bob = sign_in("bob")
    delete_key(emulator, bob, "bob")
    alice = sign_in("alice")
    alice_id = user_id(emulator, "alice")
    delete_key(emulator, alice)
    emulator.call("DeleteUser", UserName="alice")

    ims("DeleteUserInRecycleBin", UserId=alice_id)

    assert emulator.state()["recycle_bin"] == {"users": [], "access_keys": [bob.access_key_id]}
    assert ims.refusal("GetUserInRecycleBin", UserId=alice_id) == NO_USER


def test_thousand_users_at_most(emulator: Emulator) -> None:
    """The 1001st user drives out the oldest."""
    for number in range(1001):
        delete_user(emulator, f"user{number}")

    users = emulator.state()["recycle_bin"]["users"]
    assert (len(users), users[0]) == (1000, "user1")


def test_own_keys(emulator: Emulator, sign_in: Callable[..., RawClient]) -> None:
    """A user may leave out its own id."""
    first, second = (sign_in("alice", version="2019-08-15") for _turn in range(2))
    emulator.call(
        "AttachPolicyToUser",
        UserName="alice",
        PolicyName="AdministratorAccess",
        PolicyType="System",
    )
    delete_key(emulator, first)

    listed = second.act("ListAccessKeysInRecycleBin").json["AccessKeys"]["AccessKey"]
    second.act("DeleteAccessKeyInRecycleBin", UserAccessKeyId=first.access_key_id)

    assert [key["AccessKeyId"] for key in listed] == [first.access_key_id]
    assert emulator.state()["recycle_bin"]["access_keys"] == []


@pytest.mark.parametrize(
    ("action", "given", "code"),
    [
        ("ListUsersInRecycleBin", {"Filter": "alice"}, "InvalidParameter.Filter"),
        ("ListUsersInRecycleBin", {"MaxItems": "101"}, "InvalidParameter.MaxItems"),
        ("GetUserInRecycleBin", {}, "InvalidParameter.UserId"),
        ("GetUserInRecycleBin", {"UserId": "1", "UserAccessKeyId": "x"}, "InvalidParameter.UserId"),
        ("RestoreUserFromRecycleBin", {}, "MissingParameter"),
        ("RestoreAccessKeyFromRecycleBin", {"UserId": "1"}, "MissingParameter"),
    ],
)
def test_bad_calls(ims: Ims, action: str, given: dict[str, str], code: str) -> None:
    """A call that does not say whom it is about is refused."""
    assert ims.refusal(action, **given) == (400, code)

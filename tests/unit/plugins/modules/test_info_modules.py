# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ram_user_info and ram_access_key_info find, and that they only read."""

from __future__ import annotations

import json
import typing as t

import pytest

from emulator import LAST_USE_LAG, Emulator

from ..conftest import bind_mfa_device, connection_to, sign_in, writing_actions

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ..conftest import Result

    RunModule = Callable[..., Result]

PASSWORD = "Correct-Horse-7"


def names(result: Result) -> list[str]:
    """Return the names of the users found."""
    return [user["user_name"] for user in result["users"]]


def make_users(emulator: Emulator, *user_names: str) -> None:
    """Create users."""
    for name in user_names:
        emulator.call("CreateUser", UserName=name)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["carol", "alice", "bob"]),
        ({"name": "bob"}, ["bob"]),
        ({"name": "nobody"}, []),
        ({"names": ["bob", "nobody"]}, ["bob"]),
        ({"names": ["bob", "nobody", "alice", "bob"]}, ["bob", "alice"]),
        ({"names": []}, []),
    ],
)
def test_which_users(
    run_module: RunModule, emulator: Emulator, options: dict[str, t.Any], expected: list[str]
) -> None:
    """Those that exist of the users asked for are returned, in order and once."""
    make_users(emulator, "carol", "alice", "bob")

    result = run_module("ram_user_info", **options)

    assert names(result) == expected
    assert not result.changed
    assert writing_actions(emulator) == []


def test_all_users_of_all_pages(run_module: RunModule) -> None:
    """All users are found, however many pages they take."""
    with Emulator(page_size=2) as emulator:
        make_users(emulator, *(f"user-{n}" for n in range(7)))

        result = run_module("ram_user_info", **connection_to(emulator))

        assert names(result) == [f"user-{n}" for n in range(7)]
        assert emulator.actions().count("ListUsers") == 4


def test_everything_about_a_user(run_module: RunModule, emulator: Emulator) -> None:
    """Every aspect that is to be included is read, and no secret or password among it."""
    make_users(emulator, "alice")
    emulator.call("CreateGroup", GroupName="readers")
    emulator.call("AddUserToGroup", UserName="alice", GroupName="readers")
    policy = {"PolicyName": "AliyunSLBReadOnlyAccess", "PolicyType": "System"}
    emulator.call("AttachPolicyToUser", UserName="alice", **policy)
    emulator.call("CreateLoginProfile", UserName="alice", Password=PASSWORD, MFABindRequired=True)
    key = emulator.call("CreateAccessKey", UserName="alice")["AccessKey"]
    device = bind_mfa_device(emulator, "alice")

    result = run_module(
        "ram_user_info",
        name="alice",
        include=["groups", "policies", "access_keys", "login_profile", "mfa"],
    )

    [user] = result["users"]
    assert user["groups"] == ["readers"]
    assert user["policies"] == [{"name": "AliyunSLBReadOnlyAccess", "type": "System"}]
    assert user["access_keys"] == [
        {
            "user_name": "alice",
            "access_key_id": key["AccessKeyId"],
            "status": "Active",
            "create_date": key["CreateDate"],
            "last_used_date": None,
        }
    ]
    assert user["login_profile"] == {
        "create_date": emulator.state()["users"]["alice"]["login_profile"]["create_date"],
        "mfa_bind_required": True,
        "password_reset_required": False,
    }
    assert user["mfa"] == {"serial_number": device["SerialNumber"], "type": "VMFA"}
    assert not any(
        secret in result.printed
        for secret in (PASSWORD, key["AccessKeySecret"], device["Base32StringSeed"])
    )


def test_nothing_about_a_user(run_module: RunModule, emulator: Emulator) -> None:
    """What a user does not have is empty or null, and what was not asked for is left out."""
    make_users(emulator, "alice")

    aspects = ["groups", "policies", "access_keys", "login_profile", "mfa"]
    [full] = run_module("ram_user_info", name="alice", include=aspects)["users"]
    [bare] = run_module("ram_user_info", name="alice")["users"]

    assert {name: full[name] for name in aspects} == {
        "groups": [],
        "policies": [],
        "access_keys": [],
        "login_profile": None,
        "mfa": None,
    }
    assert not bare.keys() & set(aspects)


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("ram_user_info", {"name": ""}),
        ("ram_user_info", {"names": ["a b"]}),
        ("ram_user_info", {"names": ["alice", "bob", ""]}),
        ("ram_access_key_info", {"user_name": ""}),
        ("ram_access_key_info", {"user_names": ["alice", ""]}),
    ],
)
def test_bad_name(
    run_module: RunModule, emulator: Emulator, module: str, options: dict[str, t.Any]
) -> None:
    """A name that no user can have is refused, and never taken for everybody or for the caller."""
    result = run_module(module, **options)

    assert "The name of a user must be" in result.msg
    assert set(emulator.actions()) <= {"GetCallerIdentity"}


@pytest.mark.parametrize(
    ("module", "options", "reason"),
    [
        ("ram_user_info", {"name": "a", "names": ["b"]}, "mutually exclusive: name|names"),
        ("ram_user_info", {"include": ["password"]}, "must be one or more of"),
        (
            "ram_access_key_info",
            {"user_name": "a", "user_names": ["b"]},
            "mutually exclusive: user_name|user_names",
        ),
        ("ram_access_key_info", {}, "Say either which user, or for_account: true"),
        ("ram_access_key_info", {"for_account": False}, "Say either which user"),
        ("ram_access_key_info", {"user_names": [], "for_account": True}, "Say either which user"),
    ],
)
def test_bad_options(
    run_module: RunModule, module: str, options: dict[str, t.Any], reason: str
) -> None:
    """Options that say nothing clear are refused."""
    result = run_module(module, **options)

    assert reason in result.msg


def test_keys_of_users(run_module: RunModule, emulator: Emulator) -> None:
    """The keys of all users asked for are returned once, in their order, without a secret."""
    make_users(emulator, "alice", "bob")
    made = [
        emulator.call("CreateAccessKey", UserName=name)["AccessKey"] for name in ("bob", "alice")
    ]

    result = run_module("ram_access_key_info", user_names=["bob", "nobody", "alice", "bob"])

    assert [key["access_key_id"] for key in result["access_keys"]] == [
        key["AccessKeyId"] for key in made
    ]
    assert [key["user_name"] for key in result["access_keys"]] == ["bob", "alice"]
    assert not any(key["AccessKeySecret"] in result.printed for key in made)
    assert "GetAccessKeyLastUsed" not in emulator.actions()


def test_last_use(run_module: RunModule, emulator: Emulator) -> None:
    """On request each key comes with its last use, null if it never signed."""
    signer = sign_in(emulator, "ops", "AliyunRAMReadOnlyAccess")
    emulator.call("CreateAccessKey", UserName="ops")
    run_module("ram_access_key_info", user_name="ops", **signer)
    emulator.advance_clock(LAST_USE_LAG)

    result = run_module("ram_access_key_info", user_name="ops", last_used=True, **signer)

    used, unused = emulator.state()["users"]["ops"]["access_keys"]
    shown, never = (key["last_used_date"] for key in result["access_keys"])
    assert used["create_date"] <= shown <= used["last_used_date"]
    assert never is None
    assert unused["last_used_date"] == ""


def test_keys_of_nobody(run_module: RunModule, emulator: Emulator) -> None:
    """An empty list of users has no keys, and is not taken for the account."""
    result = run_module("ram_access_key_info", user_names=[])

    assert result["access_keys"] == []
    assert writing_actions(emulator) == []


def test_keys_of_the_account(run_module: RunModule, emulator: Emulator) -> None:
    """for_account returns the account's own keys, with the last use of the one that signs."""
    run_module("ram_access_key_info", for_account=True)
    emulator.advance_clock(LAST_USE_LAG)

    result = run_module("ram_access_key_info", for_account=True, last_used=True)

    [key] = result["access_keys"]
    assert (key["user_name"], key["access_key_id"]) == (None, emulator.access_key_id)
    assert key["last_used_date"]
    assert json.dumps(result.values).count(emulator.access_key_secret) == 0


@pytest.mark.parametrize(
    ("module", "options"), [("ram_user_info", {}), ("ram_access_key_info", {"user_names": []})]
)
def test_whose_account(
    run_module: RunModule, emulator: Emulator, module: str, options: dict[str, t.Any]
) -> None:
    """The account is named, and a run that signs with its key is warned as when it writes."""
    signer = sign_in(emulator, "ops", "AliyunRAMReadOnlyAccess")

    by_account, by_user = run_module(module, **options), run_module(module, **options, **signer)

    assert by_account["account_id"] == by_user["account_id"] == emulator.account_id
    assert "Create a RAM user with only the permissions needed" in by_account.printed
    assert "WARNING" not in by_user.printed


@pytest.mark.parametrize(
    ("aspect", "action"),
    [
        ("groups", "ListGroupsForUser"),
        ("policies", "ListPoliciesForUser"),
        ("login_profile", "GetLoginProfile"),
        ("mfa", "GetUserMFAInfo"),
    ],
)
def test_user_that_vanishes_meanwhile(
    run_module: RunModule, emulator: Emulator, aspect: str, action: str
) -> None:
    """A user that is deleted while many are read is left out, and the others are shown."""
    make_users(emulator, "alice", "bob", "carol")
    emulator.fail(action, "error", code="EntityNotExist.User", status=404)

    result = run_module("ram_user_info", include=[aspect], concurrency=1)

    assert names(result) == ["bob", "carol"]


def test_key_that_vanishes_meanwhile(run_module: RunModule, emulator: Emulator) -> None:
    """A key that is deleted while its last use is read is left out."""
    make_users(emulator, "alice")
    for _key in range(2):
        emulator.call("CreateAccessKey", UserName="alice")
    code = "EntityNotExist.User.AccessKey"
    emulator.fail("GetAccessKeyLastUsed", "error", code=code, status=404, times=2)

    keys = run_module("ram_access_key_info", user_names=["alice"], last_used=True)["access_keys"]
    emulator.fail("GetAccessKeyLastUsed", "error", code=code, status=404)
    [user] = run_module("ram_user_info", name="alice", include=["access_keys"])["users"]

    assert keys == []
    assert len(user["access_keys"]) == 1

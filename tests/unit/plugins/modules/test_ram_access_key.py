# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ram_access_key makes of keys, where it lets a secret go, and what it refuses."""

from __future__ import annotations

import typing as t

import pytest

from ..conftest import make_role, sign_in, writing_actions

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from emulator import Emulator

    from ..conftest import Result

    RunModule = Callable[..., Result]

SHOW = {"show_secret": True}


@pytest.fixture(autouse=True)
def _alice(emulator: Emulator) -> None:
    """There is a user without keys."""
    emulator.call("CreateUser", UserName="alice")


def make_key(emulator: Emulator, status: str = "Active") -> str:
    """Give alice a key behind the module's back; return its id."""
    key_id = str(emulator.call("CreateAccessKey", UserName="alice")["AccessKey"]["AccessKeyId"])
    emulator.call("UpdateAccessKey", UserName="alice", UserAccessKeyId=key_id, Status=status)
    return key_id


def keys(emulator: Emulator) -> dict[str, str]:
    """Return the status of each of alice's keys."""
    stored = emulator.state()["users"]["alice"]["access_keys"]
    return {key["access_key_id"]: key["status"] for key in stored}


def test_returns_the_secret_once(run_module: RunModule, emulator: Emulator) -> None:
    """A new key comes with its secret; the key that is there already comes without."""
    created = run_module("ram_access_key", user_name="alice", **SHOW)
    repeated = run_module("ram_access_key", user_name="alice", **SHOW)

    [stored] = emulator.state()["users"]["alice"]["access_keys"]
    secret = created["access_key"].pop("access_key_secret")
    assert secret == stored["access_key_secret"]
    assert created["access_key"] == {
        "user_name": "alice",
        "access_key_id": stored["access_key_id"],
        "status": "Active",
        "create_date": stored["create_date"],
        "actions": ["create AccessKey for user alice"],
    }
    assert not repeated.changed
    assert secret not in repeated.printed


@pytest.mark.parametrize("mode", [{}, {"_ansible_check_mode": True}], ids=["real", "check"])
def test_secret_without_a_sink(
    run_module: RunModule, emulator: Emulator, mode: dict[str, bool]
) -> None:
    """No key is made whose secret would be shown to nobody who asked for it or kept by nobody."""
    result = run_module("ram_access_key", user_name="alice", **mode)

    assert "no_log: true" in result.msg
    assert "show_secret: true" in result.msg
    assert "ram_keyring" in result.msg
    assert writing_actions(emulator) == []


@pytest.mark.parametrize("sink", [{"_ansible_no_log": True}, SHOW], ids=["no_log", "show_secret"])
def test_secret_with_a_sink(
    run_module: RunModule, emulator: Emulator, sink: dict[str, bool]
) -> None:
    """A task that registers its result unlogged, or that wants to show the secret, gets a key."""
    result = run_module("ram_access_key", user_name="alice", **sink)

    [stored] = emulator.state()["users"]["alice"]["access_keys"]
    assert result["access_key"]["access_key_secret"] == stored["access_key_secret"]


def test_no_sink_is_needed_without_a_new_key(run_module: RunModule, emulator: Emulator) -> None:
    """A task that creates nothing needs no place for a secret."""
    key_id = make_key(emulator)

    result = run_module("ram_access_key", user_name="alice", status="inactive")

    assert not result.failed
    assert keys(emulator) == {key_id: "Inactive"}


@pytest.mark.parametrize(("status", "stored"), [("active", "Active"), ("inactive", "Inactive")])
def test_status_by_id(run_module: RunModule, emulator: Emulator, status: str, stored: str) -> None:
    """A key is activated or disabled by its id, the other one is left alone."""
    other = make_key(emulator)
    key_id = make_key(emulator, "Inactive" if status == "active" else "Active")

    result = run_module(
        "ram_access_key", user_name="alice", user_access_key_id=key_id, status=status
    )

    assert result.changed
    assert keys(emulator) == {other: "Active", key_id: stored}


def test_status_is_left_alone(run_module: RunModule, emulator: Emulator) -> None:
    """Without a status, an inactive key counts as a key and stays inactive."""
    key_id = make_key(emulator, "Inactive")

    result = run_module("ram_access_key", user_name="alice", **SHOW)

    assert (result.changed, result["access_key"]["access_key_id"]) == (False, key_id)
    assert keys(emulator) == {key_id: "Inactive"}


def test_which_of_two_keys(run_module: RunModule, emulator: Emulator) -> None:
    """A status for a user with two keys needs an id, and the message offers both."""
    ids = [make_key(emulator), make_key(emulator)]

    result = run_module("ram_access_key", user_name="alice", status="inactive")

    assert result.failed
    assert all(key_id in result.msg for key_id in ids)
    assert writing_actions(emulator) == []


def test_force_create_up_to_the_quota(run_module: RunModule, emulator: Emulator) -> None:
    """force_create makes one more key each time, until the user has two."""
    make_key(emulator)

    second = run_module("ram_access_key", user_name="alice", force_create=True, **SHOW)
    third = run_module("ram_access_key", user_name="alice", force_create=True, **SHOW)

    assert second.changed
    assert third.failed
    assert len(keys(emulator)) == 2


def test_quota_message(run_module: RunModule, emulator: Emulator) -> None:
    """At the quota both keys are listed with status, age and last use, and none is deleted."""
    signer = sign_in(emulator, "bob", "AliyunRAMFullAccess")
    emulator.call("CreateAccessKey", UserName="bob")
    run_module("ram_access_key_info", user_name="bob", **signer)
    emulator.advance_clock(3 * 86400 + 10)

    result = run_module("ram_access_key", user_name="bob", force_create=True, **SHOW, **signer)

    used, unused = emulator.state()["users"]["bob"]["access_keys"]
    assert (
        f"{used['access_key_id']} (Active, 3 days old, last used {used['create_date'][:10]}"
    ) in result.msg
    assert f"{unused['access_key_id']} (Active, 3 days old, never used)" in result.msg
    assert writing_actions(emulator) == []


def test_absent_by_id(run_module: RunModule, emulator: Emulator) -> None:
    """Only the key of that id is deleted, once."""
    kept, key_id = make_key(emulator), make_key(emulator)
    options = {"user_name": "alice", "user_access_key_id": key_id, "state": "absent"}

    deleted = run_module("ram_access_key", **options)
    repeated = run_module("ram_access_key", **options)

    assert (deleted.changed, repeated.changed) == (True, False)
    assert deleted["access_key"]["access_key_id"] == key_id
    gone = {"user_name": "alice", "access_key_id": key_id, "actions": []}
    assert repeated["access_key"] == gone
    assert list(keys(emulator)) == [kept]


def test_absent_all(run_module: RunModule, emulator: Emulator) -> None:
    """All keys of the user are deleted and listed."""
    ids = [make_key(emulator), make_key(emulator, "Inactive")]

    result = run_module("ram_access_key", user_name="alice", state="absent", all=True)

    assert [key["access_key_id"] for key in result["access_keys"]] == ids
    assert keys(emulator) == {}


@pytest.mark.parametrize("which", [{"all": True}, {"user_access_key_id": "LTAI5tNOBODY"}])
def test_absent_without_the_user(
    run_module: RunModule, emulator: Emulator, which: dict[str, t.Any]
) -> None:
    """The keys of a user that does not exist are gone already."""
    result = run_module("ram_access_key", user_name="nobody", state="absent", **which)

    assert (result.failed, result.changed) == (False, False)
    assert writing_actions(emulator) == []


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "Say either which user, or for_account: true"),
        ({"user_name": "alice", "for_account": True}, "Say either which user"),
        ({"user_name": "", "for_account": True}, "Say either which user"),
        ({"user_name": ""}, "The name of a user must be"),
        ({"user_name": "a b"}, "The name of a user must be"),
        ({"user_name": "nobody"}, "There is no user nobody: create it with ram_user first"),
        ({"user_name": "alice", "user_access_key_id": "LTAI5t"}, "There is no AccessKey LTAI5t"),
        ({"user_name": "alice", "user_access_key_id": ""}, "user_access_key_id is empty"),
        (
            {"user_name": "alice", "state": "absent", "user_access_key_id": "LTAI5t\n"},
            "user_access_key_id has a space, a line break or another character that no key has",
        ),
        (
            {"user_name": "alice", "state": "absent", "all": True, "user_access_key_id": ""},
            "user_access_key_id is empty",
        ),
        ({"user_name": "alice", "state": "absent"}, "needs either user_access_key_id or all"),
        (
            {"user_name": "alice", "state": "absent", "all": True, "user_access_key_id": "x"},
            "needs either user_access_key_id or all",
        ),
        ({"user_name": "alice", "all": True}, "all: true goes with state: absent only"),
        ({"user_name": "alice", "force_create": True, "user_access_key_id": "x"}, "force_create"),
        ({"user_name": "alice", "force_create": True, "state": "absent"}, "state: absent needs"),
        ({"user_name": "alice", "status": "gone"}, "must be one of: active, inactive"),
    ],
)
@pytest.mark.parametrize("mode", [{}, {"_ansible_check_mode": True}], ids=["real", "check"])
def test_bad_options(
    run_module: RunModule,
    emulator: Emulator,
    options: dict[str, t.Any],
    reason: str,
    mode: dict[str, bool],
) -> None:
    """What cannot be meant is refused in words, and nothing is created or changed."""
    result = run_module("ram_access_key", **options, **SHOW, **mode)

    assert result.failed
    assert reason in result.msg
    assert writing_actions(emulator) == []


@pytest.mark.parametrize(
    "options", [{"status": "inactive"}, {"state": "absent"}], ids=["disable", "delete"]
)
@pytest.mark.parametrize("signed_by", ["the key", "a role"])
def test_signing_key_is_protected(
    run_module: RunModule, emulator: Emulator, options: dict[str, str], signed_by: str
) -> None:
    """The key that signs, or that assumed the role that signs, is neither disabled nor deleted."""
    signer: dict[str, t.Any] = sign_in(
        emulator, "ops", "AliyunRAMFullAccess", "AliyunSTSAssumeRoleAccess"
    )
    key_id = signer["access_key_id"]
    if signed_by == "a role":
        signer["assume_role"] = {"role_arn": make_role(emulator)}

    result = run_module(
        "ram_access_key", user_name="ops", user_access_key_id=key_id, **options, **signer
    )

    assert result.msg.startswith("Refusing to ")
    assert f"AccessKey {key_id}: it signs this run" in result.msg
    assert set(writing_actions(emulator)) <= {"AssumeRole"}


def test_signing_key_among_all(run_module: RunModule, emulator: Emulator) -> None:
    """Deleting all keys of the user that signs is refused before the first is deleted."""
    signer = sign_in(emulator, "ops", "AliyunRAMFullAccess")
    emulator.call("CreateAccessKey", UserName="ops")

    result = run_module("ram_access_key", user_name="ops", state="absent", all=True, **signer)

    assert "it signs this run" in result.msg
    assert writing_actions(emulator) == []


def test_other_key_of_the_signing_user(run_module: RunModule, emulator: Emulator) -> None:
    """The other key of the user that signs can be deleted."""
    signer = sign_in(emulator, "ops", "AliyunRAMFullAccess")
    other = emulator.call("CreateAccessKey", UserName="ops")["AccessKey"]["AccessKeyId"]

    result = run_module(
        "ram_access_key", user_name="ops", user_access_key_id=other, state="absent", **signer
    )

    assert result.changed


def test_new_key_that_cannot_be_disabled(run_module: RunModule, emulator: Emulator) -> None:
    """A key that was created but not disabled is returned with its secret by the failed task."""
    emulator.fail("UpdateAccessKey", "error", code="NotSupport", status=400)

    result = run_module("ram_access_key", user_name="alice", status="inactive", **SHOW)

    [stored] = emulator.state()["users"]["alice"]["access_keys"]
    assert result.failed
    assert result.changed
    assert result["access_key"]["access_key_secret"] == stored["access_key_secret"]
    assert result["access_key"]["status"] == "Active"


def test_keys_of_the_account(run_module: RunModule, emulator: Emulator) -> None:
    """for_account makes, disables and deletes keys of the account, through IMS."""
    account = {"for_account": True, "ram_endpoint": "nobody.invalid"}

    created = run_module("ram_access_key", **account, force_create=True, **SHOW)
    key_id = created["access_key"]["access_key_id"]
    which = {**account, "user_access_key_id": key_id}
    disabled = run_module("ram_access_key", status="inactive", **which)
    status = {
        key["access_key_id"]: key["status"] for key in emulator.state()["root"]["access_keys"]
    }
    deleted = run_module("ram_access_key", state="absent", **which)

    assert created["access_key"]["user_name"] is None
    assert (created.changed, disabled.changed, deleted.changed) == (True, True, True)
    assert status == {emulator.access_key_id: "Active", key_id: "Inactive"}
    assert len(emulator.state()["root"]["access_keys"]) == 1
    assert keys(emulator) == {}


def test_signing_key_of_the_account(run_module: RunModule, emulator: Emulator) -> None:
    """The account's key that signs is protected like any other."""
    result = run_module(
        "ram_access_key",
        for_account=True,
        user_access_key_id=emulator.access_key_id,
        state="absent",
    )

    assert "it signs this run" in result.msg
    assert writing_actions(emulator) == []


@pytest.mark.parametrize("module", ["ram_access_key", "ram_access_key_info"])
def test_account_keys_need_the_account(
    run_module: RunModule, emulator: Emulator, module: str
) -> None:
    """for_account signed by a RAM user is refused: the API would take that user's own keys."""
    signer = sign_in(emulator, "ops", "AliyunRAMFullAccess")

    result = run_module(module, for_account=True, **signer)

    assert "for_account needs a key of the account" in result.msg
    assert emulator.actions() == ["GetCallerIdentity"]

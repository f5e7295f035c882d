# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ram_keyring does for a user, whatever file and cloud hold."""

from __future__ import annotations

import time
import typing as t

import pytest

from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring import deeds
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring import (
    run as files_of_a_task,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file import locks

from ..conftest import make_role, sign_in, writing_actions
from .conftest import (
    add_key,
    add_users,
    delete_key,
    keys_of,
    list_late,
    set_status,
    stored_keys,
)

if t.TYPE_CHECKING:
    from emulator import Emulator

    from ..conftest import Result
    from .conftest import Run, VaultFile

CREATED = ["CreateAccessKey"]


@pytest.fixture
def ann(emulator: Emulator, run: Run, any_file: VaultFile) -> str:
    """Create user ann with a key that the file holds; return the key's id."""
    add_users(emulator, "ann")
    created = run(name="ann", layout=any_file.layout)
    assert not created.failed, created.msg
    emulator.clear_requests()
    key_id: str = created["users"][0]["access_key_id"]
    return key_id


def outcome(result: Result) -> tuple[str, str | None, bool | None]:
    """Return what a task did for its only user."""
    assert not result.failed, result.msg
    [user] = result["users"]
    return user["action"], user["access_key_id"], user["verified"]


def test_user_without_key_gets_one(emulator: Emulator, run: Run, any_file: VaultFile) -> None:
    """A user with neither entry nor key gets a key, whose entry says all there is to know."""
    add_users(emulator, "ann")

    result = run(name="ann", layout=any_file.layout)

    [(key_id, secret)] = keys_of(emulator, "ann").items()
    assert outcome(result) == ("created", key_id, True)
    assert result.changed
    assert result["account_id"] == emulator.account_id
    assert result["users"][0]["file"] == str(any_file.path)
    user = emulator.state()["users"]["ann"]
    assert any_file.variables() == {
        "ram_keyring": {
            "ann": {
                "access_key_id": key_id,
                "access_key_secret": secret,
                "account_id": emulator.account_id,
                "user_id": user["user_id"],
                "created": user["access_keys"][0]["create_date"],
            }
        }
    }


def test_second_run_changes_nothing(
    emulator: Emulator, run: Run, any_file: VaultFile, ann: str
) -> None:
    """A second run leaves every byte as it is and calls nothing that writes."""
    before = any_file.path.read_bytes(), any_file.path.stat().st_mtime_ns

    result = run(name="ann", layout=any_file.layout)

    assert outcome(result) == ("unchanged", ann, None)
    assert not result.changed
    assert (any_file.path.read_bytes(), any_file.path.stat().st_mtime_ns) == before
    assert writing_actions(emulator) == []


def test_second_key_nobody_recorded(
    emulator: Emulator, run: Run, any_file: VaultFile, ann: str
) -> None:
    """A second key beside the recorded one changes nothing, and is warned of."""
    other = add_key(emulator, "ann")["AccessKeyId"]

    result = run(name="ann", layout=any_file.layout)

    assert outcome(result) == ("unchanged", ann, None)
    assert any(other in warning for warning in result["warnings"])
    assert writing_actions(emulator) == []


def test_inactive_key_fails(emulator: Emulator, run: Run, any_file: VaultFile, ann: str) -> None:
    """An inactive key fails the task unless it says what to do."""
    set_status(emulator, "ann", ann, "Inactive")

    results = [run(name="ann", layout=any_file.layout, check=check) for check in (True, False)]

    assert all(result.failed and ann in result.msg for result in results)
    assert results[0].msg == results[1].msg
    assert writing_actions(emulator) == []


@pytest.mark.parametrize(("verify", "verified"), [("new", None), ("all", True)])
def test_inactive_key_is_activated(
    emulator: Emulator,
    run: Run,
    any_file: VaultFile,
    ann: str,
    *,
    verify: str,
    verified: bool | None,
) -> None:
    """An inactive key becomes active with on_inactive: activate."""
    set_status(emulator, "ann", ann, "Inactive")
    options = {"name": "ann", "layout": any_file.layout, "on_inactive": "activate"}

    predicted = run(**options, verify=verify, check=True)
    result = run(**options, verify=verify)

    assert outcome(predicted)[0] == "activated"
    assert predicted.changed
    assert outcome(result) == ("activated", ann, verified)
    assert result.changed
    assert emulator.state()["users"]["ann"]["access_keys"][0]["status"] == "Active"
    assert not run(**options).changed


def test_activation_that_fails(emulator: Emulator, run: Run, any_file: VaultFile, ann: str) -> None:
    """A key that could not be activated is not reported as a change."""
    set_status(emulator, "ann", ann, "Inactive")
    emulator.fail("UpdateAccessKey", "error", status=403, code="NoPermission")

    result = run(name="ann", layout=any_file.layout, on_inactive="activate")

    assert result.failed
    assert result["code"] == "NoPermission"
    assert result["users"][0]["action"] == "failed"
    assert not result.changed


def test_inactive_key_is_replaced(
    emulator: Emulator, run: Run, any_file: VaultFile, ann: str
) -> None:
    """With on_inactive: replace a new key takes the entry, and the old one stays, inactive."""
    set_status(emulator, "ann", ann, "Inactive")

    result = run(name="ann", layout=any_file.layout, on_inactive="replace")

    status = {
        key["access_key_id"]: key["status"]
        for key in emulator.state()["users"]["ann"]["access_keys"]
    }
    [new] = status.keys() - {ann}
    assert outcome(result) == ("replaced", new, True)
    assert status == {ann: "Inactive", new: "Active"}
    assert stored_keys(any_file) == {"ann": {new: keys_of(emulator, "ann")[new]}}


def test_inactive_key_without_room_for_another(
    emulator: Emulator, run: Run, any_file: VaultFile, ann: str
) -> None:
    """An inactive key can't be replaced while a second one is there; both are listed."""
    set_status(emulator, "ann", ann, "Inactive")
    other = add_key(emulator, "ann")["AccessKeyId"]

    result = run(name="ann", layout=any_file.layout, on_inactive="replace")

    assert result.failed
    assert f"{ann} (Inactive" in result.msg
    assert f"{other} (Active" in result.msg
    assert writing_actions(emulator) == []


@pytest.mark.parametrize("others", [0, 1])
def test_missing_key_is_created_anew(
    emulator: Emulator, run: Run, any_file: VaultFile, ann: str, others: int
) -> None:
    """An entry whose key is gone gets a new key."""
    delete_key(emulator, "ann", ann)
    unrecorded = [add_key(emulator, "ann")["AccessKeyId"] for _turn in range(others)]

    result = run(name="ann", layout=any_file.layout)

    action, new, verified = outcome(result)
    assert (action, verified) == ("created", True)
    assert keys_of(emulator, "ann").keys() == {new, *unrecorded}
    assert stored_keys(any_file) == {"ann": {new: keys_of(emulator, "ann")[str(new)]}}


@pytest.mark.parametrize(("others", "on_missing"), [(0, "fail"), (2, "create")])
def test_missing_key_that_is_not_replaced(
    emulator: Emulator, run: Run, any_file: VaultFile, *, ann: str, others: int, on_missing: str
) -> None:
    """An entry whose key is gone fails if the task says so, or if two other keys are in the way."""
    delete_key(emulator, "ann", ann)
    for _turn in range(others):
        add_key(emulator, "ann")
    before = any_file.path.read_bytes()

    result = run(name="ann", layout=any_file.layout, on_missing=on_missing)

    assert result.failed
    assert all(key in result.msg for key in keys_of(emulator, "ann") or [ann])
    assert any_file.path.read_bytes() == before
    assert writing_actions(emulator) == []


@pytest.mark.parametrize("state", ["present", "absent"])
def test_key_that_is_not_listed_yet(
    emulator: Emulator, run: Run, file: VaultFile, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    """A key that is only seconds old isn't taken for gone until it has had time to show."""
    add_users(emulator, "ann")
    run(name="ann")
    [key_id] = keys_of(emulator, "ann")
    list_late(monkeypatch, key_id, times=2)

    result = run(name="ann", state=state)

    assert not result.failed, result.msg
    assert stored_keys(file).get("ann", {}) == keys_of(emulator, "ann")
    assert len(keys_of(emulator, "ann")) == (state == "present")


def test_unmanaged_key_gets_a_second_one(emulator: Emulator, run: Run, any_file: VaultFile) -> None:
    """A user with one key that nobody recorded gets a second one, and a warning."""
    add_users(emulator, "ann")
    other = add_key(emulator, "ann")["AccessKeyId"]

    result = run(name="ann", layout=any_file.layout)

    action, new, _verified = outcome(result)
    assert action == "created"
    assert keys_of(emulator, "ann").keys() == {other, new}
    assert any(other in warning for warning in result["warnings"])


@pytest.mark.parametrize(("others", "on_unmanaged"), [(1, "fail"), (2, "create")])
def test_unmanaged_keys_fail(
    emulator: Emulator, run: Run, any_file: VaultFile, others: int, on_unmanaged: str
) -> None:
    """Keys that nobody recorded fail the task, listed, if it says so or if they are two."""
    add_users(emulator, "ann")
    for _turn in range(others):
        add_key(emulator, "ann")

    results = [
        run(name="ann", layout=any_file.layout, on_unmanaged=on_unmanaged, check=check)
        for check in (True, False)
    ]

    assert results[0].msg == results[1].msg
    for key_id in keys_of(emulator, "ann"):
        assert f"{key_id} (Active, 0 days old, never used)" in results[1].msg
    assert writing_actions(emulator) == []
    assert not any_file.path.exists()


@pytest.mark.parametrize("check", [True, False])
def test_user_that_is_missing(emulator: Emulator, run: Run, *, check: bool) -> None:
    """One missing user fails the task before any key is created, and ram_user is named."""
    add_users(emulator, "ann")

    result = run(users=["ann", "bob"], check=check)

    assert result.failed
    assert "no RAM user bob" in result.msg
    assert "ram_user" in result.msg
    assert writing_actions(emulator) == []


@pytest.mark.parametrize("state", ["present", "absent"])
def test_entry_of_another_account(
    emulator: Emulator, run: Run, any_file: VaultFile, ann: str, state: str
) -> None:
    """An entry of another account fails the task, and nothing is touched."""
    any_file.edit("ann", account_id="1234567890123456", access_key_id="LTAIelsewhere")
    before = any_file.path.read_bytes()

    result = run(name="ann", layout=any_file.layout, state=state)

    assert result.failed
    assert "1234567890123456" in result.msg
    assert any_file.path.read_bytes() == before
    assert writing_actions(emulator) == []
    assert keys_of(emulator, "ann").keys() == {ann}


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("missing", ["access_key_id", "account_id", "user_id"])
def test_entry_that_cannot_be_told(
    emulator: Emulator, run: Run, file: VaultFile, state: str, missing: str
) -> None:
    """An entry without an id, whose key the user does not have, is never taken for gone."""
    add_users(emulator, "ann", "bob")
    run(name="ann")
    file.edit("ann", **{missing: None})
    [key_id] = keys_of(emulator, "ann")
    delete_key(emulator, "ann", key_id)
    emulator.clear_requests()

    result = run(users=["ann", "bob"], state=state)

    assert result.failed
    assert "entry of user ann" in result.msg
    assert writing_actions(emulator) == []


def test_entry_written_by_hand(emulator: Emulator, run: Run, file: VaultFile) -> None:
    """An entry with no more than a pair that the user has is as good as one of ours."""
    add_users(emulator, "ann")
    key = add_key(emulator, "ann")
    pair = {"access_key_id": key["AccessKeyId"], "access_key_secret": key["AccessKeySecret"]}
    file.write("ram_keyring: {}\n")
    file.edit("ann", **pair)

    unchanged = run(name="ann", verify="all")
    removed = run(name="ann", state="absent")

    assert outcome(unchanged) == ("unchanged", key["AccessKeyId"], True)
    assert outcome(removed)[0] == "removed"
    assert keys_of(emulator, "ann") == {}


def test_entry_without_secret(emulator: Emulator, run: Run, any_file: VaultFile, ann: str) -> None:
    """An entry without a secret is not a key that anybody has."""
    any_file.edit("ann", access_key_secret=None)

    result = run(name="ann", layout=any_file.layout)

    assert result.failed
    assert "no access_key_secret" in result.msg
    assert ann in keys_of(emulator, "ann")


def test_secret_in_clear_is_told(emulator: Emulator, run: Run, file: VaultFile) -> None:
    """A secret that somebody wrote into an inline file in clear earns a warning."""
    add_users(emulator, "ann")
    key_id = add_key(emulator, "ann")["AccessKeyId"]
    file.path.write_text(
        f"ram_keyring:\n  ann:\n    access_key_id: {key_id}\n    access_key_secret: invented\n"
    )

    result = run(name="ann", layout="inline")

    assert any("not encrypted" in warning for warning in result["warnings"])
    assert not any("invented" in warning for warning in result["warnings"])


def test_renamed_user(emulator: Emulator, run: Run, any_file: VaultFile, ann: str) -> None:
    """The entry of a renamed user is moved when the new name is asked for."""
    [entry] = any_file.entries().values()
    emulator.call("UpdateUser", UserName="ann", NewUserName="anna")
    options = {"name": "anna", "layout": any_file.layout}

    predicted = run(**options, check=True)
    result = run(**options)

    assert outcome(predicted) == outcome(result) == ("renamed", ann, None)
    assert result["users"][0]["user_name"] == "anna"
    assert result.changed
    assert any_file.entries() == {"anna": entry}
    assert writing_actions(emulator) == []
    assert not run(name="anna", layout=any_file.layout).changed


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["ann", "bob"], "User ann is now called anna: ask for that name"),
        (["ann", "anna", "bob"], "There is no RAM user ann"),
    ],
)
def test_renamed_user_asked_for_by_the_old_name(
    emulator: Emulator, run: Run, any_file: VaultFile, ann: str, *, names: list[str], told: str
) -> None:
    """A name that nobody has any more fails in each run alike, and nothing is done."""
    add_users(emulator, "bob")
    before = any_file.path.read_bytes()
    emulator.call("UpdateUser", UserName="ann", NewUserName="anna")
    emulator.clear_requests()
    options = {"users": names, "layout": any_file.layout}

    results = [run(**options, check=True), run(**options), run(**options)]

    assert all(result.failed and not result.changed for result in results)
    assert len({str(result.msg) for result in results}) == 1
    assert told in str(results[0].msg)
    assert any_file.path.read_bytes() == before
    assert ann in keys_of(emulator, "anna")
    assert writing_actions(emulator) == []


def test_renamed_user_while_the_log_is_open(
    emulator: Emulator, run: Run, any_file: VaultFile, ann: str
) -> None:
    """What earlier runs left open changes nothing in what is told of a name that nobody has."""
    add_users(emulator, "bob")
    delete_key(emulator, "ann", ann)
    emulator.fail("CreateAccessKey", "drop_before", times=9)
    assert run(name="ann", layout=any_file.layout).failed
    emulator.clear_faults()
    emulator.call("UpdateUser", UserName="ann", NewUserName="anna")

    results = [run(users=["ann", "bob"], layout=any_file.layout) for _run in range(2)]

    told = "User ann is now called anna: ask for that name"
    assert all(result.failed and told in str(result.msg) for result in results)
    assert list(any_file.entries()) == ["ann"]


@pytest.mark.parametrize(
    ("renames", "leaving"),
    [
        ([("bob", "x"), ("ann", "bob"), ("x", "ann")], "ann"),
        ([("bob", "x"), ("ann", "bob"), ("x", "ann")], "bob"),
        ([("bob", "cat"), ("ann", "bob")], "cat"),
        ([("bob", "cat"), ("ann", "bob")], "bob"),
    ],
)
def test_absent_makes_room_for_who_takes_the_name(
    emulator: Emulator,
    run: Run,
    any_file: VaultFile,
    ann: str,
    *,
    renames: list[tuple[str, str]],
    leaving: str,
) -> None:
    """Whoever leaves under a new name, the others keep their entries under theirs."""
    add_users(emulator, "bob")
    run(name="bob", layout=any_file.layout)
    for old, new in renames:
        emulator.call("UpdateUser", UserName=old, NewUserName=new)
    [staying] = {new for _old, new in renames} - {leaving, "x"}

    result = run(name=leaving, state="absent", layout=any_file.layout)

    assert not result.failed, result.msg
    assert keys_of(emulator, leaving) == {}
    assert stored_keys(any_file) == {staying: keys_of(emulator, staying)}
    assert (ann in keys_of(emulator, staying)) == (staying == "bob")


@pytest.mark.parametrize("asked", [["ann"], ["ann", "anna"], ["anna", "ann"]])
def test_renamed_user_whose_name_was_taken(
    emulator: Emulator, run: Run, file: VaultFile, asked: list[str]
) -> None:
    """A new user under the old name of another gets a key of its own; the other keeps its own."""
    add_users(emulator, "ann")
    run(name="ann")
    old = file.entries()["ann"]
    emulator.call("UpdateUser", UserName="ann", NewUserName="anna")
    add_users(emulator, "ann")

    result = run(users=asked)

    assert not result.failed, result.msg
    assert file.entries()["anna"] == old
    assert stored_keys(file) == {name: keys_of(emulator, name) for name in ("ann", "anna")}
    assert len(keys_of(emulator, "ann")) == 1


@pytest.mark.parametrize("asked", [["ann"], ["bob"], ["ann", "bob"], ["ann", "bob", "cat"]])
def test_users_that_swapped_names(
    emulator: Emulator, run: Run, file: VaultFile, asked: list[str]
) -> None:
    """Users that took each other's names keep their keys, whoever of them is asked for."""
    add_users(emulator, "ann", "bob", "cat")
    run(users=["ann", "bob", "cat"])
    before = file.entries()
    for old, new in [("ann", "x"), ("bob", "ann"), ("x", "bob")]:
        emulator.call("UpdateUser", UserName=old, NewUserName=new)

    result = run(users=asked)

    assert not result.failed, result.msg
    assert file.entries() == {"ann": before["bob"], "bob": before["ann"], "cat": before["cat"]}


def test_renamed_user_whose_new_entry_is_taken(
    emulator: Emulator, run: Run, file: VaultFile
) -> None:
    """An entry is never moved over another one."""
    add_users(emulator, "ann", "bob")
    run(users=["ann", "bob"])
    emulator.call(
        "DeleteAccessKey", UserName="bob", UserAccessKeyId=next(iter(keys_of(emulator, "bob")))
    )
    emulator.call("DeleteUser", UserName="bob")
    emulator.call("UpdateUser", UserName="ann", NewUserName="bob")
    before = file.path.read_bytes()

    result = run(name="bob")

    assert result.failed
    assert "ann is now called bob" in result.msg
    assert file.path.read_bytes() == before


def test_user_that_was_created_anew(emulator: Emulator, run: Run, file: VaultFile) -> None:
    """A user that was deleted and created again has no key, so it gets one."""
    add_users(emulator, "ann")
    old = run(name="ann")["users"][0]["access_key_id"]
    delete_key(emulator, "ann", old)
    emulator.call("DeleteUser", UserName="ann")
    add_users(emulator, "ann")

    result = run(name="ann")

    assert outcome(result)[0] == "created"
    assert file.entries()["ann"]["user_id"] == emulator.state()["users"]["ann"]["user_id"]


def test_absent_removes_key_and_entry(
    emulator: Emulator, run: Run, any_file: VaultFile, ann: str
) -> None:
    """The recorded key goes from the cloud and the file; keys that nobody recorded stay."""
    other = add_key(emulator, "ann")["AccessKeyId"]
    options = {"name": "ann", "layout": any_file.layout, "state": "absent"}

    predicted = run(**options, check=True)
    result = run(**options)

    assert outcome(predicted) == outcome(result) == ("removed", ann, None)
    assert result.changed
    assert keys_of(emulator, "ann").keys() == {other}
    assert any_file.entries() == {}
    again = run(**options)
    assert outcome(again) == ("unchanged", None, None)
    assert not again.changed


@pytest.mark.parametrize("user_too", [False, True])
def test_absent_when_gone_already(
    emulator: Emulator, run: Run, any_file: VaultFile, ann: str, *, user_too: bool
) -> None:
    """An entry whose key, or user, is gone already is dropped."""
    delete_key(emulator, "ann", ann)
    if user_too:
        emulator.call("DeleteUser", UserName="ann")

    result = run(name="ann", layout=any_file.layout, state="absent")

    assert outcome(result) == ("removed", ann, None)
    assert any_file.entries() == {}
    assert "DeleteAccessKey" not in emulator.actions()


def test_absent_follows_a_renamed_user(
    emulator: Emulator, run: Run, any_file: VaultFile, ann: str
) -> None:
    """The key of a renamed user is deleted under its new name, not left behind as gone."""
    emulator.call("UpdateUser", UserName="ann", NewUserName="anna")

    result = run(name="ann", layout=any_file.layout, state="absent")

    assert outcome(result) == ("removed", ann, None)
    assert keys_of(emulator, "anna") == {}
    assert any_file.entries() == {}


def test_absent_that_fails_keeps_the_entry(emulator: Emulator, run: Run, file: VaultFile) -> None:
    """A key that could not be deleted keeps its entry; the others go on."""
    add_users(emulator, "ann", "bob")
    run(users=["ann", "bob"])
    emulator.fail("DeleteAccessKey", "error", status=403, code="NoPermission")

    result = run(users=["ann", "bob"], state="absent", concurrency=1)

    assert result.failed
    assert result.changed
    assert [user["action"] for user in result["users"]] == ["failed", "removed"]
    assert stored_keys(file) == {"ann": keys_of(emulator, "ann")}


@pytest.mark.parametrize("check", [True, False])
def test_signing_key_is_not_removed(
    emulator: Emulator, run: Run, file: VaultFile, *, check: bool
) -> None:
    """The key that signs the run is not deleted, nor is any other in that run."""
    signer = sign_in(emulator, "ops", "AliyunRAMFullAccess")
    add_users(emulator, "ann")
    run(name="ann")
    file.edit("ops", **signer)
    before = file.path.read_bytes()
    emulator.clear_requests()

    result = run(users=["ann", "ops"], state="absent", check=check, **signer)

    assert result.failed
    assert signer["access_key_id"] in result.msg
    assert "signs this run" in result.msg
    assert file.path.read_bytes() == before
    assert writing_actions(emulator) == []


def test_signers_are_asked_for_once(emulator: Emulator, run: Run) -> None:
    """However many keys go, one request tells who signs, and another who assumed that role."""
    names = ["ann", "bob", "cat", "dan"]
    add_users(emulator, *names)
    run(users=names)
    signer = sign_in(emulator, "ops", "AliyunSTSAssumeRoleAccess")
    role = {"role_arn": make_role(emulator)}
    emulator.clear_requests()

    result = run(users=names, state="absent", concurrency=4, assume_role=role, **signer)

    assert [user["action"] for user in result["users"]] == ["removed"] * 4
    assert emulator.actions().count("GetCallerIdentity") == 2


def test_states_side_by_side(emulator: Emulator, run: Run, any_file: VaultFile) -> None:
    """One task takes a key away, keeps one and makes one."""
    add_users(emulator, "ann", "bob", "cat")
    run(users=["ann", "bob"], layout=any_file.layout)

    result = run(
        users=[{"name": "ann", "state": "absent"}, {"name": "bob"}, "cat"], layout=any_file.layout
    )

    assert [user["action"] for user in result["users"]] == ["removed", "unchanged", "created"]
    assert keys_of(emulator, "ann") == {}
    assert stored_keys(any_file) == {name: keys_of(emulator, name) for name in ("bob", "cat")}


def test_one_failure_stops_no_other(emulator: Emulator, run: Run, file: VaultFile) -> None:
    """A create that is refused fails its user, and the keys of the others are stored."""
    add_users(emulator, "ann", "bob", "cat")
    emulator.fail("CreateAccessKey", "error", status=403, code="NoPermission")

    result = run(users=["ann", "bob", "cat"], concurrency=1)

    assert result.failed
    assert result.changed
    assert result["code"] == "NoPermission"
    assert "ann" in result.msg
    assert [user["action"] for user in result["users"]] == ["failed", "created", "created"]
    assert stored_keys(file) == {name: keys_of(emulator, name) for name in ("bob", "cat")}


@pytest.mark.parametrize("vault", [None, []])
def test_empty_list(
    emulator: Emulator, run: Run, file: VaultFile, vault: list[t.Any] | None
) -> None:
    """No users are nothing to do: no call, no file and no password are needed."""
    result = run(users=[], vault=vault)

    assert not result.failed
    assert not result.changed
    assert result["users"] == []
    assert emulator.actions() == []
    assert not file.path.exists()


def test_order_of_new_entries(emulator: Emulator, run: Run, any_file: VaultFile) -> None:
    """New entries stand in the order of the list, whoever got a key first, behind the others."""
    add_users(emulator, "zoe", "ann", "cid", "bob")
    run(name="zoe", layout=any_file.layout)
    emulator.fail("CreateAccessKey", "delay", ms=300, when="before", times=1)

    run(users=["cid", "ann", "bob"], layout=any_file.layout)

    assert list(any_file.variables()["ram_keyring"]) == ["zoe", "cid", "ann", "bob"]


def test_look_of_check_mode(emulator: Emulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What check mode says of missing files saves the task that follows the wait of a second."""
    add_users(emulator, "ann")
    pauses: list[float] = []
    monkeypatch.setattr(files_of_a_task, "pause", pauses.append)
    monkeypatch.setattr(locks, "GAP_SECONDS", 0.3)
    looked = run(name="ann", check=True)["missing_files"]
    time.sleep(0.3)

    run(name="ann", missing_files=looked)

    assert pauses == [0.0]


@pytest.mark.parametrize("at", ["never", None, 10**400])
def test_look_of_nobody(run: Run, at: t.Any) -> None:
    """What no earlier task can have returned is refused."""
    result = run(name="ann", missing_files={"keys.yml": at})

    assert result.failed
    assert "missing_files must be what an earlier ram_keyring returned" in result.msg


def test_new_users_in_check_mode(emulator: Emulator, run: Run) -> None:
    """Users that an earlier task would create count as users without a key, in check mode only."""
    add_users(emulator, "ann")
    options = {"users": ["ann", "bob", "cat"], "new_users": ["bob", "cat"]}

    predicted = run(**options, check=True)
    real = run(**options)

    assert [user["action"] for user in predicted["users"]] == ["created"] * 3
    assert real.failed
    assert "no RAM user bob" in real.msg
    assert writing_actions(emulator) == []


def test_check_mode_predicts_creation(emulator: Emulator, run: Run, file: VaultFile) -> None:
    """Check mode tells what would be created, without the id that nobody can know."""
    add_users(emulator, "ann")

    predicted = run(name="ann", check=True, diff=True)
    real = run(name="ann", diff=True)

    assert outcome(predicted) == ("created", None, None)
    assert stored_keys(file) == {"ann": keys_of(emulator, "ann")}
    assert predicted.changed
    [shown], [done] = predicted["diff"], real["diff"]
    assert (shown["before"], shown["after"]) == ({}, {"ann": None})
    assert done["after"] == {"ann": next(iter(keys_of(emulator, "ann")))}
    assert done.keys() == {"before", "after", "before_header", "after_header"}


@pytest.mark.usefixtures("ann")
def test_no_diff_without_a_change(run: Run, any_file: VaultFile) -> None:
    """What does not change has no diff, and a diff is shown only if asked for."""
    assert run(name="ann", layout=any_file.layout, diff=True)["diff"] == []
    assert "diff" not in run(name="ann", layout=any_file.layout).values


@pytest.mark.parametrize(
    ("verify", "wrong", "verified"),
    [("none", False, None), ("new", False, None), ("all", False, True), ("all", True, False)],
)
def test_verification_of_stored_keys(
    run: Run, any_file: VaultFile, ann: str, verify: str, *, wrong: bool, verified: bool | None
) -> None:
    """A stored secret signs a call with verify: all, and fails the task by its id if it can't."""
    if wrong:
        any_file.edit("ann", access_key_secret="invented")
    options = {"name": "ann", "layout": any_file.layout, "verify": verify}

    predicted, result = run(**options, check=True), run(**options)

    # The request ids differ.
    errors = [task["users"][0].pop("error", None) for task in (predicted, result)]
    assert predicted["users"] == result["users"]
    assert result["users"][0]["verified"] is verified
    assert result["users"][0]["action"] == "unchanged"
    assert result.failed is wrong
    assert errors == ([predicted.msg, result.msg] if wrong else [None, None])
    assert not wrong or ann in result.msg


def test_new_key_without_verification(emulator: Emulator, run: Run) -> None:
    """With verify: none a new key signs nothing."""
    add_users(emulator, "ann")

    result = run(name="ann", verify="none")

    assert result["users"][0]["verified"] is None
    assert emulator.actions().count("GetCallerIdentity") == 1


def test_key_that_is_not_known_at_once(emulator: Emulator, run: Run) -> None:
    """A new key that the cloud does not know everywhere yet is given time."""
    add_users(emulator, "ann")
    unknown = {"status": 404, "code": "InvalidAccessKeyId.NotFound"}
    emulator.fail("GetCallerIdentity", "error", skip=1, times=3, **unknown)

    result = run(name="ann")

    assert outcome(result)[0::2] == ("created", True)
    assert emulator.actions().count("GetCallerIdentity") == 1 + 3 + 1


def test_verification_survives_throttling(emulator: Emulator, run: Run) -> None:
    """A verification that is throttled is repeated, not taken for a key that does not sign."""
    add_users(emulator, "ann")
    emulator.fail("GetCallerIdentity", "throttle", skip=1)

    result = run(name="ann")

    assert outcome(result)[0::2] == ("created", True)


def test_key_that_never_signs(
    emulator: Emulator, run: Run, file: VaultFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new key that never signs stays stored, and fails the task by its id."""
    add_users(emulator, "ann")
    monkeypatch.setattr(deeds.Create, "patience", 0.5)
    unknown = {"status": 404, "code": "InvalidAccessKeyId.NotFound"}
    emulator.fail("GetCallerIdentity", "error", skip=1, times=100, **unknown)

    result = run(name="ann")

    [key_id] = keys_of(emulator, "ann")
    assert result.failed
    assert f"{key_id} is stored but does not sign" in result.msg
    assert result["code"] == "InvalidAccessKeyId.NotFound"
    assert result["users"][0] == {
        "user_name": "ann",
        "access_key_id": key_id,
        "action": "created",
        "verified": False,
        "file": str(file.path),
        "error": result.msg,
    }
    assert stored_keys(file) == {"ann": keys_of(emulator, "ann")}


def test_key_that_signs_for_somebody_else(
    emulator: Emulator, run: Run, any_file: VaultFile, ann: str
) -> None:
    """A pair that works, but for another user than the entry says, is not verified."""
    any_file.edit("ann", user_id="1234567890")

    result = run(name="ann", verify="all", layout=any_file.layout)

    assert result.failed
    assert f"{ann} is stored but signs for" in result.msg
    assert ann in keys_of(emulator, "ann")


def test_numbers_of_a_task(emulator: Emulator, run: Run) -> None:
    """The result counts the fates of the users, and every request that was sent for them."""
    add_users(emulator, "ann", "bob", "cid", "dan")
    run(users=["ann", "dan"])
    [key_id] = keys_of(emulator, "ann")
    set_status(emulator, "ann", key_id, "Inactive")
    emulator.clear_requests()
    emulator.fail("GetCallerIdentity", "delay", ms=100)
    emulator.fail("CreateAccessKey", "throttle")
    emulator.fail("CreateAccessKey", "error", code="NotSupport", status=400, skip=1)
    users = ["ann", "bob", "cid", {"name": "dan", "state": "absent"}]

    result = run(users=users, on_inactive="activate", concurrency=1)

    stats = dict(result["stats"])
    assert stats.pop("seconds") > 0
    fates = {"created": 1, "changed": 1, "removed": 1, "unchanged": 0, "failed": 1}
    assert stats == {**fates, "api_calls": len(emulator.requests()), "retries": 1}


def test_many_problems(run: Run) -> None:
    """If many users can't be helped, the message stays short, and the result has every reason."""
    names = [f"user-{number}" for number in range(40)]

    result = run(users=names)

    assert result.failed
    assert len(result.msg) < 300
    assert result.msg.endswith("; and 38 more, see problems")
    assert [name for name in names if not any(name in told for told in result["problems"])] == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"access_key_secret": "S3cret\n"}, "has a secret with a blank, a line break"),
        ({"access_key_secret": "{{ S3cret }}"}, "refers to another variable in access_key_secret"),
        ({"access_key_id": "{{ S3cret }}"}, "refers to another variable in access_key_id"),
        ({"access_key_id": "S3cret"}, "has an access_key_id that can't be one"),
        (
            {"access_key_id": "S3cret", "access_key_secret": "LTAIann"},
            "has an AccessKey ID as access_key_secret",
        ),
        ({"account_id": "S3cret"}, "has an account_id that is not made of digits"),
    ],
)
def test_entry_that_is_no_pair(
    emulator: Emulator, run: Run, file: VaultFile, changes: dict[str, str], reason: str
) -> None:
    """Nothing is built on an entry that is no pair; its cause is told as readers of it are told."""
    add_users(emulator, "ann")
    run(name="ann")
    # It would bring back what it knows.
    file.log.unlink()
    file.edit("ann", **changes)
    before = file.path.read_bytes()
    emulator.clear_requests()

    result = run(name="ann")

    assert f"The entry of user ann in {file.path} {reason}" in result.msg
    assert "S3cret" not in str(result.values)
    assert emulator.actions().count("ListAccessKeys") == 1
    assert writing_actions(emulator) == []
    assert file.path.read_bytes() == before


def test_entry_of_another_user_that_is_no_pair(
    emulator: Emulator, run: Run, file: VaultFile
) -> None:
    """What stands in the place of an id is not shown in a diff, whomever the task is about."""
    add_users(emulator, "ann", "bob")
    run(name="ann")
    file.log.unlink()
    [(key_id, secret)] = keys_of(emulator, "ann").items()
    file.mix_up(key_id, secret)

    result = run(name="bob", diff=True)

    assert not result.failed, result.msg
    assert result["diff"][0]["before"] == {"ann": None}


@pytest.mark.parametrize("check", [True, False])
def test_entry_of_a_logged_key_that_is_no_pair(
    emulator: Emulator, run: Run, file: VaultFile, *, check: bool
) -> None:
    """What the log knows does not take the place of a pair that somebody has mixed up."""
    add_users(emulator, "ann")
    run(name="ann")
    [(key_id, secret)] = keys_of(emulator, "ann").items()
    file.mix_up(key_id, secret)
    before = file.path.read_bytes()
    emulator.clear_requests()

    result = run(name="ann", check=check)

    assert "has an AccessKey ID as access_key_secret" in result.msg
    assert file.path.read_bytes() == before
    assert emulator.actions().count("GetCallerIdentity") == 1

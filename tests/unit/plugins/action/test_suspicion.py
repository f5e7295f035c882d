# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A create without an answer leaves nothing for good, and costs nobody a key that is used."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work import patience
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring import looks

from ..conftest import writing_actions
from .conftest import (
    VaultFile,
    add_key,
    add_users,
    delete_key,
    keys_of,
    set_status,
    stored_keys,
    wait_for,
)

if t.TYPE_CHECKING:
    from emulator import Emulator

    from ..conftest import Result
    from .conftest import Run

HOUR, DAY = 3600, 86_400


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no time between two looks, nor between two tries."""
    monkeypatch.setattr(patience, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(looks, "LOOKS_APART", 0.0)


@pytest.fixture
def lost(emulator: Emulator, run: Run) -> str:
    """The id of a key of ann's that a run made without hearing of it."""
    add_users(emulator, "ann")
    emulator.fail("CreateAccessKey", "drop_after")
    assert run(name="ann").failed
    [key_id] = keys_of(emulator, "ann")
    emulator.clear_requests()
    return key_id


def status_of(emulator: Emulator, name: str, key_id: str) -> str | None:
    """Return the status of a key, None if there is no such key."""
    keys = emulator.state()["users"][name]["access_keys"]
    return next((key["status"] for key in keys if key["access_key_id"] == key_id), None)


def suspects(result: Result) -> dict[str, str]:
    """Return the states of keys that may be lost, by their ids."""
    return {each["access_key_id"]: each["state"] for each in result["suspected_keys"]}


def use(run: Run, emulator: Emulator, name: str, key_id: str) -> None:
    """Sign with a key."""
    secret = keys_of(emulator, name)[key_id]
    run(name=name, file="x.yml", access_key_id=key_id, access_key_secret=secret)


UNANSWERED: dict[str, dict[str, t.Any]] = {
    "carried out, then dropped": {"kind": "drop_after"},
    "dropped": {"kind": "drop_before"},
    "carried out late": {"kind": "late", "ms": 800},
    "garbage, carried out": {"kind": "garbage", "when": "after"},
    "garbage": {"kind": "garbage", "when": "before"},
    "empty answer, carried out": {"kind": "empty", "when": "after"},
    "server error, carried out": {"kind": "error", "when": "after", "status": 500},
    "an unknown code, carried out": {
        "kind": "error",
        "when": "after",
        "status": 400,
        "code": "SomethingElse",
    },
    "a time-out of the gateway": {
        "kind": "error",
        "when": "after",
        "status": 408,
        "code": "RequestTimeout",
    },
    "a nonce that was used": {
        "kind": "error",
        "when": "after",
        "status": 400,
        "code": "SignatureNonceUsed",
    },
    "no answer in time": {"kind": "delay", "when": "after", "ms": 1500},
}


@pytest.mark.parametrize("fault", UNANSWERED.values(), ids=UNANSWERED)
def test_create_without_an_answer(
    emulator: Emulator, run: Run, file: VaultFile, fault: dict[str, t.Any]
) -> None:
    """Its user fails with the time to look at, others go on, and the next run makes a new key."""
    add_users(emulator, "ann", "bob")
    emulator.fail("CreateAccessKey", **fault)

    first = run(users=["ann", "bob"], concurrency=1, read_timeout=1)
    wait_for(lambda: emulator.actions().count("CreateAccessKey") == 2)
    if fault["kind"] == "late":
        wait_for(lambda: bool(keys_of(emulator, "ann")))
    lost = set(keys_of(emulator, "ann"))
    second = run(users=["ann", "bob"])

    assert [user["action"] for user in first["users"]] == ["failed", "created"]
    assert "UTC" in first["users"][0]["error"]
    assert not second.failed, second.msg
    assert [user["action"] for user in second["users"]] == ["created", "unchanged"]
    assert set(suspects(second)) == lost
    assert keys_of(emulator, "ann").keys() == lost | stored_keys(file)["ann"].keys()
    assert "DeleteAccessKey" not in emulator.actions()


@pytest.mark.parametrize("code", ["NoPermission", "InvalidParameter.X", "EntityNotExist.User"])
def test_create_that_was_refused(emulator: Emulator, run: Run, file: VaultFile, code: str) -> None:
    """A code that is decided before anything is done leaves nothing to follow up."""
    add_users(emulator, "ann")
    emulator.fail("CreateAccessKey", "error", times=9, status=400, code=code, when="before")

    result = run(name="ann")

    assert result.failed
    assert not file.log.exists()


def test_quota_that_may_be_its_own_work(emulator: Emulator, run: Run, file: VaultFile) -> None:
    """A full quota is no refusal for a user who had room: the create may have filled it."""
    add_users(emulator, "ann")
    emulator.fail("CreateAccessKey", "error", status=400, code="LimitExceeded.AccessKey")

    result = run(name="ann")

    assert result.failed
    assert file.log.exists()


def test_lost_key_goes_in_the_end(emulator: Emulator, run: Run, file: VaultFile, lost: str) -> None:
    """It is suspected, made Inactive a day later, deleted a week after that, and nothing stays."""
    told = []
    for wait in (0, 20 * HOUR, 5 * HOUR, 6 * DAY, 2 * DAY, 2 * DAY):
        emulator.advance_clock(wait)
        predicted = run(name="ann", check=True)
        result = run(name="ann")
        assert not result.failed, result.msg
        assert predicted.changed == result.changed
        told.append((status_of(emulator, "ann", lost), suspects(result).get(lost), result.changed))

    assert told == [
        ("Active", "suspected", True),
        ("Active", "suspected", False),
        ("Inactive", "set_aside", True),
        ("Inactive", "set_aside", False),
        (None, None, True),
        (None, None, False),
    ]
    assert not file.log.exists()
    assert stored_keys(file) == {"ann": keys_of(emulator, "ann")}


def test_key_that_is_used_is_never_touched(
    emulator: Emulator, run: Run, file: VaultFile, lost: str
) -> None:
    """A key that was used within its first 20 hours is somebody's, however late that shows."""
    run(name="ann")
    emulator.advance_clock(19.9 * HOUR)
    use(run, emulator, "ann", lost)
    emulator.clear_requests()
    for _day in range(12):
        emulator.advance_clock(DAY)
        result = run(name="ann")

    assert status_of(emulator, "ann", lost) == "Active"
    assert writing_actions(emulator) == []
    assert result["suspected_keys"] == []
    assert not file.log.exists()


def test_use_that_shows_too_late(emulator: Emulator, run: Run, lost: str) -> None:
    """A key that was made Inactive and turns out to be used is activated again, and told."""
    run(name="ann")
    emulator.advance_clock(23 * HOUR)
    use(run, emulator, "ann", lost)
    emulator.advance_clock(1.1 * HOUR)
    run(name="ann")
    was = status_of(emulator, "ann", lost)
    emulator.advance_clock(2 * HOUR)

    result = run(name="ann")
    emulator.advance_clock(10 * DAY)
    run(name="ann")

    assert was == "Inactive"
    assert result.changed
    assert any(lost in told and "activated again" in told for told in result["warnings"])
    assert status_of(emulator, "ann", lost) == "Active"


def test_somebody_activates_what_was_set_aside(emulator: Emulator, run: Run, lost: str) -> None:
    """Who activates a key that was made Inactive keeps it."""
    for wait in (0, 25 * HOUR):
        emulator.advance_clock(wait)
        run(name="ann")
    set_status(emulator, "ann", lost, "Active")
    for _week in range(2):
        emulator.advance_clock(8 * DAY)
        run(name="ann")

    assert status_of(emulator, "ann", lost) == "Active"


def test_use_of_what_somebody_activates_is_not_awaited(
    emulator: Emulator, run: Run, lost: str
) -> None:
    """Who activates a key that was made Inactive keeps it, whether or not its use can be told."""
    for wait in (0, 25 * HOUR):
        emulator.advance_clock(wait)
        run(name="ann")
    set_status(emulator, "ann", lost, "Active")
    emulator.fail("GetAccessKeyLastUsed", "error", times=9, status=403, code="NoPermission")

    result = run(name="ann")

    assert suspects(result) == {}
    assert not any("Inactive" in warning for warning in result.values.get("warnings", []))


def test_unknown_use_is_not_never(emulator: Emulator, run: Run, lost: str) -> None:
    """As long as the cloud does not tell whether a key is used, nothing is done to it."""
    run(name="ann")
    emulator.advance_clock(25 * HOUR)
    emulator.fail("GetAccessKeyLastUsed", "error", times=9, status=403, code="NoPermission")

    result = run(name="ann")

    assert suspects(result) == {lost: "suspected"}
    assert status_of(emulator, "ann", lost) == "Active"


def test_more_keys_than_creates(emulator: Emulator, run: Run, lost: str) -> None:
    """Of two keys that one create may have made, none is touched: both are named."""
    colleagues = add_key(emulator, "ann")["AccessKeyId"]
    for wait in (0, 25 * HOUR, 8 * DAY):
        emulator.advance_clock(wait)
        result = run(name="ann")

    assert suspects(result).keys() == {lost, colleagues}
    assert keys_of(emulator, "ann").keys() == {lost, colleagues}
    assert writing_actions(emulator) == []


def test_used_key_drops_out(emulator: Emulator, run: Run, lost: str) -> None:
    """Once one of two keys shows a use, the other is the lost one."""
    colleagues = add_key(emulator, "ann")["AccessKeyId"]
    use(run, emulator, "ann", colleagues)
    for wait in (0, 25 * HOUR, 8 * DAY):
        emulator.advance_clock(wait)
        run(name="ann")

    assert lost not in keys_of(emulator, "ann")
    assert status_of(emulator, "ann", colleagues) == "Active"


@pytest.mark.parametrize("why", ["made later", "made before"])
def test_keys_of_others(emulator: Emulator, run: Run, why: str) -> None:
    """A key from before or after the window answers to no create."""
    add_users(emulator, "ann")
    if why == "made before":
        other = add_key(emulator, "ann")["AccessKeyId"]
        emulator.advance_clock(60)
    emulator.fail("CreateAccessKey", "drop_before")
    assert run(name="ann").failed
    if why == "made later":
        emulator.advance_clock(20 * 60)
        other = add_key(emulator, "ann")["AccessKeyId"]

    told = []
    for wait in (0, 25 * HOUR, 8 * DAY):
        emulator.advance_clock(wait)
        told.append(run(name="ann"))

    assert all(result["suspected_keys"] == [] for result in told)
    assert status_of(emulator, "ann", other) == "Active"


def test_key_in_another_file_of_the_run(emulator: Emulator, run: Run) -> None:
    """A key that any file of the run holds is accounted for."""
    add_users(emulator, "ann", "bob")
    emulator.fail("CreateAccessKey", "drop_before")
    assert run(name="ann").failed
    run(name="ann", file="other.yml", verify="none")
    [held] = keys_of(emulator, "ann")
    emulator.advance_clock(25 * HOUR)

    result = run(users=["ann", {"name": "bob", "file": "other.yml"}])

    assert result["suspected_keys"] == []
    assert status_of(emulator, "ann", held) == "Active"


def test_nothing_came_of_it(emulator: Emulator, run: Run, file: VaultFile) -> None:
    """A look after the window that finds no key ends it."""
    add_users(emulator, "ann", "bob")
    run(name="bob")
    emulator.fail("CreateAccessKey", "drop_before")
    assert run(name="ann").failed
    logs = []
    for wait in (10 * 60, 8 * 60):
        emulator.advance_clock(wait)
        run(name="bob")
        logs.append(file.log.read_text())
    emulator.advance_clock(2 * DAY)
    run(name="bob")

    assert '"ann"' in logs[0]
    assert '"ann"' not in logs[1]
    assert not file.log.exists()


def test_list_that_lacks_the_lost_key_once(
    emulator: Emulator, run: Run, file: VaultFile, lost: str
) -> None:
    """One list after the window that lacks the key does not end the search for it."""
    emulator.advance_clock(HOUR)
    emulator.fail("ListAccessKeys", "drop_item", item=lost)
    run(name="ann", state="absent")
    result = run(name="ann", state="absent")

    assert suspects(result) == {lost: "suspected"}
    assert file.log.exists()


def test_list_that_lacks_a_renamed_user_once(
    emulator: Emulator, run: Run, file: VaultFile, lost: str
) -> None:
    """One list after the window that lacks a renamed user does not end the search for its key."""
    emulator.call("UpdateUser", UserName="ann", NewUserName="anna")
    add_users(emulator, "cleo")
    emulator.advance_clock(HOUR)
    emulator.fail("ListUsers", "drop_item", item="anna")

    result = run(name="cleo")

    assert suspects(result) == {lost: "suspected"}
    assert file.log.exists()


def test_second_look_for_many_users(
    emulator: Emulator, run: Run, file: VaultFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many creates got no answer, the wait for the second look is one."""
    add_users(emulator, "ann", "bob", "cleo")
    emulator.fail("CreateAccessKey", "drop_before", times=3)
    assert run(users=["ann", "bob", "cleo"]).failed
    emulator.advance_clock(HOUR)
    pauses: list[float] = []
    monkeypatch.setattr(looks, "pause", pauses.append)
    run(users=["ann", "bob", "cleo"], state="absent")

    assert len(pauses) == 1
    assert not file.log.exists()


def test_many_lost_keys(emulator: Emulator, run: Run) -> None:
    """Lost keys of several users are asked after at the same time, and told in one order."""
    names = ["ann", "bob", "cleo"]
    add_users(emulator, *names)
    emulator.fail("CreateAccessKey", "drop_after", times=3)
    assert run(users=names).failed
    run(users=names, state="absent")
    emulator.advance_clock(DAY)
    emulator.clear_requests()
    emulator.fail("GetAccessKeyLastUsed", "delay", ms=400, times=3)

    result = run(users=names, state="absent")

    asked = [each for each in emulator.requests() if each["action"] == "GetAccessKeyLastUsed"]
    assert len(asked) == 3
    assert max(each["start"] for each in asked) < min(each["end"] for each in asked)
    assert [each["user_name"] for each in result["suspected_keys"]] == names
    assert [each["state"] for each in result["suspected_keys"]] == ["set_aside"] * 3


def test_settling_that_fails_halfway(emulator: Emulator, run: Run, lost: str) -> None:
    """A key that was set aside is told and counted, even if the task fails right after that."""
    add_users(emulator, "bob")
    emulator.fail("CreateAccessKey", "drop_before")
    assert run(name="bob").failed
    emulator.advance_clock(60)
    run(name="ann")
    emulator.advance_clock(2 * DAY)
    emulator.fail("ListAccessKeys", "error", skip=2, times=9, status=403, code="NoPermission")

    result = run(name="ann", concurrency=1)

    assert "NoPermission" in result.msg
    assert status_of(emulator, "ann", lost) == "Inactive"
    assert result.changed
    assert [key["access_key_id"] for key in result["suspected_keys"]] == [lost]
    assert any(lost in warning for warning in result["warnings"])


def test_suspect_that_fills_the_quota(emulator: Emulator, run: Run, lost: str) -> None:
    """A user who has no room but for a lost key waits, told until when; others go on."""
    add_users(emulator, "bob")
    emulator.advance_clock(HOUR)
    add_key(emulator, "ann")

    result = run(users=["ann", "bob"])

    assert [user["action"] for user in result["users"]] == ["failed", "created"]
    assert lost in result["users"][0]["error"]
    assert "it goes at" in result["users"][0]["error"]


def test_user_that_is_gone(emulator: Emulator, run: Run, file: VaultFile, lost: str) -> None:
    """With its user a lost key is gone, and nothing is left to follow up."""
    add_users(emulator, "bob")
    delete_key(emulator, "ann", lost)
    emulator.call("DeleteUser", UserName="ann")
    emulator.advance_clock(HOUR)

    result = run(name="bob", state="absent")

    assert result["suspected_keys"] == []
    assert not file.log.exists()


def test_copy_of_a_log(emulator: Emulator, run: Run, file: VaultFile, lost: str) -> None:
    """Where its log was copied to, a lost key is named and never touched."""
    copy = file.log.with_name("copy")
    copy.write_bytes(file.log.read_bytes())
    copy.replace(file.log)
    for wait in (0, 25 * HOUR, 8 * DAY):
        emulator.advance_clock(wait)
        result = run(name="ann")

    assert any(lost in told and "left alone" in told for told in result["warnings"])
    assert status_of(emulator, "ann", lost) == "Active"


def test_copy_of_a_log_beside_keys_in_use(
    emulator: Emulator, run: Run, file: VaultFile, lost: str
) -> None:
    """Where its log was copied to, the search ends once all keys that it may be about are used."""
    copy = file.log.with_name("copy")
    copy.write_bytes(file.log.read_bytes())
    copy.replace(file.log)
    use(run, emulator, "ann", lost)
    warnings = []
    for wait in (HOUR, DAY):
        emulator.advance_clock(wait)
        warnings.append(run(name="ann", state="absent").values.get("warnings", []))

    assert any(lost in told for told in warnings[0])
    assert not any(lost in told for told in warnings[1])
    assert not file.log.exists()


def test_signing_key_is_not_set_aside(emulator: Emulator, run: Run, lost: str) -> None:
    """Nobody locks out the run that is about to do it."""
    run(name="ann")
    emulator.call(
        "AttachPolicyToUser",
        UserName="ann",
        PolicyType="System",
        PolicyName="AliyunRAMFullAccess",
    )
    emulator.advance_clock(25 * HOUR)
    secret = keys_of(emulator, "ann")[lost]

    run(name="ann", access_key_id=lost, access_key_secret=secret)

    assert status_of(emulator, "ann", lost) == "Active"


def test_server_that_tells_no_time(emulator: Emulator, run: Run, lost: str) -> None:
    """Where no answer tells the time, a key that may be lost is named, never touched."""
    emulator.fail("*", "date", date="", times=999)
    for wait in (0, 25 * HOUR, 8 * DAY):
        emulator.advance_clock(wait)
        result = run(name="ann")

    assert suspects(result) == {lost: "suspected"}
    assert status_of(emulator, "ann", lost) == "Active"

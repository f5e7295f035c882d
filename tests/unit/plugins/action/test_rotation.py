# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ram_rotation from day to day: what it begins, what it waits for, what it ends."""

from __future__ import annotations

import re
import typing as t

import pytest

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.errors import RamError
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring import (
    looks,
    verification,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring.log import (
    Log,
    LogError,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring.records import (
    BeginFailed,
    Left,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file.file import (
    KeyringFile,
)
from emulator.actions.ram import access_keys

from ..conftest import make_client, writing_actions
from ..keyring_task import VAULT_PASSWORD
from .conftest import (
    DAY,
    actions_of,
    add_users,
    delete_key,
    keys_of,
    of_user,
    set_status,
    snapshot,
    status_of,
)

if t.TYPE_CHECKING:
    from pathlib import Path

    from emulator import Emulator

    from .conftest import Rotate, Run, VaultFile

UNKNOWN_KEY = {"status": 404, "code": "InvalidAccessKeyId.NotFound"}


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no time between two looks."""
    monkeypatch.setattr(looks, "LOOKS_APART", 0.05)


def test_a_whole_rotation(emulator: Emulator, run: Run, any_file: VaultFile) -> None:
    """A key is left alone until it is due, then replaced, disabled, deleted, a step at a time."""
    options = {"task": "ram_rotation", "layout": any_file.layout}
    add_users(emulator, "ann")
    run(name="ann", layout=any_file.layout)
    any_file.write(any_file.text().replace("    user_id", "    # of a team\n    user_id"))
    at_first = any_file.path.read_bytes()
    told = []
    for days in (72, 1.1, 7, 0.1, 13, 1.1):
        emulator.advance_clock(days * DAY)
        predicted = run(**options, check=True)
        result = run(**options)
        repeated = run(**options)
        assert of_user(predicted) == of_user(result)
        assert not repeated.changed
        told.append(of_user(result))
        if len(told) == 1:
            assert any_file.path.read_bytes() == at_first

    assert told == [
        *(("unchanged", None), ("begun", "grace"), ("waiting", "grace")),
        *(("disabled", "disabled"), ("waiting", "disabled"), ("deleted", None)),
    ]
    [entry] = any_file.entries().values()
    assert {entry["access_key_id"]: entry["access_key_secret"]} == keys_of(emulator, "ann")
    assert entry.keys() == {
        "access_key_id",
        "access_key_secret",
        "account_id",
        "user_id",
        "created",
    }
    assert "    # of a team\n    user_id" in any_file.text()
    assert not any_file.log.exists()


def test_what_the_entry_says_meanwhile(
    emulator: Emulator, rotate: Rotate, file: VaultFile, in_grace: str
) -> None:
    """In the file both pairs stand as the cloud has them, with the dates of the stages."""
    entry: dict[str, t.Any] = file.entries()["ann"]
    emulator.advance_clock(8 * DAY)
    result = rotate()

    pairs = [
        (part["access_key_id"], part["access_key_secret"]) for part in (entry, entry["previous"])
    ]
    assert dict(pairs) == keys_of(emulator, "ann")
    assert entry["previous"]["access_key_id"] == in_grace
    assert entry["rotation"].keys() == {"stage", "switched"}
    rotation = file.entries()["ann"]["rotation"]
    assert (rotation["stage"], rotation["by"]) == ("disabled", "evidence")  # type: ignore[index]
    [user] = result["users"]
    assert user["previous_access_key_id"] == in_grace
    assert (user["next_step"], result["next_at"]) == ("delete", user["next_at"])
    assert result["counts"] == {"disabled": 1}


def test_log_that_cannot_let_go(
    emulator: Emulator, rotate: Rotate, in_grace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That the log keeps what is of no interest any more is no failure."""
    emulator.advance_clock(8 * DAY)

    def fail(_log: Log, _settled: object) -> None:
        raise LogError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(Log, "settle", fail)
        result = rotate()

    assert of_user(result) == ("disabled", "disabled")
    assert status_of(emulator, in_grace) == "Inactive"


def test_another_vault_id(emulator: Emulator, rotate: Rotate, due: str) -> None:
    """A vault id that is not the file's is told to be for new files, and changes nothing."""
    both = [("default", VAULT_PASSWORD), ("new", "another one")]

    result = rotate(vault=both, vault_id="new")

    assert of_user(result) == ("begun", "grace")
    assert any("keeps its vault id default" in warning for warning in result["warnings"])
    assert of_user(rotate()) == ("waiting", "grace")
    assert due in keys_of(emulator, "ann")


def test_nothing_to_do(emulator: Emulator, rotate: Rotate, in_grace: str, tmp_path: Path) -> None:
    """A run that only waits leaves no trace beside the file."""
    emulator.advance_clock(2 * DAY)
    rotate()
    before = snapshot(tmp_path)

    result = rotate()

    assert in_grace
    assert of_user(result) == ("waiting", "grace")
    assert snapshot(tmp_path) == before


def test_calls(emulator: Emulator, run: Run, rotate: Rotate) -> None:
    """An unchanged user costs one call, a begun one four more than the keyring's new one."""
    names = [f"user{number}" for number in range(8)]
    add_users(emulator, *names)
    assert not run(users=names).failed
    emulator.clear_requests()
    assert not rotate().changed
    unchanged = len(emulator.actions())
    emulator.advance_clock(80 * DAY)
    emulator.clear_requests()

    result = rotate()

    begun = len(emulator.actions())
    assert result["counts"] == {"begun": 8}
    assert unchanged <= len(names) + 2
    assert begun - unchanged <= len(names) * (2 + 4) + 5


def test_begin_that_meets_a_slow_server(emulator: Emulator, rotate: Rotate, due: str) -> None:
    """A new key that one server knows and the next does not is given time."""
    emulator.fail("GetCallerIdentity", "error", times=2, skip=1, **UNKNOWN_KEY)

    result = rotate()

    assert of_user(result) == ("begun", "grace")
    assert emulator.actions().count("CreateAccessKey") == 1
    assert due in keys_of(emulator, "ann")


def test_begin_that_fails(
    emulator: Emulator,
    rotate: Rotate,
    file: VaultFile,
    due: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A new key that never signs is deleted again, and the next is made a week later, or now."""
    monkeypatch.setattr(verification, "NEW_KEY_PATIENCE", 0.3)
    before = file.path.read_bytes()
    emulator.fail("GetCallerIdentity", "error", times=9, skip=1, **UNKNOWN_KEY)
    result = rotate()
    emulator.clear_faults()
    asked_for = []
    emulator.clear_requests()
    for _day in range(6):
        emulator.advance_clock(DAY)
        asked_for.append(of_user(rotate()))
    written = writing_actions(emulator)
    emulator.advance_clock(DAY + 60)

    assert result["users"][0]["action"] == "failed"
    assert not result.changed
    assert "was deleted again" in result.msg
    assert file.path.read_bytes() == before
    assert list(keys_of(emulator, "ann")) == [due]
    assert asked_for == [("waiting", None)] * 6
    assert written == []
    assert of_user(rotate()) == ("begun", "grace")


def test_begin_that_fails_and_is_noted_nowhere(
    emulator: Emulator,
    rotate: Rotate,
    due: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A new key that never signs goes, and is told so, even if the log learns nothing of it."""
    monkeypatch.setattr(verification, "NEW_KEY_PATIENCE", 0.3)
    emulator.fail("GetCallerIdentity", "error", times=9, skip=1, **UNKNOWN_KEY)
    note = Log.note

    def note_some(log: Log, record: t.Any) -> None:
        if isinstance(record, (BeginFailed, Left)):
            raise LogError("no room")
        note(log, record)

    with monkeypatch.context() as patch:
        patch.setattr(Log, "note", note_some)
        result = rotate()
    emulator.clear_faults()
    # While a key is new, that it is not listed doesn't mean that it is gone.
    emulator.advance_clock(60)

    assert "was deleted again" in result.msg
    assert result.msg.endswith("The next run tries again")
    assert list(keys_of(emulator, "ann")) == [due]
    assert of_user(rotate()) == ("begun", "grace")


def test_begin_again_now(
    emulator: Emulator,
    rotate: Rotate,
    file: VaultFile,
    due: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who asks for it needs not wait after a begin that failed, which counts no more then."""
    monkeypatch.setattr(verification, "NEW_KEY_PATIENCE", 0.3)
    emulator.fail("GetCallerIdentity", "error", times=9, skip=1, **UNKNOWN_KEY)
    assert rotate().failed
    emulator.clear_faults()

    result = rotate(name="ann", mode="now")

    assert of_user(result) == ("begun", "grace")
    assert "begin_failed" not in file.log.read_text()
    assert due in keys_of(emulator, "ann")


def test_key_that_must_go_later(
    emulator: Emulator, rotate: Rotate, due: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that can be neither proven nor deleted is named, and deleted by the next run."""
    monkeypatch.setattr(verification, "NEW_KEY_PATIENCE", 0.3)
    emulator.fail("GetCallerIdentity", "error", times=9, skip=1, **UNKNOWN_KEY)
    emulator.fail("DeleteAccessKey", "error", times=1, skip=1, status=403, code="NoPermission")
    result = rotate()
    [new] = keys_of(emulator, "ann").keys() - {due}
    emulator.clear_faults()

    repeated = rotate()

    assert f"Key {new} of user ann must go" in result.msg
    assert of_user(repeated) == ("waiting", None)
    assert repeated.changed
    assert list(keys_of(emulator, "ann")) == [due]
    assert not rotate().changed


def test_save_that_fails(
    emulator: Emulator,
    rotate: Rotate,
    file: VaultFile,
    due: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A new key that the file does not come to hold is deleted again."""
    before = file.path.read_bytes()
    replace = KeyringFile.replace

    def touch_and_replace(keyring: KeyringFile, changes: t.Any) -> None:
        file.edit("ann", created="2020-01-01T00:00:00Z")
        replace(keyring, changes)

    with monkeypatch.context() as patch:
        patch.setattr(KeyringFile, "replace", touch_and_replace)
        result = rotate()
    file.path.write_bytes(before)

    assert "was deleted again" in result["users"][0]["error"]
    assert list(keys_of(emulator, "ann")) == [due]
    assert of_user(rotate()) == ("waiting", None)


def test_save_that_may_not_last(
    emulator: Emulator,
    rotate: Rotate,
    file: VaultFile,
    due: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A new key that the file holds stays, even if nobody can tell whether that will last."""
    replace = KeyringFile.replace

    def replace_and_fail(keyring: KeyringFile, changes: t.Any) -> None:
        replace(keyring, changes)
        raise RamError("it may not last")

    with monkeypatch.context() as patch:
        patch.setattr(KeyringFile, "replace", replace_and_fail)
        result = rotate()

    assert "it may not last" in result.msg
    assert result.changed
    assert file.entries()["ann"]["access_key_id"] in keys_of(emulator, "ann").keys() - {due}
    assert of_user(rotate()) == ("waiting", "grace")


def test_save_that_fails_for_several(
    emulator: Emulator, run: Run, rotate: Rotate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If nothing can be saved, each user has an error that is about this one."""
    monkeypatch.setattr(verification, "NEW_KEY_PATIENCE", 0)
    add_users(emulator, "old", "ann", "bob")
    assert not run(name="old").failed
    emulator.advance_clock(80 * DAY)
    assert not rotate().failed
    emulator.advance_clock(20 * DAY)
    assert not run(users=["ann", "bob"]).failed
    emulator.advance_clock(80 * DAY)
    emulator.fail("GetCallerIdentity", "error", skip=2, **UNKNOWN_KEY)

    def fail(_file: KeyringFile, _changes: object) -> None:
        raise RamError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(KeyringFile, "replace", fail)
        result = rotate(users=["old", "ann", "bob"], concurrency=1)

    old, ann, bob = [user["error"] for user in result["users"]]
    assert "no room" in old
    assert "was deleted again: Cannot find out who is calling" in ann
    assert "was deleted again: Cannot replace" in bob
    assert [len(keys_of(emulator, name)) for name in ("ann", "bob")] == [1, 1]


def test_save_that_goes_wrong_in_no_foreseen_way(
    emulator: Emulator, rotate: Rotate, due: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody has foreseen is told with what was done until then, and the next run goes on."""

    def fail(_file: KeyringFile, _changes: object) -> None:
        raise ValueError

    with monkeypatch.context() as patch:
        patch.setattr(KeyringFile, "replace", fail)
        result = rotate()

    assert "Unexpected ValueError" in result.msg
    assert actions_of(result["users"]) == {"ann": "failed"}
    assert of_user(rotate()) == ("begun", "grace")
    assert emulator.actions().count("CreateAccessKey") == 1
    assert due in keys_of(emulator, "ann")


def test_log_that_is_lost_before_the_save(
    emulator: Emulator,
    rotate: Rotate,
    file: VaultFile,
    due: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A new key that neither file nor log comes to hold is deleted again, and that is told."""

    def fail(_file: KeyringFile, _changes: object) -> None:
        file.log.unlink()
        raise ValueError

    with monkeypatch.context() as patch:
        patch.setattr(KeyringFile, "replace", fail)
        result = rotate()

    assert "was deleted again" in result["users"][0]["error"]
    assert result["users"][0]["access_key_id"] == due
    assert list(keys_of(emulator, "ann")) == [due]
    assert of_user(rotate()) == ("begun", "grace")


@pytest.mark.parametrize("lost", ["UpdateAccessKey", "DeleteAccessKey"])
def test_lost_answers(
    emulator: Emulator, rotate: Rotate, file: VaultFile, in_grace: str, lost: str
) -> None:
    """A step whose answer got lost is found done by the next run, and counts as ours."""
    emulator.advance_clock(8 * DAY)
    if lost == "DeleteAccessKey":
        rotate()
        emulator.advance_clock(15 * DAY)
    emulator.fail(lost, "drop_after", times=9)
    result = rotate()
    emulator.clear_faults()

    repeated = rotate()

    assert result.failed
    if lost == "UpdateAccessKey":
        assert file.rotation("ann")["by"] == "evidence"
        assert of_user(repeated) == ("disabled", "disabled")
    else:
        assert in_grace not in keys_of(emulator, "ann")
        assert of_user(repeated) == ("deleted", None)


def test_lost_answer_before_a_save_that_goes_wrong(
    emulator: Emulator,
    rotate: Rotate,
    file: VaultFile,
    in_grace: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """That a step was the rotation's own is known until the file says so."""
    emulator.advance_clock(8 * DAY)
    emulator.fail("UpdateAccessKey", "drop_after", times=9)
    assert rotate().failed
    emulator.clear_faults()

    def fail(_file: KeyringFile, _changes: object) -> None:
        raise ValueError

    with monkeypatch.context() as patch:
        patch.setattr(KeyringFile, "replace", fail)
        assert rotate().failed

    result = rotate()

    assert of_user(result) == ("disabled", "disabled")
    assert status_of(emulator, in_grace) == "Inactive"
    assert file.rotation("ann")["by"] == "evidence"


def test_disabling_that_was_refused_once(
    emulator: Emulator, rotate: Rotate, file: VaultFile, in_grace: str
) -> None:
    """What was refused, and is done by hand when it is due no more, is nobody's but theirs."""
    emulator.advance_clock(8 * DAY)
    emulator.fail("UpdateAccessKey", "error", status=403, code="NoPermission")
    assert rotate().failed
    key = {"access_key_id": in_grace, "last_used": "1d"}
    emulator.set_past(users=[{"name": "ann", "access_keys": [key]}])
    assert of_user(rotate()) == ("waiting", "grace")
    set_status(emulator, "ann", in_grace, "Inactive")

    result = rotate()

    assert of_user(result) == ("disabled", "disabled")
    assert file.rotation("ann")["by"] == "hand"


def test_lost_answer_about_a_used_key(
    emulator: Emulator, rotate: Rotate, file: VaultFile, in_grace: str
) -> None:
    """A use that a disabling knew of brings the key back no more if only the answer got lost."""
    key = {"access_key_id": in_grace, "last_used": "10d"}
    emulator.advance_clock(20 * DAY)
    emulator.set_past(users=[{"name": "ann", "access_keys": [key]}])
    emulator.fail("UpdateAccessKey", "drop_after", times=9)
    assert rotate().failed
    emulator.clear_faults()

    told = [of_user(rotate()) for _run in range(2)]

    assert told == [("disabled", "disabled"), ("waiting", "disabled")]
    assert status_of(emulator, in_grace) == "Inactive"
    assert file.rotation("ann")["last_used"]


def test_lost_answer_about_a_key_that_comes_back(
    emulator: Emulator, rotate: Rotate, disabled: str
) -> None:
    """An old key that the rotation itself has activated again is not put down to somebody."""
    key = {"access_key_id": disabled, "last_used": "90m"}
    emulator.set_past(users=[{"name": "ann", "access_keys": [key]}])
    emulator.advance_clock(DAY)
    emulator.fail("UpdateAccessKey", "drop_after", times=9)
    assert rotate().failed
    emulator.clear_faults()

    result = rotate()

    assert of_user(result) == ("waiting", "grace")
    assert status_of(emulator, disabled) == "Active"
    assert not any("somebody" in warning for warning in result["warnings"])


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "throttle"},
        {"kind": "error", "status": 503, "code": "ServiceUnavailable"},
        {"kind": "garbage"},
        {"kind": "drop_before"},
    ],
    ids=lambda fault: fault["kind"],
)
def test_proof_without_an_answer(
    emulator: Emulator, rotate: Rotate, in_grace: str, fault: dict[str, t.Any]
) -> None:
    """As long as the proof of the current key gets no answer, the old one stays as it is."""
    emulator.advance_clock(8 * DAY)
    emulator.fail("GetCallerIdentity", times=9, skip=1, **fault)

    result = rotate()

    assert of_user(result) == ("waiting", "grace")
    assert "a proof of key" in result["users"][0]["waiting_for"]
    assert status_of(emulator, in_grace) == "Active"
    emulator.clear_faults()
    assert of_user(rotate()) == ("disabled", "disabled")


def test_current_key_that_does_not_sign(emulator: Emulator, rotate: Rotate, in_grace: str) -> None:
    """A current key that is refused blocks, and the way back is named."""
    emulator.advance_clock(8 * DAY)
    emulator.fail(
        "GetCallerIdentity", "error", times=9, skip=1, status=400, code="SignatureDoesNotMatch"
    )

    result = rotate()

    assert of_user(result) == ("blocked", "grace")
    assert any("mode: rollback" in warning for warning in result["warnings"])
    assert status_of(emulator, in_grace) == "Active"


def test_current_key_that_one_server_does_not_know(
    emulator: Emulator, rotate: Rotate, in_grace: str
) -> None:
    """A current key that one server of many does not know is asked for once more."""
    emulator.advance_clock(8 * DAY)
    emulator.fail("GetCallerIdentity", "error", skip=1, **UNKNOWN_KEY)

    result = rotate()

    assert of_user(result) == ("disabled", "disabled")
    assert status_of(emulator, in_grace) == "Inactive"


def test_current_pair_without_a_secret(
    emulator: Emulator, rotate: Rotate, file: VaultFile, in_grace: str
) -> None:
    """As long as the entry has no secret of its current key, the old key stays."""
    secret = file.entries()["ann"]["access_key_secret"]
    file.write(file.text().replace(f'    access_key_secret: "{secret}"\n', "", 1))
    emulator.advance_clock(8 * DAY)

    result = rotate()

    assert secret not in file.text()
    assert of_user(result) == ("blocked", "grace")
    assert status_of(emulator, in_grace) == "Active"


@pytest.mark.parametrize("date", ["0", "soon", "2999-01-01T00:00:00Z", ["2026-01-01"], 0, {}])
def test_last_use_that_makes_no_sense(
    emulator: Emulator,
    rotate: Rotate,
    in_grace: str,
    monkeypatch: pytest.MonkeyPatch,
    date: t.Any,
) -> None:
    """A last use that can't be read is not "unused", with mode: finish neither."""
    emulator.advance_clock(8 * DAY)
    monkeypatch.setattr(access_keys, "NEVER", date)

    results = [rotate(mode=mode) for mode in ("due", "finish")]

    assert [of_user(result) for result in results] == [("waiting", "grace")] * 2
    assert "unknown" in results[0]["users"][0]["waiting_for"]
    assert status_of(emulator, in_grace) == "Active"


@pytest.mark.parametrize("date", [None, "", "-", "N/A"])
def test_key_that_was_never_used(
    emulator: Emulator,
    rotate: Rotate,
    in_grace: str,
    monkeypatch: pytest.MonkeyPatch,
    date: str | None,
) -> None:
    """A key without a date of its last use was never used, and is disabled after its grace."""
    emulator.advance_clock(8 * DAY)
    monkeypatch.setattr(access_keys, "NEVER", date)

    assert of_user(rotate()) == ("disabled", "disabled")
    assert status_of(emulator, in_grace) == "Inactive"


def test_last_use_that_is_refused(emulator: Emulator, run: Run, rotate: Rotate) -> None:
    """Without the permission a user waits, is overdue in the end, and keeps nobody else waiting."""
    add_users(emulator, "ann", "bob")
    assert not run(users=["ann", "bob"]).failed
    emulator.advance_clock(80 * DAY)
    assert not rotate().failed
    emulator.advance_clock(40 * DAY)
    emulator.fail("GetAccessKeyLastUsed", "error", times=2, status=403, code="NoPermission")
    result = rotate(users=["ann"])
    emulator.clear_faults()

    [user] = result["users"]
    assert (user["action"], user["overdue"]) == ("waiting", True)
    assert "ram:GetAccessKeyLastUsed" in user["waiting_for"]
    assert {user["action"] for user in rotate()["users"]} == {"disabled"}


def test_use_puts_the_grace_off(
    emulator: Emulator, rotate: Rotate, file: VaultFile, in_grace: str, connection: dict[str, t.Any]
) -> None:
    """A key that is in use is not disabled before it has been quiet, two hours of lag included."""
    pair = {"access_key_id": in_grace, "access_key_secret": keys_of(emulator, "ann")[in_grace]}
    emulator.advance_clock(6 * DAY)
    assert make_client({**connection, **pair}).identity.access_key_id == in_grace
    told = []
    for days in (2, 5, 0.05, 0.05):
        emulator.advance_clock(days * DAY)
        told.append(of_user(rotate()))

    assert told == [("waiting", "grace")] * 3 + [("disabled", "disabled")]
    assert file.rotation("ann")["last_used"]


def test_use_that_shows_late(
    emulator: Emulator, rotate: Rotate, disabled: str, file: VaultFile
) -> None:
    """A use that only shows once the key is disabled brings it back; until then that is due."""
    key = {"access_key_id": disabled, "last_used": "90m"}
    emulator.set_past(users=[{"name": "ann", "access_keys": [key]}])
    emulator.advance_clock(DAY)
    emulator.fail("UpdateAccessKey", "error", status=403, code="NoPermission")

    failed = rotate()
    result = rotate()

    assert "NoPermission" in failed.msg
    assert of_user(result) == ("waiting", "grace")
    assert status_of(emulator, disabled) == "Active"
    for told in (failed, result):
        assert any("so it is to be active again" in warning for warning in told["warnings"])
    assert file.rotation("ann")["stage"] == "grace"
    assert not rotate().changed


def test_interventions(emulator: Emulator, rotate: Rotate, file: VaultFile, in_grace: str) -> None:
    """What people do to the old key is followed: disabled, active again, deleted."""
    told = []
    for status in ("Inactive", "Active"):
        set_status(emulator, "ann", in_grace, status)
        told.append((of_user(rotate()), file.rotation("ann").get("by")))
    delete_key(emulator, "ann", in_grace)
    told.append((of_user(rotate()), None))

    assert told == [
        (("disabled", "disabled"), "hand"),
        (("waiting", "grace"), None),
        (("deleted", None), None),
    ]
    assert "previous" not in file.entries()["ann"]


def test_calendar(
    emulator: Emulator, rotate: Rotate, due: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """In check mode each user is told with what comes next; else only those that move or wait."""
    emulator.advance_clock(-20 * DAY)
    capfd.readouterr()
    rotate()
    quiet = capfd.readouterr().out
    rotate(check=True)
    calendar = capfd.readouterr().out
    emulator.advance_clock(20 * DAY)
    rotate()

    assert due
    assert quiet == ""
    assert re.fullmatch(r"ann: unchanged; next: begin at [-0-9]+ [0-9:]+ UTC\n", calendar)
    assert re.match(r"ann: begun; next: disable at [-0-9]+ [0-9:]+ UTC\n", capfd.readouterr().out)


def test_lines_of_a_run_that_did_nothing(
    rotate: Rotate, file: VaultFile, due: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Of what a task that is refused as a whole would have done, no line tells."""
    file.path.with_name(f".{file.path.name}.tmp").mkdir()
    capfd.readouterr()

    result = rotate()

    assert "Cannot replace" in result.msg
    assert due == file.entries()["ann"]["access_key_id"]
    assert capfd.readouterr().out == ""


def test_what_people_add(
    emulator: Emulator, rotate: Rotate, file: VaultFile, in_grace: str
) -> None:
    """What people write into an entry, its rotation included, is there in the end, and no harm."""
    text = file.text().replace(
        "    rotation:\n", "    rotation:\n      ticket: OPS-1 # see there\n"
    )
    file.write(text.replace("    previous:\n", "    # the old one\n    previous:\n"))
    told = []
    for days in (8, 15, 1):
        emulator.advance_clock(days * DAY)
        told.append(of_user(rotate()))

    assert told == [("disabled", "disabled"), ("deleted", None), ("unchanged", None)]
    assert list(keys_of(emulator, "ann")) != [in_grace]
    assert "      ticket: OPS-1 # see there\n" in file.text()


def test_young_key_that_was_never_used(emulator: Emulator, run: Run, rotate: Rotate) -> None:
    """Of a key that is an hour old nobody can say for hours that it is not used."""
    add_users(emulator, "ann")
    run(name="ann", verify="none")
    emulator.advance_clock(3_600)
    short = {"name": "ann", "mode": "now", "grace": "1h", "quiet": "3h"}
    told = [of_user(rotate(**short))]
    for _run in range(4):
        emulator.advance_clock(3_600 - 60)
        told.append(of_user(rotate(**short)))
    emulator.advance_clock(600)

    assert told == [("begun", "grace"), *[("waiting", "grace")] * 4]
    assert of_user(rotate(**short)) == ("disabled", "disabled")

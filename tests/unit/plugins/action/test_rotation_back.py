# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ways of ram_rotation other than forward: back to the old key, and away from a leaked one."""

from __future__ import annotations

import errno
import os
import typing as t
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.errors import RamError
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring import (
    looks,
    verification,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring.hands import RealHands
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file import (
    durable,
    locks,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file.file import (
    KeyringFile,
)

from ..conftest import writing_actions
from .conftest import (
    DAY,
    VaultFile,
    actions_of,
    add_key,
    add_users,
    keys_of,
    of_user,
    set_status,
    status_of,
    wait_for,
)

if t.TYPE_CHECKING:
    from pathlib import Path

    from emulator import Emulator

    from .conftest import Rotate, Run

LEAKED = {"name": "ann", "mode": "emergency"}


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no time between two looks, and little for keys that never sign."""
    monkeypatch.setattr(looks, "LOOKS_APART", 0.05)
    monkeypatch.setattr(verification, "NEW_KEY_PATIENCE", 0.3)


def rotation_of(file: VaultFile) -> dict[str, str]:
    """Return what the entry of ann says of its rotation."""
    entry: dict[str, t.Any] = file.entries()["ann"]
    return dict(entry.get("rotation", {}))


def current_of(file: VaultFile) -> str:
    """Return the id of ann's current key in the file."""
    return file.entries()["ann"]["access_key_id"]


def pair_of(file: VaultFile) -> dict[str, str]:
    """Return the connection options with which ann's current pair in the file signs."""
    entry = file.entries()["ann"]
    return {name: entry[name] for name in ("access_key_id", "access_key_secret")}


def administrate(emulator: Emulator, name: str) -> None:
    """Let a user administer all users."""
    policy = {"PolicyName": "AliyunRAMFullAccess", "PolicyType": "System"}
    emulator.call("AttachPolicyToUser", UserName=name, **policy)


def refuse_new_keys(emulator: Emulator) -> None:
    """Let no key but that of the run sign."""
    code = "InvalidAccessKeyId.NotFound"
    emulator.fail("GetCallerIdentity", "error", times=9, skip=1, status=404, code=code)


@pytest.mark.parametrize("stage", ["in_grace", "disabled"])
def test_rollback(
    emulator: Emulator,
    rotate: Rotate,
    file: VaultFile,
    request: pytest.FixtureRequest,
    stage: str,
) -> None:
    """The old pair is the current one again, once it has signed; both keys stay, nothing moves."""
    old = request.getfixturevalue(stage)
    [new] = keys_of(emulator, "ann").keys() - {old}
    predicted = rotate(name="ann", mode="rollback", check=True)

    result = rotate(name="ann", mode="rollback")

    assert of_user(predicted) == of_user(result) == ("rolled_back", "rolled_back")
    entry: dict[str, t.Any] = file.entries()["ann"]
    assert (entry["access_key_id"], entry["previous"]["access_key_id"]) == (old, new)
    pairs = {
        part["access_key_id"]: part["access_key_secret"] for part in (entry, entry["previous"])
    }
    assert pairs == keys_of(emulator, "ann")
    assert {status_of(emulator, key) for key in (old, new)} == {"Active"}
    emulator.advance_clock(60 * DAY)
    assert of_user(rotate()) == ("waiting", "rolled_back")
    assert rotate(task="ram_keyring", name="ann")["users"][0]["action"] == "unchanged"
    again = rotate(name="ann", mode="rollback")
    assert "rolled back already" in again.msg


def test_on_again_after_a_rollback(
    emulator: Emulator, rotate: Rotate, file: VaultFile, in_grace: str
) -> None:
    """After a rollback, now switches again with a grace of its own."""
    rotate(name="ann", mode="rollback")
    assert current_of(file) == in_grace
    emulator.advance_clock(DAY)

    result = rotate(name="ann", mode="now")

    assert of_user(result) == ("begun", "grace")
    assert current_of(file) != in_grace
    emulator.advance_clock(6 * DAY)
    assert of_user(rotate()) == ("waiting", "grace")
    emulator.advance_clock(2 * DAY)
    assert of_user(rotate()) == ("disabled", "disabled")


def test_finish_after_a_rollback(
    emulator: Emulator, rotate: Rotate, file: VaultFile, in_grace: str
) -> None:
    """After a rollback, finish gives the other key up, a step and its evidence at a time."""
    rotate(name="ann", mode="rollback")
    emulator.advance_clock(8 * DAY)
    told = [of_user(rotate(mode="finish")) for _time in range(2)]

    assert told == [("disabled", "disabled"), ("deleted", None)]
    assert list(keys_of(emulator, "ann")) == [in_grace]
    assert "previous" not in file.entries()["ann"]


@pytest.mark.parametrize("check", [False, True])
def test_rollback_to_an_active_key_that_does_not_sign(
    emulator: Emulator, rotate: Rotate, file: VaultFile, in_grace: str, *, check: bool
) -> None:
    """If an old key that is Active does not sign, it stays as it is; check mode foretells that."""
    before = file.path.read_bytes()
    refuse_new_keys(emulator)

    result = rotate(name="ann", mode="rollback", check=check)

    assert f"Key {in_grace} of user ann can't be proven" in result.msg
    assert file.path.read_bytes() == before
    assert status_of(emulator, in_grace) == "Active"


def test_rollback_whose_key_stays_active(
    emulator: Emulator, rotate: Rotate, file: VaultFile, disabled: str
) -> None:
    """A key that was activated for nothing and can't be disabled again is told, and followed."""
    refuse_new_keys(emulator)
    emulator.fail("UpdateAccessKey", "error", skip=1, status=403, code="NoPermission")

    result = rotate(name="ann", mode="rollback")

    assert "It is Active now" in result.msg
    last = file.log.read_text().splitlines()[-1]
    assert f'"access_key_id": "{disabled}", "step": "disable"' in last
    emulator.clear_faults()
    assert of_user(rotate()) == ("waiting", "grace")


def test_rollback_without_a_way_back(
    emulator: Emulator, rotate: Rotate, file: VaultFile, disabled: str
) -> None:
    """If the old key does not sign, nothing changes: it is Inactive, and the entry as it was."""
    before = file.path.read_bytes()
    refuse_new_keys(emulator)

    result = rotate(name="ann", mode="rollback")

    assert f"Key {disabled} of user ann can't be proven" in result.msg
    assert file.path.read_bytes() == before
    assert status_of(emulator, disabled) == "Inactive"
    emulator.clear_faults()
    assert of_user(rotate()) == ("waiting", "disabled")


def test_rollback_to_a_key_that_wakes_up(
    emulator: Emulator, rotate: Rotate, file: VaultFile, disabled: str
) -> None:
    """An old key that still counts as Inactive right after it was activated is given time."""
    code = "InvalidAccessKeyId.Inactive"
    emulator.fail("GetCallerIdentity", "error", skip=1, status=403, code=code)

    result = rotate(name="ann", mode="rollback")

    assert of_user(result) == ("rolled_back", "rolled_back")
    assert current_of(file) == disabled


def test_rollback_at_rest(rotate: Rotate, due: str) -> None:
    """With nothing under way there is nothing to roll back, which is told."""
    result = rotate(name="ann", mode="rollback")

    assert due
    assert "nothing to roll back" in result.msg
    assert result["users"][0]["action"] == "failed"


def test_rollback_seen_from_a_clone(
    emulator: Emulator, rotate: Rotate, tmp_path: Path, file: VaultFile, in_grace: str
) -> None:
    """Whoever gets the file without the log goes on with the rotation, and back."""
    clone = VaultFile(tmp_path / "clone.yml", "file")
    clone.path.write_bytes(file.path.read_bytes())
    file.path.unlink()
    file.log.unlink()

    result = rotate(file="clone.yml", name="ann", mode="rollback")

    assert of_user(result) == ("rolled_back", "rolled_back")
    assert current_of(clone) == in_grace
    assert status_of(emulator, in_grace) == "Active"


@pytest.mark.parametrize("leaked", ["current", "id"])
def test_current_key_has_leaked(
    emulator: Emulator, rotate: Rotate, file: VaultFile, due: str, leaked: str
) -> None:
    """In one run a leaked current key gets a successor that signs, and is disabled."""
    options = {**LEAKED, "leaked": due if leaked == "id" else leaked}
    predicted = rotate(**options, check=True)

    result = rotate(**options)

    assert of_user(predicted) == of_user(result) == ("disabled", "disabled")
    assert status_of(emulator, due) == "Inactive"
    assert rotation_of(file)["by"] == "emergency"
    assert keys_of(emulator, "ann")[current_of(file)] == file.entries()["ann"]["access_key_secret"]
    if leaked == "id":
        assert of_user(rotate(**options)) == ("unchanged", "disabled")
    emulator.advance_clock(15 * DAY)
    assert of_user(rotate()) == ("deleted", None)


@pytest.mark.parametrize("stage", ["in_grace", "disabled"])
def test_old_key_has_leaked(
    emulator: Emulator, rotate: Rotate, file: VaultFile, request: pytest.FixtureRequest, stage: str
) -> None:
    """A leaked old key is disabled at once, and no key is made; hold does not apply."""
    old = request.getfixturevalue(stage)
    emulator.clear_requests()

    result = rotate(users=[{"name": "ann", "hold": True}], mode="emergency", leaked="previous")

    assert of_user(result) == ("disabled", "disabled")
    assert status_of(emulator, old) == "Inactive"
    assert rotation_of(file)["by"] == "emergency"
    assert "CreateAccessKey" not in writing_actions(emulator)


def test_leak_while_the_old_key_signs(
    emulator: Emulator, rotate: Rotate, file: VaultFile, in_grace: str
) -> None:
    """With an old key that can sign, a leaked current one is replaced by going back to it."""
    [new] = keys_of(emulator, "ann").keys() - {in_grace}
    result = rotate(**LEAKED, leaked="current")
    rotate(name="ann", mode="rollback")
    told = rotate(**LEAKED, leaked="previous")

    assert "mode: rollback" in result.msg
    assert of_user(told) == ("disabled", "disabled")
    assert (current_of(file), status_of(emulator, new)) == (in_grace, "Inactive")


def test_leak_with_a_full_quota(
    emulator: Emulator, rotate: Rotate, file: VaultFile, disabled: str
) -> None:
    """The slot of a leaked key's successor is that of the disabled key, which is deleted."""
    leaked = current_of(file)

    result = rotate(**LEAKED, leaked="current")

    assert of_user(result) == ("disabled", "disabled")
    assert status_of(emulator, disabled) is None
    assert status_of(emulator, leaked) == "Inactive"
    assert set(keys_of(emulator, "ann")) == {leaked, current_of(file)}


def test_leak_beside_a_stranger(
    emulator: Emulator, rotate: Rotate, file: VaultFile, due: str
) -> None:
    """Beside a key that nobody recorded nothing is made or deleted, and what to type is told."""
    other = add_key(emulator, "ann")["AccessKeyId"]
    before = file.path.read_bytes()

    result = rotate(**LEAKED, leaked="current")

    assert f"delete key {other} with ram_access_key" in result.msg
    assert {status_of(emulator, key) for key in (due, other)} == {"Active"}
    assert file.path.read_bytes() == before


def test_leak_without_a_successor(
    emulator: Emulator, rotate: Rotate, file: VaultFile, due: str
) -> None:
    """If the new key never signs the leaked one stays, with the line that disables it by hand."""
    before = file.path.read_bytes()
    refuse_new_keys(emulator)

    result = rotate(**LEAKED, leaked="current")

    assert f"user_access_key_id={due} status=inactive" in result.msg
    assert keys_of(emulator, "ann").keys() == {due}
    assert status_of(emulator, due) == "Active"
    assert file.path.read_bytes() == before


def test_begin_after_an_emergency_that_made_no_key(
    emulator: Emulator, rotate: Rotate, file: VaultFile, due: str
) -> None:
    """Where an emergency got no new key, the next rotation is one like any other."""
    emulator.fail("CreateAccessKey", "error", status=403, code="NoPermission")
    assert rotate(**LEAKED, leaked="current").failed

    result = rotate()

    assert of_user(result) == ("begun", "grace")
    assert rotation_of(file).keys() == {"stage", "switched"}
    assert status_of(emulator, due) == "Active"


def test_leaked_key_that_stays_active(
    emulator: Emulator, rotate: Rotate, file: VaultFile, due: str
) -> None:
    """If only the disabling fails, any later run does it, whatever it was asked for."""
    emulator.fail("UpdateAccessKey", "error", times=1, status=403, code="NoPermission")

    result = rotate(**LEAKED, leaked="current")

    assert result.failed
    assert status_of(emulator, due) == "Active"
    assert rotation_of(file) == {**rotation_of(file), "stage": "grace", "by": "emergency"}
    assert of_user(rotate()) == ("disabled", "disabled")
    assert status_of(emulator, due) == "Inactive"


def test_leaked_key_that_signs_the_run(
    emulator: Emulator, rotate: Rotate, file: VaultFile, due: str
) -> None:
    """A leaked key that signs the run gets a successor, and is disabled by a run that it isn't."""
    administrate(emulator, "ann")
    old = pair_of(file)

    result = rotate(**LEAKED, leaked="current", **old)
    repeated = rotate(**old)

    assert of_user(result) == ("begun", "grace")
    assert "switch to the current pair" in result["users"][0]["waiting_for"]
    assert of_user(repeated) == ("waiting", "grace")
    assert of_user(rotate(**pair_of(file))) == ("disabled", "disabled")
    assert status_of(emulator, due) == "Inactive"


@pytest.mark.parametrize("options", [{}, {"mode": "emergency", "leaked": "current"}])
def test_step_that_may_not_last(
    emulator: Emulator,
    rotate: Rotate,
    due: str,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, str],
) -> None:
    """A file that is in place, and not known to last, is a step that failed."""
    sync = durable.sync_directory

    def fail_once_there_is_a_key(directory: Path) -> None:
        if len(keys_of(emulator, "ann")) > 1:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        sync(directory)

    monkeypatch.setattr(locks, "sync_directory", fail_once_there_is_a_key)

    result = rotate(name="ann", **options)

    [user] = result["users"]
    assert result.failed
    assert (user["action"], user["stage"]) == ("failed", "grace")
    assert status_of(emulator, due) == "Active"


def test_new_key_that_may_be_in_the_file(
    emulator: Emulator,
    rotate: Rotate,
    file: VaultFile,
    due: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A begin is not undone while nobody can tell whether the file has the new key."""
    sync, read = durable.sync_directory, locks.HeldFile.read
    failed: list[Path] = []

    def fail_to_sync(directory: Path) -> None:
        if len(keys_of(emulator, "ann")) > 1:
            failed.append(directory)
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        sync(directory)

    def fail_to_read(held: locks.HeldFile) -> bytes:
        if failed:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return read(held)

    with monkeypatch.context() as patch:
        patch.setattr(locks, "sync_directory", fail_to_sync)
        patch.setattr(locks.HeldFile, "read", fail_to_read)
        result = rotate()

    assert result.failed
    assert actions_of(result["users"]) == {"ann": "failed"}
    assert keys_of(emulator, "ann").keys() == {due, current_of(file)}
    assert of_user(rotate()) == ("waiting", "grace")


def test_new_keys_that_break_their_undoing(
    emulator: Emulator, run: Run, rotate: Rotate, file: VaultFile, due: str
) -> None:
    """Where begins can't be saved, all of them fail, in whatever way undoing one of them does."""
    add_users(emulator, "bob")
    run(name="bob", verify="none")
    old = {"ann": due, "bob": file.entries()["bob"]["access_key_id"]}

    def fail(_hands: RealHands, _user: str, _key_id: str) -> None:
        raise ValueError

    def fail_to_replace(_file: KeyringFile, _changes: object) -> None:
        raise RamError("Input/output error")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RealHands, "discard", fail)
        patch.setattr(KeyringFile, "replace", fail_to_replace)
        result = rotate(users=["ann", "bob"], mode="now")

    assert actions_of(result["users"]) == {"ann": "failed", "bob": "failed"}
    for user in result["users"]:
        [new] = keys_of(emulator, user["user_name"]).keys() - {old[user["user_name"]]}
        assert f"Key {new} of user {user['user_name']} must go" in user["error"]


def test_leaked_key_that_cannot_be_noted_as_disabled(
    emulator: Emulator, run: Run, rotate: Rotate, file: VaultFile, due: str
) -> None:
    """If the file can't be written again, only those fail whose last step it does not hold."""
    add_users(emulator, "bob")
    run(name="bob")
    administrate(emulator, "ann")
    users, signer = [{"name": "ann"}, {"name": "bob"}], pair_of(file)
    emulator.fail("UpdateAccessKey", "delay", when="before", ms=400)
    obstacle = file.path.with_name(".keys.yml.tmp")

    with ThreadPoolExecutor() as pool:
        running = pool.submit(rotate, users=users, mode="emergency", leaked="current", **signer)
        wait_for(lambda: not emulator.faults())
        obstacle.mkdir()
        result = running.result()
    obstacle.rmdir()

    assert due
    assert actions_of(result["users"]) == {"ann": "begun", "bob": "failed"}
    assert "Cannot replace" in str(result.msg)
    assert actions_of(rotate(**signer)["users"]) == {"ann": "waiting", "bob": "disabled"}


def test_leak_while_the_other_key_cannot_be_proven(
    emulator: Emulator, rotate: Rotate, file: VaultFile, in_grace: str
) -> None:
    """A leaked key does not stay Active because the other one can't be proven just now."""
    named = {"access_key_id": current_of(file)}
    emulator.fail("GetCallerIdentity", "error", times=9, status=503, code="Unavailable", **named)

    result = rotate(**LEAKED, leaked="previous")

    assert of_user(result) == ("disabled", "disabled")
    assert status_of(emulator, in_grace) == "Inactive"


def test_held_users(emulator: Emulator, rotate: Rotate, due: str) -> None:
    """A user on hold is left alone, whatever is due."""
    result = rotate(users=[{"name": "ann", "hold": True}])

    assert due
    assert of_user(result) == ("held", None)
    assert writing_actions(emulator) == []


@pytest.mark.parametrize("first", [{}, {"users": [{"name": "ann", "hold": True}]}])
def test_interrupted_begin_of_an_emergency(
    emulator: Emulator, start: t.Any, rotate: Rotate, file: VaultFile, due: str, *, first: t.Any
) -> None:
    """After a kill right behind the create, the next runs of any kind end what was begun."""
    for die_after in range(17, 40):
        running = start(task="ram_rotation", die_after=die_after, **LEAKED, leaked="current")
        if running.wait() or len(keys_of(emulator, "ann")) > 1:
            break

    results = [rotate(**first), *(rotate() for _run in range(2))]

    assert not any(result.failed for result in results)
    assert status_of(emulator, due) == "Inactive"
    assert rotation_of(file)["by"] == "emergency"
    assert current_of(file) in keys_of(emulator, "ann")


def test_mode_needs_users(rotate: Rotate) -> None:
    """What is done at once is done for users that are named, and an emergency names its key."""
    told = [
        rotate(mode="now").msg,
        rotate(name="ann", mode="emergency").msg,
        rotate(name="ann", leaked="current").msg,
        rotate(name="ann", mode="emergency", leaked="mine").msg,
    ]

    assert "say name or users" in told[0]
    assert told[1] == told[2] == "mode: emergency and leaked belong together: say both or neither"
    assert "current, previous or the AccessKey ID" in told[3]


def test_other_key_that_does_not_sign(
    emulator: Emulator, rotate: Rotate, file: VaultFile, in_grace: str
) -> None:
    """After a rollback nothing goes on to a key that does not sign any more."""
    [new] = keys_of(emulator, "ann").keys() - {in_grace}
    rotate(name="ann", mode="rollback")
    set_status(emulator, "ann", new, "Inactive")
    before = file.path.read_bytes()

    result = rotate(name="ann", mode="now")

    assert of_user(result) == ("blocked", "rolled_back")
    assert "nothing goes on to it" in result["users"][0]["waiting_for"]
    assert file.path.read_bytes() == before


@pytest.fixture
def set_aside(emulator: Emulator, rotate: Rotate, due: str) -> str:
    """A lost key beside the one that is due, which runs have set aside."""
    emulator.fail("CreateAccessKey", "drop_after")
    assert rotate().failed
    [lost] = keys_of(emulator, "ann").keys() - {due}
    for days in (0, 1.2):
        emulator.advance_clock(days * DAY)
        rotate()
    return lost


def test_leak_beside_a_key_set_aside(
    emulator: Emulator, rotate: Rotate, file: VaultFile, due: str, set_aside: str
) -> None:
    """A lost key that was set aside makes room at once for the successor of a leaked one."""
    assert status_of(emulator, set_aside) == "Inactive"

    result = rotate(**LEAKED, leaked="current")

    assert of_user(result) == ("disabled", "disabled")
    assert result["suspected_keys"] == []
    assert keys_of(emulator, "ann").keys() == {due, current_of(file)}
    assert status_of(emulator, due) == "Inactive"


def test_leak_beside_a_key_set_aside_and_without_a_successor(
    emulator: Emulator, rotate: Rotate, due: str, set_aside: str
) -> None:
    """That a key was deleted to make room counts as a change, whatever comes after it."""
    emulator.fail("CreateAccessKey", "error", status=403, code="NoPermission")

    result = rotate(**LEAKED, leaked="current")

    assert result.failed
    assert result.changed
    assert status_of(emulator, set_aside) is None
    assert status_of(emulator, due) == "Active"


def test_leak_beside_a_key_that_is_active_again(
    emulator: Emulator, rotate: Rotate, file: VaultFile, due: str, set_aside: str
) -> None:
    """A key that was set aside and that somebody has activated since makes room for no other."""
    set_status(emulator, "ann", set_aside, "Active")
    before = file.path.read_bytes()
    emulator.fail("GetAccessKeyLastUsed", "error", times=9, status=403, code="NoPermission")

    result = rotate(**LEAKED, leaked="current")

    assert f"delete key {set_aside} with ram_access_key" in result.msg
    assert {status_of(emulator, key) for key in (due, set_aside)} == {"Active"}
    assert file.path.read_bytes() == before


def test_leak_with_a_full_quota_and_without_a_successor(
    emulator: Emulator, rotate: Rotate, file: VaultFile, disabled: str
) -> None:
    """If a slot was freed for nothing, the file says so too, and the leaked key is named."""
    leaked = current_of(file)
    refuse_new_keys(emulator)

    result = rotate(**LEAKED, leaked="current")

    assert result.failed
    assert result.changed
    assert f"user_access_key_id={leaked} status=inactive" in result.msg
    assert list(keys_of(emulator, "ann")) == [leaked]
    assert "previous" not in file.entries()["ann"]
    assert disabled not in file.text()


@pytest.mark.parametrize(
    ("stage", "options", "step"),
    [
        ("in_grace", {"mode": "finish"}, "disable"),
        ("disabled", {"mode": "finish"}, "delete"),
        ("disabled", {"name": "ann", "mode": "rollback"}, "activate"),
        ("disabled", {**LEAKED, "leaked": "current"}, "delete"),
    ],
    ids=["disable", "delete", "rollback", "emergency"],
)
def test_step_is_noted_before_it_is_sent(
    emulator: Emulator,
    rotate: Rotate,
    file: VaultFile,
    request: pytest.FixtureRequest,
    *,
    stage: str,
    options: dict[str, t.Any],
    step: str,
) -> None:
    """Whatever happens to a request that changes the old key, the log has it before."""
    old = request.getfixturevalue(stage)
    action = "DeleteAccessKey" if step == "delete" else "UpdateAccessKey"
    emulator.fail(action, "error", status=403, code="NoPermission")

    result = rotate(**options)

    assert "NoPermission" in result.msg
    assert f'"access_key_id": "{old}", "step": "{step}"' in file.log.read_text()

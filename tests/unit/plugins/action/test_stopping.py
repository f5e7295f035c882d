# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task does when it is asked to stop: end what is in flight, and begin nothing new."""

from __future__ import annotations

import signal
import time
import typing as t

import pytest

from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring import (
    looks,
    verification,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file.locks import (
    locked_files,
)

from .conftest import (
    DAY,
    add_key,
    add_users,
    delete_key,
    keys_of,
    of_user,
    status_of,
    stored_keys,
    wait_for,
)

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from emulator import Emulator

    from ..conftest import Result
    from .conftest import Rotate, Run, Running, Start, VaultFile

NAMES = ["ann", "bob", "cid", "dan", "eve", "fay"]
REQUESTS = {
    signal.SIGINT: "stopped by Ctrl-C (SIGINT)",
    signal.SIGTERM: "stopped by SIGTERM",
    signal.SIGHUP: "stopped by SIGHUP",
    signal.SIGALRM: "stopped by the task's timeout",
}


def cloud_keys(emulator: Emulator) -> dict[str, dict[str, str]]:
    """Return the keys that there are: by user, secrets by id."""
    keys = {name: keys_of(emulator, name) for name in NAMES}
    return {name: found for name, found in keys.items() if found}


def stop_at(emulator: Emulator, running: Running, number: signal.Signals, times: int = 1) -> Result:
    """Ask the task to stop once every fault has struck, and return what it came to."""
    wait_for(lambda: not emulator.faults())
    for _time in range(times):
        running.signal(number)
    return running.result()


def assert_stored_or_suspected(emulator: Emulator, result: Result, file: VaultFile) -> None:
    """Check that all users got a key, and that any other key is one that may be lost."""
    assert not result.failed, result.msg
    stored, suspected = stored_keys(file), result["suspected_keys"]
    assert stored.keys() == set(NAMES)
    for name, keys in cloud_keys(emulator).items():
        lost = {each["access_key_id"] for each in suspected if each["user_name"] == name}
        assert keys.keys() == stored[name].keys() | lost


@pytest.mark.parametrize("number", REQUESTS, ids=lambda number: number.name)
def test_keys_in_flight_are_saved(
    emulator: Emulator, start: Start, run: Run, any_file: VaultFile, number: signal.Signals
) -> None:
    """Asked once or often, a run saves the keys in flight, creates no other, and says why."""
    add_users(emulator, *NAMES)
    emulator.fail("CreateAccessKey", "delay", ms=500, times=2)
    options = {"users": NAMES, "layout": any_file.layout}

    result = stop_at(emulator, start(**options, concurrency=2), number, times=3)

    saved = cloud_keys(emulator)
    assert result.failed
    assert REQUESTS[number] in result.msg
    assert emulator.actions().count("CreateAccessKey") == len(saved) == 2
    assert stored_keys(any_file) == saved
    assert not run(**options).failed
    assert stored_keys(any_file) == {**cloud_keys(emulator), **saved}


def test_create_without_an_answer_is_left_to_the_next_run(
    emulator: Emulator, start: Start, run: Run, file: VaultFile
) -> None:
    """Nothing waits to find out what a lost answer did: the log tells the next run to."""
    add_users(emulator, *NAMES)
    emulator.fail("CreateAccessKey", "drop_after", times=2)

    result = stop_at(emulator, start(users=NAMES, concurrency=2, read_timeout=20), signal.SIGTERM)

    assert any("the next runs look for it" in user["error"] for user in result["users"])
    assert file.log.exists()
    assert_stored_or_suspected(emulator, run(users=NAMES), file)


def test_create_that_hangs_is_left_to_the_next_run(
    emulator: Emulator, start: Start, run: Run, file: VaultFile
) -> None:
    """A request that outlasts its time is no reason to stay; the keys that arrived are kept."""
    add_users(emulator, *NAMES)
    emulator.fail("CreateAccessKey", "delay", ms=3000, when="after", times=2)
    hanging = start(users=NAMES, concurrency=3, read_timeout=60, grace=0.5)

    result = stop_at(emulator, hanging, signal.SIGTERM)

    assert "requests were still unanswered; run again to settle them" in result.msg
    assert file.log.exists()
    assert_stored_or_suspected(emulator, run(users=NAMES), file)


def test_keys_that_nothing_holds_when_time_is_up_are_named(
    emulator: Emulator, start: Start, file: VaultFile
) -> None:
    """If the log is lost and no time is left, keys are named, and who may have got another."""
    add_users(emulator, "ann", "bob")
    emulator.fail("CreateAccessKey", "delay", ms=3000, when="after", skip=1)
    hanging = start(users=["ann", "bob"], concurrency=1, read_timeout=60, grace=0.5)
    wait_for(lambda: bool(keys_of(emulator, "bob")))
    file.log.unlink()

    result = stop_at(emulator, hanging, signal.SIGTERM)

    [lost] = keys_of(emulator, "ann")
    first, second = [user["error"] for user in result["users"]]
    assert [user["action"] for user in result["users"]] == ["failed", "failed"]
    assert f"Key {lost} is of no use and must go" in first
    assert "stopped by SIGTERM" in first
    assert "look at the keys of user bob" in second
    assert not file.path.exists()


def test_throttling_is_not_waited_for(emulator: Emulator, start: Start, file: VaultFile) -> None:
    """A run that the cloud holds back stops at once."""
    add_users(emulator, "ann")
    emulator.fail("CreateAccessKey", "throttle", retry_after_ms=60_000)

    result = stop_at(emulator, start(name="ann", max_attempts=9), signal.SIGTERM)

    assert "stopped by SIGTERM" in result.msg
    assert emulator.actions().count("CreateAccessKey") == 1
    assert not file.log.exists()


def test_keys_are_not_described_to_the_end(emulator: Emulator, start: Start) -> None:
    """What a message tells of many keys is found out side by side, and not if a run is to stop."""
    add_users(emulator, *NAMES)
    for name in NAMES * 2:
        add_key(emulator, name)
    emulator.fail("GetAccessKeyLastUsed", "delay", ms=300, times=3)
    emulator.clear_requests()

    result = stop_at(emulator, start(users=NAMES, concurrency=3), signal.SIGTERM)

    assert "stopped by SIGTERM" in result.msg
    assert emulator.actions().count("GetAccessKeyLastUsed") <= 2 * 3


def test_last_uses_are_not_waited_for(emulator: Emulator, start: Start) -> None:
    """A run that the cloud holds back from telling of keys says that it was stopped, and ends."""
    add_users(emulator, "ann")
    for _key in range(2):
        add_key(emulator, "ann")
    emulator.fail("GetAccessKeyLastUsed", "throttle", retry_after_ms=60_000)

    result = stop_at(emulator, start(name="ann", max_attempts=9), signal.SIGTERM)

    assert result.msg == "stopped by SIGTERM; run again for the rest"


def test_lock_is_not_waited_for(emulator: Emulator, start: Start, file: VaultFile) -> None:
    """A run that another one keeps waiting stops at once."""
    add_users(emulator, "ann")

    with locked_files([file.path], 0):
        waiting = start(name="ann", lock_timeout=60)
        wait_for(lambda: "GetCallerIdentity" in emulator.actions())
        result = stop_at(emulator, waiting, signal.SIGTERM)

    assert "stopped by SIGTERM" in result.msg
    assert keys_of(emulator, "ann") == {}


def test_key_that_does_not_sign_yet_is_not_waited_for(
    emulator: Emulator, start: Start, file: VaultFile
) -> None:
    """A new key that could not be verified in time is stored, and named."""
    add_users(emulator, "ann")
    unknown = {"code": "InvalidAccessKeyId.NotFound", "status": 404}
    emulator.fail("GetCallerIdentity", "error", skip=1, times=3, **unknown)
    verifying = start(name="ann")
    wait_for(lambda: len(emulator.faults()) == 1 and emulator.faults()[0]["times"] < 3)
    emulator.fail("GetCallerIdentity", "error", times=1000, **unknown)

    verifying.signal(signal.SIGTERM)
    result = verifying.result()

    key_id = next(iter(keys_of(emulator, "ann")))
    assert f"Key {key_id} is stored, but not verified: stopped by SIGTERM" in result.msg
    assert stored_keys(file) == {"ann": keys_of(emulator, "ann")}


def stop_held_back(emulator: Emulator, action: str, begin: Callable[[], Running]) -> Result:
    """Ask a task to stop while it waits for a minute to send an action again."""
    # The first one asks who calls.
    skip = 1 if action == "GetCallerIdentity" else 0
    emulator.fail(action, "throttle", retry_after_ms=60_000, skip=skip)
    running = begin()
    wait_for(lambda: not emulator.faults())
    # Until it has read the answer.
    time.sleep(0.5)
    running.signal(signal.SIGTERM)
    return running.result()


@pytest.mark.parametrize(
    "action", ["GetAccessKeyLastUsed", "GetAccessKeyPolicy", "GetCallerIdentity"]
)
def test_begin_of_a_rotation_is_left_to_the_next_run(
    emulator: Emulator, start: Start, rotate: Rotate, due: str, action: str
) -> None:
    """Stopped before a rotation, or with its key in the log, a run sends nothing more."""
    result = stop_held_back(emulator, action, lambda: start(task="ram_rotation"))

    sent = emulator.actions()
    assert "stopped by SIGTERM" in result.msg
    assert "network_policy" not in result.msg
    assert sent[-1] == action
    assert of_user(rotate()) == ("begun", "grace")
    assert emulator.actions().count("CreateAccessKey") == 1
    assert due in keys_of(emulator, "ann")


@pytest.mark.parametrize("action", ["GetAccessKeyLastUsed", "GetCallerIdentity"])
def test_rotation_is_left_to_the_next_run(
    emulator: Emulator, start: Start, rotate: Rotate, in_grace: str, action: str
) -> None:
    """Stopped while it waits for evidence or a proof, a run says so, and nothing is disabled."""
    emulator.advance_clock(8 * DAY)

    result = stop_held_back(emulator, action, lambda: start(task="ram_rotation"))

    assert "stopped by SIGTERM" in result.msg
    assert status_of(emulator, in_grace) == "Active"
    assert of_user(rotate()) == ("disabled", "disabled")


def test_begin_after_an_emergency_that_failed(
    emulator: Emulator,
    start: Start,
    rotate: Rotate,
    file: VaultFile,
    due: str,
    *,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A key that was to be disabled at once, and was not, gets its grace when it is rotated."""
    monkeypatch.setattr(verification, "NEW_KEY_PATIENCE", 0.3)
    refused = {"status": 404, "code": "InvalidAccessKeyId.NotFound"}
    emulator.fail("GetCallerIdentity", "error", times=9, skip=1, **refused)
    assert rotate(name="ann", mode="emergency", leaked="current").failed
    emulator.clear_faults()
    now = {"task": "ram_rotation", "name": "ann", "mode": "now"}
    assert stop_held_back(emulator, "GetCallerIdentity", lambda: start(**now)).failed

    result = rotate()

    assert of_user(result) == ("begun", "grace")
    assert file.rotation("ann").keys() == {"stage", "switched"}
    assert of_user(rotate()) == ("waiting", "grace")
    assert status_of(emulator, due) == "Active"


def test_emergency_that_is_stopped(
    emulator: Emulator, start: Start, rotate: Rotate, due: str
) -> None:
    """A leaked key counts as disabled only where the run lived to see that."""
    emulator.fail("UpdateAccessKey", "delay", when="before", ms=3_000)
    leaked = {"task": "ram_rotation", "name": "ann", "mode": "emergency", "leaked": "current"}

    result = stop_at(emulator, start(grace=0.3, **leaked), signal.SIGTERM)

    [user] = result["users"]
    assert user["action"] == "failed"
    assert "stopped by SIGTERM" in user["error"]
    assert of_user(rotate()) == ("disabled", "disabled")
    assert status_of(emulator, due) == "Inactive"


def test_leak_of_a_key_whose_successor_is_there(
    emulator: Emulator, start: Start, rotate: Rotate, file: VaultFile, due: str
) -> None:
    """A key that a rotation was begun with takes the place of a leaked one; no other is made."""
    assert stop_held_back(emulator, "GetCallerIdentity", lambda: start(task="ram_rotation")).failed
    [new] = keys_of(emulator, "ann").keys() - {due}

    result = rotate(name="ann", mode="emergency", leaked="current")

    assert of_user(result) == ("disabled", "disabled")
    assert file.entries()["ann"]["access_key_id"] == new
    assert status_of(emulator, due) == "Inactive"
    assert emulator.actions().count("CreateAccessKey") == 1


def test_begin_whose_old_key_is_gone(
    emulator: Emulator,
    start: Start,
    rotate: Rotate,
    file: VaultFile,
    due: str,
    *,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If somebody deletes the old key of a begin that was stopped, only the new one is left."""
    monkeypatch.setattr(looks, "LOOKS_APART", 0.05)
    assert stop_held_back(emulator, "GetCallerIdentity", lambda: start(task="ram_rotation")).failed
    delete_key(emulator, "ann", due)

    result = rotate()

    assert of_user(result) == ("begun", None)
    assert stored_keys(file) == {"ann": keys_of(emulator, "ann")}
    assert "previous" not in file.entries()["ann"]


def test_begin_whose_file_is_gone(
    emulator: Emulator, start: Start, rotate: Rotate, file: VaultFile, due: str
) -> None:
    """A key that was begun with and is in the log only comes into a new file, too."""
    assert stop_held_back(emulator, "GetCallerIdentity", lambda: start(task="ram_rotation")).failed
    file.path.unlink()

    result = rotate(name="ann")

    [new] = keys_of(emulator, "ann").keys() - {due}
    assert of_user(result) == ("begun", None)
    assert stored_keys(file) == {"ann": {new: keys_of(emulator, "ann")[new]}}

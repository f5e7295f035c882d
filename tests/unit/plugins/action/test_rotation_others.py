# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ram_rotation among others: people, clones, other files, network policies, and its own signer."""

from __future__ import annotations

import json
import subprocess
import typing as t
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.errors import RamError
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.access_key import (
    find_keys,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring import (
    looks,
    verification,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._pairs.sink import HandOut
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._rotation import steps
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file.file import (
    KeyringFile,
)

from ..conftest import make_client, make_role, sign_in, writing_actions
from ..keyring_task import VAULT_PASSWORD
from .conftest import (
    DAY,
    Secrets,
    VaultFile,
    actions_of,
    add_key,
    add_users,
    delete_key,
    keys_of,
    of_user,
    set_status,
    status_of,
    stored_keys,
    wait_for,
)

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.client import Client
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.access_key import (
        AccessKey,
    )
    from emulator import Emulator

    from .conftest import Rotate, Run, Start

OFFICE = {
    "Status": "Active",
    "Statements": [{"Type": "ClassicWhiteList", "IPList": ["10.0.0.0/8"]}],
}
AT_HOME = {
    "Status": "Active",
    "Statements": [{"Type": "ClassicWhiteList", "IPList": ["127.0.0.1"]}],
}


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no time between two looks, and little for keys that never sign."""
    monkeypatch.setattr(looks, "LOOKS_APART", 0.05)
    monkeypatch.setattr(verification, "NEW_KEY_PATIENCE", 0.3)


@pytest.fixture
def several(emulator: Emulator, run: Run, file: VaultFile) -> list[str]:
    """Create users ann, bob and cat, whose keys in the file are due; those of cat the longest."""
    add_users(emulator, "ann", "bob", "cat")
    for name in ("cat", "bob", "ann"):
        assert not run(name=name).failed
        emulator.advance_clock(DAY)
    emulator.advance_clock(80 * DAY)
    emulator.clear_requests()
    return list(file.entries())


def principal(emulator: Emulator, name: str) -> str:
    """Return how IMS calls a user."""
    domain = emulator.call("GetDefaultDomain")["DefaultDomainName"]
    return f"{name}@{domain}"


def set_policy(emulator: Emulator, key_id: str, policy: dict[str, t.Any]) -> None:
    """Give a key of ann a network policy."""
    named = {"UserPrincipalName": principal(emulator, "ann"), "UserAccessKeyId": key_id}
    emulator.call("SetAccessKeyPolicy", AccessKeyPolicy=json.dumps(policy), **named)


def policy_of(emulator: Emulator, key_id: str) -> dict[str, t.Any]:
    """Return the network policy of a key of ann."""
    named = {"UserPrincipalName": principal(emulator, "ann"), "UserAccessKeyId": key_id}
    policy: dict[str, t.Any] = json.loads(
        emulator.call("GetAccessKeyPolicy", **named)["AccessKeyPolicy"]
    )
    policy.pop("Version", None)
    return policy


@contextmanager
def meanwhile(
    emulator: Emulator, connection: dict[str, t.Any], key_id: str, change: Callable[[], None]
) -> Iterator[None]:
    """Let somebody change something while the proof by a key is in flight."""
    emulator.clear_requests()
    only = {"access_key_id": key_id}
    emulator.fail("GetCallerIdentity", "gather", requests=2, ms=30_000, **only)

    def change_and_let_go() -> None:
        wait_for(lambda: not emulator.faults())
        change()
        # With a second request in flight the first one is answered.
        assert make_client(connection).identity

    with ThreadPoolExecutor() as pool:
        changing = pool.submit(change_and_let_go)
        yield
        changing.result()


def blocked(result: t.Any) -> str:
    """Return why the only user of a task is blocked."""
    [user] = result["users"]
    assert user["action"] == "blocked", user
    assert any(user["waiting_for"] in warning for warning in result["warnings"])
    return str(user["waiting_for"])


def test_second_key_nobody_recorded(emulator: Emulator, rotate: Rotate, due: str) -> None:
    """A second key that is in no record blocks, with what helps to decide about it."""
    other = add_key(emulator, "ann")["AccessKeyId"]

    why = blocked(rotate())

    assert f"key {other} is in no record: delete it with ram_access_key" in why
    assert f"{other} (Active, 0 days old, never used)" in why
    assert set(keys_of(emulator, "ann")) == {due, other}


def test_users_that_cannot_be_told(
    emulator: Emulator, rotate: Rotate, file: VaultFile, several: list[str]
) -> None:
    """Who is gone, recreated, of another account or without ids is told, and nothing is touched."""
    delete_key(emulator, "ann", file.entries()["ann"]["access_key_id"])
    emulator.call("DeleteUser", UserName="ann")
    delete_key(emulator, "bob", file.entries()["bob"]["access_key_id"])
    emulator.call("DeleteUser", UserName="bob")
    add_users(emulator, "bob", "eve")
    file.edit("cat", user_id=None)
    file.edit("eve", access_key_id="LTAI5tFAR", access_key_secret="x", account_id="9", user_id="9")
    before = file.path.read_bytes()
    emulator.clear_requests()

    result = rotate()
    named = rotate(name="eve")

    told = {user["user_name"]: user["waiting_for"] for user in result["users"]}
    assert several
    assert "user is gone" in told["ann"]
    assert "another one has the name now" in told["bob"]
    assert "does not say which" in told["cat"]
    assert "eve" not in told
    assert "belongs to account 9" in blocked(named)
    assert writing_actions(emulator) == []
    assert file.path.read_bytes() == before


def test_renamed_user(emulator: Emulator, rotate: Rotate, file: VaultFile, in_grace: str) -> None:
    """A rotation follows its user to another name."""
    emulator.call("UpdateUser", UserName="ann", NewUserName="anna")
    emulator.advance_clock(8 * DAY)

    result = rotate()

    assert of_user(result) == ("disabled", "disabled")
    assert result["users"][0]["user_name"] == "anna"
    assert list(file.entries()) == ["anna"]
    assert in_grace in str(file.entries()["anna"]["previous"])


def test_renamed_users_whose_names_others_have(
    emulator: Emulator, run: Run, rotate: Rotate, file: VaultFile
) -> None:
    """Without names, each entry's user is followed, whoever has its old name now."""
    add_users(emulator, "ann", "bob", "cat")
    run(users=["ann", "bob", "cat"], verify="none")
    for old, new in [("cat", "dan"), ("bob", "x"), ("ann", "bob"), ("x", "ann")]:
        emulator.call("UpdateUser", UserName=old, NewUserName=new)
    emulator.advance_clock(80 * DAY)

    result = rotate()

    assert actions_of(result["users"]) == dict.fromkeys(["bob", "ann", "dan"], "begun")
    assert file.entries().keys() == {"ann", "bob", "dan"}


def test_renamed_user_asked_for_by_the_old_name(
    emulator: Emulator, rotate: Rotate, file: VaultFile, in_grace: str
) -> None:
    """A rotation that names its user as it was called before is blocked alike in each run."""
    emulator.call("UpdateUser", UserName="ann", NewUserName="anna")
    emulator.advance_clock(8 * DAY)
    before = file.path.read_bytes()
    emulator.clear_requests()

    told = {blocked(rotate(name="ann")) for _run in range(2)}

    assert told == {"it is now called anna: ask for that name"}
    assert file.path.read_bytes() == before
    assert in_grace in str(file.entries())
    assert writing_actions(emulator) == []


def test_oldest_first(rotate: Rotate, several: list[str]) -> None:
    """Of those that are due only so many are begun in a run, those with the oldest keys."""
    told = []
    for _run in range(2):
        users = rotate(begin_at_most=1)["users"]
        told.append(actions_of(users))

    assert several
    assert all(user["next_at"] for user in users)
    assert told[0] == {"cat": "begun", "bob": "waiting", "ann": "waiting"}
    assert told[1] == {"cat": "waiting", "bob": "begun", "ann": "waiting"}


def test_few_where_the_work_tree_goes_away(
    emulator: Emulator, run: Run, rotate: Rotate, tmp_path: Path
) -> None:
    """In a job's own checkout no more than five are begun at once unless the task says so."""
    names = [f"user{number}" for number in range(7)]
    add_users(emulator, *names)
    assert not run(users=names).failed
    emulator.advance_clock(80 * DAY)

    result = rotate(environment={"CI_PROJECT_DIR": str(tmp_path)}, check=True)

    assert result["counts"] == {"begun": 5, "waiting": 2}


def test_what_is_told_before_a_begin(
    rotate: Rotate, tmp_path: Path, due: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """A file that goes away with its job and a log that git may track are told before a begin."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)

    result = rotate(environment={"CI_PROJECT_DIR": str(tmp_path)}, check=True)

    assert due
    assert any(".*.pending.yml" in told for told in result["warnings"])
    assert "New keys are lost if" in capfd.readouterr().err


def test_key_in_two_files(
    emulator: Emulator, rotate: Rotate, tmp_path: Path, file: VaultFile, due: str
) -> None:
    """A key that two files of the run hold is rotated in neither."""
    copy = VaultFile(tmp_path / "copy.yml", "file")
    copy.path.write_bytes(file.path.read_bytes())
    file.edit("bob", access_key_id="LTAI5tBOB", access_key_secret="x")
    add_users(emulator, "bob")
    users = [{"name": "ann"}, {"name": "bob", "file": "copy.yml"}]

    result = rotate(users=users)

    why = result["users"][0]["waiting_for"]
    assert f"its key {due} is in {copy.path} too" in why
    assert list(keys_of(emulator, "ann")) == [due]


def test_two_clones(
    emulator: Emulator, rotate: Rotate, tmp_path: Path, file: VaultFile, due: str
) -> None:
    """Of two clones the one that begins goes on, the other is blocked until it has the file."""
    clone = VaultFile(tmp_path / "clone.yml", "file")
    clone.path.write_bytes(file.path.read_bytes())
    assert of_user(rotate()) == ("begun", "grace")
    [new] = keys_of(emulator, "ann").keys() - {due}

    why = blocked(rotate(file="clone.yml"))

    assert f"key {new} is in no record" in why
    clone.path.write_bytes(file.path.read_bytes())
    emulator.advance_clock(8 * DAY)
    assert of_user(rotate(file="clone.yml")) == ("disabled", "disabled")


@pytest.mark.parametrize("case", [(0.5, "begun"), (2, "blocked")])
def test_older_file_put_back(
    emulator: Emulator, rotate: Rotate, file: VaultFile, due: str, case: tuple[float, str]
) -> None:
    """A file from before is healed as long as the log has the key; later, its key is named."""
    days, expected = case
    before = file.path.read_bytes()
    rotate()
    stored = stored_keys(file)
    emulator.advance_clock(days * DAY)
    rotate()
    file.path.write_bytes(before)

    result = rotate()

    [user] = result["users"]
    assert user["action"] == expected
    assert len(keys_of(emulator, "ann")) == 2
    if expected == "begun":
        assert stored_keys(file) == stored
        assert user["previous_access_key_id"] == due


def test_older_file_put_back_behind_a_network_policy(
    emulator: Emulator, rotate: Rotate, file: VaultFile, due: str
) -> None:
    """A key that was in the file is put back even if it may not sign from here any more."""
    before = file.path.read_bytes()
    set_policy(emulator, due, OFFICE)
    rotate()
    stored = stored_keys(file)
    file.path.write_bytes(before)

    result = rotate()

    assert of_user(result) == ("begun", "grace")
    assert stored_keys(file) == stored


def test_lost_file_of_a_stored_key(
    emulator: Emulator, rotate: Rotate, file: VaultFile, due: str
) -> None:
    """A file that is not there is an error, and no other one is begun."""
    file.path.unlink()
    file.log.unlink(missing_ok=True)

    result = rotate()

    assert due in keys_of(emulator, "ann")
    assert "there is nothing to rotate" in result.msg
    assert not file.path.exists()


def test_beside_ram_keyring(emulator: Emulator, run: Run, rotate: Rotate, due: str) -> None:
    """A daily run of both, in either order, leaves the rotation to ram_rotation."""
    told = []
    for days in (0, 8, 15):
        emulator.advance_clock(days * DAY)
        before = run(name="ann", verify="all")
        result = rotate()
        after = run(name="ann", verify="all")
        assert not after.changed
        assert not any("also has" in told for told in after["warnings"])
        assert before["users"][0]["verified"]
        told.append(of_user(result))

    assert due
    assert told == [("begun", "grace"), ("disabled", "disabled"), ("deleted", None)]


def test_replaced_key(emulator: Emulator, run: Run, rotate: Rotate, file: VaultFile) -> None:
    """The pair that ram_keyring has replaced is deleted once it has been Inactive for retain."""
    add_users(emulator, "ann")
    run(name="ann")
    set_status(emulator, "ann", file.entries()["ann"]["access_key_id"], "Inactive")
    run(name="ann", on_inactive="replace")
    told = []
    for days in (0, 13, 2):
        emulator.advance_clock(days * DAY)
        told.append(of_user(rotate()))

    assert told == [("disabled", "disabled"), ("waiting", "disabled"), ("deleted", None)]
    assert list(keys_of(emulator, "ann")) == [file.entries()["ann"]["access_key_id"]]


def test_csv_file(
    emulator: Emulator, rotate: Rotate, tmp_path: Path, file: VaultFile, due: str
) -> None:
    """A CSV file holds the current pair, from the begin on."""
    rotate(csv_file="out.csv")
    first = (tmp_path / "out.csv").read_bytes()
    emulator.advance_clock(8 * DAY)

    result = rotate(csv_file="out.csv")

    text = VaultFile(tmp_path / "out.csv", "file").text()
    assert due not in text
    assert file.entries()["ann"]["access_key_id"] in text
    assert of_user(result) == ("disabled", "disabled")
    assert (tmp_path / "out.csv").read_bytes() == first


def test_csv_file_of_users_who_only_wait(
    emulator: Emulator, rotate: Rotate, tmp_path: Path, in_grace: str
) -> None:
    """A CSV file is made, which is a change, without who has no entry; once it is there, none."""
    add_users(emulator, "bob")
    options = {"users": ["ann", "bob"], "csv_file": "out.csv"}

    results = [rotate(**options) for _run in range(2)]

    assert [user["action"] for user in results[0]["users"]] == ["waiting", "blocked"]
    assert [result.changed for result in results] == [True, False]
    [current] = keys_of(emulator, "ann").keys() - {in_grace}
    assert current in VaultFile(tmp_path / "out.csv", "file").text()


def test_csv_file_of_before_the_rotation(
    run: Run, rotate: Rotate, file: VaultFile, due: str
) -> None:
    """A pair that the vault file has as the other one of its user is not lost with the CSV."""
    assert not run(name="ann", csv_file="out.csv").failed
    assert of_user(rotate()) == ("begun", "grace")

    result = rotate(csv_file="out.csv")

    text = VaultFile(file.path.with_name("out.csv"), "file").text()
    assert of_user(result) == ("waiting", "grace")
    assert result.changed
    assert file.entries()["ann"]["access_key_id"] in text
    assert due not in text


def test_csv_file_that_cannot_be_written(
    emulator: Emulator, rotate: Rotate, file: VaultFile, due: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A begin that only a CSV file does not come to hold is done, and the task fails."""

    def fail(_hand_out: HandOut, _data: object) -> None:
        raise RamError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(HandOut, "_replace", fail)
        result = rotate(csv_file="out.csv")

    assert "out.csv: no room. The keys are safe in" in result.msg
    assert [user["action"] for user in result["users"]] == ["begun"]
    assert file.entries()["ann"]["access_key_id"] in keys_of(emulator, "ann").keys() - {due}


def test_network_policy_is_copied(emulator: Emulator, rotate: Rotate, due: str) -> None:
    """A new key may sign from where the old one may, before the file has it."""
    set_policy(emulator, due, AT_HOME)
    emulator.clear_requests()

    result = rotate()

    [new] = keys_of(emulator, "ann").keys() - {due}
    assert of_user(result) == ("begun", "grace")
    assert policy_of(emulator, new) == AT_HOME


@pytest.mark.parametrize("action", ["GetAccessKeyPolicy", "SetAccessKeyPolicy"])
def test_network_policy_that_cannot_be_copied(
    emulator: Emulator, rotate: Rotate, file: VaultFile, due: str, action: str
) -> None:
    """Without its network policy no key is kept, unless the task does not copy it."""
    set_policy(emulator, due, AT_HOME)
    before = file.path.read_bytes()
    emulator.fail(action, "error", times=9, status=500, code="InternalError")

    result = rotate()

    assert result["users"][0]["action"] == "failed"
    assert list(keys_of(emulator, "ann")) == [due]
    assert file.path.read_bytes() == before
    assert of_user(rotate(network_policy="ignore", mode="now", name="ann")) == ("begun", "grace")


def test_begin_that_a_network_policy_refuses(emulator: Emulator, rotate: Rotate, due: str) -> None:
    """A new key that the account's network policy keeps from signing here is deleted again."""
    emulator.call("SetAccessKeyPolicyForAccount", AccessKeyPolicy=json.dumps(OFFICE))
    signer = sign_in(emulator, "operator", "AliyunRAMFullAccess")
    operator = {"UserPrincipalName": principal(emulator, "operator")}
    named = {**operator, "UserAccessKeyId": signer["access_key_id"]}
    emulator.call("SetAccessKeyPolicy", AccessKeyPolicy=json.dumps(AT_HOME), **named)

    result = rotate(**signer)

    assert "was deleted again" in result.msg
    assert list(keys_of(emulator, "ann")) == [due]


@pytest.mark.parametrize("is_used", [True, False])
def test_proof_that_a_network_policy_refuses(
    emulator: Emulator, rotate: Rotate, file: VaultFile, in_grace: str, *, is_used: bool
) -> None:
    """A use of the current key since the switch stands in for a proof that is refused from here."""
    current = file.entries()["ann"]["access_key_id"]
    set_policy(emulator, current, OFFICE)
    emulator.advance_clock(8 * DAY)
    key = {"access_key_id": current, "last_used": "1d" if is_used else "30d"}
    emulator.set_past(users=[{"name": "ann", "access_keys": [key]}])

    result = rotate()

    if is_used:
        assert of_user(result) == ("disabled", "disabled")
    else:
        assert of_user(result) == ("waiting", "grace")
        assert "from an allowed address" in result["users"][0]["waiting_for"]
        assert status_of(emulator, in_grace) == "Active"


def test_proof_of_a_replacement_that_a_network_policy_refuses(
    emulator: Emulator, run: Run, rotate: Rotate, file: VaultFile
) -> None:
    """Where nobody knows since when a key is the current one, no use stands in for its proof."""
    add_users(emulator, "ann")
    run(name="ann")
    set_status(emulator, "ann", file.entries()["ann"]["access_key_id"], "Inactive")
    run(name="ann", on_inactive="replace")
    assert of_user(rotate()) == ("disabled", "disabled")
    current = file.entries()["ann"]["access_key_id"]
    set_policy(emulator, current, OFFICE)
    emulator.advance_clock(15 * DAY)
    key = {"access_key_id": current, "last_used": "1d"}
    emulator.set_past(users=[{"name": "ann", "access_keys": [key]}])

    result = rotate()

    assert of_user(result) == ("waiting", "disabled")
    assert "from an allowed address" in result["users"][0]["waiting_for"]


@pytest.mark.parametrize(
    "action",
    ["GetAccessKeyLastUsed", "UpdateAccessKey", "DeleteAccessKey", "SetAccessKeyPolicy"],
)
def test_permission_for_a_later_step(
    emulator: Emulator, rotate: Rotate, due: str, action: str
) -> None:
    """If what a rotation needs weeks later is forbidden, it is not begun, and that is told."""
    deny = {"Effect": "Deny", "Action": f"ram:{action}", "Resource": "*"}
    allow = {"Effect": "Allow", "Action": "ram:*", "Resource": "*"}
    document = json.dumps({"Version": "1", "Statement": [allow, deny]})
    emulator.call("CreatePolicy", PolicyName="most", PolicyDocument=document)
    signer = sign_in(emulator, "operator")
    named = {"PolicyName": "most", "PolicyType": "Custom"}
    emulator.call("AttachPolicyToUser", UserName="operator", **named)

    why = blocked(rotate(**signer))

    assert f"ram:{action}" in why
    assert list(keys_of(emulator, "ann")) == [due]


def test_signing_user_is_last(
    emulator: Emulator, rotate: Rotate, file: VaultFile, several: list[str]
) -> None:
    """The key that signs is begun last, and not disabled by a run that it signs; others go on."""
    policy = {"PolicyName": "AliyunRAMFullAccess", "PolicyType": "System"}
    emulator.call("AttachPolicyToUser", UserName="cat", **policy)
    entry = file.entries()["cat"]
    old = {name: entry[name] for name in ("access_key_id", "access_key_secret")}

    begun = rotate(**old)
    created = [r for r in emulator.requests() if r["action"] == "CreateAccessKey"]
    emulator.advance_clock(20 * DAY)
    waiting = rotate(**old, mode="finish")
    entry = file.entries()["cat"]
    new = {name: entry[name] for name in ("access_key_id", "access_key_secret")}
    emulator.advance_clock(20 * DAY)
    result = rotate(**new)

    assert several
    assert begun["counts"] == {"begun": 3}
    assert created[-1]["parameters"]["UserName"] == "cat"
    told = actions_of(waiting["users"])
    assert told == {"cat": "waiting", "bob": "disabled", "ann": "disabled"}
    assert {user["user_name"]: user["stage"] for user in result["users"]}["cat"] == "disabled"


def test_signing_user_has_no_turn_before_others(
    emulator: Emulator, rotate: Rotate, file: VaultFile, several: list[str]
) -> None:
    """Where only so many are begun, the key that signs is not among them as long as others are."""
    policy = {"PolicyName": "AliyunRAMFullAccess", "PolicyType": "System"}
    emulator.call("AttachPolicyToUser", UserName="cat", **policy)
    entry = file.entries()["cat"]
    pair = {name: entry[name] for name in ("access_key_id", "access_key_secret")}

    users = rotate(**pair, begin_at_most=2)["users"]

    assert several
    told = actions_of(users)
    assert told == {"cat": "waiting", "bob": "begun", "ann": "begun"}


def test_lost_create(emulator: Emulator, rotate: Rotate, file: VaultFile, due: str) -> None:
    """A create whose answer got lost is followed up as any other, and begun again after that."""
    emulator.fail("CreateAccessKey", "drop_after")
    result = rotate()
    waiting = rotate()
    followed = []
    for days in (1.2, 8):
        emulator.advance_clock(days * DAY)
        followed.append(rotate().changed)

    assert "the next runs look for it" in result.msg
    assert [each["state"] for each in waiting["suspected_keys"]] == ["suspected"]
    assert followed == [True, True]
    assert of_user(waiting) == ("waiting", None)
    assert "may have come of a create" in waiting["users"][0]["waiting_for"]
    assert of_user(rotate()) in {("begun", "grace"), ("waiting", "grace")}
    assert set(keys_of(emulator, "ann")) == {due, file.entries()["ann"]["access_key_id"]}


@pytest.mark.parametrize("die_after", range(3, 40, 6))
def test_kills(
    start: Start, rotate: Rotate, file: VaultFile, secrets: Secrets, due: str, *, die_after: int
) -> None:
    """Killed anywhere in a begin, no living key is lost, and running again is enough."""
    emulator = secrets.emulator
    start(task="ram_rotation", die_after=die_after).wait()
    alive = set(keys_of(emulator, "ann"))
    noted = "".join(path.read_text() for path in [file.log] if path.exists())
    held = {*str(file.entries()).split("'")}

    results = [rotate() for _run in range(2)]

    assert all(key in held or key in noted or "intent" in noted for key in alive)
    assert not any(result.failed for result in results)
    assert due in keys_of(emulator, "ann")
    current = file.entries()["ann"]
    assert keys_of(emulator, "ann")[current["access_key_id"]] == current["access_key_secret"]


def test_no_server_time(emulator: Emulator, rotate: Rotate, disabled: str) -> None:
    """As long as no answer tells the time, nothing is given up."""
    emulator.advance_clock(60 * DAY)
    emulator.fail("*", "date", times=99, date="")

    results = [rotate(mode=mode) for mode in ("due", "finish")]

    assert [result["users"][0]["action"] for result in results] == ["waiting"] * 2
    assert status_of(emulator, disabled) == "Inactive"


def test_options(rotate: Rotate, emulator: Emulator) -> None:
    """Nonsense is refused before any call, with the user that it is about."""
    told = [
        rotate(max_age="20d").msg,
        rotate(users=[{"name": "ann", "grace": "60d"}]).msg,
        rotate(users=[{"name": "ann", "hold": "soon"}]).msg,
        rotate(users=[{"name": "ann", "state": "absent"}]).msg,
        rotate(users=["ann", "ann"]).msg,
        rotate(begin_at_most=-1).msg,
        rotate(file=None, name="ann").msg,
    ]

    assert "must be longer than 31d" in told[0]
    assert "max_age of user ann" in told[1]
    assert told[2] == "hold of user ann must be true or false"
    assert "a mapping with name, file" in told[3]
    assert "listed more than once" in told[4]
    assert "begin_at_most" in told[5]
    assert "file" in told[6]
    assert emulator.actions() == []


def test_nobody(rotate: Rotate) -> None:
    """An empty list of users does nothing."""
    result = rotate(users=[])

    assert result.values["users"] == []
    assert not result.changed


def test_undo_leaves_what_is_stored(
    emulator: Emulator, rotate: Rotate, file: VaultFile, due: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that the file has held is not given up if it can't be stored once more."""
    before = file.path.read_bytes()
    rotate()
    stored = stored_keys(file)
    file.path.write_bytes(before)

    def fail(_file: KeyringFile, _changes: object) -> None:
        raise RamError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(KeyringFile, "replace", fail)
        assert "no room" in rotate().msg

    result = rotate()

    assert of_user(result) == ("begun", "grace")
    assert stored_keys(file) == stored
    assert due in keys_of(emulator, "ann")


def test_csv_file_in_check_mode(
    emulator: Emulator, run: Run, rotate: Rotate, tmp_path: Path, due: str
) -> None:
    """Check mode foretells a CSV file of new pairs as it does all else."""
    assert not run(name="ann", csv_file="out.csv").failed
    before = (tmp_path / "out.csv").read_bytes()

    predicted = rotate(csv_file="out.csv", check=True)

    assert due in keys_of(emulator, "ann")
    assert of_user(predicted) == ("begun", "grace")
    assert (tmp_path / "out.csv").read_bytes() == before
    assert of_user(rotate(csv_file="out.csv")) == ("begun", "grace")


def test_csv_file_in_the_diff(
    emulator: Emulator, run: Run, rotate: Rotate, tmp_path: Path, due: str
) -> None:
    """The diff shows the CSV file too, if that changes, with or without the vault file."""
    assert not run(name="ann", csv_file="out.csv").failed

    begun = rotate(csv_file="out.csv", diff=True)
    waiting = rotate(csv_file="later.csv", diff=True)
    again = rotate(csv_file="later.csv", diff=True)

    [new] = keys_of(emulator, "ann").keys() - {due}
    shown = [
        [(diff["before"], diff["after"]) for diff in told["diff"]] for told in (begun, waiting)
    ]
    assert [of_user(told)[0] for told in (begun, waiting)] == ["begun", "waiting"]
    assert begun["diff"][1]["after_header"] == str(tmp_path / "out.csv")
    assert shown[0] == [({"ann": due}, {"ann": new})] * 2
    assert shown[1] == [({"ann": new}, {"ann": new}), ({}, {"ann": new})]
    assert again["diff"] == []


@pytest.mark.parametrize("die_after", range(2, 26, 6))
def test_kills_in_a_rollback(
    start: Start, rotate: Rotate, file: VaultFile, disabled: str, *, die_after: int
) -> None:
    """Killed anywhere in a rollback, both secrets are in the file, and typing it again ends it."""
    start(task="ram_rotation", name="ann", mode="rollback", die_after=die_after).wait()
    entry: dict[str, t.Any] = file.entries()["ann"]
    held = {part["access_key_id"] for part in (entry, entry["previous"])}

    result = rotate(name="ann", mode="rollback")

    assert disabled in held
    assert len(held) == 2
    assert result["users"][0]["stage"] == "rolled_back"
    assert file.entries()["ann"]["access_key_id"] == disabled


def test_two_runs_at_once(emulator: Emulator, start: Start, due: str) -> None:
    """Of two runs in the same second one begins, and the other finds it begun."""
    runs = [start(task="ram_rotation") for _number in range(2)]

    told = sorted(of_user(run.result()) for run in runs)

    assert told == [("begun", "grace"), ("waiting", "grace")]
    assert len(keys_of(emulator, "ann")) == 2
    assert due in keys_of(emulator, "ann")


def test_key_behind_a_role(
    emulator: Emulator, rotate: Rotate, file: VaultFile, in_grace: str
) -> None:
    """The key that stands behind the role that signs is not disabled either."""
    [old] = [pair for pair in keys_of(emulator, "ann").items() if pair[0] == in_grace]
    policy = {"PolicyName": "AliyunSTSAssumeRoleAccess", "PolicyType": "System"}
    emulator.call("AttachPolicyToUser", UserName="ann", **policy)
    role = {"role_arn": make_role(emulator)}
    emulator.advance_clock(20 * DAY)
    key = {"access_key_id": in_grace, "last_used": "30d"}
    emulator.set_past(users=[{"name": "ann", "access_keys": [key]}])

    result = rotate(access_key_id=old[0], access_key_secret=old[1], assume_role=role, mode="finish")

    assert of_user(result) == ("waiting", "grace")
    assert "switch to the current pair" in result["users"][0]["waiting_for"]
    assert file.entries()["ann"]["previous"]["access_key_id"] == in_grace  # type: ignore[index]


def test_rekeyed_file(
    emulator: Emulator, run: Run, rotate: Rotate, file: VaultFile, in_grace: str
) -> None:
    """A rotation goes on under another vault password."""
    both = [("old", VAULT_PASSWORD), ("new", "another one")]
    assert not run(name="ann", rekey=True, vault=both, vault_id="new").failed
    emulator.advance_clock(8 * DAY)

    result = rotate(vault=both[1:])

    assert of_user(result) == ("disabled", "disabled")
    assert status_of(emulator, in_grace) == "Inactive"
    assert VaultFile(file.path, "file", "another one").entries()["ann"]["rotation"]


def test_begin_that_comes_second(
    emulator: Emulator,
    rotate: Rotate,
    connection: dict[str, t.Any],
    due: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A create that another clone's gets ahead of leaves no key, and that one's is not touched."""
    won: list[dict[str, str]] = []

    def find_and_lose(client: Client, name: str) -> list[AccessKey] | None:
        found = find_keys(client, name)
        won.append(add_key(emulator, name))
        return found

    with monkeypatch.context() as patch:
        patch.setattr(steps, "find_keys", find_and_lose)
        result = rotate()
    [winner] = won
    pair = {
        "access_key_id": winner["AccessKeyId"],
        "access_key_secret": winner["AccessKeySecret"],
    }
    assert make_client({**connection, **pair}).identity.access_key_id == pair["access_key_id"]
    for days in (0.1, 1.2, 8):
        emulator.advance_clock(days * DAY)
        rotate()

    assert result["users"][0]["action"] == "failed"
    assert "LimitExceeded" in result.msg
    assert set(keys_of(emulator, "ann")) == {due, pair["access_key_id"]}
    assert status_of(emulator, pair["access_key_id"]) == "Active"


@pytest.mark.parametrize(
    ("stage", "change"),
    [
        ("in_grace", lambda emulator, old: set_status(emulator, "ann", old, "Inactive")),
        ("in_grace", lambda emulator, old: delete_key(emulator, "ann", old)),
        ("disabled", lambda emulator, old: set_status(emulator, "ann", old, "Active")),
    ],
    ids=["disabled", "deleted", "activated"],
)
def test_keys_that_change_meanwhile(
    emulator: Emulator,
    rotate: Rotate,
    file: VaultFile,
    connection: dict[str, t.Any],
    request: pytest.FixtureRequest,
    *,
    stage: str,
    change: Callable[[Emulator, str], None],
) -> None:
    """What somebody does to a user's keys while the task runs keeps it from its step."""
    old = request.getfixturevalue(stage)
    before, current = file.path.read_bytes(), file.entries()["ann"]["access_key_id"]
    emulator.advance_clock(15 * DAY)

    with meanwhile(emulator, connection, current, lambda: change(emulator, old)):
        result = rotate()

    assert "Somebody changed the keys of user ann while this task ran: run again" in result.msg
    assert result["users"][0]["action"] == "failed"
    assert not result.changed
    assert writing_actions(emulator) == []
    assert file.path.read_bytes() == before


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("mode", ["due", "rollback"])
@pytest.mark.parametrize(
    ("which", "what"), [("current", "entry"), ("previous", "previous pair")], ids=["new", "old"]
)
def test_columns_mixed_up(
    emulator: Emulator,
    rotate: Rotate,
    file: VaultFile,
    in_grace: str,
    *,
    which: str,
    what: str,
    mode: str,
    check: bool,
) -> None:
    """Nothing is done with a pair whose id is a secret, and neither the cloud nor people see it."""
    keys = keys_of(emulator, "ann")
    current = file.entries()["ann"]["access_key_id"]
    key_id = current if which == "current" else in_grace
    file.mix_up(key_id, keys[key_id])
    before = file.path.read_bytes()

    emulator.clear_requests()

    result = rotate(mode=mode, diff=True, check=check)

    [user] = result["users"]
    told = user["error"] if mode == "rollback" else user["waiting_for"]
    assert f"The {what} of user ann in {file.path} has an AccessKey ID as access_key_secret" in told
    assert user["previous_access_key_id"] == (None if which == "previous" else in_grace)
    assert keys_of(emulator, "ann") == keys
    assert file.path.read_bytes() == before
    assert emulator.actions().count("GetCallerIdentity") == 1

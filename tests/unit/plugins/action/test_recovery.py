# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret is lost and no orphan survives, however a run ends; no stranger's key is touched."""

from __future__ import annotations

import json
import os
import subprocess
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring import keyring
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring.journal import (
    read_journal,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file.durable import (
    AppendFile,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file.file import (
    KeyringFile,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file.vault import Vault

from ..conftest import writing_actions
from ..keyring_task import VAULT_PASSWORD
from .conftest import (
    VaultFile,
    add_key,
    add_users,
    delete_key,
    keys_of,
    list_late,
    set_status,
    snapshot,
    stored_keys,
    wait_for,
)

if t.TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file.file import (
        Entry,
    )
    from emulator import Emulator

    from ..conftest import Result
    from .conftest import Run, Secrets, Start


def interrupt(
    emulator: Emulator,
    start: Start,
    file: VaultFile,
    *,
    seconds_ago: float = 10,
    **options: t.Any,
) -> None:
    """Kill a run when ann's key is saved in the journal and bob's key has just been created."""
    emulator.fail("CreateAccessKey", "delay", skip=1, when="after", ms=60_000)
    running = start(users=["ann", "bob"], concurrency=1, layout=file.layout, **options)
    wait_for(lambda: not emulator.faults() and bool(keys_of(emulator, "bob")))
    running.kill()
    # The next run would wait until the create can no longer be carried out.
    emulator.advance_clock(seconds_ago)
    assert file.journal.exists()
    emulator.clear_requests()


@pytest.fixture
def interrupted(emulator: Emulator, start: Start, file: VaultFile) -> VaultFile:
    """The file of an interrupted run, which is not there yet, with its journal."""
    add_users(emulator, "ann", "bob")
    interrupt(emulator, start, file)
    return file


@pytest.fixture
def any_interrupted(emulator: Emulator, start: Start, any_file: VaultFile) -> VaultFile:
    """The file of an interrupted run in each layout."""
    add_users(emulator, "ann", "bob")
    interrupt(emulator, start, any_file)
    return any_file


def records(file: VaultFile) -> list[dict[str, t.Any]]:
    """Return the records of the journal."""
    return [json.loads(line) for line in file.journal.read_text().splitlines()]


def rewrite(file: VaultFile, kind: str, **changes: t.Any) -> None:
    """Change fields of the journal's records of a kind."""
    changed = [
        {**record, **changes} if record["type"] == kind else record for record in records(file)
    ]
    file.journal.write_text("".join(json.dumps(record) + "\n" for record in changed))


def recover(run: Run, file: VaultFile, **options: t.Any) -> Result:
    """Run the task again that was interrupted."""
    return run(**{"users": ["ann", "bob"], "layout": file.layout, **options})


def test_next_run_settles(emulator: Emulator, run: Run, any_interrupted: VaultFile) -> None:
    """The next run keeps the key that was saved, deletes the orphan and goes on as asked."""
    [saved], [orphan] = keys_of(emulator, "ann"), keys_of(emulator, "bob")

    predicted = recover(run, any_interrupted, check=True)
    result = recover(run, any_interrupted)

    assert not result.failed, result.msg
    assert [user["action"] for user in result["users"]] == ["recovered", "created"]
    assert [user["action"] for user in predicted["users"]] == ["recovered", "created"]
    assert result["users"][0]["access_key_id"] == saved
    assert all(user["verified"] for user in result["users"])
    assert orphan not in keys_of(emulator, "bob")
    assert any(orphan in warning for warning in result["warnings"])
    assert [warning.replace("would be", "was") for warning in predicted["warnings"]] == result[
        "warnings"
    ]
    assert stored_keys(any_interrupted) == {
        name: keys_of(emulator, name) for name in ("ann", "bob")
    }
    assert not any_interrupted.journal.exists()
    assert not recover(run, any_interrupted).changed


def test_journal_tells_no_secret(
    emulator: Emulator, secrets: Secrets, interrupted: VaultFile
) -> None:
    """The journal is for its owner alone, and has secrets only as a vault."""
    text = interrupted.journal.read_text()

    assert not secrets.in_clear(text)
    assert interrupted.journal.stat().st_mode & 0o777 == 0o600
    [group] = [record for record in records(interrupted) if record["type"] == "group"]
    assert group["keys"][0]["access_key_id"] in keys_of(emulator, "ann")
    assert group["secrets"].startswith("$ANSIBLE_VAULT;")


def test_users_of_the_journal_that_nobody_asked_for(
    emulator: Emulator, run: Run, interrupted: VaultFile
) -> None:
    """A journal is settled whatever the next run is about, and that counts as a change."""
    add_users(emulator, "cat")

    result = run(name="cat", state="absent", layout=interrupted.layout)

    assert not result.failed, result.msg
    assert result.changed
    assert stored_keys(interrupted) == {"ann": keys_of(emulator, "ann")}
    assert keys_of(emulator, "bob") == {}


def test_absent_settles_first(emulator: Emulator, run: Run, interrupted: VaultFile) -> None:
    """What an interrupted run made is taken away too."""
    result = recover(run, interrupted, state="absent")

    assert not result.failed, result.msg
    assert [user["action"] for user in result["users"]] == ["removed", "unchanged"]
    assert keys_of(emulator, "ann") == keys_of(emulator, "bob") == {}


def test_settling_twice(emulator: Emulator, run: Run, any_interrupted: VaultFile) -> None:
    """A journal that comes back, as after a crash before it was deleted, changes nothing more."""
    journal = any_interrupted.journal.read_bytes()
    recover(run, any_interrupted)
    before = any_interrupted.path.read_bytes()
    any_interrupted.journal.write_bytes(journal)
    emulator.clear_requests()

    result = recover(run, any_interrupted)

    assert not result.changed
    assert writing_actions(emulator) == []
    assert any_interrupted.path.read_bytes() == before
    assert not any_interrupted.journal.exists()


@pytest.mark.parametrize("held", [["ann"], ["ann", "bob"]])
def test_file_that_is_put_back_while_a_run_settles(
    emulator: Emulator, start: Start, run: Run, any_file: VaultFile, held: list[str]
) -> None:
    """The journal stays if the file loses keys that an earlier run had brought into it."""
    names = ["ann", "bob", "cat"]
    add_users(emulator, *names)
    emulator.fail("CreateAccessKey", "delay", skip=2, when="after", ms=60_000)
    running = start(users=names, concurrency=1, layout=any_file.layout)
    wait_for(lambda: not emulator.faults())
    running.kill()
    emulator.advance_clock(10)
    any_file.write("ram_keyring: {}\n")
    for name in held:
        [(key_id, secret)] = keys_of(emulator, name).items()
        user_id = emulator.state()["users"][name]["user_id"]
        owner = {"account_id": emulator.account_id, "user_id": user_id}
        any_file.edit(name, access_key_id=key_id, access_key_secret=secret, **owner)
    emulator.fail("ListAccessKeys", "delay", ms=400)

    with ThreadPoolExecutor() as pool:
        settling = pool.submit(recover, run, any_file)
        wait_for(lambda: not emulator.faults())
        any_file.write("ram_keyring: {}\n")
        first = settling.result()
    second = recover(run, any_file)

    assert first.failed
    assert f"{any_file.path} changed" in first.msg
    assert not second.failed, second.msg
    assert stored_keys(any_file) == {name: keys_of(emulator, name) for name in ("ann", "bob")}


def test_create_that_is_carried_out_after_the_crash(
    emulator: Emulator, start: Start, run: Run, file: VaultFile
) -> None:
    """A create that the cloud carries out when its sender is dead leaves no orphan either."""
    add_users(emulator, "ann")
    emulator.fail("CreateAccessKey", "delay", when="before", ms=1000)
    running = start(name="ann")
    wait_for(lambda: not emulator.faults())
    running.kill()
    assert keys_of(emulator, "ann") == {}

    result = run(name="ann")

    assert not result.failed, result.msg
    assert "DeleteAccessKey" in emulator.actions()
    assert stored_keys(file) == {"ann": keys_of(emulator, "ann")}


def users_of(step: int) -> list[dict[str, str]]:
    """Return the users of one crash, who share a file."""
    return [{"name": f"{name}{step}", "file": f"{step}.yml"} for name in ("ann", "bob")]


def crash(emulator: Emulator, start: Start, *crashes: int, file: int) -> bool:
    """Kill one run after the other at these steps; return whether the last came to its end."""
    add_users(emulator, *(user["name"] for user in users_of(file)))
    ended = False
    for step in crashes:
        ended = start(die_after=step, users=users_of(file), concurrency=1).wait()
        emulator.advance_clock(10)
    return ended


def settle_everything(emulator: Emulator, run: Run, directory: Path, steps: int) -> None:
    """Run for the users of all crashes; each must come to one key, which the file holds."""
    users = [user for step in range(1, steps + 1) for user in users_of(step)]

    result = run(users=users)

    assert not result.failed, result.msg
    assert {user["action"] for user in result["users"]} == {"created", "recovered", "unchanged"}
    assert all(len(keys_of(emulator, user["name"])) == 1 for user in users)
    assert not run(users=users, verify="all").changed
    files = {user["file"] for user in users}
    left = {path.name for path in directory.iterdir()}
    assert left.isdisjoint(f".{file}.{kind}" for file in files for kind in ("pending", "tmp"))
    assert left.isdisjoint(f".probe-{file}" for file in files)


def test_crash_at_any_step(emulator: Emulator, start: Start, run: Run, tmp_path: Path) -> None:
    """Whichever step a run is killed at, the next one leaves each user one key, in the file."""
    steps = next(step for step in count(1) if crash(emulator, start, step, file=step))

    assert steps > 20
    settle_everything(emulator, run, tmp_path, steps)


def test_crash_at_any_step_of_settling(
    emulator: Emulator, start: Start, run: Run, tmp_path: Path
) -> None:
    """A run that is killed while it settles a crash leaves the next one no less to settle."""

    def leaves_a_key(step: int) -> bool:
        crash(emulator, start, step, file=1000 + step)
        journal = tmp_path / f".{1000 + step}.yml.pending"
        return journal.exists() and '"group"' in journal.read_text()

    first = next(step for step in count(15) if leaves_a_key(step))
    steps = next(step for step in count(1) if crash(emulator, start, first, step, file=step))

    assert steps > 20
    settle_everything(emulator, run, tmp_path, steps)


def test_colleague_who_is_at_it_too(
    emulator: Emulator, start: Start, run: Run, file: VaultFile
) -> None:
    """Of two keys that might both answer to an intent, none is deleted."""
    add_users(emulator, "ann", "bob")
    interrupt(emulator, start, file, seconds_ago=0)
    colleagues = add_key(emulator, "bob")["AccessKeyId"]
    both = keys_of(emulator, "bob")
    emulator.advance_clock(10)

    result = recover(run, file)

    assert result.failed
    assert colleagues in result.msg
    assert keys_of(emulator, "bob") == both
    assert "DeleteAccessKey" not in emulator.actions()


@pytest.mark.parametrize("why", ["outside the time", "listed before", "used"])
def test_orphan_that_may_be_somebody_elses(
    emulator: Emulator, run: Run, interrupted: VaultFile, why: str
) -> None:
    """A key made at another time, known before, or used already, is somebody else's."""
    emulator.set_last_use_lag(0)
    [other] = keys_of(emulator, "bob")
    if why == "outside the time":
        delete_key(emulator, "bob", other)
        emulator.advance_clock(60)
        other = add_key(emulator, "bob")["AccessKeyId"]
    elif why == "listed before":
        rewrite(interrupted, "intent", known_key_ids=[other])
    else:
        pair = {"access_key_id": other, "access_key_secret": keys_of(emulator, "bob")[other]}
        run(name="bob", file="x.yml", **pair)

    result = recover(run, interrupted)

    assert other in keys_of(emulator, "bob")
    assert "DeleteAccessKey" not in emulator.actions()
    assert any(other in warning for warning in result["warnings"])


def test_clock_that_was_put_back(
    emulator: Emulator, start: Start, run: Run, interrupted: VaultFile
) -> None:
    """A create that seems to lie in the future is waited for no longer than one of just now."""
    orphan = list(keys_of(emulator, "bob"))
    sent = records(interrupted)[-1]["sent"] + 100_000
    rewrite(interrupted, "intent", sent=sent, until=sent + 2)

    assert start(users=["ann", "bob"]).wait()

    assert set(orphan) < keys_of(emulator, "bob").keys()
    assert not run(users=["ann", "bob"]).changed


def test_settled_although_the_task_fails(
    emulator: Emulator, run: Run, interrupted: VaultFile
) -> None:
    """What settling changed is told even if the task then can't be done."""
    [orphan] = keys_of(emulator, "bob")

    result = recover(run, interrupted, users=["ann", "bob", "nobody"])

    assert result.failed
    assert "There is no RAM user nobody" in result.msg
    assert result.changed
    assert any(f"{orphan} of user bob" in warning for warning in result["warnings"])


def test_orphan_that_was_deleted_before_another_failed(
    emulator: Emulator, start: Start, run: Run, file: VaultFile
) -> None:
    """A lost key that was deleted is told even if another one could not be."""
    add_users(emulator, "ann", "bob")
    emulator.fail("CreateAccessKey", "delay", times=2, when="after", ms=60_000)
    running = start(users=["ann", "bob"], concurrency=2)
    wait_for(lambda: bool(keys_of(emulator, "ann") and keys_of(emulator, "bob")))
    running.kill()
    emulator.advance_clock(10)
    orphans = keys_of(emulator, "ann").keys() | keys_of(emulator, "bob").keys()
    emulator.fail("DeleteAccessKey", "error", status=403, code="NoPermission")

    result = run(users=["ann", "bob"])

    [left] = keys_of(emulator, "ann").keys() | keys_of(emulator, "bob").keys()
    [deleted] = orphans - {left}
    assert result.failed
    assert left in result.msg
    assert result.changed
    assert any(f"{deleted} of user" in warning for warning in result["warnings"])
    assert file.journal.exists()


def test_orphan_beside_a_used_key(
    emulator: Emulator, run: Run, start: Start, file: VaultFile
) -> None:
    """A key that a colleague made and used at the same time doesn't hide the lost one."""
    emulator.set_last_use_lag(0)
    add_users(emulator, "ann", "bob")
    interrupt(emulator, start, file, seconds_ago=0)
    [lost] = keys_of(emulator, "bob")
    pair = add_key(emulator, "bob")
    used = pair["AccessKeyId"]
    run(
        name="bob",
        file="x.yml",
        access_key_id=used,
        access_key_secret=pair["AccessKeySecret"],
    )
    emulator.advance_clock(10)

    recover(run, file)

    assert used in keys_of(emulator, "bob")
    assert lost not in keys_of(emulator, "bob")


def test_saved_key_that_is_gone(emulator: Emulator, run: Run, interrupted: VaultFile) -> None:
    """A saved key that somebody has deleted since is not brought into the file."""
    [saved] = keys_of(emulator, "ann")
    delete_key(emulator, "ann", saved)

    result = recover(run, interrupted, on_missing="fail")

    assert not result.failed, result.msg
    assert result["users"][0]["action"] == "created"
    assert stored_keys(interrupted)["ann"] == keys_of(emulator, "ann")


@pytest.mark.parametrize("check", [True, False])
def test_saved_key_that_is_not_listed_yet(
    emulator: Emulator,
    start: Start,
    run: Run,
    file: VaultFile,
    monkeypatch: pytest.MonkeyPatch,
    *,
    check: bool,
) -> None:
    """A saved key that is only seconds old isn't taken for gone until it has had time to show."""
    add_users(emulator, "ann", "bob")
    interrupt(emulator, start, file, seconds_ago=0)
    [saved] = keys_of(emulator, "ann")
    list_late(monkeypatch, saved, times=3)

    result = run(users=["ann"], check=check)

    assert not result.failed, result.msg
    assert result["users"][0]["action"] == "recovered"
    assert result["users"][0]["access_key_id"] == saved


def test_users_that_are_gone(emulator: Emulator, run: Run, interrupted: VaultFile) -> None:
    """Users that were deleted and created again since have nothing to settle."""
    for name in ("ann", "bob"):
        delete_key(emulator, name, *keys_of(emulator, name))
        emulator.call("DeleteUser", UserName=name)
    add_users(emulator, "ann", "bob")
    key_id = add_key(emulator, "bob")["AccessKeyId"]

    result = recover(run, interrupted)

    assert not result.failed, result.msg
    assert [user["action"] for user in result["users"]] == ["created", "created"]
    assert key_id in keys_of(emulator, "bob")


def test_users_are_listed_once(emulator: Emulator, run: Run, interrupted: VaultFile) -> None:
    """A user that is not among all users is not looked for among them again."""
    delete_key(emulator, "bob", *keys_of(emulator, "bob"))
    emulator.call("DeleteUser", UserName="bob")
    add_users(emulator, "bob", "cat")

    result = recover(run, interrupted, users=["ann", "bob", "cat"])

    assert not result.failed, result.msg
    assert emulator.actions().count("ListUsers") == 1


def test_renamed_owner(emulator: Emulator, run: Run, interrupted: VaultFile) -> None:
    """What was under way for users is settled under the names that they have now."""
    for name in ("ann", "bob"):
        emulator.call("UpdateUser", UserName=name, NewUserName=f"{name}2")
    add_users(emulator, "ann", "bob")

    result = run(users=["ann2", "bob2"], layout=interrupted.layout)

    assert not result.failed, result.msg
    assert [user["action"] for user in result["users"]] == ["recovered", "created"]
    assert stored_keys(interrupted) == {name: keys_of(emulator, name) for name in ("ann2", "bob2")}
    assert keys_of(emulator, "ann") == keys_of(emulator, "bob") == {}


def test_recovery_moves_the_entry_of_a_renamed_user_out_of_the_way(
    emulator: Emulator, start: Start, run: Run, file: VaultFile
) -> None:
    """A recovered key never overwrites the entry of the user that had the name before."""
    add_users(emulator, "ann")
    run(name="ann")
    old = file.entries()["ann"]
    emulator.call("UpdateUser", UserName="ann", NewUserName="anna")
    add_users(emulator, "ann", "bob")
    interrupt(emulator, start, file)

    result = run(name="bob")

    assert not result.failed, result.msg
    assert file.entries()["anna"] == old
    assert stored_keys(file)["ann"] == keys_of(emulator, "ann")


@pytest.mark.parametrize("change", ["other key", "other account", "by hand"])
def test_entry_that_changed_meanwhile(
    emulator: Emulator, run: Run, any_interrupted: VaultFile, change: str
) -> None:
    """If the entry was changed since, only a person can choose: both ids are named."""
    [saved] = keys_of(emulator, "ann")
    other = add_key(emulator, "ann")
    user_id = emulator.state()["users"]["ann"]["user_id"]
    any_interrupted.write("ram_keyring: {}\n")
    entry: dict[str, str | None] = {
        "access_key_id": other["AccessKeyId"],
        "access_key_secret": other["AccessKeySecret"],
        "account_id": emulator.account_id,
        "user_id": user_id,
    }
    if change != "other key":
        delete_key(emulator, "ann", other["AccessKeyId"])
        entry["account_id"] = "1234567890123456" if change == "other account" else None
    any_interrupted.edit("ann", **entry)
    before = snapshot(any_interrupted.path.parent)

    results = [recover(run, any_interrupted, check=check) for check in (True, False)]

    for result in results:
        assert result.failed
        assert saved in result.msg
        assert other["AccessKeyId"] in result.msg
    assert (
        snapshot(any_interrupted.path.parent)[str(any_interrupted.path)]
        == before[str(any_interrupted.path)]
    )
    assert any_interrupted.journal.exists()
    assert saved in keys_of(emulator, "ann")
    assert writing_actions(emulator) == []


def test_entry_whose_key_is_gone(emulator: Emulator, run: Run, interrupted: VaultFile) -> None:
    """A saved key takes the place of an entry whose key is gone, even if that was changed since."""
    interrupted.write("ram_keyring: {}\n")
    interrupted.edit(
        "ann",
        access_key_id="LTAIgone",
        access_key_secret="gone",
        account_id=emulator.account_id,
        user_id=emulator.state()["users"]["ann"]["user_id"],
    )

    result = recover(run, interrupted)

    assert not result.failed, result.msg
    assert result["users"][0]["action"] == "recovered"
    assert stored_keys(interrupted)["ann"] == keys_of(emulator, "ann")


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("account_id", "1234567890123456"),
        ("endpoint", "https://ram.example.com"),
        ("variable", "other_keys"),
    ],
)
def test_journal_of_another_purpose(
    emulator: Emulator, run: Run, interrupted: VaultFile, what: str, value: str
) -> None:
    """A journal of another account, endpoint or variable fails, and nothing is changed."""
    rewrite(interrupted, "header", **{what: value})
    before = interrupted.journal.read_bytes()

    results = [recover(run, interrupted, check=check) for check in (True, False)]

    assert all(result.failed and value in result.msg for result in results)
    assert interrupted.journal.read_bytes() == before
    assert writing_actions(emulator) == []


@pytest.mark.parametrize("change", [{"machine": "another"}, {"path": "/elsewhere/keys.yml"}])
def test_journal_of_another_place(
    emulator: Emulator, run: Run, interrupted: VaultFile, change: dict[str, str]
) -> None:
    """A journal from elsewhere is merged, but no key is deleted for it; what it leaves is told."""
    rewrite(interrupted, "header", **change)
    [orphan] = keys_of(emulator, "bob")

    result = recover(run, interrupted)

    assert not result.failed, result.msg
    assert stored_keys(interrupted)["ann"] == keys_of(emulator, "ann")
    assert orphan in keys_of(emulator, "bob")
    assert "DeleteAccessKey" not in emulator.actions()
    assert any("look yourself at the keys of bob" in warning for warning in result["warnings"])


def test_journal_of_another_password(emulator: Emulator, run: Run, interrupted: VaultFile) -> None:
    """A journal that the password does not open fails, naming the vault id, and is kept."""
    secret = VaultSecret(b"older")
    text = VaultLib().encrypt("{}", secret, "ops").decode()
    rewrite(interrupted, "group", secrets=text)

    result = recover(run, interrupted)

    assert result.failed
    assert "vault id: ops" in result.msg
    assert interrupted.journal.exists()
    assert writing_actions(emulator) == []


def test_journal_of_another_vault_id(emulator: Emulator, run: Run, interrupted: VaultFile) -> None:
    """A journal under another of the run's passwords is merged under the one of this run."""
    recovered = VaultFile(interrupted.path, "file", "newer")
    passwords = [("new", "newer"), ("default", VAULT_PASSWORD)]

    result = recover(run, interrupted, vault=passwords)

    assert not result.failed, result.msg
    assert result["users"][0]["action"] == "recovered"
    assert stored_keys(recovered) == {name: keys_of(emulator, name) for name in ("ann", "bob")}


@pytest.mark.parametrize("layout", ["file", "inline"])
def test_journal_of_another_layout(
    emulator: Emulator, start: Start, run: Run, tmp_path: Path, layout: str
) -> None:
    """A journal of another layout is merged in the layout of this run."""
    add_users(emulator, "ann", "bob")
    before = VaultFile(tmp_path / "keys.yml", layout)
    after = VaultFile(tmp_path / "keys.yml", "inline" if layout == "file" else "file")
    interrupt(emulator, start, before)

    result = recover(run, after)

    assert not result.failed, result.msg
    assert result["users"][0]["action"] == "recovered"
    assert stored_keys(after) == {name: keys_of(emulator, name) for name in ("ann", "bob")}


def test_saved_key_that_is_in_use(emulator: Emulator, run: Run, interrupted: VaultFile) -> None:
    """A saved key that has signed since, by whoever opened the journal, is merged all the same."""
    [(key_id, secret)] = keys_of(emulator, "ann").items()
    run(name="ann", file="x.yml", access_key_id=key_id, access_key_secret=secret)

    result = recover(run, interrupted)

    assert not result.failed, result.msg
    assert stored_keys(interrupted)["ann"] == {key_id: secret}


def git(directory: Path, *command: str) -> None:
    """Run git as a colleague."""
    colleague = ["-c", "user.name=colleague", "-c", "user.email=c@example.com"]
    subprocess.run(["git", "-C", directory, *colleague, *command], check=True, capture_output=True)


@pytest.mark.parametrize("version", ["same", "no-entry", "no-file"])
def test_file_of_another_commit(
    emulator: Emulator, start: Start, run: Run, file: VaultFile, version: str
) -> None:
    """In a version of the file whose entry is as it was or not there, a saved key is merged."""
    add_users(emulator, "ann", "bob", "cat")
    folder = file.path.parent
    git(folder, "init", "-q")
    git(folder, "commit", "-q", "--allow-empty", "-m", "no file")
    git(folder, "tag", "no-file")
    for user, tag in (("cat", "no-entry"), ("ann", "same")):
        run(name=user)
        git(folder, "add", file.path.name)
        git(folder, "commit", "-q", "-m", user)
        git(folder, "tag", tag)
    [old] = keys_of(emulator, "ann")
    set_status(emulator, "ann", old, "Inactive")
    interrupt(emulator, start, file, on_inactive="replace")
    git(folder, "checkout", "-q", version)
    [saved] = keys_of(emulator, "ann").keys() - {old}

    result = recover(run, file)

    assert not result.failed, result.msg
    assert [user["action"] for user in result["users"]] == ["recovered", "created"]
    assert stored_keys(file)["ann"].keys() == {saved}
    assert ("cat" in stored_keys(file)) is (version != "no-file")
    assert old in keys_of(emulator, "ann")
    assert not file.journal.exists()


def test_file_that_moved_with_its_journal(
    emulator: Emulator, run: Run, interrupted: VaultFile
) -> None:
    """In another folder, keys that arrived are merged; what only the old place knew is left."""
    [orphan] = keys_of(emulator, "bob")
    moved = VaultFile(interrupted.path.parent / "moved" / "keys.yml", "file")
    moved.path.parent.mkdir()
    interrupted.journal.rename(moved.journal)

    result = run(users=["ann", "bob"], file="moved/keys.yml")

    assert not result.failed, result.msg
    assert stored_keys(moved)["ann"] == keys_of(emulator, "ann")
    assert orphan in keys_of(emulator, "bob")
    assert any("look yourself at the keys of bob" in warning for warning in result["warnings"])
    assert not moved.journal.exists()


def test_torn_last_line(emulator: Emulator, run: Run, interrupted: VaultFile) -> None:
    """A record that was cut off by the crash counts as not written."""
    with interrupted.journal.open("a") as journal:
        journal.write('{"type": "group", "keys": [{"user')

    result = recover(run, interrupted)

    assert not result.failed, result.msg
    assert stored_keys(interrupted) == {name: keys_of(emulator, name) for name in ("ann", "bob")}


@pytest.mark.parametrize(
    ("line", "damage"),
    [
        *((line, text) for line in (1, 2, 3) for text in ("{}", "", '{"type": "header"}')),
        *((2, text) for text in ("x", "null", "[]", '"x"', '{"type": "other"}')),
        (1, None),
        (2, None),
    ],
)
def test_damaged_line(
    emulator: Emulator, run: Run, interrupted: VaultFile, line: int, damage: str | None
) -> None:
    """A journal that is damaged before its end is kept as it is, and nothing is changed."""
    lines = interrupted.journal.read_text().splitlines()
    lines[line - 1 : line] = [] if damage is None else [damage]
    damaged = "".join(f"{text}\n" for text in lines)
    interrupted.journal.write_text(damaged)

    result = recover(run, interrupted)

    assert result.failed
    assert f"damaged in line {line}" in result.msg
    assert interrupted.journal.read_text() == damaged
    assert writing_actions(emulator) == []


@pytest.mark.parametrize(
    "junk",
    [b"\x00" * 64, b"\xff\xfe\x00junk", b"\x00\n\xff\n", b"[[]"],
    ids=["zeros", "no text", "lines", "text"],
)
@pytest.mark.parametrize("whole", [True, False])
def test_journal_of_junk(
    emulator: Emulator, run: Run, interrupted: VaultFile, *, junk: bytes, whole: bool
) -> None:
    """Junk is not taken for a record that was cut off: it is kept, and nothing is changed."""
    damaged = junk if whole else interrupted.journal.read_bytes() + junk
    interrupted.journal.write_bytes(damaged)

    result = recover(run, interrupted)

    assert result.failed
    assert f"damaged in line {1 if whole else 5}" in result.msg
    assert interrupted.journal.read_bytes() == damaged
    assert writing_actions(emulator) == []


def test_journal_that_lost_a_key(emulator: Emulator, run: Run, interrupted: VaultFile) -> None:
    """If a journal is cut off before a key, that key is one without a secret: it is replaced."""
    [lost] = keys_of(emulator, "ann")
    lines = interrupted.journal.read_bytes().splitlines(keepends=True)
    interrupted.journal.write_bytes(b"".join(lines[:2]))
    delete_key(emulator, "bob", *keys_of(emulator, "bob"))

    result = recover(run, interrupted)

    assert not result.failed, result.msg
    assert any(lost in warning for warning in result["warnings"])
    assert lost not in keys_of(emulator, "ann")
    assert stored_keys(interrupted) == {name: keys_of(emulator, name) for name in ("ann", "bob")}


@pytest.mark.parametrize("lines", [0, 1])
def test_journal_that_lost_everything(
    emulator: Emulator, run: Run, interrupted: VaultFile, lines: int
) -> None:
    """Keys that the rest of a journal doesn't tell of are strangers: they are left, and named."""
    before = {**keys_of(emulator, "ann"), **keys_of(emulator, "bob")}
    kept = interrupted.journal.read_bytes().splitlines(keepends=True)[:lines]
    interrupted.journal.write_bytes(b"".join(kept))

    result = recover(run, interrupted)

    assert not result.failed, result.msg
    assert "DeleteAccessKey" not in emulator.actions()
    assert all(any(key in warning for warning in result["warnings"]) for key in before)
    assert not interrupted.journal.exists()


@pytest.mark.parametrize("content", ["", '{"type": "header", "forma'])
def test_journal_without_a_header(
    emulator: Emulator, run: Run, file: VaultFile, content: str
) -> None:
    """A run that was killed before its first record had nothing under way."""
    add_users(emulator, "ann")
    file.journal.write_text(content)

    result = run(name="ann")

    assert not result.failed, result.msg
    assert stored_keys(file) == {"ann": keys_of(emulator, "ann")}
    assert not file.journal.exists()


def test_journal_of_another_version(run: Run, emulator: Emulator, interrupted: VaultFile) -> None:
    """A journal in a format that this version does not know is left to the one that does."""
    rewrite(interrupted, "header", format=2)

    result = recover(run, interrupted)

    assert result.failed
    assert "another version" in result.msg
    assert interrupted.journal.exists()
    assert writing_actions(emulator) == []


def test_journal_under_version_control(
    emulator: Emulator, run: Run, interrupted: VaultFile
) -> None:
    """A journal that git tracks fails the task with the line for .gitignore."""
    for command in (["init", "-q"], ["add", "-f", interrupted.journal.name]):
        subprocess.run(["git", "-C", interrupted.path.parent, *command], check=True)

    results = [recover(run, interrupted, check=check) for check in (True, False)]

    for result in results:
        assert result.failed
        assert ".*.pending" in result.msg
    assert writing_actions(emulator) == []


@pytest.mark.parametrize("kind", ["link", "dangling link", "directory", "pipe"])
@pytest.mark.parametrize("check", [True, False])
def test_journal_that_is_no_file(
    emulator: Emulator, run: Run, file: VaultFile, kind: str, *, check: bool
) -> None:
    """A journal is never read or written through a link, and nothing is created without one."""
    add_users(emulator, "ann")
    target = file.path.with_name("target")
    if kind == "directory":
        file.journal.mkdir()
    elif kind == "pipe":
        os.mkfifo(file.journal)
    else:
        file.journal.symlink_to(target)
    if kind == "link":
        target.touch()

    result = run(name="ann", check=check)

    assert result.failed
    assert str(file.journal) in result.msg
    assert writing_actions(emulator) == []
    assert not target.exists() or target.read_bytes() == b""


def test_intent_is_on_disk_before_the_request(
    emulator: Emulator, run: Run, file: VaultFile
) -> None:
    """When a create is sent, the journal already tells of it, for every attempt anew."""
    add_users(emulator, "ann")
    known = add_key(emulator, "ann")["AccessKeyId"]
    emulator.fail("CreateAccessKey", "throttle")
    emulator.fail("CreateAccessKey", "delay", when="before", ms=700)

    with ThreadPoolExecutor() as pool:
        running = pool.submit(run, name="ann")
        wait_for(lambda: not emulator.faults())
        header, *intents = records(file)
        result = running.result()

    assert not result.failed, result.msg
    assert header["type"] == "header"
    assert header["path"] == str(file.path)
    assert header["account_id"] == emulator.account_id
    for intent in intents:
        assert intent["type"] == "intent"
        assert intent["user_id"] == emulator.state()["users"]["ann"]["user_id"]
        assert intent["known_key_ids"] == [known]
    assert len(intents) == 2
    assert intents[0]["sent"] < intents[1]["sent"]


UNANSWERED: dict[str, dict[str, t.Any]] = {
    "carried out, then dropped": {"kind": "drop_after"},
    "dropped": {"kind": "drop_before"},
    "carried out late": {"kind": "late", "ms": 800},
    "garbage, carried out": {"kind": "garbage", "when": "after"},
    "garbage": {"kind": "garbage", "when": "before"},
    "empty answer, carried out": {"kind": "empty", "when": "after"},
    "server error, carried out": {"kind": "error", "when": "after", "status": 500},
    "no answer in time": {"kind": "delay", "when": "after", "ms": 1500},
}


@pytest.mark.parametrize("fault", UNANSWERED.values(), ids=UNANSWERED)
def test_create_without_an_answer(
    emulator: Emulator, run: Run, file: VaultFile, fault: dict[str, t.Any]
) -> None:
    """A create without a usable answer is not repeated but settled: its key is deleted."""
    add_users(emulator, "ann", "bob")
    colleagues = add_key(emulator, "ann")["AccessKeyId"]
    emulator.fail("CreateAccessKey", **fault)

    result = run(users=["ann", "bob"], concurrency=1, read_timeout=1)

    assert result.failed
    assert "run again" in result.msg
    wait_for(lambda: emulator.actions().count("CreateAccessKey") == 2)
    assert keys_of(emulator, "ann").keys() == {colleagues}
    assert [user["action"] for user in result["users"]] == ["failed", "created"]
    assert stored_keys(file) == {"bob": keys_of(emulator, "bob")}
    assert not file.journal.exists()
    assert not run(users=["ann", "bob"]).failed


def test_dates_in_an_unknown_form(
    emulator: Emulator, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key of an age that can't be told may be anybody's: it is left, and shown without it."""
    add_users(emulator, "ann")
    monkeypatch.setattr("emulator.cloud.clock.format_time", lambda _seconds: "22/11/2026")
    # A date is written once a second.
    emulator.advance_clock(1)
    emulator.fail("CreateAccessKey", "drop_after")

    first = run(name="ann", read_timeout=1)
    [left] = keys_of(emulator, "ann")
    add_key(emulator, "ann")
    second = run(name="ann")

    assert "no key that only it can have made was found" in first.msg
    assert "DeleteAccessKey" not in emulator.actions()
    assert f"{left} (Active, never used)" in second.msg


def test_create_that_is_lost_after_throttling(emulator: Emulator, run: Run) -> None:
    """The time that an orphan is looked for in starts with the attempt that was lost."""
    add_users(emulator, "ann")
    emulator.fail("CreateAccessKey", "throttle", retry_after_ms=3500)
    emulator.fail("CreateAccessKey", "drop_after")

    result = run(name="ann", read_timeout=1)

    assert result.failed
    assert "was deleted" in result.msg
    assert keys_of(emulator, "ann") == {}


def test_orphan_that_cannot_be_settled_in_the_run(
    emulator: Emulator, run: Run, file: VaultFile
) -> None:
    """What can't be settled now is left to the next run, while other keys are stored."""
    add_users(emulator, "ann", "bob")
    emulator.fail("CreateAccessKey", "drop_after")
    emulator.fail("DeleteAccessKey", "error", status=403, code="NoPermission")
    first = run(users=["ann", "bob"], concurrency=1)
    [orphan] = keys_of(emulator, "ann")

    second = run(users=["ann", "bob"])

    assert first.failed
    assert "next run" in first.msg
    assert not second.failed, second.msg
    assert [user["action"] for user in second["users"]] == ["created", "unchanged"]
    assert orphan not in keys_of(emulator, "ann")
    assert stored_keys(file) == {name: keys_of(emulator, name) for name in ("ann", "bob")}


def test_mishap_after_settling(
    run: Run, interrupted: VaultFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If anything goes wrong after a journal was settled, what was done is told all the same."""
    assert interrupted.journal.exists()

    def fail(*_args: object) -> None:
        raise MemoryError

    monkeypatch.setattr(keyring, "decide_present", fail)
    result = run(users=["ann", "bob"])

    assert "Unexpected MemoryError" in result.msg
    assert result.changed
    assert any("was deleted" in warning for warning in result["warnings"])


def test_create_that_leaves_late(
    emulator: Emulator, run: Run, file: VaultFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time in which a create may be carried out begins when it is sent, not before."""
    add_users(emulator, "ann")
    append = AppendFile.append

    def append_slowly(journal: AppendFile, data: bytes) -> None:
        append(journal, data)
        if b'"intent"' in data:
            time.sleep(1.5)

    monkeypatch.setattr(AppendFile, "append", append_slowly)
    emulator.fail("CreateAccessKey", "late", ms=800)
    result = run(name="ann", read_timeout=1)

    assert result.failed
    assert "was deleted" in result.msg
    assert keys_of(emulator, "ann") == {}
    assert not file.journal.exists()


def test_mishap_after_a_key_was_saved(
    emulator: Emulator, run: Run, any_file: VaultFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If anything goes wrong between journal and entry, the journal stays, and the key with it."""
    add_users(emulator, "ann", "bob")
    new_entry = KeyringFile.new_entry

    def fail_once(*_args: object, **_fields: object) -> Entry:
        monkeypatch.setattr(KeyringFile, "new_entry", new_entry)
        raise MemoryError

    monkeypatch.setattr(KeyringFile, "new_entry", fail_once)
    options = {"users": ["ann", "bob"], "layout": any_file.layout, "concurrency": 1}
    first = run(**options)
    second = run(**options)

    assert "Unexpected MemoryError" in first.msg
    assert [user["action"] for user in second["users"]] == ["recovered", "unchanged"]
    assert stored_keys(any_file) == {name: keys_of(emulator, name) for name in ("ann", "bob")}
    assert not any_file.journal.exists()


def test_mishap_after_a_key_was_saved_and_lost(
    emulator: Emulator, run: Run, file: VaultFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the journal is lost as well, the key is deleted, and named: nobody would know of it."""
    add_users(emulator, "ann", "bob")
    new_entry = KeyringFile.new_entry
    made: list[str] = []

    def fail_once(*_args: object, **_fields: object) -> Entry:
        monkeypatch.setattr(KeyringFile, "new_entry", new_entry)
        made.extend(keys_of(emulator, "ann"))
        file.journal.unlink()
        file.journal.touch()
        raise MemoryError

    monkeypatch.setattr(KeyringFile, "new_entry", fail_once)
    emulator.fail("CreateAccessKey", "error", skip=1, status=403, code="NoPermission")
    result = run(users=["ann", "bob"], concurrency=1)

    [lost] = made
    assert result["users"][0]["action"] == "failed"
    assert result["users"][0]["error"].startswith(f"Key {lost} was deleted again")
    assert keys_of(emulator, "ann") == {}
    assert not result.changed


def test_mishap_when_a_file_is_written(
    emulator: Emulator, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes wrong with one file is told of its users, and the next file gets its keys."""
    names = {"ann": "a.yml", "bob": "b.yml"}
    add_users(emulator, *names)
    users = [{"name": name, "file": file} for name, file in names.items()]
    replace = KeyringFile.replace

    def fail_once(*_: object) -> None:
        monkeypatch.setattr(KeyringFile, "replace", replace)
        raise MemoryError

    monkeypatch.setattr(KeyringFile, "replace", fail_once)
    first = run(users=users)
    second = run(users=users)

    assert "Unexpected MemoryError" in first["users"][0]["error"]
    assert "error" not in first["users"][1]
    assert first.failed
    assert first.changed
    assert [user["action"] for user in second["users"]] == ["recovered", "unchanged"]
    for name, file in names.items():
        assert stored_keys(VaultFile(tmp_path / file, "file")) == {name: keys_of(emulator, name)}


def test_every_prefix_of_a_journal_is_readable(interrupted: VaultFile) -> None:
    """Wherever a crash cuts the journal off, it reads as the journal of an earlier instant."""
    whole = interrupted.journal.read_bytes()
    vault = Vault([("default", VaultSecret(VAULT_PASSWORD.encode()))])
    held = []

    for size in [*range(0, len(whole), 7), len(whole)]:
        interrupted.journal.write_bytes(whole[:size])
        pending = read_journal(interrupted.journal, vault)
        assert pending
        held.append((len(pending.intents), len(pending.saved)))

    assert held == sorted(held)
    assert set(held) == {(0, 0), (1, 0), (1, 1), (2, 1)}

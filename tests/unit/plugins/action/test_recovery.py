# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret is lost and no orphan survives, however a run ends; no stranger's key is touched."""

from __future__ import annotations

import json
import os
import subprocess
import typing as t
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring.records import (
    read_records,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file.file import (
    KeyringFile,
)

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
    stored_keys,
    wait_for,
)

if t.TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file.entry import (
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
    """Kill a run when ann's key is saved in the log and bob's key has just been created."""
    emulator.fail("CreateAccessKey", "delay", skip=1, when="after", ms=60_000)
    running = start(users=["ann", "bob"], concurrency=1, layout=file.layout, **options)
    wait_for(lambda: not emulator.faults() and bool(keys_of(emulator, "bob")))
    running.kill()
    emulator.advance_clock(seconds_ago)
    assert file.log.exists()
    emulator.clear_requests()


@pytest.fixture
def interrupted(emulator: Emulator, start: Start, file: VaultFile) -> VaultFile:
    """The file of an interrupted run, which is not there yet, with its log."""
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
    """Return the records of the log."""
    lines = file.log.read_text().splitlines()
    return [json.loads(line.partition(": ")[2]) for line in lines]


def rewrite(file: VaultFile, kind: str, **changes: t.Any) -> None:
    """Change fields of the log's records of a kind."""
    names = [line.partition(": ")[0] for line in file.log.read_text().splitlines()]
    changed = [
        {**record, **changes} if record["type"] == kind else record for record in records(file)
    ]
    lines = [f"{name}: {json.dumps(record)}\n" for name, record in zip(names, changed, strict=True)]
    file.log.write_text("".join(lines))


def recover(run: Run, file: VaultFile, **options: t.Any) -> Result:
    """Run the task again that was interrupted."""
    return run(**{"users": ["ann", "bob"], "layout": file.layout, **options})


def assert_both_stored(emulator: Emulator, file: VaultFile, *names: str) -> None:
    """Check that the file holds a key of each user that lives; others may be suspected."""
    for name in names or ("ann", "bob"):
        [(key_id, secret)] = stored_keys(file)[name].items()
        assert keys_of(emulator, name)[key_id] == secret


def test_next_run_settles(emulator: Emulator, run: Run, any_interrupted: VaultFile) -> None:
    """The next run keeps the key that was saved, names what may be lost, and goes on as asked."""
    [saved], [lost] = keys_of(emulator, "ann"), keys_of(emulator, "bob")

    predicted = recover(run, any_interrupted, check=True)
    result = recover(run, any_interrupted)

    assert not result.failed, result.msg
    for each in (predicted, result):
        assert [user["action"] for user in each["users"]] == ["recovered", "created"]
        assert [suspect["access_key_id"] for suspect in each["suspected_keys"]] == [lost]
        assert any(lost in warning for warning in each["warnings"])
    assert result["users"][0]["access_key_id"] == saved
    assert all(user["verified"] for user in result["users"])
    assert stored_keys(any_interrupted)["ann"] == keys_of(emulator, "ann")
    assert keys_of(emulator, "bob").keys() == {lost, *stored_keys(any_interrupted)["bob"]}
    assert "DeleteAccessKey" not in emulator.actions()
    assert not recover(run, any_interrupted).changed


def test_log_tells_no_secret(emulator: Emulator, secrets: Secrets, interrupted: VaultFile) -> None:
    """The log is for its owner alone, and has secrets only as a vault."""
    text = interrupted.log.read_text()

    assert not secrets.in_clear(text)
    assert interrupted.log.stat().st_mode & 0o777 == 0o600
    [group] = [record for record in records(interrupted) if record["type"] == "group"]
    assert group["keys"][0]["access_key_id"] in keys_of(emulator, "ann")
    assert group["secrets"].startswith("$ANSIBLE_VAULT;")


def test_users_of_the_log_that_nobody_asked_for(
    emulator: Emulator, run: Run, interrupted: VaultFile
) -> None:
    """A log is settled whatever the next run is about, and that counts as a change."""
    add_users(emulator, "cat")

    result = run(name="cat", state="absent", layout=interrupted.layout)

    assert not result.failed, result.msg
    assert result.changed
    assert stored_keys(interrupted) == {"ann": keys_of(emulator, "ann")}


@pytest.mark.parametrize("held", [["ann"], ["ann", "bob"]])
def test_file_that_is_put_back_while_a_run_settles(
    emulator: Emulator, start: Start, run: Run, any_file: VaultFile, held: list[str]
) -> None:
    """The log stays if the file loses keys that an earlier run had brought into it."""
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
        settling.result()
    second = recover(run, any_file)

    assert not second.failed, second.msg
    for name in ("ann", "bob"):
        assert stored_keys(any_file)[name] == keys_of(emulator, name)


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
        log = tmp_path / f".{1000 + step}.yml.pending.yml"
        return log.exists() and '"group"' in log.read_text()

    first = next(step for step in count(15) if leaves_a_key(step))
    steps = next(step for step in count(1) if crash(emulator, start, first, step, file=step))

    assert steps > 20
    settle_everything(emulator, run, tmp_path, steps)


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


def test_page_that_lacks_the_user_of_a_saved_key(
    emulator: Emulator, run: Run, interrupted: VaultFile
) -> None:
    """A saved key whose user one page lacks is brought into the file all the same."""
    add_users(emulator, "cat")
    emulator.fail("ListUsers", "drop_item", item="ann")

    result = run(name="cat", layout=interrupted.layout)

    assert not result.failed, result.msg
    assert stored_keys(interrupted)["ann"] == keys_of(emulator, "ann")


def test_page_that_lacks_a_renamed_user(
    emulator: Emulator, run: Run, interrupted: VaultFile
) -> None:
    """A user whom one page lacks is settled under the name that it has now."""
    emulator.call("UpdateUser", UserName="ann", NewUserName="anna")
    add_users(emulator, "cat")
    emulator.fail("ListUsers", "drop_item", item="anna")

    result = run(name="cat", layout=interrupted.layout)

    assert not result.failed, result.msg
    assert stored_keys(interrupted)["anna"] == keys_of(emulator, "anna")
    assert "ann" not in stored_keys(interrupted)


def test_users_are_listed_twice(emulator: Emulator, run: Run, interrupted: VaultFile) -> None:
    """A user that is not among all users is looked for among them once more, and then is gone."""
    delete_key(emulator, "bob", *keys_of(emulator, "bob"))
    emulator.call("DeleteUser", UserName="bob")
    add_users(emulator, "bob", "cat")

    result = recover(run, interrupted, users=["ann", "bob", "cat"])

    assert not result.failed, result.msg
    assert emulator.actions().count("ListUsers") == 2


def test_renamed_owner(emulator: Emulator, run: Run, interrupted: VaultFile) -> None:
    """What was under way for users is settled under the names that they have now."""
    for name in ("ann", "bob"):
        emulator.call("UpdateUser", UserName=name, NewUserName=f"{name}2")
    add_users(emulator, "ann", "bob")

    result = run(users=["ann2", "bob2"], layout=interrupted.layout)

    assert not result.failed, result.msg
    assert [user["action"] for user in result["users"]] == ["recovered", "created"]
    assert_both_stored(emulator, interrupted, "ann2", "bob2")
    assert keys_of(emulator, "ann") == keys_of(emulator, "bob") == {}


def test_renamed_owner_asked_for_by_the_old_name(
    emulator: Emulator, run: Run, any_interrupted: VaultFile
) -> None:
    """A key that the log held is saved under its user's new name, whatever name is asked for."""
    emulator.call("UpdateUser", UserName="ann", NewUserName="anna")

    results = [run(name="ann", layout=any_interrupted.layout) for _run in range(2)]

    assert all("There is no RAM user ann" in str(result.msg) for result in results)
    assert stored_keys(any_interrupted) == {"anna": keys_of(emulator, "anna")}


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
    before = any_interrupted.entries()["ann"]

    results = [recover(run, any_interrupted, check=check) for check in (True, False, False)]

    for result in results:
        assert result.failed
        assert saved in result.msg
        assert other["AccessKeyId"] in result.msg
    assert any_interrupted.entries()["ann"] == before
    assert [user["action"] for user in result["users"]] == ["failed", "unchanged"]
    assert any_interrupted.log.exists()
    assert saved in keys_of(emulator, "ann")
    assert set(writing_actions(emulator)) == {"CreateAccessKey"}


def test_entry_without_a_key(emulator: Emulator, run: Run, interrupted: VaultFile) -> None:
    """A saved key completes an entry that names its user only; there is no other to look for."""
    user_id = emulator.state()["users"]["ann"]["user_id"]
    interrupted.edit("ann", account_id=emulator.account_id, user_id=user_id)

    result = recover(run, interrupted)

    assert not result.failed, result.msg
    assert stored_keys(interrupted)["ann"] == keys_of(emulator, "ann")
    assert not any(record["type"] == "missing" for record in records(interrupted))


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
def test_log_of_another_purpose(
    emulator: Emulator, run: Run, interrupted: VaultFile, what: str, value: str
) -> None:
    """A log of another account, endpoint or variable fails, and nothing is changed."""
    rewrite(interrupted, "header", **{what: value})
    before = interrupted.log.read_bytes()

    results = [recover(run, interrupted, check=check) for check in (True, False)]

    assert all(result.failed and value in result.msg for result in results)
    assert interrupted.log.read_bytes() == before
    assert writing_actions(emulator) == []


def test_log_of_another_password(emulator: Emulator, run: Run, interrupted: VaultFile) -> None:
    """A log that the password does not open fails, naming the vault id, and is kept."""
    secret = VaultSecret(b"older")
    text = VaultLib().encrypt("{}", secret, "ops").decode()
    rewrite(interrupted, "group", secrets=text)

    result = recover(run, interrupted)

    assert result.failed
    assert "vault id: ops" in result.msg
    assert interrupted.log.exists()
    assert writing_actions(emulator) == []


def test_log_of_another_vault_id(emulator: Emulator, run: Run, interrupted: VaultFile) -> None:
    """A log under another of the run's passwords is merged under the one of this run."""
    recovered = VaultFile(interrupted.path, "file", "newer")
    passwords = [("new", "newer"), ("default", VAULT_PASSWORD)]

    result = recover(run, interrupted, vault=passwords)

    assert not result.failed, result.msg
    assert result["users"][0]["action"] == "recovered"
    assert_both_stored(emulator, recovered)


@pytest.mark.parametrize("layout", ["file", "inline"])
def test_log_of_another_layout(
    emulator: Emulator, start: Start, run: Run, tmp_path: Path, layout: str
) -> None:
    """A log of another layout is merged in the layout of this run."""
    add_users(emulator, "ann", "bob")
    before = VaultFile(tmp_path / "keys.yml", layout)
    after = VaultFile(tmp_path / "keys.yml", "inline" if layout == "file" else "file")
    interrupt(emulator, start, before)

    result = recover(run, after)

    assert not result.failed, result.msg
    assert result["users"][0]["action"] == "recovered"
    assert_both_stored(emulator, after)


def test_saved_key_that_is_in_use(emulator: Emulator, run: Run, interrupted: VaultFile) -> None:
    """A saved key that has signed since, by whoever opened the log, is merged all the same."""
    [(key_id, secret)] = keys_of(emulator, "ann").items()
    run(name="ann", file="x.yml", access_key_id=key_id, access_key_secret=secret)

    result = recover(run, interrupted)

    assert not result.failed, result.msg
    assert stored_keys(interrupted)["ann"] == {key_id: secret}


def git(directory: Path, *command: str) -> None:
    """Run git as a colleague."""
    colleague = ["-c", "user.name=colleague", "-c", "user.email=c@example.com"]
    subprocess.run(["git", "-C", directory, *colleague, *command], check=True, capture_output=True)


@pytest.mark.parametrize("version", ["same", "no-entry"])
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
    assert "cat" in stored_keys(file)
    assert old in keys_of(emulator, "ann")


@pytest.mark.parametrize("name", ["keys.yml", "keys[ab].yml", ":keys.yml"])
@pytest.mark.parametrize("check", [True, False])
def test_file_that_git_has_and_nobody_checked_out(
    emulator: Emulator, run: Run, tmp_path: Path, name: str, *, check: bool
) -> None:
    """Where git has the file, its keys are not made a second time, whatever it is called."""
    add_users(emulator, "ann")
    file = VaultFile(tmp_path / name, "file")
    assert not run(name="ann", file=name).failed
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", f"./{name}")
    file.path.unlink()
    file.log.unlink()
    emulator.clear_requests()

    result = run(name="ann", file=name, check=check)

    assert result.failed
    assert f"{file.path} is tracked by git and not in the work tree" in result.msg
    assert writing_actions(emulator) == []


def test_file_beside_one_that_git_has(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    """A new file whose name would match that of another one as a pattern is made."""
    add_users(emulator, "ann")
    git(tmp_path, "init", "-q")
    (tmp_path / "keysa.yml").touch()
    git(tmp_path, "add", "keysa.yml")

    result = run(name="ann", file="keys[ab].yml")

    assert not result.failed, result.msg


def test_file_that_moved_with_its_log(emulator: Emulator, run: Run, interrupted: VaultFile) -> None:
    """In another folder, keys that arrived are merged; what only the old place knew is left."""
    [orphan] = keys_of(emulator, "bob")
    moved = VaultFile(interrupted.path.parent / "moved" / "keys.yml", "file")
    moved.path.parent.mkdir()
    interrupted.log.rename(moved.log)

    result = run(users=["ann", "bob"], file="moved/keys.yml")

    assert not result.failed, result.msg
    assert stored_keys(moved)["ann"] == keys_of(emulator, "ann")
    assert orphan in keys_of(emulator, "bob")
    assert any("wrote its log elsewhere may have left bob" in w for w in result["warnings"])


def test_torn_last_line(emulator: Emulator, run: Run, interrupted: VaultFile) -> None:
    """A record that was cut off by the crash counts as not written."""
    with interrupted.log.open("a") as log:
        log.write('_ram_keyring_12ab_7: {"type": "group", "keys": [{"user')

    result = recover(run, interrupted)

    assert not result.failed, result.msg
    assert_both_stored(emulator, interrupted)


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
    """A log that is damaged before its end is kept as it is, and nothing is changed."""
    lines = interrupted.log.read_text().splitlines()
    lines[line - 1 : line] = [] if damage is None else [damage]
    damaged = "".join(f"{text}\n" for text in lines)
    interrupted.log.write_text(damaged)

    result = recover(run, interrupted)

    assert result.failed
    assert f"damaged in line {line}" in result.msg
    assert interrupted.log.read_text() == damaged
    assert writing_actions(emulator) == []


@pytest.mark.parametrize(
    "junk",
    [b"\x00" * 64, b"\xff\xfe\x00junk", b"\x00\n\xff\n", b"[[]"],
    ids=["zeros", "no text", "lines", "text"],
)
@pytest.mark.parametrize("whole", [True, False])
def test_log_of_junk(
    emulator: Emulator, run: Run, interrupted: VaultFile, *, junk: bytes, whole: bool
) -> None:
    """Junk is not taken for a record that was cut off: it is kept, and nothing is changed."""
    damaged = junk if whole else interrupted.log.read_bytes() + junk
    interrupted.log.write_bytes(damaged)

    result = recover(run, interrupted)

    assert result.failed
    assert f"damaged in line {1 if whole else 5}" in result.msg
    assert interrupted.log.read_bytes() == damaged
    assert writing_actions(emulator) == []


def test_log_that_lost_a_key(emulator: Emulator, run: Run, interrupted: VaultFile) -> None:
    """If a log is cut off before a key, that key is one without a secret: it is replaced."""
    [lost] = keys_of(emulator, "ann")
    lines = interrupted.log.read_bytes().splitlines(keepends=True)
    interrupted.log.write_bytes(b"".join(lines[:2]))
    delete_key(emulator, "bob", *keys_of(emulator, "bob"))

    result = recover(run, interrupted)

    assert not result.failed, result.msg
    assert any(lost in warning for warning in result["warnings"])
    assert_both_stored(emulator, interrupted)


@pytest.mark.parametrize("lines", [0, 1])
def test_log_that_lost_everything(
    emulator: Emulator, run: Run, interrupted: VaultFile, lines: int
) -> None:
    """Keys that the rest of a log doesn't tell of are strangers: they are left, and named."""
    before = {**keys_of(emulator, "ann"), **keys_of(emulator, "bob")}
    kept = interrupted.log.read_bytes().splitlines(keepends=True)[:lines]
    interrupted.log.write_bytes(b"".join(kept))

    result = recover(run, interrupted)

    assert not result.failed, result.msg
    assert "DeleteAccessKey" not in emulator.actions()
    assert all(any(key in warning for warning in result["warnings"]) for key in before)


@pytest.mark.parametrize("content", ["", '_ram_keyring_12ab_1: {"type": "header", "forma'])
def test_log_without_a_header(emulator: Emulator, run: Run, file: VaultFile, content: str) -> None:
    """A run that was killed before its first record had nothing under way."""
    add_users(emulator, "ann")
    file.log.write_text(content)

    result = run(name="ann")

    assert not result.failed, result.msg
    assert stored_keys(file) == {"ann": keys_of(emulator, "ann")}


def test_log_of_another_version(run: Run, emulator: Emulator, interrupted: VaultFile) -> None:
    """A log in a format that this version does not know is left to the one that does."""
    rewrite(interrupted, "header", format=1)

    result = recover(run, interrupted)

    assert result.failed
    assert "another version" in result.msg
    assert interrupted.log.exists()
    assert writing_actions(emulator) == []


def test_log_under_version_control(emulator: Emulator, run: Run, interrupted: VaultFile) -> None:
    """A log that git tracks fails the task with the line for .gitignore."""
    for command in (["init", "-q"], ["add", "-f", interrupted.log.name]):
        subprocess.run(["git", "-C", interrupted.path.parent, *command], check=True)

    results = [recover(run, interrupted, check=check) for check in (True, False)]

    for result in results:
        assert result.failed
        assert ".*.pending.yml" in result.msg
    assert writing_actions(emulator) == []


@pytest.mark.parametrize("kind", ["link", "dangling link", "directory", "pipe"])
@pytest.mark.parametrize("check", [True, False])
def test_log_that_is_no_file(
    emulator: Emulator, run: Run, file: VaultFile, kind: str, *, check: bool
) -> None:
    """A log is never read or written through a link, and nothing is created without one."""
    add_users(emulator, "ann")
    target = file.path.with_name("target")
    if kind == "directory":
        file.log.mkdir()
    elif kind == "pipe":
        os.mkfifo(file.log)
    else:
        file.log.symlink_to(target)
    if kind == "link":
        target.touch()

    result = run(name="ann", check=check)

    assert result.failed
    assert str(file.log) in result.msg
    assert writing_actions(emulator) == []
    assert not target.exists() or target.read_bytes() == b""


def test_intent_is_on_disk_before_the_request(
    emulator: Emulator, run: Run, file: VaultFile
) -> None:
    """When a create is sent, the log already tells of it, for every attempt anew."""
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
    assert header["path"] == str(file.log)
    assert header["inode"] == file.log.stat().st_ino
    assert header["account_id"] == emulator.account_id
    for intent in intents:
        assert intent["type"] == "intent"
        assert intent["user_id"] == emulator.state()["users"]["ann"]["user_id"]
        assert intent["known_key_ids"] == [known]
    assert len(intents) == 2
    assert intents[0]["signed_from"] < intents[1]["signed_from"]


def test_mishap_after_a_key_was_saved(
    emulator: Emulator, run: Run, any_file: VaultFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If anything goes wrong between log and entry, the log stays, and the key with it."""
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


def test_mishap_after_a_key_was_saved_and_lost(
    emulator: Emulator, run: Run, file: VaultFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the log is lost as well, the key is deleted, and named: nobody would know of it."""
    add_users(emulator, "ann", "bob")
    new_entry = KeyringFile.new_entry
    made: list[str] = []

    def fail_once(*_args: object, **_fields: object) -> Entry:
        monkeypatch.setattr(KeyringFile, "new_entry", new_entry)
        made.extend(keys_of(emulator, "ann"))
        file.log.unlink()
        file.log.touch()
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


def test_every_prefix_of_a_log_is_readable(interrupted: VaultFile) -> None:
    """Wherever a crash cuts the log off, it reads as the log of an earlier instant."""
    whole = interrupted.log.read_bytes()
    held = []

    for size in [*range(0, len(whole), 7), len(whole)]:
        history, read = read_records(whole[:size])
        held.append((len(history.unanswered()), len(history.logged())))
        assert whole[:read].endswith(b"\n") or not read

    assert set(held) == {(0, 0), (1, 0), (0, 1), (1, 1)}

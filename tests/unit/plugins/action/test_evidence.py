# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing that can't be taken back rests on one look, and no editor costs a new key its secret."""

from __future__ import annotations

import json
import os
import subprocess
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
)

if t.TYPE_CHECKING:
    from emulator import Emulator

    from .conftest import Run

DAY = 86_400


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no time between two looks."""
    monkeypatch.setattr(looks, "LOOKS_APART", 0.0)


@pytest.fixture
def stored(emulator: Emulator, run: Run, file: VaultFile) -> str:
    """The id of ann's key, which the file holds since a minute; bob has one too."""
    add_users(emulator, "ann", "bob")
    assert not run(users=["ann", "bob"]).failed
    emulator.advance_clock(60)
    emulator.clear_requests()
    [key_id] = stored_keys(file)["ann"]
    return key_id


@pytest.mark.parametrize("state", ["present", "absent"])
def test_list_that_lacks_a_key_once(
    emulator: Emulator, run: Run, file: VaultFile, stored: str, state: str
) -> None:
    """One list without the key of an entry changes nothing about what is to be done."""
    emulator.fail("ListAccessKeys", "drop_item", item=stored)

    result = run(name="ann", state=state)

    assert not result.failed, result.msg
    if state == "present":
        assert writing_actions(emulator) == []
        assert list(stored_keys(file)["ann"]) == [stored]
    else:
        assert keys_of(emulator, "ann") == {}


def test_page_that_lacks_a_user_once(
    emulator: Emulator, run: Run, file: VaultFile, stored: str
) -> None:
    """One page without a user does not make an entry one whose user is gone."""
    add_users(emulator, "cat", "dan")
    run(users=["cat", "dan"])
    emulator.advance_clock(60)
    emulator.fail("ListUsers", "drop_item", item="ann")

    result = run(users=["ann", "cat", "dan"], state="absent")

    assert not result.failed, result.msg
    assert stored not in keys_of(emulator, "ann")
    assert stored_keys(file).keys() == {"bob"}


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("check", [True, False])
def test_key_that_no_list_shows_and_that_signs(
    emulator: Emulator,
    run: Run,
    file: VaultFile,
    *,
    stored: str,
    state: str,
    check: bool,
) -> None:
    """While its pair signs, a key is not gone: its user fails, nothing is touched, others go on."""
    add_users(emulator, "cat")
    emulator.fail("ListAccessKeys", "drop_item", item=stored, times=9)

    result = run(users=["ann", {"name": "cat", "state": "present"}], state=state, check=check)

    assert [user["action"] for user in result["users"]] == ["failed", "created"]
    assert f"{stored} of user ann is in no list" in result.msg
    emulator.advance_clock(20 * 60)
    assert run(name="ann", state=state, check=check).failed
    assert list(stored_keys(file)["ann"]) == [stored]
    assert stored in keys_of(emulator, "ann")


def test_key_that_cannot_be_tried(
    emulator: Emulator, run: Run, file: VaultFile, stored: str
) -> None:
    """Where its pair can't tell, a key is gone after two looks that are 15 minutes apart."""
    file.edit("ann", access_key_secret="of-another-key")
    emulator.fail("ListAccessKeys", "drop_item", item=stored, times=99)
    told = []
    for wait in (0, 10 * 60, 10 * 60):
        emulator.advance_clock(wait)
        told.append(run(name="ann", state="absent"))

    assert [result.failed for result in told] == [True, True, False]
    assert all("run again at" in result.msg for result in told[:2])
    assert told[2]["users"][0]["action"] == "removed"


def test_check_mode_notes_no_look(
    emulator: Emulator, run: Run, file: VaultFile, stored: str
) -> None:
    """A look in check mode is no first look."""
    file.edit("ann", access_key_secret="of-another-key")
    emulator.fail("ListAccessKeys", "drop_item", item=stored, times=99)
    run(name="ann", state="absent", check=True)
    emulator.advance_clock(20 * 60)

    result = run(name="ann", state="absent")

    assert result.failed


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("back", ["old entries", "nothing in it"])
def test_older_file_that_is_put_back(
    emulator: Emulator, run: Run, file: VaultFile, back: str
) -> None:
    """An editor that saves what it had opened before costs no key: the next run brings it back."""
    old = file.path.read_bytes()
    add_users(emulator, "cat")
    run(name="cat")
    new = keys_of(emulator, "cat")
    if back == "old entries":
        file.path.write_bytes(old)
    else:
        file.write("ram_keyring: {}\n")
    emulator.advance_clock(DAY - 3600)

    result = run(name="cat")

    assert result["users"][0]["action"] == "recovered"
    assert keys_of(emulator, "cat") == new
    assert {name: stored_keys(file)[name] for name in ("ann", "bob", "cat")} == {
        name: keys_of(emulator, name) for name in ("ann", "bob", "cat")
    }


def test_log_goes_after_a_day(emulator: Emulator, run: Run, file: VaultFile, stored: str) -> None:
    """Once its keys have stood in the file for a day, the log goes, and that is no change."""
    assert stored
    told = []
    for wait in (0, DAY - 3600, 2 * 3600):
        emulator.advance_clock(wait)
        before = file.path.read_bytes()
        told.append((run(users=["ann", "bob"]).changed, file.log.exists()))
        assert file.path.read_bytes() == before

    assert told == [(False, True), (False, True), (False, False)]
    assert writing_actions(emulator) == []


def test_day_begins_anew_when_a_key_comes_back(
    emulator: Emulator, run: Run, file: VaultFile, stored: str
) -> None:
    """A key that was brought back has to stand for a whole day again."""
    emulator.advance_clock(DAY - 3600)
    file.write("ram_keyring: {}\n")
    run(name="ann")
    emulator.advance_clock(DAY - 3600)
    run(name="ann")
    file.write("ram_keyring: {}\n")

    result = run(name="ann")

    assert result["users"][0]["action"] == "recovered"
    assert list(stored_keys(file)["ann"]) == [stored]


def test_settled_log_asks_for_nothing(
    emulator: Emulator, run: Run, file: VaultFile, stored: str
) -> None:
    """A log whose keys all stand in the file is read with any password, account and calls."""
    assert stored
    text = file.log.read_text()
    file.log.write_text(text.replace(emulator.account_id, "1234567890123456"))
    emulator.clear_requests()

    result = run(name="ann")

    assert not result.failed, result.msg
    assert emulator.actions() == ["GetCallerIdentity", "GetUser", "ListAccessKeys"]


def test_what_was_taken_out_stays_out(
    emulator: Emulator, run: Run, file: VaultFile, stored: str
) -> None:
    """A key that the task removed is not brought back by the log."""
    run(name="ann", state="absent")
    emulator.clear_requests()

    result = run(name="bob")

    assert not result.failed, result.msg
    assert "ann" not in file.entries()
    assert stored not in keys_of(emulator, "ann")
    assert "ListUsers" not in emulator.actions()


@pytest.mark.parametrize("is_left", [True, False])
def test_older_file_that_brings_back_what_was_taken_out(
    emulator: Emulator, run: Run, file: VaultFile, *, stored: str, is_left: bool
) -> None:
    """An entry that comes back from an older file is an entry, and its key is gone."""
    old = file.path.read_bytes()
    run(name="ann", state="absent")
    file.path.write_bytes(old)
    if not is_left:
        lines = file.log.read_text().splitlines(keepends=True)
        file.log.write_text("".join(line for line in lines if '"left"' not in line))
    emulator.advance_clock(60)

    result = run(name="ann")

    assert not result.failed, result.msg
    assert result["users"][0]["action"] == "created"
    assert stored not in stored_keys(file)["ann"]


def test_file_that_has_gone_on(emulator: Emulator, run: Run, file: VaultFile, stored: str) -> None:
    """A key that was stored makes way for a younger one in the entry, and that is told."""
    other = add_key(emulator, "ann")
    file.edit(
        "ann",
        access_key_id=other["AccessKeyId"],
        access_key_secret=other["AccessKeySecret"],
        created=other["CreateDate"],
    )

    result = run(name="ann")
    again = run(name="ann")

    assert not result.failed, result.msg
    assert any(stored in told and "younger" in told for told in result["warnings"])
    assert not any("younger" in told for told in again["warnings"])
    assert list(stored_keys(file)["ann"]) == [other["AccessKeyId"]]


@pytest.mark.parametrize("blank", ["missing", "blank"])
@pytest.mark.parametrize("check", [True, False])
def test_file_that_is_gone(
    emulator: Emulator, run: Run, file: VaultFile, *, stored: str, blank: str, check: bool
) -> None:
    """A file that held keys by its log is not begun anew: the task names the choice."""
    if blank == "missing":
        file.path.unlink()
    else:
        file.path.write_bytes(b"\n")

    result = run(name="ann", check=check)

    assert result.failed
    assert stored in result.msg
    assert "Restore it, or remove" in result.msg
    assert writing_actions(emulator) == []


def test_log_of_another_variable(
    emulator: Emulator, run: Run, file: VaultFile, stored: str
) -> None:
    """Two variables in one file are no trouble for each other's keys."""
    add_users(emulator, "cat")

    result = run(name="cat", variable="others")

    assert stored
    assert not result.failed, result.msg
    assert list(file.variables()) == ["ram_keyring", "others"]


def test_replaced_key_comes_back_with_what_it_replaced(
    emulator: Emulator, run: Run, file: VaultFile, stored: str
) -> None:
    """A replaced key that an older file drops is merged again over the entry that it replaced."""
    set_status(emulator, "ann", stored, "Inactive")
    old = file.path.read_bytes()
    run(name="ann", on_inactive="replace")
    [new] = stored_keys(file)["ann"]
    file.path.write_bytes(old)

    result = run(name="ann")

    assert result["users"][0]["action"] == "recovered"
    assert list(stored_keys(file)["ann"]) == [new]
    assert pair_of(file.entries()["ann"]["previous"]) == (stored, keys_of(emulator, "ann")[stored])


@pytest.mark.parametrize(
    ("written", "name"), [("by a run", "ann"), ("by hand", "ann"), ("by a run", "anna")]
)
def test_replaced_pair_that_a_list_lacks_once(
    emulator: Emulator, run: Run, file: VaultFile, *, stored: str, written: str, name: str
) -> None:
    """A pair that a list lacks once stays beside the key that replaced it, under a new name too."""
    if written == "by hand":
        file.edit("ann", account_id=None, user_id=None, created=None)
    set_status(emulator, "ann", stored, "Inactive")
    old = file.path.read_bytes()
    run(name="ann", on_inactive="replace")
    [new] = stored_keys(file)["ann"]
    file.path.write_bytes(old)
    if name != "ann":
        emulator.call("UpdateUser", UserName="ann", NewUserName=name)
    emulator.fail("ListAccessKeys", "drop_item", item=stored)

    result = run(name=name)

    entry = file.entries()[name]
    assert not result.failed, result.msg
    assert list(stored_keys(file)[name]) == [new]
    assert pair_of(entry["previous"]) == (stored, keys_of(emulator, name)[stored])


def pair_of(entry: t.Any) -> tuple[str, str]:
    """Return the id and the secret of an entry, or of what it has replaced."""
    return entry["access_key_id"], entry["access_key_secret"]


@pytest.fixture
def replaced(emulator: Emulator, run: Run, any_file: VaultFile) -> VaultFile:
    """A file, in each layout, in which a key of ann's took the place of one that is Inactive."""
    add_users(emulator, "ann")
    run(name="ann", layout=any_file.layout)
    [old] = stored_keys(any_file)["ann"]
    set_status(emulator, "ann", old, "Inactive")
    result = run(name="ann", layout=any_file.layout, on_inactive="replace")
    assert result["users"][0]["action"] == "replaced", result.msg
    return any_file


def test_replaced_pair_is_kept(emulator: Emulator, run: Run, replaced: VaultFile) -> None:
    """The pair that a new key takes the place of stays in the entry, and counts as known."""
    before = replaced.path.read_bytes()

    result = run(name="ann", layout=replaced.layout)

    entry: dict[str, t.Any] = replaced.entries()["ann"]
    assert dict([pair_of(entry), pair_of(entry["previous"])]) == keys_of(emulator, "ann")
    assert pair_of(entry) != pair_of(entry["previous"])
    assert not result.changed
    assert not any("also has" in told for told in result.values.get("warnings", []))
    assert replaced.path.read_bytes() == before


def test_absent_deletes_the_replaced_key_too(
    emulator: Emulator, run: Run, replaced: VaultFile
) -> None:
    """With the entry go both of its keys."""
    result = run(name="ann", layout=replaced.layout, state="absent")

    assert not result.failed, result.msg
    assert keys_of(emulator, "ann") == {}
    assert replaced.entries() == {}


def test_replaced_pair_outlives_its_successor(
    emulator: Emulator, run: Run, replaced: VaultFile
) -> None:
    """A new key for one that is gone leaves the pair before that alone, under a new name too."""
    entry: dict[str, t.Any] = replaced.entries()["ann"]
    delete_key(emulator, "ann", entry["access_key_id"])
    emulator.call("UpdateUser", UserName="ann", NewUserName="anna")

    result = run(name="anna", layout=replaced.layout)

    assert not result.failed, result.msg
    renamed: dict[str, t.Any] = replaced.entries()["anna"]
    assert renamed["previous"] == entry["previous"]
    assert dict([pair_of(renamed), pair_of(renamed["previous"])]) == keys_of(emulator, "anna")


def test_rotation_under_way(emulator: Emulator, run: Run, replaced: VaultFile) -> None:
    """While a rotation is under way no key is made, and what it noted stays as it is."""
    text = replaced.text()
    at = text.index("    previous:")
    replaced.write(text[:at] + '    rotation: {stage: "grace"}\n' + text[at:])
    kept = run(name="ann", layout=replaced.layout)
    entry = replaced.entries()["ann"]
    delete_key(emulator, "ann", entry["access_key_id"])

    result = run(name="ann", layout=replaced.layout)

    assert not kept.changed
    assert result.failed
    assert "rollback" in result.msg
    assert replaced.entries()["ann"] == entry


def test_many_equal_warnings_are_one(emulator: Emulator, run: Run) -> None:
    """Twenty users with a key that is in no file are one warning, which names them all."""
    names = [f"user{number}" for number in range(20)]
    add_users(emulator, *names)
    for name in names:
        add_key(emulator, name)

    result = run(users=names, check=True)

    [warning] = [told for told in result["warnings"] if "not in" in told]
    assert all(name in warning for name in names)


def test_results_in_the_order_of_the_list(emulator: Emulator, run: Run) -> None:
    """Whichever file a user's key is in, results and entries stand as the task lists them."""
    add_users(emulator, "ann", "bob", "cat")
    users = [{"name": "cat", "file": "z.yml"}, {"name": "ann", "file": "a.yml"}, "bob"]

    result = run(users=users, file="z.yml")

    assert [user["user_name"] for user in result["users"]] == ["cat", "ann", "bob"]


def test_task_that_made_keys_says_so(
    emulator: Emulator, run: Run, file: VaultFile, capsys: pytest.CaptureFixture[str]
) -> None:
    """Which users got keys, and where these are, is said once, and not in check mode."""
    add_users(emulator, "ann")
    run(name="ann", check=True)
    run(name="ann")
    run(name="ann")

    assert " ".join(capsys.readouterr().out.split()) == f"New keys of ann are in {file.path}"


def test_log_in_a_git_work_tree(
    emulator: Emulator, run: Run, file: VaultFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first key a log that git may come to track is warned of, with the line to add."""
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    add_users(emulator, "ann")
    clean = {name: text for name, text in os.environ.items() if name != "GIT_DIR"}
    subprocess.run(["git", "init", "-q", file.path.parent], check=True, env=clean)

    warned = run(name="ann", check=True)
    (file.path.parent / ".gitignore").write_text(".*.pending.yml\n")
    silent = run(name="ann", check=True)

    assert any(".*.pending.yml" in told for told in warned["warnings"])
    assert not any(".*.pending.yml" in told for told in silent["warnings"])


def test_log_can_be_loaded_with_the_folder(
    emulator: Emulator, run: Run, file: VaultFile, stored: str
) -> None:
    """Each record is a variable of its own, and holds no template."""
    assert stored
    add_users(emulator, "cat")
    delete_key(emulator, "bob", *keys_of(emulator, "bob"))
    run(users=["bob", "cat"])

    names = [line.partition(": ") for line in file.log.read_text().splitlines()]

    assert len({name for name, _colon, _record in names}) == len(names)
    assert all(json.loads(record)["type"] for _name, _colon, record in names)
    assert "{{" not in file.log.read_text()


def test_unknown_option(run: Run) -> None:
    """An option that there is not gets the words that Ansible has for it."""
    result = run(name="ann", nmae="bob")

    assert result.msg.startswith(
        "Unsupported parameters for (keysmith.alibabacloud.ram_keyring) module: nmae. Supported "
    )


def test_braces_of_an_answer(
    emulator: Emulator, run: Run, any_file: VaultFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A date of the cloud that a play would evaluate is not stored, and its key is."""
    add_users(emulator, "ann")
    with monkeypatch.context() as patch:
        patch.setattr("emulator.cloud.clock.format_time", lambda _seconds: "{{ 6 * 7 }}")
        emulator.advance_clock(1)
        result = run(name="ann", layout=any_file.layout)

    assert not result.failed, result.msg
    assert stored_keys(any_file) == {"ann": keys_of(emulator, "ann")}
    assert "{{" not in any_file.text() + any_file.log.read_text()


def test_user_that_was_made_a_moment_ago(
    emulator: Emulator, run: Run, file: VaultFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A create that does not know the user yet is sent again, noted anew each time."""
    monkeypatch.setattr(patience, "PAUSES", (0.0, 0.0))
    add_users(emulator, "ann")
    emulator.fail("CreateAccessKey", "error", times=2, status=404, code="EntityNotExist.User")

    result = run(name="ann")

    assert not result.failed, result.msg
    assert stored_keys(file) == {"ann": keys_of(emulator, "ann")}
    assert file.log.read_text().count('"intent"') == 3

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries that move from one file to another: none is lost, and each is in one file in the end."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from itertools import count

import pytest

from ..conftest import writing_actions
from .conftest import VaultFile, actions_of, add_users, keys_of, set_status

if t.TYPE_CHECKING:
    from pathlib import Path

    from emulator import Emulator

    from ..conftest import Result
    from .conftest import Run, Start

OTHER = {"file": "inline", "inline": "file"}


@pytest.fixture
def source(emulator: Emulator, run: Run, any_file: VaultFile) -> VaultFile:
    """`a.yml` in each layout: bob, and ann amid a rotation, with comments and fields of people."""
    file = replace(any_file, path=any_file.path.with_name("a.yml"))
    add_users(emulator, "ann", "bob")
    run(name="ann", file="a.yml", layout=file.layout)
    set_status(emulator, "ann", file.entries()["ann"]["access_key_id"], "Inactive")
    run(users=["ann", "bob"], file="a.yml", layout=file.layout, on_inactive="replace")
    head = '  "ann":\n'
    added = head[:-1] + "  # hers\n    # of the team\n    tags: [x, {y: 1}]\n"
    added += '    rotation:\n      stage: "grace"\n      switched: "2026-11-01T00:00:00Z"\n'
    file.write("# top\n" + file.text().replace(head, added))
    emulator.clear_requests()
    return file


def target_of(source: VaultFile, layout: str) -> VaultFile:
    """Return `keys.yml` in a layout."""
    return VaultFile(source.path.with_name("keys.yml"), layout)


def actions(result: Result) -> dict[str, str]:
    """Return what was done for each user."""
    assert not result.failed, result.msg
    return actions_of(result["users"])


@pytest.mark.parametrize("same_layout", [True, False])
def test_entry_moves(emulator: Emulator, run: Run, source: VaultFile, *, same_layout: bool) -> None:
    """All of an entry arrives, in the layout of its new file, and nothing else moves."""
    target = target_of(source, source.layout if same_layout else OTHER[source.layout])
    before, pairs = source.text(), source.entries()
    options = {"name": "ann", "layout": target.layout, "move_from": ["a.yml", "gone/c.yml"]}

    predicted, result = run(check=True, **options), run(**options)

    assert actions(predicted) == actions(result) == {"ann": "moved"}
    assert result.changed
    assert target.entries() == {"ann": pairs["ann"]}
    for line in ('  "ann":  # hers', "    # of the team", "    tags: [x, {y: 1}]"):
        assert line in target.text().splitlines()
    assert source.entries() == {"bob": pairs["bob"]}
    start, end = before.index('  "ann"'), before.index('  "bob"')
    assert source.text() == before[:start] + before[end:]
    assert writing_actions(emulator) == []
    again = run(**options)
    assert actions(again) == {"ann": "unchanged"}
    assert not again.changed


def test_there_and_back(run: Run, source: VaultFile) -> None:
    """Entries that move to the other layout and back say what they said; the empty file may go."""
    pairs, lines = source.entries(), set(source.text().splitlines())
    there = {"users": ["bob", "ann"], "layout": OTHER[source.layout], "move_from": ["a.yml"]}
    run(**there)
    assert list(target_of(source, OTHER[source.layout]).entries()) == ["bob", "ann"]

    back = run(users=["ann", "bob"], file="a.yml", layout=source.layout, move_from=["keys.yml"])

    assert actions(back) == {"ann": "moved", "bob": "moved"}
    assert source.entries() == pairs
    plain = {line for line in lines if source.layout == "file" or "#" in line}
    assert plain <= set(source.text().splitlines())
    source.path.with_name("keys.yml").unlink()
    again = run(users=["ann", "bob"], file="a.yml", layout=source.layout, move_from=["keys.yml"])
    assert actions(again) == {"ann": "unchanged", "bob": "unchanged"}


def test_older_file_put_back(run: Run, source: VaultFile) -> None:
    """A key that has moved is in the log for a day, so an older file put back costs none."""
    target, pairs = target_of(source, source.layout), source.entries()
    run(name="ann", layout=source.layout, move_from=["a.yml"])
    target.write("ram_keyring: {}\n")

    result = run(name="ann", layout=source.layout, move_from=["a.yml"])

    assert actions(result) == {"ann": "recovered"}
    assert target.entries()["ann"]["access_key_secret"] == pairs["ann"]["access_key_secret"]


def test_password_of_the_new_file(run: Run, source: VaultFile) -> None:
    """What moves opens with the password of the file that it is in, and with no other."""
    target = replace(target_of(source, source.layout), password="another word")
    pairs = source.entries()
    vault = [("old", source.password), ("new", target.password)]

    result = run(name="ann", layout=source.layout, move_from=["a.yml"], vault=vault, vault_id="new")

    assert actions(result) == {"ann": "moved"}
    assert target.entries()["ann"] == pairs["ann"]


def test_renamed_user(emulator: Emulator, run: Run, source: VaultFile) -> None:
    """The entry of a user who has another name by now is found, and moves under that name."""
    pairs = source.entries()
    emulator.call("UpdateUser", UserName="ann", NewUserName="anna")

    result = run(name="anna", layout=source.layout, move_from=["a.yml"])

    assert actions(result) == {"anna": "moved"}
    assert target_of(source, source.layout).entries() == {"anna": pairs["ann"]}
    assert source.entries().keys() == {"bob"}


def test_renamed_user_asked_for_by_the_old_name(
    emulator: Emulator, run: Run, source: VaultFile
) -> None:
    """A name that the user had is told as that, and the entry does not move."""
    pairs = source.entries()
    emulator.call("UpdateUser", UserName="ann", NewUserName="anna")

    result = run(users=["ann", "bob"], layout=source.layout, move_from=["a.yml"])

    assert result.failed
    assert "User ann is now called anna: ask for that name" in str(result.msg)
    assert source.entries() == pairs


@pytest.mark.parametrize("any_file", ["file"], indirect=True)
def test_others_in_the_same_task(emulator: Emulator, run: Run, source: VaultFile) -> None:
    """One task moves an entry, makes a key and removes one, whose entry elsewhere stays."""
    add_users(emulator, "cat")
    users = [{"name": "bob", "state": "absent"}, "cat", "ann"]

    result = run(users=users, layout=source.layout, move_from=["a.yml"])

    assert actions(result) == {"bob": "unchanged", "cat": "created", "ann": "moved"}
    assert target_of(source, source.layout).entries().keys() == {"cat", "ann"}
    assert source.entries().keys() == {"bob"}


@pytest.mark.parametrize("any_file", ["file"], indirect=True)
@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("where", ["target", "source"])
def test_different_pairs(
    emulator: Emulator, run: Run, source: VaultFile, tmp_path: Path, where: str, *, check: bool
) -> None:
    """A user with different pairs in two of the files is refused, and no file is touched."""
    other = "keys.yml" if where == "target" else "c.yml"
    set_status(emulator, "bob", source.entries()["bob"]["access_key_id"], "Inactive")
    run(name="bob", file=other)
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    result = run(
        users=["ann", "bob"],
        layout="file" if where == "target" else source.layout,
        move_from=["a.yml"] if where == "target" else ["a.yml", "c.yml"],
        check=check,
    )

    assert result.failed
    assert "user bob" in result.msg
    assert "remove one of them" in result.msg
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == files


def test_same_pair_in_two_files(run: Run, source: VaultFile, tmp_path: Path) -> None:
    """An entry that several files hold alike moves from all of them."""
    (tmp_path / "c.yml").write_bytes(source.path.read_bytes())

    result = run(name="ann", layout=source.layout, move_from=["a.yml", "c.yml"])

    assert actions(result) == {"ann": "moved"}
    assert source.entries().keys() == {"bob"}
    assert replace(source, path=tmp_path / "c.yml").entries().keys() == {"bob"}


@pytest.mark.parametrize("any_file", ["inline"], indirect=True)
def test_unanswered_create(emulator: Emulator, run: Run, source: VaultFile) -> None:
    """Nothing moves from a file whose log has a create without an answer."""
    add_users(emulator, "cat")
    emulator.fail("CreateAccessKey", "drop_after")
    run(name="cat", file="a.yml", layout=source.layout)
    before = source.path.read_bytes()

    result = run(name="ann", layout=source.layout, move_from=["a.yml"])

    assert result.failed
    assert "has a create without an answer" in result.msg
    assert source.path.read_bytes() == before
    assert not target_of(source, source.layout).path.exists()


@pytest.mark.parametrize("any_file", ["file"], indirect=True)
def test_file_of_the_task(run: Run, source: VaultFile) -> None:
    """A file can't be moved from that is the one to move to."""
    result = run(name="ann", file="a.yml", layout=source.layout, move_from=["keys.yml", "a.yml"])

    assert result.failed
    assert "which is the file of users of this task" in result.msg


@pytest.mark.parametrize("any_file", ["file"], indirect=True)
def test_source_that_cannot_be_written(run: Run, source: VaultFile, tmp_path: Path) -> None:
    """A source that can't be replaced is refused before anything moves."""
    (tmp_path / "link.yml").hardlink_to(source.path)

    result = run(name="ann", layout=source.layout, move_from=["a.yml"])

    assert result.failed
    assert "hard links" in result.msg
    assert not target_of(source, source.layout).path.exists()


@pytest.mark.parametrize("any_file", ["inline"], indirect=True)
def test_crash_at_any_step(
    emulator: Emulator, start: Start, run: Run, source: VaultFile, tmp_path: Path
) -> None:
    """Whichever step a run is killed at, each pair is in a file, and the next run ends the move."""
    target, pairs = target_of(source, "file"), source.entries()
    files = {path: path.read_bytes() for path in tmp_path.iterdir()}
    options: dict[str, t.Any] = {"users": ["ann", "bob"], "move_from": ["a.yml"]}
    for step in count(1):
        for path in tmp_path.iterdir():
            path.unlink()
        for path, data in files.items():
            path.write_bytes(data)
        ended = start(die_after=step, **options).wait()
        held = {**source.entries(), **target.entries()}
        result = run(**options)

        assert held == pairs
        assert not result.failed, result.msg
        assert target.entries() == pairs
        assert source.entries() == {}
        if ended:
            break

    assert step > 8
    assert {name: len(keys_of(emulator, name)) for name in pairs} == {"ann": 2, "bob": 1}

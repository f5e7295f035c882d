# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Another vault password for a file: all that is ours opens with it, after any crash too."""

from __future__ import annotations

import errno
import os
import textwrap
import typing as t
from dataclasses import replace
from itertools import count

import pytest

from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file import locks

from ..keyring_task import VAULT_PASSWORD
from .conftest import add_users, keys_of, set_status, stored_keys, vault_text

if t.TYPE_CHECKING:
    from pathlib import Path

    from emulator import Emulator

    from ..conftest import Result
    from .conftest import Run, Start, VaultFile

OLD, NEW = ("old", VAULT_PASSWORD), ("new", "another word")
BOTH: dict[str, t.Any] = {"vault": [OLD, NEW], "vault_id": "new", "rekey": True}


def told(result: Result, word: str) -> list[str]:
    """Return the warnings with a word in them."""
    return [warning for warning in result["warnings"] if word in warning]


def with_new(file: VaultFile) -> VaultFile:
    """Return the file as it opens with the new password."""
    return replace(file, password=NEW[1])


@pytest.fixture
def old_file(emulator: Emulator, run: Run, any_file: VaultFile) -> VaultFile:
    """A file under the old password: ann with a replaced pair, and bob, both still in the log."""
    add_users(emulator, "ann", "bob")
    options = {"layout": any_file.layout, "vault": [OLD]}
    run(name="ann", **options)
    set_status(emulator, "ann", any_file.entries()["ann"]["access_key_id"], "Inactive")
    result = run(users=["ann", "bob"], on_inactive="replace", **options)
    assert not result.failed, result.msg
    return any_file


def test_new_password_alone_opens(run: Run, old_file: VaultFile) -> None:
    """After a change the new password opens file and log, whoever is named and whatever is run."""
    before, pairs = old_file.path.read_bytes(), old_file.entries()
    options = {"layout": old_file.layout}

    predicted, result = run(check=True, **BOTH, **options), run(**BOTH, **options)

    assert not result.failed, result.msg
    assert predicted.changed
    assert result.changed
    assert predicted["rekeyed"] == result["rekeyed"] == [str(old_file.path)]
    assert with_new(old_file).entries() == pairs
    new = {"vault": [NEW], "users": ["ann", "bob"], **options}
    assert not run(**new, verify="all").changed
    after = old_file.path.read_bytes()
    again = run(**BOTH, **options)
    assert not again.changed
    assert again["rekeyed"] == []
    assert old_file.path.read_bytes() == after != before
    with_new(old_file).write("ram_keyring: {}\n")
    recovered = run(**new)
    assert [user["action"] for user in recovered["users"]] == ["recovered", "recovered"]
    assert with_new(old_file).entries()["bob"] == pairs["bob"]


def test_rekeyed_file_that_may_not_last(
    run: Run, old_file: VaultFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that has got its password counts as rekeyed, even if nobody can tell if it lasts."""
    pairs, options = old_file.entries(), {**BOTH, "layout": old_file.layout}

    def fail_to_sync(_directory: Path) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(locks, "sync_directory", fail_to_sync)
        result = run(**options)

    assert "Input/output error" in result.msg
    assert result.changed
    assert result["rekeyed"] == [str(old_file.path)]
    assert with_new(old_file).entries() == pairs


def test_file_that_is_not_rekeyed(run: Run, old_file: VaultFile) -> None:
    """A file that could not be replaced is not among those that have got their password."""
    before = old_file.path.read_bytes()
    old_file.path.with_name(f".{old_file.path.name}.tmp").mkdir()

    result = run(**BOTH, layout=old_file.layout)

    assert "Cannot replace" in result.msg
    assert not result.changed
    assert result["rekeyed"] == []
    assert old_file.path.read_bytes() == before


def test_list_without_users(run: Run, old_file: VaultFile) -> None:
    """A list that is empty today is no reason to leave the old password."""
    result = run(users=[], layout=old_file.layout, **BOTH)

    assert not result.failed, result.msg
    assert result["rekeyed"] == [str(old_file.path)]
    assert with_new(old_file).entries().keys() == {"ann", "bob"}


def test_new_users_get_the_new_password(emulator: Emulator, run: Run, old_file: VaultFile) -> None:
    """A task that changes the password and makes, replaces and removes keys does all of it."""
    add_users(emulator, "cat")
    set_status(emulator, "bob", old_file.entries()["bob"]["access_key_id"], "Inactive")
    users = [{"name": "ann", "state": "absent"}, "bob", "cat"]

    result = run(users=users, layout=old_file.layout, on_inactive="replace", **BOTH)

    assert not result.failed, result.msg
    assert [user["action"] for user in result["users"]] == ["removed", "replaced", "created"]
    entries: dict[str, t.Any] = with_new(old_file).entries()
    assert {entries["bob"]["access_key_id"], entries["bob"]["previous"]["access_key_id"]} == set(
        keys_of(emulator, "bob")
    )
    assert stored_keys(with_new(old_file))["cat"] == keys_of(emulator, "cat")
    assert not run(users=["bob", "cat"], layout=old_file.layout, vault=[NEW]).failed


def test_handed_out_file_follows(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    """The CSV of the task gets the new password too."""
    add_users(emulator, "ann")
    run(name="ann", vault=[OLD], csv_file="ann.csv")

    result = run(name="ann", csv_file="ann.csv", **BOTH)

    assert result.changed
    assert not run(name="ann", csv_file="ann.csv", vault=[NEW]).failed
    assert "ann.csv" in {path.name for path in tmp_path.iterdir()}
    assert not run(name="ann", csv_file="ann.csv", **BOTH).changed


@pytest.mark.parametrize("any_file", ["inline"], indirect=True)
@pytest.mark.parametrize(
    "vault", [[OLD], [("other", VAULT_PASSWORD)], [("new", VAULT_PASSWORD), OLD]]
)
def test_same_password(run: Run, old_file: VaultFile, vault: list[tuple[str, str]]) -> None:
    """Without another password nothing changes, whatever the label, and that is said."""
    before = old_file.path.read_bytes(), old_file.log.read_bytes()

    result = run(rekey=True, vault=vault, layout=old_file.layout)

    assert not result.failed, result.msg
    assert not result.changed
    assert result["rekeyed"] == []
    assert f"The only vault password of this run, {vault[0][0]}" in told(result, "only vault")[0]
    assert (old_file.path.read_bytes(), old_file.log.read_bytes()) == before


@pytest.mark.parametrize("any_file", ["file"], indirect=True)
@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("vault", "vault_id", "message"),
    [
        ([OLD], "new", "no vault password with the id new; this run was given: old"),
        ([NEW], None, "its vault id: old; this run was given: new"),
        ([NEW], "new", "its vault id: old; this run was given: new"),
    ],
)
def test_password_that_is_missing(
    run: Run,
    old_file: VaultFile,
    vault: list[tuple[str, str]],
    vault_id: str | None,
    message: str,
    *,
    check: bool,
) -> None:
    """Without either of the passwords the task fails, naming ids, before a byte changes."""
    before = old_file.path.read_bytes(), old_file.log.read_bytes()

    result = run(rekey=True, vault=vault, vault_id=vault_id, layout=old_file.layout, check=check)

    assert result.failed
    assert message in result.msg
    assert (old_file.path.read_bytes(), old_file.log.read_bytes()) == before


def indented(text: bytes, column: int) -> str:
    """Return a vault text as it stands below a field."""
    return textwrap.indent(text.decode(), " " * column)


def close_with_new(path: Path, user: str, secret: str) -> None:
    """Close the secret of a user in an inline file with the new password."""
    lines = path.read_text().split("\n")
    start = lines.index(f'  "{user}":')
    text = next(number for number in range(start, len(lines)) if "!vault" in lines[number])
    end = next(number for number in range(text, len(lines)) if "account_id" in lines[number])
    lines[text + 1 : end] = indented(vault_text(secret, NEW[1], "new"), 6).rstrip().split("\n")
    path.write_text("\n".join(lines))


def test_password_of_one_of_several(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    """An inline file of several passwords is of use to whoever has that of the user asked for."""
    add_users(emulator, "ann", "bob", "cat")
    options = {"layout": "inline", "verify": "all"}
    run(users=["ann", "bob"], layout="inline", vault=[OLD])
    close_with_new(tmp_path / "keys.yml", "bob", *keys_of(emulator, "bob").values())

    results = {
        (user, vault[0]): run(name=user, vault=[vault], **options)
        for user, vault in [("ann", OLD), ("bob", NEW), ("ann", NEW), ("bob", OLD), ("cat", NEW)]
    }

    failed = {case for case, result in results.items() if result.failed}
    assert failed == {("ann", NEW[0]), ("bob", OLD[0])}
    assert all("opens the secret of user" in results[case].msg for case in failed)
    assert results["cat", NEW[0]]["users"][0]["action"] == "created"


def test_texts_of_several_passwords(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    """Of an inline file just our texts that the new password does not open are written anew."""
    add_users(emulator, "ann", "cat")
    run(users=["ann", "cat"], layout="inline", vault=[OLD])
    path = tmp_path / "keys.yml"
    close_with_new(path, "cat", *keys_of(emulator, "cat").values())
    foreign = indented(vault_text("x", OLD[1], "old"), 2)
    lines = path.read_text().split("\n")
    lines[1:1] = ["db_pass: !vault |", *foreign.rstrip().split("\n")]
    lines.insert(lines.index('  "ann":') + 1, "    # hers")
    path.write_text("\n".join(lines))
    before = path.read_text().split("\n")

    result = run(layout="inline", **BOTH)

    after = path.read_text().split("\n")
    changed = [number for number in range(len(before)) if before[number] != after[number]]
    first = before.index("    access_key_secret: !vault |") + 1
    ann = range(first, next(n for n in range(first, len(before)) if "account_id" in before[n]))
    assert changed
    assert set(changed) <= set(ann)
    assert "not of the keyring, in line 2:" in told(result, "still needed")[0]
    assert (
        run(users=["ann", "cat"], layout="inline", vault=[NEW], verify="all")["stats"]["unchanged"]
        == 2
    )


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rekey": True}, "is missing or blank: there is nothing to rekey"),
        ({"rekey": False}, "Whose keys are meant?"),
        ({"rekey": True, "file": None}, "Whose keys are meant?"),
    ],
)
def test_nothing_to_rekey(
    run: Run, tmp_path: Path, options: dict[str, t.Any], message: str, *, check: bool
) -> None:
    """Without users there has to be a file, and it has to be there."""
    result = run(**options, check=check)

    assert result.failed
    assert message in result.msg
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("any_file", ["inline"], indirect=True)
def test_crash_at_any_step(start: Start, run: Run, old_file: VaultFile) -> None:
    """Whichever step a run is killed at, no secret is lost, and the next run ends the change."""
    file, log = old_file.path.read_bytes(), old_file.log.read_bytes()
    pairs, options = old_file.entries(), {**BOTH, "layout": old_file.layout}
    for step in count(1):
        old_file.path.write_bytes(file)
        # The log has to be the very file, as a copy counts for less.
        old_file.log.unlink(missing_ok=True)
        old_file.log.write_bytes(log)
        ended = start(die_after=step, **options).wait()

        assert not run(**options).failed
        assert with_new(old_file).entries() == pairs
        assert b"AES256;old" not in old_file.log.read_bytes()
        if ended:
            break

    assert step > 8

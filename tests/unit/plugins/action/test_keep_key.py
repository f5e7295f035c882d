# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries that go while their keys stay."""

from __future__ import annotations

import typing as t

import pytest

from ..conftest import sign_in, writing_actions
from .conftest import add_users, delete_key, keys_of, list_late, set_status, stored_keys

if t.TYPE_CHECKING:
    from emulator import Emulator

    from ..conftest import Result
    from .conftest import Run, VaultFile

FORGET = {"state": "absent", "keep_key": True}


def told(result: Result) -> list[str]:
    """Return the warnings that a key has stayed."""
    return [warning for warning in result["warnings"] if "still ha" in warning]


def test_key_stays(emulator: Emulator, run: Run, any_file: VaultFile) -> None:
    """The entry goes, the key stays and is told, and neither a rerun nor the log undoes that."""
    add_users(emulator, "ann", "bob")
    run(users=["ann", "bob"], layout=any_file.layout)
    emulator.clear_requests()
    [key_id] = keys = keys_of(emulator, "ann")
    options = {"name": "ann", "layout": any_file.layout, **FORGET}

    predicted, result = run(check=True, **options), run(**options)

    assert predicted["users"] == result["users"]
    assert result["users"][0]["action"] == "removed"
    assert told(predicted) == told(result)
    assert told(result) == [
        f"User ann still has key {key_id}, which {any_file.path} no longer holds"
    ]
    assert keys_of(emulator, "ann") == keys
    assert stored_keys(any_file) == {"bob": keys_of(emulator, "bob")}
    again = run(**options)
    assert not again.changed
    assert told(again) == []
    assert writing_actions(emulator) == []


def test_replaced_key_is_told_too(emulator: Emulator, run: Run, file: VaultFile) -> None:
    """Both keys of an entry stay and are told, in one warning where there are many users."""
    names = ["ann", "bob", "cat", "dan"]
    add_users(emulator, *names)
    run(users=names)
    [old] = keys_of(emulator, "ann")
    set_status(emulator, "ann", old, "Inactive")
    run(name="ann", on_inactive="replace")
    new = file.entries()["ann"]["access_key_id"]

    result = run(users=names, **FORGET)

    assert keys_of(emulator, "ann").keys() == {old, new}
    assert file.entries() == {}
    [warning] = told(result)
    assert f"4 users still have keys that {file.path} no longer holds: ann ({new}, {old}), bob" in (
        warning
    )


def test_key_that_is_gone_is_not_told(emulator: Emulator, run: Run, file: VaultFile) -> None:
    """The entry of a key that is gone goes without a word of a key."""
    add_users(emulator, "ann")
    run(name="ann")
    delete_key(emulator, "ann", next(iter(keys_of(emulator, "ann"))))

    result = run(name="ann", **FORGET)

    assert result["users"][0]["action"] == "removed"
    assert told(result) == []
    assert file.entries() == {}


@pytest.mark.parametrize("check", [True, False])
def test_other_key_listed_late(
    emulator: Emulator,
    run: Run,
    in_grace: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    check: bool,
) -> None:
    """The old key of a rotation that the first list lacked is told as one that stays."""
    list_late(monkeypatch, in_grace, times=1)

    result = run(name="ann", check=check, **FORGET)

    [warning] = told(result)
    assert in_grace in warning
    assert in_grace in keys_of(emulator, "ann")


def test_signing_key_stays(emulator: Emulator, run: Run, file: VaultFile) -> None:
    """The entry of the key that signs the run may go, as the key itself stays."""
    add_users(emulator, "ann")
    run(name="ann")
    signer = sign_in(emulator, "ops", "AliyunRAMFullAccess")
    file.edit("ops", **signer)

    result = run(name="ops", **FORGET, **signer)

    assert not result.failed, result.msg
    assert file.entries().keys() == {"ann"}


@pytest.mark.parametrize("owner", [{"account_id": "1"}, {"access_key_id": "LTAIother"}])
def test_entry_of_others_stays(
    emulator: Emulator, run: Run, file: VaultFile, owner: dict[str, str]
) -> None:
    """An entry that may be of another account is not removed."""
    add_users(emulator, "ann")
    run(name="ann")
    file.edit("ann", account_id=None)
    file.edit("ann", **owner)
    before = file.path.read_bytes()

    result = run(name="ann", **FORGET)

    assert result.failed
    assert file.path.read_bytes() == before

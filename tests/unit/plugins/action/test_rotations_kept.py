# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ram_keyring does with users whose keys are being rotated."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.errors import RamError
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring.deeds import Create
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring.records import ROTATION
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file.file import (
    KeyringFile,
)

from ..conftest import writing_actions
from .conftest import DAY, add_key, add_users, keys_of, list_late, set_status

if t.TYPE_CHECKING:
    from emulator import Emulator

    from .conftest import Rotate, Run, VaultFile

STAGE = {"stage": "grace", "switched": "2026-11-20T13:00:00Z"}


@pytest.fixture
def rotating(emulator: Emulator, run: Run, any_file: VaultFile) -> VaultFile:
    """A file in which the rotation of ann's key has begun."""
    add_users(emulator, "ann")
    assert not run(name="ann", layout=any_file.layout, on_inactive="replace").failed
    set_status(emulator, "ann", any_file.entries()["ann"]["access_key_id"], "Inactive")
    assert not run(name="ann", layout=any_file.layout, on_inactive="replace").failed
    text = any_file.text()
    at = text.index("    previous:")
    stage = "".join(f'      {name}: "{value}"\n' for name, value in STAGE.items())
    any_file.write(f"{text[:at]}    rotation:\n{stage}{text[at:]}")
    emulator.clear_requests()
    return any_file


@pytest.fixture
def begun(emulator: Emulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let only the log hold the key that a rotation of ann was begun with; return her keys."""
    add_users(emulator, "ann")

    def fail(_file: KeyringFile, _changes: object) -> None:
        raise RamError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(Create, "purpose", ROTATION)
        patch.setattr(KeyringFile, "replace", fail)
        assert "no room" in run(name="ann").msg
    emulator.clear_requests()
    return list(keys_of(emulator, "ann"))


def test_rename_takes_the_rotation_along(emulator: Emulator, run: Run, rotating: VaultFile) -> None:
    """Under the new name of its user an entry is byte for byte what it was under the old one."""
    before = rotating.text()
    emulator.call("UpdateUser", UserName="ann", NewUserName="anna")

    result = run(name="anna", layout=rotating.layout, verify="all")

    assert not result.failed, result.msg
    assert rotating.text() == before.replace('"ann":', '"anna":')
    assert rotating.variables()["ram_keyring"]["anna"]["rotation"] == STAGE


def test_key_of_a_begin_stays_in_the_log(run: Run, file: VaultFile, begun: list[str]) -> None:
    """A key that a rotation was begun with is known, stays in the log, and no other one is made."""
    result = run(name="ann")

    assert result.failed
    assert f"its key {begun[0]} is in the log only" in result.msg
    assert "run ram_rotation first" in result.msg
    assert begun[0] in file.log.read_text()


@pytest.fixture
def begun_beside(emulator: Emulator, file: VaultFile, begun: list[str]) -> list[str]:
    """Give ann an entry with another key; return that and the one of the begin."""
    other = add_key(emulator, "ann")
    pair = {"access_key_id": other["AccessKeyId"], "access_key_secret": other["AccessKeySecret"]}
    ids = {
        "user_id": emulator.state()["users"]["ann"]["user_id"],
        "account_id": emulator.account_id,
    }
    file.edit("ann", **pair, **ids)
    return [other["AccessKeyId"], *begun]


def test_key_of_a_begin_is_no_stranger(run: Run, file: VaultFile, begun_beside: list[str]) -> None:
    """Beside the entry's own key, the key of a begin is not warned of."""
    result = run(name="ann")

    assert result["users"][0]["action"] == "unchanged"
    assert not any("also has" in told for told in result["warnings"])
    assert begun_beside[1] in file.log.read_text()


def test_key_of_a_begin_that_stays_is_told(
    emulator: Emulator, run: Run, begun_beside: list[str]
) -> None:
    """Where the entry goes and its key stays, the key of a begin is told too."""
    result = run(name="ann", state="absent", keep_key=True)

    assert any(f"still has key {', '.join(begun_beside)}" in told for told in result["warnings"])
    assert keys_of(emulator, "ann").keys() == set(begun_beside)


def test_absent_deletes_the_key_of_a_begin(
    emulator: Emulator, run: Run, file: VaultFile, begun: list[str]
) -> None:
    """With state absent the key of a begin goes too, and the log with it."""
    predicted = run(name="ann", state="absent", check=True)

    result = run(name="ann", state="absent")

    assert begun
    assert keys_of(emulator, "ann") == {}
    assert result["users"][0]["action"] == predicted["users"][0]["action"] == "removed"
    assert writing_actions(emulator) == ["DeleteAccessKey"]
    assert not run(name="ann", state="absent").changed
    assert not file.log.exists()


def test_absent_that_fails_halfway(
    emulator: Emulator, run: Run, file: VaultFile, in_grace: str
) -> None:
    """An old key that went counts as a change, even if the current one could not be deleted."""
    before = file.path.read_bytes()
    emulator.fail("DeleteAccessKey", "error", skip=1, status=403, code="NoPermission")

    result = run(name="ann", state="absent")

    assert result.failed
    assert result.changed
    assert list(keys_of(emulator, "ann")) == [file.entries()["ann"]["access_key_id"]]
    assert in_grace not in keys_of(emulator, "ann")
    assert file.path.read_bytes() == before


def test_absent_deletes_an_old_key_that_is_listed_late(
    emulator: Emulator, run: Run, file: VaultFile, in_grace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old key goes with its user's entry, although the first list lacked it."""
    list_late(monkeypatch, in_grace, times=1)

    result = run(name="ann", state="absent")

    assert not result.failed, result.msg
    assert keys_of(emulator, "ann") == {}
    assert file.entries() == {}


def test_absent_keeps_what_it_cannot_tell(
    emulator: Emulator, run: Run, file: VaultFile, in_grace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While no list shows an old key that signs, neither it nor the entry goes."""
    before = file.path.read_bytes()
    list_late(monkeypatch, in_grace, times=999)

    results = [run(name="ann", state="absent", check=check) for check in (True, False)]

    for result in results:
        assert result.failed
        assert f"Key {in_grace} of user ann is in no list of the cloud, but it signs" in result.msg
    assert len(keys_of(emulator, "ann")) == 2
    assert file.path.read_bytes() == before


def test_log_is_not_kept_for_what_is_gone(
    emulator: Emulator, run: Run, rotate: Rotate, file: VaultFile, in_grace: str
) -> None:
    """A step whose answer got lost is of no interest once the user's keys have left the file."""
    emulator.advance_clock(8 * DAY)
    emulator.fail("UpdateAccessKey", "drop_after", times=9)
    assert rotate().failed
    emulator.clear_faults()
    assert in_grace in file.log.read_text()

    run(name="ann", state="absent")
    run(name="ann", state="absent")

    assert keys_of(emulator, "ann") == {}
    assert not file.log.exists()


@pytest.mark.parametrize("keep_key", [True, False])
def test_old_pair_that_is_none(
    emulator: Emulator, run: Run, file: VaultFile, in_grace: str, *, keep_key: bool
) -> None:
    """An entry whose old pair somebody has mixed up stays, and so do both keys."""
    keys = keys_of(emulator, "ann")
    file.mix_up(in_grace, keys[in_grace])
    before = file.path.read_bytes()

    result = run(name="ann", state="absent", keep_key=keep_key)

    assert f"The previous pair of user ann in {file.path} has an AccessKey ID" in result.msg
    assert keys_of(emulator, "ann") == keys
    assert file.path.read_bytes() == before

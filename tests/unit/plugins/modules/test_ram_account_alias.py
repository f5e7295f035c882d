# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ram_account_alias makes of the alias, and what it refuses."""

from __future__ import annotations

import typing as t

import pytest

from ..conftest import writing_actions

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from emulator import Emulator

    from ..conftest import Result

    RunModule = Callable[..., Result]


def alias(emulator: Emulator) -> str:
    """Return the alias of the account."""
    return str(emulator.call("GetAccountAlias")["AccountAlias"])


def test_change(run_module: RunModule, emulator: Emulator) -> None:
    """An alias is changed by one call that leaves no moment without one, once."""
    emulator.call("SetAccountAlias", AccountAlias="acme")

    changed = run_module("ram_account_alias", account_alias="acme-cn")
    again = run_module("ram_account_alias", account_alias="acme-cn")

    assert (changed.changed, again.changed) == (True, False)
    assert writing_actions(emulator) == ["SetAccountAlias"]
    assert alias(emulator) == "acme-cn"


@pytest.mark.parametrize("before", ["acme", ""])
def test_absent(run_module: RunModule, emulator: Emulator, before: str) -> None:
    """An alias is cleared if there is one, once."""
    if before:
        emulator.call("SetAccountAlias", AccountAlias=before)

    cleared = run_module("ram_account_alias", state="absent")
    again = run_module("ram_account_alias", state="absent")

    assert (cleared.changed, again.changed) == (bool(before), False)
    assert cleared["account_alias"]["account_alias"] == before
    assert alias(emulator) == ""


@pytest.mark.parametrize("mode", [{}, {"_ansible_check_mode": True}], ids=["real", "check"])
@pytest.mark.parametrize(("named", "left"), [("acme", ""), ("other", "acme")])
def test_absent_by_name(
    run_module: RunModule, emulator: Emulator, named: str, left: str, mode: dict[str, bool]
) -> None:
    """An alias that is named is cleared, and any other stays."""
    emulator.call("SetAccountAlias", AccountAlias="acme")

    result = run_module("ram_account_alias", account_alias=named, state="absent", **mode)

    assert result.changed == (left == "")
    assert result["account_alias"]["account_alias"] == "acme"
    assert alias(emulator) == ("acme" if mode else left)


def test_alias_of_another_account(run_module: RunModule, emulator: Emulator) -> None:
    """An alias that another account has is told so, and the one before stays."""
    emulator.call("SetAccountAlias", AccountAlias="acme")
    code = "EntityAlreadyExists.AccountAlias"
    emulator.fail("SetAccountAlias", "error", code=code, status=409)

    result = run_module("ram_account_alias", account_alias="taken")

    assert result["code"] == code
    assert result.msg.endswith("another account has it")
    assert alias(emulator) == "acme"


@pytest.mark.parametrize("mode", [{}, {"_ansible_check_mode": True}], ids=["real", "check"])
@pytest.mark.parametrize("wrong", ["Acme_CN", "ab", "a" * 33, "-acme", "acme-", "a--b", "", None])
def test_bad_alias(
    run_module: RunModule, emulator: Emulator, wrong: str | None, mode: dict[str, bool]
) -> None:
    """What can't be an alias is refused with the rule, before anything is asked of RAM."""
    result = run_module("ram_account_alias", account_alias=wrong, **mode)

    assert "account_alias must be 3 to 32 lower-case letters, digits or hyphens" in result.msg
    assert set(emulator.actions()) <= {"GetCallerIdentity"}

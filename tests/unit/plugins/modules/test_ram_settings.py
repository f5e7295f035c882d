# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ram_password_policy and ram_security_preference make of the settings, and what they refuse.

The emulator forgets what a call leaves out, as the API may.
"""

from __future__ import annotations

import typing as t

import pytest

from ..conftest import writing_actions

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from emulator import Emulator

    from ..conftest import Result

    RunModule = Callable[..., Result]
    Values = dict[str, t.Any]

POLICY = {
    "MinimumPasswordLength": 14,
    "RequireLowercaseCharacters": False,
    "RequireUppercaseCharacters": True,
    "RequireNumbers": False,
    "RequireSymbols": True,
    "HardExpire": True,
    "MaxPasswordAge": 90,
    "PasswordReusePrevention": 3,
    "MaxLoginAttemps": 5,
    "MinimumPasswordDifferentCharacter": 4,
    "PasswordNotContainUserName": True,
    "InitialPasswordAge": 30,
    "InterceptRiskPasswordOnApi": True,
}
PREFERENCE = {
    "LoginSessionDuration": 8,
    "LoginNetworkMasks": "192.0.2.0/24;198.51.100.7",
    "EnableSaveMFATicket": True,
    "MFAOperationForLogin": "adaptive",
    "VerificationTypes": ["sms", "email"],
    "AllowUserToChangePassword": False,
    "AllowUserToManageAccessKeys": True,
    "AllowUserToManageMFADevices": False,
    "AllowUserToManagePersonalDingTalk": False,
    "AllowUserToManageServiceCredentials": True,
    "AllowUserToLoginWithPasskey": False,
    "MaxIdleDaysForUsers": 90,
    "MaxIdleDaysForAccessKeys": 180,
}
NOWHERE_A_DEFAULT: dict[str, Values] = {"PasswordPolicy": POLICY, "SecurityPreference": PREFERENCE}


def set_all(emulator: Emulator, kind: str, **more: str) -> None:
    """Let no field of the settings be at its default."""
    values = {n: str(v).replace("'", '"') for n, v in NOWHERE_A_DEFAULT[kind].items()}
    emulator.call(f"Set{kind}", service="IMS", **values, **more)
    emulator.clear_requests()


def settings(emulator: Emulator, kind: str) -> Values:
    """Return all fields of the settings, by the API's names."""
    told: Values = emulator.call(f"Get{kind}", service="IMS")[kind]
    parts = [part for part in told.values() if isinstance(part, dict)]
    return {name: value for part in parts or [told] for name, value in part.items()}


def warnings_of(result: Result) -> str:
    """Return the warnings of a module, wherever this version of Ansible shows them."""
    return " ".join([*map(str, result.values.get("warnings", [])), result.printed])


class Field(t.NamedTuple):
    """A field of the settings, by its option and by its name in the API, and a value for it."""

    kind: str
    option: str
    name: str
    value: t.Any


ROWS: list[tuple[str, str, str, t.Any]] = [
    ("PasswordPolicy", "max_password_age", "MaxPasswordAge", 365),
    ("PasswordPolicy", "hard_expire", "HardExpire", False),
    ("PasswordPolicy", "max_login_attempts", "MaxLoginAttemps", 9),
    ("SecurityPreference", "enable_save_mfa_ticket", "EnableSaveMFATicket", False),
    ("SecurityPreference", "verification_types", "VerificationTypes", ["mfa"]),
    ("SecurityPreference", "max_idle_days_for_users", "MaxIdleDaysForUsers", 730),
    # What is empty, zero or false is as good as any other.
    ("PasswordPolicy", "max_password_age", "MaxPasswordAge", 0),
    ("PasswordPolicy", "max_login_attempts", "MaxLoginAttemps", 0),
    ("PasswordPolicy", "password_reuse_prevention", "PasswordReusePrevention", 0),
    ("PasswordPolicy", "require_symbols", "RequireSymbols", False),
    ("SecurityPreference", "login_network_masks", "LoginNetworkMasks", ""),
    ("SecurityPreference", "verification_types", "VerificationTypes", []),
]
FIELDS = [Field(*row) for row in ROWS]
MODULES = {
    "PasswordPolicy": "ram_password_policy",
    "SecurityPreference": "ram_security_preference",
}


@pytest.mark.parametrize("field", FIELDS, ids=str)
def test_one_field(run_module: RunModule, emulator: Emulator, field: Field) -> None:
    """One field is changed by one call, once, and all others stay."""
    kind, option, name, value = field
    set_all(emulator, kind)

    changed = run_module(MODULES[kind], _ansible_diff=True, **{option: value})
    again = run_module(MODULES[kind], **{option: value})

    assert (changed.changed, again.changed) == (True, False)
    assert writing_actions(emulator) == [f"Set{kind}"]
    expected = {**NOWHERE_A_DEFAULT[kind], name: value}
    assert settings(emulator, kind).items() >= expected.items()
    [diff] = changed["diff"]
    assert (diff["before"], diff["after"]) == (
        {option: NOWHERE_A_DEFAULT[kind][name]},
        {option: value},
    )


@pytest.mark.parametrize("kind", MODULES)
def test_nothing_asked_for(run_module: RunModule, emulator: Emulator, kind: str) -> None:
    """A task that names nothing changes nothing, and shows every option."""
    set_all(emulator, kind)

    result = run_module(MODULES[kind])

    shown = result[MODULES[kind].removeprefix("ram_")]
    assert not result.changed
    assert list(shown.values())[:-1] == list(NOWHERE_A_DEFAULT[kind].values())
    assert writing_actions(emulator) == []


@pytest.mark.parametrize(
    "same",
    [
        {"login_network_masks": "198.51.100.7;192.0.2.0/24"},
        {"verification_types": ["email", "sms", "email"]},
    ],
    ids=str,
)
def test_order_does_not_matter(run_module: RunModule, emulator: Emulator, same: Values) -> None:
    """Networks and methods in another order are what they were."""
    set_all(emulator, "SecurityPreference")

    result = run_module("ram_security_preference", **same)

    assert not result.changed
    assert writing_actions(emulator) == []


def test_change_that_nobody_asked_for(run_module: RunModule, emulator: Emulator) -> None:
    """What the API changes on its own is told with both values, and shown in the diff."""
    set_all(emulator, "SecurityPreference", OperationForRiskLogin="enforceVerify")

    result = run_module("ram_security_preference", _ansible_diff=True, login_session_duration=9)

    told = "OperationForRiskLogin is 'autonomous' now, and should be 'enforceVerify'"
    assert told in warnings_of(result)
    assert result["diff"][0]["after"] == {
        "login_session_duration": 9,
        "OperationForRiskLogin": "autonomous",
    }


@pytest.mark.parametrize("mode", [{}, {"_ansible_check_mode": True}], ids=["real", "check"])
def test_masks(run_module: RunModule, emulator: Emulator, mode: Values) -> None:
    """Who sets networks is warned whom they bind; who keeps or clears them is not."""
    first = run_module("ram_security_preference", login_network_masks="192.0.2.0/24", **mode)
    set_all(emulator, "SecurityPreference")
    kept = run_module("ram_security_preference", login_session_duration=3, **mode)
    cleared = run_module("ram_security_preference", login_network_masks="", **mode)

    told = ["bind people who log on" in warnings_of(each) for each in (first, kept, cleared)]
    assert told == [True, False, False]


BAD: list[tuple[str, Values, str]] = [
    ("PasswordPolicy", {"minimum_password_length": 7}, "must be 8 to 32, not 7"),
    ("PasswordPolicy", {"max_password_age": 1096}, "must be 0 to 1095, not 1096"),
    ("PasswordPolicy", {"max_login_attempts": -1}, "must be 0 to 32, not -1"),
    ("SecurityPreference", {"login_session_duration": 25}, "must be 1 to 24, not 25"),
    ("SecurityPreference", {"login_network_masks": "example.com"}, "not 'example.com'"),
    ("SecurityPreference", {"login_network_masks": "192.0.2.0/24, 192.0.2.7"}, "semicolons"),
    ("SecurityPreference", {"login_network_masks": "192.0.2.1;" * 41}, "not 42 and 410"),
]


@pytest.mark.parametrize(("kind", "wrong", "told"), BAD)
def test_bad_values(
    run_module: RunModule, emulator: Emulator, kind: str, wrong: Values, told: str
) -> None:
    """What can't be set is refused with the rule, before anything is asked of the account."""
    result = run_module(MODULES[kind], **wrong)

    [option] = wrong
    assert f"{option} m" in result.msg
    assert told in result.msg
    assert set(emulator.actions()) <= {"GetCallerIdentity"}


def test_account_info(run_module: RunModule, emulator: Emulator) -> None:
    """Each part of the account comes in one call; all do, or those that are asked for."""
    for kind in MODULES:
        set_all(emulator, kind)
    emulator.call("SetAccountAlias", AccountAlias="acme")
    emulator.call("CreateUser", UserName="ann")
    emulator.clear_requests()

    everything = run_module("ram_account_info")["account"]
    calls = emulator.actions()
    part = run_module("ram_account_info", include=["alias"])["account"]

    assert (everything["alias"], everything["default_domain"]) == ("acme", "acme.onaliyun.com")
    assert everything["summary"]["users"] == 1
    assert everything["summary"]["users_quota"] == 5000
    assert list(everything["password_policy"].values()) == list(POLICY.values())
    assert list(everything["security_preference"].values()) == list(PREFERENCE.values())
    assert len(calls) == 6
    assert part == {"alias": "acme"}

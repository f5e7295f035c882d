# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an account has one of: alias, password policy, security preference."""

from __future__ import annotations

import typing as t

import pytest

from emulator import ApiError, Emulator

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import RawClient

    Refusal = Callable[..., tuple[int, str]]

PASSWORD = "Correct-Horse-7"


def test_alias(emulator: Emulator) -> None:
    """An alias is set, told, and taken away again."""
    before = emulator.call("GetAccountAlias")
    emulator.call("SetAccountAlias", AccountAlias="my-company")
    told = emulator.call("GetAccountAlias")
    emulator.call("ClearAccountAlias")

    assert before == {"AccountAlias": ""}
    assert told == {"AccountAlias": "my-company"}
    assert emulator.call("GetAccountAlias") == before


@pytest.mark.parametrize(
    ("alias", "rule"),
    [
        ("ab", "Length"),
        ("a" * 33, "Length"),
        ("Company", "Format"),
        ("-company", "Format"),
        ("company-", "Format"),
        ("my--company", "Format"),
    ],
)
def test_bad_alias(refusal: Refusal, alias: str, rule: str) -> None:
    """An alias has 3 to 32 lower-case characters, and dashes only between them."""
    assert refusal("SetAccountAlias", AccountAlias=alias) == (
        400,
        f"InvalidParameter.AccountAlias.{rule}",
    )


def test_alias_of_another_account() -> None:
    """No two accounts have the same alias, and none the id of another."""
    with Emulator(members=1) as emulator:
        member = emulator.state()["account_ids"][1]
        emulator.call("SetAccountAlias", account=member, AccountAlias="my-company")
        for taken in ("my-company", member):
            with pytest.raises(ApiError, match=r"EntityAlreadyExists\.AccountAlias"):
                emulator.call("SetAccountAlias", AccountAlias=taken)


def test_password_policy(emulator: Emulator) -> None:
    """What a call leaves out goes back to its default, so a careful client sends all."""
    emulator.call("SetPasswordPolicy", MinimumPasswordLength=12, MaxPasswordAge=90)
    changed = emulator.call("SetPasswordPolicy", RequireSymbols=True, HardExpiry=True)

    assert changed == emulator.call("GetPasswordPolicy")
    assert changed["PasswordPolicy"] == {
        "MinimumPasswordLength": 8,
        "RequireLowercaseCharacters": True,
        "RequireUppercaseCharacters": False,
        "RequireNumbers": True,
        "RequireSymbols": True,
        "HardExpiry": True,
        "MaxPasswordAge": 0,
        "PasswordReusePrevention": 0,
        "MaxLoginAttemps": 0,
    }


@pytest.mark.parametrize(
    ("rule", "password"),
    [
        ({"MinimumPasswordLength": 20}, PASSWORD),
        ({"RequireLowercaseCharacters": True}, "UPPER-CASE-7"),
        ({"RequireUppercaseCharacters": True}, "lower-case-7"),
        ({"RequireNumbers": True}, "No-Number-Here"),
        ({"RequireSymbols": True}, "NoSymbol7here"),
        ({}, "a7" * 17),
    ],
)
def test_weak_password(
    emulator: Emulator, refusal: Refusal, rule: dict[str, t.Any], password: str
) -> None:
    """A password that breaks a rule of the policy is refused, and one that keeps it taken."""
    emulator.call("CreateUser", UserName="alice")
    emulator.call("SetPasswordPolicy", **rule)

    weak = refusal("CreateLoginProfile", UserName="alice", Password=password)
    emulator.call("CreateLoginProfile", UserName="alice", Password=f"{PASSWORD}-and-a-half")

    assert weak == (400, "InvalidParameter.Password.TooWeak")


@pytest.mark.parametrize(
    "rule", [{"PasswordNotContainUserName": True}, {"MinimumPasswordDifferentCharacter": 8}]
)
def test_weak_password_by_rules_of_ims(
    emulator: Emulator, refusal: Refusal, rule: dict[str, t.Any]
) -> None:
    """The rules that only IMS knows bind passwords, whoever sets them."""
    emulator.call("CreateUser", UserName="alice")
    emulator.call("SetPasswordPolicy", service="IMS", **rule)

    weak = refusal("CreateLoginProfile", UserName="alice", Password="alice-77-alice")
    emulator.call("CreateLoginProfile", UserName="alice", Password=PASSWORD)

    assert weak == (400, "InvalidParameter.Password.TooWeak")


def test_old_password(emulator: Emulator, refusal: Refusal) -> None:
    """As many old passwords as the policy says may not be used again."""
    emulator.call("CreateUser", UserName="alice")
    emulator.call("CreateLoginProfile", UserName="alice", Password=f"{PASSWORD}0")
    emulator.call("SetPasswordPolicy", PasswordReusePrevention=2)
    for number in (1, 2):
        emulator.call("UpdateLoginProfile", UserName="alice", Password=f"{PASSWORD}{number}")

    refused = refusal("UpdateLoginProfile", UserName="alice", Password=f"{PASSWORD}1")
    emulator.call("UpdateLoginProfile", UserName="alice", Password=f"{PASSWORD}0")

    assert refused == (400, "InvalidParameter.Password.ReusePrevention")


def test_security_preference(emulator: Emulator) -> None:
    """Flags that a call leaves out stay; the limits of the console do not."""
    emulator.call(
        "SetSecurityPreference",
        AllowUserToManageAccessKeys=True,
        EnableSaveMFATicket=True,
        LoginNetworkMasks="10.0.0.0/8;192.168.0.0/16",
        LoginSessionDuration=8,
    )
    changed = emulator.call("SetSecurityPreference", AllowUserToManageMFADevices=False)

    assert changed == emulator.call("GetSecurityPreference")
    assert changed["SecurityPreference"] == {
        "AccessKeyPreference": {"AllowUserToManageAccessKeys": True},
        "LoginProfilePreference": {
            "AllowUserToChangePassword": True,
            "EnableSaveMFATicket": True,
            "LoginNetworkMasks": "",
            "LoginSessionDuration": 6,
        },
        "MFAPreference": {"AllowUserToManageMFADevices": False},
        "PublicKeyPreference": {"AllowUserToManagePublicKeys": False},
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("LoginNetworkMasks", "nonsense"),
        ("LoginNetworkMasks", ";".join(["10.0.0.0/8"] * 41)),
        ("LoginSessionDuration", "25"),
        ("EnableSaveMFATicket", "maybe"),
    ],
)
def test_bad_preference(emulator: Emulator, refusal: Refusal, field: str, value: str) -> None:
    """A call with a wrong value changes nothing, not even what was right in it."""
    before = emulator.call("GetSecurityPreference")
    parameters = {"AllowUserToManageAccessKeys": True, field: value}

    refused = refusal("SetSecurityPreference", **parameters)

    assert refused == (400, f"InvalidParameter.{field}")
    assert emulator.call("GetSecurityPreference") == before


def test_users_who_help_themselves(emulator: Emulator, sign_in: Callable[..., RawClient]) -> None:
    """Users handle their own keys without a policy if the account lets them, and nobody else's."""
    alice = sign_in("alice")
    emulator.call("CreateUser", UserName="bob")
    forbidden = alice.act("ListAccessKeys")
    emulator.call("SetSecurityPreference", AllowUserToManageAccessKeys=True)

    own = [alice.act("ListAccessKeys").status, alice.act("ListAccessKeys", UserName="alice").status]
    other = alice.act("ListAccessKeys", UserName="bob")

    assert forbidden.code == other.code == "NoPermission"
    assert own == [200, 200]


def test_users_who_may_not_change_their_password(
    emulator: Emulator, sign_in: Callable[..., RawClient]
) -> None:
    """Users change their own password unless the account forbids it."""
    alice = sign_in("alice")
    emulator.call("CreateLoginProfile", UserName="alice", Password=PASSWORD)
    change = {"OldPassword": PASSWORD, "NewPassword": f"{PASSWORD}7"}
    emulator.call("SetSecurityPreference", AllowUserToChangePassword=False)

    forbidden = alice.act("ChangePassword", **change)
    emulator.call("SetSecurityPreference", AllowUserToChangePassword=True)

    assert forbidden.code == "NoPermission"
    assert alice.act("ChangePassword", **change).status == 200


def test_idle_keys(emulator: Emulator, sign_in: Callable[..., RawClient]) -> None:
    """A key that nobody used for a year is switched off, and one that signed lately is not."""
    idle, busy = sign_in("alice"), sign_in("bob")
    emulator.advance_clock(300 * 86400)
    busy.act("GetCallerIdentity")
    emulator.advance_clock(100 * 86400)

    refused = idle.act("ListUsers")
    users = emulator.state()["users"]

    assert refused.code == "InvalidAccessKeyId.Inactive"
    assert [users[name]["access_keys"][0]["status"] for name in ("alice", "bob")] == [
        "Inactive",
        "Active",
    ]


def test_idle_logons(emulator: Emulator) -> None:
    """A user who did not log on for a year may not do so any more, one who did may."""
    for name in ("alice", "bob"):
        emulator.call("CreateUser", UserName=name)
        emulator.call("CreateLoginProfile", UserName=name, Password=PASSWORD)
    emulator.advance_clock(300 * 86400)
    emulator.set_past(users=[{"name": "bob", "last_login": "1d"}])
    emulator.advance_clock(100 * 86400)

    users = emulator.state()["users"]

    assert [users[name]["login_profile"]["status"] for name in ("alice", "bob")] == [
        "Inactive",
        "Active",
    ]


def test_users_who_handle_their_own_device(
    emulator: Emulator, sign_in: Callable[..., RawClient]
) -> None:
    """Users unbind their own device unless the account forbids it, and nobody else's."""
    alice = sign_in("alice")
    emulator.call("CreateUser", UserName="bob")
    other = alice.act("UnbindMFADevice", UserName="bob")
    own = alice.act("UnbindMFADevice", UserName="alice")

    emulator.call("SetSecurityPreference", AllowUserToManageMFADevices=False)

    assert own.code == "EntityNotExist.User.MFADevice"
    assert other.code == alice.act("UnbindMFADevice", UserName="alice").code == "NoPermission"

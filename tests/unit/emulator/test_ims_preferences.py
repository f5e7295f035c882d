# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IMS: password policy and security preference in their fuller form."""

from __future__ import annotations

import typing as t

import pytest

if t.TYPE_CHECKING:
    from emulator import Emulator

    from .conftest import Ims

PASSWORD_POLICY = {
    "MinimumPasswordLength": 14,
    "RequireLowercaseCharacters": False,
    "RequireUppercaseCharacters": True,
    "RequireNumbers": False,
    "RequireSymbols": True,
    "HardExpire": True,
    "MaxPasswordAge": 90,
    "PasswordReusePrevention": 5,
    "MaxLoginAttemps": 5,
    "MinimumPasswordDifferentCharacter": 4,
    "PasswordNotContainUserName": True,
    "InitialPasswordAge": 30,
    "InterceptRiskPasswordOnApi": True,
}
SECURITY_PREFERENCE = {
    "AccessKeyPreference": {
        "AllowUserToManageAccessKeys": True,
        "AllowUserToManageServiceCredentials": True,
    },
    "LoginProfilePreference": {
        "AllowUserToChangePassword": False,
        "AllowUserToLoginWithPasskey": False,
        "EnableSaveMFATicket": True,
        "LoginNetworkMasks": "10.0.0.0/8;192.0.2.1",
        "LoginSessionDuration": 8,
        "MFAOperationForLogin": "adaptive",
        "OperationForRiskLogin": "enforceVerify",
    },
    "MFAPreference": {"AllowUserToManageMFADevices": False},
    "MaxIdleDays": {"MaxIdleDaysForUsers": 90, "MaxIdleDaysForAccessKeys": 180},
    "PersonalInfoPreference": {"AllowUserToManagePersonalDingTalk": False},
    "VerificationPreference": {"VerificationTypes": ["sms", "email"]},
}


def as_sent(values: dict[str, t.Any]) -> dict[str, str]:
    """Return values as a request has them."""
    return {name: str(value).replace("'", '"') for name, value in values.items()}


def flat(preference: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return the fields of all parts together."""
    return {name: value for part in preference.values() for name, value in part.items()}


def test_password_policy(emulator: Emulator, ims: Ims) -> None:
    """Every field is set and told, and RAM sees its part under its own names."""
    answered = ims("SetPasswordPolicy", **as_sent(PASSWORD_POLICY))["PasswordPolicy"]
    told = ims("GetPasswordPolicy")["PasswordPolicy"]
    by_ram = emulator.call("GetPasswordPolicy")["PasswordPolicy"]

    assert answered == told == PASSWORD_POLICY
    assert by_ram["HardExpiry"] is True
    assert by_ram["MaxPasswordAge"] == 90


def test_forgotten_password_policy(ims: Ims) -> None:
    """What a call leaves out goes back to its default."""
    before = ims("GetPasswordPolicy")["PasswordPolicy"]
    ims("SetPasswordPolicy", **as_sent(PASSWORD_POLICY))

    after = ims("SetPasswordPolicy", MinimumPasswordLength="20")["PasswordPolicy"]

    assert after == {**before, "MinimumPasswordLength": 20}


def test_security_preference(emulator: Emulator, ims: Ims) -> None:
    """Every field is set and told in its part, and RAM sees its own."""
    answered = ims("SetSecurityPreference", **as_sent(flat(SECURITY_PREFERENCE)))
    told = ims("GetSecurityPreference")
    by_ram = emulator.call("GetSecurityPreference")["SecurityPreference"]

    assert answered["SecurityPreference"] == told["SecurityPreference"] == SECURITY_PREFERENCE
    assert by_ram["LoginProfilePreference"]["LoginSessionDuration"] == 8


def test_forgotten_security_preference(ims: Ims) -> None:
    """Flags that a call leaves out stay; limits, idle days and methods go back to the default."""
    ims("SetSecurityPreference", **as_sent(flat(SECURITY_PREFERENCE)))

    after = flat(ims("SetSecurityPreference")["SecurityPreference"])

    assert {name: value for name, value in after.items() if not isinstance(value, bool)} == {
        "LoginNetworkMasks": "",
        "LoginSessionDuration": 6,
        "MFAOperationForLogin": "independent",
        "OperationForRiskLogin": "autonomous",
        "MaxIdleDaysForUsers": 365,
        "MaxIdleDaysForAccessKeys": 365,
        "VerificationTypes": [],
    }
    flags = {name: value for name, value in after.items() if isinstance(value, bool)}
    assert flags.items() <= flat(SECURITY_PREFERENCE).items()


def test_clearing(ims: Ims) -> None:
    """An empty text and an empty list clear."""
    ims("SetSecurityPreference", **as_sent(flat(SECURITY_PREFERENCE)))

    cleared = {"LoginNetworkMasks": "", "VerificationTypes": "[]"}
    after = ims("SetSecurityPreference", **as_sent(flat(SECURITY_PREFERENCE)) | cleared)

    expected = {**flat(SECURITY_PREFERENCE), "LoginNetworkMasks": "", "VerificationTypes": []}
    assert flat(after["SecurityPreference"]) == expected


@pytest.mark.parametrize(
    ("action", "field", "value"),
    [
        ("SetPasswordPolicy", "InitialPasswordAge", "91"),
        ("SetPasswordPolicy", "MinimumPasswordDifferentCharacter", "9"),
        ("SetPasswordPolicy", "HardExpire", "perhaps"),
        ("SetSecurityPreference", "MaxIdleDaysForUsers", "100"),
        ("SetSecurityPreference", "MFAOperationForLogin", "never"),
        ("SetSecurityPreference", "VerificationTypes", '["pigeon"]'),
        ("SetSecurityPreference", "LoginNetworkMasks", "example.com"),
    ],
)
def test_bad_values(emulator: Emulator, ims: Ims, action: str, field: str, value: str) -> None:
    """A value that is not documented is refused, and nothing changes."""
    kind = {
        "SetPasswordPolicy": "password_policy",
        "SetSecurityPreference": "security_preference",
    }[action]
    before = emulator.state()[kind]

    assert ims.refusal(action, **{field: value}) == (400, f"InvalidParameter.{field}")
    assert emulator.state()[kind] == before


def test_the_former_mfa_flag(ims: Ims) -> None:
    """The former name of MFAOperationForLogin is said not to be emulated."""
    refused = ims.refusal("SetSecurityPreference", EnforceMFAForLogin="true")

    assert refused == (400, "NotEmulated")

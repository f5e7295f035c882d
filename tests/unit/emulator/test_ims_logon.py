# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IMS: console logon and MFA devices of users."""

from __future__ import annotations

import time
import typing as t

import pytest

from emulator.totp import totp

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from emulator import Emulator

    from .conftest import Ims, RawClient

PASSWORD = "Correct-Horse-7"
OTHER_PASSWORD = "Battery-Staple-8"
NO_PROFILE = (404, "EntityNotExist.User.LoginProfile")
NO_DEVICE = (404, "EntityNotExist.User.MFADevice")


@pytest.fixture
def alice(emulator: Emulator, ims: Ims) -> dict[str, str]:
    """Create a user, and return the parameter that names it."""
    emulator.call("CreateUser", UserName="alice")
    return {"UserPrincipalName": ims.principal("alice")}


def bind_device(emulator: Emulator, ims: Ims, alice: dict[str, str]) -> str:
    """Give the user a device, and return its serial number."""
    device = ims("CreateVirtualMFADevice", VirtualMFADeviceName="phone")["VirtualMFADevice"]
    step = int(time.time()) // 30
    codes = [totp(device["Base32StringSeed"], n) for n in (step - 1, step)]
    ims(
        "BindMFADevice",
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1=codes[0],
        AuthenticationCode2=codes[1],
        **alice,
    )
    assert emulator.state()["users"]["alice"]["mfa_device"] == device["SerialNumber"]
    return device["SerialNumber"]


def test_new_profile(emulator: Emulator, ims: Ims, alice: dict[str, str]) -> None:
    """A login profile is told with its flags, state and dates, and never with its password."""
    emulator.set_clock("2026-01-02T00:00:00Z")

    made = ims(
        "CreateLoginProfile",
        Password=PASSWORD,
        PasswordResetRequired="True",
        MFABindRequired="True",
        **alice,
    )
    told = ims("GetLoginProfile", **alice)["LoginProfile"]

    assert made["LoginProfile"] == {
        **alice,
        "Status": "Active",
        "PasswordResetRequired": True,
        "MFABindRequired": True,
        "UpdateDate": "2026-01-02T00:00:00Z",
        "PasswordStatus": "InitialValid",
    }
    assert told == {
        **made["LoginProfile"],
        "AutoDisableLoginStatus": "true",
        "LastLoginTime": "",
    }


def test_logon_is_switched_off(emulator: Emulator, ims: Ims, alice: dict[str, str]) -> None:
    """A logon that is switched off keeps its password and its flags."""
    ims("CreateLoginProfile", Password=PASSWORD, MFABindRequired="true", **alice)
    emulator.advance_clock(60)

    updated = ims("UpdateLoginProfile", Status="Inactive", **alice)["LoginProfile"]
    profile = emulator.state()["users"]["alice"]["login_profile"]

    assert (updated["Status"], updated["MFABindRequired"]) == ("Inactive", True)
    assert updated["UpdateDate"] > profile["create_date"]
    assert (profile["status"], profile["password"]) == ("Inactive", PASSWORD)


@pytest.mark.parametrize("action", ["CreateLoginProfile", "UpdateLoginProfile"])
def test_bad_status(emulator: Emulator, ims: Ims, alice: dict[str, str], action: str) -> None:
    """A state that does not exist is refused, and nothing is done."""
    if action == "UpdateLoginProfile":
        ims("CreateLoginProfile", Password=PASSWORD, **alice)
    before = emulator.state()["users"]

    refused = ims.refusal(action, Password=OTHER_PASSWORD, Status="off", **alice)

    assert refused == (400, "InvalidParameter.Status")
    assert emulator.state()["users"] == before


def test_initial_password(emulator: Emulator, ims: Ims, alice: dict[str, str]) -> None:
    """An initial password lapses after its days, until somebody sets another one."""
    ims("CreateLoginProfile", Password=PASSWORD, **alice)

    def status() -> str:
        return ims("GetLoginProfile", **alice)["LoginProfile"]["PasswordStatus"]

    emulator.advance_clock(13 * 86400)
    on_day_13 = status()
    emulator.advance_clock(86400)
    on_day_14 = status()
    ims("UpdateLoginProfile", Password=OTHER_PASSWORD, **alice)
    replaced = status()
    ims("UpdateLoginProfile", Status="Inactive", **alice)
    ims("UpdateLoginProfile", Status="Active", Password=PASSWORD, **alice)

    assert [on_day_13, on_day_14, replaced] == ["InitialValid", "InitialExpired", "NotInitial"]
    assert status() == "InitialValid"


def test_end_of_a_profile(ims: Ims, alice: dict[str, str]) -> None:
    """A deleted profile is gone, and a second one beside the first is refused."""
    ims("CreateLoginProfile", Password=PASSWORD, **alice)
    second = ims.refusal("CreateLoginProfile", Password=PASSWORD, **alice)

    ims("DeleteLoginProfile", **alice)

    assert second == (409, "EntityAlreadyExists.User.LoginProfile")
    for action in ("GetLoginProfile", "UpdateLoginProfile", "DeleteLoginProfile"):
        assert ims.refusal(action, **alice) == NO_PROFILE


def test_own_password(ims: Ims, sign_in: Callable[..., RawClient]) -> None:
    """A user changes its own password, and the first one is initial no more."""
    client = sign_in("alice", version="2019-08-15")
    alice = {"UserPrincipalName": ims.principal("alice")}
    ims("CreateLoginProfile", Password=PASSWORD, **alice)

    client.act("ChangePassword", OldPassword=PASSWORD, NewPassword=OTHER_PASSWORD)

    assert ims("GetLoginProfile", **alice)["LoginProfile"]["PasswordStatus"] == "NotInitial"


def test_device_of_a_user(emulator: Emulator, ims: Ims, alice: dict[str, str]) -> None:
    """A bound device is told with its user, and without device there is just no."""
    before = ims("GetUserMFAInfo", **alice)
    serial = bind_device(emulator, ims, alice)

    told = ims("GetUserMFAInfo", **alice)
    [listed] = ims("ListVirtualMFADevices")["VirtualMFADevices"]["VirtualMFADevice"]

    assert before["IsMFAEnable"] is False
    assert told["IsMFAEnable"] is True
    assert told["MFADevice"] == {"SerialNumber": serial, "Type": "VMFA"}
    assert listed.pop("ActivateDate")
    assert listed == {
        "SerialNumber": serial,
        "User": {
            **alice,
            "UserId": emulator.state()["users"]["alice"]["user_id"],
            "DisplayName": "",
        },
    }


def test_unbinding_keeps_the_device(emulator: Emulator, ims: Ims, alice: dict[str, str]) -> None:
    """A device that is released still exists, and can then be deleted."""
    serial = bind_device(emulator, ims, alice)
    refused = ims.refusal("DeleteVirtualMFADevice", SerialNumber=serial)

    released = ims("UnbindMFADevice", **alice)["MFADevice"]
    kept = emulator.state()["mfa_devices"]
    ims("DeleteVirtualMFADevice", SerialNumber=serial)

    assert refused == (409, "DeleteConflict.VirtualMFADevice.User")
    assert released == {"SerialNumber": serial}
    assert list(kept) == ["phone"]
    assert emulator.state()["mfa_devices"] == {}


def test_one_call_unbinds_and_deletes(emulator: Emulator, ims: Ims, alice: dict[str, str]) -> None:
    """DisableVirtualMFA leaves neither binding nor device."""
    bind_device(emulator, ims, alice)

    ims("DisableVirtualMFA", **alice)

    assert emulator.state()["mfa_devices"] == {}
    assert emulator.state()["users"]["alice"]["mfa_device"] is None
    assert ims.refusal("DisableVirtualMFA", **alice) == NO_DEVICE


def test_own_device(ims: Ims, sign_in: Callable[..., RawClient], emulator: Emulator) -> None:
    """A user may leave out its own name, the account must name somebody."""
    client = sign_in("alice", version="2019-08-15")
    emulator.call(
        "AttachPolicyToUser",
        UserName="alice",
        PolicyName="AliyunRAMReadOnlyAccess",
        PolicyType="System",
    )

    assert client.act("GetUserMFAInfo").json["IsMFAEnable"] is False
    assert ims.refusal("GetUserMFAInfo") == (400, "MissingParameter")


def test_pages_of_devices(ims: Ims) -> None:
    """Devices are listed in pages, which RAM does not do; names have no dots, which RAM has."""
    for name in ("a", "b"):
        ims("CreateVirtualMFADevice", VirtualMFADeviceName=name)

    first = ims("ListVirtualMFADevices", MaxItems="1")
    second = ims("ListVirtualMFADevices", MaxItems="1", Marker=first["Marker"])

    assert first["IsTruncated"]
    assert not second["IsTruncated"]
    assert second["VirtualMFADevices"]["VirtualMFADevice"][0]["SerialNumber"].endswith("mfa/b")
    assert ims.refusal("CreateVirtualMFADevice", VirtualMFADeviceName="a.b") == (
        400,
        "InvalidParameter.VirtualMFADeviceName.InvalidChars",
    )

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ram_mfa_device takes away, and what it leaves."""

from __future__ import annotations

import typing as t

import pytest

from emulator import Emulator

from ..conftest import bind_mfa_device, connection_to, writing_actions

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ..conftest import Result

    RunModule = Callable[..., Result]

ANN = {"name": "ann", "state": "absent"}


@pytest.fixture
def _device(emulator: Emulator) -> None:
    """Ann has a virtual device."""
    emulator.call("CreateUser", UserName="ann")
    bind_mfa_device(emulator, "ann")
    emulator.clear_requests()


def devices(emulator: Emulator) -> list[str]:
    """Return the serial numbers of all virtual devices."""
    listed = emulator.call("ListVirtualMFADevices")["VirtualMFADevices"]["VirtualMFADevice"]
    return [device["SerialNumber"] for device in listed]


@pytest.mark.usefixtures("_device")
def test_virtual(run_module: RunModule, emulator: Emulator) -> None:
    """A virtual device goes by one call, with its name, once."""
    predicted = run_module("ram_mfa_device", _ansible_check_mode=True, **ANN)
    gone = run_module("ram_mfa_device", _ansible_diff=True, **ANN)
    again = run_module("ram_mfa_device", **ANN)

    assert [each.changed for each in (predicted, gone, again)] == [True, True, False]
    assert writing_actions(emulator) == ["DisableVirtualMFA"]
    assert predicted["mfa_device"] == gone["mfa_device"]
    assert gone["diff"][0]["before"]["type"] == "VMFA"
    assert again["mfa_device"] == {"user_name": "ann", "actions": []}
    assert devices(emulator) == []


def test_hardware_key(run_module: RunModule) -> None:
    """A hardware key is unbound, once."""
    with Emulator(seed={"users": [{"name": "ann", "mfa": "U2F"}]}) as emulator:
        options = {**connection_to(emulator), **ANN}

        gone = run_module("ram_mfa_device", **options)
        again = run_module("ram_mfa_device", **options)

        assert (gone.changed, again.changed) == (True, False)
        assert writing_actions(emulator) == ["UnbindMFADevice"]


@pytest.mark.parametrize("times", [1, 99])
def test_hardware_key_and_faults(run_module: RunModule, times: int) -> None:
    """A fault that passes is got over, and one that lasts is told with what it kept from doing."""
    with Emulator(seed={"users": [{"name": "ann", "mfa": "U2F"}]}) as emulator:
        emulator.fail("UnbindMFADevice", "error", times=times, status=500, code="InternalError")
        options = {**connection_to(emulator), **ANN, "max_attempts": 2}

        result = run_module("ram_mfa_device", **options)

        assert (result.failed, result.changed) == (times > 1, times == 1)
        assert not result.failed or result.msg.startswith("Cannot unbind MFA device acs:ram::")


def test_no_user(run_module: RunModule, emulator: Emulator) -> None:
    """A user who does not exist has no device."""
    result = run_module("ram_mfa_device", **ANN)

    assert (result.changed, result.failed) == (False, False)
    assert writing_actions(emulator) == []


@pytest.mark.usefixtures("_device")
def test_failure(run_module: RunModule, emulator: Emulator) -> None:
    """A failure names the device, and the next run takes it away."""
    emulator.fail("DisableVirtualMFA", "error", status=500, times=2)

    failed = run_module("ram_mfa_device", **ANN)
    again = run_module("ram_mfa_device", **ANN)

    assert f"disable MFA device acs:ram::{emulator.account_id}:mfa/ann of user ann" in failed.msg
    assert again.changed
    assert devices(emulator) == []


@pytest.mark.usefixtures("_device")
def test_failure_though_done(run_module: RunModule, emulator: Emulator) -> None:
    """What was done though the API says otherwise is no change in the next run."""
    emulator.fail("DisableVirtualMFA", "error", status=500, when="after")

    failed = run_module("ram_mfa_device", max_attempts=1, **ANN)
    again = run_module("ram_mfa_device", **ANN)

    assert failed.failed
    assert (again.changed, again.failed) == (False, False)
    assert devices(emulator) == []


@pytest.mark.parametrize("name", ["", "a n"])
def test_bad_name(run_module: RunModule, emulator: Emulator, name: str) -> None:
    """Without a name that a user can have nothing is asked: it would be about the caller."""
    result = run_module("ram_mfa_device", name=name, state="absent")

    assert "The name of a user must be 1 to 64" in result.msg
    assert set(emulator.actions()) <= {"GetCallerIdentity"}

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MFA devices of RAM users, and the calls about them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from functools import partial

from .._cloud.client import nothing
from .._cloud.errors import NotFoundError, fine_if
from .._cloud.services import IMS, RAM
from .._work.plan import Plan, Step
from .account import read_default_domain
from .names import refuse_bad_names

if t.TYPE_CHECKING:
    from .._cloud.client import Answer, Client

VIRTUAL = "VMFA"


@dataclass(frozen=True)
class MfaDevice:
    """What a RAM user proves with that it is the one who logs on."""

    user_name: str
    serial_number: str
    type: str | None

    def as_info(self) -> dict[str, t.Any]:
        """Return the device as it is shown with its user."""
        return {"serial_number": self.serial_number, "type": self.type}

    def as_result(self) -> dict[str, t.Any]:
        """Return the device as modules show it."""
        return {"user_name": self.user_name, **self.as_info()}

    as_diff = as_result

    @property
    def is_virtual(self) -> bool:
        """Whether it is an app that shows codes, not a hardware key."""
        return self.type == VIRTUAL


class MfaDeviceApi:
    """The calls about MFA devices; each raises RamError."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def find(self, name: str) -> MfaDevice | None:
        """Return the MFA device of the user, None if it has none."""

        def read(answer: Answer) -> MfaDevice:
            device = answer["MFADevice"]
            return MfaDevice(name, device["SerialNumber"], device.get("Type"))

        named, doing = {"UserName": name}, f"read MFA device of user {name}"
        with fine_if("EntityNotExist.User.MFADevice"):
            return self._client.call(RAM, "GetUserMFAInfo", named, read, doing=doing)
        return None

    def remove(self, device: MfaDevice) -> None:
        """Take the MFA device from its user; one that is unbound already is fine.

        A virtual one goes as a whole: what is only unbound keeps its name, which is its user's.
        """
        if device.is_virtual:
            self._disable(device)
        else:
            self._unbind(device)

    def _unbind(self, device: MfaDevice) -> None:
        named = {"UserName": device.user_name}
        doing = f"unbind MFA device {device.serial_number} of user {device.user_name}"
        with fine_if("EntityNotExist.User.MFADevice"):
            self._client.call(RAM, "UnbindMFADevice", named, nothing, doing=doing)

    def _disable(self, device: MfaDevice) -> None:
        domain = read_default_domain(self._client)
        named = {"UserPrincipalName": f"{device.user_name}@{domain}"}
        doing = f"disable MFA device {device.serial_number} of user {device.user_name}"
        with fine_if("EntityNotExist.User.MFADevice"):
            self._client.call(IMS, "DisableVirtualMFA", named, nothing, doing=doing)


def plan_mfa_device(client: Client, params: dict[str, t.Any]) -> list[Plan[MfaDevice]]:
    """Return the plan that takes the MFA device from a user; InputError if there can be no such."""
    name = params["name"]
    refuse_bad_names([name])
    devices = MfaDeviceApi(client)
    try:
        device = devices.find(name)
    except NotFoundError:
        device = None
    if device is None:
        return [Plan(name, None, None, known_as={"user_name": name})]
    deed = "disable" if device.is_virtual else "unbind"
    doing = f"{deed} MFA device {device.serial_number} of user {name}"
    return [Plan(name, device, None, [Step(doing, partial(devices.remove, device))])]

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MFA devices of RAM users, and the calls about them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

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

    def as_result(self) -> dict[str, t.Any]:
        """Return the device as modules show it."""
        return {
            "user_name": self.user_name,
            "serial_number": self.serial_number,
            "type": self.type,
        }

    as_diff = as_result


class MfaDeviceApi:
    """The calls about MFA devices; each raises RamError."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def find(self, name: str) -> dict[str, t.Any] | None:
        """Return the MFA device of the user, None if it has none."""

        def read(answer: Answer) -> dict[str, t.Any]:
            device = answer["MFADevice"]
            return {"serial_number": device["SerialNumber"], "type": device.get("Type")}

        named, doing = {"UserName": name}, f"read MFA device of user {name}"
        with fine_if("EntityNotExist.User.MFADevice"):
            return self._client.call(RAM, "GetUserMFAInfo", named, read, doing=doing)
        return None

    def unbind(self, name: str) -> None:
        """Unbind the MFA device; one that is unbound already is fine."""
        named, doing = {"UserName": name}, f"unbind MFA device of user {name}"
        with fine_if("EntityNotExist.User.MFADevice"):
            self._client.call(RAM, "UnbindMFADevice", named, nothing, doing=doing)

    def disable(self, device: MfaDevice) -> None:
        """Unbind a virtual MFA device and delete it; one that is unbound already is fine."""
        domain = read_default_domain(self._client)
        named = {"UserPrincipalName": f"{device.user_name}@{domain}"}
        doing = f"disable MFA device {device.serial_number} of user {device.user_name}"
        with fine_if("EntityNotExist.User.MFADevice"):
            self._client.call(IMS, "DisableVirtualMFA", named, nothing, doing=doing)


def plan_mfa_device(client: Client, params: dict[str, t.Any]) -> list[Plan[MfaDevice]]:
    """Return the plan that takes the MFA device from a user; InputError if there can be no such.

    A virtual one goes as a whole: what is only unbound keeps its name, which is its user's.
    """
    name = params["name"]
    refuse_bad_names([name])
    devices = MfaDeviceApi(client)
    try:
        found = devices.find(name)
    except NotFoundError:
        found = None
    if found is None:
        return [Plan(name, None, None, known_as={"user_name": name})]
    device = MfaDevice(name, **found)
    what = f"MFA device {device.serial_number} of user {name}"
    if device.type == VIRTUAL:
        step = Step(f"disable {what}", lambda: devices.disable(device))
    else:
        step = Step(f"unbind {what}", lambda: devices.unbind(name))
    return [Plan(name, device, None, [step])]

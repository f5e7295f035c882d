# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual MFA devices as IMS handles them: it can release and delete one in a single call."""

from __future__ import annotations

import re
import typing as t

from ...cloud.entities import VIRTUAL
from ...errors import entity_not_exist, missing_parameter
from ..ram import mfa as ram
from ..rules import check_name, found, page
from ..service import IMS
from .principals import PRINCIPAL, as_ram, principal, principal_name

if t.TYPE_CHECKING:
    from ...cloud.entities import MfaDevice
    from ..call import Call, Result

# RAM allows dots too.
DEVICE_NAME = re.compile(r"[A-Za-z0-9-]+")
PAGE_SIZES = range(1, 101)
USER = ("user/{user}",)
DEVICES = ("mfa/*",)


@IMS.action("CreateVirtualMFADevice", required="VirtualMFADeviceName", on=DEVICES)
def create_virtual_mfa_device(call: Call) -> Result:
    """Create a device; its seed is in this answer and in no other."""
    check_name(call, "VirtualMFADeviceName", DEVICE_NAME)
    return ram.create_virtual_mfa_device(call)


@IMS.action("ListVirtualMFADevices", optional="Marker MaxItems", on=DEVICES)
def list_virtual_mfa_devices(call: Call) -> Result:
    """Return one page of the devices with their users."""

    def describe(device: MfaDevice) -> Result:
        user = device.user
        if user is None:
            return {"SerialNumber": device.serial_number}
        return {
            "SerialNumber": device.serial_number,
            "ActivateDate": device.activate_date,
            "User": {
                "UserId": user.user_id,
                PRINCIPAL: principal_name(call.account, user),
                "DisplayName": user.display_name,
            },
        }

    return page(
        call,
        "VirtualMFADevices",
        "VirtualMFADevice",
        call.account.mfa_devices,
        render=describe,
        sizes=PAGE_SIZES,
    )


@IMS.action("DeleteVirtualMFADevice", required="SerialNumber", on=DEVICES)
def delete_virtual_mfa_device(call: Call) -> Result:
    """Delete a device that is bound to nobody."""
    return ram.delete_virtual_mfa_device(call)


@IMS.action(
    "BindMFADevice",
    required=f"{PRINCIPAL} SerialNumber AuthenticationCode1 AuthenticationCode2",
    on=USER,
    own=ram.OWN,
)
def bind_mfa_device(call: Call) -> Result:
    """Bind a device to a user who can show two consecutive codes."""
    return ram.bind_mfa_device(as_ram(call))


@IMS.action("UnbindMFADevice", required=PRINCIPAL, on=USER, own=ram.OWN)
def unbind_mfa_device(call: Call) -> Result:
    """Release the device of a user."""
    return ram.unbind_mfa_device(as_ram(call))


@IMS.action("DisableVirtualMFA", required=PRINCIPAL, on=USER)
def disable_virtual_mfa(call: Call) -> Result:
    """Release the device of a user and delete it."""
    device = found(principal(call).mfa_device, "User.MFADevice")
    if device.kind != VIRTUAL:
        # Unconfirmed: how a hardware key is refused here.
        raise entity_not_exist("VirtualMFADevice")
    ram.unbind_mfa_device(as_ram(call))
    call.account.mfa_devices.remove(device)
    return {}


@IMS.action("GetUserMFAInfo", optional=PRINCIPAL, on=("user/{key_owner}",))
def get_user_mfa_info(call: Call) -> Result:
    """Return whether a user, or the calling one, has a device, and which."""
    if not call.get(PRINCIPAL) and call.caller.user is None:
        # Documented: an account must name a user.
        raise missing_parameter(PRINCIPAL)
    user = principal(call) if call.get(PRINCIPAL) else call.caller.user
    device = found(user, "User").mfa_device
    if device is None:
        # Unconfirmed: an error as in RAM would be the other way to say so.
        return {"IsMFAEnable": False}
    return {
        "IsMFAEnable": True,
        "MFADevice": {"SerialNumber": device.serial_number, "Type": device.kind},
    }

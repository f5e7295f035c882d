# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual MFA devices."""

from __future__ import annotations

import base64
import re
import time
import typing as t

from ...cloud.entities import MfaDevice
from ...errors import (
    ApiError,
    delete_conflict,
    entity_already_exists,
    invalid_parameter,
    limit_exceeded,
)
from ...totp import TOTP_STEP_SECONDS, totp
from ..rules import MFA_DEVICE_NAME, check_name, found, named_user
from ..service import RAM

if t.TYPE_CHECKING:
    from ..call import Call, Result

OWN = "allow_user_to_manage_mfa_devices"
CODE = re.compile(r"[0-9]{6}")
# The first of two consecutive codes may be this many steps old, or one ahead.
TOTP_STEPS = range(-3, 2)
SEED_BYTES = 40
# The cloud draws the seed as a QR code; nobody scans this one.
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)


@RAM.action("CreateVirtualMFADevice", required="VirtualMFADeviceName", on=("mfa/*",))
def create_virtual_mfa_device(call: Call) -> Result:
    """Create a device; its seed is in this answer and in no other."""
    account = call.account
    name = check_name(call, "VirtualMFADeviceName", MFA_DEVICE_NAME)
    if account.mfa_devices.holder(name):
        raise entity_already_exists("VirtualMFADevice")
    if len(account.mfa_devices) >= account.quotas.mfa_devices:
        raise limit_exceeded("VirtualMFADevice", account.quotas.mfa_devices)
    device = MfaDevice(
        name=name,
        create_date=account.clock.timestamp(),
        serial_number=account.arn(f"mfa/{name}"),
        seed=base64.b32encode(account.ids.secret_octets(SEED_BYTES)).decode(),
    )
    account.mfa_devices.add(device)
    return {
        "VirtualMFADevice": {
            "SerialNumber": device.serial_number,
            "Base32StringSeed": device.seed,
            "QRCodePNG": PIXEL,
        }
    }


@RAM.action("ListVirtualMFADevices", on=("mfa/*",))
def list_virtual_mfa_devices(call: Call) -> Result:
    """Return the devices with their users."""
    devices = [_describe(device) for device in call.account.mfa_devices]
    return {"VirtualMFADevices": {"VirtualMFADevice": devices}}


@RAM.action("DeleteVirtualMFADevice", required="SerialNumber", on=("mfa/*",))
def delete_virtual_mfa_device(call: Call) -> Result:
    """Delete a device that is bound to nobody."""
    device = _get_device(call)
    if device.user:
        raise delete_conflict("VirtualMFADevice.User")
    call.account.mfa_devices.remove(device)
    return {}


@RAM.action(
    "BindMFADevice",
    required="SerialNumber UserName AuthenticationCode1 AuthenticationCode2",
    on=("user/{UserName}",),
    own=OWN,
)
def bind_mfa_device(call: Call) -> Result:
    """Bind a device to a user who can show two consecutive codes."""
    codes = (call["AuthenticationCode1"], call["AuthenticationCode2"])
    if not all(CODE.fullmatch(code) for code in codes):
        raise invalid_parameter("AuthenticationCode.Format", "A code has six digits.")
    user, device = named_user(call), _get_device(call)
    if user.mfa_device:
        raise entity_already_exists("User.MFADevice")
    if device.user:
        raise entity_already_exists("VirtualMFADevice.User")
    if not _shows(device.seed, codes):
        raise ApiError(403, "CheckAuthenticationCodeFail", "The codes are not the device's.")
    user.mfa_device, device.user = device, user
    device.activate_date = call.account.clock.timestamp()
    return {}


@RAM.action("UnbindMFADevice", required="UserName", on=("user/{UserName}",), own=OWN)
def unbind_mfa_device(call: Call) -> Result:
    """Release the device of a user."""
    user = named_user(call)
    device = found(user.mfa_device, "User.MFADevice")
    user.mfa_device, device.user, device.activate_date = None, None, ""
    return {"MFADevice": {"SerialNumber": device.serial_number}}


@RAM.action("GetUserMFAInfo", required="UserName", on=("user/{UserName}",))
def get_user_mfa_info(call: Call) -> Result:
    """Return the device of a user."""
    device = found(named_user(call).mfa_device, "User.MFADevice")
    return {"MFADevice": {"SerialNumber": device.serial_number, "Type": device.kind}}


def _shows(seed: str, codes: tuple[str, str]) -> bool:
    # Devices live in real time, whatever the account's clock says.
    now = int(time.time()) // TOTP_STEP_SECONDS
    return any(codes == (totp(seed, now + n), totp(seed, now + n + 1)) for n in TOTP_STEPS)


def _get_device(call: Call) -> MfaDevice:
    prefix = call.account.arn("mfa/")
    serial = call["SerialNumber"]
    name = serial[len(prefix) :] if serial.startswith(prefix) else ""
    return found(call.account.mfa_devices.find(name), "VirtualMFADevice")


def _describe(device: MfaDevice) -> Result:
    user = device.user
    if user is None:
        return {"SerialNumber": device.serial_number}
    return {
        "SerialNumber": device.serial_number,
        "ActivateDate": device.activate_date,
        "User": {
            "UserId": user.user_id,
            "UserName": user.name,
            "DisplayName": user.display_name,
        },
    }

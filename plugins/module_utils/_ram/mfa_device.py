# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MFA devices of RAM users, and the calls about them."""

from __future__ import annotations

import typing as t

from .._cloud.client import nothing
from .._cloud.errors import fine_if
from .._cloud.services import RAM

if t.TYPE_CHECKING:
    from .._cloud.client import Answer, Client


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

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Console logons of RAM users, and the calls about them."""

from __future__ import annotations

import typing as t

from .._cloud.client import nothing
from .._cloud.errors import fine_if
from .._cloud.services import RAM

if t.TYPE_CHECKING:
    from .._cloud.client import Answer, Client


class LoginProfileApi:
    """The calls about login profiles; each raises RamError."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def find(self, name: str) -> dict[str, t.Any] | None:
        """Return the login profile of the user, None if it has none."""

        def read(answer: Answer) -> dict[str, t.Any]:
            profile = answer["LoginProfile"]
            return {
                "create_date": profile.get("CreateDate"),
                "mfa_bind_required": bool(profile.get("MFABindRequired")),
                "password_reset_required": bool(profile.get("PasswordResetRequired")),
            }

        named, doing = {"UserName": name}, f"read login profile of user {name}"
        with fine_if("EntityNotExist.User.LoginProfile"):
            return self._client.call(RAM, "GetLoginProfile", named, read, doing=doing)
        return None

    def delete(self, name: str) -> None:
        """Take the console logon away; one that is gone already is fine."""
        named, doing = {"UserName": name}, f"delete login profile of user {name}"
        with fine_if("EntityNotExist.User.LoginProfile"):
            self._client.call(RAM, "DeleteLoginProfile", named, nothing, doing=doing)

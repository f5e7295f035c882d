# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Console logons of RAM users, and the calls about them."""

from __future__ import annotations

import typing as t
from contextlib import suppress
from dataclasses import dataclass, field

from .._cloud.client import nothing
from .._cloud.errors import ApiError, NotFoundError, UnansweredError, fine_if
from .._cloud.retry import ANY_NUMBER, ONCE
from .._cloud.services import IMS, RAM
from .._work.pool import map_all
from .account import read_default_domain
from .lost import found_after_all

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from .._cloud.client import Answer, Client

FLAGS = {
    "status": "Status",
    "password_reset_required": "PasswordResetRequired",
    "mfa_bind_required": "MFABindRequired",
}


@dataclass(frozen=True)
class LoginProfile:
    """How a RAM user logs on to the console; `has_new_password` says that its password is set anew.

    The password itself is never here.
    """

    user_name: str
    user_principal_name: str
    status: str = "Active"
    password_reset_required: bool = False
    mfa_bind_required: bool = False
    password_status: str | None = field(default=None, compare=False)
    last_login_date: str | None = field(default=None, compare=False)
    update_date: str | None = field(default=None, compare=False)
    has_new_password: bool = False

    def flags(self) -> dict[str, t.Any]:
        """Return what can be set besides the password."""
        return {name: getattr(self, name) for name in FLAGS}

    def as_result(self) -> dict[str, t.Any]:
        """Return the login profile as modules show it."""
        return {
            "user_name": self.user_name,
            "user_principal_name": self.user_principal_name,
            **self.flags(),
            "password_status": self.password_status,
            "last_login_date": self.last_login_date,
            "update_date": self.update_date,
        }

    def as_diff(self) -> dict[str, t.Any]:
        """Return the login profile, and whether the password is set anew."""
        also = {"password": "is set anew"} if self.has_new_password else {}
        return {**self.as_result(), **also}


class LoginProfileApi:
    """The calls of RAM about login profiles; each raises RamError."""

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


class LogonApi:
    """The calls of IMS about login profiles, which know the status, too; each raises RamError.

    `domain` is what the logon names of the account end with.
    """

    def __init__(self, client: Client, domain: str) -> None:
        self._client = client
        self._domain = domain

    def new(self, name: str, **flags: t.Any) -> LoginProfile:
        """Return a login profile that is not there yet."""
        return LoginProfile(name, f"{name}@{self._domain}", **flags)

    def find(self, name: str) -> LoginProfile | None:
        """Return the login profile of the user, None if it has none; NotFoundError for no user."""
        doing = f"read login profile of user {name}"
        try:
            return LoginProfile(name, **self._call("GetLoginProfile", name, doing=doing))
        except NotFoundError as error:
            if error.code and error.code.endswith("LoginProfile"):
                return None
            raise

    def create(self, profile: LoginProfile, password: str, *, resets: bool) -> dict[str, t.Any]:
        """Let the user log on, and return the fields as stored.

        If somebody else was faster, theirs is made to be as this one; with `resets`, its password
        too.
        """
        name, doing = profile.user_name, f"create login profile of user {profile.user_name}"
        try:
            return self._call(
                "CreateLoginProfile", name, doing=doing, password=password, **profile.flags()
            )
        except UnansweredError as error:
            found = found_after_all(self.find, profile.user_name, error)
            if found.flags() != profile.flags():
                raise error.reworded(
                    f"{error}. There is one now, but not as described here: run again"
                ) from None
            return found.as_result()
        except ApiError as error:
            if error.code != "EntityAlreadyExists.User.LoginProfile":
                raise
            return self.update(profile, password if resets else None)

    def update(self, profile: LoginProfile, password: str | None = None) -> dict[str, t.Any]:
        """Set all flags, and the password if there is one, and return the fields as stored."""
        name, doing = profile.user_name, f"update login profile of user {profile.user_name}"
        try:
            return self._call(
                "UpdateLoginProfile", name, doing=doing, password=password, **profile.flags()
            )
        except UnansweredError as error:
            found = found_after_all(self.find, profile.user_name, error)
            is_done = found.flags() == profile.flags() and found.update_date != profile.update_date
            if not is_done:
                raise
            return found.as_result()

    def _call(
        self, action: str, name: str, *, doing: str, password: str | None = None, **flags: t.Any
    ) -> dict[str, t.Any]:
        given = {FLAGS[flag]: value for flag, value in flags.items()}
        return self._client.call(
            IMS,
            action,
            {"UserPrincipalName": f"{name}@{self._domain}", **given},
            _profile_fields,
            doing=doing,
            secret_parameters={"Password": password} if password else {},
            # The second time, the API may take the password for one that was used before.
            attempts=ONCE if password else ANY_NUMBER,
        )


def read_login_profiles(
    client: Client, names: Sequence[str], concurrency: int
) -> list[LoginProfile]:
    """Return the login profiles of those of the users that are there and have one, in order."""
    api = LogonApi(client, read_default_domain(client) if names else "")

    def read(name: str) -> LoginProfile | None:
        with suppress(NotFoundError):
            return api.find(name)
        return None

    return [profile for profile in map_all(read, names, concurrency) if profile]


def _profile_fields(answer: Answer) -> dict[str, t.Any]:
    """Return the fields of LoginProfile in an answer; only some tell of the last logon."""
    profile = answer["LoginProfile"]
    fields = {
        "user_principal_name": profile["UserPrincipalName"],
        "status": profile["Status"],
        "password_reset_required": bool(profile["PasswordResetRequired"]),
        "mfa_bind_required": bool(profile["MFABindRequired"]),
        "password_status": profile.get("PasswordStatus"),
        "update_date": profile.get("UpdateDate"),
    }
    if profile.get("LastLoginTime"):
        fields["last_login_date"] = profile["LastLoginTime"]
    return fields

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RAM users: what they are, and one function per API call about them."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from .._cloud.client import nothing
from .._cloud.errors import InputError, NotFoundError, RamError, UnansweredError, fine_if
from .._cloud.paging import all_pages, next_marker
from .._cloud.retry import ANY_NUMBER, ONCE
from .._cloud.services import RAM

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .._cloud.client import Answer, Client

_T = t.TypeVar("_T")

USER_NAME = GROUP_NAME = (r"[A-Za-z0-9._-]{1,64}", "1 to 64 letters, digits, '.', '-' or '_'")
# Up to this many users are read one by one; more are looked for in the pages of all users.
FEW_USERS = 2
PAGE_SIZE = 1000
API_NAMES = {
    "user_name": "UserName",
    "display_name": "DisplayName",
    "mobile_phone": "MobilePhone",
    "email": "Email",
    "comments": "Comments",
}
ATTRIBUTES = ("display_name", "mobile_phone", "email", "comments")
# The international site takes these two and stores neither.
CHINA_SITE_ATTRIBUTES = ("mobile_phone", "email")


@dataclass(frozen=True, order=True)
class Policy:
    """A policy by its name and type, System or Custom."""

    name: str
    type: str

    def __str__(self) -> str:
        return f"{self.name} ({self.type})"

    def as_result(self) -> dict[str, str]:
        """Return the policy as modules show and take it."""
        return {"name": self.name, "type": self.type}


@dataclass(frozen=True)
class User:
    """A RAM user; `groups` and `policies` are None unless they were read."""

    user_name: str
    user_id: str | None = None
    display_name: str = ""
    mobile_phone: str = ""
    email: str = ""
    comments: str = ""
    create_date: str | None = None
    update_date: str | None = field(default=None, compare=False)
    groups: tuple[str, ...] | None = None
    policies: tuple[Policy, ...] | None = None

    def stored(self) -> dict[str, t.Any]:
        """Return the fields that the API keeps with the user itself."""
        names = ("user_name", "user_id", *ATTRIBUTES, "create_date", "update_date")
        return {name: getattr(self, name) for name in names}

    def as_result(self) -> dict[str, t.Any]:
        """Return the user as modules show it."""
        shown = self.stored()
        if self.groups is not None:
            shown["groups"] = list(self.groups)
        if self.policies is not None:
            shown["policies"] = [policy.as_result() for policy in self.policies]
        return shown

    as_diff = as_result


def refuse_bad_names(names: Iterable[str]) -> None:
    """Raise InputError for a name that no user can have; empty, it may stand for the caller."""
    pattern, described = USER_NAME
    for name in names:
        if not re.fullmatch(pattern, name):
            raise InputError(f"The name of a user must be {described}, not {name!r}")


def repeated_names(names: Iterable[str]) -> dict[str, int]:
    """Return the names that stand there more than once, with how often, in all their spellings.

    No documentation tells whether names that differ in case only are two users or one.
    """
    spellings: dict[str, list[str]] = {}
    for name in names:
        spellings.setdefault(name.lower(), []).append(name)
    return {" or ".join(dict.fromkeys(s)): len(s) for s in spellings.values() if len(s) > 1}


class UserApi:
    """The calls about users, their groups and their policies; each raises RamError."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def find(self, name: str) -> User | None:
        """Return the user, None if there is none of that name."""
        parameters = {"UserName": name}
        try:
            fields = self._client.call(
                RAM, "GetUser", parameters, _user_fields, doing=f"read user {name}"
            )
        except NotFoundError:
            return None
        return User(**fields)

    def list_all(self) -> list[User]:
        """Return every user of the account."""

        def read(answer: Answer) -> tuple[list[User], str | None]:
            users = [User(**_user_fields({"User": item})) for item in answer["Users"]["User"]]
            return users, next_marker(answer)

        def fetch(marker: str | None) -> tuple[list[User], str | None]:
            page = {"MaxItems": PAGE_SIZE, **({"Marker": marker} if marker else {})}
            return self._client.call(RAM, "ListUsers", page, read, doing="list users")

        return all_pages(fetch)

    def find_many(self, names: Sequence[str]) -> dict[str, User]:
        """Return those of the named users that exist, by name, in the fewest calls."""
        if len(names) <= FEW_USERS:
            found = [user for name in names if (user := self.find(name))]
        else:
            found = self.list_all()
        return {user.user_name: user for user in found}

    def create(self, user: User) -> dict[str, t.Any]:
        """Create the user and return the fields as stored."""
        doing = f"create user {user.user_name}"
        given = {api: value for name, api in API_NAMES.items() if (value := getattr(user, name))}
        try:
            return self._client.call(
                RAM, "CreateUser", given, _user_fields, doing=doing, attempts=ONCE
            )
        except UnansweredError as error:
            return self._find_after_all(user.user_name, error).stored()

    def update(self, user: User, changes: dict[str, str]) -> dict[str, t.Any]:
        """Change the given attributes, `user_name` among them, and return the fields as stored."""
        doing = f"update user {user.user_name}"
        name = changes.get("user_name", user.user_name)
        # Some versions of the documentation call NewUserName required, so it is always sent.
        parameters = {
            "UserName": user.user_name,
            "NewUserName": name,
            **{f"New{API_NAMES[key]}": value for key, value in changes.items()},
        }
        attempts = ANY_NUMBER if name == user.user_name else ONCE
        try:
            return self._client.call(
                RAM, "UpdateUser", parameters, _user_fields, doing=doing, attempts=attempts
            )
        except UnansweredError as error:
            stored = self._find_after_all(name, error).stored()
            wanted = {**changes, "user_id": user.user_id}
            if wanted.items() - stored.items():
                raise
            return stored

    def delete(self, name: str) -> None:
        """Delete the user; a user that is gone already is fine."""
        parameters = {"UserName": name}
        with fine_if("EntityNotExist.User"):
            self._call("DeleteUser", f"delete user {name}", parameters, nothing)

    def list_groups(self, name: str) -> tuple[str, ...]:
        """Return the names of the groups that the user is in, sorted."""

        def read(answer: Answer) -> tuple[str, ...]:
            return tuple(sorted(item["GroupName"] for item in answer["Groups"]["Group"]))

        parameters = {"UserName": name}
        return self._client.call(
            RAM, "ListGroupsForUser", parameters, read, doing=f"list groups of user {name}"
        )

    def group_exists(self, group: str) -> bool:
        """Tell whether there is such a group."""
        parameters = {"GroupName": group}
        return self._exists("GetGroup", f"read group {group}", parameters)

    def add_to_group(self, name: str, group: str) -> None:
        """Make the user a member; one that is a member already is fine."""
        parameters = {"UserName": name, "GroupName": group}
        with fine_if("EntityAlreadyExists.User.Group"):
            self._client.call(
                RAM,
                "AddUserToGroup",
                parameters,
                nothing,
                doing=f"add user {name} to group {group}",
            )

    def remove_from_group(self, name: str, group: str) -> None:
        """End the membership; one that has ended already is fine."""
        parameters = {"UserName": name, "GroupName": group}
        with fine_if("EntityNotExist.User.Group"):
            self._client.call(
                RAM,
                "RemoveUserFromGroup",
                parameters,
                nothing,
                doing=f"remove user {name} from group {group}",
            )

    def list_policies(self, name: str) -> tuple[Policy, ...]:
        """Return the policies attached to the user itself, sorted."""

        def read(answer: Answer) -> tuple[Policy, ...]:
            found = answer["Policies"]["Policy"]
            return tuple(sorted(Policy(item["PolicyName"], item["PolicyType"]) for item in found))

        parameters = {"UserName": name}
        return self._client.call(
            RAM, "ListPoliciesForUser", parameters, read, doing=f"list policies of user {name}"
        )

    def policy_exists(self, policy: Policy) -> bool:
        """Tell whether there is such a policy."""
        parameters = {"PolicyName": policy.name, "PolicyType": policy.type}
        return self._exists("GetPolicy", f"read policy {policy}", parameters)

    def attach_policy(self, name: str, policy: Policy) -> None:
        """Attach the policy; one that is attached already is fine."""
        parameters = {"UserName": name, "PolicyName": policy.name, "PolicyType": policy.type}
        with fine_if("EntityAlreadyExists.User.Policy"):
            self._client.call(
                RAM,
                "AttachPolicyToUser",
                parameters,
                nothing,
                doing=f"attach policy {policy} to user {name}",
            )

    def detach_policy(self, name: str, policy: Policy) -> None:
        """Detach the policy; one that is detached already is fine."""
        parameters = {"UserName": name, "PolicyName": policy.name, "PolicyType": policy.type}
        with fine_if("EntityNotExist.User.Policy"):
            self._client.call(
                RAM,
                "DetachPolicyFromUser",
                parameters,
                nothing,
                doing=f"detach policy {policy} from user {name}",
            )

    def find_login_profile(self, name: str) -> dict[str, t.Any] | None:
        """Return the console login profile of the user, None if it has none."""

        def read(answer: Answer) -> dict[str, t.Any]:
            profile = answer["LoginProfile"]
            return {
                "create_date": profile.get("CreateDate"),
                "mfa_bind_required": bool(profile.get("MFABindRequired")),
                "password_reset_required": bool(profile.get("PasswordResetRequired")),
            }

        parameters = {"UserName": name}
        with fine_if("EntityNotExist.User.LoginProfile"):
            return self._client.call(
                RAM, "GetLoginProfile", parameters, read, doing=f"read login profile of user {name}"
            )
        return None

    def delete_login_profile(self, name: str) -> None:
        """Take the console login away; one that is gone already is fine."""
        parameters = {"UserName": name}
        with fine_if("EntityNotExist.User.LoginProfile"):
            self._client.call(
                RAM,
                "DeleteLoginProfile",
                parameters,
                nothing,
                doing=f"delete login profile of user {name}",
            )

    def find_mfa_device(self, name: str) -> dict[str, t.Any] | None:
        """Return the MFA device of the user, None if it has none."""

        def read(answer: Answer) -> dict[str, t.Any]:
            device = answer["MFADevice"]
            return {"serial_number": device["SerialNumber"], "type": device.get("Type")}

        parameters = {"UserName": name}
        with fine_if("EntityNotExist.User.MFADevice"):
            return self._client.call(
                RAM, "GetUserMFAInfo", parameters, read, doing=f"read MFA device of user {name}"
            )
        return None

    def unbind_mfa_device(self, name: str) -> None:
        """Unbind the MFA device; one that is unbound already is fine."""
        parameters = {"UserName": name}
        with fine_if("EntityNotExist.User.MFADevice"):
            self._client.call(
                RAM,
                "UnbindMFADevice",
                parameters,
                nothing,
                doing=f"unbind MFA device of user {name}",
            )

    def _call(
        self, action: str, doing: str, parameters: dict[str, str], read: Callable[[Answer], _T]
    ) -> _T:
        return self._client.call(RAM, action, parameters, read, doing=doing)

    def _exists(self, action: str, doing: str, parameters: dict[str, str]) -> bool:
        try:
            self._call(action, doing, parameters, nothing)
        except NotFoundError:
            return False
        return True

    def _find_after_all(self, name: str, lost: UnansweredError) -> User:
        """Return the user that a request without an answer was about; else raise `lost`."""
        try:
            found = self.find(name)
        except RamError as error:
            raise lost.reworded(f"{lost}. What it did is not known ({error})") from None
        if found is None:
            raise lost
        return found


def _user_fields(answer: Answer) -> dict[str, t.Any]:
    """Return the fields of User in an answer; absent, null and empty mean the same there."""
    user = answer["User"]
    fields: dict[str, t.Any] = {
        "user_name": user["UserName"],
        "user_id": str(user["UserId"]),
        "display_name": user.get("DisplayName") or "",
        "mobile_phone": user.get("MobilePhone") or "",
        "email": user.get("Email") or "",
        "comments": user.get("Comments") or "",
        "create_date": user.get("CreateDate"),
    }
    if user.get("UpdateDate"):
        fields["update_date"] = user["UpdateDate"]
    return fields

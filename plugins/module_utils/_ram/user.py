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

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .._cloud.client import Answer, Client

USER_NAME = GROUP_NAME = (r"[A-Za-z0-9._-]{1,64}", "1 to 64 letters, digits, '.', '-' or '_'")
PAGE_SIZE = 1000
# Up to this many users are read one by one; more are looked for in the pages of all users.
FEW_USERS = 2
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
        request = self._client.models.GetUserRequest(user_name=name)
        try:
            fields = self._client.call(f"read user {name}", request, _user_fields)
        except NotFoundError:
            return None
        return User(**fields)

    def list_all(self) -> list[User]:
        """Return every user of the account."""
        models = self._client.models

        def read(answer: Answer) -> tuple[list[User], str | None]:
            users = [User(**_user_fields({"User": item})) for item in answer["Users"]["User"]]
            return users, next_marker(answer)

        return all_pages(
            lambda marker: self._client.call(
                "list users", models.ListUsersRequest(marker=marker, max_items=PAGE_SIZE), read
            )
        )

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
        given = {name: value for name in ATTRIBUTES if (value := getattr(user, name))}
        request = self._client.models.CreateUserRequest(user_name=user.user_name, **given)
        try:
            return self._client.call(doing, request, _user_fields, repeatable=False)
        except UnansweredError as error:
            return self._find_after_all(user.user_name, error).stored()

    def update(self, user: User, changes: dict[str, str]) -> dict[str, t.Any]:
        """Change the given attributes, `user_name` among them, and return the fields as stored."""
        doing = f"update user {user.user_name}"
        name = changes.get("user_name", user.user_name)
        # Some versions of the documentation call NewUserName required, so it is always sent.
        request = self._client.models.UpdateUserRequest(
            user_name=user.user_name,
            new_user_name=name,
            **{f"new_{key}": value for key, value in changes.items() if key != "user_name"},
        )
        is_repeatable = name == user.user_name
        try:
            return self._client.call(doing, request, _user_fields, repeatable=is_repeatable)
        except UnansweredError as error:
            stored = self._find_after_all(name, error).stored()
            wanted = {**changes, "user_id": user.user_id}
            if wanted.items() - stored.items():
                raise
            return stored

    def delete(self, name: str) -> None:
        """Delete the user; a user that is gone already is fine."""
        request = self._client.models.DeleteUserRequest(user_name=name)
        with fine_if("EntityNotExist.User"):
            self._client.call(f"delete user {name}", request, nothing)

    def list_groups(self, name: str) -> tuple[str, ...]:
        """Return the names of the groups that the user is in, sorted."""

        def read(answer: Answer) -> tuple[str, ...]:
            return tuple(sorted(item["GroupName"] for item in answer["Groups"]["Group"]))

        request = self._client.models.ListGroupsForUserRequest(user_name=name)
        return self._client.call(f"list groups of user {name}", request, read)

    def group_exists(self, group: str) -> bool:
        """Tell whether there is such a group."""
        request = self._client.models.GetGroupRequest(group_name=group)
        return self._exists(f"read group {group}", request)

    def add_to_group(self, name: str, group: str) -> None:
        """Make the user a member; one that is a member already is fine."""
        request = self._client.models.AddUserToGroupRequest(user_name=name, group_name=group)
        with fine_if("EntityAlreadyExists.User.Group"):
            self._client.call(f"add user {name} to group {group}", request, nothing)

    def remove_from_group(self, name: str, group: str) -> None:
        """End the membership; one that has ended already is fine."""
        request = self._client.models.RemoveUserFromGroupRequest(user_name=name, group_name=group)
        with fine_if("EntityNotExist.User.Group"):
            self._client.call(f"remove user {name} from group {group}", request, nothing)

    def list_policies(self, name: str) -> tuple[Policy, ...]:
        """Return the policies attached to the user itself, sorted."""

        def read(answer: Answer) -> tuple[Policy, ...]:
            found = answer["Policies"]["Policy"]
            return tuple(sorted(Policy(item["PolicyName"], item["PolicyType"]) for item in found))

        request = self._client.models.ListPoliciesForUserRequest(user_name=name)
        return self._client.call(f"list policies of user {name}", request, read)

    def policy_exists(self, policy: Policy) -> bool:
        """Tell whether there is such a policy."""
        request = self._client.models.GetPolicyRequest(
            policy_name=policy.name, policy_type=policy.type
        )
        return self._exists(f"read policy {policy}", request)

    def attach_policy(self, name: str, policy: Policy) -> None:
        """Attach the policy; one that is attached already is fine."""
        request = self._client.models.AttachPolicyToUserRequest(
            user_name=name, policy_name=policy.name, policy_type=policy.type
        )
        with fine_if("EntityAlreadyExists.User.Policy"):
            self._client.call(f"attach policy {policy} to user {name}", request, nothing)

    def detach_policy(self, name: str, policy: Policy) -> None:
        """Detach the policy; one that is detached already is fine."""
        request = self._client.models.DetachPolicyFromUserRequest(
            user_name=name, policy_name=policy.name, policy_type=policy.type
        )
        with fine_if("EntityNotExist.User.Policy"):
            self._client.call(f"detach policy {policy} from user {name}", request, nothing)

    def find_login_profile(self, name: str) -> dict[str, t.Any] | None:
        """Return the console login profile of the user, None if it has none."""

        def read(answer: Answer) -> dict[str, t.Any]:
            profile = answer["LoginProfile"]
            return {
                "create_date": profile.get("CreateDate"),
                "mfa_bind_required": bool(profile.get("MFABindRequired")),
                "password_reset_required": bool(profile.get("PasswordResetRequired")),
            }

        request = self._client.models.GetLoginProfileRequest(user_name=name)
        with fine_if("EntityNotExist.User.LoginProfile"):
            return self._client.call(f"read login profile of user {name}", request, read)
        return None

    def delete_login_profile(self, name: str) -> None:
        """Take the console login away; one that is gone already is fine."""
        request = self._client.models.DeleteLoginProfileRequest(user_name=name)
        with fine_if("EntityNotExist.User.LoginProfile"):
            self._client.call(f"delete login profile of user {name}", request, nothing)

    def find_mfa_device(self, name: str) -> dict[str, t.Any] | None:
        """Return the MFA device of the user, None if it has none."""

        def read(answer: Answer) -> dict[str, t.Any]:
            device = answer["MFADevice"]
            return {"serial_number": device["SerialNumber"], "type": device.get("Type")}

        request = self._client.models.GetUserMFAInfoRequest(user_name=name)
        with fine_if("EntityNotExist.User.MFADevice"):
            return self._client.call(f"read MFA device of user {name}", request, read)
        return None

    def unbind_mfa_device(self, name: str) -> None:
        """Unbind the MFA device; one that is unbound already is fine."""
        request = self._client.models.UnbindMFADeviceRequest(user_name=name)
        with fine_if("EntityNotExist.User.MFADevice"):
            self._client.call(f"unbind MFA device of user {name}", request, nothing)

    def _exists(self, doing: str, request: t.Any) -> bool:
        try:
            self._client.call(doing, request, nothing)
        except NotFoundError:
            return False
        return True

    def _find_after_all(self, name: str, lost: UnansweredError) -> User:
        """Return the user that a request without an answer was about; else raise `lost`."""
        try:
            found = self.find(name)
        except RamError as error:
            lost.args = (f"{lost}. What it did is not known ({error})",)
            raise lost from None
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

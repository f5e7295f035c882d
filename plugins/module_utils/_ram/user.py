# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RAM users: what they are, and the calls about them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._cloud.client import nothing
from .._cloud.errors import ApiError, NotFoundError, UnansweredError, fine_if
from .._cloud.retry import ANY_NUMBER, ONCE
from .._cloud.services import RAM
from .listing import FEW, all_items, find_named
from .lost import found_after_all
from .names import unknown_names
from .policy import parameters_of, policies_in

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .._cloud.client import Answer, Client
    from .policy import Policy
    from .tags import Tags

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


@dataclass(frozen=True)
class User:
    """A RAM user; `groups`, `policies` and `tags` are None unless they were read.

    `goes_with_it` says in words what is removed together with the user.
    """

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
    tags: Tags | None = None
    goes_with_it: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the name."""
        return self.user_name

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
        if self.tags is not None:
            shown["tags"] = dict(self.tags)
        return shown

    def as_diff(self) -> dict[str, t.Any]:
        """Return the user with all that goes when it goes."""
        also = {"goes_with_it": list(self.goes_with_it)} if self.goes_with_it else {}
        return {**self.as_result(), **also}

    def differs_from(self, wanted: User) -> dict[str, str]:
        """Return the attributes that `wanted` has otherwise; what a site may not store is none."""
        return {
            name: getattr(wanted, name)
            for name in ATTRIBUTES
            if getattr(self, name) != getattr(wanted, name)
            and (getattr(self, name) or name not in CHINA_SITE_ATTRIBUTES)
        }


class UserApi:
    """The calls about users and their policies; each raises RamError."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def find(self, name: str) -> User | None:
        """Return the user, None if there is none of that name."""
        named, doing = {"UserName": name}, f"read user {name}"
        try:
            return User(**self._client.call(RAM, "GetUser", named, _user_fields, doing=doing))
        except NotFoundError:
            return None

    def list_all(self) -> list[User]:
        """Return every user of the account."""

        def items(answer: Answer) -> list[User]:
            return [User(**_user_fields({"User": item})) for item in answer["Users"]["User"]]

        return all_items(self._client, "ListUsers", items, doing="list users")

    def find_many(self, names: Sequence[str]) -> dict[str, User]:
        """Return those of the named users that exist, by name, in the fewest calls."""
        return find_named(names, self.find, self.list_all)

    def create(self, user: User) -> dict[str, t.Any]:
        """Create the user and return the fields as stored.

        If somebody else was faster, theirs is made to be as this one.
        """
        doing = f"create user {user.user_name}"
        given = {api: value for name, api in API_NAMES.items() if (value := getattr(user, name))}
        try:
            return self._client.call(
                RAM, "CreateUser", given, _user_fields, doing=doing, attempts=ONCE
            )
        except UnansweredError as error:
            found = found_after_all(self.find, user.user_name, error)
            if found.differs_from(user):
                raise error.reworded(
                    f"{error}. There is such a user now, but not as described here: run again"
                ) from None
            return found.stored()
        except ApiError as error:
            theirs = self.find(user.user_name) if error.code == "EntityAlreadyExists.User" else None
            if theirs is None:
                raise
            changes = theirs.differs_from(user)
            return self.update(theirs, changes) if changes else theirs.stored()

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
            stored = found_after_all(self.find, name, error).stored()
            wanted = {**changes, "user_id": user.user_id}
            if wanted.items() - stored.items():
                raise
            return stored

    def delete(self, name: str) -> None:
        """Delete the user; a user that is gone already is fine."""
        named, doing = {"UserName": name}, f"delete user {name}"
        with fine_if("EntityNotExist.User"):
            self._client.call(RAM, "DeleteUser", named, nothing, doing=doing)

    def list_groups(self, name: str) -> tuple[str, ...]:
        """Return the names of the groups that the user is in, sorted."""

        def read(answer: Answer) -> tuple[str, ...]:
            return tuple(sorted(item["GroupName"] for item in answer["Groups"]["Group"]))

        named, doing = {"UserName": name}, f"list groups of user {name}"
        return self._client.call(RAM, "ListGroupsForUser", named, read, doing=doing)

    def list_policies(self, name: str) -> tuple[Policy, ...]:
        """Return the policies attached to the user itself, sorted."""
        named, doing = {"UserName": name}, f"list policies of user {name}"
        return self._client.call(RAM, "ListPoliciesForUser", named, policies_in, doing=doing)

    def attach_policy(self, name: str, policy: Policy) -> None:
        """Attach the policy; one that is attached already is fine."""
        both, doing = {"UserName": name, **parameters_of(policy)}, f"attach policy {policy}"
        with fine_if("EntityAlreadyExists.User.Policy"):
            self._client.call(
                RAM, "AttachPolicyToUser", both, nothing, doing=f"{doing} to user {name}"
            )

    def detach_policy(self, name: str, policy: Policy) -> None:
        """Detach the policy; one that is detached already is fine."""
        both, doing = {"UserName": name, **parameters_of(policy)}, f"detach policy {policy}"
        with fine_if("EntityNotExist.User.Policy"):
            self._client.call(
                RAM, "DetachPolicyFromUser", both, nothing, doing=f"{doing} from user {name}"
            )


def unknown_users(client: Client, names: Iterable[str], concurrency: int) -> list[str]:
    """Return in words which of the users there are not."""
    api, wanted = UserApi(client), set(names)
    if len(wanted) > FEW:
        wanted -= api.find_many(sorted(wanted)).keys()

    def list_names() -> list[str]:
        return [user.user_name for user in api.list_all()]

    return unknown_names("user", wanted, api.find, list_names, concurrency)


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

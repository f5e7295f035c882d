# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RAM roles: what they are, and the calls about them and their policies."""

from __future__ import annotations

import typing as t
from contextlib import suppress
from dataclasses import dataclass, field, replace

from .._cloud.client import nothing
from .._cloud.errors import ApiError, NotFoundError, UnansweredError, fine_if
from .._cloud.retry import ONCE
from .._cloud.services import RAM
from .._work.plan import changed_fields
from .._work.pool import map_all
from .documents import parse_document
from .listing import all_items, find_named
from .lost import found_after_all
from .policy import parameters_of, policies_in
from .tag_api import TagApi, as_parameter

if t.TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from .._cloud.client import Answer, Client
    from .documents import Document
    from .policy import Policy
    from .tags import Tags

# In seconds, as documented.
SESSION_DURATIONS = (3600, 43_200)
API_NAMES = {
    "trust_policy": "AssumeRolePolicyDocument",
    "description": "Description",
    "max_session_duration": "MaxSessionDuration",
    "allow_console_login": "AllowConsoleLogin",
}


@dataclass(frozen=True)
class Role:
    """A RAM role; `policies` and `tags` are None unless they were read.

    A listing tells neither `trust_policy` nor `is_service_linked_role`. `goes_with_it` says in
    words what is removed together with the role.
    """

    role_name: str
    role_id: str | None = None
    arn: str | None = None
    description: str = ""
    max_session_duration: int = SESSION_DURATIONS[0]
    allow_console_login: bool | None = None
    is_service_linked_role: bool | None = None
    trust_policy: Document | None = None
    create_date: str | None = None
    update_date: str | None = field(default=None, compare=False)
    policies: tuple[Policy, ...] | None = None
    tags: Tags | None = None
    goes_with_it: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the name."""
        return self.role_name

    def as_result(self) -> dict[str, t.Any]:
        """Return the role as modules show it."""
        names = (
            *("role_name", "role_id", "arn", "description", "max_session_duration"),
            *("allow_console_login", "is_service_linked_role", "create_date", "update_date"),
        )
        shown = {name: getattr(self, name) for name in names}
        if self.trust_policy is not None:
            shown["trust_policy"] = self.trust_policy.shown
        if self.policies is not None:
            shown["policies"] = [policy.as_result() for policy in self.policies]
        if self.tags is not None:
            shown["tags"] = self.tags
        return shown

    def as_diff(self) -> dict[str, t.Any]:
        """Return the role with all that goes when it goes."""
        also = {"goes_with_it": list(self.goes_with_it)} if self.goes_with_it else {}
        return {**self.as_result(), **also}


class RoleApi:
    """The calls about roles; each raises RamError."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def get(self, name: str) -> Role:
        """Return the role with its trust policy; NotFoundError if there is none."""
        named, doing = {"RoleName": name}, f"read role {name}"
        return Role(**self._client.call(RAM, "GetRole", named, _role_fields, doing=doing))

    def find(self, name: str) -> Role | None:
        """Return the role with its trust policy, None if there is none of that name."""
        try:
            return self.get(name)
        except NotFoundError:
            return None

    def list_all(self) -> list[Role]:
        """Return every role of the account, without trust policies."""

        def items(answer: Answer) -> list[Role]:
            return [Role(**_role_fields({"Role": item})) for item in answer["Roles"]["Role"]]

        return all_items(self._client, "ListRoles", items, doing="list roles")

    def find_many(self, names: Sequence[str]) -> dict[str, Role]:
        """Return those of the named roles that exist, by name, in the fewest calls."""
        return find_named(names, self.find, self.list_all)

    def create(self, role: Role) -> dict[str, t.Any]:
        """Create the role with its tags and return the fields as stored.

        If somebody else was faster, theirs is made to be as this one.
        """
        wanted = {name: getattr(role, name) for name in API_NAMES}
        wanted = {name: value for name, value in wanted.items() if value not in (None, "")}
        given = {"RoleName": role.name, **_parameters(wanted)}
        given |= {"Tag": as_parameter(role.tags)} if role.tags else {}
        doing = f"create role {role.name}"
        try:
            return self._client.call(
                RAM, "CreateRole", given, _role_fields, doing=doing, attempts=ONCE
            )
        except (UnansweredError, ApiError) as error:
            if isinstance(error, ApiError) and error.code != "EntityAlreadyExists.Role":
                raise
            theirs = found_after_all(self.find, role.name, error)
            changes = changed_fields(theirs, wanted)
            if changes and isinstance(error, UnansweredError):
                raise error.reworded(
                    f"{error}. There is such a role now, but not as described here: run again"
                ) from None
            return self.update(role.name, changes) if changes else _stored(theirs)

    def update(self, name: str, changes: dict[str, t.Any]) -> dict[str, t.Any]:
        """Change what is given and return the fields as stored."""
        parameters = {f"New{key}": value for key, value in _parameters(changes).items()}
        given, doing = {"RoleName": name, **parameters}, f"update role {name}"
        return self._client.call(RAM, "UpdateRole", given, _role_fields, doing=doing)

    def delete(self, name: str) -> None:
        """Delete the role; one that is gone already is fine."""
        named, doing = {"RoleName": name}, f"delete role {name}"
        try:
            with fine_if("EntityNotExist.Role"):
                self._client.call(RAM, "DeleteRole", named, nothing, doing=doing)
        except ApiError as error:
            if error.code == "DeleteConflict.Role.Policy":
                error.reworded(f"{error}. Policies attached within a resource group are left alone")
            raise

    def list_policies(self, name: str) -> tuple[Policy, ...]:
        """Return the policies attached to the role, sorted."""
        named, doing = {"RoleName": name}, f"list policies of role {name}"
        return self._client.call(RAM, "ListPoliciesForRole", named, policies_in, doing=doing)

    def attach_policy(self, name: str, policy: Policy) -> None:
        """Attach the policy; one that is attached already is fine."""
        both, doing = {"RoleName": name, **parameters_of(policy)}, f"attach policy {policy}"
        with fine_if("EntityAlreadyExists.Role.Policy"):
            self._client.call(
                RAM, "AttachPolicyToRole", both, nothing, doing=f"{doing} to role {name}"
            )

    def detach_policy(self, name: str, policy: Policy) -> None:
        """Detach the policy; one that is detached already is fine."""
        both, doing = {"RoleName": name, **parameters_of(policy)}, f"detach policy {policy}"
        with fine_if("EntityNotExist.Role.Policy"):
            self._client.call(
                RAM, "DetachPolicyFromRole", both, nothing, doing=f"{doing} from role {name}"
            )


def read_roles(
    client: Client, roles: Sequence[Role], include: Collection[str], concurrency: int
) -> list[Role]:
    """Return the roles with what was asked for, but for those that are gone by now."""
    api, names = RoleApi(client), [role.name for role in roles]
    tags = TagApi(client, "role").read(names, concurrency) if "tags" in include else {}

    def read(role: Role) -> Role | None:
        with suppress(NotFoundError):
            if "trust_policy" not in include:
                found = replace(role, trust_policy=None)
            else:
                found = role if role.trust_policy else api.get(role.name)
            policies = api.list_policies(role.name) if "policies" in include else None
            return replace(found, policies=policies, tags=tags.get(role.name))
        return None

    return [role for role in map_all(read, roles, concurrency) if role]


def _parameters(fields: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return fields as the API's calls take them."""
    texts = {"trust_policy": fields["trust_policy"].text} if "trust_policy" in fields else {}
    return {API_NAMES[name]: value for name, value in {**fields, **texts}.items()}


def _stored(role: Role) -> dict[str, t.Any]:
    """Return the fields that the API keeps with the role itself."""
    names = ("role_id", "arn", "create_date", "update_date", *API_NAMES)
    return {name: getattr(role, name) for name in names}


def _role_fields(answer: Answer) -> dict[str, t.Any]:
    """Return the fields of Role in an answer, but for those that such an answer does not have.

    Absent, null and empty mean the same for texts.
    """
    role = answer["Role"]
    fields: dict[str, t.Any] = {
        "role_name": role["RoleName"],
        "role_id": str(role["RoleId"]),
        "arn": role["Arn"],
        "description": role.get("Description") or "",
        "max_session_duration": int(role.get("MaxSessionDuration") or SESSION_DURATIONS[0]),
        "create_date": role.get("CreateDate"),
    }
    if role.get("AllowConsoleLogin") is not None:
        fields["allow_console_login"] = bool(role["AllowConsoleLogin"])
    if role.get("IsServiceLinkedRole") is not None:
        fields["is_service_linked_role"] = bool(role["IsServiceLinkedRole"])
    if role.get("AssumeRolePolicyDocument"):
        fields["trust_policy"] = parse_document(role["AssumeRolePolicyDocument"])
    if role.get("UpdateDate"):
        fields["update_date"] = role["UpdateDate"]
    return fields

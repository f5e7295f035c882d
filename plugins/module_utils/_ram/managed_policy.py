# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies in full: what they are, the calls about them and about their versions."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace
from functools import partial

from .._cloud.client import nothing
from .._cloud.errors import ApiError, NotFoundError, UnansweredError, fine_if
from .._cloud.retry import ONCE
from .._cloud.services import RAM
from .documents import parse_document
from .listing import all_items, find_named
from .lost import found_after_all
from .tag_api import as_parameter

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from .._cloud.client import Answer, Client
    from .documents import Document
    from .tags import Tags

SYSTEM, CUSTOM = "System", "Custom"
FIRST_VERSION = "v1"
ROTATION = "DeleteOldestNonDefaultVersionWhenLimitExceeded"


@dataclass(frozen=True)
class ManagedPolicy:
    """A policy with its default version; `document` and `tags` are None unless they were read.

    `goes_with_it` says in words what is removed together with the policy.
    """

    policy_name: str
    policy_type: str = CUSTOM
    description: str = ""
    default_version: str | None = None
    document: Document | None = None
    attachment_count: int = 0
    create_date: str | None = None
    update_date: str | None = field(default=None, compare=False)
    tags: Tags | None = None
    goes_with_it: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the name."""
        return self.policy_name

    @property
    def is_system(self) -> bool:
        """Tell whether it is one of Alibaba Cloud's own."""
        return self.policy_type == SYSTEM

    def as_result(self) -> dict[str, t.Any]:
        """Return the policy as modules show it."""
        names = (
            *("policy_name", "policy_type", "description", "default_version"),
            *("attachment_count", "create_date", "update_date"),
        )
        shown = {name: getattr(self, name) for name in names}
        if self.document is not None:
            shown["document"] = self.document.shown
        if self.tags is not None:
            shown["tags"] = self.tags
        return shown

    def as_diff(self) -> dict[str, t.Any]:
        """Return the policy with all that goes when it goes."""
        also = {"goes_with_it": list(self.goes_with_it)} if self.goes_with_it else {}
        return {**self.as_result(), **also}


@dataclass(frozen=True)
class Version:
    """A version of a policy."""

    version_id: str
    is_default: bool
    document: Document
    create_date: str | None

    @property
    def number(self) -> int:
        """Return how many there were before it, and itself."""
        return int(self.version_id.removeprefix("v"))

    def as_result(self) -> dict[str, t.Any]:
        """Return the version as modules show it."""
        return {
            "version_id": self.version_id,
            "is_default": self.is_default,
            "create_date": self.create_date,
            "document": self.document.shown,
        }


class ManagedPolicyApi:
    """The calls about policies in full; each raises RamError. What writes is about custom ones."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def get(self, name: str, policy_type: str = CUSTOM) -> ManagedPolicy:
        """Return the policy with its document; NotFoundError if there is none."""

        def read(answer: Answer) -> ManagedPolicy:
            document = parse_document(answer["DefaultPolicyVersion"]["PolicyDocument"])
            return replace(_policy_in(answer["Policy"]), document=document)

        named, doing = self._named(name, policy_type), f"read policy {name} ({policy_type})"
        return self._client.call(RAM, "GetPolicy", named, read, doing=doing)

    def find(self, name: str, policy_type: str = CUSTOM) -> ManagedPolicy | None:
        """Return the policy with its document, None if there is none."""
        try:
            return self.get(name, policy_type)
        except NotFoundError:
            return None

    def list_all(self, policy_type: str = CUSTOM) -> list[ManagedPolicy]:
        """Return every policy of the type, without documents."""

        def items(answer: Answer) -> list[ManagedPolicy]:
            return [_policy_in(item) for item in answer["Policies"]["Policy"]]

        given = {"PolicyType": policy_type}
        return all_items(self._client, "ListPolicies", items, given=given, doing="list policies")

    def find_many(
        self, names: Sequence[str], policy_type: str = CUSTOM
    ) -> dict[str, ManagedPolicy]:
        """Return those of the named policies that exist, by name, in the fewest calls."""
        of_type = {"policy_type": policy_type}
        return find_named(names, partial(self.find, **of_type), partial(self.list_all, **of_type))

    def create(self, policy: ManagedPolicy) -> dict[str, t.Any]:
        """Create the policy with its tags and return the fields as stored.

        If somebody else was faster with the same one, that is fine.
        """
        name, doing = policy.policy_name, f"create policy {policy.policy_name}"
        given: dict[str, t.Any] = {"PolicyName": name, "PolicyDocument": _text_of(policy)}
        given |= {"Description": policy.description} if policy.description else {}
        given |= {"Tag": as_parameter(policy.tags)} if policy.tags else {}
        try:
            return self._client.call(
                RAM, "CreatePolicy", given, _stored, doing=doing, attempts=ONCE
            )
        except (UnansweredError, ApiError) as error:
            if isinstance(error, ApiError) and error.code != "EntityAlreadyExists.Policy":
                raise
            found = found_after_all(self.find, name, error)
            if (found.document, found.description) != (policy.document, policy.description):
                raise error.reworded(
                    f"{error}. There is such a policy now, but not as described here: run again"
                ) from None
            return {"create_date": found.create_date, "update_date": found.update_date}

    def describe(self, name: str, description: str) -> dict[str, t.Any]:
        """Change the description and return the fields as stored."""
        given, doing = (
            {"PolicyName": name, "NewDescription": description},
            f"describe policy {name}",
        )
        return self._client.call(RAM, "UpdatePolicyDescription", given, _stored, doing=doing)

    def delete(self, name: str) -> None:
        """Delete the policy with all its versions; one that is gone already is fine."""
        given, doing = {"PolicyName": name, "CascadingDelete": True}, f"delete policy {name}"
        try:
            with fine_if("EntityNotExist.Policy"):
                self._client.call(RAM, "DeletePolicy", given, nothing, doing=doing)
        except ApiError as error:
            if str(error.code).startswith("DeleteConflict."):
                error.reworded(f"{error}. Attachments within a resource group are left alone")
            raise

    def list_versions(self, name: str, policy_type: str = CUSTOM) -> tuple[Version, ...]:
        """Return the versions of the policy, the oldest first."""

        def read(answer: Answer) -> tuple[Version, ...]:
            found = map(_version_in, answer["PolicyVersions"]["PolicyVersion"])
            return tuple(sorted(found, key=lambda version: version.number))

        named, doing = self._named(name, policy_type), f"list versions of policy {name}"
        return self._client.call(RAM, "ListPolicyVersions", named, read, doing=doing)

    def set_default_version(self, name: str, version_id: str) -> None:
        """Let this version be in force."""
        given = {"PolicyName": name, "VersionId": version_id}
        doing = f"make {version_id} the default version of policy {name}"
        self._client.call(RAM, "SetDefaultPolicyVersion", given, nothing, doing=doing)

    def create_version(self, name: str, document: Document, *, rotates: bool) -> dict[str, t.Any]:
        """Add a version that is in force and return the fields of the policy that this changes.

        With `rotates`, the oldest other version goes if there are too many.
        """
        given: dict[str, t.Any] = {"PolicyName": name, "PolicyDocument": document.text}
        given |= {"SetAsDefault": True, **({"RotateStrategy": ROTATION} if rotates else {})}

        def read(answer: Answer) -> dict[str, t.Any]:
            return {"default_version": str(answer["PolicyVersion"]["VersionId"])}

        doing = f"create a version of policy {name}"
        try:
            return self._client.call(
                RAM, "CreatePolicyVersion", given, read, doing=doing, attempts=ONCE
            )
        except UnansweredError as error:
            found = found_after_all(self.find, name, error)
            if found.document != document:
                raise
            return {"default_version": found.default_version}

    @staticmethod
    def _named(name: str, policy_type: str) -> dict[str, str]:
        return {"PolicyName": name, "PolicyType": policy_type}


def _text_of(policy: ManagedPolicy) -> str:
    return policy.document.text if policy.document else ""


def _stored(answer: Answer) -> dict[str, t.Any]:
    """Return the fields of Policy in an answer to what changes it."""
    policy = _policy_in(answer["Policy"])
    fields: dict[str, t.Any] = {"description": policy.description}
    for name in ("create_date", "update_date", "default_version"):
        if value := getattr(policy, name):
            fields[name] = value
    return fields


def _policy_in(item: Answer) -> ManagedPolicy:
    """Return a policy as the API tells it; absent, null and empty mean the same there."""
    return ManagedPolicy(
        policy_name=item["PolicyName"],
        policy_type=item["PolicyType"],
        description=item.get("Description") or "",
        default_version=item["DefaultVersion"],
        attachment_count=int(item.get("AttachmentCount") or 0),
        create_date=item.get("CreateDate"),
        update_date=item.get("UpdateDate") or None,
    )


def _version_in(item: Answer) -> Version:
    return Version(
        version_id=item["VersionId"],
        is_default=bool(item["IsDefaultVersion"]),
        document=parse_document(item["PolicyDocument"]),
        create_date=item.get("CreateDate"),
    )

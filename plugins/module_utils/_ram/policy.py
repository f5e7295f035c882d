# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies as others hold them: by name and type, and which one a task means."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .._cloud.errors import NotFoundError
from .._cloud.services import RAM
from .._work.patience import found_patiently
from .._work.pool import map_all
from .listing import all_items
from .names import nearest

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from .._cloud.client import Answer, Client

    Key: t.TypeAlias = "tuple[str, str | None]"

POLICY_TYPES = ("System", "Custom")
A_POLICY = "a name without spaces, or {name, type} with type System or Custom"


@dataclass(frozen=True, order=True)
class Policy:
    """A policy by its name and type, System or Custom."""

    name: str
    type: str

    def __str__(self) -> str:
        return f"{self.name} ({self.type})"

    def quota_of(self, kind: str) -> tuple[str, str]:
        """Return what to call such policies of a User, Group or Role, and the quota of these."""
        infix = {"System": "System", "Custom": ""}[self.type]
        return f"{self.type.lower()} policies", f"Attached{infix}PoliciesPer{kind}Quota"

    def as_result(self) -> dict[str, str]:
        """Return the policy as modules show and take it."""
        return {"name": self.name, "type": self.type}


class Holders(t.NamedTuple):
    """Whom a policy is attached to, by their names; within a resource group does not count."""

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Return how many there are."""
        return len(self.users) + len(self.groups) + len(self.roles)


class PolicyApi:
    """The calls about policies; each raises RamError."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def exists(self, policy: Policy) -> bool:
        """Tell whether there is such a policy; one whose name is in another case is none."""

        def read(answer: Answer) -> bool:
            return bool(answer["Policy"]["PolicyName"] == policy.name)

        doing = f"read policy {policy}"
        try:
            return self._client.call(RAM, "GetPolicy", parameters_of(policy), read, doing=doing)
        except NotFoundError:
            return False

    def list_all(self) -> list[Policy]:
        """Return every policy, those of the system too."""
        return all_items(self._client, "ListPolicies", policies_in, doing="list policies")

    def list_holders(self, policy: Policy) -> Holders:
        """Return whom the policy is attached to, all sorted."""

        def read(answer: Answer) -> Holders:
            names = (
                sorted(item[f"{kind}Name"] for item in answer[f"{kind}s"][kind])
                for kind in ("User", "Group", "Role")
            )
            return Holders(*map(tuple, names))

        doing = f"list who has policy {policy}"
        parameters = parameters_of(policy)
        return self._client.call(RAM, "ListEntitiesForPolicy", parameters, read, doing=doing)

    def list_users(self, policy: Policy) -> tuple[str, ...]:
        """Return the names of the users that the policy itself is attached to."""
        return self.list_holders(policy).users


def parameters_of(policy: Policy) -> dict[str, str]:
    """Return a policy as the API's calls name it."""
    return {"PolicyName": policy.name, "PolicyType": policy.type}


def policies_in(answer: Answer) -> tuple[Policy, ...]:
    """Return the policies that an answer lists, sorted."""
    found = answer["Policies"]["Policy"]
    return tuple(sorted(Policy(item["PolicyName"], item["PolicyType"]) for item in found))


def is_policy(item: t.Any) -> bool:
    """Tell whether an element of a list can stand for a policy."""
    if isinstance(item, dict):
        is_whole = item.keys() == {"name", "type"}
        return is_whole and _is_name(item["name"]) and item["type"] in POLICY_TYPES
    return _is_name(item)


class WantedPolicies:
    """The policy that each element of a task's lists stands for."""

    def __init__(self, meant: dict[Key, Policy]) -> None:
        self._meant = meant

    def __getitem__(self, item: str | dict[str, str]) -> Policy:
        return self._meant[_key(item)]


def look_up_policies(
    client: Client, items: Iterable[t.Any], concurrency: int, new: Collection[str] = ()
) -> tuple[WantedPolicies, list[str]]:
    """Return which policies are meant, and in words those that there are not, or that are two.

    `new` are the names of custom policies that count although nobody has created them yet.
    """
    api = PolicyApi(client)
    keys = sorted({_key(item) for item in items}, key=str)
    share = max(1, concurrency // max(1, len(keys)))

    def exists(policy: Policy) -> bool:
        return (policy.type == "Custom" and policy.name in new) or api.exists(policy)

    def look(key: Key) -> list[Policy]:
        candidates = _candidates(key)
        exist = map_all(exists, candidates, share)
        return [policy for policy, is_there in zip(candidates, exist, strict=True) if is_there]

    def find(key: Key) -> list[Policy]:
        return found_patiently(lambda: look(key))

    found = dict(zip(keys, map_all(find, keys, concurrency), strict=True))
    problems = [_problem(api, key, each) for key, each in found.items() if len(each) != 1]
    return WantedPolicies({key: each[0] for key, each in found.items() if each}), problems


def _candidates(key: Key) -> Sequence[Policy]:
    name, policy_type = key
    return [Policy(name, kind) for kind in ([policy_type] if policy_type else POLICY_TYPES)]


def _problem(api: PolicyApi, key: Key, found: Sequence[Policy]) -> str:
    name, policy_type = key
    if found:
        return (
            f"Policy {name} exists as System and as Custom: say which, as "
            f"{{name: {name}, type: System}}"
        )
    shown = f"{name} ({policy_type})" if policy_type else name
    hint = nearest(name, lambda: {policy.name for policy in api.list_all()} - {name})
    return f"There is no policy {shown}{hint}"


def _is_name(item: t.Any) -> bool:
    # Those of RAM have letters, digits and hyphens; what else there may be is left to the API.
    return isinstance(item, str) and bool(re.fullmatch(r"[!-~]{1,128}", item))


def _key(item: str | dict[str, str]) -> Key:
    return (item, None) if isinstance(item, str) else (item["name"], item["type"])

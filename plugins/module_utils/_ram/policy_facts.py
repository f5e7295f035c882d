# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What there is to know about policies, for whoever only reads."""

from __future__ import annotations

import typing as t
from contextlib import suppress
from dataclasses import replace

from .._cloud.errors import NotFoundError
from .._work.pool import map_all
from .managed_policy import CUSTOM, SYSTEM, ManagedPolicyApi
from .policy import Policy, PolicyApi
from .tag_api import TagApi

if t.TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from .._cloud.client import Client
    from .managed_policy import ManagedPolicy

    Shown = dict[str, t.Any]


def find_policies(
    client: Client, names: Sequence[str], policy_type: str | None
) -> list[ManagedPolicy]:
    """Return those of the named policies that exist, custom ones before Alibaba Cloud's own."""
    api, found = ManagedPolicyApi(client), dict[str, "ManagedPolicy"]()
    for kind in [policy_type] if policy_type else [CUSTOM, SYSTEM]:
        missing = [name for name in names if name not in found]
        found = {**api.find_many(missing, kind), **found}
    return [found[name] for name in names if name in found]


def read_policies(
    client: Client, policies: Sequence[ManagedPolicy], include: Collection[str], concurrency: int
) -> list[Shown]:
    """Return the policies as shown with what to include, but for those that are gone by now."""
    custom = [policy.name for policy in policies if not policy.is_system]
    tags = TagApi(client, "policy").read(custom, concurrency) if "tags" in include else {}
    readers = {
        "document": lambda policy: _document(client, policy),
        "versions": lambda policy: _versions(client, policy),
        "holders": lambda policy: _holders(client, policy),
        "tags": lambda policy: {} if policy.is_system else tags[policy.name],
    }

    def read(policy: ManagedPolicy) -> Shown | None:
        bare = replace(policy, document=None).as_result()
        with suppress(NotFoundError):
            return {**bare, **{name: readers[name](policy) for name in include}}
        return None

    return [shown for shown in map_all(read, policies, concurrency) if shown]


def _document(client: Client, policy: ManagedPolicy) -> Shown:
    """Return the document; NotFoundError if the policy is gone."""
    known = (
        policy if policy.document else ManagedPolicyApi(client).get(policy.name, policy.policy_type)
    )
    return known.document.shown if known.document else {}


def _versions(client: Client, policy: ManagedPolicy) -> list[Shown]:
    versions = ManagedPolicyApi(client).list_versions(policy.name, policy.policy_type)
    return [version.as_result() for version in versions]


def _holders(client: Client, policy: ManagedPolicy) -> Shown:
    holders = PolicyApi(client).list_holders(Policy(policy.name, policy.policy_type))
    return {kind: list(names) for kind, names in holders._asdict().items()}

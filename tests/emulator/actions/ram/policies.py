# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policies, and what they are attached to."""

from __future__ import annotations

import typing as t

from ...cloud.entities import CUSTOM, Group, Policy, Principal, Role, User
from ...errors import delete_conflict, entity_already_exists, limit_exceeded
from ..rules import (
    MAX_DESCRIPTION,
    MAX_POLICY_NAME,
    POLICY_NAME,
    changed_text,
    check_name,
    check_text,
    named_policy,
    page,
    policy_type,
)
from ..service import RAM
from ..tags import describe_tags, read_tags, tag_filter
from .policy_versions import THE_POLICY, describe_version, new_version

if t.TYPE_CHECKING:
    from ..call import Call, Result


@RAM.action(
    "CreatePolicy",
    required="PolicyName PolicyDocument",
    optional="Description Tag.N",
    on=("policy/*",),
)
def create_policy(call: Call) -> Result:
    """Create a custom policy."""
    account = call.account
    name = check_name(call, "PolicyName", POLICY_NAME, MAX_POLICY_NAME)
    description = check_text(call, "Description", MAX_DESCRIPTION)
    tags = read_tags(call)
    version = new_version(call, 1)
    if account.custom_policies.holder(name):
        raise entity_already_exists("Policy")
    if len(account.custom_policies) >= account.quotas.policies:
        raise limit_exceeded("Policy", account.quotas.policies)
    policy = Policy(
        name=name,
        policy_type=CUSTOM,
        description=description or "",
        create_date=version.create_date,
        update_date=version.create_date,
        default_version=version.version_id,
        last_version=1,
        versions={version.version_id: version},
        tags=tags,
    )
    account.custom_policies.add(policy)
    return {"Policy": _base(policy)}


@RAM.action("GetPolicy", required="PolicyName PolicyType", on=THE_POLICY)
def get_policy(call: Call) -> Result:
    """Return a policy with its default version."""
    policy = named_policy(call)
    version = policy.versions[policy.default_version]
    return {
        "Policy": {
            **_in_full(policy),
            **describe_tags(policy.tags),
            "PolicyDocument": version.document,
        },
        "DefaultPolicyVersion": describe_version(policy, version),
    }


@RAM.action(
    "UpdatePolicyDescription",
    required="PolicyName",
    optional="NewDescription",
    on=("policy/{PolicyName}",),
)
def update_policy_description(call: Call) -> Result:
    """Change the description of a custom policy."""
    policy = named_policy(call)
    policy.description = changed_text(call, "NewDescription", policy.description, MAX_DESCRIPTION)
    policy.update_date = call.account.clock.timestamp()
    return {"Policy": {**_base(policy), "UpdateDate": policy.update_date}}


@RAM.action(
    "DeletePolicy",
    required="PolicyName",
    optional="CascadingDelete",
    on=("policy/{PolicyName}",),
)
def delete_policy(call: Call) -> Result:
    """Delete a custom policy that is attached to nothing and has one version."""
    policy = named_policy(call)
    # The code for roles is unconfirmed.
    for kind in (User, Group, Role):
        if any(isinstance(principal, kind) for principal in policy.attachments):
            raise delete_conflict(f"Policy.{kind.__name__}")
    for principal, _group in policy.scoped_attachments:
        raise delete_conflict(f"Policy.{type(principal).__name__}")
    if len(policy.versions) > 1 and not call.flag("CascadingDelete", default=False):
        raise delete_conflict("Policy.Version")
    call.account.custom_policies.remove(policy)
    return {}


@RAM.action("ListPolicies", optional="PolicyType Marker MaxItems Tag.N", on=("policy/*",))
def list_policies(call: Call) -> Result:
    """Return one page of the policies, system ones first."""
    account = call.account
    tables = [account.system_policies, account.custom_policies]
    if "PolicyType" in call.parameters:
        tables = [account.policies_of_type(policy_type(call))]
    has_tags = tag_filter(call)
    return page(
        call,
        "Policies",
        "Policy",
        *tables,
        render=lambda policy: {**_in_full(policy), **describe_tags(policy.tags)},
        matches=lambda policy: has_tags(policy.tags),
    )


@RAM.action("ListEntitiesForPolicy", required="PolicyName PolicyType", on=THE_POLICY)
def list_entities_for_policy(call: Call) -> Result:
    """Return what a policy is attached to."""
    attached = named_policy(call).attachments.items()
    found_: dict[str, list[Result]] = {"Group": [], "Role": [], "User": []}
    for principal, date in attached:
        kind = type(principal).__name__
        found_[kind].append({**_describe_principal(principal), "AttachDate": date})
    return {f"{kind}s": {kind: items} for kind, items in found_.items()}


def _describe_principal(principal: Principal) -> Result:
    match principal:
        case User():
            return {
                "UserId": principal.user_id,
                "UserName": principal.name,
                "DisplayName": principal.display_name,
            }
        case Role():
            return {
                "RoleId": principal.role_id,
                "RoleName": principal.name,
                "Arn": principal.arn,
                "Description": principal.description,
            }
        case Group():
            return {"GroupName": principal.name, "Comments": principal.comments}
    raise TypeError(principal)


def _base(policy: Policy) -> Result:
    return {
        "PolicyName": policy.name,
        "PolicyType": policy.policy_type,
        "Description": policy.description,
        "DefaultVersion": policy.default_version,
        "CreateDate": policy.create_date,
    }


def _in_full(policy: Policy) -> Result:
    return {
        **_base(policy),
        "UpdateDate": policy.update_date,
        "AttachmentCount": len(policy.attachments) + len(policy.scoped_attachments),
    }

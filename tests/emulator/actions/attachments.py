# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policies attached to users, groups and roles: the same three actions for each kind."""

from __future__ import annotations

import typing as t

from ..entities import SYSTEM
from ..errors import entity_already_exists, entity_not_exist, limit_exceeded
from ..rules import named_group, named_policy, named_role, named_user
from ..service import RAM

if t.TYPE_CHECKING:
    from ..entities import Policy, Principal
    from ..service import Call, Result

POLICY = "{policy_account}:policy/{PolicyName}"


@RAM.action(
    "AttachPolicyToUser",
    required="UserName PolicyName PolicyType",
    on=("user/{UserName}", POLICY),
)
def attach_policy_to_user(call: Call) -> Result:
    """Attach a policy to a user."""
    return _attach(call, "User", named_user(call))


@RAM.action(
    "DetachPolicyFromUser",
    required="UserName PolicyName PolicyType",
    on=("user/{UserName}", POLICY),
)
def detach_policy_from_user(call: Call) -> Result:
    """Detach a policy from a user."""
    return _detach(call, "User", named_user(call))


@RAM.action("ListPoliciesForUser", required="UserName", on=("user/{UserName}",))
def list_policies_for_user(call: Call) -> Result:
    """Return the policies that are attached to a user itself."""
    return _list(named_user(call))


@RAM.action(
    "AttachPolicyToGroup",
    required="GroupName PolicyName PolicyType",
    on=("group/{GroupName}", POLICY),
)
def attach_policy_to_group(call: Call) -> Result:
    """Attach a policy to a group."""
    return _attach(call, "Group", named_group(call))


@RAM.action(
    "DetachPolicyFromGroup",
    required="GroupName PolicyName PolicyType",
    on=("group/{GroupName}", POLICY),
)
def detach_policy_from_group(call: Call) -> Result:
    """Detach a policy from a group."""
    return _detach(call, "Group", named_group(call))


@RAM.action("ListPoliciesForGroup", required="GroupName", on=("group/{GroupName}",))
def list_policies_for_group(call: Call) -> Result:
    """Return the policies that are attached to a group itself."""
    return _list(named_group(call))


@RAM.action(
    "AttachPolicyToRole",
    required="RoleName PolicyName PolicyType",
    on=("role/{RoleName}", POLICY),
)
def attach_policy_to_role(call: Call) -> Result:
    """Attach a policy to a role."""
    return _attach(call, "Role", named_role(call))


@RAM.action(
    "DetachPolicyFromRole",
    required="RoleName PolicyName PolicyType",
    on=("role/{RoleName}", POLICY),
)
def detach_policy_from_role(call: Call) -> Result:
    """Detach a policy from a role."""
    return _detach(call, "Role", named_role(call))


@RAM.action("ListPoliciesForRole", required="RoleName", on=("role/{RoleName}",))
def list_policies_for_role(call: Call) -> Result:
    """Return the policies that are attached to a role itself."""
    return _list(named_role(call))


def _attach(call: Call, kind: str, principal: Principal) -> Result:
    policy = named_policy(call)
    if policy in principal.policies:
        raise entity_already_exists(f"{kind}.Policy")
    quota = _quota(call, policy)
    if sum(other.policy_type == policy.policy_type for other in principal.policies) >= quota:
        raise limit_exceeded(f"{kind}.Policy", quota)
    date = call.account.clock.timestamp()
    principal.policies[policy] = policy.attachments[principal] = date
    return {}


def _detach(call: Call, kind: str, principal: Principal) -> Result:
    policy = named_policy(call)
    if policy not in principal.policies:
        raise entity_not_exist(f"{kind}.Policy")
    del principal.policies[policy], policy.attachments[principal]
    return {}


def _list(principal: Principal) -> Result:
    policies = [
        {
            "PolicyName": policy.name,
            "PolicyType": policy.policy_type,
            "Description": policy.description,
            "DefaultVersion": policy.default_version,
            "AttachDate": date,
        }
        for policy, date in principal.policies.items()
    ]
    return {"Policies": {"Policy": policies}}


def _quota(call: Call, policy: Policy) -> int:
    quotas = call.account.quotas
    if policy.policy_type == SYSTEM:
        return quotas.system_policies_per_principal
    return quotas.custom_policies_per_principal

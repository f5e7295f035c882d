# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policies attached to users, groups and roles: the same three actions for each kind."""

from __future__ import annotations

import typing as t

from ...cloud.entities import SYSTEM
from ...errors import entity_already_exists, entity_not_exist, limit_exceeded
from ..rules import named_group, named_policy, named_user
from ..service import RAM
from .roles import named_role, own_role

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ...cloud.entities import Policy, Principal
    from ..call import Call, Result

POLICY = "{policy_account}:policy/{PolicyName}"


def _declare(
    kind: str, named: Callable[[Call], Principal], changed: Callable[[Call], Principal]
) -> None:
    """Declare AttachPolicyTo, DetachPolicyFrom and ListPoliciesFor one kind of principal.

    `named` returns the one that a call names, `changed` the same if it may be changed.
    """
    name = f"{kind}Name"
    on_principal = f"{kind.lower()}/{{{name}}}"
    required, on = f"{name} PolicyName PolicyType", (on_principal, POLICY)

    @RAM.action(f"AttachPolicyTo{kind}", required=required, optional="ResourceGroupId", on=on)
    def attach(call: Call) -> Result:
        return _attach(call, kind, changed(call))

    @RAM.action(f"DetachPolicyFrom{kind}", required=required, optional="ResourceGroupId", on=on)
    def detach(call: Call) -> Result:
        return _detach(call, kind, changed(call))

    @RAM.action(f"ListPoliciesFor{kind}", required=name, on=(on_principal,))
    def list_attached(call: Call) -> Result:
        return _list(named(call))


def _attach(call: Call, kind: str, principal: Principal) -> Result:
    policy = named_policy(call)
    if group := call.get("ResourceGroupId"):
        return _attach_in_group(call, policy, principal, group)
    if policy in principal.policies:
        raise entity_already_exists(f"{kind}.Policy")
    quota = _quota(call, policy)
    if sum(other.policy_type == policy.policy_type for other in principal.policies) >= quota:
        raise limit_exceeded(f"{kind}.Policy", quota)
    date = call.account.clock.timestamp()
    principal.policies[policy] = policy.attachments[principal] = date
    return {}


def _attach_in_group(call: Call, policy: Policy, principal: Principal, group: str) -> Result:
    """Attach a policy for the resources of one group.

    RAM's own resources are in no group, so it grants nothing here. Unconfirmed: that the lists of
    attachments leave these out, as they have no field for the group.
    """
    if (policy, group) in principal.scoped_policies:
        raise entity_already_exists(f"{type(principal).__name__}.Policy")
    date = call.account.clock.timestamp()
    principal.scoped_policies[policy, group] = policy.scoped_attachments[principal, group] = date
    return {}


def _detach(call: Call, kind: str, principal: Principal) -> Result:
    policy = named_policy(call)
    if group := call.get("ResourceGroupId"):
        if (policy, group) not in principal.scoped_policies:
            raise entity_not_exist(f"{kind}.Policy")
        del principal.scoped_policies[policy, group], policy.scoped_attachments[principal, group]
        return {}
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


_declare("User", named_user, named_user)
_declare("Group", named_group, named_group)
_declare("Role", named_role, own_role)

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policies and their versions."""

from __future__ import annotations

import typing as t

from ...cloud.entities import CUSTOM, Group, Policy, PolicyVersion, Principal, Role, User
from ...errors import delete_conflict, entity_already_exists, invalid_parameter, limit_exceeded
from ...policies.language import parse_policy
from ..rules import (
    MAX_DESCRIPTION,
    MAX_POLICY_NAME,
    POLICY_NAME,
    VERSION_ID,
    check_document,
    check_name,
    check_text,
    found,
    named_policy,
    page,
    policy_type,
    present,
)
from ..service import RAM

if t.TYPE_CHECKING:
    from ..service import Call, Result

MAX_DOCUMENT = 6144
ROTATE = "DeleteOldestNonDefaultVersionWhenLimitExceeded"
THE_POLICY = ("{policy_account}:policy/{PolicyName}",)


@RAM.action(
    "CreatePolicy",
    required="PolicyName PolicyDocument",
    optional="Description",
    on=("policy/*",),
)
def create_policy(call: Call) -> Result:
    """Create a custom policy."""
    account = call.account
    name = check_name(call, "PolicyName", POLICY_NAME, MAX_POLICY_NAME)
    description = check_text(call, "Description", MAX_DESCRIPTION)
    version = _new_version(call, 1)
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
    )
    account.custom_policies.add(policy)
    return {"Policy": _base(policy)}


@RAM.action("GetPolicy", required="PolicyName PolicyType", on=THE_POLICY)
def get_policy(call: Call) -> Result:
    """Return a policy with its default version."""
    policy = named_policy(call)
    version = policy.versions[policy.default_version]
    return {"Policy": _in_full(policy), "DefaultPolicyVersion": _describe_version(policy, version)}


@RAM.action(
    "UpdatePolicyDescription",
    required="PolicyName NewDescription",
    on=("policy/{PolicyName}",),
)
def update_policy_description(call: Call) -> Result:
    """Change the description of a custom policy."""
    description = check_text(call, "NewDescription", MAX_DESCRIPTION)
    policy = named_policy(call)
    policy.description = description or ""
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
    if len(policy.versions) > 1 and not call.flag("CascadingDelete", default=False):
        raise delete_conflict("Policy.Version")
    call.account.custom_policies.remove(policy)
    return {}


@RAM.action("ListPolicies", optional="PolicyType Marker MaxItems", on=("policy/*",))
def list_policies(call: Call) -> Result:
    """Return one page of the policies, system ones first."""
    account = call.account
    tables = [account.system_policies, account.custom_policies]
    if "PolicyType" in call.parameters:
        tables = [account.policies_of_type(policy_type(call))]
    return page(call, "Policies", "Policy", *tables, render=_in_full)


@RAM.action(
    "CreatePolicyVersion",
    required="PolicyName PolicyDocument",
    optional="SetAsDefault RotateStrategy",
    on=("policy/{PolicyName}",),
)
def create_policy_version(call: Call) -> Result:
    """Add a version to a custom policy."""
    policy = named_policy(call)
    version = _new_version(call, policy.last_version + 1)
    rotate = call.get("RotateStrategy") or "None"
    if rotate not in ("None", ROTATE):
        # The code is unconfirmed.
        raise invalid_parameter("RotateStrategy", f"RotateStrategy must be None or {ROTATE}.")
    set_as_default = call.flag("SetAsDefault", default=False)
    _make_room(policy, call.account.quotas.versions_per_policy, rotate=rotate == ROTATE)
    policy.last_version += 1
    policy.versions[version.version_id] = version
    if set_as_default:
        policy.default_version = version.version_id
    policy.update_date = version.create_date
    return {"PolicyVersion": _describe_version(policy, version)}


@RAM.action("GetPolicyVersion", required="PolicyName PolicyType VersionId", on=THE_POLICY)
def get_policy_version(call: Call) -> Result:
    """Return one version of a policy."""
    policy = named_policy(call)
    return {"PolicyVersion": _describe_version(policy, _get_version(call, policy))}


@RAM.action("ListPolicyVersions", required="PolicyName PolicyType", on=THE_POLICY)
def list_policy_versions(call: Call) -> Result:
    """Return the versions of a policy."""
    policy = named_policy(call)
    versions = [_describe_version(policy, version) for version in policy.versions.values()]
    return {"PolicyVersions": {"PolicyVersion": versions}}


@RAM.action(
    "SetDefaultPolicyVersion",
    required="PolicyName VersionId",
    on=("policy/{PolicyName}",),
)
def set_default_policy_version(call: Call) -> Result:
    """Let another version of a custom policy be in force."""
    policy = named_policy(call)
    policy.default_version = _get_version(call, policy).version_id
    policy.update_date = call.account.clock.timestamp()
    return {}


@RAM.action("DeletePolicyVersion", required="PolicyName VersionId", on=("policy/{PolicyName}",))
def delete_policy_version(call: Call) -> Result:
    """Delete a version that is not in force."""
    policy = named_policy(call)
    version = _get_version(call, policy)
    if version.version_id == policy.default_version:
        raise delete_conflict("Policy.Version.Default")
    del policy.versions[version.version_id]
    return {}


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
            return present(
                UserId=principal.user_id,
                UserName=principal.name,
                DisplayName=principal.display_name,
            )
        case Role():
            return present(
                RoleId=principal.role_id,
                RoleName=principal.name,
                Arn=principal.arn,
                Description=principal.description,
            )
        case Group():
            return present(GroupName=principal.name, Comments=principal.comments)
    raise TypeError(principal)


def _new_version(call: Call, number: int) -> PolicyVersion:
    document, statements = check_document(call, "PolicyDocument", MAX_DOCUMENT, parse_policy)
    return PolicyVersion(f"v{number}", document, statements, call.account.clock.timestamp())


def _get_version(call: Call, policy: Policy) -> PolicyVersion:
    if not VERSION_ID.fullmatch(call["VersionId"]):
        raise invalid_parameter("VersionId.Format", "VersionId must look like v1.")
    return found(policy.versions.get(call["VersionId"]), "Policy.Version")


def _make_room(policy: Policy, quota: int, *, rotate: bool) -> None:
    if len(policy.versions) < quota:
        return
    if not rotate:
        raise limit_exceeded("Policy.Version", quota)
    oldest = next(v for v in policy.versions if v != policy.default_version)
    del policy.versions[oldest]


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
        "AttachmentCount": len(policy.attachments),
    }


def _describe_version(policy: Policy, version: PolicyVersion) -> Result:
    return {
        "VersionId": version.version_id,
        "IsDefaultVersion": version.version_id == policy.default_version,
        "PolicyDocument": version.document,
        "CreateDate": version.create_date,
    }

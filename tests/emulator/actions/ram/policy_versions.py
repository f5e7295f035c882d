# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The versions of a policy."""

from __future__ import annotations

import typing as t

from ...cloud.entities import Policy, PolicyVersion
from ...errors import delete_conflict, invalid_parameter, limit_exceeded
from ...policies.language import parse_policy
from ..rules import VERSION_ID, check_document, found, named_policy
from ..service import RAM

if t.TYPE_CHECKING:
    from ..call import Call, Result

MAX_DOCUMENT = 6144
ROTATE = "DeleteOldestNonDefaultVersionWhenLimitExceeded"
THE_POLICY = ("{policy_account}:policy/{PolicyName}",)


@RAM.action(
    "CreatePolicyVersion",
    required="PolicyName PolicyDocument",
    optional="SetAsDefault RotateStrategy",
    on=("policy/{PolicyName}",),
)
def create_policy_version(call: Call) -> Result:
    """Add a version to a custom policy."""
    policy = named_policy(call)
    version = new_version(call, policy.last_version + 1)
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
    return {"PolicyVersion": describe_version(policy, version)}


@RAM.action("GetPolicyVersion", required="PolicyName PolicyType VersionId", on=THE_POLICY)
def get_policy_version(call: Call) -> Result:
    """Return one version of a policy."""
    policy = named_policy(call)
    return {"PolicyVersion": describe_version(policy, _get_version(call, policy))}


@RAM.action("ListPolicyVersions", required="PolicyName PolicyType", on=THE_POLICY)
def list_policy_versions(call: Call) -> Result:
    """Return the versions of a policy."""
    policy = named_policy(call)
    versions = [describe_version(policy, version) for version in policy.versions.values()]
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


def new_version(call: Call, number: int) -> PolicyVersion:
    """Return a version with the document that the call brings."""
    document, _statements = check_document(call, "PolicyDocument", MAX_DOCUMENT, parse_policy)
    return PolicyVersion(f"v{number}", document, call.account.clock.timestamp())


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


def describe_version(policy: Policy, version: PolicyVersion) -> Result:
    """Return a version as the API shows it."""
    return {
        "VersionId": version.version_id,
        "IsDefaultVersion": version.version_id == policy.default_version,
        "PolicyDocument": version.document,
        "CreateDate": version.create_date,
    }

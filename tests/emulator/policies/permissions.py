# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may do what: the policies that bind a caller, and the refusal when they do not suffice."""

from __future__ import annotations

import base64
import json
import typing as t
from dataclasses import dataclass

from ..errors import ApiError, not_emulated
from .conditions import UndecidedError
from .language import Verdict, judge

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ..cloud.entities import Caller, Group, Policy, Principal, Role
    from .conditions import Context
    from .language import Statement

IDENTITY_POLICY = "AccountLevelIdentityBasedPolicy"
SESSION_POLICY = "SessionPolicy"
TRUST_POLICY = "AssumeRolePolicy"


@dataclass(frozen=True, slots=True)
class Request:
    """What a caller wants to do, as policies see it."""

    caller: Caller
    action: str
    # Most policies have no conditions, so it is put together only when one asks.
    context: Callable[[], Context]


def authorize(request: Request, resources: t.Iterable[str]) -> None:
    """Refuse the action unless the caller's policies allow it on every resource."""
    for resource in resources:
        for policy_type, statements in _layers(request.caller):
            verdict = _judge(request, statements, resource)
            if verdict is not Verdict.ALLOWED:
                raise no_permission(request, resource, policy_type, verdict)


def check_trust(request: Request, role: Role, subjects: t.Iterable[str]) -> None:
    """Refuse to assume a role unless it trusts one of the subjects and denies none."""
    verdicts = [_judge(request, role.trust, subject) for subject in subjects]
    if Verdict.DENIED in verdicts:
        raise no_permission(request, role.arn, TRUST_POLICY, Verdict.DENIED)
    if Verdict.ALLOWED not in verdicts:
        raise no_permission(request, role.arn, TRUST_POLICY, Verdict.UNDECIDED)


def _judge(request: Request, statements: t.Iterable[Statement], subject: str) -> Verdict:
    try:
        return judge(statements, request.action, subject, request.context)
    except UndecidedError as error:
        raise not_emulated(str(error)) from None


def caller_arns(caller: Caller) -> list[str]:
    """Return the ARNs by which a trust policy may mean the caller."""
    account = caller.account
    if caller.is_root:
        return [account.arn("root")]
    own = caller.session.role.arn if caller.session else account.arn(f"user/{caller.label}")
    return [account.arn("root"), own]


def no_permission(request: Request, resource: str, policy_type: str, verdict: Verdict) -> ApiError:
    """Return the refusal with the detail that the cloud adds to it."""
    return ApiError(
        403,
        "NoPermission",
        "You are not authorized to do this action. You should be authorized by RAM.",
        access_denied_detail={
            "AuthAction": request.action,
            **_principal(request.caller),
            "PolicyType": policy_type,
            "NoPermissionType": verdict.value,
            "EncodedDiagnosticMessage": encode_diagnosis(
                _diagnosis(request, resource, policy_type, verdict)
            ),
        },
    )


def _diagnosis(
    request: Request, resource: str, policy_type: str, verdict: Verdict
) -> dict[str, t.Any]:
    return {
        "AuthAction": request.action,
        "AuthResource": resource,
        "AuthPrincipal": _principal(request.caller),
        "AuthConditions": [
            {"ConditionKey": key, "ConditionValues": [value]}
            for key, value in request.context().items()
        ],
        "ExplicitDeny": verdict is Verdict.DENIED,
        "NoPermissionPolicyType": policy_type,
        "MatchedPolicies": _denying_policies(request, resource, policy_type),
    }


def _principal(caller: Caller) -> dict[str, str]:
    return {
        "AuthPrincipalType": _principal_type(caller),
        "AuthPrincipalOwnerId": caller.account.account_id,
        "AuthPrincipalDisplayName": _display_name(caller),
    }


def encode_diagnosis(diagnosis: dict[str, t.Any]) -> str:
    """Return what DecodeDiagnosticMessage reads."""
    return base64.urlsafe_b64encode(json.dumps(diagnosis).encode()).decode()


def decode_diagnosis(text: str) -> dict[str, t.Any]:
    """Return what a refusal was about, nothing if the text is not one."""
    try:
        diagnosis = json.loads(base64.urlsafe_b64decode(text))
    except ValueError:
        return {}
    return diagnosis if isinstance(diagnosis, dict) else {}


def _denying_policies(request: Request, resource: str, policy_type: str) -> list[dict[str, str]]:
    if policy_type != IDENTITY_POLICY:
        return []
    return [
        {
            "AttachedEntityType": type(principal).__name__,
            "AttachedScope": "Account",
            "Effect": "Deny",
            "PolicyIdentifier": policy.name,
            "PolicyType": policy.policy_type,
            "PolicyVersion": policy.default_version,
        }
        for principal, policy in _attached_policies(request.caller)
        if _judge(request, policy.statements, resource) is Verdict.DENIED
    ]


def _layers(caller: Caller) -> t.Iterator[tuple[str, t.Iterable[Statement]]]:
    """Yield each set of statements that has to allow the action by itself."""
    if caller.is_root:
        return
    yield (
        IDENTITY_POLICY,
        (s for _principal, policy in _attached_policies(caller) for s in policy.statements),
    )
    if caller.session and caller.session.statements is not None:
        yield SESSION_POLICY, caller.session.statements


def _attached_policies(caller: Caller) -> t.Iterator[tuple[Principal, Policy]]:
    principals: list[Principal] = []
    if caller.user:
        groups: t.Iterable[Group] = caller.user.groups
        principals = [caller.user, *groups]
    elif caller.session:
        principals = [caller.session.role]
    for principal in principals:
        for policy in principal.policies:
            yield principal, policy


def _principal_type(caller: Caller) -> str:
    if caller.is_anonymous:
        return "Federated"
    return "AssumedRoleUser" if caller.session else "SubUser"


def _display_name(caller: Caller) -> str:
    if caller.session:
        return f"{caller.session.role.name}:{caller.session.name}"
    return caller.user.user_id if caller.user else ""

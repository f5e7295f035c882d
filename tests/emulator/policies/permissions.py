# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may do what: the policies that bind a caller, and the refusal when they do not suffice."""

from __future__ import annotations

import typing as t

from ..errors import ApiError
from .language import Verdict, judge

if t.TYPE_CHECKING:
    from ..cloud.entities import Caller, Principal
    from .language import Statement

IDENTITY_POLICY = "AccountLevelIdentityBasedPolicy"
SESSION_POLICY = "SessionPolicy"
TRUST_POLICY = "AssumeRolePolicy"


def authorize(
    caller: Caller,
    action: str,
    resources: t.Iterable[str],
    context: t.Mapping[str, str],
) -> None:
    """Refuse the action unless the caller's policies allow it on every resource."""
    if caller.is_root:
        return
    for resource in resources:
        for policy_type, statements in _layers(caller):
            verdict = judge(statements, action, resource, context)
            if verdict is not Verdict.ALLOWED:
                raise no_permission(caller, action, policy_type, verdict)


def check_trust(
    caller: Caller,
    trust: tuple[Statement, ...],
    context: t.Mapping[str, str],
) -> None:
    """Refuse AssumeRole unless the role trusts the caller or the caller's account."""
    arns = [caller.account.arn("root"), _caller_arn(caller)]
    verdicts = [judge(trust, "sts:AssumeRole", arn, context) for arn in arns]
    if Verdict.DENIED in verdicts:
        raise no_permission(caller, "sts:AssumeRole", TRUST_POLICY, Verdict.DENIED)
    if Verdict.ALLOWED not in verdicts:
        raise no_permission(caller, "sts:AssumeRole", TRUST_POLICY, Verdict.UNDECIDED)


def no_permission(caller: Caller, action: str, policy_type: str, verdict: Verdict) -> ApiError:
    """Return the refusal with the detail that the cloud adds to it."""
    return ApiError(
        403,
        "NoPermission",
        "You are not authorized to do this action. You should be authorized by RAM.",
        access_denied_detail={
            "AuthAction": action,
            "AuthPrincipalType": "AssumedRoleUser" if caller.session else "SubUser",
            "AuthPrincipalOwnerId": caller.account.account_id,
            "AuthPrincipalDisplayName": _display_name(caller),
            "PolicyType": policy_type,
            "NoPermissionType": verdict.value,
        },
    )


def _layers(caller: Caller) -> t.Iterator[tuple[str, t.Iterable[Statement]]]:
    """Yield each set of statements that has to allow the action by itself."""
    if caller.user:
        yield IDENTITY_POLICY, _statements_of(caller.user, *caller.user.groups)
    if caller.session:
        yield IDENTITY_POLICY, _statements_of(caller.session.role)
        if caller.session.statements is not None:
            yield SESSION_POLICY, caller.session.statements


def _statements_of(*principals: Principal) -> t.Iterator[Statement]:
    for principal in principals:
        for policy in principal.policies:
            yield from policy.statements


def _caller_arn(caller: Caller) -> str:
    if caller.session:
        return caller.session.role.arn
    return caller.account.arn(f"user/{caller.label}")


def _display_name(caller: Caller) -> str:
    if caller.session:
        return f"{caller.session.role.name}:{caller.session.name}"
    return caller.user.user_id if caller.user else ""

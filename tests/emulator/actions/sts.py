# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The security token service: who am I, and temporary credentials of a role."""

from __future__ import annotations

import re
import typing as t

from ..cloud.clock import format_time
from ..cloud.entities import Session
from ..errors import ApiError, invalid_parameter
from ..policies.language import PolicyError, parse_policy
from ..policies.permissions import check_trust
from .rules import found
from .service import STS

if t.TYPE_CHECKING:
    from ..cloud.entities import Role
    from ..policies.language import Statement
    from .service import Call, Result

ROLE_ARN = re.compile(r"acs:ram::(?P<account>[0-9]+):role/(?P<name>[A-Za-z0-9.-]{1,64})")
SESSION_NAME = re.compile(r"[A-Za-z0-9.@_-]{2,64}")
EXTERNAL_ID_LENGTH = range(2, 1225)
MAX_SESSION_POLICY = 2048
MIN_DURATION = 900
DEFAULT_DURATION = 3600


@STS.action("GetCallerIdentity")
def get_caller_identity(call: Call) -> Result:
    """Return who signed the call; needs no permission."""
    account, caller = call.account, call.caller
    if caller.session:
        role, name = caller.session.role, caller.session.name
        return {
            "IdentityType": "AssumedRoleUser",
            "AccountId": account.account_id,
            "Arn": account.arn(f"assumed-role/{role.name}/{name}"),
            "PrincipalId": f"{role.role_id}:{name}",
            "RoleId": role.role_id,
        }
    user_id = caller.user.user_id if caller.user else account.account_id
    return {
        "IdentityType": "RAMUser" if caller.user else "Account",
        "AccountId": account.account_id,
        "Arn": account.arn(f"user/{caller.user.name}" if caller.user else "root"),
        "PrincipalId": user_id,
        # Unconfirmed for the account itself: an English page says that it has no UserId.
        "UserId": user_id,
    }


@STS.action(
    "AssumeRole",
    required="RoleArn RoleSessionName",
    optional="DurationSeconds Policy ExternalId",
    on=("{role}",),
)
def assume_role(call: Call) -> Result:
    """Return temporary credentials of a role that trusts the caller."""
    account, caller = call.account, call.caller
    if caller.is_root:
        # Unconfirmed: the status may be 400.
        raise ApiError(403, "NoPermission", "Roles may not be assumed by root accounts.")
    name = _session_name(call)
    external_id = call.get("ExternalId")
    if external_id is not None and len(external_id) not in EXTERNAL_ID_LENGTH:
        # The code is unconfirmed.
        raise invalid_parameter("ExternalId", "ExternalId must have 2 to 1224 characters.")
    statements = _session_policy(call)
    role = _role(call)
    check_trust(caller, role.trust, call.context)
    durations = range(MIN_DURATION, role.max_session_duration + 1)
    seconds = call.number("DurationSeconds", durations, default=DEFAULT_DURATION)
    session = Session(
        access_key_id=f"STS.{account.ids.text(25)}",
        secret=account.ids.text(44),
        security_token=account.ids.text(64),
        account=account,
        role=role,
        name=name,
        expires_at=account.clock.now() + seconds,
        statements=statements,
    )
    account.cloud.add_session(session)
    return {
        "Credentials": {
            "AccessKeyId": session.access_key_id,
            "AccessKeySecret": session.secret,
            "SecurityToken": session.security_token,
            "Expiration": format_time(session.expires_at),
        },
        "AssumedRoleUser": {
            "Arn": f"{role.arn}/{name}",
            "AssumedRoleId": f"{role.role_id}:{name}",
        },
    }


def _session_name(call: Call) -> str:
    if not SESSION_NAME.fullmatch(call["RoleSessionName"]):
        raise invalid_parameter("RoleSessionName", "RoleSessionName is not valid.")
    return call["RoleSessionName"]


def _role(call: Call) -> Role:
    match = ROLE_ARN.fullmatch(call["RoleArn"])
    if not match:
        raise invalid_parameter("RoleArn", "RoleArn is not valid.")
    # Roles of other accounts are not known here.
    is_ours = match["account"] == call.account.account_id
    return found(call.account.roles.find(match["name"]) if is_ours else None, "Role")


def _session_policy(call: Call) -> tuple[Statement, ...] | None:
    document = call.get("Policy")
    if not document:
        return None
    if len(document) > MAX_SESSION_POLICY:
        raise invalid_parameter("PolicySize", f"Policy may have {MAX_SESSION_POLICY} characters.")
    try:
        return parse_policy(document)
    except PolicyError as error:
        raise invalid_parameter("PolicyGrammar", str(error)) from None

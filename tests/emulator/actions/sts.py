# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The security token service: who am I, and temporary credentials of a role."""

from __future__ import annotations

import re
import typing as t

from ..cloud.clock import format_time
from ..cloud.entities import Session
from ..errors import ApiError, entity_not_exist, invalid_parameter
from ..policies.language import PolicyError, parse_policy
from ..policies.permissions import Request, caller_arns, check_trust
from .rules import found
from .service import STS

if t.TYPE_CHECKING:
    from ..cloud.account import Account
    from ..cloud.entities import Role
    from ..policies.language import Statement
    from .call import Call, Result

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
    optional="DurationSeconds Policy ExternalId SourceIdentity",
    on=("{role}",),
)
def assume_role(call: Call) -> Result:
    """Return temporary credentials of a role, of any account, that trusts the caller."""
    if call.caller.is_root:
        # Unconfirmed: the status may be 400.
        raise ApiError(403, "NoPermission", "Roles may not be assumed by root accounts.")
    external_id = call.get("ExternalId")
    if external_id is not None and len(external_id) not in EXTERNAL_ID_LENGTH:
        raise invalid_parameter("ExternalId", "ExternalId must have 2 to 1224 characters.")
    source_identity = call.get("SourceIdentity") or ""
    if source_identity and not SESSION_NAME.fullmatch(source_identity):
        # The code is unconfirmed.
        raise invalid_parameter("SourceIdentity", "SourceIdentity is not valid.")
    trusted = Request(call.caller, "sts:AssumeRole", call.context)
    session = new_session(call, trusted, caller_arns(call.caller))
    session.source_identity = source_identity
    return {**describe_session(session), "SourceIdentity": source_identity}


def new_session(call: Call, trusted: Request, subjects: list[str]) -> Session:
    """Return a session of the role that the call names, which has to trust one of the subjects."""
    name = _session_name(call)
    statements = _session_policy(call)
    account, role = _role(call)
    check_trust(trusted, role, subjects)
    durations = range(MIN_DURATION, role.max_session_duration + 1)
    seconds = call.number("DurationSeconds", durations, default=DEFAULT_DURATION)
    session = Session(
        access_key_id=f"STS.{call.cloud.ids.text(25)}",
        secret=call.cloud.ids.secret(44),
        security_token=call.cloud.ids.secret(64),
        account=account,
        role=role,
        name=name,
        expires_at=account.clock.now() + seconds,
        statements=statements,
    )
    call.cloud.add_session(session)
    return session


def describe_session(session: Session) -> Result:
    """Return new temporary credentials; they are in this answer and in no other."""
    role = session.role
    return {
        "Credentials": {
            "AccessKeyId": session.access_key_id,
            "AccessKeySecret": session.secret,
            "SecurityToken": session.security_token,
            "Expiration": format_time(session.expires_at),
        },
        "AssumedRoleUser": {
            "Arn": f"{role.arn}/{session.name}",
            "AssumedRoleId": f"{role.role_id}:{session.name}",
        },
    }


def _session_name(call: Call) -> str:
    if not SESSION_NAME.fullmatch(call["RoleSessionName"]):
        raise invalid_parameter("RoleSessionName", "RoleSessionName is not valid.")
    return call["RoleSessionName"]


def named_account(call: Call) -> Account:
    """Return the account of the role that the call names."""
    match = ROLE_ARN.fullmatch(call["RoleArn"])
    if not match:
        raise invalid_parameter("RoleArn", "RoleArn is not valid.")
    account = call.cloud.accounts.get(match["account"])
    if account is None:
        raise entity_not_exist("Role")
    return account


def _role(call: Call) -> tuple[Account, Role]:
    account = named_account(call)
    name = call["RoleArn"].partition("/")[2]
    return account, found(account.roles.find(name), "Role")


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

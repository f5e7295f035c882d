# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RAM roles, as far as they are needed to be assumed."""

from __future__ import annotations

import typing as t

from ...cloud.entities import Role
from ...errors import delete_conflict, entity_already_exists, limit_exceeded
from ...policies.language import parse_trust_policy
from ..rules import (
    MAX_DESCRIPTION,
    ROLE_NAME,
    check_document,
    check_name,
    check_text,
    named_role,
    page,
)
from ..service import RAM

if t.TYPE_CHECKING:
    from ..service import Call, Result

# Unconfirmed: current pages do not state this limit.
MAX_TRUST_DOCUMENT = 2048
SESSION_DURATION = range(3600, 43201)


@RAM.action(
    "CreateRole",
    required="RoleName AssumeRolePolicyDocument",
    optional="Description MaxSessionDuration",
    on=("role/*",),
)
def create_role(call: Call) -> Result:
    """Create a role."""
    account = call.account
    name = check_name(call, "RoleName", ROLE_NAME)
    description = check_text(call, "Description", MAX_DESCRIPTION)
    duration = call.number("MaxSessionDuration", SESSION_DURATION, default=SESSION_DURATION[0])
    document, trust = check_document(
        call, "AssumeRolePolicyDocument", MAX_TRUST_DOCUMENT, parse_trust_policy
    )
    if account.roles.holder(name):
        raise entity_already_exists("Role")
    if len(account.roles) >= account.quotas.roles:
        raise limit_exceeded("Role", account.quotas.roles)
    now = account.clock.timestamp()
    role = Role(
        name=name,
        role_id=account.ids.digits(18),
        arn=account.arn(f"role/{name}"),
        create_date=now,
        update_date=now,
        description=description or "",
        trust_document=document,
        trust=trust,
        max_session_duration=duration,
    )
    account.roles.add(role)
    return {"Role": {**_base(role), "AssumeRolePolicyDocument": role.trust_document}}


@RAM.action("GetRole", required="RoleName", on=("role/{RoleName}",))
def get_role(call: Call) -> Result:
    """Return a role."""
    role = named_role(call)
    return {
        "Role": {
            **_base(role),
            "AssumeRolePolicyDocument": role.trust_document,
            "UpdateDate": role.update_date,
            "IsServiceLinkedRole": False,
            "RolePrincipalName": f"{role.name}@role.{call.account.account_id}.onaliyunservice.com",
        }
    }


@RAM.action("DeleteRole", required="RoleName", on=("role/{RoleName}",))
def delete_role(call: Call) -> Result:
    """Delete a role without policies; its sessions end."""
    account, role = call.account, named_role(call)
    if role.policies:
        raise delete_conflict("Role.Policy")
    account.roles.remove(role)
    sessions = account.cloud.sessions
    for session in [s for s in sessions.values() if s.role is role]:
        del sessions[session.access_key_id]
    return {}


@RAM.action("ListRoles", optional="Marker MaxItems", on=("role/*",))
def list_roles(call: Call) -> Result:
    """Return one page of the roles."""
    return page(call, "Roles", "Role", call.account.roles, render=_listed)


def _listed(role: Role) -> Result:
    return {**_base(role), "UpdateDate": role.update_date}


def _base(role: Role) -> Result:
    return {
        "RoleId": role.role_id,
        "RoleName": role.name,
        "Arn": role.arn,
        "Description": role.description,
        "MaxSessionDuration": role.max_session_duration,
        "CreateDate": role.create_date,
    }

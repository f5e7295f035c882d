# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RAM roles of the account's own, and reading those that belong to services."""

from __future__ import annotations

import json
import typing as t

from ...cloud.clock import parse_time
from ...cloud.entities import Role
from ...errors import delete_conflict, entity_already_exists, invalid, limit_exceeded
from ...policies.language import as_list, parse_trust_policy
from ..rules import (
    MAX_DESCRIPTION,
    ROLE_NAME,
    changed_text,
    check_document,
    check_name,
    check_text,
    found,
    page,
)
from ..service import RAM
from ..tags import describe_tags, read_tags, tag_filter

if t.TYPE_CHECKING:
    from ...cloud.account import Account
    from ..call import Call, Result

# Unconfirmed: current pages do not state this limit.
MAX_TRUST_DOCUMENT = 2048
SESSION_DURATION = range(3600, 43201)
# How long a service takes to give up its role; the documentation says only that it takes a while.
DELETION_SECONDS = 10


@RAM.action(
    "CreateRole",
    required="RoleName AssumeRolePolicyDocument",
    optional="Description MaxSessionDuration AllowConsoleLogin Tag.N",
    on=("role/*",),
)
def create_role(call: Call) -> Result:
    """Create a role."""
    account = call.account
    name = check_name(call, "RoleName", ROLE_NAME)
    description = check_text(call, "Description", MAX_DESCRIPTION)
    duration = call.number("MaxSessionDuration", SESSION_DURATION, default=SESSION_DURATION[0])
    document = _trust_document(call, "AssumeRolePolicyDocument")
    role = Role(
        name=name,
        role_id=account.ids.digits(18),
        arn=account.arn(f"role/{name}"),
        create_date=account.clock.timestamp(),
        update_date=account.clock.timestamp(),
        description=description or "",
        trust_document=document,
        max_session_duration=duration,
        allow_console_login=call.flag("AllowConsoleLogin", default=False),
        tags=read_tags(call),
    )
    add_role(account, role)
    return {"Role": {**_base(role), "AssumeRolePolicyDocument": document}}


def add_role(account: Account, role: Role) -> None:
    """Add a role whose name and number the account allows."""
    if account.roles.holder(role.name):
        raise entity_already_exists("Role")
    if len(account.roles) >= account.quotas.roles:
        raise limit_exceeded("Role", account.quotas.roles)
    account.roles.add(role)


@RAM.action("GetRole", required="RoleName", on=("role/{RoleName}",))
def get_role(call: Call) -> Result:
    """Return a role."""
    role = named_role(call)
    principal_name = f"{role.name}@role.{call.account.account_id}.onaliyunservice.com"
    answer = {
        **_base(role),
        **describe_tags(role.tags),
        "AssumeRolePolicyDocument": role.trust_document,
        "UpdateDate": role.update_date,
        "IsServiceLinkedRole": bool(role.service),
        "RolePrincipalName": principal_name,
    }
    if role.deletion_task:
        task_id, date = role.deletion_task
        answer["LatestDeletionTask"] = {"DeletionTaskId": task_id, "CreateDate": date}
    return {"Role": answer}


@RAM.action(
    "UpdateRole",
    required="RoleName",
    optional="NewAssumeRolePolicyDocument NewDescription NewMaxSessionDuration"
    " NewAllowConsoleLogin",
    on=("role/{RoleName}",),
)
def update_role(call: Call) -> Result:
    """Change a role; what is not sent stays."""
    document = None
    if "NewAssumeRolePolicyDocument" in call.parameters:
        document = _trust_document(call, "NewAssumeRolePolicyDocument")
    role = own_role(call)
    duration = call.number(
        "NewMaxSessionDuration", SESSION_DURATION, default=role.max_session_duration
    )
    role.allow_console_login = call.flag("NewAllowConsoleLogin", default=role.allow_console_login)
    role.max_session_duration = duration
    role.description = changed_text(call, "NewDescription", role.description, MAX_DESCRIPTION)
    role.trust_document = document or role.trust_document
    role.update_date = call.account.clock.timestamp()
    return {"Role": {**_listed(role), "AssumeRolePolicyDocument": role.trust_document}}


@RAM.action("DeleteRole", required="RoleName", on=("role/{RoleName}",))
def delete_role(call: Call) -> Result:
    """Delete a role without policies; its sessions end."""
    role = own_role(call)
    if role.policies or role.scoped_policies:
        raise delete_conflict("Role.Policy")
    remove_role(call.account, role)
    return {}


@RAM.action("ListRoles", optional="Marker MaxItems Tag.N", on=("role/*",))
def list_roles(call: Call) -> Result:
    """Return one page of the roles."""
    _finish_deletions(call.account)
    has_tags = tag_filter(call)
    return page(
        call,
        "Roles",
        "Role",
        call.account.roles,
        render=lambda role: {**_listed(role), **describe_tags(role.tags)},
        matches=lambda role: has_tags(role.tags),
    )


def named_role(call: Call) -> Role:
    """Return the role that the call names."""
    _finish_deletions(call.account)
    name = check_name(call, "RoleName", ROLE_NAME)
    return found(call.account.roles.find(name), "Role")


def own_role(call: Call) -> Role:
    """Return the role that the call names, unless it belongs to a service."""
    role = named_role(call)
    if role.service:
        # The code is unconfirmed.
        raise invalid("NotSupport.ServiceLinkedRole", f"The role belongs to {role.service}.")
    return role


def remove_role(account: Account, role: Role) -> None:
    """Remove a role, its attachments and its sessions."""
    for policy in role.policies:
        del policy.attachments[role]
    account.roles.remove(role)
    account.cloud.replace_principal(role.arn, role.role_id)
    sessions = account.cloud.sessions
    for session in [s for s in sessions.values() if s.role is role]:
        del sessions[session.access_key_id]


def _finish_deletions(account: Account) -> None:
    for role in [role for role in account.roles if role.deletion_task]:
        _task_id, date = role.deletion_task or ("", "")
        if account.clock.now() >= parse_time(date) + DELETION_SECONDS:
            remove_role(account, role)


def _trust_document(call: Call, parameter: str) -> str:
    """Return a trust policy as it is stored."""
    document, _statements = check_document(call, parameter, MAX_TRUST_DOCUMENT, parse_trust_policy)
    # Terraform compares around this: blanks go, and a single principal becomes a list.
    policy = json.loads(document)
    for statement in policy["Statement"]:
        principals = statement["Principal"]
        statement["Principal"] = {kind: as_list(names) for kind, names in principals.items()}
    return json.dumps(policy, ensure_ascii=False, separators=(",", ":"))


def _listed(role: Role) -> Result:
    return {**_base(role), "UpdateDate": role.update_date}


def _base(role: Role) -> Result:
    return {
        "RoleId": role.role_id,
        "RoleName": role.name,
        "Arn": role.arn,
        "Description": role.description,
        "MaxSessionDuration": role.max_session_duration,
        "AllowConsoleLogin": role.allow_console_login,
        "CreateDate": role.create_date,
    }

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles that belong to a service: it makes them, uses them, and says when they may go."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from ...cloud.entities import Role
from ...errors import invalid, not_emulated
from ..rules import MAX_DESCRIPTION, check_text
from ..service import RAM
from .roles import add_role, named_role

if t.TYPE_CHECKING:
    from ..call import Call, Result


@dataclass(frozen=True, slots=True)
class Template:
    """What a service's role looks like."""

    role_name: str
    policy_name: str
    description: str


# Every service has its own; these are the ones that the documentation names.
TEMPLATES = {
    "actiontrail.aliyuncs.com": Template(
        "AliyunServiceRoleForActionTrail",
        "AliyunServiceRolePolicyForActionTrail",
        "ActionTrail delivers events with this role.",
    ),
    "config.aliyuncs.com": Template(
        "AliyunServiceRoleForConfig",
        "AliyunServiceRolePolicyForConfig",
        "Cloud Config reads resources with this role.",
    ),
}


@RAM.action(
    "CreateServiceLinkedRole",
    required="ServiceName",
    optional="Description",
    declined="CustomSuffix",
    on=("role/*",),
)
def create_service_linked_role(call: Call) -> Result:
    """Create the role of a service."""
    account, template = call.account, _template(call)
    description = check_text(call, "Description", MAX_DESCRIPTION)
    role = Role(
        name=template.role_name,
        role_id=account.ids.digits(18),
        arn=account.arn(f"role/{template.role_name.lower()}"),
        create_date=account.clock.timestamp(),
        update_date=account.clock.timestamp(),
        description=description or template.description,
        trust_document=_trust_document(call["ServiceName"]),
        max_session_duration=3600,
        service=call["ServiceName"],
    )
    add_role(account, role)
    return {
        "Role": {
            "RoleId": role.role_id,
            "RoleName": role.name,
            "Arn": role.arn,
            "Description": role.description,
            "AssumeRolePolicyDocument": role.trust_document,
            "IsServiceLinkedRole": True,
            "CreateDate": role.create_date,
        }
    }


def _trust_document(service: str) -> str:
    principal = {"Service": [service]}
    statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": principal}
    return json.dumps({"Statement": [statement], "Version": "1"})


@RAM.action("DeleteServiceLinkedRole", required="RoleName", on=("role/{RoleName}",))
def delete_service_linked_role(call: Call) -> Result:
    """Ask a service to give up its role, which takes a while."""
    role = named_role(call)
    if not role.service:
        # The code is unconfirmed.
        raise invalid("NotSupport.Role", "The role belongs to no service.")
    task_id = f"task/{role.service}/{role.name}/{call.account.ids.text(16)}"
    role.deletion_task = (task_id, call.account.clock.timestamp())
    return {"DeletionTaskId": task_id}


@RAM.action("GetServiceLinkedRoleTemplate", required="ServiceName", on=("role/*",))
def get_service_linked_role_template(call: Call) -> Result:
    """Return what the role of a service looks like."""
    template = _template(call)
    description = {"Language": "en-US", "Description": template.description}
    return {
        "ServiceLinkedRoleTemplate": {
            "ServiceName": call["ServiceName"],
            "RoleNamePrefix": template.role_name,
            "SystemPolicyName": template.policy_name,
            "MultipleRolesAllowed": False,
            "RoleDescriptions": {"RoleDescription": [description]},
        }
    }


def _template(call: Call) -> Template:
    template = TEMPLATES.get(call["ServiceName"])
    if template is None:
        known = ", ".join(TEMPLATES)
        raise not_emulated(f"The emulator knows the roles of these services only: {known}.")
    return template

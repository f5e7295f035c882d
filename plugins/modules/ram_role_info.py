#!/usr/bin/python
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ram_role_info
short_description: Read roles of Alibaba Cloud RAM
version_added: 0.2.0
description:
  - Returns one, some or all roles of the account, on request with trust policies, permissions and
    tags.
  - A name that does not exist is left out and is no error.
author:
  - Keysmith maintainers (@keysmith)
extends_documentation_fragment:
  - keysmith.alibabacloud._connection
  - keysmith.alibabacloud._attributes
  - keysmith.alibabacloud._attributes.info
  - keysmith.alibabacloud._attributes.action_group
options:
  name:
    description: Name of the role to read.
    type: str
  names:
    description: Names of the roles to read. With neither this nor O(name), all roles are read.
    type: list
    elements: str
  include:
    description: What to read about each role besides its attributes. Each costs one request a role,
      V(tags) one for each fifty roles.
    type: list
    elements: str
    choices: [trust_policy, policies, tags]
    default: []
  concurrency:
    description: How many requests are in flight at most.
    type: int
    default: 16
seealso:
  - module: keysmith.alibabacloud.ram_role
"""

EXAMPLES = r"""
- name: All roles with whom they trust and what they may do
  keysmith.alibabacloud.ram_role_info:
    include: [trust_policy, policies]
  register: all_roles

- name: The ARN of a role
  keysmith.alibabacloud.ram_role_info:
    name: log-shipper
  register: shipper
"""

RETURN = r"""
roles:
  description: The roles that exist, in the order asked for, or in the API's order if all are read.
  returned: success
  type: list
  elements: dict
  contains:
    role_name:
      description: Name of the role.
      returned: always
      type: str
      sample: log-shipper
    role_id:
      description: ID of the role.
      returned: always
      type: str
      sample: "300000000000000001"
    arn:
      description: Name of the role in policies and for whoever assumes it.
      returned: always
      type: str
      sample: acs:ram::1234567890123456:role/log-shipper
    description:
      description: Description, empty if there is none.
      returned: always
      type: str
      sample: Ships the logs of the shop
    max_session_duration:
      description: How long a session may last at most, in seconds.
      returned: always
      type: int
      sample: 3600
    allow_console_login:
      description: Whether users may switch to the role in the console; null if that is not known.
      returned: always
      type: bool
      sample: true
    is_service_linked_role:
      description: Whether the role belongs to a service of Alibaba Cloud; null if
        O(include) does not have V(trust_policy) and all roles are read.
      returned: always
      type: bool
      sample: false
    create_date:
      description: When the role was created, in UTC.
      returned: always
      type: str
      sample: "2026-01-02T03:04:05Z"
    update_date:
      description: When the role was last changed, in UTC; null if that is not known.
      returned: always
      type: str
      sample: "2026-01-02T03:04:05Z"
    trust_policy:
      description: Who may assume the role, in one form. Each element that may be a list is a sorted
        one.
      returned: when O(include) has V(trust_policy)
      type: dict
      sample:
        Version: "1"
        Statement:
          - Effect: Allow
            Action: ["sts:AssumeRole"]
            Principal: {Service: [ecs.aliyuncs.com]}
    policies:
      description: Policies attached to the role.
      returned: when O(include) has V(policies)
      type: list
      elements: dict
      sample: [{name: AliyunLogFullAccess, type: System}]
    tags:
      description: Tags by their keys.
      returned: when O(include) has V(tags)
      type: dict
      sample: {team: shop}
# shared: account
account_id:
  description: ID of the account that all this is in.
  returned: success
  type: str
  sample: "1234567890123456"
# end of shared: account
"""

import typing as t

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.names import (
    ROLE_NAME,
    refuse_bad_names,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.role import (
    RoleApi,
    read_roles,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.module import run_module
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.task import (
    Declaration,
    inform,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.wanted import wanted_names

if t.TYPE_CHECKING:
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.client import Client
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.task import Task

ARGUMENT_SPEC: dict[str, t.Any] = {
    "name": {"type": "str"},
    "names": {"type": "list", "elements": "str"},
    "include": {
        "type": "list",
        "elements": "str",
        "choices": ["trust_policy", "policies", "tags"],
        "default": [],
    },
    "concurrency": {"type": "int", "default": 16},
}


def read_wanted_roles(client: Client, params: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """Return the roles asked for, with what is to be included."""
    api = RoleApi(client)
    names = wanted_names(params, "name", "names")
    if names is None:
        roles = api.list_all()
    else:
        refuse_bad_names(names, "role", ROLE_NAME)
        known = api.find_many(names)
        roles = [known[name] for name in names if name in known]
    described = read_roles(client, roles, params["include"], params["concurrency"])
    return [role.as_result() for role in described]


def run(task: Task) -> dict[str, t.Any]:
    """Read the roles."""
    return inform(task, read_wanted_roles, plural="roles")


DECLARATION = Declaration(ARGUMENT_SPEC, run, mutually_exclusive=[("name", "names")])


def main() -> None:
    """Run the module."""
    run_module(DECLARATION)


if __name__ == "__main__":
    main()

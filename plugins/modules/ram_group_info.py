#!/usr/bin/python
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ram_group_info
short_description: Read user groups of Alibaba Cloud RAM
version_added: 0.2.0
description:
  - Returns one, some or all user groups of the account, on request with members and policies.
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
    description: Name of the group to read.
    type: str
  names:
    description: Names of the groups to read. With neither this nor O(name), all groups are read.
    type: list
    elements: str
  include:
    description: What to read about each group besides its attributes. Each costs one request a
      group, V(users) one for each thousand members.
    type: list
    elements: str
    choices: [users, policies]
    default: []
  concurrency:
    description: How many requests are in flight at most.
    type: int
    default: 16
seealso:
  - module: keysmith.alibabacloud.ram_group
"""

EXAMPLES = r"""
- name: All groups
  keysmith.alibabacloud.ram_group_info:
  register: all_groups

- name: A group with all that it gives to whom
  keysmith.alibabacloud.ram_group_info:
    name: slb-readers
    include: [users, policies]
"""

RETURN = r"""
groups:
  description: The groups that exist, in the order asked for, or in the API's order if all are read.
  returned: success
  type: list
  elements: dict
  contains:
    group_name:
      description: Name of the group.
      returned: always
      type: str
      sample: slb-readers
    group_id:
      description: ID of the group.
      returned: always
      type: str
      sample: g-FpMEHiMysofp5EXA
    comments:
      description: Remark, empty if there is none.
      returned: always
      type: str
      sample: Read load balancers
    create_date:
      description: When the group was created, in UTC.
      returned: always
      type: str
      sample: "2026-01-02T03:04:05Z"
    update_date:
      description: When the group was last changed, in UTC; null if that is not known.
      returned: always
      type: str
      sample: "2026-01-02T03:04:05Z"
    users:
      description: Names of the members.
      returned: when O(include) has V(users)
      type: list
      elements: str
      sample: [slb-api]
    policies:
      description: Policies attached to the group.
      returned: when O(include) has V(policies)
      type: list
      elements: dict
      sample: [{name: AliyunSLBReadOnlyAccess, type: System}]
# shared: account
account_id:
  description: ID of the account that all this is in.
  returned: success
  type: str
  sample: "1234567890123456"
# end of shared: account
"""

import typing as t

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.group import (
    GroupApi,
    read_groups,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.names import (
    refuse_bad_names,
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
        "choices": ["users", "policies"],
        "default": [],
    },
    "concurrency": {"type": "int", "default": 16},
}


def read_wanted_groups(client: Client, params: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """Return the groups asked for, with what is to be included."""
    api = GroupApi(client)
    names = wanted_names(params, "name", "names")
    if names is None:
        groups = api.list_all()
    else:
        refuse_bad_names(names, "group")
        known = api.find_many(names)
        groups = [known[name] for name in names if name in known]
    described = read_groups(api, groups, params["include"], params["concurrency"])
    return [group.as_result() for group in described]


def run(task: Task) -> dict[str, t.Any]:
    """Read the groups."""
    return inform(task, read_wanted_groups, plural="groups")


DECLARATION = Declaration(ARGUMENT_SPEC, run, mutually_exclusive=[("name", "names")])


def main() -> None:
    """Run the module."""
    run_module(DECLARATION)


if __name__ == "__main__":
    main()

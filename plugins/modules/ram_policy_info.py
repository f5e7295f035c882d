#!/usr/bin/python
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ram_policy_info
short_description: Read policies of Alibaba Cloud RAM
version_added: 0.2.0
description:
  - Returns one, some or all policies, on request with documents, versions, tags and whom they are
    attached to.
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
    description: Name of the policy to read.
    type: str
  names:
    description: Names of the policies to read. With neither this nor O(name), all are read.
    type: list
    elements: str
  type:
    description:
      - V(Custom) reads policies of the account, V(System) those of Alibaba Cloud, which are more
        than a thousand.
      - A name stands for the custom policy of that name, and for the one of Alibaba Cloud if there
        is none, unless this option says which is meant.
      - Without names, V(Custom) is what is read if this is left out.
    type: str
    choices: [System, Custom]
  include:
    description:
      - What to read about each policy besides its attributes. Each costs one request a policy,
        V(tags) one for each fifty policies.
    type: list
    elements: str
    choices: [document, versions, holders, tags]
    default: []
  concurrency:
    description: How many requests are in flight at most.
    type: int
    default: 16
seealso:
  - module: keysmith.alibabacloud.ram_policy
"""

EXAMPLES = r"""
- name: All policies of the account with what they say
  keysmith.alibabacloud.ram_policy_info:
    include: [document]
  register: our_policies

- name: Who is an administrator
  keysmith.alibabacloud.ram_policy_info:
    name: AdministratorAccess
    include: [holders]
  register: administrators
"""

RETURN = r"""
policies:
  description: The policies that exist, in the order asked for, or in the API's if all are read.
  returned: success
  type: list
  elements: dict
  contains:
    policy_name:
      description: Name of the policy.
      returned: always
      type: str
      sample: logs-reader
    policy_type:
      description: V(Custom), or V(System) for one of Alibaba Cloud's own.
      returned: always
      type: str
      sample: Custom
    description:
      description: Description, empty if there is none.
      returned: always
      type: str
      sample: Read the logs of the shop
    default_version:
      description: ID of the version that is in force.
      returned: always
      type: str
      sample: v1
    attachment_count:
      description: To how many users, groups and roles the policy is attached, those within resource
        groups included.
      returned: always
      type: int
      sample: 1
    create_date:
      description: When the policy was created, in UTC.
      returned: always
      type: str
      sample: "2026-01-02T03:04:05Z"
    update_date:
      description: When the policy was last changed, in UTC; null if that is not known.
      returned: always
      type: str
      sample: "2026-01-02T03:04:05Z"
    document:
      description: What is in force, in one form. Each element that may be a list is a sorted one.
      returned: when O(include) has V(document)
      type: dict
      sample:
        Version: "1"
        Statement: [{Effect: Allow, Action: ["log:Get*", "log:List*"], Resource: ["*"]}]
    tags:
      description: Tags by their keys.
      returned: when O(include) has V(tags)
      type: dict
      sample: {team: shop}
    versions:
      description: All versions, the oldest first.
      returned: when O(include) has V(versions)
      type: list
      elements: dict
      contains:
        version_id:
          description: ID of the version.
          returned: always
          type: str
          sample: v1
        is_default:
          description: Whether this version is in force.
          returned: always
          type: bool
          sample: true
        create_date:
          description: When the version was created, in UTC.
          returned: always
          type: str
          sample: "2026-01-02T03:04:05Z"
        document:
          description: What the version says, as RV(policies[].document).
          returned: always
          type: dict
          sample: {Version: "1", Statement: []}
    holders:
      description: Whom the policy is attached to for the account as a whole.
      returned: when O(include) has V(holders)
      type: dict
      contains:
        users:
          description: Names of users.
          returned: always
          type: list
          elements: str
          sample: [slb-api]
        groups:
          description: Names of groups.
          returned: always
          type: list
          elements: str
          sample: [slb-readers]
        roles:
          description: Names of roles.
          returned: always
          type: list
          elements: str
          sample: []
# shared: account
account_id:
  description: ID of the account that all this is in.
  returned: success
  type: str
  sample: "1234567890123456"
# end of shared: account
"""

import typing as t

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.managed_policy import (
    ManagedPolicyApi,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.names import (
    POLICY_NAME,
    refuse_bad_names,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.policy_facts import (
    find_policies,
    read_policies,
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
    "type": {"type": "str", "choices": ["System", "Custom"]},
    "include": {
        "type": "list",
        "elements": "str",
        "choices": ["document", "versions", "holders", "tags"],
        "default": [],
    },
    "concurrency": {"type": "int", "default": 16},
}


def read_wanted_policies(client: Client, params: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """Return the policies asked for, with what is to be included."""
    names = wanted_names(params, "name", "names")
    if names is None:
        policies = ManagedPolicyApi(client).list_all(params["type"] or "Custom")
    else:
        refuse_bad_names(names, "policy", POLICY_NAME)
        policies = find_policies(client, names, params["type"])
    return read_policies(client, policies, params["include"], params["concurrency"])


def run(task: Task) -> dict[str, t.Any]:
    """Read the policies."""
    return inform(task, read_wanted_policies, plural="policies")


DECLARATION = Declaration(ARGUMENT_SPEC, run, mutually_exclusive=[("name", "names")])


def main() -> None:
    """Run the module."""
    run_module(DECLARATION)


if __name__ == "__main__":
    main()

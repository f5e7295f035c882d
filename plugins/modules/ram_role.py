#!/usr/bin/python
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ram_role
short_description: Manage roles of Alibaba Cloud RAM
version_added: 0.2.0
description:
  - Makes roles be as described, with their trust policies and permissions; one by O(name), or many
    in one call by O(roles).
  - An option that is left out is left alone; an empty string clears the description.
  - Trust policies are compared by what they mean, for RAM gives them back in other words. Order
    does not matter, nor whether a single principal stands in a list, nor in which case C(Service)
    is written, nor an empty list beside other principals.
  - Everything that can be checked is checked for all roles before the first of them is changed.
author:
  - Keysmith maintainers (@keysmith)
extends_documentation_fragment:
  - keysmith.alibabacloud._connection
  - keysmith.alibabacloud._attributes
  - keysmith.alibabacloud._attributes.state
  - keysmith.alibabacloud._attributes.action_group
attributes:
  idempotent:
    support: partial
    details:
      - If the API keeps something else than the task asks for, such as a description that no text
        clears or the ID of a principal that is gone, that is not reported as a change, but it is
        tried on each run, with a warning.
options:
  name:
    description:
      - Name of the role, 1 to 64 letters, digits, C(.) or C(-). RAM can't rename roles.
      - Exactly one of O(name) and O(roles) is needed.
    type: str
  roles:
    description:
      - Roles to manage in one call. What an element leaves out is taken from the option of the same
        name of the task.
      - If one fails, the others are still done, and the task fails in the end.
      - Where the elements name fewer policies than there are roles and purge nothing, the module
        asks who has each policy, instead of asking about each role. RV(role.policies) then shows
        only policies that the task names.
    type: list
    elements: dict
    suboptions:
      name:
        description: See O(name).
        type: str
        required: true
      state:
        description: See O(state).
        type: str
        choices: [present, absent]
      trust_policy:
        description: See O(trust_policy).
        type: raw
      description:
        description: See O(description).
        type: str
      max_session_duration:
        description: See O(max_session_duration).
        type: int
      allow_console_login:
        description: See O(allow_console_login).
        type: bool
      policies:
        description: See O(policies).
        type: list
        elements: raw
      remove_policies:
        description: See O(remove_policies).
        type: list
        elements: raw
      purge_policies:
        description: See O(purge_policies).
        type: bool
      tags:
        description: See O(tags).
        type: dict
      remove_tags:
        description: See O(remove_tags).
        type: list
        elements: str
      purge_tags:
        description: See O(purge_tags).
        type: bool
      force:
        description: See O(force).
        type: bool
  state:
    description: Whether the role exists.
    type: str
    choices: [present, absent]
    default: present
  trust_policy:
    description:
      - Who may assume the role, as a mapping or as JSON text. Needed to create a role.
      - Its principals are C(Service) (a service of Alibaba Cloud), C(RAM) (accounts, users and
        roles by their ARNs) or C(Federated) (identity providers).
    type: raw
  description:
    description: What the role is for, at most 1024 characters.
    type: str
  max_session_duration:
    description: How long a session may last at most, 3600 to 43200 seconds. New roles have 3600.
    type: int
  allow_console_login:
    description: Whether users may switch to the role in the console.
    type: bool
  policies:
    description:
      - Policies attached to the role, each a name, or a mapping with C(name) and C(type)
        (V(System) or V(Custom)).
      - A bare name is looked up. One that exists as both must say its type.
    type: list
    elements: raw
  remove_policies:
    description: Policies that are detached from the role, as in O(policies). Others stay.
    type: list
    elements: raw
  purge_policies:
    description:
      - Whether policies that O(policies) does not list are detached. Without O(policies), none is.
    type: bool
    default: false
  tags:
    description:
      - Tags that the role has, by their keys. Other tags stay, unless O(purge_tags) says otherwise.
      - Tags that begin with C(acs:) or C(aliyun) are Alibaba Cloud's own and left alone.
    type: dict
  remove_tags:
    description: Keys of tags that are removed. Other tags stay.
    type: list
    elements: str
  purge_tags:
    description: Whether tags that O(tags) does not list are removed. Without O(tags), none is.
    type: bool
    default: false
  force:
    description:
      - With O(state=absent), detach the policies first. Without it, deleting a role that has any
        fails with a list of these.
      - Policies attached within a resource group are left alone, so that deleting a role with such
        ones fails.
    type: bool
    default: false
  new_policies:
    description: Custom policies that O(policies) may name in check mode although nobody has created
      them yet, because a task before would have. Without check mode, they must exist like all
      others.
    type: list
    elements: str
    default: []
  concurrency:
    description: How many requests are in flight at most.
    type: int
    default: 16
notes:
  - Service-linked roles belong to a service of Alibaba Cloud. A task that would change or delete
    one fails.
  - The role that signs the run is not deleted, keeps its trust policy and loses no policy, O(force)
    or not.
seealso:
  - module: keysmith.alibabacloud.ram_role_info
  - module: keysmith.alibabacloud.ram_policy
"""

EXAMPLES = r"""
- name: A role for ECS instances that may write logs
  keysmith.alibabacloud.ram_role:
    name: log-shipper
    description: Ships the logs of the shop
    trust_policy:
      Statement:
        - Effect: Allow
          Action: sts:AssumeRole
          Principal:
            Service: ecs.aliyuncs.com
    policies: [AliyunLogFullAccess]

- name: A role that users of another account assume for up to two hours
  keysmith.alibabacloud.ram_role:
    name: auditor
    max_session_duration: 7200
    trust_policy:
      Statement:
        - Effect: Allow
          Action: sts:AssumeRole
          Principal:
            RAM: acs:ram::1234567890123456:root
    policies: [AliyunECSReadOnlyAccess]
    purge_policies: true
    tags:
      team: audit

- name: Delete a role with its attachments
  keysmith.alibabacloud.ram_role:
    name: log-shipper
    state: absent
    force: true
"""

RETURN = r"""
role:
  description:
    - The role as it is now, or as it was if it is gone; in check mode as it would be.
    - Of a role that was to be gone and did not exist there are only C(role_name) and C(actions).
  returned: when O(name) is given
  type: dict
  contains:
    role_name:
      description: Name of the role.
      returned: always
      type: str
      sample: log-shipper
    role_id:
      description: ID of the role; null in check mode for a role that would be
        created.
      returned: unless the role neither is nor was there
      type: str
      sample: "300000000000000001"
    arn:
      description: Name of the role in policies and for whoever assumes it; foretold in
        check mode.
      returned: unless the role neither is nor was there
      type: str
      sample: acs:ram::1234567890123456:role/log-shipper
    description:
      description: Description, empty if there is none.
      returned: unless the role neither is nor was there
      type: str
      sample: Ships the logs of the shop
    max_session_duration:
      description: How long a session may last at most, in seconds.
      returned: unless the role neither is nor was there
      type: int
      sample: 3600
    allow_console_login:
      description: Whether users may switch to the role in the console; null if that is not known.
      returned: unless the role neither is nor was there
      type: bool
      sample: true
    is_service_linked_role:
      description: Whether the role belongs to a service of Alibaba Cloud.
      returned: unless the role neither is nor was there
      type: bool
      sample: false
    create_date:
      description: When the role was created, in UTC; null in check mode for one that would be.
      returned: unless the role neither is nor was there
      type: str
      sample: "2026-01-02T03:04:05Z"
    update_date:
      description: When the role was last changed, in UTC; null if that is not known.
      returned: unless the role neither is nor was there
      type: str
      sample: "2026-01-02T03:04:05Z"
    trust_policy:
      description: Who may assume the role, in one form. Each element that may be a list is a sorted
        one.
      returned: unless the role neither is nor was there
      type: dict
      sample:
        Version: "1"
        Statement:
          - Effect: Allow
            Action: ["sts:AssumeRole"]
            Principal: {Service: [ecs.aliyuncs.com]}
    policies:
      description: Policies attached to the role.
      returned: when O(policies) or O(remove_policies) is given
      type: list
      elements: dict
      sample: [{name: AliyunLogFullAccess, type: System}]
    tags:
      description: Tags by their keys.
      returned: when O(tags) or O(remove_tags) is given
      type: dict
      sample: {team: shop}
    actions:
      description: What was done, or would be done in check mode.
      returned: always
      type: list
      elements: str
      sample: [create role log-shipper, attach policy logs (Custom) to role log-shipper]
    error:
      description: Why the role is not as shown here. What RV(role.actions) lists was done before.
      returned: when the task failed at this role
      type: str
      sample: "Cannot create role log-shipper: ..."
roles:
  description: The roles in the order of O(roles), each as RV(role).
  returned: when O(roles) is given
  type: list
  elements: dict
  sample: [{role_name: log-shipper, role_id: "300000000000000001", actions: []}]
# shared: account
account_id:
  description: ID of the account that all this is in.
  returned: success
  type: str
  sample: "1234567890123456"
# end of shared: account
# shared: problems
problems:
  description: Each reason why nothing was done; C(msg) tells the first two.
  returned: when there are several, such as bad descriptions, or things that can't be deleted
  type: list
  elements: str
  sample: ["name of user 'slb api' must be 1 to 64 letters, digits, '.', '-' or '_', not 'slb api'"]
# end of shared: problems
# shared: stats
stats:
  description: What the task came to, in numbers.
  returned: unless nothing could be decided
  type: dict
  contains:
    created:
      description: How many were created.
      returned: always
      type: int
    changed:
      description: How many were there and are different now.
      returned: always
      type: int
    removed:
      description: How many were removed.
      returned: always
      type: int
    unchanged:
      description: How many were as wanted.
      returned: always
      type: int
    failed:
      description: How many are not as wanted.
      returned: always
      type: int
    api_calls:
      description: Requests that were sent to the cloud.
      returned: always
      type: int
    retries:
      description: How many of the requests repeated one before.
      returned: always
      type: int
    seconds:
      description: How long it took, without the start of Ansible.
      returned: always
      type: float
  sample:
    created: 2
    changed: 0
    removed: 0
    unchanged: 40
    failed: 0
    api_calls: 48
    retries: 0
    seconds: 1.7
# end of shared: stats
# shared: refusal
code:
  description: The API's code of the error.
  returned: when the API refused
  type: str
  sample: NoPermission
request_id:
  description: ID of the refused request, for Alibaba Cloud's support.
  returned: when the API refused
  type: str
  sample: 04F0F334-1335-436C-A1D7-6C044FE73368
# end of shared: refusal
"""

import typing as t
from functools import partial

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.role_plan import plan_roles
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.module import run_module
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.task import (
    Declaration,
    converge,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.wanted import (
    TAGS_SPEC,
    one_or_many,
    set_spec,
    spec_of_many,
    wanted_items,
)

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.client import Client
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.role import Role
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.plan import Plan
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.task import Task

ROLE_OPTIONS: dict[str, dict[str, t.Any]] = {
    "name": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "trust_policy": {"type": "raw"},
    "description": {"type": "str"},
    "max_session_duration": {"type": "int"},
    "allow_console_login": {"type": "bool"},
    **set_spec("policies", "raw"),
    **TAGS_SPEC,
    "force": {"type": "bool", "default": False},
}

ARGUMENT_SPEC = {
    **spec_of_many("roles", ROLE_OPTIONS),
    "new_policies": {"type": "list", "elements": "str", "default": []},
}


def plan_wanted_roles(
    client: Client, params: dict[str, t.Any], new_policies: Sequence[str]
) -> list[Plan[Role]]:
    """Plan the role of the task, or each of its list; what that leaves out comes from the task."""
    wanted = wanted_items(params, "roles", ROLE_OPTIONS)
    return plan_roles(client, wanted, params["concurrency"], new_policies)


def run(task: Task) -> dict[str, t.Any]:
    """Make the roles be as described."""
    many = task.params["roles"] is not None
    new_policies = task.params["new_policies"] if task.is_check else ()
    plan_all = partial(plan_wanted_roles, new_policies=new_policies)
    return converge(task, plan_all, singular="role", plural="roles", many=many)


DECLARATION = Declaration(ARGUMENT_SPEC, run, **one_or_many("roles", ROLE_OPTIONS))


def main() -> None:
    """Run the module."""
    run_module(DECLARATION)


if __name__ == "__main__":
    main()

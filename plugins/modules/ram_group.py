#!/usr/bin/python
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ram_group
short_description: Manage user groups of Alibaba Cloud RAM
version_added: 0.2.0
description:
  - Makes user groups be as described, with their members and policies; one by O(name), or many in
    one call by O(groups).
  - An option that is left out is left alone; an empty string clears the comments.
  - Everything that can be checked is checked for all groups before the first of them is changed.
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
      - Whether the API clears the comments of a group is not documented. If it keeps them, that is
        not reported as a change, but it is tried on each run, with a warning.
options:
  name:
    description:
      - Name of the group, 1 to 64 letters, digits, C(.), C(-) or C(_).
      - Exactly one of O(name) and O(groups) is needed.
    type: str
  groups:
    description:
      - Groups to manage in one call. What an element leaves out is taken from the option of the
        same name of the task.
      - No name may stand there twice, as O(groups[].name) or O(groups[].new_name). Names that
        differ only in case count as one, because the API may take them for one.
      - An empty list does nothing.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the group.
        type: str
        required: true
      state:
        description: See O(state).
        type: str
        choices: [present, absent]
      new_name:
        description: See O(new_name).
        type: str
      comments:
        description: See O(comments).
        type: str
      users:
        description: See O(users).
        type: list
        elements: str
      remove_users:
        description: See O(remove_users).
        type: list
        elements: str
      purge_users:
        description: See O(purge_users).
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
      force:
        description: See O(force).
        type: bool
  state:
    description: Whether the group exists.
    type: str
    choices: [present, absent]
    default: present
  new_name:
    description:
      - Rename the group to this. A group that has this name already, while none is called O(name),
        counts as renamed. Members and policies stay.
      - If neither name exists, the group is created under the new one.
    type: str
  comments:
    description: A remark, at most 128 characters.
    type: str
  users:
    description: Users that are members of the group. They must exist.
    type: list
    elements: str
  remove_users:
    description: Users that leave the group. They must exist; other members stay.
    type: list
    elements: str
  purge_users:
    description: Whether members that O(users) does not list leave. Without O(users), none does.
    type: bool
    default: false
  policies:
    description:
      - Policies attached to the group, each a name, or a mapping with C(name) and C(type)
        (V(System) or V(Custom)).
      - A bare name is looked up. One that exists as both must say its type.
    type: list
    elements: raw
  remove_policies:
    description: Policies that are detached from the group, as in O(policies). Others stay.
    type: list
    elements: raw
  purge_policies:
    description:
      - Whether policies that O(policies) does not list are detached. Without O(policies), none is.
    type: bool
    default: false
  force:
    description:
      - With O(state=absent), take out the members and detach the policies first. Without it,
        deleting a group that has any fails with a list of these.
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
  - The user that signs the run, or whose key assumed the role that does, never leaves a group, and
    no group of that user is deleted or loses a policy, O(force) or not.
seealso:
  - module: keysmith.alibabacloud.ram_group_info
  - module: keysmith.alibabacloud.ram_user
"""

EXAMPLES = r"""
- name: A group that reads load balancers, with one member more
  keysmith.alibabacloud.ram_group:
    name: slb-readers
    comments: Read load balancers
    policies: [AliyunSLBReadOnlyAccess]
    users: [slb-api]

- name: Exactly these members and no others
  keysmith.alibabacloud.ram_group:
    name: slb-readers
    users: [slb-api]
    purge_users: true

- name: One member leaves, the others stay
  keysmith.alibabacloud.ram_group:
    name: slb-readers
    remove_users: [slb-api]

- name: Rename a group
  keysmith.alibabacloud.ram_group:
    name: slb-readers
    new_name: slb-viewers

- name: Delete a group with its memberships and attachments
  keysmith.alibabacloud.ram_group:
    name: slb-viewers
    state: absent
    force: true
"""

RETURN = r"""
group:
  description:
    - The group as it is now, or as it was if it is gone; in check mode as it would be.
    - Of a group that was to be gone and did not exist there are only C(group_name) and C(actions).
  returned: when O(name) is given
  type: dict
  contains:
    group_name:
      description: Name of the group.
      returned: always
      type: str
      sample: slb-readers
    group_id:
      description: ID of the group; null in check mode for a group that would be created.
      returned: always
      type: str
      sample: g-FpMEHiMysofp5EXA
    comments:
      description: Remark, empty if there is none.
      returned: always
      type: str
      sample: Read load balancers
    create_date:
      description: When the group was created, in UTC; null in check mode for one that would be.
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
      returned: when O(users) or O(remove_users) is given
      type: list
      elements: str
      sample: [slb-api]
    policies:
      description: Policies attached to the group.
      returned: when O(policies) or O(remove_policies) is given
      type: list
      elements: dict
      sample: [{name: AliyunSLBReadOnlyAccess, type: System}]
    actions:
      description: What was done, or would be done in check mode.
      returned: always
      type: list
      elements: str
      sample: [create group slb-readers, add user slb-api to group slb-readers]
    error:
      description: Why the group is not as shown here. What RV(group.actions) lists was done before.
      returned: when the task failed at this group
      type: str
      sample: "Cannot add user slb-api to group slb-readers: ..."
groups:
  description: The groups in the order of O(groups), each as RV(group).
  returned: when O(groups) is given
  type: list
  elements: dict
  sample: [{group_name: slb-readers, group_id: g-FpMEHiMysofp5EXA, actions: []}]
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

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.group_plan import (
    plan_groups,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.module import run_module
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.task import (
    Declaration,
    converge,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.wanted import (
    one_or_many,
    set_spec,
    spec_of_many,
    wanted_items,
)

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.client import Client
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.group import Group
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.plan import Plan
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.task import Task

GROUP_OPTIONS: dict[str, dict[str, t.Any]] = {
    "name": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "new_name": {"type": "str"},
    "comments": {"type": "str"},
    **set_spec("users"),
    **set_spec("policies", "raw"),
    "force": {"type": "bool", "default": False},
}

ARGUMENT_SPEC = {
    **spec_of_many("groups", GROUP_OPTIONS),
    "new_policies": {"type": "list", "elements": "str", "default": []},
}


def plan_wanted_groups(
    client: Client, params: dict[str, t.Any], new_policies: Sequence[str]
) -> list[Plan[Group]]:
    """Plan the group of the task, or each of its list; what that leaves out comes from the task."""
    wanted = wanted_items(params, "groups", GROUP_OPTIONS)
    return plan_groups(client, wanted, params["concurrency"], new_policies)


def run(task: Task) -> dict[str, t.Any]:
    """Make the groups be as described."""
    many = task.params["groups"] is not None
    new_policies = task.params["new_policies"] if task.is_check else ()
    plan_all = partial(plan_wanted_groups, new_policies=new_policies)
    return converge(task, plan_all, singular="group", plural="groups", many=many)


DECLARATION = Declaration(ARGUMENT_SPEC, run, **one_or_many("groups", GROUP_OPTIONS))


def main() -> None:
    """Run the module."""
    run_module(DECLARATION)


if __name__ == "__main__":
    main()

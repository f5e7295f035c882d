#!/usr/bin/python
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ram_policy
short_description: Manage custom policies of Alibaba Cloud RAM
version_added: 0.2.0
description:
  - Makes custom policies be as described; one by O(name), or many in one call by O(policies).
  - An option that is left out is left alone; an empty string clears the description.
  - Documents are compared by what they mean with the version that is in force. The order of
    statements and of lists does not matter, nor whether a single text stands in a list, nor whether
    YAML made a number or a boolean of a text. A missing C(Version) is V(1), and an empty
    C(Condition) is none.
  - If another version of the policy already says what is wanted, that becomes the default version.
    Else a new version does.
  - Everything that can be checked is checked for all policies before the first of them is changed.
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
      - Whether the API clears the description of a policy is not documented. If it keeps it, that
        is not reported as a change, but it is tried on each run, with a warning.
options:
  name:
    description:
      - Name of the policy, 1 to 128 letters, digits or hyphens. RAM can't rename policies.
      - Exactly one of O(name) and O(policies) is needed.
    type: str
  policies:
    description:
      - Policies to manage in one call. What an element leaves out is taken from the option of the
        same name of the task.
      - If one fails, the others are still done, and the task fails in the end.
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
      document:
        description: See O(document).
        type: raw
      description:
        description: See O(description).
        type: str
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
      rotate_strategy:
        description: See O(rotate_strategy).
        type: str
        choices: [none, delete_oldest_non_default_version]
      force:
        description: See O(force).
        type: bool
  state:
    description: Whether the policy exists.
    type: str
    choices: [present, absent]
    default: present
  document:
    description:
      - What the policy allows and denies, as a mapping or as JSON text. Needed to create a policy.
      - At most 6144 characters, counted without any space that JSON can do without.
      - A document that allows everything is warned about, and so is a change of what this run
        itself signs by.
    type: raw
  description:
    description: What the policy is for, at most 1024 characters.
    type: str
  tags:
    description:
      - Tags that the policy has, by their keys. Other tags stay, unless O(purge_tags) says
        otherwise.
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
  rotate_strategy:
    description:
      - What to do if the policy needs a new version and already has as many as RAM keeps, which is
        five.
      - With V(none) the task fails and names them. With V(delete_oldest_non_default_version) RAM
        deletes the oldest version that is not in force.
    type: str
    choices: [none, delete_oldest_non_default_version]
    default: none
  force:
    description:
      - With O(state=absent), detach the policy from all users, groups and roles first. Without it,
        deleting a policy that is attached fails with a list of these.
      - Versions belong to the policy and go with it in any case. Attachments within a resource
        group are left alone, so that deleting a policy with such ones fails.
    type: bool
    default: false
  concurrency:
    description: How many requests are in flight at most.
    type: int
    default: 16
notes:
  - Alibaba Cloud's own policies, of type V(System), are read only. A task that would change or
    delete one fails.
  - A policy is not deleted if the user or role that signs the run has it, itself or by a group,
    O(force) or not.
  - Policies are attached by M(keysmith.alibabacloud.ram_group), M(keysmith.alibabacloud.ram_role)
    and M(keysmith.alibabacloud.ram_user).
seealso:
  - module: keysmith.alibabacloud.ram_policy_info
  - module: keysmith.alibabacloud.ram_group
"""

EXAMPLES = r"""
- name: A policy, written as YAML
  keysmith.alibabacloud.ram_policy:
    name: logs-reader
    description: Read the logs of the shop
    document:
      Statement:
        - Effect: Allow
          Action: ["log:Get*", "log:List*"]
          Resource: acs:log:*:*:project/shop/*
    tags:
      team: shop

- name: Policies from files, which may be templates
  keysmith.alibabacloud.ram_policy:
    rotate_strategy: delete_oldest_non_default_version
    policies:
      - name: logs-reader
        document: "{{ lookup('ansible.builtin.file', 'policies/logs-reader.json') }}"
      - name: logs-writer
        document: "{{ lookup('ansible.builtin.template', 'policies/logs-writer.json.j2') }}"

- name: Delete a policy that is attached to something
  keysmith.alibabacloud.ram_policy:
    name: logs-reader
    state: absent
    force: true
"""

RETURN = r"""
policy:
  description:
    - The policy as it is now, or as it was if it is gone; in check mode as it would be.
    - Of a policy that was to be gone and did not exist there are only C(policy_name) and
      C(actions).
  returned: when O(name) is given
  type: dict
  contains:
    policy_name:
      description: Name of the policy.
      returned: always
      type: str
      sample: logs-reader
    policy_type:
      description: V(Custom), or V(System) for one of Alibaba Cloud's own.
      returned: unless the policy neither is nor was there
      type: str
      sample: Custom
    description:
      description: Description, empty if there is none.
      returned: unless the policy neither is nor was there
      type: str
      sample: Read the logs of the shop
    default_version:
      description: ID of the version that is in force; null in check mode for one that would be
        created.
      returned: unless the policy neither is nor was there
      type: str
      sample: v1
    attachment_count:
      description: To how many users, groups and roles the policy was attached before the task, also
        within resource groups.
      returned: unless the policy neither is nor was there
      type: int
      sample: 1
    create_date:
      description: When the policy was created, in UTC; null in check mode for one that would be.
      returned: unless the policy neither is nor was there
      type: str
      sample: "2026-01-02T03:04:05Z"
    update_date:
      description: When the policy was last changed, in UTC; null if that is not known.
      returned: unless the policy neither is nor was there
      type: str
      sample: "2026-01-02T03:04:05Z"
    document:
      description: What is in force, in one form. Each element that may be a list is a sorted one.
      returned: unless the policy neither is nor was there
      type: dict
      sample:
        Version: "1"
        Statement: [{Effect: Allow, Action: ["log:Get*", "log:List*"], Resource: ["*"]}]
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
      sample: [create policy logs-reader]
    error:
      description: Why the policy is not as shown here. What RV(policy.actions) lists was done
        before.
      returned: when the task failed at this policy
      type: str
      sample: "Cannot create policy logs-reader: ..."
policies:
  description: The policies in the order of O(policies), each as RV(policy).
  returned: when O(policies) is given
  type: list
  elements: dict
  sample: [{policy_name: logs-reader, policy_type: Custom, actions: []}]
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

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.policy_plan import (
    plan_policies,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.module import run_module
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.task import (
    Declaration,
    converge,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.wanted import (
    TAGS_SPEC,
    one_or_many,
    spec_of_many,
    wanted_items,
)

if t.TYPE_CHECKING:
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.client import Client
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.managed_policy import (
        ManagedPolicy,
    )
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.plan import Plan
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.task import Task

POLICY_OPTIONS: dict[str, dict[str, t.Any]] = {
    "name": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "document": {"type": "raw"},
    "description": {"type": "str"},
    **TAGS_SPEC,
    "rotate_strategy": {
        "type": "str",
        "choices": ["none", "delete_oldest_non_default_version"],
        "default": "none",
    },
    "force": {"type": "bool", "default": False},
}

ARGUMENT_SPEC = spec_of_many("policies", POLICY_OPTIONS)


def plan_wanted_policies(client: Client, params: dict[str, t.Any]) -> list[Plan[ManagedPolicy]]:
    """Plan the policy of the task, or each of its list, completed from the task."""
    wanted = wanted_items(params, "policies", POLICY_OPTIONS)
    return plan_policies(client, wanted, params["concurrency"])


def run(task: Task) -> dict[str, t.Any]:
    """Make the policies be as described."""
    many = task.params["policies"] is not None
    return converge(task, plan_wanted_policies, singular="policy", plural="policies", many=many)


DECLARATION = Declaration(ARGUMENT_SPEC, run, **one_or_many("policies", POLICY_OPTIONS))


def main() -> None:
    """Run the module."""
    run_module(DECLARATION)


if __name__ == "__main__":
    main()

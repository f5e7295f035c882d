#!/usr/bin/python
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ram_user
short_description: Manage RAM users of Alibaba Cloud
version_added: 0.1.0
description:
  - Makes RAM users be as described, with their attributes, groups, policies and tags; one by
    O(name), or many in one call by O(users).
  - An option that is left out is left alone; an empty string clears an attribute.
  - Everything that can be checked is checked for all users before the first of them is changed.
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
      - The international site takes O(email) and O(mobile_phone) and does not store them. That is
        not reported as a change, but it is tried on each run, with a warning. Check mode cannot
        know the site, so there it is a change.
options:
  name:
    description:
      - Name of the user, 1 to 64 letters, digits, C(.), C(-) or C(_).
      - Exactly one of O(name) and O(users) is needed.
    type: str
    aliases: [user_name]
  users:
    description:
      - Users to manage in one call. What an element leaves out is taken from the option of the same
        name of the task.
      - No name may stand there twice, as O(users[].name) or O(users[].new_name). Names that differ
        only in case count as one, because the API may take them for one.
      - An empty list does nothing.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the user.
        type: str
        required: true
        aliases: [user_name]
      state:
        description: See O(state).
        type: str
        choices: [present, absent]
      new_name:
        description: See O(new_name).
        type: str
      display_name:
        description: See O(display_name).
        type: str
      mobile_phone:
        description: See O(mobile_phone).
        type: str
      email:
        description: See O(email).
        type: str
      comments:
        description: See O(comments).
        type: str
      groups:
        description: See O(groups).
        type: list
        elements: str
      remove_groups:
        description: See O(remove_groups).
        type: list
        elements: str
      purge_groups:
        description: See O(purge_groups).
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
    description: Whether the user exists.
    type: str
    choices: [present, absent]
    default: present
  new_name:
    description:
      - Rename the user to this. A user that has this name already, while none is called O(name),
        counts as renamed.
      - If neither name exists, the user is created under the new one.
    type: str
  display_name:
    description: Display name, at most 128 characters. Which ones it may have is for the API to say.
    type: str
  mobile_phone:
    description:
      - Phone number as C(country code-number), for example V(86-18600008888).
      - Stored on the China site only.
    type: str
  email:
    description:
      - E-mail address.
      - Stored on the China site only.
    type: str
  comments:
    description: A remark, at most 128 characters.
    type: str
  groups:
    description: Groups that the user is a member of. They must exist.
    type: list
    elements: str
  remove_groups:
    description: Groups that the user leaves. They must exist; other memberships stay.
    type: list
    elements: str
    version_added: 0.2.0
  purge_groups:
    description:
      - Whether memberships that O(groups) does not list end. Without O(groups), none does.
    type: bool
    default: false
  policies:
    description:
      - Policies attached to the user itself, each a name, or a mapping with C(name) and C(type)
        (V(System) or V(Custom)).
      - A bare name is looked up. One that exists as both must say its type.
    type: list
    elements: raw
  remove_policies:
    description: Policies that are detached from the user, as in O(policies). Others stay.
    type: list
    elements: raw
    version_added: 0.2.0
  purge_policies:
    description:
      - Whether policies that O(policies) does not list are detached. Without O(policies), none is.
    type: bool
    default: false
  tags:
    description:
      - Tags of the user, keys with texts of at most 128 characters. What YAML makes of a number or
        a boolean counts as its text.
      - Tags whose keys begin with C(acs:) or C(aliyun) are the vendor's, and left alone.
    type: dict
    version_added: 0.2.0
  remove_tags:
    description: Keys of tags that are taken from the user. Others stay.
    type: list
    elements: str
    version_added: 0.2.0
  purge_tags:
    description: Whether tags that O(tags) does not have are removed. Without O(tags), none is.
    type: bool
    version_added: 0.2.0
    default: false
  force:
    description:
      - With O(state=absent), also remove what blocks the deletion. The keys go first, so that the
        user is locked out before anything else happens.
      - Without it, deleting a user that still has keys, a login profile, groups, policies or an MFA
        device fails with a list of these.
    type: bool
    default: false
  new_groups:
    description: Groups that O(groups) may name in check mode although nobody has created them yet,
      because a task before would have. Without check mode, they must exist like all others.
    type: list
    elements: str
    default: []
    version_added: 0.2.0
  new_policies:
    description: Custom policies that O(policies) may name in check mode although nobody has created
      them yet, because a task before would have. Without check mode, they must exist like all
      others.
    type: list
    elements: str
    default: []
    version_added: 0.2.0
  concurrency:
    description: How many requests are in flight at most.
    type: int
    default: 16
notes:
  - The user that signs the run, or whose key assumed the role that does, is never deleted, nor are
    groups or policies taken from it, O(force) or not.
seealso:
  - module: keysmith.alibabacloud.ram_user_info
  - module: keysmith.alibabacloud.ram_keyring
"""

EXAMPLES = r"""
- name: A user for the SLB API
  keysmith.alibabacloud.ram_user:
    name: slb-api
    display_name: slb-api
    comments: Reads load balancers for the dashboard
    policies:
      - AliyunSLBReadOnlyAccess

- name: Several users in one call
  keysmith.alibabacloud.ram_user:
    policies: [AliyunYundunHighReadOnlyAccess]
    users:
      - name: ddos-reader
      - name: ddos-admin
        policies: [AliyunYundunHighFullAccess]

- name: Exactly these policies and no others
  keysmith.alibabacloud.ram_user:
    name: slb-api
    policies:
      - name: AliyunSLBReadOnlyAccess
        type: System
    purge_policies: true

- name: A tag that says whose user this is
  keysmith.alibabacloud.ram_user:
    name: slb-api
    tags:
      team: network

- name: Rename a user
  keysmith.alibabacloud.ram_user:
    name: slb-api
    new_name: slb-reader

- name: Delete a user with all it has
  keysmith.alibabacloud.ram_user:
    name: slb-reader
    state: absent
    force: true
"""

RETURN = r"""
user:
  description:
    - The user as it is now, or as it was if it is gone; in check mode as it would be.
    - Of a user that was to be gone and did not exist there are only C(user_name) and C(actions).
  returned: when O(name) is given
  type: dict
  contains:
    user_name:
      description: Name of the user.
      returned: always
      type: str
      sample: slb-api
    user_id:
      description: ID of the user; null in check mode for a user that would be created.
      returned: always
      type: str
      sample: "216959339000000001"
    display_name:
      description: Display name.
      returned: always
      type: str
      sample: slb-api
    mobile_phone:
      description: Phone number, empty if there is none.
      returned: always
      type: str
      sample: 86-18600008888
    email:
      description: E-mail address, empty if there is none.
      returned: always
      type: str
      sample: slb@example.com
    comments:
      description: Remark, empty if there is none.
      returned: always
      type: str
      sample: Reads load balancers for the dashboard
    create_date:
      description: When the user was created, in UTC; null in check mode for one that would be.
      returned: always
      type: str
      sample: "2026-01-02T03:04:05Z"
    update_date:
      description: When the user was last changed, in UTC; null if that is not known.
      returned: always
      type: str
      sample: "2026-01-02T03:04:05Z"
    groups:
      description: Names of the groups that the user is in; with many users only those of O(groups)
        and O(remove_groups) are looked at, unless others are purged.
      returned: when O(groups) or O(remove_groups) is given
      type: list
      elements: str
      sample: [developers]
    policies:
      description: Policies attached to the user itself; with many users only those of O(policies)
        and O(remove_policies) are looked at, unless others are purged.
      returned: when O(policies) or O(remove_policies) is given
      type: list
      elements: dict
      sample: [{name: AliyunSLBReadOnlyAccess, type: System}]
    tags:
      description: Tags of the user.
      returned: when O(tags) or O(remove_tags) is given
      type: dict
      sample: {team: slb}
    actions:
      description: What was done, or would be done in check mode.
      returned: always
      type: list
      elements: str
      sample: [create user slb-api, attach policy AliyunSLBReadOnlyAccess (System) to user slb-api]
    error:
      description: Why the user is not as shown here. What RV(user.actions) lists was done before.
      returned: when the task failed at this user
      type: str
      sample: "Cannot attach policy AliyunSLBReadOnlyAccess (System) to user slb-api: ..."
users:
  description: The users in the order of O(users), each as RV(user).
  returned: when O(users) is given
  type: list
  elements: dict
  sample: [{user_name: slb-api, user_id: "216959339000000001", actions: []}]
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

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.user_plan import plan_users
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
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.user import User
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.plan import Plan
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.task import Task

USER_OPTIONS: dict[str, dict[str, t.Any]] = {
    "name": {"type": "str", "aliases": ["user_name"]},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "new_name": {"type": "str"},
    "display_name": {"type": "str"},
    "mobile_phone": {"type": "str"},
    "email": {"type": "str"},
    "comments": {"type": "str"},
    **set_spec("groups"),
    **set_spec("policies", "raw"),
    **TAGS_SPEC,
    "force": {"type": "bool", "default": False},
}

ARGUMENT_SPEC = {
    **spec_of_many("users", USER_OPTIONS),
    "new_groups": {"type": "list", "elements": "str", "default": []},
    "new_policies": {"type": "list", "elements": "str", "default": []},
}


def plan_wanted_users(
    client: Client,
    params: dict[str, t.Any],
    *,
    new_groups: Sequence[str],
    new_policies: Sequence[str],
) -> list[Plan[User]]:
    """Plan the user of the task, or each of its list; what that leaves out comes from the task."""
    wanted = wanted_items(params, "users", USER_OPTIONS)
    return plan_users(client, wanted, params["concurrency"], new_groups, new_policies)


def run(task: Task) -> dict[str, t.Any]:
    """Make the users be as described."""
    many = task.params["users"] is not None
    names = ("new_groups", "new_policies")
    new = {name: task.params[name] if task.is_check else [] for name in names}
    plan_all = partial(plan_wanted_users, **new)
    return converge(task, plan_all, singular="user", plural="users", many=many)


DECLARATION = Declaration(ARGUMENT_SPEC, run, **one_or_many("users", USER_OPTIONS))


def main() -> None:
    """Run the module."""
    run_module(DECLARATION)


if __name__ == "__main__":
    main()

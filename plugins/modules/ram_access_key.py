#!/usr/bin/python
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ram_access_key
short_description: Manage AccessKeys of RAM users of Alibaba Cloud
version_added: 0.1.0
description:
  - Makes an AccessKey exist, be active, be inactive or be gone.
  - The secret of a key is returned once, when the key is created; no later call can read it. To
    have keys stored safely, use M(keysmith.alibabacloud.ram_keyring) instead.
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
      - O(force_create=true) creates one more key each time.
options:
  user_name:
    description:
      - Name of the user that the key belongs to.
      - Exactly one of O(user_name) and O(for_account=true) is needed.
    type: str
    aliases: [name]
  for_account:
    description:
      - Manage keys of the account itself, which Alibaba Cloud advises against. The run must sign
        with a key of the account.
    type: bool
    default: false
  user_access_key_id:
    description:
      - ID of the key to manage. (O(access_key_id) is the key that signs the requests.)
      - Without it, O(state=present) is content with any key of the user and creates one only if
        there is none.
    type: str
  state:
    description:
      - Whether the key exists. V(absent) needs O(user_access_key_id) or O(all=true).
    type: str
    choices: [present, absent]
    default: present
  status:
    description:
      - Whether the key can sign. If not given, that is left as it is.
      - For a user with two keys O(user_access_key_id) must say which.
    type: str
    choices: [active, inactive, Active, Inactive]
  all:
    description: With O(state=absent), delete all keys of the user.
    type: bool
    default: false
  force_create:
    description:
      - Create one more key even though the user has one. Not idempotent, so it fails once the user
        has two.
    type: bool
    default: false
  show_secret:
    description:
      - Allow the secret of a new key to be part of a result that is shown. Without it a key is
        created only by a task with C(no_log=true), because a secret that is neither shown nor kept
        is lost.
    type: bool
    default: false
notes:
  - A user has two keys at most. At that quota the module fails with a list of both and deletes
    nothing.
  - With C(async), Ansible keeps the result, a new secret included, in a file below
    C(~/.ansible_async) of the host that the task runs on, C(no_log) or not.
  - The key that signs the run, or that assumed the role that does, is neither disabled nor deleted.
  - When the answer to the creation of a key is lost, so is its secret. The module then fails and
    names the key that nobody may hold the secret of. It touches none, as somebody else may have
    made it. M(keysmith.alibabacloud.ram_keyring) follows such keys up.
seealso:
  - module: keysmith.alibabacloud.ram_access_key_info
  - module: keysmith.alibabacloud.ram_keyring
"""

EXAMPLES = r"""
- name: Create a key if the user has none, and keep its secret out of all output
  keysmith.alibabacloud.ram_access_key:
    user_name: slb-api
  no_log: true
  register: slb_key

- name: Disable a key
  keysmith.alibabacloud.ram_access_key:
    user_name: legacy-api
    user_access_key_id: LTAI5tEXAMPLEEXAMPLE0002
    status: inactive

- name: Delete a key
  keysmith.alibabacloud.ram_access_key:
    user_name: legacy-api
    user_access_key_id: LTAI5tEXAMPLEEXAMPLE0002
    state: absent

- name: Delete all keys of a user
  keysmith.alibabacloud.ram_access_key:
    user_name: slb-api
    state: absent
    all: true
"""

RETURN = r"""
access_key:
  description:
    - The key as it is now, or as it was if it is gone; in check mode as it would be.
    - Of a key that was to be gone and did not exist there are only C(user_name), C(access_key_id)
      and C(actions).
  returned: unless O(all=true)
  type: dict
  contains:
    user_name:
      description: Name of the user that the key belongs to; null for a key of the account.
      returned: always
      type: str
      sample: slb-api
    access_key_id:
      description: ID of the key; null in check mode for a key that would be created.
      returned: always
      type: str
      sample: LTAI5tEXAMPLEEXAMPLE0001
    access_key_secret:
      description: Secret of the key.
      returned: when the key was created by this task
      type: str
      sample: EXAMPLEexampleEXAMPLEexample01
    status:
      description: Whether the key can sign, V(Active) or V(Inactive).
      returned: always
      type: str
      sample: Active
    create_date:
      description: When the key was created, in UTC; null in check mode for one that would be.
      returned: always
      type: str
      sample: "2026-01-02T03:04:05Z"
    actions:
      description: What was done, or would be done in check mode.
      returned: always
      type: list
      elements: str
      sample: [create AccessKey for user slb-api]
    error:
      description:
        - Why the key is not as it should be. What RV(access_key.actions) lists was done before.
      returned: when the task failed at this key
      type: str
      sample: "Cannot disable AccessKey LTAI5tEXAMPLEEXAMPLE0001 of user slb-api: ..."
access_keys:
  description: The keys that were deleted, each as RV(access_key).
  returned: when O(all=true)
  type: list
  elements: dict
  sample:
    - access_key_id: LTAI5tEXAMPLEEXAMPLE0001
      actions: [delete AccessKey LTAI5tEXAMPLEEXAMPLE0001 of user slb-api]
      create_date: "2026-01-02T03:04:05Z"
      status: Active
      user_name: slb-api
# shared: account
account_id:
  description: ID of the account that all this is in.
  returned: success
  type: str
  sample: "1234567890123456"
# end of shared: account
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

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.access_key_plan import (
    plan_access_keys,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.module import run_module
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.task import (
    Declaration,
    converge,
)

if t.TYPE_CHECKING:
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.task import Task

ARGUMENT_SPEC: dict[str, t.Any] = {
    "user_name": {"type": "str", "aliases": ["name"]},
    "for_account": {"type": "bool", "default": False},
    "user_access_key_id": {"type": "str", "no_log": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "status": {"type": "str", "choices": ["active", "inactive", "Active", "Inactive"]},
    "all": {"type": "bool", "default": False},
    "force_create": {"type": "bool", "default": False},
    "show_secret": {"type": "bool", "default": False, "no_log": False},
}


def run(task: Task) -> dict[str, t.Any]:
    """Make the key be as described."""
    secret_has_sink = task.has_no_log or task.params["show_secret"]
    return converge(
        task,
        partial(plan_access_keys, secret_has_sink=secret_has_sink),
        singular="access_key",
        plural="access_keys",
        many=task.params["all"],
    )


DECLARATION = Declaration(ARGUMENT_SPEC, run)


def main() -> None:
    """Run the module."""
    run_module(DECLARATION)


if __name__ == "__main__":
    main()

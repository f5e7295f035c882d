#!/usr/bin/python
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ram_login_profile
short_description: Manage how RAM users of Alibaba Cloud log on to the console
version_added: 0.2.0
description:
  - Gives RAM users a login profile, which lets them log on to the console with a password, switches
    it off and on, or takes it away; of one user by O(name), or of many in one call by
    O(login_profiles).
  - A flag that is left out is left alone.
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
      - With O(update_password=always) and a password, each run sets the password. An account whose
        password policy does not let passwords be used again refuses the same one in the next run.
options:
  name:
    description:
      - Name of the user, which must exist.
      - Exactly one of O(name) and O(login_profiles) is needed.
    type: str
    aliases: [user_name]
  login_profiles:
    description:
      - Login profiles to manage in one call. What an element leaves out is taken from the option of
        the same name of the task.
      - No name may stand there twice. Names that differ only in case count as one.
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
      password:
        description: See O(password).
        type: str
      update_password:
        description: See O(update_password).
        type: str
        choices: [on_create, always]
      password_reset_required:
        description: See O(password_reset_required).
        type: bool
      mfa_bind_required:
        description: See O(mfa_bind_required).
        type: bool
      status:
        description: See O(status).
        type: str
        choices: [active, inactive, Active, Inactive]
  state:
    description: Whether the user has a login profile. It goes with its password.
    type: str
    choices: [present, absent]
    default: present
  password:
    description:
      - The password. It is needed to make a login profile, must meet the account's password policy,
        and is never returned, shown or sent in an address.
    type: str
  update_password:
    description:
      - When to set O(password). With V(on_create), that is only where there is no login profile
        yet, and a password that the user has chosen stays. With V(always), it is in each run.
    type: str
    choices: [on_create, always]
    default: on_create
  password_reset_required:
    description:
      - Whether the user has to choose another password at the next logon. In a new login profile,
        this is V(false) unless it is said.
    type: bool
  mfa_bind_required:
    description:
      - Whether the user has to bind an MFA device at the next logon, and to use it from then on. In
        a new login profile, this is V(false) unless it is said.
    type: bool
  status:
    description:
      - Whether the user can log on with the password. V(inactive) keeps the login profile and its
        password. A new login profile is active unless this is said.
    type: str
    choices: [active, inactive, Active, Inactive]
  concurrency:
    description: How many requests are in flight at most.
    type: int
    default: 16
notes:
  - All flags are sent with each change, those that the task leaves out as they were just read, so
    that none goes back to a default.
  - If another run makes the login profile at the same time, its password stays with
    O(update_password=on_create).
seealso:
  - module: keysmith.alibabacloud.ram_login_profile_info
  - module: keysmith.alibabacloud.ram_password_policy
  - module: keysmith.alibabacloud.ram_user
"""

EXAMPLES = r"""
- name: A first password that the user has to replace
  keysmith.alibabacloud.ram_login_profile:
    name: ops
    password: "{{ lookup('ansible.builtin.password', '/dev/null', length=20) }}-aA7"
    password_reset_required: true
    mfa_bind_required: true

- name: Ready for two people, and not switched on yet
  keysmith.alibabacloud.ram_login_profile:
    status: inactive
    password: "{{ lookup('ansible.builtin.password', '/dev/null', length=20) }}-aA7"
    login_profiles:
      - name: ops
      - name: reader

- name: No console for a user of the API
  keysmith.alibabacloud.ram_login_profile:
    name: slb-api
    state: absent
"""

RETURN = r"""
login_profile:
  description:
    - The login profile as it is now, or as it was if it is gone; in check mode as it would be.
    - Of one that was to be gone and did not exist there are only C(user_name) and C(actions).
  returned: when O(name) is given
  type: dict
  contains:
    user_name:
      description: Name of the user.
      returned: always
      type: str
      sample: ops
    user_principal_name:
      description: The name that the user logs on with.
      returned: always
      type: str
      sample: ops@acme.onaliyun.com
    status:
      description: Whether the user can log on with the password, V(Active) or V(Inactive).
      returned: always
      type: str
      sample: Active
    password_reset_required:
      description: Whether the user has to choose another password at the next logon.
      returned: always
      type: bool
      sample: true
    mfa_bind_required:
      description: Whether the user needs an MFA device.
      returned: always
      type: bool
      sample: true
    password_status:
      description:
        - Whether the password was set for the user and not changed since (V(InitialValid)), is too
          old for that by now (V(InitialExpired)), or is the user's own (V(NotInitial)).
        - Null in check mode for a password that would be set, and where the API does not tell.
      returned: always
      type: str
      sample: InitialValid
    last_login_date:
      description: When the user last logged on, in UTC; null if that is not known.
      returned: always
      type: str
      sample: "2026-01-02T03:04:05Z"
    update_date:
      description: When the login profile was last changed, in UTC; null in check mode for one that
        would be created.
      returned: always
      type: str
      sample: "2026-01-02T03:04:05Z"
    actions:
      description: What was done, or would be done in check mode.
      returned: always
      type: list
      elements: str
      sample: [create login profile of user ops]
    error:
      description: Why the login profile is not as shown here.
      returned: when the task failed at this user
      type: str
      sample: "Cannot create login profile of user ops: ..."
login_profiles:
  description: The login profiles in the order of O(login_profiles), each as RV(login_profile).
  returned: when O(login_profiles) is given
  type: list
  elements: dict
  sample: [{user_name: ops, status: Active, actions: [create login profile of user ops]}]
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

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.login_profile_plan import (
    plan_login_profiles,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.module import run_module
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.task import (
    Declaration,
    converge,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.wanted import (
    one_or_many,
    spec_of_many,
    wanted_items,
)

if t.TYPE_CHECKING:
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.client import Client
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.login_profile import (
        LoginProfile,
    )
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.plan import Plan
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.task import Task

LOGIN_PROFILE_OPTIONS: dict[str, dict[str, t.Any]] = {
    "name": {"type": "str", "aliases": ["user_name"]},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "password": {"type": "str", "no_log": True},
    "update_password": {
        "type": "str",
        "choices": ["on_create", "always"],
        "default": "on_create",
        "no_log": False,
    },
    "password_reset_required": {"type": "bool", "no_log": False},
    "mfa_bind_required": {"type": "bool"},
    "status": {"type": "str", "choices": ["active", "inactive", "Active", "Inactive"]},
}

ARGUMENT_SPEC = spec_of_many("login_profiles", LOGIN_PROFILE_OPTIONS)


def plan_wanted(client: Client, params: dict[str, t.Any]) -> list[Plan[LoginProfile]]:
    """Plan the login profile of the task, or each of its list, completed from the task."""
    wanted = wanted_items(params, "login_profiles", LOGIN_PROFILE_OPTIONS)
    return plan_login_profiles(client, wanted, params["concurrency"])


def run(task: Task) -> dict[str, t.Any]:
    """Make the login profiles be as described."""
    many = task.params["login_profiles"] is not None
    names = {"singular": "login_profile", "plural": "login_profiles"}
    return converge(task, plan_wanted, **names, many=many)


DECLARATION = Declaration(
    ARGUMENT_SPEC, run, **one_or_many("login_profiles", LOGIN_PROFILE_OPTIONS)
)


def main() -> None:
    """Run the module."""
    run_module(DECLARATION)


if __name__ == "__main__":
    main()

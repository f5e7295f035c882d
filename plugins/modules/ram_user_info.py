#!/usr/bin/python
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ram_user_info
short_description: Read RAM users of Alibaba Cloud
version_added: 0.1.0
description:
  - Returns one, some or all RAM users of the account, on request with their groups, policies, keys,
    console login and MFA device.
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
    description: Name of the user to read.
    type: str
    aliases: [user_name]
  names:
    description: Names of the users to read. With neither this nor O(name), all users are read.
    type: list
    elements: str
    aliases: [user_names]
  include:
    description: What to read about each user besides its attributes. Each costs one request a user,
      V(access_keys) one more a key, and V(tags) one for each fifty users.
    type: list
    elements: str
    choices: [groups, policies, access_keys, login_profile, mfa, tags]
    default: []
  concurrency:
    description: How many requests are in flight at most.
    type: int
    default: 16
seealso:
  - module: keysmith.alibabacloud.ram_user
"""

EXAMPLES = r"""
- name: All users
  keysmith.alibabacloud.ram_user_info:
  register: all_users

- name: Two users with all that could let them in
  keysmith.alibabacloud.ram_user_info:
    names: [slb-api, ddos-admin]
    include: [policies, groups, access_keys, login_profile, mfa]
"""

RETURN = r"""
users:
  description: The users that exist, in the order asked for, or in the API's order if all are read.
  returned: success
  type: list
  elements: dict
  contains:
    user_name:
      description: Name of the user.
      returned: always
      type: str
      sample: slb-api
    user_id:
      description: ID of the user.
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
      description: When the user was created, in UTC.
      returned: always
      type: str
      sample: "2026-01-02T03:04:05Z"
    update_date:
      description: When the user was last changed, in UTC; null if that is not known.
      returned: always
      type: str
      sample: "2026-01-02T03:04:05Z"
    groups:
      description: Names of the groups that the user is in.
      returned: when O(include) has V(groups)
      type: list
      elements: str
      sample: [developers]
    policies:
      description: Policies attached to the user itself.
      returned: when O(include) has V(policies)
      type: list
      elements: dict
      sample: [{name: AliyunSLBReadOnlyAccess, type: System}]
    access_keys:
      description: Keys of the user, never with a secret.
      returned: when O(include) has V(access_keys)
      type: list
      elements: dict
      sample:
        - access_key_id: LTAI5tEXAMPLEEXAMPLE0001
          create_date: "2026-01-02T03:04:05Z"
          last_used_date: null
          status: Active
          user_name: slb-api
    login_profile:
      description: Console login of the user; null if it has none.
      returned: when O(include) has V(login_profile)
      type: dict
      sample:
        create_date: "2026-01-02T03:04:05Z"
        mfa_bind_required: true
        password_reset_required: false
    mfa:
      description: MFA device of the user; null if it has none.
      returned: when O(include) has V(mfa)
      type: dict
      sample: {serial_number: "acs:ram::1234567890123456:mfa/slb-api", type: VMFA}
    tags:
      description: Tags of the user.
      returned: when O(include) has V(tags)
      type: dict
      sample: {team: slb}
# shared: account
account_id:
  description: ID of the account that all this is in.
  returned: success
  type: str
  sample: "1234567890123456"
# end of shared: account
"""

import typing as t

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.facts import (
    ASPECTS,
    read_facts,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.names import (
    refuse_bad_names,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.user import UserApi
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
    "name": {"type": "str", "aliases": ["user_name"]},
    "names": {"type": "list", "elements": "str", "aliases": ["user_names"]},
    "include": {"type": "list", "elements": "str", "choices": list(ASPECTS), "default": []},
    "concurrency": {"type": "int", "default": 16},
}


def read_users(client: Client, params: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """Return the users asked for, with what is to be included."""
    api = UserApi(client)
    names = wanted_names(params, "name", "names")
    if names is None:
        users = api.list_all()
    else:
        refuse_bad_names(names)
        known = api.find_many(names)
        users = [known[name] for name in names if name in known]
    facts = read_facts(client, users, params["include"], params["concurrency"])
    return [user.as_result() for user in facts]


def run(task: Task) -> dict[str, t.Any]:
    """Read the users."""
    return inform(task, read_users, plural="users")


DECLARATION = Declaration(ARGUMENT_SPEC, run, mutually_exclusive=[("name", "names")])


def main() -> None:
    """Run the module."""
    run_module(DECLARATION)


if __name__ == "__main__":
    main()

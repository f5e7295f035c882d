#!/usr/bin/python
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ram_login_profile_info
short_description: Read how RAM users of Alibaba Cloud log on to the console
version_added: 0.2.0
description:
  - Returns the login profiles of one, some or all RAM users of the account, never a password.
  - A user that does not exist or has no login profile is left out and is no error.
author:
  - Keysmith maintainers (@keysmith)
extends_documentation_fragment:
  - keysmith.alibabacloud._connection
  - keysmith.alibabacloud._attributes
  - keysmith.alibabacloud._attributes.info
  - keysmith.alibabacloud._attributes.action_group
options:
  name:
    description: Name of the user whose login profile to read.
    type: str
    aliases: [user_name]
  names:
    description: Names of the users whose login profiles to read. With neither this nor O(name),
      those of all users are read. Each user costs one request.
    type: list
    elements: str
    aliases: [user_names]
  concurrency:
    description: How many requests are in flight at most.
    type: int
    default: 16
seealso:
  - module: keysmith.alibabacloud.ram_login_profile
  - module: keysmith.alibabacloud.ram_user_info
"""

EXAMPLES = r"""
- name: Everybody who may log on to the console
  keysmith.alibabacloud.ram_login_profile_info:
  register: found

- name: Their logon names
  ansible.builtin.debug:
    msg: "{{ found.login_profiles | map(attribute='user_principal_name') }}"
"""

RETURN = r"""
login_profiles:
  description: The login profiles that exist, in the order asked for, or in the API's order of users
    if all are read.
  returned: success
  type: list
  elements: dict
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
      description: Whether the password was set for the user and not changed since
        (V(InitialValid)), is too old for that by now (V(InitialExpired)), or is the user's own
        (V(NotInitial)); null where the API does not tell.
      returned: always
      type: str
      sample: InitialValid
    last_login_date:
      description: When the user last logged on, in UTC; null if that is not known.
      returned: always
      type: str
      sample: "2026-01-02T03:04:05Z"
    update_date:
      description: When the login profile was last changed, in UTC.
      returned: always
      type: str
      sample: "2026-01-02T03:04:05Z"
# shared: account
account_id:
  description: ID of the account that all this is in.
  returned: success
  type: str
  sample: "1234567890123456"
# end of shared: account
"""

import typing as t

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.login_profile import (
    read_login_profiles,
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
    "concurrency": {"type": "int", "default": 16},
}


def read_wanted(client: Client, params: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """Return the login profiles asked for."""
    names = wanted_names(params, "name", "names")
    if names is None:
        names = [user.user_name for user in UserApi(client).list_all()]
    else:
        refuse_bad_names(names)
    found = read_login_profiles(client, names, params["concurrency"])
    return [profile.as_result() for profile in found]


def run(task: Task) -> dict[str, t.Any]:
    """Read the login profiles."""
    return inform(task, read_wanted, plural="login_profiles")


DECLARATION = Declaration(ARGUMENT_SPEC, run, mutually_exclusive=[("name", "names")])


def main() -> None:
    """Run the module."""
    run_module(DECLARATION)


if __name__ == "__main__":
    main()

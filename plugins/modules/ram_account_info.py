#!/usr/bin/python
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ram_account_info
short_description: Read what an Alibaba Cloud account has one of
version_added: 0.2.0
description:
  - Returns the alias and the default domain of the account, how much it holds and may hold, its
    password policy and its security preference.
author:
  - Keysmith maintainers (@keysmith)
extends_documentation_fragment:
  - keysmith.alibabacloud._connection
  - keysmith.alibabacloud._attributes
  - keysmith.alibabacloud._attributes.info
  - keysmith.alibabacloud._attributes.action_group
options:
  include:
    description: What to read, in one request each. Left out, it is everything.
    type: list
    elements: str
    choices: [alias, default_domain, summary, password_policy, security_preference]
    default: [alias, default_domain, summary, password_policy, security_preference]
seealso:
  - module: keysmith.alibabacloud.ram_account_alias
  - module: keysmith.alibabacloud.ram_password_policy
  - module: keysmith.alibabacloud.ram_security_preference
"""

EXAMPLES = r"""
- name: All there is to know of the account
  keysmith.alibabacloud.ram_account_info:
  register: found

- name: There is room for ten users more
  keysmith.alibabacloud.ram_account_info:
    include: [summary]
  register: found
  failed_when: found.account.summary.users + 10 > found.account.summary.users_quota
"""

RETURN = r"""
account:
  description: What was asked for.
  returned: success
  type: dict
  contains:
    alias:
      description: The alias, empty if there is none.
      returned: when O(include) has V(alias)
      type: str
      sample: acme
    default_domain:
      description: What the logon names of the users end with.
      returned: when O(include) has V(default_domain)
      type: str
      sample: acme.onaliyun.com
    summary:
      description: How much there is of each thing, and how much there may be. Names that end with
        C(_quota) are limits.
      returned: when O(include) has V(summary)
      type: dict
      sample: {users: 40, users_quota: 1000, groups: 5, groups_quota: 50}
    password_policy:
      description: The password policy, by the names of the options of
        M(keysmith.alibabacloud.ram_password_policy).
      returned: when O(include) has V(password_policy)
      type: dict
      sample: {minimum_password_length: 14, max_password_age: 0}
    security_preference:
      description: The security preference, by the names of the options of
        M(keysmith.alibabacloud.ram_security_preference).
      returned: when O(include) has V(security_preference)
      type: dict
      sample: {login_session_duration: 6, mfa_operation_for_login: mandatory}
# shared: account
account_id:
  description: ID of the account that all this is in.
  returned: success
  type: str
  sample: "1234567890123456"
# end of shared: account
"""

import typing as t

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.account import (
    ASPECTS,
    read_account,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.module import run_module
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.task import (
    Declaration,
    inform,
)

if t.TYPE_CHECKING:
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.task import Task

ARGUMENT_SPEC: dict[str, t.Any] = {
    "include": {
        "type": "list",
        "elements": "str",
        "choices": list(ASPECTS),
        "default": list(ASPECTS),
    },
}


def run(task: Task) -> dict[str, t.Any]:
    """Read the account."""
    return inform(
        task, lambda client, params: read_account(client, params["include"]), plural="account"
    )


DECLARATION = Declaration(ARGUMENT_SPEC, run)


def main() -> None:
    """Run the module."""
    run_module(DECLARATION)


if __name__ == "__main__":
    main()

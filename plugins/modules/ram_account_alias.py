#!/usr/bin/python
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ram_account_alias
short_description: Manage the alias of an Alibaba Cloud account
version_added: 0.2.0
description:
  - Makes the account have an alias, or none. RAM users may log on to the console at a page of that
    name, and it is part of their logon names.
author:
  - Keysmith maintainers (@keysmith)
extends_documentation_fragment:
  - keysmith.alibabacloud._connection
  - keysmith.alibabacloud._attributes
  - keysmith.alibabacloud._attributes.state
  - keysmith.alibabacloud._attributes.action_group
attributes:
  idempotent:
    support: full
options:
  account_alias:
    description:
      - The alias, 3 to 32 lower-case letters, digits or hyphens, with no hyphen at either end and
        no two in a row. No other account may have it.
      - Needed unless O(state=absent). With that, an alias that is given is cleared, and any other
        stays; without, whatever alias there is.
    type: str
  state:
    description: Whether the account has an alias.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: keysmith.alibabacloud.ram_user
"""

EXAMPLES = r"""
- name: Users log on at a page that they can remember
  keysmith.alibabacloud.ram_account_alias:
    account_alias: acme

- name: No alias
  keysmith.alibabacloud.ram_account_alias:
    state: absent
"""

RETURN = r"""
account_alias:
  description: The alias as it is now, or as it was if it is gone; in check mode as it would be.
  returned: unless nothing could be decided
  type: dict
  contains:
    account_alias:
      description: The alias, empty if there was none.
      returned: always
      type: str
      sample: acme
    actions:
      description: What was done, or would be done in check mode.
      returned: always
      type: list
      elements: str
      sample: [set account alias acme]
    error:
      description: Why the alias is not as it should be.
      returned: when it could not be changed
      type: str
      sample: "Cannot set account alias acme: ..."
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

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.account_alias import (
    plan_account_alias,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.module import run_module
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.task import (
    Declaration,
    converge,
)

if t.TYPE_CHECKING:
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.task import Task

ARGUMENT_SPEC: dict[str, t.Any] = {
    "account_alias": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def run(task: Task) -> dict[str, t.Any]:
    """Make the alias be as described."""
    names = {"singular": "account_alias", "plural": "account_aliases"}
    return converge(task, plan_account_alias, **names, many=False)


DECLARATION = Declaration(ARGUMENT_SPEC, run)


def main() -> None:
    """Run the module."""
    run_module(DECLARATION)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ram_access_key_info
short_description: Read AccessKeys of RAM users of Alibaba Cloud
version_added: 0.1.0
description:
  - Returns the AccessKeys of RAM users or of the account itself. Never a secret, because the API
    hands that out only once, when a key is created.
  - A user that does not exist has no keys and is no error.
author:
  - Keysmith maintainers (@keysmith)
extends_documentation_fragment:
  - keysmith.alibabacloud._connection
  - keysmith.alibabacloud._attributes
  - keysmith.alibabacloud._attributes.info
  - keysmith.alibabacloud._attributes.action_group
options:
  user_name:
    description:
      - Name of the user whose keys to read.
      - Exactly one of O(user_name), O(user_names) and O(for_account=true) is needed.
    type: str
    aliases: [name]
  user_names:
    description: Names of the users whose keys to read. An empty list reads none.
    type: list
    elements: str
    aliases: [names]
  for_account:
    description: Read the keys of the account itself. The run must then sign with a key of the
      account.
    type: bool
    default: false
  last_used:
    description: Whether to read when each key last signed. Costs one request a key.
    type: bool
    default: false
  concurrency:
    description: How many requests are in flight at most.
    type: int
    default: 16
seealso:
  - module: keysmith.alibabacloud.ram_access_key
"""

EXAMPLES = r"""
- name: The keys of two users and when they last signed
  keysmith.alibabacloud.ram_access_key_info:
    user_names: [slb-api, ddos-admin]
    last_used: true
"""

RETURN = r"""
access_keys:
  description: The keys, in the order of the users.
  returned: success
  type: list
  elements: dict
  contains:
    user_name:
      description: Name of the user that the key belongs to; null for a key of the account.
      returned: always
      type: str
      sample: slb-api
    access_key_id:
      description: ID of the key.
      returned: always
      type: str
      sample: LTAI5tEXAMPLEEXAMPLE0001
    status:
      description: Whether the key can sign, V(Active) or V(Inactive).
      returned: always
      type: str
      sample: Active
    create_date:
      description: When the key was created, in UTC.
      returned: always
      type: str
      sample: "2026-01-02T03:04:05Z"
    last_used_date:
      description: When the key last signed, in UTC and known with a delay of hours; null if never.
      returned: when O(last_used=true)
      type: str
      sample: "2026-02-02T03:04:05Z"
# shared: account
account_id:
  description: ID of the account that all this is in.
  returned: success
  type: str
  sample: "1234567890123456"
# end of shared: account
"""

import typing as t

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.access_key import (
    find_keys,
    key_owners,
    list_with_last_use,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.module import run_module
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.pool import map_all
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.task import (
    Declaration,
    inform,
)

if t.TYPE_CHECKING:
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.client import Client
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.task import Task

ARGUMENT_SPEC: dict[str, t.Any] = {
    "user_name": {"type": "str", "aliases": ["name"]},
    "user_names": {"type": "list", "elements": "str", "aliases": ["names"]},
    "for_account": {"type": "bool", "default": False},
    "last_used": {"type": "bool", "default": False},
    "concurrency": {"type": "int", "default": 16},
}


def read_access_keys(client: Client, params: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """Return the keys of everybody asked for."""
    named = params["user_names"] if params["user_name"] is None else [params["user_name"]]
    owners = key_owners(client, named, for_account=params["for_account"])

    def read(owner: str | None) -> list[dict[str, t.Any]]:
        if params["last_used"]:
            return [key.as_info() for key in list_with_last_use(client, owner)]
        return [key.as_diff() for key in find_keys(client, owner) or []]

    return [key for keys in map_all(read, owners, params["concurrency"]) for key in keys]


def run(task: Task) -> dict[str, t.Any]:
    """Read the keys."""
    return inform(task, read_access_keys, plural="access_keys")


DECLARATION = Declaration(ARGUMENT_SPEC, run, mutually_exclusive=[("user_name", "user_names")])


def main() -> None:
    """Run the module."""
    run_module(DECLARATION)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ram_mfa_device
short_description: Take the MFA device from a RAM user of Alibaba Cloud
version_added: 0.2.0
description:
  - Takes the MFA device from a user who has lost it, or leaves.
  - A virtual device is unbound and deleted, so that the user can make another of that name. A
    hardware key is unbound.
  - Binding a device is the user's own act at the console, for which it takes codes that the device
    shows.
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
  name:
    description: Name of the user. One that does not exist has no device.
    type: str
    required: true
    aliases: [user_name]
  state:
    description: That the user has no MFA device.
    type: str
    choices: [absent]
    required: true
notes:
  - Where users need MFA to log on, one without a device is asked to bind another at the next logon.
    Consider O(keysmith.alibabacloud.ram_login_profile#module:status=inactive) until then.
seealso:
  - module: keysmith.alibabacloud.ram_login_profile
  - module: keysmith.alibabacloud.ram_user_info
"""

EXAMPLES = r"""
- name: A phone is lost
  keysmith.alibabacloud.ram_mfa_device:
    name: ops
    state: absent
"""

RETURN = r"""
mfa_device:
  description:
    - The device that is gone, or would be in check mode.
    - Of a user without one there are only C(user_name) and C(actions).
  returned: unless nothing could be decided
  type: dict
  contains:
    user_name:
      description: Name of the user.
      returned: always
      type: str
      sample: ops
    serial_number:
      description: Serial number of the device.
      returned: when there was one
      type: str
      sample: acs:ram::1234567890123456:mfa/ops
    type:
      description: Whether it was a virtual device (V(VMFA)) or a hardware key (V(U2F)).
      returned: when there was one
      type: str
      sample: VMFA
    actions:
      description: What was done, or would be done in check mode.
      returned: always
      type: list
      elements: str
      sample: ["disable MFA device acs:ram::1234567890123456:mfa/ops of user ops"]
    error:
      description: Why the device is still there.
      returned: when it could not be taken away
      type: str
      sample: "Cannot disable MFA device acs:ram::1234567890123456:mfa/ops of user ops: ..."
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

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.mfa_device import (
    plan_mfa_device,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.module import run_module
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.task import (
    Declaration,
    converge,
)

if t.TYPE_CHECKING:
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.task import Task

ARGUMENT_SPEC: dict[str, t.Any] = {
    "name": {"type": "str", "required": True, "aliases": ["user_name"]},
    "state": {"type": "str", "choices": ["absent"], "required": True},
}


def run(task: Task) -> dict[str, t.Any]:
    """Take the device away."""
    names = {"singular": "mfa_device", "plural": "mfa_devices"}
    return converge(task, plan_mfa_device, **names, many=False)


DECLARATION = Declaration(ARGUMENT_SPEC, run)


def main() -> None:
    """Run the module."""
    run_module(DECLARATION)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ram_security_preference
short_description: Manage the security preference of an Alibaba Cloud account
version_added: 0.2.0
description:
  - Says how RAM users of the account log on to the console, what they may do for themselves, and
    when those who are idle are shut out.
  - What a task leaves out stays as it is. All of the preference is sent with each change, so that
    nothing goes back to a default.
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
  login_session_duration:
    description: For how many hours a logon lasts, 1 to 24.
    type: int
  login_network_masks:
    description:
      - Networks that users may log on to the console from, with semicolons in between, at most 40
        networks and 512 characters. An empty string is from everywhere.
      - Their order does not matter. They do not bind AccessKeys, and so not this run.
    type: str
  enable_save_mfa_ticket:
    description: Whether a user may skip MFA for seven days on a device.
    type: bool
  mfa_operation_for_login:
    description:
      - Who needs MFA to log on. With V(mandatory), that is everybody, with V(independent), those
        whose login profile says so, and with V(adaptive), whoever logs on in an unusual way.
    type: str
    choices: [mandatory, independent, adaptive]
  verification_types:
    description:
      - By what else users may prove who they are. An empty list is by nothing else. The order
        does not matter.
    type: list
    elements: str
    choices: [sms, email, mfa]
  allow_user_to_change_password:
    description: Whether users may change their passwords.
    type: bool
  allow_user_to_manage_access_keys:
    description: Whether users may manage their AccessKeys.
    type: bool
  allow_user_to_manage_mfa_devices:
    description: Whether users may manage their MFA devices.
    type: bool
  allow_user_to_manage_personal_ding_talk:
    description: Whether users may link and unlink their DingTalk accounts.
    type: bool
  allow_user_to_manage_service_credentials:
    description:
      - Whether users may manage their service credentials, which are API keys of single services.
    type: bool
  allow_user_to_login_with_passkey:
    description: Whether users may log on with passkeys.
    type: bool
  max_idle_days_for_users:
    description: After how many days without a logon the console logon of a user is switched off.
    type: int
    choices: [90, 180, 365, 730]
  max_idle_days_for_access_keys:
    description: After how many days without a use the AccessKey of a user is made inactive.
    type: int
    choices: [90, 180, 365, 730]
notes:
  - The answer of the API is compared with what was sent. A field that is otherwise afterwards,
    though nobody asked for it, is told in a warning with both values. So is
    C(OperationForRiskLogin), which is deprecated and not sent.
  - An account always has a security preference, so there is no C(state).
seealso:
  - module: keysmith.alibabacloud.ram_password_policy
  - module: keysmith.alibabacloud.ram_account_info
"""

EXAMPLES = r"""
- name: Everybody logs on with MFA, and idle users are shut out after half a year
  keysmith.alibabacloud.ram_security_preference:
    mfa_operation_for_login: mandatory
    max_idle_days_for_users: 180
    max_idle_days_for_access_keys: 180

- name: Log on from the office alone
  keysmith.alibabacloud.ram_security_preference:
    login_network_masks: 192.0.2.0/24;198.51.100.7
"""

RETURN = r"""
security_preference:
  description: The security preference as it is now; in check mode as it would be. What the API does
    not tell is null.
  returned: unless nothing could be decided
  type: dict
  contains:
    login_session_duration:
      description: See O(login_session_duration).
      returned: always
      type: int
      sample: 6
    login_network_masks:
      description: See O(login_network_masks).
      returned: always
      type: str
      sample: 192.0.2.0/24;198.51.100.7
    enable_save_mfa_ticket:
      description: See O(enable_save_mfa_ticket).
      returned: always
      type: bool
      sample: false
    mfa_operation_for_login:
      description: See O(mfa_operation_for_login).
      returned: always
      type: str
      sample: independent
    verification_types:
      description: See O(verification_types).
      returned: always
      type: list
      elements: str
      sample: [email]
    allow_user_to_change_password:
      description: See O(allow_user_to_change_password).
      returned: always
      type: bool
      sample: true
    allow_user_to_manage_access_keys:
      description: See O(allow_user_to_manage_access_keys).
      returned: always
      type: bool
      sample: false
    allow_user_to_manage_mfa_devices:
      description: See O(allow_user_to_manage_mfa_devices).
      returned: always
      type: bool
      sample: true
    allow_user_to_manage_personal_ding_talk:
      description: See O(allow_user_to_manage_personal_ding_talk).
      returned: always
      type: bool
      sample: true
    allow_user_to_manage_service_credentials:
      description: See O(allow_user_to_manage_service_credentials).
      returned: always
      type: bool
      sample: false
    allow_user_to_login_with_passkey:
      description: See O(allow_user_to_login_with_passkey).
      returned: always
      type: bool
      sample: true
    max_idle_days_for_users:
      description: See O(max_idle_days_for_users).
      returned: always
      type: int
      sample: 365
    max_idle_days_for_access_keys:
      description: See O(max_idle_days_for_access_keys).
      returned: always
      type: int
      sample: 365
    actions:
      description: What was done, or would be done in check mode.
      returned: always
      type: list
      elements: str
      sample: ["set max_idle_days_for_users of the security preference"]
    error:
      description: Why the security preference is not as it should be.
      returned: when it could not be changed
      type: str
      sample: "Cannot set the security preference: ..."
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

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.preference import (
    plan_security_preference,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.module import run_module
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.task import (
    Declaration,
    converge,
)

if t.TYPE_CHECKING:
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.task import Task

ARGUMENT_SPEC: dict[str, t.Any] = {
    "login_session_duration": {"type": "int"},
    "login_network_masks": {"type": "str"},
    "enable_save_mfa_ticket": {"type": "bool"},
    "mfa_operation_for_login": {"type": "str", "choices": ["mandatory", "independent", "adaptive"]},
    "verification_types": {"type": "list", "elements": "str", "choices": ["sms", "email", "mfa"]},
    "allow_user_to_change_password": {"type": "bool"},
    "allow_user_to_manage_access_keys": {"type": "bool"},
    "allow_user_to_manage_mfa_devices": {"type": "bool"},
    "allow_user_to_manage_personal_ding_talk": {"type": "bool"},
    "allow_user_to_manage_service_credentials": {"type": "bool"},
    "allow_user_to_login_with_passkey": {"type": "bool"},
    "max_idle_days_for_users": {"type": "int", "choices": [90, 180, 365, 730]},
    "max_idle_days_for_access_keys": {"type": "int", "choices": [90, 180, 365, 730]},
}


def run(task: Task) -> dict[str, t.Any]:
    """Make the security preference be as described."""
    names = {"singular": "security_preference", "plural": "security_preferences"}
    return converge(task, plan_security_preference, **names, many=False)


DECLARATION = Declaration(ARGUMENT_SPEC, run)


def main() -> None:
    """Run the module."""
    run_module(DECLARATION)


if __name__ == "__main__":
    main()

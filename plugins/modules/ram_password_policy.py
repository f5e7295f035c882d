#!/usr/bin/python
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ram_password_policy
short_description: Manage the password policy of an Alibaba Cloud account
version_added: 0.2.0
description:
  - Says what the passwords of all RAM users of the account must look like. It holds for passwords
    that are set from then on.
  - What a task leaves out stays as it is. All of the policy is sent with each change, so that
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
  minimum_password_length:
    description: How many characters a password has at least, 8 to 32.
    type: int
  require_lowercase_characters:
    description: Whether a password must have a lower-case letter.
    type: bool
  require_uppercase_characters:
    description: Whether a password must have an upper-case letter.
    type: bool
  require_numbers:
    description: Whether a password must have a digit.
    type: bool
  require_symbols:
    description: Whether a password must have a character that is neither letter nor digit.
    type: bool
  minimum_password_different_character:
    description: How many different characters a password has at least, 0 to 8.
    type: int
  password_not_contain_user_name:
    description: Whether a password must not have the name of its user in it.
    type: bool
  max_password_age:
    description: After how many days a password expires, 0 to 1095; V(0) is never.
    type: int
  hard_expire:
    description:
      - Whether nobody can log on with an expired password. Otherwise it is to be changed at the
        next logon. RAM's own API calls it C(HardExpiry).
    type: bool
    aliases: [hard_expiry]
  initial_password_age:
    description:
      - After how many days a password lapses that was set for a user and that the user has not
        changed yet, 0 to 90; V(0) is never.
    type: int
  password_reuse_prevention:
    description: How many of the last passwords of a user may not be used again, 0 to 24.
    type: int
  max_login_attempts:
    description:
      - After how many wrong passwords a user is locked out for an hour, 0 to 32; V(0) is never.
        The API spells it C(MaxLoginAttemps).
    type: int
    aliases: [max_login_attemps]
  intercept_risk_password_on_api:
    description: Whether the API refuses passwords that are known to have leaked.
    type: bool
notes:
  - The answer of the API is compared with what was sent. A field that is otherwise afterwards,
    though nobody asked for it, is told in a warning with both values.
  - An account always has a password policy, so there is no C(state).
seealso:
  - module: keysmith.alibabacloud.ram_security_preference
  - module: keysmith.alibabacloud.ram_account_info
"""

EXAMPLES = r"""
- name: Long passwords of all kinds of characters, and five tries
  keysmith.alibabacloud.ram_password_policy:
    minimum_password_length: 14
    require_lowercase_characters: true
    require_uppercase_characters: true
    require_numbers: true
    require_symbols: true
    password_reuse_prevention: 5
    max_login_attempts: 5

- name: Passwords do not expire; the rest stays
  keysmith.alibabacloud.ram_password_policy:
    max_password_age: 0
"""

RETURN = r"""
password_policy:
  description: The password policy as it is now; in check mode as it would be. What the API does
    not tell is null.
  returned: unless nothing could be decided
  type: dict
  contains:
    minimum_password_length:
      description: See O(minimum_password_length).
      returned: always
      type: int
      sample: 14
    require_lowercase_characters:
      description: See O(require_lowercase_characters).
      returned: always
      type: bool
      sample: true
    require_uppercase_characters:
      description: See O(require_uppercase_characters).
      returned: always
      type: bool
      sample: true
    require_numbers:
      description: See O(require_numbers).
      returned: always
      type: bool
      sample: true
    require_symbols:
      description: See O(require_symbols).
      returned: always
      type: bool
      sample: true
    minimum_password_different_character:
      description: See O(minimum_password_different_character).
      returned: always
      type: int
      sample: 0
    password_not_contain_user_name:
      description: See O(password_not_contain_user_name).
      returned: always
      type: bool
      sample: true
    max_password_age:
      description: See O(max_password_age).
      returned: always
      type: int
      sample: 365
    hard_expire:
      description: See O(hard_expire).
      returned: always
      type: bool
      sample: false
    initial_password_age:
      description: See O(initial_password_age).
      returned: always
      type: int
      sample: 14
    password_reuse_prevention:
      description: See O(password_reuse_prevention).
      returned: always
      type: int
      sample: 5
    max_login_attempts:
      description: See O(max_login_attempts).
      returned: always
      type: int
      sample: 5
    intercept_risk_password_on_api:
      description: See O(intercept_risk_password_on_api).
      returned: always
      type: bool
      sample: false
    actions:
      description: What was done, or would be done in check mode.
      returned: always
      type: list
      elements: str
      sample: ["set max_password_age of the password policy"]
    error:
      description: Why the password policy is not as it should be.
      returned: when it could not be changed
      type: str
      sample: "Cannot set the password policy: ..."
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

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.password_policy import (
    plan_password_policy,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.module import run_module
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.task import (
    Declaration,
    converge,
)

if t.TYPE_CHECKING:
    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work.task import Task

ARGUMENT_SPEC: dict[str, t.Any] = {
    "minimum_password_length": {"type": "int", "no_log": False},
    "require_lowercase_characters": {"type": "bool"},
    "require_uppercase_characters": {"type": "bool"},
    "require_numbers": {"type": "bool"},
    "require_symbols": {"type": "bool"},
    "minimum_password_different_character": {"type": "int", "no_log": False},
    "password_not_contain_user_name": {"type": "bool"},
    "max_password_age": {"type": "int", "no_log": False},
    "hard_expire": {"type": "bool", "aliases": ["hard_expiry"]},
    "initial_password_age": {"type": "int", "no_log": False},
    "password_reuse_prevention": {"type": "int", "no_log": False},
    "max_login_attempts": {"type": "int", "aliases": ["max_login_attemps"]},
    "intercept_risk_password_on_api": {"type": "bool"},
}


def run(task: Task) -> dict[str, t.Any]:
    """Make the password policy be as described."""
    names = {"singular": "password_policy", "plural": "password_policies"}
    return converge(task, plan_password_policy, **names, many=False)


DECLARATION = Declaration(ARGUMENT_SPEC, run)


def main() -> None:
    """Run the module."""
    run_module(DECLARATION)


if __name__ == "__main__":
    main()

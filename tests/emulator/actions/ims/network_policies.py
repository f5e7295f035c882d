# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Network policies: from which addresses one key, or all without a policy, may sign."""

from __future__ import annotations

import typing as t

from ...errors import invalid_parameter
from ...policies.language import PolicyError
from ...policies.network import NO_POLICY, normal_form
from ..ram.access_keys import KEY_OWNER
from ..ram.account import ACCOUNT
from ..service import IMS
from .access_keys import named_key
from .principals import PRINCIPAL

if t.TYPE_CHECKING:
    from ..call import Call, Result


@IMS.action(
    "SetAccessKeyPolicy",
    required="UserAccessKeyId AccessKeyPolicy",
    optional=PRINCIPAL,
    on=KEY_OWNER,
)
def set_access_key_policy(call: Call) -> Result:
    """Say from where a key may sign, instead of what the account says."""
    policy = _policy(call)
    named_key(call).network_policy = policy
    return get_access_key_policy(call)


@IMS.action("GetAccessKeyPolicy", required="UserAccessKeyId", optional=PRINCIPAL, on=KEY_OWNER)
def get_access_key_policy(call: Call) -> Result:
    """Return the policy of a key, `{}` if it never had one."""
    key = named_key(call)
    return {
        "AccessKeyId": key.access_key_id,
        "AccessKeyPolicy": key.network_policy or NO_POLICY,
    }


@IMS.action("SetAccessKeyPolicyForAccount", required="AccessKeyPolicy", on=ACCOUNT)
def set_access_key_policy_for_account(call: Call) -> Result:
    """Say from where all keys without a policy of their own may sign, the account's included."""
    call.account.network_policy = _policy(call)
    return get_access_key_policy_for_account(call)


@IMS.action("GetAccessKeyPolicyForAccount", on=ACCOUNT)
def get_access_key_policy_for_account(call: Call) -> Result:
    """Return the policy of the account, `{}` if it never had one."""
    return {"AccessKeyPolicy": call.account.network_policy or NO_POLICY}


def _policy(call: Call) -> str:
    try:
        return normal_form(call["AccessKeyPolicy"])
    except PolicyError as error:
        # The code is unconfirmed.
        raise invalid_parameter("AccessKeyPolicy", f"{error}.") from None

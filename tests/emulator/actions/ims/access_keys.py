# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AccessKeys as IMS handles them, of the caller itself when no user is named."""

from __future__ import annotations

import typing as t

from ...errors import missing_parameter
from ..ram import access_keys as ram
from ..ram.access_keys import KEY_OWNER, NEVER, OWN
from ..service import IMS
from .principals import PRINCIPAL, as_ram

if t.TYPE_CHECKING:
    from ...cloud.entities import AccessKey
    from ..call import Call, Result


@IMS.action("CreateAccessKey", optional=PRINCIPAL, on=KEY_OWNER, own=OWN)
def create_access_key(call: Call) -> Result:
    """Create a key; its secret is in this answer and in no other."""
    return ram.create_access_key(_of_user_or_caller(call))


@IMS.action("ListAccessKeys", optional=PRINCIPAL, on=KEY_OWNER, own=OWN)
def list_access_keys(call: Call) -> Result:
    """Return the keys with the date of their last change, without secrets."""
    result = ram.list_access_keys(_of_user_or_caller(call))
    for item in result["AccessKeys"]["AccessKey"]:
        key = call.cloud.access_keys[item["AccessKeyId"]]
        item["UpdateDate"] = key.update_date or key.create_date
    return result


@IMS.action(
    "UpdateAccessKey",
    required="UserAccessKeyId Status",
    optional=PRINCIPAL,
    on=KEY_OWNER,
    own=OWN,
)
def update_access_key(call: Call) -> Result:
    """Enable or disable a key."""
    return ram.update_access_key(_of_user_or_caller(call))


@IMS.action(
    "DeleteAccessKey", required="UserAccessKeyId", optional=PRINCIPAL, on=KEY_OWNER, own=OWN
)
def delete_access_key(call: Call) -> Result:
    """Delete a key, active or not."""
    return ram.delete_access_key(_of_user_or_caller(call))


@IMS.action(
    "GetAccessKeyLastUsed", required="UserAccessKeyId", optional=PRINCIPAL, on=KEY_OWNER, own=OWN
)
def get_access_key_last_used(call: Call) -> Result:
    """Return when and for which service a key signed last, as far as that is known yet."""
    result = ram.get_access_key_last_used(_of_user_or_caller(call))
    _date, service = named_key(call).last_use(call.cloud.last_use_horizon())
    # The vendor's sample says `Ram`. Unconfirmed for a key that was never used.
    result["AccessKeyLastUsed"]["ServiceName"] = service.capitalize() or NEVER
    return result


def named_key(call: Call) -> AccessKey:
    """Return the key that the call names, of the user it names or of its caller."""
    return ram.named_key(_of_user_or_caller(call))


def _of_user_or_caller(call: Call) -> Call:
    if call.caller.session and not call.get(PRINCIPAL):
        # Unconfirmed: a session has no keys to act on.
        raise missing_parameter(PRINCIPAL)
    return as_ram(call)

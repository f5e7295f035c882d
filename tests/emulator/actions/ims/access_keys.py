# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AccessKeys as IMS handles them, of the caller itself when no user is named."""

from __future__ import annotations

from ..ram import access_keys as ram
from ..service import IMS

KEY_OWNER = ("user/{key_owner}",)

for _name, _required, _handler in (
    ("CreateAccessKey", "", ram.create_access_key),
    ("ListAccessKeys", "", ram.list_access_keys),
    ("UpdateAccessKey", "UserAccessKeyId Status", ram.update_access_key),
    ("DeleteAccessKey", "UserAccessKeyId", ram.delete_access_key),
    ("GetAccessKeyLastUsed", "UserAccessKeyId", ram.get_access_key_last_used),
):
    IMS.action(_name, required=_required, declined="UserPrincipalName", on=KEY_OWNER)(_handler)

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tags of member accounts."""

from __future__ import annotations

import typing as t

from ...errors import invalid_parameter, limit_exceeded
from ..service import DIRECTORY
from ..tags import MAX_TAGS, add_tags, read_tags, tag_filter
from .shared import managed, named_member, token_page

if t.TYPE_CHECKING:
    from ...cloud.directory import Member
    from ..call import Call, Result

TYPE = "Account"
MAX_RESOURCES = 50
MEMBERS = ("account/*",)
PAGING = "MaxResults NextToken"


@DIRECTORY.action("TagResources", required="ResourceType ResourceId.N Tag.N", on=MEMBERS)
def tag_resources(call: Call) -> Result:
    """Tag some members, all or none."""
    members, tags = _named(call), read_tags(call)
    if any(len(member.tags | tags) > MAX_TAGS for member in members):
        raise limit_exceeded("Tag", MAX_TAGS)
    for member in members:
        add_tags(member.tags, tags)
    return {}


@DIRECTORY.action(
    "UntagResources", required="ResourceType ResourceId.N", optional="TagKey.N All", on=MEMBERS
)
def untag_resources(call: Call) -> Result:
    """Take some tags, or all, from some members."""
    keys = call.texts("TagKey")
    takes_all = call.flag("All", default=False) and not keys
    for member in _named(call):
        for key in list(member.tags) if takes_all else keys:
            member.tags.pop(key, None)
    return {}


@DIRECTORY.action(
    "ListTagResources",
    # The metadata calls the ids optional, the text asks for them.
    required="ResourceType ResourceId.N",
    optional=f"Tag.N {PAGING}",
    on=MEMBERS,
)
def list_tag_resources(call: Call) -> Result:
    """Return one page of the tags of some members."""
    asked = {pair.get("Key", "") for pair in call.pairs("Tag")}
    has_tags = tag_filter(call)
    tags = [
        {
            "ResourceType": TYPE,
            "ResourceId": member.account.account_id,
            "TagKey": key,
            "TagValue": value,
        }
        for member in _named(call)
        if has_tags(member.tags)
        for key, value in member.tags.items()
        if not asked or key in asked
    ]
    items, token = token_page(call, "TagResource", tags)
    return {"TagResources": items, "NextToken": token}


@DIRECTORY.action(
    "ListTagKeys", required="ResourceType", optional=f"KeyFilter {PAGING}", on=MEMBERS
)
def list_tag_keys(call: Call) -> Result:
    """Return one page of the keys that any member has, each once."""
    keys = {key for member in _all(call) for key in member.tags}
    wanted = [{"Key": key} for key in sorted(keys) if (call.get("KeyFilter") or "") in key]
    items, token = token_page(call, "Key", wanted)
    return {"Tags": items, "NextToken": token}


@DIRECTORY.action(
    "ListTagValues",
    required="ResourceType TagKey",
    optional=f"ValueFilter {PAGING}",
    on=MEMBERS,
)
def list_tag_values(call: Call) -> Result:
    """Return one page of the values that members have for a key, each once."""
    key = call["TagKey"]
    values = {member.tags[key] for member in _all(call) if key in member.tags}
    text = call.get("ValueFilter") or ""
    items, token = token_page(
        call, "Value", [{"Value": value} for value in sorted(values) if text in value]
    )
    return {"Tags": items, "NextToken": token}


def _all(call: Call) -> list[Member]:
    if call["ResourceType"] != TYPE:
        raise invalid_parameter("ResourceType", f"ResourceType must be {TYPE}.")
    return list(managed(call).members.values())


def _named(call: Call) -> list[Member]:
    _all(call)
    account_ids = dict.fromkeys(call.texts("ResourceId"))
    if len(account_ids) > MAX_RESOURCES:
        raise invalid_parameter("ResourceId", f"A call names up to {MAX_RESOURCES} members.")
    return [named_member(call, account_id) for account_id in account_ids]

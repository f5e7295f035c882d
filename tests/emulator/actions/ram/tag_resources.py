# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tags of roles and policies; users are tagged through IMS."""

from __future__ import annotations

import typing as t

from ...errors import entity_not_exist, invalid_parameter, missing_parameter
from ..rules import next_page
from ..service import RAM
from ..tags import add_tags, read_tags, tag_filter

if t.TYPE_CHECKING:
    from ...cloud.account import Table
    from ...cloud.entities import Policy, Role
    from ..call import Call, Result

MAX_NAMES = 50
PAGE_SIZES = range(1, 101)
DEFAULT_PAGE_SIZE = 100
TAGGED = ("{account}:{ResourceType}/*",)


@RAM.action("TagResources", required="ResourceType ResourceNames.N Tag.N", on=TAGGED)
def tag_resources(call: Call) -> Result:
    """Tag some roles or policies."""
    tags = read_tags(call)
    for resource in _named(call):
        add_tags(resource.tags, tags)
    return {}


@RAM.action(
    "UntagResources",
    required="ResourceType ResourceNames.N",
    optional="TagKeys.N All",
    on=TAGGED,
)
def untag_resources(call: Call) -> Result:
    """Take some tags, or all, from some roles or policies."""
    keys = call.texts("TagKeys")
    takes_all = call.flag("All", default=False) and not keys
    for resource in _named(call):
        for key in list(resource.tags) if takes_all else keys:
            resource.tags.pop(key, None)
    return {}


@RAM.action(
    "ListTagResources",
    required="ResourceType",
    optional="ResourceNames.N Tag.N PageSize NextToken",
    on=TAGGED,
)
def list_tag_resources(call: Call) -> Result:
    """Return one page of tags with their owners."""
    every: t.Iterable[Policy | Role] = _table(call)
    resources = _named(call) if call.texts("ResourceNames") else every
    has_tags = tag_filter(call)
    asked = {pair.get("Key", "") for pair in call.pairs("Tag")}
    items = [
        {
            "ResourceType": call["ResourceType"],
            "ResourceName": resource.name,
            "TagKey": key,
            "TagValue": value,
        }
        for resource in resources
        if has_tags(resource.tags)
        for key, value in resource.tags.items()
        if not asked or key in asked
    ]
    size = call.number("PageSize", PAGE_SIZES, default=DEFAULT_PAGE_SIZE)
    items, token = next_page(call, "TagResource", items, min(size, call.account.page_size))
    return {"TagResources": items, "NextToken": token}


def _named(call: Call) -> list[Policy | Role]:
    names, table = call.texts("ResourceNames"), _table(call)
    if not names:
        raise missing_parameter("ResourceNames")
    if len(names) > MAX_NAMES:
        raise invalid_parameter("ResourceNames", f"A call names up to {MAX_NAMES} resources.")
    kind = call["ResourceType"].capitalize()
    return [_found(table, name, kind) for name in names]


def _found(table: Table[Policy] | Table[Role], name: str, kind: str) -> Policy | Role:
    resource: Policy | Role | None = table.find(name)
    if resource is None:
        raise entity_not_exist(kind)
    return resource


def _table(call: Call) -> Table[Policy] | Table[Role]:
    match call["ResourceType"]:
        case "role":
            return call.account.roles
        case "policy":
            return call.account.custom_policies
    # The code is unconfirmed.
    raise invalid_parameter("ResourceType", "ResourceType must be role or policy.")

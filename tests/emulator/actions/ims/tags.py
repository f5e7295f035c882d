# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tags of users, which only IMS handles: those of roles and policies are RAM's."""

from __future__ import annotations

import typing as t

from ...errors import invalid_parameter, limit_exceeded, missing_parameter
from ..rules import found, next_page
from ..service import IMS
from ..tags import MAX_TAGS, add_tags, read_tags, tag_filter
from .principals import find_principal

if t.TYPE_CHECKING:
    from ...cloud.entities import User
    from ..call import Call, Result

SELECTORS = "ResourceId.N ResourcePrincipalName.N"
USERS = ("user/*",)
MAX_RESOURCES = 50
LONGEST_VALUE = 128
PAGE_SIZES = range(1, 101)


@IMS.action("TagResources", required="ResourceType Tag.N", optional=SELECTORS, on=USERS)
def tag_resources(call: Call) -> Result:
    """Tag some users, all or none."""
    users = _named(call)
    tags = read_user_tags(call)
    if any(len(user.tags | tags) > MAX_TAGS for user in users):
        raise limit_exceeded("Tag", MAX_TAGS)
    for user in users:
        add_tags(user.tags, tags)
    return {}


@IMS.action(
    "UntagResources", required="ResourceType", optional=f"{SELECTORS} TagKey.N All", on=USERS
)
def untag_resources(call: Call) -> Result:
    """Take some tags, or all, from some users; a tag that is not there is fine (unconfirmed)."""
    users, keys = _named(call), call.texts("TagKey")
    if len(keys) > MAX_TAGS:
        raise invalid_parameter("TagKey", f"A call names up to {MAX_TAGS} tags.")
    if not keys and not call.flag("All", default=False):
        raise missing_parameter("TagKey")
    for user in users:
        for key in keys or list(user.tags):
            user.tags.pop(key, None)
    return {}


@IMS.action(
    "ListTagResources",
    required="ResourceType",
    optional=f"{SELECTORS} Tag.N PageSize NextToken",
    on=USERS,
)
def list_tag_resources(call: Call) -> Result:
    """Return one page of tags with the ids of their users."""
    _check_type(call)
    asked = {pair.get("Key", "") for pair in call.pairs("Tag")}
    users = _named(call) if _names_users(call) or not asked else call.account.users
    has_tags = tag_filter(call)
    tags = [
        {"ResourceType": "user", "ResourceId": user.user_id, "TagKey": key, "TagValue": value}
        for user in users
        if has_tags(user.tags)
        for key, value in user.tags.items()
        # Unconfirmed: whether the other tags of such a user come too.
        if not asked or key in asked
    ]
    size = call.number("PageSize", PAGE_SIZES, default=PAGE_SIZES[-1])
    items, token = next_page(call, "TagResource", tags, min(size, call.account.page_size))
    result: Result = {"IsTruncated": bool(token), "TagResources": {"TagResource": items}}
    return {**result, "NextToken": token} if token else result


def read_user_tags(call: Call) -> dict[str, str]:
    """Return the tags that a call sets, checked by the rules for users."""
    tags = read_tags(call, longest_value=LONGEST_VALUE)
    if any(value.startswith("acs:") for value in tags.values()):
        raise invalid_parameter("Tag.InvalidChars", "A value of a tag begins with acs:.")
    return tags


def _check_type(call: Call) -> None:
    if call["ResourceType"] != "user":
        raise invalid_parameter("ResourceType", "ResourceType must be user.")


def _names_users(call: Call) -> bool:
    return bool(call.texts("ResourceId") or call.texts("ResourcePrincipalName"))


def _named(call: Call) -> list[User]:
    """Return the users that the call names, by ids or by principal names but not by both."""
    # The codes are unconfirmed.
    _check_type(call)
    ids, names = call.texts("ResourceId"), call.texts("ResourcePrincipalName")
    if bool(ids) == bool(names):
        raise invalid_parameter("ResourceId", "ResourceId or ResourcePrincipalName is needed.")
    if len(ids + names) > MAX_RESOURCES:
        raise invalid_parameter("ResourceId", f"A call names up to {MAX_RESOURCES} users.")
    by_id = {user.user_id: user for user in call.account.users} if ids else {}
    users = [by_id.get(user_id) for user_id in ids]
    users += [find_principal(call.account, name) for name in names]
    return list(dict.fromkeys(found(user, "User") for user in users))

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One look at an organization in which every action of the directory has its turn."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .everything import Do

MEMBERS = ("2000000000000001", "2000000000000002")
SEED = {
    "organization": {
        "folders": ["prod", "prod/eu"],
        "members": [
            {
                "account_id": account_id,
                "display_name": f"shop {account_id[-1]}",
                "folder": "prod",
                "tags": {"team": "a", "env": account_id[-1]},
            }
            for account_id in MEMBERS
        ],
    }
}
ACCOUNTS = {"ResourceType": "Account"}
TAG = [{"Key": "team", "Value": "a"}]
FIRST_PAGE = {"PageNumber": 1, "PageSize": 1}


def live(do: Do) -> None:
    """Call every action with everything that it takes."""
    do("GetResourceDirectory")
    _look_at_tags(do)
    prod = _look_at_folders(do)
    _look_at_members(do, prod)
    do("ListDelegatedAdministrators", ServicePrincipal="x", **FIRST_PAGE)
    named = {**ACCOUNTS, "ResourceId": list(MEMBERS)}
    do("UntagResources", TagKey=["team"], All=False, **named)


def _look_at_tags(do: Do) -> None:
    named = {**ACCOUNTS, "ResourceId": list(MEMBERS)}
    do("TagResources", Tag=[*TAG, {"Key": "x", "Value": "y"}], **named)
    token = do("ListTagResources", MaxResults=1, Tag=TAG, **named)["NextToken"]
    do("ListTagResources", MaxResults=1, Tag=TAG, NextToken=token, **named)
    keys = {**ACCOUNTS, "KeyFilter": "e", "MaxResults": 1}
    do("ListTagKeys", NextToken=do("ListTagKeys", **keys)["NextToken"], **keys)
    values = {**ACCOUNTS, "TagKey": "env", "ValueFilter": "", "MaxResults": 1}
    do("ListTagValues", NextToken=do("ListTagValues", **values)["NextToken"], **values)


def _look_at_folders(do: Do) -> str:
    root = do("GetResourceDirectory")["ResourceDirectory"]["RootFolderId"]
    filters = {"ParentFolderId": root, "QueryKeyword": "prod", **FIRST_PAGE}
    do("ListFoldersForParent", Tag=TAG, **filters)
    found = do("ListFoldersForParent", **filters)
    prod = str(found["Folders"]["Folder"][0]["FolderId"])
    inside = do("ListFoldersForParent", ParentFolderId=prod)["Folders"]["Folder"]
    do("GetFolder", FolderId=prod)
    do("ListAncestors", ChildId=inside[0]["FolderId"])
    return prod


def _look_at_members(do: Do, folder_id: str) -> None:
    filters = {"QueryKeyword": "shop", "Tag": TAG, "IncludeTags": True, **FIRST_PAGE}
    token = do("ListAccounts", MaxResults=1)["NextToken"]
    do("ListAccounts", MaxResults=1, NextToken=token, **filters)
    do("ListAccountsForParent", ParentFolderId=folder_id, **filters)
    do("GetAccount", AccountId=MEMBERS[0], IncludeTags=True)

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The directory itself and its member accounts."""

from __future__ import annotations

import typing as t

from ...errors import ApiError
from ..service import DIRECTORY
from .shared import (
    fits,
    key_value,
    managed,
    milliseconds,
    named_folder,
    named_member,
    numbered_page,
    token_page,
)

if t.TYPE_CHECKING:
    from ...cloud.directory import Directory, Member
    from ..call import Call, Result

FILTERS = "QueryKeyword Tag.N IncludeTags PageNumber PageSize"
MEMBERS = ("account/*",)


@DIRECTORY.action("GetResourceDirectory", on=("*",))
def get_resource_directory(call: Call) -> Result:
    """Return the directory that the calling account manages or is a member of."""
    directory = call.cloud.directory
    known = {directory.management.account_id, *directory.members} if directory else set()
    if directory is None or call.account.account_id not in known:
        raise ApiError(404, "ResourceDirectoryNotInUse", "The account has no resource directory.")
    return {
        "ResourceDirectory": {
            "ResourceDirectoryId": directory.directory_id,
            "MasterAccountId": directory.management.account_id,
            "MasterAccountName": f"{directory.management.account_id}@example.com",
            "RootFolderId": directory.root.folder_id,
            "CreateTime": milliseconds(directory.create_date),
            "ControlPolicyStatus": "Disabled",
            "MemberDeletionStatus": "Disabled",
            "MemberAccountDisplayNameSyncStatus": "Disabled",
            "IdentityInformation": "",
        }
    }


@DIRECTORY.action("ListAccounts", optional=f"{FILTERS} MaxResults NextToken", on=MEMBERS)
def list_accounts(call: Call) -> Result:
    """Return one page of the members, by number or by token; the management account is none."""
    directory = managed(call)
    found = _members(call, list(directory.members.values()))
    if call.get("MaxResults") or call.get("NextToken"):
        members, token = token_page(call, "Account", found)
        # Unconfirmed: what stands here beside a token.
        said: Result = {"PageNumber": 1, "PageSize": len(members), "TotalCount": len(found)}
    else:
        members, said = numbered_page(call, found)
        token = ""
    accounts = [_describe(call, directory, member) for member in members]
    return {"Accounts": {"Account": accounts}, "NextToken": token, **said}


@DIRECTORY.action("ListAccountsForParent", optional=f"ParentFolderId {FILTERS}", on=MEMBERS)
def list_accounts_for_parent(call: Call) -> Result:
    """Return one page of the members right in a folder."""
    # Unconfirmed: no folder is the root, and members of its subfolders are left out.
    folder, directory = named_folder(call, "ParentFolderId"), managed(call)
    inside = [member for member in directory.members.values() if member.folder is folder]
    members, said = numbered_page(call, _members(call, inside))
    accounts = [_describe(call, directory, member) for member in members]
    for account in accounts:
        del account["ResourceDirectoryPath"]
    return {"Accounts": {"Account": accounts}, **said}


@DIRECTORY.action(
    "GetAccount", required="AccountId", optional="IncludeTags", on=("account/{AccountId}",)
)
def get_account(call: Call) -> Result:
    """Return a member."""
    member = named_member(call, call["AccountId"])
    account = _describe(call, managed(call), member)
    del account["DeletionStatus"]
    account |= {
        "EmailStatus": "",
        "HasSecureMobilePhone": False,
        "SecureMobilePhone": "",
        "IdentityInformation": "",
        "Location": "resourceDirectory",
    }
    if "Tags" in account:
        # Here, and only here, the list is flat.
        account["Tags"] = key_value(member.tags)
    return {"Account": account}


@DIRECTORY.action(
    "ListDelegatedAdministrators",
    optional="ServicePrincipal PageNumber PageSize",
    on=MEMBERS,
)
def list_delegated_administrators(call: Call) -> Result:
    """Return one page of the members that administer a service: there are none."""
    managed(call)
    nobody: list[Result] = []
    _members, said = numbered_page(call, nobody)
    return {"Accounts": {"Account": nobody}, **said}


def _members(call: Call, members: list[Member]) -> list[Member]:
    return [member for member in members if fits(call, member.display_name, member.tags)]


def _describe(call: Call, directory: Directory, member: Member) -> Result:
    account_id = member.account.account_id
    invited = member.join_method == "invited"
    account: Result = {
        "AccountId": account_id,
        "AccountName": f"{account_id}@{directory.directory_id}.example.com",
        "DisplayName": member.display_name,
        "Status": member.status,
        "Type": "CloudAccount" if invited else "ResourceAccount",
        "FolderId": member.folder.folder_id,
        "ResourceDirectoryId": directory.directory_id,
        "ResourceDirectoryPath": f"{directory.path_of(member.folder)}/{account_id}",
        "JoinMethod": member.join_method,
        "JoinTime": milliseconds(member.join_date),
        "ModifyTime": milliseconds(member.modify_date),
        "DeletionStatus": "",
    }
    if call.flag("IncludeTags", default=False):
        account["Tags"] = {"Tag": key_value(member.tags)}
    return account

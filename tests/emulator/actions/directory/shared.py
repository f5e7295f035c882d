# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the actions of the directory share: whose directory it is, its folders, and its pages."""

from __future__ import annotations

import re
import typing as t

from ...errors import ApiError, invalid_parameter
from ..rules import next_page
from ..tags import tag_filter

if t.TYPE_CHECKING:
    from ...cloud.directory import Directory, Folder, Member
    from ..call import Call, Result

FOLDER_ID = re.compile(r"(r|fd)-[A-Za-z0-9]+")
ACCOUNT_ID = re.compile(r"[0-9]{16}")
PAGE_SIZES = range(1, 101)
DEFAULT_SIZE = 10
PAGE_NUMBERS = range(1, 1_000_000)
ItemT = t.TypeVar("ItemT")


def not_exists(kind: str) -> ApiError:
    """Refuse a call about what is not in the directory; RAM spells this code without `s`."""
    return ApiError(404, f"EntityNotExists.{kind}", f"The {kind} does not exist.")


def managed(call: Call) -> Directory:
    """Return the directory of the calling account, which must be the management account."""
    directory = call.cloud.directory
    if directory is None:
        raise not_exists("ResourceDirectory")
    if call.account is not directory.management:
        # Unconfirmed code. A delegated administrator could read it too; there are none here.
        raise ApiError(403, "NoPermission", "Only the management account may do this.")
    return directory


def named_folder(call: Call, parameter: str) -> Folder:
    """Return the folder that the call names, the root if it names none."""
    directory = managed(call)
    folder_id = call.get(parameter) or directory.root.folder_id
    if not FOLDER_ID.fullmatch(folder_id):
        raise invalid_parameter(parameter, f"{parameter} is no id of a folder.")
    folder = directory.folders.get(folder_id)
    if folder is None:
        raise not_exists("Folder")
    return folder


def named_member(call: Call, account_id: str) -> Member:
    """Return the member of this id."""
    directory = managed(call)
    if not ACCOUNT_ID.fullmatch(account_id):
        raise invalid_parameter("AccountId", "An account id has 16 digits.")
    member = directory.members.get(account_id)
    if member is None:
        raise not_exists("Account")
    return member


def numbered_page(call: Call, items: list[ItemT]) -> tuple[list[ItemT], Result]:
    """Return the items of a page that is asked for by number, and what the answer says of it."""
    number = call.number("PageNumber", PAGE_NUMBERS, default=1)
    size = call.number("PageSize", PAGE_SIZES, default=DEFAULT_SIZE)
    length = min(size, call.account.page_size)
    said = {"PageNumber": number, "PageSize": size, "TotalCount": len(items)}
    return items[(number - 1) * length :][:length], said


def token_page(call: Call, kind: str, items: list[ItemT]) -> tuple[list[ItemT], str]:
    """Return the items of a page that is asked for by token, and the token of the next."""
    size = call.number("MaxResults", PAGE_SIZES, default=DEFAULT_SIZE)
    return next_page(call, kind, items, min(size, call.account.page_size))


def fits(call: Call, name: str, tags: dict[str, str]) -> bool:
    """Tell whether a name has the keyword in it that the call asks for, and there are its tags."""
    keyword = call.get("QueryKeyword") or ""
    return keyword.lower() in name.lower() and tag_filter(call)(tags)


def milliseconds(date: str) -> str:
    """Write a time as the directory does."""
    return f"{date.removesuffix('Z')}.000Z"


def key_value(tags: t.Mapping[str, str]) -> list[Result]:
    """Return tags as the directory tells them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]

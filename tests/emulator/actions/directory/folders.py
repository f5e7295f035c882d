# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tree of folders."""

from __future__ import annotations

import typing as t

from ..service import DIRECTORY
from .shared import fits, key_value, managed, milliseconds, named_folder, numbered_page

if t.TYPE_CHECKING:
    from ...cloud.directory import Folder
    from ..call import Call, Result


@DIRECTORY.action("GetFolder", required="FolderId", on=("folder/{FolderId}",))
def get_folder(call: Call) -> Result:
    """Return a folder with its place in the tree."""
    folder, directory = named_folder(call, "FolderId"), managed(call)
    return {
        "Folder": {
            **_describe(folder),
            # Unconfirmed for the root, which lies in no folder.
            "ParentFolderId": folder.parent.folder_id if folder.parent else "",
            "ResourceDirectoryPath": directory.path_of(folder),
        }
    }


@DIRECTORY.action(
    "ListFoldersForParent",
    optional="ParentFolderId QueryKeyword Tag.N PageNumber PageSize",
    on=("folder/*",),
)
def list_folders_for_parent(call: Call) -> Result:
    """Return one page of the folders right in a folder, or in the root."""
    parent, directory = named_folder(call, "ParentFolderId"), managed(call)
    inside = [
        folder
        for folder in directory.folders.values()
        if folder.parent is parent and fits(call, folder.name, folder.tags)
    ]
    folders, said = numbered_page(call, inside)
    described = [
        {**_describe(folder), "Tags": {"Tag": key_value(folder.tags)}} for folder in folders
    ]
    return {"Folders": {"Folder": described}, **said}


@DIRECTORY.action("ListAncestors", required="ChildId", on=("folder/*",))
def list_ancestors(call: Call) -> Result:
    """Return the folders above a folder, the root first (unconfirmed)."""
    above: list[Result] = []
    folder = named_folder(call, "ChildId").parent
    while folder:
        above.insert(0, _describe(folder))
        folder = folder.parent
    return {"Folders": {"Folder": above}}


def _describe(folder: Folder) -> Result:
    return {
        "FolderId": folder.folder_id,
        "FolderName": folder.name,
        "CreateTime": milliseconds(folder.create_date),
    }

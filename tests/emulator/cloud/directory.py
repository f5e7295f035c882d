# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A resource directory: the tree of folders in which member accounts are kept. Data only."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

if t.TYPE_CHECKING:
    from .account import Account


@dataclass(eq=False, slots=True, kw_only=True)
class Folder:
    """A folder; `parent` is None for the root of the tree."""

    folder_id: str
    name: str
    parent: Folder | None
    create_date: str
    tags: dict[str, str] = field(default_factory=dict)

    def path(self) -> str:
        """Return the ids from the root down to this folder, joined by slashes."""
        return f"{self.parent.path()}/{self.folder_id}" if self.parent else self.folder_id


@dataclass(eq=False, slots=True, kw_only=True)
class Member:
    """A member account as the directory sees it."""

    account: Account
    display_name: str
    folder: Folder
    join_date: str
    modify_date: str
    status: str = "CreateSuccess"
    join_method: str = "created"
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(eq=False, slots=True, kw_only=True)
class Directory:
    """The directory of one management account, with folders and members by their ids."""

    directory_id: str
    management: Account
    root: Folder
    create_date: str
    folders: dict[str, Folder] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)

    def path_of(self, folder: Folder) -> str:
        """Return the path of a folder, from the directory down."""
        return f"{self.directory_id}/{folder.path()}"

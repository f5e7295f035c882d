# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plant a resource directory: folders, and member accounts that are empty yet."""

from __future__ import annotations

import string
import typing as t

from ..cloud.directory import Directory, Folder, Member
from .kinds import SeedError, date_of

if t.TYPE_CHECKING:
    from ..cloud.cloud import Cloud
    from .kinds import Record

LETTERS = string.ascii_letters + string.digits
STATUSES = (
    "CreateSuccess",
    "InviteSuccess",
    "PromoteSuccess",
    "PromoteVerifying",
    "PromoteFailed",
    "PromoteExpired",
    "PromoteCancelled",
)


def plant_directory(cloud: Cloud, organization: Record) -> Directory:
    """Return the directory of the management account, with its members."""
    now = cloud.clock.timestamp()
    root = Folder(folder_id=_id(cloud, "r"), name="Root", parent=None, create_date=now)
    directory = Directory(
        directory_id=_id(cloud, "rd"), management=cloud.management, root=root, create_date=now
    )
    cloud.directory = directory
    directory.folders[root.folder_id] = root
    for path in organization.get("folders", []):
        _folder(cloud, directory, path)
    for raw in organization.get("members", []):
        _add_member(cloud, directory, raw)
    return directory


def _id(cloud: Cloud, prefix: str) -> str:
    return f"{prefix}-{cloud.ids.text(8, LETTERS)}"


def _folder(cloud: Cloud, directory: Directory, path: str) -> Folder:
    """Return the folder of a path of names; those that are missing on the way are made."""
    folder = directory.root
    for name in [name for name in path.split("/") if name]:
        child = next(
            (f for f in directory.folders.values() if f.parent is folder and f.name == name), None
        )
        if child is None:
            child = Folder(
                folder_id=_id(cloud, "fd"),
                name=name,
                parent=folder,
                create_date=cloud.clock.timestamp(),
            )
            directory.folders[child.folder_id] = child
        folder = child
    return folder


def _add_member(cloud: Cloud, directory: Directory, raw: Record) -> None:
    account_id = raw["account_id"]
    status = raw.get("status", STATUSES[0])
    if status not in STATUSES:
        raise SeedError(f"the status of {account_id} must be one of {', '.join(STATUSES)}")
    if account_id in cloud.accounts:
        raise SeedError(f"the account {account_id} is there twice")
    joined = date_of(raw.get("joined", "0s"), cloud.clock.now())
    directory.members[account_id] = Member(
        account=cloud.add_account(account_id),
        display_name=raw["display_name"],
        folder=_folder(cloud, directory, raw.get("folder", "")),
        join_date=joined,
        modify_date=joined,
        status=status,
        join_method="invited" if status == "InviteSuccess" else "created",
        tags=dict(raw.get("tags", {})),
    )

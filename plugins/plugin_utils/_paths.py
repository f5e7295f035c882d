# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which file of the controller a path means, for every part that reads or writes one."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from ansible import context

from ..module_utils._cloud.errors import InputError

if t.TYPE_CHECKING:
    from ansible.parsing.dataloader import DataLoader

COLLECTION = Path(__file__).resolve().parents[2]


def resolve_path(given: str, loader: DataLoader) -> Path:
    """Return the real path of a file on the controller; InputError if it has none.

    `~` and `$VAR` are those of Ansible's own environment. Relative paths start where Ansible starts
    them, at the playbook. A playbook of this very collection is nobody's place to keep files, so
    there it is the importing playbook's directory, or the current one.
    """
    try:
        path = Path(os.path.expandvars(given)).expanduser()
        if not path.is_absolute():
            path = _base_directory(loader) / path
        return path.resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(f"Cannot find out which file {given} is: {error}") from None


def _base_directory(loader: DataLoader) -> Path:
    base = Path(loader.get_basedir())
    if not base.resolve().is_relative_to(COLLECTION):
        return base
    playbooks = [Path(name).resolve() for name in context.CLIARGS.get("args") or ()]
    directories = {playbook.parent for playbook in playbooks if playbook.is_file()}
    if len(directories) > 1:
        raise InputError(
            "A relative file can't be resolved: the playbooks of this run lie in different "
            "directories, and the task is in one that they import. Give an absolute path"
        )
    return directories.pop() if directories else Path.cwd()

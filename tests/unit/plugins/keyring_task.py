# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run ram_keyring or a task beside it in this process, as a playbook would."""

from __future__ import annotations

import typing as t

from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultSecret
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import action_loader, connection_loader
from ansible.template import Templar

if t.TYPE_CHECKING:
    from pathlib import Path

VAULT_PASSWORD = "open sesame"


def run_keyring(
    directory: str | Path,
    *,
    task: str = "ram_keyring",
    check: bool = False,
    diff: bool = False,
    vault: list[tuple[str, str]] | None = None,
    environment: dict[str, str] | None = None,
    **options: t.Any,
) -> dict[str, t.Any]:
    """Run a task for a playbook in the directory and return its result; null is not given."""
    name = f"keysmith.alibabacloud.{task}"
    given = {key: value for key, value in options.items() if value is not None}
    settings = {"check_mode": check, "diff": diff, "environment": environment}
    loaded = Task.load({name: given, **settings})
    loader = DataLoader()
    loader.set_basedir(str(directory))
    passwords = [("default", VAULT_PASSWORD)] if vault is None else vault
    secrets: t.Any = [(label, VaultSecret(word.encode())) for label, word in passwords]
    loader.set_vault_secrets(secrets)
    context = PlayContext()
    action = action_loader.get(
        name,
        task=loaded,
        connection=connection_loader.get("ansible.builtin.local", context, None),
        play_context=context,
        loader=loader,
        templar=Templar(loader=loader, variables={}),
        shared_loader_obj=None,
    )
    result: dict[str, t.Any] = action.run(task_vars={})
    return result

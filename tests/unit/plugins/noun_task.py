# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the task of a module in this process, as a playbook on this machine would."""

from __future__ import annotations

import sys
import typing as t

from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins import loader as plugin_loader
from ansible.template import Templar

COLLECTION = "keysmith.alibabacloud"


def variables(**more: t.Any) -> dict[str, t.Any]:
    """Return the variables of a host that is this machine, with this Python."""
    python = sys.executable
    return {
        "ansible_playbook_python": python,
        "ansible_python_interpreter": python,
        "ansible_facts": {},
        # From ansible-core 2.21 on, the echo of the arguments is left out unless asked for.
        "ansible_inject_invocation": True,
        **more,
    }


def action_of(
    name: str, options: dict[str, t.Any], connection: str = "local", **settings: t.Any
) -> t.Any:
    """Return the action plugin of a task with these options and keywords."""
    task = Task.load({f"{COLLECTION}.{name}": options, **settings})
    loader, context = DataLoader(), PlayContext()
    context.remote_addr = "127.0.0.1"
    return plugin_loader.action_loader.get(
        f"{COLLECTION}.{name}",
        task=task,
        connection=plugin_loader.connection_loader.get(
            f"ansible.builtin.{connection}", context, None
        ),
        play_context=context,
        loader=loader,
        templar=Templar(loader=loader, variables={}),
        shared_loader_obj=plugin_loader,
    )

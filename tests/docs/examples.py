# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples in the documentation of the plugins, as a page that can be run.

They run in check mode, because each of them is to work by itself, not after those above it.
"""

from __future__ import annotations

import textwrap
import typing as t

from ansible.parsing.plugin_docs import read_docstring

from .blocks import Block
from .reader import CHECKOUT, EXAMPLE_KEYS

if t.TYPE_CHECKING:
    from collections.abc import Iterator

POLICY = '{"Version": "1", "Statement": [{"Effect": "Allow", "Action": "log:*", "Resource": "*"}]}'
# What the examples take for granted
SITE = f"""
openssl rand -base64 32 > .vault-pass
export ANSIBLE_VAULT_PASSWORD_FILE=.vault-pass
mkdir secrets policies ~/Downloads
printf '%s\\n' 'AccessKey ID,AccessKey Secret' '{",".join(EXAMPLE_KEYS["legacy-api"])}' \\
  > ~/Downloads/AccessKey.csv
printf '%s\\n' '{POLICY}' | tee policies/logs-reader.json > policies/logs-writer.json.j2
ansible localhost -m keysmith.alibabacloud.ram_user \\
  -a '{{"users": [{{"name": "slb-api"}}, {{"name": "ddos-api"}}, {{"name": "reader"}},
    {{"name": "ops", "policies": ["AliyunRAMFullAccess"]}}]}}'
ansible localhost -m keysmith.alibabacloud.ram_keyring \\
  -a '{{"users": ["slb-api", "reader", "ops"], "file": "secrets/ram_keyring.yml"}}'
"""
PLAY = "- hosts: localhost\n  gather_facts: false\n  tasks:\n"


def plugin_examples() -> list[Block]:
    """Return the site of the examples, and a playbook of the examples of each plugin."""
    return [Block("the site of the examples", "shell", SITE), *_playbooks()]


def _playbooks() -> Iterator[Block]:
    for path in sorted((CHECKOUT / "plugins").glob("*/[!_]*.py")):
        tasks = read_docstring(str(path))["plainexamples"]
        if tasks:
            place, file = str(path.relative_to(CHECKOUT)), f"{path.stem}.yml"
            yield Block(place, "yaml", PLAY + textwrap.indent(tasks, " " * 4), file=file)
            yield Block(place, "shell", f"ansible-playbook --check {file}\n")

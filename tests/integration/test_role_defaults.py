# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role leaves to module_defaults what is theirs."""

from __future__ import annotations

import json
import typing as t

if t.TYPE_CHECKING:
    from emulator import Emulator

    from .conftest import Controller

FEW = {"concurrency": 3}
PLAY = {
    "hosts": "localhost",
    "gather_facts": False,
    "module_defaults": {
        "keysmith.alibabacloud.ram_user": FEW,
        "keysmith.alibabacloud.ram_keyring": FEW,
    },
    "roles": ["keysmith.alibabacloud.ram_credentials"],
    "vars": {"ram_credentials_users": [{"name": f"user-{number}"} for number in range(8)]},
}


def test_concurrency_of_the_role(emulator: Emulator, controller: Controller) -> None:
    """The role's tasks have as many requests in flight as module_defaults say."""
    emulator.fail("*", "delay", ms=100, times=100)
    (controller.folder / "secrets").mkdir()
    (controller.folder / "vault-password").write_text("open sesame")
    (controller.folder / "play.yml").write_text(json.dumps([PLAY]))

    done = controller.run("ansible-playbook", "play.yml", "--vault-password-file", "vault-password")

    assert done.returncode == 0, done.stdout
    assert emulator.peak_in_flight() == 3

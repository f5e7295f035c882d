# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many requests the role sends at once."""

from __future__ import annotations

import json
import typing as t

import pytest

if t.TYPE_CHECKING:
    from emulator import Emulator

    from .conftest import Controller

PROVISION = ("ansible-playbook", "keysmith.alibabacloud.provision")


@pytest.mark.parametrize("state", ["present", "absent"])
def test_concurrency_of_the_role(emulator: Emulator, controller: Controller, state: str) -> None:
    """The role's variable is how many requests each of its tasks has in flight."""
    names = [f"user-{number}" for number in range(8)]
    for name in names if state == "absent" else ():
        emulator.call("CreateUser", UserName=name)
    emulator.fail("*", "delay", ms=100, times=100)
    (controller.folder / "secrets").mkdir()
    (controller.folder / "vault-password").write_text("open sesame")
    users = [{"name": name, "state": state} for name in names]
    variables = {"ram_credentials_users": users, "ram_credentials_concurrency": 3}

    done = controller.run(
        *PROVISION, "-e", json.dumps(variables), "--vault-password-file", "vault-password"
    )

    assert done.returncode == 0, done.stdout
    assert emulator.peak_in_flight() == 3

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Give ad-hoc commands what they can't work with, as a person on a command line would."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

if t.TYPE_CHECKING:
    from emulator import Emulator

    from .conftest import Controller

CREATE_USER = ("ram_user", "name=writer")
STORE_KEY = ("ram_keyring", "name=reader file=keyring.yml")
NO_PAIR = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": ""}
PASSWORD = {"ANSIBLE_VAULT_PASSWORD_FILE": "password"}


@pytest.mark.parametrize(
    ("command", "environment", "words"),
    [
        pytest.param(CREATE_USER, NO_PAIR, "No credentials found", id="no-credentials"),
        pytest.param(
            CREATE_USER,
            {**NO_PAIR, "ALIBABA_CLOUD_PROFILE": "nobody"},
            "Profile nobody gives no credentials",
            id="unknown-profile",
        ),
        pytest.param(
            CREATE_USER,
            {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "wrong"},
            "SignatureDoesNotMatch",
            id="wrong-secret",
        ),
        pytest.param(
            ("ram_user", "name=writer max_attempts=1"),
            {"ALIBABA_CLOUD_STS_ENDPOINT": "http://127.0.0.1:1"},
            "http://127.0.0.1:1",
            id="unreachable-endpoint",
        ),
        pytest.param(
            CREATE_USER,
            {"ALIBABA_CLOUD_RAM_ENDPOINT": "http://ram.example.com"},
            "uses plain http",
            id="plain-http",
        ),
        pytest.param(
            ("ram_user", 'users=[{"name":"writer","comments":"hi"}]'),
            {},
            "Give all arguments as JSON instead",
            id="json-split-at-commas",
        ),
        pytest.param(
            ("ram_access_key", "user_name=reader"), {}, "no_log: true", id="secret-without-a-sink"
        ),
        pytest.param(STORE_KEY, {}, "No vault password", id="no-vault-password"),
        pytest.param(
            ("ram_keyring", "name=reader file=locked.yml"),
            PASSWORD,
            "None of the vault passwords of this run opens",
            id="wrong-vault-password",
        ),
        pytest.param(
            ("ram_keyring", "name=reader file=keyring.yml vault_id=prod"),
            PASSWORD,
            "no vault password with the id prod",
            id="unknown-vault-id",
        ),
        pytest.param(
            ("ram_keyring", "name=nobody file=keyring.yml"),
            PASSWORD,
            "There is no RAM user nobody",
            id="no-such-user",
        ),
    ],
)
def test_bad_input(
    emulator: Emulator,
    controller: Controller,
    command: tuple[str, str],
    environment: dict[str, str],
    words: str,
) -> None:
    """Bad input ends in one message that says what is wrong, and nothing is written."""
    module, arguments = command
    emulator.call("CreateUser", UserName="reader")
    locked = VaultLib().encrypt("ram_keyring: {}\n", VaultSecret(b"another password"))
    (controller.folder / "locked.yml").write_bytes(locked)
    (controller.folder / "password").write_text("open sesame")
    before = files_in(controller)

    done = controller.run(
        *("ansible", "localhost", "-vvv", "-m", f"keysmith.alibabacloud.{module}", "-a", arguments),
        **environment,
    )

    assert done.returncode == 2
    assert words in failure(done.stdout)["msg"]
    assert "Traceback (most recent call last)" not in done.stdout + done.stderr
    assert files_in(controller) == before
    assert [action for action in emulator.actions() if not action.startswith(("Get", "List"))] == []


def files_in(controller: Controller) -> dict[str, bytes]:
    """Return the files of the current folder, but for locks, which may stay."""
    files = list(controller.folder.iterdir())
    return {path.name: path.read_bytes() for path in files}


def failure(output: str) -> dict[str, t.Any]:
    """Return the result that `ansible` shows for a task that failed."""
    result = output.partition("localhost | FAILED! => ")[2]
    return json.JSONDecoder().raw_decode(result)[0]

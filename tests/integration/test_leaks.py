# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the whole job as talkative as all can be, and look for secrets in all that it leaves."""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import threading
import time
import typing as t
import urllib.parse
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from chaos.processes import Tree

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from emulator import Emulator

    from .conftest import Controller

PLAYBOOKS = Path(__file__).parent / "leaks"
CHECKOUT = Path(__file__).parents[2]
KEYRING = "keysmith.alibabacloud.ram_keyring"
PROVISION = ("ansible-playbook", "keysmith.alibabacloud.provision", "-e", "@users.yml")

# Whoever runs the tests finds these in no other text.
VAULT_PASSWORD = "open-Sesame-5fK2w9Xb"
OTHER_VAULT_PASSWORD = "shut-Sesame-7hQ4m1Zc"
LOGIN_PASSWORD = "Correct-Horse-8sT4q"
WRITTEN_BY_HAND = "by-hand-Secret-9jL5u2Pd"
GIVEN = {VAULT_PASSWORD, OTHER_VAULT_PASSWORD, LOGIN_PASSWORD, WRITTEN_BY_HAND}
# Those of the account, the operator and the leaver.
SECRETS_THERE = 3
PASSWORD_FILE = "vault-password"
READABLE_FILE = "torn_inline.yml"
LOGS = ("ansible.log", "junit", "record.json", "terminal", "tree")
# A parser that complains of this line would quote it.
TORN = f'ram_keyring: {{auditor: {{access_key_secret: "{WRITTEN_BY_HAND}'


@dataclass
class Spy:
    """Sees with what all processes of the computer are started, and finds what they leave."""

    machine: Path
    began: float = field(default_factory=time.time)
    commands: set[bytes] = field(default_factory=set)
    environments: set[bytes] = field(default_factory=set)

    def look_around(self) -> None:
        """Note the processes that are there now."""
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it has ended
                self.commands.add((process / "cmdline").read_bytes())
                self.environments.add((process / "environ").read_bytes())

    def leaks(self, secrets: set[str], *, of_environment: set[str]) -> list[str]:
        """Return the lines that tell a secret; those `of_environment` may be there."""
        files = {str(path): path.read_bytes() for path in self._files_left()}
        for told in LOGS:
            assert any(told in name for name in files), told
        left = {**files, "a command": b"\n".join(self.commands)}
        environment = {"an environment": b"\n".join(self.environments)}
        return [*find(left, secrets), *find(environment, secrets - of_environment)]

    def _files_left(self) -> Iterator[Path]:
        """Return the files of the machine, and the new ones in the checkout."""
        for path in filter(Path.is_file, self.machine.rglob("*")):
            if path.name not in {PASSWORD_FILE, READABLE_FILE}:
                yield path
        for place in ("playbooks", "plugins", "roles"):
            for path in (CHECKOUT / place).rglob("*"):
                if path.is_file() and path.stat().st_mtime > self.began:
                    yield path


@pytest.fixture
def spy(controller: Controller) -> Iterator[Spy]:
    """A spy who looks around for as long as the test runs."""
    spy = Spy(controller.folder.parent)
    stopped = threading.Event()

    def watch() -> None:
        while not stopped.wait(0.02):
            spy.look_around()

    thread = threading.Thread(target=watch)
    thread.start()
    yield spy
    stopped.set()
    thread.join()


@pytest.fixture
def operator(emulator: Emulator) -> dict[str, str]:
    """The key of a user who may administer users and assume a role that may as well."""
    emulator.call("CreateUser", UserName="operator")
    for policy in ("AliyunRAMFullAccess", "AliyunSTSAssumeRoleAccess"):
        attached = {"PolicyName": policy, "PolicyType": "System"}
        emulator.call("AttachPolicyToUser", UserName="operator", **attached)
    key: dict[str, str] = emulator.call("CreateAccessKey", UserName="operator")["AccessKey"]
    return key


@pytest.fixture
def role(emulator: Emulator) -> str:
    """The ARN of that role."""
    trusted = {"RAM": [f"acs:ram::{emulator.account_id}:root"]}
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": trusted}
    document = {"Version": "1", "Statement": [statement]}
    made = emulator.call("CreateRole", RoleName="ops", AssumeRolePolicyDocument=document)
    attached = {"PolicyName": "AliyunRAMFullAccess", "PolicyType": "System"}
    emulator.call("AttachPolicyToRole", RoleName="ops", **attached)
    return str(made["Role"]["Arn"])


@pytest.fixture(autouse=True)
def _site(emulator: Emulator, controller: Controller) -> None:
    """There are playbooks, vault files that are of no use, and a user with a password."""
    emulator.call("CreateUser", UserName="leaver")
    emulator.call("CreateLoginProfile", UserName="leaver", Password=LOGIN_PASSWORD)
    emulator.call("CreateAccessKey", UserName="leaver")
    folder = controller.folder
    shutil.copytree(PLAYBOOKS, folder, dirs_exist_ok=True)
    (folder / "secrets").mkdir()
    (folder / PASSWORD_FILE).write_text(VAULT_PASSWORD)
    (folder / READABLE_FILE).write_text(TORN)
    (folder / "torn.yml").write_bytes(encrypt(TORN, VAULT_PASSWORD))
    (folder / "foreign.yml").write_bytes(encrypt(TORN, OTHER_VAULT_PASSWORD))


def test_job_leaves_no_secret(
    emulator: Emulator, controller: Controller, operator: dict[str, str], role: str, spy: Spy
) -> None:
    """Whatever of the job succeeds or fails, not even Ansible's debug output holds a secret."""
    environment = {**signing(operator), "ROLE_ARN": role, "ANSIBLE_DEBUG": "true"}

    status = run_loudly(controller, "ansible-playbook", "job.yml", **environment)

    assert status == 0, terminal(controller)
    secrets = handed_out(emulator, SECRETS_THERE + 2 * 2 + 7)
    assert spy.leaks(secrets | GIVEN, of_environment={operator["AccessKeySecret"]}) == []


@pytest.mark.parametrize("as_module", ["false", "true"], ids=["worker", "module"])
def test_options_leave_no_secret(
    emulator: Emulator,
    controller: Controller,
    operator: dict[str, str],
    role: str,
    spy: Spy,
    *,
    as_module: str,
) -> None:
    """Secrets that are options or returned to a variable are not shown at any verbosity."""
    # Not one for all runs: another test would find it in this one's environment.
    token = f"stray-{uuid.uuid4()}"
    # Not with ANSIBLE_DEBUG: Ansible itself then prints the options and the answer of each module
    # as they are, as its documentation warns, and no module can keep it from that.
    caller = {
        "CALLER_ID": operator["AccessKeyId"],
        "CALLER_SECRET": operator["AccessKeySecret"],
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "",
        "STRAY_TOKEN": token,
        "ROLE_ARN": role,
    }

    way = ("-e", f"keysmith_alibabacloud_run_as_module={as_module}")
    # No worker is used where the SDK prints.
    caller["DEBUG"] = "sdk" if as_module == "true" else ""
    status = run_loudly(controller, "ansible-playbook", "job.yml", "options.yml", *way, **caller)

    assert status == 0, terminal(controller)
    secrets = handed_out(emulator, SECRETS_THERE + 2 * 2 + 8)
    if as_module == "false":
        assert "ram_user runs in Ansible's worker" in terminal(controller)
    else:
        assert any(b"AnsiballZ_ram_user.py" in told for told in spy.commands)
    given = {operator["AccessKeySecret"], token}
    assert spy.leaks(secrets | GIVEN | given, of_environment=given) == []


def test_killed_run_leaves_no_secret(
    emulator: Emulator, controller: Controller, operator: dict[str, str], spy: Spy
) -> None:
    """A run that is killed with a key in its journal leaves no secret, nor do those that follow."""
    for name in ("first", "second"):
        emulator.call("CreateUser", UserName=name)
    emulator.fail("CreateAccessKey", "delay", skip=1, ms=60_000, when="after")
    journal = controller.folder / ".keyring.yml.pending.yml"
    environment = {**signing(operator), "ANSIBLE_DEBUG": "true"}
    users = {"file": "keyring.yml", "users": ["first", "second"], "read_timeout": 3}
    task = ("ansible", "localhost", "-m", KEYRING, "-a", json.dumps(users))

    killed = start_loudly(controller, *task, **environment)
    wait_for(lambda: journal.exists() and b"secrets" in journal.read_bytes())
    wait_for(lambda: len(emulator.state()["secrets"]) == SECRETS_THERE + 2)
    killed.kill()
    secrets = handed_out(emulator, SECRETS_THERE + 2)
    left_by_kill = find({"journal": journal.read_bytes()}, secrets | GIVEN)
    settled = run_loudly(controller, *task, **environment)
    provisioned = run_loudly(controller, *PROVISION, **environment)

    assert left_by_kill == []
    assert (settled, provisioned) == (0, 0), terminal(controller)
    assert '"recovered"' in terminal(controller)
    secrets = handed_out(emulator, SECRETS_THERE + 4)
    assert spy.leaks(secrets | GIVEN, of_environment={operator["AccessKeySecret"]}) == []


def start_loudly(controller: Controller, program: str, *what: str, **environment: str) -> Tree:
    """Start a program of Ansible with all the output there is."""
    loud = {
        "ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.junit,ansible.builtin.tree",
        "ANSIBLE_CALLBACK_PLUGINS": "callback_plugins",
        "ANSIBLE_CALLBACK_TREE_DIR": "tree",
        "ANSIBLE_DISPLAY_TRACEBACK": "always",
        "ANSIBLE_LOAD_CALLBACK_PLUGINS": "true",
        "ANSIBLE_LOG_PATH": "ansible.log",
        # The SDK then prints each request and answer, if it is let.
        "DEBUG": "sdk",
        "JUNIT_OUTPUT_DIR": "junit",
        "RECORD_FILE": "record.json",
    }
    number = len(terminals(controller))
    return Tree(
        [program, *what, "-vvvv", "--diff", "--vault-password-file", PASSWORD_FILE],
        folder=controller.folder,
        environment={**controller.environment, **loud, **environment},
        output=controller.folder.with_name(f"terminal-{number}"),
    )


def run_loudly(controller: Controller, program: str, *what: str, **environment: str) -> int:
    """Run a program of Ansible to its end and return its exit status."""
    return start_loudly(controller, program, *what, **environment).wait()


def terminals(controller: Controller) -> list[Path]:
    """Return the files that have what the programs wrote to the terminal."""
    return sorted(controller.folder.parent.glob("terminal-*"))


def terminal(controller: Controller) -> str:
    """Return all that the programs wrote to the terminal."""
    return "".join(path.read_text(encoding="utf-8") for path in terminals(controller))


def signing(key: dict[str, str]) -> dict[str, str]:
    """Return the environment with which a key signs."""
    return {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key["AccessKeyId"],
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key["AccessKeySecret"],
    }


def handed_out(emulator: Emulator, number: int) -> set[str]:
    """Return the secrets of all keys and sessions that there ever were, so many."""
    secrets = set(emulator.state()["secrets"])
    assert len(secrets) == number
    return secrets


def encrypt(text: str, password: str) -> bytes:
    """Return a vault."""
    vault = VaultLib([("default", VaultSecret(password.encode()))])
    return bytes(vault.encrypt(text))


def find(places: Mapping[str, bytes], secrets: Iterable[str]) -> list[str]:
    """Return the lines that hold a piece of a secret, with the name of their place."""
    pieces = [piece for secret in secrets for piece in pieces_of(secret)]
    return [
        f"{name}: {line!r}"
        for name, content in places.items()
        if any(piece in content for piece in pieces)
        for line in content.splitlines()
        if any(piece in line for piece in pieces)
    ]


def pieces_of(secret: str) -> Iterator[bytes]:
    """Return the halves of a secret, in clear and encoded: one survives if a long line is wrapped.

    Where a secret begins within a text decides how base64 writes it, but for its ends.
    """
    raw = secret.encode()
    shifted = [base64.b64encode(b"?" * shift + raw)[4:-4] for shift in range(3)]
    for text in (raw, urllib.parse.quote(secret, safe="").encode(), raw.hex().encode(), *shifted):
        middle = len(text) // 2
        yield from (text[:middle], text[middle:])


def wait_for(condition: Callable[[], bool]) -> None:
    """Return once something has happened in another process."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)

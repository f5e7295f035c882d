# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role makes of its variables, and leaves to module_defaults."""

from __future__ import annotations

import json
import re
import typing as t

import pytest
from ansible.release import __version__ as ansible_version

if t.TYPE_CHECKING:
    from subprocess import CompletedProcess

    from emulator import Emulator

    from .conftest import Controller

SUMMARY = re.compile(r"policies: (.+?); groups: (.+?); users: (\d+) created")
USERS = [{"name": f"user-{number}"} for number in range(8)]


def run_role(
    controller: Controller, variables: dict[str, t.Any], *options: str, **play: t.Any
) -> CompletedProcess[str]:
    """Run the role with variables, in a play that may say more."""
    described = {
        "hosts": "localhost",
        "gather_facts": False,
        "roles": ["keysmith.alibabacloud.ram_credentials"],
        "vars": variables,
        **play,
    }
    (controller.folder / "secrets").mkdir(exist_ok=True)
    (controller.folder / "vault-password").write_text("open sesame")
    (controller.folder / "play.yml").write_text(json.dumps([described]))
    command = ("ansible-playbook", "play.yml", "--vault-password-file", "vault-password")
    return controller.run(*command, *options)


def test_module_defaults(emulator: Emulator, controller: Controller) -> None:
    """Options that the role has no variable for come from module_defaults."""
    defaults = {"keysmith.alibabacloud.ram_user": {"comments": "made by the role"}}

    done = run_role(
        controller, {"ram_credentials_users": [{"name": "bob"}]}, module_defaults=defaults
    )

    assert done.returncode == 0, done.stdout
    assert emulator.state()["users"]["bob"]["comments"] == "made by the role"


def test_concurrency_of_the_role(emulator: Emulator, controller: Controller) -> None:
    """The role's tasks have as many requests in flight as its variable says."""
    emulator.fail("*", "delay", ms=100, times=100)

    done = run_role(controller, {"ram_credentials_users": USERS, "ram_credentials_concurrency": 2})

    assert done.returncode == 0, done.stdout
    assert emulator.peak_in_flight() == 2


def test_omitted_values(emulator: Emulator, controller: Controller) -> None:
    """What is omitted in a user's description is not given, so that its default holds."""
    omitted = "{{ not_said | default(omit) }}"
    user = {"name": "ann", "file": omitted, "comments": omitted, "policies": omitted}
    # Before 2.19, Ansible's own look at a role's variables takes what is omitted for a text.
    if ansible_version >= "2.19":
        user["access_key"] = omitted

    done = run_role(controller, {"ram_credentials_users": [user]})

    assert done.returncode == 0, done.stdout
    assert len(emulator.state()["users"]["ann"]["access_keys"]) == 1
    assert (controller.folder / "secrets" / "ram_keyring.yml").exists()


@pytest.mark.parametrize("check", [(), ("--check",)])
def test_refused_names(emulator: Emulator, controller: Controller, check: tuple[str, ...]) -> None:
    """Names that YAML changes or that exist in another case are told before anything is made."""
    emulator.call("CreateUser", UserName="Alice")

    changed = run_role(controller, {"ram_credentials_users": [{"name": 83}, {"name": "x"}]}, *check)
    cased = run_role(
        controller, {"ram_credentials_users": [{"name": "x"}, {"name": "alice"}]}, *check
    )

    assert changed.returncode == cased.returncode == 2
    assert "or truth values: 83. Put them in quotes" in changed.stdout
    assert "there is one called Alice" in cased.stdout
    assert list(emulator.state()["users"]) == ["Alice"]


def test_last_line(emulator: Emulator, controller: Controller) -> None:
    """The last task says in one line what became of the users and keys of its host."""
    emulator.call("CreateUser", UserName="old")
    users = [{"name": "new"}, {"name": "plain", "access_key": False}]

    done = run_role(
        controller, {"ram_credentials_users": [*users, {"name": "old", "state": "absent"}]}
    )

    assert (
        "localhost: users: 2 created, 0 changed, 1 removed, 0 unchanged; "
        "keys: 1 created, 0 changed, 0 removed, 1 unchanged" in done.stdout
    ), done.stdout


def test_deletion_of_one_account(emulator: Emulator, controller: Controller) -> None:
    """Users are deleted only in the account that the run saw first, whatever the variable says."""
    emulator.call("CreateUser", UserName="old")
    pin = "{{ 'nobody' if ram_credentials__present is defined else omit }}"
    users = [{"name": "old", "state": "absent"}]

    done = run_role(controller, {"ram_credentials_users": users, "ram_credentials_account_id": pin})

    assert done.returncode == 0, done.stdout
    assert "old" not in emulator.state()["users"]


def test_account_without_a_number(emulator: Emulator, controller: Controller) -> None:
    """An empty number of the account stops the role: it would do without a check."""
    variables = {"ram_credentials_users": [{"name": "new"}], "ram_credentials_account_id": ""}

    done = run_role(controller, variables)

    assert "account_id is empty" in done.stdout
    assert emulator.state()["users"] == {}


def test_policies_and_groups(emulator: Emulator, controller: Controller) -> None:
    """Policies are there before groups, these before users, and go after them; check mode knows."""
    for name in ("old", "writers"):
        emulator.call("CreateGroup", GroupName=name)
    emulator.call("CreateUser", UserName="leaver")
    emulator.call("AddUserToGroup", UserName="leaver", GroupName="old")
    statement = {"Effect": "Allow", "Action": "log:Get*", "Resource": "*"}
    document = {"Version": "1", "Statement": [statement]}
    emulator.call("CreatePolicy", PolicyName="gone", PolicyDocument=json.dumps(document))
    emulator.call("AttachPolicyToGroup", GroupName="old", PolicyName="gone", PolicyType="Custom")
    variables = {
        "ram_credentials_policies": [
            {"name": "logs", "document": document},
            {"name": "text", "document": json.dumps(document), "tags": {"team": 1}},
            {"name": "gone", "state": "absent"},
        ],
        "ram_credentials_groups": [
            {"name": "readers", "policies": ["AliyunSLBReadOnlyAccess", "logs"]},
            {"name": "writers", "comments": "write"},
            {"name": "old", "state": "absent"},
        ],
        "ram_credentials_users": [
            {"name": "ann", "groups": ["readers", "writers"], "policies": ["text"]}
        ],
    }

    runs = [run_role(controller, variables, *options) for options in (["--check"], [], [])]

    told = [SUMMARY.findall(done.stdout) for done in runs]
    state = emulator.state()
    assert [done.returncode for done in runs] == [0, 0, 0], runs[0].stdout
    policies, groups = "2 created, 0 changed, 1 removed", "1 created, 1 changed, 1 removed"
    changes = [(f"{policies}, 0 unchanged", f"{groups}, 0 unchanged", "1")]
    assert told[:2] == [changes, changes]
    assert told[2] == [(*["0 created, 0 changed, 0 removed, 3 unchanged"] * 2, "0")]
    assert "changed=0" in runs[2].stdout
    assert sorted(state["policies"]) == ["logs", "text"]
    assert sorted(state["groups"]) == ["readers", "writers"]
    assert sorted(state["users"]["ann"]["groups"]) == ["readers", "writers"]


def test_role_twice_in_a_play(emulator: Emulator, controller: Controller) -> None:
    """What the role did for one list is no part of what it says, and rests on, for another."""
    emulator.call("CreateUser", UserName="old")
    group = {"name": "readers"}
    first = {
        "ram_credentials_groups": [group, {"name": "gone", "state": "absent"}],
        "ram_credentials_users": [{"name": "old", "state": "absent"}],
    }
    second = {
        "ram_credentials_groups": [group],
        "ram_credentials_users": [{"name": "ann", "access_key": False}],
    }
    other_account = {
        "ram_credentials_account_id": "1234567890123456",
        "ram_credentials_users": [{"name": "bob", "access_key": False}],
    }
    lists = (first, second, other_account)
    role = {"ansible.builtin.include_role": {"name": "keysmith.alibabacloud.ram_credentials"}}
    tasks = [{**role, "vars": each} for each in lists]

    done = run_role(controller, {}, roles=[], tasks=tasks)

    summaries = re.findall(r"groups: (.+?); users: (.+?);", done.stdout)
    assert summaries == [
        (
            "1 created, 0 changed, 0 removed, 1 unchanged",
            "0 created, 0 changed, 1 removed, 0 unchanged",
        ),
        (
            "0 created, 0 changed, 0 removed, 1 unchanged",
            "1 created, 0 changed, 0 removed, 0 unchanged",
        ),
    ]
    assert done.returncode == 2
    assert "not for 1234567890123456" in done.stdout
    assert list(emulator.state()["users"]) == ["ann"]

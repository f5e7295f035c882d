# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who does the job: our role, and the ways in which people do it without."""

from __future__ import annotations

import math
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
PLAYBOOK = str(Path(sys.executable).with_name("ansible-playbook"))
AD_HOC = (str(Path(sys.executable).with_name("ansible")), "localhost", "-m")
PASSWORD_FILE = "password"
KEYRING = "keyring.yml"

ROLE = "role"
POOL = "pool"
# What Ansible takes without us, and two small things beside it.
NOTHING, PING, INFO, NOUNS = "nothing", "ping", "info", "nouns"
ACCOUNT = "account"


@dataclass(frozen=True)
class Contender:
    """A way to do the job; slow ones only do small ones, larger ones in a full run."""

    title: str
    command: tuple[str, ...]
    in_flight: int
    largest: float = math.inf
    largest_in_full: float = math.inf
    # Whether it knows what is done already, so that a second run means something.
    repeatable: bool = False
    keeps_keys: bool = True
    # Whether it does the job at all, or is measured for comparison.
    does_job: bool = True

    def serves(self, users: int, *, full: bool) -> bool:
        """Tell whether it is asked to do a job of this size."""
        return users <= (self.largest_in_full if full else self.largest)


def _play(name: str) -> tuple[str, ...]:
    options = ("--vault-password-file", PASSWORD_FILE, "-e", "@variables.json")
    return (PLAYBOOK, str(HERE / name), *options)


def _script(*options: str) -> tuple[str, ...]:
    program = str(HERE / "plain_sdk.py")
    return (sys.executable, program, "variables.json", PASSWORD_FILE, KEYRING, *options)


def contenders(concurrency: int) -> dict[str, Contender]:
    """Return all contenders by their short names; `concurrency` is for those who can."""
    pool = ("--threads", str(concurrency))
    return {
        **_small_things(),
        ROLE: Contender(
            "role ram_credentials", _play("play_role.yml"), concurrency, repeatable=True
        ),
        "loop": Contender(
            "loop of ram_user, ram_access_key",
            _play("play_loop.yml"),
            in_flight=1,
            largest=20,
            largest_in_full=100,
            repeatable=True,
            keeps_keys=False,
        ),
        "script": Contender(
            "plain SDK, sequential", _script(), in_flight=1, largest=100, largest_in_full=1000
        ),
        POOL: Contender("plain SDK, threads", _script(*pool), concurrency),
        "pool-same-calls": Contender(
            "the same with our calls", _script(*pool, "--check"), concurrency
        ),
    }


def account_variables(policies: int, groups: int, users: int, roles: int) -> dict[str, t.Any]:
    """Return a whole account: policies, groups that have them, users in these, and roles."""
    principal = {"Service": ["ecs.aliyuncs.com"]}
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    document = {"Effect": "Allow", "Action": ["log:Get*", "log:List*"]}
    return {
        "policies": [
            {
                "name": f"policy-{number}",
                "document": {
                    "Version": "1",
                    "Statement": [{**document, "Resource": [f"acs:log:*:*:project/{number}"]}],
                },
            }
            for number in range(policies)
        ],
        "groups": [
            {"name": f"group-{number}", "policies": [f"policy-{number % policies}"]}
            for number in range(groups)
        ],
        "users": [
            {"name": f"user-{number}", "groups": [f"group-{number % groups}"]}
            for number in range(users)
        ],
        "roles": [
            {
                "name": f"role-{number}",
                "trust_policy": {"Version": "1", "Statement": [trust]},
                "policies": [f"policy-{number % policies}"],
            }
            for number in range(roles)
        ],
    }


def _small_things() -> dict[str, Contender]:
    def small(title: str, *command: str, in_flight: int = 1, repeatable: bool = False) -> Contender:
        return Contender(title, command, in_flight, 1, 1, repeatable=repeatable, does_job=False)

    return {
        NOTHING: small("ansible-playbook without a task", *_play("play_nothing.yml")),
        PING: small("ansible -m ping", *AD_HOC, "ansible.builtin.ping"),
        INFO: small("ansible -m ram_user_info", *AD_HOC, "keysmith.alibabacloud.ram_user_info"),
        NOUNS: small("ten tasks of modules", *_play("play_nouns.yml"), repeatable=True),
        ACCOUNT: small(
            "account: 30 policies, 20 groups, 200 users, 10 roles",
            *_play("play_account.yml"),
            in_flight=16,
            repeatable=True,
        ),
    }


def variables(users: int, concurrency: int, keyring: Path) -> dict[str, t.Any]:
    """Return the job: the variables of the playbooks, which the scripts read too."""
    names = [f"bench-{number:04}" for number in range(1, users + 1)]
    return {
        "bench_account": account_variables(policies=30, groups=20, users=200, roles=10),
        "bench_concurrency": concurrency,
        "bench_file": str(keyring),
        "bench_users": [{"name": name, "policies": ["AliyunSLBReadOnlyAccess"]} for name in names],
    }

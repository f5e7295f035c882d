# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A play for a real account runs unchanged on a seeded emulator, which it takes for the cloud."""

from __future__ import annotations

import typing as t

import pytest

from emulator import Emulator

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Controller

SEED = {
    "policies": [
        {
            "name": "read-from-the-office",
            "document": {
                "Version": "1",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": ["ram:Get*", "ram:List*"],
                        "Resource": "*",
                        "Condition": {"IpAddress": {"acs:SourceIp": ["203.0.113.0/24"]}},
                    }
                ],
            },
            "tags": {"team": "platform"},
        }
    ],
    "groups": [{"name": "developers", "policies": ["AliyunECSReadOnlyAccess"]}],
    "users": [
        {
            "name": "ci",
            "created": "400d",
            "tags": {"team": "platform"},
            "groups": ["developers"],
            "access_keys": [{"created": "300d", "last_used": "1d"}],
        }
    ],
}
# Nothing here knows of an emulator: no endpoint, no option for tests.
PLAY = """
- hosts: localhost
  gather_facts: false
  module_defaults: &company
    group/keysmith.alibabacloud.ram:
      ca_bundle: "{{ lookup('ansible.builtin.env', 'COMPANY_CA') }}"
  tasks:
    - keysmith.alibabacloud.ram_user:
        users:
          - name: ci
            comments: Builds and deploys
            groups: [developers]
            policies: [AliyunOSSFullAccess, AliyunContainerRegistryFullAccess]
          - name: auditor
            display_name: Auditor
            groups: [developers]
            policies: [read-from-the-office]

    - keysmith.alibabacloud.ram_group:
        name: operators
        comments: Run what the others build
        users: [ci]
        policies: [AliyunLogFullAccess, AliyunECSReadOnlyAccess]

    - keysmith.alibabacloud.ram_account_alias:
        account_alias: my-company

    - keysmith.alibabacloud.ram_keyring:
        file: secrets/keys.yml
        users: [auditor]
        verify: all

- hosts: localhost
  gather_facts: false
  module_defaults: *company
  vars_files: secrets/keys.yml
  vars:
    auditor: "{{ ram_keyring.auditor }}"
  tasks:
    - keysmith.alibabacloud.ram_user_info:
        access_key_id: "{{ auditor.access_key_id }}"
        access_key_secret: "{{ auditor.access_key_secret }}"
        include: [groups]
      register: found

    - ansible.builtin.assert:
        that:
          - found.users | map(attribute='user_name') == ['ci', 'auditor']
          - found.users | map(attribute='groups') == [['developers', 'operators'], ['developers']]
"""


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """A seeded account behind a proxy, for requests from the office."""
    with Emulator(seed=SEED, proxy_port=0, source_address="203.0.113.7") as emulator:
        yield emulator


def test_play_for_a_real_account(emulator: Emulator, controller: Controller) -> None:
    """Users, groups, common policies and keys come out right, and a condition decides for real."""
    for name in [name for name in controller.environment if name.endswith("_ENDPOINT")]:
        del controller.environment[name]
    (controller.folder / "secrets").mkdir()
    (controller.folder / "password").write_text("open sesame")
    (controller.folder / "play.yml").write_text(PLAY)

    def play() -> tuple[int, str]:
        done = controller.run(
            "ansible-playbook",
            "play.yml",
            "--vault-password-file",
            "password",
            HTTPS_PROXY=emulator.proxy_url,
            COMPANY_CA=str(emulator.ca_file),
        )
        return done.returncode, done.stdout

    first, again = play(), play()
    emulator.set_source_address("198.51.100.1")
    from_elsewhere = play()

    state = emulator.state()
    users, operators = state["users"], state["groups"]["operators"]
    assert first[0] == 0, first[1]
    assert "changed=0" in again[1]
    assert from_elsewhere[0] != 0
    assert "NoPermission" in from_elsewhere[1]
    assert sorted(policy["name"] for policy in users["ci"]["policies"]) == [
        "AliyunContainerRegistryFullAccess",
        "AliyunOSSFullAccess",
    ]
    assert (state["alias"], operators["users"]) == ("my-company", ["ci"])
    assert sorted(policy["name"] for policy in operators["policies"]) == [
        "AliyunECSReadOnlyAccess",
        "AliyunLogFullAccess",
    ]
    assert (users["ci"]["tags"], len(users["ci"]["access_keys"])) == ({"team": "platform"}, 1)

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: _provisioning_plan
short_description: (Internal) What each task of the role ram_credentials is to do
version_added: 0.1.0
author:
  - Keysmith maintainers (@keysmith)
description:
  - Splits the list of users of the role P(keysmith.alibabacloud.ram_credentials#role) into the
    lists that its tasks work on.
  - Internal to the collection. It serves that role, and changes with it.
options:
  _input:
    description: The users, as the role describes them.
    type: list
    elements: dict
    required: true
  file:
    description: The vault file of users that name none.
    type: str
    required: true
  omit:
    description: Ansible's C(omit). What is this in a description is not given.
    type: raw
    required: true
  groups:
    description: The groups, as the role describes them.
    type: list
    elements: dict
    default: []
  policies:
    description: The policies, as the role describes them.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Names of the users whose keys the role cares for
  ansible.builtin.debug:
    msg: "{{ plan.key_users | map(attribute='name') }}"
  vars:
    plan: "{{ users | keysmith.alibabacloud._provisioning_plan('secrets/ram_keyring.yml', omit) }}"
    users:
      - name: slb-api
      - name: reader
        access_key: false
"""

RETURN = r"""
_value:
  description:
    - C(present) and C(absent), the users for M(keysmith.alibabacloud.ram_user).
    - C(present_groups) and C(absent_groups), the groups for M(keysmith.alibabacloud.ram_group).
    - C(present_policies) and C(absent_policies), the policies for
      M(keysmith.alibabacloud.ram_policy).
    - C(key_users) for M(keysmith.alibabacloud.ram_keyring), and C(one_of_each_file) of them.
    - C(rotated), the users for M(keysmith.alibabacloud.ram_rotation).
    - C(problems), what is wrong with the names in words.
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible.module_utils.parsing.convert_bool import boolean

from ..module_utils._work.wanted import repeated_names

if t.TYPE_CHECKING:
    from collections.abc import Sequence

Described = dict[str, t.Any]

OF_KEYS = ("name", "state", "file")
OF_ROTATION = ("name", "file")
NOT_OF_USERS = ("access_key", "file")


def provisioning_plan(
    users: list[Described],
    file: str,
    omit: object,
    groups: Sequence[Described] = (),
    policies: Sequence[Described] = (),
) -> dict[str, t.Any]:
    """Return the lists of the role's tasks, each in the order in which things are described.

    Jinja would take a hundred times as long, and Ansible evaluates a variable each time it is used.
    """
    of_user = {"access_key": True, "file": file, "state": "present"}
    of_others = {"state": "present"}
    all_users = [_described("user", user, of_user, omit) for user in users]
    all_groups = [_described("group", group, of_others, omit) for group in groups]
    all_policies = [_described("policy", policy, of_others, omit) for policy in policies]
    return {
        "problems": [
            *_problems("users", all_users),
            *_problems("groups", all_groups),
            *_problems("policies", all_policies),
        ],
        "present": [_without(user) for user in all_users if user["state"] != "absent"],
        "absent": [_without(user) for user in all_users if user["state"] == "absent"],
        **_lists_by_state("groups", all_groups),
        **_lists_by_state("policies", all_policies),
        **_lists_of_keys([user for user in all_users if _has_key(user)]),
    }


def _lists_by_state(nouns: str, described: list[Described]) -> dict[str, list[Described]]:
    return {
        f"{state}_{nouns}": [each for each in described if each["state"] == state]
        for state in ("present", "absent")
    }


def _lists_of_keys(served: list[Described]) -> dict[str, t.Any]:
    key_users = [{name: user[name] for name in OF_KEYS} for user in served]
    staying = [user for user in served if user["state"] != "absent"]
    return {
        "key_users": key_users,
        "rotated": [{name: user[name] for name in OF_ROTATION} for user in staying],
        "one_of_each_file": list({user["file"]: user for user in key_users}.values()),
    }


def _problems(nouns: str, described: list[Described]) -> list[str]:
    """Return in words which names YAML took for something else, and which stand there twice."""
    problems, names = [], [each["name"] for each in described]
    if changed := [str(name) for name in names if not isinstance(name, str)]:
        problems.append(
            f"YAML takes these names for numbers, dates or truth values: {', '.join(changed)}. "
            "Put them in quotes"
        )
    if repeated := list(repeated_names(map(str, names))):
        problems.append(f"These {nouns} are listed more than once: {', '.join(repeated)}")
    return problems


def _has_key(user: Described) -> bool:
    """Tell whether the role cares for the user's key; that of an absent user has to go."""
    return user["state"] == "absent" or boolean(user["access_key"], strict=False)


def _described(noun: str, given: Described, defaults: Described, omit: object) -> Described:
    said = {name: value for name, value in given.items() if value is not None and value != omit}
    # The role's argument specification takes null for a name.
    if "name" not in said:
        raise AnsibleFilterError(f"a {noun} has no name")
    return {**defaults, **said}


def _without(user: Described) -> Described:
    return {name: value for name, value in user.items() if name not in NOT_OF_USERS}


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return them by name."""
        return {"_provisioning_plan": provisioning_plan}

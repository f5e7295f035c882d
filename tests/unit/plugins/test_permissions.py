# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policy that the README recommends is enough for the role's tasks, and is needed."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from emulator import Emulator

    from .conftest import Result

README = Path(__file__).parents[3] / "README.md"
POLICY = "AliyunSLBReadOnlyAccess"


def recommended_policy() -> dict[str, t.Any]:
    """Return the policy document of the README."""
    block = re.search(r"```json\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert block
    document: dict[str, t.Any] = json.loads(block.group(1))
    return document


@pytest.fixture
def sign_as_operator(
    emulator: Emulator, connection: dict[str, t.Any]
) -> Callable[[dict[str, t.Any]], None]:
    """A function that makes the following tasks sign as a user with just the policy given."""

    def sign(document: dict[str, t.Any]) -> None:
        emulator.call("CreateUser", UserName="operator")
        emulator.call("CreatePolicy", PolicyName="operator", PolicyDocument=json.dumps(document))
        emulator.call(
            "AttachPolicyToUser", UserName="operator", PolicyName="operator", PolicyType="Custom"
        )
        key = emulator.call("CreateAccessKey", UserName="operator")["AccessKey"]
        connection["access_key_id"] = key["AccessKeyId"]
        connection["access_key_secret"] = key["AccessKeySecret"]
        emulator.call("CreateGroup", GroupName="readers")

    return sign


def provision_and_remove(
    run_module: Callable[..., Result], run_action: Callable[..., Result]
) -> list[Result]:
    """Do what the role does for users that come and go."""
    users = [{"name": name} for name in ("slb-api", "ddos-api", "third")]
    names = [user["name"] for user in users]
    described = {"users": users, "policies": [POLICY], "groups": ["readers"]}
    return [
        run_module("ram_user", **described),
        run_module("ram_user", **described, comments="changed", purge_groups=True),
        run_action(file="keys.yml", users=names),
        run_action(file="keys.yml", users=names, state="absent"),
        run_module("ram_user", users=users, state="absent", force=True),
    ]


def test_recommended_policy_is_enough(
    run_module: Callable[..., Result],
    run_action: Callable[..., Result],
    sign_as_operator: Callable[[dict[str, t.Any]], None],
) -> None:
    """A user with the policy of the README provisions users with keys, and removes them."""
    sign_as_operator(recommended_policy())

    results = provision_and_remove(run_module, run_action)

    assert [result.msg for result in results if result.failed] == []


@pytest.mark.parametrize(
    "action", ["ram:CreateUser", "ram:AttachPolicyToUser", "ram:CreateAccessKey"]
)
def test_missing_action_is_named(
    action: str,
    run_module: Callable[..., Result],
    run_action: Callable[..., Result],
    sign_as_operator: Callable[[dict[str, t.Any]], None],
) -> None:
    """Without one of the actions, the message names the action that is missing."""
    document = recommended_policy()
    for statement in document["Statement"]:
        statement["Action"] = [name for name in statement["Action"] if name != action]
    sign_as_operator(document)

    messages = [result.msg for result in provision_and_remove(run_module, run_action)]

    assert any(f"the caller needs {action} (NoPermission" in message for message in messages)

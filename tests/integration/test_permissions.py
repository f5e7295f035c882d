# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policy that the README recommends, and what the role really uses of it."""

from __future__ import annotations

import json
import time
import typing as t
from pathlib import Path

from emulator.totp import totp

if t.TYPE_CHECKING:
    from emulator import Emulator

    from .conftest import Controller

README = Path(__file__).resolve().parents[2] / "README.md"
WANTED, UNWANTED = "AliyunSLBReadOnlyAccess", "AliyunYundunHighFullAccess"
USERS: list[dict[str, t.Any]] = [
    {"name": "new", "policies": [WANTED], "groups": ["readers"]},
    {
        "name": "old",
        "comments": "changed",
        "policies": [WANTED],
        "purge_policies": True,
        "groups": ["readers"],
        "purge_groups": True,
    },
    {"name": "gone", "state": "absent"},
]
# What follows up a creation whose answer was lost, and what reads many users at once.
UNUSED = {
    "ram:GetAccessKeyLastUsed",
    "ram:UpdateAccessKey",
    "ram:ListEntitiesForPolicy",
    "ram:ListUsersForGroup",
}


def fill_account(emulator: Emulator) -> None:
    """Create users that have what the role is to take from them."""
    for group in ("readers", "others"):
        emulator.call("CreateGroup", GroupName=group)
    for user in ("old", "gone"):
        emulator.call("CreateUser", UserName=user)
        emulator.call("AddUserToGroup", UserName=user, GroupName="others")
        emulator.call("AttachPolicyToUser", UserName=user, PolicyName=UNWANTED, PolicyType="System")
    emulator.call("CreateAccessKey", UserName="gone")
    emulator.call("CreateLoginProfile", UserName="gone", Password="Correct-Horse-7")
    created = emulator.call("CreateVirtualMFADevice", VirtualMFADeviceName="gone")
    device = created["VirtualMFADevice"]
    step = int(time.time()) // 30
    emulator.call(
        "BindMFADevice",
        UserName="gone",
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1=totp(device["Base32StringSeed"], step - 1),
        AuthenticationCode2=totp(device["Base32StringSeed"], step),
    )


def sign_in(emulator: Emulator, document: dict[str, t.Any]) -> dict[str, str]:
    """Return the environment of a new user with just this policy."""
    names = {"PolicyName": "operator", "PolicyType": "Custom"}
    emulator.call("CreateUser", UserName="operator")
    emulator.call("CreatePolicy", PolicyName="operator", PolicyDocument=json.dumps(document))
    emulator.call("AttachPolicyToUser", UserName="operator", **names)
    key = emulator.call("CreateAccessKey", UserName="operator")["AccessKey"]
    return {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key["AccessKeyId"],
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key["AccessKeySecret"],
    }


def test_recommended_policy(emulator: Emulator, controller: Controller) -> None:
    """The playbook succeeds with the policy of the README, and uses every action of it."""
    policy = json.loads(README.read_text(encoding="utf-8").split("```json\n")[1].split("```")[0])
    fill_account(emulator)
    (controller.folder / "secrets").mkdir()
    (controller.folder / "password").write_text("open sesame", encoding="utf-8")

    done = controller.run(
        *("ansible-playbook", "keysmith.alibabacloud.provision", "--vault-password-file=password"),
        *("--extra-vars", json.dumps({"ram_credentials_users": USERS})),
        **sign_in(emulator, policy),
    )

    called = {r["action"] for r in emulator.requests() if r["user"] == "operator"}
    allowed = {action for statement in policy["Statement"] for action in statement["Action"]}
    assert done.returncode == 0, done.stdout + done.stderr
    assert {f"ram:{name}" for name in called - {"GetCallerIdentity"}} == allowed - UNUSED
    assert emulator.state()["users"].keys() == {"new", "old", "operator"}

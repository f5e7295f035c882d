# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The machine and the account that the pages speak of: all that a reader has, and no more."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import typing as t
from contextlib import contextmanager
from pathlib import Path

from emulator import Emulator

if t.TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).resolve().parents[2]
REPOSITORY = "https://github.com/keysmith/keysmith.alibabacloud"
ACCOUNT_ID = "1234567890123456"
ROLE = "provisioning"
# Whose key each placeholder of the pages stands for: that of the reader, and an older one.
EXAMPLE_KEYS = {
    "ops": ("LTAI5tEXAMPLEEXAMPLE0001", "EXAMPLEexampleEXAMPLEexample01"),
    "legacy-api": ("LTAI5tEXAMPLEEXAMPLE0002", "EXAMPLEexampleEXAMPLEexample02"),
}
TRUST = {
    "Version": "1",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"RAM": [f"acs:ram::{ACCOUNT_ID}:root"]},
        }
    ],
}


class Publication:
    """The collection as its repository has it, and as it is once installed; below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._repository = folder / "repository"
        self.collections = folder / ".ansible" / "collections"
        self._environment = _environment(folder)
        shutil.copytree(
            CHECKOUT,
            self._repository,
            ignore=shutil.ignore_patterns(".*", "__pycache__", "build", "demo", "output"),
        )
        self._run("git", "init", "--quiet", str(self._repository))
        self._run("git", "add", ".")
        who = ("-c", "user.name=reader", "-c", "user.email=reader@example.com")
        self._run("git", *who, "commit", "--quiet", "--message", "All")
        self._run("ansible-galaxy", "collection", "build", "--output-path", str(folder))
        [tarball] = folder.glob("*.tar.gz")
        self._run("ansible-galaxy", "collection", "install", "--offline", str(tarball))

    def environment(self, home: Path) -> dict[str, str]:
        """Return the environment of somebody who reaches this repository instead of the real."""
        return {
            **_environment(home),
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.{self._repository.as_uri()}.insteadOf",
            "GIT_CONFIG_VALUE_0": REPOSITORY,
        }

    def _run(self, *command: str) -> None:
        where = self._repository if self._repository.exists() else CHECKOUT
        subprocess.run(
            command, cwd=where, env=self._environment, stdout=subprocess.DEVNULL, check=True
        )


def _environment(home: Path) -> dict[str, str]:
    """Return an environment without anything of the person who runs the examples."""
    programs = [str(Path(sys.executable).parent), os.defpath]
    return {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PATH": os.pathsep.join(programs),
        "ANSIBLE_NOCOLOR": "true",
        "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
        # What is not on this machine is not there at all.
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }


@contextmanager
def account() -> Iterator[tuple[Emulator, dict[str, str]]]:
    """Run an account with a caller, a role and an older user; hand out what placeholders mean."""
    with Emulator(account_id=ACCOUNT_ID) as emulator:
        meanings: dict[str, str] = {}
        for user, placeholders in EXAMPLE_KEYS.items():
            emulator.call("CreateUser", UserName=user)
            key = emulator.call("CreateAccessKey", UserName=user)["AccessKey"]
            values = (key["AccessKeyId"], key["AccessKeySecret"])
            meanings.update(zip(placeholders, values, strict=True))
        emulator.call("CreateRole", RoleName=ROLE, AssumeRolePolicyDocument=TRUST)
        admin = {"PolicyName": "AdministratorAccess", "PolicyType": "System"}
        emulator.call("AttachPolicyToUser", UserName="ops", **admin)
        emulator.call("AttachPolicyToRole", RoleName=ROLE, **admin)
        yield emulator, meanings


def write_profile(home: Path, access_key_id: str, access_key_secret: str) -> None:
    """Give the reader the credentials that most pages take for granted."""
    profile = {
        "name": "default",
        "mode": "AK",
        "access_key_id": access_key_id,
        "access_key_secret": access_key_secret,
        "region_id": "cn-hangzhou",
    }
    file = home / ".aliyun" / "config.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"current": "default", "profiles": [profile]}), encoding="utf-8")

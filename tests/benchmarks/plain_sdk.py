# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job as a script of the plain official SDK: no second run, no retry, no promise.

Keys are in memory until all are there. With --check it makes the calls that the role makes, and
looks at no answer.
"""

from __future__ import annotations

import argparse
import json
import os
import typing as t
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml
from alibabacloud_ram20150501 import models
from alibabacloud_ram20150501.client import Client as RamClient
from alibabacloud_tea_openapi import utils_models
from alibabacloud_tea_openapi.client import Client as OpenApiClient
from ansible.parsing.vault import VaultLib, VaultSecret
from darabonba.runtime import RuntimeOptions

IDENTITY = utils_models.Params(
    action="GetCallerIdentity",
    version="2015-04-01",
    protocol="HTTPS",
    pathname="/",
    method="POST",
    auth_type="AK",
    style="RPC",
    req_body_type="formData",
    body_type="json",
)


def config(access_key_id: str, access_key_secret: str) -> t.Any:
    """Return how to reach the endpoint of the environment with a key pair."""
    url = urllib.parse.urlsplit(os.environ["ALIBABA_CLOUD_RAM_ENDPOINT"])
    return utils_models.Config(
        access_key_id=access_key_id,
        access_key_secret=access_key_secret,
        endpoint=url.netloc,
        protocol=url.scheme,
    )


class Script:
    """What the script does for one user."""

    def __init__(self, *, check: bool) -> None:
        self._ram = RamClient(
            config(
                os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
                os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
            )
        )
        self._check = check

    def provide(self, user: dict[str, t.Any]) -> tuple[str, dict[str, str]]:
        """Create the user with its policy and a key, and return its entry."""
        ram, name = self._ram, user["name"]
        ram.create_user(models.CreateUserRequest(user_name=name))
        for policy in user["policies"]:
            ram.attach_policy_to_user(
                models.AttachPolicyToUserRequest(
                    user_name=name, policy_name=policy, policy_type="System"
                )
            )
        if self._check:
            ram.list_access_keys(models.ListAccessKeysRequest(user_name=name))
        answer = ram.create_access_key(models.CreateAccessKeyRequest(user_name=name))
        key = answer.body.access_key
        if self._check:
            client = OpenApiClient(config(key.access_key_id, key.access_key_secret))
            client.call_api(IDENTITY, utils_models.OpenApiRequest(), RuntimeOptions())
        pair = {
            "access_key_id": key.access_key_id,
            "access_key_secret": key.access_key_secret,
        }
        return name, pair


def main() -> None:
    """Do the job of the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("variables", type=Path)
    parser.add_argument("password_file", type=Path)
    parser.add_argument("keyring", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    users = json.loads(options.variables.read_text(encoding="utf-8"))["bench_users"]
    script = Script(check=options.check)
    with ThreadPoolExecutor(options.threads) as pool:
        entries = dict(pool.map(script.provide, users))
    password = VaultSecret(options.password_file.read_bytes().strip())
    vault = VaultLib([("default", password)])
    options.keyring.write_bytes(vault.encrypt(yaml.safe_dump({"ram_keyring": entries})))


if __name__ == "__main__":
    main()

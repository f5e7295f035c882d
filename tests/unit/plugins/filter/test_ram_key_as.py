# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pair in the forms that its readers want."""

from __future__ import annotations

import configparser
import json
import subprocess
import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.keysmith.alibabacloud.plugins.filter.ram_key_as import ram_key_as

PAIR = {"access_key_id": "LTAIann", "access_key_secret": "S3cretOfAnn", "account_id": "51"}
ODD = "a$x # ' \" \\ %d {{ 7*7 }} !`id`"


def read_by_sh(text: str, variable: str) -> str:
    """Return what a shell has in a variable after it sourced the text."""
    script = f'{text}\nprintf %s "${variable}"'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True, env={})
    return done.stdout


def test_env_lets_no_other_source_win() -> None:
    """The variables have the pair under all names, and empty those of every other source."""
    env = ram_key_as(PAIR, "env")

    ids = {name for name, value in env.items() if value == "LTAIann"}
    assert {"ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABACLOUD_ACCESS_KEY_ID"} < ids
    assert {"ALICLOUD_ACCESS_KEY", "ALICLOUD_ACCESS_KEY_ID"} < ids
    assert env["ALICLOUD_SECRET_KEY"] == env["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] == "S3cretOfAnn"
    empty = {name for name, value in env.items() if value == ""}
    assert {"SECURITY_TOKEN", "ALICLOUD_SECURITY_TOKEN", "ALIBABACLOUD_ROLE_ARN"} < empty
    assert {"ALIBABA_CLOUD_PROFILE", "ALIBABA_CLOUD_PROFILE_MODE"} < empty
    assert {"ALIBABA_CLOUD_OIDC_TOKEN_FILE", "ALIBABA_CLOUD_CREDENTIALS_URI"} < empty
    assert env["ALIBABA_CLOUD_IGNORE_PROFILE"] == "TRUE"


def test_dotenv_is_env_without_quotes() -> None:
    """A file of variables says the same as the mapping, in lines that need no quotes."""
    lines = ram_key_as(PAIR, "dotenv").splitlines()

    assert dict(line.split("=", 1) for line in lines) == ram_key_as(PAIR, "env")


@pytest.mark.parametrize("secret", ["S3cretOfAnn", ODD])
def test_shell_reads_the_secret_as_it_stands(secret: str) -> None:
    """A shell that sources the text has the very secret, whatever characters it has."""
    text = ram_key_as({**PAIR, "access_key_secret": secret}, "shell")

    assert read_by_sh(text, "ALIBABA_CLOUD_ACCESS_KEY_SECRET") == secret


def test_ini_is_a_credentials_file() -> None:
    """A reader of INI files finds the pair in the section that the SDKs read."""
    parser = configparser.ConfigParser()

    parser.read_string(ram_key_as(PAIR, "ini"))

    section = parser["default"]
    assert section["type"] == "access_key"
    assert section["access_key_id"] == "LTAIann"
    assert section["access_key_secret"] == "S3cretOfAnn"


def test_json_is_what_the_cli_expects() -> None:
    """The CLI gets the mode and the pair, and no other key that would wipe its profile's."""
    given = json.loads(ram_key_as({**PAIR, "access_key_secret": ODD}, "json"))

    assert given == {"mode": "AK", "access_key_id": "LTAIann", "access_key_secret": ODD}


@pytest.mark.parametrize("form", ["dotenv", "ini"])
@pytest.mark.parametrize("character", "$ #'\"\\%!~;")
def test_characters_that_readers_disagree_about(form: str, character: str) -> None:
    """A secret that some reader would change is refused, and not quoted in the message."""
    with pytest.raises(AnsibleFilterError, match="take differently") as refused:
        ram_key_as({**PAIR, "access_key_secret": f"hush{character}x"}, form)

    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    "pair",
    [
        None,
        "S3cretOfAnn",
        [PAIR],
        {"access_key_id": "LTAIann"},
        {**PAIR, "access_key_secret": ""},
        {**PAIR, "access_key_secret": "hush\n"},
        {**PAIR, "access_key_secret": 7},
        {**PAIR, "access_key_secret": "hüsh"},
    ],
)
def test_no_pair(pair: t.Any) -> None:
    """What is no pair is refused in every form, and nothing of it is told."""
    for form in ("env", "dotenv", "shell", "ini", "json"):
        with pytest.raises(AnsibleFilterError, match="must be a mapping in which") as refused:
            ram_key_as(pair, form)

        assert "hush" not in str(refused.value)
        assert "S3cretOfAnn" not in str(refused.value)


@pytest.mark.parametrize("form", ["xml", "", None, ["env"]])
def test_unknown_form(form: t.Any) -> None:
    """A form that there is not is refused with the names of those there are."""
    with pytest.raises(AnsibleFilterError, match="env, dotenv, shell, ini, json"):
        ram_key_as(PAIR, form)

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: ram_key_as
short_description: An AccessKey pair in the form that its reader wants
version_added: 0.2.0
author:
  - Keysmith maintainers (@keysmith)
description:
  - Turns the pair that P(keysmith.alibabacloud.ram_key#lookup) returns into environment variables,
    or into the text of a file.
  - What comes out holds the secret. Give it to tasks that have C(no_log), and C(diff) off.
options:
  _input:
    description: A mapping with C(access_key_id) and C(access_key_secret); the rest is left out.
    type: dict
    required: true
  form:
    description:
      - V(env) is a mapping of environment variables for C(environment) of a task. It has the pair
        under the names that SDKs, the CLI and Terraform read, and empties those of tokens,
        profiles, roles and other sources, so that none of them wins over the pair. The region goes
        with the profile, so name it, with C(--region) for the CLI.
      - V(dotenv) is the text of a file with these variables, one in each line, without quotes, as
        systemd, docker, compose and shells read it.
      - V(shell) is a text with these variables for C(sh), C(bash) and C(zsh) to source.
      - V(ini) is the text of the credentials file of the SDKs, whose place is
        C(ALIBABA_CLOUD_CREDENTIALS_FILE).
      - V(json) is what the CLI expects of the program of a profile of mode C(External).
      - Readers of V(dotenv) and V(ini) disagree about quotes and special characters, so a pair that
        has any is refused there. Those of RAM consist of letters and digits.
    type: str
    required: true
    choices:
      - env
      - dotenv
      - shell
      - ini
      - json
notes:
  - Ansible passes C(environment) of a module on a command line that every user of that host can
    list, and shows that line with C(-vvv), C(no_log) or not. Use V(env) for the actions of this
    collection and on hosts without other users, and a file of mode 0600 elsewhere.
"""

EXAMPLES = r"""
- name: Let a service on each host sign with its own key
  ansible.builtin.copy:
    content: "{{ pair | keysmith.alibabacloud.ram_key_as('dotenv') }}"
    dest: /etc/slb-agent/credentials.env
    owner: root
    group: root
    mode: "0600"
  vars:
    pair: "{{ lookup('keysmith.alibabacloud.ram_key', 'slb-api', file='secrets/ram_keyring.yml') }}"
  no_log: true
  diff: false

- name: Look at the keys of a user with the pair of another
  keysmith.alibabacloud.ram_keyring:
    file: secrets/ram_keyring.yml
    name: reader
  environment: "{{ pair | keysmith.alibabacloud.ram_key_as('env') }}"
  vars:
    pair: "{{ lookup('keysmith.alibabacloud.ram_key', 'ops', file='secrets/ram_keyring.yml') }}"
  no_log: true
"""

RETURN = r"""
_value:
  description: A mapping for the form V(env), a text that ends with a line break for the others.
  type: raw
"""

import importlib
import json
import re
import shlex
import typing as t
from collections.abc import Mapping

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

try:
    # Core 2.18 turns any other text that looks like JSON into what it means.
    TEXT = importlib.import_module("ansible.utils.native_jinja").NativeJinjaText
except ImportError:
    TEXT = str

IDS = (
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABACLOUD_ACCESS_KEY_ID",
    "ALICLOUD_ACCESS_KEY_ID",
    "ALICLOUD_ACCESS_KEY",
)
SECRETS = (
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABACLOUD_ACCESS_KEY_SECRET",
    "ALICLOUD_ACCESS_KEY_SECRET",
    "ALICLOUD_SECRET_KEY",
)
PREFIXES = ("ALIBABA_CLOUD", "ALIBABACLOUD", "ALICLOUD")
RIVALS = (
    "SECURITY_TOKEN",
    "BEARER_TOKEN",
    "PROFILE",
    "ROLE_ARN",
    "ASSUME_ROLE_ARN",
    "OIDC_PROVIDER_ARN",
    "OIDC_TOKEN_FILE",
    "CREDENTIALS_URI",
)
EMPTY = (
    "SECURITY_TOKEN",
    "ALIBABA_CLOUD_PROFILE_MODE",
    *(f"{prefix}_{rival}" for rival in RIVALS for prefix in PREFIXES),
)
PLAIN = re.compile(r"[A-Za-z0-9._/+=-]+")
PRINTABLE = re.compile(r"[ -~]+")


def ram_key_as(pair: t.Any, form: str) -> t.Any:
    """Return the pair in a form; raises AnsibleFilterError, which quotes nothing of the pair."""
    if not isinstance(form, str) or form not in FORMS:
        raise AnsibleFilterError(f"ram_key_as: the form must be one of {', '.join(FORMS)}")
    key_id, secret = (_value(pair, name) for name in ("access_key_id", "access_key_secret"))
    made = FORMS[form](key_id, secret)
    return wrap_var(TEXT(made) if isinstance(made, str) else made)


def _value(pair: t.Any, name: str) -> str:
    value = pair.get(name) if isinstance(pair, Mapping) else None
    if not isinstance(value, str) or not PRINTABLE.fullmatch(value):
        raise AnsibleFilterError(
            f"ram_key_as: the input must be a mapping in which {name} is a text of one line in "
            "ASCII, as the lookup ram_key returns it"
        )
    return value


def _env(key_id: str, secret: str) -> dict[str, str]:
    return {
        **dict.fromkeys(IDS, key_id),
        **dict.fromkeys(SECRETS, secret),
        **dict.fromkeys(EMPTY, ""),
        # The CLI prefers the profile of its own file otherwise.
        "ALIBABA_CLOUD_IGNORE_PROFILE": "TRUE",
    }


def _dotenv(key_id: str, secret: str) -> str:
    _refuse_special("dotenv", key_id, secret)
    return "".join(f"{name}={value}\n" for name, value in _env(key_id, secret).items())


def _shell(key_id: str, secret: str) -> str:
    variables = _env(key_id, secret).items()
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables)


def _ini(key_id: str, secret: str) -> str:
    _refuse_special("ini", key_id, secret)
    return (
        "[default]\n"
        "enable = true\n"
        "type = access_key\n"
        f"access_key_id = {key_id}\n"
        f"access_key_secret = {secret}\n"
    )


def _json(key_id: str, secret: str) -> str:
    # An empty field more would wipe that of the profile, and without a mode the CLI calls itself.
    pair = {"mode": "AK", "access_key_id": key_id, "access_key_secret": secret}
    return json.dumps(pair) + "\n"


def _refuse_special(form: str, *values: str) -> None:
    if not all(PLAIN.fullmatch(value) for value in values):
        raise AnsibleFilterError(
            f"ram_key_as: the pair has characters that readers of {form} take differently, so none "
            "was written. Use the form shell or json"
        )


FORMS: dict[str, t.Callable[[str, str], str | dict[str, str]]] = {
    "env": _env,
    "dotenv": _dotenv,
    "shell": _shell,
    "ini": _ini,
    "json": _json,
}


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return them by name."""
        return {"ram_key_as": ram_key_as}

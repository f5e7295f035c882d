# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role's argument specification is its documentation: the other files of the role follow it."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import yaml

ROLE = Path(__file__).resolve().parents[2] / "roles" / "ram_credentials"
QUOTE = '"'
VARIABLES: dict[str, dict[str, t.Any]] = yaml.safe_load(
    (ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
)["argument_specs"]["main"]["options"]


def table(title: str, options: dict[str, dict[str, t.Any]]) -> str:
    """Return the options as a Markdown table."""
    rows = [
        f"| `{name}` | {values(option)} | {default(option)} | {text(option)} |"
        for name, option in options.items()
    ]
    head = [f"| {title} | values | default | what it is |", "|---|---|---|---|"]
    return "\n".join([*head, *rows])


def values(option: dict[str, t.Any]) -> str:
    """Return what an option may be."""
    return ", ".join(f"`{choice}`" for choice in option.get("choices", [])) or option["type"]


def default(option: dict[str, t.Any]) -> str:
    """Return what an option is if nobody says."""
    if option.get("required"):
        return "required"
    return f"`{json.dumps(option['default']).strip(QUOTE)}`" if "default" in option else ""


def text(option: dict[str, t.Any]) -> str:
    """Return the description of an option with Markdown for Ansible's markup."""
    description = option["description"]
    paragraphs = [description] if isinstance(description, str) else description
    return re.sub(r"\b[CEMOV]\(([^)]*)\)", r"`\1`", " ".join(paragraphs))


def test_readme() -> None:
    """The README describes each variable as the argument specification does."""
    readme = (ROLE / "README.md").read_text(encoding="utf-8")

    variables = table("variable", VARIABLES)
    of_a_user = table("of a user", VARIABLES["ram_credentials_users"]["options"])
    of_a_group = table("of a group", VARIABLES["ram_credentials_groups"]["options"])
    of_a_policy = table("of a policy", VARIABLES["ram_credentials_policies"]["options"])

    assert f"{variables}\n\n{of_a_user}\n\n{of_a_policy}\n\n{of_a_group}" in readme


def test_defaults() -> None:
    """The defaults that the role sets are those that it documents."""
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text(encoding="utf-8"))

    documented = {
        name: option["default"] for name, option in VARIABLES.items() if "default" in option
    }

    assert documented == defaults

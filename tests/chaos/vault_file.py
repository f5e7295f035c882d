# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vault file as its other writers see it: what they put in, and whether that is still there."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

import yaml
from ansible.errors import AnsibleError
from ansible.parsing.vault import VaultLib, VaultSecret

if t.TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "open sesame"
NEW_PASSWORD = "another word"
VAULT = VaultLib(
    [
        (label, VaultSecret(word.encode()))
        for label, word in (("default", PASSWORD), ("new", NEW_PASSWORD))
    ]
)
# Somebody else's password opens it.
FOREIGN_VAULT = "$ANSIBLE_VAULT;1.2;AES256;other\n3131323334353637"
BEFORE = f"""\
# Variables of the team: every byte here is to survive.
---
region:   eu-central-1      # oddly spaced
'quoted': 'it''s "fine"'
database_password:   !vault |
          {FOREIGN_VAULT.replace(chr(10), chr(10) + " " * 10)}

ram_keyring:
  # Somebody wrote this entry by hand.
  "by-hand": {{access_key_id: LTAI5tByHand, note: "left alone"}}
"""
AFTER = """
# Behind the keyring.
servers:
    - {name: web, ports: [80, 443]}
...
# No line break at the end"""
ENTRIES = re.compile(r'(?:  "(?P<user>[^"\n]+)":\n(?:    .+\n)+)*')
NAMES = re.compile(r'^  "([^"\n]+)":$', re.MULTILINE)


class DamagedError(Exception):
    """The file is not what its other writers left, or no keyring at all."""


@dataclass(frozen=True)
class Entry:
    """A key as the file holds it."""

    access_key_id: str
    secret: str


class VaultText(str):
    """The vault text of a `!vault` value."""

    __slots__ = ()


class Loader(yaml.SafeLoader):
    """Reads YAML in which some values are vaults."""


Loader.add_constructor("!vault", lambda _loader, node: VaultText(node.value))


def write_new(path: Path, layout: str) -> None:
    """Make the file as it is before the first run, for nobody else to read."""
    text = BEFORE + AFTER
    path.touch(mode=0o600)
    path.write_bytes(VAULT.encrypt(text) if layout == "file" else text.encode())


def append(path: Path, layout: str, text: str) -> None:
    """Put another file in the place of this one, with some text more at the end."""
    whole = _text_of(path, layout) + text
    edited = path.with_name(f"{path.name}.edited")
    edited.touch(mode=0o600)
    edited.write_bytes(VAULT.encrypt(whole) if layout == "file" else whole.encode())
    edited.replace(path)


def read_entries(path: Path, layout: str, edits: str = "") -> dict[str, Entry]:
    """Return the keys that the collection has put into the file; DamagedError if it did harm.

    `edits` is what `append` added until now.
    """
    try:
        return _entries_in(_text_of(path, layout), AFTER + edits)
    except (AnsibleError, OSError, ValueError, LookupError, TypeError, yaml.YAMLError) as error:
        raise DamagedError(f"{type(error).__name__}: {error}") from None


def _text_of(path: Path, layout: str) -> str:
    data = path.read_bytes()
    return (VAULT.decrypt(data) if layout == "file" else data).decode()


def _entries_in(text: str, after: str) -> dict[str, Entry]:
    ours = text.removeprefix(BEFORE).removesuffix(after)
    if text != BEFORE + ours + after or not ENTRIES.fullmatch(ours):
        raise DamagedError("bytes outside our entries have changed")
    keyring = yaml.load(text, Loader)["ram_keyring"]  # noqa: S506 - a SafeLoader
    names = NAMES.findall(ours)
    if len(set(names)) < len(names):
        raise DamagedError("a user has two entries")
    return {name: _entry(keyring[name]) for name in names}


def _entry(fields: dict[str, str]) -> Entry:
    secret = fields["access_key_secret"]
    if isinstance(secret, VaultText):
        secret = VAULT.decrypt(secret).decode()
    return Entry(fields["access_key_id"], secret)

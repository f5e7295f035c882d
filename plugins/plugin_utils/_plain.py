# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values as they are after a way through JSON, which is how a module gets and returns them."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Mapping
from datetime import date

from ansible.errors import AnsibleError

from ..module_utils._cloud.errors import InputError


def plain_options(args: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the options of a task; raises InputError where one can't be decrypted."""
    options = {}
    for name, value in args.items():
        try:
            options[name] = plain(value)
        except AnsibleError as error:
            raise InputError(f"Cannot decrypt the option {name}: {error.message}") from None
    return options


def plain(value: t.Any) -> t.Any:
    """Return a copy of types of Python's own: nothing marked by Ansible, nothing encrypted."""
    if value is None or isinstance(value, bool):
        return value
    for kind in (int, float):
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, Mapping):
        return {_key(plain(name)): plain(each) for name, each in value.items()}
    # What is encrypted is a sequence to Python, and a text to us.
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(each) for each in value]
    return _text(value)


def _key(name: t.Any) -> str:
    """Return the name of a member as JSON has it, by which a module gets its options."""
    return name if isinstance(name, str) else json.dumps(name)


def _text(value: t.Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    # Of a text that Ansible has marked, str() alone may return that text again.
    return str.__str__(value) if isinstance(value, str) else str(value)

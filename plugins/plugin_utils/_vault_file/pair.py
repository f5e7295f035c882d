# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an id, a secret and an account have to look like, for who writes and for who reads them.

Each function returns what is wrong as the end of a sentence about an entry, which quotes nothing of
it, or None.
"""

from __future__ import annotations

import re

# Ansible would evaluate these; this collection would hand them out as they are.
_TEMPLATE_MARKS = ("{{", "{%", "{#")
_KEY_ID = re.compile(r"LTAI[A-Za-z0-9]+")
_SECRET = re.compile(r"[!-~]+")
_ACCOUNT_ID = re.compile(r"[0-9]+")


def problem_of_pair(key_id: str, secret: str) -> str | None:
    """Judge an id together with its secret; either is blank if it is not known."""
    if _KEY_ID.match(secret):
        return "has an AccessKey ID as access_key_secret: are the two swapped? Put them right"
    return (key_id and problem_of_id(key_id)) or (secret and problem_of_secret(secret)) or None


def problem_of_id(key_id: str) -> str | None:
    """Judge the id of a key."""
    if _is_reference(key_id):
        return _reference_in("access_key_id")
    if _KEY_ID.fullmatch(key_id):
        return None
    return "has an access_key_id that can't be one, as all begin with LTAI: put it right"


def id_to_tell(key_id: str | None) -> str | None:
    """Return the id of an entry, None if it may be something else, such as the secret."""
    return key_id if key_id and problem_of_id(key_id) is None else None


def problem_of_secret(secret: str) -> str | None:
    """Judge the secret of a key."""
    if _is_reference(secret):
        return _reference_in("access_key_secret")
    if _SECRET.fullmatch(secret):
        return None
    return (
        "has a secret with a blank, a line break (echo adds one) or a character that is not ASCII: "
        "put the bare secret there"
    )


def problem_of_account(account_id: str) -> str | None:
    """Judge the id of an account."""
    if _ACCOUNT_ID.fullmatch(account_id):
        return None
    return "has an account_id that is not made of digits: quote it"


def _is_reference(value: str) -> bool:
    return any(mark in value for mark in _TEMPLATE_MARKS)


def _reference_in(field: str) -> str:
    return f"refers to another variable in {field}: put the value itself there"

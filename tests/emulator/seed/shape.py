# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a seed may say: its records and their fields."""

from __future__ import annotations

import typing as t

from .kinds import (
    Record,
    SeedError,
    account_id,
    flag,
    mapping,
    mfa,
    moment,
    number,
    record,
    records,
    tags,
    text,
    texts,
)

if t.TYPE_CHECKING:
    from pathlib import Path

# A seeded account has the same ids at each start, its own among them.
DEFAULT_ACCOUNT_ID = "1000000000000001"
KEY_PAST = {
    "created": moment,
    "status_changed": moment,
    "last_used": moment,
    "last_used_service": text,
}
USER_PAST = {"created": moment, "last_login": moment, "password_changed": moment}
KEY = {"status": text, "network_policy": mapping, **KEY_PAST}
LOGIN_PROFILE = {
    "password": text,
    "password_reset_required": flag,
    "mfa_bind_required": flag,
    "status": text,
}
USER = {
    "name": text,
    "display_name": text,
    "comments": text,
    "email": text,
    "mobile_phone": text,
    "status": text,
    "tags": tags,
    "groups": texts,
    "policies": texts,
    "login_profile": record(LOGIN_PROFILE, "password"),
    "mfa": mfa,
    "access_keys": records(KEY),
    **USER_PAST,
}
GROUP = {"name": text, "comments": text, "policies": texts, "created": moment}
POLICY = {
    "name": text,
    "document": mapping,
    "description": text,
    "tags": tags,
    "created": moment,
}
ROLE = {
    "name": text,
    "trust_policy": mapping,
    "description": text,
    "max_session_duration": number,
    "policies": texts,
    "tags": tags,
    "created": moment,
}
OIDC_PROVIDER = {
    "name": text,
    "issuer_url": text,
    "client_ids": texts,
    "fingerprints": texts,
    "issuance_limit_hours": number,
}
# What the account itself did; its key is the one that the emulator hands out.
ROOT_PAST = {"last_login": moment, "root_key": record(KEY_PAST)}
ACCOUNT = {
    **ROOT_PAST,
    "oidc_providers": records(OIDC_PROVIDER, "name", "issuer_url", "client_ids"),
    "alias": text,
    "mfa": flag,
    "policies": records(POLICY, "name", "document"),
    "groups": records(GROUP, "name"),
    "roles": records(ROLE, "name", "trust_policy"),
    "users": records(USER, "name"),
}
MEMBER = {
    "account_id": account_id,
    "display_name": text,
    "status": text,
    "folder": text,
    "joined": moment,
    "access_role": flag,
    **ACCOUNT,
}
# The account's id, tags and folder are the directory's; the rest is what the account holds.
MEMBER["tags"] = tags
ORGANIZATION = {"folders": texts, "members": records(MEMBER, "account_id", "display_name")}
SEED = record({"account_id": account_id, "organization": record(ORGANIZATION), **ACCOUNT})
PAST = record(
    {
        "account": text,
        **ROOT_PAST,
        "users": records(
            {
                "name": text,
                "access_keys": records({"access_key_id": text, **KEY_PAST}, "access_key_id"),
                **USER_PAST,
            },
            "name",
        ),
    }
)


def read_seed(path: Path) -> t.Any:
    """Return what a file of YAML or JSON says; SeedError if it is neither."""
    import yaml

    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        # The error's own text would quote the file, passwords included.
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}" if mark else ""
        raise SeedError(f"{path} is not YAML{place}") from None


def check_seed(seed: Record | None, members: int = 0) -> Record:
    """Return a seed, checked, with so many members generated."""
    checked = SEED(seed or {}, "seed")
    if members:
        if "organization" in checked:
            raise SeedError("members are generated only for a seed without an organization")
        checked |= _generated_members(members)
    if checked:
        checked.setdefault("account_id", DEFAULT_ACCOUNT_ID)
    return checked


def _generated_members(count: int) -> Record:
    """Return a seed with so many members in a few folders."""
    folders = ["production", "production/web", "test"]
    members = [
        {
            "account_id": f"2{number:015d}",
            "display_name": f"member-{number:03d}",
            "folder": folders[number % len(folders)],
            "tags": {"env": folders[number % len(folders)].partition("/")[0]},
        }
        for number in range(1, count + 1)
    ]
    return {"organization": {"folders": folders, "members": members}}

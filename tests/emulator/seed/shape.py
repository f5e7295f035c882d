# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a seed may say: its records, their fields, and how times are written."""

from __future__ import annotations

import datetime as dt
import re
import typing as t

from ..cloud.clock import format_time, parse_time
from ..cloud.entities import U2F

if t.TYPE_CHECKING:
    from pathlib import Path

Record = dict[str, t.Any]
Kind = t.Callable[[t.Any, str], t.Any]
AGE = re.compile(r"([0-9]+)([smhd])")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
# A seeded account has the same ids at each start, its own among them.
DEFAULT_ACCOUNT_ID = "1000000000000001"
ACCOUNT_ID = re.compile(r"[0-9]{16}")


class SeedError(ValueError):
    """A seed can't be read or breaks a rule; the message says where."""


def text(value: t.Any, where: str) -> str:
    """Take a text."""
    if not isinstance(value, str):
        raise SeedError(f"{where} must be a text")
    return value


def account_id(value: t.Any, where: str) -> str:
    """Take the id of an account."""
    if not isinstance(value, str) or not ACCOUNT_ID.fullmatch(value):
        raise SeedError(f"{where} must be 16 digits in quotes")
    return value


def flag(value: t.Any, where: str) -> bool:
    """Take true or false."""
    if not isinstance(value, bool):
        raise SeedError(f"{where} must be true or false")
    return value


def mfa(value: t.Any, where: str) -> bool | str:
    """Take true for a virtual device, or the kind of a hardware key."""
    if not isinstance(value, bool) and value != U2F:
        raise SeedError(f"{where} must be true, false or {U2F}")
    return value


def number(value: t.Any, where: str) -> int:
    """Take a number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise SeedError(f"{where} must be a number")
    return value


def moment(value: t.Any, where: str) -> str:
    """Take a time, or an age such as `90d`."""
    if isinstance(value, dt.datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=dt.timezone.utc)
        return format_time(aware.timestamp())
    if isinstance(value, str) and (AGE.fullmatch(value) or _is_time(value)):
        return value
    raise SeedError(f"{where} must be an age like 90d, or a time like 2026-01-31T08:00:00Z")


def _is_time(value: str) -> bool:
    try:
        parse_time(value)
    except ValueError:
        return False
    return True


def date_of(value: str, now: float) -> str:
    """Return the time that a moment means, as the API writes it."""
    match = AGE.fullmatch(value)
    return format_time(now - int(match[1]) * SECONDS[match[2]]) if match else value


def texts(value: t.Any, where: str) -> list[str]:
    """Take a list of texts."""
    if not isinstance(value, list):
        raise SeedError(f"{where} must be a list")
    return [text(item, f"{where}[{index}]") for index, item in enumerate(value)]


def mapping(value: t.Any, where: str) -> Record:
    """Take a mapping of anything."""
    if not isinstance(value, dict):
        raise SeedError(f"{where} must be a mapping")
    return value


def tags(value: t.Any, where: str) -> dict[str, str]:
    """Take tags."""
    return {
        text(key, where): text(item, f"{where}.{key}")
        for key, item in mapping(value, where).items()
    }


def record(fields: t.Mapping[str, Kind], *required: str) -> Kind:
    """Return the kind of a mapping with these fields."""

    def take(value: t.Any, where: str) -> Record:
        given = mapping(value, where)
        for name in required:
            if name not in given:
                raise SeedError(f"{where} needs {name}")
        for name in given:
            if name not in fields:
                raise SeedError(f"{where} has no {name}; it may have {', '.join(fields)}")
        return {name: fields[name](item, f"{where}.{name}") for name, item in given.items()}

    return take


def records(fields: t.Mapping[str, Kind], *required: str) -> Kind:
    """Return the kind of a list of such mappings."""
    one = record(fields, *required)

    def take(value: t.Any, where: str) -> list[Record]:
        if not isinstance(value, list):
            raise SeedError(f"{where} must be a list")
        return [one(item, f"{where}[{index}]") for index, item in enumerate(value)]

    return take


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
ACCOUNT = {
    "oidc_providers": records(OIDC_PROVIDER, "name", "issuer_url", "client_ids"),
    "alias": text,
    "last_login": moment,
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
        "last_login": moment,
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

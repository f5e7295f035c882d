# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of fields that a seed has, and how times are written; each says where it is wrong."""

from __future__ import annotations

import datetime as dt
import re
import typing as t

from ..cloud.clock import format_time, parse_time
from ..cloud.entities import U2F

Record = dict[str, t.Any]
Kind = t.Callable[[t.Any, str], t.Any]
AGE = re.compile(r"([0-9]+)([smhd])")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
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

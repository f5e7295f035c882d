# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A seeded account looks alike to three readers: our modules, the official SDK, and the report."""

from __future__ import annotations

import base64
import csv
import io
import typing as t

import pytest
from alibabacloud_ram20150501 import models
from alibabacloud_ram20150501.client import Client
from alibabacloud_tea_openapi.models import Config

from emulator import Emulator

from ..conftest import connection_to

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..conftest import Result

    RunModule = Callable[..., Result]

# Of each user: created, and of each key: created, used last.
Ages: t.TypeAlias = "dict[str, tuple[str, list[tuple[str, str | None]]]]"
NEVER = {"N/A", "-", "", None}
SEED = {
    "users": [
        {
            "name": "old",
            "created": "365d",
            "last_login": "300d",
            "login_profile": {"password": "Correct-Horse-7"},
            "access_keys": [
                {"created": "360d", "last_used": "355d", "last_used_service": "Ecs"},
                {"created": "90d", "last_used": "3h"},
            ],
        },
        {"name": "young", "created": "2d", "access_keys": [{"created": "1d"}]},
        {"name": "bare", "created": "30d"},
    ]
}


@pytest.fixture(scope="module")
def seeded() -> Iterator[Emulator]:
    """An account with a year behind it."""
    with Emulator(seed=SEED) as emulator:
        yield emulator


def seen_by_modules(emulator: Emulator, run_module: RunModule) -> Ages:
    """Return what the info modules tell."""
    connection = connection_to(emulator)
    users = run_module("ram_user_info", **connection)["users"]
    keys = run_module(
        "ram_access_key_info",
        user_names=[user["user_name"] for user in users],
        last_used=True,
        **connection,
    )["access_keys"]
    return {
        user["user_name"]: (
            user["create_date"],
            [
                (key["create_date"], key["last_used_date"])
                for key in keys
                if key["user_name"] == user["user_name"]
            ],
        )
        for user in users
    }


def seen_by_sdk(emulator: Emulator) -> Ages:
    """Return what the official SDK reads."""
    sdk = Client(
        Config(
            access_key_id=emulator.access_key_id,
            access_key_secret=emulator.access_key_secret,
            endpoint=emulator.host_port,
            protocol="http",
        )
    )

    def last_use(user_name: str, key_id: str) -> str | None:
        request = models.GetAccessKeyLastUsedRequest(user_name=user_name, user_access_key_id=key_id)
        date = sdk.get_access_key_last_used(request).body.access_key_last_used.last_used_date
        return None if date in NEVER else str(date)

    ages: Ages = {}
    for user in sdk.list_users(models.ListUsersRequest()).body.users.user:
        name = user.user_name
        listing = sdk.list_access_keys(models.ListAccessKeysRequest(user_name=name)).body
        ages[name] = (
            user.create_date,
            [
                (key.create_date, last_use(name, key.access_key_id))
                for key in listing.access_keys.access_key
            ],
        )
    return ages


def report(emulator: Emulator) -> list[dict[str, str]]:
    """Return the rows of the credential report."""
    while emulator.call("GenerateCredentialReport")["State"] != "COMPLETED":
        emulator.advance_clock(1)
    content = base64.b64decode(emulator.call("GetCredentialReport")["Content"]).decode()
    return list(csv.DictReader(io.StringIO(content)))


def seen_in_report(rows: list[dict[str, str]]) -> Ages:
    """Return what the credential report says; it tells the age of a key that nobody changed."""
    return {
        row["user"].partition("@")[0]: (
            row["user_creation_time"],
            [
                (row[f"access_key_{n}_last_rotated"], _date(row[f"access_key_{n}_last_used"]))
                for n in (1, 2)
                if row[f"access_key_{n}_exist"] == "TRUE"
            ],
        )
        for row in rows
        if row["user"] != "<root>"
    }


def _date(text: str) -> str | None:
    return None if text in NEVER else text


def test_three_readers(seeded: Emulator, run_module: RunModule) -> None:
    """Users, keys and last uses of up to a year ago have the same dates for all three."""
    by_modules = seen_by_modules(seeded, run_module)
    by_sdk = seen_by_sdk(seeded)

    rows = report(seeded)

    assert by_modules == by_sdk == seen_in_report(rows)
    assert {name: len(keys) for name, (_created, keys) in by_sdk.items()} == {
        "old": 2,
        "young": 1,
        "bare": 0,
    }
    assert by_sdk["young"][1][0][1] is None


def test_log_on(seeded: Emulator) -> None:
    """A log-on of long ago stands in the API's answer and in the report."""
    told = {
        name: _date(seeded.call("GetUser", UserName=name)["User"]["LastLoginDate"])
        for name in ("old", "bare")
    }

    rows = report(seeded)

    reported = {row["user"].partition("@")[0]: _date(row["user_last_logon"]) for row in rows}
    assert told == {name: reported[name] for name in told}
    assert told["old"]

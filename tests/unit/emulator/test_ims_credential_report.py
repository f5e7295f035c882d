# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IMS: the credential report."""

from __future__ import annotations

import base64
import csv
import io
import time
import typing as t

import pytest

from emulator.totp import totp

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from emulator import Emulator

    from .conftest import Ims, RawClient

STS = "2015-04-01"
PASSWORD = "Correct-Horse-7"
HOUR = 3600


def content(answer: dict[str, t.Any]) -> str:
    """Return the text of one page."""
    return base64.b64decode(answer["Content"]).decode()


def make_report(emulator: Emulator, ims: Ims) -> dict[str, t.Any]:
    """Have a report made, and return its first answer."""
    ims("GenerateCredentialReport")
    emulator.advance_clock(1)
    return ims("GetCredentialReport")


def rows_of(emulator: Emulator, ims: Ims) -> dict[str, dict[str, str]]:
    """Have a report made, and return its rows by the names of the users."""
    rows = csv.DictReader(io.StringIO(content(make_report(emulator, ims))))
    return {row["user"].partition("@")[0]: row for row in rows}


def test_states(emulator: Emulator, ims: Ims) -> None:
    """A report is begun, under way and then there; a recent one is not made anew."""
    too_early = ims.refusal("GetCredentialReport")
    states = [ims("GenerateCredentialReport")["State"] for _turn in range(2)]
    under_way = ims.refusal("GetCredentialReport")
    emulator.advance_clock(1)
    states.append(ims("GenerateCredentialReport")["State"])
    emulator.advance_clock(4 * HOUR - 60)
    states.append(ims("GenerateCredentialReport")["State"])
    emulator.advance_clock(60)
    states.append(ims("GenerateCredentialReport")["State"])

    assert too_early == under_way == (404, "EntityNotExist.CredentialReport")
    assert states == ["STARTED", "INPROGRESS", "COMPLETED", "COMPLETED", "STARTED"]


def test_report_is_of_its_time(emulator: Emulator, ims: Ims) -> None:
    """A report shows what was there when it was asked for, whatever came later."""
    emulator.set_clock("2026-01-02T03:04:05Z")
    first = make_report(emulator, ims)
    emulator.call("CreateUser", UserName="alice")

    again = ims("GetCredentialReport")

    assert again["GeneratedTime"] == first["GeneratedTime"] == "2026-01-02T03:04:05Z"
    assert content(again) == content(first)
    assert "alice" not in content(again)


def test_clock_that_goes_back(emulator: Emulator, ims: Ims) -> None:
    """A report of a time to come is not taken for a recent one."""
    make_report(emulator, ims)

    emulator.advance_clock(-10 * HOUR)

    assert ims("GenerateCredentialReport")["State"] == "STARTED"


def test_columns(emulator: Emulator, ims: Ims) -> None:
    """The columns are the sixteen of the service, the account's own row the first."""
    emulator.call("CreateUser", UserName="alice")

    header, root, alice = content(make_report(emulator, ims)).splitlines()

    assert header == (
        "user,user_creation_time,user_last_logon,password_exist,password_active,"
        "password_last_changed,password_next_rotation,mfa_active,access_key_1_exist,"
        "access_key_1_active,access_key_1_last_rotated,access_key_1_last_used,"
        "access_key_2_exist,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used"
    )
    assert root.startswith("<root>,")
    assert alice.startswith(f"{ims.principal('alice')},")
    assert alice.endswith("Z,-,FALSE,N/A,N/A,N/A,N/A,FALSE,N/A,N/A,N/A,FALSE,N/A,N/A,N/A")


def test_keys(emulator: Emulator, ims: Ims, sign_in: Callable[..., RawClient]) -> None:
    """A key is told with its state, the last change of it, and its use as far as it is known."""
    emulator.set_clock("2026-01-01T00:00:00Z")
    first, second = sign_in("alice", version=STS), sign_in("alice", version=STS)
    for key in (first, second):
        key.act("GetCallerIdentity")
    emulator.set_clock("2026-01-02T00:00:00Z")
    ims(
        "UpdateAccessKey",
        UserPrincipalName=ims.principal("alice"),
        UserAccessKeyId=first.access_key_id,
        Status="Inactive",
    )
    second.act("GetCallerIdentity")

    alice = rows_of(emulator, ims)["alice"]

    first_day, second_day = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
    facts = ("exist", "active", "last_rotated", "last_used")
    told = {number: [alice[f"access_key_{number}_{fact}"] for fact in facts] for number in (1, 2)}
    assert told[1] == ["TRUE", "FALSE", second_day, first_day]
    # Its second use is not known yet.
    assert told[2] == ["TRUE", "TRUE", first_day, first_day]


def test_unused_key(emulator: Emulator, ims: Ims, sign_in: Callable[..., RawClient]) -> None:
    """A key that never signed has a dash for its use."""
    sign_in("alice")

    assert rows_of(emulator, ims)["alice"]["access_key_1_last_used"] == "-"


def test_console(emulator: Emulator, ims: Ims) -> None:
    """A user with console logon is told with its password's dates and its MFA."""
    emulator.set_clock("2026-01-01T00:00:00Z")
    emulator.call("SetPasswordPolicy", MaxPasswordAge=90)
    for name in ("alice", "bob"):
        emulator.call("CreateUser", UserName=name)
        emulator.call("CreateLoginProfile", UserName=name, Password=PASSWORD)
    device = emulator.call("CreateVirtualMFADevice", VirtualMFADeviceName="phone")
    step = int(time.time()) // 30
    seed = device["VirtualMFADevice"]["Base32StringSeed"]
    emulator.call(
        "BindMFADevice",
        UserName="alice",
        SerialNumber=device["VirtualMFADevice"]["SerialNumber"],
        AuthenticationCode1=totp(seed, step - 1),
        AuthenticationCode2=totp(seed, step),
    )

    rows = rows_of(emulator, ims)

    facts = ("exist", "active", "last_changed", "next_rotation")
    assert [rows["alice"][f"password_{fact}"] for fact in facts] == [
        "TRUE",
        "TRUE",
        "2026-01-01T00:00:00Z",
        "2026-04-01T00:00:00Z",
    ]
    assert [rows[name]["mfa_active"] for name in ("alice", "bob")] == ["TRUE", "FALSE"]


def test_passwords_for_ever(emulator: Emulator, ims: Ims) -> None:
    """Without a maximum age the next rotation is a dash."""
    emulator.call("CreateUser", UserName="alice")
    emulator.call("CreateLoginProfile", UserName="alice", Password=PASSWORD)

    assert rows_of(emulator, ims)["alice"]["password_next_rotation"] == "-"


def test_logon_switched_off(emulator: Emulator, ims: Ims) -> None:
    """Where the logon is switched off its facts are replaced by a word, as was seen."""
    emulator.call("CreateUser", UserName="alice")
    alice = {"UserPrincipalName": ims.principal("alice")}
    ims("CreateLoginProfile", Password=PASSWORD, Status="Inactive", **alice)

    row = list(rows_of(emulator, ims)["alice"].values())

    assert row[2:8] == ["LOGIN_DISABLED"] * 6


def test_root(emulator: Emulator, ims: Ims) -> None:
    """The account's own row has its key, a password, and no facts about rotation."""
    row = rows_of(emulator, ims)["<root>"]

    facts = ("password_exist", "password_active", "password_next_rotation", "mfa_active")
    assert [row[fact] for fact in facts] == ["TRUE", "N/A", "N/A", "FALSE"]
    assert (row["access_key_1_exist"], row["access_key_2_exist"]) == ("TRUE", "FALSE")


def test_pages(emulator: Emulator, ims: Ims) -> None:
    """A report comes in pages with texts for the end; not every page repeats the header."""
    for number in range(4):
        emulator.call("CreateUser", UserName=f"user{number}")
    make_report(emulator, ims)

    pages = [ims("GetCredentialReport", MaxItems="2")]
    while "NextToken" in pages[-1]:
        pages.append(ims("GetCredentialReport", MaxItems="2", NextToken=pages[-1]["NextToken"]))
    odd = ims("GetCredentialReport", MaxItems="1")
    second = ims("GetCredentialReport", MaxItems="1", NextToken=odd["NextToken"])

    assert [page["IsTruncated"] for page in pages] == ["true", "true", "false"]
    assert [len(content(page).splitlines()) for page in pages] == [3, 3, 2]
    assert content(second).startswith("user0@")


@pytest.mark.parametrize("size", ["0", "3502", "x"])
def test_bad_page_size(emulator: Emulator, ims: Ims, size: str) -> None:
    """A page has 1 to 3501 lines."""
    make_report(emulator, ims)

    assert ims.refusal("GetCredentialReport", MaxItems=size) == (400, "InvalidParameter.MaxItems")


def test_token_of_another_report(emulator: Emulator, ims: Ims) -> None:
    """The token of a longer report is not taken for one of a shorter."""
    for name in ("a", "b"):
        emulator.call("CreateUser", UserName=name)
    make_report(emulator, ims)
    token = ims("GetCredentialReport", MaxItems="2")["NextToken"]
    for name in ("a", "b"):
        emulator.call("DeleteUser", UserName=name)
    emulator.advance_clock(5 * HOUR)
    make_report(emulator, ims)

    refused = ims.refusal("GetCredentialReport", NextToken=token)

    assert refused == (400, "InvalidParameter.NextToken")


def test_too_many_users(emulator: Emulator, ims: Ims) -> None:
    """With more than 3500 users no report can be made."""
    for number in range(3501):
        emulator.call("CreateUser", UserName=f"user{number}")
    refused = ims.refusal("GenerateCredentialReport")

    emulator.call("DeleteUser", UserName="user0")
    page = make_report(emulator, ims)

    assert refused == (409, "LimitExceeded.CredentialReport.User")
    assert page["IsTruncated"] == "true"

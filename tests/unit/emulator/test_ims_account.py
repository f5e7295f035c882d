# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IMS: the account as a whole."""

from __future__ import annotations

import typing as t

import pytest

from emulator import ApiError, Emulator

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Ims, RawClient

DAY = 86400
# What is told of three users, two of them with keys that are new.
NEW_ACCOUNT = {
    "BindMfa": False,
    "RootWithAccessKey": 1,
    "OldAkNum": 0,
    "UnusedAkNum": 0,
    "SubUser": 3,
    "SubUserBindMfa": 0,
    "SubUserPwdLevel": "mid",
    "SubUserWithOldAccessKey": 0,
    "SubUserWithUnusedAccessKey": 0,
}


def test_default_domain(emulator: Emulator, ims: Ims) -> None:
    """The domain is the alias in other words, and the account's id stands for no alias."""
    before = ims("GetDefaultDomain")["DefaultDomainName"]
    answered = ims("SetDefaultDomain", DefaultDomainName="example.onaliyun.com")
    alias = emulator.call("GetAccountAlias")["AccountAlias"]
    ims("SetDefaultDomain", DefaultDomainName=before)

    assert before == f"{emulator.account_id}.onaliyun.com"
    assert answered["DefaultDomainName"] == "example.onaliyun.com"
    assert alias == "example"
    assert emulator.call("GetAccountAlias")["AccountAlias"] == ""


@pytest.mark.parametrize(
    ("domain", "rule"),
    [
        ("example.com", "Format"),
        ("example", "Format"),
        (".onaliyun.com", "Format"),
        ("-a.onaliyun.com", "Format"),
        ("a--b.onaliyun.com", "Format"),
        (f"{'a' * 52}.onaliyun.com", "Length"),
    ],
)
def test_bad_domain(emulator: Emulator, ims: Ims, domain: str, rule: str) -> None:
    """A domain that breaks the rules is refused, and the old one stays."""
    refused = ims.refusal("SetDefaultDomain", DefaultDomainName=domain)

    assert refused == (400, f"InvalidParameter.DefaultDomainName.{rule}")
    assert emulator.state()["alias"] == ""


def test_longest_domain(ims: Ims) -> None:
    """A domain has up to 64 characters."""
    domain = f"{'a' * 51}.onaliyun.com"

    assert ims("SetDefaultDomain", DefaultDomainName=domain)["DefaultDomainName"] == domain


def test_domain_of_another_account() -> None:
    """Neither the domain nor the id of another account can be had."""
    with Emulator(members=1) as emulator:
        _own, member = emulator.state()["account_ids"]
        emulator.call("SetAccountAlias", account=member, AccountAlias="taken")

        for alias in ("taken", member):
            domain = f"{alias}.onaliyun.com"
            with pytest.raises(ApiError, match=r"EntityAlreadyExists\.DefaultDomain"):
                emulator.call("SetDefaultDomain", service="IMS", DefaultDomainName=domain)


def test_summary(emulator: Emulator, ims: Ims) -> None:
    """The summary counts what there is, beside 26 numbers in all."""
    for name in ("alice", "bob"):
        emulator.call("CreateUser", UserName=name)
    emulator.call("CreateGroup", GroupName="ops")
    emulator.call("CreateVirtualMFADevice", VirtualMFADeviceName="phone")

    summary = ims("GetAccountSummary")["SummaryMap"]

    counts = {"Users": 2, "Groups": 1, "Roles": 0, "Policies": 0, "MFADevices": 1}
    assert counts.items() <= summary.items()
    assert summary["MFADevicesInUse"] == 0
    assert (summary["AccessKeysPerUserQuota"], summary["UsersQuota"]) == (2, 5000)
    assert len(summary) == 26
    assert {type(number) for number in summary.values()} == {int}


def test_mfa_of_the_account(ims: Ims) -> None:
    """The account itself has no MFA at first."""
    assert ims("GetAccountMFAInfo")["IsMFAEnable"] is False


def test_security_practice(emulator: Emulator, ims: Ims, sign_in: Callable[..., RawClient]) -> None:
    """The report counts the users, their MFA, and whose keys are old or unused for 90 days."""
    used = sign_in("used", version="2015-04-01")
    sign_in("unused")
    emulator.call("CreateUser", UserName="none")

    def report() -> dict[str, t.Any]:
        return ims("GetAccountSecurityPracticeReport")["AccountSecurityPracticeInfo"]

    fresh = report()["AccountSecurityPracticeUserInfo"]
    emulator.advance_clock(89 * DAY)
    used.act("GetCallerIdentity")
    emulator.advance_clock(2 * DAY)
    later = report()

    assert fresh == NEW_ACCOUNT
    assert later["AccountSecurityPracticeUserInfo"] == {
        **NEW_ACCOUNT,
        "OldAkNum": 1,
        "UnusedAkNum": 1,
        "SubUserWithOldAccessKey": 2,
        "SubUserWithUnusedAccessKey": 1,
    }
    assert 0 <= later["Score"] < 50


def test_reading_needs_permission(emulator: Emulator, sign_in: Callable[..., RawClient]) -> None:
    """A user reads about the account with the read-only policy, and not without."""
    alice = sign_in("alice", version="2019-08-15")
    before = alice.act("GetAccountSummary").code

    emulator.call(
        "AttachPolicyToUser",
        UserName="alice",
        PolicyName="AliyunRAMReadOnlyAccess",
        PolicyType="System",
    )

    assert before == "NoPermission"
    assert alice.act("GetAccountSummary").status == 200

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IMS: network policies of keys, and what they do to requests."""

from __future__ import annotations

import json
import typing as t

import pytest

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from emulator import Emulator

    from .conftest import Ims, RawClient

STS = "2015-04-01"
HERE, ELSEWHERE = "127.0.0.0/8", "192.0.2.0/24"


def policy(*networks: str, status: str = "Active") -> str:
    """Return a policy that allows these networks."""
    statements = [{"Type": "ClassicWhiteList", "IPList": list(networks)}] if networks else []
    return json.dumps({"Version": 1, "Status": status, "Statements": statements})


@pytest.fixture
def alice(sign_in: Callable[..., RawClient]) -> RawClient:
    """Hand out a client of STS with the key of a user."""
    return sign_in("alice", version=STS)


@pytest.fixture
def key(ims: Ims, alice: RawClient) -> dict[str, str]:
    """Return the parameters that name the user's key."""
    return {
        "UserPrincipalName": ims.principal("alice"),
        "UserAccessKeyId": alice.access_key_id,
    }


def test_policy_is_given_back(ims: Ims, key: dict[str, str]) -> None:
    """A key has no policy at first, then what was set, with the version that the service keeps."""
    before = ims("GetAccessKeyPolicy", **key)
    without_version = json.loads(policy(HERE))
    del without_version["Version"]

    answered = ims("SetAccessKeyPolicy", AccessKeyPolicy=json.dumps(without_version), **key)
    after = ims("GetAccessKeyPolicy", **key)

    assert before["AccessKeyPolicy"] == "{}"
    assert after["AccessKeyPolicy"] == answered["AccessKeyPolicy"]
    assert json.loads(after["AccessKeyPolicy"]) == json.loads(policy(HERE))
    assert answered["AccessKeyId"] == after["AccessKeyId"] == key["UserAccessKeyId"]


def test_policy_of_the_account(ims: Ims) -> None:
    """The account has no policy at first, then what was set."""
    before = ims("GetAccessKeyPolicyForAccount")["AccessKeyPolicy"]

    ims("SetAccessKeyPolicyForAccount", AccessKeyPolicy=policy(HERE))

    after = ims("GetAccessKeyPolicyForAccount")["AccessKeyPolicy"]
    assert before == "{}"
    assert json.loads(after) == json.loads(policy(HERE))


@pytest.mark.parametrize(
    ("of_account", "of_key", "status"),
    [
        (None, policy(HERE), 200),
        (None, policy(ELSEWHERE), 403),
        (None, policy(ELSEWHERE, "127.0.0.1"), 200),
        (None, policy(), 403),
        (None, policy(status="Inactive"), 200),
        (None, policy(ELSEWHERE, status="Inactive"), 200),
        (policy(ELSEWHERE), None, 403),
        (policy(ELSEWHERE), policy(HERE), 200),
        (policy(HERE), policy(ELSEWHERE), 403),
        (policy(ELSEWHERE), policy(HERE, status="Inactive"), 403),
    ],
)
def test_effect(
    emulator: Emulator,
    alice: RawClient,
    of_account: str | None,
    of_key: str | None,
    status: int,
) -> None:
    """A key signs only from networks of its own policy, or of the account's if it has none."""
    if of_key:
        names = {
            "UserPrincipalName": f"alice@{emulator.account_id}.onaliyun.com",
            "UserAccessKeyId": alice.access_key_id,
        }
        emulator.call("SetAccessKeyPolicy", service="IMS", AccessKeyPolicy=of_key, **names)
    if of_account:
        emulator.call("SetAccessKeyPolicyForAccount", service="IMS", AccessKeyPolicy=of_account)

    answer = alice.act("GetCallerIdentity")

    assert answer.status == status
    assert answer.code == {200: "", 403: "Forbidden.AccessKeyPolicy"}[status]


def test_refused_request_is_no_use(
    emulator: Emulator, ims: Ims, alice: RawClient, key: dict[str, str]
) -> None:
    """A request that a network policy refuses is not shown as a use of the key."""
    ims("SetAccessKeyPolicy", AccessKeyPolicy=policy(ELSEWHERE), **key)

    alice.act("GetCallerIdentity")

    [stored] = emulator.state()["users"]["alice"]["access_keys"]
    assert not stored["last_used_date"]


def test_vpc_statements(ims: Ims, alice: RawClient, key: dict[str, str]) -> None:
    """Networks of a VPC are stored, and let nobody in from outside."""
    statement = {"Type": "VPCWhiteList", "Value": "AllowAllVPC", "IPList": ["0.0.0.0/0"]}
    text = json.dumps({"Status": "Active", "Statements": [statement]})

    ims("SetAccessKeyPolicy", AccessKeyPolicy=text, **key)

    stored = json.loads(ims("GetAccessKeyPolicy", **key)["AccessKeyPolicy"])
    assert stored["Statements"] == [statement]
    assert alice.act("GetCallerIdentity").status == 403


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "[]",
        "{}",
        '{"Status": "On", "Statements": []}',
        '{"Status": "Active", "Statements": null}',
        '{"Status": "Active"}',
        '{"Status": "Active", "Statements": [], "Note": "x"}',
        '{"Status": "Active", "Statements": ["x"]}',
        '{"Status": "Active", "Statements": [{"Type": "BlackList", "IPList": []}]}',
        '{"Status": "Active", "Statements": [{"Type": "VPCWhiteList", "IPList": []}]}',
        '{"Status": "Active", "Statements": [{"Type": "ClassicWhiteList", "IPList": "x"}]}',
        policy("example.com"),
        policy(*[HERE] * 51),
        json.dumps(
            {
                "Status": "Active",
                "Statements": [{"Type": "ClassicWhiteList", "IPList": [HERE]}] * 9,
            }
        ),
    ],
)
def test_bad_policy(emulator: Emulator, ims: Ims, key: dict[str, str], text: str) -> None:
    """What is no policy, or too long a one, is refused at both levels, and nothing changes."""
    refused = (400, "InvalidParameter.AccessKeyPolicy")

    assert ims.refusal("SetAccessKeyPolicy", AccessKeyPolicy=text, **key) == refused
    assert ims.refusal("SetAccessKeyPolicyForAccount", AccessKeyPolicy=text) == refused
    assert emulator.state()["network_policy"] == ""


def test_largest_policy(ims: Ims, key: dict[str, str]) -> None:
    """A policy has up to 8 statements and 50 addresses."""
    lists = [[HERE]] * 7 + [[HERE] * 43]
    statements = [{"Type": "ClassicWhiteList", "IPList": networks} for networks in lists]
    text = json.dumps({"Version": 1, "Status": "Active", "Statements": statements})

    answered = ims("SetAccessKeyPolicy", AccessKeyPolicy=text, **key)

    assert json.loads(answered["AccessKeyPolicy"])["Statements"] == statements


def test_policy_of_an_unknown_key(ims: Ims, key: dict[str, str]) -> None:
    """A key that does not exist has no policy and gets none."""
    unknown = {**key, "UserAccessKeyId": "LTAI5tUnknown"}

    for action, given in (
        ("GetAccessKeyPolicy", {}),
        ("SetAccessKeyPolicy", {"AccessKeyPolicy": policy(HERE)}),
    ):
        assert ims.refusal(action, **unknown, **given) == (404, "EntityNotExist.User.AccessKey")

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conditions of policies decide where the emulator knows what they ask, and never by a guess."""

from __future__ import annotations

import json
import typing as t

import pytest

from emulator import Emulator

from .conftest import document

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import RawClient

READ = {"Effect": "Allow", "Action": "ram:ListUsers", "Resource": "*"}


def status_under(
    emulator: Emulator, client: RawClient, condition: dict[str, t.Any], effect: str = "Allow"
) -> tuple[int, str]:
    """Return how a user fares whose permission, or prohibition, has this condition."""
    statements: list[dict[str, t.Any]] = [{**READ, "Effect": effect, "Condition": condition}]
    if effect == "Deny":
        statements.append(READ)
    emulator.call("CreatePolicy", PolicyName="p", PolicyDocument=document(*statements))
    emulator.call("AttachPolicyToUser", UserName="alice", PolicyName="p", PolicyType="Custom")
    answer = client.act("ListUsers")
    return answer.status, answer.code


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"IpAddress": {"acs:SourceIp": ["10.0.0.0/8", "127.0.0.1"]}}, True),
        ({"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}}, False),
        ({"NotIpAddress": {"acs:SourceIp": ["10.0.0.0/8", "192.168.0.0/16"]}}, True),
        ({"NotIpAddress": {"acs:SourceIp": ["10.0.0.0/8", "127.0.0.0/8"]}}, False),
        ({"Bool": {"acs:SecureTransport": True}}, False),
        ({"Bool": {"acs:MFAPresent": "false"}}, True),
        ({"DateLessThan": {"acs:CurrentTime": "2026-07-01T00:00:00+08:00"}}, True),
        ({"DateGreaterThanEquals": {"acs:CurrentTime": "2026-07-01T00:00:00Z"}}, False),
        ({"StringEquals": {"acs:PrincipalARN": "acs:ram::ACCOUNT:user/alice"}}, True),
        ({"StringNotEquals": {"acs:PrincipalARN": "acs:ram::ACCOUNT:user/alice"}}, False),
        ({"StringEqualsIgnoreCase": {"acs:PrincipalARN": "ACS:RAM::ACCOUNT:USER/ALICE"}}, True),
        ({"StringLike": {"acs:PrincipalARN": "acs:ram::*:user/a?ice"}}, True),
        ({"StringNotLike": {"acs:PrincipalARN": "acs:ram::*:user/bob"}}, True),
        ({"ForAnyValue:StringLike": {"acs:PrincipalARN": "*"}}, True),
        ({"StringEquals": {"ecs:ImageId": "m-1"}}, False),
        ({"StringEqualsIfExists": {"ecs:ImageId": "m-1"}}, True),
        ({"StringNotEquals": {"ecs:ImageId": "m-1"}}, True),
        ({"NumericLessThan": {"ecs:Count": 3}}, False),
        ({"Null": {"ecs:ImageId": "true"}}, True),
        ({"Null": {"acs:SourceIp": "true"}}, False),
        ({"StringEquals": {"acs:SourceVpc": "vpc-1"}}, False),
    ],
)
def test_condition(
    emulator: Emulator,
    sign_in: Callable[..., RawClient],
    condition: dict[str, t.Any],
    holds: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """A permission holds if and only if its condition does."""
    emulator.set_clock("2026-06-30T00:00:00Z")
    filled = json.loads(json.dumps(condition).replace("ACCOUNT", emulator.account_id))

    status, code = status_under(emulator, sign_in("alice"), filled)

    assert (status, code) == ((200, "") if holds else (403, "NoPermission"))


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_undecided(emulator: Emulator, sign_in: Callable[..., RawClient], effect: str) -> None:
    """Where only something unknown would decide, the emulator says so instead of guessing."""
    condition = {"StringEquals": {"acs:ResourceTag/team": "blue"}}

    refused = status_under(emulator, sign_in("alice"), condition, effect)

    assert refused == (400, "NotEmulated")


def test_settled_without_the_unknown(emulator: Emulator, sign_in: Callable[..., RawClient]) -> None:
    """Something unknown that decides nothing does no harm."""
    condition = {
        "StringEquals": {"acs:ResourceTag/team": "blue"},
        "IpAddress": {"acs:SourceIp": "10.0.0.0/8"},
    }

    assert status_under(emulator, sign_in("alice"), condition) == (403, "NoPermission")


def test_source_address(make_client: type[RawClient]) -> None:
    """A rehearsal can pretend that its requests come from somewhere else."""
    with Emulator(source_address="203.0.113.7") as emulator:
        emulator.call("CreateUser", UserName="alice")
        key = emulator.call("CreateAccessKey", UserName="alice")["AccessKey"]
        alice = make_client(emulator.host_port, key["AccessKeyId"], key["AccessKeySecret"])

        status = status_under(emulator, alice, {"IpAddress": {"acs:SourceIp": "203.0.113.0/24"}})

    assert status == (200, "")


def test_diagnosis(emulator: Emulator, sign_in: Callable[..., RawClient]) -> None:
    """A refusal carries a message that tells, decoded, which policy denied what and when."""
    alice = sign_in("alice")
    harmless = {"PolicyName": "AliyunRAMReadOnlyAccess", "PolicyType": "System"}
    emulator.call("AttachPolicyToUser", UserName="alice", **harmless)
    status_under(emulator, alice, {"IpAddress": {"acs:SourceIp": "127.0.0.0/8"}}, "Deny")
    detail = alice.act("ListUsers").json["AccessDeniedDetail"]

    message = emulator.call(
        "DecodeDiagnosticMessage", EncodedDiagnosticMessage=detail["EncodedDiagnosticMessage"]
    )["DecodedDiagnosticMessage"]

    assert (message["AuthAction"], message["ExplicitDeny"]) == ("ram:ListUsers", True)
    assert message["AuthResource"] == f"acs:ram:*:{emulator.account_id}:user/*"
    assert message["AuthPrincipal"]["AuthPrincipalType"] == "SubUser"
    assert {"ConditionKey": "acs:SourceIp", "ConditionValues": ["127.0.0.1"]} in message[
        "AuthConditions"
    ]
    assert message["MatchedPolicies"] == [
        {
            "AttachedEntityType": "User",
            "AttachedScope": "Account",
            "Effect": "Deny",
            "PolicyIdentifier": "p",
            "PolicyType": "Custom",
            "PolicyVersion": "v1",
        }
    ]


@pytest.mark.parametrize("message", ["nonsense", "e30=", "W10="])
def test_bad_diagnosis(refusal: Callable[..., tuple[int, str]], message: str) -> None:
    """What comes from no refusal is not decoded."""
    assert refusal("DecodeDiagnosticMessage", EncodedDiagnosticMessage=message) == (
        400,
        "InvalidParameter.EncodedDiagnosticMessage",
    )


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "Action": "*:Describe*", "Resource": "*"},
        {"Effect": "Allow", "Action": "log:*", "Resource": ["acs:log:*:*:project/my-?/*"]},
        {"Effect": "Deny", "NotAction": ["ram:*Policy*", "sts:*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "pai_dsw:Get.Job", "Resource": "acs:oss:*:*:bucket/a b"},
    ],
)
@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"Bool": {"acs:MFAPresent": ["true"]}},
        {
            "DateLessThan": {"acs:CurrentTime": "2019-08-12T17:00:00+08:00"},
            "IpAddress": {"acs:SourceIp": ["203.0.113.2", "2001:db8::/32"]},
        },
        {"StringEquals": {"ecs:tag/team": "blue"}, "NumericLessThan": {"oss:MaxKeys": 10}},
    ],
)
def test_policies_of_the_field(
    emulator: Emulator, statement: dict[str, t.Any], condition: dict[str, t.Any]
) -> None:
    """Statements as people write them are stored and given back byte for byte."""
    text = document({**statement, "Condition": condition} if condition else statement)

    emulator.call("CreatePolicy", PolicyName="p", PolicyDocument=text)

    policy = emulator.call("GetPolicy", PolicyName="p", PolicyType="Custom")
    assert policy["DefaultPolicyVersion"]["PolicyDocument"] == text

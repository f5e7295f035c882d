# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IMS: AccessKeys, of users by principal name and of the caller itself."""

from __future__ import annotations

import json
import typing as t

import pytest

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from emulator import Emulator

    from .conftest import Ims, RawClient

IMS = "2019-08-15"


def test_life_of_a_key(emulator: Emulator, ims: Ims) -> None:
    """A user's key is made, listed with its last change, disabled and deleted by name."""
    emulator.call("CreateUser", UserName="alice")
    alice = {"UserPrincipalName": ims.principal("alice")}
    emulator.set_clock("2026-01-02T00:00:00Z")

    made = ims("CreateAccessKey", **alice)["AccessKey"]
    before = ims("ListAccessKeys", **alice)["AccessKeys"]["AccessKey"]
    emulator.set_clock("2026-01-03T00:00:00Z")
    ims("UpdateAccessKey", UserAccessKeyId=made["AccessKeyId"], Status="Inactive", **alice)
    [after] = ims("ListAccessKeys", **alice)["AccessKeys"]["AccessKey"]
    ims("DeleteAccessKey", UserAccessKeyId=made["AccessKeyId"], **alice)

    secret = made.pop("AccessKeySecret")
    assert secret in emulator.state()["secrets"]
    assert before == [{**made, "UpdateDate": "2026-01-02T00:00:00Z"}]
    assert after == {**made, "Status": "Inactive", "UpdateDate": "2026-01-03T00:00:00Z"}
    assert ims("ListAccessKeys", **alice)["AccessKeys"] == {"AccessKey": []}


def test_same_status_is_no_change(emulator: Emulator, ims: Ims) -> None:
    """A key that gets the status it has keeps the date of its last change."""
    emulator.call("CreateUser", UserName="alice")
    alice = {"UserPrincipalName": ims.principal("alice")}
    key_id = ims("CreateAccessKey", **alice)["AccessKey"]["AccessKeyId"]

    emulator.advance_clock(60)
    ims("UpdateAccessKey", UserAccessKeyId=key_id, Status="Active", **alice)

    [key] = ims("ListAccessKeys", **alice)["AccessKeys"]["AccessKey"]
    assert key["UpdateDate"] == key["CreateDate"]


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("CreateAccessKey", {}),
        ("ListAccessKeys", {}),
        ("UpdateAccessKey", {"UserAccessKeyId": "x", "Status": "Active"}),
        ("DeleteAccessKey", {"UserAccessKeyId": "x"}),
        ("GetAccessKeyLastUsed", {"UserAccessKeyId": "x"}),
    ],
)
def test_named_user_is_never_ignored(
    emulator: Emulator, ims: Ims, action: str, given: dict[str, str]
) -> None:
    """A call that names nobody, or another user, does not turn on the caller's own keys."""
    emulator.call("CreateUser", UserName="alice")

    refused = ims.refusal(action, UserPrincipalName=ims.principal("nobody"), **given)

    assert refused == (404, "EntityNotExist.User")
    assert len(emulator.state()["root"]["access_keys"]) == 1


def test_key_of_another_owner(emulator: Emulator, ims: Ims) -> None:
    """A key is not found under a user who does not own it."""
    emulator.call("CreateUser", UserName="alice")

    refused = ims.refusal(
        "DeleteAccessKey",
        UserPrincipalName=ims.principal("alice"),
        UserAccessKeyId=emulator.access_key_id,
    )

    assert refused == (404, "EntityNotExist.User.AccessKey")


def test_last_use_tells_the_service(
    emulator: Emulator, ims: Ims, sign_in: Callable[..., RawClient]
) -> None:
    """Two hours after a key signed for IMS its last use is known with the service."""
    emulator.set_clock("2026-01-02T00:00:00Z")
    alice = sign_in("alice", version=IMS)
    alice.act("GetUser", UserAccessKeyId=alice.access_key_id)
    key = {
        "UserPrincipalName": f"alice@{emulator.account_id}.onaliyun.com",
        "UserAccessKeyId": alice.access_key_id,
    }

    before = ims("GetAccessKeyLastUsed", **key)["AccessKeyLastUsed"]
    emulator.advance_clock(7201)
    after = ims("GetAccessKeyLastUsed", **key)["AccessKeyLastUsed"]

    assert before == {"LastUsedDate": "N/A", "ServiceName": "N/A"}
    assert after == {"LastUsedDate": "2026-01-02T00:00:00Z", "ServiceName": "Ims"}


def test_users_and_their_own_keys(emulator: Emulator, sign_in: Callable[..., RawClient]) -> None:
    """A user without permission handles its own keys only where the account lets all do so."""
    alice = sign_in("alice", version=IMS)
    before = alice.act("ListAccessKeys").code

    emulator.call("SetSecurityPreference", AllowUserToManageAccessKeys=True)
    own = alice.act("ListAccessKeys")

    assert before == "NoPermission"
    assert [key["AccessKeyId"] for key in own.json["AccessKeys"]["AccessKey"]] == [
        alice.access_key_id
    ]


def test_session_has_no_keys(
    emulator: Emulator, create: Callable[[str, str], None], sign_in: Callable[..., RawClient]
) -> None:
    """A session must name a user, for it has no keys of its own."""
    create("Role", "ops")
    alice = sign_in("alice", version="2015-04-01")
    for principal, name in (("User", "alice"), ("Role", "ops")):
        emulator.call(
            f"AttachPolicyTo{principal}",
            PolicyName="AdministratorAccess",
            PolicyType="System",
            **{f"{principal}Name": name},
        )
    arn = f"acs:ram::{emulator.account_id}:role/ops"
    answer = alice.act("AssumeRole", RoleArn=arn, RoleSessionName="session").json
    given = answer["Credentials"]
    session = type(alice)(
        alice.host_port, given["AccessKeyId"], given["AccessKeySecret"], given["SecurityToken"], IMS
    )

    refused = session.act("CreateAccessKey")

    assert refused.code == "MissingParameter"
    assert "UserPrincipalName" in json.loads(refused.body)["Message"]

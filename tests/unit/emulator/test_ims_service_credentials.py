# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IMS: service credentials, and the actions that are not emulated."""

from __future__ import annotations

import typing as t

import pytest

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from emulator import Emulator

    from .conftest import Ims, RawClient

DAY = 86400
NEW = {"ServiceName": "bailian.aliyuncs.com", "ServiceCredentialName": "chat"}


@pytest.fixture
def alice(emulator: Emulator, ims: Ims) -> dict[str, str]:
    """Create a user, and return the parameter that names it."""
    emulator.call("CreateUser", UserName="alice")
    return {"UserPrincipalName": ims.principal("alice")}


def test_new_credential(emulator: Emulator, ims: Ims, alice: dict[str, str]) -> None:
    """A credential is told with its secret once; one that never expires has no end."""
    emulator.set_clock("2026-01-01T00:00:00Z")

    made = ims("CreateServiceCredential", **NEW, **alice)["ServiceCredential"]
    told = ims("GetServiceCredential", ServiceCredentialId=made["ServiceCredentialId"], **alice)

    assert made.pop("ServiceCredentialSecret") in emulator.state()["secrets"]
    assert told["ServiceCredential"] == made
    assert made.pop("ServiceCredentialId")
    assert made == {**NEW, **alice, "Status": "Active", "CreateTime": "2026-01-01T00:00:00Z"}


def test_expiry(emulator: Emulator, ims: Ims, alice: dict[str, str]) -> None:
    """A credential with an age expires on its day, also if it was disabled."""
    emulator.set_clock("2026-01-01T00:00:00Z")
    made = ims("CreateServiceCredential", CredentialAgeDays="30", **NEW, **alice)
    credential = {"ServiceCredentialId": made["ServiceCredential"]["ServiceCredentialId"], **alice}

    def status() -> str:
        return ims("GetServiceCredential", **credential)["ServiceCredential"]["Status"]

    active = status()
    ims("UpdateServiceCredential", Status="Inactive", **credential)
    inactive = status()
    emulator.advance_clock(30 * DAY)

    assert made["ServiceCredential"]["ExpirationTime"] == "2026-01-31T00:00:00Z"
    assert [active, inactive, status()] == ["Active", "Inactive", "Expired"]


def test_listing(emulator: Emulator, ims: Ims, alice: dict[str, str]) -> None:
    """Credentials are listed of one user, of all, or of one service, in pages."""
    emulator.call("CreateUser", UserName="bob")
    bob = {"UserPrincipalName": ims.principal("bob")}
    for owner, service in ((alice, "one"), (alice, "two"), (bob, "one")):
        ims("CreateServiceCredential", **owner, **{**NEW, "ServiceName": service})

    def names(**given: str) -> list[tuple[str, str]]:
        answer = ims("ListServiceCredentials", **given)
        return [
            (c["UserPrincipalName"].partition("@")[0], c["ServiceName"])
            for c in answer["ServiceCredentials"]
        ]

    first = ims("ListServiceCredentials", AllUsers="true", MaxResults="2")
    rest = names(AllUsers="true", MaxResults="2", NextToken=first["NextToken"])

    assert (first["IsTruncated"], first["MaxResults"]) == (True, 2)
    assert rest == [("bob", "one")]
    assert names(**alice) == [("alice", "one"), ("alice", "two")]
    assert names(AllUsers="true", ServiceName="one") == [("alice", "one"), ("bob", "one")]
    assert names() == []
    assert ims.refusal("ListServiceCredentials", AllUsers="true", **alice) == (
        400,
        "InvalidParameter.AllUsers",
    )


def test_change_and_end(emulator: Emulator, ims: Ims, alice: dict[str, str]) -> None:
    """A credential is renamed and deleted, by its owner's name only."""
    made = ims("CreateServiceCredential", **NEW, **alice)["ServiceCredential"]
    credential = {"ServiceCredentialId": made["ServiceCredentialId"]}
    emulator.call("CreateUser", UserName="bob")

    ims("UpdateServiceCredential", ServiceCredentialName="other", **credential, **alice)
    renamed = ims("GetServiceCredential", **credential, **alice)["ServiceCredential"]
    of_bob = ims.refusal(
        "DeleteServiceCredential", UserPrincipalName=ims.principal("bob"), **credential
    )
    nothing = ims.refusal("UpdateServiceCredential", **credential, **alice)
    ims("DeleteServiceCredential", **credential, **alice)

    assert renamed["ServiceCredentialName"] == "other"
    assert of_bob == (404, "EntityNotExist.User.ServiceCredential")
    assert nothing == (400, "MissingParameter")
    assert ims("ListServiceCredentials", AllUsers="true")["ServiceCredentials"] == []


def test_quota(ims: Ims, alice: dict[str, str]) -> None:
    """A user has as many credentials of one service as the account's summary says."""
    quota = ims("GetAccountSummary")["SummaryMap"]["ServiceCredentialsPerUserPerServiceQuota"]
    for _turn in range(quota):
        ims("CreateServiceCredential", **NEW)
        ims("CreateServiceCredential", **NEW, **alice)

    refused = ims.refusal("CreateServiceCredential", **NEW, **alice)
    ims("CreateServiceCredential", **{**NEW, "ServiceName": "other"}, **alice)

    assert refused == (409, "LimitExceeded.User.ServiceCredential")


def test_deleted_user(emulator: Emulator, ims: Ims, alice: dict[str, str]) -> None:
    """The credentials of a user go with it."""
    ims("CreateServiceCredential", **NEW, **alice)

    emulator.call("DeleteUser", UserName="alice")

    assert ims("ListServiceCredentials", AllUsers="true")["ServiceCredentials"] == []


def test_own_credentials(emulator: Emulator, sign_in: Callable[..., RawClient]) -> None:
    """A user handles its own credentials only where the account lets all do so."""
    alice = sign_in("alice", version="2019-08-15")
    before = alice.act("CreateServiceCredential", **NEW).code

    emulator.call("SetSecurityPreference", service="IMS", AllowUserToManageServiceCredentials=True)

    assert before == "NoPermission"
    assert alice.act("CreateServiceCredential", **NEW).status == 200


@pytest.mark.parametrize(
    "action",
    ["CreateApplication", "GenerateGovernanceReport", "ListPasskeys", "GetUserSsoSettings"],
)
def test_not_emulated(ims: Ims, action: str) -> None:
    """An action that IMS has and the emulator has not is told apart from an unknown one."""
    assert ims.refusal(action) == (400, "NotEmulated")

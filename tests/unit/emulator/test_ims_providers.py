# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IMS: OIDC and SAML providers."""

from __future__ import annotations

import base64
import typing as t

import pytest

if t.TYPE_CHECKING:
    from emulator import Emulator

    from .conftest import Ims

OIDC = {"OIDCProviderName": "ci"}
SAML = {"SAMLProviderName": "idp"}
METADATA = base64.b64encode(f"<EntityDescriptor>{'x' * 100}</EntityDescriptor>".encode()).decode()


def make_oidc_provider(ims: Ims, **given: str) -> dict[str, t.Any]:
    """Create a provider of tokens."""
    wanted = {"IssuerUrl": "https://ci.example.com", **OIDC, **given}
    return ims("CreateOIDCProvider", **wanted)["OIDCProvider"]


def test_oidc_provider(emulator: Emulator, ims: Ims) -> None:
    """A provider is told with all that was given, and its dates in two forms."""
    emulator.set_clock("2026-01-02T03:04:05Z")

    made = make_oidc_provider(
        ims,
        Description="x",
        ClientIds="one,two",
        Fingerprints="ab12",
        IssuanceLimitTime="24",
    )
    listed = ims("ListOIDCProviders")["OIDCProviders"]["OIDCProvider"]

    assert made == {
        "OIDCProviderName": "ci",
        "Arn": f"acs:ram::{emulator.account_id}:oidc-provider/ci",
        "Description": "x",
        "IssuerUrl": "https://ci.example.com",
        "ClientIds": "one,two",
        "Fingerprints": "ab12",
        "IssuanceLimitTime": 24,
        "CreateDate": "2026-01-02T03:04:05Z",
        "UpdateDate": "2026-01-02T03:04:05Z",
        "GmtCreate": "1767323045000",
        "GmtModified": "1767323045000",
    }
    assert listed == [made]
    assert ims("GetOIDCProvider", **OIDC)["OIDCProvider"] == made


def test_change_of_an_oidc_provider(emulator: Emulator, ims: Ims) -> None:
    """An update replaces all client ids, other calls add and remove single ones."""
    before = make_oidc_provider(ims, Description="x", ClientIds="one,two", Fingerprints="ab")
    emulator.advance_clock(60)

    changed = ims("UpdateOIDCProvider", NewDescription="y", IssuanceLimitTime="2", **OIDC)
    ims("UpdateOIDCProvider", ClientIds="three", **OIDC)
    ims("AddClientIdToOIDCProvider", ClientId="four", **OIDC)
    ims("RemoveClientIdFromOIDCProvider", ClientId="three", **OIDC)
    ims("AddFingerprintToOIDCProvider", Fingerprint="cd", **OIDC)
    after = ims("RemoveFingerprintFromOIDCProvider", Fingerprint="ab", **OIDC)["OIDCProvider"]

    assert (after["ClientIds"], after["Fingerprints"]) == ("four", "cd")
    assert changed["OIDCProvider"]["ClientIds"] == "one,two"
    assert (after["Description"], after["IssuanceLimitTime"]) == ("y", 2)
    assert after["UpdateDate"] > before["UpdateDate"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"OIDCProviderName": "-ci"}, "OIDCProviderName.InvalidChars"),
        ({"OIDCProviderName": "ci."}, "OIDCProviderName.InvalidChars"),
        ({"OIDCProviderName": "a" * 129}, "OIDCProviderName.Length"),
        ({"IssuerUrl": "http://ci.example.com"}, "IssuerUrl.InvalidChars"),
        ({"IssuerUrl": "https://ci.example.com?x"}, "IssuerUrl.InvalidChars"),
        ({"IssuerUrl": "https://me@ci.example.com"}, "IssuerUrl.InvalidChars"),
        ({"ClientIds": "one,-two"}, "ClientIds"),
        ({"Fingerprints": "a:b"}, "Fingerprints"),
        ({"IssuanceLimitTime": "169"}, "IssuanceLimitTime"),
        ({"Description": "a" * 257}, "Description.Length"),
    ],
)
def test_bad_oidc_provider(ims: Ims, given: dict[str, str], code: str) -> None:
    """A provider that breaks a rule is refused and not made."""
    wanted = {"IssuerUrl": "https://ci.example.com", **OIDC, **given}

    assert ims.refusal("CreateOIDCProvider", **wanted) == (400, f"InvalidParameter.{code}")
    assert ims("ListOIDCProviders")["OIDCProviders"] == {"OIDCProvider": []}


def test_taken_names_and_issuers(ims: Ims) -> None:
    """Neither name nor issuer of a provider can be taken again."""
    make_oidc_provider(ims)
    other = {"OIDCProviderName": "other", "IssuerUrl": "https://ci.example.com"}

    assert ims.refusal("CreateOIDCProvider", **other) == (
        409,
        "EntityAlreadyExists.OIDCProvider.IssuerUrl",
    )
    assert ims.refusal("CreateOIDCProvider", **OIDC, IssuerUrl="https://other.example.com") == (
        409,
        "EntityAlreadyExists.OIDCProvider",
    )


def test_limits_of_an_oidc_provider(ims: Ims) -> None:
    """A provider has up to 50 clients and 5 fingerprints, each once."""
    clients = ",".join(f"c{number}" for number in range(50))
    make_oidc_provider(ims, ClientIds=clients, Fingerprints="a,b,c,d,e")

    for action, given, expected in (
        ("AddClientIdToOIDCProvider", {"ClientId": "new"}, (409, "LimitExceeded")),
        ("AddFingerprintToOIDCProvider", {"Fingerprint": "f"}, (409, "LimitExceeded")),
        ("AddClientIdToOIDCProvider", {"ClientId": "c1"}, (409, "EntityAlreadyExists")),
        ("RemoveClientIdFromOIDCProvider", {"ClientId": "new"}, (404, "EntityNotExist")),
    ):
        status, code = ims.refusal(action, **OIDC, **given)
        assert (status, code.partition(".")[0]) == expected


@pytest.mark.parametrize("kind", ["OIDC", "SAML"])
def test_hundred_providers(ims: Ims, kind: str) -> None:
    """An account has up to a hundred providers of each kind."""

    def given(number: int) -> dict[str, str]:
        issuer = {"IssuerUrl": f"https://{number}.example.com"} if kind == "OIDC" else {}
        return {f"{kind}ProviderName": f"p{number}", **issuer}

    for number in range(100):
        ims(f"Create{kind}Provider", **given(number))

    refused = ims.refusal(f"Create{kind}Provider", **given(100))

    assert refused == (409, f"LimitExceeded.{kind}Provider")


@pytest.mark.parametrize("kind", ["OIDC", "SAML"])
def test_deleted_provider(ims: Ims, kind: str) -> None:
    """A deleted provider is gone."""
    make_oidc_provider(ims)
    ims("CreateSAMLProvider", **SAML)
    name = OIDC if kind == "OIDC" else SAML

    ims(f"Delete{kind}Provider", **name)

    for action in (f"Get{kind}Provider", f"Delete{kind}Provider"):
        assert ims.refusal(action, **name) == (404, f"EntityNotExist.{kind}Provider")


def test_saml_provider(emulator: Emulator, ims: Ims) -> None:
    """Only the call for one provider gives its metadata, broken into lines."""
    emulator.set_clock("2026-01-02T03:04:05Z")

    made = ims("CreateSAMLProvider", EncodedSAMLMetadataDocument=METADATA, **SAML)["SAMLProvider"]
    told = ims("GetSAMLProvider", **SAML)["SAMLProvider"]
    [listed] = ims("ListSAMLProviders")["SAMLProviders"]["SAMLProvider"]

    document = told.pop("EncodedSAMLMetadataDocument")
    assert "\n" in document
    assert "".join(document.split()) == METADATA
    assert told == made
    assert made == {
        "SAMLProviderName": "idp",
        "Arn": f"acs:ram::{emulator.account_id}:saml-provider/idp",
        "Description": "",
        "AuthnSignAlgo": "rsa-sha1",
        "CreateDate": "2026-01-02T03:04:05Z",
        "UpdateDate": "2026-01-02T03:04:05Z",
    }
    del made["AuthnSignAlgo"]
    assert listed == made


def test_change_of_a_saml_provider(emulator: Emulator, ims: Ims) -> None:
    """Description and metadata are changed alone, but an update needs one of them."""
    made = ims("CreateSAMLProvider", EncodedSAMLMetadataDocument=METADATA, **SAML)
    emulator.advance_clock(60)
    other = base64.b64encode(b"<EntityDescriptor/>").decode()

    ims("UpdateSAMLProvider", NewDescription="x", AuthnSignAlgo="rsa-sha256", **SAML)
    ims("UpdateSAMLProvider", NewEncodedSAMLMetadataDocument=other, **SAML)

    told = ims("GetSAMLProvider", **SAML)["SAMLProvider"]
    assert (told["Description"], told["AuthnSignAlgo"]) == ("x", "rsa-sha256")
    assert told["EncodedSAMLMetadataDocument"].strip() == other
    assert told["UpdateDate"] > made["SAMLProvider"]["UpdateDate"]
    assert ims.refusal("UpdateSAMLProvider", AuthnSignAlgo="rsa-sha1", **SAML) == (
        400,
        "MissingParameter",
    )


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"EncodedSAMLMetadataDocument": "<EntityDescriptor/>"}, "EncodedSAMLMetadataDocument"),
        ({"EncodedSAMLMetadataDocument": "eHh4"}, "EncodedSAMLMetadataDocument"),
        ({"AuthnSignAlgo": "md5"}, "AuthnSignAlgo"),
        ({"SAMLProviderName": "_x"}, "SAMLProviderName.InvalidChars"),
    ],
)
def test_bad_saml_provider(ims: Ims, given: dict[str, str], code: str) -> None:
    """A provider that breaks a rule is refused and not made."""
    refused = ims.refusal("CreateSAMLProvider", **{**SAML, **given})

    assert refused == (400, f"InvalidParameter.{code}")
    assert ims("ListSAMLProviders")["SAMLProviders"] == {"SAMLProvider": []}

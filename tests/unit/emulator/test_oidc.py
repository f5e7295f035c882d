# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens of OIDC providers become temporary credentials; SAML assertions do not."""

from __future__ import annotations

import json
import time
import typing as t
import urllib.parse

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from emulator import Emulator

from .conftest import document

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Answer, RawClient

ISSUER = "https://token.example.com"
STS = "2015-04-01"


@pytest.fixture(scope="module")
def private_key() -> rsa.RSAPrivateKey:
    """Hand out the key of the provider."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def emulator(private_key: rsa.RSAPrivateKey) -> Iterator[Emulator]:
    """Run an emulator that knows the provider's public key."""
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private_key.public_key()))
    provider = {"name": "ci", "issuer_url": ISSUER, "client_ids": ["pipeline"]}
    keys = {"keys": [{**public, "kid": "k1", "alg": "RS256"}]}
    with Emulator(seed={"oidc_providers": [provider]}, oidc_keys=keys) as emulator:
        trust = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Federated": f"acs:ram::{emulator.account_id}:oidc-provider/ci"},
            "Condition": {"StringLike": {"oidc:sub": "repo:ops/*"}, "StringEquals": AUDIENCE},
        }
        emulator.call(
            "CreateRole", RoleName="deploy", AssumeRolePolicyDocument=json.loads(document(trust))
        )
        yield emulator


AUDIENCE = {"oidc:aud": "pipeline"}
CLAIMS = {"iss": ISSUER, "aud": "pipeline", "sub": "repo:ops/keys"}


def assume(emulator: Emulator, client: type[RawClient], token: str) -> Answer:
    """Trade a token for credentials, without any signature."""
    parameters = {
        "RoleArn": f"acs:ram::{emulator.account_id}:role/deploy",
        "OIDCProviderArn": f"acs:ram::{emulator.account_id}:oidc-provider/ci",
        "OIDCToken": token,
        "RoleSessionName": "ci",
    }
    headers = {"x-acs-action": "AssumeRoleWithOIDC", "x-acs-version": STS}
    anonymous = client(emulator.host_port, "", "")
    target = f"/?{urllib.parse.urlencode(parameters)}"
    return anonymous.send("POST", target, {**headers, "accept": "application/json"})


def token_of(private_key: rsa.RSAPrivateKey, kid: str = "k1", **claims: t.Any) -> str:
    """Return a token with the usual claims, some of them replaced."""
    now = int(time.time())
    usual = {**CLAIMS, "iat": now, "exp": now + 600}
    return jwt.encode({**usual, **claims}, private_key, "RS256", headers={"kid": kid})


def test_token(
    emulator: Emulator, make_client: type[RawClient], private_key: rsa.RSAPrivateKey
) -> None:
    """A token of the trusted provider is worth a session of the role."""
    answer = assume(emulator, make_client, token_of(private_key))
    credentials = answer.json["Credentials"]
    session = make_client(
        emulator.host_port,
        credentials["AccessKeyId"],
        credentials["AccessKeySecret"],
        credentials["SecurityToken"],
        STS,
    )

    identity = session.act("GetCallerIdentity").json
    told = answer.json["OIDCTokenInfo"]

    assert identity["Arn"].endswith("assumed-role/deploy/ci")
    assert (told["Issuer"], told["Subject"], told["ClientIds"]) == (
        ISSUER,
        "repo:ops/keys",
        "pipeline",
    )


@pytest.mark.parametrize(
    ("claims", "refused"),
    [
        ({"iss": "https://else.example.com"}, (400, "AuthenticationFail.OIDCToken.NotMatchIssuer")),
        ({"aud": "other"}, (400, "AuthenticationFail.OIDCToken.NotMatchClientId")),
        ({"sub": "repo:stranger/keys"}, (403, "NoPermission")),
        ({"exp": 1}, (400, "AuthenticationFail.OIDCToken.Expired")),
        ({"iat": 1}, (400, "AuthenticationFail.OIDCToken.IssuanceTimeExceeded")),
        ({"kid": "k2"}, (400, "AuthenticationFail.OIDCToken.Invalid")),
        ({"sub": None}, (400, "InvalidParameter.OIDCToken")),
    ],
)
def test_refused_token(
    emulator: Emulator,
    make_client: type[RawClient],
    private_key: rsa.RSAPrivateKey,
    claims: dict[str, t.Any],
    refused: tuple[int, str],
) -> None:
    """A token of somebody else, for somebody else or of another time is refused."""
    answer = assume(emulator, make_client, token_of(private_key, **claims))

    assert (answer.status, answer.code) == refused


def test_forged_token(emulator: Emulator, make_client: type[RawClient]) -> None:
    """A token that another key signed is refused."""
    forger = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    answer = assume(emulator, make_client, token_of(forger))

    assert answer.code == "InvalidParameter.OIDCToken"


def test_no_keys(make_client: type[RawClient], private_key: rsa.RSAPrivateKey) -> None:
    """Without the keys of a provider no token is believed."""
    provider = {"name": "ci", "issuer_url": ISSUER, "client_ids": ["pipeline"]}
    with Emulator(seed={"oidc_providers": [provider]}) as emulator:
        answer = assume(emulator, make_client, token_of(private_key))

    assert answer.code == "NotEmulated"


def test_saml(emulator: Emulator, make_client: type[RawClient]) -> None:
    """AssumeRoleWithSAML exists and is refused in words."""
    headers = {"x-acs-action": "AssumeRoleWithSAML", "x-acs-version": STS}

    answer = make_client(emulator.host_port, "", "").send("POST", "/", headers)

    assert (answer.status, answer.code) == (400, "NotEmulated")
    assert "SAML" in answer.json["Message"]

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who signs: each source of credentials, for two identities side by side in one process."""

from __future__ import annotations

import http.server
import json
import threading
import time
import typing as t

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud import metadata
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.client import nothing
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.errors import (
    ApiError,
    CredentialError,
    InputError,
    NotSentError,
    RamError,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.services import STS
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.access_key import (
    AccessKeyApi,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.user import UserApi
from emulator import Emulator

from ..conftest import endpoints, make_client, make_role, sign_in

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Environment = dict[str, str]
    Pair = dict[str, str]
    Source = Callable[[Path, Pair], Environment]

MAY_ASSUME = ("AliyunRAMFullAccess", "AliyunSTSAssumeRoleAccess")
NO_INSTANCE = {"ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"}


@pytest.fixture
def pairs(emulator: Emulator) -> dict[str, Pair]:
    """Two users, each with a key pair."""
    return {name: sign_in(emulator, name, *MAY_ASSUME) for name in ("ann", "ben")}


def write(file: Path, text: str) -> None:
    """Write a file below a home."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def write_cli(home: Path, **profile: t.Any) -> None:
    """Write a configuration of the aliyun CLI with one profile, the current one."""
    config = {"current": "p", "profiles": [{"name": "p", **profile}]}
    write(home / ".aliyun" / "config.json", json.dumps(config))


def write_section(file: Path, **values: str) -> None:
    """Write a credentials file with one section, the default one."""
    lines = [f"{name} = {value}" for name, value in values.items()]
    write(file, "\n".join(["[default]", *lines, ""]))


def by_variables(_home: Path, pair: Pair) -> Environment:
    """Name the pair by the SDK's variables."""
    return dict(
        zip(
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
            pair.values(),
            strict=True,
        )
    )


def by_variables_of_terraform(_home: Path, pair: Pair) -> Environment:
    """Name the pair by Terraform's variables."""
    return dict(zip(("ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY"), pair.values(), strict=True))


def by_profile(home: Path, pair: Pair) -> Environment:
    """Name a profile of the CLI by a variable."""
    write_cli(home, mode="AK", **pair)
    return {"ALIBABA_CLOUD_PROFILE": "p"}


def by_current_profile(home: Path, pair: Pair) -> Environment:
    """Set up the CLI."""
    write_cli(home, mode="AK", **pair)
    return {}


def by_credentials_file(home: Path, pair: Pair) -> Environment:
    """Write the credentials file of the home."""
    write_section(home / ".alibabacloud" / "credentials.ini", type="access_key", **pair)
    return {}


def by_named_file(home: Path, pair: Pair) -> Environment:
    """Name a credentials file by a variable."""
    write_section(home / "mine.ini", type="access_key", **pair)
    return {"ALIBABA_CLOUD_CREDENTIALS_FILE": str(home / "mine.ini")}


SOURCES: list[Source] = [
    by_variables,
    by_variables_of_terraform,
    by_profile,
    by_current_profile,
    by_credentials_file,
    by_named_file,
]


@pytest.mark.parametrize("source", SOURCES)
def test_two_identities(
    emulator: Emulator, pairs: dict[str, Pair], tmp_path: Path, source: Source
) -> None:
    """Each client signs as its own environment says, and none as another one's does."""
    clients = {}
    for name, pair in pairs.items():
        home = tmp_path / name
        given = source(home, pair)
        clients[name] = make_client(
            endpoints(emulator.url), {"HOME": str(home), **NO_INSTANCE, **given}
        )

    signed = {name: client.identity.arn.rpartition("/")[2] for name, client in clients.items()}
    nobody = {"HOME": str(tmp_path / "nobody"), **NO_INSTANCE}

    assert signed == {"ann": "ann", "ben": "ben"}
    with pytest.raises(CredentialError, match="No credentials found"):
        make_client(endpoints(emulator.url), nobody)


@pytest.mark.parametrize(
    "profile",
    [
        {"mode": "RamRoleArn", "ram_session_name": "nightly", "expired_seconds": 900},
        {"mode": "ChainableRamRoleArn", "source_profile": "base"},
    ],
    ids=lambda profile: profile["mode"],
)
def test_role_of_a_profile(
    emulator: Emulator, pairs: dict[str, Pair], tmp_path: Path, profile: dict[str, t.Any]
) -> None:
    """The role of a profile is assumed where the options say, by who is named there."""
    profiles = [
        {"name": "base", "mode": "AK", **pairs["ann"]},
        {"name": "p", **pairs["ann"], "ram_role_arn": make_role(emulator), **profile},
    ]
    config = {"current": "p", "profiles": profiles}
    write(tmp_path / ".aliyun" / "config.json", json.dumps(config))

    client = make_client(endpoints(emulator.url), {"HOME": str(tmp_path)})

    assert [signer.arn.rpartition(":")[2].split("/")[0] for signer in client.signers] == [
        "assumed-role",
        "user",
    ]
    assert "ops" in client.identity.arn


def test_role_of_a_section(emulator: Emulator, pairs: dict[str, Pair], tmp_path: Path) -> None:
    """The role of a section of the credentials file is assumed where the options say."""
    file = tmp_path / ".alibabacloud" / "credentials.ini"
    role = make_role(emulator)
    write_section(
        file, type="ram_role_arn", role_arn=role, role_session_name="night", **pairs["ann"]
    )

    client = make_client(endpoints(emulator.url), {"HOME": str(tmp_path)})

    assert "assumed-role/ops/night" in client.identity.arn


ISSUER = "https://token.example.com"


@pytest.fixture(scope="module")
def private_key() -> rsa.RSAPrivateKey:
    """The key of an OIDC provider."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def oidc(private_key: rsa.RSAPrivateKey, tmp_path: Path) -> Iterator[tuple[Emulator, Environment]]:
    """An emulator that trusts an OIDC provider, and the variables of a job with a token of it."""
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private_key.public_key()))
    provider = {"name": "ci", "issuer_url": ISSUER, "client_ids": ["pipeline"]}
    keys = {"keys": [{**public, "kid": "k1", "alg": "RS256"}]}
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": "pipeline", "sub": "ops", "iat": now, "exp": now + 600}
    token = jwt.encode(claims, private_key, "RS256", headers={"kid": "k1"})
    write(tmp_path / "token", f"{token}\n")
    with Emulator(seed={"oidc_providers": [provider]}, oidc_keys=keys) as emulator:
        arn = f"acs:ram::{emulator.account_id}:oidc-provider/ci"
        trust = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Federated": arn},
            "Condition": {"StringEquals": {"oidc:aud": "pipeline"}},
        }
        document = json.dumps({"Version": "1", "Statement": [trust]})
        role = emulator.call("CreateRole", RoleName="ci", AssumeRolePolicyDocument=document)
        yield (
            emulator,
            {
                "HOME": str(tmp_path),
                "ALIBABA_CLOUD_ROLE_ARN": str(role["Role"]["Arn"]),
                "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": arn,
                "ALIBABA_CLOUD_OIDC_TOKEN_FILE": str(tmp_path / "token"),
            },
        )


def test_oidc(oidc: tuple[Emulator, Environment]) -> None:
    """The token of a job is traded for a session, and never stands in an address."""
    emulator, environment = oidc

    client = make_client(endpoints(emulator.url), environment)

    assert "assumed-role/ci/" in client.identity.arn
    assert [signer.arn for signer in client.signers] == [client.identity.arn]


class Broker(http.server.ThreadingHTTPServer):
    """Answers every request with one text."""

    daemon_threads = True

    def __init__(self, text: str, status: int = 200) -> None:
        super().__init__(("127.0.0.1", 0), _BrokerHandler)
        self.text = text
        self.status = status
        self.paths: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()


class _BrokerHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer a request; a name is asked for by a path that ends with a slash."""
        server = t.cast("Broker", self.server)
        server.paths.append(self.path)
        text = "ops" if self.path.endswith("/") else server.text
        self.send_response(server.status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_PUT(self) -> None:
        """Answer a request for a token."""
        self.do_GET()

    def log_message(self, *_arguments: t.Any) -> None:
        """Say nothing."""


@pytest.fixture
def serve() -> Iterator[Callable[..., Broker]]:
    """A function that starts a broker."""
    brokers: list[Broker] = []

    def start(*answer: t.Any) -> Broker:
        brokers.append(Broker(*answer))
        return brokers[-1]

    yield start
    for broker in brokers:
        broker.shutdown()
        broker.server_close()


@pytest.fixture
def session(emulator: Emulator, pairs: dict[str, Pair]) -> str:
    """A session of a role, as brokers and instances hand it out."""
    client = make_client({**endpoints(emulator.url), **pairs["ann"]})
    wanted = {"RoleArn": make_role(emulator), "RoleSessionName": "brokered"}

    def read(answer: dict[str, t.Any]) -> str:
        return json.dumps({"Code": "Success", **answer["Credentials"]})

    return client.call(STS, "AssumeRole", wanted, read, doing="make a session")


def test_address(emulator: Emulator, session: str, serve: Callable[..., Broker]) -> None:
    """A session that an address hands out signs, and no proxy is asked on the way to it."""
    broker = serve(session)
    environment = {
        "HOME": "/nowhere",
        "ALIBABA_CLOUD_CREDENTIALS_URI": f"{broker.url}/x?a=b",
        "HTTP_PROXY": "http://127.0.0.1:1",
        **NO_INSTANCE,
    }

    client = make_client(endpoints(emulator.url), environment)

    assert client.identity.arn.endswith("/brokered")
    assert broker.paths == ["/x?a=b"]


@pytest.mark.parametrize(
    ("environment", "paths"),
    [
        ({}, ["/api/token", "/meta-data/ram/security-credentials/"]),
        ({"ALIBABA_CLOUD_ECS_METADATA": "ops"}, ["/api/token"]),
    ],
)
def test_instance(
    emulator: Emulator,
    session: str,
    serve: Callable[..., Broker],
    monkeypatch: pytest.MonkeyPatch,
    *,
    environment: Environment,
    paths: list[str],
) -> None:
    """The session of an ECS instance signs; its role is asked for unless it is named."""
    instance = serve(session)
    monkeypatch.setattr(metadata, "METADATA", instance.url)

    client = make_client(endpoints(emulator.url), {"HOME": "/nowhere", **environment})

    assert client.identity.arn.endswith("/brokered")
    assert instance.paths == [*paths, "/meta-data/ram/security-credentials/ops"]


def test_broken_address(emulator: Emulator, serve: Callable[..., Broker]) -> None:
    """An address that hands out nothing is told, but not with its parameters."""
    broker = serve("{}", 500)
    uri = f"{broker.url}/?hunter2"

    with pytest.raises(CredentialError, match="CREDENTIALS_URI gives no credentials") as caught:
        make_client(
            endpoints(emulator.url),
            {"HOME": "/nowhere", "ALIBABA_CLOUD_CREDENTIALS_URI": uri, **NO_INSTANCE},
        )

    assert "hunter2" not in str(caught.value)


NO_TOKEN = {
    "ALIBABA_CLOUD_ROLE_ARN": "acs:ram::1:role/ci",
    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": "acs:ram::1:oidc-provider/ci",
    "ALIBABA_CLOUD_OIDC_TOKEN_FILE": "/nowhere/token",
}


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        (NO_TOKEN, "token file /nowhere/token gives no credentials: No such file"),
        ({**NO_TOKEN, "ALIBABA_CLOUD_OIDC_TOKEN_FILE": "/dev/null"}, "it is empty"),
        ({**NO_TOKEN, "ALIBABA_CLOUD_ROLE_ARN": ""}, "ALIBABA_CLOUD_ROLE_ARN is not set"),
        ({"ALIBABA_CLOUD_PROFILE": "q"}, "Profile q gives no credentials: it is neither"),
        ({"ALIBABA_CLOUD_ACCESS_KEY_ID": "x"}, "ALIBABA_CLOUD_ACCESS_KEY_SECRET is missing"),
    ],
)
def test_broken_first_source(
    emulator: Emulator,
    pairs: dict[str, Pair],
    tmp_path: Path,
    environment: Environment,
    reason: str,
) -> None:
    """A source that is set and broken is told; the CLI's profile behind it does not sign."""
    write_cli(tmp_path, mode="AK", **pairs["ann"])
    emulator.clear_requests()

    with pytest.raises(RamError, match=reason):
        make_client(endpoints(emulator.url), {"HOME": str(tmp_path), **environment})

    assert emulator.requests() == []


def test_refused_token(oidc: tuple[Emulator, Environment], tmp_path: Path) -> None:
    """A token that STS refuses is told as such; the CLI's profile behind it does not sign."""
    emulator, environment = oidc
    write(tmp_path / "token", "no.such.token")
    write_cli(tmp_path, mode="AK", **sign_in(emulator, "ann", *MAY_ASSUME))
    emulator.clear_requests()

    with pytest.raises(ApiError, match=r"Cannot assume role .*/ci with the OIDC token"):
        make_client(endpoints(emulator.url), environment)

    assert emulator.actions() == ["AssumeRoleWithOIDC"]


BROKEN_PROFILES: list[tuple[dict[str, t.Any], str]] = [
    ({"mode": "AK", "access_key_id": "LTAI5t"}, "access_key_secret is missing"),
    ({"mode": "StsToken", "access_key_id": "x", "access_key_secret": "x"}, "sts_token is missing"),
    ({"mode": "RamRoleArn", "access_key_id": "x", "access_key_secret": "x"}, "ram_role_arn is mis"),
    ({"mode": "ChainableRamRoleArn", "ram_role_arn": "x"}, "source_profile is missing"),
    (
        {"mode": "ChainableRamRoleArn", "ram_role_arn": "x", "source_profile": "p"},
        "source_profile p can't be used",
    ),
    ({"mode": "OIDC", "ram_role_arn": "x"}, "oidc_provider_arn, oidc_token_file is missing"),
    ({"mode": "Odd"}, "its mode Odd is not supported"),
]


@pytest.mark.usefixtures("_sdk_knows_ann")
@pytest.mark.parametrize(("profile", "reason"), BROKEN_PROFILES)
def test_broken_current_profile(
    emulator: Emulator,
    pairs: dict[str, Pair],
    tmp_path: Path,
    profile: dict[str, t.Any],
    reason: str,
) -> None:
    """What a profile lacks is told; neither the SDK's memory nor the next source fills it in."""
    write_cli(tmp_path, **profile)
    by_credentials_file(tmp_path, pairs["ben"])
    emulator.clear_requests()

    with pytest.raises(CredentialError, match=reason) as caught:
        make_client(endpoints(emulator.url), {"HOME": str(tmp_path)})

    assert "ALIBABA_CLOUD_CLI_PROFILE_DISABLED=true" in str(caught.value)
    assert emulator.requests() == []


@pytest.mark.usefixtures("_sdk_knows_ann")
@pytest.mark.parametrize(
    ("section", "reason"),
    [
        ({"type": "access_key"}, "access_key_id, access_key_secret is missing"),
        ({"type": "ram_role_arn"}, "role_arn is missing"),
        ({"type": "External", "process_command": "true"}, "its type External is not supported"),
        ({"type": "rsa_key_pair"}, "its type rsa_key_pair is not supported"),
        ({}, "its type None is not supported"),
    ],
)
def test_broken_section(
    emulator: Emulator,
    tmp_path: Path,
    section: Pair,
    reason: str,
) -> None:
    """What a section lacks is told; the SDK's memory does not fill it in."""
    write_section(tmp_path / ".alibabacloud" / "credentials.ini", **section)
    emulator.clear_requests()

    with pytest.raises(CredentialError, match=reason):
        make_client(endpoints(emulator.url), {"HOME": str(tmp_path)})

    assert emulator.requests() == []


@pytest.fixture
def _sdk_knows_ann(pairs: dict[str, Pair], monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK was imported while the environment had the pair of a user, and a profile."""
    from alibabacloud_credentials.utils import auth_util

    monkeypatch.setattr(auth_util, "environment_access_key_id", pairs["ann"]["access_key_id"])
    secret = pairs["ann"]["access_key_secret"]
    monkeypatch.setattr(auth_util, "environment_access_key_secret", secret)
    monkeypatch.setattr(auth_util, "environment_profile_name", "q")


def test_named_file_that_is_missing(
    emulator: Emulator, pairs: dict[str, Pair], tmp_path: Path
) -> None:
    """A credentials file that a variable names must be there; that of the home does not do."""
    by_credentials_file(tmp_path, pairs["ann"])
    environment = {"HOME": str(tmp_path), "ALIBABA_CLOUD_CREDENTIALS_FILE": "/nowhere/x.ini"}

    with pytest.raises(CredentialError, match=r"/nowhere/x.ini .* it is missing"):
        make_client(endpoints(emulator.url), environment)


def test_other_account(emulator: Emulator, pairs: dict[str, Pair]) -> None:
    """Where account_id names another account, who is calling is all that is asked."""
    options = {**endpoints(emulator.url), **pairs["ann"], "account_id": "1000000000000001"}
    emulator.clear_requests()

    with pytest.raises(InputError, match=f"signs for account {emulator.account_id}, not for 10"):
        make_client(options)

    assert emulator.actions() == ["GetCallerIdentity"]


def test_expected_account(emulator: Emulator, pairs: dict[str, Pair]) -> None:
    """The account that account_id names is asked for once, by the session that will sign."""
    role = {"role_arn": make_role(emulator), "session_name": "night", "duration": 900}
    options = {
        **endpoints(emulator.url),
        **pairs["ann"],
        "account_id": emulator.account_id,
        "assume_role": {**role, "external_id": None, "policy": None},
    }
    emulator.clear_requests()

    client = make_client(options)
    UserApi(client).find("ann")

    assert client.identity.account_id == emulator.account_id
    assert emulator.actions() == ["AssumeRole", "GetCallerIdentity", "GetUser"]


def test_session_policy(emulator: Emulator, pairs: dict[str, Pair]) -> None:
    """The policy of assume_role bounds what the session may do."""
    statement = {"Effect": "Allow", "Action": "ram:ListUsers", "Resource": "*"}
    role = {
        "role_arn": make_role(emulator),
        "session_name": "night",
        "duration": 900,
        "external_id": None,
        "policy": json.dumps({"Version": "1", "Statement": [statement]}),
    }
    client = make_client({**endpoints(emulator.url), **pairs["ann"], "assume_role": role})
    users = UserApi(client)

    listed = [user.user_name for user in users.list_all()]

    assert listed == ["ann", "ben"]
    with pytest.raises(ApiError, match="NoPermission"):
        users.find("ann")


@pytest.mark.parametrize("fault", ["drop_before", "error"])
def test_session_that_cannot_be_renewed(
    emulator: Emulator, pairs: dict[str, Pair], fault: str
) -> None:
    """A create whose session can't be renewed was neither announced nor sent, and says so."""
    role = {"role_arn": make_role(emulator), "session_name": "night", "duration": 900}
    options = {"assume_role": {**role, "external_id": None, "policy": None}, **pairs["ann"]}
    client = make_client({**endpoints(emulator.url), **options, "max_attempts": 1})
    emulator.advance_clock(700)
    client.call(STS, "GetCallerIdentity", {}, nothing, doing="learn the time")
    emulator.fail("AssumeRole", fault, times=100)
    announced: list[int] = []

    with pytest.raises(NotSentError, match="Cannot assume role"):
        AccessKeyApi(client, "ann").create(lambda: announced.append(1))

    assert announced == []


def test_session_is_renewed(emulator: Emulator, pairs: dict[str, Pair]) -> None:
    """A session of a role is asked for anew before it ends, by the server's clock."""
    role = {"role_arn": make_role(emulator), "session_name": "night", "duration": 900}
    options = {"assume_role": {**role, "external_id": None, "policy": None}, **pairs["ann"]}
    client = make_client({**endpoints(emulator.url), **options})
    users = UserApi(client)
    users.list_all()
    emulator.clear_requests()

    emulator.advance_clock(590)
    users.find("ann")
    users.find("ben")
    emulator.advance_clock(20)
    users.find("ann")
    users.find("ben")

    assert emulator.actions().count("AssumeRole") == 1
    assert emulator.actions().count("GetUser") == 4

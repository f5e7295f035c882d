# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who signs and where requests go: credentials, roles, endpoints, certificates and proxies."""

from __future__ import annotations

import datetime as dt
import inspect
import ipaddress
import json
import os
import platform
import shlex
import socket
import ssl
import subprocess
import sys
import threading
import typing as t
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.client import Client
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.errors import (
    UnansweredError,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.options import (
    CONNECTION_SPEC,
    ConnectionOptions,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.sdk import REQUIREMENTS
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.access_key import (
    AccessKeyApi,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._work import (
    module as work_module,
)
from emulator import Emulator

from ..conftest import (
    COLLECTION,
    connection_to,
    endpoints,
    make_role,
    sign_in,
    writing_actions,
)

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..conftest import Result

    RunModule = Callable[..., Result]

FULL_ACCESS = ("AliyunRAMFullAccess", "AliyunSTSAssumeRoleAccess")
FAR_HOST = "ram.example.test"
STS_HOST = "sts.aliyuncs.com"
NO_PAIR = {"access_key_id": None, "access_key_secret": None}
Pair = dict[str, str]


@pytest.fixture
def pairs(emulator: Emulator) -> dict[str, Pair]:
    """Three users who may do everything, each with a key pair."""
    return {name: sign_in(emulator, name, *FULL_ACCESS) for name in ("ann", "ben", "cat")}


@pytest.fixture
def who_signed(run_module: RunModule, emulator: Emulator) -> Callable[..., str]:
    """A function that runs a module without key options and returns the user whose key signed."""

    def run(**options: t.Any) -> str:
        emulator.clear_requests()
        result = run_module("ram_user_info", name="ann", **{**NO_PAIR, **options})
        assert not result.failed, result.msg
        return str(emulator.requests()[-1]["user"])

    return run


@pytest.fixture
def home() -> Iterator[Path]:
    """The home directory of this process, which is left empty again."""
    files = [
        Path(os.environ["HOME"], ".aliyun", "config.json"),
        Path(os.environ["HOME"], ".alibabacloud", "credentials.ini"),
    ]
    for file in files:
        file.parent.mkdir(exist_ok=True)
    yield Path(os.environ["HOME"])
    for file in files:
        file.unlink(missing_ok=True)


def write_cli_config(home: Path, current: str, **profiles: Pair) -> None:
    """Write the configuration of the aliyun CLI."""
    content = {
        "current": current,
        "profiles": [{"name": name, "mode": "AK", **pair} for name, pair in profiles.items()],
    }
    (home / ".aliyun" / "config.json").write_text(json.dumps(content), encoding="utf-8")


def write_credentials_file(file: Path, **sections: Pair) -> None:
    """Write a credentials file."""
    text = "\n".join(
        f"[{name}]\n"
        + "\n".join(f"{option} = {v}" for option, v in {"type": "access_key", **pair}.items())
        for name, pair in sections.items()
    )
    file.write_text(f"{text}\n", encoding="utf-8")


def variables(names: tuple[str, ...], pair: Pair) -> dict[str, str]:
    """Return environment variables that hold a pair."""
    return dict(zip(names, pair.values(), strict=True))


ALIBABA_CLOUD = ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET")
ALICLOUD = ("ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY")


def setenv(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    """Set environment variables for the test."""
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_options_win(
    who_signed: Callable[..., str],
    pairs: dict[str, Pair],
    monkeypatch: pytest.MonkeyPatch,
    home: Path,
) -> None:
    """Options go before a profile, a profile before the environment."""
    write_cli_config(home, "b", b=pairs["ben"])
    setenv(monkeypatch, variables(ALIBABA_CLOUD, pairs["cat"]))

    assert who_signed(**pairs["ann"], profile="b") == "ann"
    assert who_signed(profile="b") == "ben"
    assert who_signed() == "cat"


def test_environment(
    who_signed: Callable[..., str],
    pairs: dict[str, Pair],
    monkeypatch: pytest.MonkeyPatch,
    home: Path,
) -> None:
    """ALIBABA_CLOUD_* goes before ALICLOUD_*, and that before a profile of the environment."""
    write_cli_config(home, "c", c=pairs["cat"])
    monkeypatch.setenv("ALIBABA_CLOUD_PROFILE", "c")

    by_profile = who_signed()
    setenv(monkeypatch, variables(ALICLOUD, pairs["ben"]))
    by_second_family = who_signed()
    setenv(monkeypatch, variables(ALIBABA_CLOUD, pairs["ann"]))
    by_first_family = who_signed()

    assert (by_first_family, by_second_family, by_profile) == ("ann", "ben", "cat")


@pytest.mark.parametrize("variable", ["ALIBABA_CLOUD_PROFILE", "ALICLOUD_PROFILE"])
def test_profile_of_the_environment(
    who_signed: Callable[..., str],
    pairs: dict[str, Pair],
    monkeypatch: pytest.MonkeyPatch,
    home: Path,
    variable: str,
) -> None:
    """The environment can name a profile, in either family."""
    write_cli_config(home, "a", a=pairs["ann"], b=pairs["ben"])
    monkeypatch.setenv(variable, "b")

    assert who_signed() == "ben"


def test_own_credentials_are_masked(
    run_module: RunModule, pairs: dict[str, Pair], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller's secret is not shown even where it gets into a result by accident."""
    setenv(monkeypatch, variables(ALIBABA_CLOUD, pairs["ann"]))
    secret = pairs["ann"]["access_key_secret"]

    result = run_module("ram_user", name="alice", comments=f"key {secret}", **NO_PAIR)

    assert result.changed
    assert secret not in result.printed


def test_token_of_another_family(
    who_signed: Callable[..., str], pairs: dict[str, Pair], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pair is not signed with the token that belongs to a pair of another source."""
    monkeypatch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", "of somebody else")
    by_options = who_signed(**pairs["ann"])

    monkeypatch.delenv("ALIBABA_CLOUD_SECURITY_TOKEN")
    monkeypatch.setenv("ALICLOUD_SECURITY_TOKEN", "of somebody else")
    setenv(monkeypatch, variables(ALIBABA_CLOUD, pairs["ben"]))
    by_environment = who_signed()

    assert (by_options, by_environment) == ("ann", "ben")


def test_profile_in_the_credentials_file(
    who_signed: Callable[..., str], pairs: dict[str, Pair], home: Path
) -> None:
    """A profile that the CLI does not know is looked for in the credentials file."""
    write_cli_config(home, "a", a=pairs["ann"])
    write_credentials_file(home / ".alibabacloud" / "credentials.ini", b=pairs["ben"])

    assert who_signed(profile="b") == "ben"


def test_default_chain(who_signed: Callable[..., str], pairs: dict[str, Pair], home: Path) -> None:
    """Nothing given, the CLI's current profile signs, else the file's default section."""
    write_credentials_file(home / ".alibabacloud" / "credentials.ini", default=pairs["cat"])
    by_file = who_signed()
    write_cli_config(home, "b", a=pairs["ann"], b=pairs["ben"])
    by_cli = who_signed()

    assert (by_file, by_cli) == ("cat", "ben")


def run_alone(
    options: dict[str, t.Any],
    environment: dict[str, str],
    prelude: str = "",
    module: str = "ram_user_info",
) -> tuple[dict[str, t.Any], str]:
    """Run a module in a process of its own; return its result and what else it printed."""
    code = (
        "import sys\n"
        f"{prelude}\n"
        "from ansible.module_utils import basic\n"
        "basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = sys.stdin.buffer.read(), 'legacy'\n"
        f"from {COLLECTION}.plugins.modules import {module}\n"
        f"{module}.main()\n"
    )
    tree = str(Path(inspect.getfile(Client)).parents[6])
    process = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": options}),
        env={**os.environ, **environment, "PYTHONPATH": tree, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
    )
    *printed, result = process.stdout.splitlines()
    return json.loads(result), "\n".join([*printed, process.stderr])


def test_missing_library(pairs: dict[str, Pair]) -> None:
    """Without the SDK the message ends with a line that installs it, and there is no traceback."""
    result, printed = run_alone(
        {"name": "ann", **pairs["ann"]}, {}, "sys.modules['alibabacloud_ram20150501'] = None"
    )

    assert "can't import alibabacloud_ram20150501" in result["msg"]
    _text, _colon, line = result["msg"].partition("Install it: ")
    assert shlex.split(line) == [sys.executable, "-m", "pip", "install", *REQUIREMENTS]
    assert printed.strip() == ""


def test_requirements() -> None:
    """What the message installs is what the collection says that it needs."""
    lines = (
        (Path(__file__).parents[4] / "requirements.txt").read_text(encoding="utf-8").splitlines()
    )

    named = [line for line in lines if line and not line.startswith("#")]

    assert named == list(REQUIREMENTS)


@pytest.mark.parametrize(
    "module", ["ram_user", "ram_user_info", "ram_access_key", "ram_access_key_info"]
)
def test_python_that_is_too_old(
    run_module: RunModule, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    """On a host whose Python is too old nothing is sent, and the message says what to set."""
    monkeypatch.setattr(work_module, "OLDEST_PYTHON", (4, 0))
    user = {"name": "alice"} if module.startswith("ram_user") else {"user_name": "alice"}

    result = run_module(module, **user)

    assert "needs Python 4.0 or newer" in result.msg
    assert f"{sys.executable} is {platform.python_version()}" in result.msg
    assert "ansible_python_interpreter" in result.msg
    assert emulator.requests() == []


def test_credentials_file_of_the_environment(
    emulator: Emulator, pairs: dict[str, Pair], tmp_path: Path
) -> None:
    """The environment can name the credentials file that the default chain reads."""
    write_credentials_file(tmp_path / "mine", default=pairs["ben"])

    result, _printed = run_alone(
        {**endpoints(emulator.url), "name": "ann"},
        {"ALIBABA_CLOUD_CREDENTIALS_FILE": str(tmp_path / "mine")},
    )

    assert [user["user_name"] for user in result["users"]] == ["ann"]
    assert emulator.requests()[-1]["user"] == "ben"


def test_debugging_the_sdk_shows_nothing(emulator: Emulator, pairs: dict[str, Pair]) -> None:
    """The SDK's own debug switch prints neither parameters nor signature, token or key id."""
    result, printed = run_alone(
        {**endpoints(emulator.url), **pairs["ann"], "name": "ann"}, {"DEBUG": "sdk"}
    )

    assert "users" in result
    assert "UserName" not in printed
    assert "Authorization" not in printed
    assert pairs["ann"]["access_key_id"] not in printed


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "No credentials found: give access_key_id and access_key_secret or a profile"),
        ({"profile": "nobody"}, "Profile nobody gives no credentials"),
        ({"ALIBABA_CLOUD_PROFILE": "nobody"}, "Profile nobody gives no credentials"),
        (
            {"access_key_id": "LTAI"},
            "access_key_secret is missing. access_key_id is the caller's own; the AccessKey that",
        ),
        ({"access_key_secret": "hunter2"}, "access_key_id is missing"),
        ({"security_token": "hunter2"}, "access_key_id is missing"),
        ({"ALIBABA_CLOUD_ACCESS_KEY_ID": "x"}, "ALIBABA_CLOUD_ACCESS_KEY_SECRET is missing"),
        ({"ALICLOUD_SECRET_KEY": "x"}, "ALICLOUD_ACCESS_KEY is missing"),
        (
            {"access_key_id": "x", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "x"},
            "access_key_secret is missing",
        ),
        (
            {"ALIBABA_CLOUD_ACCESS_KEY_ID": "x", "ALICLOUD_SECRET_KEY": "x"},
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET is missing",
        ),
        (
            {"access_key_id": "LTAI5t", "access_key_secret": "x\n"},
            "access_key_secret has a space, a line break or another character that no key has",
        ),
        ({"access_key_id": " LTAI5t", "access_key_secret": "x"}, "access_key_id has a space"),
        (
            {"access_key_id": "x", "access_key_secret": "x", "security_token": "é"},
            "security_token has a space",
        ),
        (
            {"ALICLOUD_ACCESS_KEY": "x\n", "ALICLOUD_SECRET_KEY": "x"},
            "ALICLOUD_ACCESS_KEY has a space",
        ),
    ],
)
def test_no_usable_credentials(
    run_module: RunModule,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, str],
    reason: str,
) -> None:
    """Without a whole pair from one source nothing is sent; the message says what is missing."""
    setenv(monkeypatch, {name: value for name, value in given.items() if name.isupper()})
    options = {name: value for name, value in given.items() if name.islower()}

    result = run_module("ram_user", name="alice", **{**NO_PAIR, **options})

    assert result.failed
    assert reason in result.msg
    assert emulator.requests() == []


@pytest.mark.parametrize("content", ["not JSON", "[]", '{"profiles": [{"name": "a"}]}'])
def test_broken_cli_configuration(run_module: RunModule, home: Path, content: str) -> None:
    """A configuration that makes no sense is the same clear message as none."""
    (home / ".aliyun" / "config.json").write_text(content, encoding="utf-8")

    result = run_module("ram_user_info", **NO_PAIR, profile="a")

    assert "gives no credentials" in result.msg


def test_assumed_role(
    who_signed: Callable[..., str], emulator: Emulator, pairs: dict[str, Pair]
) -> None:
    """The session of an assumed role signs, under the name and for the outsider it is told."""
    arn = make_role(emulator, external_id="partner")

    by_default = who_signed(**pairs["ann"], assume_role={"role_arn": arn, "external_id": "partner"})
    by_name = who_signed(
        **pairs["ann"],
        assume_role={"role_arn": arn, "external_id": "partner", "session_name": "night"},
    )

    assert (by_default, by_name) == ("ops/keysmith", "ops/night")
    assert emulator.actions().count("AssumeRole") == 1


@pytest.fixture
def session(emulator: Emulator, pairs: dict[str, Pair]) -> Pair:
    """The pair and the token of a session of a role."""
    params = {name: option.get("default") for name, option in CONNECTION_SPEC.items()}
    role = {"role_arn": make_role(emulator), "session_name": "night", "duration": 900}
    options = ConnectionOptions.from_params(
        {
            **params,
            **connection_to(emulator),
            **pairs["ann"],
            "assume_role": {**role, "external_id": None, "policy": None},
        },
        {},
    )
    issued = Client(options)._credential.get_credential()
    return {
        "access_key_id": issued.access_key_id,
        "access_key_secret": issued.access_key_secret,
        "security_token": issued.security_token,
    }


@pytest.mark.parametrize("source", ["options", "first family", "second family", "CLI profile"])
def test_session_token(
    who_signed: Callable[..., str],
    session: Pair,
    monkeypatch: pytest.MonkeyPatch,
    home: Path,
    source: str,
) -> None:
    """A pair that belongs to a session is signed with its token, whatever source it is from."""
    options: dict[str, str] = {}
    if source == "options":
        options = session
    elif source == "CLI profile":
        token = {"mode": "StsToken", "sts_token": session["security_token"]}
        write_cli_config(home, "s", s={**session, **token})
    else:
        names = (*ALIBABA_CLOUD, "ALIBABA_CLOUD_SECURITY_TOKEN")
        if source == "second family":
            names = (*ALICLOUD, "ALICLOUD_SECURITY_TOKEN")
        setenv(monkeypatch, variables(names, session))

    assert who_signed(**options) == "ops/night"


def test_wrong_secret_of_a_session(run_module: RunModule, session: Pair) -> None:
    """A message about a bad signature quotes neither the token nor what was signed."""
    result = run_module("ram_user_info", **{**session, "access_key_secret": "guessed"})

    assert result["code"] == "SignatureDoesNotMatch"
    assert result.msg == (
        "Cannot list users: the secret is not the one of the AccessKey that signs "
        f"(SignatureDoesNotMatch, request id {result['request_id']})"
    )
    assert session["security_token"] not in result.printed


def test_role_without_a_name(run_module: RunModule, emulator: Emulator) -> None:
    """An empty ARN is refused instead of sent."""
    result = run_module("ram_user_info", assume_role={"role_arn": ""})

    assert result.msg == "role_arn of assume_role is empty"
    assert emulator.requests() == []


def test_account_without_a_number(run_module: RunModule, emulator: Emulator) -> None:
    """An empty account is refused: it would let the task go to whatever account there is."""
    result = run_module("ram_user_info", account_id="")

    assert result.msg == "account_id is empty: give the number of the account, or leave it out"
    assert emulator.requests() == []


def test_role_that_may_not_be_assumed(
    run_module: RunModule, emulator: Emulator, pairs: dict[str, Pair]
) -> None:
    """The message about a role that does not trust the caller names the role and the permission."""
    arn = make_role(emulator, external_id="partner")

    result = run_module("ram_user_info", **pairs["ann"], assume_role={"role_arn": arn})

    assert result.msg.startswith(f"Cannot assume role {arn}: ")
    assert "the caller needs sts:AssumeRole" in result.msg
    assert emulator.actions() == ["AssumeRole"]


@pytest.mark.parametrize(
    ("action", "options"),
    [
        ("ram:GetUser", {"name": "bob"}),
        ("ram:ListUsers", {}),
    ],
)
def test_missing_permission(
    run_module: RunModule, emulator: Emulator, action: str, options: dict[str, str]
) -> None:
    """A caller who may not do something is told the RAM action to be allowed."""
    result = run_module("ram_user_info", **options, **sign_in(emulator, "dan"))

    assert f"the caller needs {action} (NoPermission, request id " in result.msg
    assert result["code"] == "NoPermission"


def test_disabled_key(run_module: RunModule, emulator: Emulator, pairs: dict[str, Pair]) -> None:
    """A key that was disabled signs nothing, and the message says so."""
    key_id = pairs["ann"]["access_key_id"]
    emulator.call("UpdateAccessKey", UserName="ann", UserAccessKeyId=key_id, Status="Inactive")

    result = run_module("ram_user", name="alice", **pairs["ann"])

    assert result.msg.startswith("Cannot find out who is calling: The Access Key is disabled")
    assert result["code"] == "InvalidAccessKeyId.Inactive"
    assert "alice" not in emulator.state()["users"]


def test_unknown_key(run_module: RunModule) -> None:
    """A key that does not exist signs nothing, and the message has the API's code."""
    result = run_module("ram_user_info", access_key_id="LTAI5tNOBODY")

    assert result["code"] == "InvalidAccessKeyId.NotFound"
    assert result["request_id"] in result.msg


@pytest.mark.parametrize("form", ["url", "host_port"])
@pytest.mark.parametrize("source", ["options", "environment"])
def test_endpoint_forms(
    run_module: RunModule,
    certificate: Certificate,
    monkeypatch: pytest.MonkeyPatch,
    form: str,
    source: str,
) -> None:
    """An option or the environment names an endpoint as a URL, or as host:port for https."""
    with Emulator(tls=certificate.tls) as emulator:
        given = endpoints(getattr(emulator, form))
        options: dict[str, str | None] = {**given}
        if source == "environment":
            setenv(
                monkeypatch, {f"ALIBABA_CLOUD_{name.upper()}": url for name, url in given.items()}
            )
            options = dict.fromkeys(given)

        result = run_module(
            "ram_user",
            **{**connection_to(emulator), **options},
            name="alice",
            ca_bundle=certificate.authority,
        )

        assert not result.failed, result.msg
        assert list(emulator.state()["users"]) == ["alice"]


def test_each_service_has_its_endpoint(run_module: RunModule, emulator: Emulator) -> None:
    """RAM, STS and IMS are asked where their own option leads."""
    with Emulator() as sts:
        options = {
            **connection_to(emulator),
            "sts_endpoint": sts.url,
            "ims_endpoint": "127.0.0.1:1",
        }

        result = run_module("ram_user", name="alice", **options)

        assert result["code"] == "InvalidAccessKeyId.NotFound"
        assert (sts.actions(), emulator.actions()) == (["GetCallerIdentity"], [])


@pytest.mark.parametrize("option", ["ram_endpoint", "sts_endpoint", "ims_endpoint"])
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("http://ram.aliyuncs.com", "uses plain http"),
        ("http://10.0.0.1:80", "uses plain http"),
        ("http://localhost.example.com", "uses plain http"),
        ("ftp://ram.aliyuncs.com", "is not a host, host:port or http(s) URL"),
        ("https://ram.aliyuncs.com/path", "is not a host"),
        ("https://ram.aliyuncs.com?a=b", "is not a host"),
        ("ram.aliyuncs.com:http", "is not a host"),
        ("ram.aliyuncs.com:99999", "is not a host"),
        ("https://", "is not a host"),
        ("not a host", "is not a host"),
        ("[::1", "is not a host"),
    ],
)
def test_refused_endpoints(
    run_module: RunModule, emulator: Emulator, option: str, value: str, reason: str
) -> None:
    """Plain http to another machine, and what is no address at all, is refused before sending."""
    result = run_module("ram_user", name="alice", **{option: value})

    assert result.msg.startswith(f"{option} {reason}")
    assert value in result.msg
    assert emulator.requests() == []


def test_refused_endpoint_of_the_environment(
    run_module: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal names what was set: the variable of the environment, not the option."""
    monkeypatch.setenv("ALIBABA_CLOUD_STS_ENDPOINT", "http://sts.example.com")

    result = run_module("ram_user", name="alice", sts_endpoint=None)

    assert result.msg.startswith("ALIBABA_CLOUD_STS_ENDPOINT uses plain http")


def test_password_in_an_endpoint(run_module: RunModule) -> None:
    """The refusal of an endpoint with a password does not repeat the password."""
    result = run_module("ram_user", name="alice", ram_endpoint="https://me:hunter2@example.com")

    assert result.msg.endswith("http(s) URL: example.com")


@pytest.mark.parametrize(
    "option", ["connect_timeout", "read_timeout", "max_attempts", "concurrency"]
)
def test_numbers_must_be_positive(run_module: RunModule, option: str) -> None:
    """A time, a count of attempts or of requests in flight below one is refused."""
    result = run_module("ram_user", name="alice", **{option: 0})

    assert result.msg == f"{option} must be at least 1, not 0"


@pytest.mark.parametrize("option", ["connect_timeout", "read_timeout"])
def test_times_must_be_sensible(run_module: RunModule, emulator: Emulator, option: str) -> None:
    """A time that no system can count is refused before anything is sent."""
    result = run_module("ram_user", name="alice", **{option: 9_999_999_999})

    assert result.msg == f"{option} must be at most 86400, not 9999999999"
    assert emulator.requests() == []


def closed_port() -> int:
    """Return a port of this machine where nobody listens."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def test_unreachable_endpoint(run_module: RunModule) -> None:
    """An endpoint where nobody listens is named in one clear message."""
    url = f"http://127.0.0.1:{closed_port()}"

    result = run_module("ram_user_info", **endpoints(url), max_attempts=1)

    assert result.msg == (
        f"Cannot list users: no connection to {url} (it was refused, or there is no route)"
    )


@pytest.mark.parametrize(
    ("host", "reason"),
    [("ram.invalid", "the host name is unknown"), ("ram..invalid", "that is not a valid host")],
)
def test_unknown_host(run_module: RunModule, host: str, reason: str) -> None:
    """An endpoint whose name nobody knows, or can have, is named in one clear message."""
    result = run_module("ram_user_info", **endpoints(host), max_attempts=1)

    assert result.msg == f"Cannot list users: no connection to https://{host} ({reason})"


class Certificate(t.NamedTuple):
    """A throw-away authority, and a certificate for this machine with its key; all files."""

    authority: str
    certificate: str
    key: str

    @property
    def tls(self) -> tuple[str, str]:
        """What a server needs."""
        return self.certificate, self.key


def sign(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    *extensions: x509.ExtensionType,
) -> x509.Certificate:
    """Return a certificate of an hour."""
    now = dt.datetime.now(dt.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate for this machine that only a throw-away authority vouches for."""
    folder = tmp_path_factory.mktemp("tls")
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _key in range(2))
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    authority = sign(
        "tests",
        authority_key,
        issuer,
        authority_key,
        x509.BasicConstraints(ca=True, path_length=None),
        usage,
    )
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    names = x509.SubjectAlternativeName([address, x509.DNSName(FAR_HOST), x509.DNSName(STS_HOST)])
    leaf = sign("localhost", key, issuer, authority_key, names)
    contents = {
        "authority": authority.public_bytes(serialization.Encoding.PEM),
        "certificate": leaf.public_bytes(serialization.Encoding.PEM),
        "key": key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return Certificate(**{name: str(folder / name) for name in contents})


def test_untrusted_certificate(run_module: RunModule, certificate: Certificate) -> None:
    """A server that nobody vouches for gets no request, and the message names the option."""
    with Emulator(tls=certificate.tls) as emulator:
        result = run_module("ram_user", **connection_to(emulator), name="alice")

        assert "its certificate is not trusted, see ca_bundle" in result.msg
        assert emulator.requests() == []


def role_profiles(home: Path, role_arn: str, pair: Pair) -> None:
    """Write profiles of each kind that assumes a role: cli (the current one), chain and ini."""
    role = {"ram_role_arn": role_arn, "ram_session_name": "night"}
    write_cli_config(
        home,
        "cli",
        keys=pair,
        cli={"mode": "RamRoleArn", **pair, **role},
        chain={"mode": "ChainableRamRoleArn", "source_profile": "keys", **role},
    )
    section = {"type": "ram_role_arn", "role_arn": role_arn, "role_session_name": "night", **pair}
    write_credentials_file(home / ".alibabacloud" / "credentials.ini", ini=section)


@pytest.mark.parametrize(
    ("profile", "module", "options"),
    [
        ("cli", "ram_user", {"name": "ann", "state": "absent", "force": True}),
        ("cli", "ram_access_key", {"user_name": "ann", "status": "inactive"}),
        ("chain", "ram_user", {"name": "ann", "policies": [], "purge_policies": True}),
        ("ini", "ram_access_key", {"user_name": "ann", "state": "absent", "all": True}),
        (None, "ram_access_key", {"user_name": "ann", "state": "absent", "all": True}),
    ],
)
def test_who_assumed_the_role_of_a_profile(
    certificate: Certificate, home: Path, profile: str, module: str, options: dict[str, t.Any]
) -> None:
    """The key and the user with which the SDK assumes a profile's role are protected, too."""
    with Emulator(tls=certificate.tls) as emulator:
        role_profiles(home, make_role(emulator), sign_in(emulator, "ann", *FULL_ACCESS))
        port = emulator.host_port.rpartition(":")[2]

        result, _printed = run_alone(
            {**endpoints(emulator.url), "ca_bundle": certificate.authority, "profile": profile}
            | options,
            {"SSL_CERT_FILE": certificate.authority},
            # The SDK asks no other STS than this one.
            "import socket\n"
            "look_up = socket.getaddrinfo\n"
            f"near = {{'{STS_HOST}': ('127.0.0.1', {port})}}\n"
            "socket.getaddrinfo = lambda host, port, *rest: "
            "look_up(*near.get(host, (host, port)), *rest)",
            module,
        )

        assert result["msg"].startswith("Refusing to ")
        assert "AssumeRole" in emulator.actions()
        assert writing_actions(emulator) == ["AssumeRole"]


@pytest.mark.parametrize(
    ("bundle", "reason"),
    [
        ("/nowhere", "ca_bundle can't be read: /nowhere (No such file or directory)"),
        ("/", "ca_bundle can't be read: / (Is a directory)"),
        (__file__, f"ca_bundle has no CA certificate: {__file__}"),
    ],
)
def test_bad_ca_bundle(run_module: RunModule, emulator: Emulator, bundle: str, reason: str) -> None:
    """A bundle that no certificates can be read from is named, and nothing is sent."""
    result = run_module("ram_user", name="alice", ca_bundle=bundle)

    assert result.msg == reason
    assert emulator.requests() == []


def test_empty_ca_bundle(run_module: RunModule, certificate: Certificate) -> None:
    """An empty bundle counts as none."""
    with Emulator(tls=certificate.tls) as emulator:
        result = run_module("ram_user", **connection_to(emulator), name="alice", ca_bundle="")

    assert "its certificate is not trusted, see ca_bundle" in result.msg


class BreakingProxy:
    """A proxy that takes each request in the place of the server, and answers none."""

    def __init__(self, certificate: Certificate) -> None:
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(*certificate.tls)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.requests = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _address = self._socket.accept()
            read_head(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            with self._tls.wrap_socket(connection, server_side=True) as tunnel:
                read_head(tunnel)
                self.requests += 1


def read_head(connection: socket.socket) -> None:
    """Read a request up to its empty line."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(65536)


def test_break_behind_a_proxy(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    """A create that was sent through a proxy and lost is not sent again, nor called unsent."""
    proxy = BreakingProxy(certificate)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    params = {name: option.get("default") for name, option in CONNECTION_SPEC.items()} | {
        "access_key_id": "LTAI5t",
        "access_key_secret": "secret",
        "ram_endpoint": FAR_HOST,
        "ca_bundle": certificate.authority,
    }
    client = Client(ConnectionOptions.from_params(params, os.environ))

    with pytest.raises(UnansweredError, match="the proxy, or the connection through it, failed"):
        AccessKeyApi(client, "alice").create(lambda: None)

    assert proxy.requests == 1


def test_plain_server_behind_https(run_module: RunModule, emulator: Emulator) -> None:
    """An endpoint that does not speak TLS is one clear message."""
    result = run_module("ram_user", **endpoints(emulator.host_port), name="alice")

    assert "(the TLS connection failed)" in result.msg


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "https_proxy", "ALL_PROXY"])
def test_no_proxy_on_the_way_to_this_machine(
    run_module: RunModule, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """A proxy of the environment is not asked for an endpoint on this machine."""
    monkeypatch.setenv(variable, f"http://127.0.0.1:{closed_port()}")

    result = run_module("ram_user", name="alice")

    assert result.changed


@pytest.mark.parametrize(
    ("exempt", "reason"),
    [("", "the proxy can't be reached"), (".invalid", "the host name is unknown")],
)
def test_proxy_on_the_way_out(
    run_module: RunModule, monkeypatch: pytest.MonkeyPatch, exempt: str, reason: str
) -> None:
    """Other endpoints are reached through the proxy unless NO_PROXY exempts them."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("NO_PROXY", exempt)

    result = run_module("ram_user_info", **endpoints("ram.invalid"), max_attempts=1)

    assert reason in result.msg

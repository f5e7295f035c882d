# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An emulator for the tests of the emulator, and a client of it that hides nothing."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import hashlib
import hmac
import http.client
import json
import typing as t
import urllib.parse
import uuid
from dataclasses import dataclass

import pytest

from emulator import ApiError, Emulator

if t.TYPE_CHECKING:
    from collections.abc import Iterator

RAM = "2015-05-01"
STS = "2015-04-01"
IMS = "2019-08-15"


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> dict[str, t.Any]:
        """Return the body as JSON."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """Return the error code of the body, empty if it has none."""
        return self.json.get("Code", "")


@dataclass
class RawClient:
    """Signs and sends requests with nothing but the standard library.

    It is a second reading of both signature schemes, so that a mistake in the emulator's own does
    not agree with itself.
    """

    host_port: str
    access_key_id: str
    secret: str
    token: str | None = None
    version: str = RAM

    def act(self, action: str, **parameters: str) -> Answer:
        """Call an action as the current SDK does."""
        return self.acs3(action, parameters)

    def acs3(
        self,
        action: str,
        parameters: dict[str, str] | None = None,
        *,
        form: dict[str, str] | None = None,
        method: str = "POST",
        path: str = "/",
        unsigned: tuple[str, ...] = (),
        **overrides: str,
    ) -> Answer:
        """Sign with ACS3-HMAC-SHA256 and send; an override replaces a header (`x_acs_date`)."""
        query = urllib.parse.urlencode(parameters or {})
        body = urllib.parse.urlencode(form or {})
        headers = {
            "host": self.host_port,
            "accept": "application/json",
            "x-acs-action": action,
            "x-acs-version": self.version,
            "x-acs-date": timestamp(),
            "x-acs-signature-nonce": uuid.uuid4().hex,
            "x-acs-content-sha256": hashlib.sha256(body.encode()).hexdigest(),
        }
        if form is not None:
            headers["content-type"] = "application/x-www-form-urlencoded"
        if self.token is not None:
            headers["x-acs-security-token"] = self.token
        headers |= {name.replace("_", "-"): value for name, value in overrides.items()}
        signed = sorted(headers.keys() - set(unsigned))
        canonical = "\n".join(
            [
                method,
                "/",
                "&".join(f"{quote(k)}={quote(v)}" for k, v in sorted((parameters or {}).items())),
                *(f"{name}:{headers[name]}" for name in signed),
                "",
                ";".join(signed),
                headers["x-acs-content-sha256"],
            ]
        )
        text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        headers["authorization"] = (
            f"ACS3-HMAC-SHA256 Credential={self.access_key_id},"
            f"SignedHeaders={';'.join(signed)},Signature={signature}"
        )
        return self.send(method, f"{path}?{query}" if query else path, headers, body)

    def rpc(
        self, action: str, parameters: dict[str, str] | None = None, **overrides: str
    ) -> Answer:
        """Sign with HMAC-SHA1 as RPC 1.0 does and send; an override replaces a parameter."""
        values = {
            "Action": action,
            "Version": self.version,
            "Format": "JSON",
            "AccessKeyId": self.access_key_id,
            "SignatureMethod": "HMAC-SHA1",
            "SignatureVersion": "1.0",
            "SignatureNonce": uuid.uuid4().hex,
            "Timestamp": timestamp(),
            **({"SecurityToken": self.token} if self.token is not None else {}),
            **(parameters or {}),
            **overrides,
        }
        canonical = "&".join(f"{quote(k)}={quote(v)}" for k, v in sorted(values.items()))
        text = f"GET&%2F&{quote(canonical)}".encode()
        digest = hmac.new(f"{self.secret}&".encode(), text, hashlib.sha1).digest()
        values["Signature"] = base64.b64encode(digest).decode()
        return self.send("GET", f"/?{urllib.parse.urlencode(values)}", {})

    def send(
        self, method: str, target: str, headers: dict[str, str], body: str | None = None
    ) -> Answer:
        """Send a request as it is."""
        connection = http.client.HTTPConnection(self.host_port, timeout=10)
        try:
            connection.request(method, target, body=body, headers=headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()


def quote(text: str) -> str:
    """Encode a text as both signature schemes ask."""
    return urllib.parse.quote(text, safe="~")


def timestamp(offset: float = 0) -> str:
    """Return the time as requests write it."""
    moment = dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=offset)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(scope="session")
def running_emulator() -> Iterator[Emulator]:
    """Run one emulator for all tests of a process."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(running_emulator: Emulator) -> Emulator:
    """Hand out the emulator with an empty account."""
    running_emulator.reset()
    return running_emulator


def connect_to(emulator: Emulator) -> RawClient:
    """Return a client that signs with the key of the account itself."""
    return RawClient(emulator.host_port, emulator.access_key_id, emulator.access_key_secret)


@pytest.fixture
def make_client() -> type[RawClient]:
    """Hand out the client, for servers that are not in this process."""
    return RawClient


@pytest.fixture
def connect() -> t.Callable[[Emulator], RawClient]:
    """Hand out a function that makes clients for emulators that a test starts by itself."""
    return connect_to


@pytest.fixture
def root(emulator: Emulator) -> RawClient:
    """Hand out a client that signs with the key of the account itself."""
    return connect_to(emulator)


@pytest.fixture
def refusal(emulator: Emulator) -> t.Callable[..., tuple[int, str]]:
    """Hand out a function that returns the status and code with which an action is refused."""

    def refusal(action: str, **parameters: t.Any) -> tuple[int, str]:
        with pytest.raises(ApiError) as refused:
            emulator.call(action, **parameters)
        return refused.value.status, refused.value.code

    return refusal


@pytest.fixture
def create(emulator: Emulator) -> t.Callable[[str, str], None]:
    """Hand out a function that creates a user, a group, a policy or a role of this name."""
    statement = {"Effect": "Allow", "Action": "*"}
    trusting = {**statement, "Principal": {"RAM": f"acs:ram::{emulator.account_id}:root"}}
    documents = {
        "Policy": {"PolicyDocument": document({**statement, "Resource": "*"})},
        "Role": {"AssumeRolePolicyDocument": document(trusting)},
    }

    def create(kind: str, name: str) -> None:
        emulator.call(f"Create{kind}", **{f"{kind}Name": name}, **documents.get(kind, {}))

    return create


def document(*statements: dict[str, t.Any]) -> str:
    """Return a policy document."""
    return json.dumps({"Version": "1", "Statement": list(statements)})


@pytest.fixture
def sign_in(emulator: Emulator) -> t.Callable[..., RawClient]:
    """Hand out a function that creates a user if need be, and a client with a key of that user."""

    def sign_in(name: str, version: str = RAM) -> RawClient:
        if name not in emulator.state()["users"]:
            emulator.call("CreateUser", UserName=name)
        key = emulator.call("CreateAccessKey", UserName=name)["AccessKey"]
        return RawClient(
            emulator.host_port, key["AccessKeyId"], key["AccessKeySecret"], version=version
        )

    return sign_in


@pytest.fixture
def make_timestamp() -> t.Callable[[float], str]:
    """Hand out a function that returns the time as requests write it, some seconds off."""
    return timestamp


@dataclass(frozen=True)
class Ims:
    """Calls actions of IMS for the account itself."""

    client: RawClient
    account_id: str

    def __call__(self, action: str, **parameters: str) -> dict[str, t.Any]:
        """Call an action that succeeds."""
        answer = self.client.act(action, **parameters)
        assert answer.status == 200, answer.body
        return answer.json

    def refusal(self, action: str, **parameters: str) -> tuple[int, str]:
        """Return the status and code with which an action is refused."""
        answer = self.client.act(action, **parameters)
        return answer.status, answer.code

    def principal(self, name: str) -> str:
        """Return the principal name of a user."""
        return f"{name}@{self.account_id}.onaliyun.com"


@pytest.fixture
def ims(emulator: Emulator, root: RawClient) -> Ims:
    """Hand out a client of IMS."""
    return Ims(dataclasses.replace(root, version=IMS), emulator.account_id)

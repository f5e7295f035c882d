# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is sent is what was given, in the API's own names: all of it, or nothing at all."""

from __future__ import annotations

import http.server
import inspect
import itertools
import re
import threading
import typing as t

import pytest
from alibabacloud_ram20150501 import models

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud import transport
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.client import nothing
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.errors import (
    NotSentError,
    RamError,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.retry import Attempts
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.services import (
    IMS,
    RAM,
    STS,
)

from ..conftest import endpoints, make_client, make_role

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator import Emulator

PAIR = {"access_key_id": "LTAI5t", "access_key_secret": "secret"}
TAGS = [{"Key": "team", "Value": "slb"}]
# What the SDK itself makes of requests on their way, it calls shrunk.
ACTIONS = sorted(
    name.removesuffix("Request")
    for name in vars(models)
    if name.endswith("Request") and not name.endswith("ShrinkRequest")
)
LISTS = {"Tag": TAGS, "ResourceNames": ["ann"], "TagKey": ["team"], "ResourceId": ["1"]}


def parameters_of(action: str) -> dict[str, t.Any]:
    """Return a value for each parameter that the SDK's model of an action has."""
    source = inspect.getsource(getattr(models, f"{action}Request").from_map)
    names = re.findall(r"m\.get\('(\w+)'\)", source)
    return {name: LISTS.get(name, "x") for name in names}


class Recorder(http.server.ThreadingHTTPServer):
    """Says yes to every request, and remembers the addresses and bodies."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _RecorderHandler)
        self.addresses: list[str] = []
        self.bodies: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()


class _RecorderHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer a request."""
        server = t.cast("Recorder", self.server)
        server.addresses.append(self.path)
        server.bodies.append(self.rfile.read(int(self.headers["Content-Length"] or 0)).decode())
        answer = b'{"RequestId": "r-1"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_arguments: t.Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    """A server that says yes."""
    recorder = Recorder()
    yield recorder
    recorder.shutdown()
    recorder.server_close()


@pytest.mark.parametrize("action", ACTIONS)
def test_every_parameter(recorder: Recorder, action: str) -> None:
    """The SDK sends each parameter of each action of RAM that it knows, under the name we give."""
    parameters = parameters_of(action)
    client = make_client({**PAIR, **endpoints(recorder.url)})
    recorder.addresses.clear()

    client.call(RAM, action, parameters, nothing, doing="send all")

    (address,) = recorder.addresses
    sent = set(re.findall(r"[?&](\w+)(?:\.[\w.]+)?=", address))
    assert sent == set(parameters)


@pytest.mark.parametrize(
    ("action", "parameters"),
    [
        ("GetUser", {"UserName": "ann", "Colour": "red"}),
        ("GetUser", {"username": "ann"}),
        ("GetUser", {"UserName": ""}),
        ("ListAccessKeys", {"UserName": None}),
    ],
)
def test_what_would_get_lost(recorder: Recorder, action: str, parameters: dict[str, t.Any]) -> None:
    """Nothing is sent unless all of it is: without a user's name it would be about the caller."""
    client = make_client({**PAIR, **endpoints(recorder.url)})
    recorder.addresses.clear()

    with pytest.raises(RamError, match=f"The installed SDK can't send .* of {action}"):
        client.call(RAM, action, parameters, nothing, doing="send it")

    assert recorder.addresses == []


@pytest.mark.parametrize("service", [RAM, IMS, STS])
def test_secrets_stay_out_of_addresses(recorder: Recorder, service: t.Any) -> None:
    """Secret parameters are sent in the body, whatever the service."""
    client = make_client({**PAIR, **endpoints(recorder.url)})
    recorder.addresses.clear()
    recorder.bodies.clear()

    client.call(
        service,
        "CreateLoginProfile",
        {"UserName": "ann"},
        nothing,
        doing="let her in",
        secret_parameters={"Password": "hunter2"},
    )

    assert "UserName=ann" in recorder.addresses[0]
    assert "hunter2" not in recorder.addresses[0]
    assert recorder.bodies == ["Password=hunter2"]


def test_kinds_of_requests(emulator: Emulator) -> None:
    """Lists, secrets in the body and actions without parameters are understood, and signed well."""
    emulator.call("CreateUser", UserName="ann")
    make_role(emulator)
    emulator.call("SetAccountAlias", AccountAlias="acme")
    keys = {
        "access_key_id": emulator.access_key_id,
        "access_key_secret": emulator.access_key_secret,
    }
    client = make_client({**endpoints(emulator.url), **keys})

    def read(answer: dict[str, t.Any]) -> str:
        return str(answer["AccountAlias"])

    client.call(
        RAM,
        "CreateLoginProfile",
        {"UserName": "ann"},
        nothing,
        doing="let her in",
        secret_parameters={"Password": "Correct-Horse-7"},
    )
    client.call(
        RAM,
        "TagResources",
        {"ResourceType": "role", "ResourceNames": ["ops"], "Tag": TAGS},
        nothing,
        doing="tag a role",
    )
    alias = client.call(RAM, "GetAccountAlias", {}, read, doing="read the alias")

    state = emulator.state()
    assert state["users"]["ann"]["login_profile"]
    assert state["roles"]["ops"]["tags"] == {"team": "slb"}
    assert alias == "acme"


def test_what_the_sdk_does_not_know(recorder: Recorder) -> None:
    """An action that the installed SDK lacks is told as that."""
    client = make_client({**PAIR, **endpoints(recorder.url)})

    with pytest.raises(RamError, match="can't send PaintUser: update it"):
        client.call(RAM, "PaintUser", {"Colour": "red"}, nothing, doing="paint")


def test_announced_and_then_asleep(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that could not leave within a minute is not sent, but announced anew."""
    clock = [1000.0]
    monkeypatch.setattr(transport, "running_seconds", lambda: clock[0])
    naps = [61.0, 59.0]
    client = make_client({**PAIR, **endpoints(recorder.url)})
    recorder.addresses.clear()

    def announce() -> None:
        clock[0] += naps.pop(0)

    attempts = Attempts(repeatable=False, announce=announce)
    client.call(RAM, "CreateUser", {"UserName": "ann"}, nothing, doing="create", attempts=attempts)

    assert naps == []
    assert len(recorder.addresses) == 1


def test_always_asleep(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no request ever leaves in time, the message says so, and nothing was done."""
    clock = itertools.count(1000, 61)
    monkeypatch.setattr(transport, "running_seconds", lambda: float(next(clock)))
    client = make_client({**PAIR, **endpoints(recorder.url), "max_attempts": 1})
    recorder.addresses.clear()

    with pytest.raises(NotSentError, match="more than a minute until it could be sent"):
        client.call(RAM, "GetUser", {"UserName": "ann"}, nothing, doing="read")

    assert recorder.addresses == []

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: the ready file, the address, the options, and the end."""

from __future__ import annotations

import contextlib
import datetime as dt
import http.client
import ipaddress
import json
import os
import signal
import ssl
import stat
import subprocess
import sys
import time
import typing as t
import urllib.request
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from emulator import Emulator
from emulator.command_line import parse_arguments

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .conftest import RawClient

TESTS = Path(__file__).resolve().parents[2]
SECRET = "FAKEsecretFAKEsecretFAKEsecret"


@contextlib.contextmanager
def running(
    ready_file: Path, *options: str, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run the command until its ready file is there, and end it if the test did not."""
    command = [sys.executable, "-m", "emulator", "--ready-file", str(ready_file), *options]
    environment = {**os.environ, "PYTHONPATH": str(TESTS), **environment}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            deadline = time.monotonic() + 10
            while not ready_file.exists() and process.poll() is None:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_life(tmp_path: Path, end: signal.Signals) -> None:
    """The ready file is private, true, and gone after a signal; nothing is ever printed."""
    ready_file = tmp_path / "ready.json"
    with running(ready_file, KEYSMITH_EMULATOR_ROOT_SECRET=SECRET) as process:
        mode = stat.S_IMODE(ready_file.stat().st_mode)
        ready = json.loads(ready_file.read_text())
        with urllib.request.urlopen(f"{ready['url']}/_emulator/state") as answer:
            state = json.load(answer)

        process.send_signal(end)
        output, _errors = process.communicate(timeout=10)

    assert mode == 0o600
    assert ready.keys() == {"url", "account_id", "access_key_id", "access_key_secret", "pid"}
    assert (ready["pid"], ready["access_key_secret"]) == (process.pid, SECRET)
    assert state["account_id"] == ready["account_id"]
    assert (process.returncode, output) == (0, b"")
    assert list(tmp_path.iterdir()) == []


def test_options(tmp_path: Path, make_client: Callable[..., RawClient]) -> None:
    """Account, site, page size and a secret from a file are taken from the command line."""
    ready_file, secret_file = tmp_path / "ready.json", tmp_path / "secret"
    secret_file.write_text(f"{SECRET}\n")
    options = ("--account-id", "1234567890123456", "--site", "intl", "--page-size", "1")
    with running(ready_file, *options, "--root-secret-file", str(secret_file)):
        ready = json.loads(ready_file.read_text())
        root = make_client(ready["url"].removeprefix("http://"), ready["access_key_id"], SECRET)
        created = root.act("CreateUser", UserName="a", Email="a@b.cd")
        root.act("CreateUser", UserName="b")
        page = root.act("ListUsers")

    assert ready["account_id"] == "1234567890123456"
    assert "Email" not in created.json["User"]
    assert page.json["IsTruncated"]


@pytest.mark.parametrize(
    "options",
    [
        ("--host", "0.0.0.0"),  # noqa: S104 - it is refused
        ("--host", "192.0.2.1"),
        ("--host", "example.com"),
        ("--tls-cert", "only-one-of-two.pem"),
        ("--page-size", "0"),
        ("--account-id", "../x"),
        ("--account-id", "12"),
        ("--port", "99999"),
        ("--root-secret-file", "/nonexistent"),
        ("--start", "yesterday"),
        ("--source-address", "here"),
        ("--last-use-lag", "-1"),
        ("--members", "-1"),
        ("--proxy", "99999"),
        ("--unknown-parameters", "maybe"),
        ("--emptied-texts", "maybe"),
    ],
)
def test_refused_options(tmp_path: Path, options: tuple[str, ...]) -> None:
    """An address that others can reach, half of a TLS pair and senseless values are refused."""
    with pytest.raises(SystemExit) as refused:
        parse_arguments(["--ready-file", str(tmp_path / "ready.json"), *options])

    assert refused.value.code == 2


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--port", "{port}"), b"address already in use"),
        (("--tls-cert", "/nowhere", "--tls-key", "/nowhere"), b"No such file"),
        (("--root-secret-file", "/"), b"Is a directory"),
        (("--ready-file", "/nowhere/ready.json"), b"/nowhere/"),
        (("--seed", "/nowhere"), b"No such file"),
        (("--seed", __file__), b"is not YAML"),
        (("--oidc-keys", __file__), b"is not JSON"),
        (("--oidc-keys", "{words}"), b"is no JSON Web Key Set"),
    ],
)
def test_no_start(tmp_path: Path, options: tuple[str, ...], reason: bytes) -> None:
    """What keeps it from starting is one line, not a traceback."""
    with Emulator() as other:
        port = other.host_port.rpartition(":")[2]
        words = tmp_path / "words.json"
        words.write_text("[]")
        given = [option.format(port=port, words=words) for option in options]
        with running(tmp_path / "ready.json", *given) as process:
            output, _errors = process.communicate(timeout=10)

    assert process.returncode == 1
    assert output.startswith(b"emulator: ")
    assert reason in output
    assert output.count(b"\n") == 1


def test_ready_file_of_an_organization(tmp_path: Path) -> None:
    """The ready file names the operator of an organization, the proxy and its authority."""
    with running(tmp_path / "ready.json", "--members", "1", "--proxy"):
        ready = json.loads((tmp_path / "ready.json").read_text())
        authority = Path(ready["ca_file"]).read_text()

    assert ready["operator"].keys() == {"user_name", "access_key_id", "access_key_secret"}
    assert ready["proxy"].startswith("http://127.0.0.1:")
    assert "BEGIN CERTIFICATE" in authority


def test_list_of_actions(capsys: pytest.CaptureFixture[str]) -> None:
    """The command lists what is emulated, and what is not with the reason."""
    with pytest.raises(SystemExit) as done:
        parse_arguments(["--actions"])

    lines = {tuple(line.split(maxsplit=2)) for line in capsys.readouterr().out.splitlines()}
    assert done.value.code == 0
    assert ("RAM", "CreateUser", "emulated") in lines
    assert (
        "STS",
        "AssumeRoleWithSAML",
        "it has no rule for the signatures of SAML assertions",
    ) in lines
    assert len(lines) > 200


def test_loopback_in_process() -> None:
    """An emulator in a program refuses other addresses too."""
    with pytest.raises(ValueError, match="loopback"):
        Emulator(host="0.0.0.0")  # noqa: S104 - it is refused


def test_random_credentials() -> None:
    """Without options every emulator has an account and a key of its own."""
    with Emulator() as one, Emulator() as two:
        assert len(one.account_id) == 16
        assert one.access_key_id != two.access_key_id
        assert one.access_key_secret != two.access_key_secret


def test_tls(tmp_path: Path) -> None:
    """With a certificate the endpoint is HTTPS."""
    certificate, key = make_certificate(tmp_path)
    context = ssl.create_default_context(cafile=certificate)

    with Emulator(tls=(certificate, key)) as emulator:
        url = f"{emulator.url}/_emulator/state"
        with urllib.request.urlopen(url, context=context) as answer:
            state = json.load(answer)

    assert url.startswith("https://")
    assert state["users"] == {}


def test_stop_closes_connections() -> None:
    """A stopped emulator answers nobody, not even over a connection that was open."""
    with Emulator() as emulator:
        connection = http.client.HTTPConnection(emulator.host_port, timeout=5)
        ask(connection)
        # Without this the client would quietly connect again.
        connection.auto_open = False

    with pytest.raises((ConnectionError, http.client.HTTPException)):
        ask(connection)
    with pytest.raises(ConnectionRefusedError):
        ask(http.client.HTTPConnection(emulator.host_port, timeout=5))
    connection.close()


def ask(connection: http.client.HTTPConnection) -> None:
    """Send any request and read the answer."""
    connection.request("GET", "/")
    connection.getresponse().read()


def make_certificate(folder: Path) -> tuple[str, str]:
    """Write a certificate for 127.0.0.1 and its key; return the names of both files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.timezone.utc)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return str(files[0]), str(files[1])

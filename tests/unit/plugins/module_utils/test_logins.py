# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Profiles of the CLI behind which somebody signed in, or a program is asked."""

from __future__ import annotations

import fcntl
import http.server
import json
import tempfile
import threading
import time
import typing as t
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import pytest

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud import (
    cli_file,
    logins,
    programs,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.client import nothing
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.errors import (
    CredentialError,
)
from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.services import STS

from ..conftest import endpoints, make_client, make_role, sign_in

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.client import Client
    from emulator import Emulator

    SignIn = Callable[..., "Client"]

MAY_ASSUME = ("AliyunRAMFullAccess", "AliyunSTSAssumeRoleAccess")
HOUR = 3600


@dataclass
class Portal:
    """Where people sign in: trades tokens for the session, and remembers who asked for what."""

    session: dict[str, str]
    url: str = ""
    answer: tuple[int, str] | None = None
    tokens: set[str] = field(default_factory=lambda: {"access-1"})
    renewable: set[str] = field(default_factory=lambda: {"refresh-1"})
    asked: list[tuple[str, str]] = field(default_factory=list)

    def reply(self, path: str, authorization: str, body: str) -> tuple[int, str]:
        """Return the status and the text of an answer."""
        self.asked.append((path, body))
        if self.answer:
            return self.answer
        if path == "/v1/token":
            return self._renew(parse_qs(body)["refresh_token"][0])
        if authorization.removeprefix("Bearer ") not in self.tokens:
            return 401, '{"error": "invalid_token"}'
        session = {"CloudCredential": self.session} if path == "/cloud-credentials" else None
        return 200, json.dumps(session or self.session)

    def _renew(self, token: str) -> tuple[int, str]:
        if token not in self.renewable:
            return 400, '{"error": "invalid_grant"}'
        # A token is worth nothing once it was used.
        self.renewable = {"refresh-2"}
        self.tokens = {"access-2"}
        told = {"access_token": "access-2", "refresh_token": "refresh-2", "expires_in": HOUR}
        return 200, json.dumps(told)

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [path for path, _body in self.asked]


class _PortalHandler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Answer a request."""
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        portal: Portal = self.server.portal  # type: ignore[attr-defined]
        status, text = portal.reply(self.path, self.headers.get("Authorization", ""), body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_arguments: t.Any) -> None:
        """Say nothing."""


@pytest.fixture
def portal(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Portal]:
    """A portal that hands out a session of a role."""
    client = make_client({**endpoints(emulator.url), **sign_in(emulator, "ann", *MAY_ASSUME)})
    wanted = {"RoleArn": make_role(emulator), "RoleSessionName": "signed-in"}
    session = client.call(
        STS, "AssumeRole", wanted, lambda answer: answer["Credentials"], doing="make a session"
    )
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _PortalHandler)
    portal = Portal(session, f"http://127.0.0.1:{server.server_address[1]}")
    server.portal = portal  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setattr(logins, "SITES", {"INTL": logins.Site(portal.url, "the-cli")})
    yield portal
    server.shutdown()
    server.server_close()


@pytest.fixture
def sign(emulator: Emulator, tmp_path: Path) -> SignIn:
    """A function that returns a client that signs with the current profile, made of values."""

    def make(environment: dict[str, str] | None = None, **profile: t.Any) -> Client:
        if profile:
            write_profile(tmp_path, profile)
        return make_client(
            {**endpoints(emulator.url), "read_timeout": 1},
            {"HOME": str(tmp_path), **(environment or {})},
        )

    return make


def write_profile(home: Path, profile: dict[str, t.Any]) -> None:
    """Write a configuration of the CLI, with somebody else's profile and words in it."""
    profiles = [{"name": "other", "mode": "AK", "region_id": "é"}, {"name": "p", **profile}]
    file = config_file(home)
    file.parent.mkdir()
    file.write_text(json.dumps({"current": "p", "profiles": profiles, "meta_path": "x"}))
    file.chmod(0o640)


def config_file(home: Path) -> Path:
    """Return where the CLI's configuration is."""
    return home / ".aliyun" / "config.json"


def stored_profile(home: Path) -> dict[str, t.Any]:
    """Return the profile as it stands in the configuration now."""
    profile: dict[str, t.Any] = json.loads(config_file(home).read_text())["profiles"][1]
    return profile


def cloud_sso(portal: Portal, **values: t.Any) -> dict[str, t.Any]:
    """Return a profile of somebody who signed in through CloudSSO."""
    return {
        "mode": "CloudSSO",
        "cloud_sso_sign_in_url": f"{portal.url}/corp/login",
        "cloud_sso_account_id": "1000000000000001",
        "cloud_sso_access_config": "ac-1",
        "access_token": "access-1",
        "cloud_sso_access_token_expire": int(time.time()) + HOUR,
        **values,
    }


def oauth(**values: t.Any) -> dict[str, t.Any]:
    """Return a profile of somebody who signed in through OAuth."""
    return {
        "mode": "OAuth",
        "oauth_site_type": "INTL",
        "oauth_access_token": "access-1",
        "oauth_access_token_expire": int(time.time()) + HOUR,
        "oauth_refresh_token": "refresh-1",
        **values,
    }


def test_cloud_sso(portal: Portal, sign: SignIn) -> None:
    """The token of a CloudSSO profile is traded for a session, and no process-wide proxy is used.

    The account and what may be done there are those of the profile.
    """
    client = sign({"HTTP_PROXY": "http://127.0.0.1:1"}, **cloud_sso(portal))

    ((path, body),) = portal.asked
    assert client.identity.arn.endswith("/signed-in")
    assert path == "/cloud-credentials"
    assert json.loads(body) == {"AccountId": "1000000000000001", "AccessConfigurationId": "ac-1"}


@pytest.mark.parametrize("mode", ["CloudSSO", "OAuth"])
def test_proxy_of_the_task(
    portal: Portal, sign: SignIn, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    """A sign-in goes through the proxy of the task's environment, not of the process."""
    monkeypatch.setenv("HTTPS_PROXY", portal.url)
    site = logins.Site("https://portal.example.invalid", "the-cli")
    monkeypatch.setattr(logins, "SITES", {"INTL": site})
    url = {"cloud_sso_sign_in_url": f"{site.url}/login"}
    profile = cloud_sso(portal, **url) if mode == "CloudSSO" else oauth()

    with pytest.raises(CredentialError, match=r"it can't be reached \(portal.example.invalid\)"):
        sign({"HTTPS_PROXY": "http://127.0.0.1:1"}, **profile)

    assert portal.asked == []


def test_oauth(portal: Portal, sign: SignIn, tmp_path: Path) -> None:
    """The token of an OAuth profile is traded once, and the next task finds the session."""
    first = sign(**oauth())
    second = sign()

    assert first.identity.arn == second.identity.arn
    assert first.identity.arn.endswith("/signed-in")
    assert portal.paths == ["/v1/exchange"]
    assert stored_profile(tmp_path)["access_key_id"] == first.identity.access_key_id


def test_oauth_tokens_are_renewed(portal: Portal, sign: SignIn, tmp_path: Path) -> None:
    """Tokens that are about to end are renewed and kept, and all else in the file stays."""
    client = sign(**oauth(oauth_access_token_expire=int(time.time()) + 600))

    config = json.loads(config_file(tmp_path).read_text())
    profile = config["profiles"].pop()
    assert client.identity.arn.endswith("/signed-in")
    assert portal.paths == ["/v1/token", "/v1/exchange"]
    assert parse_qs(portal.asked[0][1])["client_id"] == ["the-cli"]
    assert (profile["oauth_access_token"], profile["oauth_refresh_token"]) == (
        "access-2",
        "refresh-2",
    )
    assert profile["oauth_access_token_expire"] == pytest.approx(time.time() + HOUR, abs=60)
    assert config == {
        "current": "p",
        "profiles": [{"name": "other", "mode": "AK", "region_id": "é"}],
        "meta_path": "x",
    }
    assert config_file(tmp_path).stat().st_mode & 0o777 == 0o640
    assert list(config_file(tmp_path).parent.iterdir()) == [config_file(tmp_path)]


def test_oauth_of_many_at_once(portal: Portal, sign: SignIn, tmp_path: Path) -> None:
    """Many tasks at once renew the tokens once: each token can be used one time only."""
    write_profile(tmp_path, oauth(oauth_access_token_expire=0))
    arns: list[str] = []
    threads = [
        threading.Thread(target=lambda: arns.append(sign().identity.arn)) for _number in range(6)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(arns) == 6
    assert portal.paths == ["/v1/token", "/v1/exchange"]


def test_oauth_file_that_cannot_be_replaced(
    portal: Portal, sign: SignIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tokens are not renewed where the new ones could not be kept."""
    write_profile(tmp_path, oauth(oauth_access_token_expire=0))

    def fail(*_arguments: t.Any, **_options: t.Any) -> t.NoReturn:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "mkstemp", fail)

    with pytest.raises(CredentialError, match="it can't be replaced: Permission denied"):
        sign()

    assert portal.asked == []
    assert stored_profile(tmp_path)["oauth_refresh_token"] == "refresh-1"


def test_oauth_session_that_cannot_be_kept(
    portal: Portal, sign: SignIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that can't be kept signs all the same while its token is good."""
    write_profile(tmp_path, oauth())

    def fail(*_arguments: t.Any, **_options: t.Any) -> t.NoReturn:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "mkstemp", fail)

    assert sign().identity.arn.endswith("/signed-in")
    assert portal.paths == ["/v1/exchange"]


def test_oauth_file_that_is_locked(
    portal: Portal, sign: SignIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A configuration that somebody locks for long is told, and not waited for without end."""
    monkeypatch.setattr(cli_file, "LONGEST_WAIT", 0.3)
    write_profile(tmp_path, oauth())
    file = config_file(tmp_path).open("rb")
    fcntl.flock(file, fcntl.LOCK_EX)

    with file, pytest.raises(CredentialError, match="gives no credentials: it is locked"):
        sign()

    assert portal.asked == []


@pytest.mark.parametrize(
    ("profile", "told"),
    [
        ({"mode": "CloudSSO", "access_token": ""}, "access_token is missing"),
        (
            {"mode": "CloudSSO", "cloud_sso_access_token_expire": 1},
            r"has ended or is refused. Sign in again: aliyun configure --mode CloudSSO --profile p",
        ),
        (
            {"mode": "CloudSSO", "access_token": "secret-x"},
            r"is refused, status 401. Sign in again: aliyun configure --mode CloudSSO",
        ),
        (
            {"mode": "CloudSSO", "cloud_sso_sign_in_url": "http://sso.example.com/x"},
            "cloud_sso_sign_in_url is no https address",
        ),
        ({"mode": "OAuth", "oauth_site_type": "MOON"}, "its oauth_site_type MOON is not known"),
        (
            {"mode": "OAuth", "oauth_access_token_expire": 1, "oauth_refresh_token": ""},
            "Sign in again: aliyun configure --mode OAuth --profile p",
        ),
        (
            {"mode": "OAuth", "oauth_access_token_expire": 1, "oauth_refresh_token": "secret-x"},
            "is refused, status 400. Sign in again",
        ),
    ],
)
def test_sign_in_that_is_of_no_use(
    portal: Portal, sign: SignIn, profile: dict[str, t.Any], told: str
) -> None:
    """What is wrong with a sign-in is told, and no token is."""
    complete = cloud_sso(portal) if profile["mode"] == "CloudSSO" else oauth()

    with pytest.raises(CredentialError, match=told) as caught:
        sign(**{**complete, **profile})

    assert "secret-x" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((502, "<html>"), "it answers with status 502"),
        ((200, "<html>"), "it answers with no session"),
        ((200, ""), "it answers with no session"),
        ((200, "[]"), "it answers with no session"),
        ((200, '{"CloudCredential": {"AccessKeyId": "x"}}'), "it answers with no session"),
    ],
)
@pytest.mark.parametrize("mode", ["CloudSSO", "OAuth"])
def test_portal_that_answers_oddly(
    portal: Portal, sign: SignIn, answer: tuple[int, str], told: str, mode: str
) -> None:
    """What a portal answers instead of a session is told in words."""
    portal.answer = answer

    with pytest.raises(CredentialError, match=rf"{told} \(127.0.0.1:\d+\)"):
        sign(**(cloud_sso(portal) if mode == "CloudSSO" else oauth()))


def external(home: Path, script: str) -> dict[str, t.Any]:
    """Return a profile whose program is a script."""
    program = home / "a program"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"mode": "External", "process_command": f"'{program}' --profile p"}


def printed(emulator: Emulator, **values: str) -> str:
    """Return what a program prints that hands out the account's own key."""
    pair = {
        "access_key_id": emulator.access_key_id,
        "access_key_secret": emulator.access_key_secret,
    }
    return json.dumps({"mode": "AK", **pair, **values})


def test_program(emulator: Emulator, sign: SignIn, tmp_path: Path) -> None:
    """The pair that a program prints signs, and the program runs once, without input."""
    script = f"read line && exit 9; echo x >> {tmp_path}/runs; echo '{printed(emulator)}'"

    client = sign(**external(tmp_path, script))
    for _turn in range(3):
        client.call(STS, "GetCallerIdentity", {}, nothing, doing="do")

    assert client.identity.is_account
    assert (tmp_path / "runs").read_text() == "x\n"


def test_environment_of_a_program(
    emulator: Emulator, sign: SignIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program sees the environment of the task, not that of the process."""
    monkeypatch.setenv("MINE", "of the process")
    monkeypatch.setenv("ITS", "of the process")
    script = f"echo \"$MINE/$ITS\" > {tmp_path}/seen; echo '{printed(emulator)}'"
    profile = external(tmp_path, f"PATH=/usr/bin:/bin\n{script}")

    sign({"MINE": "of the task"}, **profile)

    assert (tmp_path / "seen").read_text() == "of the task/\n"


def test_session_of_a_program(portal: Portal, sign: SignIn, tmp_path: Path) -> None:
    """A session that a program prints signs, and is asked for anew before the end that it tells."""
    session = {
        "mode": "StsToken",
        "access_key_id": portal.session["AccessKeyId"],
        "access_key_secret": portal.session["AccessKeySecret"],
        "sts_token": portal.session["SecurityToken"],
        "expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60)),
    }
    script = f"echo x >> {tmp_path}/runs; echo '{json.dumps(session)}'"

    client = sign(**external(tmp_path, script))
    once = (tmp_path / "runs").read_text()

    assert client.identity.arn.endswith("/signed-in")
    assert once == "x\n"
    assert (tmp_path / "runs").read_text() > once


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo secret-x >&2; echo secret-x; exit 3", "its program ended with status 3"),
        ("echo secret-x", "is not as the aliyun CLI documents it"),
        ("", "is not as the aliyun CLI documents it"),
        ("echo '[]'", "is not as the aliyun CLI documents it"),
        ("""echo '{"access_key_id": "secret-x"}'""", "is not as the aliyun CLI documents it"),
        (
            """echo '{"mode": "StsToken", "access_key_id": "a", "access_key_secret": "b"}'""",
            "is not as the aliyun CLI documents it",
        ),
        ("sleep 60", "its program took more than 0 s"),
    ],
)
def test_program_that_is_of_no_use(
    sign: SignIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, told: str
) -> None:
    """What is wrong with a program is told, and nothing of what it prints is."""
    monkeypatch.setattr(programs, "PATIENCE", 0.4)

    with pytest.raises(CredentialError, match=told) as caught:
        sign(**external(tmp_path, script))

    assert "secret-x" not in str(caught.value)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("/nowhere/secret-x", "its program can't be run: No such file"),
        ("'secret-x", "its process_command, is not as"),
        (" ", "its process_command, is not as"),
    ],
)
def test_program_that_is_not_there(sign: SignIn, command: str, told: str) -> None:
    """A command that can't be run is told without its arguments, which may hold a secret."""
    with pytest.raises(CredentialError, match=told) as caught:
        sign(mode="External", process_command=command)

    assert "secret-x" not in str(caught.value)

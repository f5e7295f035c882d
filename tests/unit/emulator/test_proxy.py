# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients with built-in endpoints reach the emulator through its proxy, and nothing else."""

from __future__ import annotations

import http.client
import ssl
import typing as t
import urllib.parse

import pytest
from alibabacloud_ram20150501 import models
from alibabacloud_ram20150501.client import Client
from alibabacloud_tea_openapi.models import Config

from emulator import Emulator

if t.TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """Run an emulator that is a proxy too."""
    with Emulator(proxy_port=0) as emulator:
        yield emulator


def through(emulator: Emulator, host: str, port: int = 443) -> http.client.HTTPSConnection:
    """Return a connection to a host through the proxy."""
    proxy = urllib.parse.urlsplit(emulator.proxy_url)
    context = ssl.create_default_context(cafile=str(emulator.ca_file))
    connection = http.client.HTTPSConnection(
        str(proxy.hostname), proxy.port, context=context, timeout=10
    )
    connection.set_tunnel(host, port)
    return connection


def test_sdk_without_an_endpoint(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current SDK with its own endpoint reads through the proxy, with its checks of TLS."""
    monkeypatch.setenv("HTTPS_PROXY", emulator.proxy_url)
    emulator.call("CreateUser", UserName="alice")
    sdk = Client(
        Config(
            access_key_id=emulator.access_key_id,
            access_key_secret=emulator.access_key_secret,
            endpoint="ram.aliyuncs.com",
            https_proxy=emulator.proxy_url,
            ca=str(emulator.ca_file),
        )
    )

    users = sdk.list_users(models.ListUsersRequest()).body.users.user

    assert [user.user_name for user in users] == ["alice"]


@pytest.mark.parametrize("host", ["ram.aliyuncs.com", "sts.cn-hangzhou.aliyuncs.com"])
def test_hosts_of_the_cloud(emulator: Emulator, host: str) -> None:
    """Each host of the cloud has a certificate of its own, from the emulator's authority."""
    connection = through(emulator, host)
    connection.request("GET", "/")

    answer = connection.getresponse()

    assert (answer.status, b"MissingAction" in answer.read()) == (400, True)


@pytest.mark.parametrize(
    ("host", "port"),
    [("example.com", 443), ("aliyuncs.com.example.com", 443), ("ram.aliyuncs.com", 22)],
)
def test_other_hosts(emulator: Emulator, host: str, port: int) -> None:
    """The proxy leads nowhere else."""
    connection = through(emulator, host, port)

    with pytest.raises(OSError, match="403"):
        connection.request("GET", "/")


def test_plain_requests(emulator: Emulator) -> None:
    """The proxy takes no request in clear."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(emulator.proxy_url).netloc)
    connection.request("GET", "http://ram.aliyuncs.com/")

    assert connection.getresponse().status == 403


def test_end() -> None:
    """When the emulator stops, the proxy and the files of its authority are gone."""
    with Emulator(proxy_port=0) as emulator:
        connection = through(emulator, "ram.aliyuncs.com")
        connection.request("GET", "/")
        connection.getresponse().read()
        assert emulator.ca_file
        assert emulator.ca_file.exists()

    proxy = urllib.parse.urlsplit(emulator.proxy_url)
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection(proxy.netloc).connect()
    assert not emulator.ca_file.parent.exists()

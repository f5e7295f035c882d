# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection options: how they are declared, and what they mean once read."""

from __future__ import annotations

import ipaddress
import re
import ssl
import typing as t
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

from .errors import InputError

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from .services import Service

DEFAULT_ENDPOINTS = {
    "ram_endpoint": "ram.aliyuncs.com",
    "sts_endpoint": "sts.aliyuncs.com",
    "ims_endpoint": "ims.aliyuncs.com",
    # An option of the inventory only.
    "resource_directory_endpoint": "resourcedirectory.aliyuncs.com",
}


CONNECTION_SPEC: dict[str, t.Any] = {
    "access_key_id": {"type": "str", "no_log": False},
    "access_key_secret": {"type": "str", "no_log": True},
    "security_token": {"type": "str", "no_log": True},
    "profile": {"type": "str"},
    "assume_role": {
        "type": "dict",
        "options": {
            "role_arn": {"type": "str", "required": True},
            "session_name": {"type": "str", "default": "keysmith"},
            "duration": {"type": "int", "default": 3600},
            "external_id": {"type": "str"},
            "policy": {"type": "json"},
        },
    },
    "account_id": {"type": "str"},
    "ram_endpoint": {"type": "str"},
    "sts_endpoint": {"type": "str"},
    "ims_endpoint": {"type": "str"},
    "connect_timeout": {"type": "int", "default": 5},
    "read_timeout": {"type": "int", "default": 10},
    "max_attempts": {"type": "int", "default": 5},
    "ca_bundle": {"type": "path"},
}

TIMEOUTS = ("connect_timeout", "read_timeout")
# A day, in seconds; the system's own limits depend on the machine.
LONGEST_TIMEOUT = 86_400
# The last one is an option of those modules that do many things at once.
COUNTS = (*TIMEOUTS, "max_attempts", "concurrency")
CREDENTIAL_OPTIONS = ("access_key_id", "access_key_secret", "security_token")
# A key pair and its token come from one family: the token of another pair would not fit.
CREDENTIAL_VARIABLES = (
    (
        "ALIBABA_CLOUD_ACCESS_KEY_ID",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        "ALIBABA_CLOUD_SECURITY_TOKEN",
    ),
    ("ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY", "ALICLOUD_SECURITY_TOKEN"),
)
ID_ALONE = (
    ". access_key_id is the caller's own; the AccessKey that a task is about is user_access_key_id"
)
PROFILE_VARIABLES = ("ALIBABA_CLOUD_PROFILE", "ALICLOUD_PROFILE")


@dataclass(frozen=True)
class Endpoint:
    """Where a service answers."""

    protocol: str
    host: str

    @property
    def name(self) -> str:
        """Return the host without its port."""
        return urlsplit(str(self)).hostname or ""

    def __str__(self) -> str:
        return f"{self.protocol}://{self.host}"


@dataclass(frozen=True)
class Proxies:
    """Through which proxies requests go, as an environment says."""

    http: str | None = field(default=None, repr=False)
    https: str | None = field(default=None, repr=False)
    exceptions: str = ""

    @classmethod
    def of_environment(cls, environ: Mapping[str, str]) -> Proxies:
        """Read HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in capitals first as the SDK does."""

        def given(name: str) -> str | None:
            return environ.get(name) or environ.get(name.lower()) or None

        return cls(given("HTTP_PROXY"), given("HTTPS_PROXY"), given("NO_PROXY") or "")

    def proxy_for(self, endpoint: Endpoint) -> str | None:
        """Return the proxy for an endpoint, None if it is reached directly.

        Nothing goes to this machine through a proxy. Raises InputError for one that can't be used.
        """
        proxy = self.https if endpoint.protocol == "https" else self.http
        if not proxy or is_loopback(endpoint.name) or self._is_exception(endpoint):
            return None
        return _usable_proxy(f"{endpoint.protocol.upper()}_PROXY", proxy)

    def _is_exception(self, endpoint: Endpoint) -> bool:
        if proxy_bypass_environment(endpoint.host, {"no": self.exceptions}):
            return True
        networks = filter(None, (part.strip() for part in self.exceptions.split(",")))
        return any(_lies_in(endpoint.name, network) for network in networks)


def _usable_proxy(variable: str, proxy: str) -> str:
    shown = proxy.rpartition("@")[2]
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        is_complete = bool(parts.hostname) and parts.port != 0 and not parts.path.strip("/")
    except ValueError:
        is_complete = False
    if not is_complete:
        raise InputError(f"{variable} is not the address of a proxy: {shown}")
    if parts.scheme not in {"http", "https"}:
        raise InputError(
            f"{variable} names a {parts.scheme} proxy, and the SDK knows http and https proxies "
            f"only: {shown}"
        )
    return proxy


def _lies_in(host: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


@dataclass(frozen=True)
class ConnectionOptions:
    """The connection options, checked; times in seconds."""

    ram_endpoint: Endpoint
    sts_endpoint: Endpoint
    ims_endpoint: Endpoint
    resource_directory_endpoint: Endpoint
    access_key_id: str | None = None
    access_key_secret: str | None = field(default=None, repr=False)
    security_token: str | None = field(default=None, repr=False)
    profile: str | None = None
    assume_role: dict[str, t.Any] | None = None
    connect_timeout: int = 5
    read_timeout: int = 10
    max_attempts: int = 5
    ca_bundle: str | None = None
    account_id: str | None = None
    proxies: Proxies = Proxies()
    # What the SDK's default sources of credentials are looked up in.
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def from_params(
        cls, params: Mapping[str, t.Any], environ: Mapping[str, str]
    ) -> ConnectionOptions:
        """Read validated `params`, then `environ`; InputError names what is wrong."""
        _refuse_bad_numbers(params)
        endpoints: dict[str, t.Any] = {
            name: _first_endpoint(name, params, environ) for name in DEFAULT_ENDPOINTS
        }
        return cls(
            **endpoints,
            **_credentials(params, environ),
            assume_role=_role(params["assume_role"]),
            connect_timeout=params["connect_timeout"],
            read_timeout=params["read_timeout"],
            max_attempts=params["max_attempts"],
            ca_bundle=_ca_bundle(params["ca_bundle"]),
            account_id=_account(params.get("account_id")),
            proxies=Proxies.of_environment(environ),
            environment=dict(environ),
        )

    def endpoint_of(self, service: Service) -> Endpoint:
        """Return where a service answers."""
        return t.cast("Endpoint", getattr(self, service.endpoint_option))


def _credentials(params: Mapping[str, t.Any], environ: Mapping[str, str]) -> dict[str, t.Any]:
    """Return the first source that is given; nothing given leaves it to the SDK's own chain."""
    given = {name: params[name] for name in CREDENTIAL_OPTIONS if params[name]}
    if given:
        return _complete_pair(given, CREDENTIAL_OPTIONS)
    if params["profile"]:
        return {"profile": params["profile"]}
    for variables in CREDENTIAL_VARIABLES:
        found = {
            option: environ[variable]
            for option, variable in zip(CREDENTIAL_OPTIONS, variables, strict=True)
            if environ.get(variable)
        }
        if found:
            return _complete_pair(found, variables)
    profiles = [environ[variable] for variable in PROFILE_VARIABLES if environ.get(variable)]
    return {"profile": profiles[0]} if profiles else {}


def _complete_pair(given: dict[str, str], names: tuple[str, ...]) -> dict[str, str]:
    for option, name in zip(CREDENTIAL_OPTIONS[:2], names[:2], strict=True):
        if option not in given:
            hint = ID_ALONE if name == "access_key_secret" and len(given) == 1 else ""
            raise InputError(f"An AccessKey pair has an id and a secret: {name} is missing{hint}")
    for option, name in zip(CREDENTIAL_OPTIONS, names, strict=True):
        # They are sent in headers, which break at the line break that a file may end with.
        if not re.fullmatch(r"[!-~]*", given.get(option, "")):
            raise InputError(
                f"{name} has a space, a line break or another character that no key has"
            )
    return given


def _account(number: str | None) -> str | None:
    if number == "":
        # Otherwise the task would go to whatever account there is.
        raise InputError("account_id is empty: give the number of the account, or leave it out")
    return number


def _role(role: dict[str, t.Any] | None) -> dict[str, t.Any] | None:
    if role and not role["role_arn"]:
        raise InputError("role_arn of assume_role is empty")
    return role


def _ca_bundle(path: str | None) -> str | None:
    """Return the file, None if none is given; InputError unless it has certificates."""
    if not path:
        return None
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        raise InputError(f"ca_bundle has no CA certificate: {path}") from None
    except OSError as error:
        raise InputError(f"ca_bundle can't be read: {path} ({error.strerror})") from None
    return path


def refuse_split_json(spec: Mapping[str, t.Any], params: Mapping[str, t.Any]) -> None:
    """Raise InputError for a list that k=v arguments would cut at the commas inside its JSON."""
    for name, option in spec.items():
        value = params.get(name)
        if option.get("type") != "list" or value is None:
            continue
        elements = value.split(",") if isinstance(value, str) else value
        if not isinstance(elements, (list, tuple)):
            continue
        if any(isinstance(item, str) and item.lstrip().startswith(("[", "{")) for item in elements):
            raise InputError(
                f"{name} has an element that starts with [ or {{, and k=v arguments are split at "
                f"commas. Give all arguments as JSON instead: -a '{{\"{name}\": [...]}}'"
            )


def refuse_bare_elements(spec: Mapping[str, t.Any], params: Mapping[str, t.Any]) -> None:
    """Raise InputError for a name where a mapping belongs; Ansible would not say which option."""
    for name, option in spec.items():
        value = params.get(name)
        if option.get("elements") != "dict" or value is None:
            continue
        elements = value if isinstance(value, (list, dict)) else [value]
        if not all(isinstance(item, dict) or "=" in str(item) for item in elements):
            raise InputError(
                f"{name} must be a list of mappings, such as [{{name: alice}}, {{name: bob}}]"
            )


def refuse_bare_mappings(spec: Mapping[str, t.Any], params: Mapping[str, t.Any]) -> None:
    """Raise InputError for what is no mapping where one belongs; Ansible would not say where."""
    for name, option in spec.items():
        value = params.get(name)
        if option.get("type") != "dict" or value is None or isinstance(value, dict):
            continue
        is_written = isinstance(value, str) and ("=" in value or value.lstrip().startswith("{"))
        if not is_written:
            raise InputError(f"{name} must be a mapping, as in {name}: {{key: value}}")


def _refuse_bad_numbers(params: Mapping[str, t.Any]) -> None:
    for name in COUNTS:
        if params.get(name, 1) < 1:
            raise InputError(f"{name} must be at least 1, not {params[name]}")
    for name in TIMEOUTS:
        if params[name] > LONGEST_TIMEOUT:
            raise InputError(f"{name} must be at most {LONGEST_TIMEOUT}, not {params[name]}")


def _first_endpoint(
    option: str, params: Mapping[str, t.Any], environ: Mapping[str, str]
) -> Endpoint:
    variable = f"ALIBABA_CLOUD_{option.upper()}"
    if params.get(option):
        return _endpoint(option, params[option])
    if environ.get(variable):
        return _endpoint(variable, environ[variable])
    return _endpoint(option, DEFAULT_ENDPOINTS[option])


def _endpoint(option: str, value: str) -> Endpoint:
    # A password in a URL is of no use here, and messages are for everybody.
    shown = value.rpartition("@")[2]
    try:
        parts = urlsplit(value if "://" in value else f"https://{value}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    extras = not host or parts.username or parts.query or parts.fragment or parts.path.strip("/")
    if extras or parts.scheme not in {"http", "https"} or not re.fullmatch(r"[\w.:-]+", host):
        raise InputError(f"{option} is not a host, host:port or http(s) URL: {shown}")
    if parts.scheme == "http" and not is_loopback(host):
        raise InputError(
            f"{option} uses plain http, which anybody on the way can read: {shown}. "
            "Use https (http is allowed for a loopback address only)"
        )
    netloc = f"[{host}]" if ":" in host else host
    return Endpoint(parts.scheme, f"{netloc}:{port}" if port else netloc)


def is_loopback(host: str) -> bool:
    """Tell whether `host` can only be this machine; names but localhost are not looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

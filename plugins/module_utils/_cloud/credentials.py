# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose credentials sign: what the options name, else the first source that is given.

Sources and their order are those of the SDK's default chain. Each is built here from the options
and the environment of the task: the SDK's own chain reads the environment once, when it is
imported, and goes on to the next source when one fails, so that somebody else would sign.
"""

from __future__ import annotations

import json
import threading
import typing as t
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .errors import CredentialError, RamError

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .options import ConnectionOptions
    from .sdk import Sdk

# Sessions are renewed when so much of them is left, in seconds: more than any request takes.
RENEWED_BEFORE = 300.0
LONGEST_REASON = 200
OIDC_VARIABLES = (
    "ALIBABA_CLOUD_ROLE_ARN",
    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
    "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
)


@dataclass(frozen=True)
class Issued:
    """Temporary credentials as STS issues them; `expires` in seconds since 1970."""

    access_key_id: str
    access_key_secret: str
    security_token: str
    expires: float


class Session:
    """Temporary credentials that are asked for anew before they end; threads may share it.

    To the SDK it is a credential. `source` is the credential that asks, None where a token does.
    """

    def __init__(
        self,
        sdk: Sdk,
        ask: Callable[[], Issued],
        now: Callable[[], float],
        source: t.Any | None = None,
    ) -> None:
        self._sdk = sdk
        self._ask = ask
        self._now = now
        self._lock = threading.Lock()
        self._issued: Issued | None = None
        self.source = source

    def get_credential(self) -> t.Any:
        """Return what signs now; raises RamError."""
        with self._lock:
            issued = self._issued
            if issued is None or self._now() > issued.expires - RENEWED_BEFORE:
                issued = self._issued = self._ask()
        return self._sdk.CredentialModel(
            access_key_id=issued.access_key_id,
            access_key_secret=issued.access_key_secret,
            security_token=issued.security_token,
            type="sts",
        )


def key_pair(sdk: Sdk, access_key_id: str, access_key_secret: str) -> t.Any:
    """Return the credential of a pair."""
    config = sdk.CredentialConfig(
        type="access_key", access_key_id=access_key_id, access_key_secret=access_key_secret
    )
    return sdk.CredentialClient(config)


def find_credential(
    sdk: Sdk, options: ConnectionOptions, exchange: Callable[[Mapping[str, str]], t.Any]
) -> t.Any:
    """Return the credential that the options name, else that of the first source that is given.

    `exchange` makes a credential of the OIDC variables of an environment. Raises CredentialError if
    no source is given, or if the first one gives no credentials.
    """
    if options.access_key_id:
        config = sdk.CredentialConfig(
            type="sts" if options.security_token else "access_key",
            access_key_id=options.access_key_id,
            access_key_secret=options.access_key_secret,
            security_token=options.security_token,
        )
        return sdk.CredentialClient(config)
    places = _Places(options.environment)
    if options.profile:
        return _profile(sdk, places, options.profile)
    return _first_given(sdk, places, exchange)


def key_id_of(credential: t.Any) -> str:
    """Return the id of the key that a credential signs with; raises RamError."""
    with sdk_errors_hidden():
        return str(credential.get_credential().access_key_id)


def source_of(sdk: Sdk, credential: t.Any) -> t.Any:
    """Return the credential that assumed the role of another; else the same once more."""
    if isinstance(credential, Session):
        return credential.source or credential
    provider = credential.cloud_credential.provider
    # The SDK does not tell, but each of its providers keeps the one that it asks in an attribute.
    while asked := [each for each in vars(provider).values() if hasattr(each, "get_credentials")]:
        provider = asked[0]
    return sdk.CredentialClient(provider=provider)


@contextmanager
def sdk_errors_hidden() -> Iterator[None]:
    """Keep the SDK's exceptions out of messages where they may quote credentials."""
    try:
        yield
    except RamError:
        raise
    except Exception as exc:
        raise CredentialError(
            f"The SDK could not set up the credentials ({type(exc).__name__})"
        ) from None


def read_oidc_token(environment: Mapping[str, str]) -> str:
    """Return the token that ALIBABA_CLOUD_OIDC_TOKEN_FILE names; raises CredentialError."""
    path = environment["ALIBABA_CLOUD_OIDC_TOKEN_FILE"]
    try:
        token = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise _fails(f"The OIDC token file {path}", str(reason)) from None
    if not token:
        raise _fails(f"The OIDC token file {path}", "it is empty")
    return token


class _Places:
    """Where an environment says that credentials are."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        home = Path(environment.get("HOME") or Path.home())
        self.cli_config = home / ".aliyun" / "config.json"
        named = environment.get("ALIBABA_CLOUD_CREDENTIALS_FILE")
        self.credentials_file = Path(named or home / ".alibabacloud" / "credentials.ini")
        self.is_file_named = bool(named)

    def says(self, variable: str) -> bool:
        return self.environment.get(variable, "").lower() == "true"

    @property
    def has_cli_profile(self) -> bool:
        """Tell whether the aliyun CLI is set up: what `configure` leaves empty does not count."""
        if self.says("ALIBABA_CLOUD_CLI_PROFILE_DISABLED"):
            return False
        try:
            config = json.loads(self.cli_config.read_text(encoding="utf-8"))
            current = [p for p in config["profiles"] if p["name"] == config["current"]]
            return not all(p["mode"] == "AK" and not p.get("access_key_id") for p in current)
        except FileNotFoundError:
            return False
        except (OSError, ValueError, LookupError, TypeError):
            return True


def _first_given(
    sdk: Sdk, places: _Places, exchange: Callable[[Mapping[str, str]], t.Any]
) -> t.Any:
    environment = places.environment
    if environment.get(OIDC_VARIABLES[1]) or environment.get(OIDC_VARIABLES[2]):
        return _oidc(environment, exchange)
    if places.has_cli_profile:
        provider = sdk.providers.CLIProfileCredentialsProvider(profile_file=str(places.cli_config))
        hint = ", or set ALIBABA_CLOUD_CLI_PROFILE_DISABLED=true to leave it aside"
        return _working(
            sdk, provider, f"The current profile of the aliyun CLI ({places.cli_config})", hint
        )
    if places.is_file_named or places.credentials_file.exists():
        provider = sdk.providers.ProfileCredentialsProvider(
            profile_file=str(places.credentials_file), profile_name="default"
        )
        source = f"Section default of the credentials file {places.credentials_file}"
        return _working(sdk, provider, source)
    return _of_machine(sdk, places)


def _of_machine(sdk: Sdk, places: _Places) -> t.Any:
    role, uri = (
        places.environment.get(f"ALIBABA_CLOUD_{name}")
        for name in ("ECS_METADATA", "CREDENTIALS_URI")
    )
    is_disabled = places.says("ALIBABA_CLOUD_ECS_METADATA_DISABLED")
    if uri and (is_disabled or not role):
        provider = sdk.providers.URLCredentialsProvider(uri=uri)
        return _working(sdk, provider, "The address in ALIBABA_CLOUD_CREDENTIALS_URI")
    if is_disabled:
        raise _nothing_found()
    provider = sdk.providers.EcsRamRoleCredentialsProvider(
        role_name=role or None, disable_imds_v1=places.says("ALIBABA_CLOUD_IMDSV1_DISABLED")
    )
    try:
        return _working(sdk, provider, f"The RAM role {role} of this ECS instance")
    except CredentialError:
        if role:
            raise
        raise _nothing_found() from None


def _oidc(environment: Mapping[str, str], exchange: Callable[[Mapping[str, str]], t.Any]) -> t.Any:
    missing = [name for name in OIDC_VARIABLES if not environment.get(name)]
    if missing:
        raise _fails("OIDC", f"{', '.join(missing)} is not set")
    return exchange(environment)


def _profile(sdk: Sdk, places: _Places, profile: str) -> t.Any:
    """Return the credential of a profile, of the aliyun CLI first, else of the credentials file."""
    cli = sdk.providers.CLIProfileCredentialsProvider(
        profile_name=profile, profile_file=str(places.cli_config)
    )
    file = sdk.providers.ProfileCredentialsProvider(
        profile_name=profile, profile_file=str(places.credentials_file)
    )
    for provider in (cli, file):
        try:
            return _working(sdk, provider, f"Profile {profile}")
        except CredentialError:
            continue
    raise CredentialError(
        f"Profile {profile} gives no credentials: it is neither in the aliyun CLI's "
        "~/.aliyun/config.json nor in the credentials file (ALIBABA_CLOUD_CREDENTIALS_FILE or "
        "~/.alibabacloud/credentials.ini), or it is not complete there, or of a kind that the "
        "installed alibabacloud-credentials does not know"
    )


def _working(sdk: Sdk, provider: t.Any, source: str, hint: str = "") -> t.Any:
    """Return the credential of a provider; CredentialError says why its source gives none."""
    credential = sdk.CredentialClient(provider=provider)
    try:
        if credential.get_credential().access_key_id:
            return credential
    # Each provider of the SDK raises what it likes: its own exception, KeyError, OSError.
    except Exception as exc:
        raise _fails(source, _reason(exc), hint) from None
    raise _fails(source, "it has no AccessKey ID", hint)


def _reason(exc: Exception) -> str:
    """Return what the SDK says, unless it may quote an address with parameters, or an answer."""
    told = " ".join(str(exc).split("result:")[0].split())
    if type(exc).__name__ != "CredentialException" or "?" in told or len(told) > LONGEST_REASON:
        return type(exc).__name__
    return told


def _fails(source: str, reason: str, hint: str = "") -> CredentialError:
    return CredentialError(f"{source} gives no credentials: {reason}. Mend it{hint}")


def _nothing_found() -> CredentialError:
    return CredentialError(
        "No credentials found: give access_key_id and access_key_secret or a profile, or set "
        "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or provide one of "
        "the SDK's other sources (OIDC, aliyun CLI profile, credentials file, ECS RAM role, "
        "credentials URI)"
    )

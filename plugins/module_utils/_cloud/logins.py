# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions for somebody who signed in with the aliyun CLI, through CloudSSO or OAuth.

The CLI keeps the tokens in its configuration, and renews those of OAuth there: the old ones are
worth nothing afterwards, so what is renewed here is kept there too.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass
from urllib.parse import urlsplit

from .cli_file import CliFile
from .credentials import RENEWED_BEFORE, Issued, no_credentials
from .metadata import UNUSABLE, reason_of
from .options import is_loopback
from .sessions import read_issued

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from .errors import CredentialError
    from .profiles import Profile
    from .transport import Transport

# Tokens are renewed when so much of them is left, in seconds, as the CLI does.
TOKEN_RENEWED_BEFORE = 1200.0
_REFUSALS = range(400, 500)


@dataclass(frozen=True)
class Site:
    """Where people sign in, and who the CLI is there."""

    url: str
    client_id: str


SITES = {
    "CN": Site("https://oauth.aliyun.com", "4038181954557748008"),
    "INTL": Site("https://oauth.alibabacloud.com", "4103531455503354461"),
}


def ask_cloud_sso(transport: Transport, profile: Profile, now: float) -> Issued:
    """Return the session that the token of a CloudSSO profile is worth; raises CredentialError."""
    address, account, configuration, token = profile.require(
        "cloud_sso_sign_in_url",
        "cloud_sso_account_id",
        "cloud_sso_access_config",
        "access_token",
    )
    if _seconds(profile, "cloud_sso_access_token_expire") <= now:
        raise _ended(profile)
    parts = urlsplit(address)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise no_credentials(profile.told, "its cloud_sso_sign_in_url is no https address")
    asker = _Asker(transport, profile)
    return asker.post(
        f"{parts.scheme}://{parts.netloc}/cloud-credentials",
        lambda answer: read_issued(answer["CloudCredential"]),
        token=token,
        body=json.dumps({"AccountId": account, "AccessConfigurationId": configuration}),
    )


class OauthLogin:
    """A profile of mode OAuth, whose tokens and session are kept in the CLI's configuration."""

    def __init__(
        self, transport: Transport, profile: Profile, read: Callable[[str], Profile | None]
    ) -> None:
        self._transport = transport
        self._profile = profile
        self._read = read
        self._file = CliFile(profile.file)

    def ask(self, now: float) -> Issued:
        """Return the session that is kept there, or a new one; raises CredentialError."""
        self._reread()
        kept = self._kept(now)
        if kept:
            return kept
        with self._file.locked():
            self._reread()
            # Somebody who held the lock may have kept a new one meanwhile.
            return self._kept(now) or self._renewed(now)

    def _reread(self) -> None:
        self._profile = self._read(self._profile.name) or self._profile

    def _kept(self, now: float) -> Issued | None:
        kept = Issued(
            self._profile.get("access_key_id"),
            self._profile.get("access_key_secret"),
            self._profile.get("sts_token"),
            _seconds(self._profile, "sts_expiration"),
        )
        return kept if kept.security_token and kept.expires - RENEWED_BEFORE > now else None

    def _renewed(self, now: float) -> Issued:
        site = self._site()
        if _seconds(self._profile, "oauth_access_token_expire") - TOKEN_RENEWED_BEFORE <= now:
            self._renew_tokens(site, now)
        (token,) = self._profile.require("oauth_access_token")
        asker = _Asker(self._transport, self._profile)
        issued = asker.post(f"{site.url}/v1/exchange", read_issued, token=token)
        # What can't be kept costs the next task a request, and nothing else.
        self._file.keep_if_possible(
            self._profile.name,
            {
                "access_key_id": issued.access_key_id,
                "access_key_secret": issued.access_key_secret,
                "sts_token": issued.security_token,
                "sts_expiration": int(issued.expires),
            },
        )
        return issued

    def _renew_tokens(self, site: Site, now: float) -> None:
        if not self._profile.get("oauth_refresh_token"):
            raise _ended(self._profile)
        # Before the old token is spent: can the new one be kept?
        self._file.keep(self._profile.name, {})
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self._profile.get("oauth_refresh_token"),
            "client_id": site.client_id,
        }

        def read(answer: dict[str, t.Any]) -> dict[str, t.Any]:
            return {
                "oauth_access_token": str(answer["access_token"]),
                "oauth_refresh_token": str(answer["refresh_token"]),
                "oauth_access_token_expire": int(now) + int(answer.get("expires_in", 3600)),
            }

        asker = _Asker(self._transport, self._profile)
        self._file.keep(self._profile.name, asker.post(f"{site.url}/v1/token", read, body=form))
        self._reread()

    def _site(self) -> Site:
        name = self._profile.get("oauth_site_type") or "CN"
        if name.upper() not in SITES:
            raise no_credentials(self._profile.told, f"its oauth_site_type {name} is not known")
        return SITES[name.upper()]


_T = t.TypeVar("_T")


@dataclass(frozen=True)
class _Asker:
    """Sends what belongs to a profile."""

    transport: Transport
    profile: Profile

    def post(
        self,
        address: str,
        read: Callable[[dict[str, t.Any]], _T],
        *,
        token: str | None = None,
        body: str | dict[str, str] | None = None,
    ) -> _T:
        headers = {"Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if not isinstance(body, dict):
            headers["Content-Type"] = "application/json"
        try:
            answer = self.transport.exchange("POST", address, headers, body=body)
            return read(json.loads(answer.content))
        # What came may hold a secret, and so may the text of exceptions about it.
        except UNUSABLE as exc:
            status = getattr(getattr(exc, "response", None), "status_code", 0)
            if status in _REFUSALS:
                raise _ended(self.profile, f", status {status}") from None
            host = urlsplit(address).netloc
            raise no_credentials(self.profile.told, f"{reason_of(exc)} ({host})") from None


def _ended(profile: Profile, how: str = "") -> CredentialError:
    return no_credentials(
        profile.told,
        f"its sign-in has ended or is refused{how}. Sign in again: aliyun configure --mode "
        f"{profile.mode} --profile {profile.name}",
    )


def _seconds(profile: Profile, name: str) -> int:
    value = profile.get(name)
    return int(value) if value.isdecimal() else 0

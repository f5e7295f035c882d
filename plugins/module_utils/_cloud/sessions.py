# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions that STS hands out, for a credential or for the token of an OIDC provider."""

from __future__ import annotations

import typing as t
from pathlib import Path

from .credentials import Issued, Session, no_credentials
from .sender import Request
from .services import STS
from .times import timestamp

if t.TYPE_CHECKING:
    from .credentials import Credential, Role
    from .sender import Answer, Sender


class Sts:
    """Asks STS for sessions."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def assume(self, role: Role, source: Credential) -> Session:
        """Return a session of the role, for which `source` asks; raises RamError."""
        request = Request(STS, "AssumeRole", role.parameters())

        def ask() -> Issued:
            return self._sender.send(request, source, _issued, f"assume role {role.arn}")

        return Session(self._sender.sdk, ask, self._sender.server_time, source)

    def trade(self, role: Role, provider_arn: str, token_file: str) -> Session:
        """Return a session of the role for the token in a file; raises RamError."""
        parameters = {**role.parameters(), "OIDCProviderArn": provider_arn}

        def ask() -> Issued:
            secrets = {"OIDCToken": _read_token(token_file)}
            request = Request(STS, "AssumeRoleWithOIDC", parameters, secrets, is_anonymous=True)
            doing = f"assume role {role.arn} with the OIDC token"
            return self._sender.send(request, None, _issued, doing)

        return Session(self._sender.sdk, ask, self._sender.server_time)


def _issued(answer: Answer) -> Issued:
    return read_issued(answer["Credentials"])


def read_issued(told: dict[str, t.Any]) -> Issued:
    """Return temporary credentials as all services write them; ValueError if they never end."""
    expires = timestamp(told["Expiration"])
    if expires is None:
        raise ValueError("this is no end of a session")
    return Issued(
        access_key_id=str(told["AccessKeyId"]),
        access_key_secret=str(told["AccessKeySecret"]),
        security_token=str(told["SecurityToken"]),
        expires=expires,
    )


def _read_token(path: str) -> str:
    source = f"The OIDC token file {path}"
    try:
        token = Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise no_credentials(source, str(error.strerror)) from None
    except UnicodeError:
        raise no_credentials(source, "it is no text") from None
    if not token:
        raise no_credentials(source, "it is empty")
    return token

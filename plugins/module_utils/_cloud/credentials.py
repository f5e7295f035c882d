# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What signs: a pair, or a session that is renewed before it ends.

To the SDK each of them is a credential; `source` is who asked for a session, None where nobody did.
"""

from __future__ import annotations

import threading
import typing as t
from dataclasses import dataclass

from .errors import CredentialError

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .sdk import Sdk

# Sessions are renewed when so much of them is left, in seconds: more than any request takes.
RENEWED_BEFORE = 300.0


class Credential(t.Protocol):
    """What signs requests."""

    source: Credential | None

    def get_credential(self) -> t.Any:
        """Return the SDK's model of what signs now; raises RamError."""


class Pair:
    """An AccessKey pair, with the token of a session that somebody else keeps."""

    source: Credential | None = None

    def __init__(
        self,
        sdk: Sdk,
        access_key_id: str,
        access_key_secret: str,
        security_token: str | None = None,
    ) -> None:
        self._model = _model(sdk, access_key_id, access_key_secret, security_token)

    def get_credential(self) -> t.Any:
        """Return the pair."""
        return self._model


@dataclass(frozen=True)
class Issued:
    """Temporary credentials as somebody issued them; `expires` in seconds since 1970."""

    access_key_id: str
    access_key_secret: str
    security_token: str
    expires: float


class Session:
    """Temporary credentials that are asked for anew before they end; threads may share it.

    The first ones are asked for when it is made: raises RamError.
    """

    def __init__(
        self,
        sdk: Sdk,
        ask: Callable[[], Issued],
        now: Callable[[], float],
        source: Credential | None = None,
    ) -> None:
        self.source = source
        self._sdk = sdk
        self._ask = ask
        self._now = now
        self._lock = threading.Lock()
        self._issued = ask()

    def get_credential(self) -> t.Any:
        """Return what signs now; raises RamError."""
        with self._lock:
            if self._now() > self._issued.expires - RENEWED_BEFORE:
                self._issued = self._ask()
            issued = self._issued
        return _model(
            self._sdk, issued.access_key_id, issued.access_key_secret, issued.security_token
        )


@dataclass(frozen=True)
class Role:
    """A role to assume, and for how many seconds."""

    arn: str
    session_name: str = "keysmith"
    duration: int = 3600
    external_id: str | None = None
    policy: str | None = None

    @classmethod
    def from_options(cls, given: Mapping[str, t.Any]) -> Role:
        """Read the option assume_role."""
        return cls(
            given["role_arn"],
            given["session_name"],
            given["duration"],
            given["external_id"],
            given["policy"],
        )

    def parameters(self) -> dict[str, t.Any]:
        """Return what STS calls them."""
        optional = {"ExternalId": self.external_id, "Policy": self.policy}
        return {
            "RoleArn": self.arn,
            "RoleSessionName": self.session_name,
            "DurationSeconds": self.duration,
            **{name: value for name, value in optional.items() if value},
        }


def key_id_of(credential: Credential) -> str:
    """Return the id of the key that a credential signs with; raises RamError."""
    return str(credential.get_credential().access_key_id)


def lineage_of(credential: Credential | None) -> Iterator[Credential]:
    """Yield the credential, who asked for it, who asked for that one, and so on."""
    while credential is not None:
        yield credential
        credential = credential.source


def no_credentials(source: str, reason: str) -> CredentialError:
    """Return the error of a source that is given and gives nothing."""
    return CredentialError(f"{source} gives no credentials: {reason}")


def _model(
    sdk: Sdk, access_key_id: str, access_key_secret: str, security_token: str | None
) -> t.Any:
    return sdk.CredentialModel(
        access_key_id=access_key_id,
        access_key_secret=access_key_secret,
        security_token=security_token or None,
        type="sts" if security_token else "access_key",
    )

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prove that a key pair works, by signing a call with it that needs no permission.

A key that is seconds old may not be known everywhere yet, so it gets time before it is given up.
"""

from __future__ import annotations

import time
import typing as t

from ...module_utils._cloud.errors import ApiError, RamError
from ...module_utils._stopping import StoppedError, pause

if t.TYPE_CHECKING:
    from collections.abc import Collection

    from ...module_utils._cloud.client import Client, Identity

NEW_KEY_PATIENCE = 30.0
FIRST_PAUSE = 0.25
PAUSE_BETWEEN_LISTS = 1.0
UNKNOWN = "InvalidAccessKeyId.NotFound"
INACTIVE = "InvalidAccessKeyId.Inactive"
# What the cloud says of a pair that does not sign.
REFUSALS = {
    UNKNOWN: "there is no such key; if it is only seconds old, run again",
    INACTIVE: "the key is inactive",
    "SignatureDoesNotMatch": "the secret is not the one of the key",
}


def verify_pair(
    client: Client, access_key_id: str, secret: str, *, user_id: str | None, patience: float
) -> None:
    """Raise RamError naming the key unless the pair signs for its user in the client's account.

    For `patience` seconds, a key that the server does not know yet is given another chance.
    """
    try:
        prove_pair(client, access_key_id, secret, user_id=user_id, patience=patience)
    except StoppedError as error:
        raise StoppedError(f"Key {access_key_id} is stored, but not verified: {error}") from None
    except StrangerError as error:
        told = f"Key {access_key_id} is stored but signs for {error.arn}"
        raise error.reworded(told) from None
    except RamError as error:
        told = f"Key {access_key_id} is stored but does not sign: {error}"
        raise error.reworded(told) from None


class StrangerError(RamError):
    """A pair signs, but for somebody else."""

    def __init__(self, arn: str) -> None:
        super().__init__(f"it signs for {arn}")
        self.arn = arn


def prove_pair(
    client: Client,
    access_key_id: str,
    secret: str,
    *,
    user_id: str | None,
    patience: float,
    awaited: Collection[str] = (UNKNOWN,),
) -> None:
    """Raise RamError unless the pair signs for its user in the client's account.

    For `patience` seconds, a key that gets one of the codes `awaited` is given another chance.
    """
    signer = client.with_key_pair(access_key_id, secret)
    identity = _identity(signer, time.monotonic() + patience, awaited)
    expected = (client.identity.account_id, user_id or identity.user_id)
    if (identity.account_id, identity.user_id) != expected:
        raise StrangerError(identity.arn)


def sign_once(client: Client, access_key_id: str, secret: str) -> None:
    """Raise RamError unless the pair signs now."""
    _identity(client.with_key_pair(access_key_id, secret), time.monotonic())


def identity_of_pair(
    client: Client, access_key_id: str, secret: str, *, where: str, patience: float = 0.0
) -> Identity:
    """Return whom a pair signs for that stands `where`; RamError if it doesn't sign.

    For `patience` seconds, a key that the server does not know yet is given another chance.
    The id and the secret may have been mixed up, so neither is told, nor what the API says, which
    may quote them.
    """
    try:
        signer = client.with_key_pair(access_key_id, secret)
        return _identity(signer, time.monotonic() + patience)
    except RamError as error:
        told = str(error)
        if error.code:
            reason = REFUSALS.get(error.code, "the API refused the call")
            told = f"this key does not sign: {reason} ({error.code})"
        raise error.reworded(f"{where}: {told}") from None


def _identity(signer: Client, deadline: float, awaited: Collection[str] = (UNKNOWN,)) -> Identity:
    delay = FIRST_PAUSE
    while True:
        try:
            return signer.identity
        except ApiError as error:
            if error.code not in awaited or time.monotonic() + delay > deadline:
                raise
        pause(delay)
        delay *= 2

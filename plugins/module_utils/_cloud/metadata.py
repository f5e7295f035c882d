# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions that an address on the way hands out: a broker's, or that of the ECS instance itself."""

from __future__ import annotations

import json
import typing as t

from .credentials import no_credentials
from .sessions import read_issued
from .transport import RedirectedError

if t.TYPE_CHECKING:
    from .credentials import Issued
    from .transport import Transport

METADATA = "http://100.100.100.200/latest"
# Seconds: it is this very machine that answers, or nobody.
PATIENCE = 1.0
# What comes of an address that nobody answers at, or not with a session.
UNUSABLE = (OSError, ValueError, LookupError, TypeError)
_TOKEN_LIFE = {"X-aliyun-ecs-metadata-token-ttl-seconds": "21600"}


def ask_address(transport: Transport, address: str) -> Issued:
    """Return the session that ALIBABA_CLOUD_CREDENTIALS_URI names; raises CredentialError."""
    try:
        return _session(transport.exchange("GET", address, {}))
    # The address may hold a secret, and so may the text of exceptions about it.
    except UNUSABLE as exc:
        told = "The address in ALIBABA_CLOUD_CREDENTIALS_URI"
        raise no_credentials(told, reason_of(exc)) from None


def ask_instance(transport: Transport, role: str, told: str, *, is_token_needed: bool) -> Issued:
    """Return the session of the instance's role, whatever its name if `role` is empty.

    Raises CredentialError with what messages call it, `told`.
    """
    try:
        headers = _token(transport, is_needed=is_token_needed)
        roles = f"{METADATA}/meta-data/ram/security-credentials/"
        name = role or _asked(transport, "GET", roles, headers).text.strip()
        return _session(_asked(transport, "GET", roles + name, headers))
    except UNUSABLE as exc:
        raise no_credentials(told, reason_of(exc)) from None


def _token(transport: Transport, *, is_needed: bool) -> dict[str, str]:
    try:
        answer = _asked(transport, "PUT", f"{METADATA}/api/token", _TOKEN_LIFE)
    except OSError:
        if is_needed:
            raise
        return {}
    return {"X-aliyun-ecs-metadata-token": answer.text.strip()}


def _asked(transport: Transport, method: str, address: str, headers: dict[str, str]) -> t.Any:
    return transport.exchange(method, address, headers, seconds=PATIENCE, is_near=True)


def _session(answer: t.Any) -> Issued:
    told = json.loads(answer.content)
    if told["Code"] != "Success":
        raise ValueError("no session")
    return read_issued(told)


def reason_of(exc: Exception) -> str:
    """Return why an address gave nothing, in words that hold nothing of what came."""
    answer = getattr(exc, "response", None)
    if answer is not None:
        return f"it answers with status {answer.status_code}"
    if isinstance(exc, RedirectedError):
        return "it redirects, and no redirect is ever followed"
    if isinstance(exc, OSError):
        return _why_not_reached(exc)
    return "it answers with no session"


def _why_not_reached(exc: OSError) -> str:
    # What requests says of an address is both.
    if isinstance(exc, ValueError):
        return "it is no http address"
    return "it answers too late" if "Timeout" in type(exc).__name__ else "it can't be reached"

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who signed a request: freshness, key, status, token and signature, in the gateway's order.

The order of the real gateway is unconfirmed.
"""

from __future__ import annotations

import hmac
import time
import typing as t

from ..cloud.clock import parse_time
from ..cloud.entities import ACTIVE, AccessKey, Caller, Session
from ..errors import ApiError, invalid
from ..policies.network import check_network
from .signatures import read_signature

if t.TYPE_CHECKING:
    from ..cloud.cloud import Cloud
    from .protocol import WireRequest
    from .signatures import Signature

MAX_SKEW_SECONDS = 15 * 60


def authenticate(cloud: Cloud, wire: WireRequest, service: str) -> Caller:
    """Return who signed the request, or refuse it."""
    signature = read_signature(wire)
    _check_timestamp(signature.timestamp)
    if not cloud.nonces.add(signature.nonce):
        raise invalid("SignatureNonceUsed", "The specified signature nonce was used already.")
    key = _find_key(cloud, signature.access_key_id)
    if isinstance(key, Session):
        _check_token(cloud, key, signature.security_token)
        _check_signature(signature, key.secret)
        return Caller(key.access_key_id, key.account, session=key)
    if key.status != ACTIVE:
        raise invalid("InvalidAccessKeyId.Inactive", "The Access Key is disabled.")
    if signature.security_token:
        raise _bad_token("MismatchWithAccessKey", "This AccessKey has no SecurityToken.")
    _check_signature(signature, key.secret)
    check_network(key, wire.source_address)
    key.uses[cloud.clock.timestamp()] = service
    return Caller(key.access_key_id, key.account, user=key.owner)


def known_caller(cloud: Cloud, access_key_id: str) -> Caller | None:
    """Return whose key this is, without any proof."""
    key = cloud.access_keys.get(access_key_id)
    if key:
        return Caller(access_key_id, key.account, user=key.owner)
    session = cloud.sessions.get(access_key_id)
    return Caller(access_key_id, session.account, session=session) if session else None


def _check_timestamp(timestamp: str) -> None:
    try:
        moment = parse_time(timestamp)
    except ValueError:
        raise invalid("InvalidTimeStamp.Format", "The timestamp is not well formatted.") from None
    if abs(moment - time.time()) > MAX_SKEW_SECONDS:
        raise invalid("InvalidTimeStamp.Expired", "The timestamp is more than 15 minutes off.")


def _find_key(cloud: Cloud, access_key_id: str) -> AccessKey | Session:
    key = cloud.access_keys.get(access_key_id) or cloud.sessions.get(access_key_id)
    if key is None:
        raise ApiError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
    return key


def _check_token(cloud: Cloud, session: Session, token: str) -> None:
    if not token:
        raise invalid("MissingSecurityToken", "SecurityToken is mandatory for this action.")
    if not hmac.compare_digest(token.encode(), session.security_token.encode()):
        others = (other.security_token for other in cloud.sessions.values())
        reason = "MismatchWithAccessKey" if token in others else "Malformed"
        raise _bad_token(reason, "Specified SecurityToken is not valid for this AccessKey.")
    if cloud.clock.now() >= session.expires_at:
        raise _bad_token("Expired", "Specified SecurityToken is expired.")


def _bad_token(reason: str, message: str) -> ApiError:
    # Unconfirmed: the status may be 403.
    return invalid(f"InvalidSecurityToken.{reason}", message)


def _check_signature(signature: Signature, secret: str) -> None:
    if not signature.is_made_with(secret):
        # The cloud echoes its string to sign, so a client that prints messages is caught here.
        raise invalid(
            "SignatureDoesNotMatch",
            "Specified signature is not matched with our calculation."
            f" server string to sign is:{signature.string_to_sign}",
        )

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a request is signed; whether a signature is the right one is for `authentication` to say."""

from __future__ import annotations

import base64
import hashlib
import hmac
import typing as t
import urllib.parse
from dataclasses import dataclass, field

from ..errors import ApiError, invalid, missing
from .protocol import ACS3_AUTHORIZATION, is_signed

if t.TYPE_CHECKING:
    from multidict import MultiMapping

    from .protocol import Parameters, WireRequest

ACS3 = "ACS3-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Signature:
    """Who claims to have signed a request, and what the right signature would be."""

    access_key_id: str
    timestamp: str
    nonce: str
    security_token: str
    value: str = field(repr=False)
    string_to_sign: str = field(repr=False)
    compute: t.Callable[[str, str], str] = field(repr=False)

    def is_made_with(self, secret: str) -> bool:
        """Tell whether this secret made the signature."""
        return hmac.compare_digest(
            self.value.encode(), self.compute(secret, self.string_to_sign).encode()
        )


def read_signature(wire: WireRequest) -> Signature:
    """Return what the request says about its signature."""
    if wire.headers.get("Authorization") is not None:
        return _read_acs3(wire)
    if is_signed(wire):
        return _read_rpc(dict(wire.pairs), wire.method)
    raise missing("AccessKeyId")


def _read_acs3(wire: WireRequest) -> Signature:
    headers = wire.headers
    authorization = headers["Authorization"]
    if not authorization.startswith(f"{ACS3} "):
        raise invalid("InvalidSignatureMethod", f"The signature method must be {ACS3}.")
    match = ACS3_AUTHORIZATION.fullmatch(authorization)
    if not match:
        raise _incomplete("The Authorization header is malformed.")
    signed = match["headers"].split(";")
    present = {name.lower() for name in headers}
    # Only what a signature covers may be believed.
    required = {"host", "x-acs-content-sha256"} | {n for n in present if n.startswith("x-acs-")}
    if not required <= set(signed) or not set(signed) <= present or signed != sorted(set(signed)):
        raise _incomplete("SignedHeaders must list host and every x-acs- header, sorted.")
    payload_hash = headers["x-acs-content-sha256"]
    if payload_hash != hashlib.sha256(wire.body).hexdigest():
        raise ApiError(400, "SignatureDoesNotMatch", "x-acs-content-sha256 is not the body's.")
    return Signature(
        access_key_id=match["id"],
        timestamp=_header(headers, "x-acs-date"),
        nonce=_header(headers, "x-acs-signature-nonce"),
        security_token=headers.get("x-acs-security-token", ""),
        value=match["signature"],
        string_to_sign=acs3_string_to_sign(wire.method, wire.query, headers, signed, payload_hash),
        compute=acs3_signature,
    )


def _read_rpc(values: Parameters, method: str) -> Signature:
    for name in ("AccessKeyId", "SignatureMethod", "SignatureNonce", "SignatureVersion"):
        if not values.get(name):
            raise missing(name)
    if values["SignatureMethod"] != "HMAC-SHA1" or values.get("SignatureType"):
        raise invalid("InvalidSignatureMethod", "The signature method must be HMAC-SHA1.")
    if values["SignatureVersion"] != "1.0":
        # Unconfirmed code; no other version of this scheme is documented.
        raise invalid("InvalidSignatureVersion", "The signature version must be 1.0.")
    return Signature(
        access_key_id=values["AccessKeyId"],
        timestamp=values.get("Timestamp", ""),
        nonce=values["SignatureNonce"],
        security_token=values.get("SecurityToken", ""),
        value=values["Signature"],
        string_to_sign=rpc_string_to_sign(method, values),
        compute=rpc_signature,
    )


def _header(headers: MultiMapping[str], name: str) -> str:
    value = headers.get(name)
    if not value:
        raise _incomplete(f"The header {name} is missing.")
    return value


def _incomplete(message: str) -> ApiError:
    # The code is widely reported but not documented for RAM.
    return invalid("IncompleteSignature", message)


def acs3_string_to_sign(
    method: str,
    query: t.Iterable[tuple[str, str]],
    headers: MultiMapping[str],
    signed_headers: t.Sequence[str],
    payload_hash: str,
) -> str:
    """Return what an ACS3-HMAC-SHA256 signature signs."""
    lines = [method, "/", _canonical_query(query)]
    for name in signed_headers:
        values = sorted(value.strip() for value in headers.getall(name))
        lines.append(f"{name}:{','.join(values)}")
    lines += ["", ";".join(signed_headers), payload_hash]
    canonical = "\n".join(lines)
    return f"{ACS3}\n{hashlib.sha256(canonical.encode()).hexdigest()}"


def acs3_signature(secret: str, string_to_sign: str) -> str:
    """Sign with ACS3-HMAC-SHA256."""
    return hmac.new(secret.encode(), string_to_sign.encode(), hashlib.sha256).hexdigest()


def rpc_string_to_sign(method: str, parameters: t.Mapping[str, str]) -> str:
    """Return what an RPC signature of version 1.0 signs."""
    signed = [item for item in parameters.items() if item[0] != "Signature"]
    return f"{method}&%2F&{_encode(_canonical_query(signed))}"


def rpc_signature(secret: str, string_to_sign: str) -> str:
    """Sign with HMAC-SHA1 as RPC version 1.0 does."""
    digest = hmac.new(f"{secret}&".encode(), string_to_sign.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _canonical_query(pairs: t.Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in sorted(pairs))


def _encode(text: str) -> str:
    return urllib.parse.quote(text, safe="")

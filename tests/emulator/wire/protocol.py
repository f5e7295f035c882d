# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The wire: what a request says and how it is signed, and how answers and errors are written.

Knows nothing of accounts; whether a signature is the right one is for `authentication` to say.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import typing as t
import urllib.parse
import uuid
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

from ..errors import ApiError, invalid, missing

if t.TYPE_CHECKING:
    from multidict import MultiMapping

ACS3 = "ACS3-HMAC-SHA256"
FORM = "application/x-www-form-urlencoded"
MAX_GET_LENGTH = 4096
# What a request says about itself; all other parameters are the action's.
ACS3_COMMON = frozenset({"Action", "Format", "Version"})
RPC_COMMON = ACS3_COMMON | {
    "AccessKeyId",
    "RegionId",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureType",
    "SignatureVersion",
    "Timestamp",
}
ACS3_AUTHORIZATION = re.compile(
    r"ACS3-HMAC-SHA256 Credential=(?P<id>[^,\s]+),SignedHeaders=(?P<headers>[^,\s]+)"
    r",Signature=(?P<signature>[^,\s]+)"
)

Parameters = dict[str, str]


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One request as it was read, before anything is believed."""

    method: str
    target: str
    headers: MultiMapping[str]
    # Query and form together, decoded.
    pairs: list[tuple[str, str]]
    # The query alone.
    query: list[tuple[str, str]]
    body: bytes
    action: str
    version: str
    format: str
    access_key_id: str
    parameters: Parameters
    source_address: str
    is_secure: bool


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


def read_request(
    method: str,
    target: str,
    headers: MultiMapping[str],
    body: bytes,
    *,
    source_address: str,
    is_secure: bool,
) -> WireRequest:
    """Read a request; whatever is wrong with it is reported later, when it can be answered."""
    query = urllib.parse.parse_qsl(target.partition("?")[2], keep_blank_values=True)
    pairs = query
    if headers.get("Content-Type", "").partition(";")[0].strip().lower() == FORM:
        pairs = query + urllib.parse.parse_qsl(
            body.decode(errors="replace"), keep_blank_values=True
        )
    values = dict(pairs)
    authorization = headers.get("Authorization")
    # Each scheme is believed only where it signs: ACS3 covers the headers, RPC the parameters.
    if authorization is None:
        common, action, version = RPC_COMMON, values.get("Action"), values.get("Version")
        if "Signature" not in values:
            # Nothing is signed, so nothing can be forged: an anonymous call of a current SDK.
            action = action or headers.get("x-acs-action")
            version = version or headers.get("x-acs-version")
        key_id = values.get("AccessKeyId", "")
    else:
        common = ACS3_COMMON
        action, version = headers.get("x-acs-action"), headers.get("x-acs-version")
        match = ACS3_AUTHORIZATION.fullmatch(authorization)
        key_id = match["id"] if match else ""
    return WireRequest(
        method=method,
        target=target,
        headers=headers,
        pairs=pairs,
        query=query,
        body=body,
        action=action or "",
        version=version or "",
        format=_format(values.get("Format", ""), headers.get("Accept", "")),
        access_key_id=key_id,
        parameters={name: value for name, value in pairs if name not in common},
        source_address=source_address,
        is_secure=is_secure,
    )


def _format(wanted: str, accept: str) -> str:
    # Unconfirmed: the documentation names both XML and JSON as what a silent caller gets.
    if wanted:
        return "xml" if wanted.upper() == "XML" else "json"
    return "xml" if accept.startswith(("application/xml", "text/xml")) else "json"


def check_form(wire: WireRequest) -> None:
    """Refuse what no API call looks like."""
    if wire.target.partition("?")[0] != "/":
        raise unknown_action()
    if wire.method not in ("GET", "POST"):
        raise invalid("UnsupportedHTTPMethod", "Only GET and POST are supported.")
    if wire.method == "GET" and len(wire.target) > MAX_GET_LENGTH:
        # Unconfirmed: only the limit itself is documented.
        raise ApiError(414, "RequestURITooLong", "A GET request may have up to 4 KB.")
    if wire.body and wire.pairs is wire.query:
        raise invalid("InvalidParameter.Format", "The body must be a form.")
    if len(wire.pairs) != len(dict(wire.pairs)):
        raise invalid("InvalidParameter.Format", "A parameter is given twice.")
    if dict(wire.pairs).get("Format", "JSON").upper() not in ("JSON", "XML"):
        raise invalid("InvalidParameter.Format", "Format must be JSON or XML.")
    if not wire.action:
        raise missing("Action")


def unknown_action() -> ApiError:
    """Refuse an action, or a version of one, that does not exist."""
    # Unconfirmed: InvalidApi.NotFound is documented, this is what clients have seen.
    return ApiError(404, "InvalidAction.NotFound", "The specified action does not exist.")


def read_signature(wire: WireRequest) -> Signature:
    """Return what the request says about its signature."""
    if wire.headers.get("Authorization") is not None:
        return _read_acs3(wire)
    if is_signed(wire):
        return _read_rpc(dict(wire.pairs), wire.method)
    raise missing("AccessKeyId")


def is_signed(wire: WireRequest) -> bool:
    """Tell whether a request says that it is signed."""
    return wire.headers.get("Authorization") is not None or any(
        name == "Signature" for name, _value in wire.pairs
    )


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


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it goes over the wire; `code` is the API error it carries, if any."""

    status: int
    body: bytes
    content_type: str
    code: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def success(wire: WireRequest, result: dict[str, t.Any]) -> Reply:
    """Write the result of an action."""
    request_id = str(uuid.uuid4()).upper()
    return _reply(wire, 200, f"{wire.action}Response", {"RequestId": request_id, **result})


def failure(wire: WireRequest, error: ApiError, *, host: str) -> Reply:
    """Write the error body that the cloud would send."""
    query = urllib.parse.urlencode({"q": error.code, "product": "Ram"})
    content: dict[str, t.Any] = {
        "RequestId": str(uuid.uuid4()).upper(),
        "HostId": host or "ram.aliyuncs.com",
        "Code": error.code,
        "Message": error.message,
        "Recommend": f"https://api.aliyun.com/troubleshoot?{query}",
    }
    if error.access_denied_detail:
        content["AccessDeniedDetail"] = error.access_denied_detail
    return _reply(wire, error.status, "Error", content, code=error.code, headers=error.headers)


def _reply(
    wire: WireRequest,
    status: int,
    root: str,
    content: dict[str, t.Any],
    *,
    code: str = "",
    headers: dict[str, str] | None = None,
) -> Reply:
    if wire.format == "xml":
        body = ET.tostring(_element(root, content), encoding="utf-8", xml_declaration=True)
        # Written exactly so, or the Python SDK takes an error for JSON.
        content_type = "text/xml;charset=utf-8"
    else:
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        content_type = "application/json;charset=utf-8"
    # Whether RAM sends this header is unconfirmed; other products do.
    all_headers = {"x-acs-request-id": content["RequestId"], **(headers or {})}
    return Reply(status, body, content_type, code, all_headers)


def _element(name: str, value: t.Any) -> ET.Element:
    element = ET.Element(name)
    if isinstance(value, dict):
        for key, child in value.items():
            items = child if isinstance(child, list) else [child]
            element.extend(_element(key, item) for item in items)
    elif isinstance(value, bool):
        element.text = str(value).lower()
    else:
        element.text = str(value)
    return element

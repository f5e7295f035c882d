# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a request says, before anything is believed; knows nothing of accounts."""

from __future__ import annotations

import re
import typing as t
import urllib.parse
from dataclasses import dataclass

from ..errors import ApiError, invalid, missing

if t.TYPE_CHECKING:
    from multidict import MultiMapping

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
    claim = _claim(headers, values)
    return WireRequest(
        method=method,
        target=target,
        headers=headers,
        pairs=pairs,
        query=query,
        body=body,
        action=claim.action or "",
        version=claim.version or "",
        format=_format(values.get("Format", ""), headers.get("Accept", "")),
        access_key_id=claim.access_key_id,
        parameters={name: value for name, value in pairs if name not in claim.common},
        source_address=source_address,
        is_secure=is_secure,
    )


class _Claim(t.NamedTuple):
    """What a request says that it wants, and by whose key; `common` are no action's parameters."""

    common: frozenset[str]
    action: str | None
    version: str | None
    access_key_id: str


def _claim(headers: MultiMapping[str], values: Parameters) -> _Claim:
    # Each scheme is believed only where it signs: ACS3 covers the headers, RPC the parameters.
    action, version = headers.get("x-acs-action"), headers.get("x-acs-version")
    authorization = headers.get("Authorization")
    if authorization is not None:
        match = ACS3_AUTHORIZATION.fullmatch(authorization)
        return _Claim(ACS3_COMMON, action, version, match["id"] if match else "")
    if "Signature" in values:
        action = version = None
    # Where nothing is signed nothing can be forged: an anonymous call of a current SDK.
    return _Claim(
        RPC_COMMON,
        values.get("Action") or action,
        values.get("Version") or version,
        values.get("AccessKeyId", ""),
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


def is_signed(wire: WireRequest) -> bool:
    """Tell whether a request says that it is signed."""
    return wire.headers.get("Authorization") is not None or any(
        name == "Signature" for name, _value in wire.pairs
    )

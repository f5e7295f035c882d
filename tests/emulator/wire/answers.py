# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How answers and errors are written, in JSON and XML."""

from __future__ import annotations

import json
import typing as t
import urllib.parse
import uuid
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

if t.TYPE_CHECKING:
    from ..errors import ApiError
    from .protocol import WireRequest


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

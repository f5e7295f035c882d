# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an answer has to look like before the SDK reads it, which would tell nobody what came."""

from __future__ import annotations

import json
import typing as t

FIRST_ERROR = 400
# What the SDK reads as a refusal in XML.
XML = "text/xml;charset=utf-8"


class UnreadableError(OSError):
    """Somebody else than the API answered, or only half of its answer came; the text says what."""


def refuse_unreadable(status: int, content_type: str, body: bytes) -> None:
    """Raise UnreadableError unless this may be an answer of the API."""
    if content_type == XML and status >= FIRST_ERROR:
        return
    fault = _fault_of_text(body.strip()) or _fault_of_json(json.loads(body), status)
    if fault:
        raise UnreadableError(f"status {status}, {fault}")


def _fault_of_text(body: bytes) -> str | None:
    if not body:
        return "an empty body"
    if body.startswith(b"<"):
        return "HTML or XML of a gateway"
    try:
        json.loads(body)
    except ValueError:
        is_begun = body.startswith((b"{", b"["))
        return "JSON that is cut off" if is_begun else "a text that is no JSON"
    return None


def _fault_of_json(answer: t.Any, status: int) -> str | None:
    if not isinstance(answer, dict):
        return "JSON that is no mapping"
    if status >= FIRST_ERROR:
        has_code = answer.get("Code") or answer.get("code")
        return None if has_code else "JSON without an error code"
    # The SDK makes an empty model of a body that it can't make sense of, and raises nothing.
    return None if "RequestId" in answer else "JSON without a request id"

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of this collection, and the only place that knows the SDK's exceptions.

RamError                what a caller of the collection may see; its text is fit for a result
├── InputError          an option, file or environment variable is wrong; nothing was sent
├── CredentialError     no usable credentials
├── NotSentError        the request never left: refused, unknown host, no TLS
├── UnansweredError     it was sent, and no usable answer came: carried out or not, nobody knows
└── ApiError            the API refused, with its code and request id
    ├── NotFoundError   `EntityNotExist.*`
    └── ThrottledError  flow control; nothing was carried out

An exception of the SDK holds the URL with every parameter of the request in its text, so that text
is never shown: messages are made of the attempted action, the API's own words, code and request id.
"""

from __future__ import annotations

import traceback
import typing as t
from contextlib import contextmanager
from pathlib import Path

if t.TYPE_CHECKING:
    from collections.abc import Iterator

THROTTLING_PREFIXES = ("Throttling", "Rejected.Throttling")
FIRST_SERVER_ERROR = 500
TOO_MANY_REQUESTS = 429
LONGEST_CHAIN = 10
_PLUGINS = str(Path(__file__).parents[1])


class RamError(Exception):
    """What went wrong, in words that may be shown to the user."""

    code: str | None = None
    request_id: str | None = None

    def as_result(self) -> dict[str, str]:
        """Return the message and, if the API refused, its code and request id."""
        known = {"code": self.code, "request_id": self.request_id}
        return {"msg": str(self), **{name: value for name, value in known.items() if value}}


class InputError(RamError):
    """An option, file or environment variable is wrong; nothing was sent."""


class CredentialError(RamError):
    """No usable credentials were found."""


class NotSentError(RamError):
    """The request never reached the server."""


class UnansweredError(RamError):
    """The request was sent and no usable answer came: it may or may not have been carried out."""


class ApiError(RamError):
    """The API refused the request."""

    def __init__(self, message: str, *, code: str, request_id: str | None) -> None:
        super().__init__(message)
        self.code = code
        self.request_id = request_id


class NotFoundError(ApiError):
    """What the request names does not exist."""


class ThrottledError(ApiError):
    """Flow control refused the request; `retry_after` is the server's wish in seconds, if any."""

    retry_after: float | None = None


@contextmanager
def translated(doing: str, permission: str, endpoint: object) -> Iterator[None]:
    """Turn what a request raises inside into a RamError saying that `doing` failed.

    `doing` is a verb phrase ("create user alice"); `permission` is the RAM action that the request
    needs ("ram:CreateUser"), named when the caller lacks it; `endpoint` is where the request goes.
    """
    try:
        yield
    # Answers that can't be read end in all kinds of exceptions: KeyError, RuntimeError and more.
    except Exception as exc:
        raise _translate(exc, doing, permission, endpoint) from None


@contextmanager
def fine_if(code: str) -> Iterator[None]:
    """Go on after an answer of this code, which only says that all is as wanted already."""
    try:
        yield
    except ApiError as error:
        if error.code != code:
            raise


def unforeseen(exc: Exception) -> RamError:
    """Return what may be told of an exception that nobody foresaw: its place, not its text."""
    frames = traceback.extract_tb(exc.__traceback__)
    place = [frame for frame in frames if frame.filename.startswith(_PLUGINS)][-1]
    where = f"{Path(place.filename).name}, line {place.lineno}"
    return RamError(f"Unexpected {type(exc).__name__} ({where}). Please report this")


def _translate(exc: Exception, doing: str, permission: str, endpoint: object) -> RamError:
    code = getattr(exc, "code", None)
    status = getattr(exc, "status_code", None) or 0
    if not code or code == "None":
        return _transport_error(exc, doing, endpoint)
    if str(code).startswith(THROTTLING_PREFIXES) or status == TOO_MANY_REQUESTS:
        throttled = _api_error(ThrottledError, exc, doing)
        delay = getattr(exc, "retry_after", None)
        throttled.retry_after = delay / 1000 if delay else None
        return throttled
    if status >= FIRST_SERVER_ERROR:
        unanswered = UnansweredError(str(_api_error(ApiError, exc, doing)))
        unanswered.code, unanswered.request_id = str(code), getattr(exc, "request_id", None)
        return unanswered
    if str(code).startswith("EntityNotExist"):
        return _api_error(NotFoundError, exc, doing)
    missing = _missing_permission(exc, permission) if code == "NoPermission" else None
    return _api_error(ApiError, exc, doing, missing=missing)


# Here the API quotes what it would have signed, and a security token is part of that.
_OWN_WORDS = {"SignatureDoesNotMatch": "the secret is not the one of the AccessKey that signs"}
_E = t.TypeVar("_E", bound=ApiError)


def _api_error(kind: type[_E], exc: Exception, doing: str, missing: str | None = None) -> _E:
    data = getattr(exc, "data", None)
    data = data if isinstance(data, dict) else {}
    code = str(getattr(exc, "code", ""))
    request_id = data.get("RequestId") or getattr(exc, "request_id", None)
    reason = _OWN_WORDS.get(code) or str(data.get("Message") or "no reason given").rstrip(".")
    needed = f"; the caller needs {missing}" if missing else ""
    return kind(
        f"Cannot {doing}: {reason}{needed} ({code}, request id {request_id})",
        code=code,
        request_id=request_id,
    )


def _missing_permission(exc: Exception, permission: str) -> str:
    data = getattr(exc, "data", None)
    detail = data.get("AccessDeniedDetail") if isinstance(data, dict) else None
    action = detail.get("AuthAction") if isinstance(detail, dict) else None
    return str(action or permission)


def _transport_error(exc: Exception, doing: str, endpoint: object) -> RamError:
    """Tell the requests that never left from those that may have been carried out."""
    cause = _transport_cause(exc)
    for name, reason in _NEVER_SENT.items():
        if name in cause:
            told = "the proxy can't be reached" if "ProxyError" in cause else reason
            return NotSentError(f"Cannot {doing}: no connection to {endpoint} ({told})")
    for name, reason in _NO_ANSWER.items():
        if name in cause:
            return UnansweredError(f"Cannot {doing}: no answer from {endpoint} ({reason})")
    return UnansweredError(
        f"Cannot {doing}: the answer from {endpoint} is not what the API documents "
        f"({type(exc).__name__})"
    )


_NEVER_SENT = {
    "NameResolutionError": "the host name is unknown",
    "NewConnectionError": "it was refused, or there is no route",
    "ConnectTimeoutError": "timed out, see connect_timeout",
    "SSLCertVerificationError": "its certificate is not trusted, see ca_bundle",
    "InvalidURL": "that is not a valid host",
}
_NO_ANSWER = {
    # Also what becomes of a request that went through the proxy when its connection breaks.
    "ProxyError": "the proxy, or the connection through it, failed",
    "SSLError": "the TLS connection failed",
    "ReadTimeout": "timed out, see read_timeout",
    "ConnectionError": "the connection was closed",
    "ChunkedEncodingError": "the connection was closed in the middle of the answer",
}


_LINKS = ("inner_exception", "reason", "original_error")


def _transport_cause(exc: Exception) -> list[str]:
    """Return the class names along the chain of causes.

    The SDK wraps the transport's exception in one that keeps only its text, so Python's own context
    is what still knows its class; urllib3 keeps its part of the chain in attributes.
    """
    names: list[str] = []
    current: object = exc
    while isinstance(current, BaseException) and len(names) < LONGEST_CHAIN:
        names.append(type(current).__name__)
        first = current.args[0] if current.args else None
        links = [getattr(current, name, None) for name in _LINKS]
        causes = [cause for cause in (*links, first) if isinstance(cause, BaseException)]
        current = causes[0] if causes else current.__context__
    return names

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of this collection, and the only place that knows the SDK's exceptions.

RamError                what a caller of the collection may see; its text is fit for a result
├── InputError          an option, file or environment variable is wrong; nothing was sent
│   └── ProblemsError   several at once
├── CredentialError     no usable credentials
├── NotSentError        the request never left: refused, unknown host, no TLS
├── UnansweredError     it was sent, and no usable answer came: carried out or not, nobody knows
└── ApiError            the API refused, with its code and request id
    ├── NotFoundError   `EntityNotExist.*`
    └── ThrottledError  flow control; nothing was carried out

An exception of the SDK holds the URL with every parameter of the request in its text, so that text
is never shown: messages are made of the attempted action, the API's own words, code and request id.
A message is one line that can be read at a glance, whatever the API says and however many failed.
"""

from __future__ import annotations

import re
import traceback
import typing as t
from contextlib import contextmanager
from pathlib import Path

from .answers import UnreadableError

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from typing_extensions import Self

THROTTLING_PREFIXES = ("Throttling", "Rejected.Throttling")
# Codes that are decided before anything is done.
DECIDED_FIRST = (
    *THROTTLING_PREFIXES,
    "NoPermission",
    "EntityNotExist.",
    "InvalidParameter.",
    "InvalidAccessKeyId.",
    "InvalidTimeStamp.",
    "InvalidSecurityToken.",
    "IncompleteSignature",
    "Missing",
    "SignatureDoesNotMatch",
)
# Codes that come from a gateway, or for the repetition of a request that somebody on the way made:
# what became of the request itself, they don't tell.
UNDECIDED = ("SignatureNonceUsed", "ServiceUnavailable")
REQUEST_TIMEOUT = 408
TOO_MANY_REQUESTS = 429
FIRST_SERVER_ERROR = 500
LONGEST_CHAIN = 10
LONGEST_REASON = 300
LONGEST_NAME = 80
NAMES_SHOWN = 3
PROBLEMS_SHOWN = 2
_PLUGINS = str(Path(__file__).parents[2])


class RamError(Exception):
    """What went wrong, in words that may be shown to the user."""

    code: str | None = None
    request_id: str | None = None
    # Whether the cloud is known to have done nothing; otherwise it may have.
    is_refusal = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self._message = message

    def __str__(self) -> str:
        return self._message

    def reworded(self, message: str) -> Self:
        """Return this very error, whose kind, code and request id stay, with another message."""
        self._message = message
        return self

    def as_result(self) -> dict[str, t.Any]:
        """Return the message and, if the API refused, its code and request id."""
        known = {"code": self.code, "request_id": self.request_id}
        return {"msg": str(self), **{name: value for name, value in known.items() if value}}


class InputError(RamError):
    """An option, file or environment variable is wrong; nothing was sent."""

    is_refusal = True


class ProblemsError(InputError):
    """Several things are wrong at once; the message tells the first of them, the result all."""

    def __init__(self, problems: Sequence[str], *, introduction: str = "") -> None:
        more = len(problems) - PROBLEMS_SHOWN
        rest = f"; and {more} more, see problems" if more > 0 else ""
        super().__init__(introduction + "; ".join(problems[:PROBLEMS_SHOWN]) + rest)
        self._problems = list(problems)

    def as_result(self) -> dict[str, t.Any]:
        """Return the message and all problems."""
        return {**super().as_result(), "problems": self._problems}


class CredentialError(RamError):
    """No usable credentials were found."""

    is_refusal = True


class NotSentError(RamError):
    """The request never reached the server."""

    is_refusal = True


class UnansweredError(RamError):
    """The request was sent and no usable answer came: it may or may not have been carried out."""


class ApiError(RamError):
    """The API refused the request."""

    def __init__(self, message: str, *, code: str, request_id: str | None) -> None:
        super().__init__(message)
        self.code = code
        self.request_id = request_id
        self.is_refusal = self.is_refusal or code.startswith(DECIDED_FIRST)


class NotFoundError(ApiError):
    """What the request names does not exist."""


class ThrottledError(ApiError):
    """Flow control refused the request; `retry_after` is the server's wish in seconds, if any."""

    is_refusal = True
    retry_after: float | None = None


@contextmanager
def translated(doing: str, permission: str, endpoint: object) -> Iterator[None]:
    """Turn what a request raises inside into a RamError saying that `doing` failed.

    `doing` is a verb phrase ("create user alice"); `permission` is the RAM action that the request
    needs ("ram:CreateUser"), named when the caller lacks it; `endpoint` is where the request goes.
    """
    try:
        yield
    except RamError:
        raise
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


def unforeseen(exc: BaseException) -> RamError:
    """Return what may be told of an exception that nobody foresaw: its place, not its text."""
    frames = traceback.extract_tb(exc.__traceback__)
    place = [frame for frame in frames if frame.filename.startswith(_PLUGINS)][-1]
    where = f"{Path(place.filename).name}, line {place.lineno}"
    return RamError(f"Unexpected {type(exc).__name__} ({where}). Please report this")


def told_error(error: Exception) -> RamError:
    """Return an error that may be told: one of ours as it is, any other one as unforeseen."""
    return error if isinstance(error, RamError) else unforeseen(error)


def named_together(names: Sequence[str]) -> str:
    """Return the first of the names, and how many more there are."""
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def told_together(
    errors: Sequence[RamError], failed: Sequence[str], total: int, *, what: str = "users"
) -> dict[str, t.Any]:
    """Return the first of several errors as a result, with which of so many of `what` `failed`.

    The message only begins to tell: the result is to show each one's own error in its list `what`.
    """
    first = errors[0].as_result()
    if total == 1 or not failed:
        return first
    others = f". Each one's own error is in {what}" if len(failed) > 1 else ""
    msg = (
        f"{len(failed)} of {total} {what} failed ({named_together(failed)}): {first['msg']}{others}"
    )
    return {**first, "msg": msg}


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
    is_of_gateway = status >= FIRST_SERVER_ERROR or status == REQUEST_TIMEOUT
    if is_of_gateway or str(code).startswith(UNDECIDED):
        refusal = _api_error(ApiError, exc, doing)
        unanswered = UnansweredError(str(refusal))
        unanswered.code, unanswered.request_id = refusal.code, refusal.request_id
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
    code = _readable(getattr(exc, "code", ""), LONGEST_NAME)
    request_id = _readable(data.get("RequestId") or getattr(exc, "request_id", None), LONGEST_NAME)
    told = _readable(data.get("Message"), LONGEST_REASON).rstrip(".")
    reason = _OWN_WORDS.get(code) or told or "no reason given"
    needed = f"; the caller needs {missing}" if missing else ""
    reference = f"{code}, request id {request_id}" if request_id else code
    return kind(
        f"Cannot {doing}: {reason}{needed} ({reference})", code=code, request_id=request_id or None
    )


def _readable(told: object, longest: int) -> str:
    """Return what the server tells in one line, neither long nor able to control a terminal."""
    # The SDK makes "None" of what an answer lacks.
    known = "" if told in (None, "None") else str(told)
    text = "".join(c if c.isprintable() else " " for c in known)
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[:longest]}..."


def _missing_permission(exc: Exception, permission: str) -> str:
    data = getattr(exc, "data", None)
    detail = data.get("AccessDeniedDetail") if isinstance(data, dict) else None
    action = detail.get("AuthAction") if isinstance(detail, dict) else None
    return _readable(action, LONGEST_NAME) or permission


def _transport_error(exc: Exception, doing: str, endpoint: object) -> RamError:
    """Tell the requests that never left from those that may have been carried out."""
    causes = _causes(exc)
    never_sent = _why_never_sent(causes)
    if never_sent:
        return NotSentError(f"Cannot {doing}: no connection to {endpoint} ({never_sent})")
    reason = _first_named(_NO_ANSWER, causes)
    if reason:
        return UnansweredError(f"Cannot {doing}: no answer from {endpoint} ({reason})")
    return UnansweredError(
        f"Cannot {doing}: the answer from {endpoint} is not one of the API ({_oddity(exc, causes)})"
    )


def _why_never_sent(causes: Sequence[BaseException]) -> str | None:
    refused = [match for cause in causes if (match := _REFUSED_BY_PROXY.match(str(cause)))]
    if refused:
        return f"the proxy refuses it with status {refused[0][1]}"
    reason = _first_named(_NEVER_SENT, causes)
    is_of_proxy = any(type(cause).__name__ == "ProxyError" for cause in causes)
    return "the proxy can't be reached" if reason and is_of_proxy else reason


def _first_named(reasons: Mapping[str, str], causes: Sequence[BaseException]) -> str | None:
    names = {type(cause).__name__ for cause in causes}
    return next((reason for name, reason in reasons.items() if name in names), None)


def _oddity(exc: Exception, causes: Sequence[BaseException]) -> str:
    unreadable = [cause for cause in causes if isinstance(cause, UnreadableError)]
    if unreadable:
        return str(unreadable[0])
    # What the answer should have, and nothing of what it has.
    if isinstance(exc, KeyError):
        return f"{_readable(exc.args[0], LONGEST_NAME)} is missing"
    return type(exc).__name__


# What the standard library says of a proxy that answers CONNECT with anything but success.
_REFUSED_BY_PROXY = re.compile(r"Tunnel connection failed: (\d{3})\b")
_NEVER_SENT = {
    "TooLateError": "it took more than a minute until it could be sent",
    "NameResolutionError": "the host name is unknown",
    "NewConnectionError": "it was refused, or there is no route",
    "ConnectTimeoutError": "timed out, see connect_timeout",
    "SSLCertVerificationError": "its certificate is not trusted, see ca_bundle",
    "InvalidURL": "that is not a valid host",
    "LocationParseError": "that is not a valid host",
}
_NO_ANSWER = {
    # Also what becomes of a request that went through the proxy when its connection breaks.
    "RedirectedError": "it redirects, and no redirect is ever followed",
    "ProxyError": "the proxy, or the connection through it, failed",
    "SSLError": "the TLS connection failed",
    "ReadTimeout": "timed out, see read_timeout",
    "ReadTimeoutError": "timed out, see read_timeout",
    "ConnectionError": "the connection was closed",
    "ChunkedEncodingError": "the connection was closed in the middle of the answer",
    "ContentDecodingError": "its body can't be unpacked",
}


_LINKS = ("inner_exception", "reason", "original_error")


def _causes(exc: Exception) -> list[BaseException]:
    """Return the exception and those that it came of.

    The SDK wraps the transport's exception in one that keeps only its text, so Python's own context
    is what still knows its class; urllib3 keeps its part of the chain in attributes. An error of
    ours ends the chain: while that of another request is handled, it is the context of this one.
    """
    causes: list[BaseException] = []
    current: object = exc
    while isinstance(current, BaseException) and len(causes) < LONGEST_CHAIN:
        if isinstance(current, RamError):
            break
        causes.append(current)
        first = current.args[0] if current.args else None
        links = [getattr(current, name, None) for name in _LINKS]
        known = [cause for cause in (*links, first) if isinstance(cause, BaseException)]
        current = known[0] if known else current.__context__
    return causes

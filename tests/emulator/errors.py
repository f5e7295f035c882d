# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors that an API action can answer with: a documented code, an HTTP status, a message."""

from __future__ import annotations

import typing as t


class ApiError(Exception):
    """An API call is refused."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        access_denied_detail: dict[str, str] | None = None,
        headers: t.Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.access_denied_detail = access_denied_detail
        self.headers = dict(headers or {})


def invalid(code: str, message: str) -> ApiError:
    """Refuse a call whose input is wrong."""
    return ApiError(400, code, message)


def invalid_parameter(parameter: str, message: str) -> ApiError:
    """Refuse a value; `parameter` is a name, or a name and the broken rule (`UserName.Length`)."""
    return invalid(f"InvalidParameter.{parameter}", message)


def missing(parameter: str) -> ApiError:
    """Refuse a request that lacks what every request has; the gateway's form."""
    return invalid(f"Missing{parameter}", f"{parameter} is mandatory for this action.")


def missing_parameter(parameter: str, *, code: str = "MissingParameter") -> ApiError:
    """Refuse a call that lacks a parameter of its action."""
    # Released clients compare RAM's code with exactly this.
    return invalid(code, f"The parameter {parameter} is mandatory for this action.")


def not_emulated(message: str) -> ApiError:
    """Refuse what the cloud can do and this emulator can't."""
    return invalid("NotEmulated", message)


def throttled(status: int = 400, headers: t.Mapping[str, str] | None = None) -> ApiError:
    """Return the error of the flow control."""
    # Unconfirmed for RAM: whether the status is 400, 429 or 503, and whether it names a delay.
    message = "Request was denied due to user flow control."
    return ApiError(status, "Throttling.User", message, headers=headers)


def entity_not_exist(kind: str) -> ApiError:
    """Refuse a call on something that is not there; `kind` is `User`, `User.AccessKey`, ..."""
    return ApiError(404, f"EntityNotExist.{kind}", f"The {_words(kind)} does not exist.")


def entity_already_exists(kind: str) -> ApiError:
    """Refuse to make something a second time."""
    return ApiError(409, f"EntityAlreadyExists.{kind}", f"The {_words(kind)} already exists.")


def delete_conflict(kind: str) -> ApiError:
    """Refuse to delete something that others depend on; `kind` is `User.AccessKey`, ..."""
    owner, _dot, rest = kind.partition(".")
    return ApiError(
        409, f"DeleteConflict.{kind}", f"The {_words(owner)} still has: {_words(rest)}."
    )


def limit_exceeded(kind: str, quota: int) -> ApiError:
    """Refuse to make more of something than the quota allows."""
    return ApiError(409, f"LimitExceeded.{kind}", f"The quota of {_words(kind)} is {quota}.")


def _words(kind: str) -> str:
    return kind.replace(".", " ").lower()

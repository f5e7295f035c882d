# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AccessKeys: what they are, one function per API call, and how a lost answer is settled."""

from __future__ import annotations

import typing as t
from contextlib import suppress
from dataclasses import dataclass, field, replace

from .._cloud.client import nothing
from .._cloud.errors import InputError, NotFoundError, RamError, fine_if
from .._cloud.retry import ANY_NUMBER, Attempts
from .._cloud.services import IMS, RAM
from .._cloud.times import timestamp
from .._stopping import StoppedError
from .names import refuse_bad_names

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .._cloud.client import Answer, Client

_T = t.TypeVar("_T")

ACTIVE = "Active"
INACTIVE = "Inactive"
QUOTA = 2


@dataclass(frozen=True)
class AccessKey:
    """An AccessKey; the secret is known only when this run created it."""

    access_key_id: str | None
    status: str
    create_date: str | None = None
    last_used_date: str | None = None
    user_name: str | None = None
    access_key_secret: str | None = field(default=None, repr=False)

    def as_result(self) -> dict[str, t.Any]:
        """Return the key as modules show it; with its secret if this run created it."""
        shown = self.as_diff()
        if self.access_key_secret is not None:
            shown["access_key_secret"] = self.access_key_secret
        return shown

    def as_diff(self) -> dict[str, t.Any]:
        """Return what may be shown to anybody."""
        return {
            "user_name": self.user_name,
            "access_key_id": self.access_key_id,
            "status": self.status,
            "create_date": self.create_date,
        }

    def as_info(self) -> dict[str, t.Any]:
        """Return what may be shown to anybody, with the last use, which must have been read."""
        return {**self.as_diff(), "last_used_date": self.last_used_date}

    @property
    def is_active(self) -> bool:
        """Tell whether the key can sign."""
        return self.status == ACTIVE

    def described(self, now: float, used: str = "") -> str:
        """Return id, status, age and `used` in a line that helps to choose between keys."""
        created = timestamp(self.create_date)
        age = "" if created is None else f"{int((now - created) // 86400)} days old"
        return f"{self.access_key_id} ({', '.join(filter(None, (self.status, age, used)))})"


class AccessKeyApi:
    """The calls about the keys of one RAM user, or of the account itself; each raises RamError.

    `owner` says in words whose keys these are.
    """

    def __init__(self, client: Client, user_name: str | None) -> None:
        self._client = client
        self._user_name = user_name
        self.owner = f"user {user_name}" if user_name else "the account"

    def list_keys(self) -> list[AccessKey]:
        """Return the keys, without secrets and without last use."""

        def read(answer: Answer) -> list[AccessKey]:
            return [self._access_key(item) for item in answer["AccessKeys"]["AccessKey"]]

        return self._call("ListAccessKeys", f"list AccessKeys of {self.owner}", read)

    def create(self, announce: Callable[[], object]) -> AccessKey:
        """Create a key; only this answer ever holds the secret, so it is never asked for twice.

        `announce` is called each time the request is about to be sent: after throttling, again.
        """

        def read(answer: Answer) -> AccessKey:
            created = answer["AccessKey"]
            return replace(self._access_key(created), access_key_secret=created["AccessKeySecret"])

        doing = f"create AccessKey for {self.owner}"
        once = Attempts(repeatable=False, announce=announce)
        return self._call("CreateAccessKey", doing, read, once)

    def set_status(self, access_key_id: str, status: str) -> None:
        """Set the key Active or Inactive."""
        verb = "activate" if status == ACTIVE else "disable"
        doing = f"{verb} AccessKey {access_key_id} of {self.owner}"
        self._call("UpdateAccessKey", doing, nothing, UserAccessKeyId=access_key_id, Status=status)

    def delete(self, access_key_id: str) -> None:
        """Delete the key; one that is gone already is fine."""
        doing = f"delete AccessKey {access_key_id} of {self.owner}"
        with fine_if("EntityNotExist.User.AccessKey"):
            self._call("DeleteAccessKey", doing, nothing, UserAccessKeyId=access_key_id)

    def last_used(self, access_key_id: str) -> str | None:
        """Return when the key last signed (recorded with a delay of hours), None if never."""

        def read(answer: Answer) -> str | None:
            # What a key that never signed gets is not documented; the console's report shows "-".
            # Released tools that compare with "N/A" take it for "never", as the emulator does.
            date = (answer.get("AccessKeyLastUsed") or {}).get("LastUsedDate")
            if date is not None and not isinstance(date, str):
                raise TypeError
            return date if date not in {None, "", "-", "N/A"} else None

        doing = f"read last use of AccessKey {access_key_id} of {self.owner}"
        return self._call("GetAccessKeyLastUsed", doing, read, UserAccessKeyId=access_key_id)

    def _call(
        self,
        action: str,
        doing: str,
        read: Callable[[Answer], _T],
        attempts: Attempts = ANY_NUMBER,
        **parameters: str,
    ) -> _T:
        if self._user_name is None:
            # Without a user name RAM documents these calls for RAM users, IMS for accounts too.
            return self._client.call(IMS, action, parameters, read, doing=doing, attempts=attempts)
        named = {"UserName": self._user_name, **parameters}
        return self._client.call(RAM, action, named, read, doing=doing, attempts=attempts)

    def _access_key(self, item: dict[str, t.Any]) -> AccessKey:
        return AccessKey(
            access_key_id=item["AccessKeyId"],
            status=item["Status"],
            create_date=item.get("CreateDate"),
            user_name=self._user_name,
        )


def find_keys(client: Client, user_name: str | None) -> list[AccessKey] | None:
    """Return the keys of a RAM user or of the account (None), None if there is no such user."""
    try:
        return AccessKeyApi(client, user_name).list_keys()
    except NotFoundError:
        return None


def list_with_last_use(client: Client, user_name: str | None) -> list[AccessKey]:
    """Return the keys with their last use, none if there is no such user."""
    api = AccessKeyApi(client, user_name)
    found = []
    for key in find_keys(client, user_name) or []:
        # One that is gone meanwhile is no longer a key of the user.
        with suppress(NotFoundError):
            found.append(replace(key, last_used_date=api.last_used(str(key.access_key_id))))
    return found


def describe_keys(client: Client, user_name: str | None, keys: Sequence[AccessKey]) -> str:
    """Return these keys of one owner with what helps to choose between them, in one line."""
    api = AccessKeyApi(client, user_name)
    now = client.server_time()
    try:
        dates = [api.last_used(str(key.access_key_id)) for key in keys]
    except StoppedError:
        raise
    except RamError as error:
        # The line is part of a message about something else, which must not get lost.
        shown = ", ".join(key.described(now) for key in keys)
        return f"{shown}; when they were last used is not known ({error})"
    uses = [f"last used {date}" if date else "never used" for date in dates]
    return ", ".join(key.described(now, used) for key, used in zip(keys, uses, strict=True))


def key_owners(
    client: Client, user_names: Sequence[str] | None, *, for_account: bool
) -> list[str | None]:
    """Return whose keys are meant, each once, None for the account; InputError if unclear."""
    if (user_names is None) != for_account:
        raise InputError("Whose keys? Say either which user, or for_account: true")
    if user_names is not None:
        refuse_bad_names(user_names)
        return list(dict.fromkeys(user_names))
    if not client.identity.is_account:
        raise InputError(
            f"for_account needs a key of the account, but {client.identity.arn} signs this run"
        )
    return [None]

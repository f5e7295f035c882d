# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of one account: its entities, clock, ids, quotas and site. Rules live in `actions`."""

from __future__ import annotations

import itertools
import random
import string
import time
import typing as t
from collections import deque
from dataclasses import dataclass, field

from .entities import SYSTEM, AccessKey, Entity, Group, MfaDevice, Policy, Role, Session, User
from .system_policies import system_policies

# A request may be dated 15 minutes ahead and replayed until it is 15 minutes old.
NONCE_MEMORY_SECONDS = 2 * 15 * 60
ALPHANUMERIC = string.ascii_letters + string.digits

EntityT = t.TypeVar("EntityT", bound=Entity)
_random = random.SystemRandom()


def random_text(length: int, alphabet: str = ALPHANUMERIC) -> str:
    """Return an unpredictable text."""
    return "".join(_random.choices(alphabet, k=length))


def random_digits(length: int) -> str:
    """Return an unpredictable number of exactly this many digits."""
    return random_text(1, "123456789") + random_text(length - 1, string.digits)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key pair of the account itself."""

    access_key_id: str
    access_key_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Quotas:
    """How many of each thing there may be."""

    users: int = 5000
    groups: int = 300
    policies: int = 1500
    roles: int = 1000
    mfa_devices: int = 5000
    access_keys_per_user: int = 2
    # Unconfirmed: the documentation names this quota without its value.
    access_keys_of_account: int = 2
    groups_per_user: int = 10
    system_policies_per_principal: int = 20
    custom_policies_per_principal: int = 10
    versions_per_policy: int = 5


class Clock:
    """The account's time, which tests advance; it dates what is stored and answered.

    Whether a request is fresh is not judged by this clock: its client lives in real time, and would
    be refused for good once the account is more than 15 minutes ahead.
    """

    def __init__(self) -> None:
        self._offset = 0.0
        self._second = -1
        self._timestamp = ""
        self._http_date = ""

    def advance(self, seconds: float) -> None:
        """Move the account's time forward."""
        self._offset += seconds

    def now(self) -> float:
        """Return the account's time in seconds since the epoch."""
        return time.time() + self._offset

    def timestamp(self) -> str:
        """Return the account's time as the API writes it."""
        self._refresh()
        return self._timestamp

    def http_date(self) -> str:
        """Return the account's time as an HTTP header has it."""
        self._refresh()
        return self._http_date

    def _refresh(self) -> None:
        second = int(self.now())
        if second != self._second:
            self._second = second
            self._timestamp = format_time(second)
            self._http_date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(second))


def format_time(seconds: float) -> str:
    """Write a time as the API does."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class NonceMemory:
    """The nonces that were used lately."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._by_time: deque[tuple[float, str]] = deque()

    def add(self, nonce: str) -> bool:
        """Remember a nonce; return False if it is known already."""
        now = time.monotonic()
        while self._by_time and self._by_time[0][0] < now - NONCE_MEMORY_SECONDS:
            self._known.discard(self._by_time.popleft()[1])
        if nonce in self._known:
            return False
        self._known.add(nonce)
        self._by_time.append((now, nonce))
        return True


class Table(t.Generic[EntityT]):
    """Entities of one kind by name, in order of creation.

    Whether names that differ only in case may exist side by side is unconfirmed. The stricter
    reading holds on both sides: such a name cannot be taken, and finding one needs its exact form.
    """

    def __init__(self, numbers: t.Iterator[int]) -> None:
        self._numbers = numbers
        self._by_number: dict[int, EntityT] = {}
        self._by_name: dict[str, EntityT] = {}

    def __len__(self) -> int:
        return len(self._by_number)

    def __iter__(self) -> t.Iterator[EntityT]:
        return iter(self._by_number.values())

    def find(self, name: str) -> EntityT | None:
        """Return the entity of exactly this name, or None."""
        entity = self._by_name.get(name.lower())
        return entity if entity and entity.name == name else None

    def holder(self, name: str) -> EntityT | None:
        """Return the entity that keeps others from taking this name, or None."""
        return self._by_name.get(name.lower())

    def add(self, entity: EntityT) -> None:
        """Add an entity whose name is free."""
        entity.number = next(self._numbers)
        self._by_number[entity.number] = entity
        self._by_name[entity.name.lower()] = entity

    def rename(self, entity: EntityT, name: str) -> None:
        """Give an entity a name that is free, or its own in another case."""
        del self._by_name[entity.name.lower()]
        entity.name = name
        self._by_name[name.lower()] = entity

    def remove(self, entity: EntityT) -> None:
        """Forget an entity."""
        del self._by_number[entity.number]
        del self._by_name[entity.name.lower()]


class Account:
    """Everything that one account holds."""

    def __init__(
        self, account_id: str, root: Credentials, *, site: str = "cn", page_size: int = 1000
    ) -> None:
        self.account_id = account_id
        self.stores_contact_data = site == "cn"
        self.page_size = page_size
        self.quotas = Quotas()
        self.clock = Clock()
        self.nonces = NonceMemory()
        numbers = itertools.count(1)
        self.system_policies: Table[Policy] = Table(numbers)
        self.custom_policies: Table[Policy] = Table(numbers)
        self.users: Table[User] = Table(numbers)
        self.groups: Table[Group] = Table(numbers)
        self.roles: Table[Role] = Table(numbers)
        self.mfa_devices: Table[MfaDevice] = Table(numbers)
        # Every key of the account and its users, and every temporary one, by id.
        self.access_keys: dict[str, AccessKey] = {}
        self.sessions: dict[str, Session] = {}
        # The keys of the account itself.
        self.root_keys: dict[str, AccessKey] = {}
        # Every secret and token that was ever handed out, those of deleted keys too.
        self.secrets: list[str] = []
        for policy in system_policies():
            self.system_policies.add(policy)
        self.add_access_key(
            AccessKey(root.access_key_id, root.access_key_secret, None, self.clock.timestamp())
        )

    def keys_of(self, owner: User | None) -> dict[str, AccessKey]:
        """Return the keys of a user, or of the account itself."""
        return owner.access_keys if owner else self.root_keys

    def add_access_key(self, key: AccessKey) -> None:
        """Give its owner a key."""
        self.secrets.append(key.secret)
        self.access_keys[key.access_key_id] = key
        self.keys_of(key.owner)[key.access_key_id] = key

    def add_session(self, session: Session) -> None:
        """Let temporary credentials sign."""
        self.secrets += [session.secret, session.security_token]
        self.sessions[session.access_key_id] = session

    def remove_access_key(self, key: AccessKey) -> None:
        """Forget a key."""
        del self.access_keys[key.access_key_id]
        del self.keys_of(key.owner)[key.access_key_id]

    def policies_of_type(self, policy_type: str) -> Table[Policy]:
        """Return the system policies or the custom ones: two name spaces."""
        return self.system_policies if policy_type == SYSTEM else self.custom_policies

    def arn(self, rest: str) -> str:
        """Return the ARN of something of this account, such as `user/alice`."""
        return f"acs:ram::{self.account_id}:{rest}"


def new_credentials(secret: str | None = None) -> Credentials:
    """Return a new key pair, with this secret if one is given."""
    return Credentials(f"LTAI5t{random_text(18)}", secret or random_text(30))

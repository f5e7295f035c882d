# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one account holds, and how much of it. Rules live in `actions`."""

from __future__ import annotations

import functools
import itertools
import typing as t
from dataclasses import dataclass

from ..policies.system import system_policies
from .credential_report import ReportDesk
from .entities import (
    SYSTEM,
    AccessKey,
    Entity,
    Group,
    MfaDevice,
    OidcProvider,
    Policy,
    Role,
    SamlProvider,
    User,
)
from .flow_control import FlowControl
from .preferences import PasswordPolicy, SecurityPreference
from .recycle_bin import RecycleBin

if t.TYPE_CHECKING:
    from .cloud import Cloud
    from .service_credentials import ServiceCredential

# System policies are older than anything that an account made itself.
FIRST_NUMBER = 100_000
EntityT = t.TypeVar("EntityT", bound=Entity)


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
    # Unconfirmed: the documentation names this quota without its value.
    service_credentials: int = 2


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

    def __init__(self, cloud: Cloud, account_id: str) -> None:
        self.cloud = cloud
        self.clock = cloud.clock
        self.ids = cloud.ids
        self.account_id = account_id
        self.stores_contact_data = cloud.settings.site == "cn"
        self.page_size = cloud.settings.page_size
        self.flow_control = FlowControl(cloud.settings.qps)
        self.quotas = Quotas()
        self.alias = ""
        self._numbers = itertools.count(FIRST_NUMBER)
        self.custom_policies: Table[Policy] = Table(self._numbers)
        self.users: Table[User] = Table(self._numbers)
        self.groups: Table[Group] = Table(self._numbers)
        self.roles: Table[Role] = Table(self._numbers)
        self.mfa_devices: Table[MfaDevice] = Table(self._numbers)
        self.oidc_providers: Table[OidcProvider] = Table(self._numbers)
        self.saml_providers: Table[SamlProvider] = Table(self._numbers)
        self.password_policy = PasswordPolicy()
        self.security_preference = SecurityPreference()
        # From which addresses keys without a policy of their own may be used, as it was set.
        self.network_policy = ""
        # When the account itself logged on last, and whether it uses MFA.
        self.last_login_date = ""
        self.has_mfa = False
        self.reports = ReportDesk(self)
        self.recycle_bin = RecycleBin(self.clock)
        self.service_credentials: dict[str, ServiceCredential] = {}
        # The keys of the account itself.
        self.root_keys: dict[str, AccessKey] = {}

    @functools.cached_property
    def system_policies(self) -> Table[Policy]:
        """The system policies, with this account's attachments; most accounts need none."""
        table: Table[Policy] = Table(itertools.count(1))
        for policy in system_policies():
            table.add(policy)
        return table

    @property
    def domain(self) -> str:
        """The domain of the principal names of its users."""
        return f"{self.alias or self.account_id}.onaliyun.com"

    def keys_of(self, owner: User | None) -> dict[str, AccessKey]:
        """Return the keys of a user, or of the account itself."""
        return owner.access_keys if owner else self.root_keys

    def add_access_key(self, key: AccessKey) -> None:
        """Give its owner a key."""
        self.cloud.secrets.append(key.secret)
        self.restore_access_key(key)

    def restore_access_key(self, key: AccessKey) -> None:
        """Give its owner a key back that it had once."""
        self.cloud.access_keys[key.access_key_id] = key
        self.keys_of(key.owner)[key.access_key_id] = key

    def remove_access_key(self, key: AccessKey) -> None:
        """Take a key from its owner; a user's goes to the recycle bin."""
        del self.cloud.access_keys[key.access_key_id]
        del self.keys_of(key.owner)[key.access_key_id]
        if key.owner:
            self.recycle_bin.put_key(key)

    def rename_user(self, user: User, name: str) -> None:
        """Give a user a name that is free."""
        old = self.arn(f"user/{user.name}")
        self.users.rename(user, name)
        self.cloud.replace_principal(old, self.arn(f"user/{name}"))

    def remove_user(self, user: User) -> None:
        """Move a user that has nothing left to the recycle bin."""
        # Unconfirmed: service credentials may be in the way, as keys are.
        for credential_id, credential in list(self.service_credentials.items()):
            if credential.owner is user:
                del self.service_credentials[credential_id]
        self.users.remove(user)
        self.cloud.replace_principal(self.arn(f"user/{user.name}"), user.user_id)
        self.recycle_bin.put_user(user)

    def policies_of_type(self, policy_type: str) -> Table[Policy]:
        """Return the system policies or the custom ones: two name spaces."""
        return self.system_policies if policy_type == SYSTEM else self.custom_policies

    def arn(self, rest: str) -> str:
        """Return the ARN of something of this account, such as `user/alice`."""
        return f"acs:ram::{self.account_id}:{rest}"

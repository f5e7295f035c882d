# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an account holds: users, keys, groups, policies, roles, sessions. Data only, no rules.

Relations are kept on both sides as dictionaries from the other object to the date it was joined, so
that no rule has to search and a rename touches one object.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..policies.language import parse_policy, parse_trust_policy

if t.TYPE_CHECKING:
    from ..policies.language import Statement
    from .account import Account

ACTIVE = "Active"
INACTIVE = "Inactive"
SYSTEM = "System"
VIRTUAL = "VMFA"
U2F = "U2F"
CUSTOM = "Custom"


@dataclass(eq=False, slots=True, kw_only=True)
class Entity:
    """Something with a name; `number` orders all entities of an account by creation."""

    name: str
    create_date: str
    number: int = 0


@dataclass(eq=False, slots=True, kw_only=True)
class Principal(Entity):
    """Something that policies can be attached to."""

    update_date: str
    policies: dict[Policy, str] = field(default_factory=dict)
    # Attachments that hold in one resource group only, by policy and id of the group.
    scoped_policies: dict[tuple[Policy, str], str] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class AccessKey:
    """A key pair; `owner` is None for a key of the account itself."""

    access_key_id: str
    secret: str = field(repr=False)
    account: Account
    owner: User | None
    create_date: str
    status: str = ACTIVE
    # When its status changed last; empty for never.
    update_date: str = ""
    # From which addresses it may be used, as it was set.
    network_policy: str = ""
    # When it signed for which service, by the second.
    uses: dict[str, str] = field(default_factory=dict)

    def last_use(self, until: str) -> tuple[str, str]:
        """Return when it signed last up to a time, and for which service; empty for never."""
        date = max((date for date in self.uses if date <= until), default="")
        return date, self.uses.get(date, "")


@dataclass(eq=False, slots=True)
class LoginProfile:
    """How a user logs on to the console."""

    password: str = field(repr=False)
    create_date: str
    password_reset_required: bool = False
    mfa_bind_required: bool = False
    status: str = ACTIVE
    update_date: str = ""
    # When the password was set, and those that were set before it, the newest last.
    password_date: str = ""
    # Whether the user has not replaced it yet.
    is_initial: bool = True
    old_passwords: list[str] = field(default_factory=list, repr=False)


@dataclass(eq=False, slots=True, kw_only=True)
class MfaDevice(Entity):
    """An MFA device, bound to at most one user; a hardware key exists only while it is bound."""

    serial_number: str
    seed: str = field(repr=False)
    kind: str = VIRTUAL
    user: User | None = None
    activate_date: str = ""


@dataclass(eq=False, slots=True, kw_only=True)
class User(Principal):
    """A RAM user; the international site knows neither phone nor e-mail."""

    user_id: str
    display_name: str = ""
    mobile_phone: str | None = None
    email: str | None = None
    comments: str = ""
    # How and when the user logged on last; empty for never.
    last_login_date: str = ""
    # `active`, or `freeze` for a user that the cloud has frozen.
    status: str = "active"
    tags: dict[str, str] = field(default_factory=dict)
    access_keys: dict[str, AccessKey] = field(default_factory=dict)
    groups: dict[Group, str] = field(default_factory=dict)
    login_profile: LoginProfile | None = None
    mfa_device: MfaDevice | None = None


@dataclass(eq=False, slots=True, kw_only=True)
class Group(Principal):
    """A user group."""

    group_id: str
    display_name: str = ""
    comments: str = ""
    members: dict[User, str] = field(default_factory=dict)


@dataclass(eq=False, slots=True, kw_only=True)
class Role(Principal):
    """A RAM role."""

    role_id: str
    arn: str
    trust_document: str
    max_session_duration: int
    description: str = ""
    allow_console_login: bool = False
    tags: dict[str, str] = field(default_factory=dict)
    # The service that the role belongs to; empty for a role of the account's own.
    service: str = ""
    # Id and date of the task that deletes a service-linked role.
    deletion_task: tuple[str, str] | None = None

    @property
    def trust(self) -> tuple[Statement, ...]:
        """Whom the role trusts."""
        return parse_trust_policy(self.trust_document)


@dataclass(eq=False, slots=True)
class PolicyVersion:
    """One version of a policy's document."""

    version_id: str
    document: str
    create_date: str

    @property
    def statements(self) -> tuple[Statement, ...]:
        """What the document says."""
        return parse_policy(self.document)


@dataclass(eq=False, slots=True, kw_only=True)
class Policy(Entity):
    """A system or custom policy with its versions."""

    policy_type: str
    description: str
    update_date: str
    default_version: str
    versions: dict[str, PolicyVersion]
    last_version: int
    tags: dict[str, str] = field(default_factory=dict)
    attachments: dict[Principal, str] = field(default_factory=dict)
    scoped_attachments: dict[tuple[Principal, str], str] = field(default_factory=dict)

    @property
    def statements(self) -> tuple[Statement, ...]:
        """What the policy says at present."""
        return self.versions[self.default_version].statements


@dataclass(eq=False, slots=True, kw_only=True)
class IdentityProvider(Entity):
    """Somebody else who says who people are, for AssumeRoleWithOIDC or AssumeRoleWithSAML."""

    arn: str
    update_date: str
    description: str = ""


@dataclass(eq=False, slots=True, kw_only=True)
class OidcProvider(IdentityProvider):
    """A provider of OIDC tokens."""

    issuer_url: str
    client_ids: list[str]
    fingerprints: list[str]
    issuance_limit_hours: int


@dataclass(eq=False, slots=True, kw_only=True)
class SamlProvider(IdentityProvider):
    """A provider of SAML assertions."""

    metadata: str
    signature_algorithm: str


@dataclass(eq=False, slots=True)
class Session:
    """Temporary credentials of an assumed role."""

    access_key_id: str
    secret: str = field(repr=False)
    security_token: str = field(repr=False)
    account: Account
    role: Role
    name: str
    expires_at: float
    # The session policy, which narrows what the role may do; None when there is none.
    statements: tuple[Statement, ...] | None
    source_identity: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed a request: the account itself, one of its users, or an assumed role."""

    access_key_id: str
    account: Account
    user: User | None = None
    session: Session | None = None
    # Somebody who brings another proof than a signature.
    is_anonymous: bool = False

    @property
    def is_root(self) -> bool:
        """Tell whether the account itself calls."""
        return self.user is None and self.session is None and not self.is_anonymous

    @property
    def label(self) -> str:
        """Name the caller for the request log."""
        if self.is_anonymous:
            return "anonymous"
        if self.user:
            return self.user.name
        return f"{self.session.role.name}/{self.session.name}" if self.session else "root"

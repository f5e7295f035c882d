# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that the accounts share: time, ids, who signs with what, faults and request log."""

from __future__ import annotations

import json
import typing as t

from ..wire.faults import FaultList
from ..wire.nonces import NonceMemory
from ..wire.request_log import RequestLog
from .account import Account
from .clock import Clock, format_time
from .entities import AccessKey
from .idleness import switch_off_idle
from .ids import Ids

if t.TYPE_CHECKING:
    from .directory import Directory
    from .entities import Session
    from .settings import Settings


class Cloud:
    """All accounts, the management account first."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = Clock(settings.start)
        self.last_use_lag = settings.last_use_lag
        self.source_address = settings.source_address
        self.ids = Ids()
        self.nonces = NonceMemory()
        self.faults = FaultList()
        self.log = RequestLog()
        # Every key of every account and its users, and every temporary one, by id.
        self.access_keys: dict[str, AccessKey] = {}
        self.sessions: dict[str, Session] = {}
        # Every secret and token that was ever handed out, those of deleted keys too.
        self.secrets: list[str] = []
        self.accounts: dict[str, Account] = {}
        self.directory: Directory | None = None
        self.management = self.add_account(settings.account_id)
        root = settings.root
        self.management.add_access_key(
            AccessKey(
                root.access_key_id,
                root.access_key_secret,
                self.management,
                None,
                self.clock.timestamp(),
            )
        )

    def add_account(self, account_id: str) -> Account:
        """Open an empty account."""
        account = self.accounts[account_id] = Account(self, account_id)
        return account

    def last_use_horizon(self) -> str:
        """Return the time up to which the use of keys is known."""
        return format_time(self.clock.now() - self.last_use_lag)

    def replace_principal(self, old: str, new: str) -> None:
        """Let trust policies name a renamed principal by its new ARN, a deleted one by its id.

        How Terraform compares trust policies shows that the cloud does so.
        """
        for account in self.accounts.values():
            for role in account.roles:
                if f'"{old}"' in role.trust_document:
                    role.trust_document = _with_principal(role.trust_document, old, new)

    def forget_idle(self) -> None:
        """Switch off what was idle for longer than its account allows, as the cloud does daily."""
        for account in self.accounts.values():
            switch_off_idle(account)

    def add_session(self, session: Session) -> None:
        """Let temporary credentials sign."""
        self.secrets += [session.secret, session.security_token]
        self.sessions[session.access_key_id] = session


def _with_principal(document: str, old: str, new: str) -> str:
    policy = json.loads(document)
    for statement in policy["Statement"]:
        for names in statement["Principal"].values():
            names[:] = [new if name == old else name for name in names]
    return json.dumps(policy, ensure_ascii=False, separators=(",", ":"))

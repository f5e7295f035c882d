# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way to the cloud: service, action and parameters go in, facts come out."""

from __future__ import annotations

import threading
import typing as t
from dataclasses import dataclass, replace

from .credentials import Pair, Role, key_id_of, lineage_of
from .errors import InputError
from .retry import ANY_NUMBER, Attempts
from .sender import NO_PARAMETERS, Request, Sender
from .services import STS
from .sessions import Sts
from .sources import find_credential

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from .clock import Moment
    from .credentials import Credential
    from .options import ConnectionOptions
    from .sender import Parameters
    from .services import Service

    Answer = dict[str, t.Any]

_T = t.TypeVar("_T")


@dataclass(frozen=True)
class Identity:
    """Who signs: what STS GetCallerIdentity tells."""

    account_id: str
    identity_type: str
    arn: str
    user_id: str
    access_key_id: str

    @property
    def is_account(self) -> bool:
        """Tell whether this is the account itself, not a user or role in it."""
        return self.identity_type == "Account"

    @property
    def ram_user_id(self) -> str | None:
        """Return the id of the RAM user who signs, None for an account or a role."""
        return self.user_id if self.identity_type == "RAMUser" else None


class Client:
    """Sends requests to RAM and its neighbours; safe to share between threads.

    What signs, the endpoints, the proxies and the certificates are its own: neither the environment
    of the process nor another client has a say. If the options name the account, the client asks
    who it is before anything else, and raises InputError in another account.
    """

    def __init__(
        self,
        options: ConnectionOptions,
        credential: Credential | None = None,
        sender: Sender | None = None,
    ) -> None:
        self.options = options
        self._sender = sender or Sender(options)
        sts = Sts(self._sender)
        self._credential = credential or find_credential(options, self._sender, sts)
        self._identity: Identity | None = None
        self._signers: list[Identity] = []
        self._signers_lock = threading.Lock()
        if options.assume_role:
            role = Role.from_options(options.assume_role)
            self._credential = sts.assume(role, self._credential)
        if options.account_id:
            self._refuse_other_account(options.account_id)

    def call(
        self,
        service: Service,
        action: str,
        parameters: Parameters,
        read: Callable[[Answer], _T],
        *,
        doing: str,
        secret_parameters: Parameters = NO_PARAMETERS,
        attempts: Attempts = ANY_NUMBER,
    ) -> _T:
        """Send one request and return what `read` takes out of the answer.

        Parameters have the API's own names; secret ones travel in the body, where no log of
        addresses sees them. `doing` is a verb phrase for messages. An answer that lacks what `read`
        looks up counts as no answer. Raises RamError.
        """
        request = Request(service, action, parameters, secret_parameters)
        return self._sender.send(request, self._credential, read, doing, attempts)

    def close(self) -> None:
        """Leave nothing of it in the process; neither it nor who shares with it may send again."""
        self._sender.transport.close()

    def effort(self) -> dict[str, float]:
        """Return the requests, the repeated ones among them, and the seconds since it was made."""
        return self._sender.effort()

    def server_moment(self) -> Moment | None:
        """Return the time by the server's clock, None as long as no answer has told it."""
        return self._sender.clock.now()

    def server_time(self) -> float:
        """Return the server's time as the last answer told it, or this machine's time.

        For what may be done again; what can't be taken back goes by `server_moment`.
        """
        return self._sender.server_time()

    @property
    def identity(self) -> Identity:
        """Who signs the requests of this client."""
        if self._identity is None:
            self._identity = self._identity_of(self._credential)
        return self._identity

    @property
    def signers(self) -> list[Identity]:
        """Everybody this run depends on: who signs and, behind a role, who assumed it."""
        # Many threads need to know at once, and one request tells them all.
        with self._signers_lock:
            self._signers = self._signers or self._find_signers()
            return self._signers

    def with_key_pair(self, access_key_id: str, access_key_secret: str) -> Client:
        """Return a client that signs with the given pair and shares all else but the account."""
        options = replace(self.options, assume_role=None, account_id=None)
        pair = Pair(self._sender.sdk, access_key_id, access_key_secret)
        return Client(options, pair, self._sender)

    def _find_signers(self) -> list[Identity]:
        others = {key_id_of(credential): credential for credential in lineage_of(self._credential)}
        others.pop(self.identity.access_key_id, None)
        return [self.identity, *(self._identity_of(credential) for credential in others.values())]

    def _identity_of(self, credential: Credential) -> Identity:
        access_key_id = key_id_of(credential)

        def read(answer: Answer) -> Identity:
            return Identity(
                account_id=str(answer["AccountId"]),
                identity_type=str(answer["IdentityType"]),
                arn=str(answer["Arn"]),
                user_id=str(answer.get("UserId") or ""),
                access_key_id=access_key_id,
            )

        request = Request(STS, "GetCallerIdentity", NO_PARAMETERS)
        return self._sender.send(request, credential, read, "find out who is calling")

    def _refuse_other_account(self, expected: str) -> None:
        actual = self.identity.account_id
        if actual != expected:
            raise InputError(
                f"This run signs for account {actual}, not for {expected} (account_id), so nothing "
                "was read or changed"
            )


def nothing(_answer: Answer) -> None:
    """Read nothing out of an answer that only says that it was done."""

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard: nothing that this run itself needs in order to sign is taken away."""

from __future__ import annotations

import re
import typing as t

from .._cloud.errors import ApiError, InputError
from .user import UserApi

if t.TYPE_CHECKING:
    from collections.abc import Collection

    from .._cloud.client import Client
    from .policy import Holders


class Guard:
    """Refuses what would lock this run out: by whom it signs, and who assumed the role that does.

    Each method raises InputError if its `verb` would.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def refuse_key(self, access_key_id: str, verb: str) -> None:
        """Refuse it for a key that signs."""
        if any(signer.access_key_id == access_key_id for signer in self._client.signers):
            raise InputError(f"Refusing to {verb} AccessKey {access_key_id}: it signs this run")

    def refuse_user(self, user_name: str, user_id: str | None, verb: str) -> None:
        """Refuse it for a user whose key signs."""
        if any(signer.ram_user_id == user_id for signer in self._client.signers if user_id):
            raise InputError(
                f"Refusing to {verb} user {user_name}: this run signs with a key of that user"
            )

    def refuse_leaving(self, group: str, leaving: Collection[str], verb: str) -> None:
        """Refuse it for members that leave a group, if a user whose key signs is one of them."""
        for name in self._signing_users() if leaving else ():
            if name in leaving:
                raise _refusal(group, name, verb)

    def refuse_group(self, group: str, verb: str) -> None:
        """Refuse it for a group of a user whose key signs."""
        for name in self._signing_users():
            if group in self._groups_of(name, f"{verb} group {group}"):
                raise _refusal(group, name, verb)

    def refuse_role(self, role: str, verb: str) -> None:
        """Refuse it for a role that signs."""
        if role.lower() in self._signing_roles():
            raise InputError(f"Refusing to {verb} role {role}: this run signs as that role")

    def refuse_policy(self, policy: str, holders: Holders, verb: str) -> None:
        """Refuse it for a policy if somebody who signs is among those that have it."""
        doing = f"{verb} policy {policy}"
        try:
            holder = self.holder_among(holders)
        except ApiError as error:
            raise _unknown(doing, error) from None
        if holder:
            raise InputError(f"Refusing to {doing}: this run signs by what {holder} may do")

    def holder_among(self, holders: Holders) -> str:
        """Return in words who of those that have a policy signs, empty if nobody does.

        Raises ApiError if that can't be known.
        """
        for name in self._signing_users():
            if name in holders.users:
                return f"user {name}"
            groups = UserApi(self._client).list_groups(name) if holders.groups else ()
            for group in groups:
                if group in holders.groups:
                    return f"group {group}"
        roles = self._signing_roles()
        return next((f"role {name}" for name in holders.roles if name.lower() in roles), "")

    def _signing_roles(self) -> set[str]:
        """Return the roles of this account that sign, in lower case, as ARNs may have them."""
        account_id = self._client.identity.account_id
        arns = [s.arn for s in self._client.signers if s.account_id == account_id]
        found = [re.search(r":assumed-role/([^/]+)/", arn) for arn in arns]
        return {arn[1].lower() for arn in found if arn}

    def _signing_users(self) -> list[str]:
        signers = [signer for signer in self._client.signers if signer.ram_user_id]
        arns = [re.search(r":user/(.+)", signer.arn) for signer in signers]
        return [arn[1] for arn in arns if arn]

    def _groups_of(self, name: str, doing: str) -> Collection[str]:
        try:
            return UserApi(self._client).list_groups(name)
        except ApiError as error:
            raise _unknown(doing, error) from None


def _unknown(doing: str, error: ApiError) -> InputError:
    return InputError(f"Refusing to {doing}: whether this run depends on it is not known ({error})")


def _refusal(group: str, member: str, verb: str) -> InputError:
    return InputError(
        f"Refusing to {verb} group {group}: this run signs with a key of its member {member}"
    )

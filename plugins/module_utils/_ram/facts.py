# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What there is to know about users, read side by side; what vanishes meanwhile is gone."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._cloud.errors import NotFoundError
from .._work.pool import map_all
from .access_key import list_with_last_use
from .login_profile import LoginProfileApi
from .mfa_device import MfaDeviceApi
from .user import UserApi
from .user_tags import UserTagApi

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .._cloud.client import Client
    from .access_key import AccessKey
    from .mfa_device import MfaDevice
    from .policy import Policy
    from .tags import Tags
    from .user import User

ASPECTS = ("groups", "policies", "access_keys", "login_profile", "mfa", "tags")


@dataclass(frozen=True)
class UserFacts:
    """A user, and those aspects that were asked for.

    `access_keys` come with their last use; without a login profile or an MFA device that is None.
    """

    user: User
    aspects: Sequence[str]
    groups: tuple[str, ...] = ()
    policies: tuple[Policy, ...] = ()
    access_keys: tuple[AccessKey, ...] = ()
    login_profile: dict[str, t.Any] | None = field(default=None)
    mfa: MfaDevice | None = None
    tags: Tags | None = field(default=None)

    def as_result(self) -> dict[str, t.Any]:
        """Return the user as modules show it, with what was asked for."""
        shown: dict[str, t.Any] = {
            "groups": list(self.groups),
            "policies": [policy.as_result() for policy in self.policies],
            "access_keys": [key.as_info() for key in self.access_keys],
            "login_profile": self.login_profile,
            "mfa": self.mfa.as_info() if self.mfa else None,
            "tags": self.tags,
        }
        return {**self.user.as_result(), **{aspect: shown[aspect] for aspect in self.aspects}}


def read_facts(
    client: Client, users: Sequence[User], aspects: Sequence[str], concurrency: int
) -> list[UserFacts]:
    """Return the facts of each user, in order, but for users that are gone by now."""
    users_api = UserApi(client)
    readers: dict[str, Callable[[str], t.Any]] = {
        "groups": users_api.list_groups,
        "policies": users_api.list_policies,
        "access_keys": lambda name: tuple(list_with_last_use(client, name)),
        "login_profile": LoginProfileApi(client).find,
        "mfa": MfaDeviceApi(client).find,
        "tags": lambda name: tags[ids[name]],
    }
    ids = {user.user_name: str(user.user_id) for user in users}
    # One request tells those of many users.
    tags = UserTagApi(client).read(list(ids.values()) if "tags" in aspects else [], concurrency)
    gone: set[str] = set()

    def read(question: tuple[User, str]) -> t.Any:
        user, aspect = question
        try:
            return readers[aspect](user.user_name)
        except NotFoundError:
            gone.add(user.user_name)
            return None

    questions = [(user, aspect) for user in users for aspect in aspects]
    answers = iter(map_all(read, questions, concurrency))
    told = [(user, {aspect: next(answers) for aspect in aspects}) for user in users]
    return [UserFacts(user, aspects, **known) for user, known in told if user.user_name not in gone]

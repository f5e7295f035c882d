# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RAM roles: the calls about them and their policies."""

from __future__ import annotations

import typing as t

from .._cloud.client import nothing
from .._cloud.errors import fine_if
from .._cloud.services import RAM
from .policy import parameters_of

if t.TYPE_CHECKING:
    from .._cloud.client import Client
    from .policy import Policy


class RoleApi:
    """The calls about roles; each raises RamError."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def detach_policy(self, name: str, policy: Policy) -> None:
        """Detach the policy; one that is detached already is fine."""
        both, doing = {"RoleName": name, **parameters_of(policy)}, f"detach policy {policy}"
        with fine_if("EntityNotExist.Role.Policy"):
            self._client.call(
                RAM, "DetachPolicyFromRole", both, nothing, doing=f"{doing} from role {name}"
            )

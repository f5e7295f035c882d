# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How policies come to a user, a group or a role, and leave it."""

from __future__ import annotations

import typing as t
from functools import partial

from .._work.plan import Step
from .sets import Ways

if t.TYPE_CHECKING:
    from .policy import Policy
    from .quotas import Quotas


class Holders(t.Protocol):
    """The calls about those that policies are attached to."""

    def attach_policy(self, name: str, policy: Policy) -> None:
        """Attach the policy to the one of that name."""

    def detach_policy(self, name: str, policy: Policy) -> None:
        """Detach the policy from the one of that name."""


def attaching(noun: str, name: str, api: Holders, quotas: Quotas) -> Ways[Policy]:
    """Return how the policies of a user, group or role (`noun`) change."""
    owner = f"{noun} {name}"
    return Ways(
        owner,
        "policies",
        lambda policy: Step(
            f"attach policy {policy} to {owner}", partial(api.attach_policy, name, policy)
        ),
        lambda policy: Step(
            f"detach policy {policy} from {owner}", partial(api.detach_policy, name, policy)
        ),
        quotas,
        lambda policy: policy.quota_of(noun.capitalize()),
    )

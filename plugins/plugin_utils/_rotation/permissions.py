# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the caller may do what a rotation needs weeks after it was begun."""

from __future__ import annotations

import typing as t

from ...module_utils._cloud.errors import RamError
from ...module_utils._ram.access_key import INACTIVE, AccessKeyApi
from ...module_utils._stopping import StoppedError
from .decisions import BLOCKED, Decision

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...module_utils._cloud.client import Client
    from ...module_utils._ram.network_policy import NetworkPolicyApi, Policy
    from .facts import Facts
    from .report import Item

# No key has it: whoever may not touch keys is told so, and all others that there is none.
NO_KEY = "LTAI0000000000000000"
NO_POLICY: Policy = {"Status": "Inactive", "Statements": []}
NO_PERMISSION = "NoPermission"


def block_forbidden(
    client: Client,
    begins: Sequence[Item],
    policies: NetworkPolicyApi | None,
    *,
    check_mode: bool,
) -> None:
    """Let nothing begin if a later step is known to be forbidden."""
    if not begins:
        return
    problem = _missing_permission(client, begins[0].facts, policies, check_mode=check_mode)
    if problem:
        for item in begins:
            item.decision = Decision(BLOCKED, why=problem)


def _missing_permission(
    client: Client, facts: Facts, policies: NetworkPolicyApi | None, *, check_mode: bool
) -> str | None:
    """Return why a later step is known to be refused, None if none is.

    It is asked for one user, for network policies too if they are copied, and in check mode only
    for what reads.
    """
    api = AccessKeyApi(client, facts.user_name)
    key_id = str(facts.entry.access_key_id if facts.entry else NO_KEY)
    questions: list[Callable[[], object]] = [lambda: api.last_used(key_id)]
    if not check_mode:
        questions += [lambda: api.set_status(NO_KEY, INACTIVE), lambda: api.delete(NO_KEY)]
        if policies:
            questions.append(lambda: policies.send(facts.user_name, NO_KEY, NO_POLICY))
    for question in questions:
        try:
            question()
        except StoppedError:
            raise
        except RamError as error:
            if error.code == NO_PERMISSION:
                return f"a later step would be refused: {error}"
    return None

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the cloud behaves for as long as the emulator runs."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

if t.TYPE_CHECKING:
    from .ids import Credentials

LAST_USE_LAG = 7200


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the options of the command line say; `account_id` and `root` are the management's."""

    account_id: str
    root: Credentials
    # The key of the user who may enter the members of an organization.
    operator: Credentials | None = None
    site: str = "cn"
    latency_ms: float = 0
    # Requests a second for each account; 0 is no limit.
    qps: int = 0
    page_size: int = 1000
    # How many seconds after its use a key shows it.
    last_use_lag: float = LAST_USE_LAG
    # Whether a name of a system policy that nobody knows is taken for one that allows nothing.
    has_any_system_policy: bool = False
    ignores_unknown_parameters: bool = False
    # Whether an empty description or comment changes nothing; the documentation is silent.
    keeps_emptied_texts: bool = False
    # The address that requests seem to come from; empty is the one they do come from.
    source_address: str = ""
    # The public keys of OIDC providers, as a JSON Web Key Set.
    oidc_keys: dict[str, t.Any] = field(default_factory=dict)
    # What the accounts hold at the start, checked.
    seed: dict[str, t.Any] = field(default_factory=dict)
    # The time at which the clock begins, in seconds since the epoch; None is now.
    start: float | None = None

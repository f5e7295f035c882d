# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Service credentials: long-lived keys of users for one service, besides AccessKeys."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .entities import ACTIVE

if t.TYPE_CHECKING:
    from .entities import User

EXPIRED = "Expired"


@dataclass(eq=False, slots=True, kw_only=True)
class ServiceCredential:
    """A credential; `owner` is None for the account itself, `expires` for one that never does."""

    credential_id: str
    name: str
    secret: str = field(repr=False)
    service: str
    owner: User | None
    created: float
    expires: float | None
    set_status: str = ACTIVE

    def status(self, now: float) -> str:
        """Return whether it works at a time."""
        is_over = self.expires is not None and now >= self.expires
        return EXPIRED if is_over else self.set_status

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task of rotation wants for all of its users."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from .._vault_file.file import KeyringFile


@dataclass(frozen=True)
class RotationSettings:
    """What the task wants for all users.

    `begin_at_most` says how many may be begun at once, None for all. `watch` and
    `before_new_keys` are as in the keyring's settings.
    """

    copies_policy: bool
    concurrency: int
    check_mode: bool
    begin_at_most: int | None
    watch: Callable[[str, int, int], None]
    before_new_keys: Callable[[KeyringFile], None]

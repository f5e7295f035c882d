# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run over one vault file works with."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from collections.abc import Collection

    from ...module_utils._cloud.client import Client
    from .._vault_file.file import KeyringFile
    from .book import Book
    from .directory import Directory
    from .hands import Hands
    from .log import Log
    from .looks import Looks


@dataclass(frozen=True)
class Desk:
    """All that a run has at hand to settle one log.

    The keys with the ids `spared` are somebody's, whatever the log says: other files of the run
    hold them, or the task imports them.
    """

    client: Client
    file: KeyringFile
    book: Book
    log: Log
    hands: Hands
    looks: Looks
    directory: Directory
    spared: Collection[str]
    concurrency: int

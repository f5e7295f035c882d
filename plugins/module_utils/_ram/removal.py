# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How something is removed that other things keep from being removed."""

from __future__ import annotations

import typing as t

from .._cloud.errors import InputError

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from .._work.plan import Step


def removal_steps(
    what: str,
    blockers: Sequence[tuple[str, Step]],
    delete: Step,
    *,
    force: bool,
) -> list[Step]:
    """Return the steps that remove `what` with its blockers, each in words and with its removal.

    Raises InputError if there are blockers, unless `force` says that they may go, too.
    """
    if blockers and not force:
        raise InputError(
            f"Cannot delete {what}, which still has {', '.join(words for words, _step in blockers)}"
            ". Say force: true to remove these too"
        )
    return [*(step for _words, step in blockers), delete]

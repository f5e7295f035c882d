# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scenario of controllers that share users, each with a clone of the folder of its own."""

from __future__ import annotations

import typing as t

from .strikes import CREATE

if t.TYPE_CHECKING:
    from .rounds import Round

MOMENTS = ("before the first run", "after it", "together")


def play(round_: Round) -> None:
    """Answer one create of two controllers with 503, and run both again before last use shows."""
    site, chance = round_.site, round_.chance
    when = chance.choice(("before", "after"))
    site.emulator.fail(CREATE, "error", status=503, when=when)
    _begin(round_, chance.choice(MOMENTS))
    round_.outcome.faults += 1
    round_.look()
    # What comes after the round runs them once more, at once.
    for each in round_.sites:
        each.finish(each.start())
    round_.look()


def _begin(round_: Round, cloned: str) -> None:
    """Run both for the first time; the clone is made before the first run, or after it."""
    if cloned != "after it":
        round_.add_clone()
    if cloned == "together":
        runs = [(each, each.start()) for each in round_.sites]
        for each, run in runs:
            each.finish(run)
        return
    round_.site.finish(round_.site.start())
    clone = round_.sites[-1] if len(round_.sites) > 1 else round_.add_clone()
    clone.finish(clone.start())

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scenario of several runs on one file at a time, one of which may be killed."""

from __future__ import annotations

import typing as t

from .checks import STUCK, Problem
from .kills import await_moment

if t.TYPE_CHECKING:
    from .rounds import Round

USERS = 24
RIVALS = 3
# Each rival wants two thirds of the users, so any two of them share some.
SHARE = 2 / 3
A_RIVAL = "one of three rivals"
# Where a key that may be lost and one of the colleague fill the quota, a user waits for days.
WAITING = "needs a new key but already has"


def play(round_: Round, *, with_kill: bool) -> None:
    """Start all at once, kill one perhaps, and wait for the others: all must succeed or wait."""
    site, chance, colleague = round_.site, round_.chance, round_.colleague
    colleague.make_keys(chance.randint(0, 3))
    wanted = [chance.sample(site.users, int(SHARE * USERS)) for _rival in range(RIVALS)]
    rivals = [site.start(users=sorted(users)) for users in wanted]
    victim = chance.choice(rivals)
    await_moment(round_, victim)
    if with_kill and not victim.has_ended:
        site.kill(victim)
        rivals.remove(victim)
        round_.outcome.kills[A_RIVAL] += 1
    colleague.make_keys_later(2)
    for rival in rivals:
        if site.finish(rival) != 0 and WAITING not in site.outputs[-1]:
            told = site.outputs[-1][-600:]
            round_.outcome.problems.append(Problem(STUCK, f"a rival failed: {told}"))

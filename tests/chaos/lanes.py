# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rounds side by side: each lane has an emulator, and takes the next round when it is free."""

from __future__ import annotations

import random
import shutil
import tempfile
import typing as t
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from emulator import Emulator

from .rounds import Round
from .scripts import read_label
from .site import LATENCY_MS, Site

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from .plan import Plan
    from .rounds import Outcome


def play_round(label: str, seed: int, folder: Path, tree: Path, emulator: Emulator) -> Outcome:
    """Play the round of a label in a new folder; chance depends on the seed and the label only."""
    script = read_label(label)
    site = Site(folder, tree, emulator, layout=script.layout, user_count=script.user_count)
    round_ = Round(site, random.Random(f"{seed}/{label}"), label=label, row=script.row)
    script.disturb(round_)
    return round_.conclude()


def play_all(
    plan: Plan,
    *,
    lanes: int,
    seed: int,
    folder: Path,
    tree: Path,
    tell: Callable[[Outcome], None],
) -> None:
    """Play what the plan hands out, and tell of each round; folders of failed ones stay."""

    def run_lane() -> None:
        with Emulator(latency_ms=LATENCY_MS) as emulator:
            while label := plan.next_label():
                # Short, because ansible-core 2.21 makes sockets below it.
                prefix = f"{label.split('/', 1)[0]}-"
                place = Path(tempfile.mkdtemp(prefix=prefix, dir=folder))
                outcome = play_round(label, seed, place, tree, emulator)
                tell(outcome)
                if not outcome.problems:
                    shutil.rmtree(place)

    with ThreadPoolExecutor(max_workers=lanes) as pool:
        futures = [pool.submit(run_lane) for _lane in range(lanes)]
        try:
            wait(futures)
        except KeyboardInterrupt:
            plan.stop()
    for future in futures:
        future.result()

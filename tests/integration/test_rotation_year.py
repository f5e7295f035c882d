# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Some weeks of rotation, day by day; a whole year takes longer: make chaos ARGS=--rotation."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from chaos.rotation.play import SHORT, play, play_without

if t.TYPE_CHECKING:
    from pathlib import Path


def test_weeks_of_rotation(tmp_path: Path) -> None:
    """With kills, faults and people about, no consumer is refused, no key lost, none touched."""
    year = play(1, SHORT, tmp_path)

    assert year.problems == []
    assert all(year.tally[action] for action in ("begun", "disabled", "deleted", "signatures"))


def test_weeks_that_ignore_evidence(tmp_path: Path) -> None:
    """The weeks can go wrong: if the last use of a key decides nothing, consumers are refused."""
    year = play_without("evidence decides", 1, replace(SHORT, days=15), tmp_path)

    assert any("was refused" in problem for problem in year.problems)

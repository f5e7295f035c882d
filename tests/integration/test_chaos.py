# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A taste of the crash tests; all of them take longer: make chaos."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]


def test_short_attack() -> None:
    """Killed runs, a broken cloud and rivals cost no secret, and leave no key that nobody knows."""
    done = attack("--short", "--lanes", "3")

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("layout", ["file", "inline"])
def test_power_loss(layout: str) -> None:
    """A power loss at any instant takes nothing: what a step relies on is durable before it."""
    done = attack("--scenario", f"order/{layout}/1")

    assert done.returncode == 0, done.stdout + done.stderr


def test_harm_is_noticed() -> None:
    """A keyring that lacks one of its rules does not pass: what comes of it is found."""
    done = attack("--sabotage", "is durable")

    assert done.returncode == 0, done.stdout + done.stderr


def attack(*options: str) -> subprocess.CompletedProcess[str]:
    """Run the harness to its end."""
    return subprocess.run(
        [sys.executable, "-m", "chaos", "--seed", "1", *options],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        text=True,
        capture_output=True,
        check=False,
    )

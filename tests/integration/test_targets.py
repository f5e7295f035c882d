# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the integration targets of ansible-test without ansible-test, as it would run them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPTS = sorted(Path(__file__).parent.glob("targets/*/runme.sh"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.parent.name)
def test_target(script: Path) -> None:
    """The script of each integration target succeeds."""
    done = subprocess.run([script], cwd=script.parent, text=True, capture_output=True, check=False)

    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs on GitHub is what runs at home."""

from __future__ import annotations

import ast
from pathlib import Path

import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
WORKFLOW = CHECKOUT / ".github" / "workflows" / "ci.yml"


def test_cores() -> None:
    """CI runs the ansible-cores of the noxfile, each on the same Python."""
    code = ast.parse((CHECKOUT / "noxfile.py").read_text(encoding="utf-8"))
    jobs = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]

    (cores,) = (
        ast.literal_eval(node.value)
        for node in code.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CORES"
    )

    matrix = jobs["cores"]["strategy"]["matrix"]["include"]
    assert {each["core"]: each["python"] for each in matrix} == cores
    assert {"run": ".ci/run"} in jobs["gate"]["steps"]

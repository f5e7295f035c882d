# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RETURN texts that several plugins share are the same in all of them."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[1] / "tools" / "shared_returns.py"
spec = importlib.util.spec_from_file_location("shared_returns", TOOL)
assert spec
assert spec.loader
tool = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tool)


@pytest.mark.parametrize("file", tool.plugins(), ids=lambda file: file.stem)
def test_shared_texts(file: Path) -> None:
    """What is between the marks of a shared text is that text: else run the tool."""
    source = file.read_text(encoding="utf-8")

    wanted = tool.with_shared_texts(source)

    assert source == wanted, f"run {sys.executable} {TOOL}"


@pytest.mark.parametrize("file", tool.plugins(), ids=lambda file: file.stem)
def test_marks(file: Path) -> None:
    """Each mark that begins a shared text has one that ends it."""
    source = file.read_text(encoding="utf-8")

    begins = re.findall(r"^# shared: (\w+)$", source, re.MULTILINE)
    ends = re.findall(r"^# end of shared: (\w+)$", source, re.MULTILINE)

    assert begins == ends

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may import whom: the layers of the collection, as its source keeps them."""

from __future__ import annotations

import ast
import builtins
import re
import typing as t
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "ansible_collections.keysmith.alibabacloud."

ON_A_TARGET = r"plugins\.(?!module_utils\.)|ansible\.(?!module_utils\.)"
ON_THE_CONTROLLER = r"plugins\.(?!module_utils\.|plugin_utils\.)"
FORBIDDEN = {
    "plugins/modules": ON_A_TARGET,
    "plugins/module_utils": ON_A_TARGET,
    "plugins/plugin_utils": ON_THE_CONTROLLER,
    "plugins/action": ON_THE_CONTROLLER,
    "plugins/lookup": ON_THE_CONTROLLER,
    "tests/emulator": r"plugins\.|alibabacloud_|Tea\b|darabonba",
}


def imports(file: Path) -> t.Iterator[str]:
    """Yield the full name of everything that the file imports, from the root of the checkout."""
    package = file.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.removeprefix(COLLECTION) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else ()
            source = ".".join(filter(None, [*above, node.module])).removeprefix(COLLECTION)
            yield from (f"{source}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("layer", FORBIDDEN)
def test_layer(layer: str) -> None:
    """A layer imports nothing from the layers above it, and the emulator nothing it judges."""
    names = [(file, name) for file in (ROOT / layer).rglob("*.py") for name in imports(file)]

    wrong = [f"{file}: {name}" for file, name in names if re.match(FORBIDDEN[layer], name)]

    assert names
    assert wrong == []


@pytest.mark.parametrize("layer", ["plugins/modules", "plugins/module_utils"])
def test_aliases_of_types(layer: str) -> None:
    """Old Pythons of targets can import a module, as it is the module that refuses them."""
    aliases = [
        f"{file}: {node.value.id}"
        for file in (ROOT / layer).rglob("*.py")
        for statement in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(statement, ast.Assign)
        for node in ast.walk(statement.value)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)
        if hasattr(builtins, node.value.id)
    ]

    assert aliases == []

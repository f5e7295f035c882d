# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may import whom: the layers of the collection, as its source keeps them."""

from __future__ import annotations

import ast
import builtins
import re
import sys
import typing as t
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "ansible_collections.keysmith.alibabacloud."

MODULE_UTILS = r"plugins\.module_utils\."
# What each room may not import. On a target there is nothing but module_utils.
ON_A_TARGET = r"plugins\.(?!module_utils\.)|ansible\.(?!module_utils\.)"
ON_THE_CONTROLLER = r"plugins\.(?!module_utils\.|plugin_utils\.)"
SDK = r"alibabacloud_|Tea\b|darabonba"
FORBIDDEN = {
    "plugins/modules": rf"{ON_A_TARGET}|{SDK}",
    "plugins/module_utils": ON_A_TARGET,
    "plugins/module_utils/_cloud": rf"{ON_A_TARGET}|{MODULE_UTILS}_(work|ram)\b",
    "plugins/module_utils/_work": rf"{ON_A_TARGET}|{SDK}|{MODULE_UTILS}_ram\b",
    "plugins/module_utils/_ram": rf"{ON_A_TARGET}|{SDK}",
    "plugins/plugin_utils": rf"{ON_THE_CONTROLLER}|{SDK}",
    # What a module declares, the controller may carry out itself.
    "plugins/action": rf"plugins\.(?!module_utils\.|plugin_utils\.|modules\.)|{SDK}",
    "plugins/lookup": rf"{ON_THE_CONTROLLER}|{SDK}",
    "plugins/filter": rf"{ON_THE_CONTROLLER}|{SDK}",
    # It would agree with our mistakes.
    "tests/emulator": rf"plugins\.|{SDK}",
}


def imports(file: Path, nodes: t.Iterable[ast.AST] | None = None) -> t.Iterator[str]:
    """Yield the full name of everything that the file, or these nodes of it, imports.

    Names of ours begin at the root of the checkout.
    """
    package = file.relative_to(ROOT).parent.parts
    for node in ast.walk(parsed(file)) if nodes is None else nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name.removeprefix(COLLECTION) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else ()
            source = ".".join(filter(None, [*above, node.module])).removeprefix(COLLECTION)
            yield from (f"{source}.{alias.name}" for alias in node.names)


def parsed(file: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("layer", FORBIDDEN)
def test_layer(layer: str) -> None:
    """A layer imports nothing from the layers above it, and the emulator nothing it judges."""
    names = [(file, name) for file in (ROOT / layer).rglob("*.py") for name in imports(file)]

    wrong = [f"{file}: {name}" for file, name in names if re.match(FORBIDDEN[layer], name)]

    assert names
    assert wrong == []


OURS = [
    file for file in sorted((ROOT / "plugins").rglob("*.py")) if "doc_fragments" not in file.parts
]


@pytest.mark.parametrize("file", OURS, ids=lambda file: str(file.relative_to(ROOT)))
def test_how_ours_is_imported(file: Path) -> None:
    """Modules name what is ours in full, as some strategies run them without a package; others not.

    A relative import survives a rename of the collection.
    """
    nodes = [node for node in ast.walk(parsed(file)) if isinstance(node, ast.ImportFrom)]
    is_relative = [node.level > 0 for node in nodes]
    is_in_full = [(node.module or "").startswith(COLLECTION) for node in nodes]

    assert not any(is_relative if file.parent.name == "modules" else is_in_full)


def test_no_circles() -> None:
    """No file of ours needs, to be imported, one that needs it."""
    files = {".".join(file.relative_to(ROOT).with_suffix("").parts): file for file in OURS}
    needed = {
        name: {
            other
            for found in imports(file, parsed(file).body)
            for other in files
            if f"{found}.".startswith(f"{other}.")
        }
        for name, file in files.items()
    }

    while free := {name for name, others in needed.items() if not others & needed.keys()}:
        needed = {name: others for name, others in needed.items() if name not in free}

    assert needed == {}


def test_plans_know_nothing() -> None:
    """What a plan is depends on neither the API nor Ansible, only on how fates are called."""
    names = list(imports(ROOT / "plugins/module_utils/_work/plan.py"))

    foreign = [name for name in names if name.split(".")[0] not in sys.stdlib_module_names]

    assert {name.rpartition(".")[0] for name in foreign} == {"plugins.module_utils._work.stats"}


def test_packages_are_empty() -> None:
    """A package is a room and nothing else."""
    assert [file for file in OURS if file.name == "__init__.py" and file.stat().st_size] == []


@pytest.mark.parametrize("layer", ["plugins/modules", "plugins/module_utils"])
def test_aliases_of_types(layer: str) -> None:
    """Old Pythons of targets can import a module, as it is the module that refuses them."""
    aliases = [
        f"{file}: {node.value.id}"
        for file in (ROOT / layer).rglob("*.py")
        for statement in parsed(file).body
        if isinstance(statement, ast.Assign)
        for node in ast.walk(statement.value)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)
        if hasattr(builtins, node.value.id)
    ]

    assert aliases == []

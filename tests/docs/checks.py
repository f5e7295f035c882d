# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check what is not run: that it can be read, and that the page says why."""

from __future__ import annotations

import ast
import configparser
import json
import re
import subprocess
import tempfile
import typing as t
from pathlib import Path

import yaml

from .blocks import PageError

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .blocks import Block

# Programs find the other files by their names, or the reader pastes them somewhere.
TO_BE_NAMED = {"python", "yaml"}


def problems_of(blocks: Sequence[Block], environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with the blocks of a page, short of running them."""
    for number, block in enumerate(blocks):
        problem = _neglect_of(block, blocks[number + 1 :]) or _syntax_problem(block, environment)
        if problem:
            yield f"{block.place}: {problem}"


def _neglect_of(block: Block, later: Sequence[Block]) -> str | None:
    """Return in which way nobody would notice if the block did not work."""
    if block.excuse or block.is_run or block.language == "text":
        return None
    if block.file is None:
        return f"a {block.language or 'nameless'} block that is neither run, nor a file, nor marked"
    if block.language not in TO_BE_NAMED:
        return None
    name = re.compile(rf"(?<![\w.-]){re.escape(block.file)}(?![\w.-])")
    if any(name.search(other.text) for other in later if other.is_run or other.file):
        return None
    return f"no command below it uses {block.file}"


def _syntax_problem(block: Block, environment: Mapping[str, str]) -> str | None:
    check = CHECKS.get(block.language)
    try:
        if check:
            check(block.text)
        if block.excuse and block.language == "yaml":
            _check_playbook(block.text, environment)
    except (PageError, SyntaxError, ValueError, configparser.Error, yaml.YAMLError) as error:
        return f"not valid {block.language}: {error}"
    return None


def _check_shell(text: str) -> None:
    done = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True, check=False)
    if done.returncode:
        raise PageError(done.stderr)


def _check_playbook(text: str, environment: Mapping[str, str]) -> None:
    """Let Ansible look at a playbook that is not run."""
    content = load_yaml(text)
    if not isinstance(content, list) or "hosts" not in content[0]:
        return
    with tempfile.TemporaryDirectory() as folder:
        playbook = Path(folder, "playbook.yml")
        playbook.write_text(text, encoding="utf-8")
        done = subprocess.run(
            ["ansible-playbook", "--syntax-check", playbook.name],
            cwd=folder,
            env=environment,
            text=True,
            capture_output=True,
            check=False,
        )
    if done.returncode:
        raise PageError(done.stdout + done.stderr)


class _Loader(yaml.SafeLoader):
    """Takes a value that is encrypted for the text that it is."""


_Loader.add_constructor("!vault", lambda _loader, node: node.value)


def load_yaml(text: str) -> t.Any:
    """Return what a variables file or a playbook says."""
    return yaml.load(text, _Loader)  # noqa: S506 - a safe loader, and one tag


CHECKS: dict[str, Callable[[str], object]] = {
    "ini": lambda text: configparser.ConfigParser().read_string(text),
    "json": json.loads,
    "python": ast.parse,
    "shell": _check_shell,
    "yaml": load_yaml,
}

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the commands of a page from top to bottom, in one shell and one folder."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import tempfile
import typing as t
from contextlib import suppress
from pathlib import Path

from .blocks import PageError, read_blocks
from .checks import problems_of
from .reader import CHECKOUT, EXAMPLE_KEYS, account, write_profile

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from .blocks import Block
    from .reader import Publication

GUIDES = "docs/docsite/rst"
OTHER_PAGES = ("README.md", "CONTRIBUTING.md", "roles/ram_credentials/README.md")
# A page with one of these in its commands brings along what other pages take for granted.
INSTALLS = "ansible-galaxy collection install"
CREDENTIALS = EXAMPLE_KEYS["ops"]
MARKER = "=== "
END_OF_FILE = "END OF FILE"


def pages() -> list[str]:
    """Return the guides, and the pages beside the code."""
    guides = sorted((CHECKOUT / GUIDES).glob("*.rst"))
    return [*OTHER_PAGES, *(str(guide.relative_to(CHECKOUT)) for guide in guides)]


def check_page(page: str, publication: Publication) -> list[Block]:
    """Return the blocks of a page that can be read; PageError names each that can't."""
    blocks = read_blocks(CHECKOUT / page, page)
    with tempfile.TemporaryDirectory(prefix="keysmith-") as home:
        _install(Path(home), publication)
        problems = list(problems_of(blocks, publication.environment(Path(home))))
    if problems:
        raise PageError("\n".join(problems))
    return blocks


def run_page(blocks: Sequence[Block], publication: Publication) -> None:
    """Do what the page says; PageError shows the output of the first block that fails."""
    # The sockets of ansible-core 2.21 need a short path.
    with tempfile.TemporaryDirectory(prefix="keysmith-") as folder, account() as (cloud, meanings):
        home, work = Path(folder, "home"), Path(folder, "work")
        home.mkdir()
        work.mkdir()
        script = _script(blocks)
        if CREDENTIALS[0] not in script:
            write_profile(home, *(meanings[placeholder] for placeholder in CREDENTIALS))
        if INSTALLS not in script:
            _install(home, publication)
        for placeholder, meaning in meanings.items():
            script = script.replace(placeholder, meaning)
        endpoints = {
            f"ALIBABA_CLOUD_{service}_ENDPOINT": cloud.url for service in ("RAM", "STS", "IMS")
        }
        _run_script(script, work, {**publication.environment(home), **endpoints})


def _install(home: Path, publication: Publication) -> None:
    (home / ".ansible").mkdir()
    (home / ".ansible" / "collections").symlink_to(publication.collections)


def _script(blocks: Sequence[Block]) -> str:
    """Return the page as one script: a block that names a file becomes the file."""
    parts = ["set -e -o pipefail"]
    for block in blocks:
        if block.is_run:
            parts += [f"echo {shlex.quote(MARKER + block.place)}", block.text]
        elif block.file and not block.excuse:
            parts.append(_writing(block.file, block.text))
    return "\n".join(parts)


def _writing(file: str, text: str) -> str:
    """Return commands that write a file as an editor would."""
    path = shlex.quote(file).replace("'~/", "~/'").replace("~/", '"$HOME"/', 1)
    return f"mkdir -p \"$(dirname {path})\"\ncat > {path} <<'{END_OF_FILE}'\n{text}{END_OF_FILE}"


def _run_script(script: str, folder: Path, environment: dict[str, str]) -> None:
    output = folder.parent / "output"
    with (
        output.open("w") as file,
        subprocess.Popen(
            ["bash", "-c", script],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as shell,
    ):
        status = shell.wait()
        # What the page left running in the background
        with suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGTERM)
    if status:
        place, _marker, printed = output.read_text(encoding="utf-8").rpartition(MARKER)
        raise PageError(f"{printed or place}\nended with status {status}")

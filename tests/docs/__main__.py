# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: run the examples of all pages, or of those that are named."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .blocks import PageError
from .reader import Publication
from .run import check_page, pages, run_page

if t.TYPE_CHECKING:
    from .blocks import Block

AT_ONCE = 2


def main() -> None:
    """Print what became of each page, and end with status 1 if something doesn't work."""
    parser = argparse.ArgumentParser(prog="docs", description=__doc__)
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="such as README.md")
    names = parser.parse_args().pages or pages()
    with tempfile.TemporaryDirectory(prefix="keysmith-docs-") as folder:
        publication = Publication(Path(folder))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            outcomes = list(pool.map(lambda name: _outcome(name, publication), names))
    blocks = [block for found, _failed in outcomes for block in found]
    excused = [block for block in blocks if block.excuse]
    print(f"{len(blocks)} blocks, {len(excused)} of them not run, only read:")
    for block in excused:
        print(f"  {block.place} ({block.language}): {block.excuse}")
    sys.exit(any(failed for _blocks, failed in outcomes))


def _outcome(name: str, publication: Publication) -> tuple[list[Block], bool]:
    """Try one page; return its blocks, and whether it failed."""
    started = time.monotonic()
    try:
        blocks = check_page(name, publication)
        run_page(blocks, publication)
    except PageError as error:
        print(f"{name} FAILED\n{error}", flush=True)
        return [], True
    run = sum(block.is_run for block in blocks)
    files = sum(bool(block.file) for block in blocks if not block.excuse)
    seconds = time.monotonic() - started
    print(f"{name}: {run} blocks of commands run, {files} files, {seconds:.0f} s", flush=True)
    return blocks, False


if __name__ == "__main__":
    main()

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the code blocks of a page, and what the page says about each of them.

In Markdown a comment in front of a block says what it is, `<!-- file: NAME -->` or
`<!-- not run: REASON -->`. In reStructuredText its caption names the file, and the comment is
`.. not run: REASON`.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from itertools import pairwise

from docutils import nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import Directive, directives
from markdown_it import MarkdownIt
from markdown_it.token import Token

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MARK = re.compile(r"(?:<!-- )?(?P<kind>file|not run): (?P<value>.+?)(?: -->)?\s*")
DIRECTIVE = re.compile(r"^ *\.\. (?:code|code-block|sourcecode)::", re.MULTILINE)
SILENT = 5
NOTHING = Token("", "", 0)


class PageError(Exception):
    """A page can't be read, or something on it doesn't work."""


@dataclass(frozen=True)
class Block:
    """A code block: `file` is where it belongs, `excuse` is why it can't be run."""

    place: str
    language: str
    text: str
    file: str | None = None
    excuse: str | None = None

    @property
    def is_run(self) -> bool:
        """Whether these are commands for the reader's shell that can be run here."""
        return self.language == "shell" and not self.excuse


def read_blocks(path: Path, name: str) -> list[Block]:
    """Return the code blocks of a page in their order; `name` is what messages call it."""
    text = path.read_text(encoding="utf-8")
    return list(_markdown(text, name) if path.suffix == ".md" else _restructured_text(text, name))


def _markdown(text: str, name: str) -> Iterator[Block]:
    for before, token in pairwise([NOTHING, *MarkdownIt().parse(text)]):
        if token.type not in {"fence", "code_block"}:
            continue
        comment = before.content.strip() if before.type == "html_block" else ""
        line = (token.map or [0])[0] + 1
        yield Block(f"{name}:{line}", token.info.strip(), token.content, **_marks(comment))


def _marks(comment: str) -> dict[str, str]:
    mark = MARK.fullmatch(comment)
    if mark is None:
        return {}
    return {"file" if mark["kind"] == "file" else "excuse": mark["value"]}


class _CodeBlock(Directive):
    """Sphinx's code-block, as far as the guides use it."""

    has_content = True
    required_arguments = 1
    option_spec: t.ClassVar[dict[str, t.Any]] = {"caption": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        text = "".join(f"{line}\n" for line in self.content)
        block = nodes.literal_block(text, text, language=self.arguments[0], **self.options)
        block.line = self.lineno
        return [block]


def _restructured_text(text: str, name: str) -> Iterator[Block]:
    directives.register_directive("code-block", _CodeBlock)
    # The roles of antsibull-docs and Sphinx are unknown here, which does no harm.
    settings = {"report_level": SILENT, "halt_level": SILENT, "file_insertion_enabled": False}
    page = publish_doctree(text, settings_overrides=settings)
    # What docutils can't make sense of is quoted in its messages.
    found = [
        block
        for block in page.findall(nodes.literal_block)
        if not isinstance(block.parent, nodes.system_message)
    ]
    if sum("language" in block for block in found) != len(DIRECTIVE.findall(text)):
        raise PageError(f"{name}: there is a code block where the runner can't see it")
    for node in found:
        siblings = t.cast("nodes.Element", node.parent).children
        before = siblings[siblings.index(node) - 1]
        marks = _marks(before.astext()) if isinstance(before, nodes.comment) else {}
        if "caption" in node:
            marks["file"] = node["caption"]
        yield Block(f"{name}:{node.line}", node.get("language", ""), node.rawsource, **marks)

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts values, entries and names in their places in one text, all else left as it is.

PyYAML tells where things are; it never writes, so every byte outside the values that change stays.
"""

from __future__ import annotations

import json
import re
import typing as t
from bisect import bisect_right
from itertools import accumulate

import yaml

from .nodes import (
    MAPPINGS,
    NESTED,
    VAULT_TAG,
    Scalar,
    error,
    last_token_end,
    line_start,
    scalar,
)

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .nodes import Document, EntryNodes, Member

Change: t.TypeAlias = "Mapping[str, Scalar | None] | None"
_Edit: t.TypeAlias = "tuple[int, int, str]"

_INDENT = 2
_DOCUMENT_END = re.compile(r"^\.\.\.(?!\S)", re.MULTILINE)
# What introduces a block of text: tag or anchor, its style, how it ends and is indented.
_BLOCK_HEADER = re.compile(r"(?:[!&]\S*[ \t]+)*[|>][-+0-9]*")
_NOT_PRINTABLE_ASCII = re.compile(r"[^ -~]")


class Editor:
    """Makes changes to one text; each method returns the text with its changes made."""

    def __init__(self, text: str, variable: str, document: Document) -> None:
        self._lines = Lines(text)
        self._variable = variable
        self._document = document
        self._entries = document.entries
        pairs = document.pairs
        self._variable_column = pairs[0][0].start_mark.column if pairs else 0
        keys = [entry.key for entry in self._entries.values()]
        self._entry_column = keys[0].start_mark.column if keys else self._variable_column + _INDENT

    def edit(self, changes: Mapping[str, Change]) -> str:
        """Set entries (a mapping) or remove them (None)."""
        self._refuse_flow_style()
        edits = [
            edit
            for user, entry in self._entries.items()
            if user in changes
            for edit in self._replacement(user, entry, changes[user])
        ]
        new = [
            self._block(user, change)
            for user, change in changes.items()
            if change is not None and user not in self._entries
        ]
        if new:
            edits += self._insertion("".join(new))
        elif all(changes.get(user, {}) is None for user in self._entries):
            edits.append(self._empty_mapping())
        return self._lines.edited(edits)

    def rename(self, names: Mapping[str, str]) -> str:
        """Put other names at the heads of entries."""
        keys = [(entry.key, names[user]) for user, entry in self._entries.items() if user in names]
        return self._lines.edited(
            (key.start_mark.index, key.end_mark.index, quoted(new)) for key, new in keys
        )

    def lines_of(self, entry: EntryNodes) -> list[str]:
        """Return an entry's lines without ends and name, indented as if it stood at the left."""
        column, name_end = entry.key.start_mark.column, entry.key.end_mark.index
        end = self._lines.of(entry)[1]
        first, *rest = self._lines.text[name_end:end].splitlines()
        # Only a comment may stand further left.
        return [first, *(line[column:] if line[:column].isspace() else line for line in rest)]

    def insert(self, entries: Mapping[str, Sequence[str]]) -> str:
        """Put entries, given by `lines_of`, below those that are there."""
        self._refuse_flow_style()
        indent = " " * self._entry_column
        lines = [
            f"{indent}{line}" if line else line
            for user, (first, *rest) in entries.items()
            for line in (quoted(user) + first, *rest)
        ]
        return self._lines.edited(self._insertion(self._lines.joined(lines)))

    def _refuse_flow_style(self) -> None:
        for node in (self._document.root, self._document.value):
            if isinstance(node, yaml.MappingNode) and node.flow_style and node.value:
                raise error(
                    f"{self._variable} can be read but not edited inside {{...}}:"
                    " write it as a block, one entry below the other",
                    node,
                )

    def _replacement(self, user: str, entry: EntryNodes, change: Change) -> list[_Edit]:
        start, end = self._lines.of(entry)
        if change is None:
            return [(start, end, "")]
        in_braces = entry.mapping.flow_style or any(
            entry.heads[name][1].flow_style
            for name in {head_of(name) for name in change} & entry.heads.keys()
        )
        if in_braces:
            return [(start, end, self._block(user, change, entry))]
        return list(FieldEdits(self._lines, entry).edits(change))

    def _insertion(self, block: str) -> list[_Edit]:
        """Put new entries below the last one, or below the variable, which may have to be made."""
        lines = self._lines
        if self._entries:
            *_others, last = self._entries.values()
            below = lines.of(last)[1]
            return [(below, below, block)]
        if self._document.value is not None:
            below = lines.end(self._document.value.end_mark.index)
            return [self._cut(self._document.value), (below, below, block)]
        marker = _DOCUMENT_END.search(lines.text)
        below = marker.start() if marker else len(lines.text)
        start = "" if lines.text else f"---{lines.newline}"
        header = f"{start}{' ' * self._variable_column}{self._variable}:{lines.newline}"
        edits = [(below, below, header + block)]
        if self._document.root is not None and not self._document.pairs:
            edits.append(self._cut(self._document.root))
        return edits

    def _cut(self, placeholder: yaml.Node) -> _Edit:
        """Remove the null or {} that stands where a block is going to be."""
        start = len(self._lines.text[: placeholder.start_mark.index].rstrip(" "))
        return start, placeholder.end_mark.index, ""

    def _empty_mapping(self) -> _Edit:
        """Say {} where the last entry goes: with nothing below it the variable would be null."""
        after_key = t.cast("yaml.Node", self._document.key).end_mark.index
        colon_end = self._lines.text.index(":", after_key) + 1
        return colon_end, colon_end, " {}"

    def _block(
        self, user: str, change: Mapping[str, Scalar | None], old: EntryNodes | None = None
    ) -> str:
        """Write an entry as lines; fields of the old one that the change does not name are kept."""
        model = old or next(reversed(self._entries.values()), None)
        column = self._entry_column + _INDENT
        if model and not model.mapping.flow_style:
            column = model.mapping.value[0][0].start_mark.column
        kept = {
            name: self._lines.source(member)
            for name, member in (old.fields if old else {}).items()
            if name not in change
        }
        head = f"{' ' * self._entry_column}{quoted(user)}:"
        return self._lines.joined([head, *field_lines({**change, **kept}, column)])


class FieldEdits:
    """The edits that change the fields of one entry, which is a block."""

    def __init__(self, lines: Lines, entry: EntryNodes) -> None:
        self._lines = lines
        self._entry = entry
        self._column = entry.mapping.value[0][0].start_mark.column

    def edits(self, change: Mapping[str, Scalar | None]) -> Iterator[_Edit]:
        """Return what sets these fields, or takes them out (None)."""
        new: dict[str, Scalar | None] = {}
        for name, value in change.items():
            member = self._entry.fields.get(name)
            if member is None:
                new[name] = value
            elif value is None:
                yield self._removal(member)
            elif not _is(member, value):
                yield from self._setting(member, value)
        yield from self._removed_heads(change)
        yield from self._additions(new)

    def _setting(self, member: Member, value: Scalar) -> Iterator[_Edit]:
        """Put a value in the place of another; a comment in its line stays."""
        key, node = member
        start, end = node.start_mark.index, self._lines.content_end(node)
        header = _BLOCK_HEADER.match(self._lines.text, start)
        is_block = isinstance(node, yaml.ScalarNode) and node.style in {"|", ">"} and header
        written = f"{VAULT_TAG} |" if value.vaulted else quoted(value.value)
        gap = "" if self._lines.text[start - 1].isspace() else " "
        yield start, header.end() if is_block and header else end, gap + written
        below = self._lines.end(start if is_block else end)
        body = vault_lines(value, key.start_mark.column) if value.vaulted else []
        if is_block or body:
            yield below, max(below, self._lines.end(end)), self._lines.joined(body)

    def _removal(self, member: Member) -> _Edit:
        key, node = member
        return line_start(key), self._lines.end(self._lines.content_end(node)), ""

    def _removed_heads(self, change: Mapping[str, Scalar | None]) -> Iterator[_Edit]:
        """Take out what stands over nothing any more, and what a mapping takes the place of."""
        entry = self._entry
        filled = {head_of(name) for name, value in change.items() if value is not None}
        for head in filled & entry.fields.keys():
            yield self._removal(entry.fields[head])
        for head, (key, node) in entry.heads.items():
            kept = [name for name in entry.fields if head_of(name) == head and name not in change]
            if not kept and head not in filled:
                yield line_start(key), line_start(node.value[0][0]), ""

    def _additions(self, new: Mapping[str, Scalar | None]) -> Iterator[_Edit]:
        """Put fields that were not there below their neighbours."""
        for head, (_key, node) in self._entry.heads.items():
            inner = {
                name.removeprefix(head + NESTED): value
                for name, value in new.items()
                if head_of(name) == head
            }
            column = node.value[0][0].start_mark.column
            below = self._lines.end(self._lines.content_end(node))
            yield below, below, self._lines.joined(field_lines(inner, column))
        rest = {name: new[name] for name in new if head_of(name) not in self._entry.heads}
        below = self._lines.of(self._entry)[1]
        yield below, below, self._lines.joined(field_lines(rest, self._column))


class Lines:
    """A text in lines, each of which has an end."""

    def __init__(self, text: str) -> None:
        lines = text.splitlines(keepends=True)
        self.newline = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
        # Lent, so that every line has an end, and taken back if the last line stays as it is.
        self._lent = "" if not text or text.endswith(("\n", "\r")) else self.newline
        self.text = text + self._lent
        # splitlines knows more line breaks than YAML does; YAML allows none of them in a text.
        self._ends = [*accumulate(map(len, lines[:-1])), len(self.text)]

    def end(self, index: int) -> int:
        """Return where the line ends that has a character at this index."""
        return self._ends[bisect_right(self._ends, index)]

    def content_end(self, node: yaml.Node) -> int:
        """Return where a node ends, without the blank lines below that may belong to it."""
        start = node.start_mark.index
        return int(start) + len(self.text[start : last_token_end(node)].rstrip())

    def of(self, entry: EntryNodes) -> tuple[int, int]:
        """Return where an entry's lines start and end; blank lines below are not among them."""
        content = self.text[entry.first : entry.last].rstrip()
        return entry.first, self.end(entry.first + len(content))

    def source(self, member: Member) -> str:
        """Return a field as it is written."""
        key, node = member
        start = key.start_mark.index
        if isinstance(node, yaml.CollectionNode) and not node.flow_style:
            return self.text[start : self.content_end(node)]
        name = self.text[start : key.end_mark.index].rstrip()
        value = self.text[node.start_mark.index : node.end_mark.index].rstrip()
        return f"{name}: {value}".rstrip()

    def joined(self, lines: Iterable[str]) -> str:
        """Return lines without their ends as a piece of the text."""
        return "".join(line + self.newline for line in lines)

    def edited(self, edits: Iterable[_Edit]) -> str:
        """Return the text with the edits made; those at one place in the order given."""
        pieces = []
        position = 0
        for start, end, replacement in sorted(edits, key=lambda edit: edit[:2]):
            pieces += [self.text[position:start], replacement]
            position = end
        edited = "".join([*pieces, self.text[position:]])
        return edited if position == len(self.text) else edited.removesuffix(self._lent)


def head_of(name: str) -> str:
    """Return the name of the mapping that a field is in, nothing if it is in none."""
    head, dot, _inner = name.partition(NESTED)
    return head if dot and head in MAPPINGS else ""


def field_lines(fields: Mapping[str, Scalar | str | None], column: int) -> list[str]:
    """Write fields as lines without their ends: values, or texts that stand for themselves."""
    groups: dict[str, list[str]] = {}
    for name, value in fields.items():
        if value is None:
            continue
        head = head_of(name)
        if not head:
            groups[name] = _lines_of_field(name, value, column)
            continue
        group = groups.setdefault(head, [f"{' ' * column}{head}:"])
        group += _lines_of_field(name.removeprefix(head + NESTED), value, column + _INDENT)
    return [line for group in groups.values() for line in group]


def vault_lines(value: Scalar, column: int) -> list[str]:
    """Write what stands below the head of a field that is a vault text."""
    return [" " * (column + _INDENT) + line for line in value.value.splitlines()]


def _lines_of_field(name: str, value: Scalar | str, column: int) -> list[str]:
    indent = " " * column
    if isinstance(value, str):
        return [f"{indent}{value}"]
    if not value.vaulted:
        return [f"{indent}{name}: {quoted(value.value)}"]
    return [f"{indent}{name}: {VAULT_TAG} |", *vault_lines(value, column)]


def quoted(value: str) -> str:
    """Write a text as a double-quoted scalar, in ASCII so that no character breaks a line."""
    # JSON would write a character beyond U+FFFF as two halves, which YAML refuses.
    json_text = json.dumps(value, ensure_ascii=False)
    return _NOT_PRINTABLE_ASCII.sub(lambda found: f"\\U{ord(found[0]):08x}", json_text)


def _is(member: Member, value: Scalar) -> bool:
    """Tell whether a field has this value."""
    return isinstance(member[1], yaml.ScalarNode) and scalar(member[1]) == value

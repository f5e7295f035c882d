# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entries of one mapping in the text of a YAML variables file: read them, rewrite only them.

PyYAML tells where the entries are; it never writes, so every byte outside the lines of a changed
entry stays. Knows nothing of files, encryption or RAM. Its messages tell line numbers and neither
keys nor values: in a file with a typing error, a secret can be either.
"""

from __future__ import annotations

import gc
import json
import re
import typing as t
from bisect import bisect_right
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import accumulate

import yaml
from yaml.reader import Reader

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_VAULT_TAG = "!vault"
_NULL_TAG = "tag:yaml.org,2002:null"
_MERGE_TAG = "tag:yaml.org,2002:merge"
_BYTE_ORDER_MARK = "\ufeff"
_INDENT = 2
# Stands between the names of a field that is a mapping and of what is in it.
NESTED = "."
_DOCUMENT_END = re.compile(r"^\.\.\.(?!\S)", re.MULTILINE)
_QUOTED = re.compile(r"""(['"]).*\1""")
_NOT_PRINTABLE_ASCII = re.compile(r"[^ -~]")

_Change: t.TypeAlias = "Mapping[str, Scalar | None] | None"
_Edit: t.TypeAlias = "tuple[int, int, str]"


class KeyringTextError(Exception):
    """The text cannot be read as a keyring, or not be edited without touching something else."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A field's value as text; when `vaulted`, a vault text without its indentation."""

    value: str = field(repr=False)
    vaulted: bool = False

    def __post_init__(self) -> None:
        # A vault text means the same with and without a final line break, so both are one value.
        if self.vaulted:
            object.__setattr__(self, "value", self.value.strip() + "\n")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry's nodes: its key, its mapping, and the key and value of each field."""

    key: yaml.ScalarNode
    mapping: yaml.MappingNode
    fields: dict[str, tuple[yaml.ScalarNode, yaml.ScalarNode]]

    @property
    def first(self) -> int:
        """Where the entry's first line starts."""
        return int(self.key.start_mark.index - self.key.start_mark.column)

    @property
    def last(self) -> int:
        """Where the entry's last token ends; the mark of a block lies beyond the comments below."""
        node = self.mapping if self.mapping.flow_style else self.mapping.value[-1][1]
        return int(node.end_mark.index)

    def scalars(self) -> dict[str, Scalar]:
        """Return the fields as they are read."""
        return {name: _scalar(value) for name, (_key, value) in self.fields.items()}


@dataclass(frozen=True, slots=True)
class _Document:
    """The nodes of a variables file, with `key` and `value` of the variable if it is there."""

    root: yaml.Node | None
    key: yaml.Node | None = None
    value: yaml.Node | None = None
    entries: dict[str, _Entry] = field(default_factory=dict)

    def scalars(self) -> dict[str, dict[str, Scalar]]:
        """Return the entries as they are read."""
        return {user: entry.scalars() for user, entry in self.entries.items()}

    @property
    def pairs(self) -> list[tuple[yaml.Node, yaml.Node]]:
        """The key and value of every variable in the file."""
        return self.root.value if isinstance(self.root, yaml.MappingNode) else []

    def outside(self) -> list[object]:
        """Return what the file says beside the variable, in a form that can be compared."""
        others = [pair for pair in self.pairs if pair[0] is not self.key]
        return list(_outline([node for pair in others for node in pair]))


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Pause the collector: tracing the growing node tree takes longer than making it."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@_without_garbage_collection()
def read_entries(text: str, variable: str) -> dict[str, dict[str, Scalar]]:
    """Return the entries of `variable`, none if it is missing or null.

    Raises KeyringTextError if the text is not one YAML mapping in which `variable` maps each user
    to a mapping of single values.
    """
    return _parse(text.removeprefix(_BYTE_ORDER_MARK), variable).scalars()


@_without_garbage_collection()
def rewrite_entries(text: str, variable: str, changes: Mapping[str, _Change]) -> str:
    """Return the text with entries of `variable` set (a mapping) or removed (None).

    Fields of an existing entry that its change does not name are kept, those that it names as None
    go. A change that changes nothing leaves its entry's bytes alone. Raises KeyringTextError rather
    than return a text in which anything else reads differently than before.
    """
    mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
    body = text.removeprefix(mark)
    before = _parse(body, variable)
    entries = before.scalars()
    wanted = {
        user: None if change is None else _changed(entries.get(user, {}), change)
        for user, change in changes.items()
    }
    due = {user: changes[user] for user in changes if wanted[user] != entries.get(user)}
    if not due:
        return text

    edited = _Editor(body, variable, before).edit(due)
    after = {**entries, **wanted}
    expected = {user: entry for user, entry in after.items() if entry is not None}
    _verify(before, edited, variable, expected)
    return mark + edited


@_without_garbage_collection()
def rename_entries(text: str, variable: str, names: Mapping[str, str]) -> str:
    """Return the text with entries of `variable` under new names, given by their old ones.

    What the entries hold is left alone, byte for byte. Raises KeyringTextError rather than return a
    text in which anything else reads differently than before.
    """
    mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
    body = text.removeprefix(mark)
    before = _parse(body, variable)
    due = {old: new for old, new in names.items() if old in before.entries}
    if not due:
        return text

    edited = _Editor(body, variable, before).rename(due)
    expected = {due.get(user, user): entry for user, entry in before.scalars().items()}
    _verify(before, edited, variable, expected)
    return mark + edited


def _changed(entry: Mapping[str, Scalar], change: Mapping[str, Scalar | None]) -> dict[str, Scalar]:
    """Return the fields of an entry after a change."""
    fields = {**entry, **change}
    return {name: scalar for name, scalar in fields.items() if scalar is not None}


def _verify(
    before: _Document, edited: str, variable: str, expected: dict[str, dict[str, Scalar]]
) -> None:
    """Raise KeyringTextError unless the edited text says what is expected and nothing else."""
    try:
        after = _parse(edited, variable)
        right = after.scalars() == expected and after.outside() == before.outside()
    except KeyringTextError:
        right = False
    if not right:
        raise KeyringTextError(
            f"{variable} cannot be edited without changing something else in the file:"
            " write its entries as plain blocks, and end the file with a line break"
        )


def _error(problem: str, node: yaml.Node) -> KeyringTextError:
    return KeyringTextError(f"{problem} (line {node.start_mark.line + 1})")


def _compose(text: str) -> yaml.Node | None:
    """Return the text's node tree, None if there is nothing in it; construct no values."""
    forbidden = Reader.NON_PRINTABLE.search(text)
    if forbidden:
        line = text.count("\n", 0, forbidden.start()) + 1
        raise KeyringTextError(f"not YAML: a character that is not allowed (line {line})")
    try:
        return yaml.compose(text, _LOADER)
    except yaml.MarkedYAMLError as error:
        parts = [part for part in (error.context, error.problem) if part]
        mark = error.problem_mark or error.context_mark
    # Parts of the text can be quoted in PyYAML's message, and its error, which the exception must
    # not carry along as its context, holds them as well.
    problem = _QUOTED.sub("...", ", ".join(parts))
    raise KeyringTextError(f"not YAML: {problem} (line {mark.line + 1 if mark else '?'})")


def _parse(text: str, variable: str) -> _Document:
    """Find the variable and its entries, refusing whatever is not a keyring."""
    root = _compose(text)
    if root is None or root.tag == _NULL_TAG:
        return _Document(root)
    if not isinstance(root, yaml.MappingNode):
        raise _error("the file is not a mapping of variables", root)
    found = [(key, value) for key, value in root.value if key.value == variable]
    if not found:
        return _Document(root)
    if len(found) > 1:
        raise _error(f"{variable} is there twice", found[1][0])
    [(key, value)] = found
    if value.start_mark.index < key.end_mark.index:
        raise _error(f"{variable} is an alias", key)
    if value.tag == _NULL_TAG:
        return _Document(root, key, value)
    if not isinstance(value, yaml.MappingNode):
        raise _error(f"{variable} is not a mapping", key)
    members = _members(value, variable)
    return _Document(root, key, value, {user: _entry(*member) for user, member in members.items()})


def _members(mapping: yaml.MappingNode, what: str) -> dict[str, tuple[yaml.ScalarNode, yaml.Node]]:
    """Index a mapping's pairs by key, refusing those whose place or meaning is not their own."""
    members: dict[str, tuple[yaml.ScalarNode, yaml.Node]] = {}
    position = mapping.start_mark.index
    for key, value in mapping.value:
        # The node of an alias is the node of its anchor, which always stands further up.
        if key.start_mark.index < position or value.start_mark.index < key.end_mark.index:
            raise _error(f"{what} uses an alias", key)
        if key.tag == _MERGE_TAG:
            raise _error(f"{what} uses a merge key", key)
        if not isinstance(key, yaml.ScalarNode):
            raise _error(f"{what} has a key that is not a single value", key)
        if key.value in members:
            raise _error(f"{what} has the same key twice", key)
        members[key.value] = (key, value)
        position = value.end_mark.index
    return members


def _entry(key: yaml.ScalarNode, mapping: yaml.Node) -> _Entry:
    if not isinstance(mapping, yaml.MappingNode):
        raise _error("an entry is not a mapping", key)
    fields: dict[str, tuple[yaml.ScalarNode, yaml.ScalarNode]] = {}
    for name, (field_key, value) in _members(mapping, "an entry").items():
        for place, member in _members_of_field(name, field_key, value).items():
            if place in fields or not isinstance(member[1], yaml.ScalarNode):
                raise _error("an entry has a field that is not a single value", field_key)
            fields[place] = (member[0], member[1])
    return _Entry(key, mapping, fields)


def _members_of_field(
    name: str, key: yaml.ScalarNode, value: yaml.Node
) -> dict[str, tuple[yaml.ScalarNode, yaml.Node]]:
    """Return the single values of a field, those of a mapping under `<field>.<name>`."""
    if not isinstance(value, yaml.MappingNode) or not value.value:
        return {name: (key, value)}
    members = _members(value, "a field of an entry")
    return {f"{name}{NESTED}{inner}": member for inner, member in members.items()}


def _scalar(node: yaml.ScalarNode) -> Scalar:
    return Scalar(node.value, node.tag == _VAULT_TAG)


def _outline(nodes: list[yaml.Node]) -> Iterator[object]:
    """Flatten node trees, each node once: an anchor may be used often, and even inside itself."""
    seen: dict[int, int] = {}
    waiting = nodes[::-1]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            yield seen[id(node)]
            continue
        seen[id(node)] = len(seen)
        if isinstance(node, yaml.ScalarNode):
            yield node.tag, _scalar(node)
            continue
        yield node.tag, len(node.value)
        pairs = isinstance(node, yaml.MappingNode)
        waiting += (
            [part for pair in node.value for part in pair][::-1] if pairs else node.value[::-1]
        )


class _Editor:
    """Puts changed entries in their places in one text, all others left as they are."""

    def __init__(self, text: str, variable: str, document: _Document) -> None:
        lines = text.splitlines(keepends=True)
        self._newline = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
        # Lent, so that every line has an end, and taken back if the last line stays as it is.
        self._lent = "" if not text or text.endswith(("\n", "\r")) else self._newline
        self._text = text + self._lent
        # splitlines knows more line breaks than YAML does; YAML allows none of them in a text.
        self._line_ends = [*accumulate(map(len, lines[:-1])), len(self._text)]
        self._variable = variable
        self._document = document
        self._entries = document.entries
        pairs = document.pairs
        self._variable_column = pairs[0][0].start_mark.column if pairs else 0
        keys = [entry.key for entry in self._entries.values()]
        self._entry_column = keys[0].start_mark.column if keys else self._variable_column + _INDENT

    def edit(self, changes: Mapping[str, _Change]) -> str:
        """Return the text with the changes made."""
        self._refuse_flow_style()
        edits = [
            self._replacement(user, changes[user]) for user in self._entries if user in changes
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
        return self._apply(sorted(edits))

    def rename(self, names: Mapping[str, str]) -> str:
        """Return the text with other names at the heads of entries."""
        keys = [(entry.key, names[user]) for user, entry in self._entries.items() if user in names]
        return self._apply(
            [(key.start_mark.index, key.end_mark.index, _quoted(new)) for key, new in keys]
        )

    def _apply(self, edits: list[_Edit]) -> str:
        pieces = []
        position = 0
        for start, end, replacement in edits:
            pieces += [self._text[position:start], replacement]
            position = end
        edited = "".join([*pieces, self._text[position:]])
        return edited if position == len(self._text) else edited.removesuffix(self._lent)

    def _refuse_flow_style(self) -> None:
        for node in (self._document.root, self._document.value):
            if isinstance(node, yaml.MappingNode) and node.flow_style and node.value:
                raise _error(
                    f"{self._variable} can be read but not edited inside {{...}}:"
                    " write it as a block, one entry below the other",
                    node,
                )

    def _line_end(self, index: int) -> int:
        return self._line_ends[bisect_right(self._line_ends, index)]

    def _lines(self, entry: _Entry) -> tuple[int, int]:
        """Return where an entry's lines start and end; blank lines below are not among them."""
        content = self._text[entry.first : entry.last].rstrip()
        return entry.first, self._line_end(entry.first + len(content))

    def _replacement(self, user: str, change: _Change) -> _Edit:
        entry = self._entries[user]
        return *self._lines(entry), "" if change is None else self._block(user, change, entry)

    def _insertion(self, block: str) -> list[_Edit]:
        """Put new entries below the last one, or below the variable, which may have to be made."""
        if self._entries:
            *_others, last = self._entries.values()
            below = self._lines(last)[1]
            return [(below, below, block)]
        if self._document.value is not None:
            below = self._line_end(self._document.value.end_mark.index)
            return [self._cut(self._document.value), (below, below, block)]
        marker = _DOCUMENT_END.search(self._text)
        below = marker.start() if marker else len(self._text)
        start = "" if self._text else f"---{self._newline}"
        header = f"{start}{' ' * self._variable_column}{self._variable}:{self._newline}"
        edits = [(below, below, header + block)]
        if self._document.root is not None and not self._document.pairs:
            edits.append(self._cut(self._document.root))
        return edits

    def _cut(self, placeholder: yaml.Node) -> _Edit:
        """Remove the null or {} that stands where a block is going to be."""
        start = len(self._text[: placeholder.start_mark.index].rstrip(" "))
        return start, placeholder.end_mark.index, ""

    def _empty_mapping(self) -> _Edit:
        """Say {} where the last entry goes: with nothing below it the variable would be null."""
        after_key = t.cast("yaml.Node", self._document.key).end_mark.index
        colon_end = self._text.index(":", after_key) + 1
        return colon_end, colon_end, " {}"

    def _block(
        self, user: str, change: Mapping[str, Scalar | None], old: _Entry | None = None
    ) -> str:
        """Write an entry as lines; fields of the old one that the change does not name are kept."""
        model = old or next(reversed(self._entries.values()), None)
        column = self._entry_column + _INDENT
        if model and not model.mapping.flow_style:
            column = model.mapping.value[0][0].start_mark.column
        lines = [f"{' ' * self._entry_column}{_quoted(user)}:"]
        outer = ""
        for name, source in self._sources(change, old):
            field, dot, _inner = name.partition(NESTED)
            if dot and field != outer:
                lines.append(f"{' ' * column}{_key(field)}:")
            outer = field if dot else ""
            indent = column + (_INDENT if dot else 0)
            lines += (
                _field_lines(name, source, indent)
                if isinstance(source, Scalar)
                else [f"{' ' * indent}{source}"]
            )
        return "".join(line + self._newline for line in lines)

    def _sources(
        self, change: Mapping[str, Scalar | None], old: _Entry | None
    ) -> list[tuple[str, Scalar | str]]:
        """Return the fields of an entry with what is written for them, members side by side."""
        kept = {
            name: f"{self._source(key)}: {self._source(value)}".rstrip()
            for name, (key, value) in (old.fields if old else {}).items()
            if name not in change
        }
        there = {name: scalar for name, scalar in change.items() if scalar is not None}
        sources: dict[str, Scalar | str] = {**there, **kept}
        fields = list(dict.fromkeys(name.partition(NESTED)[0] for name in sources))
        return sorted(sources.items(), key=lambda each: fields.index(each[0].partition(NESTED)[0]))

    def _source(self, node: yaml.Node) -> str:
        return self._text[node.start_mark.index : node.end_mark.index].rstrip()


def _field_lines(name: str, scalar: Scalar, column: int) -> list[str]:
    """Write one of our fields as lines without their ends."""
    indent = " " * column
    name = name.rpartition(NESTED)[2]
    if not scalar.vaulted:
        return [f"{indent}{name}: {_quoted(scalar.value)}"]
    deeper = " " * (column + _INDENT)
    lines = scalar.value.splitlines()
    return [f"{indent}{name}: {_VAULT_TAG} |", *(deeper + line for line in lines)]


def _key(name: str) -> str:
    """Write the name of a field, which people may have chosen."""
    return name if name.isidentifier() else _quoted(name)


def _quoted(value: str) -> str:
    """Write a text as a double-quoted scalar, in ASCII so that no character breaks a line."""
    # JSON would write a character beyond U+FFFF as two halves, which YAML refuses.
    json_text = json.dumps(value, ensure_ascii=False)
    return _NOT_PRINTABLE_ASCII.sub(lambda found: f"\\U{ord(found[0]):08x}", json_text)

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where in the text of a YAML variables file the entries of one mapping are, as PyYAML tells it.

Knows nothing of files, encryption or RAM. Its messages tell line numbers and neither keys nor
values: in a file with a typing error, a secret can be either.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

import yaml
from yaml.reader import Reader

if t.TYPE_CHECKING:
    from collections.abc import Iterator

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
VAULT_TAG = "!vault"
_NULL_TAG = "tag:yaml.org,2002:null"
_MERGE_TAG = "tag:yaml.org,2002:merge"
# Fields that are mappings of single values; in names NESTED stands before what is in them.
MAPPINGS = ("previous", "rotation")
NESTED = "."
_QUOTED = re.compile(r"""(['"]).*\1""")

Member: t.TypeAlias = "tuple[yaml.ScalarNode, yaml.Node]"
Head: t.TypeAlias = "tuple[yaml.ScalarNode, yaml.MappingNode]"


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
class EntryNodes:
    """One entry's nodes: its key, its mapping, and the key and value of each field.

    `heads` are the fields that are MAPPINGS; what is in them is among `fields`, under the names of
    both.
    """

    key: yaml.ScalarNode
    mapping: yaml.MappingNode
    fields: dict[str, Member]
    heads: dict[str, Head]

    @property
    def first(self) -> int:
        """Where the entry's first line starts."""
        return line_start(self.key)

    @property
    def last(self) -> int:
        """Where the entry's last token ends."""
        return last_token_end(self.mapping)

    def scalars(self) -> dict[str, Scalar]:
        """Return the fields that are single values as they are read."""
        return {
            name: scalar(value)
            for name, (_key, value) in self.fields.items()
            if isinstance(value, yaml.ScalarNode)
        }

    def others(self) -> dict[str, list[object]]:
        """Return the other fields, in a form that can be compared."""
        return {
            name: list(outline([value]))
            for name, (_key, value) in self.fields.items()
            if not isinstance(value, yaml.ScalarNode)
        }


@dataclass(frozen=True, slots=True)
class Document:
    """The nodes of a variables file, with `key` and `value` of the variable if it is there."""

    root: yaml.Node | None
    key: yaml.Node | None = None
    value: yaml.Node | None = None
    entries: dict[str, EntryNodes] = field(default_factory=dict)

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
        return list(outline([node for pair in others for node in pair]))


def line_start(key: yaml.Node) -> int:
    """Return where the line of a node starts."""
    return int(key.start_mark.index - key.start_mark.column)


def last_token_end(node: yaml.Node) -> int:
    """Return where the last token of a node ends: a block's own mark lies beyond the comments."""
    while isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        inner = last[1] if isinstance(node, yaml.MappingNode) else last
        # The node of an alias stands further up.
        if inner.start_mark.index <= node.start_mark.index:
            break
        node = inner
    return int(node.end_mark.index)


def error(problem: str, node: yaml.Node) -> KeyringTextError:
    """Return an error that tells the line of a node."""
    return KeyringTextError(f"{problem} (line {node.start_mark.line + 1})")


def vault_texts(text: str) -> list[tuple[int, str]]:
    """Return the values of a text that are vaults, wherever they stand, each with its line."""
    root = _compose(text)
    return [
        (node.start_mark.line + 1, node.value)
        for node in _scalars_under(root)
        if node.tag == VAULT_TAG
    ]


def _scalars_under(root: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    waiting, seen = [root] if root else [], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            yield node
        elif isinstance(node, yaml.MappingNode):
            waiting += [part for pair in node.value for part in pair]
        else:
            waiting += node.value


def _compose(text: str) -> yaml.Node | None:
    """Return the text's node tree, None if there is nothing in it; construct no values."""
    forbidden = Reader.NON_PRINTABLE.search(text)
    if forbidden:
        line = text.count("\n", 0, forbidden.start()) + 1
        raise KeyringTextError(f"not YAML: a character that is not allowed (line {line})")
    try:
        return yaml.compose(text, _LOADER)
    except yaml.MarkedYAMLError as problem:
        parts = [part for part in (problem.context, problem.problem) if part]
        mark = problem.problem_mark or problem.context_mark
    # Parts of the text can be quoted in PyYAML's message, and its error, which the exception must
    # not carry along as its context, holds them as well.
    told = _QUOTED.sub("...", ", ".join(parts))
    raise KeyringTextError(f"not YAML: {told} (line {mark.line + 1 if mark else '?'})")


def parse(text: str, variable: str) -> Document:
    """Find the variable and its entries, refusing whatever is not a keyring."""
    root = _compose(text)
    if root is None or root.tag == _NULL_TAG:
        return Document(root)
    if not isinstance(root, yaml.MappingNode):
        raise error("the file is not a mapping of variables", root)
    found = [(key, value) for key, value in root.value if key.value == variable]
    if not found:
        return Document(root)
    if len(found) > 1:
        raise error(f"{variable} is there twice", found[1][0])
    [(key, value)] = found
    if value.start_mark.index < key.end_mark.index:
        raise error(f"{variable} is an alias", key)
    if value.tag == _NULL_TAG:
        return Document(root, key, value)
    if not isinstance(value, yaml.MappingNode):
        raise error(f"{variable} is not a mapping", key)
    members = _members(value, variable)
    return Document(root, key, value, {user: _entry(*member) for user, member in members.items()})


def _members(mapping: yaml.MappingNode, what: str) -> dict[str, Member]:
    """Index a mapping's pairs by key, refusing those whose place or meaning is not their own."""
    members: dict[str, Member] = {}
    position = mapping.start_mark.index
    for key, value in mapping.value:
        # The node of an alias is the node of its anchor, which always stands further up.
        if key.start_mark.index < position or value.start_mark.index < key.end_mark.index:
            raise error(f"{what} uses an alias", key)
        if key.tag == _MERGE_TAG:
            raise error(f"{what} uses a merge key", key)
        if not isinstance(key, yaml.ScalarNode):
            raise error(f"{what} has a key that is not a single value", key)
        if key.value in members:
            raise error(f"{what} has the same key twice", key)
        members[key.value] = (key, value)
        position = value.end_mark.index
    return members


def _entry(key: yaml.ScalarNode, mapping: yaml.Node) -> EntryNodes:
    if not isinstance(mapping, yaml.MappingNode):
        raise error("an entry is not a mapping", key)
    fields: dict[str, Member] = {}
    heads: dict[str, Head] = {}
    for name, member in _members(mapping, "an entry").items():
        name_node, value = member
        if NESTED in name and name.partition(NESTED)[0] in MAPPINGS:
            raise error("an entry has a field with a dot in its name", name_node)
        if name in MAPPINGS and isinstance(value, yaml.MappingNode) and value.value:
            heads[name] = (name_node, value)
            inner = _members(value, "a field of an entry")
            fields.update({f"{name}{NESTED}{each}": inner[each] for each in inner})
        else:
            fields[name] = member
    return EntryNodes(key, mapping, fields, heads)


def scalar(node: yaml.ScalarNode) -> Scalar:
    """Return a single value as it is read."""
    return Scalar(node.value, node.tag == VAULT_TAG)


def outline(nodes: list[yaml.Node]) -> Iterator[object]:
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
            yield node.tag, scalar(node)
            continue
        yield node.tag, len(node.value)
        pairs = isinstance(node, yaml.MappingNode)
        waiting += (
            [part for pair in node.value for part in pair][::-1] if pairs else node.value[::-1]
        )

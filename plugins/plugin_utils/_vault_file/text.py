# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entries of one mapping in the text of a YAML variables file: read them, rewrite only them.

Every byte outside the values that change stays. Knows nothing of files, encryption or RAM. Its
messages tell line numbers and neither keys nor values.
"""

from __future__ import annotations

import gc
import typing as t
from contextlib import contextmanager
from dataclasses import dataclass, field

from .editing import Editor, head_of
from .nodes import KeyringTextError, Scalar, parse

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .editing import Change
    from .nodes import Document

__all__ = [
    "EntryText",
    "KeyringTextError",
    "Scalar",
    "copy_entry",
    "insert_entries",
    "read_entries",
    "rename_entries",
    "rewrite_entries",
]

_BYTE_ORDER_MARK = "\ufeff"
# What the entries of a text are to come to: their single values, and all else that is in them.
_EntryContent: t.TypeAlias = "tuple[dict[str, Scalar], dict[str, list[object]]]"
_Content: t.TypeAlias = "dict[str, _EntryContent]"


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
    """Return the single values in the entries of `variable`, none if it is missing or null.

    Those in a mapping of ours stand under the names of both, with a dot between. Raises
    KeyringTextError if the text is not one YAML mapping in which `variable` maps each user to a
    mapping.
    """
    return parse(text.removeprefix(_BYTE_ORDER_MARK), variable).scalars()


@_without_garbage_collection()
def rewrite_entries(text: str, variable: str, changes: Mapping[str, Change]) -> str:
    """Return the text with entries of `variable` set (a mapping) or removed (None).

    In an entry that is there, fields that its change does not name are kept, and those that it maps
    to None go. Comments stay, and so does every byte of what is not changed. Raises
    KeyringTextError rather than return a text in which anything else reads differently than before.
    """
    mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
    body = text.removeprefix(mark)
    before = parse(body, variable)
    due = {user: change for user, change in changes.items() if _is_due(before, user, change)}
    if not due:
        return text

    edited = Editor(body, variable, before).edit(due)
    expected = _content(before)
    for user, change in due.items():
        scalars, others = expected.pop(user, ({}, {}))
        if change is not None:
            expected[user] = _changed(scalars, change), _without_placeholders(others, change)
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
    before = parse(body, variable)
    due = {old: new for old, new in names.items() if old in before.entries}
    if not due:
        return text

    edited = Editor(body, variable, before).rename(due)
    expected = {due.get(user, user): content for user, content in _content(before).items()}
    _verify(before, edited, variable, expected)
    return mark + edited


@dataclass(frozen=True)
class EntryText:
    """An entry as it is written, indented as if it stood at the left, and what it says."""

    lines: Sequence[str] = field(repr=False)
    content: _EntryContent = field(repr=False)


@_without_garbage_collection()
def copy_entry(text: str, variable: str, user: str) -> EntryText:
    """Return an entry of `variable`, its comments and all, but for its name."""
    body = text.removeprefix(_BYTE_ORDER_MARK)
    document = parse(body, variable)
    lines = Editor(body, variable, document).lines_of(document.entries[user])
    return EntryText(lines, _content(document)[user])


@_without_garbage_collection()
def insert_entries(text: str, variable: str, entries: Mapping[str, EntryText]) -> str:
    """Return the text with copies of entries below those of `variable`, by the names they get.

    Raises KeyringTextError rather than return a text in which anything else reads differently than
    before.
    """
    mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
    body = text.removeprefix(mark)
    before = parse(body, variable)
    if not entries:
        return text

    edited = Editor(body, variable, before).insert({user: entries[user].lines for user in entries})
    copies = {user: entry.content for user, entry in entries.items()}
    _verify(before, edited, variable, {**_content(before), **copies})
    return mark + edited


def _is_due(before: Document, user: str, change: Change) -> bool:
    entry = before.entries.get(user)
    if entry is None or change is None:
        return (entry is None) != (change is None)
    scalars = entry.scalars()
    return _changed(scalars, change) != scalars


def _changed(
    scalars: Mapping[str, Scalar], change: Mapping[str, Scalar | None]
) -> dict[str, Scalar]:
    """Return the single values of an entry as the change leaves them."""
    given = {name: value for name, value in change.items() if value is not None}
    kept = {name: value for name, value in scalars.items() if name not in change}
    return {**_without_placeholders(kept, change), **given}


_T = t.TypeVar("_T")


def _without_placeholders(
    fields: Mapping[str, _T], change: Mapping[str, Scalar | None]
) -> dict[str, _T]:
    """Return the fields without those in whose place the change puts a mapping."""
    heads = {head_of(name) for name, value in change.items() if value is not None}
    return {name: value for name, value in fields.items() if name not in heads}


def _content(document: Document) -> _Content:
    return {user: (entry.scalars(), entry.others()) for user, entry in document.entries.items()}


def _verify(before: Document, edited: str, variable: str, expected: _Content) -> None:
    """Raise KeyringTextError unless the edited text says what is expected and nothing else."""
    try:
        after = parse(edited, variable)
        right = _content(after) == expected and after.outside() == before.outside()
    except KeyringTextError:
        right = False
    if not right:
        raise KeyringTextError(
            f"{variable} cannot be edited without changing something else in the file:"
            " write its entries as plain blocks, and end the file with a line break"
        )

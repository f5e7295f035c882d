# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policy documents: what is wrong with one, what it means, and how it is sent and shown.

Knows nothing of the API. `subject` is what the statements of a document are about: "Resource" for
the policy of an identity, "Principal" for the trust policy of a role.
"""

from __future__ import annotations

import json
import typing as t
from collections import Counter
from dataclasses import dataclass, field

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    Elements = dict[str, t.Any]

VERSION = "1"
# Of a policy, in characters of its compact form. For trust policies no limit is documented.
LONGEST_DOCUMENT = 6144
EFFECTS = ("Allow", "Deny")
# In the order in which a statement is shown; others come after them.
_ELEMENTS = (
    *("Effect", "Action", "NotAction", "Resource", "NotResource"),
    *("Principal", "NotPrincipal", "Condition"),
)
_PRINCIPALS = {"ram": "RAM", "service": "Service", "federated": "Federated"}
_EVERY_ACTION = {"*", "*:*"}
_EVERY_RESOURCE = {"*", "acs:*:*:*:*"}


@dataclass(frozen=True)
class Document:
    """A policy document; all that mean the same are equal, however they are written.

    Lists are sets and a text is a list of one, statements count in any order, numbers and booleans
    are their texts, no version is version 1, and an empty Condition or list of principals is none.
    `text` is the compact form that is sent, in the order in which it was written. `shown` is a
    mapping in which all that may be a list is a sorted one.
    """

    meaning: frozenset[str]
    text: str = field(compare=False)
    shown: Elements = field(compare=False)

    @property
    def allows_everything(self) -> bool:
        """Tell whether a statement allows all actions on all resources without a condition."""
        return any(
            statement.get("Effect") == "Allow"
            and _EVERY_ACTION & set(statement.get("Action", ()))
            and _EVERY_RESOURCE & set(statement.get("Resource", ()))
            and "Condition" not in statement
            for statement in self.shown["Statement"]
        )


def parse_document(given: str | Mapping[str, t.Any]) -> Document:
    """Return a document, given as a mapping or as JSON, in which `document_problems` finds nothing.

    What RAM stores is one, too. Raises ValueError for a text that is no JSON object.
    """
    loaded = json.loads(given) if isinstance(given, str) else given
    if not isinstance(loaded, dict):
        raise ValueError("a policy document must be an object")  # noqa: TRY004 - as bad JSON is
    written = _written(loaded)
    shown = {**written, "Statement": [_shown(each) for each in written["Statement"]]}
    others = {name: value for name, value in shown.items() if name != "Statement"}
    return Document(
        meaning=frozenset(_compact(each) for each in (*shown["Statement"], others)),
        text=json.dumps(written, ensure_ascii=False, separators=(",", ":")),
        shown=shown,
    )


def document_problems(given: object, subject: str) -> list[str]:
    """Return in words what is wrong with a document, and where; RAM may find more."""
    if isinstance(given, str):
        try:
            given = _loaded(given)
        except ValueError as error:
            return [f"is not JSON: {error}"]
    if not isinstance(given, dict):
        return ["must be a mapping, or a text with a JSON object"]
    version = given.get("Version", VERSION)
    found = []
    if _text(version) != VERSION:
        found.append(f'must have Version "{VERSION}", the only one of RAM, not "{version}"')
    statements = given.get("Statement")
    if not statements or not isinstance(statements, (list, dict)):
        return [*found, "must have a list of statements as its Statement"]
    for number, statement in enumerate(_listed(statements), start=1):
        where = f"statement {number}"
        found += [f"{problem} ({where})" for problem in _statement_problems(statement, subject)]
    return found


def _statement_problems(statement: object, subject: str) -> list[str]:
    if not isinstance(statement, dict):
        return ["must have mappings as its statements"]
    found = []
    if statement.get("Effect") not in EFFECTS:
        found.append(f"must have {' or '.join(EFFECTS)} as Effect, not {statement.get('Effect')!r}")
    found += [
        f"must have {name}"
        for name in ("Action", subject)
        if name not in statement and f"Not{name}" not in statement
    ]
    for name in _ELEMENTS[1:]:
        found += _element_problems(name, statement[name]) if name in statement else []
    return found


def _element_problems(name: str, value: object) -> list[str]:
    if name == "Condition":
        if not isinstance(value, dict) or not all(isinstance(v, dict) for v in value.values()):
            return ["must have a mapping of mappings as Condition"]
        lists = [texts for keys in value.values() for texts in keys.values()]
        return [] if all(map(_are_texts, lists)) else ["must have texts as values of Condition"]
    if name.endswith("Principal") and isinstance(value, dict):
        lists = [texts for texts in value.values() if texts != []]
        return [] if lists and all(map(_are_names, lists)) else [f"must name somebody as {name}"]
    return [] if _are_names(value) else [f"must have a text or a list of texts as {name}"]


def _are_texts(value: object) -> bool:
    """Tell whether this is a text, or what YAML makes of one, or a list of such."""
    values = _listed(value)
    return bool(values) and all(isinstance(each, (str, int, float)) for each in values)


def _are_names(value: object) -> bool:
    """Tell the same of texts that must not be empty."""
    return _are_texts(value) and "" not in _listed(value)


def _loaded(text: str) -> object:
    """Return what a JSON text says; ValueError if it is none, or says something twice."""
    try:
        return json.loads(text, object_pairs_hook=_object)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _object(pairs: list[tuple[str, t.Any]]) -> Elements:
    found = dict(pairs)
    if len(found) < len(pairs):
        [(name, _times)] = Counter(name for name, _value in pairs).most_common(1)
        raise ValueError(f"{name} stands there twice in one object")
    return found


def _written(document: Mapping[str, t.Any]) -> Elements:
    """Return a document as RAM takes it, in the order in which it was written."""
    statements = [_without_nothing(_texts(each)) for each in _listed(document.get("Statement", []))]
    return {"Version": VERSION, **_texts(dict(document)), "Statement": statements}


def _without_nothing(statement: Elements) -> Elements:
    """Leave out conditions and principals that there are none of."""
    kept = dict(statement)
    for name in ("Condition", "Principal"):
        if isinstance(kept.get(name), dict):
            parts = {key: value for key, value in kept[name].items() if value not in ([], {})}
            kept[name] = parts
            if not parts:
                del kept[name]
    return kept


def _texts(value: t.Any) -> t.Any:
    """Return the same with texts in place of what YAML made of them."""
    if isinstance(value, dict):
        return {str(key): _texts(each) for key, each in value.items()}
    return [_texts(each) for each in value] if isinstance(value, list) else _text(value)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown(statement: Elements) -> Elements:
    names = [name for name in _ELEMENTS if name in statement]
    names += sorted(statement.keys() - set(names))
    return {
        name: statement[name] if name == "Effect" else _sets(statement[name], name)
        for name in names
    }


def _sets(value: t.Any, name: str = "") -> t.Any:
    """Return an element of a statement with sorted lists of what differs, whatever was a text."""
    if isinstance(value, dict):
        if name.endswith("Principal"):
            value = _by_kind(value)
        return {key: _sets(value[key]) for key in sorted(value)}
    unique = {_compact(each): each for each in _listed(value)}
    return [unique[key] for key in sorted(unique)]


def _by_kind(principals: Elements) -> Elements:
    """Return principals by their kinds, which RAM may spell in another case."""
    found: Elements = {}
    for name, value in principals.items():
        kind = _PRINCIPALS.get(name.lower(), name)
        found[kind] = [*found.get(kind, ()), *_listed(value)]
    return found


def _listed(value: t.Any) -> list[t.Any]:
    return value if isinstance(value, list) else [value]


def _compact(value: t.Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task wants: one thing by its name, or several in a list."""

from __future__ import annotations

import re
import typing as t

from .._cloud.errors import InputError, ProblemsError

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Format = tuple[str, str]

Options: t.TypeAlias = "dict[str, t.Any]"


def set_spec(aspect: str, elements: str = "str") -> Options:
    """Return the options of a set: what is to be in it, what is to go, whether the rest goes."""
    return {
        aspect: {"type": "list", "elements": elements},
        f"remove_{aspect}": {"type": "list", "elements": elements},
        f"purge_{aspect}": {"type": "bool", "default": False},
    }


TAGS_SPEC: Options = {**set_spec("tags"), "tags": {"type": "dict"}}


def spec_of_many(plural: str, options: Options) -> Options:
    """Return the argument spec of a module that takes one thing, or several in a list.

    Elements have no defaults: what they leave out comes from the task.
    """
    of_element = {
        name: {key: value for key, value in option.items() if key != "default"}
        for name, option in options.items()
    }
    of_element["name"]["required"] = True
    return {
        **options,
        plural: {"type": "list", "elements": "dict", "options": of_element},
        "concurrency": {"type": "int", "default": 16},
    }


def one_or_many(plural: str, options: Options) -> dict[str, list[tuple[str, str]]]:
    """Return the constraints of such a module, for its declaration."""
    return {
        "mutually_exclusive": [(name, plural) for name in ("name", "new_name") if name in options],
        "required_one_of": [("name", plural)],
    }


def wanted_items(params: Options, plural: str, names: Iterable[str]) -> list[Options]:
    """Return what the task describes: itself, or each of its list, completed from the task."""
    task = {name: params[name] for name in names}
    items = [task] if params[plural] is None else params[plural]
    return [
        {**task, **{key: item[key] for key in task if item.get(key) is not None}} for item in items
    ]


def wanted_names(params: Options, singular: str, plural: str) -> list[str] | None:
    """Return the names asked for, each once; None if the task asks for all there are."""
    names = params[plural] if params[singular] is None else [params[singular]]
    return None if names is None else list(dict.fromkeys(names))


def names_of(options: Options) -> list[str]:
    """Return the names that something has or is to get, each once."""
    names = (options["name"], options.get("new_name"))
    return list(dict.fromkeys(name for name in names if name is not None))


def repeated_names(names: Iterable[str]) -> dict[str, int]:
    """Return the names that stand there more than once, with how often, in all their spellings.

    No documentation tells whether names that differ in case only are two things or one.
    """
    spellings: dict[str, list[str]] = {}
    for name in names:
        spellings.setdefault(name.lower(), []).append(name)
    return {" or ".join(dict.fromkeys(s)): len(s) for s in spellings.values() if len(s) > 1}


def refuse_bad_items(
    noun: str, items: Sequence[Options], problems_of: Callable[[Options], list[str]]
) -> None:
    """Raise InputError naming all that is wrong with the descriptions in themselves."""
    problems = [problem for options in items for problem in problems_of(options)]
    # Something may be renamed to its own name in another case.
    counts = repeated_names(
        name
        for options in items
        for name in {name.lower(): name for name in names_of(options)}.values()
    )
    problems += [f"{noun} {name} is described {n} times" for name, n in counts.items()]
    if problems:
        raise ProblemsError(problems, introduction="Bad input, nothing was changed: ")


def refuse_all(problems: Sequence[str]) -> None:
    """Raise InputError with the problems, if there are any."""
    if len(problems) > 1:
        raise ProblemsError(problems)
    if problems:
        raise InputError(problems[0])


def format_problems(noun: str, options: Options, formats: Mapping[str, Format]) -> list[str]:
    """Return in words which texts have not their format, and what does not go together."""
    name = options["name"]
    if name is None:
        return [f"a{'n' * noun.startswith(('a', 'e'))} {noun} has no name"]
    found = [
        f"{key} of {noun} {name!r} must be {described}, not {options[key]!r}"
        for key, (pattern, described) in formats.items()
        if options[key] is not None and not re.fullmatch(pattern, options[key])
    ]
    if options["state"] == "absent" and options.get("new_name"):
        found.append(f"{noun} {name} can't be renamed and absent")
    return found


def member_noun(aspect: str) -> str:
    """Return what one element of a list is called."""
    return {"policies": "policy"}.get(aspect, aspect.removesuffix("s"))


def list_problems(
    noun: str, options: Options, aspect: str, is_right: Callable[[t.Any], bool], described: str
) -> list[str]:
    """Return in words which elements of a list, or of its `remove_` list, can't be meant."""
    name, removed = options["name"], options[f"remove_{aspect}"] or []
    item_noun = member_noun(aspect)
    found = [
        f"a {item_noun} of {noun} {name} must be {described}, not {item!r}"
        for item in [*(options[aspect] or []), *removed]
        if not is_right(item)
    ]
    both = [item for item in options[aspect] or [] if item in removed]
    return found + [f"{item_noun} {item} of {noun} {name} is to stay and to go" for item in both]

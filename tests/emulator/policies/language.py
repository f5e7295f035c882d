# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policy language: parse a document, and judge what its statements say about one request.

Knows nothing of users, roles or requests.
"""

from __future__ import annotations

import enum
import functools
import json
import re
import typing as t
from dataclasses import dataclass

from .conditions import Condition, check_values, is_operator, matcher

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from .conditions import Context

VERSION = "1"
ACTION = re.compile(r"\*|[A-Za-z0-9*_.-]+:[A-Za-z0-9*?_./-]+")
RESOURCE = re.compile(r"\*|acs:.+")
# A principal that was deleted is left with its id.
PRINCIPAL = re.compile(r"\*|acs:.+|[0-9]+")
CONDITION_KEY = re.compile(r"[A-Za-z0-9_-]+:\S+")


class PolicyError(ValueError):
    """A policy document is not valid."""


class Verdict(enum.Enum):
    """What a set of statements says about a request."""

    ALLOWED = "Allow"
    DENIED = "ExplicitDeny"
    UNDECIDED = "ImplicitDeny"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; `subjects` matches resources, or the principals of a trust policy."""

    allow: bool
    actions: re.Pattern[str]
    actions_negated: bool
    subjects: re.Pattern[str]
    conditions: tuple[Condition, ...]

    def applies(self, action: str, subject: str, context: Callable[[], Context]) -> bool:
        """Tell whether the statement speaks about this request; UndecidedError if nobody can."""
        return (
            bool(self.actions.fullmatch(action)) != self.actions_negated
            and bool(self.subjects.fullmatch(subject))
            and all(condition.holds(context()) for condition in self.conditions)
        )


def judge(
    statements: t.Iterable[Statement], action: str, subject: str, context: Callable[[], Context]
) -> Verdict:
    """Return the verdict of the statements together: an explicit deny wins.

    Raises UndecidedError if a condition decides that the emulator knows nothing of.
    """
    verdict = Verdict.UNDECIDED
    for statement in statements:
        if statement.applies(action, subject, context):
            if not statement.allow:
                return Verdict.DENIED
            verdict = Verdict.ALLOWED
    return verdict


# The same few documents are created over and over by tests.
@functools.lru_cache(maxsize=1024)
def parse_policy(document: str) -> tuple[Statement, ...]:
    """Parse an identity or session policy."""
    return tuple(_identity_statement(raw) for raw in _statements(document))


@functools.lru_cache(maxsize=1024)
def parse_trust_policy(document: str) -> tuple[Statement, ...]:
    """Parse the trust policy of a role; its statements match the ARNs of RAM principals."""
    return tuple(_trust_statement(raw) for raw in _statements(document))


def _statements(document: str) -> list[dict[str, t.Any]]:
    try:
        policy = json.loads(document)
    except ValueError as error:
        message = f"the document is not JSON: {error}"
        raise PolicyError(message) from None
    _expect(isinstance(policy, dict), "the document must be an object")
    _expect_keys(policy, required={"Version", "Statement"})
    _expect(policy["Version"] == VERSION, f'Version must be "{VERSION}"')
    statements = policy["Statement"]
    _expect(isinstance(statements, list) and statements, "Statement must be a list")
    for statement in statements:
        _expect(isinstance(statement, dict), "a statement must be an object")
        _expect(statement.get("Effect") in ("Allow", "Deny"), "Effect must be Allow or Deny")
    return statements


def _identity_statement(raw: dict[str, t.Any]) -> Statement:
    action_key = "NotAction" if "NotAction" in raw else "Action"
    _expect_keys(raw, required={"Effect", action_key, "Resource"}, optional={"Condition"})
    return Statement(
        allow=raw["Effect"] == "Allow",
        # Unconfirmed: the cloud may compare actions without regard to case; this grants less.
        actions=matcher(_strings(raw, action_key, ACTION)),
        actions_negated=action_key == "NotAction",
        subjects=matcher(_strings(raw, "Resource", RESOURCE)),
        conditions=_conditions(raw.get("Condition", {})),
    )


def _trust_statement(raw: dict[str, t.Any]) -> Statement:
    _expect_keys(raw, required={"Effect", "Action", "Principal"}, optional={"Condition"})
    principal = raw["Principal"]
    _expect(isinstance(principal, dict) and principal, "Principal must be an object")
    _expect_keys(principal, optional={"RAM", "Service", "Federated"})
    # Terraform's live tests create roles with an empty list beside a service.
    trusted = [
        name
        for kind in ("RAM", "Federated")
        if principal.get(kind)
        for name in _strings(principal, kind, PRINCIPAL)
    ]
    return Statement(
        allow=raw["Effect"] == "Allow",
        actions=matcher(_strings(raw, "Action", ACTION)),
        actions_negated=False,
        subjects=re.compile("|".join(re.escape(arn) for arn in trusted) or r"(?!)"),
        conditions=_conditions(raw.get("Condition", {})),
    )


def _conditions(block: t.Any) -> tuple[Condition, ...]:
    _expect(isinstance(block, dict), "Condition must be an object")
    found = []
    for operator, keys in block.items():
        _expect(is_operator(operator), f"{operator} is not an operator of conditions")
        _expect(isinstance(keys, dict), f"{operator} must be an object")
        for key in keys:
            _expect(CONDITION_KEY.fullmatch(key), f"{key} is not a key of conditions")
            values = _values(operator, keys[key])
            found.append(Condition(operator, key, values))
    # What can be decided is asked first: mostly it settles the matter.
    return tuple(sorted(found, key=lambda condition: not condition.is_decidable))


def _values(operator: str, raw: t.Any) -> tuple[str, ...]:
    values = tuple(_condition_text(value) for value in as_list(raw))
    _expect(values, f"{operator} must have a value")
    try:
        check_values(operator, values)
    except ValueError as error:
        _expect(condition=False, problem=f"{operator} has a wrong value: {error}")
    return values


def _condition_text(value: t.Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    _expect(isinstance(value, (str, int, float)), "a condition compares with texts")
    return str(value)


def _strings(raw: dict[str, t.Any], key: str, form: re.Pattern[str] | None = None) -> list[str]:
    values = as_list(raw[key])
    _expect(bool(values), f"{key} must not be empty")
    for value in values:
        _expect(
            isinstance(value, str) and (form is None or bool(form.fullmatch(value))),
            f"{key} has a value that is not valid",
        )
    return values


def as_list(value: t.Any) -> list[t.Any]:
    """Return a value that may stand alone instead of in a list."""
    return value if isinstance(value, list) else [value]


def _expect_keys(
    raw: dict[str, t.Any], *, required: t.Collection[str] = (), optional: t.Collection[str] = ()
) -> None:
    for key in required:
        _expect(key in raw, f"{key} is missing")
    for key in raw:
        _expect(key in required or key in optional, f"{key} is not an element of a policy")


def _expect(condition: t.Any, problem: str) -> None:
    if not condition:
        raise PolicyError(problem)

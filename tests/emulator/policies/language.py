# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policy language: parse a document, and judge what its statements say about one request.

Knows nothing of users, roles or requests. A condition that it cannot evaluate is refused when the
document is parsed, because ignoring it would grant or deny what the cloud does not.
"""

from __future__ import annotations

import enum
import functools
import json
import re
import typing as t
from dataclasses import dataclass

VERSION = "1"
CONDITION_KEYS = frozenset({"sts:ExternalId"})
CONDITION_OPERATORS = frozenset({"StringEquals", "StringLike"})
ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
RESOURCE = re.compile(r"\*|acs:.+")


class PolicyError(ValueError):
    """A policy document is not valid, or says what is not evaluated here."""


class Verdict(enum.Enum):
    """What a set of statements says about a request."""

    ALLOWED = "Allow"
    DENIED = "ExplicitDeny"
    UNDECIDED = "ImplicitDeny"


@dataclass(frozen=True, slots=True)
class Condition:
    """One key of a condition block with the values that satisfy it."""

    key: str
    values: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; `subjects` matches resources, or the principals of a trust policy."""

    allow: bool
    actions: re.Pattern[str]
    actions_negated: bool
    subjects: re.Pattern[str]
    conditions: tuple[Condition, ...]

    def applies(self, action: str, subject: str, context: t.Mapping[str, str]) -> bool:
        """Tell whether the statement speaks about this action on this subject."""
        return (
            bool(self.actions.fullmatch(action)) != self.actions_negated
            and bool(self.subjects.fullmatch(subject))
            and all(
                condition.key in context and condition.values.fullmatch(context[condition.key])
                for condition in self.conditions
            )
        )


def judge(
    statements: t.Iterable[Statement], action: str, subject: str, context: t.Mapping[str, str]
) -> Verdict:
    """Return the verdict of the statements together: an explicit deny wins."""
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
        actions=_patterns(_strings(raw, action_key, ACTION)),
        actions_negated=action_key == "NotAction",
        subjects=_patterns(_strings(raw, "Resource", RESOURCE)),
        conditions=_conditions(raw.get("Condition", {})),
    )


def _trust_statement(raw: dict[str, t.Any]) -> Statement:
    _expect_keys(raw, required={"Effect", "Action", "Principal"}, optional={"Condition"})
    principal = raw["Principal"]
    _expect(isinstance(principal, dict) and principal, "Principal must be an object")
    _expect_keys(principal, optional={"RAM", "Service", "Federated"})
    # Terraform's live tests create roles with an empty list beside a service.
    trusted = _strings(principal, "RAM", RESOURCE) if principal.get("RAM") else []
    return Statement(
        allow=raw["Effect"] == "Allow",
        actions=_patterns(_strings(raw, "Action", ACTION)),
        actions_negated=False,
        subjects=re.compile("|".join(re.escape(arn) for arn in trusted) or r"(?!)"),
        conditions=_conditions(raw.get("Condition", {})),
    )


def _conditions(block: t.Any) -> tuple[Condition, ...]:
    _expect(isinstance(block, dict), "Condition must be an object")
    found = []
    for operator, keys in block.items():
        _expect(
            operator in CONDITION_OPERATORS,
            f"the emulator does not evaluate the condition operator {operator}",
        )
        _expect(isinstance(keys, dict) and keys, f"{operator} must be an object")
        for key in keys:
            _expect(
                key in CONDITION_KEYS, f"the emulator does not evaluate the condition key {key}"
            )
            found.append(Condition(key, _values(operator, _strings(keys, key))))
    return tuple(found)


def _values(operator: str, values: list[str]) -> re.Pattern[str]:
    if operator == "StringLike":
        return _patterns(values)
    return re.compile("|".join(re.escape(value) for value in values))


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


def _patterns(values: list[str]) -> re.Pattern[str]:
    wildcards = {"*": ".*", "?": "."}
    return re.compile(
        "|".join("".join(wildcards.get(c) or re.escape(c) for c in value) for value in values),
        re.DOTALL,
    )


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

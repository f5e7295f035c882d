# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policy documents: what means the same, what is sent and shown, and what is wrong with one."""

from __future__ import annotations

import copy
import json
import typing as t

import pytest

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.documents import (
    document_problems,
    parse_document,
)

Elements = dict[str, t.Any]

READ: Elements = {"Effect": "Allow", "Action": ["ecs:Describe*", "oss:Get*"], "Resource": ["*"]}
DENY: Elements = {"Effect": "Deny", "Action": "ram:*", "Resource": "*"}
TRUST: Elements = {
    "Effect": "Allow",
    "Action": "sts:AssumeRole",
    "Principal": {"Service": "ecs.aliyuncs.com"},
}


def document(*statements: Elements, **others: t.Any) -> Elements:
    """Return a document with these statements."""
    return {"Version": "1", "Statement": list(statements), **others}


STORED = document(READ, DENY)


@pytest.mark.parametrize(
    "given",
    [
        document(DENY, READ),
        document({**READ, "Action": ["oss:Get*", "ecs:Describe*", "oss:Get*"]}, DENY),
        document({**READ, "Resource": "*"}, {**DENY, "Action": ["ram:*"]}),
        document(dict(reversed(READ.items())), DENY),
        document({**READ, "Condition": {}}, {**DENY, "Condition": {"Bool": {}}}),
        document(READ, DENY, Version=1),
        {"Statement": [READ, DENY]},
        document(READ, DENY, READ),
    ],
    ids=["statements", "actions", "a text", "keys", "conditions", "number", "version", "twice"],
)
@pytest.mark.parametrize("form", [json.dumps, lambda d: json.dumps(d, indent=4) + "\n", dict])
def test_what_means_the_same(given: Elements, form: t.Callable[[Elements], t.Any]) -> None:
    """What the order, the form or an omission leaves open is no difference."""
    assert parse_document(form(given)) == parse_document(json.dumps(STORED))


@pytest.mark.parametrize(
    "given",
    [
        document(READ),
        document({**READ, "Action": "ecs:Describe*"}, DENY),
        document({**READ, "Effect": "Deny"}, DENY),
        document({**READ, "Condition": {"Bool": {"acs:SecureTransport": "true"}}}, DENY),
        document({k: v for k, v in READ.items() if k != "Action"} | {"NotAction": "oss:*"}, DENY),
        document(READ, {**DENY, "Action": "RAM:*"}),
    ],
)
def test_what_means_something_else(given: Elements) -> None:
    """Any other change is a difference."""
    assert parse_document(given) != parse_document(STORED)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"acs:SecureTransport": True}, {"acs:SecureTransport": ["true"]}),
        ({"acs:MFAAge": 3600}, {"acs:MFAAge": "3600"}),
        ({"acs:MFAAge": [2, 1.5]}, {"acs:MFAAge": ["1.5", "2"]}),
    ],
)
def test_what_yaml_makes_of_texts(given: Elements, stored: Elements) -> None:
    """A number or a boolean means its text, and is sent as such."""
    first, second = (
        parse_document(document({**READ, "Condition": {"Any": c}})) for c in (given, stored)
    )

    assert first == second
    assert json.loads(first.text, parse_int=pytest.fail, parse_float=pytest.fail)
    assert "True" not in first.text


@pytest.mark.parametrize(
    "principal",
    [
        {"Service": ["ecs.aliyuncs.com"]},
        {"SERVICE": ["ecs.aliyuncs.com"]},
        {"service": "ecs.aliyuncs.com", "Service": []},
        {"RAM": [], "Service": "ecs.aliyuncs.com"},
    ],
)
def test_principals_given_back_reshaped(principal: Elements) -> None:
    """A kind of principals in another case, as a list or beside an empty one is no difference."""
    stored = parse_document(json.dumps(document({**TRUST, "Principal": principal})))

    assert stored == parse_document(document(TRUST))
    assert stored.shown["Statement"][0]["Principal"] == {"Service": ["ecs.aliyuncs.com"]}


def test_order_of_principals() -> None:
    """Principals count in any order, and another one is a difference."""
    ann, bob, eve = (f"acs:ram::1:user/{name}" for name in ("ann", "bob", "eve"))

    first, second, third = (
        parse_document(document({**TRUST, "Principal": {"RAM": arns}}))
        for arns in ([ann, bob], [bob, ann], [ann, eve])
    )

    assert first == second
    assert first != third


def test_what_is_sent() -> None:
    """What is sent is compact and as written, but for a missing version and what is empty."""
    given = {"Statement": {**DENY, "Condition": {}, "Action": ["ram:*", "ä:*"]}}

    sent = parse_document(given).text

    assert sent == (
        '{"Version":"1","Statement":[{"Effect":"Deny","Action":["ram:*","ä:*"],"Resource":"*"}]}'
    )


def test_what_is_shown() -> None:
    """What is shown has one form: elements in one order, sorted lists, kept statements."""
    given = document({"Resource": "*", "Action": ["oss:Get*", "ecs:*"], "Effect": "Allow"}, DENY)
    before = copy.deepcopy(given)

    shown = parse_document(given).shown

    assert json.dumps(shown) == json.dumps(
        document(
            {"Effect": "Allow", "Action": ["ecs:*", "oss:Get*"], "Resource": ["*"]},
            {"Effect": "Deny", "Action": ["ram:*"], "Resource": ["*"]},
        )
    )
    assert given == before


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({"Effect": "Allow", "Action": "*", "Resource": "*"}, True),
        ({"Effect": "Allow", "Action": ["ecs:*", "*:*"], "Resource": ["acs:*:*:*:*"]}, True),
        ({"Effect": "Deny", "Action": "*", "Resource": "*"}, False),
        ({"Effect": "Allow", "Action": "ecs:*", "Resource": "*"}, False),
        ({"Effect": "Allow", "Action": "*", "Resource": "acs:oss:*:*:b"}, False),
        ({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"A": {"b": 1}}}, False),
    ],
)
def test_allows_everything(statement: Elements, *, expected: bool) -> None:
    """A document allows everything if a statement does so without a condition."""
    assert parse_document(document(DENY, statement)).allows_everything == expected


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("{'Version': '1'}", "is not JSON: Expecting property name enclosed in double quotes"),
        ("{", "is not JSON: Expecting property name"),
        ("", "is not JSON: Expecting value: line 1 column 1"),
        ("[" * 100_000, "is not JSON: it is nested too deep"),
        ('{"Statement": [], "Statement": []}', "is not JSON: Statement stands there twice"),
        ("[]", "must be a mapping, or a text with a JSON object"),
        ([], "must be a mapping, or a text with a JSON object"),
        (7, "must be a mapping, or a text with a JSON object"),
        ({}, "must have a list of statements as its Statement"),
        (document(), "must have a list of statements as its Statement"),
        ({"Statement": "x"}, "must have a list of statements as its Statement"),
        (
            document(READ, Version="2012-10-17"),
            'must have Version "1", the only one of RAM, not "2',
        ),
        (document(READ, Version=None), 'must have Version "1", the only one of RAM, not "None"'),
        (document(READ, "x"), "must have mappings as its statements (statement 2)"),  # type: ignore[arg-type]
        (
            document({**READ, "Effect": "allow"}),
            "Allow or Deny as Effect, not 'allow' (statement 1",
        ),
        (document({"Effect": "Deny", "Resource": "*"}), "must have Action (statement 1)"),
        (document({"Effect": "Deny", "Action": "*"}), "must have Resource (statement 1)"),
        (document({**READ, "Action": []}), "must have a text or a list of texts as Action"),
        (document({**READ, "Resource": ""}), "must have a text or a list of texts as Resource"),
        (document({**READ, "Action": [None]}), "must have a text or a list of texts as Action"),
        (document({**READ, "NotAction": {}}), "must have a text or a list of texts as NotAction"),
        (document({**READ, "Condition": []}), "must have a mapping of mappings as Condition"),
        (document({**READ, "Condition": {"Bool": "x"}}), "must have a mapping of mappings"),
        (document({**READ, "Condition": {"A": {"b": None}}}), "must have texts as values of Cond"),
    ],
)
def test_problems(given: object, problem: str) -> None:
    """What can't be a policy is told in words, with the place."""
    [found] = document_problems(given, "Resource")

    assert problem in found


@pytest.mark.parametrize(
    ("principal", "problem"),
    [
        ({}, "must name somebody as Principal"),
        ({"RAM": []}, "must name somebody as Principal"),
        ({"RAM": [""]}, "must name somebody as Principal"),
        ({"RAM": {}}, "must name somebody as Principal"),
        ([], "must have a text or a list of texts as Principal"),
    ],
)
def test_problems_of_trust_policies(principal: t.Any, problem: str) -> None:
    """A trust policy has to name whom it trusts."""
    assert document_problems(document({**TRUST, "Principal": principal}), "Principal") == [
        f"{problem} (statement 1)"
    ]
    assert document_problems(document(READ), "Principal") == ["must have Principal (statement 1)"]


def test_no_problems() -> None:
    """Nothing is wrong with what RAM takes."""
    negated = {"Effect": "Deny", "NotAction": "ram:*", "NotResource": "acs:oss:*:*:b"}
    empty = {**READ, "Condition": {"StringEquals": {"acs:UserAgent": ""}}}

    assert document_problems(document(READ, negated, empty), "Resource") == []
    assert document_problems(json.dumps(document(TRUST)), "Principal") == []


def test_what_is_stored_can_be_odd() -> None:
    """A stored text that is no policy is an error, not an empty policy."""
    with pytest.raises(ValueError, match="must be an object"):
        parse_document("[]")

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The conditions of policy statements: what they ask, and whether a request fulfils it."""

from __future__ import annotations

import datetime as dt
import ipaddress
import operator
import re
import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from collections.abc import Callable

Context = t.Mapping[str, str]
Test = t.Callable[[str, str], bool]
# What is known of a request, or known to be missing: none that reaches this endpoint comes through
# a private network.
KNOWN = frozenset(
    {
        "acs:CurrentTime",
        "acs:MFAPresent",
        "acs:PrincipalARN",
        "acs:SecureTransport",
        "acs:SourceIp",
        "acs:SourceVpc",
        "acs:SourceVpcId",
        "acs:VpcSourceIp",
        "sts:ExternalId",
        "sts:SourceIdentity",
    }
)
# Conditions of other products ask about what no request to these services has.
OURS = ("acs:", "ram:", "sts:", "resourcemanager:")
ANY_OR_ALL = re.compile(r"(ForAnyValue:|ForAllValues:)?(?P<name>[A-Za-z]+)")


class UndecidedError(Exception):
    """A condition asks about something that the emulator knows nothing of."""

    def __init__(self, key: str) -> None:
        super().__init__(f"The emulator can't tell what {key} is for this request.")


def matcher(values: t.Iterable[str]) -> re.Pattern[str]:
    """Return a pattern for texts with wildcards, of which one has to match."""
    wildcards = {"*": ".*", "?": "."}
    return re.compile(
        "|".join("".join(wildcards.get(c) or re.escape(c) for c in value) for value in values),
        re.DOTALL,
    )


def _same_case(actual: str, expected: str) -> bool:
    return actual.lower() == expected.lower()


def _is_like(actual: str, expected: str) -> bool:
    return bool(matcher([expected]).fullmatch(actual))


def _is_within(actual: str, expected: str) -> bool:
    return ipaddress.ip_address(actual) in ipaddress.ip_network(expected, strict=False)


def _compared(read: Callable[[str], t.Any], compare: Callable[[t.Any, t.Any], bool]) -> Test:
    return lambda actual, expected: compare(read(actual), read(expected))


def _moment(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone.utc)


COMPARISONS: dict[str, Callable[[t.Any, t.Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}
TESTS: dict[str, Test] = {
    "StringEquals": operator.eq,
    "StringEqualsIgnoreCase": _same_case,
    "StringLike": _is_like,
    "Bool": _same_case,
    "IpAddress": _is_within,
    **{f"Numeric{name}": _compared(float, compare) for name, compare in COMPARISONS.items()},
    **{f"Date{name}": _compared(_moment, compare) for name, compare in COMPARISONS.items()},
}
# These hold where none of their values fits.
NEGATIONS = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One key of a condition block with the values that it is compared with."""

    operator: str
    key: str
    values: tuple[str, ...]

    @property
    def is_decidable(self) -> bool:
        """Tell whether the emulator knows what a request says about the key."""
        return self.key in KNOWN or not self.key.startswith(OURS)

    def holds(self, context: Context) -> bool:
        """Tell whether a request fulfils this; UndecidedError if nobody here can say."""
        actual = context.get(self.key)
        if actual is None and not self.is_decidable:
            raise UndecidedError(self.key)
        name = _plain_name(self.operator)
        if name == "Null":
            return (actual is None) == (self.values[0].lower() == "true")
        is_negated = name in NEGATIONS
        if actual is None:
            # Unconfirmed: that a negation holds for what is not there.
            return is_negated or self.operator.endswith("IfExists")
        test = TESTS[NEGATIONS.get(name, name)]
        return any(test(actual, value) for value in self.values) != is_negated


def _plain_name(operator_: str) -> str:
    match = ANY_OR_ALL.fullmatch(operator_)
    # The keys that are known here have one value, for which any and all is the same.
    return match["name"].removesuffix("IfExists") if match else ""


def is_operator(name: str) -> bool:
    """Tell whether the policy language has this operator."""
    plain = _plain_name(name)
    return plain in TESTS or plain in NEGATIONS or plain == "Null"


def check_values(operator_: str, values: t.Iterable[str]) -> None:
    """Raise ValueError for a value that the operator can't compare with."""
    name = _plain_name(operator_)
    name = NEGATIONS.get(name, name)
    for value in values:
        if name == "IpAddress":
            ipaddress.ip_network(value, strict=False)
        elif name.startswith("Numeric"):
            float(value)
        elif name.startswith("Date"):
            _moment(value)
        elif name in {"Bool", "Null"} and value.lower() not in {"true", "false"}:
            message = f"{value} is neither true nor false"
            raise ValueError(message)

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules that several actions share: formats of values, finding what a call names, paging."""

from __future__ import annotations

import base64
import binascii
import re
import typing as t

from ..cloud.entities import CUSTOM, SYSTEM, Entity
from ..errors import entity_not_exist, invalid, invalid_parameter
from ..policies.language import PolicyError
from ..policies.system import empty_policy

if t.TYPE_CHECKING:
    from ..cloud.account import Table
    from ..cloud.entities import Group, Policy, User
    from ..policies.language import Statement
    from .call import Call, Result

USER_NAME = GROUP_NAME = re.compile(r"[A-Za-z0-9._-]+")
POLICY_NAME = re.compile(r"[A-Za-z0-9-]+")
ROLE_NAME = MFA_DEVICE_NAME = re.compile(r"[A-Za-z0-9.-]+")
# Letters are unconfirmed beyond these; spaces are not documented, so they are refused.
DISPLAY_NAME = re.compile(r"[A-Za-z0-9@._\u3400-\u4dbf\u4e00-\u9fff-]+")
MOBILE_PHONE = re.compile(r"[0-9]{1,4}-[0-9]{4,20}")
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
VERSION_ID = re.compile(r"v[1-9][0-9]*")
MAX_NAME = 64
MAX_POLICY_NAME = 128
MAX_TEXT = 128
MAX_DESCRIPTION = 1024
MAX_ITEMS = range(1, 1001)
DEFAULT_ITEMS = 100

EntityT = t.TypeVar("EntityT", bound=Entity)


def check_name(call: Call, parameter: str, form: re.Pattern[str], longest: int = MAX_NAME) -> str:
    """Return a parameter that is a name of this form."""
    value = call[parameter]
    if not 1 <= len(value) <= longest:
        raise invalid_parameter(
            f"{parameter}.Length", f"{parameter} must have 1 to {longest} characters."
        )
    if not form.fullmatch(value):
        raise invalid_parameter(
            f"{parameter}.InvalidChars", f"{parameter} has a character that is not allowed."
        )
    return value


def check_text(call: Call, parameter: str, longest: int = MAX_TEXT) -> str | None:
    """Return an optional text, or None if it was not sent."""
    value = call.get(parameter)
    if value is not None and len(value) > longest:
        raise invalid_parameter(
            f"{parameter}.Length", f"{parameter} must have at most {longest} characters."
        )
    return value


def changed_text(call: Call, parameter: str, current: str, longest: int = MAX_TEXT) -> str:
    """Return what a text is from now on; one that was not sent stays."""
    sent = check_text(call, parameter, longest)
    if sent is None or (not sent and call.cloud.settings.keeps_emptied_texts):
        return current
    return sent


def check_format(call: Call, parameter: str, form: re.Pattern[str]) -> str | None:
    """Return an optional value of this form, or None if it was not sent."""
    value = call.get(parameter)
    if value and not form.fullmatch(value):
        raise invalid_parameter(f"{parameter}.Format", f"The format of {parameter} is wrong.")
    return value


def check_document(
    call: Call,
    parameter: str,
    longest: int,
    parse: t.Callable[[str], tuple[Statement, ...]],
) -> tuple[str, tuple[Statement, ...]]:
    """Return a policy document and what it says."""
    document = call[parameter]
    if not 1 <= len(document) <= longest:
        raise invalid_parameter(
            f"{parameter}.Length", f"{parameter} must have 1 to {longest} characters."
        )
    try:
        return document, parse(document)
    except PolicyError as error:
        raise invalid("MalformedPolicyDocument", str(error)) from None


def policy_type(call: Call) -> str:
    """Return the type of policy that the call names."""
    if call["PolicyType"] not in (SYSTEM, CUSTOM):
        raise invalid_parameter("PolicyType", f"PolicyType must be {SYSTEM} or {CUSTOM}.")
    return call["PolicyType"]


def named_user(call: Call) -> User:
    """Return the user that the call names."""
    name = check_name(call, "UserName", USER_NAME)
    return found(call.account.users.find(name), "User")


def named_group(call: Call) -> Group:
    """Return the group that the call names."""
    name = check_name(call, "GroupName", GROUP_NAME)
    return found(call.account.groups.find(name), "Group")


def named_policy(call: Call) -> Policy:
    """Return the policy that the call names, of the type it names or else a custom one."""
    policies = call.account.custom_policies
    if "PolicyType" in call.parameters:
        policies = call.account.policies_of_type(policy_type(call))
    name = check_name(call, "PolicyName", POLICY_NAME, MAX_POLICY_NAME)
    policy = policies.find(name)
    if policy is None and _may_be_unknown(call, name):
        policy = empty_policy(name)
        policies.add(policy)
        call.notes.append(f"took {name} for a system policy that allows nothing")
    return found(policy, "Policy")


def _may_be_unknown(call: Call, name: str) -> bool:
    return (
        call.cloud.settings.has_any_system_policy
        and call.get("PolicyType") == SYSTEM
        and name.startswith("Aliyun")
    )


FoundT = t.TypeVar("FoundT")


def found(thing: FoundT | None, kind: str) -> FoundT:
    """Return what was looked for, or refuse because it does not exist."""
    if thing is None:
        raise entity_not_exist(kind)
    return thing


def present(**fields: t.Any) -> Result:
    """Return the fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def page(
    call: Call,
    wrapper: str,
    kind: str,
    *tables: Table[EntityT],
    render: t.Callable[[EntityT], Result],
    matches: t.Callable[[EntityT], bool] | None = None,
    longest: int = MAX_ITEMS[-1],
    default: int = DEFAULT_ITEMS,
    sizes: range = MAX_ITEMS,
) -> Result:
    """Return one page of a list in the order of creation."""
    entities = (
        (entity.number, entity)
        for table in tables
        for entity in table
        if matches is None or matches(entity)
    )
    return page_of(
        call,
        wrapper,
        kind,
        entities,
        render=render,
        longest=longest,
        default=default,
        sizes=sizes,
    )


ItemT = t.TypeVar("ItemT")


def page_of(
    call: Call,
    wrapper: str,
    kind: str,
    numbered: t.Iterable[tuple[int, ItemT]],
    *,
    render: t.Callable[[ItemT], Result],
    longest: int = MAX_ITEMS[-1],
    default: int = DEFAULT_ITEMS,
    sizes: range = MAX_ITEMS,
) -> Result:
    """Return one page of items whose numbers grow, for a call that asks for one of `sizes`."""
    wanted = call.number("MaxItems", sizes, default=default)
    size = min(wanted, longest, call.account.page_size)
    last_seen = _read_marker(call, kind)
    items: list[Result] = []
    result: Result = {"IsTruncated": False, wrapper: {kind: items}}
    last = 0
    for number, item in numbered:
        if number <= last_seen:
            continue
        if len(items) == size:
            return {**result, "IsTruncated": True, "Marker": _marker(kind, last)}
        items.append(render(item))
        last = number
    return result


def next_page(
    call: Call, kind: str, items: list[ItemT], size: int, parameter: str = "NextToken"
) -> tuple[list[ItemT], str]:
    """Return the page of a list that a token asks for, and the token of the next, if any."""
    begin = _read_marker(call, kind, parameter)
    end = begin + size
    return items[begin:end], _marker(kind, end) if end < len(items) else ""


def _marker(kind: str, number: int) -> str:
    return base64.urlsafe_b64encode(f"{kind}:{number}".encode()).decode()


def _read_marker(call: Call, kind: str, parameter: str = "Marker") -> int:
    marker = call.get(parameter)
    if not marker:
        return 0
    try:
        of, _colon, number = (
            base64.b64decode(marker, altchars=b"-_", validate=True).decode().partition(":")
        )
    except (binascii.Error, UnicodeDecodeError):
        of, number = "", ""
    if of != kind or not number.isdigit():
        # The code is unconfirmed.
        raise invalid_parameter(parameter, f"{parameter} is not one that this action returned.")
    return int(number)

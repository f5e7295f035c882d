# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of all actions: what is refused, how much there may be, how lists are paged."""

from __future__ import annotations

import typing as t

import pytest

from emulator import ApiError, Emulator

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import RawClient


@pytest.mark.parametrize(
    ("action", "parameters", "code"),
    [
        ("CreateGroup", {"GroupName": "a b"}, "GroupName.InvalidChars"),
        ("CreateGroup", {"GroupName": "a" * 65}, "GroupName.Length"),
        ("CreatePolicy", {"PolicyName": "a_b"}, "PolicyName.InvalidChars"),
        ("CreatePolicy", {"PolicyName": "a" * 129}, "PolicyName.Length"),
        ("CreatePolicy", {"PolicyName": "a", "Description": "a" * 1025}, "Description.Length"),
        (
            "CreatePolicy",
            {"PolicyName": "a", "PolicyDocument": " " * 6145},
            "PolicyDocument.Length",
        ),
        ("CreateRole", {"RoleName": "a_b"}, "RoleName.InvalidChars"),
        ("CreateRole", {"RoleName": "a", "MaxSessionDuration": "60"}, "MaxSessionDuration"),
        (
            "CreateVirtualMFADevice",
            {"VirtualMFADeviceName": "a_b"},
            "VirtualMFADeviceName.InvalidChars",
        ),
        ("GetPolicy", {"PolicyName": "a", "PolicyType": "Other"}, "PolicyType"),
        ("ListUsers", {"MaxItems": "0"}, "MaxItems"),
        ("ListUsers", {"MaxItems": "1001"}, "MaxItems"),
        ("ListUsers", {"MaxItems": "ten"}, "MaxItems"),
        ("ListGroups", {"MaxItems": "1001"}, "MaxItems"),
        ("ListUsers", {"Marker": "made up"}, "Marker"),
    ],
)
def test_other_values(
    action: str,
    parameters: dict[str, str],
    code: str,
    refusal: Callable[..., tuple[int, str]],
) -> None:
    """A value that breaks its rule is refused by name."""
    documents = {
        "CreatePolicy": {"PolicyDocument": "{}"},
        "CreateRole": {"AssumeRolePolicyDocument": "{}"},
    }

    refused = refusal(action, **{**documents.get(action, {}), **parameters})

    assert refused == (400, f"InvalidParameter.{code}")


def test_unknown_action(root: RawClient) -> None:
    """An action, or a version of it, that the API does not have is not found."""
    unknown = root.act("CreateUzer")
    root.version = "2015-04-01"
    misplaced = root.act("CreateUser", UserName="a")

    assert (unknown.status, unknown.code) == (404, "InvalidAction.NotFound")
    assert (misplaced.status, misplaced.code) == (404, "InvalidAction.NotFound")


def test_unknown_and_missing_parameter(emulator: Emulator, root: RawClient) -> None:
    """A parameter that the action does not have, or has to have, is named in the refusal."""
    unknown = root.act("CreateUser", UserName="a", DisplayNmae="A")
    missing = root.act("CreateUser", DisplayName="A")

    assert (unknown.status, unknown.code) == (400, "UnsupportedParameter")
    assert "DisplayNmae" in unknown.json["Message"]
    assert (missing.status, missing.code) == (400, "MissingParameter")
    assert emulator.state()["users"] == {}


@pytest.mark.parametrize(
    ("kind", "quota"), [("User", 5000), ("Group", 300), ("Policy", 1500), ("Role", 1000)]
)
def test_quotas(create: Callable[[str, str], None], kind: str, quota: int) -> None:
    """An account holds as many of each thing as its quota says, and not one more."""
    for number in range(quota):
        create(kind, f"x{number}")

    with pytest.raises(ApiError, match=rf"LimitExceeded\.{kind}:"):
        create(kind, "last")


@pytest.mark.parametrize(
    ("list_action", "wrapper", "item"),
    [
        ("ListUsers", "Users", "User"),
        ("ListGroups", "Groups", "Group"),
        ("ListRoles", "Roles", "Role"),
    ],
)
def test_pages(
    emulator: Emulator, list_action: str, wrapper: str, item: str, create: Callable[..., None]
) -> None:
    """Pages hold every item once in order of creation, whatever is deleted in between."""
    for number in range(7):
        create(item, f"x{number}")
    names, parameters, sizes = [], {"MaxItems": "3"}, []

    while True:
        page = emulator.call(list_action, **parameters)
        names += [entity[f"{item}Name"] for entity in page[wrapper][item]]
        sizes.append(len(page[wrapper][item]))
        if not page["IsTruncated"]:
            break
        parameters["Marker"] = page["Marker"]
        if len(sizes) == 1:
            emulator.call(f"Delete{item}", **{f"{item}Name": "x0"})

    assert sizes == [3, 3, 1]
    assert names == [f"x{number}" for number in range(7)]
    assert "Marker" not in page


def test_marker_of_another_list(
    emulator: Emulator, refusal: Callable[..., tuple[int, str]]
) -> None:
    """A marker is good only for the kind of list that returned it."""
    for name in ("a", "b"):
        emulator.call("CreateUser", UserName=name)
    marker = emulator.call("ListUsers", MaxItems="1")["Marker"]

    assert refusal("ListGroups", Marker=marker) == (400, "InvalidParameter.Marker")


def test_page_size_option() -> None:
    """A page size given at the start caps every page, so that clients have to page."""
    with Emulator(page_size=1) as emulator:
        for name in ("a", "b"):
            emulator.call("CreateUser", UserName=name)

        page = emulator.call("ListUsers", MaxItems="1000")

    assert len(page["Users"]["User"]) == 1
    assert page["IsTruncated"]


def test_empty_list(emulator: Emulator) -> None:
    """An empty list still has its wrapper, and no marker."""
    page = emulator.call("ListUsers")

    assert page == {"IsTruncated": False, "Users": {"User": []}}


def test_two_accounts() -> None:
    """Two emulators in one process are two accounts."""
    with Emulator() as one, Emulator() as two:
        one.call("CreateUser", UserName="alice")

        assert one.account_id != two.account_id
        assert list(one.state()["users"]) == ["alice"]
        assert two.state()["users"] == {}

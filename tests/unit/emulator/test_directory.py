# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resource Directory: what an inventory reads of an organization."""

from __future__ import annotations

import typing as t

import pytest

from emulator import Emulator

from .conftest import RawClient

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DIRECTORY = "2022-04-19"
ALPHA, BETA, GAMMA = ("2000000000000001", "2000000000000002", "2000000000000003")
SEED = {
    "organization": {
        "folders": ["prod/eu", "prod/us", "test"],
        "members": [
            {
                "account_id": ALPHA,
                "display_name": "Alpha shop",
                "folder": "prod/eu",
                "tags": {"env": "prod", "team": "a"},
                "joined": "2025-01-02T03:04:05Z",
            },
            {
                "account_id": BETA,
                "display_name": "beta",
                "folder": "test",
                "tags": {"env": "test"},
                "status": "InviteSuccess",
            },
            {
                "account_id": GAMMA,
                "display_name": "gamma",
                "users": [{"name": "admin", "policies": ["AdministratorAccess"]}],
            },
        ],
    }
}


@pytest.fixture(scope="module")
def running_organization() -> Iterator[Emulator]:
    """Run an emulator of an organization."""
    with Emulator(seed=SEED) as emulator:
        yield emulator


@pytest.fixture
def organization(running_organization: Emulator) -> Emulator:
    """Hand out the organization as its seed has made it."""
    running_organization.reset()
    return running_organization


@pytest.fixture
def act(organization: Emulator) -> RawClient:
    """Hand out a client of the management account itself."""
    return RawClient(
        organization.host_port,
        organization.access_key_id,
        organization.access_key_secret,
        version=DIRECTORY,
    )


@pytest.fixture
def call(act: RawClient) -> Callable[..., dict[str, t.Any]]:
    """Hand out a function that calls an action that succeeds."""

    def call(action: str, **parameters: str) -> dict[str, t.Any]:
        answer = act.act(action, **parameters)
        assert answer.status == 200, answer.body
        return answer.json

    return call


Calling = t.Callable[..., dict[str, t.Any]]


def folder_id(call: Calling, *path: str) -> str:
    """Return the id of the folder of these names."""
    parent = ""
    for name in path:
        inside = call("ListFoldersForParent", ParentFolderId=parent)["Folders"]["Folder"]
        [parent] = [folder["FolderId"] for folder in inside if folder["FolderName"] == name]
    return parent


def ids(answer: dict[str, t.Any]) -> list[str]:
    """Return the ids of the accounts in an answer."""
    return [account["AccountId"] for account in answer["Accounts"]["Account"]]


def test_directory(organization: Emulator, call: Calling) -> None:
    """The directory is told with its management account and its root."""
    directory = call("GetResourceDirectory")["ResourceDirectory"]

    assert directory["MasterAccountId"] == organization.account_id
    assert directory["ResourceDirectoryId"].startswith("rd-")
    assert directory["RootFolderId"].startswith("r-")
    assert directory.keys() == {
        "ResourceDirectoryId",
        "MasterAccountId",
        "MasterAccountName",
        "RootFolderId",
        "CreateTime",
        "ControlPolicyStatus",
        "MemberDeletionStatus",
        "MemberAccountDisplayNameSyncStatus",
        "IdentityInformation",
    }


def test_member(call: Calling) -> None:
    """A member is listed with every field, and its tags only if they are asked for."""
    directory = call("GetResourceDirectory")["ResourceDirectory"]
    prod, europe = folder_id(call, "prod"), folder_id(call, "prod", "eu")

    plain = call("ListAccounts")["Accounts"]["Account"][0]
    tagged = call("ListAccounts", IncludeTags="true")["Accounts"]["Account"][0]

    path = [directory["ResourceDirectoryId"], directory["RootFolderId"], prod, europe, ALPHA]
    assert plain.pop("AccountName")
    assert plain == {
        "AccountId": ALPHA,
        "DisplayName": "Alpha shop",
        "Status": "CreateSuccess",
        "Type": "ResourceAccount",
        "FolderId": europe,
        "ResourceDirectoryId": directory["ResourceDirectoryId"],
        "ResourceDirectoryPath": "/".join(path),
        "JoinMethod": "created",
        "JoinTime": "2025-01-02T03:04:05.000Z",
        "ModifyTime": "2025-01-02T03:04:05.000Z",
        "DeletionStatus": "",
    }
    tags = [{"Key": "env", "Value": "prod"}, {"Key": "team", "Value": "a"}]
    assert tagged["Tags"] == {"Tag": tags}


def test_pages_by_number(call: Calling) -> None:
    """Pages by number say their number, length and the total; one past the end is empty."""
    pages = [call("ListAccounts", PageNumber=str(n), PageSize="2") for n in (1, 2, 3)]

    assert [ids(page) for page in pages] == [[ALPHA, BETA], [GAMMA], []]
    assert {(page["TotalCount"], page["PageSize"]) for page in pages} == {(3, 2)}
    assert [page["PageNumber"] for page in pages] == [1, 2, 3]


def test_pages_by_token(call: Calling) -> None:
    """Pages by token end with an empty one; the management account is on none."""
    first = call("ListAccounts", MaxResults="2")
    second = call("ListAccounts", MaxResults="2", NextToken=first["NextToken"])

    assert [ids(first), ids(second)] == [[ALPHA, BETA], [GAMMA]]
    assert first["NextToken"]
    assert second["NextToken"] == ""


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"QueryKeyword": "SHOP"}, [ALPHA]),
        ({"Tag.1.Key": "env"}, [ALPHA, BETA]),
        ({"Tag.1.Key": "env", "Tag.1.Value": "test"}, [BETA]),
        ({"Tag.1.Key": "env", "Tag.2.Key": "team"}, [ALPHA]),
        ({"QueryKeyword": "beta", "Tag.1.Key": "team"}, []),
    ],
)
def test_filters(call: Calling, filters: dict[str, str], expected: list[str]) -> None:
    """Members can be chosen by a part of their name and by tags, all of which must fit."""
    assert ids(call("ListAccounts", **filters)) == expected


def test_members_of_a_folder(call: Calling) -> None:
    """A folder shows the members right in it, without their path; no folder is the root."""
    prod, europe = folder_id(call, "prod"), folder_id(call, "prod", "eu")

    [alpha] = call("ListAccountsForParent", ParentFolderId=europe)["Accounts"]["Account"]

    assert alpha["AccountId"] == ALPHA
    assert "ResourceDirectoryPath" not in alpha
    assert ids(call("ListAccountsForParent", ParentFolderId=prod)) == []
    assert ids(call("ListAccountsForParent")) == [GAMMA]


def test_folders(call: Calling) -> None:
    """Folders are listed level by level, and each tells its parent, path and ancestors."""
    root = call("GetResourceDirectory")["ResourceDirectory"]["RootFolderId"]
    first_level = call("ListFoldersForParent")
    prod, europe = folder_id(call, "prod"), folder_id(call, "prod", "eu")

    folder = call("GetFolder", FolderId=europe)["Folder"]
    ancestors = call("ListAncestors", ChildId=europe)["Folders"]["Folder"]

    assert [f["FolderName"] for f in first_level["Folders"]["Folder"]] == ["prod", "test"]
    assert first_level["TotalCount"] == 2
    assert (folder["FolderName"], folder["ParentFolderId"]) == ("eu", prod)
    assert folder["ResourceDirectoryPath"].endswith(f"/{root}/{prod}/{europe}")
    assert [ancestor["FolderId"] for ancestor in ancestors] == [root, prod]


def test_one_account(call: Calling) -> None:
    """A single member is told with its tags as a flat list, and as nobody else is."""
    beta = call("GetAccount", AccountId=BETA, IncludeTags="true")["Account"]

    assert beta["Tags"] == [{"Key": "env", "Value": "test"}]
    assert (beta["Type"], beta["JoinMethod"]) == ("CloudAccount", "invited")
    assert beta["HasSecureMobilePhone"] is False
    assert "Tags" not in call("GetAccount", AccountId=BETA)["Account"]


def test_tags_of_members(call: Calling) -> None:
    """Tags of members are listed by ids, by keys and by values, and an empty token ends a list."""
    both = {"ResourceId.1": ALPHA, "ResourceId.2": BETA}
    kind = {"ResourceType": "Account"}

    first = call("ListTagResources", **kind, **both, MaxResults="2")
    second = call("ListTagResources", **kind, **both, NextToken=first["NextToken"])
    of_a_pair = call(
        "ListTagResources", **kind, **both, **{"Tag.1.Key": "env", "Tag.1.Value": "prod"}
    )
    some_keys = call("ListTagKeys", **kind, KeyFilter="ea")
    keys = call("ListTagKeys", **kind)
    values = call("ListTagValues", **kind, TagKey="env", ValueFilter="pro")

    assert first["TagResources"][0] == {
        "ResourceType": "Account",
        "ResourceId": ALPHA,
        "TagKey": "env",
        "TagValue": "prod",
    }
    assert [tag["ResourceId"] for tag in second["TagResources"]] == [BETA]
    assert second["NextToken"] == ""
    assert keys["Tags"] == [{"Key": "env"}, {"Key": "team"}]
    assert [tag["TagKey"] for tag in of_a_pair["TagResources"]] == ["env"]
    assert some_keys["Tags"] == [{"Key": "team"}]
    assert values["Tags"] == [{"Value": "prod"}]


def test_change_of_tags(organization: Emulator, call: Calling) -> None:
    """Tags of members are set and taken away, and a reset brings those of the seed back."""
    gamma = {"ResourceType": "Account", "ResourceId.1": GAMMA}

    def told() -> list[dict[str, str]]:
        return call("GetAccount", AccountId=GAMMA, IncludeTags="true")["Account"]["Tags"]

    call("TagResources", **gamma, **{"Tag.1.Key": "env", "Tag.1.Value": "x"})
    tagged = told()
    call("UntagResources", **gamma, **{"TagKey.1": "env"})
    untagged = told()
    call("UntagResources", ResourceType="Account", All="true", **{"ResourceId.1": ALPHA})
    organization.reset()

    assert tagged == [{"Key": "env", "Value": "x"}]
    assert untagged == []
    assert len(call("GetAccount", AccountId=ALPHA, IncludeTags="true")["Account"]["Tags"]) == 2


def test_keys_before_all(call: Calling) -> None:
    """Where keys are named only they are taken away, and nothing without a word about it."""
    alpha = {"ResourceType": "Account", "ResourceId.1": ALPHA}

    def told() -> list[str]:
        account = call("GetAccount", AccountId=ALPHA, IncludeTags="true")["Account"]
        return [tag["Key"] for tag in account["Tags"]]

    call("UntagResources", **alpha)
    before = told()
    call("UntagResources", **alpha, All="true", **{"TagKey.1": "env"})

    assert before == ["env", "team"]
    assert told() == ["team"]


def test_no_delegated_administrators(call: Calling) -> None:
    """No member administers a service."""
    answer = call("ListDelegatedAdministrators")

    assert (answer["Accounts"], answer["TotalCount"]) == ({"Account": []}, 0)


@pytest.mark.parametrize(
    ("action", "given", "expected"),
    [
        ("GetAccount", {}, (400, "MissingParameter.AccountId")),
        ("GetAccount", {"AccountId": "x"}, (400, "InvalidParameter.AccountId")),
        ("GetAccount", {"AccountId": "1" * 16}, (404, "EntityNotExists.Account")),
        ("GetFolder", {}, (400, "MissingParameter.FolderId")),
        ("GetFolder", {"FolderId": "x"}, (400, "InvalidParameter.FolderId")),
        ("GetFolder", {"FolderId": "fd-unknown"}, (404, "EntityNotExists.Folder")),
        (
            "ListAccountsForParent",
            {"ParentFolderId": "x"},
            (400, "InvalidParameter.ParentFolderId"),
        ),
        ("ListAccounts", {"MaxResults": "101"}, (400, "InvalidParameter.MaxResults")),
        ("ListAccounts", {"NextToken": "x"}, (400, "InvalidParameter.NextToken")),
        ("ListAccounts", {"PageSize": "0"}, (400, "InvalidParameter.PageSize")),
        ("ListTagKeys", {"ResourceType": "Folder"}, (400, "InvalidParameter.ResourceType")),
        ("ListAncestors", {}, (400, "MissingParameter.ChildId")),
        ("ListHandshakesForAccount", {}, (400, "NotEmulated")),
    ],
)
def test_refusals(
    act: RawClient, action: str, given: dict[str, str], expected: tuple[int, str]
) -> None:
    """What is wrong with a call is said in the directory's own codes."""
    answer = act.act(action, **given)

    assert (answer.status, answer.code) == expected


def test_without_an_organization(root: RawClient) -> None:
    """An account without organization is told so."""
    root.version = DIRECTORY

    assert root.act("GetResourceDirectory").code == "ResourceDirectoryNotInUse"
    assert root.act("ListAccounts").code == "EntityNotExists.ResourceDirectory"


def test_members_see_little(organization: Emulator) -> None:
    """A member knows its directory, and may not look around in it."""
    key = organization.call("CreateAccessKey", account=GAMMA, UserName="admin")["AccessKey"]
    admin = RawClient(
        organization.host_port, key["AccessKeyId"], key["AccessKeySecret"], version=DIRECTORY
    )

    directory = admin.act("GetResourceDirectory").json["ResourceDirectory"]

    assert directory["MasterAccountId"] == organization.account_id
    for action in ("ListAccounts", "ListFoldersForParent"):
        answer = admin.act(action)
        assert (answer.status, answer.code) == (403, "NoPermission")

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a seed makes of the accounts, and a past that is set later."""

from __future__ import annotations

import json
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from emulator import ApiError, Emulator

if t.TYPE_CHECKING:
    from .conftest import RawClient

NOW = 1_800_000_000.0
POLICY = {
    "Version": "1",
    "Statement": [{"Effect": "Allow", "Action": "oss:*", "Resource": "*"}],
}
TRUST = {
    "Version": "1",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "ecs.aliyuncs.com"},
        }
    ],
}
SEED: dict[str, t.Any] = {
    "account_id": "1234567890123456",
    "alias": "my-company",
    "policies": [{"name": "deploy", "document": POLICY, "tags": {"team": "blue"}}],
    "groups": [{"name": "dev", "comments": "c", "policies": ["AliyunRAMReadOnlyAccess"]}],
    "roles": [{"name": "vm", "trust_policy": TRUST, "policies": ["deploy"], "created": "9d"}],
    "users": [
        {
            "name": "alice",
            "display_name": "Alice",
            "created": "400d",
            "last_login": "30d",
            "groups": ["dev"],
            "policies": ["deploy"],
            "tags": {"team": "blue"},
            "mfa": True,
            "login_profile": {"password": "Correct-Horse-7", "status": "Inactive"},
            "access_keys": [
                {"created": "200d", "last_used": "2026-12-24T00:00:00Z"},
                {"created": "100d", "status": "Inactive", "status_changed": "50d"},
            ],
        }
    ],
    "organization": {
        "folders": ["empty"],
        "members": [
            {
                "account_id": "2000000000000001",
                "display_name": "web",
                "folder": "production/web",
                "tags": {"env": "prod"},
                "users": [{"name": "bob"}],
            },
            {
                "account_id": "2000000000000002",
                "display_name": "locked",
                "status": "InviteSuccess",
                "access_role": False,
            },
        ],
    },
}


def test_seed() -> None:
    """A seed makes users, keys, groups, policies and roles with the ages that it says."""
    with Emulator(seed=SEED, start=NOW) as emulator:
        state = emulator.state()

    alice = state["users"]["alice"]
    first, second = alice["access_keys"]
    assert (state["account_id"], state["alias"]) == ("1234567890123456", "my-company")
    assert alice["create_date"].startswith("2025-12-11T08:00:0")
    assert alice["last_login_date"].startswith("2026-12-16T08:00:0")
    assert (alice["groups"], alice["tags"]) == (["dev"], {"team": "blue"})
    assert alice["policies"] == [{"name": "deploy", "type": "Custom"}]
    assert alice["login_profile"]["status"] == second["status"] == "Inactive"
    assert alice["mfa_device"].endswith("mfa/alice")
    assert first["create_date"].startswith("2026-06-29T08:00:0")
    assert first["last_used_date"] == "2026-12-24T00:00:00Z"
    assert state["roles"]["vm"]["create_date"].startswith("2027-01-06T08:00:0")
    assert state["groups"]["dev"]["policies"][0]["name"] == "AliyunRAMReadOnlyAccess"


def test_same_ids() -> None:
    """A seed gives the same ids at each start and after a reset, and never a secret again."""
    states = []
    for _turn in range(2):
        with Emulator(seed=SEED) as emulator:
            states.append(emulator.state("2000000000000001") | {"own": emulator.state()})
            emulator.reset()
            states.append(emulator.state("2000000000000001") | {"own": emulator.state()})

    ids = [
        (
            state["users"]["bob"]["user_id"],
            state["own"]["users"]["alice"]["access_keys"][0]["access_key_id"],
        )
        for state in states
    ]
    secrets = {
        state["own"]["users"]["alice"]["access_keys"][0]["access_key_secret"] for state in states
    }
    assert len(set(ids)) == 1
    assert len(secrets) == 4


def test_ids_of_one_member() -> None:
    """What else an organization holds changes nothing of a member's ids."""
    web, locked = SEED["organization"]["members"]
    alone = {**SEED, "organization": {"members": [web]}}
    behind = {**SEED, "organization": {"members": [{**locked, "users": [{"name": "eve"}]}, web]}}
    ids = []
    for seed in (alone, behind):
        with Emulator(seed=seed) as emulator:
            ids.append(emulator.state(web["account_id"])["users"]["bob"]["user_id"])

    assert ids[0] == ids[1]


def test_operator(make_client: type[RawClient]) -> None:
    """The operator enters a member by its access role, unless the member has none."""
    with Emulator(seed=SEED) as emulator:
        assert emulator.operator
        operator = make_client(
            emulator.host_port,
            emulator.operator.access_key_id,
            emulator.operator.access_key_secret,
            version="2015-04-01",
        )
        first, second, stranger = (
            operator.act(
                "AssumeRole",
                RoleArn=f"acs:ram::{account}:role/ResourceDirectoryAccountAccessRole",
                RoleSessionName="ci",
                SourceIdentity="ops@example.com",
            )
            for account in ("2000000000000001", "2000000000000002", "2000000000000003")
        )
        credentials = first.json["Credentials"]
        inside = make_client(
            emulator.host_port,
            credentials["AccessKeyId"],
            credentials["AccessKeySecret"],
            credentials["SecurityToken"],
        )
        users = inside.act("ListUsers").json["Users"]["User"]
        log = emulator.requests()

    assert first.json["SourceIdentity"] == "ops@example.com"
    assert second.code == stranger.code == "EntityNotExist.Role"
    assert [user["UserName"] for user in users] == ["bob"]
    assert [(entry["service"], entry["account"]) for entry in log][2:] == [
        ("STS", "1234567890123456"),
        ("RAM", "2000000000000001"),
    ]


def test_members() -> None:
    """Members can be generated, each an account of its own."""
    with Emulator(members=3) as emulator:
        emulator.call("CreateUser", account="2000000000000002", UserName="bob")
        states = {account: emulator.state(account) for account in emulator.state()["account_ids"]}

    assert list(states)[1:] == [f"200000000000000{number}" for number in (1, 2, 3)]
    assert [list(state["users"]) for state in states.values()] == [
        ["directory-operator"],
        [],
        ["bob"],
        [],
    ]


@pytest.mark.parametrize(
    ("seed", "message"),
    [
        ({"user": []}, "seed has no user"),
        ({"users": {}}, "seed.users must be a list"),
        ({"users": [{}]}, "seed.users[0] needs name"),
        ({"users": [{"name": 1}]}, "seed.users[0].name must be a text"),
        ({"users": [{"name": "a", "created": "1y"}]}, "seed.users[0].created must be an age"),
        ({"users": [{"name": "a", "mfa": "yes"}]}, "seed.users[0].mfa must be true, false or U2F"),
        ({"account_id": 1}, "seed.account_id must be 16 digits"),
        (
            {"organization": {"members": [{"account_id": "1" * 16, "display_name": ["x"]}]}},
            "seed.organization.members[0].display_name must be a text",
        ),
    ],
)
def test_malformed_seed(seed: dict[str, t.Any], message: str) -> None:
    """A seed that is none is refused with the place of what is wrong."""
    with pytest.raises(ValueError, match=message.replace("[", r"\[")):
        Emulator(seed=seed)


@pytest.mark.parametrize(
    ("seed", "message"),
    [
        ({"users": [{"name": "a b"}]}, "CreateUser a b: InvalidParameter.UserName.InvalidChars"),
        ({"users": [{"name": "a", "groups": ["x"]}]}, "AddUserToGroup a, x: EntityNotExist.Group"),
        ({"users": [{"name": "a", "policies": ["x"]}]}, "EntityNotExist.Policy"),
        (
            {"users": [{"name": "a", "access_keys": [{}, {}, {}]}]},
            "CreateAccessKey a: LimitExceeded.User.AccessKey",
        ),
        (
            {"users": [{"name": "a", "access_keys": [{"network_policy": {}}]}]},
            "SetAccessKeyPolicy .*: InvalidParameter.AccessKeyPolicy",
        ),
        (
            {"users": [{"name": "a", "tags": {"acs:x": "y"}}]},
            "TagResources .*: InvalidParameter.Tag",
        ),
        (
            {
                "users": [
                    {"name": "a", "login_profile": {"password": "Correct-Horse-7", "status": "On"}}
                ]
            },
            "CreateLoginProfile .*: InvalidParameter.Status",
        ),
        (
            {"oidc_providers": [{"name": "a", "issuer_url": "http://a", "client_ids": ["x"]}]},
            "CreateOIDCProvider a: InvalidParameter.IssuerUrl",
        ),
    ],
)
def test_seed_against_the_rules(seed: dict[str, t.Any], message: str) -> None:
    """A seed is bound by the rules of the API."""
    with pytest.raises(ValueError, match=message):
        Emulator(seed=seed).start()


def test_seed_outlives_what_is_done() -> None:
    """After a reset the tags of users and the clients of providers are the seed's again."""
    provider = {"name": "ci", "issuer_url": "https://ci.example.com", "client_ids": ["a"]}
    seed = {"users": [{"name": "bob", "tags": {"team": "a"}}], "oidc_providers": [provider]}
    with Emulator(seed=seed) as emulator:
        before = emulator.state()
        untagged = {"ResourceId.1": before["users"]["bob"]["user_id"], "TagKey.1": "team"}
        emulator.call("UntagResources", service="IMS", ResourceType="user", **untagged)
        client = {"OIDCProviderName": "ci", "ClientId": "b"}
        emulator.call("AddClientIdToOIDCProvider", service="IMS", **client)
        emulator.reset()
        after = emulator.state()

    assert after["users"]["bob"]["tags"] == {"team": "a"}
    assert after["oidc_providers"]["ci"]["client_ids"] == ["a"]


def test_hardware_key() -> None:
    """A user of the seed may have a hardware key, which can be released but not disabled."""
    with Emulator(seed={"users": [{"name": "bob", "mfa": "U2F"}]}) as emulator:
        bob = {"UserPrincipalName": f"bob@{emulator.account_id}.onaliyun.com"}
        told = emulator.call("GetUserMFAInfo", UserName="bob")["MFADevice"]
        listed = emulator.call("ListVirtualMFADevices", service="IMS")["VirtualMFADevices"]
        with pytest.raises(ApiError, match=r"EntityNotExist\.VirtualMFADevice"):
            emulator.call("DisableVirtualMFA", service="IMS", **bob)
        emulator.call("UnbindMFADevice", service="IMS", **bob)
        after = emulator.call("GetUserMFAInfo", service="IMS", **bob)

    assert told["Type"] == "U2F"
    assert listed == {"VirtualMFADevice": []}
    assert after["IsMFAEnable"] is False


def test_seed_of_the_command_line(tmp_path: Path) -> None:
    """The command line reads a seed as YAML, and says in one line what is wrong with it."""
    (tmp_path / "seed.yml").write_text("users: [{name: alice, created: 2026-01-31T08:00:00Z}, {}]")
    program = [sys.executable, "-m", "emulator", "--ready-file", str(tmp_path / "ready")]

    done = subprocess.run(
        [*program, "--seed", str(tmp_path / "seed.yml")],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )

    assert (done.returncode, done.stderr) == (1, "emulator: seed.users[1] needs name\n")


def test_past(emulator: Emulator, root: RawClient) -> None:
    """The past of users and keys can be set by the control call too."""
    emulator.set_clock("2026-12-31T00:00:00Z")
    emulator.call("CreateUser", UserName="alice")
    emulator.call("CreateLoginProfile", UserName="alice", Password="Correct-Horse-7")
    key_id = emulator.call("CreateAccessKey", UserName="alice")["AccessKey"]["AccessKeyId"]
    key = {"access_key_id": key_id, "created": "365d", "last_used": "90d"}
    ages = {"created": "400d", "last_login": "7d", "password_changed": "60d"}
    alice = {"name": "alice", **ages, "access_keys": [key]}

    answer = root.send("POST", "/_emulator/past", {}, json.dumps({"users": [alice]}))
    user = emulator.call("GetUser", UserName="alice")["User"]
    used = emulator.call("GetAccessKeyLastUsed", UserName="alice", UserAccessKeyId=key_id)

    profile = emulator.state()["users"]["alice"]["login_profile"]
    assert answer.status == 200
    assert profile["password_date"].startswith("2026-11-01T00:00:0")
    assert user["CreateDate"].startswith("2025-11-26T00:00:0")
    assert user["LastLoginDate"].startswith("2026-12-24T00:00:0")
    assert used["AccessKeyLastUsed"]["LastUsedDate"].startswith("2026-10-02T00:00:0")


def test_past_of_the_account() -> None:
    """The key of the account itself can be old, and its last log-on long ago."""
    key = {"created": "700d", "last_used": "400d"}
    with Emulator(seed={"last_login": "90d", "root_key": key}, start=NOW) as emulator:
        [seeded] = emulator.state()["root"]["access_keys"]
        emulator.set_past(root_key={"created": "10d"})
        [later] = emulator.state()["root"]["access_keys"]

    assert seeded["create_date"].startswith("2025-02-14T08:00:0")
    assert seeded["last_used_date"].startswith("2025-12-11T08:00:0")
    assert later["create_date"].startswith("2027-01-05T08:00:0")


@pytest.mark.parametrize(
    "past", [{"users": [{"name": "nobody"}]}, {"account": "1"}, {"user": []}, []]
)
def test_bad_past(root: RawClient, past: object) -> None:
    """A past of nobody is refused."""
    assert root.send("POST", "/_emulator/past", {}, json.dumps(past)).status == 400


def test_any_system_policy(make_client: type[RawClient]) -> None:
    """An unknown system policy can be attached if the emulator is told so, and grants nothing."""
    name = {"PolicyName": "AliyunNobodyKnowsFullAccess", "PolicyType": "System"}
    with Emulator(has_any_system_policy=True) as emulator:
        emulator.call("CreateUser", UserName="alice")
        root = make_client(emulator.host_port, emulator.access_key_id, emulator.access_key_secret)
        attached = root.act("AttachPolicyToUser", UserName="alice", **name)
        custom = root.act("GetPolicy", PolicyName="AliyunNobody", PolicyType="Custom")
        document = emulator.call("GetPolicy", **name)["DefaultPolicyVersion"]["PolicyDocument"]
        notes = emulator.requests()[0]["notes"]

    assert (attached.status, custom.status) == (200, 404)
    assert json.loads(document)["Statement"][0]["NotAction"] == "*"
    assert "AliyunNobodyKnowsFullAccess" in notes[0]


def test_ignored_parameters(make_client: type[RawClient]) -> None:
    """Parameters that nobody knows can be ignored and noted; those that matter never are."""
    with Emulator(ignores_unknown_parameters=True) as emulator:
        root = make_client(emulator.host_port, emulator.access_key_id, emulator.access_key_secret)
        unknown = root.act("ListUsers", on="ListUsers")
        declined = root.act(
            "CreateServiceLinkedRole", ServiceName="config.aliyuncs.com", CustomSuffix="x"
        )
        notes = emulator.requests()[0]["notes"]

    assert (unknown.status, declined.code) == (200, "NotEmulated")
    assert notes == ["ignored the unknown parameter on"]


def test_common_system_policies(emulator: Emulator) -> None:
    """The system policies that people use are there, with the wildcard of their product."""
    emulator.call("CreateUser", UserName="alice")
    policies = {}
    for name in ("AliyunOSSFullAccess", "AliyunECSReadOnlyAccess", "AliyunYundunWAFFullAccess"):
        policy = {"PolicyName": name, "PolicyType": "System"}
        emulator.call("AttachPolicyToUser", UserName="alice", **policy)
        answer = emulator.call("GetPolicy", **policy)
        [statement] = json.loads(answer["DefaultPolicyVersion"]["PolicyDocument"])["Statement"]
        policies[name] = statement["Action"]

    assert policies == {
        "AliyunOSSFullAccess": ["oss:*"],
        "AliyunECSReadOnlyAccess": ["ecs:Describe*", "ecs:List*", "ecs:Get*"],
        "AliyunYundunWAFFullAccess": ["yundun-waf:*"],
    }

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ram_user makes of users: attributes, groups, policies, deletion, and what it refuses."""

from __future__ import annotations

import json
import math
import threading
import time
import typing as t

import pytest

from emulator import Emulator
from emulator.cloud.account import Table

from ..conftest import bind_mfa_device, connection_to, make_role, sign_in, writing_actions

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ..conftest import Result

    RunModule = Callable[..., Result]

ATTRIBUTES = {
    "display_name": "Alice",
    "mobile_phone": "86-18600008888",
    "email": "alice@example.com",
    "comments": "reads load balancers",
}
SLB = "AliyunSLBReadOnlyAccess"
RAM_READ = "AliyunRAMReadOnlyAccess"
RAM_FULL = "AliyunRAMFullAccess"
DOCUMENT = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def make_user(emulator: Emulator, name: str, **attributes: str) -> None:
    """Create a user behind the module's back."""
    emulator.call("CreateUser", UserName=name, **attributes)


def make_groups(emulator: Emulator, *names: str) -> None:
    """Create groups."""
    for name in names:
        emulator.call("CreateGroup", GroupName=name)


def make_policy(emulator: Emulator, name: str) -> None:
    """Create a custom policy."""
    emulator.call("CreatePolicy", PolicyName=name, PolicyDocument=json.dumps(DOCUMENT))


def give_everything(emulator: Emulator, name: str) -> str:
    """Create a user with one of everything that blocks a deletion; return the id of its key."""
    make_user(emulator, name)
    make_groups(emulator, "readers")
    key = emulator.call("CreateAccessKey", UserName=name)["AccessKey"]
    emulator.call("CreateLoginProfile", UserName=name, Password="Correct-Horse-7")
    emulator.call("AddUserToGroup", UserName=name, GroupName="readers")
    emulator.call("AttachPolicyToUser", UserName=name, PolicyName=SLB, PolicyType="System")
    bind_mfa_device(emulator, name)
    return str(key["AccessKeyId"])


def policies_of(emulator: Emulator, name: str) -> set[str]:
    """Return the names of the policies attached to a user."""
    return {
        policy["PolicyName"]
        for policy in emulator.call("ListPoliciesForUser", UserName=name)["Policies"]["Policy"]
    }


def test_creates_a_user_as_described(run_module: RunModule, emulator: Emulator) -> None:
    """A new user has every attribute, group and policy that was asked for."""
    make_groups(emulator, "readers")

    result = run_module("ram_user", name="alice", groups=["readers"], policies=[SLB], **ATTRIBUTES)

    stored = emulator.state()["users"]["alice"]
    assert ATTRIBUTES.items() <= stored.items()
    assert stored["groups"] == ["readers"]
    assert policies_of(emulator, "alice") == {SLB}
    assert result["user"] == {
        **ATTRIBUTES,
        "user_name": "alice",
        "user_id": stored["user_id"],
        "create_date": stored["create_date"],
        "update_date": None,
        "groups": ["readers"],
        "policies": [{"name": SLB, "type": "System"}],
        "actions": [
            "create user alice",
            "add user alice to group readers",
            f"attach policy {SLB} (System) to user alice",
        ],
    }
    assert result["account_id"] == emulator.account_id


def test_what_is_left_out_is_left_alone(run_module: RunModule, emulator: Emulator) -> None:
    """An option that is not given changes nothing, whatever else changes."""
    run_module("ram_user", name="alice", policies=[SLB], **ATTRIBUTES)

    result = run_module("ram_user", name="alice", comments="new")

    stored = emulator.state()["users"]["alice"]
    assert {**ATTRIBUTES, "comments": "new"}.items() <= stored.items()
    assert policies_of(emulator, "alice") == {SLB}
    assert "policies" not in result["user"]


def test_characters_of_a_display_name(run_module: RunModule) -> None:
    """Which characters a display name may have is decided by the API, not by the module."""
    result = run_module("ram_user", name="alice", display_name="Alice Smith")

    assert result["code"] == "InvalidParameter.DisplayName.InvalidChars"


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_empty_text_clears(run_module: RunModule, emulator: Emulator, attribute: str) -> None:
    """An empty text clears an attribute, once."""
    run_module("ram_user", name="alice", **ATTRIBUTES)

    cleared = run_module("ram_user", name="alice", **{attribute: ""})
    repeated = run_module("ram_user", name="alice", **{attribute: ""})

    assert {**ATTRIBUTES, attribute: ""}.items() <= emulator.state()["users"]["alice"].items()
    assert (cleared.changed, repeated.changed) == (True, False)


def test_rename_is_idempotent(run_module: RunModule, emulator: Emulator) -> None:
    """A user is renamed once, keeps its id and what it has, and no other user appears."""
    make_user(emulator, "alice", Comments="x")
    user_id = emulator.state()["users"]["alice"]["user_id"]

    renamed = run_module("ram_user", name="alice", new_name="alicia")
    repeated = run_module("ram_user", name="alice", new_name="alicia")

    users = emulator.state()["users"]
    assert list(users) == ["alicia"]
    assert (users["alicia"]["user_id"], users["alicia"]["comments"]) == (user_id, "x")
    assert (renamed.changed, repeated.changed) == (True, False)
    assert repeated["user"]["user_name"] == "alicia"


def test_rename_of_nobody_creates_under_the_new_name(
    run_module: RunModule, emulator: Emulator
) -> None:
    """If there is a user of neither name, one is created under the new name."""
    run_module("ram_user", name="alice", new_name="alicia")

    assert list(emulator.state()["users"]) == ["alicia"]


def test_rename_to_the_same_name(run_module: RunModule, emulator: Emulator) -> None:
    """A user that is to keep its name is there once and needs no change."""
    make_user(emulator, "alice")

    result = run_module("ram_user", name="alice", new_name="alice")

    assert (result.failed, result.changed) == (False, False)


def test_rename_to_another_case(run_module: RunModule, emulator: Emulator) -> None:
    """A user may get its own name in another case, once."""
    make_user(emulator, "alice")

    renamed = run_module("ram_user", name="alice", new_name="Alice")
    repeated = run_module("ram_user", name="alice", new_name="Alice")

    assert (renamed.failed, renamed.changed) == (False, True)
    assert (repeated.failed, repeated.changed) == (False, False)
    assert list(emulator.state()["users"]) == ["Alice"]


def test_rename_onto_another_user(run_module: RunModule, emulator: Emulator) -> None:
    """A rename fails if both names exist, and changes neither."""
    make_user(emulator, "alice")
    make_user(emulator, "alicia")

    result = run_module("ram_user", name="alice", new_name="alicia", comments="x")

    assert result.msg == "Cannot rename user alice to alicia: both exist"
    assert writing_actions(emulator) == []


def test_rename_keeps_up_with_memberships(run_module: RunModule, emulator: Emulator) -> None:
    """One task renames a user and changes its groups and policies under the new name."""
    make_groups(emulator, "readers", "writers")
    run_module("ram_user", name="alice", groups=["readers"], policies=[SLB])

    result = run_module(
        "ram_user",
        name="alice",
        new_name="alicia",
        groups=["writers"],
        purge_groups=True,
        policies=[RAM_READ],
        purge_policies=True,
    )

    assert not result.failed
    assert emulator.state()["users"]["alicia"]["groups"] == ["writers"]
    assert policies_of(emulator, "alicia") == {RAM_READ}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"groups": None, "purge_groups": True}, {"readers", "writers"}),
        ({"groups": [], "purge_groups": False}, {"readers", "writers"}),
        ({"groups": [], "purge_groups": True}, set()),
        ({"groups": ["owners"], "purge_groups": False}, {"readers", "writers", "owners"}),
        ({"groups": ["owners", "readers"], "purge_groups": True}, {"owners", "readers"}),
        ({"groups": ["readers", "readers"], "purge_groups": True}, {"readers"}),
    ],
)
def test_groups(
    run_module: RunModule,
    emulator: Emulator,
    options: dict[str, t.Any],
    expected: set[str],
) -> None:
    """Groups are joined, and left only when purging what a given list leaves out."""
    make_groups(emulator, "readers", "writers", "owners")
    run_module("ram_user", name="alice", groups=["readers", "writers"])

    result = run_module("ram_user", name="alice", **options)

    assert set(emulator.state()["users"]["alice"]["groups"]) == expected
    assert result.changed == (expected != {"readers", "writers"})


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"policies": None, "purge_policies": True}, {SLB, "ours"}),
        ({"policies": [], "purge_policies": False}, {SLB, "ours"}),
        ({"policies": [], "purge_policies": True}, set()),
        ({"policies": [RAM_READ], "purge_policies": False}, {SLB, "ours", RAM_READ}),
        ({"policies": ["ours"], "purge_policies": True}, {"ours"}),
        (
            {"policies": [{"name": "ours", "type": "Custom"}, SLB], "purge_policies": True},
            {SLB, "ours"},
        ),
        ({"policies": [SLB, {"name": SLB, "type": "System"}], "purge_policies": True}, {SLB}),
    ],
)
def test_policies(
    run_module: RunModule,
    emulator: Emulator,
    options: dict[str, t.Any],
    expected: set[str],
) -> None:
    """Policies are attached, and detached only when purging what a given list leaves out."""
    make_policy(emulator, "ours")
    run_module("ram_user", name="alice", policies=[SLB, "ours"])

    result = run_module("ram_user", name="alice", **options)

    assert policies_of(emulator, "alice") == expected
    assert result.changed == (expected != {SLB, "ours"})


def test_ambiguous_policy(run_module: RunModule, emulator: Emulator) -> None:
    """A bare name that stands for two policies is refused until its type is said."""
    make_policy(emulator, SLB)

    bare = run_module("ram_user", name="alice", policies=[SLB])
    typed = run_module("ram_user", name="alice", policies=[{"name": SLB, "type": "Custom"}])

    assert "exists as System and as Custom: say which" in bare.msg
    assert typed["user"]["policies"] == [{"name": SLB, "type": "Custom"}]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"name": ""}, "name of user '' must be"),
        ({"name": "a b"}, "name of user 'a b' must be"),
        ({"name": "a" * 65}, "must be 1 to 64"),
        ({"new_name": "a@b"}, "new_name of user 'bob' must be"),
        ({"new_name": ""}, "new_name of user 'bob' must be"),
        ({"display_name": "x" * 129}, "display_name of user 'bob' must be"),
        ({"display_name": "a\nb"}, "display_name of user 'bob' must be"),
        ({"mobile_phone": "18600008888"}, "mobile_phone of user 'bob' must be"),
        ({"email": "nobody"}, "email of user 'bob' must be"),
        ({"comments": "x" * 129}, "comments of user 'bob' must be"),
        ({"name": "alice"}, "user alice is described 2 times"),
        ({"new_name": "alice"}, "user alice is described 2 times"),
        ({"name": "Alice"}, "user alice or Alice is described 2 times"),
        ({"name": "carol", "new_name": "ALICE"}, "user alice or ALICE is described 2 times"),
        ({"new_name": "bobby", "state": "absent"}, "can't be renamed and absent"),
        ({"policies": [{"name": SLB}]}, "a policy of user bob must be a name"),
        ({"policies": [{"name": SLB, "type": "system"}]}, "a policy of user bob must be a name"),
        ({"policies": [{"name": SLB, "type": "System", "x": 1}]}, "a policy of user bob must be"),
        ({"policies": [{"name": [SLB], "type": "System"}]}, "a policy of user bob must be"),
        ({"policies": [{"name": "", "type": "System"}]}, "a policy of user bob must be a name"),
        ({"policies": [""]}, "a policy of user bob must be a name"),
        ({"policies": [None]}, "a policy of user bob must be a name"),
        ({"policies": f"{SLB}, {RAM_READ}"}, "must be a name without spaces, or {name"),
        ({"policies": ["a" * 129]}, "a policy of user bob must be a name"),
        (
            {"policies": ["NoSuchPolicy", "OtherPolicy"]},
            "There is no policy NoSuchPolicy; There is no policy OtherPolicy",
        ),
        (
            {"policies": [{"name": SLB, "type": "Custom"}]},
            f"There is no policy {SLB} (Custom)",
        ),
        ({"groups": ["strangers", ""]}, "a group of user bob must be 1 to 64 letters"),
        ({"groups": [["strangers"]]}, "a group of user bob must be 1 to 64 letters"),
        ({"groups": ["strangers", "aliens"]}, "There is no group aliens, strangers"),
        ({"state": "gone"}, "value of state must be one of: present, absent"),
    ],
)
@pytest.mark.parametrize("mode", [{}, {"_ansible_check_mode": True}], ids=["real", "check"])
def test_bad_description(
    run_module: RunModule,
    emulator: Emulator,
    wrong: dict[str, t.Any],
    reason: str,
    mode: dict[str, bool],
) -> None:
    """One user that is described wrongly fails the task before any user is changed."""
    result = run_module(
        "ram_user",
        users=[{"name": "alice"}, {"name": "bob", **wrong}],
        **mode,
    )

    assert result.failed
    assert reason in result.msg
    assert writing_actions(emulator) == []


@pytest.mark.parametrize("mode", [{}, {"_ansible_check_mode": True}], ids=["real", "check"])
@pytest.mark.parametrize(
    "options", [{"name": None}, {"users": None}, {"name": None, "new_name": "alice"}]
)
def test_no_name(
    run_module: RunModule, emulator: Emulator, options: dict[str, t.Any], mode: dict[str, bool]
) -> None:
    """A name or a list that is null is refused, and not taken for somebody to create."""
    result = run_module("ram_user", **options, **mode)

    assert result.msg == "Bad input, nothing was changed: a user has no name"
    assert writing_actions(emulator) == []


def test_many_bad_descriptions(run_module: RunModule) -> None:
    """The message tells the first of many problems, the result all of them."""
    result = run_module("ram_user", users=[{"name": f"user {n}"} for n in range(100)])

    assert result.msg.endswith("; and 98 more, see problems")
    assert "name of user 'user 1' must be" in result.msg
    assert len(result["problems"]) == 100


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "one of the following is required: name, users"),
        ({"name": "alice", "users": []}, "mutually exclusive: name|users"),
        ({"new_name": "alice", "users": []}, "mutually exclusive: new_name|users"),
        ({"users": [{"comments": "x"}]}, "missing required arguments: name"),
        ({"users": ["alice", "bob"]}, "users must be a list of mappings"),
        ({"users": "alice,bob"}, "users must be a list of mappings"),
        ({"users": {"name": "alice"}}, "users must be a list of mappings"),
        ({"users": [{"name": "alice"}, None]}, "users must be a list of mappings"),
        ({"users": [[{"name": "alice"}]]}, "users must be a list of mappings"),
        ({"name": "alice", "assume_role": False}, "assume_role must be a mapping"),
        ({"name": "alice", "assume_role": ""}, "assume_role must be a mapping"),
        ({"name": "alice", "tags": "a"}, "tags must be a mapping"),
        ({"users": [{"name": "alice", "tags": 7}]}, "tags must be a mapping"),
        ({"users": '[{"name": "a"}, {"name": "b"}]'}, "-a '{\"users\": [...]}'"),
        ({"name": "alice", "policies": '{"name": "a", "type": "b"}'}, '{"policies": [...]}'),
        ({"name": "alice", "groups": ['["a"', '"b"]']}, '{"groups": [...]}'),
    ],
)
def test_bad_arguments(
    run_module: RunModule, emulator: Emulator, options: dict[str, t.Any], reason: str
) -> None:
    """Arguments that contradict each other, or that were cut to pieces, send no request."""
    result = run_module("ram_user", **options)

    assert reason in result.msg
    assert emulator.actions() == []


def test_cut_arguments_echo_no_secret(run_module: RunModule, emulator: Emulator) -> None:
    """The refusal of arguments that were cut to pieces does not echo the caller's secret."""
    result = run_module("ram_user", users='[{"name": "a"}]')

    assert result.failed
    assert emulator.access_key_secret not in result.printed


def test_many_users(run_module: RunModule, emulator: Emulator) -> None:
    """What an element leaves out comes from the task, and results are in the order of the list."""
    for name in ("carol", "dave"):
        make_user(emulator, name, Comments="before")

    result = run_module(
        "ram_user",
        comments="shared",
        policies=[SLB],
        users=[
            {"name": "dave", "state": "absent"},
            {"name": "alice"},
            {"name": "bob", "comments": "own", "policies": [RAM_READ]},
            {"name": "carol", "comments": ""},
        ],
    )

    users = emulator.state()["users"]
    assert [user["user_name"] for user in result["users"]] == ["dave", "alice", "bob", "carol"]
    assert {name: user["comments"] for name, user in users.items()} == {
        "carol": "",
        "alice": "shared",
        "bob": "own",
    }
    assert policies_of(emulator, "bob") == {RAM_READ}
    assert policies_of(emulator, "alice") == policies_of(emulator, "carol") == {SLB}


def test_users_that_are_gone_already(run_module: RunModule) -> None:
    """Users that are gone already are named in the result, each in its place."""
    result = run_module("ram_user", users=[{"name": "bob"}, {"name": "alice"}], state="absent")

    assert not result.changed
    assert result["users"] == [{"user_name": name, "actions": []} for name in ("bob", "alice")]


def test_deletion_with_a_description(run_module: RunModule, emulator: Emulator) -> None:
    """What a user that is to be gone would have had does not matter."""
    make_user(emulator, "alice")

    result = run_module("ram_user", name="alice", state="absent", policies=[SLB], groups=["gone"])

    assert (result.failed, result.changed) == (False, True)


def test_nobody(run_module: RunModule, emulator: Emulator) -> None:
    """An empty list does nothing and succeeds."""
    result = run_module("ram_user", users=[])

    assert (result.failed, result.changed, result["users"]) == (False, False, [])
    assert writing_actions(emulator) == []


def test_everybody_who_cannot_be_deleted_is_told(run_module: RunModule, emulator: Emulator) -> None:
    """What keeps several users from being deleted is told of all of them at once."""
    for name in ("alice", "bob", "carol"):
        make_user(emulator, name)
        emulator.call("CreateAccessKey", UserName=name)
    users = [{"name": name} for name in ("alice", "bob", "carol", "dave")]

    result = run_module("ram_user", users=users, state="absent")

    told = [problem.partition(",")[0] for problem in result["problems"]]
    assert told == [f"Cannot delete user {name}" for name in ("alice", "bob", "carol")]
    assert "and 1 more, see problems" in result.msg


@pytest.mark.parametrize("mode", [{}, {"_ansible_check_mode": True}], ids=["real", "check"])
def test_delete_without_force_lists_what_the_user_has(
    run_module: RunModule,
    emulator: Emulator,
    mode: dict[str, bool],
) -> None:
    """A user that still has something is not deleted; the message lists all of it."""
    key_id = give_everything(emulator, "alice")

    result = run_module("ram_user", name="alice", state="absent", **mode)

    assert result.msg == (
        f"Cannot delete user alice, which still has AccessKey {key_id}, login profile, "
        f"group readers, policy {SLB} (System), MFA device. Say force: true to remove these too"
    )
    assert writing_actions(emulator) == []


def test_force_locks_the_user_out_first(run_module: RunModule, emulator: Emulator) -> None:
    """Keys and the console login go before anything else, the user last; nothing is left."""
    give_everything(emulator, "alice")

    result = run_module("ram_user", name="alice", state="absent", force=True)

    assert result.changed
    assert emulator.state()["users"] == {}
    assert writing_actions(emulator) == [
        "DeleteAccessKey",
        "DeleteLoginProfile",
        "RemoveUserFromGroup",
        "DetachPolicyFromUser",
        "DisableVirtualMFA",
        "DeleteUser",
    ]


def test_failure_halfway_is_told(run_module: RunModule, emulator: Emulator) -> None:
    """A task that fails halfway reports the change and the actions done so far."""
    give_everything(emulator, "alice")
    emulator.fail("DetachPolicyFromUser", "error", code="NotSupport", status=400)

    result = run_module("ram_user", name="alice", state="absent", force=True)

    assert result.failed
    assert result.changed
    assert result.msg.startswith(f"Cannot detach policy {SLB} (System) from user alice: ")
    assert result["code"] == "NotSupport"
    assert result["request_id"] in result.msg
    assert len(result["user"]["actions"]) == 3
    assert result["user"]["error"] == result.msg


def test_one_failure_among_many_users(run_module: RunModule, emulator: Emulator) -> None:
    """A user that fails does not keep the others from being made, and the message names it."""
    emulator.fail("CreateUser", "error", code="NotSupport", status=400)

    result = run_module(
        "ram_user", users=[{"name": name} for name in ("alice", "bob", "carol")], concurrency=1
    )

    assert result.failed
    assert result.changed
    assert result.msg.startswith("1 of 3 users failed (alice): Cannot create user alice: ")
    assert list(emulator.state()["users"]) == ["bob", "carol"]
    assert ["error" in user for user in result["users"]] == [True, False, False]


def test_numbers_of_a_task(run_module: RunModule, emulator: Emulator) -> None:
    """The result counts the fates of the users, and every request that was sent for them."""
    run_module("ram_user", users=[{"name": name} for name in ("alice", "bob", "carol")])
    emulator.clear_requests()
    emulator.fail("GetCallerIdentity", "delay", ms=100)
    emulator.fail("CreateUser", "throttle")

    users: list[dict[str, str]] = [
        {"name": "alice"},
        {"name": "bob", "comments": "new"},
        {"name": "carol", "state": "absent"},
        {"name": "dave"},
    ]
    result = run_module("ram_user", users=users)

    stats = dict(result["stats"])
    assert stats.pop("seconds") > 0
    fates = {"created": 1, "changed": 1, "removed": 1, "unchanged": 1, "failed": 0}
    assert stats == {**fates, "api_calls": len(emulator.requests()), "retries": 1}


@pytest.mark.parametrize(
    "options",
    [
        {"state": "absent", "force": True},
        {"groups": [], "purge_groups": True},
        {"policies": [], "purge_policies": True},
    ],
)
@pytest.mark.parametrize("signed_by", ["a key", "a role"])
def test_signing_user_is_protected(
    run_module: RunModule,
    emulator: Emulator,
    options: dict[str, t.Any],
    signed_by: str,
) -> None:
    """The user that signs, or that assumed the role that signs, is not locked out, force or not."""
    make_groups(emulator, "admins")
    signer: dict[str, t.Any] = sign_in(emulator, "ops", RAM_FULL, "AliyunSTSAssumeRoleAccess")
    emulator.call("AddUserToGroup", UserName="ops", GroupName="admins")
    if signed_by == "a role":
        signer["assume_role"] = {"role_arn": make_role(emulator)}

    result = run_module("ram_user", name="ops", **options, **signer)

    assert result.msg.startswith("Refusing to ")
    assert "user ops: this run signs with a key of that user" in result.msg
    assert set(writing_actions(emulator)) <= {"AssumeRole"}


def test_signing_user_may_change_in_harmless_ways(
    run_module: RunModule, emulator: Emulator
) -> None:
    """The user that signs can be given groups and policies."""
    make_groups(emulator, "admins")
    signer = sign_in(emulator, "ops", RAM_FULL)

    result = run_module("ram_user", name="ops", groups=["admins"], policies=[SLB], **signer)

    assert result.changed
    assert policies_of(emulator, "ops") == {RAM_FULL, SLB}


def test_contact_data_on_the_international_site(run_module: RunModule) -> None:
    """Attributes that the site does not store are no change for ever, but a warning."""
    with Emulator(site="intl") as intl:
        options = {**connection_to(intl), "name": "alice", "email": "alice@example.com"}

        created, repeated = run_module("ram_user", **options), run_module("ram_user", **options)

    assert (created.changed, repeated.changed) == (True, False)
    for result in (created, repeated):
        assert "does not store email (user alice)" in result.printed
        assert result["user"]["email"] == ""


def test_one_warning_for_many_users(run_module: RunModule) -> None:
    """What is to be said of many users is said once, naming some of them."""
    users = [{"name": f"user-{n}"} for n in range(20)]
    with Emulator(site="intl") as intl:
        result = run_module("ram_user", users=users, email="a@example.com", **connection_to(intl))

    printed = " ".join(result.printed.split())
    assert printed.count("does not store email") == 1
    assert "does not store email (users user-0, user-1, user-2 and 17 more)" in printed


def test_warning_about_keys_of_the_account(run_module: RunModule, emulator: Emulator) -> None:
    """A run that signs as the account is told to use a RAM user, and no other run is."""
    signer = sign_in(emulator, "ops", RAM_FULL)

    by_account, by_user = (
        run_module("ram_user", name="alice"),
        run_module("ram_user", name="alice", **signer),
    )

    assert "Create a RAM user with only the permissions needed" in by_account.printed
    assert "WARNING" not in by_user.printed


@pytest.mark.parametrize("count", [1, 2, 3, 25])
def test_calls_for_unchanged_users(run_module: RunModule, count: int) -> None:
    """N users whose attributes are as described cost ceil(N / page) + 1 calls, or fewer than 3."""
    with Emulator(page_size=10) as emulator:
        names = [f"user-{n}" for n in range(count)]
        for name in names:
            make_user(emulator, name)

        result = run_module(
            "ram_user", users=[{"name": name} for name in names], **connection_to(emulator)
        )

        assert (result.failed, result.changed) == (False, False)
        assert len(emulator.actions()) <= max(count if count <= 2 else 0, math.ceil(count / 10)) + 1


@pytest.mark.parametrize(("concurrency", "count"), [(1, 2), (1, 5), (4, 20), (64, 80)])
def test_requests_in_flight(
    run_module: RunModule, emulator: Emulator, concurrency: int, count: int
) -> None:
    """As many requests are in flight as `concurrency` says, and never more."""
    # However slow the machine is, none of the first is answered before the last of them is there.
    emulator.fail("CreateUser", "gather", requests=concurrency, ms=30_000, times=concurrency)
    emulator.fail("CreateUser", "delay", ms=100, times=count)
    users = [{"name": f"user-{n}"} for n in range(count)]

    result = run_module("ram_user", users=users, concurrency=concurrency, read_timeout=60)

    assert result["stats"]["created"] == count
    assert emulator.peak_in_flight() == concurrency


def test_calls_for_new_users(run_module: RunModule, emulator: Emulator) -> None:
    """A new user costs its creation and one call for each group and policy; look-ups come once."""
    make_groups(emulator, "readers")

    run_module(
        "ram_user",
        groups=["readers"],
        policies=[{"name": SLB, "type": "System"}],
        users=[{"name": f"user-{n}"} for n in range(4)],
    )

    actions = emulator.actions()
    assert {action: actions.count(action) for action in actions} == {
        "GetCallerIdentity": 1,
        "GetPolicy": 1,
        "GetGroup": 1,
        "ListUsers": 1,
        "CreateUser": 4,
        "AddUserToGroup": 4,
        "AttachPolicyToUser": 4,
    }


CHECK = {"_ansible_check_mode": True}
BOTH_MODES = pytest.mark.parametrize("mode", [{}, CHECK], ids=["real", "check"])


def in_groups(emulator: Emulator, name: str, count: int) -> list[str]:
    """Create groups and make a user a member of each; return their names."""
    names = [f"group-{n:02}" for n in range(count)]
    make_groups(emulator, *names)
    for group in names:
        emulator.call("AddUserToGroup", UserName=name, GroupName=group)
    return names


@BOTH_MODES
def test_more_groups_than_a_user_can_have(
    run_module: RunModule, emulator: Emulator, mode: dict[str, bool]
) -> None:
    """More groups than the account's quota allows are refused before anything is changed."""
    groups = [f"group-{n}" for n in range(11)]
    make_groups(emulator, *groups)

    result = run_module("ram_user", name="alice", groups=groups, **mode)

    assert result.msg == (
        "Cannot give user alice 11 groups: the quota of the account is 10 (GroupsPerUserQuota)"
    )
    assert writing_actions(emulator) == []


def test_full_quota_makes_room_first(run_module: RunModule, emulator: Emulator) -> None:
    """Where a quota is full, just as many memberships end first as new ones need."""
    make_user(emulator, "alice")
    old = in_groups(emulator, "alice", 10)
    make_groups(emulator, "new")

    result = run_module("ram_user", name="alice", groups=["new", *old[2:]], purge_groups=True)

    assert result["user"]["actions"] == [
        "remove user alice from group group-00",
        "add user alice to group new",
        "remove user alice from group group-01",
    ]
    assert set(emulator.state()["users"]["alice"]["groups"]) == {"new", *old[2:]}


def test_quota_that_may_not_be_read(run_module: RunModule, emulator: Emulator) -> None:
    """Who may not read quotas is told by the API, for the user that is beyond one."""
    groups = [f"group-{n:02}" for n in range(11)]
    make_groups(emulator, *groups)
    emulator.fail("GetAccountSummary", "error", status=403, code="NoPermission")

    result = run_module("ram_user", name="alice", groups=groups)

    assert result["code"] == "LimitExceeded.User.Group"


@BOTH_MODES
def test_more_users_than_an_account_can_have(
    run_module: RunModule, emulator: Emulator, mode: dict[str, bool]
) -> None:
    """More new users than the account has room for are refused before the first is made."""
    summary = emulator.call("GetAccountSummary", service="IMS")["SummaryMap"]
    users = [{"name": f"user-{n}"} for n in range(summary["UsersQuota"] + 1)]

    result = run_module("ram_user", users=users, **mode)

    assert "its quota is" in result.msg
    assert writing_actions(emulator) == []


@BOTH_MODES
@pytest.mark.parametrize("others", [[], ["bob", "carol"]], ids=["one user", "many users"])
def test_name_in_another_case(
    run_module: RunModule, emulator: Emulator, others: list[str], mode: dict[str, bool]
) -> None:
    """A name that exists in another case is refused before anybody is made."""
    make_user(emulator, "Alice")

    result = run_module("ram_user", users=[{"name": name} for name in ["alice", *others]], **mode)

    assert result.msg.startswith("Cannot have a user alice: there is one called Alice")
    assert writing_actions(emulator) == []


@BOTH_MODES
def test_deletion_of_a_name_in_another_case(
    run_module: RunModule, emulator: Emulator, mode: dict[str, bool]
) -> None:
    """Nobody is taken for gone whose name is there in another case."""
    make_user(emulator, "Alice")
    users = [{"name": name} for name in ("alice", "bob", "carol")]

    result = run_module("ram_user", users=users, state="absent", **mode)

    assert result.msg.startswith(
        "Cannot tell whether user alice is gone: there is one called Alice"
    )
    assert writing_actions(emulator) == []


@pytest.fixture
def _any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cloud finds everything in any case, which no documentation rules out."""
    monkeypatch.setattr(Table, "find", Table.holder)


@pytest.mark.usefixtures("_any_case")
@BOTH_MODES
@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"groups": ["Readers"]}, "group Readers (did you mean readers?)"),
        ({"policies": [SLB.lower()]}, f"policy {SLB.lower()} (did you mean {SLB}?)"),
        ({"users": ["Readers"]}, "user Readers (did you mean readers?)"),
    ],
)
def test_what_is_named_in_another_case(
    run_module: RunModule,
    emulator: Emulator,
    options: dict[str, list[str]],
    told: str,
    mode: dict[str, bool],
) -> None:
    """What would come under one name and go under the other is refused."""
    make_user(emulator, "readers")
    make_groups(emulator, "readers")
    [aspect] = options
    module = "ram_group" if aspect == "users" else "ram_user"

    result = run_module(module, name="readers", **options, **{f"purge_{aspect}": True}, **mode)

    assert result.msg == f"There is no {told}"
    assert writing_actions(emulator) == []


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("AddUserToGroup", "EntityNotExist.User"),
        ("AttachPolicyToUser", "EntityNotExist.User"),
        ("GetGroup", "EntityNotExist.Group"),
        ("GetPolicy", "EntityNotExist.Policy"),
    ],
)
def test_what_was_made_a_moment_ago(
    run_module: RunModule, emulator: Emulator, action: str, code: str
) -> None:
    """What the API does not know yet, a moment after it was made, is asked for again."""
    make_groups(emulator, "readers")
    make_policy(emulator, "ours")
    emulator.fail(action, "error", code=code, status=404)

    result = run_module(
        "ram_user",
        name="alice",
        groups=["readers"],
        policies=[{"name": "ours", "type": "Custom"}],
    )

    assert not result.failed
    assert emulator.state()["users"]["alice"]["groups"] == ["readers"]
    assert policies_of(emulator, "alice") == {"ours"}


def test_patience_ends(run_module: RunModule, emulator: Emulator) -> None:
    """What the API never gets to know fails, with its code."""
    emulator.fail("AttachPolicyToUser", "error", code="EntityNotExist.User", status=404, times=99)

    result = run_module("ram_user", name="alice", policies=[SLB])

    assert result["code"] == "EntityNotExist.User"
    assert result["user"]["actions"] == ["create user alice"]


def test_deletion_that_is_in_conflict_for_a_moment(
    run_module: RunModule, emulator: Emulator
) -> None:
    """A deletion waits a moment for what was taken off just before it."""
    give_everything(emulator, "alice")
    emulator.fail("DeleteUser", "error", code="DeleteConflict.User.Policy", status=409)

    result = run_module("ram_user", name="alice", state="absent", force=True)

    assert not result.failed
    assert emulator.state()["users"] == {}


@pytest.mark.parametrize("action", ["ListGroupsForUser", "ListPoliciesForUser"])
def test_user_that_vanishes_meanwhile(
    run_module: RunModule, emulator: Emulator, action: str
) -> None:
    """A user that is deleted while it is read counts as gone, and is made again."""
    make_groups(emulator, "readers")
    make_user(emulator, "alice")
    emulator.fail(action, "error", code="EntityNotExist.User", status=404)

    result = run_module("ram_user", name="alice", groups=["readers"], policies=[SLB])

    assert not result.failed
    assert result["stats"]["created"] == 1
    assert emulator.state()["users"]["alice"]["groups"] == ["readers"]


@pytest.mark.parametrize("action", ["ListAccessKeys", "ListPoliciesForUser"])
def test_user_that_somebody_else_deletes(
    run_module: RunModule, emulator: Emulator, action: str
) -> None:
    """A user that is deleted while it is to be deleted is gone."""
    make_user(emulator, "alice")
    emulator.fail(action, "error", code="EntityNotExist.User", status=404)

    result = run_module("ram_user", name="alice", state="absent", force=True)

    assert (result.failed, result.changed) == (False, False)


def test_somebody_else_was_faster(run_module: RunModule, emulator: Emulator) -> None:
    """A user that another run makes at the same time is made to be as described here."""
    emulator.fail("GetUser", "error", code="EntityNotExist.User", status=404)
    make_user(emulator, "alice", Comments="theirs")

    result = run_module("ram_user", name="alice", comments="ours")

    assert not result.failed
    assert emulator.state()["users"]["alice"]["comments"] == "ours"


@pytest.mark.parametrize("theirs", ["ours", "theirs"])
def test_unanswered_creation(run_module: RunModule, emulator: Emulator, theirs: str) -> None:
    """A creation without an answer counts only if there is a user as it was described."""
    emulator.fail("CreateUser", "drop_before")
    emulator.fail("GetUser", "delay", ms=600, skip=1)

    def other() -> None:
        while "CreateUser" not in emulator.actions():
            time.sleep(0.01)
        make_user(emulator, "alice", Comments=theirs)

    thread = threading.Thread(target=other)
    thread.start()
    result = run_module("ram_user", name="alice", comments="ours")
    thread.join()

    assert result.failed == (theirs != "ours")
    assert (
        not result.failed
        or "There is such a user now, but not as described here: run again" in result.msg
    )


def test_aliases(run_module: RunModule, emulator: Emulator) -> None:
    """user_name is name, of the task and in its list."""
    run_module("ram_user", user_name="alice")
    run_module("ram_user", users=[{"user_name": "bob"}, {"name": "carol", "user_name": "carol"}])

    assert list(emulator.state()["users"]) == ["alice", "bob", "carol"]


@pytest.mark.parametrize(
    "options",
    [{"name": "alice", "user_name": "bob"}, {"users": [{"name": "alice", "user_name": "bob"}]}],
)
def test_aliases_that_contradict_each_other(
    run_module: RunModule, emulator: Emulator, options: dict[str, t.Any]
) -> None:
    """One option under two names with two values is refused."""
    result = run_module("ram_user", **options)

    assert result.msg.startswith("name and user_name are the same option")
    assert emulator.actions() == []


def test_what_is_omitted_in_a_list(run_module: RunModule, emulator: Emulator) -> None:
    """default(omit) in an element of a list means that the option is not given."""
    omitted = "__omit_place_holder__9aa2bd6a9dc5e5e9d8a9c8e0a0c6b8a7"

    run_module("ram_user", comments="shared", users=[{"name": "alice", "comments": omitted}])

    assert emulator.state()["users"]["alice"]["comments"] == "shared"


@BOTH_MODES
def test_diff_of_a_deletion(
    run_module: RunModule, emulator: Emulator, mode: dict[str, bool]
) -> None:
    """The diff of a deletion names all that goes with the user."""
    key_id = give_everything(emulator, "alice")

    result = run_module(
        "ram_user", name="alice", state="absent", force=True, _ansible_diff=True, **mode
    )

    assert result["diff"][0]["before"]["goes_with_it"] == [
        f"AccessKey {key_id}",
        "login profile",
        "group readers",
        f"policy {SLB} (System)",
        "MFA device",
    ]


def test_nearest_name(run_module: RunModule, emulator: Emulator) -> None:
    """A message about a policy or a group that does not exist names the one that may be meant."""
    make_groups(emulator, "readers")

    result = run_module(
        "ram_user", name="alice", policies=["AliyunSLBReadonlyAccess"], groups=["reader"]
    )

    assert f"There is no policy AliyunSLBReadonlyAccess (did you mean {SLB}?)" in result.msg
    assert "There is no group reader (did you mean readers?)" in result.msg


def test_one_member_of_a_set_goes(run_module: RunModule, emulator: Emulator) -> None:
    """What is to be removed goes, once, and all else stays."""
    make_groups(emulator, "readers", "writers")
    run_module("ram_user", name="alice", groups=["readers", "writers"], policies=[SLB, RAM_READ])
    options = {"name": "alice", "remove_groups": ["readers"], "remove_policies": [SLB]}

    removed, repeated = run_module("ram_user", **options), run_module("ram_user", **options)

    assert (removed.changed, repeated.changed) == (True, False)
    assert emulator.state()["users"]["alice"]["groups"] == ["writers"]
    assert policies_of(emulator, "alice") == {RAM_READ}


@pytest.mark.parametrize("aspect", ["groups", "policies"])
def test_to_stay_and_to_go(run_module: RunModule, emulator: Emulator, aspect: str) -> None:
    """What is in both lists is refused."""
    result = run_module("ram_user", name="alice", **{aspect: ["a", "b"], f"remove_{aspect}": ["b"]})

    assert "b of user alice is to stay and to go" in result.msg
    assert writing_actions(emulator) == []


@BOTH_MODES
@pytest.mark.parametrize("names", [["alice"], ["new"], ["alice", "new"]], ids=str)
@pytest.mark.parametrize("module", ["ram_user", "ram_group", "ram_role"])
def test_to_stay_and_to_go_in_other_words(
    run_module: RunModule, emulator: Emulator, module: str, names: list[str], mode: dict[str, bool]
) -> None:
    """A policy that is in both lists is refused however each of them names it."""
    make_user(emulator, "alice")
    make_groups(emulator, "alice")
    statement = {"Effect": "Allow", "Action": "*", "Principal": {"Service": "ecs.aliyuncs.com"}}
    trust = json.dumps({"Version": "1", "Statement": [statement]})
    emulator.call("CreateRole", RoleName="alice", AssumeRolePolicyDocument=trust)
    options = {"policies": [SLB], "remove_policies": [{"name": SLB, "type": "System"}]}
    options |= {"trust_policy": trust} if module == "ram_role" else {}
    plural = f"{module.removeprefix('ram_')}s"

    result = run_module(module, **{plural: [{"name": name, **options} for name in names]}, **mode)

    assert f"policy {SLB} (System) of {names[0]} is to stay and to go" in result.msg
    assert writing_actions(emulator) == []


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"policies": [SLB]}, {"ListEntitiesForPolicy": 1}),
        ({"groups": ["readers"]}, {"ListUsersForGroup": 1}),
        ({"policies": [SLB], "purge_policies": True}, {"ListPoliciesForUser": 5}),
        ({"groups": ["readers"], "purge_groups": True}, {"ListGroupsForUser": 5}),
        ({"policies": [SLB], "remove_policies": [RAM_READ]}, {"ListEntitiesForPolicy": 2}),
    ],
)
def test_calls_for_unchanged_sets(
    run_module: RunModule,
    emulator: Emulator,
    options: dict[str, t.Any],
    expected: dict[str, int],
) -> None:
    """Who has a policy or is in a group costs one call for each of these, unless others go."""
    make_groups(emulator, "readers")
    users = [{"name": f"user-{n}"} for n in range(5)]
    run_module("ram_user", users=users, groups=["readers"], policies=[SLB])
    emulator.clear_requests()

    result = run_module("ram_user", users=users, **options)

    looked_up = {"GetCallerIdentity", "ListUsers", "GetPolicy", "GetGroup"}
    actions = [action for action in emulator.actions() if action not in looked_up]
    assert not result.changed
    assert {action: actions.count(action) for action in actions} == expected


def test_sets_read_by_what_is_in_them(run_module: RunModule, emulator: Emulator) -> None:
    """Those of many users who lack a policy or a group get it, and nobody else does."""
    make_groups(emulator, "readers")
    for n in range(4):
        make_user(emulator, f"user-{n}")
    run_module("ram_user", name="user-2", groups=["readers"], policies=[SLB])

    result = run_module(
        "ram_user",
        users=[{"name": f"user-{n}"} for n in range(3)],
        groups=["readers"],
        policies=[SLB],
    )

    assert [user["actions"] != [] for user in result["users"]] == [True, True, False]
    assert [policies_of(emulator, f"user-{n}") for n in range(4)] == [{SLB}, {SLB}, {SLB}, set()]


def test_policies_of_a_task_before(run_module: Callable[..., Result], emulator: Emulator) -> None:
    """Policies that a task before would have made count in check mode, and only there."""
    emulator.call("CreateUser", UserName="ann")
    task = {"name": "ann", "policies": ["coming"], "new_policies": ["coming"]}

    predicted = run_module("ram_user", _ansible_check_mode=True, **task)
    real = run_module("ram_user", **task)

    assert predicted["user"]["policies"] == [{"name": "coming", "type": "Custom"}]
    assert "There is no policy coming" in real.msg


@pytest.mark.parametrize("exists", [True, False], ids=["old", "new"])
def test_groups_of_a_task_before(
    run_module: Callable[..., Result], emulator: Emulator, *, exists: bool
) -> None:
    """Groups that a task before would have made count in check mode, and only there."""
    if exists:
        emulator.call("CreateUser", UserName="ann")
    task = {"name": "ann", "groups": ["coming"], "new_groups": ["coming"]}

    predicted = run_module("ram_user", _ansible_check_mode=True, **task)
    real = run_module("ram_user", **task)

    assert "add user ann to group coming" in predicted["user"]["actions"]
    assert predicted["user"]["groups"] == ["coming"]
    assert "There is no group coming" in real.msg
    assert ("ann" in emulator.state()["users"]) == exists

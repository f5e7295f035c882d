# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each request that the collection sends against each way in which a cloud can fail it.

A task ends in success or in one message that a person can read: what could not be done, in words,
with the code and the request id if the cloud gave them.
"""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud import retry
from emulator.actions import ACTION_NAMES

from .conftest import bind_mfa_device, make_role, sign_in, tag_user

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from emulator import Emulator

    from .conftest import Result

    Attempt = Callable[..., Result]

PLUGINS = Path(__file__).parents[3] / "plugins"
SLB = "AliyunSLBReadOnlyAccess"
FOR_EVER = 1000
MAX_ATTEMPTS = 2
MOST_LINES, LONGEST_LINE = 3, 300
REQUEST_ID = re.compile(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")


class Fault(t.NamedTuple):
    """What goes wrong: `passes` if a second try may go well, `acts` if the request is carried out.

    An answer that is `lost` leaves open whether it was.
    """

    options: dict[str, t.Any]
    code: str | None = None
    passes: bool = True
    acts: bool = False
    lost: bool = True


FAULTS = {
    "400": Fault(
        {"kind": "error", "code": "InvalidParameter", "status": 400},
        code="InvalidParameter",
        passes=False,
        lost=False,
    ),
    "403": Fault(
        {"kind": "error", "code": "NoPermission", "status": 403},
        code="NoPermission",
        passes=False,
        lost=False,
    ),
    "500": Fault({"kind": "error", "status": 500}, code="InternalError"),
    "500 done": Fault(
        {"kind": "error", "status": 500, "when": "after"}, code="InternalError", acts=True
    ),
    "503": Fault(
        {"kind": "error", "code": "ServiceUnavailable", "status": 503}, code="ServiceUnavailable"
    ),
    "throttled": Fault({"kind": "throttle"}, code="Throttling.User", lost=False),
    "throttled 429": Fault({"kind": "throttle", "status": 429}, code="Throttling.User", lost=False),
    "throttled for an hour": Fault(
        {"kind": "throttle", "status": 503, "retry_after_ms": 3_600_000},
        code="Throttling.User",
        lost=False,
    ),
    "reset": Fault({"kind": "drop_before"}),
    "reset done": Fault({"kind": "drop_after"}, acts=True),
    "late": Fault({"kind": "late", "ms": 0}, acts=True),
    "HTML 502": Fault({"kind": "garbage"}),
    "HTML 200": Fault({"kind": "garbage", "status": 200}),
    "empty 200": Fault({"kind": "empty"}),
    "empty 500": Fault({"kind": "empty", "status": 500}),
    "half": Fault({"kind": "half"}, acts=True),
}


class Task(t.NamedTuple):
    """A task, the request of it that goes wrong after so many others, and what that is in words."""

    name: str
    options: dict[str, t.Any]
    action: str
    doing: str
    skip: int = 0

    def survives(self, fault: Fault) -> bool:
        """Tell whether the request may be sent again, or what it did can be found out."""
        makes_something = self.action.startswith("Create") or "new_name" in self.options
        is_repeated = fault.passes and not (fault.lost and makes_something)
        return is_repeated or self.is_looked_up(fault)

    def is_looked_up(self, fault: Fault) -> bool:
        """Tell whether the request was carried out and that can be found out."""
        return fault.acts and self.action in IS_LOOKED_UP

    def __str__(self) -> str:
        return f"{self.name}-{self.doing}"


def _keyring(action: str, doing: str, *, skip: int = 0, **options: t.Any) -> Task:
    return Task("ram_keyring", {"file": "keys.yml", **options}, action, doing, skip)


def _user(action: str, doing: str, **options: t.Any) -> Task:
    given = {"name": "alice", **options}
    return Task("ram_user", {k: v for k, v in given.items() if v is not None}, action, doing)


def _deletion(action: str, doing: str) -> Task:
    return _user(action, doing, name="full", state="absent", force=True)


def _group(action: str, doing: str, **options: t.Any) -> Task:
    return Task("ram_group", {"name": "readers", **options}, action, doing)


def _policy(action: str, doing: str, **options: t.Any) -> Task:
    return Task("ram_policy", {"name": "p", **options}, action, doing)


def _role(action: str, doing: str, **options: t.Any) -> Task:
    return Task("ram_role", {"name": "worker", **options}, action, doing)


def _alias(action: str, doing: str, **options: t.Any) -> Task:
    return Task("ram_account_alias", options, action, doing)


def _logon(action: str, doing: str, name: str = "alice") -> Task:
    options = {"name": name, "password": "Correct-Horse-7", "mfa_bind_required": True}
    return Task("ram_login_profile", options, action, doing)


def _settings(name: str, action: str, doing: str, **options: t.Any) -> Task:
    return Task(f"ram_{name}", options, action, doing)


def _info(action: str, doing: str, *include: str) -> Task:
    return Task("ram_user_info", {"name": "full", "include": include}, action, doing)


def _key(action: str, doing: str, *, name: str = "ram_access_key", **options: t.Any) -> Task:
    return Task(name, options, action, doing)


def _allowing(action: str) -> dict[str, t.Any]:
    return {"Version": "1", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


FIRST, SECOND, ALLOW = map(_allowing, ("ecs:*", "oss:*", "log:*"))
_TRUSTING = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["a.b"]}}
TRUST = {"Version": "1", "Statement": [_TRUSTING]}

TWO: dict[str, t.Any] = {"name": None, "users": [{"name": "alice"}, {"name": "full"}]}
MANY_POLICIES = [
    f"Aliyun{name}ReadOnlyAccess" for name in ("ECS", "OSS", "RAM", "RDS", "SLB", "VPC")
]

TASKS = [
    _keyring("GetCallerIdentity", "find out who is calling", name="alice"),
    _keyring("GetCallerIdentity", "find out who is calling", skip=1, name="alice"),
    _keyring("AssumeRole", "assume role acs:ram::", name="alice", assume_role={}),
    _keyring("GetUser", "read user alice", name="alice"),
    _keyring("ListUsers", "list users", users=["alice", "full", "owner"]),
    _keyring("ListAccessKeys", "list AccessKeys of user alice", name="alice"),
    _keyring("CreateAccessKey", "create AccessKey for user alice", name="alice"),
    _keyring("UpdateAccessKey", "activate AccessKey LTAI", name="owner", on_inactive="activate"),
    _keyring("DeleteAccessKey", "delete AccessKey LTAI", name="owner", state="absent"),
    _user("GetCallerIdentity", "find out who is calling"),
    _user("GetUser", "read user alice"),
    _user("CreateUser", "create user new", name="new"),
    _user("UpdateUser", "update user alice", comments="changed"),
    _user("UpdateUser", "update user alice", new_name="new"),
    _user("GetGroup", "read group readers", groups=["readers"]),
    _user("ListGroupsForUser", "list groups of user alice", groups=[]),
    _user("AddUserToGroup", "add user alice to group readers", groups=["readers"]),
    _user(
        "RemoveUserFromGroup",
        "remove user full from group readers",
        name="full",
        groups=[],
        purge_groups=True,
    ),
    _user("GetPolicy", f"read policy {SLB} (System)", policies=[{"name": SLB, "type": "System"}]),
    _user("ListPoliciesForUser", "list policies of user alice", policies=[]),
    _user("ListEntitiesForPolicy", f"list who has policy {SLB}", **TWO, policies=[SLB]),
    _user("ListUsersForGroup", "list members of group readers", **TWO, groups=["readers"]),
    _user("AttachPolicyToUser", f"attach policy {SLB} (System) to user alice", policies=[SLB]),
    _user("ListTagResources", "list user tags", tags={}),
    _user("TagResources", "set tags team of user alice", tags={"team": "slb"}),
    _user("UntagResources", "remove tags old of user full", name="full", remove_tags=["old"]),
    _deletion("ListAccessKeys", "list AccessKeys of user full"),
    _deletion("DeleteAccessKey", "delete AccessKey LTAI"),
    _deletion("DeleteLoginProfile", "delete login profile of user full"),
    _deletion("DetachPolicyFromUser", f"detach policy {SLB} (System) from user full"),
    _deletion("DisableVirtualMFA", "disable MFA device acs:ram::"),
    _deletion("DeleteUser", "delete user full"),
    _group("CreateGroup", "create group new", name="new"),
    _group("UpdateGroup", "update group readers", comments="changed"),
    _group("UpdateGroup", "update group readers", new_name="new"),
    _group("ListPoliciesForGroup", "list policies of group readers", policies=[]),
    _group("AttachPolicyToGroup", f"attach policy {SLB} (System) to group readers", policies=[SLB]),
    _group(
        "DetachPolicyFromGroup",
        f"detach policy {SLB} (System) from group writers",
        name="writers",
        remove_policies=[SLB],
    ),
    _group("DeleteGroup", "delete group readers", state="absent", force=True),
    Task("ram_group_info", {}, "ListGroups", "list groups"),
    _policy("CreatePolicy", "create policy new", name="new", document=ALLOW),
    _policy("UpdatePolicyDescription", "describe policy p", description="changed"),
    _policy("ListPolicyVersions", "list versions of policy p", document=ALLOW),
    _policy("SetDefaultPolicyVersion", "make v1 the default version of policy p", document=FIRST),
    _policy("CreatePolicyVersion", "create a version of policy p", document=ALLOW),
    _policy(
        "DetachPolicyFromRole",
        "detach policy p (Custom) from role worker",
        state="absent",
        force=True,
    ),
    _policy("DeletePolicy", "delete policy p", state="absent", force=True),
    _policy("ListTagResources", "read tags of policy p", tags={}),
    _policy("TagResources", "set tags of policy p", tags={"team": "a"}),
    _policy("UntagResources", "remove tags of policy p", remove_tags=["env"]),
    Task("ram_policy_info", {}, "ListPolicies", "list policies"),
    _role("GetRole", "read role worker", description="x"),
    _role("CreateRole", "create role new", name="new", trust_policy=TRUST),
    _role("UpdateRole", "update role worker", description="x"),
    _role("ListPoliciesForRole", "list policies of role worker", policies=[]),
    _role("AttachPolicyToRole", f"attach policy {SLB} (System) to role worker", policies=[SLB]),
    _role("DeleteRole", "delete role worker", state="absent", force=True),
    Task("ram_role_info", {}, "ListRoles", "list roles"),
    _alias("GetAccountAlias", "read the alias of the account", account_alias="acme"),
    _alias("SetAccountAlias", "set account alias acme", account_alias="acme"),
    _alias("ClearAccountAlias", "clear the alias of the account", state="absent"),
    _settings("password_policy", "GetPasswordPolicy", "read the password policy"),
    _settings("password_policy", "SetPasswordPolicy", "set the password policy", hard_expire=True),
    _settings("security_preference", "GetSecurityPreference", "read the security preference"),
    _settings(
        "security_preference",
        "SetSecurityPreference",
        "set the security preference",
        login_session_duration=9,
    ),
    _settings("account_info", "GetDefaultDomain", "read the default domain of the account"),
    _logon("CreateLoginProfile", "create login profile of user alice"),
    _logon("UpdateLoginProfile", "update login profile of user full", name="full"),
    Task(
        "ram_mfa_device",
        {"name": "full", "state": "absent"},
        "DisableVirtualMFA",
        "disable MFA device acs:ram::",
    ),
    Task("ram_user_info", {}, "ListUsers", "list users"),
    _info("GetUser", "read user full"),
    _info("ListGroupsForUser", "list groups of user full", "groups"),
    _info("ListPoliciesForUser", "list policies of user full", "policies"),
    _info("GetAccessKeyLastUsed", "read last use of AccessKey LTAI", "access_keys"),
    _info("GetLoginProfile", "read login profile of user full", "login_profile"),
    _info("GetUserMFAInfo", "read MFA device of user full", "mfa"),
    _key("CreateAccessKey", "create AccessKey for user alice", user_name="alice", show_secret=True),
    _key("UpdateAccessKey", "disable AccessKey LTAI", user_name="full", status="inactive"),
    _key("DeleteAccessKey", "delete AccessKey LTAI", user_name="full", state="absent", all=True),
    _key(
        "ListAccessKeys",
        "list AccessKeys of user full",
        name="ram_access_key_info",
        user_name="full",
    ),
    # These go to another service, IMS.
    _key(
        "ListAccessKeys",
        "list AccessKeys of the account",
        name="ram_access_key_info",
        for_account=True,
    ),
    _key(
        "CreateAccessKey",
        "create AccessKey for the account",
        for_account=True,
        force_create=True,
        show_secret=True,
    ),
]
# What these did is looked up if the answer is lost.
IS_LOOKED_UP = {
    *("CreateUser", "UpdateUser", "CreateGroup", "UpdateGroup", "CreateLoginProfile"),
    *("CreatePolicy", "CreatePolicyVersion", "CreateRole"),
}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits before a repetition."""
    monkeypatch.setattr(retry, "LONGEST_DELAY", 0.0)


@pytest.fixture
def attempt(
    emulator: Emulator, run_module: Callable[..., Result], run_action: Callable[..., Result]
) -> Attempt:
    """A function that runs a task while a fault hits so many of its requests.

    The user `full` has one of everything; `owner` has a key in the file, which is inactive.
    """

    def run(task: Task, fault: dict[str, t.Any], *, times: int, **options: t.Any) -> Result:
        given = {**task.options, **options}
        fill(emulator)
        if given.get("name") == "owner":
            key_id = run_action(file="keys.yml", name="owner")["users"][0]["access_key_id"]
            change = {"UserAccessKeyId": key_id, "Status": "Inactive"}
            emulator.call("UpdateAccessKey", UserName="owner", **change)
        if task.name.startswith(("ram_policy", "ram_role")):
            fill_policies(emulator)
        if "assume_role" in given:
            given["assume_role"] = {"role_arn": make_role(emulator)}
            given.update(sign_in(emulator, "ops", "AliyunSTSAssumeRoleAccess"))
        emulator.clear_requests()
        emulator.fail(task.action, times=times, skip=task.skip, **fault)
        if task.name == "ram_keyring":
            return run_action(**given)
        return run_module(task.name, **given)

    return run


def fill(emulator: Emulator) -> None:
    """Create users, one of them with all that a user can have."""
    for name in ("alice", "full", "owner"):
        emulator.call("CreateUser", UserName=name)
    emulator.call("CreateGroup", GroupName="readers")
    emulator.call("CreateGroup", GroupName="writers")
    emulator.call("SetAccountAlias", AccountAlias="before")
    emulator.call("AttachPolicyToGroup", GroupName="writers", PolicyName=SLB, PolicyType="System")
    emulator.call("AddUserToGroup", UserName="full", GroupName="readers")
    emulator.call("AttachPolicyToUser", UserName="full", PolicyName=SLB, PolicyType="System")
    emulator.call("CreateAccessKey", UserName="full")
    tag_user(emulator, "full", old="x")
    emulator.call("CreateLoginProfile", UserName="full", Password="Correct-Horse-7")
    bind_mfa_device(emulator, "full")


def fill_policies(emulator: Emulator) -> None:
    """Create a policy with a tag and two versions, and a role that has it."""
    policy = {"PolicyName": "p", "PolicyType": "Custom"}
    tags = [{"Key": "env", "Value": "x"}]
    emulator.call(
        "CreatePolicy", PolicyName="p", PolicyDocument=json.dumps(FIRST), Tag=json.dumps(tags)
    )
    emulator.call(
        "CreatePolicyVersion",
        PolicyName="p",
        PolicyDocument=json.dumps(SECOND),
        SetAsDefault=True,
    )
    emulator.call("CreateRole", RoleName="worker", AssumeRolePolicyDocument=json.dumps(TRUST))
    emulator.call("AttachPolicyToRole", RoleName="worker", **policy)


def judge(result: Result, doing: str, code: str | None) -> None:
    """Assert that a failure is told as a person can read it."""
    lines = result.msg.splitlines()
    everything = json.dumps(result.values) + result.printed
    assert result.failed
    assert f"Cannot {doing}" in result.msg
    assert len(lines) <= MOST_LINES
    assert max(map(len, lines)) <= LONGEST_LINE
    assert "Traceback" not in everything
    assert "Unexpected" not in everything
    assert result.values.get("code") == code
    if code:
        assert REQUEST_ID.fullmatch(result["request_id"])
        assert f"({code}, request id {result['request_id']})" in result.msg


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("task", TASKS, ids=str)
def test_fault_that_passes(attempt: Attempt, task: Task, fault: Fault) -> None:
    """A request that is safe to repeat survives what passes; else the message tells what failed."""
    result = attempt(task, fault.options, times=1)

    if task.survives(fault):
        assert not result.failed, result.msg
    else:
        judge(result, task.doing, fault.code)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("task", TASKS, ids=str)
def test_fault_that_lasts(attempt: Attempt, emulator: Emulator, task: Task, fault: Fault) -> None:
    """What lasts is given up after a few tries, with a message that tells what failed."""
    result = attempt(task, fault.options, times=FOR_EVER)

    assert emulator.actions().count(task.action) - task.skip <= MAX_ATTEMPTS
    if task.is_looked_up(fault):
        assert not result.failed, result.msg
    else:
        judge(result, task.doing, fault.code)


SLOW = [task for task in TASKS if task.doing in ("list users", "create AccessKey for user alice")]


@pytest.mark.parametrize("task", SLOW, ids=str)
def test_answer_that_takes_too_long(attempt: Attempt, task: Task) -> None:
    """An answer that takes longer than the read time-out is told like any that never comes."""
    slow = {"kind": "delay", "ms": 1300}

    result = attempt(task, slow, times=FOR_EVER, read_timeout=1, max_attempts=1)

    judge(result, task.doing, None)
    assert "(timed out, see read_timeout)" in result.msg


def test_every_request_is_tried() -> None:
    """There is a task for each action that the source of the plugins names."""
    source = "".join(file.read_text(encoding="utf-8") for file in PLUGINS.glob("*_utils/**/*.py"))
    named = {name for name in ACTION_NAMES if re.search(rf"\b{name}(Request\b|\")", source)}

    # Its faults are in test_signing, for it needs a token in a file that the environment names.
    named -= {"AssumeRoleWithOIDC"}
    # Without these there is no hint in a message, or the API tells itself what is too much.
    named -= {"GetAccountSummary"}
    # Only rotations ask for these: theirs are in test_rotation_others.
    named -= {"GetAccessKeyPolicy", "SetAccessKeyPolicy"}
    # A hardware key takes an emulator of its own: that is in test_ram_mfa_device.
    named -= {"UnbindMFADevice"}
    assert named == {task.action for task in TASKS}


HOSTILE = "\x1b[2JTraceback (most recent call last):\n" * 50


def test_message_of_the_cloud_is_tamed(attempt: Attempt) -> None:
    """What the cloud says is cut to one line of plain text that can't control a terminal."""
    fault = {"kind": "error", "status": 400, "code": "Odd", "message": HOSTILE}

    result = attempt(TASKS[0], fault, times=1)

    assert len(result.msg) < LONGEST_LINE * MOST_LINES
    assert result.msg.isprintable()


MANY = [f"user-{number:02}" for number in range(40)]


@pytest.mark.parametrize("name", ["ram_user", "ram_keyring"])
def test_many_users_that_fail(attempt: Attempt, emulator: Emulator, name: str) -> None:
    """Half of a list that succeeds is kept; who failed is told at a glance, and each why."""
    action = "CreateUser" if name == "ram_user" else "CreateAccessKey"
    users = [{"name": user} for user in MANY]
    if name == "ram_keyring":
        for user in MANY:
            emulator.call("CreateUser", UserName=user)
    task = Task(name, {"users": users, "concurrency": 1}, action, "create", skip=20)
    if name == "ram_keyring":
        task.options["file"] = "keys.yml"

    result = attempt(task, FAULTS["403"].options, times=FOR_EVER)

    errors = {user["user_name"]: user["error"] for user in result["users"] if "error" in user}
    judge(result, "create", "NoPermission")
    assert result.changed
    assert result.msg.startswith("20 of 40 users failed (user-20, user-21, user-22 and 17 more): ")
    assert list(errors) == MANY[20:]
    assert all(f"user {user}:" in error for user, error in errors.items())

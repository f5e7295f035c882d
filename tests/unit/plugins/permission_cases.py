# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cases of the permissions guide: the tasks of each, and what there is before they run."""

from __future__ import annotations

import json
import resource
import typing as t
from dataclasses import dataclass, field

from emulator.actions import SERVICES

from .conftest import bind_mfa_device, make_role, sign_in, tag_user

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from emulator import Emulator

    from .conftest import Result

# A request about nothing in particular needs no permission.
PERMISSIONS = {
    (service.name, action.name): action.permission
    for service in SERVICES.values()
    for action in service.actions.values()
    if action.resources
}
POLICY = "AliyunSLBReadOnlyAccess"
SYSTEM_POLICY = {"PolicyName": POLICY, "PolicyType": "System"}
# The log can note that a key is about to be created, but not its secret.
SMALL_FILE = 900

Key = tuple[str, str]
Task = tuple[str, dict[str, t.Any]]


@dataclass(frozen=True)
class World:
    """An account, and the tasks that are run on it."""

    emulator: Emulator
    connection: dict[str, t.Any]
    run_module: Callable[..., Result]
    run_action: Callable[..., Result]
    folder: Path
    warnings: list[str] = field(default_factory=list)

    def sign_as_operator(self, document: dict[str, t.Any] | None) -> None:
        """Let the following tasks sign as a new user with just this policy, if any."""
        self.connection.update(sign_in(self.emulator, "operator"))
        if document:
            policy = {"PolicyName": "operator", "PolicyDocument": json.dumps(document)}
            self.emulator.call("CreatePolicy", **policy)
            names = {"PolicyName": "operator", "PolicyType": "Custom"}
            self.emulator.call("AttachPolicyToUser", UserName="operator", **names)

    def run(self, task: Task, *, check: bool = False) -> Result:
        """Run one task."""
        name, options = task
        if name in {"ram_keyring", "ram_rotation"}:
            given = {"task": name, "file": "keys.yml", "check": check}
            result = self.run_action(**{**given, **options})
        else:
            result = self.run_module(name, _ansible_check_mode=check, **options)
        self.warnings.extend(result.values.get("warnings", []))
        # Where the controller is at hand, modules print them, in lines of some length.
        self.warnings.append(" ".join(result.printed.split()))
        return result

    def used(self) -> set[str]:
        """Return the actions for which the operator needed permission."""
        requests = [r for r in self.emulator.requests() if r["user"] == "operator"]
        names = [(request["service"], request["action"]) for request in requests]
        return {PERMISSIONS[name] for name in names if name in PERMISSIONS}


Given = t.Callable[[World], object]


@dataclass(frozen=True)
class Case:
    """A case of the guide: tasks, what there is before them, and how they fail if they should.

    `lost` is the action that is carried out once without its answer getting through.
    """

    tasks: tuple[Task, ...]
    given: tuple[Given, ...] = ()
    lost: str = ""
    told: str = ""


def call(action: str, **parameters: t.Any) -> Given:
    """Return an API call of the account before the tasks."""
    return lambda world: world.emulator.call(action, **parameters)


def earlier(task: str, **options: t.Any) -> Given:
    """Return a task that the account has run before."""
    return lambda world: world.run((task, options))


def case(task: str, *given: Given, lost: str = "", told: str = "", **options: t.Any) -> Case:
    """Return the case of one task."""
    return Case(((task, options),), given, lost, told)


def disable_keys(world: World) -> None:
    """Disable the keys of ann."""
    for key in world.emulator.state()["users"]["ann"]["access_keys"]:
        names = {"UserName": "ann", "UserAccessKeyId": key["access_key_id"]}
        world.emulator.call("UpdateAccessKey", Status="Inactive", **names)


def leave_saved_key(world: World) -> None:
    """Leave a log with a key that is no longer in the file, as an older one was put back."""
    world.emulator.call("CreateUser", UserName="zoe")
    for state in ("present", "absent"):
        world.run(("ram_keyring", {"name": "zoe", "state": state}))
    older = (world.folder / "keys.yml").read_bytes()
    world.run(("ram_keyring", {"name": "ann"}))
    (world.folder / "keys.yml").write_bytes(older)


def leave_lost_key(world: World) -> None:
    """Leave a create that was not answered, and a key that is suspected since a day."""
    world.emulator.fail("CreateAccessKey", "drop_after")
    assert "the next runs look for it" in world.run(("ram_keyring", {"name": "ann"})).msg
    world.run(("ram_keyring", {"name": "ann"}))
    world.emulator.advance_clock(25 * 3600)


def leave_key_set_aside(world: World) -> None:
    """Leave such a key a week after it was made Inactive."""
    leave_lost_key(world)
    world.run(("ram_keyring", {"name": "ann"}))
    world.emulator.advance_clock(8 * 86_400)


def download_key(world: World) -> None:
    """Have the key of ann in a CSV file."""
    [key] = world.emulator.state()["users"]["ann"]["access_keys"]
    pair = f"{key['access_key_id']},{key['access_key_secret']}"
    (world.folder / "AccessKey.csv").write_text(f"AccessKey ID,AccessKey Secret\n{pair}\n")


def keep_files_small(_world: World) -> None:
    """Let no file grow, as on a full disk, until the test has ended."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_FILE, hard))


def assume_role(world: World) -> None:
    """Let all tasks assume a role."""
    world.connection["assume_role"] = {"role_arn": make_role(world.emulator)}


def role(*names: str, state: str = "present", **described: t.Any) -> tuple[Task, ...]:
    """Return what the role does for users that are all present, or all absent."""
    users = [{"name": name, "state": state} for name in names]
    present, absent = (users, []) if state == "present" else ([], users)
    return (
        (
            "ram_keyring",
            {"users": users[-1:], "new_users": list(names), "verify": "none", "check": True},
        ),
        ("ram_user", {"users": present, **described}),
        ("ram_keyring", {"users": users, "new_users": list(names)}),
        ("ram_user", {"users": absent, "force": True}),
    )


def role_groups(*given: Given, **described: t.Any) -> Case:
    """Return what the role does for groups that all have one policy."""
    return case("ram_group", *given, policies=[POLICY], **described)


MANY = ["ann", "bob", "cat"]
ANN = call("CreateUser", UserName="ann")
EVERYBODY = tuple(call("CreateUser", UserName=name) for name in MANY)
KEY = call("CreateAccessKey", UserName="ann")
GROUP, OTHER_GROUP = (call("CreateGroup", GroupName=name) for name in ("readers", "others"))
MEMBER = call("AddUserToGroup", UserName="ann", GroupName="readers")
OTHER_MEMBER = call("AddUserToGroup", UserName="ann", GroupName="others")
ATTACHED = call("AttachPolicyToUser", UserName="ann", **SYSTEM_POLICY)
OTHER_POLICY = {"PolicyName": "AliyunYundunHighFullAccess", "PolicyType": "System"}
OTHER_ATTACHED = call("AttachPolicyToUser", UserName="ann", **OTHER_POLICY)
GROUP_ATTACHED = call("AttachPolicyToGroup", GroupName="readers", **SYSTEM_POLICY)
OTHER_GROUP_ATTACHED = call("AttachPolicyToGroup", GroupName="readers", **OTHER_POLICY)


def denying(action: str) -> dict[str, t.Any]:
    """Return a document of a policy."""
    statement = {"Effect": "Deny", "Action": action, "Resource": "*"}
    return {"Version": "1", "Statement": [statement]}


DOCUMENT, OTHER_DOCUMENT = denying("ecs:*"), denying("oss:*")
TAGS = json.dumps([{"Key": "team", "Value": "a"}])


def custom_policy(name: str) -> Given:
    """Have a policy with a tag."""
    return call("CreatePolicy", PolicyName=name, PolicyDocument=json.dumps(DOCUMENT), Tag=TAGS)


def attached(kind: str, name: str, policy: str = "p") -> Given:
    """Have a custom policy attached."""
    names = {f"{kind}Name": name, "PolicyName": policy, "PolicyType": "Custom"}
    return call(f"AttachPolicyTo{kind}", **names)


def own_role(name: str) -> Given:
    """Have a role with a tag."""
    return call("CreateRole", RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST), Tag=TAGS)


TRUST = {
    "Version": "1",
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["a.b"]}}
    ],
}
ROLE = own_role("worker")
THREE_ROLES = tuple(own_role(name) for name in ("worker", "other", "third"))
ROLE_ATTACHED = call("AttachPolicyToRole", RoleName="worker", **SYSTEM_POLICY)
CUSTOM = custom_policy("p")
THREE_POLICIES = tuple(custom_policy(name) for name in ("p", "q", "r"))
VERSION = call(
    "CreatePolicyVersion",
    PolicyName="p",
    PolicyDocument=json.dumps(OTHER_DOCUMENT),
    SetAsDefault=True,
)
ALIAS = call("SetAccountAlias", AccountAlias="acme")
LOGIN = call("CreateLoginProfile", UserName="ann", Password="Correct-Horse-7")
PASSWORD = "Battery-Staple-8"
STORED = earlier("ram_keyring", name="ann")
SHOW: dict[str, t.Any] = {"user_name": "ann", "show_secret": True}
NO_ANSWER = "Cannot create AccessKey for user ann: no answer from "


def later(days: float) -> Given:
    """Return that so many days have passed."""
    return lambda world: world.emulator.advance_clock(days * 86_400)


DUE = (ANN, STORED, later(80))
GRACE = (*DUE, earlier("ram_rotation"), later(8))
DISABLED = (*GRACE, earlier("ram_rotation"), later(15))
LEAKED = {"name": "ann", "mode": "emergency"}


def mfa(world: World) -> None:
    """Bind an MFA device to ann."""
    bind_mfa_device(world.emulator, "ann")


def tagged(world: World) -> None:
    """Give ann a tag."""
    tag_user(world.emulator, "ann", team="slb")


CASES: dict[Key, Case] = {
    ("any task with assume_role", ""): case("ram_user_info", assume_role),
    ("ram_user", ""): case("ram_user", ANN, name="ann"),
    ("ram_user", "more than two names, each new_name included"): case(
        "ram_user", *EVERYBODY, users=[{"name": "ann"}, {"name": "bb", "new_name": "bob"}]
    ),
    ("ram_user", "the user is missing"): case("ram_user", name="ann"),
    ("ram_user", "an attribute differs"): case("ram_user", ANN, name="ann", comments="new"),
    ("ram_user", "the user does not have its new_name yet"): case(
        "ram_user", ANN, name="ann", new_name="amy"
    ),
    ("ram_user", "rarely, to find out what the creation of one of more than two users did"): case(
        "ram_user", *EVERYBODY[1:], lost="CreateUser", users=[{"name": name} for name in MANY]
    ),
    ("ram_user", "rarely, to find out what the renaming of one of more than two users did"): case(
        "ram_user",
        *EVERYBODY,
        lost="UpdateUser",
        users=[{"name": "ann", "new_name": "amy"}, {"name": "bob"}],
    ),
    ("ram_user with groups", ""): case(
        "ram_user", ANN, GROUP, MEMBER, name="ann", groups=["readers"]
    ),
    ("ram_user with groups", "the user is missing"): case(
        "ram_user", GROUP, name="ann", groups=["readers"]
    ),
    ("ram_user with groups", "fewer groups than users"): case(
        "ram_user",
        *(ANN, call("CreateUser", UserName="bob"), GROUP, MEMBER),
        call("AddUserToGroup", UserName="bob", GroupName="readers"),
        users=[{"name": "ann"}, {"name": "bob"}],
        groups=["readers"],
    ),
    ("ram_user with groups", "a membership is missing"): case(
        "ram_user", ANN, GROUP, name="ann", groups=["readers"]
    ),
    ("ram_user with groups", "there is a membership too many, and purge_groups: true"): case(
        "ram_user",
        *(ANN, GROUP, OTHER_GROUP, MEMBER, OTHER_MEMBER),
        name="ann",
        groups=["readers"],
        purge_groups=True,
    ),
    ("ram_user with policies", ""): case("ram_user", ANN, ATTACHED, name="ann", policies=[POLICY]),
    ("ram_user with policies", "the user is missing"): case(
        "ram_user", name="ann", policies=[POLICY]
    ),
    ("ram_user with policies", "fewer policies than users"): case(
        "ram_user",
        *(ANN, call("CreateUser", UserName="bob"), ATTACHED),
        call("AttachPolicyToUser", UserName="bob", **SYSTEM_POLICY),
        users=[{"name": "ann"}, {"name": "bob"}],
        policies=[POLICY],
    ),
    ("ram_user with policies", "a policy is not attached"): case(
        "ram_user", ANN, name="ann", policies=[POLICY]
    ),
    ("ram_user with policies", "there is a policy too many, and purge_policies: true"): case(
        "ram_user",
        *(ANN, ATTACHED, OTHER_ATTACHED),
        name="ann",
        policies=[POLICY],
        purge_policies=True,
    ),
    ("ram_user with tags", ""): case("ram_user", ANN, tagged, name="ann", tags={"team": "slb"}),
    ("ram_user with tags", "the user is missing"): case(
        "ram_user", name="ann", tags={"team": "slb"}
    ),
    ("ram_user with tags", "a tag is missing or differs"): case(
        "ram_user", ANN, tagged, name="ann", tags={"team": "ddos"}
    ),
    ("ram_user with tags", "there is a tag too many, and purge_tags: true"): case(
        "ram_user", ANN, tagged, name="ann", tags={}, purge_tags=True
    ),
    ("ram_user with state: absent, user gone already", ""): case(
        "ram_user", name="ann", state="absent"
    ),
    ("ram_user_info", ""): case("ram_user_info", ANN, name="ann"),
    ("ram_user_info", "more than two names"): case("ram_user_info", *EVERYBODY, names=MANY),
    ("ram_user_info", "neither name nor names"): case("ram_user_info"),
    ("ram_group", ""): case("ram_group", GROUP, name="readers"),
    ("ram_group", "more than two names, each new_name included"): case(
        "ram_group",
        *(GROUP, OTHER_GROUP),
        groups=[{"name": "readers"}, {"name": "x", "new_name": "others"}],
    ),
    ("ram_group", "the group is missing"): case("ram_group", name="readers"),
    ("ram_group", "the comments differ"): case("ram_group", GROUP, name="readers", comments="x"),
    ("ram_group", "the group does not have its new_name yet"): case(
        "ram_group", GROUP, name="readers", new_name="viewers"
    ),
    ("ram_group with users", ""): case(
        "ram_group", ANN, GROUP, MEMBER, name="readers", users=["ann"]
    ),
    ("ram_group with users", "more than two users"): case(
        "ram_group",
        *(*EVERYBODY, GROUP),
        *(call("AddUserToGroup", UserName=name, GroupName="readers") for name in MANY),
        name="readers",
        users=MANY,
    ),
    ("ram_group with users", "a membership is missing"): case(
        "ram_group", ANN, GROUP, name="readers", users=["ann"]
    ),
    ("ram_group with users", "there is a membership too many, and purge_users: true"): case(
        "ram_group",
        *(ANN, call("CreateUser", UserName="bob"), GROUP, MEMBER),
        call("AddUserToGroup", UserName="bob", GroupName="readers"),
        name="readers",
        users=["bob"],
        purge_users=True,
    ),
    ("ram_group with policies", ""): case(
        "ram_group", GROUP, GROUP_ATTACHED, name="readers", policies=[POLICY]
    ),
    ("ram_group with policies", "a policy is not attached"): case(
        "ram_group", GROUP, name="readers", policies=[POLICY]
    ),
    ("ram_group with policies", "there is a policy too many, and purge_policies: true"): case(
        "ram_group",
        *(GROUP, GROUP_ATTACHED, OTHER_GROUP_ATTACHED),
        name="readers",
        policies=[POLICY],
        purge_policies=True,
    ),
    ("ram_group with state: absent, group exists", ""): case(
        "ram_group", GROUP, name="readers", state="absent"
    ),
    (
        "ram_group with state: absent, group exists",
        "force: true, and the group has members",
    ): case("ram_group", ANN, GROUP, MEMBER, name="readers", state="absent", force=True),
    ("ram_group with state: absent, group exists", "force: true, and policies"): case(
        "ram_group", GROUP, GROUP_ATTACHED, name="readers", state="absent", force=True
    ),
    ("ram_group_info", ""): case("ram_group_info", GROUP, name="readers"),
    ("ram_group_info", "more than two names"): case(
        "ram_group_info", GROUP, names=["readers", "writers", "others"]
    ),
    ("ram_group_info", "neither name nor names"): case("ram_group_info"),
    ("ram_group_info", "include: [users]"): case(
        "ram_group_info", GROUP, name="readers", include=["users"]
    ),
    ("ram_group_info", "include: [policies]"): case(
        "ram_group_info", GROUP, name="readers", include=["policies"]
    ),
    ("ram_policy", ""): case("ram_policy", CUSTOM, name="p", document=DOCUMENT),
    ("ram_policy", "more than two names"): case(
        "ram_policy", *THREE_POLICIES, policies=[{"name": name} for name in ("p", "q", "r")]
    ),
    ("ram_policy", "the policy is missing"): case("ram_policy", name="p", document=DOCUMENT),
    ("ram_policy", "the document differs"): case(
        "ram_policy", CUSTOM, name="p", document=OTHER_DOCUMENT
    ),
    ("ram_policy", "the document differs, and another version has it"): case(
        "ram_policy", CUSTOM, VERSION, name="p", document=DOCUMENT
    ),
    ("ram_policy", "the document of a policy that is attached differs"): case(
        "ram_policy",
        *(CUSTOM, GROUP, attached("Group", "readers")),
        name="p",
        document=OTHER_DOCUMENT,
    ),
    ("ram_policy", "the description differs"): case(
        "ram_policy", CUSTOM, name="p", description="x"
    ),
    (
        "ram_policy",
        "rarely, to find out what the creation of one of more than two policies did",
    ): case(
        "ram_policy",
        *THREE_POLICIES[1:],
        lost="CreatePolicy",
        policies=[{"name": name, "document": DOCUMENT} for name in ("p", "q", "r")],
    ),
    ("ram_policy with tags", ""): case("ram_policy", CUSTOM, name="p", tags={"team": "a"}),
    ("ram_policy with tags", "a tag is missing or differs"): case(
        "ram_policy", CUSTOM, name="p", tags={"team": "b"}
    ),
    ("ram_policy with tags", "there is a tag too many, and purge_tags: true"): case(
        "ram_policy", CUSTOM, name="p", tags={}, purge_tags=True
    ),
    ("ram_policy with state: absent, policy gone already", ""): case(
        "ram_policy", name="p", state="absent"
    ),
    ("ram_policy with state: absent, policy exists", ""): case(
        "ram_policy", CUSTOM, name="p", state="absent"
    ),
    (
        "ram_policy with state: absent, policy exists",
        "force: true, and it is attached to users",
    ): case(
        "ram_policy", *(CUSTOM, ANN, attached("User", "ann")), name="p", state="absent", force=True
    ),
    ("ram_policy with state: absent, policy exists", "force: true, and to groups"): case(
        "ram_policy",
        *(CUSTOM, GROUP, attached("Group", "readers")),
        name="p",
        state="absent",
        force=True,
    ),
    ("ram_policy with state: absent, policy exists", "force: true, and to roles"): case(
        "ram_policy",
        *(CUSTOM, lambda world: make_role(world.emulator), attached("Role", "ops")),
        name="p",
        state="absent",
        force=True,
    ),
    ("ram_policy_info", ""): case("ram_policy_info", CUSTOM, name="p"),
    ("ram_policy_info", "more than two names"): case(
        "ram_policy_info", *THREE_POLICIES, names=["p", "q", "r"]
    ),
    ("ram_policy_info", "neither name nor names"): case("ram_policy_info"),
    ("ram_policy_info", "include: [document] of all"): case(
        "ram_policy_info", CUSTOM, include=["document"]
    ),
    ("ram_policy_info", "include: [versions]"): case(
        "ram_policy_info", CUSTOM, name="p", include=["versions"]
    ),
    ("ram_policy_info", "include: [holders]"): case(
        "ram_policy_info", CUSTOM, name="p", include=["holders"]
    ),
    ("ram_policy_info", "include: [tags]"): case(
        "ram_policy_info", CUSTOM, name="p", include=["tags"]
    ),
    ("ram_role", ""): case("ram_role", ROLE, name="worker", trust_policy=TRUST),
    ("ram_role", "more than two names"): case(
        "ram_role", *THREE_ROLES, roles=[{"name": n} for n in ("worker", "other", "third")]
    ),
    ("ram_role", "the role is missing"): case("ram_role", name="worker", trust_policy=TRUST),
    ("ram_role", "an attribute differs"): case("ram_role", ROLE, name="worker", description="x"),
    (
        "ram_role",
        "rarely, to find out what the creation of one of more than two roles did",
    ): case(
        "ram_role",
        *THREE_ROLES[1:],
        lost="CreateRole",
        trust_policy=TRUST,
        roles=[{"name": n} for n in ("worker", "other", "third")],
    ),
    ("ram_role with policies", ""): case(
        "ram_role", ROLE, ROLE_ATTACHED, name="worker", policies=[POLICY]
    ),
    ("ram_role with policies", "the role is missing"): case(
        "ram_role", name="worker", trust_policy=TRUST, policies=[POLICY]
    ),
    ("ram_role with policies", "fewer policies than roles"): case(
        "ram_role",
        *(ROLE, own_role("other"), ROLE_ATTACHED),
        call("AttachPolicyToRole", RoleName="other", **SYSTEM_POLICY),
        roles=[{"name": "worker"}, {"name": "other"}],
        policies=[POLICY],
    ),
    ("ram_role with policies", "a policy is not attached"): case(
        "ram_role", ROLE, name="worker", policies=[POLICY]
    ),
    ("ram_role with policies", "there is a policy too many, and purge_policies: true"): case(
        "ram_role",
        *(ROLE, ROLE_ATTACHED, call("AttachPolicyToRole", RoleName="worker", **OTHER_POLICY)),
        name="worker",
        policies=[POLICY],
        purge_policies=True,
    ),
    ("ram_role with tags", ""): case("ram_role", ROLE, name="worker", tags={"team": "a"}),
    ("ram_role with tags", "a tag is missing or differs"): case(
        "ram_role", ROLE, name="worker", tags={"team": "b"}
    ),
    ("ram_role with tags", "there is a tag too many, and purge_tags: true"): case(
        "ram_role", ROLE, name="worker", tags={}, purge_tags=True
    ),
    ("ram_role with state: absent, role gone already", ""): case(
        "ram_role", name="worker", state="absent"
    ),
    ("ram_role with state: absent, role exists", ""): case(
        "ram_role", ROLE, name="worker", state="absent"
    ),
    ("ram_role with state: absent, role exists", "force: true, and the role has policies"): case(
        "ram_role", ROLE, ROLE_ATTACHED, name="worker", state="absent", force=True
    ),
    ("ram_role_info", ""): case("ram_role_info", ROLE, name="worker"),
    ("ram_role_info", "more than two names"): case(
        "ram_role_info", *THREE_ROLES, names=["worker", "other", "third"]
    ),
    ("ram_role_info", "neither name nor names"): case("ram_role_info"),
    ("ram_role_info", "include: [trust_policy] of all"): case(
        "ram_role_info", ROLE, include=["trust_policy"]
    ),
    ("ram_role_info", "include: [policies]"): case(
        "ram_role_info", ROLE, name="worker", include=["policies"]
    ),
    ("ram_role_info", "include: [tags]"): case(
        "ram_role_info", ROLE, name="worker", include=["tags"]
    ),
    ("ram_account_alias", ""): case("ram_account_alias", ALIAS, account_alias="acme"),
    ("ram_account_alias", "another alias"): case(
        "ram_account_alias", ALIAS, account_alias="acme-cn"
    ),
    ("ram_account_alias", "state: absent, and there is one"): case(
        "ram_account_alias", ALIAS, state="absent"
    ),
    ("ram_login_profile", ""): case("ram_login_profile", ANN, LOGIN, name="ann"),
    ("ram_login_profile", "there is no login profile"): case(
        "ram_login_profile", ANN, name="ann", password=PASSWORD
    ),
    ("ram_login_profile", "a flag differs"): case(
        "ram_login_profile", ANN, LOGIN, name="ann", status="inactive"
    ),
    ("ram_login_profile", "update_password: always"): case(
        "ram_login_profile", ANN, LOGIN, name="ann", password=PASSWORD, update_password="always"
    ),
    ("ram_login_profile", "state: absent, and there is one"): case(
        "ram_login_profile", ANN, LOGIN, name="ann", state="absent"
    ),
    ("ram_login_profile_info", ""): case("ram_login_profile_info", ANN, name="ann"),
    ("ram_login_profile_info", "neither name nor names"): case("ram_login_profile_info", ANN),
    ("ram_mfa_device, for a virtual device", ""): case(
        "ram_mfa_device", ANN, name="ann", state="absent"
    ),
    ("ram_mfa_device, for a virtual device", "the user has one"): case(
        "ram_mfa_device", ANN, mfa, name="ann", state="absent"
    ),
    ("ram_password_policy", ""): case("ram_password_policy"),
    ("ram_password_policy", "a field differs"): case("ram_password_policy", hard_expire=True),
    ("ram_security_preference", ""): case("ram_security_preference"),
    ("ram_security_preference", "a field differs"): case(
        "ram_security_preference", login_session_duration=9
    ),
    ("ram_account_info with include: []", ""): case("ram_account_info", include=[]),
    ("ram_access_key", ""): case("ram_access_key", ANN, KEY, user_name="ann"),
    ("ram_access_key", "the user has no key"): case("ram_access_key", ANN, **SHOW),
    ("ram_access_key", "force_create: true"): case(
        "ram_access_key", ANN, KEY, **SHOW, force_create=True
    ),
    ("ram_access_key", "the new key is to be inactive"): case(
        "ram_access_key", ANN, **SHOW, status="inactive"
    ),
    ("ram_access_key", "status differs"): case(
        "ram_access_key", ANN, KEY, user_name="ann", status="inactive"
    ),
    ("ram_access_key", "rarely, to tell the two keys of a user apart in a message"): case(
        "ram_access_key",
        *(ANN, KEY, KEY),
        **SHOW,
        force_create=True,
        told="Cannot create an AccessKey for user ann, which already has 2: LTAI",
    ),
    ("ram_access_key with state: absent", ""): case(
        "ram_access_key", ANN, user_name="ann", state="absent", all=True
    ),
    ("ram_access_key with state: absent", "the key exists"): case(
        "ram_access_key", ANN, KEY, user_name="ann", state="absent", all=True
    ),
    ("ram_access_key_info", ""): case("ram_access_key_info", ANN, user_name="ann"),
    ("ram_access_key_info", "last_used: true, and there is a key"): case(
        "ram_access_key_info", ANN, KEY, user_name="ann", last_used=True
    ),
    ("ram_keyring, whatever verify is", ""): case(
        "ram_keyring", ANN, STORED, name="ann", verify="all"
    ),
    ("ram_keyring, whatever verify is", "more than two users"): case(
        "ram_keyring", *EVERYBODY, earlier("ram_keyring", users=MANY), users=MANY
    ),
    ("ram_keyring, whatever verify is", "a user needs a key"): case("ram_keyring", ANN, name="ann"),
    ("ram_keyring, whatever verify is", "the key is inactive, and on_inactive: activate"): case(
        "ram_keyring", *(ANN, STORED, disable_keys), name="ann", on_inactive="activate"
    ),
    ("ram_keyring, whatever verify is", "the key is inactive, and on_inactive: replace"): case(
        "ram_keyring", *(ANN, STORED, disable_keys), name="ann", on_inactive="replace"
    ),
    (
        "ram_keyring, whatever verify is",
        "the user of an entry is gone, or has another name now",
    ): case(
        "ram_keyring",
        ANN,
        STORED,
        call("UpdateUser", UserName="ann", NewUserName="amy"),
        call("CreateUser", UserName="bob"),
        users=["ann", "bob"],
        told="User ann is now called amy",
    ),
    (
        "ram_keyring, whatever verify is",
        "rarely, to tell the two keys of a user apart in a message",
    ): case(
        "ram_keyring",
        *(ANN, KEY, KEY),
        name="ann",
        told="User ann needs a new key but already has 2; delete one of them first: LTAI",
    ),
    (
        "ram_keyring, whatever verify is",
        "rarely, to take back a key that could not be saved",
    ): case("ram_keyring", ANN, keep_files_small, name="ann", told="could not be saved"),
    ("ram_keyring with import_csv", ""): case(
        "ram_keyring", *(ANN, KEY, download_key), import_csv="AccessKey.csv"
    ),
    ("ram_keyring with state: absent", ""): case("ram_keyring", ANN, name="ann", state="absent"),
    ("ram_keyring with state: absent", "the key of the entry exists"): case(
        "ram_keyring", ANN, STORED, name="ann", state="absent"
    ),
    ("ram_keyring after a run that was killed, to settle what it left", ""): case(
        "ram_keyring", ANN, leave_saved_key, name="ann"
    ),
    (
        "ram_keyring after a run that was killed, to settle what it left",
        "the task is about other users",
    ): case("ram_keyring", *EVERYBODY, leave_saved_key, name="bob", state="absent"),
    (
        "ram_keyring after a run that was killed, to settle what it left",
        "a day after a create without an answer, to make its key inactive",
    ): case("ram_keyring", ANN, leave_lost_key, name="ann"),
    (
        "ram_keyring after a run that was killed, to settle what it left",
        "a week later, to delete it",
    ): case("ram_keyring", ANN, leave_key_set_aside, name="ann"),
    ("ram_rotation", ""): case("ram_rotation", ANN, STORED),
    ("ram_rotation", "more than two users"): case(
        "ram_rotation", *EVERYBODY, earlier("ram_keyring", users=MANY)
    ),
    ("ram_rotation", "a key is due"): case("ram_rotation", *DUE),
    ("ram_rotation", "a key is due, and network_policy: ignore"): case(
        "ram_rotation", *DUE, network_policy="ignore"
    ),
    ("ram_rotation", "a rotation is under way"): case("ram_rotation", *GRACE[:-1]),
    ("ram_rotation", "the old key is to be made inactive, or active again"): case(
        "ram_rotation", *GRACE
    ),
    ("ram_rotation", "the old key is to be deleted"): case("ram_rotation", *DISABLED),
    ("ram_rotation with mode: emergency", ""): case(
        "ram_rotation",
        *(ANN, STORED),
        **LEAKED,
        leaked="previous",
        told="its entry has no previous key",
    ),
    ("ram_rotation with mode: emergency", "leaked: current"): case(
        "ram_rotation", ANN, STORED, **LEAKED, leaked="current"
    ),
    ("ram_rotation with mode: emergency", "leaked: current, and the quota is full"): case(
        "ram_rotation", *DISABLED[:-1], **LEAKED, leaked="current"
    ),
    ("ram_rotation with mode: emergency", "leaked: previous"): case(
        "ram_rotation", *GRACE[:-1], **LEAKED, leaked="previous"
    ),
    ("role ram_credentials", ""): Case(role("ann"), (ANN, STORED)),
    ("role ram_credentials", "more than two users"): Case(
        role(*MANY), (*EVERYBODY, earlier("ram_keyring", users=MANY))
    ),
    ("role ram_credentials", "a user is missing"): Case(role("ann")),
    ("role ram_credentials", "an attribute differs"): Case(
        role("ann", comments="new"), (ANN, STORED)
    ),
    ("role ram_credentials", "fewer groups and policies than users"): Case(
        role("ann", "bob", groups=["readers"], policies=[POLICY]),
        (
            *(ANN, call("CreateUser", UserName="bob"), GROUP, MEMBER, ATTACHED),
            call("AddUserToGroup", UserName="bob", GroupName="readers"),
            call("AttachPolicyToUser", UserName="bob", **SYSTEM_POLICY),
            earlier("ram_keyring", users=["ann", "bob"]),
        ),
    ),
    ("role ram_credentials", "groups change"): Case(
        role("ann", groups=["readers"], purge_groups=True),
        (ANN, STORED, GROUP, OTHER_GROUP, OTHER_MEMBER),
    ),
    ("role ram_credentials", "policies change"): Case(
        role("ann", policies=[POLICY], purge_policies=True), (ANN, STORED, OTHER_ATTACHED)
    ),
    ("role ram_credentials", "state: absent, and the user has all that a user can have"): Case(
        role("ann", state="absent"), (ANN, STORED, LOGIN, GROUP, MEMBER, ATTACHED, mfa)
    ),
    (
        "role ram_credentials",
        "a day after a create without an answer, to make its key inactive",
    ): Case(role("ann"), (ANN, leave_lost_key)),
    ("role ram_credentials", "a week later, to delete it"): Case(
        role("ann"), (ANN, leave_key_set_aside)
    ),
}
IN_GROUPS = "ram_credentials_groups of the role, besides"
CASES |= {
    (IN_GROUPS, ""): role_groups(GROUP, GROUP_ATTACHED, groups=[{"name": "readers"}]),
    (IN_GROUPS, "more than two groups"): role_groups(
        *(GROUP, GROUP_ATTACHED, OTHER_GROUP, call("CreateGroup", GroupName="more")),
        *(call("AttachPolicyToGroup", GroupName=g, **SYSTEM_POLICY) for g in ("others", "more")),
        groups=[{"name": name} for name in ("readers", "others", "more")],
    ),
    (IN_GROUPS, "a group is missing"): role_groups(groups=[{"name": "readers"}]),
    (IN_GROUPS, "policies change"): role_groups(
        *(GROUP, OTHER_GROUP_ATTACHED), groups=[{"name": "readers"}], purge_policies=True
    ),
    (IN_GROUPS, "state: absent, and the group has members and policies"): role_groups(
        *(ANN, GROUP, MEMBER, GROUP_ATTACHED),
        groups=[{"name": "readers", "state": "absent"}],
        force=True,
    ),
}
ABSENT = "ram_user with state: absent, user exists"
OWNED: dict[str, tuple[Given, ...]] = {
    "": (),
    "force: true, and the user has keys": (KEY,),
    "force: true, and a console login": (LOGIN,),
    "force: true, and groups": (GROUP, MEMBER),
    "force: true, and policies": (ATTACHED,),
    "force: true, and a virtual MFA device": (mfa,),
}
CASES |= {
    (ABSENT, owned): case("ram_user", ANN, *given, name="ann", state="absent", force=bool(owned))
    for owned, given in OWNED.items()
}
ASPECTS: dict[str, tuple[Given, ...]] = {
    "access_keys": (KEY,),
    **dict.fromkeys(("groups", "login_profile", "mfa", "policies", "tags"), ()),
}
CASES |= {
    ("ram_user_info", f"include: [{aspect}]"): case(
        "ram_user_info", ANN, *given, name="ann", include=[aspect]
    )
    for aspect, given in ASPECTS.items()
}
PARTS = ("alias", "default_domain", "summary", "password_policy", "security_preference")
CASES |= {
    ("ram_account_info with include: []", f"include: [{part}]"): case(
        "ram_account_info", include=[part]
    )
    for part in PARTS
}

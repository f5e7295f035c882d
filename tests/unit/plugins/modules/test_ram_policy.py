# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ram_policy makes of policies: documents, versions, tags, deletion, and what it refuses."""

from __future__ import annotations

import json
import typing as t

import pytest

from emulator import Emulator

from ..conftest import connection_to, make_role, sign_in, writing_actions

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ..conftest import Result

    RunModule = Callable[..., Result]

Elements = dict[str, t.Any]

BOTH_MODES = pytest.mark.parametrize(
    "mode", [{}, {"_ansible_check_mode": True}], ids=["real", "check"]
)
SLB = "AliyunSLBReadOnlyAccess"
ROTATE = "delete_oldest_non_default_version"


def allow(*actions: str, **others: t.Any) -> Elements:
    """Return a document that allows some actions."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*", **others}
    return {"Version": "1", "Statement": [statement]}


A, B, C, D = (allow(f"ecs:{letter}*") for letter in "ABCD")


def make_policy(emulator: Emulator, *documents: Elements, name: str = "p", **others: str) -> None:
    """Create a policy with a version for each document, the last in force."""
    first, *more = map(json.dumps, documents)
    emulator.call("CreatePolicy", PolicyName=name, PolicyDocument=first, **others)
    for document in more:
        emulator.call(
            "CreatePolicyVersion", PolicyName=name, PolicyDocument=document, SetAsDefault=True
        )


def attach(emulator: Emulator, kind: str, name: str, policy: str = "p", **others: str) -> None:
    """Attach a policy to something."""
    names = {f"{kind}Name": name, "PolicyName": policy, "PolicyType": "Custom"}
    emulator.call(f"AttachPolicyTo{kind}", **names, **others)


def stored(emulator: Emulator, name: str = "p") -> dict[str, t.Any]:
    """Return what the API tells about a policy, with its document."""
    answer = emulator.call("GetPolicy", PolicyName=name, PolicyType="Custom")
    return {**answer["Policy"], "document": json.loads(answer["Policy"]["PolicyDocument"])}


def versions(emulator: Emulator, name: str = "p") -> list[str]:
    """Return the ids of the versions of a policy."""
    listed = emulator.call("ListPolicyVersions", PolicyName=name, PolicyType="Custom")
    return [version["VersionId"] for version in listed["PolicyVersions"]["PolicyVersion"]]


def test_creates_a_policy_as_described(run_module: RunModule, emulator: Emulator) -> None:
    """A new policy has the document, description and tags that were asked for, in one call."""
    result = run_module(
        "ram_policy", name="p", document=A, description="ours", tags={"team": "a", "cost": 7}
    )

    policy = stored(emulator)
    assert (policy["document"], policy["Description"]) == (A, "ours")
    assert writing_actions(emulator) == ["CreatePolicy"]
    assert not run_module("ram_policy", name="p", tags={"team": "a", "cost": "7"}).changed
    assert result["policy"] == {
        "policy_name": "p",
        "policy_type": "Custom",
        "description": "ours",
        "default_version": "v1",
        "attachment_count": 0,
        "create_date": policy["CreateDate"],
        "update_date": None,
        "document": allow("ecs:A*", Resource=["*"]),
        "tags": {"cost": "7", "team": "a"},
        "actions": ["create policy p"],
    }


@pytest.mark.parametrize(
    "form",
    [
        dict,
        json.dumps,
        lambda document: json.dumps(document, indent=4) + "\n",
        lambda document: {**document, "Version": 1},
        lambda document: {"Statement": document["Statement"]},
    ],
    ids=["mapping", "json", "nice json", "number", "no version"],
)
def test_forms_of_a_document(
    run_module: RunModule, emulator: Emulator, form: t.Callable[[Elements], t.Any]
) -> None:
    """Each way to give a document creates the same policy, and changes nothing afterwards."""
    created = run_module("ram_policy", name="p", document=form(A))
    again = run_module("ram_policy", name="p", document=A)

    assert (created.changed, again.changed) == (True, False)
    assert stored(emulator)["PolicyDocument"].startswith('{"Version":"1",')
    assert stored(emulator)["document"] == A


def test_the_same_in_other_words(run_module: RunModule, emulator: Emulator) -> None:
    """What means the same is no change; one action more is one new version."""
    deny = {"Effect": "Deny", "Action": "ram:*", "Resource": "*"}
    make_policy(emulator, {"Version": "1", "Statement": [*A["Statement"], deny]})
    first = {"Action": "ecs:A*", "Resource": ["*"], "Effect": "Allow", "Condition": {}}

    same = run_module("ram_policy", name="p", document={"Statement": [deny, first]})
    more = run_module(
        "ram_policy", name="p", document={"Statement": [deny, {**first, "Action": "ecs:*"}]}
    )

    assert (same.changed, more.changed) == (False, True)
    assert writing_actions(emulator) == ["CreatePolicyVersion"]
    assert more["policy"]["default_version"] == "v2"
    assert more["policy"]["update_date"] is None


@pytest.mark.parametrize(
    ("document", "writes", "default"),
    [
        (B, ["SetDefaultPolicyVersion"], "v2"),
        (C, [], "v3"),
        (D, ["CreatePolicyVersion"], "v4"),
    ],
)
def test_versions(
    run_module: RunModule, emulator: Emulator, document: Elements, writes: list[str], default: str
) -> None:
    """A version that says what is wanted becomes the default; a new one only if there is none."""
    make_policy(emulator, A, B, C)

    first = run_module("ram_policy", name="p", document=document, _ansible_diff=True)
    again = run_module("ram_policy", name="p", document=document)

    assert writing_actions(emulator) == writes
    assert stored(emulator)["DefaultVersion"] == default
    assert first["policy"]["default_version"] == default
    assert not again.changed
    if writes:
        [diff] = first["diff"]
        assert (diff["before"]["default_version"], diff["after"]["default_version"]) == (
            "v3",
            default,
        )


def test_a_version_moved_by_somebody_else(run_module: RunModule, emulator: Emulator) -> None:
    """The version in force is compared, whatever the newest says."""
    make_policy(emulator, A, B, C)
    emulator.call("SetDefaultPolicyVersion", PolicyName="p", VersionId="v1")

    result = run_module("ram_policy", name="p", document=C)

    assert result["policy"]["actions"] == ["make v3 the default version of policy p"]
    assert stored(emulator)["DefaultVersion"] == "v3"


@BOTH_MODES
def test_no_room_for_a_version(
    run_module: RunModule, emulator: Emulator, mode: dict[str, bool]
) -> None:
    """With five versions, a sixth is refused with their ids and the option, each time."""
    make_policy(emulator, A, B, C, D, A)

    results = [
        run_module("ram_policy", name="p", document=allow("x:*"), **mode) for _attempt in "12"
    ]

    for result in results:
        assert "has v1, v2, v3, v4, v5 (default v5), and RAM keeps 5" in result.msg
        assert f"rotate_strategy: {ROTATE}" in result.msg
    assert writing_actions(emulator) == []


def test_no_room_for_a_version_and_no_permission_to_know(
    run_module: RunModule, emulator: Emulator
) -> None:
    """Who may not read the quotas is told by what is documented."""
    make_policy(emulator, A, B, C, D, A)
    emulator.fail("GetAccountSummary", "error", status=403, code="NoPermission")

    result = run_module("ram_policy", name="p", document=allow("x:*"))

    assert "and RAM keeps 5" in result.msg


def test_rotation(run_module: RunModule, emulator: Emulator) -> None:
    """On request the oldest version that is not in force makes room."""
    make_policy(emulator, A, B, C, D, A)
    emulator.call("SetDefaultPolicyVersion", PolicyName="p", VersionId="v1")
    options = {"name": "p", "document": allow("x:*"), "rotate_strategy": ROTATE}

    predicted = run_module("ram_policy", **options, _ansible_check_mode=True)
    real = run_module("ram_policy", **options)
    again = run_module("ram_policy", **options)

    assert writing_actions(emulator) == ["CreatePolicyVersion"]
    assert versions(emulator) == ["v1", "v3", "v4", "v5", "v6"]
    assert real["policy"]["actions"] == ["create a default version of policy p in place of v2"]
    assert predicted["policy"]["actions"] == real["policy"]["actions"]
    assert not again.changed


def test_description(run_module: RunModule, emulator: Emulator) -> None:
    """Another description is one update: no version, and attachments stay."""
    make_policy(emulator, A, Description="old")
    emulator.call("CreateUser", UserName="ann")
    attach(emulator, "User", "ann")
    emulator.clear_requests()

    first = run_module("ram_policy", name="p", document=A, description="new")
    again = run_module("ram_policy", name="p", document=A, description="new")
    left_out = run_module("ram_policy", name="p", document=A)

    assert (first.changed, again.changed, left_out.changed) == (True, False, False)
    assert writing_actions(emulator) == ["UpdatePolicyDescription"]
    assert (stored(emulator)["Description"], stored(emulator)["AttachmentCount"]) == ("new", 1)


def test_description_that_stays(run_module: RunModule) -> None:
    """An API that does not clear a description is told each time, and that is no change."""
    with Emulator(keeps_emptied_texts=True) as emulator:
        make_policy(emulator, A, Description="old")

        for _attempt in "12":
            result = run_module("ram_policy", name="p", description="", **connection_to(emulator))

            assert not result.changed
            assert result["policy"]["description"] == "old"
            assert "keeps the description" in result.printed


@pytest.mark.parametrize(
    ("options", "writes", "tags"),
    [
        ({"tags": {"team": "b"}}, ["TagResources"], {"team": "b", "env": "prod"}),
        (
            {"tags": {"team": "b"}, "purge_tags": True},
            ["TagResources", "UntagResources"],
            {"team": "b"},
        ),
        ({"tags": {}, "purge_tags": True}, ["UntagResources"], {}),
        ({"tags": {}}, [], {"team": "a", "env": "prod"}),
        ({"remove_tags": ["env"]}, ["UntagResources"], {"team": "a"}),
    ],
)
def test_tags(
    run_module: RunModule,
    emulator: Emulator,
    options: dict[str, t.Any],
    writes: list[str],
    tags: dict[str, str],
) -> None:
    """Tags come, change and go as asked, and are shown; the rest stays."""
    before = json.dumps([{"Key": "team", "Value": "a"}, {"Key": "env", "Value": "prod"}])
    make_policy(emulator, A, Tag=before)

    first = run_module("ram_policy", name="p", **options)
    again = run_module("ram_policy", name="p", **options)

    assert writing_actions(emulator) == writes
    assert first["policy"]["tags"] == tags
    assert (first.changed, again.changed) == (bool(writes), False)


def test_no_tags_named(run_module: RunModule, emulator: Emulator) -> None:
    """Without tags in the task, nobody asks for them and none is shown."""
    make_policy(emulator, A)

    result = run_module("ram_policy", name="p", document=A, purge_tags=True)

    assert "tags" not in result["policy"]
    assert not any("Tag" in action for action in emulator.actions())


def test_diff_by_statement(run_module: RunModule, emulator: Emulator) -> None:
    """The diff shows the statement that changes, in one form, and none of the others."""
    statements = [allow(f"ecs:{n}", "oss:Get*")["Statement"][0] for n in range(20)]
    make_policy(emulator, {"Version": "1", "Statement": statements})
    changed = [dict(statement) for statement in reversed(statements)]
    changed[6]["Action"] = ["oss:Put*", "oss:Get*", "ecs:13"]

    [diff] = run_module(
        "ram_policy", name="p", document={"Statement": changed}, _ansible_diff=True
    )["diff"]

    [before], [after] = (diff[side]["document"]["Statement"] for side in ("before", "after"))
    assert before["Action"] == ["ecs:13", "oss:Get*"]
    assert after["Action"] == ["ecs:13", "oss:Get*", "oss:Put*"]
    assert diff["before"].keys() == {"default_version", "document"}


def sized(size: int) -> Elements:
    """Return a document that takes so many characters in compact form."""
    document = allow("ecs:*", Resource=[f"acs:oss:*:*:{n:04}" for n in range(300)])
    missing = size - len(json.dumps(document, separators=(",", ":")))
    document["Statement"][0]["Resource"][0] += "x" * missing
    return document


def test_largest_document(run_module: RunModule, emulator: Emulator) -> None:
    """A document may have 6144 characters in compact form, however it is written."""
    text = json.dumps(sized(6144), indent=8)

    assert len(text) > 9000
    assert not run_module("ram_policy", name="p", document=text).failed
    assert len(stored(emulator)["PolicyDocument"]) == 6144


@BOTH_MODES
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"name": "a_b"}, "name of policy 'a_b' must be 1 to 128 letters, digits or hyphens"),
        ({"description": "x" * 1025}, "description of policy 'p' must be at most 1024 characters"),
        ({"document": "{'Version': '1'}"}, "document of policy p is not JSON: Expecting property"),
        ({"document": ""}, "document of policy p is not JSON: Expecting value: line 1 column 1"),
        ({"document": []}, "document of policy p must be a mapping"),
        ({"document": {"Version": "1"}}, "document of policy p must have a list of statements"),
        ({"document": {**A, "Version": "2012-10-17"}}, "document of policy p must have Version"),
        ({"document": sized(6200)}, "has 6200 characters in compact form, and RAM takes at most"),
        ({"tags": {"acs:x": "y"}}, "tag acs:x must not begin with acs: or aliyun"),
        ({"name": None, "policies": [{"name": "a"}, {"name": "A"}]}, "policy a or A is described"),
        ({"name": "new"}, "There is no policy new, and to create it takes a document"),
        ({"name": "P", "document": A}, "Cannot have a policy P: there is one called p"),
    ],
)
def test_bad_description(
    run_module: RunModule,
    emulator: Emulator,
    options: dict[str, t.Any],
    reason: str,
    mode: dict[str, bool],
) -> None:
    """What cannot be meant, or cannot be, is refused in words, and nothing is changed."""
    make_policy(emulator, A)

    given = {"name": "p", "description": "new", **options}
    result = run_module("ram_policy", **{k: v for k, v in given.items() if v is not None}, **mode)

    assert reason in result.msg
    assert writing_actions(emulator) == []


@pytest.mark.parametrize(
    ("document", "warns"), [(allow("*"), True), (allow("ecs:*", "*:*"), True), (A, False)]
)
def test_everything_allowed(run_module: RunModule, document: Elements, *, warns: bool) -> None:
    """A document that allows everything is warned about."""
    result = run_module("ram_policy", name="p", document=document)

    assert ("allows all actions on all resources" in result.printed) == warns


@BOTH_MODES
def test_deletion_of_what_is_attached(
    run_module: RunModule, emulator: Emulator, mode: dict[str, bool]
) -> None:
    """A policy that is attached is not deleted, and whoever has it is named."""
    make_policy(emulator, A)
    attach_everywhere(emulator)

    result = run_module("ram_policy", name="p", state="absent", **mode)

    assert "Cannot delete policy p, which still has user ann, group g, role ops" in result.msg
    assert writing_actions(emulator) == []


def attach_everywhere(emulator: Emulator) -> None:
    """Attach the policy to a user, a group and a role."""
    emulator.call("CreateUser", UserName="ann")
    emulator.call("CreateGroup", GroupName="g")
    make_role(emulator)
    for kind, name in (("User", "ann"), ("Group", "g"), ("Role", "ops")):
        attach(emulator, kind, name)
    emulator.clear_requests()


def test_forced_deletion(run_module: RunModule, emulator: Emulator) -> None:
    """With force the policy is detached everywhere and deleted with its versions, once."""
    make_policy(emulator, A, B, C)
    attach_everywhere(emulator)
    options = {"name": "p", "state": "absent", "force": True, "_ansible_diff": True}

    first = run_module("ram_policy", **options)
    again = run_module("ram_policy", **options)

    assert writing_actions(emulator) == [
        *("DetachPolicyFromUser", "DetachPolicyFromGroup", "DetachPolicyFromRole"),
        "DeletePolicy",
    ]
    assert first["diff"][0]["before"]["goes_with_it"] == ["user ann", "group g", "role ops"]
    assert (again.changed, again["policy"]) == (False, {"policy_name": "p", "actions": []})


def test_deletion_with_versions(run_module: RunModule, emulator: Emulator) -> None:
    """Versions belong to the policy and go with it without force."""
    make_policy(emulator, A, B, C)

    result = run_module("ram_policy", name="p", state="absent")

    assert result.changed
    assert writing_actions(emulator) == ["DeletePolicy"]


def test_deletion_right_after_detachment(run_module: RunModule, emulator: Emulator) -> None:
    """A conflict that passes in a moment is waited out."""
    make_policy(emulator, A)
    emulator.fail("DeletePolicy", "error", status=409, code="DeleteConflict.Policy.User")

    assert not run_module("ram_policy", name="p", state="absent").failed


def test_conflict_that_lasts(run_module: RunModule, emulator: Emulator) -> None:
    """If the API has the policy attached to something that it does not list, that is told."""
    make_policy(emulator, A)
    conflict = "DeleteConflict.Policy.User"
    emulator.fail("DeletePolicy", "error", status=409, code=conflict, times=9)

    result = run_module("ram_policy", name="p", state="absent", force=True)

    assert "Attachments within a resource group are left alone" in result.msg
    assert result["code"] == conflict


@BOTH_MODES
def test_attached_within_a_resource_group(
    run_module: RunModule, emulator: Emulator, mode: dict[str, bool]
) -> None:
    """A policy that is attached within a resource group is left alone, force or not, and told."""
    make_policy(emulator, A)
    emulator.call("CreateUser", UserName="ann")
    attach(emulator, "User", "ann", ResourceGroupId="rg-1")
    emulator.clear_requests()

    result = run_module("ram_policy", name="p", state="absent", force=True, **mode)

    assert "has 1 attachments, 0 of them for the account as a whole" in result.msg
    assert writing_actions(emulator) == []


@BOTH_MODES
@pytest.mark.parametrize(
    "options",
    [{"state": "absent", "force": True}, {"document": A}, {"description": "x"}, {"tags": {}}],
)
def test_system_policy(
    run_module: RunModule, emulator: Emulator, options: dict[str, t.Any], mode: dict[str, bool]
) -> None:
    """Alibaba Cloud's own policies are neither changed nor deleted nor copied."""
    result = run_module("ram_policy", name=SLB, **options, **mode)

    assert f"Cannot change or delete policy {SLB}: it is one of Alibaba Cloud's own" in result.msg
    assert writing_actions(emulator) == []


def test_system_policy_as_it_is(run_module: RunModule) -> None:
    """A task that agrees with a policy of Alibaba Cloud's own changes nothing."""
    there = run_module("ram_policy", name=SLB)
    same = run_module("ram_policy", name=SLB, document=there["policy"]["document"])

    assert not same.failed
    assert not same.changed
    assert there["policy"]["policy_type"] == "System"


@BOTH_MODES
@pytest.mark.parametrize("kind", ["User", "Group"])
def test_policy_of_who_signs(
    run_module: RunModule, emulator: Emulator, kind: str, mode: dict[str, bool]
) -> None:
    """What the run signs by is not deleted, and a change of it is warned about."""
    make_policy(emulator, allow("*"))
    signing = sign_in(emulator, "boss")
    emulator.call("CreateGroup", GroupName="g")
    emulator.call("AddUserToGroup", UserName="boss", GroupName="g")
    attach(emulator, kind, {"User": "boss", "Group": "g"}[kind])
    emulator.clear_requests()

    deleted = run_module("ram_policy", name="p", state="absent", force=True, **signing, **mode)
    changed = run_module(
        "ram_policy", name="p", document=allow("ram:*"), **signing, _ansible_check_mode=True
    )

    assert "Refusing to delete policy p: this run signs by what" in deleted.msg
    assert writing_actions(emulator) == []
    assert "may do, which changes here" in changed.printed


@BOTH_MODES
def test_policy_of_the_role_that_signs(
    run_module: RunModule, emulator: Emulator, mode: dict[str, bool]
) -> None:
    """What the role of the run may do is not deleted either."""
    make_policy(emulator, allow("*"))
    arn = make_role(emulator)
    attach(emulator, "Role", "ops")
    signing = {**sign_in(emulator, "boss", "AliyunSTSAssumeRoleAccess")}
    emulator.clear_requests()

    result = run_module(
        "ram_policy",
        name="p",
        state="absent",
        force=True,
        **signing,
        assume_role={"role_arn": arn},
        **mode,
    )

    assert "Refusing to delete policy p: this run signs by what role ops may do" in result.msg


def test_who_signs_cannot_be_known(run_module: RunModule, emulator: Emulator) -> None:
    """If it can't be read whether the run depends on a policy, it is not deleted."""
    make_policy(emulator, allow("*"))
    signing = sign_in(emulator, "boss", "AliyunRAMFullAccess")
    emulator.call("CreateGroup", GroupName="g")
    attach(emulator, "Group", "g")
    emulator.fail("ListGroupsForUser", "error", status=403, code="NoPermission", times=9)

    deleted = run_module("ram_policy", name="p", state="absent", force=True, **signing)
    changed = run_module("ram_policy", name="p", document=A, **signing)

    assert "Refusing to delete policy p: whether this run depends on it is not known" in deleted.msg
    assert "the caller needs ram:ListGroupsForUser" in deleted.msg
    assert "Whether this run depends on what changes here is not known" in changed.printed
    assert changed.changed


def test_many_policies(run_module: RunModule) -> None:
    """Many policies take one listing for all, a read for each that exists, and what they need."""
    with Emulator(page_size=1000) as emulator:
        connection = connection_to(emulator)
        wanted = [{"name": f"p{n}", "document": allow(f"ecs:{n}")} for n in range(30)]

        first = run_module("ram_policy", policies=wanted, **connection)
        created = emulator.actions()
        emulator.clear_requests()
        again = run_module("ram_policy", policies=wanted, **connection)

        assert (first["stats"]["created"], again["stats"]["unchanged"]) == (30, 30)
        assert created.count("ListPolicies") == 2
        assert len(created) == 33
        assert sorted(emulator.actions()) == sorted(
            ["GetCallerIdentity", "ListPolicies", *["GetPolicy"] * 30]
        )


@pytest.mark.parametrize(("document", "told"), [(A, ""), (B, "not as described here: run again")])
def test_somebody_else_was_faster(
    run_module: RunModule, emulator: Emulator, document: Elements, told: str
) -> None:
    """Who finds the same policy made meanwhile is content, and who finds another one says so."""
    make_policy(emulator, A)
    emulator.fail("GetPolicy", "error", status=404, code="EntityNotExist.Policy")

    result = run_module("ram_policy", name="p", document=document)

    assert result.failed == bool(told)
    assert told in result.msg
    assert stored(emulator)["document"] == A


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["a", "b"]),
        ({"name": SLB}, [SLB]),
        ({"names": ["b", "x", SLB, "b"]}, ["b", SLB]),
        ({"names": ["b", SLB], "type": "System"}, [SLB]),
        ({"names": []}, []),
    ],
)
def test_info_which(
    run_module: RunModule, emulator: Emulator, options: dict[str, t.Any], expected: list[str]
) -> None:
    """Those that exist of the policies asked for are returned, in order and once."""
    for name in ("a", "b"):
        make_policy(emulator, A, name=name)

    result = run_module("ram_policy_info", **options)

    assert [policy["policy_name"] for policy in result["policies"]] == expected
    assert writing_actions(emulator) == []


def test_info_of_the_system(run_module: RunModule) -> None:
    """All of Alibaba Cloud's own policies can be read."""
    policies = run_module("ram_policy_info", type="System")["policies"]

    assert len(policies) > 400
    assert {policy["policy_type"] for policy in policies} == {"System"}


def test_info_in_full(run_module: RunModule, emulator: Emulator) -> None:
    """Every aspect is read on request, in the shape of the state module."""
    tags = json.dumps([{"Key": "team", "Value": "a"}])
    make_policy(emulator, A, B, Tag=tags, Description="ours")
    attach_everywhere(emulator)
    aspects = ["document", "versions", "holders", "tags"]

    [policy] = run_module("ram_policy_info", name="p", include=aspects)["policies"]
    [system] = run_module("ram_policy_info", name=SLB, include=aspects)["policies"]
    [bare] = run_module("ram_policy_info", name="p")["policies"]
    state = run_module("ram_policy", name="p", tags={})["policy"]

    assert policy["holders"] == {"users": ["ann"], "groups": ["g"], "roles": ["ops"]}
    assert [(v["version_id"], v["is_default"]) for v in policy["versions"]] == [
        ("v1", False),
        ("v2", True),
    ]
    assert {k: v for k, v in policy.items() if k not in ("holders", "versions")} == {
        k: v for k, v in state.items() if k != "actions"
    }
    assert system["tags"] == {}
    assert not bare.keys() & set(aspects)


def test_info_of_what_vanishes(run_module: RunModule, emulator: Emulator) -> None:
    """A policy that is deleted during the report is left out of it."""
    for name in ("a", "b"):
        make_policy(emulator, A, name=name)
    emulator.fail("GetPolicy", "error", status=404, code="EntityNotExist.Policy")

    result = run_module("ram_policy_info", include=["document"], concurrency=1)

    assert [policy["policy_name"] for policy in result["policies"]] == ["b"]

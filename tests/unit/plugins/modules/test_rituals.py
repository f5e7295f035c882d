# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every state module promises, tried on each: create, update and delete, with what is around.

At each stage a module runs in check mode, for real and once more, and the emulator's log tells what
each run sent.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

import pytest

from ..conftest import writing_actions

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from emulator import Emulator

    from ..conftest import Result

Options = dict[str, t.Any]

SLB = "AliyunSLBReadOnlyAccess"
FIRST = "Correct-Horse-8sT4q"
READ_LOGS: Options = {"Statement": [{"Effect": "Allow", "Action": "log:Get*", "Resource": "*"}]}
TRUSTING: Options = {
    "Effect": "Allow",
    "Action": "sts:AssumeRole",
    "Principal": {"Service": "ecs.aliyuncs.com"},
}
TRUST: Options = {"Version": "1", "Statement": [TRUSTING]}
DENY: Options = {"Effect": "Deny", "Action": ["ram:*"], "Resource": ["*"]}

RITUALS: dict[str, tuple[str, list[Options]]] = {
    "one user": (
        "ram_user",
        [
            {
                "name": "alice",
                "display_name": "alice",
                "email": "alice@example.com",
                "groups": ["readers", "writers"],
                "policies": ["AliyunSLBReadOnlyAccess"],
                "tags": {"team": "slb", "cost": 7},
            },
            {
                "name": "alice",
                "new_name": "alicia",
                "tags": {"team": "ddos"},
                "purge_tags": True,
                "display_name": "",
                "comments": "renamed",
                "groups": ["readers"],
                "purge_groups": True,
                "policies": [{"name": "AliyunRAMReadOnlyAccess", "type": "System"}],
                "purge_policies": True,
            },
            {"name": "alicia", "state": "absent", "force": True},
        ],
    ),
    "many users": (
        "ram_user",
        [
            {
                "tags": {"a": "b"},
                "users": [{"name": "alice"}, {"name": "bob", "groups": ["readers"]}],
            },
            {"comments": "x", "users": [{"name": "alice"}, {"name": "bob"}, {"name": "carol"}]},
            {"state": "absent", "force": True, "users": [{"name": "bob"}, {"name": "alice"}]},
        ],
    ),
    "one group": (
        "ram_group",
        [
            {"name": "ops", "comments": "x", "users": ["dave"], "policies": [SLB]},
            {
                "name": "ops",
                "new_name": "dev",
                "comments": "",
                "remove_users": ["dave"],
                "policies": ["AliyunRAMReadOnlyAccess"],
                "purge_policies": True,
            },
            {"name": "dev", "state": "absent", "force": True},
        ],
    ),
    "many groups": (
        "ram_group",
        [
            {"groups": [{"name": "a", "users": ["dave"]}, {"name": "b"}, {"name": "c"}]},
            {"comments": "x", "groups": [{"name": "a"}, {"name": "b"}, {"name": "d"}]},
            {"state": "absent", "force": True, "groups": [{"name": "a"}, {"name": "d"}]},
        ],
    ),
    "one policy": (
        "ram_policy",
        [
            {"name": "p", "document": READ_LOGS, "description": "x", "tags": {"team": "a"}},
            {
                "name": "p",
                "document": {"Statement": [DENY, *READ_LOGS["Statement"]]},
                "description": "y",
                "tags": {"cost": 7},
                "purge_tags": True,
            },
            {"name": "p", "document": READ_LOGS},
            {"name": "p", "state": "absent"},
        ],
    ),
    "many policies": (
        "ram_policy",
        [
            {"document": READ_LOGS, "policies": [{"name": name} for name in "abc"]},
            {"document": READ_LOGS, "policies": [{"name": "b", "description": "x"}, {"name": "d"}]},
            {"state": "absent", "policies": [{"name": name} for name in "abd"]},
        ],
    ),
    "one role": (
        "ram_role",
        [
            {
                "name": "r",
                "trust_policy": TRUST,
                "allow_console_login": True,
                "policies": [SLB],
                "tags": {"team": "a"},
            },
            {
                "name": "r",
                "trust_policy": {"Statement": [{**TRUSTING, "Condition": {"Bool": {"a:b": True}}}]},
                "description": "x",
                "max_session_duration": 7200,
                "policies": ["AliyunRAMReadOnlyAccess"],
                "purge_policies": True,
                "remove_tags": ["team"],
            },
            {"name": "r", "state": "absent", "force": True},
        ],
    ),
    "many roles": (
        "ram_role",
        [
            {"trust_policy": TRUST, "roles": [{"name": name} for name in "abc"]},
            {"trust_policy": TRUST, "roles": [{"name": "b", "description": "x"}, {"name": "d"}]},
            {"state": "absent", "roles": [{"name": name} for name in "abd"]},
        ],
    ),
    "an alias": (
        "ram_account_alias",
        [
            {"account_alias": "acme"},
            {"account_alias": "acme-cn"},
            {"state": "absent"},
        ],
    ),
    "a password policy": (
        "ram_password_policy",
        [
            {"minimum_password_length": 14, "hard_expire": True},
            {"max_password_age": 365, "max_login_attempts": 5},
        ],
    ),
    "a security preference": (
        "ram_security_preference",
        [
            {"login_network_masks": "192.0.2.0/24", "verification_types": ["sms"]},
            {"login_network_masks": "", "max_idle_days_for_users": 90},
        ],
    ),
    "a login profile": (
        "ram_login_profile",
        [
            {"name": "dave", "password": FIRST, "password_reset_required": True},
            {"name": "dave", "status": "inactive", "password_reset_required": False},
            {"name": "dave", "state": "absent"},
        ],
    ),
    "many login profiles": (
        "ram_login_profile",
        [
            {"password": FIRST, "login_profiles": [{"name": "dave"}, {"name": "erin"}]},
            {"status": "inactive", "login_profiles": [{"name": "erin", "mfa_bind_required": True}]},
            {"state": "absent", "login_profiles": [{"name": "dave"}, {"name": "erin"}]},
        ],
    ),
    "a key": (
        "ram_access_key",
        [
            {"user_name": "dave", "show_secret": True},
            {"user_name": "dave", "status": "inactive"},
            {"user_name": "dave", "state": "absent", "all": True},
        ],
    ),
    "an inactive key": (
        "ram_access_key",
        [
            {"user_name": "dave", "status": "inactive", "show_secret": True},
            {"user_name": "dave", "status": "active"},
            {"user_name": "dave", "state": "absent", "all": True},
        ],
    ),
}
# Ids, dates and secrets are made by the API, so check mode shows none, or the one from before.
MADE_BY_THE_API = {
    *(
        "user_id",
        "group_id",
        "role_id",
        "create_date",
        "update_date",
        "access_key_id",
        "access_key_secret",
    ),
    *("password_status", "default_version", "allow_console_login", "api_calls", "seconds"),
}

NOUNS = (
    *("user", "users", "group", "groups", "policy", "policies", "role", "roles", "access_key"),
    *("account_alias", "password_policy", "security_preference"),
    *("login_profile", "login_profiles"),
)


@dataclass(frozen=True)
class Stage:
    """One stage of a ritual: its three runs and the writing actions that each sent."""

    predicted: Result
    real: Result
    repeated: Result
    sent: list[list[str]]


@pytest.fixture(params=RITUALS)
def stages(
    request: pytest.FixtureRequest, run_module: Callable[..., Result], emulator: Emulator
) -> list[Stage]:
    """The stages of one ritual, carried out."""
    module, all_options = RITUALS[request.param]
    for user in ("dave", "erin"):
        emulator.call("CreateUser", UserName=user)
    for group in ("readers", "writers"):
        emulator.call("CreateGroup", GroupName=group)

    def run(options: Options, **settings: bool) -> tuple[Result, list[str]]:
        emulator.clear_requests()
        return run_module(module, _ansible_diff=True, **options, **settings), writing_actions(
            emulator
        )

    def carry_out(options: Options) -> Stage:
        runs = [run(options, _ansible_check_mode=True), run(options), run(options)]
        predicted, real, repeated = (result for result, _sent in runs)
        return Stage(predicted, real, repeated, [sent for _result, sent in runs])

    return [carry_out(options) for options in all_options]


def common(predicted: t.Any, real: t.Any) -> t.Any:
    """Return what is real, with the prediction in place of what only the API can know."""
    if isinstance(real, dict) and isinstance(predicted, dict):
        known = {
            name: predicted.get(name) if name in MADE_BY_THE_API else common(predicted.get(name), v)
            for name, v in real.items()
        }
        return {name: v for name, v in known.items() if name in predicted or v is not None}
    if isinstance(real, list) and isinstance(predicted, list):
        return [common(p, r) for p, r in zip(predicted, real, strict=True)]
    return real


def outcome(result: Result) -> dict[str, t.Any]:
    """Return what a module reports but for the echo of its own options."""
    return {name: v for name, v in result.values.items() if name not in ("invocation", "warnings")}


def test_runs_succeed(stages: list[Stage]) -> None:
    """Each run of each stage succeeds."""
    failures = [
        result.msg
        for stage in stages
        for result in (stage.predicted, stage.real, stage.repeated)
        if result.failed
    ]

    assert failures == []


def test_check_mode_and_repetition_only_read(stages: list[Stage]) -> None:
    """Only the real run of a stage sends anything that writes."""
    wrote = [[bool(actions) for actions in stage.sent] for stage in stages]

    assert wrote == [[False, True, False]] * len(stages)


def test_changes_are_reported_once(stages: list[Stage]) -> None:
    """Check mode and the real run report a change, the repetition none."""
    reported = [[r.changed for r in (s.predicted, s.real, s.repeated)] for s in stages]

    assert reported == [[True, True, False]] * len(stages)


def test_check_mode_predicts_the_result(stages: list[Stage]) -> None:
    """Check mode returns the real run's result and diff, but for what only the API knows."""
    predicted = [outcome(stage.predicted) for stage in stages]
    real = [outcome(stage.real) for stage in stages]

    assert predicted == common(predicted, real)


def test_repetition_returns_the_same(stages: list[Stage]) -> None:
    """A repetition of what makes something exist describes it as the run that made it."""
    shown = [
        (stage.real[name], stage.repeated[name])
        for stage in stages[:-1]
        for name in NOUNS
        if name in stage.real.values
    ]

    def lasting(item: t.Any) -> t.Any:
        passing = ("actions", "access_key_secret", "update_date")
        if isinstance(item, list):
            return [lasting(each) for each in item]
        return {name: value for name, value in item.items() if name not in passing}

    assert shown
    assert all(lasting(real) == lasting(repeated) for real, repeated in shown)


def test_diff_shows_no_secret(stages: list[Stage]) -> None:
    """Diff mode tells of each change, and holds no secret even where the result does."""
    diffs = [stage.real["diff"] for stage in stages]
    secrets = [
        stage.real["access_key"]["access_key_secret"]
        for stage in stages
        if "access_key_secret" in stage.real.values.get("access_key", {})
    ]

    assert all(diffs)
    assert all(change["before"] != change["after"] for diff in diffs for change in diff)
    assert not any(secret in json.dumps(diffs) for secret in secrets)


@pytest.mark.parametrize(
    ("module", "options", "change"),
    [
        ("ram_user", {}, {"comments": "ours"}),
        ("ram_group", {}, {"comments": "ours"}),
        ("ram_policy", {"document": READ_LOGS}, {"description": "ours"}),
        ("ram_role", {"trust_policy": TRUST}, {"description": "ours"}),
        ("ram_login_profile", {"password": FIRST}, {"mfa_bind_required": True}),
    ],
)
def test_diff_of_a_change_has_no_dates(
    run_module: Callable[..., Result],
    emulator: Emulator,
    module: str,
    options: Options,
    change: Options,
) -> None:
    """The diff of a change that is foretold is the one of the change itself, at whatever time."""
    emulator.call("CreateUser", UserName="dave")
    run_module(module, name="dave", **options)
    emulator.advance_clock(60)
    changed = {"name": "dave", "_ansible_diff": True, **change}

    predicted = run_module(module, _ansible_check_mode=True, **changed)
    real = run_module(module, **changed)

    assert real["diff"][0]["after"] == change
    assert real["diff"] == predicted["diff"]

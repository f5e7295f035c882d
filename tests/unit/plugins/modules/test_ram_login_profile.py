# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ram_login_profile makes of console logons, what it refuses, and that no password shows."""

from __future__ import annotations

import json
import typing as t

import pytest

from ..conftest import writing_actions

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from emulator import Emulator

    from ..conftest import Result

    RunModule = Callable[..., Result]
    Values = dict[str, t.Any]

FIRST, SECOND = "Correct-Horse-8sT4q", "Battery-Staple-2kP7w"


@pytest.fixture(autouse=True)
def _ann(emulator: Emulator) -> None:
    """There is a user, ann."""
    emulator.call("CreateUser", UserName="ann")


@pytest.fixture
def _profile(emulator: Emulator) -> None:
    """Ann has a login profile, which was changed by hand."""
    as_user = {"service": "IMS", "UserPrincipalName": f"ann@{emulator.account_id}.onaliyun.com"}
    emulator.call("CreateLoginProfile", **as_user, Password=FIRST)
    emulator.call("UpdateLoginProfile", **as_user, MFABindRequired="true", Status="Inactive")
    emulator.clear_requests()


def profile_of(emulator: Emulator, name: str = "ann") -> Values | None:
    """Return the login profile of a user as the emulator holds it, password included."""
    profile: Values | None = emulator.state()["users"][name]["login_profile"]
    return profile


def sent(emulator: Emulator, action: str) -> list[Values]:
    """Return the parameters of the requests for an action."""
    return [r["parameters"] for r in emulator.requests() if r["action"] == action]


def notes(emulator: Emulator) -> list[str]:
    """Return what the emulator found odd about the requests."""
    return [note for request in emulator.requests() for note in request["notes"]]


def test_new(run_module: RunModule, emulator: Emulator) -> None:
    """A login profile is made once, with its password in the body, and never reset after that."""
    emulator.clear_requests()

    made = run_module("ram_login_profile", name="ann", password=FIRST, password_reset_required=True)
    again = run_module(
        "ram_login_profile", name="ann", password=SECOND, password_reset_required=True
    )

    assert (made.changed, again.changed) == (True, False)
    assert writing_actions(emulator) == ["CreateLoginProfile"]
    assert made["login_profile"]["password_status"] == "InitialValid"
    profile = profile_of(emulator)
    assert profile is not None
    assert profile["password"] == FIRST
    assert notes(emulator) == []


@pytest.mark.usefixtures("_profile")
def test_always(run_module: RunModule, emulator: Emulator) -> None:
    """A password that is to be set always is set in each run, in the body, and the flags stay."""
    task = {"name": "ann", "password": SECOND, "update_password": "always"}

    first = run_module("ram_login_profile", _ansible_diff=True, **task)
    second = run_module("ram_login_profile", **task)

    assert (first.changed, second.changed) == (True, True)
    assert writing_actions(emulator) == ["UpdateLoginProfile"] * 2
    assert first["diff"][0]["after"]["password"] == "is set anew"
    assert notes(emulator) == []
    profile = profile_of(emulator)
    assert profile is not None
    assert profile["password"] == SECOND
    assert (profile["mfa_bind_required"], profile["status"]) == (True, "Inactive")


@pytest.mark.usefixtures("_profile")
def test_flags(run_module: RunModule, emulator: Emulator) -> None:
    """One flag changes by one call without a password, in which the others are as just read."""
    kept = run_module("ram_login_profile", name="ann", password=SECOND)
    task = {"name": "ann", "password": SECOND, "password_reset_required": True}
    changed = run_module("ram_login_profile", **task)
    again = run_module("ram_login_profile", **task)

    assert (kept.changed, changed.changed, again.changed) == (False, True, False)
    [parameters] = sent(emulator, "UpdateLoginProfile")
    assert {n: v for n, v in parameters.items() if n != "UserPrincipalName"} == {
        "Status": "Inactive",
        "MFABindRequired": "True",
        "PasswordResetRequired": "True",
    }
    assert changed["login_profile"]["status"] == "Inactive"


def test_many(run_module: RunModule, emulator: Emulator) -> None:
    """Many are made in one task, completed from the task, in one call each after reading."""
    emulator.call("CreateUser", UserName="bob")
    emulator.clear_requests()

    result = run_module(
        "ram_login_profile",
        password=FIRST,
        status="inactive",
        login_profiles=[{"name": "ann"}, {"user_name": "bob", "password": SECOND}],
    )

    profiles = [profile_of(emulator, name) for name in ("ann", "bob")]
    assert [profile and profile["password"] for profile in profiles] == [FIRST, SECOND]
    assert [each["status"] for each in result["login_profiles"]] == ["Inactive"] * 2
    assert sorted(emulator.actions()) == [
        *("CreateLoginProfile", "CreateLoginProfile", "GetCallerIdentity", "GetDefaultDomain"),
        *("GetLoginProfile", "GetLoginProfile"),
    ]


@pytest.mark.parametrize("name", ["ann", "nobody"])
@pytest.mark.usefixtures("_profile")
def test_absent(run_module: RunModule, emulator: Emulator, name: str) -> None:
    """A login profile is deleted once; where there is no user, there is none."""
    gone = run_module("ram_login_profile", name=name, state="absent")
    again = run_module("ram_login_profile", name=name, state="absent")

    assert (gone.changed, again.changed) == (name == "ann", False)
    assert again["login_profile"] == {"user_name": name, "actions": []}
    assert (profile_of(emulator) is None) == (name == "ann")


@pytest.mark.parametrize("mode", [{}, {"_ansible_check_mode": True}], ids=["real", "check"])
@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": "ann"}, "User ann has no login profile yet, so the task needs a password"),
        ({"name": "anne", "password": FIRST}, "There is no user anne (did you mean ann?)"),
        ({"name": "ann", "password": ""}, "password of login profile 'ann' must be not empty"),
        ({"name": "a n", "password": FIRST}, "name of login profile 'a n' must be 1 to 64"),
        (
            {"login_profiles": [{"name": "ann"}, {"name": "Ann"}], "password": FIRST},
            "login profile ann or Ann is described 2 times",
        ),
    ],
)
def test_refused(
    run_module: RunModule, emulator: Emulator, wrong: Values, told: str, mode: Values
) -> None:
    """What can't be meant is refused before anything is written."""
    emulator.clear_requests()

    result = run_module("ram_login_profile", **wrong, **mode)

    assert told in result.msg
    assert writing_actions(emulator) == []


def test_weak_password(run_module: RunModule, emulator: Emulator) -> None:
    """The API's refusal of a password is told without the password, even if the API quotes it."""
    fault = {"code": "InvalidParameter.Password", "message": f"{FIRST} is too weak", "status": 400}
    emulator.fail("CreateLoginProfile", "error", **fault)

    result = run_module("ram_login_profile", name="ann", password=FIRST)

    assert result["code"] == "InvalidParameter.Password"
    assert "is too weak" in result.msg
    assert FIRST not in result.printed


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("mode", [{}, {"_ansible_check_mode": True}], ids=["real", "check"])
@pytest.mark.usefixtures("_profile")
def test_no_password_shows(
    run_module: RunModule, emulator: Emulator, state: str, mode: Values
) -> None:
    """Neither result nor diff nor the echo of the options has the password."""
    task = {"password": SECOND, "update_password": "always", "state": state}

    one = run_module("ram_login_profile", name="ann", _ansible_diff=True, **task, **mode)
    many = run_module("ram_login_profile", login_profiles=[{"name": "ann", **task}], **mode)

    assert one.changed
    assert not one.failed
    assert not any(
        p in json.dumps(r.values) + r.printed for p in (FIRST, SECOND) for r in (one, many)
    )
    assert notes(emulator) == []


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
@pytest.mark.usefixtures("_profile")
def test_lost_reset(run_module: RunModule, emulator: Emulator, kind: str) -> None:
    """A new password whose answer is lost is not sent twice, and counts if its date says so."""
    emulator.call("SetPasswordPolicy", service="IMS", PasswordReusePrevention="5")
    emulator.advance_clock(60)
    emulator.clear_requests()
    emulator.fail("UpdateLoginProfile", kind)

    result = run_module("ram_login_profile", name="ann", password=SECOND, update_password="always")

    assert result.failed == (kind == "drop_before"), result.msg
    assert writing_actions(emulator) == ["UpdateLoginProfile"]


def test_user_made_a_moment_ago(run_module: RunModule, emulator: Emulator) -> None:
    """A user that IMS does not know yet is asked for once more."""
    emulator.fail("GetLoginProfile", "error", code="EntityNotExist.User", status=404)

    result = run_module("ram_login_profile", name="ann", password=FIRST)

    assert result.changed, result.msg


@pytest.mark.parametrize(("update", "kept"), [("on_create", FIRST), ("always", SECOND)])
def test_another_run_was_faster(
    run_module: RunModule, emulator: Emulator, update: str, kept: str
) -> None:
    """What another run makes at the same time gets the flags, and the password only if always."""
    options = {"password": SECOND, "update_password": update}
    emulator.call("CreateLoginProfile", UserName="ann", Password=FIRST)
    emulator.fail("GetLoginProfile", "error", code="EntityNotExist.User.LoginProfile", status=404)

    result = run_module("ram_login_profile", name="ann", mfa_bind_required=True, **options)

    profile = profile_of(emulator)
    assert result.changed, result.msg
    assert profile is not None
    assert (profile["password"], profile["mfa_bind_required"]) == (kept, True)


def test_info(run_module: RunModule, emulator: Emulator) -> None:
    """All login profiles, or those of some users, are told; who has none or is gone is left out."""
    for name in ("bob", "cat"):
        emulator.call("CreateUser", UserName=name)
    for name in ("ann", "cat"):
        emulator.call("CreateLoginProfile", UserName=name, Password=FIRST)
    emulator.clear_requests()

    everybody = run_module("ram_login_profile_info")["login_profiles"]
    calls = len(emulator.actions())
    some = run_module("ram_login_profile_info", names=["cat", "bob", "nobody"])["login_profiles"]
    task = run_module("ram_login_profile", name="cat")["login_profile"]

    assert [each["user_name"] for each in everybody] == ["ann", "cat"]
    assert calls == 1 + 1 + 1 + 3
    assert [each["user_name"] for each in some] == ["cat"]
    assert {**some[0], "actions": []} == task

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RAM users with their attributes, keys, login profiles and MFA devices."""

from __future__ import annotations

import json
import time
import typing as t

import pytest

from emulator import Emulator
from emulator.totp import totp

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import RawClient

PASSWORD = "Correct-Horse-7"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("UserName", "a" * 65, "UserName.Length"),
        ("UserName", "a b", "UserName.InvalidChars"),
        ("UserName", "a@b", "UserName.InvalidChars"),
        ("UserName", "é", "UserName.InvalidChars"),
        ("DisplayName", "a" * 129, "DisplayName.Length"),
        ("DisplayName", "a b", "DisplayName.InvalidChars"),
        ("MobilePhone", "18600008888", "MobilePhone.Format"),
        ("Email", "nobody", "Email.Format"),
        ("Comments", "a" * 129, "Comments.Length"),
    ],
)
def test_user_attributes(
    emulator: Emulator, field: str, value: str, code: str, refusal: Callable[..., tuple[int, str]]
) -> None:
    """A user attribute that breaks its rule is refused, and no user is made."""
    refused = refusal("CreateUser", **{"UserName": "alice", field: value})

    assert refused == (400, f"InvalidParameter.{code}")
    assert emulator.state()["users"] == {}


def test_user_attributes_at_their_limits(emulator: Emulator) -> None:
    """The longest values and all allowed characters are accepted."""
    attributes = {
        "UserName": "aZ09._-" + "a" * 57,
        "DisplayName": "中文@._-" + "A" * 122,
        "MobilePhone": "86-18600008888",
        "Email": "a.b@example.com",
        "Comments": "é" * 128,
    }

    user = emulator.call("CreateUser", **attributes)["User"]

    assert attributes.items() <= user.items()


def test_user_names_are_unique(emulator: Emulator, refusal: Callable[..., tuple[int, str]]) -> None:
    """A name is taken in any case, but found only in its own."""
    emulator.call("CreateUser", UserName="Alice")

    assert refusal("CreateUser", UserName="alice") == (409, "EntityAlreadyExists.User")
    assert refusal("GetUser", UserName="alice") == (404, "EntityNotExist.User")


def test_rename_keeps_identity(emulator: Emulator) -> None:
    """A renamed user keeps id, keys, groups, policies and its place in the list."""
    for name in ("alice", "zoe"):
        emulator.call("CreateUser", UserName=name)
    emulator.call("CreateAccessKey", UserName="alice")
    emulator.call("CreateGroup", GroupName="ops")
    emulator.call("AddUserToGroup", UserName="alice", GroupName="ops")
    before = emulator.state()["users"]["alice"]

    emulator.call("UpdateUser", UserName="alice", NewUserName="bob")
    after = emulator.state()["users"]

    assert list(after) == ["bob", "zoe"]
    assert after["bob"] == {**before, "user_name": "bob"}
    assert emulator.state()["groups"]["ops"]["users"] == ["bob"]


def test_rename_onto_another(emulator: Emulator, refusal: Callable[..., tuple[int, str]]) -> None:
    """A user cannot take a name that is taken, but may change the case of its own."""
    for name in ("alice", "bob"):
        emulator.call("CreateUser", UserName=name)

    taken = refusal("UpdateUser", UserName="alice", NewUserName="Bob")
    emulator.call("UpdateUser", UserName="alice", NewUserName="ALICE")

    assert taken == (409, "EntityAlreadyExists.User")
    assert list(emulator.state()["users"]) == ["ALICE", "bob"]


def test_update_leaves_what_is_not_sent(emulator: Emulator) -> None:
    """An attribute that is not sent stays, an empty one is cleared."""
    emulator.call("CreateUser", UserName="alice", DisplayName="Alice", Comments="ci")

    user = emulator.call("UpdateUser", UserName="alice", NewUserName="alice", NewComments="")[
        "User"
    ]

    assert (user["DisplayName"], user["Comments"]) == ("Alice", "")


def test_update_needs_the_new_name(
    emulator: Emulator, refusal: Callable[..., tuple[int, str]]
) -> None:
    """UpdateUser insists on NewUserName, as the stricter pages do."""
    emulator.call("CreateUser", UserName="alice")

    assert refusal("UpdateUser", UserName="alice") == (400, "MissingParameter")


def test_international_site() -> None:
    """The international site neither stores nor returns phone and e-mail."""
    with Emulator(site="intl") as emulator:
        emulator.call("CreateUser", UserName="a", MobilePhone="86-18600008888", Email="a@b.cd")

        user = emulator.call("GetUser", UserName="a")["User"]

    assert user.keys().isdisjoint({"MobilePhone", "Email"})


def test_fields_of_user_answers(emulator: Emulator) -> None:
    """CreateUser has no UpdateDate and ListUsers no LastLoginDate."""
    created = emulator.call("CreateUser", UserName="a")["User"]
    got = emulator.call("GetUser", UserName="a")["User"]
    listed = emulator.call("ListUsers")["Users"]["User"][0]

    assert got.keys() - listed.keys() == {"LastLoginDate"}
    assert listed.keys() - created.keys() == {"UpdateDate"}


def test_delete_conflicts_of_users(
    emulator: Emulator, refusal: Callable[..., tuple[int, str]]
) -> None:
    """A user is deleted only when nothing is left, and each refusal names what is."""
    alice = {"UserName": "alice"}
    emulator.call("CreateUser", **alice)
    emulator.call("CreateGroup", GroupName="ops")
    emulator.call("AddUserToGroup", GroupName="ops", **alice)
    key = emulator.call("CreateAccessKey", **alice)["AccessKey"]
    emulator.call("CreateLoginProfile", Password=PASSWORD, **alice)
    bind_mfa(emulator, "alice")
    reads = {"PolicyName": "AliyunRAMReadOnlyAccess", "PolicyType": "System"}
    emulator.call("AttachPolicyToUser", **reads, **alice)
    codes = []
    for action, parameters in (
        ("RemoveUserFromGroup", {"GroupName": "ops"}),
        ("DeleteAccessKey", {"UserAccessKeyId": key["AccessKeyId"]}),
        ("DeleteLoginProfile", {}),
        ("UnbindMFADevice", {}),
        ("DetachPolicyFromUser", reads),
    ):
        codes.append(refusal("DeleteUser", **alice))
        emulator.call(action, **parameters, **alice)

    emulator.call("DeleteUser", **alice)

    kinds = ("Group", "AccessKey", "LoginProfile", "MFADevice", "Policy")
    assert codes == [(409, f"DeleteConflict.User.{kind}") for kind in kinds]
    assert emulator.state()["users"] == {}


def test_two_keys(emulator: Emulator, refusal: Callable[..., tuple[int, str]]) -> None:
    """A user has two keys at most, and a disabled one counts."""
    emulator.call("CreateUser", UserName="a")
    first = emulator.call("CreateAccessKey", UserName="a")["AccessKey"]
    emulator.call("CreateAccessKey", UserName="a")
    key = {"UserName": "a", "UserAccessKeyId": first["AccessKeyId"]}
    emulator.call("UpdateAccessKey", Status="Inactive", **key)

    refused = refusal("CreateAccessKey", UserName="a")
    emulator.call("DeleteAccessKey", **key)
    emulator.call("CreateAccessKey", UserName="a")

    assert refused == (409, "LimitExceeded.User.AccessKey")
    assert len(first["AccessKeyId"]) == 24
    assert len(first["AccessKeySecret"]) == 30


def test_keys_of_nobody_and_of_others(
    emulator: Emulator, refusal: Callable[..., tuple[int, str]]
) -> None:
    """A key is found only under its owner, and only while that owner exists."""
    for name in ("alice", "bob"):
        emulator.call("CreateUser", UserName=name)
    key = emulator.call("CreateAccessKey", UserName="alice")["AccessKey"]["AccessKeyId"]

    stranger = refusal("DeleteAccessKey", UserName="bob", UserAccessKeyId=key)
    nobody = refusal("ListAccessKeys", UserName="nobody")
    status = refusal("UpdateAccessKey", UserName="alice", UserAccessKeyId=key, Status="Off")

    assert stranger == (404, "EntityNotExist.User.AccessKey")
    assert nobody == (404, "EntityNotExist.User")
    assert status == (400, "InvalidParameter.Status")


def test_secret_is_shown_once(emulator: Emulator, root: RawClient) -> None:
    """No answer after CreateAccessKey holds the secret."""
    emulator.call("CreateUser", UserName="a")
    secret = root.act("CreateAccessKey", UserName="a").json["AccessKey"]["AccessKeySecret"]

    answers = [root.act("ListAccessKeys", UserName="a"), root.act("GetUser", UserName="a")]

    assert all(secret.encode() not in answer.body for answer in answers)


def test_keys_of_the_caller(emulator: Emulator, root: RawClient) -> None:
    """Without a user name the account acts on its own keys, two at most."""
    second = root.act("CreateAccessKey").json["AccessKey"]
    listed = root.act("ListAccessKeys").json["AccessKeys"]["AccessKey"]

    third = root.act("CreateAccessKey")

    assert [key["AccessKeyId"] for key in listed] == [root.access_key_id, second["AccessKeyId"]]
    assert third.code == "LimitExceeded.User.AccessKey"
    assert emulator.state()["users"] == {}


def test_last_used(emulator: Emulator, sign_in: Callable[..., RawClient]) -> None:
    """A key's last use is told two hours after it signed an accepted request, and not before."""
    alice = sign_in("alice", "2015-04-01")
    key = {"UserName": "alice", "UserAccessKeyId": alice.access_key_id}
    alice.secret, secret = "wrong", alice.secret
    alice.act("GetCallerIdentity")
    never = emulator.call("GetAccessKeyLastUsed", **key)

    alice.secret = secret
    alice.act("GetCallerIdentity")
    emulator.advance_clock(7190)
    too_early = emulator.call("GetAccessKeyLastUsed", **key)
    emulator.advance_clock(10)
    used = emulator.call("GetAccessKeyLastUsed", **key)

    assert never["AccessKeyLastUsed"]["LastUsedDate"] == "N/A"
    assert too_early == never
    assert used["AccessKeyLastUsed"]["LastUsedDate"].startswith("20")


def test_login_profile(emulator: Emulator, refusal: Callable[..., tuple[int, str]]) -> None:
    """A login profile is created once, changed in parts, and never shows its password."""
    alice = {"UserName": "alice"}
    emulator.call("CreateUser", **alice)
    absent = refusal("GetLoginProfile", **alice)
    weak = refusal("CreateLoginProfile", Password="password", **alice)
    created = emulator.call(
        "CreateLoginProfile", Password=PASSWORD, PasswordResetRequired="True", **alice
    )
    twice = refusal("CreateLoginProfile", Password=PASSWORD, **alice)

    updated = emulator.call("UpdateLoginProfile", MFABindRequired="true", **alice)
    profile = emulator.call("GetLoginProfile", **alice)["LoginProfile"]

    assert absent == (404, "EntityNotExist.User.LoginProfile")
    assert weak == (400, "InvalidParameter.Password.TooWeak")
    assert twice == (409, "EntityAlreadyExists.User.LoginProfile")
    assert updated == {}
    assert PASSWORD not in json.dumps([created, profile])
    assert (profile["PasswordResetRequired"], profile["MFABindRequired"]) == (True, True)


def test_change_password(
    emulator: Emulator, root: RawClient, sign_in: Callable[..., RawClient]
) -> None:
    """A user changes its own password if it knows the old one; the account has none."""
    alice = sign_in("alice")
    emulator.call("CreateLoginProfile", UserName="alice", Password=PASSWORD)

    codes = [
        client.act("ChangePassword", OldPassword=old, NewPassword=new).code
        for client, old, new in (
            (root, PASSWORD, "Other-Horse-8"),
            (alice, "wrong", "Other-Horse-8"),
            (alice, PASSWORD, "weak"),
            (alice, PASSWORD, PASSWORD),
            (alice, PASSWORD, "Other-Horse-8"),
        )
    ]

    assert codes == [
        "NotSupport.Account",
        "InvalidParameter.OldPassword.Incorrect",
        "InvalidParameter.NewPassword.TooWeak",
        "InvalidParameter.NewPassword.ReusePrevention",
        "",
    ]


def test_mfa_device(emulator: Emulator, refusal: Callable[..., tuple[int, str]]) -> None:
    """A device is bound with two consecutive codes, reported, and not deleted while bound."""
    emulator.call("CreateUser", UserName="alice")
    emulator.call("CreateUser", UserName="bob")
    absent = refusal("GetUserMFAInfo", UserName="alice")
    device = bind_mfa(emulator, "alice")
    serial = {"SerialNumber": device["SerialNumber"]}
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "123456"}
    again = refusal("BindMFADevice", UserName="alice", **serial, **codes)
    to_bob = refusal("BindMFADevice", UserName="bob", **serial, **codes)
    bound = refusal("DeleteVirtualMFADevice", **serial)
    info = emulator.call("GetUserMFAInfo", UserName="alice")["MFADevice"]
    listed = emulator.call("ListVirtualMFADevices")["VirtualMFADevices"]["VirtualMFADevice"]

    unbound = emulator.call("UnbindMFADevice", UserName="alice")
    wrong = refusal("BindMFADevice", UserName="bob", **serial, **codes)
    emulator.call("DeleteVirtualMFADevice", **serial)

    assert absent == (404, "EntityNotExist.User.MFADevice")
    assert again == (409, "EntityAlreadyExists.User.MFADevice")
    assert to_bob == (409, "EntityAlreadyExists.VirtualMFADevice.User")
    assert bound == (409, "DeleteConflict.VirtualMFADevice.User")
    assert info == {**serial, "Type": "VMFA"}
    assert listed[0]["User"]["UserName"] == "alice"
    assert unbound == {"MFADevice": serial}
    assert wrong == (403, "CheckAuthenticationCodeFail")
    assert emulator.state()["mfa_devices"] == {}


def test_totp_vector() -> None:
    """The codes are those of RFC 6238."""
    seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

    assert [totp(seed, seconds // 30) for seconds in (59, 1111111109)] == ["287082", "081804"]


@pytest.mark.parametrize("way", ["UserPrincipalName", "UserId", "UserAccessKeyId"])
def test_ims_get_user(
    emulator: Emulator, root: RawClient, sign_in: Callable[..., RawClient], way: str
) -> None:
    """IMS finds a user by its principal name, its id, or the id of one of its keys."""
    key_id = sign_in("alice").access_key_id
    values = {
        "UserPrincipalName": f"alice@{emulator.account_id}.onaliyun.com",
        "UserId": emulator.state()["users"]["alice"]["user_id"],
        "UserAccessKeyId": key_id,
    }
    root.version = "2019-08-15"

    user = root.act("GetUser", **{way: values[way]}).json["User"]

    assert (user["UserName"], user["UserPrincipalName"]) == ("alice", values["UserPrincipalName"])


def test_ims_get_user_needs_one_way(root: RawClient) -> None:
    """IMS GetUser wants exactly one way to name the user, and says when nobody is there."""
    root.version = "2019-08-15"

    assert root.act("GetUser").status == 400
    assert root.act("GetUser", UserId="1", UserAccessKeyId="x").status == 400
    assert root.act("GetUser", UserAccessKeyId="x").code == "EntityNotExist.User"


def test_ims_keys_of_the_account(emulator: Emulator, root: RawClient) -> None:
    """In IMS the account acts on its own keys, two at most, and can name nobody else's."""
    root.version = "2019-08-15"

    made = root.act("CreateAccessKey").json["AccessKey"]["AccessKeyId"]
    listed = root.act("ListAccessKeys").json["AccessKeys"]["AccessKey"]

    assert [key["AccessKeyId"] for key in listed] == [emulator.access_key_id, made]
    assert root.act("CreateAccessKey").code == "LimitExceeded.User.AccessKey"
    assert root.act("UpdateAccessKey", UserAccessKeyId=made, Status="Inactive").status == 200
    assert root.act("GetAccessKeyLastUsed", UserAccessKeyId=made).status == 200
    assert root.act("DeleteAccessKey", UserAccessKeyId=made).status == 200
    assert root.act("ListAccessKeys", UserName="alice").code == "UnsupportedParameter"
    assert len(emulator.state()["root"]["access_keys"]) == 1


def bind_mfa(emulator: Emulator, user_name: str) -> dict[str, str]:
    """Create a device and bind it to a user."""
    device = emulator.call("CreateVirtualMFADevice", VirtualMFADeviceName=f"{user_name}-phone")
    device = device["VirtualMFADevice"]
    step = int(time.time()) // 30
    emulator.call(
        "BindMFADevice",
        SerialNumber=device["SerialNumber"],
        UserName=user_name,
        AuthenticationCode1=totp(device["Base32StringSeed"], step - 1),
        AuthenticationCode2=totp(device["Base32StringSeed"], step),
    )
    return device


def test_empty_user_name(
    emulator: Emulator, root: RawClient, refusal: Callable[..., tuple[int, str]]
) -> None:
    """An empty name is none: it means the caller's keys, and is missing where one is needed."""
    keys = root.act("ListAccessKeys", UserName="").json["AccessKeys"]["AccessKey"]

    assert [key["AccessKeyId"] for key in keys] == [emulator.access_key_id]
    assert refusal("GetUser", UserName="") == (400, "MissingParameter")

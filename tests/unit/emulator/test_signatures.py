# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests are believed only if they are fresh, complete and signed with a live key."""

from __future__ import annotations

import typing as t

import pytest
from multidict import CIMultiDict

from emulator.wire.signatures import (
    acs3_signature,
    acs3_string_to_sign,
    rpc_signature,
    rpc_string_to_sign,
)

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from emulator import Emulator

    from .conftest import RawClient

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_acs3_vector() -> None:
    """The published ACS3-HMAC-SHA256 example gives its published hash and signature."""
    headers = CIMultiDict(
        {
            "accept": "application/json",
            "host": "ram.aliyuncs.com",
            "x-acs-action": "CreateUser",
            "x-acs-version": "2015-05-01",
            "x-acs-date": "2026-01-02T03:04:05Z",
            "x-acs-signature-nonce": "0123456789abcdef0123456789abcdef",
            "x-acs-content-sha256": EMPTY,
        }
    )
    query = [("UserName", "alice"), ("DisplayName", "A b*~é")]

    text = acs3_string_to_sign("POST", query, headers, sorted(headers), EMPTY)

    assert text == (
        "ACS3-HMAC-SHA256\nc884bb8bb39ecaae6b33ffea968824b7c36089f8b969d58c615bb896d92eabb5"
    )
    assert acs3_signature("testsecret", text) == (
        "54a7fb7f9bf03eacbed8f6ac1ed46a8082927204f0ca5a43005898350637faa0"
    )


def test_rpc_vector() -> None:
    """The documented HMAC-SHA1 example gives its documented signature."""
    parameters = {
        "AccessKeyId": "testid",
        "Action": "CreateUser",
        "Format": "JSON",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "6a6e0ca6-4557-11e5-86a2-b8e8563dc8d2",
        "SignatureVersion": "1.0",
        "Timestamp": "2015-08-18T03:15:45Z",
        "UserName": "test",
        "Version": "2015-05-01",
    }

    text = rpc_string_to_sign("GET", parameters)

    assert rpc_signature("testsecret", text) == "kRA2cnpJVacIhDMzXnoNZG9tDCI="


@pytest.mark.parametrize("comments", ["A*b ~é/+", "", "a=b&c%20"])
def test_both_schemes_decode_any_text(emulator: Emulator, root: RawClient, comments: str) -> None:
    """A text arrives unchanged through either scheme, and through a form body."""
    root.acs3("CreateUser", {"UserName": "a", "Comments": comments})
    root.rpc("CreateUser", {"UserName": "b", "Comments": comments})
    root.acs3("CreateUser", form={"UserName": "c", "Comments": comments})

    users = emulator.state()["users"]
    assert [users[name]["comments"] for name in "abc"] == [comments] * 3


def test_wrong_secret(root: RawClient) -> None:
    """A wrong secret is refused in both schemes."""
    root.secret = "wrong"

    answers = [root.acs3("ListUsers"), root.rpc("ListUsers")]

    assert [(a.status, a.code) for a in answers] == [(400, "SignatureDoesNotMatch")] * 2


def test_unknown_key(root: RawClient) -> None:
    """A key that never existed is not found."""
    root.access_key_id = "LTAI5tNOSUCHKEY"

    answer = root.act("ListUsers")

    assert (answer.status, answer.code) == (404, "InvalidAccessKeyId.NotFound")


def test_disabled_and_deleted_key(emulator: Emulator, sign_in: Callable[..., RawClient]) -> None:
    """A key stops signing the moment it is disabled, signs again when enabled, and dies deleted."""
    user = sign_in("alice", "2015-04-01")
    key = {"UserName": "alice", "UserAccessKeyId": user.access_key_id}
    answers = [user.act("GetCallerIdentity")]

    emulator.call("UpdateAccessKey", Status="Inactive", **key)
    answers.append(user.act("GetCallerIdentity"))
    emulator.call("UpdateAccessKey", Status="Active", **key)
    answers.append(user.act("GetCallerIdentity"))
    emulator.call("DeleteAccessKey", **key)
    answers.append(user.act("GetCallerIdentity"))

    assert [(a.status, a.code) for a in answers] == [
        (200, ""),
        (400, "InvalidAccessKeyId.Inactive"),
        (200, ""),
        (404, "InvalidAccessKeyId.NotFound"),
    ]


def test_nonce_replay(root: RawClient) -> None:
    """A nonce is good for one request, whichever scheme carries it."""
    first = root.acs3("ListUsers", x_acs_signature_nonce="same")

    second = root.acs3("ListUsers", x_acs_signature_nonce="same")
    third = root.rpc("ListUsers", SignatureNonce="same")

    assert first.status == 200
    assert [a.code for a in (second, third)] == ["SignatureNonceUsed"] * 2


@pytest.mark.parametrize(
    ("offset", "code"),
    [
        (-890, ""),
        (890, ""),
        (-910, "InvalidTimeStamp.Expired"),
        (910, "InvalidTimeStamp.Expired"),
    ],
)
def test_timestamp_window(
    root: RawClient, make_timestamp: Callable[[float], str], offset: float, code: str
) -> None:
    """A request may be up to 15 minutes off in either direction."""
    answer = root.acs3("ListUsers", x_acs_date=make_timestamp(offset))

    assert answer.code == code


@pytest.mark.parametrize("date", ["yesterday", "2026-01-02 03:04:05", ""])
def test_malformed_timestamp(root: RawClient, date: str) -> None:
    """A date in another form is refused."""
    answer = root.rpc("ListUsers", Timestamp=date)

    assert (answer.status, answer.code) == (400, "InvalidTimeStamp.Format")


def test_header_outside_the_signature(root: RawClient) -> None:
    """A header that decides what is done must be covered by the signature."""
    answer = root.acs3("ListUsers", unsigned=("x-acs-action",))

    assert (answer.status, answer.code) == (400, "IncompleteSignature")


def test_body_hash_is_checked(root: RawClient) -> None:
    """A body other than the signed one is refused."""
    answer = root.acs3("CreateUser", form={"UserName": "a"}, x_acs_content_sha256=EMPTY)

    assert (answer.status, answer.code) == (400, "SignatureDoesNotMatch")


@pytest.mark.parametrize(
    ("override", "code"),
    [
        ({"SignatureMethod": "HMAC-SHA256"}, "InvalidSignatureMethod"),
        ({"SignatureVersion": "2.0"}, "InvalidSignatureVersion"),
        ({"SignatureNonce": ""}, "MissingSignatureNonce"),
        ({"Format": "YAML"}, "InvalidParameter.Format"),
    ],
)
def test_malformed_rpc_request(root: RawClient, override: dict[str, str], code: str) -> None:
    """The parameters that describe a signature have to be right."""
    answer = root.rpc("ListUsers", None, **override)

    assert (answer.status, answer.code) == (400, code)


def test_unsigned_request(root: RawClient) -> None:
    """A request without any signature is refused."""
    answer = root.send("GET", "/?Action=ListUsers&Version=2015-05-01", {})

    assert (answer.status, answer.code) == (400, "MissingAccessKeyId")


def test_other_authorization(root: RawClient) -> None:
    """An Authorization header of another scheme is refused."""
    headers = {"authorization": "Bearer x", "x-acs-action": "ListUsers"}

    answer = root.send("POST", "/", headers)

    assert (answer.status, answer.code) == (400, "InvalidSignatureMethod")


def test_repeated_parameter(root: RawClient) -> None:
    """A parameter that is given in the query and in the body is refused."""
    answer = root.acs3("CreateUser", {"UserName": "a"}, form={"UserName": "b"})

    assert (answer.status, answer.code) == (400, "InvalidParameter.Format")


def test_other_method_and_path(root: RawClient) -> None:
    """Only GET and POST on / are the API."""
    put = root.acs3("ListUsers", method="PUT")
    elsewhere = root.acs3("ListUsers", path="/v1")

    assert (put.status, put.code) == (400, "UnsupportedHTTPMethod")
    assert (elsewhere.status, elsewhere.code) == (404, "InvalidAction.NotFound")


def test_long_requests(root: RawClient) -> None:
    """A POST carries a full policy document in its URL; a GET ends at 4 KB."""
    long = {"UserName": "a", "Comments": "é" * 6144}

    post = root.acs3("CreateUser", long)
    get = root.acs3("CreateUser", long, method="GET")

    assert post.code == "InvalidParameter.Comments.Length"
    assert get.status == 414


def test_xml_answers(root: RawClient) -> None:
    """XML repeats list items in their wrapper and has its errors in an Error element."""
    for name in ("a", "b"):
        root.rpc("CreateUser", {"UserName": name})

    users = root.rpc("ListUsers", Format="XML")
    error = root.rpc("GetUser", {"UserName": "nobody"}, Format="XML")

    assert users.body.count(b"<User><UserId>") == 2
    assert b"<ListUsersResponse><RequestId>" in users.body
    assert b"<IsTruncated>false</IsTruncated>" in users.body
    assert b"<Code>EntityNotExist.User</Code>" in error.body
    assert error.headers["Content-Type"] == "text/xml;charset=utf-8"


def test_accept_header_asks_for_xml(root: RawClient) -> None:
    """A client that accepts XML gets it without naming a format."""
    answer = root.acs3("ListUsers", accept="application/xml")

    assert answer.body.startswith(b"<?xml")


def test_json_envelope(root: RawClient) -> None:
    """An error has a request id, a host, a code, a message and a place to read on."""
    answer = root.act("GetUser", UserName="nobody")

    assert answer.headers["Content-Type"] == "application/json;charset=utf-8"
    assert answer.json.keys() == {"RequestId", "HostId", "Code", "Message", "Recommend"}
    assert answer.headers["x-acs-request-id"] == answer.json["RequestId"].upper()


def test_action_that_is_not_signed(root: RawClient) -> None:
    """A header says nothing about a request whose parameters are what is signed."""
    headers = {"x-acs-action": "CreateUser", "x-acs-version": "2015-05-01"}

    answer = root.send("GET", "/?Signature=x&UserName=alice", headers)

    assert answer.code == "MissingAction"

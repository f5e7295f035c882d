# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The official clients, current and old, understand the emulator."""

from __future__ import annotations

import json
import typing as t
import xml.etree.ElementTree as ET

import pytest
from alibabacloud_ram20150501 import models
from alibabacloud_ram20150501.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.models import Config
from aliyunsdkcore.client import AcsClient
from aliyunsdkram.request.v20150501.CreateAccessKeyRequest import CreateAccessKeyRequest
from aliyunsdkram.request.v20150501.CreateUserRequest import CreateUserRequest
from aliyunsdkram.request.v20150501.DeleteAccessKeyRequest import DeleteAccessKeyRequest
from aliyunsdkram.request.v20150501.DeleteUserRequest import DeleteUserRequest
from aliyunsdkram.request.v20150501.ListAccessKeysRequest import ListAccessKeysRequest

from .everything import live

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from aliyunsdkcore.request import RpcRequest

    from emulator import Emulator

    from .conftest import RawClient


def connect(signer: RawClient, algorithm: str | None = None) -> Client:
    """Return the current SDK's client with the same key."""
    return Client(
        Config(
            access_key_id=signer.access_key_id,
            access_key_secret=signer.secret,
            endpoint=signer.host_port,
            protocol="http",
            signature_algorithm=algorithm,
        )
    )


def test_user_with_key(emulator: Emulator, root: RawClient) -> None:
    """The current SDK creates a user and a key, and reads back what the emulator stored."""
    sdk = connect(root)
    sdk.create_user(models.CreateUserRequest(user_name="alice", comments="a b*~é", email="a@b.cd"))
    created = sdk.create_access_key(models.CreateAccessKeyRequest(user_name="alice"))

    user = sdk.get_user(models.GetUserRequest(user_name="alice")).body.user
    keys = sdk.list_access_keys(models.ListAccessKeysRequest(user_name="alice")).body.access_keys
    stored = emulator.state()["users"]["alice"]

    assert (user.user_id, user.comments, user.email) == (stored["user_id"], "a b*~é", "a@b.cd")
    assert (
        created.body.access_key.access_key_secret == stored["access_keys"][0]["access_key_secret"]
    )
    assert [key.status for key in keys.access_key] == ["Active"]


def test_pages(emulator: Emulator, root: RawClient) -> None:
    """The current SDK walks through the pages of a list."""
    sdk = connect(root)
    for number in range(5):
        emulator.call("CreateUser", UserName=f"user{number}")
    names, marker = [], None

    while True:
        page = sdk.list_users(models.ListUsersRequest(max_items=2, marker=marker)).body
        names += [user.user_name for user in page.users.user]
        marker = page.marker
        if not page.is_truncated:
            break

    assert names == [f"user{number}" for number in range(5)]
    assert emulator.actions() == ["ListUsers"] * 3


def test_policy_and_group(root: RawClient) -> None:
    """The current SDK attaches policies, joins groups and lists both."""
    sdk = connect(root)
    document = json.dumps(
        {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "slb:*", "Resource": "*"}]}
    )
    sdk.create_user(models.CreateUserRequest(user_name="alice"))
    sdk.create_group(models.CreateGroupRequest(group_name="ops"))
    sdk.add_user_to_group(models.AddUserToGroupRequest(user_name="alice", group_name="ops"))
    sdk.create_policy(models.CreatePolicyRequest(policy_name="p", policy_document=document))
    for name, policy_type in (("p", "Custom"), ("AliyunSLBReadOnlyAccess", "System")):
        sdk.attach_policy_to_user(
            models.AttachPolicyToUserRequest(
                user_name="alice", policy_name=name, policy_type=policy_type
            )
        )

    user = "alice"
    groups = sdk.list_groups_for_user(models.ListGroupsForUserRequest(user_name=user)).body.groups
    policies = sdk.list_policies_for_user(models.ListPoliciesForUserRequest(user_name=user))
    policy = sdk.get_policy(models.GetPolicyRequest(policy_name="p", policy_type="Custom")).body

    assert [group.group_name for group in groups.group] == ["ops"]
    assert [p.policy_name for p in policies.body.policies.policy] == [
        "p",
        "AliyunSLBReadOnlyAccess",
    ]
    assert policy.default_policy_version.policy_document == document
    assert policy.policy.attachment_count == 1


def test_errors(root: RawClient) -> None:
    """The current SDK sees code, status, message and request id of a refusal."""
    sdk = connect(root)

    with pytest.raises(ClientException) as missing:
        sdk.get_user(models.GetUserRequest(user_name="nobody"))

    assert (missing.value.code, missing.value.status_code) == ("EntityNotExist.User", 404)
    assert missing.value.data["Message"] == "The user does not exist."
    assert missing.value.request_id == missing.value.data["RequestId"]


def test_access_denied_detail(sign_in: Callable[..., RawClient]) -> None:
    """The current SDK sees which permission a caller lacks."""
    sdk = connect(sign_in("alice"))

    with pytest.raises(ClientException) as denied:
        sdk.list_users(models.ListUsersRequest())

    assert denied.value.code == "NoPermission"
    assert denied.value.access_denied_detail["AuthAction"] == "ram:ListUsers"


def test_rpc_scheme_of_the_current_sdk(emulator: Emulator, root: RawClient) -> None:
    """The current SDK may sign with the older scheme."""
    sdk = connect(root, algorithm="v2")

    sdk.create_user(models.CreateUserRequest(user_name="alice", display_name="A.B"))

    assert emulator.state()["users"]["alice"]["display_name"] == "A.B"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_old_sdk(emulator: Emulator, method: str) -> None:
    """The old SDK creates, lists and deletes a user and a key with HMAC-SHA1, in JSON and XML."""
    sdk = AcsClient(emulator.access_key_id, emulator.access_key_secret, "cn-hangzhou")

    def to_emulator(request: RpcRequest, **parameters: str) -> RpcRequest:
        request.set_method(method)
        request.set_protocol_type("http")
        request.set_endpoint(emulator.host_port)
        for name, value in parameters.items():
            request.add_query_param(name, value)
        return request

    alice = {"UserName": "alice"}
    sdk.do_action_with_exception(to_emulator(CreateUserRequest(), **alice))
    key = json.loads(sdk.do_action_with_exception(to_emulator(CreateAccessKeyRequest(), **alice)))
    key_id = key["AccessKey"]["AccessKeyId"]
    listing = to_emulator(ListAccessKeysRequest(), **alice)
    listing.set_accept_format("XML")
    # Its one way to see XML is deprecated.
    with pytest.deprecated_call():
        keys = ET.fromstring(sdk.do_action(listing))
    sdk.do_action_with_exception(
        to_emulator(DeleteAccessKeyRequest(), UserAccessKeyId=key_id, **alice)
    )
    sdk.do_action_with_exception(to_emulator(DeleteUserRequest(), **alice))

    assert [element.text for element in keys.iter("AccessKeyId")] == [key_id]
    assert emulator.state()["users"] == {}
    assert emulator.actions() == [
        "CreateUser",
        "CreateAccessKey",
        "ListAccessKeys",
        "DeleteAccessKey",
        "DeleteUser",
    ]


def test_xml(emulator: Emulator, root: RawClient) -> None:
    """All that is read in JSON is read in XML, value by value."""
    compared = {}

    def do(action: str, /, **parameters: t.Any) -> dict[str, t.Any]:
        as_user = parameters.pop("as_user", None)
        texts = {
            name: json.dumps(value) if isinstance(value, (bool, list)) else str(value)
            for name, value in parameters.items()
        }
        client = type(root)(emulator.host_port, *as_user) if as_user else root
        answer = client.acs3(action, texts).json
        if action.startswith(("Get", "List")) and not as_user:
            xml = client.acs3(action, texts, accept="application/xml")
            compared[action] = (in_json(answer), in_xml(ET.fromstring(xml.body)))
        return answer

    live(do, emulator)

    assert len(compared) > 20
    assert {name: pair for name, pair in compared.items() if pair[0] != pair[1]} == {}


def in_json(value: t.Any, path: str = "") -> list[tuple[str, str]]:
    """Return the paths and texts of the values of an answer, sorted; its own id left out."""
    if isinstance(value, dict):
        items = [(f"{path}/{name}", inner) for name, inner in value.items() if name != "RequestId"]
    elif isinstance(value, list):
        items = [(path, inner) for inner in value]
    else:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        # XML can't tell an empty list from an empty text.
        return [(path, text)] if text else []
    return sorted(found for name, inner in items for found in in_json(inner, name))


def in_xml(element: ET.Element, path: str = "") -> list[tuple[str, str]]:
    """Return the same of an answer in XML."""
    children = [child for child in element if child.tag != "RequestId"]
    if not children:
        return [(path, element.text)] if element.text else []
    return sorted(found for child in children for found in in_xml(child, f"{path}/{child.tag}"))

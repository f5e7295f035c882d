# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network policies of keys: from where a key may sign."""

from __future__ import annotations

import json
import threading
import time
import typing as t

from .._cloud.client import nothing
from .._cloud.errors import ApiError, RamError
from .._cloud.services import IMS
from .._stopping import pause
from .account import read_default_domain

if t.TYPE_CHECKING:
    from .._cloud.client import Answer, Client

NONE = "EntityNotExist.AccessKeyPolicy"
# What is read may be older than what was set just before.
PATIENCE = 30.0
FIRST_PAUSE = 0.5

Policy: t.TypeAlias = "dict[str, t.Any]"


class NetworkPolicyApi:
    """The network policies of the keys of RAM users; safe to share between threads.

    Each method raises RamError.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._domain: str | None = None

    def find(self, user_name: str, key_id: str) -> Policy | None:
        """Return the policy of a key, None if it has none that says anything."""
        doing = f"read the network policy of AccessKey {key_id} of user {user_name}"
        named = {"UserPrincipalName": self._principal(user_name), "UserAccessKeyId": key_id}
        try:
            return self._client.call(IMS, "GetAccessKeyPolicy", named, _policy, doing=doing)
        except ApiError as error:
            if error.code == NONE:
                return None
            raise

    def put(self, user_name: str, key_id: str, policy: Policy) -> None:
        """Give a key a policy, and return once it is read back."""
        self.send(user_name, key_id, policy)
        deadline, delay = time.monotonic() + PATIENCE, FIRST_PAUSE
        while self.find(user_name, key_id) != policy:
            if time.monotonic() + delay > deadline:
                raise RamError(
                    f"The network policy of AccessKey {key_id} of user {user_name} was set, but "
                    "another one is read back"
                )
            pause(delay)
            delay *= 2

    def send(self, user_name: str, key_id: str, policy: Policy) -> None:
        """Give a key a policy."""
        doing = f"set the network policy of AccessKey {key_id} of user {user_name}"
        parameters = {
            "UserPrincipalName": self._principal(user_name),
            "UserAccessKeyId": key_id,
            "AccessKeyPolicy": json.dumps(policy),
        }
        self._client.call(IMS, "SetAccessKeyPolicy", parameters, nothing, doing=doing)

    def _principal(self, user_name: str) -> str:
        # Many threads need it at once, and one request tells them all.
        with self._lock:
            if self._domain is None:
                self._domain = read_default_domain(self._client)
            return f"{user_name}@{self._domain}"


def _policy(answer: Answer) -> Policy | None:
    policy = json.loads(answer["AccessKeyPolicy"] or "{}")
    # The service keeps the version by itself, whatever is sent.
    policy.pop("Version", None)
    is_none = not policy.get("Statements") and policy.get("Status") != "Active"
    return None if is_none else dict(policy)

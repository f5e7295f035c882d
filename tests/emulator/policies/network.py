# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Network policies of keys: from which addresses a permanent key may sign."""

from __future__ import annotations

import functools
import ipaddress
import json
import typing as t

from ..cloud.entities import ACTIVE, INACTIVE
from ..errors import ApiError
from .language import PolicyError

if t.TYPE_CHECKING:
    from ..cloud.entities import AccessKey

PUBLIC = "ClassicWhiteList"
VPC = "VPCWhiteList"
NO_POLICY = "{}"
MAX_STATEMENTS = 8
# Of a policy as a whole. Unconfirmed: it may be of each statement.
MAX_ADDRESSES = 50


def normal_form(text: str) -> str:
    """Return a policy as the service gives it back; PolicyError if it is none."""
    try:
        policy = json.loads(text)
    except ValueError:
        raise PolicyError("the policy is no JSON") from None
    if not isinstance(policy, dict) or not policy.keys() <= {"Version", "Status", "Statements"}:
        raise PolicyError("the policy has Version, Status and Statements")
    if policy.get("Status") not in (ACTIVE, INACTIVE):
        raise PolicyError(f"Status is {ACTIVE} or {INACTIVE}")
    statements = policy.get("Statements")
    if not isinstance(statements, list) or len(statements) > MAX_STATEMENTS:
        raise PolicyError(f"Statements is a list of up to {MAX_STATEMENTS}")
    if sum(_count_networks(statement) for statement in statements) > MAX_ADDRESSES:
        raise PolicyError(f"a policy has up to {MAX_ADDRESSES} addresses")
    # The service keeps the version by itself, whatever is sent.
    return json.dumps({"Version": 1, "Status": policy["Status"], "Statements": statements})


def check_network(key: AccessKey, address: str) -> None:
    """Refuse a key that may not sign from this address."""
    # A policy of the key displaces the account's. Unconfirmed: also while it is inactive.
    policy = _allowed(key.network_policy)
    if policy is None:
        policy = _allowed(key.account.network_policy)
    if policy is not None and not any(ipaddress.ip_address(address) in net for net in policy):
        # Neither code nor status is documented.
        raise ApiError(
            403,
            "Forbidden.AccessKeyPolicy",
            f"The network policy of the AccessKey does not allow {address}.",
        )


def _count_networks(statement: t.Any) -> int:
    """Return how many networks a statement lists, having checked it."""
    if not isinstance(statement, dict) or statement.get("Type") not in (PUBLIC, VPC):
        raise PolicyError(f"the Type of a statement is {PUBLIC} or {VPC}")
    fields = {"Type", "IPList"} | ({"Value"} if statement["Type"] == VPC else set())
    if statement.keys() != fields or not isinstance(statement.get("Value", ""), str):
        raise PolicyError(f"a statement of this type has {', '.join(sorted(fields))}")
    networks = statement["IPList"]
    if not isinstance(networks, list):
        raise PolicyError("IPList is a list")
    for network in networks:
        _read_network(network)
    return len(networks)


def _read_network(text: t.Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text if isinstance(text, str) else "", strict=False)
    except ValueError:
        raise PolicyError("IPList has addresses and networks") from None


@functools.lru_cache(maxsize=128)
def _allowed(text: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] | None:
    """Return the public networks of a policy in force, None for no policy in force."""
    policy = json.loads(text or NO_POLICY)
    if policy.get("Status") != ACTIVE:
        return None
    # A request that reaches the emulator comes from no VPC.
    return tuple(
        _read_network(network)
        for statement in policy["Statements"]
        if statement["Type"] == PUBLIC
        for network in statement["IPList"]
    )

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What there is to know of an account as a whole."""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict

from .._cloud.services import IMS
from .._work.pool import map_all
from .account_alias import AccountAliasApi
from .password_policy import PASSWORD_POLICY
from .preference import SECURITY_PREFERENCE
from .quotas import read_summary
from .settings import read_settings

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .._cloud.client import Client

ASPECTS = ("alias", "default_domain", "summary", "password_policy", "security_preference")


def read_account(client: Client, aspects: Sequence[str]) -> dict[str, t.Any]:
    """Return those of ASPECTS that are asked for, in one call each; raises RamError."""
    readers: dict[str, Callable[[], t.Any]] = {
        "alias": lambda: getattr(AccountAliasApi(client).find(), "account_alias", ""),
        "default_domain": lambda: read_default_domain(client),
        "summary": lambda: camel_dict_to_snake_dict(read_summary(client)),
        "password_policy": lambda: read_settings(client, PASSWORD_POLICY).as_result(),
        "security_preference": lambda: read_settings(client, SECURITY_PREFERENCE).as_result(),
    }
    known = map_all(lambda aspect: readers[aspect](), aspects, len(aspects))
    return dict(zip(aspects, known, strict=True))


def read_default_domain(client: Client) -> str:
    """Return the domain that the logon names of the users end with."""
    doing = "read the default domain of the account"
    return client.call(
        IMS, "GetDefaultDomain", {}, lambda answer: str(answer["DefaultDomainName"]), doing=doing
    )

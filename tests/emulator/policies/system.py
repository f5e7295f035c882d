# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The system policies that the emulator knows; any other name does not exist.

Documents are as far as they are public. Where only the policy's purpose is known, the read-only one
allows the Describe, List and Get calls of its product and the full one all of them.
"""

from __future__ import annotations

import json
import typing as t

from ..cloud.entities import SYSTEM, Policy, PolicyVersion
from .language import VERSION

CREATE_DATE = "2015-06-01T00:00:00Z"


def _all_of(*products: str) -> list[str]:
    return [f"{product}:*" for product in products]


def _reads_of(*products: str) -> list[str]:
    return [f"{product}:{verb}*" for product in products for verb in ("Describe", "List", "Get")]


ALLOWED_ACTIONS: dict[str, list[str]] = {
    "AdministratorAccess": ["*"],
    "AliyunRAMFullAccess": _all_of("ram"),
    "AliyunRAMReadOnlyAccess": ["ram:Get*", "ram:List*"],
    "AliyunSTSAssumeRoleAccess": ["sts:AssumeRole"],
    "AliyunSLBFullAccess": _all_of("slb"),
    "AliyunSLBReadOnlyAccess": [*_reads_of("slb"), "cms:QueryMetric*"],
    "AliyunALBFullAccess": _all_of("alb"),
    "AliyunALBReadOnlyAccess": _reads_of("alb"),
    "AliyunNLBFullAccess": _all_of("nlb"),
    "AliyunNLBReadOnlyAccess": _reads_of("nlb"),
    "AliyunGWLBFullAccess": _all_of("gwlb"),
    "AliyunGWLBReadOnlyAccess": _reads_of("gwlb"),
    "AliyunYundunHighFullAccess": _all_of("yundun-high", "yundun-ddoscoo"),
    "AliyunYundunHighReadOnlyAccess": _reads_of("yundun-high", "yundun-ddoscoo"),
    # Its read-only twin is unconfirmed, so that name is refused.
    "AliyunYundunNewBGPAntiDDoSServicePROFullAccess": _all_of("yundun-ddoscoo"),
    "AliyunYundunAntiDDoSPremiumFullAccess": _all_of("yundun-ddoscoo", "yundun-ddosdip"),
    "AliyunYundunAntiDDoSPremiumReadOnlyAccess": _reads_of("yundun-ddoscoo", "yundun-ddosdip"),
    "AliyunYundunAntiDDoSBagFullAccess": _all_of("yundun-antiddosbag"),
    "AliyunYundunAntiDDoSBagReadOnlyAccess": _reads_of("yundun-antiddosbag"),
    "AliyunYundunDDosFullAccess": _all_of("yundun-ddos"),
    "AliyunYundunDDosReadOnlyAccess": _reads_of("yundun-ddos"),
    "AliyunYundunDDoSRewardsFullAccess": _all_of("yundun-ddosrewards"),
    "AliyunYundunDDoSReportReadOnlyAccess": _reads_of("yundun-ddosreport"),
    "AliyunYundunDDoSDiversionReadOnlyAccess": _reads_of("yundun-ddosdiversion"),
}
# The documentation shows the fourth version of this one; the others start at the first.
DEFAULT_VERSIONS = {"AliyunSLBReadOnlyAccess": 4}


def system_policies() -> t.Iterator[Policy]:
    """Return every system policy, attached to nothing."""
    for name, actions in ALLOWED_ACTIONS.items():
        number = DEFAULT_VERSIONS.get(name, 1)
        yield Policy(
            name=name,
            policy_type=SYSTEM,
            description=f"The system policy {name}.",
            create_date=CREATE_DATE,
            update_date=CREATE_DATE,
            default_version=f"v{number}",
            last_version=number,
            versions={f"v{number}": _version(f"v{number}", actions)},
        )


def _version(version_id: str, actions: list[str]) -> PolicyVersion:
    statement = {"Action": actions, "Effect": "Allow", "Resource": "*"}
    document = json.dumps({"Statement": [statement], "Version": VERSION})
    return PolicyVersion(version_id, document, CREATE_DATE)

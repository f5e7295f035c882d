# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The system policies that the emulator knows.

Documents are as far as they are public. Where only the policy's purpose is known, the read-only one
allows the Describe, List and Get calls of its product and the full one all of them.
"""

from __future__ import annotations

import functools
import json
import re
import typing as t

from ..cloud.entities import SYSTEM, Policy, PolicyVersion
from .language import VERSION
from .system_names import NAMES

CREATE_DATE = "2015-06-01T00:00:00Z"
NAME = re.compile(r"Aliyun(?P<product>[A-Za-z0-9]+?)(?P<kind>FullAccess|ReadOnlyAccess|Access)")


def _all_of(*products: str) -> list[str]:
    return [f"{product}:*" for product in products]


def _reads_of(*products: str) -> list[str]:
    return [f"{product}:{verb}*" for product in products for verb in ("Describe", "List", "Get")]


ALLOWED_ACTIONS: dict[str, list[str]] = {
    "AdministratorAccess": ["*"],
    "AliyunRAMFullAccess": _all_of("ram"),
    "AliyunRAMReadOnlyAccess": ["ram:Get*", "ram:List*", "ram:GenerateCredentialReport"],
    "AliyunSTSAssumeRoleAccess": ["sts:AssumeRole"],
    "AliyunResourceDirectoryReadOnlyAccess": ["resourcemanager:Get*", "resourcemanager:List*"],
    "AliyunResourceDirectoryFullAccess": _all_of("resourcemanager"),
    "AliyunActionTrailReadOnlyAccess": [
        f"actiontrail:{verb}*" for verb in ("Lookup", "Describe", "Get", "Check", "List")
    ],
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
# Version in force and its date, as far as the documentation tells; the others are at their first.
VERSIONS = {
    "AliyunSLBReadOnlyAccess": (4, CREATE_DATE),
    "AliyunRAMReadOnlyAccess": (3, "2025-12-03T00:00:00Z"),
    "AliyunActionTrailReadOnlyAccess": (4, CREATE_DATE),
    "AliyunResourceDirectoryReadOnlyAccess": (6, CREATE_DATE),
}
NOTHING = {"NotAction": "*", "Effect": "Allow", "Resource": "*"}


def system_policies() -> t.Iterator[Policy]:
    """Return every system policy, attached to nothing."""
    for version, name in _texts():
        yield _policy(name, version)


def empty_policy(name: str) -> Policy:
    """Return a system policy that allows nothing, for a name that the emulator doesn't know."""
    return _policy(name, PolicyVersion("v1", _document(NOTHING), CREATE_DATE))


def _policy(name: str, version: PolicyVersion) -> Policy:
    return Policy(
        name=name,
        policy_type=SYSTEM,
        description=f"The system policy {name}.",
        create_date=CREATE_DATE,
        update_date=version.create_date,
        default_version=version.version_id,
        last_version=int(version.version_id[1:]),
        versions={version.version_id: version},
    )


@functools.cache
def _texts() -> list[tuple[PolicyVersion, str]]:
    """Return what system policies say, which never changes."""
    actions = ALLOWED_ACTIONS | {name: _usual_actions(name) for name in NAMES.split()}
    texts = []
    for name, allowed in actions.items():
        number, date = VERSIONS.get(name, (1, CREATE_DATE))
        document = _document({"Action": allowed, "Effect": "Allow", "Resource": "*"})
        texts.append((PolicyVersion(f"v{number}", document, date), name))
    return texts


def _usual_actions(name: str) -> list[str]:
    match = NAME.fullmatch(name)
    product = match["product"] if match else name
    product = re.sub(r"^Yundun(?=.)", "yundun-", product).lower()
    return _all_of(product) if name.endswith("FullAccess") else _reads_of(product)


def _document(statement: dict[str, t.Any]) -> str:
    return json.dumps({"Statement": [statement], "Version": VERSION})

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The services that requests go to, in the API's own names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Service:
    """One version of a service's API; `name` is also the prefix of its endpoint's option.

    `code` is what policies call the service.
    """

    name: str
    version: str
    code: str

    @property
    def endpoint_option(self) -> str:
        """Return the connection option that says where the service answers."""
        return f"{self.name}_endpoint"


RAM = Service("ram", "2015-05-01", code="ram")
STS = Service("sts", "2015-04-01", code="sts")
IMS = Service("ims", "2019-08-15", code="ram")
RESOURCE_DIRECTORY = Service("resource_directory", "2022-04-19", code="resourcemanager")

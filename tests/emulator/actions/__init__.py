# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one handler table: every action of every service, by API version and name."""

from __future__ import annotations

# Importing a room declares its actions.
from . import (
    directory,  # noqa: F401
    ims,  # noqa: F401
    ram,  # noqa: F401
    sts,  # noqa: F401
    sts_oidc,  # noqa: F401
)
from .service import DIRECTORY, IMS, RAM, STS

SERVICES = {service.version: service for service in (RAM, STS, IMS, DIRECTORY)}
SERVICE_NAMES = frozenset(service.name for service in SERVICES.values())
ACTION_NAMES = frozenset(name for service in SERVICES.values() for name in service.actions)

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A local RAM, STS, IMS and directory for tests and rehearsals, without code of the plugins."""

from __future__ import annotations

from .cloud.settings import LAST_USE_LAG
from .errors import ApiError
from .server import Emulator

__all__ = ["LAST_USE_LAG", "ApiError", "Emulator"]

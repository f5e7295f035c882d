# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A local RAM, STS and IMS endpoint for tests and rehearsals, without any code of the plugins."""

from __future__ import annotations

from .errors import ApiError
from .server import Emulator

__all__ = ["ApiError", "Emulator"]

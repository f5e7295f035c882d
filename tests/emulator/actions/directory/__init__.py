# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of Resource Directory: what an inventory reads of an organization."""

from __future__ import annotations

# Importing a module declares its actions.
from . import (
    accounts,  # noqa: F401
    declined,  # noqa: F401
    folders,  # noqa: F401
    tags,  # noqa: F401
)

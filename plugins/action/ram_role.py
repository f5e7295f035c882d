# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's side of ram_role."""

from __future__ import annotations

import typing as t

from ..modules.ram_role import DECLARATION
from ..plugin_utils._noun import NounAction


class ActionModule(NounAction):
    """The task ram_role; its options are documented with the module of that name."""

    declaration: t.ClassVar = DECLARATION

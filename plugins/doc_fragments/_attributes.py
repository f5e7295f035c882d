# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
---
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the changed status prediction without modifying
      anything.
  diff_mode:
    description: Returns details on what has changed, or would change in C(check_mode), when in diff
      mode.
  idempotent:
    description: When run twice in a row with the same options, the second run changes nothing.
"""

    STATE = r"""
---
options: {}
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Shows names and IDs, never a secret.
"""

    INFO = r"""
---
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This module only reads.
  diff_mode:
    support: N/A
    details:
      - This module only reads.
  idempotent:
    support: full
    details:
      - This module only reads.
"""

    ACTION_GROUP = r"""
---
options: {}
attributes:
  action_group:
    description:
      - Use C(group/keysmith.alibabacloud.ram) in C(module_defaults) to set the connection options
        once.
    support: full
    membership:
      - keysmith.alibabacloud.ram
"""

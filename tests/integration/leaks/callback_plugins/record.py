# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write down all that Ansible tells callbacks about results, as the JSON callback does."""

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
---
name: record
type: notification
short_description: Write each result as a line of JSON to $RECORD_FILE
description: For tests.
author: Keysmith maintainers (@keysmith)
"""


class CallbackModule(CallbackBase):
    """The callback."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "record"

    def _record(self, result: t.Any, **_options: t.Any) -> None:
        with Path(os.environ["RECORD_FILE"]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(result._result, default=str) + "\n")

    v2_runner_on_ok = _record
    v2_runner_on_failed = _record  # type: ignore[assignment]
    v2_runner_item_on_ok = _record
    v2_runner_item_on_failed = _record

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials that a program prints, as profiles of mode External have it."""

from __future__ import annotations

import json
import math
import shlex
import subprocess
import typing as t

from .credentials import Issued, no_credentials
from .times import timestamp

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from .profiles import Profile

# Seconds, as the SDK gives it.
PATIENCE = 60.0
# How long a token signs whose end the program does not tell.
UNTOLD_LIFE = 900.0


def ask_program(profile: Profile, environment: Mapping[str, str], now: float) -> Issued:
    """Return what the program of a profile prints, which nobody else sees; raises CredentialError.

    It has the environment of the task and no input.
    """
    (command,) = profile.require("process_command")
    try:
        # Action plugins come here, too, and have no module whose run_command could do it.
        ended = subprocess.run(  # pylint: disable=ansible-bad-function
            shlex.split(command),
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=True,
        )
        return _issued(json.loads(ended.stdout), now)
    # Neither the command nor what it prints is shown: both may hold a secret.
    except OSError as error:
        reason = f"its program can't be run: {error.strerror}"
    except subprocess.CalledProcessError as error:
        reason = f"its program ended with status {error.returncode}"
    except subprocess.TimeoutExpired:
        reason = f"its program took more than {PATIENCE:.0f} s"
    except (ValueError, LookupError, TypeError, AttributeError):
        reason = "its program, or its process_command, is not as the aliyun CLI documents it"
    raise no_credentials(profile.told, reason)


def _issued(told: dict[str, t.Any], now: float) -> Issued:
    key_id, secret = (str(told[name] or "") for name in ("access_key_id", "access_key_secret"))
    token = str(told.get("sts_token") or "")
    if not key_id or not secret or (told.get("mode") == "StsToken" and not token):
        raise ValueError("half a pair")
    ends = timestamp(told.get("expiration"))
    never_told = now + UNTOLD_LIFE if token else math.inf
    return Issued(key_id, secret, token, ends or never_told)

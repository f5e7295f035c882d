# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The codes that an authenticator shows (RFC 6238)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct

TOTP_STEP_SECONDS = 30


def totp(seed: str, step: int) -> str:
    """Return the code that a device with this seed shows in a time step."""
    digest = hmac.new(base64.b32decode(seed), struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"

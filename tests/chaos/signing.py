# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign a call with a key pair, by the official SDK and none of the collection's code."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from emulator import Emulator


def signs(emulator: Emulator, access_key_id: str, secret: str) -> bool:
    """Tell whether the account accepts the pair; if so, the key counts as used."""
    from alibabacloud_tea_openapi import utils_models
    from alibabacloud_tea_openapi.client import Client
    from darabonba.runtime import RuntimeOptions
    from Tea.exceptions import TeaException

    config = utils_models.Config(
        access_key_id=access_key_id,
        access_key_secret=secret,
        endpoint=emulator.host_port,
        protocol="http",
    )
    call = utils_models.Params(
        action="GetCallerIdentity",
        version="2015-04-01",
        protocol="HTTP",
        pathname="/",
        method="POST",
        auth_type="AK",
        style="RPC",
        req_body_type="formData",
        body_type="json",
    )
    try:
        Client(config).call_api(call, utils_models.OpenApiRequest(), RuntimeOptions())
    except TeaException:
        return False
    return True

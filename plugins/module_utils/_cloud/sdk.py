# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The official SDK, imported when the first client needs it.

Nothing else of the collection imports it, so a host without it gets a message and no traceback.
"""

from __future__ import annotations

import shlex
import sys
import typing as t
from dataclasses import dataclass

from .errors import RamError

LIBRARY = "alibabacloud_ram20150501"
# As in requirements.txt, which is not there where a module runs.
REQUIREMENTS = (
    "alibabacloud-credentials>=1.0.9,<2",
    "alibabacloud-ram20150501>=1.3,<2",
    "alibabacloud-tea-openapi>=0.4.3,<0.5",
)


class MissingLibraryError(RamError):
    """The official SDK is not installed for the Python that runs this code."""

    def __init__(self, module: str) -> None:
        super().__init__(
            f"The Alibaba Cloud SDK is missing: this Python can't import {module}. "
            f"Install it: {shlex.join([sys.executable, '-m', 'pip', 'install', *REQUIREMENTS])}"
        )


@dataclass(frozen=True)
class Sdk:
    """The parts of the official SDK that the collection uses, by their own names."""

    RamClient: t.Any
    OpenApiClient: t.Any
    ram_models: t.Any
    Config: t.Any
    Params: t.Any
    OpenApiRequest: t.Any
    RuntimeOptions: t.Any
    CredentialModel: t.Any
    DaraCore: t.Any
    flatten: t.Any


def import_sdk() -> Sdk:
    """Return the SDK; raises MissingLibraryError."""
    try:
        from alibabacloud_credentials import models as credential_models
        from alibabacloud_ram20150501 import models as ram_models
        from alibabacloud_ram20150501.client import Client as RamClient
        from alibabacloud_tea_openapi import utils_models
        from alibabacloud_tea_openapi.client import Client as OpenApiClient
        from alibabacloud_tea_openapi.utils import Utils
        from darabonba.core import DaraCore
        from darabonba.runtime import RuntimeOptions
    except ImportError as exc:
        raise MissingLibraryError(str(exc.name or LIBRARY)) from None
    return Sdk(
        RamClient=RamClient,
        OpenApiClient=OpenApiClient,
        ram_models=ram_models,
        Config=utils_models.Config,
        Params=utils_models.Params,
        OpenApiRequest=utils_models.OpenApiRequest,
        RuntimeOptions=RuntimeOptions,
        CredentialModel=credential_models.CredentialModel,
        DaraCore=DaraCore,
        flatten=Utils.query,
    )

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of IMS."""

from __future__ import annotations

# Importing a module declares its actions.
from . import (
    access_keys,  # noqa: F401
    account,  # noqa: F401
    credential_report,  # noqa: F401
    declined,  # noqa: F401
    groups,  # noqa: F401
    login_profiles,  # noqa: F401
    mfa,  # noqa: F401
    network_policies,  # noqa: F401
    oidc_providers,  # noqa: F401
    preferences,  # noqa: F401
    recycle_bins,  # noqa: F401
    saml_providers,  # noqa: F401
    service_credentials,  # noqa: F401
    tags,  # noqa: F401
    users,  # noqa: F401
)

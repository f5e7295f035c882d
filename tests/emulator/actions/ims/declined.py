# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actions of IMS that the API has and the emulator has not."""

from __future__ import annotations

from ..service import IMS

IMS.decline(
    "CreateApplication UpdateApplication DeleteApplication GetApplication ListApplications"
    " CreateAppSecret DeleteAppSecret GetAppSecret ListAppSecretIds ListPredefinedScopes"
    " ProvisionApplication DeprovisionApplication GetApplicationProvisionInfo"
    " ListApplicationProvisionInfos ProvisionExternalApplication DeprovisionExternalApplication"
    " GetExternalApplication ListExternalApplications",
    "applications of OAuth are not emulated",
)
IMS.decline(
    "GenerateGovernanceReport GetGovernanceReportStatus GetGovernanceItemReport"
    " ListRecentGovernanceMetrics",
    "the items of governance reports are not documented",
)
IMS.decline(
    "GetUserSsoSettings SetUserSsoSettings", "nobody logs on through an identity provider here"
)
IMS.decline("ListPasskeys UpdatePasskey DeletePasskey", "nobody can make a passkey here")
IMS.decline(
    "GetVerificationInfo SetVerificationInfo UnbindVerification",
    "no text messages and e-mails are sent here",
)

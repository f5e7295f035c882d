# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actions of Resource Directory that the API has and the emulator has not."""

from __future__ import annotations

from ..service import DIRECTORY

DIRECTORY.decline(
    "AttachControlPolicy CreateControlPolicy DeleteControlPolicy DetachControlPolicy "
    "DisableControlPolicy EnableControlPolicy GetControlPolicy GetControlPolicyEnablementStatus "
    "ListControlPolicies ListControlPolicyAttachmentsForTarget "
    "ListTargetAttachmentsForControlPolicy UpdateControlPolicy",
    "control policies are not emulated",
)
DIRECTORY.decline(
    "AddMessageContact AssociateMembers CancelMessageContactUpdate DeleteMessageContact "
    "DisassociateMembers GetMessageContact GetMessageContactDeletionStatus "
    "ListMessageContactVerifications ListMessageContacts SendEmailVerificationForMessageContact "
    "SendPhoneVerificationForMessageContact UpdateMessageContact",
    "message contacts are not emulated",
)
DIRECTORY.decline(
    "AcceptHandshake CancelHandshake DeclineHandshake GetHandshake "
    "InviteAccountToResourceDirectory ListHandshakesForAccount "
    "ListHandshakesForResourceDirectory",
    "nobody can be invited here",
)
DIRECTORY.decline(
    "DeregisterDelegatedAdministrator ListDelegatedServicesForAccount ListTrustedServiceStatus "
    "RegisterDelegatedAdministrator",
    "no service is trusted here",
)
DIRECTORY.decline(
    "ListAuthorizedAccounts ListAuthorizedFolders",
    "the directory is seen whole here or not at all",
)
DIRECTORY.decline(
    "BindSecureMobilePhone CancelChangeAccountEmail ChangeAccountEmail CheckAccountDelete "
    "CreateFolder CreateResourceAccount DeleteAccount DeleteFolder DestroyResourceDirectory "
    "EnableResourceDirectory GetAccountDeletionCheckResult GetAccountDeletionStatus "
    "GetPayerForAccount MoveAccount PrecheckForConsolidatedBillingAccount RemoveCloudAccount "
    "RetryChangeAccountEmail SendVerificationCodeForBindSecureMobilePhone "
    "SendVerificationCodeForEnableRD SetMemberDeletionPermission SetMemberDisplayNameSyncStatus "
    "UpdateAccount UpdateFolder UpdatePayerForAccount",
    "the directory is as the seed has made it",
)

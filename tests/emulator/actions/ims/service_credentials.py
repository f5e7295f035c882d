# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Service credentials, of the caller itself when no user is named."""

from __future__ import annotations

import re
import typing as t

from ...cloud.clock import format_time
from ...cloud.entities import ACTIVE, INACTIVE
from ...cloud.service_credentials import ServiceCredential
from ...errors import invalid_parameter, limit_exceeded, missing_parameter
from ..ram.access_keys import KEY_OWNER
from ..rules import check_name, found, next_page
from ..service import IMS
from .principals import PRINCIPAL, principal, principal_name

if t.TYPE_CHECKING:
    from ...cloud.entities import User
    from ..call import Call, Result

NAME = re.compile(r"[A-Za-z0-9._-]+")
LONGEST_NAME = 128
AGES = range(1, 36_601)
PAGE_SIZES = range(1, 101)
DEFAULT_PAGE_SIZE = 10
DAY = 86400
OWN = "allow_user_to_manage_service_credentials"
KIND = "ServiceCredential"


@IMS.action(
    "CreateServiceCredential",
    required="ServiceName ServiceCredentialName",
    optional=f"{PRINCIPAL} CredentialAgeDays",
    on=KEY_OWNER,
    own=OWN,
)
def create_service_credential(call: Call) -> Result:
    """Create a credential; its secret is in this answer and in no other."""
    account, owner = call.account, _owner(call)
    name = check_name(call, "ServiceCredentialName", NAME, LONGEST_NAME)
    # Which services have credentials is not documented.
    service = check_name(call, "ServiceName", NAME, LONGEST_NAME)
    days = call.number("CredentialAgeDays", AGES, default=0)
    others = [c for c in account.service_credentials.values() if c.owner is owner]
    quota = account.quotas.service_credentials
    if sum(other.service == service for other in others) >= quota:
        raise limit_exceeded(f"User.{KIND}", quota)
    now = account.clock.now()
    credential = ServiceCredential(
        credential_id=f"sc-{account.ids.text(16)}",
        name=name,
        secret=account.ids.text(40),
        service=service,
        owner=owner,
        created=now,
        expires=now + days * DAY if days else None,
    )
    account.service_credentials[credential.credential_id] = credential
    call.cloud.secrets.append(credential.secret)
    described = _describe(call, credential)
    return {KIND: {**described, "ServiceCredentialSecret": credential.secret}}


@IMS.action(
    "GetServiceCredential",
    required="ServiceCredentialId",
    optional=PRINCIPAL,
    on=KEY_OWNER,
    own=OWN,
)
def get_service_credential(call: Call) -> Result:
    """Return a credential, without its secret."""
    return {KIND: _describe(call, _named(call))}


@IMS.action(
    "ListServiceCredentials",
    optional=f"{PRINCIPAL} AllUsers ServiceName MaxResults NextToken",
    on=KEY_OWNER,
    own=OWN,
)
def list_service_credentials(call: Call) -> Result:
    """Return one page of the credentials of one user or of all, without secrets."""
    takes_all = call.flag("AllUsers", default=False)
    if takes_all and call.get(PRINCIPAL):
        raise invalid_parameter("AllUsers", f"AllUsers can't be given beside {PRINCIPAL}.")
    owner = None if takes_all else _owner(call)
    service = call.get("ServiceName")
    credentials = [
        _describe(call, credential)
        for credential in call.account.service_credentials.values()
        if (takes_all or credential.owner is owner) and service in (None, credential.service)
    ]
    wanted = call.number("MaxResults", PAGE_SIZES, default=DEFAULT_PAGE_SIZE)
    size = min(wanted, call.account.page_size)
    page, token = next_page(call, KIND, credentials, size)
    result: Result = {
        "ServiceCredentials": page,
        "MaxResults": wanted,
        "IsTruncated": bool(token),
    }
    return {**result, "NextToken": token} if token else result


@IMS.action(
    "UpdateServiceCredential",
    required="ServiceCredentialId",
    optional=f"{PRINCIPAL} Status ServiceCredentialName",
    on=KEY_OWNER,
    own=OWN,
)
def update_service_credential(call: Call) -> Result:
    """Enable, disable or rename a credential."""
    status = call.get("Status")
    if not status and not call.get("ServiceCredentialName"):
        raise missing_parameter("Status")
    if status and status not in (ACTIVE, INACTIVE):
        raise invalid_parameter("Status", f"Status must be {ACTIVE} or {INACTIVE}.")
    credential = _named(call)
    if call.get("ServiceCredentialName"):
        credential.name = check_name(call, "ServiceCredentialName", NAME, LONGEST_NAME)
    credential.set_status = status or credential.set_status
    return {}


@IMS.action(
    "DeleteServiceCredential",
    required="ServiceCredentialId",
    optional=PRINCIPAL,
    on=KEY_OWNER,
    own=OWN,
)
def delete_service_credential(call: Call) -> Result:
    """Delete a credential."""
    del call.account.service_credentials[_named(call).credential_id]
    return {}


def _owner(call: Call) -> User | None:
    """Return whose credentials the call is about; None is the account itself."""
    if call.get(PRINCIPAL):
        return principal(call)
    if call.caller.session:
        raise missing_parameter(PRINCIPAL)
    return call.caller.user


def _named(call: Call) -> ServiceCredential:
    owner = _owner(call)
    credential = call.account.service_credentials.get(call["ServiceCredentialId"])
    is_there = credential is not None and credential.owner is owner
    return found(credential if is_there else None, f"User.{KIND}")


def _describe(call: Call, credential: ServiceCredential) -> Result:
    owner = credential.owner
    fields: Result = {
        "ServiceCredentialId": credential.credential_id,
        "ServiceCredentialName": credential.name,
        "ServiceName": credential.service,
        "Status": credential.status(call.account.clock.now()),
        # Unconfirmed for the account itself.
        PRINCIPAL: principal_name(call.account, owner) if owner else "",
        "CreateTime": format_time(credential.created),
    }
    if credential.expires is not None:
        fields["ExpirationTime"] = format_time(credential.expires)
    return fields

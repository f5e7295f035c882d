# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OIDC providers: whose tokens AssumeRoleWithOIDC takes."""

from __future__ import annotations

import re
import typing as t

from ...cloud.clock import parse_time
from ...cloud.entities import OidcProvider
from ...errors import (
    entity_already_exists,
    entity_not_exist,
    invalid_parameter,
    limit_exceeded,
)
from ..rules import check_name, check_text, found, page
from ..service import IMS
from .providers import MAX_PROVIDERS, PROVIDER_NAME

if t.TYPE_CHECKING:
    from ..call import Call, Result

NAME = "OIDCProviderName"
PROVIDERS = ("oidc-provider/*",)
PROVIDER = ("oidc-provider/{OIDCProviderName}",)
ISSUER_URL = re.compile(r"https://[^\s?#@]+")
CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]*")
FINGERPRINT = re.compile(r"[A-Za-z0-9]+")
LONGEST_URL = 255
LONGEST_ITEM = 128
LONGEST_DESCRIPTION = 256
MAX_CLIENT_IDS = 50
MAX_FINGERPRINTS = 5
HOURS = range(1, 169)
# Unconfirmed: how old a token may be if nobody says so.
DEFAULT_HOURS = 12
PAGE_SIZES = range(1, 101)


@IMS.action(
    "CreateOIDCProvider",
    # The metadata calls all optional.
    required=f"{NAME} IssuerUrl",
    optional="Description ClientIds Fingerprints IssuanceLimitTime",
    on=PROVIDERS,
)
def create_oidc_provider(call: Call) -> Result:
    """Create a provider; its issuer is nobody else's."""
    account, providers = call.account, call.account.oidc_providers
    name = check_name(call, NAME, PROVIDER_NAME, LONGEST_ITEM)
    issuer = check_name(call, "IssuerUrl", ISSUER_URL, LONGEST_URL)
    if providers.holder(name):
        raise entity_already_exists("OIDCProvider")
    if any(other.issuer_url == issuer for other in providers):
        # The code is unconfirmed.
        raise entity_already_exists("OIDCProvider.IssuerUrl")
    if len(providers) >= MAX_PROVIDERS:
        raise limit_exceeded("OIDCProvider", MAX_PROVIDERS)
    now = account.clock.timestamp()
    provider = OidcProvider(
        name=name,
        arn=account.arn(f"oidc-provider/{name}"),
        create_date=now,
        update_date=now,
        description=check_text(call, "Description", LONGEST_DESCRIPTION) or "",
        issuer_url=issuer,
        client_ids=_items(call, "ClientIds", CLIENT_ID, MAX_CLIENT_IDS),
        fingerprints=_items(call, "Fingerprints", FINGERPRINT, MAX_FINGERPRINTS),
        issuance_limit_hours=call.number("IssuanceLimitTime", HOURS, default=DEFAULT_HOURS),
    )
    providers.add(provider)
    return {"OIDCProvider": _describe(provider)}


@IMS.action("GetOIDCProvider", required=NAME, on=PROVIDER)
def get_oidc_provider(call: Call) -> Result:
    """Return a provider."""
    return {"OIDCProvider": _describe(_named(call))}


@IMS.action("ListOIDCProviders", optional="Marker MaxItems", on=PROVIDERS)
def list_oidc_providers(call: Call) -> Result:
    """Return one page of the providers."""
    return page(
        call,
        "OIDCProviders",
        "OIDCProvider",
        call.account.oidc_providers,
        render=_describe,
        sizes=PAGE_SIZES,
    )


@IMS.action(
    "UpdateOIDCProvider",
    required=NAME,
    optional="NewDescription ClientIds IssuanceLimitTime",
    on=PROVIDER,
)
def update_oidc_provider(call: Call) -> Result:
    """Change a provider; client ids that are sent replace all."""
    provider = _named(call)
    description = check_text(call, "NewDescription", LONGEST_DESCRIPTION)
    client_ids = _items(call, "ClientIds", CLIENT_ID, MAX_CLIENT_IDS)
    hours = call.number("IssuanceLimitTime", HOURS, default=provider.issuance_limit_hours)
    if description is not None:
        provider.description = description
    if "ClientIds" in call.parameters:
        provider.client_ids = client_ids
    provider.issuance_limit_hours = hours
    return _changed(call, provider)


@IMS.action("DeleteOIDCProvider", required=NAME, on=PROVIDER)
def delete_oidc_provider(call: Call) -> Result:
    """Delete a provider; roles that trust it stay."""
    call.account.oidc_providers.remove(_named(call))
    return {}


@IMS.action("AddClientIdToOIDCProvider", required=f"{NAME} ClientId", on=PROVIDER)
def add_client_id_to_oidc_provider(call: Call) -> Result:
    """Take tokens for one more client."""
    provider = _named(call)
    _add(call, "ClientId", provider.client_ids, CLIENT_ID, MAX_CLIENT_IDS)
    return _changed(call, provider)


@IMS.action("RemoveClientIdFromOIDCProvider", required=f"{NAME} ClientId", on=PROVIDER)
def remove_client_id_from_oidc_provider(call: Call) -> Result:
    """Take no more tokens for a client."""
    provider = _named(call)
    _remove(call, "ClientId", provider.client_ids)
    return _changed(call, provider)


@IMS.action("AddFingerprintToOIDCProvider", required=f"{NAME} Fingerprint", on=PROVIDER)
def add_fingerprint_to_oidc_provider(call: Call) -> Result:
    """Trust one more certificate."""
    provider = _named(call)
    _add(call, "Fingerprint", provider.fingerprints, FINGERPRINT, MAX_FINGERPRINTS)
    return _changed(call, provider)


@IMS.action("RemoveFingerprintFromOIDCProvider", required=f"{NAME} Fingerprint", on=PROVIDER)
def remove_fingerprint_from_oidc_provider(call: Call) -> Result:
    """Trust a certificate no more."""
    provider = _named(call)
    _remove(call, "Fingerprint", provider.fingerprints)
    return _changed(call, provider)


def _named(call: Call) -> OidcProvider:
    return found(call.account.oidc_providers.find(call[NAME]), "OIDCProvider")


def _items(call: Call, parameter: str, form: re.Pattern[str], limit: int) -> list[str]:
    """Return a list that is sent with commas, each item of this form."""
    items = [item for item in (call.get(parameter) or "").split(",") if item]
    if len(items) > limit:
        raise limit_exceeded(f"OIDCProvider.{parameter}", limit)
    for item in items:
        if len(item) > LONGEST_ITEM or not form.fullmatch(item):
            raise invalid_parameter(parameter, f"{parameter} has an item that is none.")
    return list(dict.fromkeys(items))


def _add(call: Call, parameter: str, items: list[str], form: re.Pattern[str], limit: int) -> None:
    # These codes are unconfirmed.
    item = check_name(call, parameter, form, LONGEST_ITEM)
    if item in items:
        raise entity_already_exists(f"OIDCProvider.{parameter}")
    if len(items) >= limit:
        raise limit_exceeded(f"OIDCProvider.{parameter}", limit)
    items.append(item)


def _remove(call: Call, parameter: str, items: list[str]) -> None:
    if call[parameter] not in items:
        raise entity_not_exist(f"OIDCProvider.{parameter}")
    items.remove(call[parameter])


def _changed(call: Call, provider: OidcProvider) -> Result:
    provider.update_date = call.account.clock.timestamp()
    return {"OIDCProvider": _describe(provider)}


def _describe(provider: OidcProvider) -> Result:
    return {
        NAME: provider.name,
        "Arn": provider.arn,
        "Description": provider.description,
        "IssuerUrl": provider.issuer_url,
        "ClientIds": ",".join(provider.client_ids),
        "Fingerprints": ",".join(provider.fingerprints),
        "IssuanceLimitTime": provider.issuance_limit_hours,
        "CreateDate": provider.create_date,
        "UpdateDate": provider.update_date,
        # The same in milliseconds.
        "GmtCreate": str(int(parse_time(provider.create_date)) * 1000),
        "GmtModified": str(int(parse_time(provider.update_date)) * 1000),
    }

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SAML providers: kept and told, though nobody can log on with an assertion here."""

from __future__ import annotations

import base64
import binascii
import typing as t

from ...cloud.entities import SamlProvider
from ...errors import (
    entity_already_exists,
    invalid_parameter,
    limit_exceeded,
    missing_parameter,
)
from ..rules import check_name, check_text, found, page
from ..service import IMS
from .providers import MAX_PROVIDERS, PROVIDER_NAME

if t.TYPE_CHECKING:
    from ..call import Call, Result

NAME = "SAMLProviderName"
DOCUMENT = "EncodedSAMLMetadataDocument"
PROVIDERS = ("saml-provider/*",)
PROVIDER = ("saml-provider/{SAMLProviderName}",)
LONGEST_NAME = 128
# Not documented for SAML; that of OIDC providers.
LONGEST_DESCRIPTION = 256
ALGORITHMS = ("rsa-sha1", "rsa-sha256")
PAGE_SIZES = range(1, 101)


@IMS.action(
    "CreateSAMLProvider",
    required=NAME,
    optional=f"{DOCUMENT} Description AuthnSignAlgo",
    on=PROVIDERS,
)
def create_saml_provider(call: Call) -> Result:
    """Create a provider."""
    account, providers = call.account, call.account.saml_providers
    name = check_name(call, NAME, PROVIDER_NAME, LONGEST_NAME)
    metadata, algorithm = _document(call, DOCUMENT), _algorithm(call, ALGORITHMS[0])
    description = check_text(call, "Description", LONGEST_DESCRIPTION) or ""
    if providers.holder(name):
        raise entity_already_exists("SAMLProvider")
    if len(providers) >= MAX_PROVIDERS:
        raise limit_exceeded("SAMLProvider", MAX_PROVIDERS)
    now = account.clock.timestamp()
    provider = SamlProvider(
        name=name,
        arn=account.arn(f"saml-provider/{name}"),
        create_date=now,
        update_date=now,
        description=description,
        metadata=metadata or "",
        signature_algorithm=algorithm,
    )
    providers.add(provider)
    return {"SAMLProvider": _with_algorithm(provider)}


@IMS.action("GetSAMLProvider", required=NAME, on=PROVIDER)
def get_saml_provider(call: Call) -> Result:
    """Return a provider with its metadata, in lines as the service gives them back."""
    provider = _named(call)
    lines = base64.encodebytes(base64.b64decode(provider.metadata)).decode()
    return {"SAMLProvider": {**_with_algorithm(provider), DOCUMENT: lines}}


@IMS.action("ListSAMLProviders", optional="Marker MaxItems", on=PROVIDERS)
def list_saml_providers(call: Call) -> Result:
    """Return one page of the providers, without their metadata."""
    return page(
        call,
        "SAMLProviders",
        "SAMLProvider",
        call.account.saml_providers,
        render=_describe,
        sizes=PAGE_SIZES,
    )


@IMS.action(
    "UpdateSAMLProvider",
    required=NAME,
    optional=f"NewDescription New{DOCUMENT} AuthnSignAlgo",
    on=PROVIDER,
)
def update_saml_provider(call: Call) -> Result:
    """Change description or metadata, or both."""
    if "NewDescription" not in call.parameters and not call.get(f"New{DOCUMENT}"):
        raise missing_parameter("NewDescription")
    provider = _named(call)
    description = check_text(call, "NewDescription", LONGEST_DESCRIPTION)
    metadata = _document(call, f"New{DOCUMENT}")
    provider.signature_algorithm = _algorithm(call, provider.signature_algorithm)
    if description is not None:
        provider.description = description
    provider.metadata = metadata or provider.metadata
    provider.update_date = call.account.clock.timestamp()
    return {"SAMLProvider": _with_algorithm(provider)}


@IMS.action("DeleteSAMLProvider", required=NAME, on=PROVIDER)
def delete_saml_provider(call: Call) -> Result:
    """Delete a provider; roles that trust it stay."""
    call.account.saml_providers.remove(_named(call))
    return {}


def _named(call: Call) -> SamlProvider:
    return found(call.account.saml_providers.find(call[NAME]), "SAMLProvider")


def _document(call: Call, parameter: str) -> str | None:
    """Return metadata in Base64, without line breaks."""
    text = "".join((call.get(parameter) or "").split())
    try:
        is_metadata = b"EntityDescriptor" in base64.b64decode(text, validate=True)
    except binascii.Error:
        is_metadata = False
    if text and not is_metadata:
        # The code is unconfirmed.
        raise invalid_parameter(parameter, f"{parameter} must be SAML metadata in Base64.")
    return text or None


def _algorithm(call: Call, default: str) -> str:
    algorithm = call.get("AuthnSignAlgo") or default
    if algorithm not in ALGORITHMS:
        raise invalid_parameter("AuthnSignAlgo", f"It must be {' or '.join(ALGORITHMS)}.")
    return algorithm


def _describe(provider: SamlProvider) -> Result:
    return {
        NAME: provider.name,
        "Arn": provider.arn,
        "Description": provider.description,
        "CreateDate": provider.create_date,
        "UpdateDate": provider.update_date,
    }


def _with_algorithm(provider: SamlProvider) -> Result:
    return {**_describe(provider), "AuthnSignAlgo": provider.signature_algorithm}

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Temporary credentials for whoever holds a token of a trusted OIDC provider."""

from __future__ import annotations

import time
import typing as t

from ..cloud.clock import format_time
from ..errors import ApiError, entity_not_exist, invalid_parameter, not_emulated
from ..policies.permissions import Request
from .service import STS
from .sts import describe_session, named_account, new_session

if t.TYPE_CHECKING:
    from ..cloud.entities import OidcProvider
    from .call import Call, Result

Claims = dict[str, t.Any]
ALGORITHMS = ("RS256", "ES256")

STS.decline("AssumeRoleWithSAML", "it has no rule for the signatures of SAML assertions")


@STS.action(
    "AssumeRoleWithOIDC",
    required="RoleArn OIDCProviderArn OIDCToken RoleSessionName",
    optional="DurationSeconds Policy",
    is_anonymous=True,
)
def assume_role_with_oidc(call: Call) -> Result:
    """Return temporary credentials of a role that trusts the provider of a token."""
    provider = _provider(call)
    claims = _claims(call, provider)
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    context = {
        **call.context(),
        "oidc:iss": claims["iss"],
        "oidc:aud": audiences[0],
        "oidc:sub": claims["sub"],
    }
    # The action in a trust policy is AssumeRole, whoever is trusted.
    trusted = Request(call.caller, "sts:AssumeRole", lambda: context)
    session = new_session(call, trusted, [provider.arn])
    return {
        **describe_session(session),
        "OIDCTokenInfo": {
            "Issuer": claims["iss"],
            "Subject": claims["sub"],
            "ClientIds": ",".join(audiences),
            "IssuanceTime": format_time(claims["iat"]),
            "ExpirationTime": format_time(claims["exp"]),
            "VerificationInfo": "Success",
        },
        "SourceIdentity": "",
    }


def _provider(call: Call) -> OidcProvider:
    arn = call["OIDCProviderArn"]
    account = named_account(call)
    provider = next((p for p in account.oidc_providers if p.arn == arn), None)
    if provider is None:
        raise entity_not_exist("OIDCProvider")
    return provider


def _claims(call: Call, provider: OidcProvider) -> Claims:
    """Return what a token says that the provider signed for one of its clients, lately."""
    claims = _verified(call)
    if claims["iss"] != provider.issuer_url:
        raise _failure("NotMatchIssuer", "The token is of another issuer.")
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if not set(audiences) & set(provider.client_ids):
        raise _failure("NotMatchClientId", "The token is for another client.")
    # Tokens live in real time, as requests do.
    if claims["iat"] < time.time() - provider.issuance_limit_hours * 3600:
        raise _failure("IssuanceTimeExceeded", "The token was issued too long ago.")
    return claims


def _verified(call: Call) -> Claims:
    keys = call.cloud.settings.oidc_keys
    if not keys:
        raise not_emulated("The emulator was given no keys to check tokens with (--oidc-keys).")
    # Only rehearsals with OIDC need this library.
    import jwt

    token = call["OIDCToken"]
    try:
        key_id = jwt.get_unverified_header(token).get("kid")
        key = next(key for key in jwt.PyJWKSet.from_dict(keys).keys if key.key_id == key_id)
        required = ["iss", "aud", "sub", "iat", "exp"]
        return jwt.decode(
            token,
            key.key,
            algorithms=ALGORITHMS,
            options={"require": required, "verify_aud": False},
        )
    except StopIteration:
        raise _failure("Invalid", "No key of the provider has signed the token.") from None
    except jwt.ExpiredSignatureError:
        raise _failure("Expired", "The token has expired.") from None
    except jwt.InvalidTokenError as error:
        raise invalid_parameter("OIDCToken", f"The token is not valid: {error}.") from None


def _failure(reason: str, message: str) -> ApiError:
    # The codes are unconfirmed.
    return ApiError(400, f"AuthenticationFail.OIDCToken.{reason}", message)

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connection options in, a client out: the only file that imports or constructs the official SDK.

The SDK is imported on first use, not with this file: its credential chain reads the environment
when it is imported, and the environment of a task is known only while the task runs.
"""

from __future__ import annotations

import email.utils
import os
import re
import sys
import threading
import time
import typing as t
from contextlib import contextmanager
from dataclasses import dataclass, replace

from .errors import CredentialError, RamError, translated
from .options import ConnectionOptions, Endpoint, is_loopback
from .retry import Retrier

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Answer = dict[str, t.Any]

_T = t.TypeVar("_T")

USER_AGENT = "keysmith.alibabacloud"
LIBRARY = "alibabacloud_ram20150501"
STS = ("sts", "2015-04-01")
IMS = ("ims", "2019-08-15")


class MissingLibraryError(RamError):
    """The official SDK is not installed for the Python that runs this code."""

    def __init__(self, module: str) -> None:
        super().__init__(
            f"The Alibaba Cloud SDK is missing: this Python can't import {module}. "
            f"Install what the collection needs: {sys.executable} -m pip install -r "
            ".../ansible_collections/keysmith/alibabacloud/requirements.txt"
        )


@dataclass(frozen=True)
class Identity:
    """Who signs: what STS GetCallerIdentity tells."""

    account_id: str
    identity_type: str
    arn: str
    user_id: str
    access_key_id: str

    @property
    def is_account(self) -> bool:
        """Tell whether this is the account itself, not a user or role in it."""
        return self.identity_type == "Account"

    @property
    def ram_user_id(self) -> str | None:
        """Return the id of the RAM user who signs, None for an account or a role."""
        return self.user_id if self.identity_type == "RAMUser" else None


class Client:
    """Sends requests to RAM, STS and IMS; safe to share between threads.

    A role is assumed when the client is made, so one session signs all its requests.
    """

    def __init__(
        self,
        options: ConnectionOptions,
        credential: t.Any | None = None,
        retrier: Retrier | None = None,
    ) -> None:
        self.options = options
        self._retrier = retrier or Retrier(options.max_attempts)
        self._clock_offset = 0.0
        self._began = time.monotonic()
        self._identity: Identity | None = None
        self._signers: list[Identity] = []
        self._signers_lock = threading.Lock()
        _keep_sdk_quiet()
        with _sdk_errors_hidden():
            self._sdk = _import_sdk()
            self._runtime = self._sdk.RuntimeOptions()
            self._own_credential = credential or _find_credential(self._sdk, options)
        self._credential = self._own_credential
        if options.assume_role:
            self._credential = self._assume_role(options.assume_role)
        self._ram = self._sdk.RamClient(self._config(options.ram_endpoint, self._credential))

    @property
    def models(self) -> t.Any:
        """The request models of RAM, for `call`."""
        return self._sdk.models

    def call(
        self,
        doing: str,
        request: t.Any,
        read: Callable[[Answer], _T],
        *,
        repeatable: bool = True,
        announce: Callable[[], object] = lambda: None,
    ) -> _T:
        """Send one RAM request and return what `read` takes out of the answer.

        `doing` is a verb phrase for messages. A request that is not `repeatable` is never sent
        twice unless the first is known not to have been carried out. `announce` is called before
        each time it is sent. An answer that lacks what `read` looks up counts as no answer. Raises
        RamError.
        """
        action = type(request).__name__.removesuffix("Request")
        send = getattr(self._ram, f"{_snake_case(action)}_with_options")
        return self._send(
            doing,
            f"ram:{action}",
            self.options.ram_endpoint,
            lambda: read(self._body_of(send(request, self._runtime))),
            repeatable=repeatable,
            announce=announce,
        )

    def call_ims(
        self,
        doing: str,
        action: str,
        parameters: dict[str, str],
        read: Callable[[Answer], _T],
        *,
        repeatable: bool = True,
        announce: Callable[[], object] = lambda: None,
    ) -> _T:
        """Send one IMS request; as `call`, with the API's own names for the parameters."""
        return self._call_generic(
            IMS,
            self._credential,
            action,
            parameters,
            read,
            doing=doing,
            repeatable=repeatable,
            announce=announce,
        )

    def effort(self) -> dict[str, float]:
        """Return the requests, the repeated ones among them, and the seconds since it was made."""
        return {
            "api_calls": self._retrier.requests,
            "retries": self._retrier.repeats,
            "seconds": round(time.monotonic() - self._began, 1),
        }

    def server_time(self) -> float:
        """Return the server's clock in seconds since 1970, as its last answer told it."""
        return time.time() + self._clock_offset

    def answer_deadline(self, sent: float) -> float:
        """Return until when a request that was `sent` may be carried out, by the server's clock."""
        return sent + self.options.read_timeout

    @property
    def identity(self) -> Identity:
        """Who signs the requests of this client."""
        if self._identity is None:
            self._identity = self._identity_of(self._credential)
        return self._identity

    @property
    def signers(self) -> list[Identity]:
        """Everybody this run depends on: who signs and, behind a role, who assumed it."""
        # Many threads need to know at once, and one request tells them all.
        with self._signers_lock:
            self._signers = self._signers or self._find_signers()
            return self._signers

    def _find_signers(self) -> list[Identity]:
        with _sdk_errors_hidden():
            behind = (self._own_credential, _source_of(self._sdk, self._own_credential))
            others = {_key_id(credential): credential for credential in behind}
        others.pop(self.identity.access_key_id, None)
        return [self.identity, *(self._identity_of(credential) for credential in others.values())]

    def with_key_pair(self, access_key_id: str, access_key_secret: str) -> Client:
        """Return a client for the same endpoints that signs with the given pair."""
        config = self._sdk.CredentialConfig(
            type="access_key", access_key_id=access_key_id, access_key_secret=access_key_secret
        )
        return Client(
            replace(self.options, assume_role=None),
            self._sdk.CredentialClient(config),
            self._retrier,
        )

    def _identity_of(self, credential: t.Any) -> Identity:
        with _sdk_errors_hidden():
            access_key_id = _key_id(credential)

        def read(answer: Answer) -> Identity:
            return Identity(
                account_id=str(answer["AccountId"]),
                identity_type=str(answer["IdentityType"]),
                arn=str(answer["Arn"]),
                user_id=str(answer.get("UserId") or ""),
                access_key_id=access_key_id,
            )

        return self._call_generic(
            STS, credential, "GetCallerIdentity", {}, read, doing="find out who is calling"
        )

    def _assume_role(self, role: dict[str, t.Any]) -> t.Any:
        parameters = {
            "RoleArn": role["role_arn"],
            "RoleSessionName": role["session_name"],
            "DurationSeconds": str(role["duration"]),
        }
        if role["external_id"]:
            parameters["ExternalId"] = role["external_id"]

        def read(answer: Answer) -> t.Any:
            issued = answer["Credentials"]
            config = self._sdk.CredentialConfig(
                type="sts",
                access_key_id=issued["AccessKeyId"],
                access_key_secret=issued["AccessKeySecret"],
                security_token=issued["SecurityToken"],
            )
            return self._sdk.CredentialClient(config)

        doing = f"assume role {role['role_arn']}"
        return self._call_generic(
            STS, self._own_credential, "AssumeRole", parameters, read, doing=doing
        )

    def _call_generic(
        self,
        service: tuple[str, str],
        credential: t.Any,
        action: str,
        parameters: dict[str, str],
        read: Callable[[Answer], _T],
        *,
        doing: str,
        repeatable: bool = True,
        announce: Callable[[], object] = lambda: None,
    ) -> _T:
        name, version = service
        endpoint = getattr(self.options, f"{name}_endpoint")
        sdk_client = self._sdk.OpenApiClient(self._config(endpoint, credential))
        params = self._sdk.Params(
            action=action,
            version=version,
            protocol="HTTPS",
            pathname="/",
            method="POST",
            auth_type="AK",
            style="RPC",
            req_body_type="formData",
            body_type="json",
        )
        request = self._sdk.OpenApiRequest(query=parameters)
        return self._send(
            doing,
            f"{name}:{action}",
            endpoint,
            lambda: read(self._body_of(sdk_client.call_api(params, request, self._runtime))),
            repeatable=repeatable,
            announce=announce,
        )

    def _config(self, endpoint: Endpoint, credential: t.Any) -> t.Any:
        _bypass_proxy_for(endpoint)
        return self._sdk.Config(
            credential=credential,
            endpoint=endpoint.host,
            protocol=endpoint.protocol,
            connect_timeout=self.options.connect_timeout * 1000,
            read_timeout=self.options.read_timeout * 1000,
            ca=self.options.ca_bundle,
            user_agent=USER_AGENT,
        )

    def _send(
        self,
        doing: str,
        permission: str,
        endpoint: Endpoint,
        send: Callable[[], _T],
        *,
        repeatable: bool,
        announce: Callable[[], object],
    ) -> _T:
        def send_once() -> _T:
            announce()
            with translated(doing, permission, endpoint):
                return send()

        return self._retrier.run(send_once, repeatable=repeatable)

    def _body_of(self, response: t.Any) -> Answer:
        answer = response if isinstance(response, dict) else response.to_map()
        self._note_server_time(answer.get("headers") or {})
        body: Answer = answer["body"]
        # The SDK makes an empty model of a body that it can't make sense of, and raises nothing.
        if "RequestId" not in body:
            raise ValueError("this is no answer of the API")
        return body

    def _note_server_time(self, headers: dict[str, str]) -> None:
        try:
            told = email.utils.parsedate_to_datetime(headers["date"])
        except (KeyError, TypeError, ValueError):
            return
        self._clock_offset = told.timestamp() - time.time()


@dataclass(frozen=True)
class _Sdk:
    """The parts of the official SDK that this file uses."""

    RamClient: t.Any
    OpenApiClient: t.Any
    models: t.Any
    Config: t.Any
    Params: t.Any
    OpenApiRequest: t.Any
    RuntimeOptions: t.Any
    CredentialClient: t.Any
    CredentialConfig: t.Any
    CliProfile: t.Any
    FileProfile: t.Any


def _import_sdk() -> _Sdk:
    try:
        from alibabacloud_credentials import models as credential_models
        from alibabacloud_credentials import provider
        from alibabacloud_credentials.client import Client as CredentialClient
        from alibabacloud_ram20150501 import models
        from alibabacloud_ram20150501.client import Client as RamClient
        from alibabacloud_tea_openapi import utils_models
        from alibabacloud_tea_openapi.client import Client as OpenApiClient
        from darabonba.runtime import RuntimeOptions
    except ImportError as exc:
        raise MissingLibraryError(str(exc.name or LIBRARY)) from None
    return _Sdk(
        RamClient=RamClient,
        OpenApiClient=OpenApiClient,
        models=models,
        Config=utils_models.Config,
        Params=utils_models.Params,
        OpenApiRequest=utils_models.OpenApiRequest,
        RuntimeOptions=RuntimeOptions,
        CredentialClient=CredentialClient,
        CredentialConfig=credential_models.Config,
        CliProfile=provider.CLIProfileCredentialsProvider,
        FileProfile=provider.ProfileCredentialsProvider,
    )


def _find_credential(sdk: _Sdk, options: ConnectionOptions) -> t.Any:
    """Return the credential that the options name, or the first of the SDK's default chain.

    Raises CredentialError if there is none.
    """
    if options.access_key_id:
        config = sdk.CredentialConfig(
            type="sts" if options.security_token else "access_key",
            access_key_id=options.access_key_id,
            access_key_secret=options.access_key_secret,
            security_token=options.security_token,
        )
        return sdk.CredentialClient(config)
    if options.profile:
        return _profile_credential(sdk, options.profile)
    credential = sdk.CredentialClient()
    if not _works(credential):
        raise CredentialError(
            "No credentials found: give access_key_id and access_key_secret or a profile, or set "
            "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or provide one of "
            "the SDK's other sources (OIDC, aliyun CLI profile, credentials file, ECS RAM role, "
            "credentials URI)"
        )
    return credential


def _profile_credential(sdk: _Sdk, profile: str) -> t.Any:
    for provider in (sdk.CliProfile, sdk.FileProfile):
        credential = sdk.CredentialClient(provider=provider(profile_name=profile))
        if _works(credential):
            return credential
    raise CredentialError(
        f"Profile {profile} gives no credentials: it is neither in the aliyun CLI's "
        "~/.aliyun/config.json nor in the credentials file (ALIBABA_CLOUD_CREDENTIALS_FILE or "
        "~/.alibabacloud/credentials.ini), or it is not complete there, or of a kind that the "
        "installed alibabacloud-credentials does not know"
    )


def _works(credential: t.Any) -> bool:
    try:
        return bool(credential.get_credential().access_key_id)
    # Each provider of the SDK raises what it likes: its own exception, KeyError, OSError.
    except Exception:
        return False


def _key_id(credential: t.Any) -> str:
    return str(credential.get_credential().access_key_id)


def _source_of(sdk: _Sdk, credential: t.Any) -> t.Any:
    """Return the credential that assumed the role of a profile; else the same once more."""
    provider = credential.cloud_credential.provider
    # The SDK does not tell, but each of its providers keeps the one that it asks in an attribute.
    while asked := [each for each in vars(provider).values() if hasattr(each, "get_credentials")]:
        provider = asked[0]
    return sdk.CredentialClient(provider=provider)


@contextmanager
def _sdk_errors_hidden() -> Iterator[None]:
    """Keep the SDK's exceptions out of messages where they may quote credentials."""
    try:
        yield
    except RamError:
        raise
    except Exception as exc:
        raise CredentialError(
            f"The SDK could not set up the credentials ({type(exc).__name__})"
        ) from None


def _keep_sdk_quiet() -> None:
    """Switch off the SDK's debug output, which prints signatures, tokens and answers."""
    if os.environ.get("DEBUG", "").lower() == "sdk":
        del os.environ["DEBUG"]


def _bypass_proxy_for(endpoint: Endpoint) -> None:
    """Take the proxy out of this process's environment where it must not be used.

    The SDK sends everything through HTTP_PROXY and HTTPS_PROXY, even to this machine, and doesn't
    know NO_PROXY. This process makes no other request.
    """
    from requests.utils import should_bypass_proxies

    host = endpoint.host.rsplit(":", 1)[0].strip("[]")
    if is_loopback(host) or should_bypass_proxies(str(endpoint), no_proxy=None):
        for variable in ("HTTP_PROXY", "HTTPS_PROXY"):
            os.environ.pop(variable, None)
            os.environ.pop(variable.lower(), None)


def nothing(_answer: Answer) -> None:
    """Read nothing out of an answer that only says that it was done."""


def _snake_case(name: str) -> str:
    """Turn an action into the SDK's method name: GetUserMFAInfo -> get_user_mfainfo."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()

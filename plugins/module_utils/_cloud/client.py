# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way to the cloud: service, action and parameters go in, facts come out."""

from __future__ import annotations

import threading
import time
import typing as t
from dataclasses import dataclass, replace
from types import MappingProxyType

from .clock import ServerClock, running_seconds
from .credentials import (
    Issued,
    Session,
    find_credential,
    key_id_of,
    key_pair,
    read_oidc_token,
    sdk_errors_hidden,
    source_of,
)
from .errors import InputError, RamError, translated
from .retry import ANY_NUMBER, Attempts, Retrier
from .sdk import import_sdk
from .services import RAM, STS
from .times import timestamp
from .transport import Transport

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .clock import Moment
    from .options import ConnectionOptions
    from .services import Service

    Answer = dict[str, t.Any]
    Parameters = Mapping[str, t.Any]

_T = t.TypeVar("_T")

USER_AGENT = "keysmith.alibabacloud"
NO_PARAMETERS: Parameters = MappingProxyType({})


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


@dataclass(frozen=True)
class _Request:
    """One request as `Client.call` is given it, and what is sent with it in the form body."""

    service: Service
    action: str
    parameters: Parameters
    secrets: Parameters
    is_anonymous: bool = False


class Client:
    """Sends requests to RAM and its neighbours; safe to share between threads.

    What signs, the endpoints, the proxies and the certificates are its own: neither the environment
    of the process nor another client has a say. If the options name the account, the client asks
    who it is before anything else, and raises InputError in another account.
    """

    def __init__(
        self,
        options: ConnectionOptions,
        credential: t.Any | None = None,
        sender: _Sender | None = None,
    ) -> None:
        self.options = options
        with sdk_errors_hidden():
            self._sender = sender or _Sender(options)
            self._sdk = self._sender.sdk
            self._own_credential = credential or find_credential(
                self._sdk, options, self._token_session
            )
        self._credential = self._own_credential
        self._identity: Identity | None = None
        self._signers: list[Identity] = []
        self._signers_lock = threading.Lock()
        if options.assume_role:
            self._credential = self._role_session(options.assume_role)
        if options.account_id:
            self._refuse_other_account(options.account_id)

    def call(
        self,
        service: Service,
        action: str,
        parameters: Parameters,
        read: Callable[[Answer], _T],
        *,
        doing: str,
        secret_parameters: Parameters = NO_PARAMETERS,
        attempts: Attempts = ANY_NUMBER,
    ) -> _T:
        """Send one request and return what `read` takes out of the answer.

        Parameters have the API's own names; secret ones travel in the body, where no log of
        addresses sees them. `doing` is a verb phrase for messages. An answer that lacks what `read`
        looks up counts as no answer. Raises RamError.
        """
        request = _Request(service, action, parameters, secret_parameters)
        return self._sender.send(request, self._credential, read, doing, attempts)

    def effort(self) -> dict[str, float]:
        """Return the requests, the repeated ones among them, and the seconds since it was made."""
        return self._sender.effort()

    def server_moment(self) -> Moment | None:
        """Return the time by the server's clock, None as long as no answer has told it."""
        return self._sender.clock.now()

    def server_time(self) -> float:
        """Return the middle of `server_moment`, or this machine's time while there is none."""
        moment = self.server_moment()
        return (moment.earliest + moment.latest) / 2 if moment else time.time()

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

    def with_key_pair(self, access_key_id: str, access_key_secret: str) -> Client:
        """Return a client that signs with the given pair and shares all else but the account."""
        options = replace(self.options, assume_role=None, account_id=None)
        credential = key_pair(self._sdk, access_key_id, access_key_secret)
        return Client(options, credential, self._sender)

    def _find_signers(self) -> list[Identity]:
        with sdk_errors_hidden():
            behind = (self._own_credential, source_of(self._sdk, self._own_credential))
            others = {key_id_of(credential): credential for credential in behind}
        others.pop(self.identity.access_key_id, None)
        return [self.identity, *(self._identity_of(credential) for credential in others.values())]

    def _identity_of(self, credential: t.Any) -> Identity:
        access_key_id = key_id_of(credential)

        def read(answer: Answer) -> Identity:
            return Identity(
                account_id=str(answer["AccountId"]),
                identity_type=str(answer["IdentityType"]),
                arn=str(answer["Arn"]),
                user_id=str(answer.get("UserId") or ""),
                access_key_id=access_key_id,
            )

        request = _Request(STS, "GetCallerIdentity", NO_PARAMETERS, NO_PARAMETERS)
        return self._sender.send(request, credential, read, "find out who is calling", ANY_NUMBER)

    def _refuse_other_account(self, expected: str) -> None:
        actual = self.identity.account_id
        if actual != expected:
            raise InputError(
                f"This run signs for account {actual}, not for {expected} (account_id), so nothing "
                "was read or changed"
            )

    def _role_session(self, role: Mapping[str, t.Any]) -> Session:
        optional = {"ExternalId": role["external_id"], "Policy": role["policy"]}
        parameters = {
            "RoleArn": role["role_arn"],
            "RoleSessionName": role["session_name"],
            "DurationSeconds": role["duration"],
            **{name: value for name, value in optional.items() if value},
        }
        request = _Request(STS, "AssumeRole", parameters, NO_PARAMETERS)
        doing = f"assume role {role['role_arn']}"

        def ask() -> Issued:
            return self._sender.send(request, self._own_credential, _issued, doing, ANY_NUMBER)

        session = Session(self._sdk, ask, self.server_time, source=self._own_credential)
        # A role that can't be assumed is told at once, by the reason that STS gives.
        session.get_credential()
        return session

    def _token_session(self, environment: Mapping[str, str]) -> Session:
        """Return the session that an OIDC token is exchanged for."""
        session_name = environment.get("ALIBABA_CLOUD_ROLE_SESSION_NAME") or "keysmith"
        role = environment["ALIBABA_CLOUD_ROLE_ARN"]
        parameters = {
            "RoleArn": role,
            "OIDCProviderArn": environment["ALIBABA_CLOUD_OIDC_PROVIDER_ARN"],
            "RoleSessionName": session_name,
        }

        def ask() -> Issued:
            request = _Request(
                STS,
                "AssumeRoleWithOIDC",
                parameters,
                {"OIDCToken": read_oidc_token(environment)},
                is_anonymous=True,
            )
            doing = f"assume role {role} with the OIDC token"
            return self._sender.send(request, None, _issued, doing, ANY_NUMBER)

        session = Session(self._sdk, ask, self.server_time)
        session.get_credential()
        return session


class _Sender:
    """What a client shares with those that sign otherwise: endpoints, transport, pace and clock."""

    def __init__(self, options: ConnectionOptions) -> None:
        self._options = options
        self._retrier = Retrier(options.max_attempts)
        self._began = time.monotonic()
        self.clock = ServerClock()
        self.sdk = import_sdk()
        self._transport = Transport(self.sdk, options)
        self._runtime = self.sdk.RuntimeOptions(max_idle_conns=self._transport.pool_size)
        # The SDK turns the name of an action into that of a method in its own way.
        self._methods = {
            name.replace("_", ""): name
            for name in dir(self.sdk.RamClient)
            if name.endswith("_with_options")
        }
        for service in (RAM, STS):
            self._transport.prepare(options.endpoint_of(service))

    def effort(self) -> dict[str, float]:
        return {
            "api_calls": self._retrier.requests,
            "retries": self._retrier.repeats,
            "seconds": round(time.monotonic() - self._began, 1),
        }

    def send(
        self,
        request: _Request,
        credential: t.Any,
        read: Callable[[Answer], _T],
        doing: str,
        attempts: Attempts,
    ) -> _T:
        endpoint = self._options.endpoint_of(request.service)
        self._transport.prepare(endpoint)
        permission = f"{request.service.name}:{request.action}"
        send = self._prepared(request, credential)

        def send_once() -> _T:
            if credential is not None:
                # Renewing it takes time, and what is announced is about to be signed.
                with sdk_errors_hidden():
                    credential.get_credential()
            attempts.announce()
            sent = running_seconds()
            with translated(doing, permission, endpoint):
                return read(self._body_of(send(), sent))

        return self._retrier.run(send_once, attempts)

    def _prepared(self, request: _Request, credential: t.Any) -> Callable[[], t.Any]:
        """Return what sends the request and returns the SDK's answer."""
        config = self._config(request.service, credential)
        if request.service is RAM and not request.secrets:
            method = self._methods[f"{request.action}withoptions".lower()]
            send = getattr(self.sdk.RamClient(config), method)
            model = self._model(request)
            return lambda: send(*filter(None, (model,)), self._runtime)
        params = self.sdk.Params(
            action=request.action,
            version=request.service.version,
            protocol="HTTPS",
            pathname="/",
            method="POST",
            auth_type="Anonymous" if request.is_anonymous else "AK",
            style="RPC",
            req_body_type="formData",
            body_type="json",
        )
        sent = self.sdk.OpenApiRequest(
            query=self.sdk.flatten(dict(request.parameters)),
            body=dict(request.secrets) or None,
        )
        client = self.sdk.OpenApiClient(config)
        return lambda: client.call_api(params, sent, self._runtime)

    def _model(self, request: _Request) -> t.Any:
        """Return the request as the SDK models it, None for an action without parameters.

        Raises RamError for one that the SDK would send otherwise: without a user's name, many
        actions are about the caller.
        """
        if not request.parameters:
            kind = getattr(self.sdk.ram_models, f"{request.action}Request", None)
            return kind() if kind else None
        model = getattr(self.sdk.ram_models, f"{request.action}Request")()
        model.from_map(dict(request.parameters))
        kept = model.to_map()
        lost = [name for name in request.parameters if kept.get(name) is None]
        lost += ["UserName"] if request.parameters.get("UserName") == "" else []
        if lost:
            raise RamError(
                f"The installed SDK can't send {', '.join(lost)} of {request.action}: update it as "
                "requirements.txt of the collection says"
            )
        return model

    def _config(self, service: Service, credential: t.Any) -> t.Any:
        endpoint = self._options.endpoint_of(service)
        return self.sdk.Config(
            credential=credential,
            endpoint=endpoint.host,
            protocol=endpoint.protocol,
            connect_timeout=self._options.connect_timeout * 1000,
            read_timeout=self._options.read_timeout * 1000,
            user_agent=USER_AGENT,
        )

    def _body_of(self, response: t.Any, sent: float) -> Answer:
        answer = response if isinstance(response, dict) else response.to_map()
        self.clock.note(answer.get("headers") or {}, sent, running_seconds())
        body: Answer = answer["body"]
        # The SDK makes an empty model of a body that it can't make sense of, and raises nothing.
        if "RequestId" not in body:
            raise ValueError("this is no answer of the API")
        return body


def _issued(answer: Answer) -> Issued:
    issued = answer["Credentials"]
    return Issued(
        access_key_id=issued["AccessKeyId"],
        access_key_secret=issued["AccessKeySecret"],
        security_token=issued["SecurityToken"],
        expires=timestamp(issued.get("Expiration")) or 0.0,
    )


def nothing(_answer: Answer) -> None:
    """Read nothing out of an answer that only says that it was done."""

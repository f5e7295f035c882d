# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How one request is sent: its endpoint, its model, the pace, and what may be told of a failure."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass, field
from types import MappingProxyType

from .clock import ServerClock, running_seconds
from .errors import ApiError, NotSentError, RamError, UnansweredError, translated
from .retry import ANY_NUMBER, Attempts, Retrier
from .sdk import import_sdk
from .services import RAM, STS
from .transport import Transport

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .credentials import Credential
    from .options import ConnectionOptions
    from .services import Service

    Answer = dict[str, t.Any]
    Parameters = Mapping[str, t.Any]

_T = t.TypeVar("_T")

USER_AGENT = "keysmith.alibabacloud"
NO_PARAMETERS: Parameters = MappingProxyType({})


@dataclass(frozen=True)
class Request:
    """One request in the API's own names; `secrets` are sent in the form body."""

    service: Service
    action: str
    parameters: Parameters
    secrets: Parameters = field(default_factory=dict)
    is_anonymous: bool = False


class Sender:
    """What a client shares with those that sign otherwise: endpoints, transport, pace and clock."""

    def __init__(self, options: ConnectionOptions) -> None:
        self._options = options
        self._retrier = Retrier(options.max_attempts)
        self._began = time.monotonic()
        self.clock = ServerClock()
        self.sdk = import_sdk()
        self.transport = Transport(self.sdk, options)
        self._runtime = self.sdk.RuntimeOptions(max_idle_conns=self.transport.pool_size)
        # The SDK turns the name of an action into that of a method in its own way.
        self._methods = {
            name.replace("_", ""): name
            for name in dir(self.sdk.RamClient)
            if name.endswith("_with_options")
        }
        for service in (RAM, STS):
            self.transport.prepare(options.endpoint_of(service))

    def effort(self) -> dict[str, float]:
        """Return the requests, the repeated ones among them, and the seconds since it was made."""
        return {
            "api_calls": self._retrier.requests,
            "retries": self._retrier.repeats,
            "seconds": round(time.monotonic() - self._began, 1),
        }

    def server_time(self) -> float:
        """Return the server's time as the last answer told it, or this machine's time."""
        moment = self.clock.last_told()
        return (moment.earliest + moment.latest) / 2 if moment else time.time()

    def send(
        self,
        request: Request,
        credential: Credential | None,
        read: Callable[[Answer], _T],
        doing: str,
        attempts: Attempts = ANY_NUMBER,
    ) -> _T:
        """Send a request, signed unless it is anonymous; as `Client.call`."""
        endpoint = self._options.endpoint_of(request.service)
        self.transport.prepare(endpoint)
        permission = f"{request.service.code}:{request.action}"
        send = self._prepared(request, credential)

        def send_once() -> _T:
            # Renewing takes time, and what is announced is about to be signed.
            _renew(credential)
            self.transport.begin()
            attempts.announce()
            sent = running_seconds()
            with translated(doing, permission, endpoint):
                return read(self._body_of(send(), sent))

        return self._retrier.run(send_once, attempts)

    def _prepared(self, request: Request, credential: Credential | None) -> Callable[[], t.Any]:
        """Return what sends the request and returns the SDK's answer."""
        config = self._config(request.service, credential)
        if request.service is RAM and not request.secrets:
            model = self._model(request)
            method = self._methods[f"{request.action}withoptions".lower()]
            send = getattr(self.sdk.RamClient(config), method)
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

    def _model(self, request: Request) -> t.Any:
        """Return the request as the SDK models it, None for an action without parameters.

        Raises RamError for one that the SDK would send otherwise: without a user's name, many
        actions are about the caller.
        """
        if f"{request.action}withoptions".lower() not in self._methods:
            raise _unknown_to_sdk(request.action)
        kind = getattr(self.sdk.ram_models, f"{request.action}Request", None)
        if kind is None and not request.parameters:
            return None
        model = kind() if kind else None
        kept = model.from_map(dict(request.parameters)).to_map() if model else {}
        lost = [name for name in request.parameters if kept.get(name) is None]
        lost += ["UserName"] if request.parameters.get("UserName") == "" else []
        if lost:
            raise _unknown_to_sdk(f"{', '.join(lost)} of {request.action}")
        return model

    def _config(self, service: Service, credential: Credential | None) -> t.Any:
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
        return body


def _renew(credential: Credential | None) -> None:
    """Have the credential renewed if it is due; what fails then was not sent, whatever STS did."""
    try:
        if credential is not None:
            credential.get_credential()
    except (UnansweredError, ApiError) as error:
        raise NotSentError(str(error)) from None


def _unknown_to_sdk(what: str) -> RamError:
    return RamError(
        f"The installed SDK can't send {what}: update it as requirements.txt of the collection says"
    )

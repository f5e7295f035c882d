# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose credentials sign: what the options name, else the first source that is given.

Sources and their order are those of the SDK's default chain. Each is read here from the options and
the environment of the task: the SDK reads the environment of the process, once, when it is
imported, and goes on to the next source when one fails, so that somebody else would sign.
"""

from __future__ import annotations

import typing as t

from .credentials import Pair, Role, Session, no_credentials
from .errors import CredentialError, RamError
from .logins import OauthLogin, ask_cloud_sso
from .metadata import ask_address, ask_instance
from .profiles import ProfileFiles
from .programs import ask_program

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from .credentials import Credential, Issued
    from .options import ConnectionOptions
    from .profiles import Profile
    from .sender import Sender
    from .sessions import Sts

OIDC_VARIABLES = (
    "ALIBABA_CLOUD_ROLE_ARN",
    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
    "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
)
# What profiles that are pairs have, by mode.
_PAIRS = {
    "AK": ("access_key_id", "access_key_secret"),
    "StsToken": ("access_key_id", "access_key_secret", "sts_token"),
}


def find_credential(options: ConnectionOptions, sender: Sender, sts: Sts) -> Credential:
    """Return the credential that the options name, else that of the first source that is given.

    Raises CredentialError if no source is given, and RamError if the first gives no credentials.
    """
    if options.access_key_id and options.access_key_secret:
        return Pair(
            sender.sdk, options.access_key_id, options.access_key_secret, options.security_token
        )
    finder = _Finder(options, sender, sts)
    return finder.named(options.profile) if options.profile else finder.first_given()


class _Finder:
    """Turns sources into credentials."""

    def __init__(self, options: ConnectionOptions, sender: Sender, sts: Sts) -> None:
        self._environment = options.environment
        self._files = ProfileFiles(options.environment)
        self._sender = sender
        self._sts = sts

    def named(self, name: str) -> Credential:
        """Return the credential of a profile, of the aliyun CLI first."""
        profile = self._files.of_cli(name) or self._files.section(name)
        if profile is None:
            raise no_credentials(
                f"Profile {name}",
                f"it is neither in the aliyun CLI's {self._files.cli_file} nor in the credentials "
                f"file {self._files.credentials_file}",
            )
        return self._of_profile(profile)

    def first_given(self) -> Credential:
        """Return the credential of the first source in the order of the SDK."""
        if any(self._environment.get(variable) for variable in OIDC_VARIABLES[1:]):
            return self._of_token()
        current = self._files.current_of_cli()
        if current:
            try:
                return self._of_profile(current)
            except RamError as error:
                raise error.reworded(
                    f"{error}. This is the aliyun CLI's current profile: mend it, or set "
                    "ALIBABA_CLOUD_CLI_PROFILE_DISABLED=true to leave it aside"
                ) from None
        section = self._files.default_section()
        return self._of_profile(section) if section else self._of_machine()

    def _of_token(self) -> Credential:
        missing = [name for name in OIDC_VARIABLES if not self._environment.get(name)]
        if missing:
            raise no_credentials("OIDC", f"{', '.join(missing)} is not set")
        arn, provider, file = (self._environment[name] for name in OIDC_VARIABLES)
        name = self._environment.get("ALIBABA_CLOUD_ROLE_SESSION_NAME") or Role.session_name
        return self._sts.trade(Role(arn, name), provider, file)

    def _of_profile(self, profile: Profile, through: tuple[str, ...] = ()) -> Credential:
        """Return the credential of a profile that others, `through` which it came, are based on."""
        if profile.mode in _PAIRS:
            return Pair(self._sender.sdk, *profile.require(*_PAIRS[profile.mode]))
        if profile.mode in {"RamRoleArn", "ChainableRamRoleArn"}:
            return self._sts.assume(_role(profile), self._source_of(profile, through))
        if profile.mode == "OIDC":
            needed = profile.require("oidc_provider_arn", "oidc_token_file")
            return self._sts.trade(_role(profile), *needed)
        if profile.mode == "EcsRamRole":
            return self._of_instance(profile.get("ram_role_name"), profile.told)
        return self._renewed(self._asker_of(profile))

    def _asker_of(self, profile: Profile) -> Callable[[], Issued]:
        """Return what asks for the session of a profile that names neither a pair nor a role."""
        transport, now = self._sender.transport, self._sender.server_time
        if profile.mode == "CloudSSO":
            return lambda: ask_cloud_sso(transport, profile, now())
        if profile.mode == "OAuth":
            login = OauthLogin(transport, profile, self._files.of_cli)
            return lambda: login.ask(now())
        if profile.mode == "External":
            return lambda: ask_program(profile, self._environment, now())
        raise profile.unknown_kind

    def _source_of(self, profile: Profile, through: tuple[str, ...]) -> Credential:
        if profile.mode == "RamRoleArn":
            return Pair(self._sender.sdk, *profile.require(*_PAIRS["AK"]))
        (name,) = profile.require("source_profile")
        source = self._files.of_cli(name)
        if source is None or name in (*through, profile.name):
            raise no_credentials(profile.told, f"its source_profile {name} can't be used")
        return self._of_profile(source, (*through, profile.name))

    def _of_machine(self) -> Credential:
        role = self._environment.get("ALIBABA_CLOUD_ECS_METADATA", "")
        uri = self._environment.get("ALIBABA_CLOUD_CREDENTIALS_URI")
        is_instance = not self._says("ALIBABA_CLOUD_ECS_METADATA_DISABLED")
        if role and is_instance:
            return self._of_instance(role, f"RAM role {role} of this ECS instance")
        if uri:
            return self._renewed(lambda: ask_address(self._sender.transport, uri))
        if not is_instance:
            raise _nothing_found()
        try:
            return self._of_instance("", "The RAM role of this ECS instance")
        except CredentialError:
            raise _nothing_found() from None

    def _of_instance(self, role: str, told: str) -> Session:
        is_token_needed = self._says("ALIBABA_CLOUD_IMDSV1_DISABLED")
        return self._renewed(
            lambda: ask_instance(
                self._sender.transport, role, told, is_token_needed=is_token_needed
            )
        )

    def _renewed(self, ask: Callable[[], Issued]) -> Session:
        return Session(self._sender.sdk, ask, self._sender.server_time)

    def _says(self, variable: str) -> bool:
        return self._environment.get(variable, "").lower() == "true"


def _role(profile: Profile) -> Role:
    (arn,) = profile.require("ram_role_arn")
    seconds = profile.get("expired_seconds") or str(Role.duration)
    if not seconds.isdecimal():
        raise no_credentials(profile.told, f"expired_seconds is no number: {seconds}")
    return Role(
        arn,
        profile.get("ram_session_name") or profile.get("role_session_name") or Role.session_name,
        int(seconds),
        profile.get("external_id"),
        profile.get("policy"),
    )


def _nothing_found() -> CredentialError:
    return CredentialError(
        "No credentials found: give access_key_id and access_key_secret or a profile, or set "
        "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or provide one of "
        "the SDK's other sources (OIDC, aliyun CLI profile, credentials file, ECS RAM role, "
        "credentials URI)"
    )

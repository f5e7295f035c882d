# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles of the aliyun CLI and sections of the SDK's credentials file, as they stand there.

What a profile lacks is missing: the SDK fills it with variables that it read when it was imported.
"""

from __future__ import annotations

import configparser
import contextlib
import json
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from .credentials import no_credentials

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from .errors import CredentialError

# Types of sections that are modes of the CLI under another name, and so for their options.
_MODES = {
    "access_key": "AK",
    "ram_role_arn": "RamRoleArn",
    "oidc_role_arn": "OIDC",
    "ecs_ram_role": "EcsRamRole",
}
_OPTIONS = {
    "ram_role_arn": "role_arn",
    "ram_session_name": "role_session_name",
    "oidc_token_file": "oidc_token_file_path",
    "ram_role_name": "role_name",
}


@dataclass(frozen=True)
class Profile:
    """One profile; `mode` and the names of values are those of the CLI."""

    name: str
    file: Path
    mode: str
    _values: Mapping[str, t.Any] = field(repr=False)
    is_of_cli: bool = True

    @property
    def unknown_kind(self) -> CredentialError:
        """The error of a profile that nobody here knows to use."""
        kind = f"mode {self.mode}" if self.is_of_cli else f"type {self._values.get('type')}"
        return no_credentials(self.told, f"its {kind} is not supported")

    @property
    def told(self) -> str:
        """What messages call it."""
        kind = "Profile" if self.is_of_cli else "Section"
        return f"{kind} {self.name} of {self.file}"

    def get(self, name: str) -> str:
        """Return a value, "" if it is not there."""
        own_name = name if self.is_of_cli else _OPTIONS.get(name, name)
        return str(self._values.get(own_name) or "")

    def require(self, *names: str) -> list[str]:
        """Return values; raises CredentialError if one is not there."""
        missing = [name for name in names if not self.get(name)]
        if missing:
            own_names = [name if self.is_of_cli else _OPTIONS.get(name, name) for name in missing]
            raise no_credentials(self.told, f"{', '.join(own_names)} is missing")
        return [self.get(name) for name in names]


def _home_of(environment: Mapping[str, str]) -> Path:
    """Return the home folder; the root for who has none, as in a container without its user."""
    with contextlib.suppress(RuntimeError):
        return Path(environment.get("HOME") or Path.home())
    return Path("/")


class ProfileFiles:
    """Where an environment says that profiles are."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        home = _home_of(environment)
        named = environment.get("ALIBABA_CLOUD_CREDENTIALS_FILE")
        disabled = environment.get("ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "")
        self.cli_file = home / ".aliyun" / "config.json"
        self.credentials_file = Path(named or home / ".alibabacloud" / "credentials.ini")
        self._is_named = bool(named)
        self._is_cli_disabled = disabled.lower() == "true"

    def of_cli(self, name: str) -> Profile | None:
        """Return a profile of the CLI, None if there is none; raises CredentialError."""
        profiles, _current = self._cli_config()
        return profiles.get(name)

    def current_of_cli(self) -> Profile | None:
        """Return the current profile of the CLI, None if it is not set up; raises CredentialError.

        What `aliyun configure` leaves empty is not set up.
        """
        profiles, current = self._cli_config()
        profile = profiles.get(current)
        if profile and profile.mode == "AK" and not profile.get("access_key_id"):
            return None
        return profile

    def section(self, name: str) -> Profile | None:
        """Return a section of the credentials file, None without one; raises CredentialError."""
        sections = configparser.RawConfigParser()
        try:
            sections.read_string(self.credentials_file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise no_credentials(f"File {self.credentials_file}", str(error.strerror)) from None
        except (configparser.Error, UnicodeError):
            raise no_credentials(f"File {self.credentials_file}", "it is no INI file") from None
        if not sections.has_section(name):
            return None
        values = {option: text.split("#")[0].strip() for option, text in sections.items(name)}
        mode = _MODES.get(values.get("type", ""), "")
        return Profile(name, self.credentials_file, mode, values, is_of_cli=False)

    def default_section(self) -> Profile | None:
        """Return section default, None if there is none in a file that nobody named.

        Raises CredentialError.
        """
        section = self.section("default")
        if section is None and self._is_named:
            raise no_credentials(
                f"File {self.credentials_file} (ALIBABA_CLOUD_CREDENTIALS_FILE)",
                "it has no section default" if self.credentials_file.exists() else "it is missing",
            )
        return section

    def _cli_config(self) -> tuple[dict[str, Profile], str]:
        if self._is_cli_disabled:
            return {}, ""
        try:
            config = json.loads(self.cli_file.read_text(encoding="utf-8"))
            profiles = [
                Profile(str(each["name"]), self.cli_file, str(each.get("mode")), each)
                for each in config["profiles"]
            ]
        except FileNotFoundError:
            return {}, ""
        except OSError as error:
            raise no_credentials(f"File {self.cli_file}", str(error.strerror)) from None
        except (ValueError, LookupError, TypeError, AttributeError):
            raise no_credentials(
                f"File {self.cli_file}", "it is no configuration of the aliyun CLI"
            ) from None
        return {profile.name: profile for profile in profiles}, str(config.get("current") or "")

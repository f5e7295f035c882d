# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vault passwords that this run of Ansible was given, and what they open and close."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ansible import constants
from ansible.errors import AnsibleError
from ansible.parsing.vault import (
    PromptVaultSecret,
    VaultLib,
    is_encrypted,
    match_encrypt_secret,
)

from ...module_utils._cloud.errors import InputError

if t.TYPE_CHECKING:
    from ansible.parsing.dataloader import DataLoader

__all__ = ["Password", "Vault", "is_encrypted"]

# $ANSIBLE_VAULT;1.2;AES256;label
LABEL_FIELD = 3
_HEX_LINE = re.compile(r"[0-9a-fA-F]+")
# Within a YAML text, a vault is indented.
_HIDDEN_HEADER = re.compile(rb"^(\xef\xbb\xbf)?\$ANSIBLE_VAULT;", re.MULTILINE)
_CONFLICT_MARKS = ("<<<<<<<", "=======", ">>>>>>>")


@dataclass(frozen=True)
class Password:
    """A vault password of the run; several may go by the same id."""

    vault_id: str
    secret: t.Any = field(repr=False)

    def is_same(self, other: Password) -> bool:
        """Tell whether both are one password, whatever ids they go by."""
        return bool(self.secret.bytes == other.secret.bytes)


class Vault:
    """Encrypts and decrypts with the vault passwords of the run; safe to share between threads."""

    def __init__(self, secrets: list[tuple[str, t.Any]]) -> None:
        self._secrets = secrets
        self._library = VaultLib(secrets)
        self._proven: list[t.Any] = []

    @classmethod
    def of_run(cls, loader: DataLoader) -> Vault:
        """Return the passwords of this run; InputError if it was given none.

        Ansible has no public way to them before 2.19; the private one is the same up to 2.21.
        """
        secrets = loader._vault.secrets or []
        if not secrets:
            raise InputError(
                "No vault password: keys are stored encrypted or not at all, so none was created. "
                "Give one with --vault-password-file, --vault-id, --ask-vault-pass or "
                "vault_password_file in ansible.cfg"
            )
        return cls(secrets)

    @classmethod
    def of_reader(cls, loader: DataLoader) -> Vault:
        """Return the passwords of this run, none perhaps, for what needs one only to open it."""
        return cls(loader._vault.secrets or [])

    def choose(self, wanted: str | None) -> Password:
        """Return the password for a new file: the wanted, or Ansible's choice.

        Raises InputError for an id that the run has no password for.
        """
        configured = constants.config.get_config_value("DEFAULT_VAULT_ENCRYPT_IDENTITY")
        vault_id = wanted or configured
        try:
            label, secret = match_encrypt_secret(self._secrets, encrypt_vault_id=vault_id)
        except AnsibleError:
            raise InputError(
                f"There is no vault password with the id {vault_id}; this run was given: "
                f"{self._known}"
            ) from None
        return Password(str(label), secret)

    def encrypt(self, text: str, password: Password) -> str:
        """Return `text` as a vault text that the password opens."""
        encrypted = self._library.encrypt(text, password.secret, password.vault_id)
        return str(encrypted.decode())

    @property
    def _known(self) -> str:
        return ", ".join(dict.fromkeys(label for label, _secret in self._secrets))

    @property
    def is_single(self) -> bool:
        """Whether this run was given one password only."""
        return len({secret.bytes for _label, secret in self._secrets}) == 1

    def prove(self, password: Password) -> None:
        """Raise InputError unless Ansible opens again what this password closes."""
        trial = "trial"
        try:
            opened = self._library.decrypt(self.encrypt(trial, password))
        except (AnsibleError, UnicodeError):
            opened = b""
        if opened != trial.encode():
            raise InputError(
                f"What is encrypted with the vault id {password.vault_id} can't be opened again, "
                "so nothing was: give the password an id of plain letters"
            )

    def is_doubtful(self, password: Password) -> bool:
        """Tell whether the password was typed for this run and has opened nothing so far."""
        was_typed = isinstance(password.secret, PromptVaultSecret)
        return was_typed and not any(secret is password.secret for secret in self._proven)

    def trust(self, password: Password) -> None:
        """Count a password that was typed twice as one that has opened something."""
        self._proven.append(password.secret)

    def opens(self, vault_text: str, password: Password) -> bool:
        """Tell whether this very password opens a text."""
        try:
            VaultLib([(password.vault_id, password.secret)]).decrypt(vault_text)
        except AnsibleError:
            return False
        return True

    def text_of(self, data: bytes, *, what: str) -> tuple[str, Password | None]:
        """Return the text of a file, and the password that opened it if it is a vault as a whole.

        Raises InputError if none opens it, or if it is no text.
        """
        if is_encrypted(data):
            return self.decrypt(data, what=what)
        refuse_hidden_vault(data, what=what)
        try:
            return data.decode(), None
        except UnicodeDecodeError:
            raise InputError(f"{what} is not a text file in UTF-8") from None

    def decrypt(self, vault_text: bytes | str, *, what: str) -> tuple[str, Password]:
        """Return the text, and the password that opened it under the id that the header names.

        Raises InputError if none opens it, or if it is damaged.
        """
        damage = _damage(vault_text)
        if damage:
            raise InputError(f"{what[0].upper()}{what[1:]} is damaged: {damage}")
        try:
            plain, _label, secret = self._library.decrypt_and_get_vault_id(vault_text)
        except AnsibleError:
            raise InputError(
                f"None of the vault passwords of this run opens {what} (its vault id: "
                f"{header_id(vault_text)}; this run was given: {self._known or 'none'})"
            ) from None
        self._proven.append(secret)
        try:
            return plain.decode(), Password(header_id(vault_text), secret)
        except UnicodeDecodeError:
            raise InputError(f"{what} holds something that is not text") from None


def _damage(vault_text: bytes | str) -> str | None:
    """Return what is wrong with the lines of a vault text, None if they may be as written."""
    text = vault_text.decode(errors="replace") if isinstance(vault_text, bytes) else vault_text
    for number, line in enumerate(text.rstrip().splitlines()[1:], start=2):
        if line.startswith(_CONFLICT_MARKS):
            return f"line {number} is a mark of a merge conflict: take one side of it"
        if not _HEX_LINE.fullmatch(line.strip()):
            return f"line {number} is no line of a vault text: restore it"
    return None


def refuse_hidden_vault(data: bytes, *, what: str) -> None:
    """Raise InputError for what was a vault as a whole before somebody put something in front."""
    if _HIDDEN_HEADER.search(data):
        raise InputError(
            f"{what} is damaged: there is something in front of $ANSIBLE_VAULT, such as a mark of "
            "a merge conflict or of the byte order. Take it out"
        )


def header_id(vault_text: bytes | str) -> str:
    """Return the vault id that the header of a vault text names, "default" if it names none."""
    text = vault_text.decode(errors="replace") if isinstance(vault_text, bytes) else vault_text
    fields = text.split("\n", 1)[0].strip().split(";")
    return fields[LABEL_FIELD] if len(fields) > LABEL_FIELD else "default"

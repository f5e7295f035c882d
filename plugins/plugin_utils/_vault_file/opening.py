# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a vault file and the values in it are opened, for who writes it and for who only reads."""

from __future__ import annotations

import typing as t

from ...module_utils._cloud.errors import InputError
from .text import KeyringTextError, read_entries

if t.TYPE_CHECKING:
    from pathlib import Path

    from .text import Scalar
    from .vault import Password, Vault


class Opener:
    """Opens one vault file, and the values in it that are vaults of their own, each once.

    Its methods raise InputError for what can't be opened or read.
    """

    def __init__(self, path: Path, variable: str, vault: Vault) -> None:
        self.path = path
        self.variable = variable
        self.vault = vault
        # By their vault texts, as opening one takes long.
        self._opened: dict[str, str] = {}

    def text_of(self, data: bytes) -> tuple[str, Password | None]:
        """Return the text of the file, and the password that opened it if it is a vault."""
        return self.vault.text_of(data, what=str(self.path))

    def scalars_in(self, text: str) -> dict[str, dict[str, Scalar]]:
        """Return the single values in the entries, by the names of their users."""
        try:
            return read_entries(text, self.variable)
        except KeyringTextError as error:
            raise InputError(f"{self.path}: {error}") from None

    def plain(self, scalar: Scalar, what: str) -> str:
        """Return a value of the file in clear; `what` names it in messages."""
        if not scalar.vaulted:
            return scalar.value
        if scalar.value not in self._opened:
            what = f"{what} in {self.path}"
            self._opened[scalar.value] = self.vault.decrypt(scalar.value, what=what)[0]
        return self._opened[scalar.value]

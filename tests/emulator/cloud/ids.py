# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ids and secrets as the cloud makes them; with a seed the ids are the same at each start."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass, field

ALPHANUMERIC = string.ascii_letters + string.digits


_unforeseeable = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key pair."""

    access_key_id: str
    access_key_secret: str = field(repr=False)


class Ids:
    """Where ids and secrets come from."""

    def __init__(self) -> None:
        self._source: random.Random = _unforeseeable

    def repeat_from(self, seed: str) -> None:
        """Give the same ids after each start with the same seed."""
        self._source = random.Random(seed)

    def surprise(self) -> None:
        """Give ids that nobody can foresee."""
        self._source = _unforeseeable

    def text(self, length: int, alphabet: str = ALPHANUMERIC) -> str:
        """Return a random text."""
        return "".join(self._source.choices(alphabet, k=length))

    def digits(self, length: int) -> str:
        """Return a random number of exactly this many digits."""
        return self.text(1, "123456789") + self.text(length - 1, string.digits)

    def secret_octets(self, length: int) -> bytes:
        """Return bytes that nobody can foresee, whatever the seed."""
        return _unforeseeable.randbytes(length)

    def credentials(self, secret: str | None = None) -> Credentials:
        """Return a new key pair, with this secret if one is given."""
        return Credentials(f"LTAI5t{self.text(18)}", secret or self.secret(30))

    def secret(self, length: int) -> str:
        """Return a text that nobody can foresee, whatever the seed."""
        return "".join(_unforeseeable.choices(ALPHANUMERIC, k=length))

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ids and secrets as the cloud makes them: unpredictable, or the same at each start for a seed."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass, field

ALPHANUMERIC = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key pair."""

    access_key_id: str
    access_key_secret: str = field(repr=False)


class Ids:
    """Where ids and secrets come from."""

    def __init__(self) -> None:
        self._source: random.Random = random.SystemRandom()

    def repeat_from(self, seed: str) -> None:
        """Give the same ids after each start with the same seed."""
        self._source = random.Random(seed)

    def surprise(self) -> None:
        """Give ids that nobody can foresee."""
        self._source = random.SystemRandom()

    def text(self, length: int, alphabet: str = ALPHANUMERIC) -> str:
        """Return a random text."""
        return "".join(self._source.choices(alphabet, k=length))

    def digits(self, length: int) -> str:
        """Return a random number of exactly this many digits."""
        return self.text(1, "123456789") + self.text(length - 1, string.digits)

    def octets(self, length: int) -> bytes:
        """Return random bytes."""
        return self._source.randbytes(length)

    def credentials(self, secret: str | None = None) -> Credentials:
        """Return a new key pair, with this secret if one is given."""
        return Credentials(f"LTAI5t{self.text(18)}", secret or self.text(30))

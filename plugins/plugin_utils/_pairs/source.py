# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring in keys that were made elsewhere, such as in the console: read, proven, and whose they are.

What is said about a pair names the file and the line, and its id only once the cloud has confirmed
that this is an id.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ...module_utils._cloud.errors import InputError
from ...module_utils._work.pool import map_all
from .._keyring.verification import identity_of_pair
from .._vault_file.durable import read_file
from .csv import Pair, read_pairs

if t.TYPE_CHECKING:
    from pathlib import Path

    from ...module_utils._cloud.client import Client
    from .._vault_file.vault import Vault


@dataclass(frozen=True)
class Download:
    """A CSV file of pairs, encrypted or not."""

    path: Path
    pairs: list[Pair]
    is_encrypted: bool

    @property
    def warning(self) -> str | None:
        """What there is to say about the file as such."""
        if self.is_encrypted:
            return None
        return f"{self.path} is not encrypted: delete it once this task has stored its keys"


@dataclass(frozen=True)
class OwnedPair:
    """A pair that signs, and the RAM user that it signs for."""

    pair: Pair
    user_name: str
    user_id: str


def read_download(path: Path, vault: Vault) -> Download:
    """Return the pairs of a CSV file, which may be a vault as a whole; InputError without any."""
    try:
        data = read_file(path)
    except OSError as error:
        raise InputError(
            f"Cannot read {path}: {error.strerror}. If its keys are stored already, leave "
            "import_csv out"
        ) from None
    text, opened_by = vault.text_of(data, what=str(path))
    pairs = read_pairs(text, what=str(path))
    if not pairs:
        raise InputError(f"{path} has a header and no key")
    return Download(path, pairs, is_encrypted=opened_by is not None)


def find_owners(client: Client, download: Download, concurrency: int) -> dict[str, OwnedPair]:
    """Return the pairs by the names of their users; each has signed a call.

    Raises RamError for a pair that does not sign, or not for a RAM user of the client's account,
    and for two pairs of one user.
    """
    owned = map_all(lambda pair: _owned(client, pair, download.path), download.pairs, concurrency)
    found: dict[str, OwnedPair] = {}
    for each in owned:
        other = found.setdefault(each.user_name, each)
        if other is not each:
            raise InputError(
                f"{download.path}, lines {other.pair.line} and {each.pair.line}: both keys, "
                f"{other.pair.access_key_id} and {each.pair.access_key_id}, belong to user "
                f"{each.user_name}, and a vault file holds one for each user"
            )
    return found


def _owned(client: Client, pair: Pair, path: Path) -> OwnedPair:
    where = f"{path}, line {pair.line}"
    identity = identity_of_pair(client, pair.access_key_id, pair.access_key_secret, where=where)
    if identity.account_id != client.identity.account_id:
        raise InputError(
            f"{where}: key {pair.access_key_id} belongs to account {identity.account_id}, but this "
            f"run signs for account {client.identity.account_id}"
        )
    if identity.ram_user_id is None:
        raise InputError(
            f"{where}: key {pair.access_key_id} is one of the account itself, which a vault file "
            "does not hold. Make one for a RAM user"
        )
    user_name = identity.arn.rpartition(":user/")[2]
    return OwnedPair(pair, user_name, identity.ram_user_id)

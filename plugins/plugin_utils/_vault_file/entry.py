# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An entry of the vault file: what it says of one user's key, and what it is written as."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from .nodes import NESTED, Scalar

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OWN_FIELDS = ("access_key_id", "access_key_secret", "account_id", "user_id", "created")
# What is there only for a time.
PASSING_FIELDS = (
    *("previous.access_key_id", "previous.access_key_secret", "previous.created"),
    *("rotation.stage", "rotation.switched", "rotation.disabled"),
    *("rotation.by", "rotation.last_used"),
)
FIELDS = (*OWN_FIELDS, *PASSING_FIELDS)


@dataclass(frozen=True)
class Previous:
    """The pair that an entry held before, as long as its key may still be there.

    People may have left the id out, which then is blank.
    """

    access_key_id: str
    secret: Scalar | None
    created: str | None


@dataclass(frozen=True)
class Rotation:
    """How far the rotation of a key has come, in the words of the file; times are the server's.

    `last_used` is the last use that disabling the old key rested on, which was done by `by`.
    """

    stage: str | None
    switched: str | None = None
    disabled: str | None = None
    by: str | None = None
    last_used: str | None = None


@dataclass(frozen=True)
class Entry:
    """One user's key as the file holds it; what a hand-written entry leaves out is None."""

    access_key_id: str | None
    secret: Scalar | None
    account_id: str | None
    user_id: str | None
    created: str | None
    previous: Previous | None = None
    rotation: Rotation | None = None

    @classmethod
    def from_scalars(cls, scalars: Mapping[str, Scalar]) -> Entry:
        """Read an entry out of the scalars of its mapping."""

        def text(field: str) -> str | None:
            scalar = scalars.get(field)
            return scalar.value or None if scalar and not scalar.vaulted else None

        return cls(
            access_key_id=text("access_key_id"),
            secret=scalars.get("access_key_secret"),
            account_id=text("account_id"),
            user_id=text("user_id"),
            created=text("created"),
            previous=cls._previous(text, scalars) if _has(scalars, "previous") else None,
            # Whatever people have made of it, such an entry is not at rest.
            rotation=cls._rotation(text) if _has(scalars, "rotation") else None,
        )

    @staticmethod
    def _previous(text: Callable[[str], str | None], scalars: Mapping[str, Scalar]) -> Previous:
        secret = scalars.get("previous.access_key_secret")
        return Previous(text("previous.access_key_id") or "", secret, text("previous.created"))

    @staticmethod
    def _rotation(text: Callable[[str], str | None]) -> Rotation:
        names = (field for field in PASSING_FIELDS if field.startswith("rotation."))
        return Rotation(*map(text, names))

    @property
    def stage(self) -> str | None:
        """How far a rotation of the key has come, None if none is under way."""
        return (self.rotation.stage or "unknown") if self.rotation else None

    @property
    def key_ids(self) -> list[str]:
        """The ids of the keys that the entry holds, the current one first."""
        previous = self.previous.access_key_id if self.previous else None
        return [key_id for key_id in (self.access_key_id, previous) if key_id]

    def vault_texts(self) -> list[str]:
        """Return the secrets of the entry that are vaults of their own."""
        secrets = [self.secret, self.previous.secret if self.previous else None]
        return [secret.value for secret in secrets if secret and secret.vaulted]

    def as_previous(self) -> Previous | None:
        """Return the pair of the entry as the next entry of its user holds it."""
        if not self.access_key_id:
            return self.previous
        return Previous(self.access_key_id, self.secret, self.created)

    def swapped(self) -> Entry:
        """Return the entry with its other pair as the current one, and the current as the other."""
        other = self.previous or Previous("", None, None)
        return replace(
            self,
            access_key_id=other.access_key_id,
            secret=other.secret,
            created=other.created,
            previous=self.as_previous(),
        )

    @property
    def owner(self) -> tuple[str, str] | None:
        """Account and user that the entry belongs to, None if it doesn't say so."""
        return (self.account_id, self.user_id) if self.account_id and self.user_id else None

    def to_scalars(self) -> dict[str, Scalar | None]:
        """Return the scalars that the entry is written as; None for what is not to be there."""
        own = [self.access_key_id, self.secret, self.account_id, self.user_id, self.created]
        previous = self.previous or Previous("", None, None)
        rotation = self.rotation or Rotation(None)
        passing = [
            *(previous.access_key_id or None, previous.secret, previous.created),
            *(rotation.stage, rotation.switched, rotation.disabled),
            *(rotation.by, rotation.last_used),
        ]
        written = {
            field: value if isinstance(value, Scalar) else Scalar(value)
            for field, value in zip(FIELDS, [*own, *passing], strict=True)
            if value is not None
        }
        return {**dict.fromkeys(PASSING_FIELDS), **written}


def _has(scalars: Mapping[str, Scalar], field: str) -> bool:
    """Tell whether anything of ours is in a field that is a mapping; people may add to it."""
    ours = (name for name in PASSING_FIELDS if name.partition(NESTED)[0] == field)
    return any(name in scalars for name in ours)

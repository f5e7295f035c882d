# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects that an account has exactly one of: their fields are parameters and answers alike."""

from __future__ import annotations

import ipaddress
import typing as t
from dataclasses import dataclass

from ..errors import invalid_parameter

if t.TYPE_CHECKING:
    from .call import Call, Result

MAX_MASKS = 40
MAX_MASKS_LENGTH = 512


@dataclass(frozen=True, slots=True)
class Flag:
    """A field that is true or false."""

    attribute: str

    def read(self, call: Call, name: str) -> bool:
        """Return the value that was sent."""
        return call.flag(name, default=False)


@dataclass(frozen=True, slots=True)
class Number:
    """A field that is a number within a range."""

    attribute: str
    allowed: range

    def read(self, call: Call, name: str) -> int:
        """Return the value that was sent."""
        return call.number(name, self.allowed, default=0)


@dataclass(frozen=True, slots=True)
class Choice:
    """A field that is one of a few texts or numbers."""

    attribute: str
    values: tuple[t.Any, ...]

    def read(self, call: Call, name: str) -> t.Any:
        """Return the value that was sent."""
        for value in self.values:
            if str(value) == call[name]:
                return value
        known = ", ".join(str(value) for value in self.values)
        raise invalid_parameter(name, f"{name} must be one of {known}.")


@dataclass(frozen=True, slots=True)
class Masks:
    """A field that is a list of networks, separated by semicolons."""

    attribute: str

    def read(self, call: Call, name: str) -> str:
        """Return the value that was sent."""
        networks = [text for text in call[name].split(";") if text]
        if len(networks) > MAX_MASKS or len(call[name]) > MAX_MASKS_LENGTH:
            raise invalid_parameter(name, f"{name} may have {MAX_MASKS} networks.")
        for network in networks:
            try:
                ipaddress.ip_network(network, strict=False)
            except ValueError:
                raise invalid_parameter(name, f"{name} must be networks.") from None
        return call[name]


@dataclass(frozen=True, slots=True)
class Texts:
    """A field that is a list of some of a few texts, sent as JSON."""

    attribute: str
    values: tuple[str, ...]

    def read(self, call: Call, name: str) -> list[str]:
        """Return the value that was sent."""
        texts = call.texts(name)
        if not set(texts) <= set(self.values):
            raise invalid_parameter(name, f"{name} may have {', '.join(self.values)}.")
        return texts


Fields = t.Mapping[str, Flag | Number | Choice | Masks | Texts]


def change(call: Call, target: t.Any, fields: Fields, *, fresh: t.Any = None) -> None:
    """Set the fields that were sent; with `fresh`, the others become as they are there."""
    # All are read before any is set: a call that is refused changes nothing.
    values = {
        field.attribute: field.read(call, name)
        for name, field in fields.items()
        if name in call.parameters
    }
    if fresh is not None:
        others = {field.attribute for field in fields.values()}
        values = {name: getattr(fresh, name) for name in others} | values
    for attribute, value in values.items():
        setattr(target, attribute, value)


def describe(target: t.Any, fields: Fields, *names: str) -> Result:
    """Return fields by their names in the API, all if none is named."""
    return {name: getattr(target, fields[name].attribute) for name in names or fields}

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run does with a file that it holds, told as this collection tells what goes wrong."""

from __future__ import annotations

import typing as t

from ...module_utils._cloud.errors import InputError, RamError

if t.TYPE_CHECKING:
    from .locks import HeldFile


def read_held(held: HeldFile) -> bytes:
    """Return what the file holds, nothing if there is none; InputError if it can't be read."""
    try:
        return held.read()
    except OSError as error:
        raise InputError(f"Cannot read {held.path}: {error.strerror}") from None


def read_again(held: HeldFile) -> bytes:
    """Return what the file holds by now; RamError if that can't be read any more."""
    try:
        return held.read()
    except OSError as error:
        raise RamError(str(error.strerror)) from None


def refuse_unwritable(held: HeldFile, *, probe: bool) -> None:
    """Raise InputError unless the file can be replaced; only `probe` writes to find out."""
    try:
        if probe:
            held.prove()
        else:
            held.refuse_irreplaceable()
    except OSError as error:
        raise InputError(
            f"Cannot replace {held.path}, so no key was created: {error.strerror}"
        ) from None


def replace_durably(held: HeldFile, data: bytes) -> None:
    """Give the file new contents; RamError if that fails."""
    try:
        held.replace(data)
    except OSError as error:
        raise RamError(str(error.strerror)) from None

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tags: what they may look like, how they are told, and which things have them."""

from __future__ import annotations

import typing as t

from ..errors import invalid_parameter, limit_exceeded

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from .call import Call, Result

Tags = dict[str, str]
MAX_TAGS = 20
MAX_KEY = 128
MAX_VALUE = 256
ADDRESSES = ("http://", "https://")


def read_tags(call: Call, name: str = "Tag", *, longest_value: int = MAX_VALUE) -> Tags:
    """Return the tags that a call sets, checked; the codes are unconfirmed."""
    tags = {pair.get("Key", ""): pair.get("Value", "") for pair in call.pairs(name)}
    if len(tags) > MAX_TAGS:
        raise limit_exceeded(name, MAX_TAGS)
    for key, value in tags.items():
        if not 1 <= len(key) <= MAX_KEY or len(value) > longest_value:
            raise invalid_parameter(f"{name}.Length", "A key or value of a tag is too long.")
        if key.startswith(("aliyun", "acs:")) or any(a in key + value for a in ADDRESSES):
            raise invalid_parameter(f"{name}.InvalidChars", "A tag has a key of the vendor's.")
    return tags


def add_tags(tags: Tags, new: Tags) -> None:
    """Add tags; one that is there gets the new value (unconfirmed)."""
    if len(tags | new) > MAX_TAGS:
        raise limit_exceeded("Tag", MAX_TAGS)
    tags.update(new)


def describe_tags(tags: Tags) -> Result:
    """Return tags as they stand in the answer about their owner."""
    return {"Tags": {"Tag": [{"TagKey": key, "TagValue": value} for key, value in tags.items()]}}


def tag_filter(call: Call, name: str = "Tag") -> Callable[[Tags], bool]:
    """Return a function that tells whether something has all the tags that a call asks for."""
    wanted = call.pairs(name)

    def has_all(tags: Tags) -> bool:
        return all(
            pair.get("Key", "") in tags and pair.get("Value", "") in ("", tags[pair.get("Key", "")])
            for pair in wanted
        )

    return has_all

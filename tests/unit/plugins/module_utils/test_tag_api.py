# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls about tags: those of many are read together."""

from __future__ import annotations

import json

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram.tag_api import TagApi
from emulator import Emulator

from ..conftest import connection_to, make_client


def make_role(emulator: Emulator, name: str, **tags: str) -> None:
    """Create a role with tags."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["a.b"]}}
    emulator.call(
        "CreateRole",
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "1", "Statement": [trust]}),
        Tag=json.dumps([{"Key": key, "Value": value} for key, value in tags.items()]),
    )


def test_reading_many() -> None:
    """The tags of many are read fifty names and all pages at a time."""
    with Emulator(page_size=20) as emulator:
        names = [f"r{number}" for number in range(60)]
        for name in names:
            make_role(emulator, name, own=name)
        emulator.clear_requests()

        found = TagApi(make_client(connection_to(emulator)), "role").read(names, 4)

        assert found == {name: {"own": name} for name in names}
        assert emulator.actions().count("ListTagResources") == 4


def test_reading_what_is_gone(emulator: Emulator) -> None:
    """Something that is gone meanwhile has no tags, and does not hide those of others."""
    for name in ("a", "b", "d"):
        make_role(emulator, name, own=name)

    found = TagApi(make_client(connection_to(emulator)), "role").read(["a", "b", "c", "d"], 4)

    assert found == {"a": {"own": "a"}, "b": {"own": "b"}, "c": {}, "d": {"own": "d"}}

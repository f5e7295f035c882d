# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run Ansible's programs as a person would, in a folder of their own, against an emulator."""

from __future__ import annotations

import os
import subprocess
import tempfile
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest

from emulator import Emulator

if t.TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Controller:
    """A person's machine: `folder` is the current one, what else programs write to is beside it."""

    folder: Path
    environment: dict[str, str]

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a program to its end, with more environment variables."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**self.environment, **environment},
            text=True,
            capture_output=True,
            check=False,
        )


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An emulator with an empty account."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def short_link() -> Iterator[Path]:
    """A place for a link; the path of a socket may have a hundred bytes, not more."""
    with tempfile.TemporaryDirectory(prefix="keysmith-") as folder:
        yield Path(folder, "tmp")


@pytest.fixture
def controller(emulator: Emulator, tmp_path: Path, short_link: Path) -> Controller:
    """A machine whose environment leads to the emulator, signing as the account."""
    for name in ("home", "tmp", "work"):
        (tmp_path / name).mkdir()
    # ansible-core 2.21 makes sockets in it.
    short_link.symlink_to(tmp_path / "tmp")
    return Controller(
        tmp_path / "work",
        {
            **os.environ,
            "HOME": str(tmp_path / "home"),
            "TMPDIR": str(short_link),
            "ANSIBLE_NOCOLOR": "true",
            "ALIBABA_CLOUD_RAM_ENDPOINT": emulator.url,
            "ALIBABA_CLOUD_STS_ENDPOINT": emulator.url,
            "ALIBABA_CLOUD_IMS_ENDPOINT": emulator.url,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": emulator.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": emulator.access_key_secret,
        },
    )

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prepare each test process before it imports Ansible, the SDK or the emulator.

Tests see no account, no configuration and no proxy of the person who runs them, find the emulator
as `emulator` and the collection under its full name, in this process and in those they start.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
SCRATCH = tempfile.TemporaryDirectory(prefix="keysmith-tests-")


def forget(*prefixes: str) -> None:
    """Remove the environment variables that start with one of the prefixes."""
    for name in [name for name in os.environ if name.upper().startswith(prefixes)]:
        del os.environ[name]


def isolate(home: Path) -> None:
    """Cut the process off from the accounts and proxies of the person who runs it."""
    forget("ALIBABA_CLOUD_", "ALICLOUD_", "ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
    os.environ["ALIBABA_CLOUD_ECS_METADATA_DISABLED"] = "true"
    home.mkdir()
    os.environ["HOME"] = str(home)


def find_programs() -> None:
    """Let child processes find the programs of this Python first."""
    # Ansible takes a shim of pyenv for a Python, though it runs only the versions that are active.
    inherited = [entry for entry in os.environ["PATH"].split(os.pathsep) if "shims" not in entry]
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), *inherited])


def load_collection(tree: Path) -> None:
    """Make the checkout importable as the collection, here and in child processes."""
    namespace = tree / "ansible_collections" / "keysmith"
    namespace.mkdir(parents=True)
    (namespace / "alibabacloud").symlink_to(TESTS.parent, target_is_directory=True)
    forget("ANSIBLE_")
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(tree)

    # Ansible reads its configuration when it is imported.
    from ansible.plugins.loader import init_plugin_loader

    init_plugin_loader([str(tree)])


sys.path.insert(0, str(TESTS))
isolate(Path(SCRATCH.name, "home"))
if "ANSIBLE_TEST_ANSIBLE_LIB_ROOT" not in os.environ:  # ansible-test has done this in its own way
    find_programs()
    load_collection(Path(SCRATCH.name, "tree"))


@pytest.fixture(scope="session", autouse=True)
def _heeded_signals() -> None:
    """Let programs that tests start heed what `nohup` and jobs in the background ignore."""
    for number in (signal.SIGHUP, signal.SIGINT):
        if signal.getsignal(number) is signal.SIG_IGN:
            # Unlike what is ignored, a handler does not pass to other programs.
            signal.signal(number, lambda _number, _frame: None)

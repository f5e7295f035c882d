# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo, run as `make demo` runs it, in a folder of the test's own."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import typing as t
from itertools import takewhile
from pathlib import Path
from urllib.parse import urlsplit

import yaml

DEMO = Path(__file__).resolve().parents[1] / "demo" / "demo.py"
STEPS = ["begun", "disabled", "deleted"]
USERS_WITH_KEY = {"slb-api", "ddos-api", "ram-auditor", "deploy"}


def start(folder: Path) -> subprocess.Popen[str]:
    """Start a demo in the folder; its output is to be read."""
    command = [sys.executable, str(DEMO), str(folder)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
    )


def stored_keys(folder: Path) -> dict[str, dict[str, t.Any]]:
    """Return the entries of the vault file."""
    view = ["ansible-vault", "view", "--vault-password-file", ".vault-password"]
    shown = subprocess.check_output([*view, "secrets/ram_keyring.yml"], cwd=folder)
    return dict(yaml.safe_load(shown)["ram_keyring"])


def is_listening(url: str) -> bool:
    """Tell whether something answers at the address."""
    address = urlsplit(url)
    with socket.socket() as client:
        return client.connect_ex((address.hostname, address.port)) == 0


def test_demo(tmp_path: Path) -> None:
    """The demo replaces an older one, leaves a key for each user who wants one, shows no secret."""
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "ram_keyring.yml").write_text("of an older demo", encoding="utf-8")
    (tmp_path / ".vault-password").write_text("of an older demo", encoding="utf-8")

    with start(tmp_path) as demo:
        output, _errors = demo.communicate()

    assert demo.returncode == 0, output
    stored = stored_keys(tmp_path)
    assert set(stored) == USERS_WITH_KEY
    changed = [int(number) for number in re.findall(r"changed=(\d+)", output)]
    assert changed == [2, 0, 0, *[1] * len(STEPS)]
    assert re.findall(r"slb-api: (\w+);", output) == STEPS
    for entry in stored.values():
        assert entry["access_key_id"] in output
        assert entry["access_key_secret"] not in output
    assert (tmp_path / ".vault-password").read_text(encoding="ascii").strip() not in output


def test_stopped_demo(tmp_path: Path) -> None:
    """A demo that is told to stop stops what it runs, the emulator last, and then itself."""
    with start(tmp_path) as demo:
        output = t.cast("t.TextIO", demo.stdout)
        before = "".join(takewhile(lambda line: not line.startswith("TASK"), output))
        url = re.findall(r"http://[\d.:]+", before)[0]
        listened = is_listening(url)

        demo.send_signal(signal.SIGTERM)
        # The end of the output: nobody is left who could write to it.
        output.read()

    assert listened
    assert demo.returncode == 128 + signal.SIGTERM
    assert not is_listening(url)

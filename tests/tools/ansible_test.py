# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run ansible-test on a copy of the checkout, also where only a package index is reached.

ansible-test wants a real `ansible_collections` directory around the collection (a link will not
do) and takes every file that it finds there: the copy holds the files that git does not ignore.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]

PIP_HOST = "ci-files.testing.ansible.com"
PIP_SCRIPTS = Path("~/.ansible/test/cache").expanduser()
# What ansible-core 2.18 and 2.19, 2.20 and 2.21 look for before they download it.
PIP_SCRIPT_NAMES = ("get_pip_24_2.py", "get_pip_25_2.py")
PIP_SCRIPT = """\
import subprocess
import sys

arguments = [a for a in sys.argv[1:] if a not in ("--no-setuptools", "--no-wheel")]
subprocess.check_call([sys.executable, "-m", "ensurepip"])
subprocess.check_call([sys.executable, "-m", "pip", "install", *arguments])
"""


def copy_collection(tree: Path) -> Path:
    """Copy the files that git does not ignore to where ansible-test expects a collection."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.check_output(listing, cwd=CHECKOUT, text=True).split("\0")
    copy = tree / "ansible_collections" / "keysmith" / "alibabacloud"
    for name in names:
        if (CHECKOUT / name).is_file():  # git still lists a deleted file
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, copy / name, follow_symlinks=False)
    return copy


def reaches(host: str) -> bool:
    """Tell whether the host answers on the port of HTTPS."""
    try:
        socket.create_connection((host, 443), timeout=3).close()
    except OSError:
        return False
    return True


def provide_pip() -> None:
    """Save a stand-in for each script that ansible-test would download and cannot."""
    missing = [PIP_SCRIPTS / name for name in PIP_SCRIPT_NAMES if not (PIP_SCRIPTS / name).exists()]
    if not missing or reaches(PIP_HOST):
        return
    PIP_SCRIPTS.mkdir(parents=True, exist_ok=True)
    for script in missing:
        script.write_text(PIP_SCRIPT, encoding="utf-8")


def main() -> int:
    """Run the command of the arguments for this Python; return the exit status of ansible-test."""
    provide_pip()
    # Without a version it tries every Python on PATH and fails at the first shim of pyenv.
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    name, *options = sys.argv[1:]
    command = ["ansible-test", name, "--local", "--python", version, *options]
    with tempfile.TemporaryDirectory(prefix="keysmith-") as tree:
        return subprocess.run(command, cwd=copy_collection(Path(tree)), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

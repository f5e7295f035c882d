# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pass the tests on every supported ansible-core whose Python is here, and run the examples."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import nox

# The shims of pyenv run only the versions that are active: find the others too.
VERSIONS = sorted(map(str, Path("~/.pyenv/versions").expanduser().glob("3.*/bin")))
os.environ["PATH"] = os.pathsep.join([*VERSIONS, os.environ["PATH"]])

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False  # not even with CI=true
nox.options.reuse_venv = "yes"

# Nox's own folder is too deep for the sockets that ansible-core 2.21 makes in it.
SHORT_FOLDER = {"TMPDIR": tempfile.gettempdir()}


@nox.session
@nox.parametrize(
    "python,core", [("3.11", "2.18"), ("3.11", "2.19"), ("3.12", "2.20"), ("3.13", "2.21")]
)
def tests(session: nox.Session, core: str) -> None:
    """Run pytest on one ansible-core."""
    session.install(f"ansible-core~={core}.0", "-r", "requirements-test.txt")
    session.run("python", "-m", "pytest", *session.posargs, env=SHORT_FOLDER)


@nox.session(name="docs-examples")
def docs_examples(session: nox.Session) -> None:
    """Run every command and playbook of the README and the guides."""
    session.install("-r", "requirements-test.txt")
    session.run(
        "python", "-m", "docs", *session.posargs, env={"PYTHONPATH": "tests", **SHORT_FOLDER}
    )

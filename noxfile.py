# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pass the tests on every supported ansible-core, run the examples, and try what is published."""

from __future__ import annotations

import json
import os
import re
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


# Each with a Python that it runs on.
CORES = {"2.18": "3.11", "2.19": "3.11", "2.20": "3.12", "2.21": "3.13"}
on_each_core = nox.parametrize(
    "python,core", [nox.param(python, core, id=core, tags=[core]) for core, python in CORES.items()]
)


@nox.session
@on_each_core
def tests(session: nox.Session, core: str) -> None:
    """Run pytest on one ansible-core."""
    session.install(f"ansible-core~={core}.0", "-r", "requirements-test.txt")
    session.run("python", "-m", "pytest", *session.posargs, env=SHORT_FOLDER)


@nox.session
@on_each_core
def sanity(session: nox.Session, core: str) -> None:
    """Run ansible-test sanity on one ansible-core."""
    ansible_test(session, core, "sanity")


@nox.session
@on_each_core
def units(session: nox.Session, core: str) -> None:
    """Run ansible-test units on one ansible-core."""
    ansible_test(session, core, "units", "--requirements")


@nox.session(name="docs-examples")
@on_each_core
def docs_examples(session: nox.Session, core: str) -> None:
    """Run every command and playbook of the guides, the READMEs and CONTRIBUTING."""
    session.install(f"ansible-core~={core}.0", "-r", "requirements-test.txt")
    session.run(
        "python", "-m", "docs", *session.posargs, env={"PYTHONPATH": "tests", **SHORT_FOLDER}
    )


@nox.session
def importer(session: nox.Session) -> None:
    """Import the built collection as Galaxy does; a finding is an error."""
    session.install("galaxy-importer==0.4.44")
    with tempfile.TemporaryDirectory() as folder:
        tarball = build(session, folder)
        command = ("python", "-m", "galaxy_importer.main", str(tarball))
        # It leaves its result in the current folder.
        with session.chdir(folder):
            report = str(session.run(*command, silent=True))
    session.log(report)
    # It ends with status 0 even if its linter breaks off.
    if re.search("WARNING|ERROR|Traceback", report):
        session.error("galaxy-importer has something to say")


@nox.session
def builder(session: nox.Session) -> None:
    """Make the build context of an execution environment that has the collection; no image."""
    session.install("ansible-builder==3.2.0", "ansible-core")
    with tempfile.TemporaryDirectory() as folder:
        tarball = build(session, folder)
        definition = Path(folder, "execution-environment.yml")
        definition.write_text(json.dumps(environment_with(tarball)), encoding="utf-8")
        context = ("--context", f"{folder}/context")
        session.run("ansible-builder", "create", "--file", str(definition), *context)
        installed = f"{folder}/collections"
        session.run(
            *("ansible-galaxy", "collection", "install", str(tarball), "--offline"),
            *("--collections-path", installed),
        )
        # This is what the context runs later, in the image.
        found = str(session.run("ansible-builder", "introspect", installed, silent=True))
    session.log(found)
    if "alibabacloud-ram20150501" not in found:
        session.error("ansible-builder would not install the SDK")


def ansible_test(session: nox.Session, core: str, *command: str) -> None:
    """Run a command of ansible-test on one ansible-core."""
    # uv leaves out pip, which ansible-test calls.
    session.install(f"ansible-core~={core}.0", "pip")
    script = "tests/tools/ansible_test.py"
    session.run("python", script, *command, *session.posargs, env=SHORT_FOLDER)


def build(session: nox.Session, folder: str) -> Path:
    """Return the tarball of the collection, built in the folder."""
    session.run("ansible-galaxy", "collection", "build", "--output-path", folder)
    (tarball,) = Path(folder).glob("*.tar.gz")
    return tarball


def environment_with(tarball: Path) -> dict[str, object]:
    """Return the definition of an execution environment with the collection of the tarball."""
    return {
        "version": 3,
        "dependencies": {
            "galaxy": {"collections": [{"name": f"files/{tarball.name}", "type": "file"}]}
        },
        "additional_build_files": [{"src": str(tarball), "dest": "files"}],
    }

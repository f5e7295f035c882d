# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the collection as for a release, install it into an empty folder and use it from there."""

from __future__ import annotations

import shlex
import shutil
import tarfile
import typing as t
from pathlib import Path

if t.TYPE_CHECKING:
    from emulator import Emulator

    from .conftest import Controller

CHECKOUT = Path(__file__).resolve().parents[2]
PLUGINS = sorted(path.stem for path in (CHECKOUT / "plugins" / "modules").glob("ram_*.py"))

# What the commands of the Makefile, git, ansible-test and people leave in a checkout
JUNK = (
    ".ansible/tmp/junk",
    ".env",
    ".git/config",
    ".github/workflows/ci.yml",
    ".mypy_cache/junk",
    ".nox/junk",
    ".pytest_cache/junk",
    ".ruff_cache/junk",
    ".vault-password",
    ".venv/junk",
    "AccessKey.csv",
    "before.json",
    "demo/secrets/ram_keyring.yml",
    "keysmith-alibabacloud-0.0.1.tar.gz",
    "plugins/action/.ram_keyring.py.swp",
    "plugins/action/__pycache__/junk.pyc",
    "plugins/action/ram_keyring.py.orig",
    "secrets/.ram_keyring.yml.lock",
    "secrets/.ram_keyring.yml.pending.yml",
    "secrets/ram_keyring.yml",
    "tests/output/junk",
)


def test_release(emulator: Emulator, controller: Controller, tmp_path: Path) -> None:
    """What is built from a checkout in use holds no junk, and works where it is installed."""
    checkout = tmp_path / "checkout"
    shutil.copytree(
        CHECKOUT, checkout, ignore=shutil.ignore_patterns(".*", "__pycache__", "output")
    )
    for name in JUNK:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).touch()
    emulator.call("CreateUser", UserName="slb-api")
    (controller.folder / "vault-password").write_text("open sesame")

    def run(command: str) -> str:
        environment = {
            "ANSIBLE_COLLECTIONS_PATH": str(tmp_path / "installed"),
            "ANSIBLE_VAULT_PASSWORD_FILE": "vault-password",
        }
        done = controller.run(*shlex.split(command), **environment)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    run("ansible-galaxy collection build ../checkout")
    (tarball,) = controller.folder.glob("*.tar.gz")
    with tarfile.open(tarball) as archive:
        packed = set(archive.getnames())
    run(f"ansible-galaxy collection install {tarball.name} -p ../installed --offline")
    run("ansible localhost -m keysmith.alibabacloud.ram_keyring -a 'name=slb-api file=keys.yml'")
    stored = run("ansible-vault view keys.yml")

    (key,) = emulator.state()["users"]["slb-api"]["access_keys"]
    assert key["access_key_secret"] in stored
    assert packed.isdisjoint(JUNK)
    assert {
        "CODE_OF_CONDUCT.md",
        "README.md",
        "SECURITY.md",
        "meta/runtime.yml",
        "playbooks/provision.yml",
    } <= packed


def test_documentation(controller: Controller) -> None:
    """ansible-doc renders each module and the role."""
    modules = controller.run("ansible-doc", *(f"keysmith.alibabacloud.{name}" for name in PLUGINS))
    role = controller.run("ansible-doc", "-t", "role", "keysmith.alibabacloud.ram_credentials")

    for name in PLUGINS:
        assert f"MODULE keysmith.alibabacloud.{name}" in modules.stdout
    assert "ram_credentials_users" in role.stdout
    assert "keysmith" not in modules.stderr + role.stderr

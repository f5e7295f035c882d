# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where one round takes place: a folder with a vault file, Ansible to run in it, and a cloud."""

from __future__ import annotations

import contextlib
import copy
import fcntl
import json
import os
import shutil
import sys
import typing as t
from pathlib import Path

from . import vault_file
from .processes import Tree

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from emulator import Emulator

    from .strikes import Strike

HERE = Path(__file__).resolve().parent
COLLECTION = HERE.parents[1]
LATENCY_MS = 30
# When a run is that long dead, the emulator has carried out what was in flight.
AFTERMATH_SECONDS = 0.05 + 2 * LATENCY_MS / 1000
READ_TIMEOUT = 1
TOUCHING = ("UpdateAccessKey", "DeleteAccessKey")


def make_tree(folder: Path, collection: Path) -> Path:
    """Make a place where Ansible finds the collection, and return it."""
    namespace = folder / "ansible_collections" / "keysmith"
    namespace.mkdir(parents=True)
    (namespace / "alibabacloud").symlink_to(collection, target_is_directory=True)
    return folder


class Site:
    """A person's machine with one vault file, and an account with users and no keys.

    What programs write to is in `folder`: the home directory, temporary files, output, and the
    directory of the vault file.
    """

    def __init__(
        self, folder: Path, tree: Path, emulator: Emulator, *, layout: str, user_count: int
    ) -> None:
        self.emulator = emulator
        self.layout = layout
        self.users = [f"user-{number:02}" for number in range(1, user_count + 1)]
        # Whether each run is in a container of its own, which has a name of its own.
        self.has_containers = False
        # More variables of the playbook.
        self.more: dict[str, t.Any] = {}
        self._tree = tree
        self._move_in(folder)
        vault_file.write_new(self.file, layout)
        emulator.reset()
        for user in self.users:
            emulator.call("CreateUser", UserName=user)

    def clone(self) -> Site:
        """Return another machine, with a copy of the directory of the vault file as it is now."""
        other = copy.copy(self)
        other._move_in(self.folder / "clone")
        shutil.copytree(self.file.parent, other.file.parent, dirs_exist_ok=True)
        return other

    def _move_in(self, folder: Path) -> None:
        self.folder = folder
        self.outputs: list[str] = []
        self._started = 0
        # What an editor has added at the end of the file.
        self._edits = ""
        for name in ("home", "tmp", "work"):
            (folder / name).mkdir(parents=True)
        self.file = folder / "work" / "keyring.yml"
        self.journal = self.file.with_name(f".{self.file.name}.pending.yml")
        self._vault_ids: list[str] = []
        self.give_password("default", vault_file.PASSWORD)

    def give_password(self, label: str, word: str) -> None:
        """Give all runs from now on one more vault password."""
        path = self.folder / f"password-{label}"
        path.write_text(word)
        self._vault_ids += ["--vault-id", f"{label}@{path}"]

    def start(
        self,
        *,
        users: Sequence[str] | None = None,
        concurrency: int = 8,
        read_timeout: int = READ_TIMEOUT,
        strike: Strike | None = None,
        trace: Path | None = None,
        file: Path | None = None,
        struck: Path | None = None,
    ) -> Tree:
        """Start the playbook, for another `file` perhaps.

        `strike` and `trace` are for its shim, which is else not there; its steps are those of the
        file `struck`, or else of that of the run.
        """
        self._started += 1
        variables = {
            "keyring_concurrency": concurrency,
            "keyring_file": str(file or self.file),
            "keyring_layout": self.layout,
            "keyring_read_timeout": read_timeout,
            "keyring_users": self.users if users is None else users,
            **self.more,
        }
        environment = self._environment()
        if strike or trace or self.has_containers:
            environment["PYTHONPATH"] = str(HERE / "shim")
            environment["CHAOS_FILE"] = str(struck or file or self.file)
        if strike:
            environment["CHAOS_STRIKE"] = f"{strike.step}/{strike.occurrence}"
        if trace:
            environment["CHAOS_TRACE"] = str(trace)
        if self.has_containers:
            environment["CHAOS_HOST"] = f"container-{self._started}"
        return Tree(
            [
                str(Path(sys.executable).with_name("ansible-playbook")),
                str(HERE / "play.yml"),
                *self._vault_ids,
                *("-e", json.dumps(variables)),
            ],
            folder=self.folder / "work",
            environment=environment,
            output=self.folder / f"output-{self._started}",
        )

    def finish(self, run: Tree) -> int:
        """Return the exit status of a run once it has ended; its output is kept."""
        status = run.wait()
        self.outputs.append(run.output())
        return status

    def kill(self, run: Tree) -> None:
        """Kill a run; its output is kept."""
        run.kill()
        self.outputs.append(run.output())

    def entries(self) -> dict[str, vault_file.Entry]:
        """Return the keys in the file; DamagedError if it is not what it should be."""
        return vault_file.read_entries(self.file, self.layout, self._edits)

    def edit(self) -> None:
        """Add a line at the end of the file, as editors do that put a new file in its place."""
        edit = "\n# Somebody's note."
        vault_file.append(self.file, self.layout, edit)
        self._edits += edit

    def cloud_keys(self) -> dict[str, dict[str, t.Any]]:
        """Return the keys of all users as the emulator knows them, by id, with `user_name`."""
        return {
            key["access_key_id"]: {**key, "user_name": name}
            for name, user in self.emulator.state()["users"].items()
            for key in user["access_keys"]
        }

    def journaled_keys(self) -> set[str]:
        """Return the ids of the keys that the journal holds."""
        records = self._journal_records()
        return {key["access_key_id"] for record in records for key in record.get("keys", [])}

    def announced_users(self) -> set[str]:
        """Return the users for whom the journal says that a create is about to be sent."""
        return {
            record["user_name"] for record in self._journal_records() if "signed_from" in record
        }

    def touched_keys(self) -> set[str]:
        """Return the ids of the keys that requests until now tried to change or delete."""
        return {
            request["parameters"].get("UserAccessKeyId", "")
            for request in self.emulator.requests()
            if request["action"] in TOUCHING
        }

    def is_locked(self) -> bool:
        """Tell whether some process still holds the file."""
        if not self.file.exists():
            return False
        with self.file.open("rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def strays(self) -> list[str]:
        """Return the names of files beside the vault file that have no business there."""
        return sorted({path.name for path in self.file.parent.iterdir()} - {self.file.name})

    def _journal_records(self) -> list[dict[str, t.Any]]:
        lines = self.journal.read_bytes().splitlines() if self.journal.exists() else []
        records = []
        for line in lines:
            # A torn record tells nothing.
            with contextlib.suppress(ValueError):
                records.append(json.loads(line.partition(b": ")[2]))
        return records

    def _environment(self) -> dict[str, str]:
        url = self.emulator.url
        return {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}",
            "LC_ALL": "C.UTF-8",
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
            "ANSIBLE_COLLECTIONS_PATH": str(self._tree),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_NOCOLOR": "true",
            "ALIBABA_CLOUD_RAM_ENDPOINT": url,
            "ALIBABA_CLOUD_STS_ENDPOINT": url,
            "ALIBABA_CLOUD_IMS_ENDPOINT": url,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": self.emulator.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": self.emulator.access_key_secret,
            "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
        }

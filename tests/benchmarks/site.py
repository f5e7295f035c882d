# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a contender does a job: a folder of its own and an empty account, looked at afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import yaml
from ansible.parsing.vault import VaultLib, VaultSecret

from .clocks import machine_cpu_seconds
from .contenders import KEYRING, PASSWORD_FILE, variables
from .journal import count_commits, journal_of, kept_journal
from .measurement import AGAIN, Measurement

if t.TYPE_CHECKING:
    from .cloud import Cloud
    from .contenders import Contender

STOPWATCH = str(Path(__file__).with_name("stopwatch.py"))
PASSWORD = b"open sesame"
VAULT = VaultLib([("default", VaultSecret(PASSWORD))])


class BenchmarkError(Exception):
    """A contender did not do the job, so how fast it was means nothing."""


class Site:
    """The folder and the account of one contender with one job."""

    def __init__(
        self, folder: Path, tree: Path, cloud: Cloud, *, users: int, concurrency: int
    ) -> None:
        self._folder = folder
        self._cloud = cloud
        self._keyring = folder / KEYRING
        job = variables(users, concurrency, self._keyring)
        self._names = [user["name"] for user in job["bench_users"]]
        (folder / "home").mkdir(parents=True)
        (folder / PASSWORD_FILE).write_bytes(PASSWORD)
        (folder / "variables.json").write_text(json.dumps(job), encoding="utf-8")
        self._environment = {
            "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
            "ANSIBLE_COLLECTIONS_PATH": str(tree),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_REMOTE_TMP": str(folder / "home"),
            "HOME": str(folder / "home"),
            "LC_ALL": "C.UTF-8",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}",
            **cloud.environment(),
        }
        cloud.reset()

    def measure(self, name: str, contender: Contender, run: str) -> Measurement:
        """Let the contender do the job; BenchmarkError unless it is done then."""
        journal = self._folder / f"journal-{run}"
        self._cloud.forget_requests()
        before, everything_before = self._cloud.cpu_seconds(), machine_cpu_seconds()
        earlier = count_commits(journal_of(self._keyring))
        with kept_journal(self._keyring, journal):
            taken = self._run(contender.command)
        emulator_cpu = self._cloud.cpu_seconds() - before
        everything = machine_cpu_seconds() - everything_before
        traffic = self._cloud.traffic()
        if contender.does_job:
            self._refuse_unfinished(contender)
        if run == AGAIN and traffic.writing:
            raise BenchmarkError(f"{contender.title}: the second run wrote {traffic.writing} times")
        return Measurement(
            contender=name,
            users=len(self._names),
            run=run,
            in_flight=min(
                contender.in_flight, len(self._names) if contender.does_job else contender.in_flight
            ),
            commits=count_commits(journal) - earlier,
            emulator_cpu=emulator_cpu,
            others_cpu=max(0.0, everything - emulator_cpu - taken["cpu"]),
            traffic=traffic,
            **taken,
        )

    def _run(self, command: tuple[str, ...]) -> dict[str, float]:
        outcome, output = self._folder / "outcome.json", self._folder / "output"
        with output.open("wb") as stream:
            subprocess.run(
                [sys.executable, STOPWATCH, str(outcome), *command],
                cwd=self._folder,
                env=self._environment,
                stdout=stream,
                stderr=subprocess.STDOUT,
                check=True,
            )
        taken: dict[str, float] = json.loads(outcome.read_text(encoding="utf-8"))
        if taken.pop("status"):
            raise BenchmarkError(output.read_text(encoding="utf-8", errors="replace"))
        return taken

    def _refuse_unfinished(self, contender: Contender) -> None:
        users = self._cloud.users()
        keys = {
            name: [key["access_key_id"] for key in user["access_keys"]]
            for name, user in users.items()
        }
        served = {name for name in users if len(users[name]["policies"]) == len(keys[name]) == 1}
        if served != set(self._names):
            raise BenchmarkError(
                f"{contender.title}: only {len(served)} users have all they should"
            )
        if contender.keeps_keys and self._kept_keys() != keys:
            raise BenchmarkError(f"{contender.title}: the vault file does not hold all keys")

    def _kept_keys(self) -> dict[str, list[str]]:
        text = VAULT.decrypt(self._keyring.read_bytes())
        entries = yaml.load(text, yaml.CSafeLoader)["ram_keyring"]
        return {name: [entry["access_key_id"]] for name, entry in entries.items()}

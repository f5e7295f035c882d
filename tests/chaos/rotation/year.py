# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Play the days, one after the other, and find what must never happen."""

from __future__ import annotations

import json
import time
import typing as t
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

import yaml

from ..vault_file import VAULT
from .consumers import HABITS, OFFICE, Consumer

if t.TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from emulator import Emulator

    from .server import TaskServer

DAY = 86_400
QUARTER = DAY / 4
CALM_DAYS = 3
POLICY = {
    "Status": "Active",
    "Statements": [{"Type": "ClassicWhiteList", "IPList": [f"{OFFICE}/32"]}],
}
# What can happen to requests of a run: the action that is hit, and how.
FAULTS: tuple[tuple[str, dict[str, t.Any]], ...] = (
    ("CreateAccessKey", {"kind": "drop_after"}),
    ("CreateAccessKey", {"kind": "throttle"}),
    ("UpdateAccessKey", {"kind": "drop_after", "times": 9}),
    ("UpdateAccessKey", {"kind": "error", "status": 503, "code": "ServiceUnavailable", "times": 9}),
    ("DeleteAccessKey", {"kind": "drop_after", "times": 9}),
    ("GetAccessKeyLastUsed", {"kind": "garbage", "times": 9}),
    ("GetAccessKeyLastUsed", {"kind": "error", "status": 403, "code": "NoPermission", "times": 9}),
    ("GetCallerIdentity", {"kind": "throttle", "skip": 1, "times": 9}),
    ("ListAccessKeys", {"kind": "drop_before", "times": 3}),
    ("GetAccessKeyPolicy", {"kind": "error", "status": 500, "code": "InternalError", "times": 9}),
    ("SetAccessKeyPolicy", {"kind": "drop_after"}),
)


@dataclass(frozen=True)
class Weather:
    """How likely it is, each day, that something happens."""

    kill: float = 0.12
    fault: float = 0.15
    person: float = 0.1
    backup: float = 0.03


@dataclass
class Year:
    """An account and a file with users, whose keys are rotated daily with these options.

    `problems` are what must never happen; `tally` counts what did.
    """

    emulator: Emulator
    server: TaskServer
    file: Path
    options: dict[str, t.Any]
    chance: Random
    weather: Weather
    grace: float
    max_age: float
    problems: list[str] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._now = 0.0
        self._strangers: dict[str, str] = {}
        self._consumers: list[Consumer] = []

    def begin(self, user_count: int) -> None:
        """Make the users, whose keys are of different ages, and their consumers."""
        names = [f"user{number:02}" for number in range(user_count)]
        for name in names:
            self.emulator.call("CreateUser", UserName=name)
        self._run("ram_keyring", {"users": names})
        for number, name in enumerate(names):
            entry = self._entries()[name]
            age = int(self.max_age * 0.6 * number / user_count / 3600)
            key = {"access_key_id": entry["access_key_id"], "created": f"{age}h"}
            self.emulator.set_past(users=[{"name": name, "access_keys": [key]}])
            habit = HABITS[number % len(HABITS)]
            self._consumers.append(Consumer(self.emulator, name, habit, self.grace))
            if habit.is_at_the_office:
                self._set_policy(name, entry["access_key_id"])

    def play(self, days: int) -> None:
        """Let so many days pass, the last of them without anything that goes wrong."""
        for day in range(days):
            self._let_consumers_act()
            self._wait()
            before = self.file.read_bytes()
            is_calm = day >= days - CALM_DAYS
            if not is_calm and self.chance.random() < self.weather.person:
                self._let_somebody_act()
            result = self._daily_run(is_calm=is_calm)
            if not is_calm and self.chance.random() < self.weather.backup:
                self.tally["backups restored"] += 1
                self.file.write_bytes(before)
            self._wait()
            self._let_consumers_act()
            self._wait()
            self._check(result)
            self._wait()
        self.tally["signatures"] = sum(consumer.signatures for consumer in self._consumers)
        self._check_end()

    def _daily_run(self, *, is_calm: bool) -> dict[str, t.Any] | None:
        die_after = 0
        if not is_calm and self.chance.random() < self.weather.kill:
            die_after = self.chance.randrange(1, 30 + 4 * len(self._consumers))
        elif not is_calm and self.chance.random() < self.weather.fault:
            action, fault = self.chance.choice(FAULTS)
            self.tally["faults"] += 1
            self.emulator.fail(action, **fault)
        result = self._run("ram_rotation", self.options, die_after)
        self.emulator.clear_faults()
        self.tally["runs"] += 1
        if result is None:
            self.tally["kills"] += 1
        for user in (result or {}).get("users", []):
            self.tally[user["action"]] += 1
        return result if not die_after else None

    def _run(
        self, task: str, options: dict[str, t.Any], die_after: int = 0
    ) -> dict[str, t.Any] | None:
        connection = {
            **{f"{service}_endpoint": self.emulator.url for service in ("ram", "sts", "ims")},
            "access_key_id": self.emulator.access_key_id,
            "access_key_secret": self.emulator.access_key_secret,
            "max_attempts": 2,
            "read_timeout": 2,
        }
        given = {**connection, "file": self.file.name, **options}
        return self.server.run(task, given, die_after)

    def _let_consumers_act(self) -> None:
        entries = self._entries()
        for consumer in self._consumers:
            problem = consumer.act(self._now, entries)
            if problem:
                self.problems.append(f"day {self._now / DAY:.2f}: {problem}")

    def _let_somebody_act(self) -> None:
        """Do what people do to keys and users while a rotation is under way, and in between."""
        consumer = self.chance.choice(self._consumers)
        name = consumer.user
        previous = self._entries().get(name, {}).get("previous", {}).get("access_key_id")
        keys = {key["access_key_id"]: key for key in self._keys_of(name)}
        deed = self.chance.choice(["activate", "delete", "rename", "stranger"])
        if deed == "activate" and previous in keys:
            self._update(name, previous, "Active")
        elif deed == "delete" and previous in keys and keys[previous]["status"] == "Inactive":
            self.emulator.call("DeleteAccessKey", UserName=name, UserAccessKeyId=previous)
        elif deed == "rename":
            consumer.user = f"{name.partition('-')[0]}-{int(self._now)}"
            self.emulator.call("UpdateUser", UserName=name, NewUserName=consumer.user)
        elif deed == "stranger" and len(keys) == 1:
            made = self.emulator.call("CreateAccessKey", UserName=name)["AccessKey"]
            self._strangers[made["AccessKeyId"]] = name
        else:
            self._end_of_a_stranger()
            return
        self.tally["deeds of people"] += 1

    def _end_of_a_stranger(self) -> None:
        """Let whoever made a key take it away again."""
        if self._strangers:
            key_id, _name = self._strangers.popitem()
            for user in self.emulator.state()["users"].values():
                if any(key["access_key_id"] == key_id for key in user["access_keys"]):
                    self.emulator.call(
                        "DeleteAccessKey", UserName=user["user_name"], UserAccessKeyId=key_id
                    )

    def _check(self, result: dict[str, t.Any] | None) -> None:
        """Find keys that are lost, that are too old, or somebody else's and not as they were."""
        held, noted = self._held(), self._noted()
        told = {user["user_name"]: user for user in (result or {}).get("users", [])}
        for name, user in self.emulator.state()["users"].items():
            for key in user["access_keys"]:
                key_id = key["access_key_id"]
                if key_id in self._strangers:
                    continue
                if held.get(key_id, "") != key["access_key_secret"] and key_id not in noted:
                    self._find(f"the secret of key {key_id} of {name} is in neither file nor log")
                age = self._age(key)
                is_old = key["status"] == "Active" and age > self.max_age + DAY
                if is_old and name in told and not told[name]["overdue"]:
                    self._find(f"key {key_id} of {name} is {age / DAY:.0f} days old, not reported")
        there = {key["access_key_id"]: key for key in self._all_keys()}
        for key_id, name in self._strangers.items():
            if there.get(key_id, {}).get("status") != "Active":
                self._find(f"key {key_id} of {name}, which is somebody else's, was touched")

    def _check_end(self) -> None:
        """Find what no calm day has put right."""
        held = self._held()
        for key in self._all_keys():
            known = key["access_key_id"] in held or key["access_key_id"] in self._strangers
            if not known and "intent" not in self._noted():
                self._find(f"key {key['access_key_id']} is in no file at the end")

    def _find(self, problem: str) -> None:
        self.problems.append(f"day {self._now / DAY:.2f}: {problem}")

    def _held(self) -> dict[str, str]:
        """Return the secrets that the file holds, by key id."""
        pairs = {}
        for entry in self._entries().values():
            for part in (entry, entry.get("previous", {})):
                if part:
                    pairs[part["access_key_id"]] = part["access_key_secret"]
        return pairs

    def _noted(self) -> str:
        """Return what the log has of keys, creates without an answer among them."""
        log = self.file.with_name(f".{self.file.name}.pending.yml")
        if not log.exists():
            return ""
        records = [json.loads(line.partition(": ")[2]) for line in log.read_text().splitlines()]
        intents = {record["user_id"]: "intent" for record in records if record["type"] == "intent"}
        groups = [record for record in records if record["type"] == "group"]
        answered = {key["user_id"] for record in groups for key in record["keys"]}
        answered |= {record["user_id"] for record in records if record["type"] == "refused"}
        unanswered = [word for user_id, word in intents.items() if user_id not in answered]
        known = [key["access_key_id"] for record in groups for key in record["keys"]]
        lost = self._keys_in_doubt(set(intents) - answered)
        return " ".join([*known, *lost, *unanswered])

    def _keys_in_doubt(self, user_ids: set[str]) -> list[str]:
        """Return the keys of users with a create that got no answer."""
        users = self.emulator.state()["users"].values()
        return [
            key["access_key_id"]
            for user in users
            if user["user_id"] in user_ids
            for key in user["access_keys"]
        ]

    def _entries(self) -> dict[str, t.Any]:
        text = VAULT.decrypt(self.file.read_bytes()).decode()
        entries: dict[str, t.Any] = yaml.load(text, yaml.CSafeLoader)["ram_keyring"]
        return entries

    def _keys_of(self, name: str) -> list[dict[str, t.Any]]:
        keys: list[dict[str, t.Any]] = self.emulator.state()["users"][name]["access_keys"]
        return keys

    def _all_keys(self) -> list[dict[str, t.Any]]:
        users = self.emulator.state()["users"].values()
        return [key for user in users for key in user["access_keys"]]

    def _age(self, key: dict[str, t.Any]) -> float:
        created = datetime.fromisoformat(key["create_date"].replace("Z", "+00:00"))
        # The emulator's clock goes on by itself, and is moved by as much as is waited.
        return time.time() + self._now - created.timestamp()

    def _set_policy(self, name: str, key_id: str) -> None:
        domain = self.emulator.call("GetDefaultDomain")["DefaultDomainName"]
        named = {"UserPrincipalName": f"{name}@{domain}", "UserAccessKeyId": key_id}
        self.emulator.call("SetAccessKeyPolicy", AccessKeyPolicy=json.dumps(POLICY), **named)

    def _update(self, name: str, key_id: str, status: str) -> None:
        named = {"UserName": name, "UserAccessKeyId": key_id}
        self.emulator.call("UpdateAccessKey", Status=status, **named)

    def _wait(self) -> None:
        self.emulator.advance_clock(QUARTER)
        self._now += QUARTER

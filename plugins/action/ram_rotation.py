# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rotate the keys in vault files: the controller's side of the ram_rotation task."""

from __future__ import annotations

import re
import typing as t
from collections import Counter

from ..module_utils._cloud.errors import InputError, RamError, told_together
from ..module_utils._work.stats import CHANGED, FAILED, UNCHANGED, stats
from ..module_utils._work.task import ACCOUNT_KEY_WARNING
from ..plugin_utils._action import failure
from ..plugin_utils._job_folder import short_lived
from ..plugin_utils._progress import Progress
from ..plugin_utils._rotation.durations import OF_A_USER, Durations
from ..plugin_utils._rotation.facts import CURRENT, EMERGENCY, MODES, NOW, PREVIOUS, Wish
from ..plugin_utils._rotation.run import RotationWork, rotate_files
from ..plugin_utils._rotation.settings import RotationSettings
from ..plugin_utils._vault_action import VaultAction, described_as_given
from ..plugin_utils._vault_file.locks import missing_files
from ..plugin_utils._vault_file.vault import Vault

if t.TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ..module_utils._cloud.client import Client
    from ..plugin_utils._rotation.report import Item
    from ..plugin_utils._rotation.rotor import Rotor

COPY, IGNORE = "copy", "ignore"
# Where the work tree goes away, so many keys would be lost with it at once.
FEW_BEGINS = 5
_KEY_ID = re.compile(r"LTAI[0-9A-Za-z]+")


class ActionModule(VaultAction):
    """The task ram_rotation; its options are documented with the module of that name."""

    argument_spec: t.ClassVar[dict[str, t.Any]] = {
        "file": {"type": "str"},
        "name": {"type": "str", "aliases": ["user_name"]},
        "users": {"type": "list", "elements": "raw"},
        "mode": {"type": "str", "choices": list(MODES), "default": "due"},
        "leaked": {"type": "str"},
        "max_age": {"type": "str", "default": "90d"},
        "grace": {"type": "str", "default": "7d"},
        "quiet": {"type": "str"},
        "retain": {"type": "str", "default": "14d"},
        "overdue": {"type": "str", "default": "30d"},
        "begin_at_most": {"type": "int"},
        "network_policy": {"type": "str", "choices": [COPY, IGNORE], "default": COPY},
        "csv_file": {"type": "str"},
        "layout": {"type": "str", "choices": ["file", "inline"], "default": "file"},
        "variable": {"type": "str", "default": "ram_keyring"},
        "vault_id": {"type": "str"},
        "concurrency": {"type": "int", "default": 16},
        "lock_timeout": {"type": "int", "default": 300},
    }
    mutually_exclusive: t.ClassVar = [("name", "users")]
    required_one_of: t.ClassVar = [("file", "users")]

    def converge(self, params: dict[str, t.Any]) -> dict[str, t.Any]:
        """Take the next step of each user's rotation."""
        _refuse_bad_mode(params)
        wish = _wish(params, {})
        users = _described_users(params)
        if users == []:
            return {"changed": False, "users": []}
        vault = Vault.of_run(self._loader)
        wanted = self._wanted(users, params)
        missing = missing_files(wanted)
        client = self.connect(params)
        # Credentials that don't work are told before any file is waited for.
        account_id = client.identity.account_id
        options = self.file_options(params, wanted)
        settings = self._settings(params, wanted)
        rotors, problem = rotate_files(
            RotationWork(client, vault, wanted, wish, options, settings, missing)
        )
        items = [(item, rotor.path) for rotor in rotors for item in rotor.items]
        if users:
            places = {user["name"]: place for place, user in enumerate(users)}
            items.sort(key=lambda each: places[each[0].request.user_name])
        if problem is None:
            self._tell([item for item, _path in items])
        result = self._result(client, rotors, items, problem)
        return {**result, "account_id": account_id}

    def _wanted(
        self, users: list[dict[str, t.Any]] | None, params: dict[str, t.Any]
    ) -> dict[Path, dict[str, Wish]]:
        """Return what is wanted of each file; one without users stands for all that it has."""
        if users is None:
            return {self.resolve_path(params["file"]): {}}
        wanted: dict[Path, dict[str, Wish]] = {}
        for user in users:
            path = self.resolve_path(user["file"])
            wanted.setdefault(path, {})[user["name"]] = _wish(params, user)
        return wanted

    def _settings(self, params: dict[str, t.Any], wanted: Iterable[Path]) -> RotationSettings:
        at_most = params["begin_at_most"]
        goes_away = any(short_lived(path, self._environment()) for path in wanted)
        return RotationSettings(
            copies_policy=params["network_policy"] == COPY,
            concurrency=params["concurrency"],
            check_mode=bool(self._task.check_mode),
            begin_at_most=FEW_BEGINS if at_most is None and goes_away else at_most,
            watch=Progress(self._display.display, "ram_rotation").tell,
            before_new_keys=self.make_sure,
        )

    def _tell(self, items: Iterable[Item]) -> None:
        """Say what moved and what waits, a line for each user; in check mode, all users."""
        is_calendar = bool(self._task.check_mode)
        for line in filter(None, (item.line(is_calendar=is_calendar) for item in items)):
            self._display.display(line)

    def _result(
        self,
        client: Client,
        rotors: list[Rotor],
        items: list[tuple[Item, Path]],
        problem: RamError | None,
    ) -> dict[str, t.Any]:
        result: dict[str, t.Any] = {
            "suspected_keys": [each.as_result() for rotor in rotors for each in rotor.suspects]
        }
        if problem:
            result["changed"] = any(rotor.has_settled for rotor in rotors)
        else:
            result["changed"] = any(rotor.changed for rotor in rotors)
            result.update(_of_users(items))
            result["stats"] = stats([_fate(item) for item, _path in items], client)
        warnings = [warning for rotor in rotors for warning in rotor.warnings]
        if client.identity.is_account:
            warnings.insert(0, ACCOUNT_KEY_WARNING)
        if warnings:
            result["warnings"] = warnings
        if self._task.diff and not problem:
            result["diff"] = [diff for rotor in rotors if rotor.changed for diff in rotor.diffs()]
        return {**result, **_failure(rotors, items, problem)}


def _of_users(items: list[tuple[Item, Path]]) -> dict[str, t.Any]:
    """Return the results of all users, and what they come to together."""
    users = [item.result(path) for item, path in items]
    return {
        "users": users,
        "counts": dict(Counter(user["action"] for user in users)),
        "next_at": min((user["next_at"] for user in users if user["next_at"]), default=None),
    }


def _failure(
    rotors: list[Rotor], items: list[tuple[Item, Path]], problem: RamError | None
) -> dict[str, t.Any]:
    if problem:
        return failure(problem)
    errors = [error for rotor in rotors for error in rotor.errors]
    if not errors:
        return {}
    names = [item.name for item, _path in items if item.action == FAILED]
    return {"failed": True, **told_together(errors, names, len(items))}


def _fate(item: Item) -> str:
    if item.action == FAILED:
        return FAILED
    return CHANGED if item.has_moved else UNCHANGED


def _refuse_bad_mode(params: dict[str, t.Any]) -> None:
    mode, leaked = params["mode"], params["leaked"]
    if mode in {NOW, EMERGENCY} and params["name"] is None and params["users"] is None:
        raise InputError(f"mode: {mode} is for users that are named: say name or users")
    if (mode == EMERGENCY) != (leaked is not None):
        raise InputError("mode: emergency and leaked belong together: say both or neither")
    if leaked and leaked not in {CURRENT, PREVIOUS} and not _KEY_ID.fullmatch(leaked):
        raise InputError("leaked must be current, previous or the AccessKey ID of the leaked key")
    if params["begin_at_most"] is not None and params["begin_at_most"] < 0:
        raise InputError("begin_at_most can't be below 0")


def _wish(params: dict[str, t.Any], user: dict[str, t.Any]) -> Wish:
    """Return what is wanted for a user; InputError if its durations make no sense."""
    given = {name: params[name] for name in (*OF_A_USER, "overdue")}
    given.update({name: user[name] for name in OF_A_USER if name in user})
    whose = f" of user {user['name']}" if user else ""
    durations = Durations.read(given, whose)
    return Wish(params["mode"], durations, user.get("hold", False), params["leaked"] or "")


def _described_users(params: dict[str, t.Any]) -> list[dict[str, t.Any]] | None:
    """Return the users that are named, None if none are.

    Raises InputError for a user that is not properly described.
    """
    if params["name"] is None and params["users"] is None:
        return None
    described = [params["name"]] if params["users"] is None else params["users"]
    users = [_described_user(user, params) for user in described]
    repeated = [name for name, n in Counter(user["name"] for user in users).items() if n > 1]
    if repeated:
        raise InputError(f"These users are listed more than once: {', '.join(repeated)}")
    return users


def _described_user(user: t.Any, params: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return the user with its file."""
    defaults = {"name": None, "file": params["file"]}
    described = {**defaults, **described_as_given(user)}
    name = described["name"]
    # An unquoted name of digits is a number in YAML.
    if isinstance(name, int) and not isinstance(name, bool):
        name = str(name)
    known = {*defaults, *OF_A_USER, "hold"}
    # What else stands there is not quoted: it may be anything, a secret too.
    if not described.keys() <= known or not name or not isinstance(name, str):
        raise InputError(
            "An element of users must be a name, or a mapping with name, file, max_age, grace, "
            "quiet, retain and hold"
        )
    if not isinstance(described.get("hold", False), bool):
        raise InputError(f"hold of user {name} must be true or false")
    if not described["file"] or not isinstance(described["file"], str):
        raise InputError(f"Which file is for user {name}? Say file")
    return {**described, "name": str(name)}

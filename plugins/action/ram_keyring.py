# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep users' keys in ansible-vault files: the controller's side of the ram_keyring task."""

from __future__ import annotations

import typing as t
from collections import Counter

from ..module_utils._errors import InputError, RamError, told_together
from ..module_utils._module import ACCOUNT_KEY_WARNING
from ..module_utils._stats import stats
from ..plugin_utils._action import RamAction, failure
from ..plugin_utils._keyring import Request, Settings
from ..plugin_utils._keyring_plan import Choices
from ..plugin_utils._keyring_run import FileOptions, converge_files
from ..plugin_utils._progress import Progress
from ..plugin_utils._vault import Vault

if t.TYPE_CHECKING:
    from pathlib import Path

    from ..module_utils._client import Client
    from ..plugin_utils._keyring import Keyring

STATES = ["present", "absent"]


class ActionModule(RamAction):
    """The task ram_keyring; its options are documented with the module of that name."""

    argument_spec: t.ClassVar[dict[str, t.Any]] = {
        "file": {"type": "str"},
        "name": {"type": "str"},
        "users": {"type": "list", "elements": "raw"},
        "state": {"type": "str", "choices": STATES, "default": "present"},
        "layout": {"type": "str", "choices": ["file", "inline"], "default": "file"},
        "variable": {"type": "str", "default": "ram_keyring"},
        "vault_id": {"type": "str"},
        "on_unmanaged": {"type": "str", "choices": ["create", "fail"], "default": "create"},
        "on_inactive": {
            "type": "str",
            "choices": ["fail", "activate", "replace"],
            "default": "fail",
        },
        "on_missing": {"type": "str", "choices": ["create", "fail"], "default": "create"},
        "verify": {"type": "str", "choices": ["new", "all", "none"], "default": "new"},
        "account_id": {"type": "str"},
        "new_users": {"type": "list", "elements": "str", "default": []},
        "concurrency": {"type": "int", "default": 16},
        "lock_timeout": {"type": "int", "default": 300},
    }
    mutually_exclusive: t.ClassVar = [("name", "users")]
    required_one_of: t.ClassVar = [("name", "users")]

    def converge(self, params: dict[str, t.Any]) -> dict[str, t.Any]:
        """Make the files and the cloud agree for the users of the task."""
        wanted = self._wanted(params)
        if not wanted:
            return {"changed": False, "users": []}
        vault = Vault.of_run(self._loader)
        client = self.connect(params)
        _refuse_other_account(client, params["account_id"])
        check_mode = bool(self._task.check_mode)
        keyrings, problem = converge_files(
            client,
            vault,
            wanted,
            FileOptions(
                layout=params["layout"],
                variable=params["variable"],
                vault_id=params["vault_id"],
                lock_timeout=params["lock_timeout"],
            ),
            Settings(
                choices=Choices(
                    on_unmanaged=params["on_unmanaged"],
                    on_inactive=params["on_inactive"],
                    on_missing=params["on_missing"],
                ),
                verify=params["verify"],
                concurrency=params["concurrency"],
                check_mode=check_mode,
                watch=Progress(self._display.display, "ram_keyring").tell,
            ),
            new_users=params["new_users"] if check_mode else (),
        )
        return self._result(client, keyrings, problem)

    def _wanted(self, params: dict[str, t.Any]) -> dict[Path, list[Request]]:
        """Return what is wanted of each file; InputError for a user not properly described."""
        described = [params["name"]] if params["users"] is None else params["users"]
        users = [_described_user(user, params) for user in described]
        repeated = [name for name, n in Counter(user["name"] for user in users).items() if n > 1]
        if repeated:
            raise InputError(f"These users are listed more than once: {', '.join(repeated)}")
        wanted: dict[Path, list[Request]] = {}
        for user in users:
            path = self.resolve_path(user["file"])
            wanted.setdefault(path, []).append(Request(user["name"], user["state"]))
        return wanted

    def _result(
        self, client: Client, keyrings: list[Keyring], problem: RamError | None
    ) -> dict[str, t.Any]:
        result: dict[str, t.Any] = {"account_id": client.identity.account_id}
        if problem:
            result["changed"] = any(keyring.has_settled for keyring in keyrings)
        else:
            result["changed"] = any(keyring.changed for keyring in keyrings)
            result["users"] = [user for keyring in keyrings for user in keyring.results()]
            fates = [fate for keyring in keyrings for fate in keyring.fates()]
            result["stats"] = stats(fates, client)
        warnings = [warning for keyring in keyrings for warning in keyring.warnings]
        if client.identity.is_account:
            warnings.insert(0, ACCOUNT_KEY_WARNING)
        if warnings:
            result["warnings"] = warnings
        if self._task.diff and not problem:
            result["diff"] = [keyring.diff() for keyring in keyrings if keyring.changed]
        errors = [error for keyring in keyrings for error in keyring.errors]
        if problem:
            result.update(failure(problem))
        elif errors:
            users = result["users"]
            failed = [user["user_name"] for user in users if "error" in user]
            result.update(failed=True, **told_together(errors, failed, len(users)))
        return result


def _described_user(user: t.Any, params: dict[str, t.Any]) -> dict[str, str]:
    """Return the user with what it leaves out taken from the task."""
    given = user if isinstance(user, dict) else {"name": user}
    defaults = {"name": None, "state": params["state"], "file": params["file"]}
    described = {**defaults, **{key: value for key, value in given.items() if value is not None}}
    name = described["name"]
    # An unquoted name of digits is a number in YAML.
    if isinstance(name, int) and not isinstance(name, bool):
        name = str(name)
    # What else stands there is not quoted: it may be anything, a secret too.
    if described.keys() != defaults.keys() or not name or not isinstance(name, str):
        raise InputError(
            "An element of users must be a name, or a mapping with name, state and file"
        )
    if described["state"] not in STATES:
        raise InputError(f"state of user {name} must be one of {', '.join(STATES)}")
    if not described["file"] or not isinstance(described["file"], str):
        raise InputError(f"Which file is for user {name}? Say file")
    return {key: str(value) for key, value in described.items()}


def _refuse_other_account(client: Client, expected: str | None) -> None:
    actual = client.identity.account_id
    if expected and expected != actual:
        raise InputError(f"This run signs for account {actual}, not for {expected} (account_id)")

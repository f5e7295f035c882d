# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep users' keys in ansible-vault files: the controller's side of the ram_keyring task."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import replace

from ..module_utils._cloud.errors import InputError, RamError, told_together
from ..module_utils._work.stats import stats
from ..module_utils._work.task import ACCOUNT_KEY_WARNING
from ..plugin_utils._action import failure
from ..plugin_utils._keyring.report import Request, Settings
from ..plugin_utils._keyring.run import Work, converge_files
from ..plugin_utils._keyring.table import Choices
from ..plugin_utils._pairs.source import find_owners, read_download
from ..plugin_utils._progress import Progress
from ..plugin_utils._vault_action import VaultAction, described_as_given
from ..plugin_utils._vault_file.locks import missing_files
from ..plugin_utils._vault_file.vault import Vault

if t.TYPE_CHECKING:
    from pathlib import Path

    from ..module_utils._cloud.client import Client
    from ..plugin_utils._keyring.outcome import Outcome
    from ..plugin_utils._keyring.run import FileOptions
    from ..plugin_utils._pairs.source import Download, OwnedPair

STATES = ["present", "absent"]
NAMES_SHOWN = 5


class ActionModule(VaultAction):
    """The task ram_keyring; its options are documented with the module of that name."""

    argument_spec: t.ClassVar[dict[str, t.Any]] = {
        "file": {"type": "str"},
        "name": {"type": "str", "aliases": ["user_name"]},
        "users": {"type": "list", "elements": "raw"},
        "state": {"type": "str", "choices": STATES, "default": "present"},
        "keep_key": {"type": "bool", "default": False},
        "import_csv": {"type": "str"},
        "csv_file": {"type": "str"},
        "layout": {"type": "str", "choices": ["file", "inline"], "default": "file"},
        "variable": {"type": "str", "default": "ram_keyring"},
        "vault_id": {"type": "str"},
        "rekey": {"type": "bool"},
        "move_from": {"type": "list", "elements": "str", "default": []},
        "on_unmanaged": {"type": "str", "choices": ["create", "fail"], "default": "create"},
        "on_inactive": {
            "type": "str",
            "choices": ["fail", "activate", "replace"],
            "default": "fail",
        },
        "on_missing": {"type": "str", "choices": ["create", "fail"], "default": "create"},
        "verify": {"type": "str", "choices": ["new", "all", "none"], "default": "new"},
        "new_users": {"type": "list", "elements": "str", "default": []},
        "missing_files": {"type": "dict", "default": {}},
        "concurrency": {"type": "int", "default": 16},
        "lock_timeout": {"type": "int", "default": 300},
    }
    mutually_exclusive: t.ClassVar = [("name", "users")]
    required_one_of: t.ClassVar = [("name", "users", "import_csv", "rekey")]

    def converge(self, params: dict[str, t.Any]) -> dict[str, t.Any]:
        """Make the files and the cloud agree for the users of the task."""
        users = _described_users(params)
        if users == [] and not (params["rekey"] and params["file"]):
            return {"changed": False, "users": []}
        vault = Vault.of_run(self._loader)
        # Who looks for a file twice need not wait if the first look was a while ago.
        paths = [self.resolve_path(user["file"]) for user in users or []]
        missing = missing_files(paths, _earlier_looks(params["missing_files"]))
        download = self._download(params["import_csv"], vault)
        client = self.connect(params)
        # Credentials that don't work are told before any file is waited for.
        account_id = client.identity.account_id
        owned = find_owners(client, download, params["concurrency"]) if download else {}
        if users is None:
            _refuse_nothing_to_do(params)
            users = [_described_user(name, params) for name in owned]
        elif download:
            _refuse_other_owners(users, owned, download)
        wanted = self._wanted(users, owned, params["file"] if params["rekey"] else None)
        options, settings = self._file_options(params, wanted), self._settings(params, owned)
        new_users = params["new_users"] if settings.check_mode else ()
        work = Work(client, vault, wanted, options, settings, new_users, missing)
        outcomes, problem = converge_files(work)
        self._tell_of_new_keys(outcomes)
        names = [user["name"] for user in users]
        result = self._result(client, outcomes, problem, names, download)
        return {**result, "account_id": account_id, **_told_of_files(work, outcomes, problem)}

    def _download(self, path: str | None, vault: Vault) -> Download | None:
        return None if path is None else read_download(self.resolve_path(path), vault)

    def _tell_of_new_keys(self, outcomes: list[Outcome]) -> None:
        """Say which users have got keys, and where these are."""
        for outcome in outcomes:
            names = outcome.new_keys()
            if names and not self._task.check_mode:
                told = ", ".join(names[:NAMES_SHOWN])
                rest = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
                self._display.display(f"New keys of {told}{rest} are in {outcome.path}")

    def _wanted(
        self, users: list[dict[str, str]], owned: dict[str, OwnedPair], file: str | None
    ) -> dict[Path, list[Request]]:
        """Return what is wanted of each file."""
        wanted: dict[Path, list[Request]] = {}
        if not users and file is not None:
            wanted[self.resolve_path(file)] = []
        for user in users:
            path = self.resolve_path(user["file"])
            request = Request(user["name"], user["state"], owned.get(user["name"]))
            wanted.setdefault(path, []).append(request)
        return wanted

    def _file_options(
        self, params: dict[str, t.Any], wanted: dict[Path, list[Request]]
    ) -> FileOptions:
        return replace(
            self.file_options(params, wanted),
            rekey=bool(params["rekey"]),
            sources=self._sources(params["move_from"], wanted),
        )

    def _sources(self, given: list[str], wanted: dict[Path, list[Request]]) -> list[Path]:
        """Return the files that entries are taken from; one whose directory is gone has none."""
        paths = {self.resolve_path(path): None for path in given}
        for path in paths:
            if path in wanted:
                raise InputError(f"move_from names {path}, which is the file of users of this task")
        return [path for path in paths if path.parent.is_dir()]

    def _settings(self, params: dict[str, t.Any], owned: dict[str, OwnedPair]) -> Settings:
        return Settings(
            choices=Choices(
                on_unmanaged=params["on_unmanaged"],
                on_inactive=params["on_inactive"],
                on_missing=params["on_missing"],
                keep_key=params["keep_key"],
            ),
            verify=params["verify"],
            concurrency=params["concurrency"],
            check_mode=bool(self._task.check_mode),
            imported=[each.pair.access_key_id for each in owned.values()],
            watch=Progress(self._display.display, "ram_keyring").tell,
            before_new_keys=self.make_sure,
            before_encrypting=self.ask_once_more,
        )

    def _result(
        self,
        client: Client,
        outcomes: list[Outcome],
        problem: RamError | None,
        names: list[str],
        download: Download | None,
    ) -> dict[str, t.Any]:
        warnings = [warning for outcome in outcomes for warning in outcome.warnings]
        if download and download.warning:
            warnings.insert(0, download.warning)
        if client.identity.is_account:
            warnings.insert(0, ACCOUNT_KEY_WARNING)
        result: dict[str, t.Any] = {
            "suspected_keys": [s.as_result() for outcome in outcomes for s in outcome.suspects],
            **({"warnings": warnings} if warnings else {}),
        }
        if problem:
            settled = any(outcome.has_settled for outcome in outcomes)
            return {**result, "changed": settled, **failure(problem)}
        fates = [fate for outcome in outcomes for fate in outcome.fates()]
        result |= {"users": _in_order(names, outcomes), "stats": stats(fates, client)}
        changed = [outcome for outcome in outcomes if outcome.changed]
        if self._task.diff:
            result["diff"] = [diff for outcome in changed for diff in outcome.diffs()]
        return {**result, "changed": bool(changed), **_errors(outcomes, result["users"])}


def _told_of_files(
    work: Work, outcomes: list[Outcome], problem: RamError | None
) -> dict[str, t.Any]:
    """Return the part of the result that tells of files, as far as the task asks for it."""
    told: dict[str, t.Any] = {}
    if work.settings.check_mode:
        told["missing_files"] = {str(path): at for path, at in work.missing.items()}
    if work.options.rekey and not problem:
        told["rekeyed"] = [str(each.path) for each in outcomes if each.is_rekeyed]
    if work.options.csv_path:
        told["csv_file"] = str(work.options.csv_path)
    return told


def _errors(outcomes: list[Outcome], users: list[dict[str, t.Any]]) -> dict[str, t.Any]:
    """Return the part of the result that tells what failed, if anything did."""
    errors = [error for outcome in outcomes for error in outcome.errors]
    if not errors:
        return {}
    failed = [user["user_name"] for user in users if "error" in user]
    return {"failed": True, **told_together(errors, failed, len(users))}


def _in_order(names: list[str], outcomes: list[Outcome]) -> list[dict[str, t.Any]]:
    """Return the results of all users in the order in which the task names them."""
    places = {name: place for place, name in enumerate(names)}
    results = [each for outcome in outcomes for each in outcome.results()]
    return [
        result for _request, result in sorted(results, key=lambda each: places[each[0].user_name])
    ]


def _earlier_looks(given: dict[str, t.Any]) -> dict[str, float]:
    try:
        return {str(path): float(at) for path, at in given.items()}
    except (OverflowError, TypeError, ValueError):
        raise InputError(
            "missing_files must be what an earlier ram_keyring returned under this name"
        ) from None


def _described_users(params: dict[str, t.Any]) -> list[dict[str, str]] | None:
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


def _described_user(user: t.Any, params: dict[str, t.Any]) -> dict[str, str]:
    """Return the user with what it leaves out taken from the task."""
    defaults = {"name": None, "state": params["state"], "file": params["file"]}
    described = {**defaults, **described_as_given(user)}
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
    if described["state"] == "absent" and params["import_csv"] is not None:
        raise InputError(f"import_csv stores a key, so state of user {name} can't be absent")
    if not described["file"] or not isinstance(described["file"], str):
        raise InputError(f"Which file is for user {name}? Say file")
    return {key: str(value) for key, value in described.items()}


def _refuse_nothing_to_do(params: dict[str, t.Any]) -> None:
    """Raise InputError unless the task has a file at least, and something to do with it."""
    if params["import_csv"] is None and not (params["rekey"] and params["file"]):
        raise InputError(
            "Whose keys are meant? Say name, users or import_csv; or file, to rekey it"
        )


def _refuse_other_owners(
    users: list[dict[str, str]], owned: dict[str, OwnedPair], download: Download
) -> None:
    """Raise InputError unless these users and no others have a key in the download."""
    names = {user["name"] for user in users}
    others, keyless = sorted(owned.keys() - names), sorted(names - owned.keys())
    if others:
        raise InputError(
            f"{download.path} has a key of user {', '.join(others)}, which this task does not name"
        )
    if keyless:
        raise InputError(f"{download.path} has no key of user {', '.join(keyless)}")

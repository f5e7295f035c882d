# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an AccessKey should be: reads and decides, and writes nothing."""

from __future__ import annotations

import re
import typing as t
from contextlib import suppress
from dataclasses import replace

from .._cloud.errors import InputError, NotFoundError, RamError
from .._stopping import StoppedError
from .._work.patience import patiently
from .._work.plan import Plan, Step
from .access_key import (
    ACTIVE,
    INACTIVE,
    QUOTA,
    AccessKey,
    AccessKeyApi,
    describe_keys,
    find_keys,
    key_owners,
)
from .guard import Guard

if t.TYPE_CHECKING:
    from .._cloud.client import Client

STATUSES = {"active": ACTIVE, "inactive": INACTIVE, ACTIVE: ACTIVE, INACTIVE: INACTIVE}

LOOK_LATER = "It may make one for 15 minutes: look for a key that nobody uses, and delete it"


def plan_access_keys(
    client: Client, options: dict[str, t.Any], *, secret_has_sink: bool
) -> list[Plan[AccessKey]]:
    """Return one plan for each key that the options speak of; InputError if it can't be done.

    `secret_has_sink` tells whether the secret of a key to be created would go anywhere but a log.
    """
    _refuse_bad_options(options)
    named = None if options["user_name"] is None else [options["user_name"]]
    [owner] = key_owners(client, named, for_account=options["for_account"])
    planner = _Planner(client, owner, options, secret_has_sink=secret_has_sink)
    return planner.plan_absent() if options["state"] == "absent" else [planner.plan_present()]


class _Planner:
    def __init__(
        self,
        client: Client,
        user_name: str | None,
        options: dict[str, t.Any],
        *,
        secret_has_sink: bool,
    ) -> None:
        self._client = client
        self._options = options
        self._secret_has_sink = secret_has_sink
        self._user_name = user_name
        self._api = AccessKeyApi(client, user_name)
        self._owner = self._api.owner
        self._guard = Guard(client)
        self._keys = self._find_keys()

    def _find_keys(self) -> list[AccessKey] | None:
        if self._options["state"] == "absent":
            return find_keys(self._client, self._user_name)
        # A user may have been made a moment ago.
        with suppress(NotFoundError):
            return patiently(self._api.list_keys)
        return None

    def plan_present(self) -> Plan[AccessKey]:
        """Plan a key that exists, with the status asked for."""
        if self._keys is None:
            raise InputError(f"There is no user {self._user_name}: create it with ram_user first")
        if self._options["force_create"] or not (self._keys or self._options["user_access_key_id"]):
            return self._plan_new(self._keys)
        key = self._find_key(self._keys)
        status = STATUSES.get(self._options["status"] or "", key.status)
        plan = Plan(str(key.access_key_id), key, replace(key, status=status))
        if status != key.status:
            plan.steps.append(self._status_step(key, status))
        return plan

    def plan_absent(self) -> list[Plan[AccessKey]]:
        """Plan that the key, or all keys, are gone."""
        wanted = self._options["user_access_key_id"]
        doomed = [
            key for key in self._keys or [] if self._options["all"] or key.access_key_id == wanted
        ]
        if not doomed and not self._options["all"]:
            known_as = {"user_name": self._user_name, "access_key_id": wanted}
            return [Plan(wanted, None, None, known_as=known_as)]
        return [self._plan_gone(key) for key in doomed]

    def _plan_gone(self, key: AccessKey) -> Plan[AccessKey]:
        key_id = str(key.access_key_id)
        self._guard.refuse_key(key_id, "delete")
        step = Step(f"delete AccessKey {key_id} of {self._owner}", lambda: self._api.delete(key_id))
        return Plan(key_id, key, None, [step])

    def _find_key(self, keys: list[AccessKey]) -> AccessKey:
        wanted = self._options["user_access_key_id"]
        if wanted:
            for key in keys:
                if key.access_key_id == wanted:
                    return key
            raise InputError(
                f"There is no AccessKey {wanted} of {self._owner}, and none can be made of that id"
            )
        if self._options["status"] and len(keys) > 1:
            raise InputError(
                f"Which key of {self._owner} is to be {self._options['status']}? "
                "Say user_access_key_id: "
                f"{describe_keys(self._client, self._user_name, keys)}"
            )
        return next((key for key in keys if key.is_active), keys[0])

    def _plan_new(self, keys: list[AccessKey]) -> Plan[AccessKey]:
        if not self._secret_has_sink:
            raise InputError(
                "Refusing to create an AccessKey whose secret has nowhere to go, as the API shows "
                "it only once. Set no_log: true on the task and register the result, or say "
                "show_secret: true; or use ram_keyring, which stores keys in an ansible-vault file"
            )
        if len(keys) >= QUOTA:
            raise InputError(
                f"Cannot create an AccessKey for {self._owner}, which already has {QUOTA}: "
                f"{describe_keys(self._client, self._user_name, keys)}. Delete one of them first"
            )
        status = STATUSES.get(self._options["status"] or "", ACTIVE)
        after = AccessKey(access_key_id=None, status=status, user_name=self._user_name)
        plan = Plan(self._owner, None, after)
        plan.steps.append(Step(f"create AccessKey for {self._owner}", lambda: self._create(keys)))
        if status == INACTIVE:
            plan.steps.append(
                Step(f"disable the new AccessKey of {self._owner}", lambda: self._disable_new(plan))
            )
        return plan

    def _create(self, keys: list[AccessKey]) -> dict[str, t.Any]:
        try:
            key = self._api.create(lambda: None)
        except RamError as error:
            if error.is_refusal or isinstance(error, StoppedError):
                raise
            known = {str(key.access_key_id) for key in keys}
            raise error.reworded(f"{error}. {self._what_to_look_for(known)}") from None
        return {
            "access_key_id": key.access_key_id,
            "access_key_secret": key.access_key_secret,
            "create_date": key.create_date,
            "status": key.status,
        }

    def _what_to_look_for(self, known: set[str]) -> str:
        """Return in words which key may have come of a create without an answer.

        Nothing is done about it: somebody else may have made that key, and uses show late.
        """
        try:
            ids = {str(key.access_key_id) for key in self._api.list_keys()} - known
        except RamError as error:
            return f"Whether it made a key is not known ({error}). {LOOK_LATER}"
        if not ids:
            return f"No key of it is there yet. {LOOK_LATER}"
        return (
            f"It may have made {', '.join(sorted(ids))}, unless somebody else did. Nobody has the "
            "secret then: delete it once its last use, which is told hours late, shows none"
        )

    def _disable_new(self, plan: Plan[AccessKey]) -> dict[str, t.Any]:
        created = t.cast("AccessKey", plan.after)
        self._api.set_status(str(created.access_key_id), INACTIVE)
        return {"status": INACTIVE}

    def _status_step(self, key: AccessKey, status: str) -> Step:
        key_id = str(key.access_key_id)
        if status == INACTIVE:
            self._guard.refuse_key(key_id, "disable")
        verb = "activate" if status == ACTIVE else "disable"
        return Step(
            f"{verb} AccessKey {key_id} of {self._owner}",
            lambda: self._api.set_status(key_id, status),
        )


def _refuse_bad_options(options: dict[str, t.Any]) -> None:
    key_id = options["user_access_key_id"]
    if key_id == "":
        # Otherwise it would stand for whatever key the user has.
        raise InputError("user_access_key_id is empty: give an id, or leave it out")
    if key_id and not re.fullmatch(r"[!-~]+", key_id):
        # Such a key would count as gone, while the one that is meant lives on.
        raise InputError(
            "user_access_key_id has a space, a line break or another character that no key has"
        )
    if options["state"] == "absent" and bool(key_id) == bool(options["all"]):
        raise InputError("state: absent needs either user_access_key_id or all: true")
    if options["force_create"] and (key_id or options["state"] == "absent"):
        raise InputError(
            "force_create makes one more key, so it goes with neither user_access_key_id nor absent"
        )
    if options["all"] and options["state"] == "present":
        raise InputError("all: true goes with state: absent only")

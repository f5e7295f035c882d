# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task of Ansible asks for, as values, and what becomes of it.

The only place that knows check mode, results and failures. Knows nothing of AnsibleModule, so that
a noun works the same in a module's process and in a worker of Ansible.
"""

from __future__ import annotations

import typing as t
from contextlib import closing
from dataclasses import dataclass, field

from .._cloud.client import Client
from .._cloud.errors import RamError, named_together, told_together, unforeseen
from .._cloud.options import ConnectionOptions
from .core_dumps import switch_off_core_dumps
from .patience import patiently
from .plan import batches
from .pool import attempt_all
from .stats import stats

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .._cloud.client import Identity
    from .plan import Plan

    Result = dict[str, t.Any]

ACCOUNT_KEY_WARNING = (
    "This run signs with a key of the Alibaba Cloud account itself, which may do everything and "
    "can't be restricted. Create a RAM user with only the permissions needed and run with a key of "
    "that user."
)


@dataclass(frozen=True)
class Task:
    """One task: its validated options, the environment that it is to see, and how it is run.

    `warn` takes the warnings, `hide` each secret that the options do not tell and that no result
    may show. `has_no_log` says that nobody logs the result.
    """

    params: dict[str, t.Any]
    environment: Mapping[str, str]
    warn: Callable[[str], object]
    hide: Callable[[str], object]
    is_check: bool = False
    wants_diff: bool = False
    has_no_log: bool = False

    def connect(self) -> Client:
        """Return a client for the connection options; raises RamError."""
        options = ConnectionOptions.from_params(self.params, self.environment)
        for secret in filter(None, (options.access_key_secret, options.security_token)):
            self.hide(secret)
        return Client(options)

    def warn_of_account_key(self, identity: Identity) -> None:
        """Warn if it is the account itself that signs."""
        if identity.is_account:
            self.warn(ACCOUNT_KEY_WARNING)


@dataclass(frozen=True)
class Declaration:
    """What a module takes and what it does, for whatever process carries it out.

    `run` returns the result and raises RamError.
    """

    argument_spec: Mapping[str, t.Any]
    run: Callable[[Task], Result]
    mutually_exclusive: Sequence[Sequence[str]] = field(default=())
    required_one_of: Sequence[Sequence[str]] = field(default=())


def carry_out(declaration: Declaration, task: Task) -> Result:
    """Return the result of a task, with `failed` and a message without secrets if it failed."""
    switch_off_core_dumps()
    try:
        return declaration.run(task)
    except RamError as error:
        return {**error.as_result(), "failed": True}
    except Exception as error:  # noqa: BLE001 - a traceback could quote anything
        return {**unforeseen(error).as_result(), "failed": True}


def converge(
    task: Task,
    plan_all: Callable[[Client, dict[str, t.Any]], list[Plan[t.Any]]],
    *,
    singular: str,
    plural: str,
    many: bool,
) -> Result:
    """Plan, carry out the plans unless in check mode, and return what they came to."""
    with closing(task.connect()) as client:
        identity = client.identity
        plans = plan_all(client, task.params)
        errors = _apply(plans, task)
    task.warn_of_account_key(identity)
    for warning in _warnings(plans, singular, plural):
        task.warn(warning)
    shown = [plan.result() for plan in plans]
    result: Result = {
        "changed": any(plan.changed for plan in plans),
        "account_id": identity.account_id,
        **({plural: shown} if many else {singular: shown[0]}),
        "stats": stats((plan.fate for plan in plans), client),
    }
    if task.wants_diff:
        result["diff"] = [plan.diff() for plan in plans if plan.changed]
    if errors:
        failed = [plan.name for plan in plans if plan.error]
        told = told_together(errors, failed, len(plans), what=plural)
        return {**result, **told, "failed": True}
    return result


def inform(
    task: Task,
    read: Callable[[Client, dict[str, t.Any]], list[dict[str, t.Any]] | dict[str, t.Any]],
    *,
    plural: str,
) -> Result:
    """Return what `read` finds, under the name of such things, and the account that it is in."""
    with closing(task.connect()) as client:
        found = read(client, task.params)
        identity = client.identity
    task.warn_of_account_key(identity)
    return {"changed": False, "account_id": identity.account_id, plural: found}


def _warnings(plans: list[Plan[t.Any]], singular: str, plural: str) -> list[str]:
    """Return each warning once, with the names of those that it is about."""
    about: dict[str, list[str]] = {}
    for plan in plans:
        for warning in plan.warnings:
            about.setdefault(warning, []).append(plan.name)
    return [
        f"{warning} ({singular if len(names) == 1 else plural} {named_together(names)})"
        for warning, names in about.items()
    ]


def _apply(plans: list[Plan[t.Any]], task: Task) -> list[RamError]:
    if task.is_check:
        for plan in plans:
            plan.predict()
        return []
    concurrency = task.params.get("concurrency", 1)
    outcomes = attempt_all(lambda plan: plan.apply(patiently), plans, concurrency)
    for plan, outcome in zip(plans, outcomes, strict=True):
        plan.error = str(outcome.error) if outcome.error else None
    errors = [outcome.error for outcome in outcomes if outcome.error]
    return errors + _apply_shared(plans, concurrency)


def _apply_shared(plans: list[Plan[t.Any]], concurrency: int) -> list[RamError]:
    errors: list[RamError] = []
    for turn in range(max((len(plan.shared) for plan in plans), default=0)):
        shared = batches(plans, turn)
        outcomes = attempt_all(lambda batch: patiently(batch.run), shared, concurrency)
        for batch, outcome in zip(shared, outcomes, strict=True):
            if outcome.error:
                errors.append(outcome.error)
                for plan in batch.plans:
                    plan.error = str(outcome.error)
    return errors

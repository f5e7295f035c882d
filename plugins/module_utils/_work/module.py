# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module classes: the only place that knows check mode, results and failures."""

from __future__ import annotations

import os
import platform
import sys
import typing as t
from contextlib import contextmanager

from ansible.module_utils.basic import AnsibleModule

from .._cloud.client import Client
from .._cloud.errors import InputError, RamError, told_together, unforeseen
from .._cloud.options import (
    CONNECTION_SPEC,
    ConnectionOptions,
    refuse_bare_elements,
    refuse_split_json,
)
from .pool import attempt_all
from .stats import stats

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .._cloud.client import Identity
    from .plan import Plan

OLDEST_PYTHON = (3, 10)
ACCOUNT_KEY_WARNING = (
    "This run signs with a key of the Alibaba Cloud account itself, which may do everything and "
    "can't be restricted. Create a RAM user with only the permissions needed and run with a key of "
    "that user."
)


class RamModule(AnsibleModule):
    """An Ansible module with the connection options."""

    def __init__(self, argument_spec: dict[str, t.Any], **kwargs: t.Any) -> None:
        self._own_spec = argument_spec
        super().__init__(
            argument_spec={**CONNECTION_SPEC, **argument_spec}, supports_check_mode=True, **kwargs
        )
        # Ansible itself runs modules with older ones, where this code would fail half-way.
        if sys.version_info < OLDEST_PYTHON:
            self.fail_json(
                msg=f"This module needs Python {'.'.join(map(str, OLDEST_PYTHON))} or newer, but "
                f"{sys.executable} is {platform.python_version()}: set ansible_python_interpreter"
            )

    def _load_params(self) -> None:
        super()._load_params()
        try:
            refuse_split_json(self._own_spec, self.params)
            refuse_bare_elements(self._own_spec, self.params)
        except InputError as error:
            # Nothing is validated yet, so the usual echo of the arguments would mask nothing.
            self.fail_json(msg=str(error), invocation={})

    def converge(
        self,
        plan_all: Callable[[Client, dict[str, t.Any]], list[Plan[t.Any]]],
        *,
        singular: str,
        plural: str,
        many: bool,
    ) -> t.NoReturn:
        """Plan, then carry out the plans unless in check mode, and exit with what they came to."""
        with self._failures_told():
            client = self._connect()
            identity = client.identity
            plans = plan_all(client, self.params)
            errors = self._apply(plans)
        self._warn_of_account_key(identity)
        for warning in (warning for plan in plans for warning in plan.warnings):
            self.warn(warning)
        shown = [plan.result() for plan in plans]
        result: dict[str, t.Any] = {
            "changed": any(plan.changed for plan in plans),
            "account_id": identity.account_id,
            **({plural: shown} if many else {singular: shown[0]}),
            "stats": stats((plan.fate for plan in plans), client),
        }
        if self._diff:
            result["diff"] = [plan.diff() for plan in plans if plan.changed]
        if errors:
            failed = [plan.name for plan in plans if plan.error]
            self.fail_json(**{**result, **told_together(errors, failed, len(plans), what=plural)})
        self.exit_json(**result)

    def inform(
        self,
        read: Callable[[Client, dict[str, t.Any]], list[dict[str, t.Any]]],
        *,
        plural: str,
    ) -> t.NoReturn:
        """Exit with what `read` finds, and the account that it was found in."""
        with self._failures_told():
            client = self._connect()
            found = read(client, self.params)
            identity = client.identity
        self._warn_of_account_key(identity)
        self.exit_json(changed=False, account_id=identity.account_id, **{plural: found})

    @contextmanager
    def _failures_told(self) -> Iterator[None]:
        """Fail with a message that shows no secret, whatever goes wrong."""
        try:
            yield
        except RamError as error:
            self.fail_json(**error.as_result())
        except Exception as error:  # noqa: BLE001 - a traceback could quote anything
            self.fail_json(**unforeseen(error).as_result())

    def _connect(self) -> Client:
        options = ConnectionOptions.from_params(self.params, os.environ)
        self.no_log_values.update(filter(None, (options.access_key_secret, options.security_token)))
        return Client(options)

    def _warn_of_account_key(self, identity: Identity) -> None:
        if identity.is_account:
            self.warn(ACCOUNT_KEY_WARNING)

    def _apply(self, plans: list[Plan[t.Any]]) -> list[RamError]:
        if self.check_mode:
            for plan in plans:
                plan.predict()
            return []
        outcomes = attempt_all(lambda plan: plan.apply(), plans, self.params.get("concurrency", 1))
        for plan, outcome in zip(plans, outcomes, strict=True):
            plan.error = str(outcome.error) if outcome.error else None
        return [outcome.error for outcome in outcomes if outcome.error]

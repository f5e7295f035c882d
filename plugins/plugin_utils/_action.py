# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of our action plugins: arguments, the task's environment, paths, the error boundary."""

from __future__ import annotations

import os
import typing as t
from abc import abstractmethod

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action import ActionBase

from ..module_utils._cloud.client import Client
from ..module_utils._cloud.errors import InputError, RamError, unforeseen
from ..module_utils._cloud.options import CONNECTION_SPEC, ConnectionOptions
from ..module_utils._stopping import listening, refuse_if_stopped
from ..module_utils._work.arguments import prepare
from ..module_utils._work.core_dumps import switch_off_core_dumps
from ._early import import_early
from ._paths import resolve_path
from ._plain import plain_options

if t.TYPE_CHECKING:
    from pathlib import Path

import_early()


class RamAction(ActionBase):
    """An action plugin with the connection options, which works in the controller's own process."""

    _supports_check_mode = True
    _supports_async = False

    argument_spec: t.ClassVar[dict[str, t.Any]] = {}
    mutually_exclusive: t.ClassVar[list[tuple[str, ...]]] = []
    required_one_of: t.ClassVar[list[tuple[str, ...]]] = []

    @abstractmethod
    def converge(self, params: dict[str, t.Any]) -> dict[str, t.Any]:
        """Do the task and return its result; raises RamError."""

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        """Run the task; whatever goes wrong becomes a message that shows no secret."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        switch_off_core_dumps()
        try:
            with listening():
                # One item of a loop may have been stopped before.
                refuse_if_stopped()
                return {**result, **self.converge(self._checked_arguments())}
        except RamError as error:
            return {**result, **failure(error)}
        except Exception as error:
            return {**result, **failure(unforeseen(error))}

    def connect(self, params: dict[str, t.Any]) -> Client:
        """Return a client for the connection options of the task and its environment."""
        return Client(ConnectionOptions.from_params(params, self._environment()))

    def resolve_path(self, given: str) -> Path:
        """Return the real path of a file on the controller; InputError if it has none."""
        return resolve_path(given, self._loader)

    def _checked_arguments(self) -> dict[str, t.Any]:
        spec = {**CONNECTION_SPEC, **self.argument_spec}
        given = plain_options(self._task.args)
        prepare(spec, given)
        validator = ArgumentSpecValidator(
            spec,
            mutually_exclusive=self.mutually_exclusive,
            required_one_of=self.required_one_of,
        )
        checked = validator.validate(given)
        if checked.error_messages:
            secrets = [given.get(name) for name, o in spec.items() if o.get("no_log")]
            message = "; ".join(checked.error_messages)
            if isinstance(checked.errors[0], UnsupportedError):
                message = f"Unsupported parameters for ({self._task.action}) module: {message}"
            raise InputError(str(remove_values(message, list(filter(None, secrets)))))
        return dict(checked.validated_parameters)

    def _environment(self) -> dict[str, str]:
        """Return Ansible's own environment with the task's `environment` put on top.

        Ansible hands the latter to modules only, and this process is not the task's alone.
        """
        given: dict[str, t.Any] = {}
        self._compute_environment_string(given)
        _refuse_impossible_variables(given)
        return {**os.environ, **{str(name): str(value) for name, value in given.items()}}


def failure(error: RamError) -> dict[str, t.Any]:
    """Return the part of a failed result that tells why."""
    return {"failed": True, **error.as_result()}


def _refuse_impossible_variables(environment: dict[str, t.Any]) -> None:
    for name, value in environment.items():
        if not name or "=" in name or "\0" in f"{name}{value}":
            raise InputError(
                f"{name!r} of the task's environment can't be set: no variable has such a name, or "
                "such a value"
            )

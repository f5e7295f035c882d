# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a declaration as an Ansible module, in a process of its own."""

from __future__ import annotations

import os
import platform
import sys
import typing as t

from ansible.module_utils.basic import AnsibleModule

from .._cloud.errors import InputError
from .._cloud.options import CONNECTION_SPEC
from .arguments import prepare
from .task import Task, carry_out

if t.TYPE_CHECKING:
    from .task import Declaration

OLDEST_PYTHON = (3, 10)


def run_module(declaration: Declaration) -> t.NoReturn:
    """Do the task that Ansible handed to this process, and exit with its result."""
    module = _Module(declaration)
    task = Task(
        module.params,
        os.environ,
        warn=module.warn,
        hide=module.no_log_values.add,
        is_check=module.check_mode,
        wants_diff=module._diff,  # noqa: SLF001 - it has no public name
        has_no_log=module.no_log,
    )
    result = carry_out(declaration, task)
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)


class _Module(AnsibleModule):
    """An Ansible module with the connection options."""

    def __init__(self, declaration: Declaration) -> None:
        self._spec = {**CONNECTION_SPEC, **declaration.argument_spec}
        super().__init__(
            argument_spec=self._spec,
            mutually_exclusive=declaration.mutually_exclusive,
            required_one_of=declaration.required_one_of,
            supports_check_mode=True,
        )
        # Ansible itself runs modules with older ones, where this code would fail half-way.
        if sys.version_info < OLDEST_PYTHON:
            self.fail_json(
                msg=f"This module needs Python {'.'.join(map(str, OLDEST_PYTHON))} or newer, but "
                f"{sys.executable} is {platform.python_version()}: set ansible_python_interpreter"
            )

    def _log_invocation(self) -> None:
        """Leave the arguments out of the system's log: in Ansible's worker nobody writes it."""

    def _load_params(self) -> None:
        super()._load_params()
        try:
            prepare(self._spec, self.params)
        except InputError as error:
            # Nothing is validated yet, so the usual echo of the arguments would mask nothing.
            self.fail_json(msg=str(error), invocation={})

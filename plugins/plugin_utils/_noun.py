# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carry out the task of a module in Ansible's worker, where that comes to the same.

A process of its own costs a module more than most of its work. Where it would run on this machine,
as this user and in this Python, the worker does without; everywhere else, and wherever in doubt,
Ansible runs the module as ever.
"""

from __future__ import annotations

import os
import signal
import sys
import typing as t

from ansible import constants as C  # noqa: N812 - its usual name
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action.normal import ActionModule as NormalAction

from ..module_utils._cloud.errors import InputError, RamError
from ..module_utils._cloud.options import CONNECTION_SPEC
from ..module_utils._cloud.sdk import import_sdk
from ..module_utils._stopping import is_out_of_task_time, listening, refuse_if_stopped
from ..module_utils._work.arguments import prepare
from ..module_utils._work.task import Declaration, Task, carry_out
from ._early import import_early, sdk_prints
from ._plain import plain, plain_options

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    Values = dict[str, t.Any]

import_early()

FORCE = "keysmith_alibabacloud_run_as_module"
DISCOVERED = ("", "auto", "auto_legacy", "auto_silent", "auto_legacy_silent")
# Variables that are read from the task's environment alone. Any other one could change what Python
# or a library does, which the environment of this process can't follow.
OUR_VARIABLES = ("ALIBABA_CLOUD_", "ALICLOUD_")
OUR_PROXIES = ("http_proxy", "https_proxy", "no_proxy")


class NounAction(NormalAction):
    """The controller's side of a module, whose `declaration` it carries out."""

    declaration: t.ClassVar[Declaration]

    def run(self, tmp: str | None = None, task_vars: Values | None = None) -> Values:
        """Run the task in this process or as a module; the result is the same."""
        task_vars = task_vars or {}
        doubt = self.doubt(task_vars)
        way = f"as a module: {doubt}" if doubt else "in Ansible's worker"
        self._display.vvv(f"{self._task.action} runs {way}", host=self._play_context.remote_addr)
        if doubt:
            result: Values = super().run(tmp, task_vars)
            return result
        return self._carry_out_here(task_vars)

    def _update_module_args(
        self, module_name: str, module_args: Values, *more: t.Any, **named: t.Any
    ) -> None:
        super()._update_module_args(module_name, module_args, *more, **named)
        # Ansible says so too where no_target_syslog is set, and then callbacks do show the result.
        module_args["_ansible_no_log"] = bool(self._task.no_log)

    def doubt(self, task_vars: Values) -> str | None:
        """Return why the task is to run as a module, None if it need not."""
        if boolean(self._templar.template(task_vars.get(FORCE, False)), strict=False):
            return f"{FORCE} says so"
        if self._connection.ansible_name != "ansible.builtin.local":
            return "the connection is not ansible.builtin.local"
        if self._connection.become is not None or self._task.async_val:
            return "it has become or async"
        return self._doubt_about_python(task_vars) or self._doubt_about_environment()

    def _doubt_about_python(self, task_vars: Values) -> str | None:
        host = self._task.delegate_to
        its_vars = task_vars.get("ansible_delegated_vars", {}).get(host, {}) if host else task_vars
        configured = C.config.get_config_value("INTERPRETER_PYTHON", variables=its_vars)
        interpreter = str(self._templar.template(configured) or "").strip()
        if interpreter not in (*DISCOVERED, sys.executable):
            return f"its Python is {interpreter}, and this one is {sys.executable}"
        if sdk_prints():
            return "DEBUG lets the SDK print, for which a module has its own streams"
        try:
            import_sdk()
        except Exception:  # noqa: BLE001 - a broken SDK may raise anything
            return f"{sys.executable} can't import the SDK"
        return None

    def _doubt_about_environment(self) -> str | None:
        given = self._given_environment()
        for name, value in given.items():
            is_ours = name.startswith(OUR_VARIABLES) or name.lower() in OUR_PROXIES
            if not is_ours or "=" in name or "\0" in f"{name}{value}":
                return f"its environment has {name}"
        # These are expanded by the environment of the process, and only the module's has them.
        if given and "$" in str(self._task.args.get("ca_bundle")):
            return "its environment may be meant in ca_bundle"
        return None

    def _given_environment(self) -> dict[str, str]:
        given: Values = {}
        self._compute_environment_string(given)
        return {str(name): str(value) for name, value in given.items()}

    def _carry_out_here(self, task_vars: Values) -> Values:
        parent = os.getppid()
        with listening():
            result = self._result(task_vars)
            is_out_of_time = is_out_of_task_time()
        if is_out_of_time:
            # Ansible's own handler is back now, and makes of it what it makes of any time-out.
            signal.raise_signal(signal.SIGALRM)
        if os.getppid() != parent:
            # Nobody empties the pipe that results go into, so more than fits would block for ever.
            return {"failed": True, "msg": "Ansible's main process has ended"}
        return result

    def _result(self, task_vars: Values) -> Values:
        given = dict(self._task.args)
        # The settings that Ansible would tell the module, by the names that it has for them.
        self._update_module_args(self._task.action, given, task_vars)
        settings = {name: given.pop(name) for name in list(given) if name.startswith("_ansible_")}
        environment = {**os.environ, **self._given_environment()}
        result = _Work(self.declaration, given).result(settings, environment)
        # From 2.21 on, only who asks for it gets the echo of the arguments.
        if not settings.get("_ansible_inject_invocation", True):
            del result["invocation"]
        return result


class _Work:
    """One run of a declaration: what a module's process keeps besides what it does."""

    def __init__(self, declaration: Declaration, given: Values) -> None:
        self._given = given
        self.params: Values = {}
        self._declaration = declaration
        self._spec = {**CONNECTION_SPEC, **declaration.argument_spec}
        self._warnings: list[str] = []
        self._secrets: set[str] = set()

    def result(self, settings: Mapping[str, t.Any], environment: Mapping[str, str]) -> Values:
        """Validate the options, do the task and return what a module would."""
        try:
            refuse_if_stopped()
            self.params = plain_options(self._given)
            prepare(self._spec, self.params)
        except RamError as error:
            # Nothing is validated yet, so the usual echo of the arguments would mask nothing.
            return {"failed": True, "msg": str(error), "invocation": {}}
        try:
            self._validate(settings["_ansible_module_name"])
        except InputError as error:
            return self._finished({"failed": True, "msg": str(error)})
        task = Task(
            self.params,
            environment,
            warn=self._warnings.append,
            hide=self._secrets.add,
            is_check=settings["_ansible_check_mode"],
            wants_diff=settings["_ansible_diff"],
            has_no_log=settings["_ansible_no_log"],
        )
        return self._finished(carry_out(self._declaration, task))

    def _validate(self, module_name: str) -> None:
        validator = ArgumentSpecValidator(
            self._spec,
            mutually_exclusive=self._declaration.mutually_exclusive,
            required_one_of=self._declaration.required_one_of,
        )
        checked = validator.validate(self.params)
        self.params.update(checked.validated_parameters)
        self._secrets |= checked._no_log_values  # noqa: SLF001 - as AnsibleModule does
        for each in checked._warnings:  # noqa: SLF001 - as AnsibleModule does
            self._warnings.append(
                f"Both option {each['option']} and its alias {each['alias']} are set."
            )
        if checked.error_messages:
            message = checked.errors.msg
            if isinstance(checked.errors[0], UnsupportedError):
                message = f"Unsupported parameters for ({module_name}) module: {message}"
            raise InputError(message)

    def _finished(self, result: Values) -> Values:
        told = {**result, "invocation": {"module_args": self.params}}
        if self._warnings:
            told["warnings"] = list(dict.fromkeys(self._warnings))
        kept = {name: each for name, each in told.items() if each is None or isinstance(each, bool)}
        shown: Values = plain({**remove_values(told, self._secrets), **kept})
        return shown

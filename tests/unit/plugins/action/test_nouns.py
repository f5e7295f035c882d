# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module's task comes to the same in Ansible's worker and in a process of its own."""

from __future__ import annotations

import importlib
import json
import logging
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import typing as t
from pathlib import Path

import pytest
from darabonba.core import DaraCore

from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._noun import FORCE

from ..conftest import connection_to
from ..noun_task import COLLECTION, action_of, variables

if t.TYPE_CHECKING:
    from emulator import Emulator

    Values = dict[str, t.Any]

PLUGINS = Path(__file__).resolve().parents[4] / "plugins"
NOUNS = sorted(file.stem for file in (PLUGINS / "modules").glob("*.py"))
OF_VAULT_FILES = ("ram_keyring", "ram_rotation")
for of_vault_files in OF_VAULT_FILES:
    NOUNS.remove(of_vault_files)
# What differs from one account of the emulator to the next, and how long it took.
OF_THE_RUN = re.compile(
    r"(?P<name>\"\w*(_id|_date|seconds|secret)\": )(\"[^\"]+\"|[\d.]+)|[0-9A-F]{8}(-[0-9A-F]+){4}|"
    r"(?<=acs:ram::)\d+|(?<=account )\d+|LTAI\w+|http://127\.0\.0\.1:\d+"
)


def told_by_core(warning: t.Any) -> str:
    """Return the text of a warning, which ansible-core 2.19 and newer wrap for a while."""
    return str(warning.event.msg)


def without_account(result: Values) -> Values:
    """Return a result without what the cloud makes up."""
    text = json.dumps(result, default=told_by_core)
    text = OF_THE_RUN.sub(lambda found: f"{found['name'] or ''}0", text)
    # What core adds to any result, and what it adds to a module's and takes away again.
    return {
        "changed": False,
        "failed": False,
        **{
            name: value
            for name, value in json.loads(text).items()
            if name not in {"_ansible_parsed", "exception"}
        },
    }


def populate(emulator: Emulator) -> None:
    """Make two users, one with a key, and a group."""
    emulator.reset()
    for name in ("ann", "bob"):
        emulator.call("CreateUser", UserName=name, Comments="made before")
    emulator.call("CreateAccessKey", UserName="ann")
    emulator.call("CreateGroup", GroupName="ops")
    emulator.call("AddUserToGroup", UserName="ann", GroupName="ops")


def run_both_ways(
    emulator: Emulator, name: str, options: Values, **settings: t.Any
) -> list[Values]:
    """Return what a task comes to in the worker and as a module, and leave out what may differ."""
    results = []
    for is_module in (False, True):
        populate(emulator)
        action = action_of(name, {**connection_to(emulator), **options}, **settings)
        task_vars = variables(**{FORCE: is_module})
        assert bool(action.doubt(task_vars)) is is_module
        results.append(without_account(action.run(task_vars=task_vars)))
    return results


DOCUMENT: Values = {"Statement": [{"Effect": "Deny", "Action": "{{ x }}", "Resource": "*"}]}
TRUST = {
    "Statement": [{"Effect": "Allow", "Action": "*", "Principal": {"Service": "ecs.aliyuncs.com"}}]
}
CHECK = {"check_mode": True, "diff": True}
RITUALS: dict[str, tuple[str, Values, Values]] = {
    "user-new": ("ram_user", {"name": "new", "comments": "{{ x }} é"}, {"diff": True}),
    "user-unchanged": ("ram_user", {"name": "ann", "comments": "made before"}, {}),
    "user-check": ("ram_user", {"name": "ann", "comments": "other"}, CHECK),
    "user-name-of-digits": ("ram_user", {"name": 12}, CHECK),
    "users": ("ram_user", {"users": [{"name": "ann"}, {"name": "x", "policies": ["Y"]}]}, CHECK),
    "users-none": ("ram_user", {"users": []}, {}),
    "user-absent": ("ram_user", {"name": "bob", "state": "absent"}, {"diff": True}),
    "user-stays": ("ram_user", {"name": "ann", "state": "absent"}, {}),
    "user-info": ("ram_user_info", {"include": ["groups", "access_keys"]}, {}),
    "user-info-alias-twice": ("ram_user_info", {"name": "ann", "user_name": "ann"}, {}),
    "group": ("ram_group", {"name": "ops", "users": ["bob"]}, {"diff": True}),
    "group-info": ("ram_group_info", {}, {}),
    "key-without-a-place": ("ram_access_key", {"user_name": "bob"}, {}),
    "key-shown": ("ram_access_key", {"user_name": "bob", "show_secret": True}, {}),
    "key-no-log": ("ram_access_key", {"user_name": "bob"}, {"no_log": True}),
    "key-info": ("ram_access_key_info", {"user_name": "ann"}, {}),
    "policy": ("ram_policy", {"name": "p", "document": DOCUMENT, "tags": {"cost": 7}}, CHECK),
    "tags-with-odd-keys": (
        "ram_user",
        {"name": "ann", "tags": {True: "x", None: "y", 2: "z", 1.5: "w"}},
        CHECK,
    ),
    "policy-as-text": ("ram_policy", {"name": "p", "document": json.dumps(DOCUMENT)}, {}),
    "policy-unreadable": ("ram_policy", {"name": "p", "document": "{"}, {}),
    "role": ("ram_role", {"name": "r", "trust_policy": TRUST, "allow_console_login": "no"}, CHECK),
    "roles": ("ram_role", {"roles": [{"name": "r"}], "trust_policy": TRUST, "tags": {}}, {}),
    "role-absent": ("ram_role", {"name": "r", "state": "absent"}, {}),
    "role-info": ("ram_role_info", {"include": ["policies"]}, {}),
    "policy-info": ("ram_policy_info", {"name": "AliyunSLBReadOnlyAccess"}, {}),
    "alias": ("ram_account_alias", {"account_alias": "acme"}, {"diff": True}),
    "passwords": ("ram_password_policy", {"max_login_attemps": 0, "hard_expire": "yes"}, CHECK),
    "log-ons": ("ram_security_preference", {"login_network_masks": "192.0.2.7"}, {"diff": True}),
    "log-on": ("ram_login_profile", {"name": "ann", "password": "Pass-Word-7"}, {"diff": True}),
    "log-ons-refused": (
        "ram_login_profile",
        {"login_profiles": [{"name": "ann", "password": "Pass-Word-7"}, {"name": "Pass-Word-7"}]},
        CHECK,
    ),
    "log-on-info": ("ram_login_profile_info", {"name": "ann"}, {}),
    "no-device": ("ram_mfa_device", {"name": "ann", "state": "absent"}, CHECK),
    "account-info": ("ram_account_info", {}, {}),
    "unknown-option": ("ram_user", {"name": "ann", "nmae": "bob"}, {}),
    "unknown-inner-option": ("ram_user", {"users": [{"name": "ann", "nmae": "bob"}]}, {}),
    "two-of-one": ("ram_user", {"name": "ann", "users": []}, {}),
    "none-of-one": ("ram_group", {}, {}),
    "no-choice": ("ram_user", {"name": "ann", "state": "gone"}, {}),
    "no-number": ("ram_user", {"name": "ann", "concurrency": "many"}, {}),
    "too-small": ("ram_user", {"name": "ann", "concurrency": 0}, {}),
    "cut-json": ("ram_user", {"users": '[{"name": "ann"}, {"name": "bob"}]'}, {}),
    "no-mapping": ("ram_user", {"name": "ann", "assume_role": False}, {}),
    "mapping-as-text": ("ram_user", {"name": "ann", "tags": "a=b c=d"}, CHECK),
    "contradiction": ("ram_user_info", {"name": "ann", "user_name": "bob"}, {}),
    "secret-as-name": ("ram_user", {"name": "hush-hush", "security_token": "hush-hush"}, CHECK),
    "half-a-pair": ("ram_user", {"name": "ann", "access_key_secret": ""}, {}),
    "wrong-account": ("ram_group_info", {"account_id": "1"}, {}),
}


@pytest.mark.parametrize("ritual", RITUALS)
def test_both_ways_come_to_the_same(emulator: Emulator, ritual: str) -> None:
    """The result has the same keys and values, whatever the process: echo, warnings, diff, mask."""
    name, options, settings = RITUALS[ritual]

    here, as_module = run_both_ways(emulator, name, options, **settings)

    assert here == as_module
    assert "invocation" in here
    assert "Traceback" not in json.dumps(here)


@pytest.mark.parametrize("is_module", [False, True], ids=["here", "as-module"])
def test_logs_that_are_off_elsewhere(emulator: Emulator, is_module: bool) -> None:  # noqa: FBT001
    """Where Ansible logs nothing on the target, a new secret still wants a task with `no_log`."""
    populate(emulator)
    action = action_of("ram_access_key", {**connection_to(emulator), "user_name": "bob"})

    result = action.run(task_vars=variables(ansible_no_target_syslog=True, **{FORCE: is_module}))

    assert result["failed"]
    assert "no_log: true" in result["msg"]
    assert emulator.call("ListAccessKeys", UserName="bob")["AccessKeys"]["AccessKey"] == []


def test_core_dumps_are_off(emulator: Emulator) -> None:
    """A crash of the process that knows the secrets can't write them to disk."""
    populate(emulator)
    _soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    if hard == 0:
        pytest.skip("core dumps are off for this user")
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

    action_of("ram_group_info", connection_to(emulator)).run(task_vars=variables())

    assert resource.getrlimit(resource.RLIMIT_CORE) == (0, hard)


def test_rituals_are_of_all_nouns() -> None:
    """No module is left out of the comparison, and each has its side on the controller."""
    compared = {name for name, _options, _settings in RITUALS.values()}

    assert compared == set(NOUNS)
    assert {file.stem for file in (PLUGINS / "action").glob("*.py")} == {*NOUNS, *OF_VAULT_FILES}


@pytest.mark.parametrize("name", NOUNS)
def test_nouns_are_kept_apart(name: str) -> None:
    """An action is found by its module's own name, by which module_defaults are found, too."""
    action = action_of(name, {})

    module = importlib.import_module(f"ansible_collections.{COLLECTION}.plugins.modules.{name}")
    assert action.ansible_name == f"{COLLECTION}.{name}"
    assert action.declaration is module.DECLARATION


OF_A_TASK: dict[str, tuple[str, Values, Values]] = {
    "forced": (FORCE, {}, {FORCE: "yes"}),
    "ssh": ("connection", {"connection": "ssh"}, {}),
    "async": ("async", {"async": 10}, {}),
    "python": ("/usr/bin/other", {}, {"ansible_python_interpreter": "/usr/bin/other"}),
    "delegated": (
        "/usr/bin/other",
        {"delegate_to": "other"},
        {"ansible_delegated_vars": {"other": {"ansible_python_interpreter": "/usr/bin/other"}}},
    ),
    "environment": ("PYTHONPATH", {"environment": {"PYTHONPATH": "/x"}}, {}),
    "home": ("HOME", {"environment": [{"HOME": "/x"}]}, {}),
    "nul": ("ALIBABA_CLOUD_X", {"environment": {"ALIBABA_CLOUD_X": "\0"}}, {}),
}


@pytest.mark.parametrize("case", OF_A_TASK)
def test_in_doubt_as_a_module(case: str) -> None:
    """What would run elsewhere, or otherwise, is left to a module, and it says why."""
    told, settings, task_vars = OF_A_TASK[case]

    doubt = action_of("ram_group", {"name": "g"}, **settings).doubt(variables(**task_vars))

    assert told in doubt


def test_path_of_another_environment_as_a_module() -> None:
    """A path that the task's environment would expand is left to the module."""
    options = {"name": "g", "ca_bundle": "$ALIBABA_CLOUD_X/ca.pem"}
    environment = {"ALIBABA_CLOUD_X": "/x"}

    doubt = action_of("ram_group", options, environment=environment).doubt(variables())

    assert "ca_bundle" in doubt


@pytest.mark.parametrize(
    "task_vars",
    [
        {},
        {FORCE: False},
        {FORCE: "no"},
        {"ansible_python_interpreter": "auto_silent"},
    ],
    ids=str,
)
def test_without_doubt_here(task_vars: Values) -> None:
    """This machine, this user, this Python and our own variables need no other process."""
    environment = {"ALIBABA_CLOUD_PROFILE": "x", "https_proxy": "http://proxy", "NO_PROXY": "x"}
    action = action_of("ram_group", {"name": "g"}, environment=environment)

    assert action.doubt(variables(**task_vars)) is None


def test_sdk_that_prints_as_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the SDK prints all it sends, it does so in a process of its own."""
    monkeypatch.setenv("DEBUG", "sdk")

    assert "DEBUG" in action_of("ram_group", {"name": "g"}).doubt(variables())


def state_of_process() -> Values:
    """Return what a task could leave behind in its process."""
    umask = os.umask(0o77)
    os.umask(umask)
    return {
        "umask": umask,
        "environment": dict(os.environ),
        "folder": Path.cwd(),
        "signals": [signal.getsignal(number) for number in signal.valid_signals()],
        "threads": threading.active_count(),
        "sessions": dict(DaraCore._sessions),
        "logging": (logging.root.level, list(logging.root.handlers)),
        "streams": (sys.stdin, sys.stdout, sys.stderr),
    }


@pytest.mark.parametrize("name", ["bob", "Bad Name"], ids=["done", "failed"])
def test_worker_is_as_before(emulator: Emulator, name: str) -> None:
    """Whether it is done or fails, a task leaves the process as it was for the next one."""
    populate(emulator)
    task = {**connection_to(emulator), "name": name, "comments": "new"}
    environment = {"ALIBABA_CLOUD_PROFILE": "nobody"}
    before = state_of_process()

    result = action_of("ram_user", task, environment=environment).run(task_vars=variables())

    assert bool(result.get("failed")) == (name == "Bad Name"), result
    assert state_of_process() == before


def test_early_import_is_harmless() -> None:
    """What all workers of a run inherit has started no thread and opened no file or connection."""
    code = (
        "import os, threading, json\n"
        "from ansible.plugins.loader import init_plugin_loader, action_loader\n"
        "init_plugin_loader()\n"
        "files = len(os.listdir('/proc/self/fd'))\n"
        "action_loader.get('keysmith.alibabacloud.ram_group', class_only=True)\n"
        "import sys\n"
        "print('alibabacloud_ram20150501.client' in sys.modules, threading.active_count(),"
        " len(os.listdir('/proc/self/fd')) - files)\n"
    )

    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ended.stdout.split() == ["True", "1", "0"]


ORPHAN = """
import json, os, sys, time
from ansible.plugins.loader import init_plugin_loader
init_plugin_loader()
from ansible_collections.keysmith.alibabacloud.tests.unit.plugins.noun_task import (
    action_of, variables
)
action = action_of("ram_user_info", json.loads(sys.argv[1]))
if os.fork():
    time.sleep(float(sys.argv[2]))
    os._exit(0)
print(json.dumps(action.run(task_vars=variables())))
"""


@pytest.mark.parametrize("seconds", [0.3, 3], ids=["gone", "there"])
def test_nobody_reads_the_result(emulator: Emulator, seconds: float) -> None:
    """Without Ansible's main process a result is short: nobody empties the pipe that it goes to."""
    populate(emulator)
    emulator.fail("ListUsers", "delay", ms=800, times=1)
    options = json.dumps(connection_to(emulator))

    ended = subprocess.run(
        [sys.executable, "-c", ORPHAN, options, str(seconds)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(PLUGINS.parent / "tests")},
    )

    result = json.loads(ended.stdout.splitlines()[-1])
    assert ("users" in result) == (seconds > 1)
    if seconds < 1:
        assert result == {"failed": True, "msg": "Ansible's main process has ended"}

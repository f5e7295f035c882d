# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A play comes to the same whether its tasks run in Ansible's worker or as modules."""

from __future__ import annotations

import json
import re
import typing as t

import pytest

if t.TYPE_CHECKING:
    import subprocess

    from emulator import Emulator

    from .conftest import Controller

    Task = dict[str, t.Any]

NOUN = "keysmith.alibabacloud."
FORCE = "keysmith_alibabacloud_run_as_module"
THIS_PYTHON = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
OF_THE_RUN = re.compile(r"\w*(_id|_date|seconds|_secret)")
IDS = re.compile(r"LTAI\w+|\b\d{16}\b|[0-9A-F]{8}(-[0-9A-F]+){4}|20\d\d-[\d-]+T[\d:]+Z|g-\w{16}")
TASKS: dict[str, Task] = {
    "new": {NOUN + "ram_user": {"name": "ann", "comments": "{{ '{' }}{ x }}"}, "diff": True},
    "again": {NOUN + "ram_user": {"name": "ann"}},
    "check": {NOUN + "ram_user": {"name": "ann", "comments": "y"}, "check_mode": True},
    "loop": {NOUN + "ram_group": {"name": "{{ item }}", "users": ["ann"]}, "loop": ["g", "h"]},
    "defaults": {
        NOUN + "ram_user": {"name": "bob"},
        "module_defaults": {
            NOUN + "ram_user": {"comments": "of the noun"},
            NOUN + "ram_group": {"comments": "of another"},
            "group/" + NOUN + "ram": {"read_timeout": 7, "comments": "of all"},
        },
    },
    "left out": {NOUN + "ram_user": {"name": "bob", "comments": "{{ nobody | default(omit) }}"}},
    "number": {NOUN + "ram_user": {"name": 12}, "vars": {FORCE: "{{ as_module }}"}},
    "environment": {
        NOUN + "ram_user_info": {},
        "environment": {"ALIBABA_CLOUD_ACCESS_KEY_ID": "nobody"},
        "ignore_errors": True,
    },
    "wrong": {NOUN + "ram_user": {"name": "ann", "nmae": "x"}, "ignore_errors": True},
    "secret": {
        NOUN + "ram_access_key": {"user_name": "ann"},
        "no_log": True,
        "ignore_errors": True,
    },
    "hidden": {NOUN + "ram_user_info": {"security_token": "ann"}, "ignore_errors": True},
    "alias": {NOUN + "ram_user_info": {"name": "ann", "user_name": "ann"}},
}


def run(
    controller: Controller,
    tasks: list[Task],
    *options: str,
    strategy: str = "linear",
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """Run a play of these tasks on this machine, with its Python."""
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "strategy": strategy,
        "vars": THIS_PYTHON,
        "tasks": tasks,
    }
    (controller.folder / "play.yml").write_text(json.dumps([play]))
    return controller.run("ansible-playbook", "play.yml", *options, **environment)


def registered(controller: Controller, *, as_module: bool, strategy: str) -> dict[str, t.Any]:
    """Run all tasks and return what they register, without what differs from run to run."""
    names = {name: f"result{place}" for place, name in enumerate(TASKS)}
    tasks = [{**task, "register": names[name]} for name, task in TASKS.items()]
    results = ", ".join(f"'{name}': {variable}" for name, variable in names.items())
    content = f"{{{{ {{{results}}} | to_json }}}}"
    tasks.append({"ansible.builtin.copy": {"content": content, "dest": "{{ playbook_dir }}/out"}})
    settings = json.dumps({FORCE: as_module, "as_module": as_module})
    ended = run(controller, tasks, "-vvv", "-e", settings, strategy=strategy)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    here, elsewhere = ("runs in Ansible's worker", f"runs as a module: {FORCE} says so")
    assert ended.stdout.count(elsewhere if as_module else here) > len(TASKS)
    assert (here if as_module else elsewhere) not in ended.stdout
    text = (controller.folder / "out").read_text()
    results_of_run: dict[str, t.Any] = without_account(json.loads(text))
    return results_of_run


def without_account(value: t.Any) -> t.Any:
    """Return results without what the cloud makes up, and how long it took."""
    if isinstance(value, dict):
        kept = {name: 0 if OF_THE_RUN.fullmatch(name) else value[name] for name in value}
        return {name: without_account(each) for name, each in kept.items()}
    if isinstance(value, list):
        return [without_account(each) for each in value]
    # Messages and diffs quote them.
    return IDS.sub("0", value) if isinstance(value, str) else value


@pytest.mark.parametrize("strategy", ["linear", "free"])
def test_both_ways_register_the_same(
    emulator: Emulator, controller: Controller, strategy: str
) -> None:
    """What a task registers has the same keys and values, and -vvv says which way it took."""
    here = registered(controller, as_module=False, strategy=strategy)
    emulator.reset()
    key = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": emulator.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": emulator.access_key_secret,
    }
    controller.environment.update(key)
    as_module = registered(controller, as_module=True, strategy=strategy)

    assert here == as_module
    assert here["defaults"]["user"]["comments"] == "of the noun"
    assert here["environment"]["failed"]


def test_defaults_of_one_noun_reach_no_other(emulator: Emulator, controller: Controller) -> None:
    """What module_defaults says of one module is not said of the others, which share the code."""
    defaults = {NOUN + "ram_user": {"state": "absent", "name": "gone"}}
    task = {NOUN + "ram_group": {"name": "stays"}, "module_defaults": defaults}

    ended = run(controller, [task])

    assert ended.returncode == 0, ended.stdout
    assert "CreateGroup" in emulator.actions()


@pytest.mark.parametrize("as_module", [False, True], ids=["worker", "module"])
def test_timeout(emulator: Emulator, controller: Controller, as_module: bool) -> None:  # noqa: FBT001
    """A task that takes too long has timed out, as Ansible says it; nothing new is begun then."""
    emulator.fail("CreateUser", "delay", ms=1500, times=1)
    users = {"users": [{"name": "ann"}, {"name": "bob"}], "concurrency": 1}
    task = {NOUN + "ram_user": users, "timeout": 1, "register": "result", "ignore_errors": True}
    told = {"ansible.builtin.debug": {"msg": "{{ result.timedout.period }}, {{ result.failed }}"}}

    ended = run(controller, [task, told], "-e", json.dumps({FORCE: as_module}))

    assert '"msg": "1, True"' in ended.stdout
    if not as_module:
        assert emulator.actions().count("CreateUser") == 1


@pytest.mark.parametrize("problem", ["ImportError", "RuntimeError"], ids=["missing", "broken"])
def test_sdk_that_cant_be_imported(controller: Controller, problem: str) -> None:
    """Without a sound SDK it is the task that says so, not the load of its plugin."""
    shadow = controller.folder / "shadow" / "alibabacloud_ram20150501"
    shadow.mkdir(parents=True)
    (shadow / "__init__.py").write_text(f"raise {problem}('it is shadowed')")
    tasks: list[Task] = [
        {"ansible.builtin.debug": {"msg": "before"}},
        {NOUN + "ram_user": {"name": "ann"}},
    ]

    ended = run(controller, tasks, "-vvv", PYTHONPATH=str(shadow.parent))

    assert "ok=1 " in ended.stdout
    assert "failed=1 " in ended.stdout
    assert "can't import the SDK" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr
    if problem == "ImportError":
        assert "The Alibaba Cloud SDK is missing" in ended.stdout + ended.stderr

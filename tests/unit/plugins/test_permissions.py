# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the permissions guide and the README ask of the caller is what the tasks use, and no more.

Each case of the guide's table is run by a RAM user with just the actions that the table lists for
it, and compared with the requests that arrived.
"""

from __future__ import annotations

import json
import re
import resource
import typing as t
from pathlib import Path

import pytest

from .permission_cases import CASES, Key, World

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from emulator import Emulator

    from .conftest import Result

ROOT = Path(__file__).resolve().parents[3]
ACTION = re.compile(r"``((?:ram|sts):\w+)``")
READING = ("ram:Get", "ram:List", "sts:")


def documented_actions() -> dict[Key, set[str]]:
    """Return the actions of each case in the guide's table; a row as such is a case, too."""
    guide = ROOT / "docs" / "docsite" / "rst" / "permissions_guide.rst"
    table = guide.read_text(encoding="utf-8").split(".. list-table::")[1].split("\n\n")[1]
    found: dict[Key, set[str]] = {}
    for row in table.split("\n   * - ")[1:]:
        task, always, only_when = (" ".join(cell.split()) for cell in row.split("\n     -"))
        task, base = task.replace("`", ""), set(ACTION.findall(always))
        found[task, ""] = base
        for item in re.split(r"(?:^| )\* ", only_when)[1:]:
            condition, actions = re.split(r": (?=``ram:)", item, maxsplit=1)
            added, _words, spared = actions.partition(" instead of ")
            needed = base - set(ACTION.findall(spared)) | set(ACTION.findall(added))
            found[task, condition.replace("`", "")] = needed
    return found


NEEDED = documented_actions()
MISSING = [
    (key, action)
    for key, case in CASES.items()
    for action in sorted(NEEDED.get(key, ()))
    # A refusal would be lost, too.
    if action != f"ram:{case.lost}"
]
# One case for each action.
EXAMPLES = {action: key for key, action in reversed(MISSING)}
ROLE = [key for key in CASES if key[0] == "role ram_credentials"]
# With these missing a task can't clean up or explain, but it can still say what went wrong.
HELPING = {"ram:GetAccessKeyLastUsed", "ram:DeleteAccessKey"}
HELPLESS = [
    *((key, action, CASES[key].told) for key, action in MISSING if action in HELPING),
    *(
        (key, "ram:GetUser", f"Cannot {case.lost.removesuffix('User').lower()} user ann: no answer")
        for key, case in CASES.items()
        if key[0] == "ram_user" and case.lost
    ),
]


def name_of(value: Key | str) -> str:
    """Return how a case or an action is called in the name of a test."""
    return value if isinstance(value, str) else " - ".join(filter(None, value))


@pytest.fixture
def world(
    emulator: Emulator,
    connection: dict[str, t.Any],
    run_module: Callable[..., Result],
    run_action: Callable[..., Result],
    tmp_path: Path,
) -> Iterator[World]:
    """An empty account."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield World(emulator, connection, run_module, run_action, tmp_path)
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def policy(actions: Iterable[str]) -> dict[str, t.Any] | None:
    """Return the policy that allows just these actions; there is no policy that allows none."""
    allowed = {"Effect": "Allow", "Action": sorted(actions), "Resource": "*"}
    return {"Version": "1", "Statement": [allowed]} if allowed["Action"] else None


def run_case(
    world: World,
    key: Key,
    document: dict[str, t.Any] | None,
    *,
    check: bool = False,
    refused: str | None = None,
) -> str:
    """Run a case as a user with just this policy, and return why it failed.

    The API refuses the action `refused` whatever the policy allows, and does not say what it is.
    """
    case = CASES[key]
    for prepare in case.given:
        prepare(world)
    if case.lost:
        world.emulator.fail(case.lost, "drop_after")
    if refused:
        name = refused.partition(":")[2]
        world.emulator.fail(name, "error", status=403, code="NoPermission", times=9)
    world.sign_as_operator(document)
    results = [world.run(task, check=check) for task in case.tasks]
    return "; ".join(result.msg for result in results if result.failed)


def test_every_case_is_tried() -> None:
    """The tests know each case of the guide, and no other."""
    assert NEEDED.keys() == CASES.keys()


@pytest.mark.parametrize("key", CASES, ids=name_of)
def test_documented_actions(world: World, key: Key) -> None:
    """With just the actions that the guide lists a case does what it should, and uses them all."""
    told = run_case(world, key, policy(NEEDED[key]))

    assert "NoPermission" not in told
    assert CASES[key].told in told
    assert bool(told) == bool(CASES[key].told)
    assert world.used() == NEEDED[key]


@pytest.mark.parametrize("key", CASES, ids=name_of)
def test_check_mode(world: World, key: Key) -> None:
    """In check mode a case needs no more than those of its actions that only read."""
    reading = {action for action in NEEDED[key] if action.startswith(READING)}

    told = run_case(world, key, policy(reading), check=True)

    assert "NoPermission" not in told
    assert world.used() <= reading


@pytest.mark.parametrize(("key", "missing"), MISSING, ids=name_of)
def test_missing_action(world: World, key: Key, missing: str) -> None:
    """Without any one of its actions a case fails or warns, naming that action."""
    told = run_case(world, key, policy(NEEDED[key] - {missing}))

    needed = f"the caller needs {missing} (NoPermission, request id "
    assert any(needed in text for text in (told, *world.warnings))


@pytest.mark.parametrize(("missing", "key"), EXAMPLES.items(), ids=name_of)
def test_missing_action_that_the_api_does_not_name(world: World, missing: str, key: Key) -> None:
    """The message names the missing action even if the refusal does not."""
    told = run_case(world, key, policy(NEEDED[key]), refused=missing)

    needed = f"the caller needs {missing} (NoPermission, request id "
    assert any(needed in text for text in (told, *world.warnings))


@pytest.mark.parametrize(
    ("key", "missing", "problem"), [row for row in HELPLESS if row[2]], ids=name_of
)
def test_first_problem_stays_visible(world: World, key: Key, missing: str, problem: str) -> None:
    """What went wrong is told in one line even if the caller may not look into it or clean up."""
    told = run_case(world, key, policy(NEEDED[key] - {missing}))

    assert problem in told
    assert "\n" not in told


def recommended_policy() -> dict[str, t.Any]:
    """Return the policy document of the README."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    document: dict[str, t.Any] = json.loads(readme.split("```json\n")[1].split("```")[0])
    return document


def test_recommended_actions() -> None:
    """The policy of the README allows what the guide lists for the role, and nothing else."""
    recommended = [set(part["Action"]) for part in recommended_policy()["Statement"]]

    assert set().union(*recommended) == set().union(*(NEEDED[key] for key in ROLE))


@pytest.mark.parametrize("key", ROLE, ids=name_of)
def test_recommended_policy(world: World, key: Key) -> None:
    """A user with the policy of the README can do what the role does."""
    told = run_case(world, key, recommended_policy())

    assert "NoPermission" not in told
    assert world.used() == NEEDED[key]

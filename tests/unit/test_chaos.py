# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The crash tests' own tests: what they look for, they find."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import sys
import time
import typing as t
from collections import Counter
from pathlib import Path
from random import Random
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from chaos.checks import (
    DAMAGED,
    LITTER,
    LONG_MESSAGE,
    LOST,
    ORPHAN,
    STRANGER,
    TRACEBACK,
    UNSERVED,
    find_leaks,
    find_problems,
)
from chaos.order import Reading
from chaos.processes import Tree
from chaos.sabotage import SABOTAGES
from chaos.scripts import SHORT, read_label
from chaos.site import COLLECTION, Site
from chaos.strikes import LEAVES_SUSPECT, STEPS, SUSPECTED, make_chain
from chaos.vault_file import AFTER, BEFORE, VAULT
from emulator import Emulator

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Harm = Callable[[Site], object]

# Starts a descendant in a session of its own, and tells its process id.
RUNAWAY = """
import subprocess, sys, time
sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
print(subprocess.Popen(sleep, start_new_session=True).pid, flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """An emulator for all tests of this file; each site empties it."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(params=["file", "inline"])
def site(request: pytest.FixtureRequest, emulator: Emulator, tmp_path: Path) -> Site:
    """A site as a run leaves it when all is well."""
    site = Site(tmp_path / "site", tmp_path, emulator, layout=request.param, user_count=2)
    for user in site.users:
        make_key(site, user)
    write(site)
    return site


def make_key(site: Site, user: str) -> str:
    """Make a key that the file does not hold, and return its id."""
    return str(site.emulator.call("CreateAccessKey", UserName=user)["AccessKey"]["AccessKeyId"])


def write(site: Site, *, before: str = BEFORE, secrets: str = "") -> None:
    """Write the keys of the cloud as the collection would; `secrets` replaces the true ones."""
    entries = "".join(
        f'  "{key["user_name"]}":\n'
        f'    access_key_id: "{key_id}"\n'
        f"    access_key_secret: {scalar(site, secrets or key['access_key_secret'])}\n"
        for key_id, key in site.cloud_keys().items()
    )
    write_text(site, before + entries + AFTER)


def scalar(site: Site, secret: str) -> str:
    """Return a secret as the layout has it."""
    if site.layout == "file":
        return f'"{secret}"'
    lines = VAULT.encrypt(secret).decode().splitlines()
    return "\n".join(["!vault |", *(f"      {line}" for line in lines)])


def write_text(site: Site, text: str) -> None:
    """Write the file as the layout has it."""
    site.file.write_bytes(VAULT.encrypt(text) if site.layout == "file" else text.encode())


def delete_key(site: Site) -> None:
    """Delete a key that the file holds."""
    key_id, key = next(iter(site.cloud_keys().items()))
    site.emulator.call("DeleteAccessKey", UserName=key["user_name"], UserAccessKeyId=key_id)


def add_user(site: Site) -> None:
    """Have one more user, without a key."""
    site.users.append("user-99")
    site.emulator.call("CreateUser", UserName="user-99")


def lose_edit(site: Site) -> None:
    """Put what was there before an edit in its place."""
    site.edit()
    write(site)


def fail(site: Site, message: str) -> None:
    """Tell a failure as Ansible does."""
    result = json.dumps({"changed": False, "msg": message})
    site.outputs.append(f"PLAY\nfatal: [localhost]: FAILED! => {result}\n\nPLAY RECAP\n")


HARMS: dict[str, tuple[Harm, list[str]]] = {
    "none": (lambda site: fail(site, "failed"), []),
    "deleted-key": (delete_key, [LOST, LOST]),
    "lost-entries": (lambda site: write_text(site, BEFORE + AFTER), [LOST, LOST]),
    "wrong-secrets": (lambda site: write(site, secrets="x" * 30), [LOST] * 4),
    "second-key": (lambda site: make_key(site, site.users[0]), [ORPHAN]),
    "user-without-key": (add_user, [UNSERVED]),
    "changed-byte": (lambda site: write(site, before=BEFORE.replace("oddly", "0ddly")), [DAMAGED]),
    "lost-edit": (lose_edit, [DAMAGED]),
    "torn-file": (lambda site: os.truncate(site.file, site.file.stat().st_size - 40), [DAMAGED]),
    "left-behind": (lambda site: site.file.with_name(".keyring.yml.tmp").touch(), [LITTER]),
    "traceback": (
        lambda site: site.outputs.append("Traceback (most recent call last):\n"),
        [TRACEBACK],
    ),
    "long-message": (lambda site: fail(site, "failed; " * 100), [LONG_MESSAGE]),
    "message-of-lines": (lambda site: fail(site, "failed\nand failed"), [LONG_MESSAGE]),
}


@pytest.mark.parametrize("harm", HARMS)
def test_harm_is_found(site: Site, harm: str) -> None:
    """Each kind of harm is found, and none is found where all is well."""
    do_harm, kinds = HARMS[harm]
    do_harm(site)

    found = find_problems(site, strangers=set(), saved=set())

    assert Counter(problem.kind for problem in found) == Counter(kinds)


def test_key_that_was_on_disk_is_missed(site: Site) -> None:
    """A key that a killed run had saved must be in the file in the end."""
    found = find_problems(site, strangers=set(), saved={"LTAI5tSavedOnce"})

    assert [problem.kind for problem in found] == [LOST]


def test_keys_of_others_are_guarded(site: Site) -> None:
    """A key of somebody else is no orphan while it is active, and missed when it is not."""
    user = site.users[0]
    theirs = make_key(site, user)
    before = find_problems(site, strangers={theirs}, saved=set())
    site.emulator.call("UpdateAccessKey", UserName=user, UserAccessKeyId=theirs, Status="Inactive")

    found = find_problems(site, strangers={theirs}, saved=set())

    assert before == []
    assert [problem.kind for problem in found] == [STRANGER]


def test_key_that_was_asked_for(site: Site) -> None:
    """A key of somebody else counts as touched if a request asked for that."""
    theirs = make_key(site, site.users[0])
    query = urlencode({"Action": "UpdateAccessKey", "UserAccessKeyId": theirs})
    with pytest.raises(HTTPError):
        urlopen(f"{site.emulator.url}/?{query}")

    found = find_problems(site, strangers={theirs}, saved=set())

    assert [problem.kind for problem in found] == [STRANGER]


def test_held_lock_is_found(site: Site) -> None:
    """A lock that some process still holds is found."""
    with site.file.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = find_problems(site, strangers=set(), saved=set())

    assert [problem.kind for problem in found] == [LITTER]


def test_leaks_are_found(site: Site) -> None:
    """Half a secret in any file is found, and so is a file that others may open."""
    secrets = [key["access_key_secret"] for key in site.cloud_keys().values()]
    clean = list(find_leaks(site, secrets)) if site.layout == "inline" else []
    (site.folder / "home" / "log").write_text(f"...{secrets[0][:15]}")
    site.file.chmod(0o640)

    found = [problem.text for problem in find_leaks(site, secrets)]

    assert clean == []
    assert found == ["log holds a secret", "others may open keyring.yml"]


TRACE: list[dict[str, t.Any]] = [
    {"event": "open", "path": "journal"},
    {"event": "fsync", "path": "folder"},
    {"event": "write", "path": "journal", "users": ["reader"]},
    {"event": "fsync", "path": "journal"},
    {"event": "send", "action": "CreateAccessKey", "user": "reader"},
    {"event": "open", "path": "temporary"},
    {"event": "write", "path": "temporary", "users": []},
    {"event": "fsync", "path": "temporary"},
    {"event": "rename", "path": "temporary", "to": "file"},
    {"event": "fsync", "path": "folder"},
    {"event": "unlink", "path": "journal"},
]
SYNCS = [place for place, event in enumerate(TRACE) if event["event"] == "fsync"]


def read_trace(site: Site, events: list[dict[str, t.Any]]) -> list[str]:
    """Return what is found wrong in a trace, in which paths have their names in TRACE."""
    paths = {"journal": site.journal, "folder": site.file.parent, "file": site.file}

    def real(value: t.Any) -> t.Any:
        return str(paths.get(value, value)) if isinstance(value, str) else value

    named = [
        {key: real(value) if key in ("path", "to") else value for key, value in event.items()}
        for event in events
    ]
    return [problem.text for problem in Reading(site).problems_in(named, is_whole=True)]


def test_right_order_is_accepted(site: Site) -> None:
    """A trace in the right order is found to be well."""
    assert read_trace(site, TRACE) == []


@pytest.mark.parametrize("place", SYNCS)
def test_missing_sync_is_found(site: Site, place: int) -> None:
    """Each fsync of a run is missed if it is not there."""
    assert read_trace(site, TRACE[:place] + TRACE[place + 1 :]) != []


def test_runaway_is_killed(tmp_path: Path) -> None:
    """A descendant that left the process group dies with its program."""
    output = tmp_path / "output"
    tree = Tree(
        [sys.executable, "-c", RUNAWAY], folder=tmp_path, environment=os.environ, output=output
    )
    while not output.read_text().endswith("\n"):
        time.sleep(0.01)
    runaway = output.read_text().strip()
    before = environment_of(runaway)

    tree.kill()

    assert before != b""
    assert environment_of(runaway) == b""


def environment_of(process: str) -> bytes:
    """Return the environment of a process; the dead have none."""
    try:
        return Path("/proc", process, "environ").read_bytes()
    except OSError:
        return b""


def test_labels_can_be_read() -> None:
    """The rounds of the short attack are what their labels say, and nonsense is refused."""
    assert {read_label(label).layout for label in SHORT} == {"file", "inline"}
    with pytest.raises(ValueError, match="no strike"):
        read_label("steps/file/lunch.1/1")


@pytest.mark.parametrize("name", SABOTAGES)
def test_rule_can_be_taken_out(name: str) -> None:
    """Each rule that sabotage takes out stands where it is looked for, and has a round."""
    sabotage = SABOTAGES[name]

    assert (COLLECTION / sabotage.path).read_text().count(sabotage.rule) == 1
    assert read_label(f"{sabotage.label}/1").layout in sabotage.label


def test_chains_serve_every_step() -> None:
    """Chains are made of the steps that need it most; what a run suspects, one before it left."""
    left = Counter(STEPS.keys())

    while left.total():
        steps = [strike.step for strike in make_chain(left.__getitem__, Random(1))]
        left -= Counter(steps)

        for before, step in itertools.pairwise(["", *steps]):
            assert not step.startswith(SUSPECTED) or before in LEAVES_SUSPECT

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the log promises to threads that write it at the same time, and to who reads it later."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import threading
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
import yaml
from ansible.parsing.vault import VaultSecret

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.errors import InputError
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring import log_file
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring.log import (
    Log,
    LogError,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring.log_file import (
    LogBusyError,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring.records import (
    CREATE,
    DELETE,
    DISABLE,
    BeginFailed,
    Intent,
    Missing,
    NewKey,
    Refused,
    Settled,
    Step,
    Stored,
    TakenOut,
    read_records,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring.scribe import (
    Purpose,
    opened,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file.vault import (
    Password,
    Vault,
)

if t.TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path


class SlowVault(Vault):
    """A vault whose first encryption takes until it is let go; the next may break."""

    def __init__(self, *, breaks: bool) -> None:
        super().__init__([("default", VaultSecret(b"open sesame"))])
        self.busy, self.go_on = threading.Event(), threading.Event()
        self._breaks = breaks

    def encrypt(self, text: str, password: Password) -> str:
        """Return the text as a vault, when the time has come."""
        if not self.busy.is_set():
            self.busy.set()
            assert self.go_on.wait(30)
        elif self._breaks:
            raise MemoryError
        return super().encrypt(text, password)


def open_log(path: Path, vault: Vault | None = None, *, dry: bool = False) -> Log:
    """Open a log for a run."""
    vault = vault or Vault([("default", VaultSecret(b"open sesame"))])
    log = Log(path, dry=dry)
    log.is_for(
        Purpose(
            account_id="1",
            endpoint="https://ram.example.com",
            layout="file",
            variable="ram_keyring",
            vault=vault,
            password=lambda: vault.choose(None),
        )
    )
    return log


def intent(user_id: str) -> Intent:
    """Return the intent of a create."""
    return Intent(user_id, f"user-{user_id}", [], None, CREATE, 0.0, 60.0)


def new_key(user_id: str) -> NewKey:
    """Return a key that arrived."""
    return NewKey(user_id, f"id-{user_id}", "2026-11-26T00:00:00Z", f"secret-{user_id}")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the log is."""
    return tmp_path / ".keys.yml.pending.yml"


def save_three(log: Log, vault: SlowVault) -> list[Future[None]]:
    """Save a key, and two more while that is under way; return what came of each."""
    keys = [new_key(user) for user in ("1", "2", "3")]
    for key in keys:
        log.note(intent(key.user_id))
    with ThreadPoolExecutor() as pool:
        first = pool.submit(log.note, keys[0])
        assert vault.busy.wait(30)
        others = [pool.submit(log.note, key) for key in keys[1:]]
        while len(log._commits._waiting) < 2:
            time.sleep(0.01)
        vault.go_on.set()
    return [first, *others]


def test_records_that_wait_share_a_write(path: Path) -> None:
    """Keys that arrive while the log is busy become durable together, in one vault."""
    vault = SlowVault(breaks=False)

    with closing(open_log(path, vault)) as log:
        outcomes = save_three(log, vault)

    assert not any(outcome.exception() for outcome in outcomes)
    history, _size = read_records(path.read_bytes())
    groups = {key.secrets for _run, key in history.logged()}
    assert len(groups) == 2
    secrets = [opened(group, vault, path) for group in groups]
    assert {key: text for group in secrets for key, text in group.items()} == {
        f"id-{user}": f"secret-{user}" for user in ("1", "2", "3")
    }


def test_records_lost_with_another_are_not_durable(path: Path) -> None:
    """A write that breaks in an unforeseen way fails all that was part of it, and nothing else."""
    vault = SlowVault(breaks=True)

    with closing(open_log(path, vault)) as log:
        first, *others = save_three(log, vault)

    assert first.exception() is None
    assert {type(outcome.exception()) for outcome in others} == {LogError}
    history, _size = read_records(path.read_bytes())
    assert history.key_ids() == {"id-1"}
    assert [each.user_id for _run, each in history.unanswered()] == ["2", "3"]


def test_log_that_cannot_be_made(tmp_path: Path) -> None:
    """A log that can't be opened is one error, which names it."""
    log = open_log(tmp_path / "missing" / ".keys.yml.pending.yml")

    with pytest.raises(LogError, match=r"\.keys\.yml\.pending\.yml can't be written"):
        log.note(intent("1"))


def test_log_has_one_writer(path: Path) -> None:
    """Who finds the log in use is told so at once, and gets it when its writer has ended."""
    with closing(open_log(path)) as log:
        log.note(intent("1"))
        with pytest.raises(LogBusyError):
            open_log(path)
        with pytest.raises(LogBusyError):
            open_log(path, dry=True)

    with closing(open_log(path, dry=True)) as first, closing(open_log(path, dry=True)) as second:
        assert len(first.history.unanswered()) == len(second.history.unanswered()) == 1


def test_check_mode_notes_nothing(path: Path) -> None:
    """In check mode nothing is written, and no file is made."""
    with closing(open_log(path, dry=True)) as log:
        log.begin()
        log.note(intent("1"))
        log.settle(Settled(creates={("x", "1")}))

    assert not path.exists()


def test_log_is_a_variables_file(path: Path) -> None:
    """Loaded as YAML it is a mapping of names that nobody uses, and nothing in it is a template."""
    with closing(open_log(path)) as log:
        log.note(Intent("1", "{{ 1 }} \U0001f600\x85\ud800", [], None, CREATE, 0.0, 60.0))
        log.note(new_key("1"))

    text = path.read_text()
    loaded = yaml.safe_load(text)
    assert list(loaded) == [f"_ram_keyring_{log.run}_{number}" for number in (1, 2, 3)]
    assert loaded[f"_ram_keyring_{log.run}_2"]["user_name"].startswith("{{ 1 }} \U0001f600\x85")
    assert "{{" not in text


def test_settled_parts_go(path: Path) -> None:
    """What is settled leaves the log, and what is open stays as it was."""
    with closing(open_log(path)) as log:
        for user in ("1", "2", "3", "4"):
            log.note(intent(user))
        log.note(Refused("4"))
        log.note(new_key("1"))
        log.note(new_key("2"))
        log.note(Stored(["id-1", "id-2"], 5.0))
        log.note(TakenOut(["id-2"]))
    with closing(open_log(path)) as log:
        run = next(iter(log.history.runs))
        log.settle(
            Settled(key_ids={"id-1"}, creates={(run, "1"), (run, "4")}, known={"3": {"id-1"}})
        )
        [(_run, key)] = log.history.logged()
        [(_run, create)] = log.history.unanswered()
        log.note(Missing("id-9", 7.0))

    assert (key.access_key_id, key.stored, key.taken_out) == ("id-2", 5.0, True)
    assert (create.user_id, create.known_key_ids) == ("3", ["id-1"])
    history, _size = read_records(path.read_bytes())
    assert history.missing == {"id-9": 7.0}
    assert len(yaml.safe_load(path.read_text())) == len(history.lines)


def test_steps_of_rotations_go_by_their_keys(path: Path) -> None:
    """The last step of each key stays until it is settled, and so does a failed begin."""
    with closing(open_log(path)) as log:
        log.note(Step("1", "id-1", DISABLE, 3.0, "evidence", "2026-01-02T03:04:05Z"))
        log.note(Step("2", "id-2", DISABLE, 4.0))
        log.note(last := Step("2", "id-2", DELETE, 5.0))
        log.note(failed := BeginFailed("1", "id-3", 6.0, "it is not known"))
        log.note(BeginFailed("2", None, 7.0, "it is not known {{ here }}"))
    with closing(open_log(path)) as log:
        log.settle(Settled(steps={"id-1"}, begins={"2"}))

        assert log.history.steps == {"id-2": last}
        assert log.history.failed_begins == {"1": failed}

    with closing(open_log(path)) as log:
        log.settle(Settled(steps={"id-2"}, begins={"1"}))

    assert not path.exists()


def test_settled_log_goes(path: Path) -> None:
    """A log without anything open is deleted, and can be begun anew."""
    with closing(open_log(path)) as log:
        log.note(intent("1"))
        log.settle(Settled(creates={(log.run, "1")}))
        was_there = path.exists()
        log.note(intent("2"))

    assert not was_there
    history, _size = read_records(path.read_bytes())
    assert [create.user_id for _run, create in history.unanswered()] == ["2"]


def test_own_header_stays_while_it_is_needed(path: Path) -> None:
    """What a run notes after settling an earlier one's parts is under its own header."""
    with closing(open_log(path)) as log:
        log.note(intent("1"))
        log.note(intent("2"))
    with closing(open_log(path)) as log:
        [earlier] = log.history.runs
        log.note(Missing("id-9", 7.0))
        log.settle(Settled(creates={(earlier, "1")}))
        log.note(intent("3"))

    history, _size = read_records(path.read_bytes())
    users = {run.header.run: list(run.intents) for run in history.runs.values()}
    assert users == {earlier: ["2"], log.run: ["3"]}


@pytest.mark.parametrize("remains", [True, False])
def test_settling_that_may_not_last(
    path: Path, monkeypatch: pytest.MonkeyPatch, *, remains: bool
) -> None:
    """What is noted after a settling that may not last is noted for good all the same."""
    if remains:
        with closing(open_log(path)) as log:
            log.note(intent("9"))
    synced: list[Path] = []

    def fail_once(directory: Path) -> None:
        synced.append(directory)
        if len(synced) == 1:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    with closing(open_log(path)) as log:
        log.note(intent("1"))
        monkeypatch.setattr(log_file, "_sync_directory", fail_once)
        with contextlib.suppress(LogError):
            log.settle(Settled(creates={(log.run, "1")}))
        log.note(intent("2"))
        log.note(new_key("2"))

    assert len(synced) == 2
    history, _size = read_records(path.read_bytes())
    assert list(history.runs[log.run].intents) == ["2"]
    assert history.key_ids() == {"id-2"}


def test_lines_have_names_of_their_own(path: Path) -> None:
    """No two lines of a log go by one name, whatever went before them."""
    for user in ("1", "2"):
        with closing(open_log(path)) as log:
            log.note(intent(user))
    with closing(open_log(path)) as log:
        creates = {(run.header.run, create.user_id) for run, create in log.history.unanswered()}
        log.note(Missing("id-9", 7.0))
        log.settle(Settled(creates=creates))
        log.note(Missing("id-8", 7.0))
        log.note(Missing("id-7", 7.0))

    names = [line.partition(":")[0] for line in path.read_text().splitlines()]
    assert len(set(names)) == len(names) == 4


def test_originals_and_copies(path: Path) -> None:
    """A record is judged by where its own run wrote it, also after the log was written anew."""
    with closing(open_log(path)) as log:
        log.note(intent("1"))
    copy = path.with_name("copy")
    copy.write_bytes(path.read_bytes())
    copy.replace(path)
    with closing(open_log(path)) as log:
        [copied] = log.history.runs
        log.note(intent("2"))
        log.note(intent("3"))
    with closing(open_log(path)) as log:
        second = next(run for run in log.history.runs if run != copied)
        log.settle(Settled(creates={(second, "3")}))
        verdicts = {
            run.header.run: log.is_original(run.header) for run in log.history.runs.values()
        }

    assert verdicts == {copied: False, second: True}


def test_log_that_is_restored_under_its_old_number(path: Path) -> None:
    """A log that was deleted and restored is a copy, though its file has got the same number."""
    with closing(open_log(path)) as log:
        log.note(intent("1"))
    if b'"generation": 0' in path.read_bytes():
        pytest.skip("this file system tells no generations")
    data, number = path.read_bytes(), path.stat().st_ino
    for _turn in range(50):
        path.unlink()
        path.write_bytes(data)
        if path.stat().st_ino == number:
            break
    else:
        pytest.skip("this file system gives no number twice")

    with closing(open_log(path)) as log:
        [restored] = log.history.runs.values()
        is_original = log.is_original(restored.header)

    assert not is_original


def test_new_log_is_locked_before_it_takes_the_name(path: Path) -> None:
    """While parts go, nobody finds the log free."""
    with closing(open_log(path)) as log:
        log.note(intent("1"))
        log.note(intent("2"))
        log.settle(Settled(creates={(log.run, "1")}))

        with pytest.raises(LogBusyError):
            open_log(path)


def test_torn_line_is_cut_off(path: Path) -> None:
    """What a crash left of a line is gone before the next is written."""
    with closing(open_log(path)) as log:
        log.note(intent("1"))
    with path.open("ab") as file:
        file.write(b"_ram_keyring_12ab_3: {")
    with closing(open_log(path)) as log:
        log.note(intent("2"))

    assert all(json.loads(line.partition(": ")[2]) for line in path.read_text().splitlines())


def test_log_is_never_followed_through_a_link(tmp_path: Path, path: Path) -> None:
    """A link in the place of the log is refused, and what it points to is not touched."""
    target = tmp_path / "target"
    target.touch()
    path.symlink_to(target)

    with pytest.raises(InputError, match="Cannot read"):
        open_log(path)

    assert target.read_bytes() == b""

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of ram_keyring: which they are, who opens them, what stays in them, who may write."""

from __future__ import annotations

import os
import resource
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible import context

from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file import locks
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file.locks import (
    locked_files,
)

from ..conftest import writing_actions
from ..keyring_task import VAULT_PASSWORD, run_keyring
from .conftest import (
    VaultFile,
    add_users,
    delete_key,
    keys_of,
    snapshot,
    stored_keys,
    vault_text,
    wait_for,
)

if t.TYPE_CHECKING:
    from emulator import Emulator

    from .conftest import Rotate, Run, Start

COLLECTION = Path(__file__).resolve().parents[4]
TWO_IDS = [("dev", "one"), ("prod", "two")]


def header(file: VaultFile) -> str:
    """Return the first line of the first vault in a file."""
    lines = file.path.read_text().splitlines()
    return next(line.strip() for line in lines if "$ANSIBLE_VAULT" in line)


def test_file_is_a_vault_for_its_owner_alone(emulator: Emulator, run: Run, file: VaultFile) -> None:
    """The whole file is one vault of mode 0600, and beside it stays the log alone."""
    add_users(emulator, "ann")

    run(name="ann")

    assert file.path.read_text().startswith("$ANSIBLE_VAULT;1.1;AES256\n")
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert set(file.path.parent.iterdir()) == {file.path, file.log}


def test_inline_file_hides_only_secrets(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    """In layout inline, names and ids can be read and each secret is a vault of its own."""
    add_users(emulator, "ann", "bob")
    file = VaultFile(tmp_path / "keys.yml", "inline")

    run(users=["ann", "bob"], layout="inline")

    text = file.path.read_text()
    assert text.count("!vault |") == 2
    assert all(key in text for name in ("ann", "bob") for key in keys_of(emulator, name))
    assert stored_keys(file) == {name: keys_of(emulator, name) for name in ("ann", "bob")}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("layout", ["file", "inline"])
def test_everything_else_in_the_file_stays(
    emulator: Emulator, run: Run, tmp_path: Path, layout: str, newline: str
) -> None:
    """Every byte around the entries stays: variables, comments, order, line ends, other vaults."""
    add_users(emulator, "ann", "bob")
    file = VaultFile(tmp_path / "keys.yml", layout)
    other = vault_text("other", "elsewhere", "x").decode().splitlines()
    before = ["# ours", "---", "z: &a  [1,  2]  # odd", "v: !vault |", *(f"  {x}" for x in other)]
    after = ["", "# below", "a: *a", "..."]
    library = file._library
    text = newline.join([*before, "ram_keyring: {}", *after, ""])
    file.path.write_bytes(library.encrypt(text.encode()) if layout == "file" else text.encode())

    for users, state in [(["ann", "bob"], "present"), (["ann"], "absent"), (["bob"], "absent")]:
        result = run(users=users, state=state, layout=layout)
        assert not result.failed, result.msg
        data = file.path.read_bytes()
        now = (library.decrypt(data) if layout == "file" else data).decode()
        assert now.startswith(newline.join([*before, "ram_keyring:"]))
        assert now.endswith(newline.join([*after, ""]))

    assert now == text


def test_renamed_entry_keeps_what_people_added(
    emulator: Emulator, run: Run, any_file: VaultFile
) -> None:
    """In the entry of a renamed user only the name changes, even if it gets a new key as well."""
    add_users(emulator, "ann")
    run(name="ann", layout=any_file.layout)
    added = "    port:   22  # by hand\n    # of the old team\n    note: &n {quoted: yes}\n"
    added = added.replace("{quoted: yes}", "'a  b'")
    any_file.write(any_file.text() + added)
    before = any_file.text()
    emulator.call("UpdateUser", UserName="ann", NewUserName="anna")

    result = run(name="anna", layout=any_file.layout)
    renamed = any_file.text()
    delete_key(emulator, "anna", *keys_of(emulator, "anna"))
    emulator.call("UpdateUser", UserName="anna", NewUserName="ann")
    replaced = run(name="ann", layout=any_file.layout)

    assert not result.failed, result.msg
    assert renamed == before.replace('"ann":', '"anna":')
    assert replaced["users"][0]["action"] == "created"
    assert any_file.entries()["ann"].items() >= {"port": 22, "note": "a  b"}.items()
    assert stored_keys(any_file) == {"ann": keys_of(emulator, "ann")}


def test_link_stays_a_link(emulator: Emulator, run: Run, file: VaultFile) -> None:
    """A link to the file is followed: what it leads to is replaced, and everything lies there."""
    add_users(emulator, "ann", "bob")
    target = file.path.with_name("real") / "vault.yml"
    target.parent.mkdir()
    file.path.symlink_to(target)

    results = [run(name="ann"), run(name="bob")]

    assert [result["users"][0]["file"] for result in results] == [str(target)] * 2
    assert file.path.is_symlink()
    assert set(file.path.parent.iterdir()) == {file.path, target.parent}
    assert file.entries().keys() == {"ann", "bob"}


def test_file_of_each_user(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    """Users may name files of their own, and two names of one file are one file."""
    add_users(emulator, "ann", "bob", "cat")
    users = [{"name": "ann", "file": "a.yml"}, {"name": "bob", "file": "./a.yml"}, "cat"]

    result = run(users=users)

    assert not result.failed, result.msg
    files = {name: VaultFile(tmp_path / name, "file") for name in ("a.yml", "keys.yml")}
    assert files["a.yml"].entries().keys() == {"ann", "bob"}
    assert files["keys.yml"].entries().keys() == {"cat"}
    assert not run(users=users).changed


def test_one_bad_file_stops_all(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    """No key is created for any file before all of them are known to be in order."""
    add_users(emulator, "ann", "bob")
    (tmp_path / "bad.yml").write_bytes(vault_text("- not a mapping"))

    result = run(users=[{"name": "ann", "file": "good.yml"}, {"name": "bob", "file": "bad.yml"}])

    assert result.failed
    assert "bad.yml" in result.msg
    assert writing_actions(emulator) == []


@pytest.mark.parametrize("layout", ["file", "inline"])
@pytest.mark.parametrize(
    ("existing", "option", "used"),
    [(None, None, "dev"), ("prod", None, "prod"), ("prod", "dev", "prod"), (None, "prod", "prod")],
)
def test_vault_id_that_encrypts(
    emulator: Emulator,
    run: Run,
    tmp_path: Path,
    *,
    layout: str,
    existing: str | None,
    option: str | None,
    used: str,
) -> None:
    """A file keeps its vault id; a new one gets that of the option, else the first of the run."""
    add_users(emulator, "ann", "bob")
    file = VaultFile(tmp_path / "keys.yml", layout, dict(TWO_IDS)[used])
    if existing:
        run(name="ann", layout=layout, vault=TWO_IDS, vault_id=existing)
        existing_text = file.path.read_text()

    result = run(name="bob", layout=layout, vault=TWO_IDS, vault_id=option)

    assert not result.failed, result.msg
    new = file.path.read_text()
    added = new.replace(existing_text, "") if existing and layout == "inline" else new
    assert added.count(f";AES256;{used}\n") == 1
    assert "$ANSIBLE_VAULT;1.2" in added


def test_vault_id_of_the_configuration(
    emulator: Emulator, run: Run, file: VaultFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With neither option nor file, Ansible's own choice of a vault id counts."""
    add_users(emulator, "ann")
    monkeypatch.setenv("ANSIBLE_VAULT_ENCRYPT_IDENTITY", "prod")

    run(name="ann", vault=TWO_IDS)

    assert header(file).endswith(";prod")


@pytest.mark.parametrize("layout", ["file", "inline"])
def test_password_that_opened_the_file_closes_it(
    emulator: Emulator, run: Run, tmp_path: Path, layout: str
) -> None:
    """Of two passwords by one name, the file keeps the one that opened it."""
    add_users(emulator, "ann", "bob")
    file = VaultFile(tmp_path / "keys.yml", layout, "its own")
    run(name="ann", layout=layout, vault=[("default", "its own")])

    run(name="bob", layout=layout, vault=[("default", "another"), ("default", "its own")])

    assert stored_keys(file) == {name: keys_of(emulator, name) for name in ("ann", "bob")}


Prepare = t.Callable[[Path], object]
BAD_FILES: dict[str, tuple[str, Prepare, str]] = {
    "directory": ("file", Path.mkdir, "a directory, not a file"),
    "pipe": ("file", os.mkfifo, "not a regular file"),
    "plain text": ("file", lambda path: path.write_text("a: 1\n"), "not encrypted"),
    "whole vault": ("inline", lambda path: path.write_bytes(vault_text("a: 1\n")), "layout: file"),
    "not YAML": ("file", lambda path: path.write_bytes(vault_text("a: [")), "not YAML"),
    "not YAML, inline": ("inline", lambda path: path.write_text("a: ["), "not YAML"),
    "a list": ("file", lambda path: path.write_bytes(vault_text("- 1")), "not a mapping"),
    "variable that is a list": (
        "file",
        lambda path: path.write_bytes(vault_text("ram_keyring: [1]")),
        "ram_keyring is not a mapping",
    ),
    "entry that is a text": (
        "inline",
        lambda path: path.write_text("ram_keyring: {ann: x}"),
        "not a mapping",
    ),
    "not editable": (
        "inline",
        lambda path: path.write_text("ram_keyring: {ann: {a: b}}"),
        "can be read but not edited",
    ),
    "not UTF-8": ("inline", lambda path: path.write_bytes(b"a: \xff\n"), "UTF-8"),
    "vault of bytes": ("file", lambda path: path.write_bytes(vault_text(b"\xff")), "not text"),
    "wrong password": (
        "file",
        lambda path: path.write_bytes(vault_text("a: 1", "other", "ops")),
        "vault id: ops",
    ),
    "wrong password, inline": (
        "inline",
        lambda path: path.write_text(
            "ram_keyring:\n  cat:\n    access_key_secret: !vault |\n      "
            + "\n      ".join(vault_text("x", "other").decode().splitlines())
            + "\n"
        ),
        "secret of user cat",
    ),
    "damaged vault": (
        "file",
        lambda path: path.write_text("$ANSIBLE_VAULT;1.1;AES256\nx"),
        "is damaged: line 2 is no line of a vault text",
    ),
    "mark of the byte order in front of a vault": (
        "file",
        lambda path: path.write_bytes(b"\xef\xbb\xbf" + vault_text("a: 1")),
        "is damaged: there is something in front of $ANSIBLE_VAULT",
    ),
    "mark of a merge in front of a vault": (
        "file",
        lambda path: path.write_bytes(b"<<<<<<< HEAD\n" + vault_text("a: 1")),
        "is damaged: there is something in front of $ANSIBLE_VAULT",
    ),
    "link to itself": ("file", lambda path: path.symlink_to(path), "keys.yml"),
}


@pytest.mark.parametrize("check", [True, False], ids=["check", "real"])
@pytest.mark.parametrize("bad", BAD_FILES.values(), ids=BAD_FILES)
def test_bad_file(
    emulator: Emulator,
    run: Run,
    tmp_path: Path,
    *,
    bad: tuple[str, Prepare, str],
    check: bool,
) -> None:
    """A file that can't be read or rewritten fails the task before any key, and stays as it is."""
    layout, prepare, message = bad
    path = tmp_path / "keys.yml"
    add_users(emulator, "ann", "bob")
    prepare(path)
    before = snapshot(tmp_path).get(str(path))

    result = run(users=["ann", "bob"], layout=layout, check=check)

    assert result.failed
    assert message in result.msg
    assert str(path) in result.msg
    assert "Unexpected" not in result.msg
    assert snapshot(tmp_path).get(str(path)) == before
    assert writing_actions(emulator) == []


@pytest.mark.parametrize("check", [True, False], ids=["check", "real"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vault": []}, "No vault password"),
        ({"vault_id": "ops"}, "no vault password with the id ops; this run was given: default"),
        ({"file": "missing/keys.yml"}, "missing does not exist"),
        ({"file": "plain/keys.yml"}, "plain does not exist"),
        ({"file": None}, "Which file is for user ann"),
        ({"file": "/"}, "/ is a directory"),
        ({"csv_file": ""}, "is a directory"),
        ({"account_id": "1234567890123456"}, "not for 1234567890123456"),
        ({"users": ["ann", {"name": "ann"}]}, "more than once: ann"),
        ({"users": [7]}, "There is no RAM user 7"),
        ({"users": 7}, "There is no RAM user 7"),
        ({"users": [True]}, "must be a name, or a mapping"),
        ({"users": [{"name": "ann", "password": "invented"}]}, "must be a name, or a mapping"),
        ({"users": [{"state": "absent"}]}, "must be a name, or a mapping"),
        ({"users": [{"name": "ann", "state": "gone"}]}, "must be one of present, absent"),
        ({"users": [{"name": "ann", "file": ["x"]}]}, "Which file is for user ann"),
        ({"users": '[{"name": "ann"}, {"name": "bob"}]'}, "k=v arguments are split at commas"),
        ({"users": [{"name": "ann", "user_name": "invented"}]}, "say name or user_name"),
        ({"users": None, "name": "ann", "user_name": "bob"}, "name and user_name are the same"),
        ({"users": ["ann"], "name": "ann"}, "mutually exclusive"),
        ({"users": None}, "one of the following is required"),
        ({"state": "gone"}, "value of state must be one of"),
        ({"environment": {"A=B": "invented"}}, "'A=B' of the task's environment can't be set"),
        ({"environment": {"": "invented"}}, "'' of the task's environment can't be set"),
        ({"environment": {"A": "invented\0"}}, "'A' of the task's environment can't be set"),
        ({"file": "x" * 300}, f"{'x' * 300}: File name too long"),
        ({"access_key_secret": "invented", "bad": 1}, "bad"),
        ({"access_key_secret": "invented", "state": "invented"}, "value of state must be one of"),
        ({"name": "a b", "users": None}, "InvalidParameter.UserName.InvalidChars"),
        ({"variable": "my-keys"}, "variable can't be 'my-keys'"),
        ({"variable": "yes"}, "variable can't be 'yes'"),
        ({"variable": ""}, "variable can't be ''"),
    ],
)
def test_bad_input(
    emulator: Emulator,
    run: Run,
    tmp_path: Path,
    *,
    options: dict[str, t.Any],
    message: str,
    check: bool,
) -> None:
    """Bad input fails the task with a message that says what is wrong and shows no secret."""
    add_users(emulator, "ann")
    (tmp_path / "plain").touch()

    result = run(**{"users": ["ann"], **options}, check=check)

    assert result.failed
    assert message in result.msg
    assert "Unexpected" not in result.msg
    assert "invented" not in result.msg
    assert writing_actions(emulator) == []
    assert not (tmp_path / "keys.yml").exists()


@pytest.mark.parametrize(
    "options", [{"user_name": "ann"}, {"users": [{"user_name": "ann"}]}], ids=["task", "element"]
)
def test_other_word_for_the_name(
    emulator: Emulator, run: Run, rotate: Rotate, options: dict[str, t.Any]
) -> None:
    """A user is called by `user_name` as well, in each task that keeps keys."""
    add_users(emulator, "ann")

    made, rotated = run(**options), rotate(**options)

    assert [user["user_name"] for user in (*made["users"], *rotated["users"])] == ["ann", "ann"]


def test_what_is_omitted_in_an_element(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    """default(omit) in an element of a list means that the option is not given."""
    omitted = "__omit_place_holder__9aa2bd6a9dc5e5e9d8a9c8e0a0c6b8a7"
    add_users(emulator, "ann")

    result = run(users=[{"name": "ann", "file": omitted, "state": omitted}])

    assert not result.failed, result.msg
    assert result["users"][0]["file"] == str(tmp_path / "keys.yml")


@pytest.mark.parametrize("check", [True, False], ids=["check", "real"])
@pytest.mark.parametrize("option", ["file", "csv_file"])
@pytest.mark.parametrize(
    "name", [".keys.yml.pending.yml", ".keys.yml.lock", ".keys.yml.tmp", ".probe-keys.yml"]
)
def test_name_of_a_file_that_the_task_makes(
    emulator: Emulator, run: Run, tmp_path: Path, *, option: str, name: str, check: bool
) -> None:
    """Keys never lie where a run keeps its log, its lock or what it is about to write."""
    add_users(emulator, "ann")

    result = run(**{"name": "ann", option: name}, check=check)

    assert result.failed
    assert f"{tmp_path / name} is a name of files that a task keeps beside" in result.msg
    assert writing_actions(emulator) == []
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("path", ["/proc/keys.yml", "/sys/keys.yml"])
def test_directory_that_cannot_be_written(emulator: Emulator, run: Run, path: str) -> None:
    """A directory in which no file can be made fails the task before any key."""
    add_users(emulator, "ann")

    result = run(name="ann", file=path)

    assert result.failed
    assert path in result.msg
    assert "no key was created" in result.msg
    assert writing_actions(emulator) == []


def test_disk_is_tried_before_any_key(
    emulator: Emulator, run: Run, file: VaultFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That the file can be replaced is proven before the first key, not with it."""
    add_users(emulator, "ann")
    emulator.fail("CreateAccessKey", "drop_before")
    synced: list[str] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)

    run(name="ann", read_timeout=1)

    assert synced[0] == ".keys.yml.tmp"
    assert file.log.name in synced[1:]


@pytest.mark.parametrize("given", ["secrets/keys.yml", "~/keys.yml", "/absolute"])
def test_paths(
    emulator: Emulator, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    """A path is relative to the playbook's directory, the home or nothing, and told in full."""
    add_users(emulator, "ann")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("secrets", "home"):
        (tmp_path / name).mkdir()
    expected = {
        "secrets/keys.yml": tmp_path / "secrets/keys.yml",
        "~/keys.yml": tmp_path / "home/keys.yml",
        "/absolute": tmp_path / "absolute.yml",
    }[given]

    result = run(name="ann", file=str(expected) if given == "/absolute" else given)

    assert not result.failed, result.msg
    assert result["users"][0]["file"] == str(expected)
    assert expected.exists()


@pytest.mark.parametrize("playbooks", [["site.yml"], ["keysmith.alibabacloud.provision"], []])
def test_playbook_of_the_collection(
    emulator: Emulator,
    connection: dict[str, t.Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    playbooks: list[str],
) -> None:
    """A playbook of this collection keeps files where the importing one is, or where one stands."""
    add_users(emulator, "ann")
    here, there = tmp_path / "here", tmp_path / "there"
    for directory in (here, there):
        directory.mkdir()
        (directory / "site.yml").touch()
    monkeypatch.chdir(here)
    named = [str(there / name) if name == "site.yml" else name for name in playbooks]
    monkeypatch.setattr(context, "CLIARGS", {"args": named})

    result = run_keyring(COLLECTION / "playbooks", name="ann", file="keys.yml", **connection)

    expected = there if playbooks == ["site.yml"] else here
    assert result["users"][0]["file"] == str(expected / "keys.yml")


def test_playbook_imported_from_two_places(
    connection: dict[str, t.Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If it can't be told which playbook imported the collection's, the path must be absolute."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "site.yml").touch()
    named = [str(tmp_path / name / "site.yml") for name in ("a", "b")]
    monkeypatch.setattr(context, "CLIARGS", {"args": named})

    result = run_keyring(COLLECTION / "playbooks", name="ann", file="keys.yml", **connection)
    absolute = run_keyring(
        COLLECTION / "playbooks", users=["ann"], file=str(tmp_path / "keys.yml"), **connection
    )

    assert result["failed"]
    assert "absolute path" in result["msg"]
    assert "no RAM user ann" in absolute["msg"]


@pytest.mark.parametrize("name", ["ann", "no such user"])
def test_task_environment(
    emulator: Emulator, connection: dict[str, t.Any], run: Run, name: str
) -> None:
    """The task's environment gives credentials and endpoints, and is gone when the task is over."""
    add_users(emulator, "ann")
    environment = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": emulator.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": emulator.access_key_secret,
        **{f"ALIBABA_CLOUD_{api}_ENDPOINT": emulator.url for api in ("RAM", "STS", "IMS")},
    }
    before = dict(os.environ)

    result = run(name=name, environment=environment, **dict.fromkeys(connection))

    assert result.failed is (name != "ann")
    assert "ListAccessKeys" in emulator.actions() or "GetUser" in emulator.actions()
    assert dict(os.environ) == before


def test_unforeseen_error_shows_nothing(
    emulator: Emulator, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception that nobody foresaw is told by its place, not by its text."""
    add_users(emulator, "ann")

    def fail() -> float:
        raise ZeroDivisionError(emulator.access_key_secret)

    monkeypatch.setattr(locks, "time", SimpleNamespace(monotonic=fail))

    result = run(name="ann")

    assert result.failed
    assert result.msg.startswith("Unexpected ZeroDivisionError (locks.py, line ")


def test_core_dumps_are_off(run: Run) -> None:
    """A crash of the process that knows the secrets can't write them to disk."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    if hard == 0:
        pytest.skip("core dumps are off for this user")
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

    run(users=[])

    assert resource.getrlimit(resource.RLIMIT_CORE) == (0, hard)


def test_parallel_runs_lose_nothing(emulator: Emulator, start: Start, any_file: VaultFile) -> None:
    """Processes that write one file at the same time all leave their entries in it."""
    names = [f"ann{number}" for number in range(6)]
    add_users(emulator, *names)

    running = [start(name=name, layout=any_file.layout) for name in names]
    results = [process.result() for process in running]

    assert all(not result.failed for result in results)
    assert stored_keys(any_file) == {name: keys_of(emulator, name) for name in names}


def test_parallel_runs_for_one_user(emulator: Emulator, start: Start, file: VaultFile) -> None:
    """Processes that want a key for the same user come to one key."""
    add_users(emulator, "ann")

    running = [start(name="ann") for _turn in range(4)]
    actions = [process.result()["users"][0]["action"] for process in running]

    assert sorted(actions) == ["created", "unchanged", "unchanged", "unchanged"]
    assert stored_keys(file) == {"ann": keys_of(emulator, "ann")}
    assert len(keys_of(emulator, "ann")) == 1


def test_runs_on_two_files_in_either_order(emulator: Emulator, start: Start) -> None:
    """Runs that need the same two files never wait for each other for ever."""
    add_users(emulator, *(f"{name}{number}" for name in ("ann", "bob") for number in range(4)))
    running = []
    for number in range(4):
        users = [{"name": f"{name}{number}", "file": f"{name}.yml"} for name in ("ann", "bob")]
        users = users[:: 1 if number % 2 else -1]
        running.append(start(users=users, lock_timeout=20))

    assert not any(process.result().failed for process in running)


def test_lock_names_its_holder(emulator: Emulator, run: Run, file: VaultFile) -> None:
    """Waiting for another process ends, and tells which one and where."""
    add_users(emulator, "ann")

    with locked_files([file.path], 0):
        result = run(name="ann", lock_timeout=0)

    assert result.failed
    assert f"process {os.getpid()} on {os.uname().nodename}" in result.msg
    assert "lock_timeout" in result.msg
    assert writing_actions(emulator) == []


def test_check_mode_waits_for_a_run_at_work(emulator: Emulator, run: Run, file: VaultFile) -> None:
    """Check mode makes no lock file, but reads nothing that another run is about to change."""
    add_users(emulator, "ann")
    assert not run(name="ann", check=True).failed

    with locked_files([file.path], 0):
        result = run(name="ann", lock_timeout=0, check=True)

    assert "is locked by process" in result.msg
    assert not run(name="ann", check=True).failed


def test_lock_is_held_until_the_keys_are_in_the_file(
    emulator: Emulator, run: Run, file: VaultFile
) -> None:
    """While a run creates keys, no other one can start."""
    add_users(emulator, "ann", "bob")
    emulator.fail("CreateAccessKey", "delay", ms=700)

    with ThreadPoolExecutor() as pool:
        first = pool.submit(run, name="ann")
        wait_for(lambda: not emulator.faults())
        second = run_keyring(
            file.path.parent,
            name="bob",
            file="keys.yml",
            lock_timeout=0,
            vault=[("default", VAULT_PASSWORD)],
            access_key_id=emulator.access_key_id,
            access_key_secret=emulator.access_key_secret,
            ram_endpoint=emulator.url,
            sts_endpoint=emulator.url,
        )

        assert not first.result().failed
    assert second["failed"]
    assert "is locked by" in second["msg"]


@pytest.mark.parametrize(
    ("verify", "count", "calls"),
    [
        ("new", 1, {"GetUser": 1, "ListAccessKeys": 1, "GetCallerIdentity": 1}),
        ("new", 5, {"ListUsers": 1, "ListAccessKeys": 5, "GetCallerIdentity": 1}),
        ("all", 5, {"ListUsers": 1, "ListAccessKeys": 5, "GetCallerIdentity": 6}),
    ],
)
def test_calls_of_an_unchanged_run(
    emulator: Emulator, run: Run, *, verify: str, count: int, calls: dict[str, int]
) -> None:
    """An unchanged run makes one call per user, one for all of them and one for the caller."""
    names = [f"ann{number}" for number in range(count)]
    add_users(emulator, *names, "bob")
    run(users=[*names, "bob"])
    emulator.clear_requests()

    run(users=names, verify=verify)

    actions = emulator.actions()
    assert {action: actions.count(action) for action in actions} == calls


def test_calls_for_new_keys(
    emulator: Emulator, run: Run, file: VaultFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new key takes a list, a create and a verification; the file is proven and written once."""
    names = [f"ann{number}" for number in range(8)]
    add_users(emulator, *names)
    replaced: list[str] = []
    replace = Path.replace

    def note(path: Path, target: Path) -> Path:
        replaced.append(target.name)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", note)

    run(users=names)

    actions = emulator.actions()
    assert {action: actions.count(action) for action in actions} == {
        "GetCallerIdentity": 1 + 8,
        "ListUsers": 1,
        "ListAccessKeys": 8,
        "CreateAccessKey": 8,
    }
    assert replaced == [file.path.name] * 2


def test_connections_of_a_task(emulator: Emulator, run: Run) -> None:
    """A task has as many requests in flight as it was told, and keeps their connections."""
    names = [f"ann{number}" for number in range(24)]
    add_users(emulator, *names)
    emulator.clear_requests()
    emulator.fail("CreateAccessKey", "gather", requests=4, ms=30_000, times=4)
    emulator.fail("CreateAccessKey", "delay", ms=30, times=len(names))

    run(users=names, concurrency=4, read_timeout=60)

    assert emulator.peak_in_flight() == 4
    assert emulator.connections() <= 8
    assert len(emulator.requests()) > 60


def test_keys_are_verified_side_by_side(emulator: Emulator, run: Run) -> None:
    """Proofs of different keys don't wait for each other."""
    names = [f"ann{number}" for number in range(8)]
    add_users(emulator, *names)
    run(users=names)
    emulator.clear_requests()
    emulator.fail("GetCallerIdentity", "gather", requests=4, ms=30_000, skip=1, times=4)
    emulator.fail("GetCallerIdentity", "delay", ms=30, skip=1, times=len(names))

    run(users=names, verify="all", concurrency=4, read_timeout=60)

    assert emulator.peak_in_flight() == 4

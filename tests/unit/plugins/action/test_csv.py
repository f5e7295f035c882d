# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CSV files of ram_keyring: keys that come in from the console, and keys that are handed out."""

from __future__ import annotations

import errno
import http.client
import os
import threading
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._ram import access_key
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring import looks
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file import locks
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file.locks import (
    locked_files,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file.vault import (
    Password,
    Vault,
)
from emulator import Emulator

from ..conftest import writing_actions
from ..keyring_task import VAULT_PASSWORD
from .conftest import (
    VaultFile,
    add_key,
    add_users,
    delete_key,
    keys_of,
    set_status,
    snapshot,
    stored_keys,
    vault_text,
    wait_for,
)

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..conftest import Result
    from .conftest import Run, Start

    Download = Callable[..., str]

HEADER = "AccessKey ID,AccessKey Secret\n"


def rows(*pairs: dict[str, str]) -> str:
    """Return pairs, secrets by id, as the console's CSV."""
    lines = [f"{key_id},{secret}\n" for pair in pairs for key_id, secret in pair.items()]
    return HEADER + "".join(lines)


@pytest.fixture
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for downloads, where secrets may be in clear."""
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture
def download(downloads: Path) -> Download:
    """A function that makes `AccessKey.csv` and returns its path."""

    def make(text: str, *, vaulted: bool = False) -> str:
        path = downloads / "AccessKey.csv"
        path.write_bytes(vault_text(text) if vaulted else text.encode())
        return str(path)

    return make


@pytest.fixture
def console_key(emulator: Emulator, download: Download) -> tuple[str, str]:
    """Create user ann with a key that was made and downloaded by hand; return the path and id."""
    add_users(emulator, "ann")
    add_key(emulator, "ann")
    [key_id] = keys_of(emulator, "ann")
    emulator.clear_requests()
    return download(rows(keys_of(emulator, "ann"))), key_id


def outcome(result: Result) -> tuple[str, str, str | None, bool | None]:
    """Return what a task did for its only user."""
    assert not result.failed, result.msg
    [user] = result["users"]
    return user["user_name"], user["action"], user["access_key_id"], user["verified"]


def csv_text(path: Path, password: str = VAULT_PASSWORD) -> str:
    """Return what is in a vault that keys were handed out in."""
    return str(
        VaultLib([("x", VaultSecret(password.encode()))]).decrypt(path.read_bytes()).decode()
    )


@pytest.mark.parametrize("vaulted", [True, False], ids=["vault", "plain"])
def test_key_of_the_console(
    emulator: Emulator, run: Run, any_file: VaultFile, download: Download, *, vaulted: bool
) -> None:
    """A downloaded key is verified, its owner found, and both stored as if we had made it."""
    add_users(emulator, "ann")
    add_key(emulator, "ann")
    [(key_id, secret)] = keys_of(emulator, "ann").items()
    path = download(rows({key_id: secret}), vaulted=vaulted)
    options = {"import_csv": path, "layout": any_file.layout, "verify": "none"}

    predicted = run(**options, check=True, diff=True)
    used_in_check_mode = emulator.state()["users"]["ann"]["access_keys"][0]["last_used_date"]
    result = run(**options, diff=True)

    assert outcome(predicted) == outcome(result) == ("ann", "imported", key_id, True)
    assert predicted.values["diff"] == result["diff"]
    assert result["diff"][0]["after"] == {"ann": key_id}
    assert result.changed
    assert used_in_check_mode
    user = emulator.state()["users"]["ann"]
    assert any_file.entries()["ann"] == {
        "access_key_id": key_id,
        "access_key_secret": secret,
        "account_id": emulator.account_id,
        "user_id": user["user_id"],
        "created": user["access_keys"][0]["create_date"],
    }
    assert any(path in warning for warning in result["warnings"]) is not vaulted
    assert Path(path).exists()


@pytest.mark.parametrize("check", [True, False])
def test_importing_again(
    emulator: Emulator,
    run: Run,
    any_file: VaultFile,
    console_key: tuple[str, str],
    *,
    check: bool,
) -> None:
    """A second import changes nothing, and warns of the download for as long as it is there."""
    path, key_id = console_key
    run(import_csv=path, layout=any_file.layout)
    before = any_file.path.read_bytes(), any_file.path.stat().st_mtime_ns

    result = run(import_csv=path, layout=any_file.layout, check=check)

    assert outcome(result) == ("ann", "unchanged", key_id, True)
    assert not result.changed
    assert any(f"{path} is not encrypted: delete it" in told for told in result["warnings"])
    assert (any_file.path.read_bytes(), any_file.path.stat().st_mtime_ns) == before
    assert writing_actions(emulator) == []


def test_imported_key_is_managed(
    emulator: Emulator, run: Run, file: VaultFile, console_key: tuple[str, str]
) -> None:
    """An imported key is as good as one of ours: kept when present, deleted when absent."""
    path, key_id = console_key
    run(import_csv=path)

    kept = run(name="ann", verify="all")
    removed = run(name="ann", state="absent")

    assert outcome(kept) == ("ann", "unchanged", key_id, True)
    assert outcome(removed)[1] == "removed"
    assert keys_of(emulator, "ann") == {}
    assert file.entries() == {}


def test_key_beside_the_imported_one(
    emulator: Emulator, run: Run, console_key: tuple[str, str]
) -> None:
    """A second key that no file holds is warned of, the imported one is not."""
    path, key_id = console_key
    other = add_key(emulator, "ann")["AccessKeyId"]

    result = run(import_csv=path)

    [warning] = [told for told in result["warnings"] if "not in the file" in told]
    assert other in warning
    assert key_id not in warning


def test_keys_of_several_users(
    emulator: Emulator, run: Run, tmp_path: Path, download: Download
) -> None:
    """A file may have keys of many users, who may have vault files of their own."""
    names = ["ann", "bob", "cat"]
    add_users(emulator, *names)
    for name in names:
        add_key(emulator, name)
    path = download(rows(*(keys_of(emulator, name) for name in names)))
    emulator.clear_requests()

    result = run(users=["ann", "bob", {"name": "cat", "file": "cat.yml"}], import_csv=path)

    assert not result.failed, result.msg
    assert [user["action"] for user in result["users"]] == ["imported"] * 3
    assert stored_keys(VaultFile(tmp_path / "keys.yml", "file")).keys() == {"ann", "bob"}
    assert stored_keys(VaultFile(tmp_path / "cat.yml", "file")) == {"cat": keys_of(emulator, "cat")}
    assert writing_actions(emulator) == []
    assert emulator.actions().count("GetUser") == 0


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "bob"}, "has a key of user ann, which this task does not name"),
        ({"users": ["ann", "bob"]}, "has no key of user bob"),
        ({"name": "ann", "state": "absent"}, "state of user ann can't be absent"),
        ({"state": "absent"}, "state of user ann can't be absent"),
        ({"users": [{"name": "ann", "state": "absent"}]}, "state of user ann can't be absent"),
        ({"file": None}, "Which file is for user ann"),
        ({"vault": []}, "No vault password"),
        ({"account_id": "1234567890123456"}, "not for 1234567890123456"),
        ({"import_csv": "missing.csv"}, "missing.csv: No such file or directory. If its keys"),
        ({"import_csv": "."}, "not a regular file"),
    ],
)
def test_import_that_is_not_meant(
    emulator: Emulator,
    run: Run,
    console_key: tuple[str, str],
    *,
    options: dict[str, t.Any],
    message: str,
    check: bool,
) -> None:
    """An import that can't be what the task says fails, and nothing is stored or created."""
    add_users(emulator, "bob")
    emulator.clear_requests()

    result = run(**{"import_csv": console_key[0], **options}, check=check)

    assert result.failed
    assert message in result.msg
    assert writing_actions(emulator) == []
    assert keys_of(emulator, "bob") == {}


def test_no_users_to_import_for(run: Run, file: VaultFile, console_key: tuple[str, str]) -> None:
    """An empty list of users does nothing, whatever there is to import."""
    result = run(users=[], import_csv=console_key[0])

    assert not result.failed
    assert not result.changed
    assert not file.path.exists()


BAD_DOWNLOADS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "header alone": (HEADER.encode(), "has a header and no key"),
    "not UTF-8": (HEADER.encode("utf-16"), "not a text file in UTF-8"),
    "keyring": (vault_text("ram_keyring: {}\n"), "line 1: this is not the header"),
    "other password": (vault_text(HEADER, "other", "ops"), "its vault id: ops"),
    "damaged vault": (b"$ANSIBLE_VAULT;1.1;AES256\nx", "is damaged: line 2"),
}


@pytest.mark.parametrize(("data", "message"), BAD_DOWNLOADS.values(), ids=BAD_DOWNLOADS)
def test_download_that_cannot_be_read(
    emulator: Emulator, run: Run, file: VaultFile, downloads: Path, *, data: bytes, message: str
) -> None:
    """A download that can't be read is told by its path, before anything is sent."""
    path = downloads / "AccessKey.csv"
    path.write_bytes(data)

    result = run(import_csv=str(path))

    assert result.failed
    assert message in result.msg
    assert str(path) in result.msg
    assert emulator.actions() == []
    assert not file.path.exists()


def test_paths_of_csv_files(
    emulator: Emulator, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both paths start where that of the vault file does, and links are followed."""
    add_users(emulator, "ann")
    monkeypatch.chdir("/")
    (tmp_path / "link.csv").symlink_to("real.csv")

    handed_out = run(name="ann", csv_file="link.csv")
    imported = run(import_csv="link.csv", file="other.yml")

    assert handed_out["csv_file"] == str(tmp_path / "real.csv")
    assert (tmp_path / "link.csv").is_symlink()
    assert outcome(imported)[:2] == ("ann", "imported")


def deleted(emulator: Emulator, key_id: str) -> dict[str, str]:
    """Return a pair of ann's that is deleted."""
    pair = keys_of(emulator, "ann")
    delete_key(emulator, "ann", key_id)
    return pair


def disabled(emulator: Emulator, key_id: str) -> dict[str, str]:
    """Return a pair of ann's that is inactive."""
    set_status(emulator, "ann", key_id, "Inactive")
    return keys_of(emulator, "ann")


def of_the_account(emulator: Emulator, _key_id: str) -> dict[str, str]:
    """Return the pair of the account itself."""
    return {emulator.access_key_id: emulator.access_key_secret}


Make = t.Callable[[Emulator, str], dict[str, str]]
BAD_PAIRS: dict[str, tuple[Make, str]] = {
    "unknown key": (
        deleted,
        "there is no such key; if it is only seconds old, run again (InvalidAccessKeyId.NotFound)",
    ),
    "inactive key": (disabled, "the key is inactive (InvalidAccessKeyId.Inactive)"),
    "wrong secret": (
        lambda _emulator, key_id: {key_id: "notTheSecret"},
        "the secret is not the one of the key (SignatureDoesNotMatch)",
    ),
    "columns mixed up": (
        lambda emulator, key_id: {keys_of(emulator, "ann")[key_id]: key_id},
        "this is not an id and a secret",
    ),
    "key of the account": (of_the_account, "is one of the account itself"),
}


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("make", "message"), BAD_PAIRS.values(), ids=BAD_PAIRS)
def test_pair_that_is_no_users_key(
    emulator: Emulator,
    run: Run,
    download: Download,
    console_key: tuple[str, str],
    *,
    make: Make,
    message: str,
    check: bool,
) -> None:
    """A pair that does not sign for a RAM user is refused by file and line; no secret is shown."""
    path = download(rows(make(emulator, console_key[1])))
    emulator.clear_requests()

    result = run(import_csv=path, check=check)

    assert result.failed
    assert f"{path}, line 2: " in result.msg
    assert message in result.msg
    assert "notTheSecret" not in str(result.values)
    assert writing_actions(emulator) == []


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "garbage"},
        {"kind": "drop_before"},
        {"kind": "error", "status": 403, "code": "Strange"},
        {"kind": "error", "status": 500},
        {"kind": "throttle"},
    ],
    ids=str,
)
def test_cloud_that_does_not_tell(
    emulator: Emulator,
    run: Run,
    file: VaultFile,
    download: Download,
    console_key: tuple[str, str],
    *,
    fault: dict[str, t.Any],
) -> None:
    """A pair that can't be tried is not stored, and what the cloud says of it is not repeated."""
    [(key_id, secret)] = keys_of(emulator, "ann").items()
    path = download(rows({secret: key_id}))
    said = {"message": f"No {secret} here."} if fault["kind"] == "error" else {}
    emulator.fail("GetCallerIdentity", times=9, skip=1, **fault, **said)

    result = run(import_csv=path, max_attempts=1)

    assert result.failed
    assert f"{console_key[0]}, line 2: " in result.msg
    assert not file.path.exists()


class AllAccounts(BaseHTTPRequestHandler):
    """The token service of two accounts: it knows them by the keys that sign."""

    accounts: t.ClassVar[list[Emulator]]

    def do_POST(self) -> None:
        """Pass the request on to the account whose key signed it."""
        for account in self.accounts:
            body = self._ask(account)
            if b"InvalidAccessKeyId.NotFound" not in body:
                break
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def _ask(self, account: Emulator) -> bytes:
        connection = http.client.HTTPConnection(account.host_port)
        connection.request("POST", self.path, headers=dict(self.headers))
        body = connection.getresponse().read()
        connection.close()
        return body

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def other_account(emulator: Emulator, connection: dict[str, t.Any]) -> Iterator[Emulator]:
    """Another account behind the same token service."""
    with Emulator() as other:
        handler = type("Both", (AllAccounts,), {"accounts": [emulator, other]})
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            connection["sts_endpoint"] = f"http://127.0.0.1:{server.server_port}"
            yield other
            server.shutdown()


def test_key_of_another_account(
    emulator: Emulator, other_account: Emulator, run: Run, file: VaultFile, download: Download
) -> None:
    """A key of another account is refused, even if both have a user of that name."""
    for account in (emulator, other_account):
        add_users(account, "ann")
        add_key(account, "ann")

    refused = run(import_csv=download(rows(keys_of(other_account, "ann"))))
    imported = run(import_csv=download(rows(keys_of(emulator, "ann"))))

    assert refused.failed
    assert f"belongs to account {other_account.account_id}, but this run" in refused.msg
    assert outcome(imported)[:2] == ("ann", "imported")
    assert stored_keys(file) == {"ann": keys_of(emulator, "ann")}


def test_two_keys_of_one_user(
    emulator: Emulator, run: Run, file: VaultFile, download: Download
) -> None:
    """Two keys of one user are refused with both ids, for there is room for one."""
    add_users(emulator, "ann")
    keys = [add_key(emulator, "ann")["AccessKeyId"] for _turn in range(2)]

    result = run(import_csv=download(rows(keys_of(emulator, "ann"))))

    assert result.failed
    assert "lines 2 and 3" in result.msg
    assert all(key_id in result.msg for key_id in keys)
    assert not file.path.exists()


@pytest.mark.parametrize("check", [True, False])
def test_entry_with_another_key(
    emulator: Emulator, run: Run, any_file: VaultFile, download: Download, *, check: bool
) -> None:
    """An entry that holds another key fails the import with both ids, and nothing is touched."""
    add_users(emulator, "ann")
    run(name="ann", layout=any_file.layout)
    before = any_file.path.read_bytes()
    [stored] = keys_of(emulator, "ann")
    made = add_key(emulator, "ann")["AccessKeyId"]
    path = download(rows({made: keys_of(emulator, "ann")[made]}))
    emulator.clear_requests()

    result = run(import_csv=path, layout=any_file.layout, check=check)

    assert result.failed
    assert f"holds key {stored}, so key {made} is not imported" in result.msg
    assert any(path in warning for warning in result["warnings"])
    assert any_file.path.read_bytes() == before
    assert writing_actions(emulator) == []


def test_secrets_are_encrypted_and_opened_once(
    emulator: Emulator, run: Run, download: Download, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often a secret is needed, encrypting and opening it, which is slow, is done once."""
    names = ["ann", "bob", "cat"]
    add_users(emulator, *names)
    for name in names:
        add_key(emulator, name)
    path = download(rows(*(keys_of(emulator, name) for name in names)))
    done: list[str] = []
    encrypt, decrypt = Vault.encrypt, Vault.decrypt

    def note_encrypt(*args: t.Any) -> str:
        done.append("encrypt")
        return encrypt(*args)

    def note_decrypt(*args: t.Any, what: str) -> tuple[str, Password]:
        done.append("decrypt")
        return decrypt(*args, what=what)

    monkeypatch.setattr(Vault, "encrypt", note_encrypt)
    monkeypatch.setattr(Vault, "decrypt", note_decrypt)

    run(import_csv=path, layout="inline")
    imported, done[:] = list(done), []
    run(users=names, layout="inline", csv_file="keys.csv")
    done.clear()
    run(users=names, layout="inline", csv_file="keys.csv", verify="all")

    # One more of each is the trial, and finding the password of the file and of the CSV.
    assert imported == ["encrypt"] * 4
    assert sorted(done) == ["decrypt"] * 5 + ["encrypt"]


@pytest.mark.parametrize("wrong", ["notTheSecret", None], ids=["wrong", "none"])
def test_entry_with_another_secret(
    emulator: Emulator,
    run: Run,
    any_file: VaultFile,
    console_key: tuple[str, str],
    wrong: str | None,
) -> None:
    """An entry of that key with a wrong secret, or none, gets the one that has just signed."""
    path, key_id = console_key
    run(import_csv=path, layout=any_file.layout)
    any_file.edit("ann", access_key_secret=wrong, note="by hand")

    result = run(import_csv=path, layout=any_file.layout)

    assert outcome(result) == ("ann", "imported", key_id, True)
    assert result.changed
    assert stored_keys(any_file) == {"ann": keys_of(emulator, "ann")}
    assert any_file.entries()["ann"]["note"] == "by hand"


def test_entry_of_another_account(
    emulator: Emulator, run: Run, file: VaultFile, console_key: tuple[str, str]
) -> None:
    """An entry of another account fails the import, even with the same key."""
    run(import_csv=console_key[0])
    file.edit("ann", account_id="1234567890123456")
    before = file.path.read_bytes()

    result = run(import_csv=console_key[0])

    assert result.failed
    assert "belongs to account 1234567890123456" in result.msg
    assert file.path.read_bytes() == before
    assert len(keys_of(emulator, "ann")) == 1


def test_key_of_a_renamed_user(
    emulator: Emulator, run: Run, file: VaultFile, console_key: tuple[str, str]
) -> None:
    """The entry of a user who was renamed since is moved, and not made twice."""
    path, key_id = console_key
    run(import_csv=path)
    emulator.call("UpdateUser", UserName="ann", NewUserName="anna")

    result = run(import_csv=path)

    assert outcome(result) == ("anna", "renamed", key_id, True)
    assert stored_keys(file) == {"anna": keys_of(emulator, "anna")}


def import_during(
    action: str, emulator: Emulator, run: Run, path: str, deed: Callable[[], None]
) -> Result:
    """Import a key, and do something just before an action of the task is carried out."""
    emulator.fail(action, "delay", when="before", ms=400)
    with ThreadPoolExecutor() as pool:
        running = pool.submit(run, import_csv=path)
        wait_for(lambda: not emulator.faults())
        deed()
        return running.result()


def test_key_that_is_deleted_meanwhile(
    emulator: Emulator, run: Run, file: VaultFile, console_key: tuple[str, str]
) -> None:
    """A key that its user has no more by the time it would be stored is not."""
    path, key_id = console_key

    result = import_during(
        "ListAccessKeys", emulator, run, path, lambda: delete_key(emulator, "ann", key_id)
    )

    assert result.failed
    assert f"Key {key_id} signs for user ann, but is not listed" in result.msg
    assert not file.path.exists()


def test_user_who_is_replaced_meanwhile(
    emulator: Emulator, run: Run, file: VaultFile, console_key: tuple[str, str]
) -> None:
    """A key whose user was deleted, and made again with the same name, is not stored."""
    path, key_id = console_key

    def make_anew() -> None:
        delete_key(emulator, "ann", key_id)
        emulator.call("DeleteUser", UserName="ann")
        add_users(emulator, "ann")

    result = import_during("GetUser", emulator, run, path, make_anew)

    assert result.failed
    assert key_id in result.msg
    assert not file.path.exists()


def test_import_that_cannot_be_saved(
    emulator: Emulator, run: Run, file: VaultFile, console_key: tuple[str, str]
) -> None:
    """If the vault file can't be replaced, nothing counts as imported, and the next run does it."""
    path, key_id = console_key
    obstacle = file.path.with_name(".keys.yml.tmp")
    obstacle.mkdir()

    failed = run(import_csv=path)
    obstacle.rmdir()
    result = run(import_csv=path)

    assert failed.failed
    assert not failed.changed
    assert "Cannot replace" in failed.msg
    assert outcome(result) == ("ann", "imported", key_id, True)
    assert writing_actions(emulator) == []


@pytest.mark.parametrize("check", [True, False])
def test_import_into_a_folder_that_goes_away(
    run: Run,
    tmp_path: Path,
    console_key: tuple[str, str],
    capsys: pytest.CaptureFixture[str],
    *,
    check: bool,
) -> None:
    """Whoever is to delete the download is warned if the vault file goes away with its job."""
    job = {
        "AWX_PRIVATE_DATA_DIR": str(tmp_path),
        "AWX_ISOLATED_DATA_DIR": str(tmp_path / "artifacts" / "7"),
    }

    result = run(import_csv=console_key[0], environment=job, check=check)

    assert outcome(result)[1] == "imported"
    assert "New keys are lost" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("check", [True, False])
def test_imported_key_is_not_taken_for_a_lost_one(
    emulator: Emulator,
    start: Start,
    run: Run,
    download: Download,
    monkeypatch: pytest.MonkeyPatch,
    *,
    check: bool,
) -> None:
    """A key that fits a create without an answer is not deleted while its secret is at hand."""
    add_users(emulator, "ann")
    emulator.fail("CreateAccessKey", "delay", when="after", ms=60_000)
    running = start(name="ann")
    wait_for(lambda: bool(keys_of(emulator, "ann")))
    running.kill()
    emulator.advance_clock(10)
    [key_id] = keys_of(emulator, "ann")
    # The cloud tells about two hours later that a key was used, the emulator at once.
    monkeypatch.setattr(access_key.AccessKeyApi, "last_used", lambda *_: None)

    result = run(import_csv=download(rows(keys_of(emulator, "ann"))), check=check)

    assert outcome(result) == ("ann", "imported", key_id, True)
    assert keys_of(emulator, "ann").keys() == {key_id}


@pytest.mark.parametrize("layout", ["file", "inline"])
def test_keys_are_handed_out(emulator: Emulator, run: Run, tmp_path: Path, layout: str) -> None:
    """The CSV is a vault for its owner alone, with the keys of the task's users by their names."""
    add_users(emulator, "ann", "bob", "cat")
    run(name="cat", layout=layout)
    options = {"users": ["bob", "ann"], "layout": layout, "csv_file": "keys.csv"}

    predicted = run(**options, check=True)
    result = run(**options)

    path = tmp_path / "keys.csv"
    assert predicted.changed
    assert result["csv_file"] == predicted["csv_file"] == str(path)
    assert csv_text(path) == rows(keys_of(emulator, "ann"), keys_of(emulator, "bob"))
    assert path.read_text().startswith("$ANSIBLE_VAULT;1.1;AES256\n")
    assert path.stat().st_mode & 0o777 == 0o600
    assert set(tmp_path.glob("*keys.csv*")) == {path}


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("layout", ["file", "inline"])
def test_handing_out_again(
    emulator: Emulator, run: Run, tmp_path: Path, *, layout: str, check: bool
) -> None:
    """A second run leaves every byte of both files as it is."""
    add_users(emulator, "ann", "bob")
    options = {"users": ["ann", "bob"], "layout": layout, "csv_file": "keys.csv"}
    run(**options)
    paths = [tmp_path / "keys.yml", tmp_path / "keys.csv"]
    before = [(path.read_bytes(), path.stat().st_mtime_ns) for path in paths]
    emulator.clear_requests()

    result = run(**options, check=check)

    assert not result.failed, result.msg
    assert not result.changed
    assert [(path.read_bytes(), path.stat().st_mtime_ns) for path in paths] == before
    assert writing_actions(emulator) == []


def test_handed_out_keys_follow_the_file(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    """A key that was replaced or removed, or whose user is not asked for, leaves the CSV."""
    add_users(emulator, "ann", "bob", "cat")
    users: list[t.Any] = ["ann", "bob", "cat"]
    run(users=users, csv_file="keys.csv")
    delete_key(emulator, "ann", *keys_of(emulator, "ann"))
    users[1] = {"name": "bob", "state": "absent"}

    predicted = run(users=users, csv_file="keys.csv", check=True, diff=True)
    result = run(users=users, csv_file="keys.csv", diff=True)
    both = csv_text(tmp_path / "keys.csv")
    run(name="cat", csv_file="keys.csv")

    assert not result.failed, result.msg
    assert predicted.changed
    assert both == rows(keys_of(emulator, "ann"), keys_of(emulator, "cat"))
    assert [diff["after_header"] for diff in result["diff"]] == [
        str(tmp_path / name) for name in ("keys.yml", "keys.csv")
    ]
    assert result["diff"][1]["before"].keys() == {"ann", "bob", "cat"}
    assert result["diff"][1]["after"].keys() == {"ann", "cat"}
    assert csv_text(tmp_path / "keys.csv") == rows(keys_of(emulator, "cat"))


def test_only_the_csv_changes(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    """Keys that are there already are handed out, and only the CSV is told to change."""
    add_users(emulator, "ann")
    run(name="ann")
    before = (tmp_path / "keys.yml").read_bytes()

    results = [run(name="ann", csv_file="keys.csv", diff=True, check=c) for c in (True, False)]

    for result in results:
        assert outcome(result)[1] == "unchanged"
        assert result.changed
        assert result["diff"][1]["before"] == {}
        assert result["diff"][1]["after"] == {"ann": next(iter(keys_of(emulator, "ann")))}
    assert (tmp_path / "keys.yml").read_bytes() == before
    assert csv_text(tmp_path / "keys.csv") == rows(keys_of(emulator, "ann"))


def test_user_without_a_key_is_not_handed_out(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    """If one user's key can't be created, the CSV has the keys of the others."""
    add_users(emulator, "ann", "bob")
    emulator.fail("CreateAccessKey", "error", status=403, code="NoPermission")

    result = run(users=["ann", "bob"], csv_file="keys.csv", concurrency=1)

    assert result.failed
    assert [user["action"] for user in result["users"]] == ["failed", "created"]
    assert csv_text(tmp_path / "keys.csv") == rows(keys_of(emulator, "bob"))


def test_user_who_is_to_have_no_key_is_not_handed_out(
    emulator: Emulator, run: Run, tmp_path: Path
) -> None:
    """A key that is to be taken away leaves the CSV, even if it can't be deleted yet."""
    add_users(emulator, "ann", "bob")
    run(users=["ann", "bob"], csv_file="keys.csv")
    emulator.fail("DeleteAccessKey", "error", status=403, code="NoPermission")

    result = run(users=["bob", {"name": "ann", "state": "absent"}], csv_file="keys.csv")

    assert result.failed
    assert stored_keys(VaultFile(tmp_path / "keys.yml", "file")).keys() == {"ann", "bob"}
    assert csv_text(tmp_path / "keys.csv") == rows(keys_of(emulator, "bob"))


def test_handed_out_keys_come_in_again(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    """What was handed out can be imported, even while it is handed out again."""
    add_users(emulator, "ann", "bob")
    run(users=["ann", "bob"], csv_file="keys.csv")
    before = (tmp_path / "keys.csv").read_bytes()

    result = run(import_csv="keys.csv", csv_file="keys.csv", file="other.yml")

    assert not result.failed, result.msg
    assert [user["action"] for user in result["users"]] == ["imported"] * 2
    assert not any("keys.csv" in warning for warning in result["warnings"])
    other = VaultFile(tmp_path / "other.yml", "file")
    assert stored_keys(other) == {name: keys_of(emulator, name) for name in ("ann", "bob")}
    assert (tmp_path / "keys.csv").read_bytes() == before


Prepare = t.Callable[[Path], object]
BAD_FILES: dict[str, tuple[Prepare, str]] = {
    "plain CSV": (lambda path: path.write_text(HEADER), "is not encrypted, so it is left alone"),
    "mark in front of a vault": (
        lambda path: path.write_bytes(b"<<<<<<< HEAD\n" + vault_text(HEADER)),
        "is damaged: there is something in front of $ANSIBLE_VAULT",
    ),
    "other vault": (
        lambda path: path.write_bytes(vault_text("password: x\n")),
        "line 1: this is not the header",
    ),
    "other password": (
        lambda path: path.write_bytes(vault_text(HEADER, "other", "ops")),
        "id: ops",
    ),
    "other columns": (
        lambda path: path.write_bytes(vault_text(f"Password,{HEADER}x,a,b\n")),
        "line 1: other columns than AccessKey ID,AccessKey Secret would be lost",
    ),
    "directory": (Path.mkdir, "a directory, not a file"),
    "pipe": (os.mkfifo, "not a regular file"),
}


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("prepare", "message"), BAD_FILES.values(), ids=BAD_FILES)
def test_what_is_not_overwritten(
    emulator: Emulator, run: Run, tmp_path: Path, prepare: Prepare, *, message: str, check: bool
) -> None:
    """What is no CSV of ours is left alone, and no key is created."""
    add_users(emulator, "ann")
    path = tmp_path / "keys.csv"
    prepare(path)
    before = snapshot(tmp_path)[str(path)]

    result = run(name="ann", csv_file="keys.csv", check=check)

    assert result.failed
    assert message in result.msg
    assert str(path) in result.msg
    assert snapshot(tmp_path)[str(path)] == before
    assert writing_actions(emulator) == []


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"csv_file": "keys.yml"}, "file and csv_file are both"),
        ({"csv_file": "missing/keys.csv"}, "missing does not exist"),
        ({"users": ["ann", {"name": "bob", "file": "b.yml"}]}, "csv_file is for the keys of one"),
    ],
)
def test_hand_out_that_cannot_be(
    emulator: Emulator, run: Run, *, options: dict[str, t.Any], message: str, check: bool
) -> None:
    """A CSV that can't be written as asked fails the task before any key is created."""
    add_users(emulator, "ann", "bob")

    result = run(**{"users": ["ann", "bob"], "csv_file": "keys.csv", **options}, check=check)

    assert result.failed
    assert message in result.msg
    assert writing_actions(emulator) == []


def test_directory_that_cannot_be_written(emulator: Emulator, run: Run) -> None:
    """A directory in which the CSV can't be made fails the task before any key is created."""
    add_users(emulator, "ann")

    result = run(name="ann", csv_file="/proc/keys.csv")

    assert result.failed
    assert "/proc/keys.csv, so no key was created" in result.msg
    assert writing_actions(emulator) == []


@pytest.mark.parametrize("check", [True, False])
def test_key_that_only_the_csv_holds(
    emulator: Emulator, run: Run, tmp_path: Path, *, check: bool
) -> None:
    """A CSV with a living key that is not in the vault file is not overwritten."""
    add_users(emulator, "ann", "bob")
    run(name="bob", file="other.yml", csv_file="keys.csv")
    before = (tmp_path / "keys.csv").read_bytes()
    emulator.clear_requests()

    result = run(name="ann", csv_file="keys.csv", check=check)

    assert result.failed
    assert f"{tmp_path / 'keys.csv'}, line 2: the secret of this key would be lost" in result.msg
    assert (tmp_path / "keys.csv").read_bytes() == before
    assert writing_actions(emulator) == []


@pytest.mark.parametrize("check", [True, False])
def test_secret_that_only_the_csv_holds(
    emulator: Emulator, run: Run, any_file: VaultFile, *, check: bool
) -> None:
    """A CSV is not overwritten with a wrong secret of the same key."""
    add_users(emulator, "ann")
    options = {"name": "ann", "layout": any_file.layout, "csv_file": "keys.csv"}
    run(**options)
    any_file.edit("ann", access_key_secret="notTheSecret")
    path = any_file.path.with_name("keys.csv")
    before = path.read_bytes()

    result = run(**options, check=check)
    imported = run(**{**options, "name": None, "import_csv": "keys.csv"}, check=check)

    assert f"{path}, line 2: the secret of this key would be lost" in result.msg
    assert outcome(imported)[1] == "imported"
    assert path.read_bytes() == before


def test_same_keys_in_another_form(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    """A CSV that holds the same keys is left alone, however it is written."""
    add_users(emulator, "ann")
    run(name="ann")
    [(key_id, secret)] = keys_of(emulator, "ann").items()
    path = tmp_path / "keys.csv"
    text = f'\ufeffaccess key id , AccessKeySecret\r\n"{key_id}",{secret}\r\n'
    path.write_bytes(vault_text(text))
    before = path.read_bytes()

    result = run(name="ann", csv_file="keys.csv")

    assert not result.failed, result.msg
    assert not result.changed
    assert path.read_bytes() == before


def test_inactive_key_that_only_the_csv_holds(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    """A CSV with a key that somebody may activate again is not overwritten."""
    add_users(emulator, "ann", "bob")
    run(name="bob", file="other.yml", csv_file="keys.csv")
    [key_id] = keys_of(emulator, "bob")
    set_status(emulator, "bob", key_id, "Inactive")
    before = (tmp_path / "keys.csv").read_bytes()

    result = run(name="ann", csv_file="keys.csv")

    assert result.failed
    assert "line 2: the secret of this key would be lost" in result.msg
    assert (tmp_path / "keys.csv").read_bytes() == before
    assert keys_of(emulator, "ann") == {}


@pytest.fixture
def _looks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second look at a key follows the first without a pause."""
    monkeypatch.setattr(looks, "LOOKS_APART", 0.0)


@pytest.mark.usefixtures("_looks_at_once")
@pytest.mark.parametrize("age", [0, 60])
def test_key_of_the_csv_that_is_unknown_once(
    emulator: Emulator, run: Run, tmp_path: Path, age: int
) -> None:
    """A key of a CSV that one look takes for unknown, and another one finds, is no lost one."""
    add_users(emulator, "ann", "bob")
    run(name="bob", file="other.yml", csv_file="keys.csv")
    path = tmp_path / "keys.csv"
    os.utime(path, (time.time() - age,) * 2)
    unknown = {"code": "InvalidAccessKeyId.NotFound", "status": 404}
    emulator.fail("GetCallerIdentity", "error", skip=1, times=1, **unknown)

    result = run(name="ann", csv_file="keys.csv")

    assert "line 2: the secret of this key would be lost" in result.msg
    assert csv_text(path) == rows(keys_of(emulator, "bob"))
    assert keys_of(emulator, "ann") == {}


@pytest.mark.usefixtures("_looks_at_once")
def test_deleted_key_that_only_the_csv_holds(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    """A key that there is no more is no loss."""
    add_users(emulator, "ann", "bob")
    run(name="bob", file="other.yml", csv_file="keys.csv")
    path = tmp_path / "keys.csv"
    os.utime(path, (time.time() - 60,) * 2)
    [key_id] = keys_of(emulator, "bob")
    delete_key(emulator, "bob", key_id)

    result = run(name="ann", csv_file="keys.csv")

    assert not result.failed, result.msg
    assert csv_text(path) == rows(keys_of(emulator, "ann"))


def test_key_of_the_csv_that_cannot_be_tried(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    """What can't be told is never taken for a dead key."""
    add_users(emulator, "ann", "bob")
    run(name="bob", file="other.yml", csv_file="keys.csv")
    before = (tmp_path / "keys.csv").read_bytes()
    emulator.fail("GetCallerIdentity", "error", skip=1, status=403, code="NoPermission")

    result = run(name="ann", csv_file="keys.csv")

    assert result.failed
    assert "NoPermission" in result.msg
    assert (tmp_path / "keys.csv").read_bytes() == before
    assert keys_of(emulator, "ann") == {}


def test_csv_that_cannot_be_written(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    """If the CSV can't be written in the end, the keys are safe in the file, and it is said so."""
    add_users(emulator, "ann")
    obstacle = tmp_path / ".keys.csv.tmp"
    obstacle.mkdir()

    failed = run(name="ann", csv_file="keys.csv")
    stored = stored_keys(VaultFile(tmp_path / "keys.yml", "file"))
    obstacle.rmdir()
    result = run(name="ann", csv_file="keys.csv")

    assert failed.failed
    assert failed.changed
    assert f"The keys are safe in {tmp_path / 'keys.yml'}" in failed.msg
    assert failed["users"][0]["action"] == "created"
    assert "error" not in failed["users"][0]
    assert stored == {"ann": keys_of(emulator, "ann")}
    assert outcome(result)[1] == "unchanged"
    assert csv_text(tmp_path / "keys.csv") == rows(keys_of(emulator, "ann"))


def test_csv_that_may_not_last(
    emulator: Emulator, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A CSV that is in place counts as changed, even if nobody can tell whether it will last."""
    add_users(emulator, "ann")
    run(name="ann")

    def fail_to_sync(_directory: Path) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(locks, "sync_directory", fail_to_sync)
        result = run(name="ann", csv_file="keys.csv", diff=True)

    assert f"Cannot write {tmp_path / 'keys.csv'}: Input/output error" in result.msg
    assert result.changed
    assert result["diff"][1]["after"] == {"ann": next(iter(keys_of(emulator, "ann")))}
    assert csv_text(tmp_path / "keys.csv") == rows(keys_of(emulator, "ann"))


def test_csv_that_changes_meanwhile(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    """A CSV that somebody else writes while keys are created is left as it is."""
    add_users(emulator, "ann")
    emulator.fail("CreateAccessKey", "delay", when="after", ms=400)
    theirs = vault_text("theirs")

    with ThreadPoolExecutor() as pool:
        running = pool.submit(run, name="ann", csv_file="keys.csv")
        wait_for(lambda: not emulator.faults())
        (tmp_path / "keys.csv").write_bytes(theirs)
        result = running.result()

    assert result.failed
    assert "somebody changed it meanwhile" in result.msg
    assert (tmp_path / "keys.csv").read_bytes() == theirs
    assert stored_keys(VaultFile(tmp_path / "keys.yml", "file")) == {
        "ann": keys_of(emulator, "ann")
    }


def test_csv_that_is_locked(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    """Two runs never write one CSV at the same time, whichever vault files they are about."""
    add_users(emulator, "ann")

    with locked_files([tmp_path / "keys.csv"], 0):
        result = run(name="ann", csv_file="keys.csv", lock_timeout=0)

    assert result.failed
    assert "keys.csv is locked by process" in result.msg
    assert writing_actions(emulator) == []


def test_parallel_hand_outs(emulator: Emulator, start: Start, tmp_path: Path) -> None:
    """Runs that use two files in either order wait for each other, and each leaves a whole CSV."""
    names = ["ann", "bob", "cat", "dan"]
    add_users(emulator, *names)

    running = [
        start(name=name, file=f"{'ab'[n % 2]}.yml", csv_file=f"{'zy'[n // 2]}.csv")
        for n, name in enumerate(names)
    ]
    results = [process.result() for process in running]

    stored = [stored_keys(VaultFile(tmp_path / name, "file")) for name in ("a.yml", "b.yml")]
    created = {name: keys_of(emulator, name) for name in names}
    assert {user: key for file in stored for user, key in file.items()} == {
        name: key for name, key in created.items() if key
    }
    for path in tmp_path.glob("*.csv"):
        assert csv_text(path) in [rows(key) for key in created.values()]
    assert all("would be lost" in result.msg for result in results if result.failed)
    assert not all(result.failed for result in results)


@pytest.mark.parametrize(
    ("rekeyed", "option", "used"),
    [(None, None, "ops"), ("client", None, "client"), ("client", "ops", "client")],
)
def test_vault_id_of_the_csv(
    emulator: Emulator,
    run: Run,
    tmp_path: Path,
    *,
    rekeyed: str | None,
    option: str | None,
    used: str,
) -> None:
    """A new CSV gets the password of the vault file; one that is there keeps its own."""
    vault = [("client", "one"), ("ops", "two")]
    add_users(emulator, "ann", "bob")
    run(name="ann", vault=vault, vault_id="ops")
    path = tmp_path / "keys.csv"
    if rekeyed:
        path.write_bytes(vault_text(HEADER, dict(vault)[rekeyed], rekeyed))

    result = run(users=["ann", "bob"], csv_file="keys.csv", vault=vault, vault_id=option)

    assert not result.failed, result.msg
    assert path.read_text().startswith(f"$ANSIBLE_VAULT;1.2;AES256;{used}\n")
    assert csv_text(path, dict(vault)[used]).count("\n") == 3


def test_new_key_in_check_mode(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    """Check mode foretells that a key which is yet to be created will be handed out."""
    add_users(emulator, "ann")

    predicted = run(name="ann", csv_file="out.csv", check=True)

    assert not predicted.failed, predicted.msg
    assert predicted.changed
    assert not (tmp_path / "out.csv").exists()

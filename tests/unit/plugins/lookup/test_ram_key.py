# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup of stored pairs, in files of both layouts."""

from __future__ import annotations

import os
import textwrap
import typing as t

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible.plugins.loader import lookup_loader

if t.TYPE_CHECKING:
    from pathlib import Path

SECRETS = [("default", VaultSecret(b"open sesame"))]
FIELDS = {
    "access_key_id": "LTAIann",
    "access_key_secret": "S3cretOfAnn",
    "account_id": "5123456789012345",
    "user_id": "20",
    "created": "2026-11-01T10:00:00Z",
}


def closed(text: str, secrets: list[tuple[str, VaultSecret]] | None = None) -> str:
    """Return a text as a vault."""
    return str(VaultLib(secrets or SECRETS).encrypt(text).decode())


def entry(user: str, *, inline: bool = False, **fields: str | None) -> str:
    """Return the lines of an entry, FIELDS unless said otherwise; null leaves one out."""
    lines = [f'  "{user}":']
    for name, value in {**FIELDS, **fields}.items():
        if value is None:
            continue
        if inline and name == "access_key_secret":
            lines += [f"    {name}: !vault |", textwrap.indent(closed(value), " " * 6).rstrip()]
        else:
            lines.append(f'    {name}: "{value}"')
    return "\n".join(lines) + "\n"


def write(path: Path, entries: str, *, inline: bool = False) -> None:
    """Write a vault file as a whole, as ram_keyring does."""
    text = f"---\nram_keyring:\n{entries}"
    new = path.with_suffix(".new")
    new.write_text(text if inline else closed(text))
    new.replace(path)


def look_up(*terms: t.Any, directory: Path, file: str = "keys.yml", **options: t.Any) -> t.Any:
    """Return what a task of a playbook in the directory gets."""
    loader = DataLoader()
    loader.set_basedir(str(directory))
    loader.set_vault_secrets(t.cast("t.Any", SECRETS))
    plugin = lookup_loader.get("keysmith.alibabacloud.ram_key", loader=loader, templar=None)
    return plugin.run(list(terms), variables={}, file=file, **options)


def refusal(*terms: t.Any, directory: Path, **options: t.Any) -> str:
    """Return why the lookup fails, making sure that it quotes no secret."""
    with pytest.raises(AnsibleError) as refused:
        look_up(*terms, directory=directory, **options)
    message = str(refused.value)
    # The directory of a test is named after its parameters.
    assert "S3cret" not in message.replace(str(directory), "")
    return message


@pytest.mark.parametrize("inline", [False, True])
def test_pairs_in_their_order(tmp_path: Path, *, inline: bool) -> None:
    """Each term gives the pair of its user, in either layout."""
    bob = entry("bob", inline=inline, access_key_id="LTAIbob", access_key_secret="S3cretOfBob")
    write(tmp_path / "keys.yml", entry("ann", inline=inline) + bob, inline=inline)

    pairs = look_up("bob", "ann", directory=tmp_path)

    assert [pair["access_key_secret"] for pair in pairs] == ["S3cretOfBob", "S3cretOfAnn"]
    assert pairs[1] == FIELDS


def test_hand_written_entry(tmp_path: Path) -> None:
    """What an entry leaves out is null."""
    write(tmp_path / "keys.yml", entry("ann", account_id=None, user_id=None, created=None))

    [pair] = look_up("ann", directory=tmp_path)

    assert pair["access_key_secret"] == "S3cretOfAnn"
    assert pair["account_id"] is pair["user_id"] is pair["created"] is None


def with_previous(*, inline: bool = False, **fields: str) -> str:
    """Return the lines of ann's entry with the pair that it held before, changed by `fields`."""
    before = {"access_key_id": "LTAIold", "access_key_secret": "S3cretOfOld", "created": "2026-08"}
    lines = entry("ann", inline=inline) + "    previous:\n"
    for name, value in {**before, **fields}.items():
        if inline and name == "access_key_secret":
            lines += f"      {name}: !vault |\n" + textwrap.indent(closed(value), " " * 8)
        else:
            lines += f'      {name}: "{value}"\n'
    return lines


@pytest.mark.parametrize("inline", [False, True])
def test_previous_pair(tmp_path: Path, *, inline: bool) -> None:
    """The pair that an entry held before is given if asked for, as one of the entry's owner."""
    write(tmp_path / "keys.yml", with_previous(inline=inline), inline=inline)
    account_id = FIELDS["account_id"]

    [current] = look_up("ann", directory=tmp_path)
    [previous] = look_up("ann", directory=tmp_path, previous=True, account_id=account_id)

    assert current == FIELDS
    assert previous == {
        **FIELDS,
        "access_key_id": "LTAIold",
        "access_key_secret": "S3cretOfOld",
        "created": "2026-08",
    }


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"access_key_secret": ""}, "has no access_key_secret"),
        ({"access_key_id": ""}, "has no access_key_id"),
        ({"access_key_secret": "{{ S3cret }}"}, "refers to another variable in access_key_secret"),
    ],
)
def test_no_previous_pair(tmp_path: Path, fields: dict[str, t.Any], reason: str) -> None:
    """Half a pair of before is an error, never completed with a half of the current one."""
    write(tmp_path / "keys.yml", with_previous(**fields))

    message = refusal("ann", directory=tmp_path, previous=True, on_missing="skip")

    assert f"The previous pair of user ann in {tmp_path}/keys.yml {reason}" in message


def test_previous_secret_in_clear(tmp_path: Path) -> None:
    """A secret of before that stands in clear is an error as a current one is."""
    old = "    previous:\n      access_key_id: LTAIold\n      access_key_secret: S3cretOfOld\n"
    write(tmp_path / "keys.yml", entry("ann", inline=True) + old, inline=True)

    assert "secret in clear" in refusal("ann", directory=tmp_path, previous=True)


@pytest.mark.parametrize("none", ["", "    previous:\n", "    previous: {}\n"])
def test_missing_previous_pair(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], none: str
) -> None:
    """An entry without a pair of before is missing one: an error, a warning or left out."""
    write(tmp_path / "keys.yml", entry("ann") + none)
    options: dict[str, t.Any] = {"directory": tmp_path, "previous": True}

    assert "has no previous pair" in refusal("ann", **options)
    assert look_up("ann", on_missing="skip", **options) == []
    assert look_up("ann", on_missing="warn", **options) == []
    assert "user ann" in capsys.readouterr().err


def test_only_what_is_asked_for_is_opened(tmp_path: Path) -> None:
    """In an inline file, a secret that nobody here can open keeps nobody from another."""
    strange = textwrap.indent(closed("x", [("default", VaultSecret(b"other"))]), " " * 6)
    bob = f"  bob:\n    access_key_id: LTAIbob\n    access_key_secret: !vault |\n{strange}"
    write(tmp_path / "keys.yml", entry("ann", inline=True) + bob, inline=True)

    [pair] = look_up("ann", directory=tmp_path)

    assert pair["access_key_secret"] == "S3cretOfAnn"
    assert "None of the vault passwords" in refusal("bob", directory=tmp_path)


def test_one_key_derivation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many lookups a task has, the file is opened once, and again when it has changed."""
    opened: list[None] = []
    decrypt = VaultLib.decrypt_and_get_vault_id

    def counted(*args: t.Any, **kwargs: t.Any) -> t.Any:
        opened.append(None)
        return decrypt(*args, **kwargs)

    monkeypatch.setattr(VaultLib, "decrypt_and_get_vault_id", counted)
    write(tmp_path / "keys.yml", entry("ann"))
    for _turn in range(100):
        look_up("ann", directory=tmp_path)
    times = len(opened)
    write(tmp_path / "keys.yml", entry("ann", access_key_secret="S3cretAnew"))

    [pair] = look_up("ann", directory=tmp_path)

    assert times == 1
    assert pair["access_key_secret"] == "S3cretAnew"
    assert len(opened) == 2


@pytest.mark.parametrize("name", ["Ann", "ann ", "an"])
@pytest.mark.parametrize("blank", [False, True])
def test_missing_user(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, *, blank: bool
) -> None:
    """A user without an entry, in a blank file too, is an error, a warning or left out."""
    if blank:
        (tmp_path / "keys.yml").write_text("\n")
    else:
        write(tmp_path / "keys.yml", entry("ann"))

    assert f"User {name} has no entry" in refusal(name, directory=tmp_path)
    assert look_up(name, directory=tmp_path, on_missing="skip") == []
    assert "no entry" not in capsys.readouterr().err
    assert look_up(name, directory=tmp_path, on_missing="warn") == []
    assert "no entry" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", 5, None, ["ann"]])
def test_no_name(tmp_path: Path, name: t.Any) -> None:
    """What is no name of a user is nobody's, whatever on_missing says."""
    write(tmp_path / "keys.yml", entry("ann"))

    assert "must be a text" in refusal(name, directory=tmp_path, on_missing="skip")


@pytest.mark.parametrize("given", ["5123456789012345", 5123456789012345])
def test_account(tmp_path: Path, given: t.Any) -> None:
    """An account's id, as a text or a number, lets through its own entries only."""
    others = entry("bob", account_id="6") + entry("cat", account_id=None)
    write(tmp_path / "keys.yml", entry("ann") + others)

    [pair] = look_up("ann", directory=tmp_path, account_id=given)

    assert pair["access_key_id"] == "LTAIann"
    assert "of account 6, not" in refusal("bob", directory=tmp_path, account_id=given)
    assert "of no account, not" in refusal("cat", directory=tmp_path, account_id=given)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"access_key_secret": None}, "has no access_key_secret"),
        ({"access_key_secret": ""}, "has no access_key_secret"),
        ({"access_key_id": None}, "has no access_key_id"),
        ({"access_key_secret": "S3cret\\n"}, "line break"),
        ({"access_key_secret": "S3cret of"}, "a blank"),
        ({"access_key_secret": "{{ S3cret }}"}, "refers to another variable in access_key_secret"),
        ({"access_key_id": "{{S3cret}}"}, "refers to another variable in access_key_id"),
        ({"access_key_id": "S3cret/+"}, "access_key_id that can't be one"),
        ({"access_key_id": "S3cret"}, "access_key_id that can't be one"),
        (
            {"access_key_id": "S3cret", "access_key_secret": "LTAIann"},
            "are the two swapped? Put them right",
        ),
        ({"account_id": "1.5e15"}, "account_id that is not made of digits"),
        ({"account_id": "1_234"}, "account_id that is not made of digits"),
    ],
)
def test_no_pair(tmp_path: Path, fields: dict[str, str | None], reason: str) -> None:
    """An entry that is no pair is an error with its cause, whatever on_missing says."""
    write(tmp_path / "keys.yml", entry("ann", inline=False, **fields))

    message = refusal("ann", directory=tmp_path, on_missing="skip")

    assert reason in message
    assert f"user ann in {tmp_path}/keys.yml" in message


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (None, "No such file"),
        (b"\xff\xfe", "not a text file in UTF-8"),
        (b"- S3cret\n", "not a mapping of variables"),
        (b"ram_keyring: S3cret\n", "is not a mapping"),
        (b"ram_keyring: {ann: [\n", "not YAML"),
        (closed("a: b").replace("\n", "\n5", 1).encode(), "None of the vault passwords"),
        (closed("a: b", [("default", VaultSecret(b"?"))]).encode(), "None of the vault passwords"),
        (f"<<<<<<< HEAD\n{closed('a: b')}".encode(), "something in front of $ANSIBLE_VAULT"),
        (f"\ufeff{closed('a: b')}".encode(), "something in front of $ANSIBLE_VAULT"),
        (f"ram_keyring:\n{entry('ann')}".encode(), "secret in clear"),
    ],
)
def test_no_keyring(tmp_path: Path, data: bytes | None, reason: str) -> None:
    """A file that is not there, can't be opened or is no keyring is an error that names it."""
    if data is not None:
        (tmp_path / "keys.yml").write_bytes(data)

    message = refusal("ann", directory=tmp_path, on_missing="skip")

    assert reason in message
    assert f"{tmp_path}/keys.yml" in message


def test_pipe(tmp_path: Path) -> None:
    """A pipe is refused, and keeps nobody waiting."""
    os.mkfifo(tmp_path / "keys.yml")

    assert "is no file" in refusal("ann", directory=tmp_path)


@pytest.mark.parametrize("given", ["~/keys.yml", "$PLACE/keys.yml", "sub/../keys.yml"])
def test_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    """Home and variables are those of Ansible itself, and relative paths start at the playbook."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PLACE", str(tmp_path))
    write(tmp_path / "keys.yml", entry("ann"))

    [pair] = look_up("ann", directory=tmp_path, file=given)

    assert pair["access_key_id"] == "LTAIann"

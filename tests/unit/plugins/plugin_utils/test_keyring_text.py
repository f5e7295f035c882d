# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prove that a keyring's text is read as it is meant and edited nowhere but in changed entries."""

from __future__ import annotations

import gc
import random
import re

import pytest
import yaml

from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file import nodes
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._vault_file.text import (
    KeyringTextError,
    Scalar,
    copy_entry,
    insert_entries,
    read_entries,
    rename_entries,
    rewrite_entries,
)

VAULT_TEXT = "$ANSIBLE_VAULT;1.1;AES256\n61626364\n6566\n"
PAIR = {"access_key_id": Scalar("new-id"), "access_key_secret": Scalar("new-secret")}
WRITTEN = '    access_key_id: "new-id"\n    access_key_secret: "new-secret"\n'

FULL = """\
---
# comment
other: !vault |
  $ANSIBLE_VAULT;1.1;AES256
  6162
ram_keyring:   # kept comment
  "slb-api":
    access_key_id: "LTAI"
    access_key_secret: !vault |
          $ANSIBLE_VAULT;1.1;AES256
          61626364
          6566
    port: 22  # by hand
    # belongs to nobody

  # about bob
  bob: {access_key_id: 123, access_key_secret: 'y: "z"'}
  # after bob
tail: !unsafe 1
"""


@pytest.fixture(autouse=True, params=["CSafeLoader", "SafeLoader"])
def _loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run every test with libyaml and with the loader that Python has without it."""
    if not hasattr(yaml, request.param):
        pytest.skip("this PyYAML has no libyaml")
    monkeypatch.setattr(nodes, "_LOADER", getattr(yaml, request.param))


def test_reads_every_style_as_text() -> None:
    """Entries and values of every YAML style come back as the text they stand for."""
    entries = read_entries(FULL, "ram_keyring")

    assert entries == {
        "slb-api": {
            "access_key_id": Scalar("LTAI"),
            "access_key_secret": Scalar(VAULT_TEXT, vaulted=True),
            "port": Scalar("22"),
        },
        "bob": {"access_key_id": Scalar("123"), "access_key_secret": Scalar('y: "z"')},
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "# comment\n",
        "---\n",
        "--- null\n",
        "{}",
        "other: 1\n",
        "ram_keyring:\n",
        "ram_keyring: ~\n",
        "ram_keyring: {}\n",
        "\ufeffram_keyring: {}\n",
    ],
)
def test_nothing_there_is_an_empty_keyring(text: str) -> None:
    """A text without entries, in whatever form, reads as a keyring without entries."""
    assert read_entries(text, "ram_keyring") == {}


def test_reads_another_variable() -> None:
    """Only the variable that was asked for is read."""
    text = "one: {bob: {a: x}}\ntwo: {amy: {a: y}}\n"

    assert read_entries(text, "two") == {"amy": {"a": Scalar("y")}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 'hunter2\n", r"not YAML: .* \(line 3\)"),
        ("a: 1\nb: *hunter2\n", r"not YAML: found undefined alias.* \(line 2\)"),
        ("a: 1\nb: !hunter2!x y\n", r"not YAML: .* \(line 2\)"),
        ("a: &hunter2 1\nb: &hunter2 : 2\n", r"not YAML: .* \(line 2\)"),
        ("a: hunter2: x\n", r"not YAML: .* \(line 1\)"),
        ("a: 1\nb: hunter2\x07\n", r"not YAML: a character that is not allowed \(line 2\)"),
        ("a: hunter2\ud800\n", r"not YAML: a character that is not allowed \(line 1\)"),
        ("a: 1\n---\nb: hunter2\n", r"expected a single document.* \(line 2\)"),
        ("- hunter2\n", r"the file is not a mapping of variables \(line 1\)"),
        ("hunter2\n", r"the file is not a mapping of variables \(line 1\)"),
        ("a: 1\nk: hunter2\n", r"k is not a mapping \(line 2\)"),
        ("k: [hunter2]\n", r"k is not a mapping \(line 1\)"),
        ("k: {}\na: 1\nk: {hunter2: {}}\n", r"k is there twice \(line 3\)"),
        ("a: &a {}\nk: *a\n", r"k is an alias \(line 2\)"),
        ("k:\n  bob: hunter2\n", r"an entry is not a mapping \(line 2\)"),
        ("k: {bob:hunter2}\n", r"an entry is not a mapping \(line 1\)"),
        ("k:\n  bob:\n", r"an entry is not a mapping \(line 2\)"),
        ("k:\n  bob: {}\n  bob: {a: hunter2}\n", r"k has the same key twice \(line 3\)"),
        ("k:\n  bob:\n    a: 1\n    a: hunter2\n", r"an entry has the same key twice \(line 4\)"),
        (
            "k:\n  bob:\n    previous:\n      a: 1\n    previous.a: hunter2\n",
            r"a dot .* \(line 5\)",
        ),
        ("k:\n  bob:\n    previous: {<<: {a: hunter2}}\n", r"a merge key \(line 3\)"),
        ("k:\n  [hunter2]: {}\n", r"k has a key that is not a single value \(line 2\)"),
        ("a: &a {a: hunter2}\nk:\n  bob: *a\n", r"k uses an alias \(line 3\)"),
        ("k:\n  bob: &a {a: hunter2}\n  amy: *a\n", r"k uses an alias \(line 3\)"),
        ("a: &a hunter2\nk:\n  *a : {}\n", r"k uses an alias"),
        ("k: &k\n  bob: *k\n", r"k uses an alias \(line 2\)"),
        ("a: &a hunter2\nk:\n  bob:\n    a: *a\n", r"an entry uses an alias \(line 4\)"),
        ("a: &a {bob: {}}\nk:\n  <<: *a\n", r"k uses an alias \(line 3\)"),
        ("k:\n  <<: {bob: {a: hunter2}}\n", r"k uses a merge key \(line 2\)"),
        ("k:\n  bob:\n    <<: {a: hunter2}\n", r"an entry uses a merge key \(line 3\)"),
    ],
)
def test_unreadable_text_is_refused_by_line(text: str, message: str) -> None:
    """What is no keyring is refused with the line, and nothing the text holds gets out."""
    with pytest.raises(KeyringTextError, match=message) as refusal:
        read_entries(text, "k")

    assert "hunter2" not in str(refusal.value)
    assert refusal.value.__context__ is None


def test_values_stay_out_of_representations() -> None:
    """A value that ends up in a message as an object does not show itself."""
    assert "hunter2" not in repr({"bob": {"access_key_secret": Scalar("hunter2")}})


def test_vault_texts_are_equal_with_and_without_a_final_line_break() -> None:
    """A vault text that lost its final line break on its way is not taken for another."""
    assert Scalar(VAULT_TEXT, vaulted=True) == Scalar(VAULT_TEXT.rstrip(), vaulted=True)


EDITS = {
    "an empty text becomes a file": ("", {"bob": PAIR}, f'---\nram_keyring:\n  "bob":\n{WRITTEN}'),
    "a byte order mark stays": (
        "\ufeffram_keyring: {}\n",
        {"bob": PAIR},
        f'\ufeffram_keyring:\n  "bob":\n{WRITTEN}',
    ),
    "the variable is added at the end": (
        "a: 1\n# end\n",
        {"bob": PAIR},
        f'a: 1\n# end\nram_keyring:\n  "bob":\n{WRITTEN}',
    ),
    "a missing final line break is added where something follows": (
        "a: 1",
        {"bob": PAIR},
        f'a: 1\nram_keyring:\n  "bob":\n{WRITTEN}',
    ),
    "a missing final line break stays missing where nothing follows": (
        "ram_keyring:\n  bob: {}\na: 1",
        {"bob": PAIR},
        f'ram_keyring:\n  "bob":\n{WRITTEN}a: 1',
    ),
    "a vault text at the end may lack its line break": (
        "a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162",
        {"bob": PAIR},
        f'a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\nram_keyring:\n  "bob":\n{WRITTEN}',
    ),
    "the document's end marker stays the end": (
        "---\na: 1\n...\n# end\n",
        {"bob": PAIR},
        f'---\na: 1\nram_keyring:\n  "bob":\n{WRITTEN}...\n# end\n',
    ),
    "an empty document is filled": (
        "--- {}  # nothing\n...\n",
        {"bob": PAIR},
        f'---  # nothing\nram_keyring:\n  "bob":\n{WRITTEN}...\n',
    ),
    "an indented file gets an indented variable": (
        "  a: 1\n",
        {"bob": {"a": Scalar("x")}},
        '  a: 1\n  ram_keyring:\n    "bob":\n      a: "x"\n',
    ),
    "{} becomes a block and its comment stays": (
        "ram_keyring: {}  # mine\na: 1\n",
        {"bob": PAIR},
        f'ram_keyring:  # mine\n  "bob":\n{WRITTEN}a: 1\n',
    ),
    "null becomes a block": (
        "ram_keyring: ~\na: 1\n",
        {"bob": PAIR},
        f'ram_keyring:\n  "bob":\n{WRITTEN}a: 1\n',
    ),
    "a variable without value becomes a block": (
        "ram_keyring:  # mine\n# other\na: 1\n",
        {"bob": PAIR},
        f'ram_keyring:  # mine\n  "bob":\n{WRITTEN}# other\na: 1\n',
    ),
    "new entries come last, in the order given, above trailing comments": (
        "ram_keyring:\n  bob: {a: x}  # his\n\n  # end\na: 1\n",
        {"zoe": {"a": Scalar("z")}, "amy": {"a": Scalar("y")}},
        (
            'ram_keyring:\n  bob: {a: x}  # his\n  "zoe":\n    a: "z"\n  "amy":\n    a: "y"\n'
            "\n  # end\na: 1\n"
        ),
    ),
    "indentation is taken from the entries there": (
        "ram_keyring:\n   bob:\n        a: x\n",
        {"amy": {"a": Scalar("y"), "b": Scalar(VAULT_TEXT, vaulted=True)}},
        (
            'ram_keyring:\n   bob:\n        a: x\n   "amy":\n        a: "y"\n        b: !vault |\n'
            "          $ANSIBLE_VAULT;1.1;AES256\n          61626364\n          6566\n"
        ),
    ),
    "line breaks are those of the file": (
        "a: 1\r\nram_keyring:\r\n  bob: {}\r\nb: 1\r\n",
        {"bob": None, "amy": {"a": Scalar(VAULT_TEXT, vaulted=True)}},
        (
            'a: 1\r\nram_keyring:\r\n  "amy":\r\n    a: !vault |\r\n'
            "      $ANSIBLE_VAULT;1.1;AES256\r\n      61626364\r\n      6566\r\nb: 1\r\n"
        ),
    ),
    "a value is replaced, all about it stays": (
        (
            "ram_keyring:\n  # above\n  bob:  # his\n    a: x  # old\n    # inside\n    b: y\n"
            "    # below\n  amy: {a: x}\n"
        ),
        {"bob": {"a": Scalar("new"), "b": Scalar("y")}},
        (
            'ram_keyring:\n  # above\n  bob:  # his\n    a: "new"  # old\n    # inside\n    b: y\n'
            "    # below\n  amy: {a: x}\n"
        ),
    ),
    "a value takes the place of none": (
        "ram_keyring:\n  bob:\n    a:\n    b:  # none\n    c: ~\n",
        {"bob": {name: Scalar("x") for name in "abc"}},
        'ram_keyring:\n  bob:\n    a: "x"\n    b: "x"  # none\n    c: "x"\n',
    ),
    "new fields come last": (
        "ram_keyring:\n  bob:\n    a: x\n    # below\n  amy: {}\n",
        {"bob": {"b": Scalar("y"), "previous.a": Scalar("z"), "c": Scalar("1")}},
        (
            'ram_keyring:\n  bob:\n    a: x\n    b: "y"\n    previous:\n      a: "z"\n    c: "1"\n'
            "    # below\n  amy: {}\n"
        ),
    ),
    "a vault text takes the place of a text": (
        "ram_keyring:\n  bob:\n    a: 'x\n      y'  # clear\n    b: z\n",
        {"bob": {"a": Scalar(VAULT_TEXT, vaulted=True)}},
        (
            "ram_keyring:\n  bob:\n    a: !vault |  # clear\n      $ANSIBLE_VAULT;1.1;AES256\n"
            "      61626364\n      6566\n    b: z\n"
        ),
    ),
    "a text takes the place of a vault text": (
        (
            "ram_keyring:\n  bob:\n    a: !vault |-  # old\n         $ANSIBLE_VAULT;1.1;AES256\n"
            "         6162\n\n    # below\n    b: z\n"
        ),
        {"bob": {"a": Scalar("x")}},
        'ram_keyring:\n  bob:\n    a: "x"  # old\n\n    # below\n    b: z\n',
    ),
    "a vault text takes the place of another": (
        (
            "ram_keyring:\n  bob:\n    a: !vault |  # old\n         $ANSIBLE_VAULT;1.1;AES256\n"
            "         6162\n    # below\n"
        ),
        {"bob": {"a": Scalar(VAULT_TEXT, vaulted=True), "b": Scalar("y")}},
        (
            "ram_keyring:\n  bob:\n    a: !vault |  # old\n      $ANSIBLE_VAULT;1.1;AES256\n"
            '      61626364\n      6566\n    b: "y"\n    # below\n'
        ),
    ),
    "fields are taken out with their lines": (
        (
            "ram_keyring:\n  bob:\n    a: x\n    # about b\n    b: |  # b's\n      y\n\n    c: z\n"
            "    d: 1"
        ),
        {"bob": {"b": None, "d": None, "e": None}},
        "ram_keyring:\n  bob:\n    a: x\n    # about b\n\n    c: z\n",
    ),
    "a mapping goes with the last that is in it": (
        (
            "ram_keyring:\n  bob:\n    a: x\n    previous:  # old\n      # inside\n      a: y\n"
            "      b: z\n    # below\n    c: 1\n"
        ),
        {"bob": {"previous.a": None, "previous.b": None}},
        "ram_keyring:\n  bob:\n    a: x\n    # below\n    c: 1\n",
    ),
    "a mapping stays for what others put in it": (
        "ram_keyring:\n  bob:\n    previous:\n      a: y\n      who: [me]\n      b: z\n",
        {"bob": {"previous.a": None, "previous.b": None}},
        "ram_keyring:\n  bob:\n    previous:\n      who: [me]\n",
    ),
    "a mapping gets other values in place": (
        "ram_keyring:\n  bob:\n    previous:\n        a: y  # was\n    c: 1\n",
        {"bob": {"previous.a": Scalar("new"), "previous.b": Scalar("z"), "rotation.a": None}},
        (
            'ram_keyring:\n  bob:\n    previous:\n        a: "new"  # was\n        b: "z"\n'
            "    c: 1\n"
        ),
    ),
    "a mapping takes the place of an empty one": (
        "ram_keyring:\n  bob:\n    previous: {}  # none\n    rotation:\n    c: 1\n",
        {"bob": {"previous.a": Scalar("x"), "rotation.b": Scalar("y")}},
        (
            'ram_keyring:\n  bob:\n    c: 1\n    previous:\n      a: "x"\n    rotation:\n'
            '      b: "y"\n'
        ),
    ),
    "a mapping in braces becomes a block": (
        "ram_keyring:\n  bob:\n    previous: {a: x, b: y}\n    tags:\n      - c\n  amy: {}\n",
        {"bob": {"previous.a": Scalar("new")}},
        (
            'ram_keyring:\n  "bob":\n    previous:\n      a: "new"\n      b: y\n    tags:\n'
            "      - c\n  amy: {}\n"
        ),
    ),
    "comments below a mapping are no part of its entry": (
        "ram_keyring:\n  bob:\n    previous:\n      a: x\n  # about amy\n  amy: {}\n",
        {"bob": None},
        "ram_keyring:\n  # about amy\n  amy: {}\n",
    ),
    "fields of others have any shape": (
        (
            "ram_keyring:\n  bob:\n    tags: [a, {b: c}]\n    a: x\n    more:\n      - 1\n"
            "      - deep: {x: y}\n        # inside\n    none: {}\n  amy: {t: [1], a: x}\n"
        ),
        {"bob": {"a": Scalar("new")}, "amy": {"a": Scalar("new")}},
        (
            'ram_keyring:\n  bob:\n    tags: [a, {b: c}]\n    a: "new"\n    more:\n      - 1\n'
            '      - deep: {x: y}\n        # inside\n    none: {}\n  "amy":\n    a: "new"\n'
            "    t: [1]\n"
        ),
    ),
    "a flow entry over several lines is replaced": (
        "ram_keyring:\n  bob: {a: x,\n    b: 5,\n    c}  # his\n  amy: {}\n",
        {"bob": {"a": Scalar("new")}},
        'ram_keyring:\n  "bob":\n    a: "new"\n    b: 5\n    c:\n  amy: {}\n',
    ),
    "fields of others are kept as they are written": (
        (
            "ram_keyring:\n  bob:\n      port: 0x16\n      a: x\n      note: !vault |\n"
            "         $ANSIBLE_VAULT;1.1;AES256\n         6162\n\n  amy: {}\n"
        ),
        {"bob": {"a": Scalar("new")}},
        (
            'ram_keyring:\n  bob:\n      port: 0x16\n      a: "new"\n      note: !vault |\n'
            "         $ANSIBLE_VAULT;1.1;AES256\n         6162\n\n  amy: {}\n"
        ),
    ),
    "a removed entry takes only its lines": (
        "ram_keyring:\n  amy: {}\n\n  # bob's\n  bob:\n    a: |\n      x\n\n\n  # end\n",
        {"bob": None},
        "ram_keyring:\n  amy: {}\n\n  # bob's\n\n\n  # end\n",
    ),
    "the last entry removed leaves {} and the comments": (
        "ram_keyring:   # mine\n  # about\n  bob: {}\n  # end\na: 1\n",
        {"bob": None},
        "ram_keyring: {}   # mine\n  # about\n  # end\na: 1\n",
    ),
    "removing what is not there changes nothing": ("a: 1", {"bob": None}, "a: 1"),
    "setting what is there changes nothing": (
        FULL,
        {"bob": {"access_key_id": Scalar("123")}},
        FULL,
    ),
    "text beyond ASCII stays": (
        "é: 'ü😀'\nram_keyring:\n  ö: {ä: ß} # ü\n  bob: {a: 'ü'} # é\nz: é\n",
        {"bob": None},
        "é: 'ü😀'\nram_keyring:\n  ö: {ä: ß} # ü\nz: é\n",
    ),
    "line breaks that only YAML knows are line breaks": (
        "a: 1\u2028ram_keyring:\x85  bob: {a: x}\u2029b: 1\n",
        {"bob": {"a": Scalar("new")}},
        'a: 1\u2028ram_keyring:\x85  "bob":\n    a: "new"\nb: 1\n',
    ),
    "anchors elsewhere do no harm": (
        "a: &a [*a]\nb: &b {c: 1}\nram_keyring: {}\nd: *b\n",
        {"bob": PAIR},
        f'a: &a [*a]\nb: &b {{c: 1}}\nram_keyring:\n  "bob":\n{WRITTEN}d: *b\n',
    ),
}


@pytest.mark.parametrize(("before", "changes", "after"), EDITS.values(), ids=EDITS)
def test_edits_only_what_changes(
    before: str, changes: dict[str, dict[str, Scalar | None] | None], after: str
) -> None:
    """An edit puts exactly these bytes in place of the ones before."""
    assert rewrite_entries(before, "ram_keyring", changes) == after


RENAMES = {
    "all but the name stays": (
        FULL,
        {"slb-api": "ddos"},
        FULL.replace('  "slb-api":\n', '  "ddos":\n'),
    ),
    "a name without quotes gets them": (FULL, {"bob": "amy"}, FULL.replace("  bob:", '  "amy":')),
    "names can be swapped": (
        "\ufeffram_keyring:\r\n  bob: {a: x}  # his\r\n  'amy': {}",
        {"bob": "amy", "amy": "bob"},
        '\ufeffram_keyring:\r\n  "amy": {a: x}  # his\r\n  "bob": {}',
    ),
    "names can move on": (
        "ram_keyring:\n  bob: {a: x}\n  amy: {a: y}\n",
        {"bob": "amy", "amy": "zoe"},
        'ram_keyring:\n  "amy": {a: x}\n  "zoe": {a: y}\n',
    ),
    "entries inside braces can be renamed": (
        "ram_keyring: {bob: {a: x}, amy: {}}\n",
        {"bob": "zoe"},
        'ram_keyring: {"zoe": {a: x}, amy: {}}\n',
    ),
    "what is not there is not renamed": (FULL, {"zoe": "amy"}, FULL),
}


@pytest.mark.parametrize(("before", "names", "after"), RENAMES.values(), ids=RENAMES)
def test_renames_only_names(before: str, names: dict[str, str], after: str) -> None:
    """A rename puts other names in place of the ones before, and changes no other byte."""
    assert rename_entries(before, "ram_keyring", names) == after


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("ram_keyring:\n  bob: {}\n  amy: {}\n", {"bob": "amy"}, id="a name taken"),
        pytest.param("ram_keyring:\n  &b bob: {}\nc: *b\n", {"bob": "amy"}, id="an anchor"),
    ],
)
def test_refuses_a_rename_rather_than_damage(text: str, names: dict[str, str]) -> None:
    """A rename that would change anything else in the file is not made."""
    with pytest.raises(KeyringTextError, match="cannot be edited"):
        rename_entries(text, "ram_keyring", names)


COPIES = {
    "the indentation is that of the other entries": (
        "k:\n    bob:  # his\n      # him\n# left\n      a: x\n      b: |\n       y\n\n       z\n",
        "k:\n  amy: {}\n",
        (
            'k:\n  amy: {}\n  "zoe":  # his\n    # him\n  # left\n    a: x\n    b: |\n'
            "     y\n\n     z\n"
        ),
    ),
    "line breaks are those of the file": (
        "k:\n  bob: {a: x,\n    b: y}\n",
        "\ufeffk: {}\r\n",
        '\ufeffk:\r\n  "zoe": {a: x,\r\n    b: y}\r\n',
    ),
    "the file may be empty": (
        "\ufeffk:\r\n 'bob' :\r\n  a: [1,\r\n   2]\r\n# end\r\n",
        "",
        '---\nk:\n  "zoe" :\n   a: [1,\n    2]\n',
    ),
}


@pytest.mark.parametrize(("source", "target", "after"), COPIES.values(), ids=COPIES)
def test_copies_an_entry_as_it_is_written(source: str, target: str, after: str) -> None:
    """An entry of another text comes under its new name with all that is written in it."""
    assert insert_entries(target, "k", {"zoe": copy_entry(source, "k", "bob")}) == after


@pytest.mark.parametrize(
    ("source", "target"),
    [
        pytest.param("k:\n  bob: {}\n", "k:\n  zoe: {}\n", id="a name taken"),
        pytest.param("a: &a x\nk:\n  bob:\n    b: [*a]\n", "", id="an alias"),
    ],
)
def test_refuses_a_copy_rather_than_damage(source: str, target: str) -> None:
    """A copy that would not say the same, or change anything else in the file, is not made."""
    with pytest.raises(KeyringTextError, match="cannot be edited"):
        insert_entries(target, "k", {"zoe": copy_entry(source, "k", "bob")})


@pytest.mark.parametrize(
    "value",
    ["", " ", "a\tb\nc\r", "\"'\\{}#: ", "\x00\x7f\x85\xa0\u2028\ufeff", "é\U0001f600", "null"],
)
def test_any_text_survives(value: str) -> None:
    """Whatever text a user's name or a field holds is read back as it was given."""
    changes = {f"user {value}": {"a": Scalar(value)}}

    text = rewrite_entries("", "ram_keyring", changes)

    assert read_entries(text, "ram_keyring") == changes


@pytest.mark.parametrize(
    "text",
    [
        "ram_keyring: {bob: {a: x}}\n",
        '{"ram_keyring": {"bob": {"a": "x"}}}\n',
        '{"ram_keyring": {}}\n',
        '{"other": 1}\n',
    ],
)
def test_flow_style_is_not_edited(text: str) -> None:
    """A keyring inside braces is refused with the advice to write it as a block."""
    with pytest.raises(KeyringTextError, match=r"write it as a block.*\(line 1\)"):
        rewrite_entries(text, "ram_keyring", {"bob": PAIR})


@pytest.mark.parametrize(
    ("text", "change"),
    [
        pytest.param("ram_keyring:\n  bob: &b {a: x}\nc: *b\n", PAIR, id="an anchor used below"),
        pytest.param("ram_keyring:\n  ?\n    bob\n  : {a: x}\n", None, id="a key apart"),
        pytest.param("? ram_keyring\n: bob: {a: x}\n", PAIR, id="an entry beside its variable"),
        pytest.param("note: |\n  ends here", PAIR, id="a text that a line break would change"),
        pytest.param(
            "ram_keyring:\n  amy:\n    a: |\n      x\n  bob: {}\n       # deep\n",
            None,
            id="a comment that a text above would take in",
        ),
        pytest.param("", {}, id="an entry without fields"),
        pytest.param("", {"a: b": Scalar("x")}, id="a field name that is no name"),
    ],
)
def test_refuses_rather_than_damage(text: str, change: dict[str, Scalar] | None) -> None:
    """An edit that would change anything else in the file is not made."""
    with pytest.raises(KeyringTextError, match="cannot be edited") as refusal:
        rewrite_entries(text, "ram_keyring", {"bob": change})

    assert refusal.value.__context__ is None


def test_garbage_collection_waits() -> None:
    """Making the nodes of many entries does not set off the collector again and again."""
    text = "ram_keyring:\n" + "".join(f"  {number}: {{a: x}}\n" for number in range(1000))
    before = gc.get_stats()[0]["collections"]

    read_entries(text, "ram_keyring")

    assert gc.get_stats()[0]["collections"] <= before + 1


def test_garbage_collection_goes_on() -> None:
    """The collector runs after a call, refused or not, if and only if it ran before."""
    rewrite_entries(FULL, "ram_keyring", {"bob": PAIR})
    with pytest.raises(KeyringTextError):
        read_entries("[", "ram_keyring")

    assert gc.isenabled()


OUTSIDE = [
    "",
    "\n",
    "# comment: {\n",
    "b: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n\n",
    "c: [é, 'x\n    y', {d: \"\\u2028\"}]\n",
    "e: >-\n  folded\n\n  # text\n# comment\n",
]
GAPS = ["", "", "\n", "  # comment\n", "\n    # deeper: x\n\n", "# shallow\n"]
ENTRIES = [
    '  "{user}":\n    a: "x"\n    b: !vault |\n      $ANSIBLE_VAULT;1.1;AES256\n      6162\n',
    "  {user}: {{a: x, b: y}}  # flow\n",
    "  '{user}':  # comment\n    # comment\n    a: x # comment\n    b: |-\n       é\n    c: 5\n",
    "  {user}: {{}}\n",
    "  {user}:\n    a: one\n      two\n",
]
CHANGES: list[dict[str, Scalar | None] | None] = [
    None,
    {"a": None, "previous.x": Scalar("new")},
    {"a": Scalar("new")},
    {"a": Scalar("new"), "b": Scalar(VAULT_TEXT, vaulted=True)},
]


@pytest.mark.parametrize("seed", range(60))
def test_random_edits_keep_every_other_byte(seed: int) -> None:
    """In any file, after any edits, all else is there to the byte and the entries are as asked."""
    dice = random.Random(seed)
    newline = dice.choice(["\n", "\r\n"])
    before = dice.choice(OUTSIDE) + "ram_keyring:  # keys\n"
    written = {
        user: (dice.choice(GAPS), dice.choice(ENTRIES).format(user=user))
        for user in [f"user-{number}" for number in range(dice.randint(1, 6))]
    }
    after = dice.choice(GAPS) + dice.choice(OUTSIDE)
    middle = "".join(gap + entry for gap, entry in written.values())
    text = (before + middle + after).replace("\n", newline)
    users = dice.sample([*written, "new-1", "new-2"], dice.randint(1, 3))
    changes = {user: dice.choice(CHANGES) for user in users}
    entries = read_entries(text, "ram_keyring")

    edited = rewrite_entries(text, "ram_keyring", changes)

    assert read_entries(edited, "ram_keyring") == expected_entries(entries, changes)
    assert re.fullmatch(expected_pattern(before, written, after, changes, newline), edited)
    assert rewrite_entries(edited, "ram_keyring", changes) == edited


def expected_entries(
    entries: dict[str, dict[str, Scalar]], changes: dict[str, dict[str, Scalar | None] | None]
) -> dict[str, dict[str, Scalar]]:
    """Return the entries with the changes made."""
    result = {**entries}
    for user, change in changes.items():
        result.pop(user, None)
        if change is not None:
            wanted = {**entries.get(user, {}), **change}
            result[user] = {name: value for name, value in wanted.items() if value is not None}
    return result


def expected_pattern(
    before: str,
    written: dict[str, tuple[str, str]],
    after: str,
    changes: dict[str, dict[str, Scalar | None] | None],
    newline: str,
) -> str:
    """Return a pattern of the edited text in which only lines of changed entries are open."""

    def literal(text: str) -> str:
        return re.escape(text.replace("\n", newline))

    def lines(user: str) -> str:
        if changes[user] is None:
            return ""
        own = written.get(user, ("", "{"))[1]
        if "{" in own:
            return rf'  "{user}":{newline}(?:    .*{newline})+'
        head, *rest = own.splitlines(keepends=True)
        comments = "".join(rf"    .*\# comment{newline}" for line in rest if line.strip()[0] == "#")
        return literal(head) + comments + rf"(?:    .*{newline})+"

    left = [user for user in {**written, **changes} if changes.get(user, {}) is not None]
    pattern = literal(before if left else before.replace("ram_keyring:", "ram_keyring: {}"))
    for user, (gap, own) in written.items():
        pattern += literal(gap) + (lines(user) if user in changes else literal(own))
    pattern += "".join(lines(user) for user in changes if user not in written)
    return pattern + literal(after)

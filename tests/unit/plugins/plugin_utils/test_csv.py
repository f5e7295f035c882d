# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prove that pairs are read from every spelling of the console's CSV, and from nothing else."""

from __future__ import annotations

import pytest

from ansible_collections.keysmith.alibabacloud.plugins.module_utils._cloud.errors import InputError
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._pairs.csv import (
    Pair,
    read_pairs,
    write_pairs,
)

TEXTS = {
    "as downloaded": "AccessKey ID,AccessKey Secret\nLTAIann,hush\n",
    "no last line break": "AccessKey ID,AccessKey Secret\nLTAIann,hush",
    "CRLF": "AccessKey ID,AccessKey Secret\r\nLTAIann,hush\r\n",
    "CR": "AccessKey ID,AccessKey Secret\rLTAIann,hush\r",
    "byte order mark": "\ufeffAccessKey ID,AccessKey Secret\nLTAIann,hush\n",
    "byte order mark, quotes": '\ufeff"AccessKey ID","AccessKey Secret"\n"LTAIann","hush"\n',
    "tabs and spaces": "AccessKey ID\t, AccessKey Secret \n\tLTAIann ,hush\t\n",
    "blank lines": "\n\nAccessKey ID,AccessKey Secret\n\n , \nLTAIann,hush\n\n",
    "no spaces in the header": "AccessKeyId,AccessKeySecret\nLTAIann,hush\n",
    "small letters": "access_key_id,access_key_secret\nLTAIann,hush\n",
    "other order": "Access Key Secret,Access Key Id\nhush,LTAIann\n",
    "more columns": "User,AccessKey ID,AccessKey Secret,\nann,LTAIann,hush,\n",
    "comma in another column": 'AccessKey ID,AccessKey Secret,Note\nLTAIann,hush,"a, b"\n',
}
HEADER = "AccessKey ID,AccessKey Secret\n"
REFUSED = {
    "empty": ("", "keys.csv is empty"),
    "blank": ("\ufeff \r\n,\n", "keys.csv is empty"),
    "no header": ("LTAIann,hush\nLTAIbob,hush\n", "line 1: this is not the header AccessKey ID"),
    "header without secrets": ("AccessKey ID,Status\nLTAIann,hush\n", "line 1: this is not the h"),
    "two columns of ids": (
        "AccessKey ID,AccessKeyId,AccessKey Secret\nLTAIann,LTAIbob,hush\n",
        "line 1: this is not the header",
    ),
    "semicolons": ("AccessKey ID;AccessKey Secret\nLTAIann;hush\n", "line 1: this is not the he"),
    "YAML": ("ram_keyring:\n  ann:\n    access_key_secret: hush\n", "line 1: this is not the he"),
    "one column": (
        HEADER + "LTAIann,hush\nLTAIbob\n",
        "line 3: the header has 2 columns, this line 1",
    ),
    "three columns": (
        HEADER + "\nLTAIann,hush,hush\n",
        "line 3: the header has 2 columns, this line 3",
    ),
    "no id": (HEADER + ",hush\n", "line 2: this is not an id and a secret"),
    "no secret": (HEADER + "LTAIann,\n", "line 2: this is not an id and a secret"),
    "space in a secret": (HEADER + "LTAIann,hu sh\n", "line 2: this is not an id and a secret"),
    "line break in an id": (HEADER + '"LTAI\nann",hush\n', "line 3: this is not an id and a sec"),
    "not ASCII": (HEADER + "LTAIann,hüsh\n", "line 2: this is not an id and a secret"),
    "columns mixed up": (HEADER + "hush,LTAIann\n", "line 2: this is not an id and a secret"),
    "no id of this cloud": (HEADER + "AKIAann,hush\n", "line 2: this is not an id and a secret"),
    "template": (HEADER + "LTAIann,{{hush}}\n", "line 2: this is not an id and a secret"),
    "id twice": (HEADER + "LTAIann,hush\nLTAIann,hush\n", "line 3: the id is that of line 2"),
    "open quote": (HEADER + '"LTAIann,hush\n', "line 2: this is not CSV"),
    "text behind a quote": (HEADER + '"LTAIann"x,hush\n', "line 2: this is not CSV"),
    "endless": (HEADER + "LTAIann," + "hush" * 40_000, "line 2: this is not CSV"),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_spellings(text: str) -> None:
    """A pair is the same however the file is encoded, quoted, padded or headed."""
    [pair] = read_pairs(text, what="keys.csv")

    assert (pair.access_key_id, pair.access_key_secret) == ("LTAIann", "hush")


@pytest.mark.parametrize(("text", "told"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_csv_of_pairs(text: str, told: str) -> None:
    """Anything else is refused with the file and the line, and never with what is in it."""
    with pytest.raises(InputError) as refused:
        read_pairs(text, what="keys.csv")

    assert told in str(refused.value)
    assert str(refused.value).startswith("keys.csv")
    assert not any(part in str(refused.value) for part in ("hush", "LTAI"))
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_several_pairs() -> None:
    """Pairs come in the order of their lines, and know where they stood."""
    pairs = read_pairs(HEADER + "\nLTAIbob,two\nLTAIann,one\n", what="keys.csv")

    assert pairs == [Pair("LTAIbob", "two", 3), Pair("LTAIann", "one", 4)]
    assert "two" not in repr(pairs)


def test_header_alone() -> None:
    """A file without keys is one that holds none."""
    assert read_pairs(HEADER, what="keys.csv") == []


def test_written_text() -> None:
    """What is written is what the console writes, and is read as what it was."""
    text = write_pairs([Pair("LTAIbob", "two"), Pair("LTAIann", 'o,n"e')])

    assert text == 'AccessKey ID,AccessKey Secret\nLTAIbob,two\nLTAIann,"o,n""e"\n'
    assert read_pairs(text, what="it") == [Pair("LTAIbob", "two", 2), Pair("LTAIann", 'o,n"e', 3)]

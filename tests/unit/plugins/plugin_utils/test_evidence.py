# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be concluded of a key, on a clock that a test moves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring.evidence import (
    Candidate,
    Fate,
    InFile,
    Merge,
    Use,
    answers_to,
    fates,
    is_over,
    merging,
)
from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._keyring.records import (
    CREATE,
    Intent,
    LoggedKey,
)

HOUR, DAY = 3600.0, 86_400.0
CREATED = 1_000_000.0
INTENT = Intent("7", "ann", ["known"], "old", CREATE, CREATED, CREATED + 60)
KEY = LoggedKey(INTENT, "new", "", "")
CANDIDATE = Candidate(
    "lost", CREATED, is_active=True, is_suspected=True, set_aside=None, use=Use.NEVER
)


@pytest.mark.parametrize(
    ("key_id", "created", "answers"),
    [
        ("lost", CREATED - 1.5, False),
        ("lost", CREATED - 0.5, True),
        ("lost", CREATED + 60 + 15 * 60, True),
        ("lost", CREATED + 60 + 15 * 60 + 1, False),
        ("known", CREATED, False),
        ("lost", None, False),
    ],
)
def test_window(key_id: str, created: float | None, *, answers: bool) -> None:
    """From its earliest signing to 15 minutes after the latest, whole seconds allowed for."""
    assert answers_to(INTENT, key_id, created) is answers


def test_end_of_the_window() -> None:
    """The window is over once the earliest that it can be now lies behind its end."""
    end = CREATED + 60 + 15 * 60

    assert (is_over(INTENT, end), is_over(INTENT, end + 0.1)) == (False, True)


@pytest.mark.parametrize(
    ("candidate", "later", "fate"),
    [
        (replace(CANDIDATE, is_suspected=False), 30 * DAY, Fate.SUSPECT),
        (CANDIDATE, DAY - 1, Fate.WAIT),
        (CANDIDATE, DAY, Fate.SET_ASIDE),
        (replace(CANDIDATE, use=Use.UNKNOWN), 30 * DAY, Fate.WAIT),
        (replace(CANDIDATE, use=Use.USED), DAY, Fate.CLEAR),
        (replace(CANDIDATE, set_aside=CREATED + DAY, is_active=False), 8 * DAY - 1, Fate.WAIT),
        (replace(CANDIDATE, set_aside=CREATED + DAY, is_active=False), 8 * DAY, Fate.DELETE),
        (replace(CANDIDATE, set_aside=CREATED + DAY), 8 * DAY, Fate.CLEAR),
        (
            replace(CANDIDATE, set_aside=CREATED + DAY, is_active=False, use=Use.USED),
            DAY + HOUR,
            Fate.ACTIVATE,
        ),
    ],
)
def test_fate(candidate: Candidate, later: float, fate: Fate) -> None:
    """Suspected first, set aside after a day without a use, deleted a week after that."""
    assert fates([candidate], 1, CREATED + later) == {"lost": fate}


def test_fates_of_more_keys_than_creates() -> None:
    """Those with a use drop out; if still more are left than creates, none is touched."""
    other = replace(CANDIDATE, key_id="other")
    used = replace(CANDIDATE, key_id="used", use=Use.USED)

    both = fates([CANDIDATE, other, used], 1, CREATED + DAY)
    one = fates([CANDIDATE, used], 1, CREATED + DAY)

    assert both == {"lost": Fate.NAME, "other": Fate.NAME, "used": Fate.CLEAR}
    assert one == {"lost": Fate.SET_ASIDE, "used": Fate.CLEAR}


@pytest.mark.parametrize(
    ("entry", "stored", "merge"),
    [
        (None, None, Merge.MERGE),
        (InFile("old", is_alive=True, created=CREATED - DAY), None, Merge.MERGE),
        (InFile("gone", is_alive=False, created=None), None, Merge.MERGE),
        (InFile("other", is_alive=True, created=CREATED + DAY), None, Merge.CLASH),
        (InFile("other", is_alive=True, created=CREATED + DAY), CREATED, Merge.GONE_ON),
        (InFile("other", is_alive=True, created=CREATED - DAY), CREATED, Merge.LEAVE),
        (InFile("other", is_alive=True, created=None), CREATED, Merge.LEAVE),
    ],
)
def test_merging(entry: InFile | None, stored: float | None, merge: Merge) -> None:
    """Merged where nothing is lost by it, dropped where the file went on, else left or a clash."""
    key = replace(KEY, stored=stored)

    assert merging(key, CREATED, entry, is_ours=True) is merge


def test_merging_over_a_strangers_entry() -> None:
    """An entry of another account is never one whose key is gone."""
    assert (
        merging(KEY, CREATED, InFile("x", is_alive=False, created=None), is_ours=False)
        is Merge.CLASH
    )

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether all is well: the emulator's account against the file and all else that is on disk."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass

from .signing import signs
from .vault_file import DamagedError

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .site import Site
    from .vault_file import Entry

UNSERVED = "no key"
LOST = "lost secret"
ORPHAN = "orphan"
STRANGER = "stranger touched"
LEAK = "leak"
DAMAGED = "damaged file"
LITTER = "litter"
ORDER = "order"
STUCK = "stuck"
TRACEBACK = "traceback"
LONG_MESSAGE = "long message"
KINDS = (
    LOST,
    ORPHAN,
    STRANGER,
    LEAK,
    DAMAGED,
    LITTER,
    ORDER,
    UNSERVED,
    STUCK,
    TRACEBACK,
    LONG_MESSAGE,
)

OTHERS_MAY = 0o077
SIGNATURES_TRIED = 2
MESSAGE = re.compile(r'^fatal: .* FAILED! => .*?"msg": ("(?:[^"\\]|\\.)*")', re.MULTILINE)
# Three lines of a wide terminal.
LONGEST_MESSAGE = 600
BAD_WORDS = ("Traceback (most recent call last)", "Please report this")


@dataclass(frozen=True)
class Problem:
    """Something that must never be."""

    kind: str
    text: str


def find_problems(site: Site, *, strangers: set[str], saved: set[str]) -> list[Problem]:
    """Return what is wrong once all is said to be done.

    `strangers` are the ids of the keys that others made; `saved` those that were on disk once.
    """
    problems = [*_touched(site, strangers), *_litter(site)]
    problems += [*_bad_words(site), *_long_messages(site)]
    try:
        entries = site.entries()
    except DamagedError as error:
        return [Problem(DAMAGED, str(error)), *problems]
    recorded = {entry.access_key_id for entry in entries.values()}
    problems += [Problem(LOST, f"{key_id} was on disk once") for key_id in saved - recorded]
    problems += _wrong_entries(site, entries)
    return [*problems, *_unrecorded(site, entries, recorded | strangers)]


def find_leaks(site: Site, secrets: Iterable[str]) -> Iterator[Problem]:
    """Find secrets in any file of the site, and files that others may read.

    Half of a secret counts: one half survives if a long line is wrapped.
    """
    halves = [half.encode() for secret in secrets for half in (secret[:15], secret[15:])]
    pattern = re.compile(b"|".join(map(re.escape, halves)))
    for path in filter(lambda path: path.is_file(), site.folder.rglob("*")):
        if pattern.search(path.read_bytes()):
            yield Problem(LEAK, f"{path.name} holds a secret")
    for path in site.file.parent.iterdir():
        if path.stat().st_mode & OTHERS_MAY:
            yield Problem(LEAK, f"others may open {path.name}")


def _wrong_entries(site: Site, entries: dict[str, Entry]) -> Iterator[Problem]:
    cloud = site.cloud_keys()
    for user, entry in entries.items():
        key = cloud.get(entry.access_key_id)
        if key is None or key["user_name"] != user or key["status"] != "Active":
            yield Problem(LOST, f"{user} has no active key {entry.access_key_id}")
        elif key["access_key_secret"] != entry.secret:
            yield Problem(LOST, f"the secret of {entry.access_key_id} is another one")
    for entry in list(entries.values())[-SIGNATURES_TRIED:]:
        if not signs(site.emulator, entry.access_key_id, entry.secret):
            yield Problem(LOST, f"{entry.access_key_id} does not sign")


def _unrecorded(site: Site, entries: dict[str, Entry], accounted: set[str]) -> Iterator[Problem]:
    """Find users without an entry, and keys whose secret nobody knows."""
    owners = {
        key_id: key["user_name"]
        for key_id, key in site.cloud_keys().items()
        if key_id not in accounted
    }
    for key_id, user in owners.items():
        if user in entries:
            yield Problem(ORPHAN, f"{user} has {key_id} beside the key in the file")
        else:
            yield Problem(LOST, f"{user} has {key_id}, which is not in the file")
    for user in set(site.users) - entries.keys() - set(owners.values()):
        yield Problem(UNSERVED, f"{user} has no key")


def _touched(site: Site, strangers: set[str]) -> Iterator[Problem]:
    cloud, touched = site.cloud_keys(), site.touched_keys()
    for key_id in strangers:
        if key_id in touched or cloud.get(key_id, {}).get("status") != "Active":
            yield Problem(STRANGER, f"key {key_id} of somebody else was touched")


def _litter(site: Site) -> Iterator[Problem]:
    for name in site.strays():
        yield Problem(LITTER, f"{name} was left behind")
    if site.is_locked():
        yield Problem(LITTER, "the lock is still held")


def _bad_words(site: Site) -> Iterator[Problem]:
    for output in site.outputs:
        for words in BAD_WORDS:
            if words in output:
                yield Problem(TRACEBACK, output[output.index(words) :][:400])


def _long_messages(site: Site) -> Iterator[Problem]:
    """Find failures that are not told in one line that a person can read."""
    for message in map(json.loads, MESSAGE.findall("\n".join(site.outputs))):
        if len(message) > LONGEST_MESSAGE or "\n" in message:
            yield Problem(LONG_MESSAGE, message[:LONGEST_MESSAGE])

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that is known of one user when it is decided what the rotation does next."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ...module_utils._cloud.times import timestamp

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...module_utils._cloud.clock import Moment
    from ...module_utils._ram.access_key import AccessKey
    from .._keyring.records import BeginFailed, Step
    from .._vault_file.entry import Entry
    from .durations import Durations

DUE, NOW, FINISH, ROLLBACK, EMERGENCY = MODES = ("due", "now", "finish", "rollback", "emergency")
GRACE, DISABLED, ROLLED_BACK = STAGES = ("grace", "disabled", "rolled_back")
# On what a disabling rests. In `grace`, BY_EMERGENCY says that it is still to be done, at once.
BY_EVIDENCE, BY_HAND, BY_EMERGENCY = BYS = ("evidence", "hand", "emergency")
CURRENT, PREVIOUS = "current", "previous"


@dataclass(frozen=True)
class LastUse:
    """What the cloud tells of a key's last use: when, or never, or why that is not known."""

    at: float | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Wish:
    """What the task wants for one user; `leaked` is CURRENT, PREVIOUS or the id of a key."""

    mode: str
    durations: Durations
    hold: bool = False
    leaked: str = ""


@dataclass(frozen=True)
class Facts:
    """What file, log and cloud say of one user.

    `problem` is why nothing can be told. `begun` is the id of a key that only the log holds and
    that a rotation was begun with. `suspects` may have come of creates without an answer, with when
    they go; `set_aside` are those that were made Inactive. `signing` are the keys that this run
    signs with, `elsewhere` those of other files of the run, with the files.
    """

    user_name: str
    wish: Wish
    now: Moment
    entry: Entry | None
    keys: Sequence[AccessKey] = ()
    problem: str | None = None
    uses: Mapping[str, LastUse] = field(default_factory=dict)
    begun: str | None = None
    failed_begin: BeginFailed | None = None
    steps: Mapping[str, Step] = field(default_factory=dict)
    suspects: Mapping[str, float] = field(default_factory=dict)
    set_aside: frozenset[str] = frozenset()
    signing: frozenset[str] = frozenset()
    elsewhere: Mapping[str, str] = field(default_factory=dict)

    @property
    def mode(self) -> str:
        """What the task wants."""
        return self.wish.mode

    @property
    def durations(self) -> Durations:
        """How long the stages take."""
        return self.wish.durations

    @property
    def knows_time(self) -> bool:
        """Whether any answer of the cloud has told the time."""
        return self.now.earliest > 0

    @property
    def previous_id(self) -> str:
        """The id of the other key of the entry, blank if there is none."""
        return self.entry.previous.access_key_id if self.entry and self.entry.previous else ""

    @property
    def current(self) -> AccessKey | None:
        """The key of the entry, if the user has it."""
        return self.key(self.entry.access_key_id) if self.entry else None

    @property
    def previous(self) -> AccessKey | None:
        """The other key of the entry, if the user has it."""
        return self.key(self.previous_id)

    @property
    def others(self) -> list[AccessKey]:
        """The user's keys that are neither in the entry nor of a begin."""
        known = {*(self.entry.key_ids if self.entry else ()), self.begun}
        return [key for key in self.keys if key.access_key_id not in known]

    @property
    def previous_use(self) -> LastUse:
        """What is known of the last use of the other key of the entry."""
        return self.uses.get(self.previous_id, LastUse(problem="it was not asked for"))

    def key(self, key_id: str | None) -> AccessKey | None:
        """Return the key of that id, if the user has it."""
        return next((key for key in self.keys if key_id and key.access_key_id == key_id), None)

    def age(self, key: AccessKey | None) -> float | None:
        """Return the age of a key in seconds, None if nothing tells it."""
        created = timestamp(key.create_date) if key else None
        return self.now.earliest - created if created is not None and self.knows_time else None

    def is_to_come(self, moment: float) -> bool:
        """Tell whether a moment is known to lie in the future."""
        return self.knows_time and moment > self.now.latest

    def ours(self, key_id: str, step: str) -> Step | None:
        """Return the step that the log says was about to be done to a key, if it was this one."""
        noted = self.steps.get(key_id)
        return noted if noted and noted.step == step else None

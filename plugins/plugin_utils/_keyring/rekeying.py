# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring one vault file and its log under the password that new texts get.

The file goes first, as a whole or text by text, then the log; each is replaced at once. A run that
was killed in between leaves texts of both passwords, and the next one brings it to the end.
"""

from __future__ import annotations

import typing as t

from ...module_utils._cloud.errors import InputError
from .._vault_file.rekeying import foreign_lines, reclosed_entry, reclosed_text

if t.TYPE_CHECKING:
    from collections.abc import Collection

    from .desk import Desk


class Rekeying:
    """The change of one file's password: `look`, write the book, then `finish`.

    If it is all that the task wants (`is_alone`), there has to be a file.
    """

    def __init__(self, desk: Desk, *, is_alone: bool) -> None:
        self._desk = desk
        self._is_alone = is_alone
        self._groups: dict[str, str] = {}
        self._is_file_due = self._is_due = self._is_finished = False
        self.warnings: list[str] = []

    @property
    def is_due(self) -> bool:
        """Whether there is a text of ours that the password does not open."""
        return self._is_due

    @property
    def is_done(self) -> bool:
        """Whether the file has got the password, known to last or not."""
        is_old = self._desk.file.is_stale or bool(self._desk.book.changes())
        return self._is_finished or (self._is_file_due and not is_old)

    def look(self, settled_ids: Collection[str]) -> None:
        """Find what the password does not open, and enter how the file is to hold it.

        Raises InputError for what no password of the run opens. Keys that the log is about to let
        go count no more.
        """
        file, book = self._desk.file, self._desk.book
        if self._is_alone and file.is_blank and not file.is_stale:
            raise InputError(f"{file.path} is missing or blank: there is nothing to rekey")
        renewed = {
            user: reclosed
            for user, entry in book.entries.items()
            if (reclosed := reclosed_entry(user, entry, file)) != entry
        }
        own = {text for entry in book.entries.values() for text in entry.vault_texts()}
        lines = foreign_lines(file, own)
        for user, entry in renewed.items():
            book.put(user, entry)
        self._look_at_log(settled_ids)
        self._is_file_due = file.is_stale or bool(renewed)
        self._is_due = self._is_file_due or bool(self._groups)
        self._tell(lines)

    def finish(self) -> None:
        """Let the log follow the file, which has been written."""
        self._is_finished = self._is_due
        if self._groups:
            self._desk.log.rewrite(self._renewed)

    def _look_at_log(self, settled_ids: Collection[str]) -> None:
        log = self._desk.log
        texts = {
            key.secrets: key.access_key_id
            for _run, key in log.history.logged()
            if key.access_key_id not in settled_ids
        }
        for text, key_id in texts.items():
            try:
                renewed = reclosed_text(text, f"the keys in {log.path}", self._desk.file)
            except InputError as error:
                # The file holds them, or settling would have refused.
                self.warnings.append(f"{error}. Key {key_id} is kept there as it is")
                continue
            if renewed != text:
                self._groups[text] = renewed

    def _renewed(self, record: dict[str, t.Any]) -> dict[str, t.Any]:
        text = record.get("secrets")
        return {**record, "secrets": self._groups[text]} if text in self._groups else record

    def _tell(self, lines: list[int]) -> None:
        file = self._desk.file
        if lines:
            self.warnings.append(
                f"{file.path} has vault texts that are not of the keyring, in line "
                f"{', '.join(map(str, lines))}: they keep their password, which is still needed"
            )
        if not self._is_due and file.vault.is_single and not file.is_blank:
            self.warnings.append(
                f"The only vault password of this run, {file.password.vault_id}, opens all of "
                f"{file.path} already. To change it, give the new one too"
            )

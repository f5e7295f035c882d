# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What our action plugins share that put new keys into vault files."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleError, AnsiblePromptInterrupt

from ..module_utils._cloud.errors import InputError
from ._action import RamAction
from ._job_folder import short_lived
from ._keyring.run import FileOptions

if t.TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from ._vault_file.file import KeyringFile


class VaultAction(RamAction):
    """An action plugin that puts new keys into vault files."""

    def file_options(self, params: dict[str, t.Any], paths: Collection[Path]) -> FileOptions:
        """Return how the vault files are handled; InputError for a CSV file that can't be."""
        csv_path = None
        if params["csv_file"] is not None:
            csv_path = self.resolve_path(params["csv_file"])
            if len(paths) > 1:
                raise InputError("csv_file is for the keys of one file, but the users have several")
            if csv_path in paths:
                raise InputError(f"file and csv_file are both {csv_path}")
        return FileOptions(
            layout=params["layout"],
            variable=params["variable"],
            vault_id=params["vault_id"] or None,
            lock_timeout=params["lock_timeout"],
            csv_path=csv_path,
        )

    def make_sure(self, file: KeyringFile) -> None:
        """See that new keys in the file can be read later; InputError if they could not.

        What is doubtful is warned of at once, as the task's result would come too late for people
        to step in.
        """
        warning = short_lived(file.path, self._environment())
        if warning:
            self._display.warning(warning)
        self.ask_once_more(file)

    def ask_once_more(self, file: KeyringFile) -> None:
        """Let whoever typed the vault password type it again, as nothing else would tell a slip."""
        if self._task.check_mode or not file.vault.is_doubtful(file.password):
            return
        name = f"the vault password {file.password.vault_id} for {file.path}"
        try:
            typed = self._display.prompt_until(
                f"Type {name} once more: ", private=True, complete_input=(b"\r", b"\n")
            )
        except AnsiblePromptInterrupt:
            raise InputError(f"No key was created: {name} was not typed once more") from None
        # There is no terminal, or it belongs to somebody else.
        except AnsibleError:
            self._display.warning(
                f"Nobody can be asked to type {name} once more: if it was mistyped, the keys can't "
                "be read"
            )
            return
        # Ansible takes the blanks off what is typed, too.
        if typed.strip() != file.password.secret.bytes:
            raise InputError(
                f"Nothing was written: the second time, {name} was typed differently. Run again"
            )
        file.vault.trust(file.password)


def described_as_given(user: t.Any) -> dict[str, t.Any]:
    """Return what an element of `users` says, which may be a name alone; InputError if it is two.

    Nothing of it is quoted: it may be anything, a secret too.
    """
    if not isinstance(user, dict):
        return {"name": user}
    said = {key: value for key, value in user.items() if value is not None}
    name = said.pop("user_name", None)
    if name is not None and said.setdefault("name", name) != name:
        raise InputError("An element of users has two names: say name or user_name")
    return said

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: ram_key
short_description: The stored AccessKey pair of a RAM user
version_added: 0.2.0
author:
  - Keysmith maintainers (@keysmith)
description:
  - Reads the pair of a user from a file that M(keysmith.alibabacloud.ram_keyring) keeps, in either
    layout, where a task needs it. Nothing is asked of the cloud, locked or written.
  - The file is read and opened once for a task and host, and again if it has changed since. In the
    layout C(inline) only the secrets that are asked for are decrypted.
  - What it returns holds the secret. Give it to tasks that have C(no_log).
options:
  _terms:
    description: The names of the users, compared exactly.
    type: list
    elements: str
    required: true
  file:
    description:
      - The vault file. A relative path starts at the playbook, as that of
        M(keysmith.alibabacloud.ram_keyring) does. C(~) and C($VAR) are those of the environment
        that Ansible itself runs in, never that of the task.
    type: str
    required: true
  variable:
    description: The variable of the file that holds the entries.
    type: str
    default: ram_keyring
  account_id:
    description:
      - The id of the account that the pair must belong to. An entry of another account, or of none,
        is refused.
    type: str
  previous:
    description:
      - Returns the pair that the entry held before the current one, which an entry keeps while a
        rotation is under way and after C(on_inactive=replace).
    type: bool
    default: false
  on_missing:
    description:
      - What happens if a user has no entry, in a blank file too, or with O(previous) no such pair -
        V(error) fails, V(warn) warns and leaves the user out, V(skip) leaves the user out. Whatever
        else is wrong is an error.
    type: str
    choices:
      - error
      - warn
      - skip
    default: error
seealso:
  - plugin: keysmith.alibabacloud.ram_key_as
    plugin_type: filter
  - module: keysmith.alibabacloud.ram_keyring
"""

EXAMPLES = r"""
- name: Sign with the pair of a user
  keysmith.alibabacloud.ram_user_info:
    access_key_id: "{{ pair.access_key_id }}"
    access_key_secret: "{{ pair.access_key_secret }}"
  vars:
    pair: "{{ lookup('keysmith.alibabacloud.ram_key', 'ops', file='secrets/ram_keyring.yml') }}"
  no_log: true

- name: Take the pairs of those users that have one
  ansible.builtin.set_fact:
    pairs: "{{ query('keysmith.alibabacloud.ram_key', *users, file=file, on_missing='skip') }}"
  vars:
    file: secrets/ram_keyring.yml
    users: [ann, bob]
  no_log: true

- name: Take the pair that a rotation is about to retire, if one is under way
  ansible.builtin.set_fact:
    old: "{{ query('keysmith.alibabacloud.ram_key', 'ops', file=file, previous=true, **skip) }}"
  vars:
    file: secrets/ram_keyring.yml
    skip: {on_missing: skip}
  no_log: true
"""

RETURN = r"""
_raw:
  description:
    - For each user a mapping with C(access_key_id), C(access_key_secret), C(account_id), C(user_id)
      and C(created). What an entry leaves out is null.
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display

from ..module_utils._cloud.errors import InputError, RamError
from ..plugin_utils._paths import resolve_path
from ..plugin_utils._vault_file.reading import read_pairs
from ..plugin_utils._vault_file.vault import Vault

if t.TYPE_CHECKING:
    from ansible.parsing.dataloader import DataLoader

    from ..plugin_utils._vault_file.reading import StoredPairs

Pair = dict[str, t.Any]


class LookupModule(LookupBase):
    """The lookup of this file."""

    def run(
        self, terms: list[t.Any], variables: dict[str, t.Any] | None = None, **kwargs: t.Any
    ) -> list[Pair]:
        """Return the pairs in the order of the terms; raises AnsibleLookupError."""
        self.set_options(var_options=variables, direct=kwargs)
        try:
            loader = t.cast("DataLoader", self._loader)
            path = resolve_path(self.get_option("file"), loader)
            stored = read_pairs(path, Vault.of_reader(loader), self.get_option("variable"))
            found = [self._pair(stored, term) for term in terms]
        except RamError as error:
            raise AnsibleLookupError(f"ram_key: {error}") from None
        return [pair for pair in found if pair is not None]

    def _pair(self, stored: StoredPairs, user: t.Any) -> Pair | None:
        # A name of digits that nobody quoted may be another one by now.
        if not isinstance(user, str) or not user:
            raise InputError("The name of a user must be a text that is not empty: quote it")
        pair = stored.find(user, previous=self.get_option("previous"))
        if pair is None:
            has_entry = f"The entry of user {user} in {stored.path} has no previous pair"
            has_none = f"User {user} has no entry in {stored.path}"
            self._tell_missing(has_entry if stored.has(user) else has_none)
            return None
        wanted = self.get_option("account_id")
        if wanted is not None and pair["account_id"] != wanted:
            owner = f"of account {pair['account_id']}" if pair["account_id"] else "of no account"
            raise InputError(
                f"The entry of user {user} in {stored.path} is {owner}, not of account {wanted}"
            )
        return dict(pair)

    def _tell_missing(self, message: str) -> None:
        on_missing = self.get_option("on_missing")
        if on_missing == "error":
            raise InputError(f"{message}, under {self.get_option('variable')}")
        if on_missing == "warn":
            Display().warning(f"ram_key: {message}")

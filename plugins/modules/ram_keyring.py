#!/usr/bin/python
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ram_keyring
short_description: Keep users' AccessKeys in an ansible-vault file
version_added: 0.1.0
description:
  - Makes an ansible-vault file and the cloud agree about the AccessKeys of RAM users. A user
    without a key gets one, and its secret is stored encrypted before anything else happens.
  - A new key is proven to work, by a signed call, before the task reports success.
  - Takes in keys that were made elsewhere, from the CSV file that the console offers, and hands out
    keys as such a file, encrypted.
  - Runs on the controller, where the vault password is, whatever the host of the task. The vault
    password is the one that this run of Ansible was given (C(--vault-password-file), C(--vault-id),
    a prompt, the environment or C(ansible.cfg)).
  - No secret is ever part of a result, a diff or a message.
author:
  - Keysmith maintainers (@keysmith)
extends_documentation_fragment:
  - keysmith.alibabacloud._connection
  - keysmith.alibabacloud._attributes
  - keysmith.alibabacloud._attributes.state
  - keysmith.alibabacloud._attributes.action_group
attributes:
  idempotent:
    support: full
options:
  file:
    description:
      - The vault file. A link is followed. It is created if need be, its directory is not.
      - A relative path starts at the playbook's directory; ad hoc, and for a playbook of this
        collection, at the current one. If a playbook imports one of this collection, it starts at
        the importing playbook's directory.
      - C(~) and C($VAR) are those of the environment that Ansible itself runs in, never that of the
        task.
      - It must be on a local file system of the controller.
    type: str
  name:
    description:
      - Name of the user.
      - Exactly one of O(name) and O(users) is needed, with O(import_csv) or O(rekey) neither.
    type: str
    aliases: [user_name]
  users:
    description:
      - Users to handle in one call, each a name, or a mapping with C(name), C(state) and C(file).
        What a mapping leaves out is taken from the task.
      - An empty list does nothing, except for what O(rekey) does.
    type: list
    elements: raw
  state:
    description:
      - With V(present), each user has an active key that the file holds.
      - With V(absent), the key that the file holds is deleted in the cloud, and its entry is
        removed. Keys that the file does not hold are left alone.
      - The entry of a user who was renamed follows as soon as the task says the new name. V(absent)
        finds it by the old name, too.
    type: str
    choices: [present, absent]
    default: present
  keep_key:
    description:
      - With V(true), O(state=absent) removes the entry only. The key stays in the cloud as it is,
        the one that it replaced too, and a warning names them, as the file was perhaps the only
        place that had the secret.
      - Nothing is asked of keys that go on being used elsewhere, so the key that signs the task may
        be one of them.
    type: bool
    default: false
    version_added: 0.2.0
  import_csv:
    description:
      - A CSV file as it is downloaded from the console, plain or encrypted with ansible-vault as a
        whole. The keys in it, of one or more users, are to be stored. Its path starts where that of
        O(file) does.
      - Each key must sign a call. Whose it is, the cloud tells; it must be a user of this account.
        With O(name) or O(users), the keys must be those of exactly these users.
      - Nothing is created. If the entry of a user holds another key, the task fails, and nothing is
        touched. If it holds that key with another secret, which can't be right, the secret is
        replaced.
      - The file is left alone. If it is not encrypted, a warning says so as long as it is there.
      - The columns C(AccessKey ID) and C(AccessKey Secret) are found by the header, in any case and
        spacing. Other columns are ignored.
    type: str
  csv_file:
    description:
      - A CSV file in the console's format, encrypted as a whole, that is to hold the keys of just
        those users of this task that are V(present), in the order of their names. Its path starts
        where that of O(file) does.
      - It is written once the vault file is, and only if the keys in it are different. All users
        must have the same O(file).
      - It keeps the vault password that opens it; a new one gets that of O(vault_id), else that of
        O(file).
      - If there is a file that is not encrypted, or that holds anything else, or a key that works
        or is inactive and is not in O(file) with the same secret, the task fails before any key is
        created.
    type: str
  layout:
    description:
      - With V(file), the whole file is one vault.
      - With V(inline), it is a YAML file that people can read, in which each secret is a C(!vault)
        value.
    type: str
    choices: [file, inline]
    default: file
  variable:
    description: Name of the variable in the file that holds the entries.
    type: str
    default: ram_keyring
  vault_id:
    description:
      - ID of the vault password that encrypts a new file. If not given,
        C(DEFAULT_VAULT_ENCRYPT_IDENTITY), else the first that this run was given.
      - A file that is there keeps the password that opens it and its vault id. The task warns if
        another one is named here, unless O(rekey) is set.
      - A password that was typed at a prompt, and has opened no file of the task, is asked for once
        more before new keys are encrypted with it.
    type: str
  rekey:
    description:
      - With V(true), the password is chosen as for a new file, by O(vault_id) perhaps, and all that
        is the keyring's and that this password does not open is written anew - the file or its
        secrets, those in the log beside it, and O(csv_file). The run needs the old password too.
      - Passwords are compared, not their ids. Other C(!vault) values in the file keep theirs; a
        warning names their lines.
      - A task with O(file) and this needs no users.
    type: bool
    version_added: 0.2.0
  move_from:
    description:
      - Other vault files. If one of them has an entry of a user that is to be V(present), the entry
        moves into O(file), with all that people added to it, and with the pair that it held before.
        It is written there before it leaves the other file.
      - Each is read in the layout that it has. The entry gets the layout and the vault password of
        O(file).
      - If O(file) holds the same pairs already, as after a crash, the entry just leaves the other
        file. If it holds others, or two of the files do, the task fails, and nothing is touched.
      - The logs of all files are settled first. An entry does not leave a file whose log has a
        create without an answer, or a key that may have come of one.
      - A file that is not there has no entries.
    type: list
    elements: str
    default: []
    version_added: 0.2.0
  on_unmanaged:
    description: What to do for a user that has no entry but one key in the cloud. V(create) makes a
      second key and warns.
    type: str
    choices: [create, fail]
    default: create
  on_inactive:
    description:
      - What to do for an entry whose key is inactive. V(replace) makes a new key and leaves the old
        one inactive.
    type: str
    choices: [fail, activate, replace]
    default: fail
  on_missing:
    description: What to do for an entry whose key is no longer in the cloud. V(create) makes a new
      key and replaces the entry.
    type: str
    choices: [create, fail]
    default: create
  verify:
    description:
      - Which keys must sign a call. V(new) tries new keys only, V(all) also those in the file.
    type: str
    choices: [new, all, none]
    default: new
  new_users:
    description:
      - Names of users that count as users without a key although they do not exist yet. Read in
        check mode only, for users that an earlier task would create.
    type: list
    elements: str
    default: []
  missing_files:
    description:
      - What an earlier task of this play returned as RV(missing_files), in check mode.
      - A file that is not there is looked for twice, a second apart, before it is created, as some
        editors remove a file for a moment when they save it. The earlier task's look counts as the
        first one then, which saves the wait.
    type: dict
    default: {}
    version_added: 0.2.0
  concurrency:
    description: How many requests are in flight at most.
    type: int
    default: 16
  lock_timeout:
    description: Seconds to wait for another process that works on the same file.
    type: int
    default: 300
notes:
  - Each entry is C(user_name) with C(access_key_id), C(access_key_secret), C(account_id),
    C(user_id) and C(created), all quoted. Only values that change are edited; comments and fields
    that you add stay.
  - What a run had under way, and each new key for a day, is in C(.<file>.pending.yml) beside the
    file, its secrets encrypted. The next run settles it. Do not put it under version control.
  - Read pairs with P(keysmith.alibabacloud.ram_key#lookup). Ansible keeps what it reads by
    C(vars_files) for a whole run, so a key made in this run is not seen there; and as
    C(group_vars/all) the file would hand all keys to every host.
  - Ctrl-C, SIGTERM, SIGHUP and the task's C(timeout) let what is in flight end, and begin nothing
    new. Run the task again for the rest.
  - On a terminal, a task that takes more than a few seconds says how far it is.
  - Core dumps of the process are switched off. What the system swaps out is out of scope.
seealso:
  - module: keysmith.alibabacloud.ram_user
  - module: keysmith.alibabacloud.ram_access_key
  - ref: ansible_collections.keysmith.alibabacloud.docsite.csv_guide
    description: Store keys that were made in the console, and hand keys out.
"""

EXAMPLES = r"""
- name: A key for each of two users
  keysmith.alibabacloud.ram_keyring:
    file: secrets/ram_keyring.yml
    users: [slb-api, ddos-api]

- name: Readable file with one encrypted value for each key
  keysmith.alibabacloud.ram_keyring:
    file: secrets/ram_keyring_inline.yml
    layout: inline
    name: slb-api

- name: Prove that every stored key still works
  keysmith.alibabacloud.ram_keyring:
    file: secrets/ram_keyring.yml
    users: [slb-api, ddos-api]
    verify: all

- name: Take the key of one user away, keep that of another
  keysmith.alibabacloud.ram_keyring:
    file: secrets/ram_keyring.yml
    users:
      - name: slb-api
      - name: ddos-api
        state: absent

- name: Let somebody else look after a key from now on
  keysmith.alibabacloud.ram_keyring:
    file: secrets/ram_keyring.yml
    name: legacy-api
    state: absent
    keep_key: true

- name: Write the file with the vault password that this run was given first
  keysmith.alibabacloud.ram_keyring:
    file: secrets/ram_keyring.yml
    rekey: true

- name: Store a key that was made in the console
  keysmith.alibabacloud.ram_keyring:
    file: secrets/ram_keyring.yml
    import_csv: ~/Downloads/AccessKey.csv

- name: Store a key that was made in the console, if it is that of a certain user
  keysmith.alibabacloud.ram_keyring:
    file: secrets/ram_keyring.yml
    name: legacy-api
    import_csv: ~/Downloads/AccessKey.csv

- name: Hand the key of one user out as a CSV file
  keysmith.alibabacloud.ram_keyring:
    file: secrets/ram_keyring.yml
    name: slb-api
    csv_file: secrets/slb-api.csv

- name: Move the key of a user to another file
  keysmith.alibabacloud.ram_keyring:
    file: secrets/legacy.yml
    name: legacy-api
    move_from: [secrets/ram_keyring.yml]
"""

RETURN = r"""
users:
  description: What was done for each user, or would be done in check mode.
  returned: unless nothing could be decided
  type: list
  elements: dict
  contains:
    user_name:
      description: What the user is called now.
      returned: always
      type: str
      sample: slb-api
    access_key_id:
      description: ID of the user's key in the file, or of the one that was removed; null in check
        mode for a key that would be created.
      returned: always
      type: str
      sample: LTAI5tEXAMPLEEXAMPLE0001
    action:
      description:
        - V(created), V(unchanged), V(activated), V(replaced), V(imported), V(moved) (the entry came
          from another file), V(renamed) (the user has another name now), V(removed), V(recovered)
          (the key is from the log of an earlier run) or V(failed).
      returned: always
      type: str
      sample: created
    verified:
      description: Whether the key signed a call; null if that was not tried.
      returned: always
      type: bool
      sample: true
    file:
      description: Absolute path of the file.
      returned: always
      type: str
      sample: /srv/ops/secrets/ram_keyring.yml
    error:
      description:
        - What went wrong for this user.
        - A key with an error that is V(created) or V(replaced) is saved, but does not sign, or is
          not in the file yet.
      returned: when the task failed at this user
      type: str
      sample: "Cannot create AccessKey for user slb-api: ..."
account_id:
  description: ID of the account that the keys belong to.
  returned: unless nothing could be decided
  type: str
  sample: "1234567890123456"
rekeyed:
  description: The files of the task that were written with another vault password, or would be.
  returned: when O(rekey) is set, unless nothing could be decided
  type: list
  elements: str
  sample: [/srv/ops/secrets/ram_keyring.yml]
suspected_keys:
  description:
    - Keys that creates may have made that got no answer. Nobody knows their secrets.
    - They are left alone for a day, then made inactive unless they are used, and deleted a week
      later. The guide to the keyring tells more.
  returned: unless nothing could be decided
  type: list
  elements: dict
  contains:
    user_name:
      description: Name of the user.
      returned: always
      type: str
      sample: slb-api
    access_key_id:
      description: ID of the key.
      returned: always
      type: str
      sample: LTAI5tEXAMPLEEXAMPLE0002
    state:
      description: V(suspected), or V(set_aside) if it was made inactive.
      returned: always
      type: str
      sample: suspected
    goes_at:
      description: When it is deleted at the earliest, if nobody uses it.
      returned: always
      type: str
      sample: 2026-12-04 09:30 UTC
missing_files:
  description: When, by the clock that counts since this machine was started, it was seen which of
    the files are not there yet.
  returned: in check mode
  type: dict
  sample:
    /srv/ops/secrets/ram_keyring.yml: 5123.25
problems:
  description: Each reason why nothing was done; C(msg) tells the first two.
  returned: when there are users that can't be helped, or several keys of other accounts to import
  type: list
  elements: str
  sample: ["There is no RAM user slb-api: create it with ram_user first"]
csv_file:
  description: Absolute path of the file that keys are handed out in.
  returned: when O(csv_file) is given
  type: str
  sample: /srv/ops/secrets/slb-api.csv
stats:
  description: What the task came to, in numbers.
  returned: unless nothing could be decided
  type: dict
  contains:
    created:
      description: How many were created.
      returned: always
      type: int
    changed:
      description: How many were there and are different now.
      returned: always
      type: int
    removed:
      description: How many were removed.
      returned: always
      type: int
    unchanged:
      description: How many were as wanted.
      returned: always
      type: int
    failed:
      description: How many are not as wanted.
      returned: always
      type: int
    api_calls:
      description: Requests that were sent to the cloud.
      returned: always
      type: int
    retries:
      description: How many of the requests repeated one before.
      returned: always
      type: int
    seconds:
      description: How long it took, without the start of Ansible.
      returned: always
      type: float
  sample:
    created: 2
    changed: 0
    removed: 0
    unchanged: 40
    failed: 0
    api_calls: 48
    retries: 0
    seconds: 1.7
code:
  description: The API's code of the error.
  returned: when the API refused
  type: str
  sample: NoPermission
request_id:
  description: ID of the refused request, for Alibaba Cloud's support.
  returned: when the API refused
  type: str
  sample: 04F0F334-1335-436C-A1D7-6C044FE73368
"""

#!/usr/bin/python
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ram_rotation
short_description: Replace users' AccessKeys before they are too old
version_added: 0.2.0
description:
  - Replaces the keys in a file of M(keysmith.alibabacloud.ram_keyring) before they are too old, and
    gives an old key up only on evidence that nobody uses it any more.
  - Run it daily. Each run takes the step that is due for each user, at most one, and never waits.
    What is under way stands in the entry of the user, so that any later run goes on.
  - A new key is made when the old one is due, proven by a signed call, given the network policy of
    the old one, and saved as the current pair. In C(grace), both keys work. Once that is over and
    the old key has not been used for O(quiet), it is made inactive. Once it has been inactive for
    O(retain), it is deleted.
  - Nothing breaks that reads the file at least once per O(grace), or whose use the cloud records at
    least once per O(quiet).
  - Runs on the controller, where the vault password is, as M(keysmith.alibabacloud.ram_keyring)
    does. No secret is ever part of a result, a diff or a message.
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
      - The vault file. Its path starts where that of M(keysmith.alibabacloud.ram_keyring) does.
      - Needed unless each of O(users) names its own.
    type: str
  name:
    description:
      - Name of the user.
      - Without O(name) and O(users), all entries of the file are meant that belong to the account.
        A user who was renamed is followed then; O(name) and O(users) need the new name.
    type: str
    aliases: [user_name]
  users:
    description:
      - Users to handle in one call, each a name, or a mapping with C(name), C(file), C(max_age),
        C(grace), C(quiet), C(retain) and C(hold). What a mapping leaves out is taken from the task.
      - With C(hold=true) a user is left alone, but for O(mode=emergency).
    type: list
    elements: raw
  mode:
    description:
      - V(due) takes the steps that are due.
      - V(now) begins at once for the users named, whatever the age of their keys. While a rotation
        is under way, it is V(due), but for users that were rolled back, which go on to the other
        key again.
      - V(finish) takes the next step without waiting for O(grace) or O(retain). Evidence is still
        asked for.
      - V(rollback) makes the old pair the current one again, once it has signed a call, and
        activates its key if need be. After that nothing moves until V(now) or V(finish), which then
        gives the other key up.
      - V(emergency) is for a key that has O(leaked).
    type: str
    choices: [due, now, finish, rollback, emergency]
    default: due
  leaked:
    description:
      - Which key has leaked - V(current), V(previous), or the ID of one of the two.
      - The old key is made inactive at once. For the current one, a new key is made, proven and
        saved first, and the leaked one is made inactive in the same run. If the quota is full, an
        inactive old key is deleted for it.
      - With its ID, the task can be run again safely. V(current) means the new key by then.
    type: str
  max_age:
    description:
      - No key is to work any longer than that. A rotation begins O(grace), O(quiet) and three days
        earlier.
      - Durations are whole numbers with a unit - C(m), C(h), C(d) or C(w). It must be longer than
        O(grace), O(quiet), O(retain) and three days together.
    type: str
    default: 90d
  grace:
    description: How long the old key works beside the new one at least, C(1h) or more.
    type: str
    default: 7d
  quiet:
    description:
      - For how long the old key must not have been used before it is made inactive, C(3h) or more.
        As a use shows about two hours late, it is taken to be two hours later than told.
      - The value of O(grace) if not given.
    type: str
  retain:
    description: How long the old key stays inactive before it is deleted, for people to notice.
    type: str
    default: 14d
  overdue:
    description: A C(grace) that takes longer is reported. So is each active key that is older than
      O(max_age), whatever holds it up.
    type: str
    default: 30d
  begin_at_most:
    description:
      - So many rotations are begun in a run, those of the oldest keys first. The others wait.
      - Without it all are, or 5 where the file lies in a folder that goes away with the job.
    type: int
  network_policy:
    description: Whether a new key gets the network policy of the old one. With V(copy), it is
      given up again if that fails.
    type: str
    choices: [copy, ignore]
    default: copy
  csv_file:
    description:
      - A CSV file, encrypted as a whole, that is to hold the current pairs of just the users of
        this task. As for M(keysmith.alibabacloud.ram_keyring).
    type: str
  layout:
    description: How the file is encrypted, as for M(keysmith.alibabacloud.ram_keyring).
    type: str
    choices: [file, inline]
    default: file
  variable:
    description: Name of the variable in the file that holds the entries.
    type: str
    default: ram_keyring
  vault_id:
    description: The file keeps the password that opens it and its vault id. The task warns if
      another one is named here.
    type: str
  concurrency:
    description: How many requests are in flight at most.
    type: int
    default: 16
  lock_timeout:
    description: Seconds to wait for another process that works on the same file.
    type: int
    default: 300
notes:
  - While a rotation is under way, an entry also has C(previous), the other pair, and C(rotation),
    with C(stage), C(switched), C(disabled), C(by) and C(last_used).
  - Let one file hold a key, and one clone rotate it. A second key that is in no record blocks the
    user.
  - Only a key that a rotation has recorded is ever made inactive or deleted, and never the one that
    signs the run.
  - With C(--check), the task tells each user's calendar.
  - On the terminal, each user that moved or waits is told in one line.
seealso:
  - module: keysmith.alibabacloud.ram_keyring
  - plugin: keysmith.alibabacloud.ram_key
    plugin_type: lookup
  - ref: ansible_collections.keysmith.alibabacloud.docsite.rotation_guide
    description: Rotate keys without breaking what uses them.
"""

EXAMPLES = r"""
- name: Take the steps that are due, for all users in the file
  keysmith.alibabacloud.ram_rotation:
    file: secrets/ram_keyring.yml

- name: Rotate some users more often than others
  keysmith.alibabacloud.ram_rotation:
    file: secrets/ram_keyring.yml
    users:
      - slb-api
      - name: ddos-api
        max_age: 45d
        retain: 7d

- name: Begin with one user now
  keysmith.alibabacloud.ram_rotation:
    file: secrets/ram_keyring.yml
    name: slb-api
    mode: now

- name: Replace a key that has leaked
  keysmith.alibabacloud.ram_rotation:
    file: secrets/ram_keyring.yml
    name: slb-api
    mode: emergency
    leaked: current
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
    action:
      description:
        - V(begun), V(waiting), V(disabled) (the old key is inactive now), V(deleted) (it is gone
          now), V(rolled_back), V(held), V(blocked) (somebody has to look after it), V(unchanged) or
          V(failed).
      returned: always
      type: str
      sample: waiting
    stage_before:
      description: How far the rotation had come - V(grace), V(disabled), V(rolled_back), or null if
        none was under way.
      returned: always
      type: str
      sample: grace
    stage:
      description: How far it has come by now.
      returned: always
      type: str
      sample: grace
    access_key_id:
      description: ID of the current key; null in check mode for a key that would be created.
      returned: always
      type: str
      sample: LTAI5tEXAMPLEEXAMPLE0002
    previous_access_key_id:
      description: ID of the other key; null if there is none.
      returned: always
      type: str
      sample: LTAI5tEXAMPLEEXAMPLE0001
    age_days:
      description: How old the key was in days that was current before the task.
      returned: always
      type: int
      sample: 12
    last_used:
      description: When that key was last used, or V(never). Null if that is unknown, and where no
        rotation was under way.
      returned: always
      type: str
      sample: "2026-11-26T09:30:00Z"
    previous_last_used:
      description: The same of the other key.
      returned: always
      type: str
      sample: never
    waiting_for:
      description: What the user waits for, or why it is blocked or held.
      returned: always
      type: str
      sample: the end of grace
    next_step:
      description: V(begin), V(disable) or V(delete); null if nothing comes next by itself.
      returned: always
      type: str
      sample: disable
    next_at:
      description: When that is due; null if that depends on what is not known yet. It lies in the
        past only if the step is due now.
      returned: always
      type: str
      sample: "2026-12-03T09:31:00Z"
    overdue:
      description: Whether the rotation takes too long, or a key in use is too old.
      returned: always
      type: bool
      sample: false
    file:
      description: Absolute path of the file.
      returned: always
      type: str
      sample: /srv/ops/secrets/ram_keyring.yml
    error:
      description: What went wrong for this user.
      returned: when the task failed at this user
      type: str
      sample: "Cannot create AccessKey for user slb-api: ..."
counts:
  description: How many users met which action.
  returned: unless nothing could be decided
  type: dict
  sample: {begun: 2, waiting: 3, unchanged: 40}
next_at:
  description: When the next step of any user is due.
  returned: unless nothing could be decided
  type: str
  sample: "2026-12-03T09:31:00Z"
account_id:
  description: ID of the account that the keys belong to.
  returned: unless nothing could be decided
  type: str
  sample: "1234567890123456"
suspected_keys:
  description: Keys that creates may have made that got no answer, as
    M(keysmith.alibabacloud.ram_keyring) returns them.
  returned: unless nothing could be decided
  type: list
  elements: dict
  sample: []
# shared: stats
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
# end of shared: stats
# shared: refusal
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
# end of shared: refusal
"""

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How fast the collection is: the role against the limit of the network and against plain scripts.

`python -m benchmarks` runs real `ansible-playbook` processes against an emulator in a process of
its own. It knows of the collection what a user knows: the role, the tasks and their files.
"""

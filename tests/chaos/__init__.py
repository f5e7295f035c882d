# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Crash tests of the keyring: kill it, break its cloud, let it race, then see whether all is well.

`python -m chaos` attacks real `ansible-playbook` processes that work against an emulator, whose
state is the oracle. It knows of the collection what a user knows: the task, and the files that it
leaves.
"""

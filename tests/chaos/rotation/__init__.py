# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A year of rotation in minutes: daily runs, consumers with habits, kills, faults and people.

No consumer that keeps the contract may ever get a refused signature, no key may be lost, and none
of somebody else touched. `make chaos ARGS=--rotation` plays it.
"""

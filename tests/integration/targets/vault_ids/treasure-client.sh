#!/usr/bin/env bash
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Ansible takes a script with such a name for a client, which is told the vault id that is wanted.
[ "$1 $2" = "--vault-id treasure" ] && echo "x marks the spot"

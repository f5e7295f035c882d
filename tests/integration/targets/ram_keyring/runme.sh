#!/usr/bin/env bash
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

set -euo pipefail

# shellcheck source=tests/integration/targets/setup_emulator/start.sh
source ../setup_emulator/start.sh

mkdir secrets
echo "open sesame" > vault-password
export ANSIBLE_VAULT_PASSWORD_FILE="${PWD}/vault-password"

keyring() {
    ansible localhost -m keysmith.alibabacloud.ram_keyring -a "$1"
}

# A playbook, relative to which the files are
ansible-playbook test.yml "$@"

# Ad hoc, relative to the current directory, with both kinds of arguments
cp secrets/whole.yml before.yml
keyring 'name=reader file=secrets/whole.yml' | grep 'localhost | SUCCESS'
keyring '{"users": ["reader", {"name": "writer"}], "file": "secrets/whole.yml"}' | grep 'localhost | SUCCESS'
cmp before.yml secrets/whole.yml
keyring '{"users": ["reader", {"name": "writer", "state": "absent"}], "file": "secrets/whole.yml"}' | grep 'localhost | CHANGED'
keyring 'users=reader,writer file=secrets/whole.yml' | grep 'localhost | CHANGED'

# k=v arguments would make two strange users of this one
cp secrets/whole.yml before.yml
if keyring 'users=[{"name":"reader","state":"absent"}] file=secrets/whole.yml' > output; then
    exit 1
fi
grep -F 'Give all arguments as JSON instead' output
cmp before.yml secrets/whole.yml

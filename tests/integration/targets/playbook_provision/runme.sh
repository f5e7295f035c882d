#!/usr/bin/env bash
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

set -euo pipefail

# shellcheck source=tests/integration/targets/setup_emulator/start.sh
source ../setup_emulator/start.sh

echo "open sesame" > vault-password
export ANSIBLE_VAULT_PASSWORD_FILE="${PWD}/vault-password"
mkdir -p here/secrets site/secrets

# stored FILE USER
stored() {
    ansible-vault view "$1" | grep -x "  \"\?$2\"\?:"
}

# By its name: the file lands in the current directory
cd here
ansible-playbook keysmith.alibabacloud.provision -e @../users.yml "$@"
stored secrets/ram_keyring.yml slb-api

# The second run changes nothing
cp secrets/ram_keyring.yml before.yml
ansible-playbook keysmith.alibabacloud.provision -e @../users.yml "$@" | tee output
grep -E 'localhost .* changed=0 ' output
cmp before.yml secrets/ram_keyring.yml

# Imported: it lands beside the playbook that imports it
ansible-playbook ../site/site.yml "$@"
stored ../site/secrets/ram_keyring.yml site-api
cmp before.yml secrets/ram_keyring.yml

# Without users it says what is missing
if ansible-playbook keysmith.alibabacloud.provision "$@" > output 2>&1; then
    exit 1
fi
grep 'ram_credentials_users' output

# What it has made is rotated by the other playbook, which tells the calendar in check mode
ansible-playbook keysmith.alibabacloud.rotate --check "$@" | tee output
grep 'slb-api: unchanged; next: begin at ' output
cmp before.yml secrets/ram_keyring.yml
ansible-playbook keysmith.alibabacloud.rotate "$@" \
    -e '{"ram_rotation_users": ["slb-api"], "ram_rotation_mode": "now"}' | tee output
grep 'slb-api: begun; next: disable at ' output
ansible-vault view secrets/ram_keyring.yml | grep -x '    "\?previous"\?:'

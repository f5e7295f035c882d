#!/usr/bin/env bash
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

set -euo pipefail

# shellcheck source=tests/integration/targets/setup_emulator/start.sh
source ../setup_emulator/start.sh

mkdir secrets
echo "open sesame" > sesame
both=(--vault-id sesame@sesame --vault-id treasure@treasure-client.sh)

# store USER FILE OPTIONS ARGUMENTS...
store() {
    ansible localhost -m keysmith.alibabacloud.ram_keyring -a "name=$1 file=secrets/$2 $3" "${@:4}"
}

# encrypted_for ID PASSWORD_SOURCE FILE
encrypted_for() {
    head -n 1 "secrets/$3" | grep -Fx "\$ANSIBLE_VAULT;1.2;AES256;$1"
    ansible-vault view --vault-id "$1@$2" "secrets/$3" | grep -x 'ram_keyring:'
}

ansible localhost -m keysmith.alibabacloud.ram_user -a '{"users": [{"name": "amy"}, {"name": "bob"}, {"name": "cat"}]}'

# Nothing said: the first
store amy first.yml '' "${both[@]}"
encrypted_for sesame sesame first.yml

# The configuration of Ansible says which
ANSIBLE_VAULT_ENCRYPT_IDENTITY=treasure store amy configured.yml '' "${both[@]}"
encrypted_for treasure treasure-client.sh configured.yml

# The task says which
ANSIBLE_VAULT_ENCRYPT_IDENTITY=sesame store bob option.yml vault_id=treasure "${both[@]}"
encrypted_for treasure treasure-client.sh option.yml

# The file is encrypted already: what opened it
ANSIBLE_VAULT_ENCRYPT_IDENTITY=sesame store cat option.yml '' "${both[@]}"
encrypted_for treasure treasure-client.sh option.yml

# A password without an id, from a script
store bob script.yml '' --vault-password-file password.sh
head -n 1 secrets/script.yml | grep -Fx "\$ANSIBLE_VAULT;1.1;AES256"
ansible-vault view --vault-password-file password.sh secrets/script.yml | grep -x 'ram_keyring:'

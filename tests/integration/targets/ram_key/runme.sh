#!/usr/bin/env bash
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

set -euo pipefail

# shellcheck source=tests/integration/targets/setup_emulator/start.sh
source ../setup_emulator/start.sh

mkdir secrets
echo "open sesame" > password

ansible localhost -m keysmith.alibabacloud.ram_user -a name=ann
for layout in file inline; do
    ansible localhost -m keysmith.alibabacloud.ram_keyring \
        -a "name=ann file=secrets/${layout}.yml layout=${layout}" --vault-password-file password
    ansible-playbook play.yml -e "file=secrets/${layout}.yml layout=${layout}" \
        --vault-password-file password -vvvv --diff > "${layout}.out"
    secret="$(sed -n 's/.*"access_key_secret": "\([^"]*\)".*/\1/p' task.json)"
    [ -n "${secret}" ]
    # Evaluated nowhere on its way, and shown nowhere
    for way in variable loop fact; do
        cmp task.json "${way}.json"
    done
    if grep -F "${secret}" "${layout}.out"; then
        exit 1
    fi
done

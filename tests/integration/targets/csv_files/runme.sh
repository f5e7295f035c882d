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

# Talk about all there is, into a file of its own
keyring() {
    ansible localhost -vvvv --diff -m keysmith.alibabacloud.ram_keyring -a "$1" 2>&1 | tee -a output
}

# A key that was made by hand, downloaded with the line ends and the mark of another system
ansible localhost -m keysmith.alibabacloud.ram_user -a '{"users": [{"name": "dns-api"}, {"name": "slb-api"}]}'
ansible localhost -m keysmith.alibabacloud.ram_access_key -a 'user_name=slb-api show_secret=true' > made
key_id="$(grep -o 'LTAI[A-Za-z0-9]*' made | head -n 1)"
secret="$(sed -n 's/.*"access_key_secret": "\(.*\)".*/\1/p' made)"
printf '\357\273\277AccessKey ID,AccessKey Secret\r\n%s,%s\r\n' "${key_id}" "${secret}" > AccessKey.csv

# It comes into the vault file, once
keyring 'import_csv=AccessKey.csv file=secrets/ram_keyring.yml' | grep 'localhost | CHANGED'
grep "${PWD}/AccessKey.csv is not encrypted: delete it" output
ansible-vault view secrets/ram_keyring.yml | grep -F "access_key_secret: \"${secret}\""
cp secrets/ram_keyring.yml before.yml
ansible-vault encrypt AccessKey.csv
keyring 'name=slb-api import_csv=AccessKey.csv file=secrets/ram_keyring.yml' | grep 'localhost | SUCCESS'
cmp before.yml secrets/ram_keyring.yml

# With a second one it is handed out, once
both='{"users": ["slb-api", "dns-api"], "file": "secrets/ram_keyring.yml", "csv_file": "secrets/both.csv"}'
keyring "${both}" | grep 'localhost | CHANGED'
head -n 1 secrets/both.csv | grep -Fx "\$ANSIBLE_VAULT;1.1;AES256"
[ "$(ansible-vault view secrets/both.csv | sed -n '1p;3p')" = "$(printf 'AccessKey ID,AccessKey Secret\n%s,%s' "${key_id}" "${secret}")" ]
cp secrets/both.csv before.csv
keyring "${both}" | grep 'localhost | SUCCESS'
cmp before.csv secrets/both.csv

# Nobody was told a secret
other="$(ansible-vault view secrets/both.csv | sed -n '2s/.*,//p')"
[ "${#other}" = "${#secret}" ]
if grep -F -e "${secret}" -e "${other}" output; then
    exit 1
fi

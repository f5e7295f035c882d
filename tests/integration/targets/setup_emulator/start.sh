# shellcheck shell=bash
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Sourced by the runme.sh of each target: from here on it works in a temporary copy of the target,
# with an emulator of its own. Both are gone when it exits.

tests="${ANSIBLE_COLLECTIONS_PATH}/ansible_collections/keysmith/alibabacloud/tests"
python="${ANSIBLE_TEST_PYTHON_INTERPRETER:-python}"
work="$(mktemp -d)"
emulators=()

clean_up() {
    kill "${emulators[@]}" || true
    wait
    rm -rf "${work}"
}
trap clean_up EXIT

# start_emulator NAME: an account whose address and root key are in NAME.json
start_emulator() {
    PYTHONPATH="${tests}" "${python}" -m emulator --ready-file "${work}/$1.json" &
    emulators+=("$!")
    until [ -e "${work}/$1.json" ]; do
        kill -0 "$!"
        sleep 0.05
    done
}

# of_account NAME FIELD: what NAME.json says
of_account() {
    "${python}" -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "${work}/$1.json" "$2"
}

cp -R ./* ../setup_emulator/emulator.yml "${work}"
cd "${work}" || exit

export HOME="${work}/home" ANSIBLE_NOCOLOR=true ANSIBLE_LOCALHOST_WARNING=false
# ansible-test sets these for its own copy of the target.
unset ANSIBLE_FORCE_COLOR ANSIBLE_PLAYBOOK_DIR

start_emulator account
export ALIBABA_CLOUD_RAM_ENDPOINT ALIBABA_CLOUD_STS_ENDPOINT ALIBABA_CLOUD_IMS_ENDPOINT
export ALIBABA_CLOUD_ACCESS_KEY_ID ALIBABA_CLOUD_ACCESS_KEY_SECRET
ALIBABA_CLOUD_RAM_ENDPOINT="$(of_account account url)"
ALIBABA_CLOUD_STS_ENDPOINT="${ALIBABA_CLOUD_RAM_ENDPOINT}"
ALIBABA_CLOUD_IMS_ENDPOINT="${ALIBABA_CLOUD_RAM_ENDPOINT}"
ALIBABA_CLOUD_ACCESS_KEY_ID="$(of_account account access_key_id)"
ALIBABA_CLOUD_ACCESS_KEY_SECRET="$(of_account account access_key_secret)"

#!/usr/bin/env bash
# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

set -euo pipefail

# shellcheck source=tests/integration/targets/setup_emulator/start.sh
source ../setup_emulator/start.sh

# The play has to bring the credentials and endpoints itself.
unset ALIBABA_CLOUD_{RAM,STS,IMS}_ENDPOINT ALIBABA_CLOUD_ACCESS_KEY_{ID,SECRET}

ansible-playbook test.yml "$@"

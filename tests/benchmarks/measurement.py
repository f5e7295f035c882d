# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is measured of one run."""

from __future__ import annotations

from dataclasses import dataclass

FIRST = "first"
AGAIN = "unchanged"


@dataclass(frozen=True)
class Traffic:
    """The API requests of a run; `span` is from the start of the first to the end of the last."""

    calls: int
    throttled: int
    writing: int
    span: float
    peak_in_flight: int
    connections: int


@dataclass(frozen=True)
class Measurement:
    """What one run of a contender took, in seconds and MiB.

    `others_cpu` is what programs used meanwhile that are no part of the benchmark.
    """

    contender: str
    users: int
    run: str
    in_flight: int
    wall: float
    cpu: float
    memory_mib: float
    commits: int
    emulator_cpu: float
    others_cpu: float
    traffic: Traffic

# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that would go away with the job that writes them: of AWX, of ansible-runner or of CI."""

from __future__ import annotations

import tempfile
import typing as t
from pathlib import Path

if t.TYPE_CHECKING:
    from collections.abc import Mapping

IN_A_CONTAINER = Path("/runner")
# Where CI services check out the repository for one job.
CI_FOLDERS = {
    "GITHUB_WORKSPACE": "GitHub Actions",
    "CI_PROJECT_DIR": "GitLab CI",
    "BUILD_SOURCESDIRECTORY": "Azure Pipelines",
    "BITBUCKET_CLONE_DIR": "Bitbucket Pipelines",
    "CIRCLE_WORKING_DIRECTORY": "CircleCI",
    "DRONE_WORKSPACE": "Drone",
    "CI_WORKSPACE": "Woodpecker",
    "TRAVIS_BUILD_DIR": "Travis CI",
}


def short_lived(path: Path, environment: Mapping[str, str]) -> str | None:
    """Return a warning if the file, a real path, lies in a folder that goes away with the job."""
    for variable, service in CI_FOLDERS.items():
        checkout = Path(environment.get(variable) or "/").expanduser().resolve()
        if checkout != Path("/") and path.is_relative_to(checkout):
            return (
                f"New keys are lost if {path} stays where it is: it lies in {checkout}, which "
                f"{service} makes for this job. Let a later step of this job take the file to a "
                "place that stays, its log included, or give a file outside of it that stays"
            )
    folder = _job_folder(environment)
    if folder is None or not path.is_relative_to(folder) or not _goes_away(folder, environment):
        return None
    return (
        f"New keys are lost if {path} stays where it is: it lies in {folder}, the folder of this "
        "job, which AWX and ansible-runner worker delete when the job ends. Give a file outside "
        "it that stays, or let a later task of this job take the file to a place that does"
    )


def _job_folder(environment: Mapping[str, str]) -> Path | None:
    """Return the private data directory of ansible-runner, which runs the jobs of AWX too."""
    artifacts = Path(environment.get("AWX_ISOLATED_DATA_DIR", ""))
    return artifacts.parents[1].resolve() if artifacts.parent.name == "artifacts" else None


def _goes_away(folder: Path, environment: Mapping[str, str]) -> bool:
    # A person who calls `ansible-runner run` names the folder, and keeps it.
    return (
        "AWX_PRIVATE_DATA_DIR" in environment
        or folder == IN_A_CONTAINER
        or folder.is_relative_to(Path(tempfile.gettempdir()).resolve())
    )

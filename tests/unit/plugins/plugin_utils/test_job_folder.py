# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files count as lost with their job."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from ansible_collections.keysmith.alibabacloud.plugins.plugin_utils._job_folder import short_lived

TEMPORARY = Path(tempfile.gettempdir()).resolve() / "tmp4x7"
AWX = {"AWX_PRIVATE_DATA_DIR": "/data/awx_7_x2"}


def job(folder: str | Path, artifacts: str = "artifacts/7") -> dict[str, str]:
    """Return what ansible-runner sets for a job in that folder."""
    return {"AWX_ISOLATED_DATA_DIR": str(Path(folder, artifacts))}


@pytest.mark.parametrize(
    ("path", "environment"),
    [
        ("/runner/project/keys.yml", job("/runner") | AWX),
        ("/runner/project/keys.yml", job("/runner")),
        ("/data/awx_7_x2/project/keys.yml", job("/data/awx_7_x2") | AWX),
        (TEMPORARY / "project" / "keys.yml", job(TEMPORARY)),
    ],
    ids=["AWX", "a container", "AWX without a container", "a worker"],
)
def test_lost(path: str | Path, environment: dict[str, str]) -> None:
    """A file in the folder of a job that is deleted is warned of, with both places named."""
    warning = short_lived(Path(path), environment)

    folder = Path(environment["AWX_ISOLATED_DATA_DIR"]).parents[1]
    assert warning
    assert f"{path} stays" in warning
    assert f"lies in {folder}," in warning


@pytest.mark.parametrize(
    ("variable", "service"), [("GITHUB_WORKSPACE", "GitHub"), ("CI_PROJECT_DIR", "GitLab")]
)
def test_checkout_of_a_ci_job(variable: str, service: str) -> None:
    """A file in the checkout of a CI job is warned of, and one beside it is not."""
    environment = {variable: "/builds/ops/keys"}

    warning = short_lived(Path("/builds/ops/keys/secrets/keys.yml"), environment)

    assert warning
    assert service in warning
    assert short_lived(Path("/srv/keys.yml"), environment) is None


@pytest.mark.parametrize(
    ("path", "environment"),
    [
        ("/srv/keys.yml", job("/runner") | AWX),
        ("/runner-of-mine/keys.yml", job("/runner") | AWX),
        ("/home/me/job/project/keys.yml", job("/home/me/job")),
        ("/runner/project/keys.yml", {}),
        (TEMPORARY / "keys.yml", {}),
        ("/runner/project/keys.yml", job("/runner", "elsewhere/7")),
        ("/runner/project/keys.yml", {"AWX_ISOLATED_DATA_DIR": "7"}),
    ],
    ids=[
        "a mounted path",
        "a similar name",
        "a folder that a person gave",
        "no job",
        "no job, temporary",
        "artifacts that do not tell the folder",
        "artifacts without a folder",
    ],
)
def test_kept(path: str | Path, environment: dict[str, str]) -> None:
    """There is no warning of a file that outlives the job, as far as can be told."""
    warning = short_lived(Path(path), environment)

    assert warning is None

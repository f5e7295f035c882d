# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What git would do with a log: it belongs to one place, so it must not be committed."""

from __future__ import annotations

import os
import subprocess
import typing as t

from ...module_utils._cloud.errors import InputError

if t.TYPE_CHECKING:
    from pathlib import Path

IGNORE_LINE = ".*.pending.yml"
PATIENCE = 5.0
# Somebody else's repository is asked too, and runs nothing of what it configures.
_GIT = ["git", "-c", "safe.directory=*", "-c", "core.fsmonitor=false"]


def refuse_tracked(log: Path) -> None:
    """Raise InputError if git tracks the log: in another clone it would be settled twice."""
    if _asks_whether_tracked(log) == 0:
        raise InputError(
            f"{log} is under version control, where it would be settled twice. Take it out with "
            f"'git rm --cached {log.name}', and add this line to .gitignore: {IGNORE_LINE}"
        )


def refuse_missing_of_git(file: Path) -> None:
    """Raise InputError if git tracks a file that is not there: its keys are somewhere else."""
    tracked = _asks_whether_tracked(file)
    if tracked == 0:
        raise InputError(
            f"{file} is tracked by git and not in the work tree, so its keys would be made a "
            "second time: check it out, or take it out of git"
        )
    if tracked is None:
        raise InputError(
            f"{file} is not there, and git did not say in {PATIENCE:.0f} s whether it tracks it, "
            "so no key was created: run again"
        )


def warning_if_not_ignored(log: Path) -> str | None:
    """Return a warning if the log lies in a work tree that may come to track it."""
    ignored = _asks(log, "check-ignore", "--quiet", "--", log.name)
    # 128: this is no work tree.
    if ignored in {0, 128}:
        return None
    reason = "is not ignored by git" if ignored == 1 else "may not be ignored: git did not answer"
    return (
        f"{log}, which keeps new keys safe for a day, {reason}. Add this line to .gitignore: "
        f"{IGNORE_LINE}"
    )


def _asks_whether_tracked(file: Path) -> int | None:
    # A name may have what else would be a pattern, or begin with what would be a command.
    return _asks(file, "ls-files", "--error-unmatch", "--", f":(literal){file.name}")


def _asks(log: Path, *question: str) -> int | None:
    """Return the exit code of git, 128 if there is no git, None if it did not answer."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    try:
        return subprocess.run(
            [*_GIT, "-C", str(log.parent), *question],
            capture_output=True,
            check=False,
            env=environment,
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE,
        ).returncode
    except subprocess.TimeoutExpired:
        return None
    except OSError:
        return 128

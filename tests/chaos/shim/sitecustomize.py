# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the Python of an attacked run loads at its start: it tells each step, and dies at one.

It wraps functions of the standard library, so the product needs no hooks. A step is named by what
is written or sent and how far that is: "intent torn", "file renamed", "CreateAccessKey sent".

CHAOS_FILE    the vault file of the run
CHAOS_STRIKE  "step/n": at its n-th time the whole run is killed
CHAOS_HOST    the name of the machine
CHAOS_TRACE   where each write, fsync, rename and request is written down, a JSON record a line
"""

from __future__ import annotations

import builtins
import http.client
import io
import json
import os
import re
import signal
import threading
import typing as t
import urllib.parse
from pathlib import Path

if t.TYPE_CHECKING:
    from collections.abc import Callable

MAIN = os.getpid()
FILE = Path(os.environ["CHAOS_FILE"])
JOURNAL = f".{FILE.name}.pending.yml"
STEP, _slash, TIMES = os.environ.get("CHAOS_STRIKE", "").partition("/")
TRACE = os.environ.get("CHAOS_TRACE")
HOST = os.environ.get("CHAOS_HOST")
ACTION = re.compile(r"^x-acs-action: *(\w+)", re.IGNORECASE | re.MULTILINE)
TARGET = re.compile(r"\A\w+ (\S+)")

real_open, real_fsync, real_replace, real_rename = open, os.fsync, os.replace, os.rename
real_uname = os.uname
real_unlink, real_remove = os.unlink, os.remove
real_os_open, real_os_write = os.open, os.write
real_endheaders = http.client.HTTPConnection.endheaders
real_getresponse = http.client.HTTPConnection.getresponse

lock = threading.RLock()
thread = threading.local()
times_left = int(TIMES or 0)
# What the last write to each file was about.
written: dict[str, list[str]] = {}


def reach(step: str, last_deed: Callable[[], object] = lambda: None) -> None:
    """Go on, or do the last deed and die if this is the step to die at."""
    global times_left  # noqa: PLW0603 - a process dies once
    with lock:
        if step != STEP:
            return
        times_left -= 1
        if times_left == 0:
            last_deed()
            os.kill(MAIN, signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)


def tell(event: str, **details: object) -> None:
    """Write down what happened."""
    if TRACE:
        with lock, real_open(TRACE, "a", encoding="utf-8") as trace:
            trace.write(json.dumps({"event": event, **details}) + "\n")


def kind_of(path: str | os.PathLike[str]) -> str | None:
    """Return what a path is in the life of the vault file, None if it is nothing."""
    parent, name = os.path.split(os.path.abspath(os.fspath(path)))  # noqa: PTH100 - Path is wrapped
    if parent != str(FILE.parent):
        return None
    if name in {JOURNAL, f"{JOURNAL}.tmp"}:
        return "journal"
    if name == FILE.name or name.startswith(f".{FILE.name}."):
        return "file"
    return None


def records_in(data: bytes) -> list[dict[str, t.Any]]:
    """Return the records of the journal that are written."""
    return [json.loads(line.partition(b": ")[2]) for line in data.splitlines()]


class WatchedFile(io.FileIO):
    """A file whose writing has steps."""

    def write(self, data: t.Any) -> int:
        """Write as usual, through the steps "unwritten" and "torn"."""
        return write_in_steps(super().write, bytes(data), str(self.name))


def write_in_steps(write: Callable[[bytes], int], whole: bytes, path: str) -> int:
    """Write, through the steps "unwritten" and "torn" of what is written."""
    records = records_in(whole) if kind_of(path) == "journal" else []
    kinds = list(dict.fromkeys(record["type"] for record in records)) or [str(kind_of(path))]
    for kind in kinds:
        reach(f"{kind} unwritten")
        reach(f"{kind} torn", lambda: write(whole[: len(whole) // 2]))
    count = write(whole)
    written[path] = kinds
    users = [record["user_name"] for record in records if record["type"] == "intent"]
    tell("write", path=path, users=users)
    return count


def watched_open(
    file: t.Any, mode: str = "r", buffering: int = -1, *rest: t.Any, **options: t.Any
) -> t.Any:
    """Open as usual; a file of ours that is written gets its steps."""
    is_written = "b" in mode and not set(mode).isdisjoint("awx+")
    if not is_written or not isinstance(file, (str, os.PathLike)) or kind_of(file) is None:
        return real_open(file, mode, buffering, *rest, **options)
    reach(f"{kind_of(file)} unopened")
    opened = WatchedFile(os.fspath(file), mode.replace("b", ""), opener=options.get("opener"))
    tell("open", path=str(opened.name))
    return opened


def watched_os_open(path: t.Any, flags: int, *rest: t.Any, **options: t.Any) -> int:
    """Open as usual; what is made gets its step, and a log is told of."""
    is_made = flags & os.O_CREAT and isinstance(path, (str, os.PathLike))
    kind = kind_of(path) if is_made else None
    if kind == "file":
        reach("file unopened")
    descriptor = real_os_open(path, flags, *rest, **options)
    if kind == "journal":
        tell("open", path=os.fspath(path))
    return descriptor


def watched_os_write(descriptor: int, data: t.Any) -> int:
    """Write as usual; a log or vault file that is written gets its steps."""
    path = os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 - Path is wrapped
    if not path.startswith("/") or kind_of(path) not in {"journal", "file"}:
        return real_os_write(descriptor, data)
    return write_in_steps(lambda part: real_os_write(descriptor, part), bytes(data), path)


def watched_fsync(descriptor: t.Any) -> None:
    """Sync as usual, between the steps "written" and "durable"."""
    path = os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 - Path is wrapped
    kinds = written.get(path, [])
    for kind in kinds:
        reach(f"{kind} written")
    real_fsync(descriptor)
    tell("fsync", path=path)
    for kind in kinds:
        reach(f"{kind} durable")


def watched_renaming(rename: t.Any) -> t.Any:
    """Return a renaming that has the step "renamed" behind it."""

    def renaming(source: t.Any, target: t.Any, **options: t.Any) -> None:
        rename(source, target, **options)
        if kind := kind_of(target):
            tell("rename", path=os.fspath(source), to=os.fspath(target))
            reach(f"{kind} renamed")

    return renaming


def watched_removal(remove: t.Any) -> t.Any:
    """Return a removal that has the steps "doomed" and "gone" around it."""

    def removal(path: t.Any, **options: t.Any) -> None:
        kind = None if options else kind_of(path)
        reach(f"{kind} doomed")
        remove(path, **options)
        if kind:
            tell("unlink", path=os.fspath(path))
        reach(f"{kind} gone")

    return removal


def watched_endheaders(self: t.Any, message_body: t.Any = None, **options: t.Any) -> None:
    """Send a request as usual, between the steps "unsent" and "sent"."""
    head = b"\r\n".join(self._buffer).decode("latin-1")
    action, target = ACTION.search(head), TARGET.search(head)
    thread.action = action[1] if action else ""
    query = urllib.parse.urlsplit(target[1]).query if target else ""
    reach(f"{thread.action} unsent")
    tell("send", action=thread.action, user=dict(urllib.parse.parse_qsl(query)).get("UserName"))
    real_endheaders(self, message_body, **options)
    reach(f"{thread.action} sent")


def watched_getresponse(self: t.Any) -> t.Any:
    """Read an answer as usual, before the step "answered"."""
    response = real_getresponse(self)
    reach(f"{thread.action} answered")
    return response


def renamed_uname() -> os.uname_result:
    """Return what is known of the machine, under the name that it is to have."""
    fields = list(real_uname())
    fields[1] = HOST or fields[1]
    return os.uname_result(fields)


def watch() -> None:
    """Put the wrappers in place."""
    os.uname = renamed_uname
    for module in (builtins, io):
        module.open = watched_open  # type: ignore[attr-defined]
    os.fsync = watched_fsync  # type: ignore[assignment]
    os.open, os.write = watched_os_open, watched_os_write
    os.replace, os.rename = watched_renaming(real_replace), watched_renaming(real_rename)
    os.unlink, os.remove = watched_removal(real_unlink), watched_removal(real_remove)
    http.client.HTTPConnection.endheaders = watched_endheaders  # type: ignore[method-assign]
    http.client.HTTPConnection.getresponse = watched_getresponse  # type: ignore[method-assign]


watch()

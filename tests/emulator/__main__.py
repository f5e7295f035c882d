# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: run an emulator until it is told to stop."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import typing as t

from .command_line import ROOT_SECRET_VARIABLE, parse_arguments
from .seed.kinds import SeedError
from .seed.shape import read_seed
from .seed.sowing import OPERATOR
from .server import Emulator

if t.TYPE_CHECKING:
    import argparse
    from pathlib import Path


def main() -> None:
    """Run until SIGTERM or SIGINT; what can't be used is one line on stderr."""
    options = parse_arguments()
    try:
        run(options)
    except (OSError, SeedError) as error:
        sys.exit(f"emulator: {error}")


def run(options: argparse.Namespace) -> None:
    """Run until SIGTERM or SIGINT."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_arguments: stopped.set())
    with Emulator(
        host=options.host,
        port=options.port,
        tls=(options.tls_cert, options.tls_key) if options.tls_cert else None,
        account_id=options.account_id,
        root_secret=_root_secret(options.root_secret_file),
        proxy_port=options.proxy,
        seed=read_seed(options.seed) if options.seed else None,
        members=options.members,
        oidc_keys=_read_key_set(options.oidc_keys) if options.oidc_keys else {},
        site=options.site,
        latency_ms=options.latency_ms,
        qps=options.qps,
        page_size=options.page_size,
        last_use_lag=options.last_use_lag,
        ignores_unknown_parameters=options.unknown_parameters == "ignore",
        keeps_emptied_texts=options.emptied_texts == "keep",
        has_any_system_policy=options.any_system_policy,
        source_address=options.source_address or "",
        start=options.start,
    ) as emulator:
        _write_ready_file(options.ready_file, emulator)
        try:
            stopped.wait()
        finally:
            options.ready_file.unlink(missing_ok=True)


def _read_key_set(path: Path) -> t.Any:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        message = f"{path} is not JSON"
        raise SeedError(message) from None
    if not isinstance(content, dict) or not isinstance(content.get("keys"), list):
        message = f"{path} is no JSON Web Key Set"
        raise SeedError(message)
    return content


def _root_secret(file: Path | None) -> str | None:
    if file:
        return file.read_text(encoding="utf-8").strip()
    return os.environ.get(ROOT_SECRET_VARIABLE)


def _write_ready_file(path: Path, emulator: Emulator) -> None:
    """Write the file whole or not at all, and never readable by others."""
    content: dict[str, t.Any] = {
        "url": emulator.url,
        "account_id": emulator.account_id,
        "access_key_id": emulator.access_key_id,
        "access_key_secret": emulator.access_key_secret,
        "pid": os.getpid(),
    }
    if emulator.ca_file:
        content |= {"proxy": emulator.proxy_url, "ca_file": str(emulator.ca_file)}
    if emulator.operator:
        content["operator"] = {
            "user_name": OPERATOR,
            "access_key_id": emulator.operator.access_key_id,
            "access_key_secret": emulator.operator.access_key_secret,
        }
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file)
    temporary.replace(path)


if __name__ == "__main__":
    main()

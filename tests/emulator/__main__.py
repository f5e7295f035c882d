# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: run an emulator until it is told to stop."""

from __future__ import annotations

import argparse
import ipaddress
import json
import os
import re
import signal
import sys
import threading
import typing as t
from pathlib import Path

from .actions.rules import MAX_ITEMS
from .cloud.clock import parse_time
from .cloud.settings import LAST_USE_LAG
from .server import Emulator
from .wire.control import is_loopback

MAX_PORT = 65535
ROOT_SECRET_VARIABLE = "KEYSMITH_EMULATOR_ROOT_SECRET"


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Return the options of the command line, checked."""
    parser = argparse.ArgumentParser(
        prog="emulator", description="A local RAM, STS and IMS endpoint for tests and rehearsals."
    )
    parser.add_argument("--host", default="127.0.0.1", help="loopback address to listen on")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument(
        "--ready-file", type=Path, required=True, help="written when it listens; has the root key"
    )
    parser.add_argument("--site", choices=("cn", "intl"), default="cn")
    parser.add_argument("--latency-ms", type=float, default=0, help="added to every API call")
    parser.add_argument("--qps", type=int, default=0, help="more are throttled; 0 is no limit")
    parser.add_argument("--page-size", type=int, default=1000, help="the longest page of a list")
    parser.add_argument("--tls-cert", help="certificate file; makes the endpoint HTTPS")
    parser.add_argument("--tls-key", help="key file of the certificate")
    parser.add_argument("--account-id", default="", help="16 digits; random without it")
    parser.add_argument(
        "--last-use-lag",
        type=float,
        default=LAST_USE_LAG,
        help="after how many seconds a key shows its last use; the cloud takes about two hours",
    )
    parser.add_argument(
        "--unknown-parameters",
        choices=("refuse", "ignore"),
        default="refuse",
        help="what the API does not know; the cloud ignores it",
    )
    parser.add_argument(
        "--source-address",
        type=_address,
        help="the address that requests seem to come from, for policies that ask for it",
    )
    parser.add_argument(
        "--start", type=_moment, help="a past time to begin with, in UTC: 2026-01-31T08:00:00Z"
    )
    parser.add_argument(
        "--root-secret-file",
        type=Path,
        help=f"file with the secret of the root key; else ${ROOT_SECRET_VARIABLE}, else random",
    )
    options = parser.parse_args(arguments)
    rules = {
        "--host must be a loopback address": is_loopback(options.host),
        "--latency-ms must not be negative": options.latency_ms >= 0,
        "--qps must not be negative": options.qps >= 0,
        "--page-size must be 1 to 1000": options.page_size in MAX_ITEMS,
        "--tls-cert and --tls-key belong together": bool(options.tls_cert) == bool(options.tls_key),
        "--account-id must be 16 digits": re.fullmatch(r"([0-9]{16})?", options.account_id),
        "--last-use-lag must not be negative": options.last_use_lag >= 0,
        "--port must be 0 to 65535": 0 <= options.port <= MAX_PORT,
        "--root-secret-file does not exist": (
            options.root_secret_file is None or options.root_secret_file.exists()
        ),
    }
    for rule, is_kept in rules.items():
        if not is_kept:
            parser.error(rule)
    return options


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise argparse.ArgumentTypeError("must be an IP address") from None


def _moment(text: str) -> float:
    try:
        return parse_time(text)
    except ValueError:
        raise argparse.ArgumentTypeError("must look like 2026-01-31T08:00:00Z") from None


def main() -> None:
    """Run until SIGTERM or SIGINT; a port or file that can't be used is one line on stderr."""
    options = parse_arguments()
    try:
        run(options)
    except OSError as error:
        sys.exit(f"emulator: {error}")


def run(options: argparse.Namespace) -> None:
    """Run until SIGTERM or SIGINT."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_arguments: stopped.set())
    with Emulator(
        host=options.host,
        port=options.port,
        site=options.site,
        latency_ms=options.latency_ms,
        qps=options.qps,
        page_size=options.page_size,
        tls=(options.tls_cert, options.tls_key) if options.tls_cert else None,
        account_id=options.account_id,
        root_secret=_root_secret(options.root_secret_file),
        last_use_lag=options.last_use_lag,
        ignores_unknown_parameters=options.unknown_parameters == "ignore",
        source_address=options.source_address or "",
        start=options.start,
    ) as emulator:
        _write_ready_file(options.ready_file, emulator)
        try:
            stopped.wait()
        finally:
            options.ready_file.unlink(missing_ok=True)


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
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file)
    temporary.replace(path)


if __name__ == "__main__":
    main()

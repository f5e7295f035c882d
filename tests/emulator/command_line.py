# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the command line, checked."""

from __future__ import annotations

import argparse
import ipaddress
import re
import sys
from pathlib import Path

from .actions import SERVICES
from .actions.rules import MAX_ITEMS
from .cloud.clock import parse_time
from .cloud.settings import LAST_USE_LAG
from .wire.control import is_loopback

MAX_PORT = 65535
ROOT_SECRET_VARIABLE = "KEYSMITH_EMULATOR_ROOT_SECRET"


class ListActions(argparse.Action):
    """Prints a line for each action that the APIs have, and ends."""

    def __call__(self, parser: argparse.ArgumentParser, *_values: object) -> None:
        """Print and end, as --help does."""
        sys.stdout.write(describe_actions())
        parser.exit()


def describe_actions() -> str:
    """Return a line for each action that the APIs have."""
    lines = []
    for service in SERVICES.values():
        told = dict.fromkeys(service.actions, "emulated") | service.declined
        lines += [f"{service.name:24}{name:44}{told[name]}\n" for name in sorted(told)]
    return "".join(lines)


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Return the options of the command line, checked."""
    parser = argparse.ArgumentParser(
        prog="emulator",
        description="A local RAM, STS, IMS and resource directory for tests and rehearsals.",
    )
    parser.add_argument(
        "--actions",
        action=ListActions,
        nargs=0,
        help="list what is emulated and what is not, and why",
    )
    _add_address(parser)
    _add_accounts(parser)
    _add_behaviour(parser)
    options = parser.parse_args(arguments)
    for rule, is_kept in _rules(options).items():
        if not is_kept:
            parser.error(rule)
    return options


def _add_address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="loopback address to listen on")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument(
        "--ready-file", type=Path, required=True, help="written when it listens; has the root key"
    )
    parser.add_argument(
        "--proxy",
        type=int,
        nargs="?",
        const=0,
        metavar="PORT",
        help="be a proxy too, for tools that know the cloud's addresses only",
    )
    parser.add_argument("--tls-cert", help="certificate file; makes the endpoint HTTPS")
    parser.add_argument("--tls-key", help="key file of the certificate")


def _add_accounts(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--account-id", default="", help="16 digits; random without it")
    parser.add_argument(
        "--root-secret-file",
        type=Path,
        help=f"file with the secret of the root key; else ${ROOT_SECRET_VARIABLE}, else random",
    )
    parser.add_argument(
        "--seed", type=Path, help="YAML or JSON with what the accounts hold at the start"
    )
    parser.add_argument(
        "--members", type=int, default=0, help="so many empty member accounts in a directory"
    )
    parser.add_argument(
        "--oidc-keys",
        type=Path,
        help="JSON Web Key Set that tokens of OIDC providers are checked with",
    )
    parser.add_argument(
        "--start", type=_moment, help="a past time to begin with, in UTC: 2026-01-31T08:00:00Z"
    )


def _add_behaviour(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--site", choices=("cn", "intl"), default="cn")
    parser.add_argument("--latency-ms", type=float, default=0, help="added to every API call")
    parser.add_argument(
        "--qps", type=int, default=0, help="of each account, more are throttled; 0 is no limit"
    )
    parser.add_argument("--page-size", type=int, default=1000, help="the longest page of a list")
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
        "--emptied-texts",
        choices=("clear", "keep"),
        default="clear",
        help="what an empty description or comment does; the documentation is silent",
    )
    parser.add_argument(
        "--any-system-policy",
        action="store_true",
        help="take an unknown name of a system policy for one that allows nothing",
    )
    parser.add_argument(
        "--source-address",
        type=_address,
        help="the address that requests seem to come from, for policies that ask for it",
    )


def _rules(options: argparse.Namespace) -> dict[str, object]:
    """Return what has to be true of the options, by the words for it."""
    return {
        "--host must be a loopback address": is_loopback(options.host),
        "--latency-ms must not be negative": options.latency_ms >= 0,
        "--qps must not be negative": options.qps >= 0,
        "--page-size must be 1 to 1000": options.page_size in MAX_ITEMS,
        "--tls-cert and --tls-key belong together": bool(options.tls_cert) == bool(options.tls_key),
        "--account-id must be 16 digits": re.fullmatch(r"([0-9]{16})?", options.account_id),
        "--last-use-lag must not be negative": options.last_use_lag >= 0,
        "--members must not be negative": options.members >= 0,
        "--port must be 0 to 65535": 0 <= options.port <= MAX_PORT,
        "--proxy must be 0 to 65535": 0 <= (options.proxy or 0) <= MAX_PORT,
        "--root-secret-file does not exist": (
            options.root_secret_file is None or options.root_secret_file.exists()
        ),
    }


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

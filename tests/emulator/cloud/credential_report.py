# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credential report: a table of who can log on and sign, as it was when it was asked for."""

from __future__ import annotations

import csv
import io
import typing as t
from dataclasses import dataclass

from .clock import format_time, parse_time
from .entities import ACTIVE

if t.TYPE_CHECKING:
    from .account import Account
    from .entities import AccessKey, LoginProfile, User

YES, NO, NOT_APPLICABLE, NEVER = "TRUE", "FALSE", "N/A", "-"
FLAG = {True: YES, False: NO}
# Seen in place of all facts about the console, where the logon is switched off.
LOGON_DISABLED = "LOGIN_DISABLED"
DAY = 86400
# Every account is as old as this, and so is the password of the account itself.
ACCOUNT_DATE = "2019-01-01T00:00:00Z"
# A report is good for so long.
LIFETIME_SECONDS = 4 * 3600
# How long it takes; no figure is known, and it may be much longer.
DURATION_SECONDS = 1
STARTED, IN_PROGRESS, COMPLETED = "STARTED", "INPROGRESS", "COMPLETED"
USER_COLUMNS = (
    "user",
    "user_creation_time",
    "user_last_logon",
    "password_exist",
    "password_active",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
)
KEY_COLUMNS = ("exist", "active", "last_rotated", "last_used")
# Which key is the first is unconfirmed; here it is the oldest.
KEYS = ("access_key_1", "access_key_2")
# Of accounts whose users had more keys before two became the most.
MORE_KEYS = tuple(f"additional_access_key_{number}" for number in (1, 2, 3))


@dataclass(frozen=True, slots=True)
class CredentialReport:
    """A report; `lines` are those of its CSV, the header first."""

    generated: float
    lines: tuple[str, ...]


class ReportDesk:
    """Where an account asks for reports; time is the cloud's."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._newest: CredentialReport | None = None

    def request(self) -> str:
        """Begin a report unless there is a recent one, and return how far it is."""
        if self._newest is None or not 0 <= self._age(self._newest) < LIFETIME_SECONDS:
            self._newest = make_report(self._account)
            return STARTED
        return COMPLETED if self.finished() else IN_PROGRESS

    def finished(self) -> CredentialReport | None:
        """Return the report that was asked for last, None while it is being made."""
        report = self._newest
        # Unconfirmed: whether the one before can be had meanwhile.
        if report is None or 0 <= self._age(report) < DURATION_SECONDS:
            return None
        return report

    def _age(self, report: CredentialReport) -> float:
        return self._account.clock.now() - report.generated


def make_report(account: Account) -> CredentialReport:
    """Return the report of what the account holds now."""
    owners = [account.root_keys, *(user.access_keys for user in account.users)]
    keys = KEYS + (MORE_KEYS if any(len(own) > len(KEYS) for own in owners) else ())
    header = [*USER_COLUMNS, *(f"{key}_{column}" for key in keys for column in KEY_COLUMNS)]
    rows = [[*_root(account), *_keys(account, account.root_keys, len(keys))]]
    rows += [
        [*_user(account, user), *_keys(account, user.access_keys, len(keys))]
        for user in account.users
    ]
    return CredentialReport(account.clock.now(), tuple(_csv_line(row) for row in [header, *rows]))


def _csv_line(row: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(row)
    return text.getvalue()


def _root(account: Account) -> list[str]:
    return [
        "<root>",
        ACCOUNT_DATE,
        account.last_login_date or NEVER,
        YES,
        NOT_APPLICABLE,
        ACCOUNT_DATE,
        NOT_APPLICABLE,
        FLAG[account.has_mfa],
    ]


def _user(account: Account, user: User) -> list[str]:
    return [
        f"{user.name}@{account.domain}",
        user.create_date,
        *_console(account, user),
    ]


def _console(account: Account, user: User) -> list[str]:
    """Return when a user logged on, and the facts about its password and its MFA."""
    profile = user.login_profile
    logon = user.last_login_date or NEVER
    if profile is None:
        return [logon, NO, *[NOT_APPLICABLE] * 4]
    if profile.status != ACTIVE:
        return [LOGON_DISABLED] * 6
    rotation = _next_rotation(account, profile)
    return [logon, YES, YES, profile.password_date, rotation, FLAG[user.mfa_device is not None]]


def _next_rotation(account: Account, profile: LoginProfile) -> str:
    days = account.password_policy.max_password_age
    return format_time(parse_time(profile.password_date) + days * DAY) if days else NEVER


def _keys(account: Account, keys: dict[str, AccessKey], count: int) -> list[str]:
    horizon = account.cloud.last_use_horizon()
    facts = [fact for key in keys.values() for fact in _key(key, horizon)]
    missing = count - len(keys)
    return facts + [NO, *[NOT_APPLICABLE] * 3] * missing


def _key(key: AccessKey, horizon: str) -> list[str]:
    used, _service = key.last_use(horizon)
    return [
        YES,
        FLAG[key.status == ACTIVE],
        key.update_date or key.create_date,
        used or NEVER,
    ]

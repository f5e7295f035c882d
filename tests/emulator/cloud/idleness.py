# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys and log-ons that nobody uses, which the cloud switches off by itself."""

from __future__ import annotations

import typing as t

from .clock import format_time
from .entities import ACTIVE, INACTIVE

if t.TYPE_CHECKING:
    from .account import Account
    from .entities import AccessKey, User

DAY = 86400


def switch_off_idle(account: Account) -> None:
    """Switch off the keys and log-ons of users that were idle for longer than allowed."""
    preference, now = account.security_preference, account.clock.now()
    oldest_use = format_time(now - preference.max_idle_days_for_access_keys * DAY)
    oldest_logon = format_time(now - preference.max_idle_days_for_users * DAY)
    for user in account.users:
        for key in user.access_keys.values():
            if key.status == ACTIVE and _last_sign_of_life(key) < oldest_use:
                key.status = INACTIVE
                key.update_date = account.clock.timestamp()
        _switch_off_logon(user, oldest_logon)


def _last_sign_of_life(key: AccessKey) -> str:
    return max(key.create_date, key.update_date, *key.uses, "")


def _switch_off_logon(user: User, oldest: str) -> None:
    profile = user.login_profile
    if profile and profile.status == ACTIVE:
        since = max(profile.create_date, profile.update_date, user.last_login_date)
        if since < oldest:
            profile.status = INACTIVE

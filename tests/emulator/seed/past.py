# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When things happened: ages, log-ons and uses of what is there already."""

from __future__ import annotations

import typing as t

from .kinds import SeedError, date_of

if t.TYPE_CHECKING:
    from ..cloud.account import Account
    from ..cloud.cloud import Cloud
    from ..cloud.entities import AccessKey, User
    from .kinds import Record

DEFAULT_SERVICE = "RAM"


def set_past(cloud: Cloud, past: Record) -> None:
    """Set the past of users and keys of one account; SeedError if one is not there."""
    account = cloud.accounts.get(past.get("account", cloud.management.account_id))
    if account is None:
        raise SeedError("there is no such account")
    set_root_past(account, past)
    for raw in past.get("users", []):
        user = account.users.find(raw["name"])
        if user is None:
            raise SeedError(f"there is no user {raw['name']}")
        set_user_past(account, user, raw)
        for raw_key in raw.get("access_keys", []):
            key = user.access_keys.get(raw_key["access_key_id"])
            if key is None:
                raise SeedError(f"{raw['name']} has no key {raw_key['access_key_id']}")
            set_key_past(account, key, raw_key)


def set_root_past(account: Account, raw: Record) -> None:
    """Set when the account itself logged on, and the past of its keys."""
    if "last_login" in raw:
        account.last_login_date = date_of(raw["last_login"], account.clock.now())
    for key in account.root_keys.values():
        set_key_past(account, key, raw.get("root_key", {}))


def set_user_past(account: Account, user: User, raw: Record) -> None:
    """Set when a user was made, logged on, and changed the password."""
    now = account.clock.now()
    profile = user.login_profile
    if "created" in raw:
        user.create_date = user.update_date = date_of(raw["created"], now)
        if profile:
            profile.create_date = profile.password_date = user.create_date
    if "last_login" in raw:
        user.last_login_date = date_of(raw["last_login"], now)
    if profile and "password_changed" in raw:
        profile.password_date = date_of(raw["password_changed"], now)


def set_key_past(account: Account, key: AccessKey, raw: Record) -> None:
    """Set when a key was made, switched, and used last."""
    now = account.clock.now()
    if "created" in raw:
        key.create_date = date_of(raw["created"], now)
    if "status_changed" in raw:
        key.update_date = date_of(raw["status_changed"], now)
    if "last_used" in raw:
        key.uses = {date_of(raw["last_used"], now): raw.get("last_used_service", DEFAULT_SERVICE)}

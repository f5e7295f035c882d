# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How RAM users should log on to the console: reads and decides, and writes nothing."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from functools import partial

from .._cloud.errors import InputError, NotFoundError
from .._work.patience import patiently
from .._work.plan import Plan, Step, changed_fields
from .._work.pool import map_all
from .._work.wanted import format_problems, refuse_bad_items
from .access_key_plan import STATUSES
from .account import read_default_domain
from .login_profile import FLAGS, LoginProfileApi, LogonApi
from .names import USER_NAME, nearest
from .user import UserApi

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from .._cloud.client import Client
    from .login_profile import LoginProfile

    Options = dict[str, t.Any]

FORMATS = {"name": USER_NAME, "password": (r"(?s:.+)", "not empty")}
ALWAYS = "always"


def plan_login_profiles(
    client: Client, wanted: Sequence[Options], concurrency: int
) -> list[Plan[LoginProfile]]:
    """Return a plan for each login profile of `wanted`, in order.

    Raises InputError if what is asked of any of them is impossible, so that nothing is done for the
    others.
    """
    refuse_bad_items("login profile", wanted, _problems)
    planner = _Planner(client, read_default_domain(client) if wanted else "")
    return map_all(planner.plan, wanted, concurrency)


class _Planner:
    """Plans one login profile at a time."""

    def __init__(self, client: Client, domain: str) -> None:
        self._client = client
        self._logons = LogonApi(client, domain)

    def plan(self, options: Options) -> Plan[LoginProfile]:
        """Return the plan for one login profile."""
        if options["state"] == "absent":
            return self._plan_absent(options["name"])
        given = {flag: options[flag] for flag in FLAGS if options[flag] is not None}
        if "status" in given:
            given["status"] = STATUSES[given["status"]]
        current = self._find(options["name"])
        if current is None:
            return self._plan_new(options, given)
        return self._plan_update(current, options, given)

    def _find(self, name: str) -> LoginProfile | None:
        try:
            return patiently(lambda: self._logons.find(name))
        except NotFoundError:
            hint = nearest(name, self._list_names)
            raise InputError(f"There is no user {name}{hint}") from None

    def _list_names(self) -> list[str]:
        return [user.user_name for user in UserApi(self._client).list_all()]

    def _plan_new(self, options: Options, given: Options) -> Plan[LoginProfile]:
        name, password = options["name"], options["password"]
        if password is None:
            raise InputError(
                f"User {name} has no login profile yet, so the task needs a password for it"
            )
        after = self._logons.new(name, **given, has_new_password=True)
        resets = options["update_password"] == ALWAYS
        create = partial(self._logons.create, after, password, resets=resets)
        return Plan(name, None, after, [Step(f"create login profile of user {name}", create)])

    def _plan_update(
        self, current: LoginProfile, options: Options, given: Options
    ) -> Plan[LoginProfile]:
        flags = changed_fields(current, given)
        password = options["password"] if options["update_password"] == ALWAYS else None
        anew: Options = {"has_new_password": True, "password_status": None} if password else {}
        after = replace(current, **flags, **anew)
        plan = Plan(current.user_name, current, after)
        if after != current:
            changed = ", ".join(sorted([*flags, *(["password"] if password else [])]))
            doing = f"update {changed} of login profile of user {plan.name}"
            plan.steps.append(Step(doing, partial(self._logons.update, after, password)))
        return plan

    def _plan_absent(self, name: str) -> Plan[LoginProfile]:
        try:
            current = self._logons.find(name)
        except NotFoundError:
            current = None
        delete = Step(
            f"delete login profile of user {name}",
            partial(LoginProfileApi(self._client).delete, name),
        )
        known_as = {"user_name": name}
        return Plan(name, current, None, [delete] if current else [], known_as=known_as)


def _problems(options: Options) -> list[str]:
    return format_problems("login profile", options, FORMATS)

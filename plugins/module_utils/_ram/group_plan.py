# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How user groups should be: reads and decides, and writes nothing."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from functools import partial

from .._cloud.errors import NotFoundError
from .._work.plan import Plan, Step, changed_fields
from .._work.pool import both, map_all
from .._work.wanted import format_problems, list_problems, refuse_all, refuse_bad_items
from .attaching import attaching
from .cases import find_cases
from .group import Group, GroupApi
from .guard import Guard
from .names import COMMENTS, GROUP_NAME, USER_NAME, is_name
from .policy import A_POLICY, is_policy, look_up_policies
from .quotas import Quotas
from .removal import removal_steps
from .sets import Ways, items_named, plan_set, wish_of
from .user import unknown_users

if t.TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from .._cloud.client import Client
    from .cases import Case
    from .policy import WantedPolicies

    Options = dict[str, t.Any]

FORMATS = {"name": GROUP_NAME, "new_name": GROUP_NAME, "comments": COMMENTS}


def plan_groups(
    client: Client,
    wanted: Sequence[Options],
    concurrency: int,
    new_policies: Collection[str] = (),
) -> list[Plan[Group]]:
    """Return a plan for each group of `wanted`, in order.

    `new_policies` count as policies although nobody has created them yet.
    Raises InputError if what is asked of any of them is impossible, so that nothing is done for the
    others.
    """
    refuse_bad_items("group", wanted, _problems)
    present = [options for options in wanted if options["state"] == "present"]

    def look_up(in_flight: int) -> WantedPolicies:
        named = items_named(present, "policies")
        policies, problems = look_up_policies(client, named, in_flight, new_policies)
        problems += unknown_users(client, items_named(present, "users"), in_flight)
        refuse_all(problems)
        return policies

    policies, cases = both(
        look_up, lambda: find_cases(client, GroupApi(client), "group", wanted), concurrency
    )
    return map_all(_Planner(client, policies).plan, cases, concurrency)


class _Planner:
    """Plans one group at a time."""

    def __init__(self, client: Client, policies: WantedPolicies) -> None:
        self._policies = policies
        self._groups = GroupApi(client)
        self._guard = Guard(client)
        self._quotas = Quotas(client)

    def plan(self, case: Case[Group]) -> Plan[Group]:
        """Return the plan for one group."""
        if case.is_absent:
            return self._plan_absent(case)
        try:
            return self._plan_present(case)
        except NotFoundError:
            # It was there a moment ago.
            return self._plan_present(replace(case, current=None))

    def _plan_present(self, case: Case[Group]) -> Plan[Group]:
        plan = self._plan_attributes(case)
        name = case.current.name if case.current else None
        if users := wish_of(case.options, "users", str):
            members = self._groups.list_users(name) if name else ()
            leaving = users.surplus(members)
            self._guard.refuse_leaving(str(name), leaving, "take users from")
            plan_set(plan, users, members, self._joining(plan.name))
        if policies := wish_of(case.options, "policies", self._policies.__getitem__):
            attached = self._groups.list_policies(name) if name else ()
            if policies.surplus(attached):
                self._guard.refuse_group(str(name), "take policies from")
            ways = attaching("group", plan.name, self._groups, self._quotas)
            plan_set(plan, policies, attached, ways)
        return plan

    def _plan_attributes(self, case: Case[Group]) -> Plan[Group]:
        current, name, comments = case.current, case.name, case.options["comments"]
        given = {} if comments is None else {"comments": comments}
        if current is None:
            group = Group(group_name=name, **given)
            create = Step(f"create group {name}", partial(self._groups.create, group))
            return Plan(name, None, group, [create])
        changes = changed_fields(current, {"group_name": name, **given})
        plan = Plan(name, current, replace(current, **changes))
        if changes:
            doing = f"update {', '.join(sorted(changes))} of group {current.group_name}"
            plan.steps.append(Step(doing, lambda: self._update(plan, current, changes)))
        return plan

    def _update(
        self, plan: Plan[Group], current: Group, changes: dict[str, str]
    ) -> dict[str, t.Any]:
        stored = self._groups.update(current, changes)
        # No documentation says that an empty text clears the comments.
        if changes.get("comments") == "" and stored["comments"]:
            plan.warnings.append(
                f"The API keeps the comments of group {plan.name}: no text clears them"
            )
        return stored

    def _joining(self, name: str) -> Ways[str]:
        groups = self._groups
        return Ways(
            f"group {name}",
            "users",
            lambda user: Step(
                f"add user {user} to group {name}", partial(groups.add_user, name, user)
            ),
            lambda user: Step(
                f"remove user {user} from group {name}", partial(groups.remove_user, name, user)
            ),
            self._quotas,
            lambda _user: ("users", ""),
        )

    def _plan_absent(self, case: Case[Group]) -> Plan[Group]:
        name, current = case.options["name"], case.current
        gone: Plan[Group] = Plan(name, None, None, known_as={"group_name": name})
        if current is None:
            return gone
        try:
            blockers = self._what_blocks_deletion(name)
        except NotFoundError:
            return gone
        self._guard.refuse_group(name, "delete")
        delete = Step(f"delete group {name}", partial(self._groups.delete, name))
        steps = removal_steps(f"group {name}", blockers, delete, force=case.options["force"])
        before = replace(current, goes_with_it=tuple(what for what, _step in blockers))
        return Plan(name, before, None, steps)

    def _what_blocks_deletion(self, name: str) -> list[tuple[str, Step]]:
        """Return the members and the policies, with the step that removes each."""
        groups = self._groups
        found = [
            (f"member {user}", partial(groups.remove_user, name, user))
            for user in groups.list_users(name)
        ]
        found += [
            (f"policy {policy}", partial(groups.detach_policy, name, policy))
            for policy in groups.list_policies(name)
        ]
        return [(what, Step(f"remove {what} of group {name}", run)) for what, run in found]


def _problems(options: Options) -> list[str]:
    found = format_problems("group", options, FORMATS)
    if options["name"] is not None:
        found += list_problems("group", options, "users", is_name, USER_NAME[1])
        found += list_problems("group", options, "policies", is_policy, A_POLICY)
    return found

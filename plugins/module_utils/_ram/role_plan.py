# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How roles should be: reads and decides, and writes nothing."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from functools import partial

from .._cloud.errors import InputError
from .._work.plan import Plan, Step, changed_fields
from .._work.pool import map_all
from .._work.wanted import format_problems, list_problems, refuse_all, refuse_bad_items
from .attaching import attaching
from .cases import find_cases
from .documents import document_problems, parse_document
from .guard import Guard
from .names import DESCRIPTION, ROLE_NAME
from .policy import A_POLICY, PolicyApi, is_policy, look_up_policies
from .quotas import Quotas
from .removal import removal_steps
from .role import API_NAMES, SESSION_DURATIONS, Role, RoleApi
from .sets import items_named, plan_set, read_sets, wish_of, wishes_in
from .tag_api import TagApi
from .tags import plan_tags, tag_problems, tag_wish_of

if t.TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from .._cloud.client import Client
    from .cases import Case
    from .policy import Policy, WantedPolicies
    from .sets import Wish

    Options = dict[str, t.Any]

FORMATS = {"name": ROLE_NAME, "description": DESCRIPTION}


def plan_roles(
    client: Client,
    wanted: Sequence[Options],
    concurrency: int,
    new_policies: Collection[str] = (),
) -> list[Plan[Role]]:
    """Return a plan for each role of `wanted`, in order.

    `new_policies` count as policies although nobody has created them yet.
    Raises InputError if what is asked of any of them is impossible, so that nothing is done for the
    others.
    """
    refuse_bad_items("role", wanted, _problems)
    present = [options for options in wanted if options["state"] == "present"]
    named = items_named(present, "policies")
    policies, problems = look_up_policies(client, named, concurrency, new_policies)
    refuse_all(problems)
    cases = find_cases(client, RoleApi(client), "role", wanted)
    planner = _Planner(client, cases, policies, concurrency)
    return map_all(planner.plan, cases, concurrency)


class _Planner:
    """Plans one role at a time, from what was read once for all of them."""

    def __init__(
        self,
        client: Client,
        cases: Sequence[Case[Role]],
        policies: WantedPolicies,
        concurrency: int,
    ) -> None:
        self._client = client
        self._roles = RoleApi(client)
        self._guard = Guard(client)
        self._quotas = Quotas(client)
        self._tags = TagApi(client, "role")
        self._policies = policies
        existing = {case.current.name: case.options for case in cases if case.current}
        self._attached = read_sets(
            wishes_in(existing, self._attachments),
            of_owner=self._roles.list_policies,
            of_member=lambda policy: PolicyApi(client).list_holders(policy).roles,
            concurrency=concurrency,
        )
        tagged = [name for name, options in existing.items() if tag_wish_of(options)]
        self._known_tags = self._tags.read(tagged, concurrency)

    def plan(self, case: Case[Role]) -> Plan[Role]:
        """Return the plan for one role."""
        current = case.current
        if current and current.trust_policy is None:
            # A listing has no trust policies; it was there a moment ago.
            current = self._roles.find(current.name)
        if current is None:
            return self._plan_new(case.options)
        if case.is_absent:
            plan = self._plan_removal(case.options, current)
        else:
            plan = self._plan_changes(case.options, current)
        if plan.steps and current.is_service_linked_role:
            raise InputError(
                f"Cannot change or delete role {current.name}: it is service-linked, so that only "
                "the service that it belongs to may"
            )
        return plan

    def _attachments(self, options: Options) -> Wish[Policy] | None:
        return wish_of(options, "policies", self._policies.__getitem__)

    def _plan_new(self, options: Options) -> Plan[Role]:
        name, wish = options["name"], tag_wish_of(options)
        if options["state"] == "absent":
            return Plan(name, None, None, known_as={"role_name": name})
        given = _given(options)
        if "trust_policy" not in given:
            raise InputError(f"There is no role {name}, and to create it takes a trust_policy")
        role = Role(
            role_name=name,
            arn=f"acs:ram::{self._client.identity.account_id}:role/{name}",
            is_service_linked_role=False,
            tags=wish.result({}) if wish else None,
            **given,
        )
        plan: Plan[Role] = Plan(name, None, role)
        create = partial(self._roles.create, role)
        plan.steps.append(Step(f"create role {name}", lambda: _as_asked(plan, given, create())))
        self._plan_policies(plan, options)
        return plan

    def _plan_changes(self, options: Options, current: Role) -> Plan[Role]:
        changes = changed_fields(current, _given(options))
        plan = Plan(current.name, current, replace(current, **changes))
        if "trust_policy" in changes:
            self._guard.refuse_role(current.name, "change the trust policy of")
        if changes:
            update = partial(self._roles.update, current.name, changes)
            doing = f"update {', '.join(sorted(changes))} of role {current.name}"
            plan.steps.append(Step(doing, lambda: _as_asked(plan, changes, update())))
        self._plan_policies(plan, options)
        if wish := tag_wish_of(options):
            plan_tags(plan, wish, self._known_tags.get(current.name, {}), self._tags)
        return plan

    def _plan_policies(self, plan: Plan[Role], options: Options) -> None:
        wish = self._attachments(options)
        if wish is None:
            return
        attached = (self._attached.get(plan.name) if plan.before else None) or ()
        if wish.surplus(attached):
            self._guard.refuse_role(plan.name, "take policies from")
        plan_set(plan, wish, attached, attaching("role", plan.name, self._roles, self._quotas))

    def _plan_removal(self, options: Options, current: Role) -> Plan[Role]:
        name, roles = current.name, self._roles
        delete = Step(f"delete role {name}", partial(roles.delete, name))
        if current.is_service_linked_role:
            return Plan(name, current, None, [delete])
        self._guard.refuse_role(name, "delete")
        policies = attaching("role", name, roles, self._quotas)
        blockers = [
            (f"policy {policy}", policies.remove(policy)) for policy in roles.list_policies(name)
        ]
        steps = removal_steps(f"role {name}", blockers, delete, force=options["force"])
        before = replace(current, goes_with_it=tuple(what for what, _step in blockers))
        return Plan(name, before, None, steps)


def _as_asked(plan: Plan[Role], asked: Options, stored: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return what is stored, and have the task tell what the API keeps otherwise than asked."""
    kept = [name for name, value in asked.items() if stored.get(name, value) != value]
    if kept:
        plan.warnings.append(f"The API keeps another {' and '.join(kept)} than the task asks for")
    return stored


def _given(options: Options) -> dict[str, t.Any]:
    """Return the fields that the task describes."""
    given = {name: options[name] for name in API_NAMES if options[name] is not None}
    if "trust_policy" in given:
        given["trust_policy"] = parse_document(given["trust_policy"])
    return given


def _problems(options: Options) -> list[str]:
    found = format_problems("role", options, FORMATS)
    name, trust, duration = (options[k] for k in ("name", "trust_policy", "max_session_duration"))
    if name is None:
        return found
    if trust is not None:
        problems = document_problems(trust, "Principal")
        found += [f"trust_policy of role {name} {problem}" for problem in problems]
    shortest, longest = SESSION_DURATIONS
    if duration is not None and not shortest <= duration <= longest:
        found.append(
            f"max_session_duration of role {name} must be {shortest} to {longest} seconds, not "
            f"{duration}"
        )
    found += list_problems("role", options, "policies", is_policy, A_POLICY)
    return found + tag_problems("role", options)

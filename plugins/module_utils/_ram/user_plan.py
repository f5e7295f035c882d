# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How RAM users should be: reads and decides, and writes nothing."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from functools import partial

from .._cloud.errors import NotFoundError
from .._work.plan import Plan, Step, changed_fields
from .._work.pool import both, map_all
from .._work.wanted import format_problems, list_problems, refuse_all, refuse_bad_items
from .access_key import AccessKeyApi
from .attaching import attaching
from .cases import find_cases
from .group import GroupApi, unknown_groups
from .guard import Guard
from .login_profile import LoginProfileApi
from .mfa_device import MfaDeviceApi
from .names import COMMENTS, GROUP_NAME, USER_NAME, is_name
from .policy import A_POLICY, PolicyApi, is_policy, look_up_policies
from .quotas import Quotas
from .removal import removal_steps
from .sets import Ways, Wish, items_named, plan_set, read_sets, wish_of, wishes_in
from .tags import tag_problems, tag_wish_of
from .user import ATTRIBUTES, CHINA_SITE_ATTRIBUTES, User, UserApi
from .user_tags import LONGEST_VALUE, UserTagApi, tag_steps

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from .._cloud.client import Client
    from .cases import Case
    from .policy import Policy, WantedPolicies
    from .sets import Sets
    from .tags import TagWish

    Options = dict[str, t.Any]

_T = t.TypeVar("_T")

# As RAM documents them; an empty value clears an attribute.
FORMATS = {
    "name": USER_NAME,
    "new_name": USER_NAME,
    # Which characters it may have is documented no longer, so that is left to the API.
    "display_name": (r".{0,128}", "one line of at most 128 characters"),
    "mobile_phone": (r"([0-9]{1,4}-[0-9]{4,20})?", "<country code>-<number>, as in 86-18600008888"),
    "email": (r"([^@\s]+@[^@\s.]+\.[^@\s]+)?", "an e-mail address"),
    "comments": COMMENTS,
}


def plan_users(
    client: Client,
    wanted: Sequence[Options],
    concurrency: int,
    new_groups: Collection[str] = (),
    new_policies: Collection[str] = (),
) -> list[Plan[User]]:
    """Return a plan for each user of `wanted`, in order.

    `new_groups` count as groups without members although nobody has created them yet, and so do
    `new_policies` as custom policies that nobody has.
    Raises InputError if what is asked of any of them is impossible, so that nothing is done for the
    others.
    """
    refuse_bad_items("user", wanted, _problems)
    present = [options for options in wanted if options["state"] == "present"]

    def look_up(in_flight: int) -> WantedPolicies:
        named = items_named(present, "policies")
        policies, problems = look_up_policies(client, named, in_flight, new_policies)
        groups = set(items_named(present, "groups")) - set(new_groups)
        problems += unknown_groups(client, groups, in_flight)
        refuse_all(problems)
        return policies

    policies, cases = both(
        look_up, lambda: find_cases(client, UserApi(client), "user", wanted), concurrency
    )
    planner = _Planner(client, cases, policies, concurrency)
    return map_all(planner.plan, cases, concurrency)


class _Planner:
    """Plans one user at a time, from what was read once for all of them."""

    def __init__(
        self,
        client: Client,
        cases: Sequence[Case[User]],
        policies: WantedPolicies,
        concurrency: int,
    ) -> None:
        self._client = client
        self._users = UserApi(client)
        self._groups = GroupApi(client)
        self._guard = Guard(client)
        self._quotas = Quotas(client)
        self._policies = policies
        existing = {case.current.name: case.options for case in cases if case.current}
        self._memberships = read_sets(
            wishes_in(existing, lambda options: wish_of(options, "groups", str)),
            of_owner=self._users.list_groups,
            of_member=self._groups.list_users,
            concurrency=concurrency,
        )
        self._attached = read_sets(
            wishes_in(existing, self._attachments),
            of_owner=self._users.list_policies,
            of_member=PolicyApi(client).list_users,
            concurrency=concurrency,
        )
        self._tag_api = UserTagApi(client)
        tagged = [str(c.current.user_id) for c in cases if c.current and tag_wish_of(c.options)]
        self._tags = self._tag_api.read(tagged, concurrency)

    def plan(self, case: Case[User]) -> Plan[User]:
        """Return the plan for one user."""
        if case.is_absent:
            return self._plan_absent(case)
        if case.current and self._is_gone(case.current.name):
            case = replace(case, current=None)
        plan = self._plan_attributes(case)
        if groups := wish_of(case.options, "groups", str):
            self._plan_set(plan, groups, self._memberships, self._joining(plan.name))
        if policies := self._attachments(case.options):
            ways = attaching("user", plan.name, self._users, self._quotas)
            self._plan_set(plan, policies, self._attached, ways)
        if tags := tag_wish_of(case.options):
            self._plan_tags(plan, tags)
        return plan

    def _attachments(self, options: Options) -> Wish[Policy] | None:
        return wish_of(options, "policies", self._policies.__getitem__)

    def _is_gone(self, name: str) -> bool:
        return None in (self._memberships.get(name, ()), self._attached.get(name, ()))

    def _plan_attributes(self, case: Case[User]) -> Plan[User]:
        options, current, name = case.options, case.current, case.name
        given = {key: options[key] for key in ATTRIBUTES if options[key] is not None}
        if current is None:
            plan = Plan(name, None, User(user_name=name, **given))
            plan.steps.append(Step(f"create user {name}", lambda: self._create(plan, given)))
            return plan
        changes = changed_fields(current, {"user_name": name, **given})
        plan = Plan(name, current, replace(current, **changes))
        if changes:
            doing = f"update {', '.join(sorted(changes))} of user {current.user_name}"
            plan.steps.append(Step(doing, lambda: self._update(plan, current, changes)))
        return plan

    def _create(self, plan: Plan[User], given: dict[str, str]) -> dict[str, t.Any]:
        stored = self._users.create(t.cast("User", plan.after))
        _warn_of_dropped(plan, given, stored)
        return stored

    def _update(self, plan: Plan[User], current: User, changes: dict[str, str]) -> dict[str, t.Any]:
        stored = self._users.update(current, changes)
        _warn_of_dropped(plan, changes, stored)
        return stored

    def _plan_set(self, plan: Plan[User], wish: Wish[_T], known: Sets[_T], ways: Ways[_T]) -> None:
        current = known.get(plan.before.user_name) if plan.before else None
        if plan.before and wish.surplus(current or ()):
            user = plan.before
            self._guard.refuse_user(user.user_name, user.user_id, f"take {ways.aspect} from")
        plan_set(plan, wish, current or (), ways)

    def _plan_tags(self, plan: Plan[User], wish: TagWish) -> None:
        current = self._tags[str(plan.before.user_id)] if plan.before else {}
        if plan.before:
            plan.before = replace(plan.before, tags=current)
        plan.after = replace(t.cast("User", plan.after), tags=wish.result(current))
        plan.shared += tag_steps(self._tag_api, plan.name, wish, current)

    def _joining(self, name: str) -> Ways[str]:
        groups = self._groups
        return Ways(
            f"user {name}",
            "groups",
            lambda group: Step(
                f"add user {name} to group {group}", partial(groups.add_user, group, name)
            ),
            lambda group: Step(
                f"remove user {name} from group {group}", partial(groups.remove_user, group, name)
            ),
            self._quotas,
            lambda _group: ("groups", "GroupsPerUserQuota"),
        )

    def _plan_absent(self, case: Case[User]) -> Plan[User]:
        name, current = case.options["name"], case.current
        gone: Plan[User] = Plan(name, None, None, known_as={"user_name": name})
        if current is None:
            return gone
        self._guard.refuse_user(current.user_name, current.user_id, "delete")
        try:
            blockers = self._what_blocks_deletion(name)
        except NotFoundError:
            return gone
        delete = Step(f"delete user {name}", partial(self._users.delete, name))
        steps = removal_steps(f"user {name}", blockers, delete, force=case.options["force"])
        before = replace(current, goes_with_it=tuple(what for what, _step in blockers))
        return Plan(name, before, None, steps)

    def _what_blocks_deletion(self, name: str) -> list[tuple[str, Step]]:
        """Return what the user has, with the step that removes it.

        Keys and the console login come first: whatever fails later, the user is locked out by then.
        """
        users, groups, keys = self._users, self._groups, AccessKeyApi(self._client, name)
        profiles, devices = LoginProfileApi(self._client), MfaDeviceApi(self._client)
        found: list[tuple[str, Callable[[], None]]] = [
            (f"AccessKey {key.access_key_id}", partial(keys.delete, str(key.access_key_id)))
            for key in keys.list_keys()
        ]
        if profiles.find(name):
            found.append(("login profile", partial(profiles.delete, name)))
        found += [
            (f"group {group}", partial(groups.remove_user, group, name))
            for group in users.list_groups(name)
        ]
        found += [
            (f"policy {policy}", partial(users.detach_policy, name, policy))
            for policy in users.list_policies(name)
        ]
        if device := devices.find(name):
            found.append(("MFA device", partial(devices.remove, device)))
        return [(what, Step(f"remove {what} of user {name}", run)) for what, run in found]


def _warn_of_dropped(plan: Plan[User], sent: dict[str, str], stored: dict[str, t.Any]) -> None:
    dropped = [key for key in CHINA_SITE_ATTRIBUTES if sent.get(key) and not stored[key]]
    if dropped:
        plan.warnings.append(f"The site of this account does not store {' and '.join(dropped)}")


def _problems(options: Options) -> list[str]:
    found = format_problems("user", options, FORMATS)
    if options["name"] is not None:
        found += list_problems("user", options, "groups", is_name, GROUP_NAME[1])
        found += list_problems("user", options, "policies", is_policy, A_POLICY)
        found += tag_problems("user", options, LONGEST_VALUE)
    return found

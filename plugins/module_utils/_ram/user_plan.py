# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How RAM users should be: reads and decides, and writes nothing."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, replace

from .._cloud.errors import InputError, ProblemsError
from .._work.plan import Plan, Step
from .._work.pool import map_all
from .access_key import AccessKeyApi
from .user import (
    ATTRIBUTES,
    CHINA_SITE_ATTRIBUTES,
    GROUP_NAME,
    USER_NAME,
    Policy,
    User,
    UserApi,
    repeated_names,
)

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .._cloud.client import Client

    Options = dict[str, t.Any]

POLICY_TYPES = ("System", "Custom")
# As RAM documents them; an empty value clears an attribute.
FORMATS = {
    "name": USER_NAME,
    "new_name": USER_NAME,
    # Which characters it may have is documented no longer, so that is left to the API.
    "display_name": (r".{0,128}", "one line of at most 128 characters"),
    "mobile_phone": (r"([0-9]{1,4}-[0-9]{4,20})?", "<country code>-<number>, as in 86-18600008888"),
    "email": (r"([^@\s]+@[^@\s.]+\.[^@\s]+)?", "an e-mail address"),
    "comments": (r"(?s:.{0,128})", "at most 128 characters"),
}


def plan_users(client: Client, wanted: Sequence[Options], concurrency: int) -> list[Plan[User]]:
    """Return a plan for each user of `wanted`, in order.

    Raises InputError if what is asked of any of them is impossible, so that nothing is done for the
    others.
    """
    refuse_bad_users(wanted)
    users = UserApi(client)
    present = [options for options in wanted if options["state"] == "present"]
    policies = _look_up_policies(users, present, concurrency)
    _refuse_unknown_groups(users, present, concurrency)
    names = [name for options in wanted for name in _names(options)]
    planner = _Planner(client, users.find_many(names) if names else {}, policies)
    return map_all(planner.plan, wanted, concurrency)


@dataclass(frozen=True)
class _Members:
    """A set that belongs to a user: what is in it, what should be, and how that changes."""

    aspect: str
    current: tuple[t.Any, ...]
    wanted: set[t.Any]
    add: Callable[[t.Any], Step]
    remove: Callable[[t.Any], Step]


class _Planner:
    """Plans one user at a time, from what was read once for all of them."""

    def __init__(
        self, client: Client, known: dict[str, User], policies: dict[tuple[str, str | None], Policy]
    ) -> None:
        self._client = client
        self._users = UserApi(client)
        self._known = known
        self._policies = policies

    def plan(self, options: Options) -> Plan[User]:
        """Return the plan for one user."""
        found = [self._known[name] for name in _names(options) if name in self._known]
        if len(found) > 1:
            raise InputError(
                f"Cannot rename user {options['name']} to {options['new_name']}: both exist"
            )
        current = found[0] if found else None
        if options["state"] == "absent":
            return self._plan_absent(options, current)
        plan = self._plan_attributes(options, current)
        if options["groups"] is not None:
            self._plan_groups(options, plan)
        if options["policies"] is not None:
            self._plan_policies(options, plan)
        return plan

    def _plan_attributes(self, options: Options, current: User | None) -> Plan[User]:
        given = {key: options[key] for key in ATTRIBUTES if options[key] is not None}
        name = options["new_name"] or (current.user_name if current else options["name"])
        if current is None:
            plan = Plan(name, None, User(user_name=name, **given))
            plan.steps.append(Step(f"create user {name}", lambda: self._create(plan, given)))
            return plan
        wanted = {"user_name": name, **given}
        changes = {key: value for key, value in wanted.items() if getattr(current, key) != value}
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

    def _plan_groups(self, options: Options, plan: Plan[User]) -> None:
        users, name = self._users, plan.name
        members = _Members(
            aspect="groups",
            current=users.list_groups(plan.before.user_name) if plan.before else (),
            wanted=set(options["groups"]),
            add=lambda group: Step(
                f"add user {name} to group {group}", _bound(users.add_to_group, name, group)
            ),
            remove=lambda group: Step(
                f"remove user {name} from group {group}",
                _bound(users.remove_from_group, name, group),
            ),
        )
        self._plan_members(plan, members, purge=options["purge_groups"])

    def _plan_policies(self, options: Options, plan: Plan[User]) -> None:
        users, name = self._users, plan.name
        members = _Members(
            aspect="policies",
            current=users.list_policies(plan.before.user_name) if plan.before else (),
            wanted={self._policies[_policy_key(item)] for item in options["policies"]},
            add=lambda policy: Step(
                f"attach policy {policy} to user {name}", _bound(users.attach_policy, name, policy)
            ),
            remove=lambda policy: Step(
                f"detach policy {policy} from user {name}",
                _bound(users.detach_policy, name, policy),
            ),
        )
        self._plan_members(plan, members, purge=options["purge_policies"])

    def _plan_members(self, plan: Plan[User], members: _Members, *, purge: bool) -> None:
        """Plan the differences of a set: additions first, removals only if purging."""
        current, wanted = set(members.current), members.wanted
        surplus = current - wanted if purge else set()
        if surplus and plan.before:
            self._refuse_signer(plan.before, f"take {members.aspect} from")
        plan.steps += [members.add(item) for item in sorted(wanted - current)]
        plan.steps += [members.remove(item) for item in sorted(surplus)]
        after = tuple(sorted((current | wanted) - surplus))
        if plan.before:
            plan.before = _with(plan.before, members.aspect, members.current)
        plan.after = _with(t.cast("User", plan.after), members.aspect, after)

    def _plan_absent(self, options: Options, current: User | None) -> Plan[User]:
        name = options["name"]
        if current is None:
            return Plan(name, None, None, known_as={"user_name": name})
        self._refuse_signer(current, "delete")
        blockers = self._what_blocks_deletion(name)
        if blockers and not options["force"]:
            raise InputError(
                f"Cannot delete user {name}, which still has "
                f"{', '.join(what for what, _step in blockers)}. "
                "Say force: true to remove these too"
            )
        delete = Step(f"delete user {name}", lambda: self._users.delete(name))
        return Plan(name, current, None, [*(step for _what, step in blockers), delete])

    def _what_blocks_deletion(self, name: str) -> list[tuple[str, Step]]:
        """Return what the user has, with the step that removes it.

        Keys and the console login come first: whatever fails later, the user is locked out by then.
        """
        users, keys = self._users, AccessKeyApi(self._client, name)
        found: list[tuple[str, Callable[[], None]]] = [
            (f"AccessKey {key.access_key_id}", _bound(keys.delete, key.access_key_id))
            for key in keys.list_keys()
        ]
        if users.find_login_profile(name):
            found.append(("login profile", lambda: users.delete_login_profile(name)))
        found += [
            (f"group {group}", _bound(users.remove_from_group, name, group))
            for group in users.list_groups(name)
        ]
        found += [
            (f"policy {policy}", _bound(users.detach_policy, name, policy))
            for policy in users.list_policies(name)
        ]
        if users.find_mfa_device(name):
            found.append(("MFA device", lambda: users.unbind_mfa_device(name)))
        return [(what, Step(f"remove {what} of user {name}", run)) for what, run in found]

    def _refuse_signer(self, user: User, verb: str) -> None:
        if any(signer.ram_user_id == user.user_id for signer in self._client.signers):
            raise InputError(
                f"Refusing to {verb} user {user.user_name}: this run signs with a key of that user"
            )


def _warn_of_dropped(plan: Plan[User], sent: dict[str, str], stored: dict[str, t.Any]) -> None:
    dropped = [key for key in CHINA_SITE_ATTRIBUTES if sent.get(key) and not stored[key]]
    if dropped:
        plan.warnings.append(
            f"The site of this account does not store {' and '.join(dropped)} (user {plan.name})"
        )


def _with(user: User, aspect: str, value: tuple[t.Any, ...]) -> User:
    changes: dict[str, t.Any] = {aspect: value}
    return replace(user, **changes)


def _bound(function: Callable[..., None], *arguments: t.Any) -> Callable[[], None]:
    return lambda: function(*arguments)


def _names(options: Options) -> list[str]:
    names = (options["name"], options["new_name"])
    return list(dict.fromkeys(name for name in names if name is not None))


def refuse_bad_users(wanted: Sequence[Options]) -> None:
    """Raise InputError naming all that is wrong with the descriptions in themselves."""
    problems = [problem for options in wanted for problem in _problems(options)]
    # A user may be renamed to its own name in another case.
    counts = repeated_names(
        name
        for options in wanted
        for name in {name.lower(): name for name in _names(options)}.values()
    )
    problems += [f"user {name} is described {n} times" for name, n in counts.items()]
    if problems:
        raise ProblemsError(problems, introduction="Bad input, nothing was changed: ")


def _problems(options: Options) -> list[str]:
    name = options["name"]
    if name is None:
        return ["a user has no name"]
    found = [
        f"{key} of user {name!r} must be {described}, not {options[key]!r}"
        for key, (pattern, described) in FORMATS.items()
        if options[key] is not None and not re.fullmatch(pattern, options[key])
    ]
    if options["state"] == "absent" and options["new_name"]:
        found.append(f"user {name} can't be renamed and absent")
    found += [
        f"a group of user {name} must be {GROUP_NAME[1]}, not {group!r}"
        for group in options["groups"] or []
        if not re.fullmatch(GROUP_NAME[0], group)
    ]
    found += [
        f"a policy of user {name} must be a name, or {{name, type}} with type System or Custom, "
        f"not {policy!r}"
        for policy in options["policies"] or []
        if not _is_policy(policy)
    ]
    return found


def _is_policy(item: t.Any) -> bool:
    if isinstance(item, dict):
        is_whole = item.keys() == {"name", "type"}
        return is_whole and _is_name(item["name"]) and item["type"] in POLICY_TYPES
    return _is_name(item)


def _is_name(item: t.Any) -> bool:
    return isinstance(item, str) and bool(item)


def _policy_key(item: str | dict[str, str]) -> tuple[str, str | None]:
    return (item, None) if isinstance(item, str) else (item["name"], item["type"])


def _look_up_policies(
    users: UserApi, wanted: Sequence[Options], concurrency: int
) -> dict[tuple[str, str | None], Policy]:
    """Return the policy that each wanted name stands for; InputError unless there is just one."""
    keys = sorted(
        {_policy_key(item) for options in wanted for item in options["policies"] or []},
        key=str,
    )

    def look_up(key: tuple[str, str | None]) -> Policy:
        name, policy_type = key
        candidates = [
            Policy(name, kind) for kind in ([policy_type] if policy_type else POLICY_TYPES)
        ]
        existing = [policy for policy in candidates if users.policy_exists(policy)]
        if not existing:
            shown = f"{name} ({policy_type})" if policy_type else name
            raise InputError(f"There is no policy {shown}")
        if len(existing) > 1:
            raise InputError(
                f"Policy {name} exists as System and as Custom: say which, as "
                f"{{name: {name}, type: System}}"
            )
        return existing[0]

    return dict(zip(keys, map_all(look_up, keys, concurrency), strict=True))


def _refuse_unknown_groups(users: UserApi, wanted: Sequence[Options], concurrency: int) -> None:
    groups = sorted({group for options in wanted for group in options["groups"] or []})
    exist = map_all(users.group_exists, groups, concurrency)
    unknown = [group for group, exists in zip(groups, exist, strict=True) if not exists]
    if unknown:
        raise InputError(f"There is no group {', '.join(unknown)}")

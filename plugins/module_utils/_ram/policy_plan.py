# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How policies should be: reads and decides, and writes nothing."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from functools import partial

from .._cloud.errors import InputError, RamError
from .._work.patience import found_patiently
from .._work.plan import Plan, Step, changed_fields
from .._work.pool import map_all
from .._work.wanted import format_problems, refuse_bad_items
from .cases import find_cases
from .documents import LONGEST_DOCUMENT, document_problems, parse_document
from .group import GroupApi
from .guard import Guard
from .managed_policy import CUSTOM, FIRST_VERSION, SYSTEM, ManagedPolicy, ManagedPolicyApi
from .names import DESCRIPTION, POLICY_NAME
from .policy import Policy, PolicyApi
from .quotas import Quotas
from .removal import removal_steps
from .role import RoleApi
from .tag_api import TagApi
from .tags import plan_tags, tag_problems, tag_wish_of
from .user import UserApi

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from .._cloud.client import Client
    from .cases import Case
    from .documents import Document
    from .managed_policy import Version
    from .policy import Holders

    Options = dict[str, t.Any]

FORMATS = {"name": POLICY_NAME, "description": DESCRIPTION}
# As documented, for who may not read the quotas of the account.
MOST_VERSIONS = 5
NO_ROTATION = "none"
ALLOWS_EVERYTHING = "The document allows all actions on all resources, as an administrator has them"


def plan_policies(
    client: Client, wanted: Sequence[Options], concurrency: int
) -> list[Plan[ManagedPolicy]]:
    """Return a plan for each policy of `wanted`, in order.

    Raises InputError if what is asked of any of them is impossible, so that nothing is done for the
    others.
    """
    refuse_bad_items("policy", wanted, _problems)
    api = ManagedPolicyApi(client)
    cases = find_cases(client, api, "policy", wanted, plural="policies")
    unknown = [case.options["name"] for case in cases if case.current is None]
    systems = api.find_many(unknown, SYSTEM)
    cases = [replace(c, current=c.current or systems.get(c.options["name"])) for c in cases]
    planner = _Planner(client, cases, concurrency)
    return map_all(planner.plan, cases, concurrency)


class _Planner:
    """Plans one policy at a time, from the tags that were read once for all of them."""

    def __init__(
        self, client: Client, cases: Sequence[Case[ManagedPolicy]], concurrency: int
    ) -> None:
        self._client = client
        self._policies = ManagedPolicyApi(client)
        self._guard = Guard(client)
        self._quotas = Quotas(client)
        self._tags = TagApi(client, "policy")
        tagged = [
            case.current.name
            for case in cases
            if case.current and not case.current.is_system and tag_wish_of(case.options)
        ]
        self._known_tags = self._tags.read(tagged, concurrency)

    def plan(self, case: Case[ManagedPolicy]) -> Plan[ManagedPolicy]:
        """Return the plan for one policy."""
        current = case.current
        if current and current.document is None:
            # A listing has no documents; it was there a moment ago.
            current = self._policies.find(current.name, current.policy_type)
        if current and current.is_system:
            return _plan_system(case.options, current)
        if case.is_absent:
            return self._plan_absent(case.options, current)
        document = _document_of(case.options)
        if current:
            plan = self._plan_changes(case.options, current, document)
        else:
            plan = self._plan_new(case.options, document)
        if document and document.allows_everything:
            plan.warnings.append(ALLOWS_EVERYTHING)
        return plan

    def _plan_new(self, options: Options, document: Document | None) -> Plan[ManagedPolicy]:
        name, wish = options["name"], tag_wish_of(options)
        if document is None:
            raise InputError(f"There is no policy {name}, and to create it takes a document")
        policy = ManagedPolicy(
            policy_name=name,
            description=options["description"] or "",
            default_version=FIRST_VERSION,
            document=document,
            tags=wish.result({}) if wish else None,
        )
        create = Step(f"create policy {name}", partial(self._policies.create, policy))
        return Plan(name, None, policy, [create])

    def _plan_changes(
        self, options: Options, current: ManagedPolicy, document: Document | None
    ) -> Plan[ManagedPolicy]:
        plan = Plan(current.name, current, current)
        if document and document != current.document:
            self._plan_document(plan, current, document, options["rotate_strategy"])
        description = options["description"]
        if description is not None and description != current.description:
            plan.after = replace(t.cast("ManagedPolicy", plan.after), description=description)
            doing = f"change the description of policy {plan.name}"
            plan.steps.append(Step(doing, lambda: self._describe(plan, description)))
        if wish := tag_wish_of(options):
            plan_tags(plan, wish, self._known_tags.get(plan.name, {}), self._tags)
        return plan

    def _describe(self, plan: Plan[ManagedPolicy], description: str) -> dict[str, t.Any]:
        stored = self._policies.describe(plan.name, description)
        # No documentation says that an empty text clears the description.
        if not description and stored["description"]:
            plan.warnings.append("The API keeps the description: no text clears it")
        return stored

    def _plan_document(
        self, plan: Plan[ManagedPolicy], current: ManagedPolicy, document: Document, strategy: str
    ) -> None:
        """Let the version with this document be in force, or a new one if there is none."""
        name, api = plan.name, self._policies
        versions = api.list_versions(name)
        same = [version for version in versions if version.document == document]
        if same:
            default = same[-1].version_id
            doing = f"make {default} the default version of policy {name}"
            plan.steps.append(Step(doing, partial(api.set_default_version, name, default)))
            changes: Options = {"document": same[-1].document, "default_version": default}
        else:
            oldest = self._version_to_go(name, versions, strategy)
            doing = f"create a default version of policy {name}"
            doing += f" in place of {oldest}" if oldest else ""
            rotates = strategy != NO_ROTATION
            create = partial(api.create_version, name, document, rotates=rotates)
            plan.steps.append(Step(doing, create))
            changes = {"document": document, "default_version": None}
        plan.after = replace(current, **changes, update_date=None)
        plan.warnings += self._warnings_of_change(current)

    def _version_to_go(self, name: str, versions: Sequence[Version], strategy: str) -> str:
        """Return the version that makes room for another one, empty if none has to.

        Raises InputError if there is no room.
        """
        more = len(versions) + 1
        limit = self._quotas.limit("VersionsPerPolicyQuota", more) or MOST_VERSIONS
        if more <= limit:
            return ""
        if strategy == NO_ROTATION:
            default = next((v.version_id for v in versions if v.is_default), "none")
            raise InputError(
                f"Cannot create another version of policy {name}, which has "
                f"{', '.join(v.version_id for v in versions)} (default {default}), and RAM keeps "
                f"{limit} (LimitExceeded.Policy.Version). Say rotate_strategy: "
                "delete_oldest_non_default_version, or delete one"
            )
        return next(v.version_id for v in versions if not v.is_default)

    def _warnings_of_change(self, current: ManagedPolicy) -> list[str]:
        """Return a warning if this run itself signs by what the policy allows."""
        if not current.attachment_count:
            return []
        try:
            holders = PolicyApi(self._client).list_holders(Policy(current.name, CUSTOM))
            holder = self._guard.holder_among(holders)
        except RamError as error:
            return [f"Whether this run depends on what changes here is not known ({error})"]
        return [f"This run signs by what {holder} may do, which changes here"] if holder else []

    def _plan_absent(self, options: Options, current: ManagedPolicy | None) -> Plan[ManagedPolicy]:
        name = options["name"]
        if current is None:
            return Plan(name, None, None, known_as={"policy_name": name})
        holders = self._holders(current)
        self._guard.refuse_policy(name, holders, "delete")
        blockers = self._what_blocks_deletion(name, holders)
        delete = Step(f"delete policy {name}", partial(self._policies.delete, name))
        steps = removal_steps(f"policy {name}", blockers, delete, force=options["force"])
        before = replace(current, goes_with_it=tuple(what for what, _step in blockers))
        return Plan(name, before, None, steps)

    def _holders(self, current: ManagedPolicy) -> Holders:
        """Return who has the policy; InputError if it is also attached within resource groups."""
        api, name = self._policies, current.name
        holders = PolicyApi(self._client).list_holders(Policy(name, CUSTOM))

        def are_all() -> bool:
            found = api.find(name)
            return found is None or found.attachment_count <= holders.total

        # The count may lag behind what was detached a moment ago.
        if current.attachment_count > holders.total and not found_patiently(are_all):
            raise InputError(
                f"Cannot delete policy {name}, which has {current.attachment_count} attachments, "
                f"{holders.total} of them for the account as a whole. Those within resource groups "
                "are left alone here: detach them first"
            )
        return holders

    def _what_blocks_deletion(self, name: str, holders: Holders) -> list[tuple[str, Step]]:
        """Return what the policy is attached to, with the step that detaches it."""
        policy = Policy(name, CUSTOM)
        users, groups = UserApi(self._client), GroupApi(self._client)
        roles = RoleApi(self._client)
        kinds = (
            ("user", holders.users, users.detach_policy),
            ("group", holders.groups, groups.detach_policy),
            ("role", holders.roles, roles.detach_policy),
        )
        return [
            (f"{kind} {holder}", Step(f"detach policy {name} from {kind} {holder}", detach))
            for kind, names, detach_from in kinds
            for holder in names
            for detach in [partial(detach_from, holder, policy)]
        ]


def _plan_system(options: Options, current: ManagedPolicy) -> Plan[ManagedPolicy]:
    """Return the plan that does nothing; InputError if it would have to do something."""
    document, wish = _document_of(options), tag_wish_of(options)
    wanted: Options = {} if document is None else {"document": document}
    wanted |= {} if options["description"] is None else {"description": options["description"]}
    if options["state"] == "absent" or wish or changed_fields(current, wanted):
        raise InputError(
            f"Cannot change or delete policy {current.name}: it is one of Alibaba Cloud's own "
            "(type System), which are read only"
        )
    return Plan(current.name, current, current)


def _document_of(options: Options) -> Document | None:
    given = options["document"]
    return None if given is None else parse_document(given)


def _problems(options: Options) -> list[str]:
    found = format_problems("policy", options, FORMATS)
    name, document = options["name"], options["document"]
    if name is None:
        return found
    if document is not None:
        problems = document_problems(document, "Resource") or _size_problems(document)
        found += [f"document of policy {name} {problem}" for problem in problems]
    return found + tag_problems("policy", options)


def _size_problems(document: t.Any) -> list[str]:
    size = len(parse_document(document).text)
    if size <= LONGEST_DOCUMENT:
        return []
    return [f"has {size} characters in compact form, and RAM takes at most {LONGEST_DOCUMENT}"]

"""UpdateStack: what the new template changes is changed, in place or by replacement, one after the other.

Everything is added and changed first. What the template no longer has, and what was replaced, is deleted
after that; where such a deletion fails, the resource stays and the stack is complete all the same. When a
change fails, those before it are taken back in reverse order. AWS makes independent changes at the same time;
here they come one after the other, and how long each takes is our guess.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks.html,
using-cfn-updating-stacks-update-behaviors.html and view-stack-events.html (statuses) there;
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatereplacepolicy.html
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from scenarios.cloud.cloudformation.building import RESOURCE_SECONDS, plan_of, site_of
from scenarios.cloud.cloudformation.custom_resources import Answered, CustomResources, asked_of_provider
from scenarios.cloud.cloudformation.deletion import Remover
from scenarios.cloud.cloudformation.differences import Deed, Difference, resolved
from scenarios.cloud.cloudformation.exports import Exports
from scenarios.cloud.cloudformation.provision import (
    as_made,
    checked_properties,
    create_resource,
    refusals_named,
)
from scenarios.cloud.cloudformation.resources.custom import is_custom, kind_of
from scenarios.cloud.cloudformation.resources.kind import Kind, Order, Properties
from scenarios.cloud.cloudformation.resources.shapes import Inert
from scenarios.cloud.cloudformation.stack_policies import refusal
from scenarios.cloud.cloudformation.standing import Standing, Tell
from scenarios.cloud.cloudformation.template import Template
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.errors import InvalidTemplate
from scenarios.cloud.kernel.stack import Resource, Stack
from scenarios.cloud.setting import Setting

_REPLACES: Final = "Requested update requires the creation of a new physical resource; hence creating one."
_KEPT: Final = {"Retain", "RetainExceptOnCreate"}


@dataclass(slots=True, kw_only=True)
class Update:
    """The update of one stack. `before`: as it was; `after`: the template and parameters it is to have.

    `found`: what differs; `described`: is told when the stack is what it is to be.
    """

    setting: Setting
    standing: Standing
    caller: Caller
    before: Stack
    after: Stack
    found: Sequence[Difference]
    tell: Tell
    changed: Callable[[], None]
    described: Callable[[], None]
    exports: Exports
    policy: str = ""
    disable_rollback: bool = False
    done: dict[str, Difference] = field(default_factory=dict)
    leftover: list[Resource] = field(default_factory=list)
    _left: Sequence[Difference] = ()
    _too_many: list[Resource] = field(default_factory=list)
    _changed_now: set[str] = field(default_factory=set)
    _began_with: Stack = field(init=False)

    def goes_on_from(self, failed: "Update") -> None:
        """Make this the next try of an update that failed: what is taken back is what both have done."""
        self.before = failed.before
        self.done, self.leftover = dict(failed.done), list(failed.leftover)

    def begin(self) -> None:
        """Start with the first change, once nothing forbids any."""
        self.standing.updated = self.setting.clock.now
        self.tell(self.standing, "", "UPDATE_IN_PROGRESS", "User Initiated")
        stack, after = self.standing.stack, self.after
        self._began_with = stack
        # What the stack imports now may still be needed, and what it will import is from now on.
        self.standing.stack = replace(
            stack,
            template=after.template,
            parameters=after.parameters,
            imports={**stack.imports, **after.imports},
        )
        denied = {each.logical_id: refusal(self.policy, each) for each in self.found}
        denied = {name: why for name, why in denied.items() if why}
        for name, why in denied.items():
            self.tell(self.standing, name, "UPDATE_FAILED", why)
        if denied:
            self._give_up(f"The following resource(s) failed to update: [{', '.join(denied)}]. ")
        elif missing := self.exports.missing(after):
            self._give_up(missing)
        else:
            self._go_on([each for each in self.found if each.deed is not Deed.REMOVE])

    def roll_back(self, caller: Caller, tell: Tell) -> None:
        """Take back what it has done, in somebody's name."""
        self.caller, self.tell = caller, tell
        self._roll_back("User Initiated")

    def go_on_rolling_back(self, caller: Caller, tell: Tell, skip: Collection[str]) -> None:
        """Go on where that failed, without these resources."""
        self.caller, self.tell = caller, tell
        self.tell(self.standing, "", "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated")
        for name in skip:
            self.tell(self.standing, name, "UPDATE_COMPLETE", "")
        self._take_back([each for each in self._left if each.logical_id not in skip], self._too_many)

    # ---- forwards -------------------------------------------------------------------------------

    def _go_on(self, left: Sequence[Difference]) -> None:
        if not left:
            self._complete()
        elif left[0].perhaps and self._stays_as_it_is(left[0].logical_id):
            self._go_on(left[1:])
        else:
            self._begin(left[0])
            self._soon(partial(self._change, left[0], left[1:]))

    def _stays_as_it_is(self, name: str) -> bool:
        """Whether a custom resource told the same as before, so that nothing changes behind it."""
        now = resolved(plan_of(self.standing.stack), name, self.standing.stack.resources)
        return now == self._as_it_stands(name)

    def _begin(self, difference: Difference) -> None:
        added = difference.deed is Deed.ADD
        status = "CREATE_IN_PROGRESS" if added else "UPDATE_IN_PROGRESS"
        self.tell(self.standing, difference.logical_id, status, _REPLACES if difference.replaced else "")

    def _change(self, difference: Difference, left: Sequence[Difference]) -> None:
        try:
            if is_custom(difference.type):
                self._ask(difference, partial(self._answered, difference, left))
                return
            made = self._made(difference)
        except InvalidTemplate as refused:
            self._refused(difference, refused.why)
            return
        self._is_made(difference, made, left)

    def _refused(self, difference: Difference, why: str) -> None:
        status = "CREATE_FAILED" if difference.deed is Deed.ADD else "UPDATE_FAILED"
        self.tell(self.standing, difference.logical_id, status, why)
        self._fail(difference)

    def _ask(self, difference: Difference, done: Callable[[Answered, Mapping[str, Any]], None]) -> None:
        """Have the provider of a custom resource make or change it; raises InvalidTemplate."""
        plan = plan_of(self.standing.stack)
        order = asked_of_provider(self.setting, self.standing, self.caller, plan, difference.logical_id)
        self.setting.laws[CustomResources].ask(
            order, self.caller, lambda answered: done(answered, order.properties)
        )

    def _answered(
        self,
        difference: Difference,
        left: Sequence[Difference],
        answered: Answered,
        properties: Mapping[str, Any],
    ) -> None:
        """A custom resource of another physical id is another one; what it was goes at the end.

        One whose creation failed is asked to go, and one whose change failed to become what it was.
        """
        name = difference.logical_id
        before = self.standing.stack.resources.get(name)
        made = answered.resource(name, difference.type, properties)
        if answered.failed:
            if answered.reached and before is None:
                self.leftover.append(made)
            elif answered.reached and before is not None:
                self._has(name, replace(made, attributes=before.attributes))
                self._is_done(difference)
            self._refused(difference, answered.failed)
            return
        other = before is not None and before.physical_id != made.physical_id
        self._is_made(replace(difference, replaced=other), made, left)

    def _is_made(self, difference: Difference, made: Resource, left: Sequence[Difference]) -> None:
        name, added = difference.logical_id, difference.deed is Deed.ADD
        if difference.replaced:
            self.leftover.append(self.standing.stack.resources[name])
        self._has(name, made)
        self._changed_now.add(name)
        self._is_done(difference)
        self.tell(self.standing, name, "CREATE_COMPLETE" if added else "UPDATE_COMPLETE", "")
        self._go_on(left)

    def _is_done(self, difference: Difference) -> None:
        """Note what is to be taken back; of a second try, beside what the first has done to the resource."""
        earlier = self.done.pop(difference.logical_id, None)
        if earlier is not None:
            replaced = earlier.replaced or difference.replaced
            difference = replace(earlier, replaced=replaced)
        self.done[difference.logical_id] = difference

    def _made(self, difference: Difference) -> Resource:
        name, plan = difference.logical_id, plan_of(self.standing.stack)
        kind: Kind = kind_of(self.setting.kinds, difference.type)
        if difference.deed is Deed.MODIFY and not difference.replaced:
            return self._in_place(kind, plan, name, self.standing.stack.resources[name])
        if difference.replaced:
            self.standing.replaced[name] = self.standing.replaced.get(name, 0) + 1
        site = site_of(self.setting, self.standing, self.caller)
        return create_resource(kind, site, plan, plan.resources[name], self.standing.stack.resources)

    def _in_place(self, kind: Kind, plan: Template, name: str, before: Resource) -> Resource:
        declared, update = plan.resources[name], kind.update
        checked, inert = checked_properties(kind, plan, declared, self.standing.stack.resources)
        if update is None:
            raise AssertionError(f"{declared.type} was held to be possible")
        properties = Properties(checked)
        site = site_of(self.setting, self.standing, self.caller)
        with refusals_named(declared):
            identity = update(
                Order(site=site, logical_id=name, properties=properties), _without_inert(kind, before)
            )
        return as_made(declared, identity, properties, inert)

    def _complete(self) -> None:
        stack = self.standing.stack
        plan = plan_of(stack)
        try:
            outputs, exports = plan.outputs(stack.resources), plan.exports(stack.resources)
        except InvalidTemplate as refused:
            self._give_up(f"{refused} ")
            return
        if why := self.exports.refusal(self.standing, outputs, exports):
            self._give_up(why)
            return
        self.described()
        self.standing.stack = replace(
            self.standing.stack, outputs=outputs, exports=exports, imports=self.after.imports
        )
        self._is_settled()
        self.changed()
        self.tell(self.standing, "", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "")
        removed = [stack.resources[each.logical_id] for each in self.found if each.deed is Deed.REMOVE]
        self._clean_up([*reversed(self.leftover), *removed], "UPDATE_COMPLETE")

    # ---- backwards ------------------------------------------------------------------------------

    def _fail(self, difference: Difference) -> None:
        name = difference.logical_id
        what = "create" if difference.deed is Deed.ADD else "update"
        why = f"The following resource(s) failed to {what}: [{name}]. "
        if difference.deed is Deed.ADD:
            del self.standing.resources[name]
        self._give_up(why)

    def _give_up(self, why: str) -> None:
        if not self.disable_rollback:
            self._roll_back(why)
            return
        undone = [each for each in self.found if each.deed is not Deed.ADD]
        self.standing.unchanged = {
            each.logical_id: self._as_it_stands(each.logical_id)
            for each in undone
            if each.logical_id not in self._changed_now
        }
        self.standing.update = self
        self.tell(self.standing, "", "UPDATE_FAILED", why)

    def _as_it_stands(self, name: str) -> Mapping[str, Any]:
        """The properties of a resource that this update has not come to."""
        known = self.standing.unchanged.get(name)
        stack = self._began_with
        return known or resolved(plan_of(stack), name, stack.resources)

    def _is_settled(self) -> None:
        """Nothing of the update can be taken back any more."""
        self.standing.update, self.standing.unchanged = None, {}

    def _roll_back(self, why: str) -> None:
        """Have what stands be as it was; a deletion that this takes comes last."""
        self.tell(self.standing, "", "UPDATE_ROLLBACK_IN_PROGRESS", why)
        stack = self.standing.stack
        self.standing.stack = replace(stack, template=self.before.template, parameters=self.before.parameters)
        self._take_back(list(reversed(self.done.values())), [])

    def _take_back(self, left: Sequence[Difference], too_many: list[Resource]) -> None:
        if not left:
            before = self.before
            self.standing.stack = replace(
                self.standing.stack, outputs=before.outputs, exports=before.exports, imports=before.imports
            )
            self._is_settled()
            self.changed()
            self.tell(self.standing, "", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "")
            there = list(before.resources.values())
            between = [each for each in self.leftover if each not in there]
            self._clean_up([*too_many, *between], "UPDATE_ROLLBACK_COMPLETE")
            return
        self._soon(partial(self._take_one_back, left[0], left[1:], too_many))

    def _take_one_back(
        self, difference: Difference, left: Sequence[Difference], too_many: list[Resource]
    ) -> None:
        name = difference.logical_id
        now = self.standing.stack.resources[name]
        if difference.deed is Deed.ADD:
            too_many.append(now)
            self._take_back(left, too_many)
            return
        self.tell(self.standing, name, "UPDATE_IN_PROGRESS", "")
        try:
            if is_custom(difference.type):
                self._ask(difference, partial(self._answered_back, difference, left, too_many))
                return
            was = self._as_it_was(difference, now)
        except InvalidTemplate as refused:
            self._can_not_go_back(difference, left, too_many, refused.why)
            return
        self._is_back(difference, was, left, too_many)

    def _answered_back(
        self,
        difference: Difference,
        left: Sequence[Difference],
        too_many: list[Resource],
        answered: Answered,
        properties: Mapping[str, Any],
    ) -> None:
        """A custom resource is what it was, by an update of its own; what came between goes."""
        name = difference.logical_id
        now = self.standing.stack.resources[name]
        if answered.failed:
            self._can_not_go_back(difference, left, too_many, answered.failed)
            return
        was = answered.resource(name, difference.type, properties)
        first, other = self.before.resources[name], now.physical_id != was.physical_id
        if first.physical_id not in {was.physical_id, now.physical_id}:
            too_many.append(first)
        self._is_back(replace(difference, replaced=other), was, left, too_many)

    def _can_not_go_back(
        self, difference: Difference, left: Sequence[Difference], too_many: list[Resource], why: str
    ) -> None:
        name = difference.logical_id
        self.tell(self.standing, name, "UPDATE_FAILED", why)
        self._left, self._too_many = [difference, *left], too_many
        self.standing.update = self
        why = f"The following resource(s) failed to update: [{name}]. "
        self.tell(self.standing, "", "UPDATE_ROLLBACK_FAILED", why)

    def _is_back(
        self, difference: Difference, was: Resource, left: Sequence[Difference], too_many: list[Resource]
    ) -> None:
        name = difference.logical_id
        if difference.replaced:
            too_many.append(self.standing.stack.resources[name])
        self._has(name, was)
        self.tell(self.standing, name, "UPDATE_COMPLETE", "")
        self._take_back(left, too_many)

    def _as_it_was(self, difference: Difference, now: Resource) -> Resource:
        if difference.replaced:
            return self.before.resources[difference.logical_id]
        kind: Kind = kind_of(self.setting.kinds, difference.type)
        return self._in_place(kind, plan_of(self.standing.stack), difference.logical_id, now)

    # ---- what is no longer needed ---------------------------------------------------------------

    def _clean_up(self, left: Sequence[Resource], complete: str) -> None:
        if not left:
            self.tell(self.standing, "", complete, "")
            self.changed()
            return
        name = left[0].logical_id
        self.tell(self.standing, name, "DELETE_IN_PROGRESS", "")
        self._soon(partial(self._delete, left[0], left[1:], complete))

    def _delete(self, resource: Resource, left: Sequence[Resource], complete: str) -> None:
        name = resource.logical_id
        remover = Remover(setting=self.setting, stack=self.standing.stack, caller=self.caller)
        now = self.standing.stack.resources.get(name)
        replaced = now is not None and now != resource
        if self._stays(resource, replaced=replaced):
            self.tell(self.standing, name, "DELETE_SKIPPED", "")
            self._is_cleaned(name, left, complete, replaced=replaced)
            return

        def removed(refusal: str) -> None:
            status = "DELETE_FAILED" if refusal else "DELETE_COMPLETE"
            self.tell(self.standing, name, status, refusal)
            self._is_cleaned(name, left, complete, replaced=replaced)

        remover.remove(resource, removed)

    def _is_cleaned(self, name: str, left: Sequence[Resource], complete: str, *, replaced: bool) -> None:
        if not replaced:
            stack = self.standing.stack
            there = {each: made for each, made in stack.resources.items() if each != name}
            self.standing.stack = replace(stack, resources=there)
            del self.standing.resources[name]
        self._clean_up(left, complete)

    def _stays(self, resource: Resource, *, replaced: bool) -> bool:
        """Whether a policy keeps it; of what this very update added, `Retain` alone."""
        name = resource.logical_id
        if resource in self.before.resources.values():
            kept, policy = _KEPT, "UpdateReplacePolicy" if replaced else "DeletionPolicy"
            template = self.before.template
        else:
            kept, policy, template = {"Retain"}, "DeletionPolicy", self.after.template
            if name in self.before.resources:
                return False
        return template["Resources"].get(name, {}).get(policy, "Delete") in kept

    # ---- shared ---------------------------------------------------------------------------------

    def _has(self, name: str, made: Resource) -> None:
        stack = self.standing.stack
        self.standing.stack = replace(stack, resources={**stack.resources, name: made})
        self.changed()

    def _soon(self, step: Callable[[], None]) -> None:
        seconds = self.setting.random("cloudformation.update").uniform(*RESOURCE_SECONDS)
        self.setting.clock.after(seconds, step, "CloudFormation updates a stack")


def _without_inert(kind: Kind, resource: Resource) -> Resource:
    """A resource without the properties that have no effect here."""
    said: Mapping[str, Any] = {
        name: value
        for name, value in resource.properties.items()
        if not isinstance(kind.shape.fields.get(name), Inert)
    }
    return replace(resource, properties=said)

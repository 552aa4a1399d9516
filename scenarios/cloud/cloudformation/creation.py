"""CreateStack: every resource is created by calls of its own, in the name of whoever creates the stack.

A resource is begun when all that it needs are there. What is ready at once is begun at once, but for what
only gives access, which comes last (see `Template.in_order`). When one fails, what is under way is cancelled,
and by default all that was made is deleted again. How long a resource takes is our guess.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html (OnFailure,
DisableRollback), https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html,
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
(RetainExceptOnCreate)
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from scenarios.cloud.cloudformation.building import RESOURCE_SECONDS, plan_of, site_of
from scenarios.cloud.cloudformation.custom_resources import (
    Answered,
    CustomResources,
    Order,
    asked_of_provider,
)
from scenarios.cloud.cloudformation.deletion import Deletion, Outcome, retained_by
from scenarios.cloud.cloudformation.exports import Exports
from scenarios.cloud.cloudformation.provision import create_resource
from scenarios.cloud.cloudformation.resources.custom import is_custom, kind_of
from scenarios.cloud.cloudformation.standing import Standing, Tell
from scenarios.cloud.cloudformation.template import Template
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.errors import InvalidTemplate
from scenarios.cloud.kernel.stack import Resource
from scenarios.cloud.setting import Setting

DO_NOTHING: Final = "DO_NOTHING"
DELETE: Final = "DELETE"
ROLLBACK: Final = "ROLLBACK"
_ROLLED_BACK = Outcome(begun="ROLLBACK_IN_PROGRESS", done="ROLLBACK_COMPLETE", failed="ROLLBACK_FAILED")


@dataclass(slots=True, kw_only=True)
class Creation:
    """The creation of one stack. `changed`: is told whenever the stack has another resource."""

    setting: Setting
    standing: Standing
    caller: Caller
    on_failure: str
    tell: Tell
    changed: Callable[[], None]
    exports: Exports
    under_way: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    _plan: Template = field(init=False)

    def __post_init__(self) -> None:
        self._plan = plan_of(self.standing.stack)  # template and parameters stay the same until the end

    def begin(self) -> None:
        """Start with what needs nothing."""
        self.tell(self.standing, "", "CREATE_IN_PROGRESS", "User Initiated")
        if missing := self.exports.missing(self.standing.stack):
            self._give_up(missing)
        else:
            self._go_on()

    def _go_on(self) -> None:
        made = self.standing.stack.resources
        ready = [
            each
            for each in self._plan.resources.values()
            if each.logical_id not in made and made.keys() >= set(each.needs)
        ]
        late = [each for each in ready if kind_of(self.setting.kinds, each.type).grants]
        first = [each for each in ready if each not in late]
        for each in first or (() if self.under_way else late):
            if each.logical_id in self.under_way:
                continue
            self.under_way.add(each.logical_id)
            self.tell(self.standing, each.logical_id, "CREATE_IN_PROGRESS", "")
            seconds = self.setting.random("cloudformation.creation").uniform(*RESOURCE_SECONDS)
            create = partial(self._create, each.logical_id)
            self.setting.clock.after(seconds, create, "CloudFormation creates a resource")
        if not self.under_way:
            self._end()

    def _create(self, name: str) -> None:
        if self.failed:
            self._fails(name, "Resource creation cancelled")
        elif is_custom(self._plan.resources[name].type):
            self._ask(name)
            return
        else:
            self._try(name)
        self._is_over(name)

    def _fails(self, name: str, why: str) -> None:
        self.failed[name] = why
        self.tell(self.standing, name, "CREATE_FAILED", why)

    def _is_over(self, name: str) -> None:
        """A resource is made, or failed; what waited for it can go on."""
        self.under_way.discard(name)
        if not self.failed:
            self._go_on()
        elif not self.under_way:
            names = ", ".join(sorted(self.failed))
            self._give_up(f"The following resource(s) failed to create: [{names}]. ")

    def _try(self, name: str) -> None:
        stack, plan = self.standing.stack, self._plan
        declared = plan.resources[name]
        site = site_of(self.setting, self.standing, self.caller)
        kind = kind_of(self.setting.kinds, declared.type)
        try:
            made = create_resource(kind, site, plan, declared, stack.resources)
        except InvalidTemplate as refused:
            self._fails(name, refused.why)
            return
        self._has(made)
        self.tell(self.standing, name, "CREATE_COMPLETE", "")
        self.changed()

    def _has(self, made: Resource) -> None:
        stack = self.standing.stack
        self.standing.stack = replace(stack, resources={**stack.resources, made.logical_id: made})

    def _ask(self, name: str) -> None:
        """Have the provider of a custom resource make it."""
        try:
            order = asked_of_provider(self.setting, self.standing, self.caller, self._plan, name)
        except InvalidTemplate as refused:
            self._fails(name, str(refused))
            self._is_over(name)
            return
        self.setting.laws[CustomResources].ask(order, self.caller, partial(self._answered, order))

    def _answered(self, order: Order, answered: Answered) -> None:
        """What failed stands all the same: its provider is asked to delete it when the stack goes back."""
        if answered.reached:
            self._has(answered.resource(order.logical_id, order.type, order.properties))
        if answered.failed:
            self._fails(order.logical_id, answered.failed)
        else:
            self.tell(self.standing, order.logical_id, "CREATE_COMPLETE", "")
            self.changed()
        self._is_over(order.logical_id)

    def _end(self) -> None:
        stack = self.standing.stack
        try:
            outputs, exports = self._plan.outputs(stack.resources), self._plan.exports(stack.resources)
        except InvalidTemplate as refused:
            self._give_up(f"{refused} ")
            return
        if refusal := self.exports.refusal(self.standing, outputs, exports):
            self._give_up(refusal)
            return
        self.standing.stack = replace(stack, outputs=outputs, exports=exports)
        self.tell(self.standing, "", "CREATE_COMPLETE", "")

    def _give_up(self, why: str) -> None:
        if self.on_failure == DO_NOTHING:
            self.tell(self.standing, "", "CREATE_FAILED", why)
            return
        if self.on_failure == ROLLBACK:
            roll_back(self.setting, self.standing, self.caller, self.tell, why=why)
            return
        Deletion(
            setting=self.setting,
            standing=self.standing,
            caller=self.caller,
            retained=retained_by(self.standing.stack.template, policies=("Retain",)),
            tell=self.tell,
            outcome=Outcome(reason=f"{why}Delete requested by user."),
        ).begin()


def roll_back(setting: Setting, standing: Standing, caller: Caller, tell: Tell, *, why: str = "") -> None:
    """Delete what a failed creation has made, but for what is to be retained even then."""
    Deletion(
        setting=setting,
        standing=standing,
        caller=caller,
        retained=retained_by(standing.stack.template, policies=("Retain",)),
        tell=tell,
        outcome=replace(_ROLLED_BACK, reason=f"{why}Rollback requested by user."),
    ).begin()

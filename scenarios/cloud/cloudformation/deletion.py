"""DeleteStack: every resource is deleted by a call of its own, in the name of whoever deletes the stack.

A resource goes when all that need it are gone. One with the deletion policy Retain stays, and counts as done.
One that can't be deleted (a bucket that isn't empty, a protected table, a call that the caller may not make)
stays, with all that it needs; the others go, and the stack is DELETE_FAILED. CloudFormation makes the calls
with a forward access session of the caller, so IAM judges them and CloudTrail records them under the caller's
name, invoked by CloudFormation. How long a deletion takes is our guess. That CloudFormation goes on after a
failure, and the order of what is ready at once, are unconfirmed.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html,
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html,
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html,
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from scenarios.cloud.clients import ClientsOf
from scenarios.cloud.cloudformation.building import RESOURCE_SECONDS, plan_of
from scenarios.cloud.cloudformation.custom_resources import Answered, CustomResources, Order
from scenarios.cloud.cloudformation.resources.custom import is_custom
from scenarios.cloud.cloudformation.resources.kind import Kind, Removal
from scenarios.cloud.cloudformation.standing import Standing, Tell
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.stack import Resource, Stack
from scenarios.cloud.setting import Setting

_GONE = re.compile(r"(?i)not_?found|no_?such|non_?existent|does_?not_?exist")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The stack's statuses while its resources are deleted, when all are gone, and when one stays."""

    begun: str = "DELETE_IN_PROGRESS"
    done: str = "DELETE_COMPLETE"
    failed: str = "DELETE_FAILED"
    reason: str = "User Initiated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remover:
    """Deletes resources of a stack, one by one, in the name of a caller."""

    setting: Setting
    stack: Stack
    caller: Caller

    def remove(self, resource: Resource, done: Callable[[str], None]) -> None:
        """Delete one; `done` is told as `refusal` answers, for a custom resource some time later."""
        if not is_custom(resource.type):
            done(self.refusal(resource))
            return

        def answered(what: Answered) -> None:
            done(what.failed)

        order = Order(
            deed="Delete",
            stack=self.stack,
            logical_id=resource.logical_id,
            type=resource.type,
            properties=resource.properties,
            physical_id=resource.physical_id,
        )
        self.setting.laws[CustomResources].ask(order, self.caller, answered)

    def refusal(self, resource: Resource) -> str:
        """Delete one; what the service answers where it doesn't, "" where the resource is gone."""
        kind: Kind = self.setting.kinds[resource.type]
        try:
            kind.delete(
                Removal(
                    resource=resource,
                    client=self._client,
                    told=self._told,
                    quietly=self.setting.calls.muted,
                )
            )
        except ClientError as error:
            return "" if _GONE.search(error.response["Error"]["Code"]) else str(error)
        return ""

    def _client(self, service: str) -> Any:
        return ClientsOf(setting=self.setting, caller=self.caller).client(service, self.stack.region)

    def _told(self, service: str, operation: str, parameters: Mapping[str, Any]) -> None:
        """A call on what moto doesn't keep: judged by IAM and recorded, no more."""
        stack = self.stack
        for action, resource in self.setting.actions.required(
            service, operation, parameters, region=stack.region, account=stack.account
        ):
            decision = self.setting.identity.judge(self.caller, action, resource)
            if not decision.allowed:
                raise ClientError(_denied(action, decision.because), operation)
        self.setting.calls.under_role(self.caller, service, operation, parameters, region=stack.region)


@dataclass(slots=True, kw_only=True)
class Deletion:
    """The deletion of one stack. `needs`: by logical id, what each resource needs; `retained`: what stays."""

    setting: Setting
    standing: Standing
    caller: Caller
    retained: frozenset[str]
    tell: Tell
    outcome: Outcome = Outcome()
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)
    under_way: set[str] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """Start with what nothing else needs."""
        stack = self.standing.stack
        declared = plan_of(stack).resources
        # An update that failed and was not taken back leaves resources that the template doesn't have.
        self.needs = {name: declared[name].needs if name in declared else () for name in stack.resources}
        self.left = {name for name in stack.resources if _is_there(self.standing.resources[name].name)}
        self.tell(self.standing, "", self.outcome.begun, self.outcome.reason)
        self._go_on()

    @property
    def _remover(self) -> Remover:
        return Remover(setting=self.setting, stack=self.standing.stack, caller=self.caller)

    def _go_on(self) -> None:
        waiting = sorted(self.left - self.under_way)
        for name in waiting:
            if any(name in self.needs[other] for other in (*self.left, *self.failed)):
                continue
            self.under_way.add(name)
            self.tell(self.standing, name, "DELETE_IN_PROGRESS", "")
            seconds = self.setting.random("cloudformation.deletion").uniform(*RESOURCE_SECONDS)
            remove = partial(self._remove, name)
            self.setting.clock.after(seconds, remove, "CloudFormation deletes a resource")
        if not self.under_way:
            self._end()

    def _end(self) -> None:
        if self.failed:
            names = ", ".join(sorted(self.failed))
            reason = f"The following resource(s) failed to delete: [{names}]. "
            self.tell(self.standing, "", self.outcome.failed, reason)
        else:
            self.tell(self.standing, "", self.outcome.done, "")

    def _remove(self, name: str) -> None:
        if name in self.retained:
            self.tell(self.standing, name, "DELETE_SKIPPED", "")
            self._is_over(name)
        else:
            self._remover.remove(self.standing.stack.resources[name], partial(self._removed, name))

    def _removed(self, name: str, reason: str) -> None:
        if reason:
            self.failed.append(name)
            self.tell(self.standing, name, "DELETE_FAILED", reason)
        else:
            self.tell(self.standing, name, "DELETE_COMPLETE", "")
        self._is_over(name)

    def _is_over(self, name: str) -> None:
        self.left.discard(name)
        self.under_way.discard(name)
        self._go_on()


def retained_by(
    template: Mapping[str, Any], policies: Collection[str] = ("Retain", "RetainExceptOnCreate")
) -> frozenset[str]:
    """The logical ids of what a template keeps when its stack is deleted, by these deletion policies."""
    kept = set()
    for name, declared in template["Resources"].items():
        policy = declared.get("DeletionPolicy", "Delete")
        if policy == "Snapshot":
            raise NotSimulated("cloudformation", f"a snapshot at the deletion of {name}")
        if policy in policies:
            kept.add(name)
    return frozenset(kept)


def _is_there(status: str) -> bool:
    return status not in {"DELETE_COMPLETE", "DELETE_SKIPPED"}


def _denied(action: str, because: str) -> Any:
    return {"Error": {"Code": "AccessDenied", "Message": f"{action} is not allowed because {because}"}}

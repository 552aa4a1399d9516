"""What is done with stacks: they are created, deleted and protected; what is asked of a template alone.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html,
API_DeleteStack.html, API_UpdateTerminationProtection.html, API_ValidateTemplate.html and
API_GetTemplateSummary.html there
"""

import re
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.authorization.trust import can_be_assumed
from scenarios.cloud.cloudformation.building import plan_of
from scenarios.cloud.cloudformation.creation import DELETE, DO_NOTHING, ROLLBACK, Creation
from scenarios.cloud.cloudformation.deletion import Deletion, retained_by
from scenarios.cloud.cloudformation.differences import Difference, differences, must_be_possible
from scenarios.cloud.cloudformation.exports import Exports
from scenarios.cloud.cloudformation.given import (
    as_document,
    document_of,
    must_acknowledge,
    processed,
    summary,
    tags_given,
    text_of_template,
    validated,
    values_given,
)
from scenarios.cloud.cloudformation.policies import policy_given
from scenarios.cloud.cloudformation.provision import unknown_type
from scenarios.cloud.cloudformation.resources.custom import checked_name, is_known
from scenarios.cloud.cloudformation.stacks import Stacks
from scenarios.cloud.cloudformation.standing import FAILED, SERVICE, Standing, Status, Wanted
from scenarios.cloud.cloudformation.template import Template
from scenarios.cloud.cloudformation.updating import Update
from scenarios.cloud.kernel.caller import Caller, session_on
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated, Refused
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.setting import Setting

_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}\Z")
_NOT_YET: Final = ("RollbackConfiguration",)
_STEADY: Final = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
_GIVEN_UP_SECONDS: Final = 2.0  # until a deletion that may not be is given up: our guess
_SESSION: Final = "AWSCloudFormation"


class Operations:
    """Answers the calls that make, change and delete stacks."""

    def __init__(self, setting: Setting, stacks: Stacks) -> None:
        self._setting = setting
        self._stacks = stacks
        self._exports = Exports(setting, stacks)
        for operation, answer in (
            ("CreateStack", self._create),
            ("DeleteStack", self._delete),
            ("UpdateStack", self._update),
            ("UpdateTerminationProtection", self._protect),
            ("ValidateTemplate", self._validate),
            ("GetTemplateSummary", self._summarize),
        ):
            setting.calls.answer("cloudformation", operation, answer)

    # ---- a template alone -----------------------------------------------------------------------

    def _validate(self, asked: Asked) -> dict[str, Any]:
        """Whether it is well-formed; what its properties mean is not looked at."""
        told = summary(*self._template(asked))
        kept = ("ParameterKey", "DefaultValue", "NoEcho", "Description")
        told["Parameters"] = [{key: each[key] for key in kept if key in each} for each in told["Parameters"]]
        return told

    def _summarize(self, asked: Asked) -> dict[str, Any]:
        if "StackName" in asked.parameters:
            found = self._stacks.named(asked)
            document, plain = as_document(found.original), found.stack.template
        else:
            document, plain = self._template(asked)
        types = sorted({str(each.get("Type")) for each in document.get("Resources", {}).values()})
        told = summary(document, plain)
        parameters = [
            {
                **each,
                "ParameterType": document["Parameters"][each["ParameterKey"]].get("Type", "String"),
            }
            for each in told["Parameters"]
        ]
        return {**told, "Parameters": parameters, "ResourceTypes": types}

    def _template(self, asked: Asked) -> tuple[dict[str, Any], dict[str, Any]]:
        _, document, plain = self._handed_in(asked, text_of_template(self._setting, asked))
        return document, plain

    def _handed_in(self, asked: Asked, text: str | None) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """The text of a template, what it says, and that after its transforms."""
        if text is None:
            raise Refused("ValidationError", "Either Template URL or Template Body must be specified.")
        document = document_of(text)
        return text, document, processed(document, region=asked.region)

    # ---- a stack --------------------------------------------------------------------------------

    def _create(self, asked: Asked) -> dict[str, Any]:
        """Begin to create a stack."""
        standing = self.declared(asked)
        plain, given = standing.stack.template, asked.parameters
        if "Transform" in as_document(standing.original) and "CAPABILITY_AUTO_EXPAND" not in (
            given.get("Capabilities", ())
        ):
            why = "Requires capabilities : [CAPABILITY_AUTO_EXPAND]"
            raise Refused("InsufficientCapabilitiesException", why)
        must_acknowledge(plain, given.get("Capabilities", ()))
        standing.disable_rollback = bool(given.get("DisableRollback", False))
        if standing.disable_rollback and "OnFailure" in given:
            raise Refused("ValidationError", "You can only specify one of DisableRollback and OnFailure.")
        on_failure = DO_NOTHING if standing.disable_rollback else given.get("OnFailure", ROLLBACK)
        standing.protected = bool(given.get("EnableTerminationProtection", False))
        standing.policy = policy_given(self._setting, asked)
        self._stacks.all.append(standing)
        self.build(asked, standing, on_failure)
        return {"StackId": standing.stack.stack_id}

    def build(self, asked: Asked, standing: Standing, on_failure: str) -> None:
        """Begin to create what a stack declares; `on_failure`: what then happens to what was made."""
        if on_failure not in {DO_NOTHING, DELETE, ROLLBACK}:
            raise Refused("ValidationError", f"OnFailure can't be {on_failure}")
        standing.stack = self._exports.importing(standing.stack)
        Creation(
            setting=self._setting,
            standing=standing,
            caller=self.acts_as(asked, standing.role),
            on_failure=on_failure,
            tell=self._stacks.teller(asked),
            changed=self._stacks.changed,
            exports=self._exports,
        ).begin()

    def acts_as(self, asked: Asked, role: str) -> Caller:
        """In whose name CloudFormation calls: the role's, or that of whoever asks.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
        """
        if not role:
            return asked.caller.through(SERVICE)
        if not can_be_assumed(role, SERVICE, account=self._setting.account, region=asked.region):
            raise Refused("ValidationError", f"Role {role} is invalid or cannot be assumed")
        return session_on(role, _SESSION).through(SERVICE)

    def declared(self, asked: Asked) -> Standing:
        """A new stack as a call declares it: nothing of it is there yet, and nothing has begun.

        Raises Refused for what CloudFormation refuses at once.
        """
        name = str(asked.parameters.get("StackName", ""))
        if not _NAME.match(name):
            why = (
                f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: "
                "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
            )
            raise Refused("ValidationError", why)
        if self._stacks.found(asked) is not None:
            raise Refused("AlreadyExistsException", f"Stack [{name}] already exists")
        account, now = self._setting.account, self._setting.clock.now
        number = self._setting.new_uuid("cloudformation.stacks")
        standing = Standing(
            stack=Stack(
                name=name,
                stack_id=f"arn:aws:cloudformation:{asked.region}:{account}:stack/{name}/{number}",
                region=asked.region,
                account=account,
                resources={},
                outputs={},
                template={},
                parameters={},
            ),
            created=now,
            status=Status("REVIEW_IN_PROGRESS", now),
            salt=number,
        )
        standing.becomes_as(self.wanted(asked, standing))
        return standing

    def wanted(self, asked: Asked, standing: Standing) -> Wanted:
        """What a call wants a stack to be; what it leaves out stays as it is.

        Raises Refused for what CloudFormation refuses at once.
        """
        self._only_what_is_simulated(asked)
        stack, text = standing.stack, text_of_template(self._setting, asked)
        if text is None and stack.template and asked.parameters.get("UsePreviousTemplate"):
            original, document, plain = standing.original, as_document(standing.original), stack.template
        else:
            original, document, plain = self._handed_in(asked, text)
        parameters = values_given(asked, stack.values_of_parameters if stack.template else None)
        plan = validated(asked, plain, parameters, stack)
        self._known(plan)
        role = str(asked.parameters.get("RoleARN") or standing.role)
        self.acts_as(asked, role)
        return Wanted(
            template=plain,
            original=original,
            parameters=parameters,
            tags=tags_given(asked) if "Tags" in asked.parameters else standing.tags,
            capabilities=tuple(asked.parameters.get("Capabilities", ())),
            description=str(document.get("Description", "")),
            imports=self._imported(plan, asked.region),
            role=role,
            notified=tuple(asked.parameters.get("NotificationARNs", standing.notified)),
        )

    def _imported(self, plan: Template, region: str) -> dict[str, str]:
        """What a template imports; what nobody exports yet has some value, until it is needed."""
        there = self._exports.values(region)
        try:
            names = sorted(plan.imports)
        except InvalidTemplate as refused:
            raise Refused("ValidationError", refused.why) from None
        return {name: there.get(name, f"<{name}: not exported>") for name in names}

    def _known(self, plan: Template) -> None:
        for each in plan.resources.values():
            try:
                checked_name(each.type, each.logical_id)
            except InvalidTemplate as invalid:
                raise Refused("ValidationError", f"Template format error: {invalid}") from None
            if not is_known(self._setting.kinds, each.type):
                unknown = unknown_type(each)
                if isinstance(unknown, InvalidTemplate):
                    why = f"Template format error: Unrecognized resource types: [{each.type}]"
                    raise Refused("ValidationError", why)
                raise unknown
        try:
            list(plan.in_order())
        except InvalidTemplate as circle:
            raise Refused("ValidationError", str(circle.why)) from None

    # ---- what changes ---------------------------------------------------------------------------

    def differences(self, standing: Standing, wanted: Wanted) -> list[Difference]:
        """What a stack's update changes, or its creation makes; raises Refused, or NotSimulated."""
        stack = standing.stack
        after = wanted.of(stack)
        try:
            found = differences(stack if stack.resources else after, after, standing.unchanged)
        except InvalidTemplate as refused:
            raise Refused("ValidationError", refused.why) from None
        must_be_possible(found, self._setting.kinds)
        return found

    def changes(self, standing: Standing, wanted: Wanted, found: Sequence[Difference]) -> bool:
        """Whether there is anything to do: for a resource, or for the stack's own tags or outputs."""
        stack = standing.stack
        if found or dict(wanted.tags) != dict(standing.tags) or standing.status.name in FAILED:
            return True
        plan = plan_of(wanted.of(stack))
        try:
            told = plan.outputs(stack.resources), plan.exports(stack.resources)
        except InvalidTemplate as refused:
            raise Refused("ValidationError", f"Template error: {refused}") from None
        return told != (stack.outputs, stack.exports)

    def update(
        self,
        asked: Asked,
        standing: Standing,
        wanted: Wanted,
        found: Sequence[Difference],
        *,
        disable_rollback: bool,
    ) -> None:
        """Begin to change a stack."""
        _must_be_changeable(standing, disable_rollback=disable_rollback)
        before, caller = standing.stack, self.acts_as(asked, wanted.role)
        policy = policy_given(self._setting, asked)
        during = policy_given(self._setting, asked, "StackPolicyDuringUpdate") or standing.policy
        # From now on its role and its topics are these, whatever becomes of the update.
        standing.role, standing.notified = wanted.role, wanted.notified
        update = Update(
            setting=self._setting,
            standing=standing,
            caller=caller,
            before=before,
            after=self._exports.importing(wanted.of(before)),
            found=found,
            tell=self._stacks.teller(asked),
            changed=self._stacks.changed,
            disable_rollback=disable_rollback,
            described=partial(_becomes, standing, wanted, policy),
            exports=self._exports,
            policy=during,
        )
        if isinstance(standing.update, Update):
            update.goes_on_from(standing.update)
        update.begin()

    def _update(self, asked: Asked) -> dict[str, Any]:
        standing = self._stacks.named(asked)
        _must_be_changeable(standing, disable_rollback=bool(asked.parameters.get("DisableRollback", False)))
        wanted = self.wanted(asked, standing)
        must_acknowledge(wanted.template, wanted.capabilities)
        found = self.differences(standing, wanted)
        if not self.changes(standing, wanted, found):
            raise Refused("ValidationError", "No updates are to be performed.")
        disabled = bool(asked.parameters.get("DisableRollback", False))
        self.update(asked, standing, wanted, found, disable_rollback=disabled)
        return {"StackId": standing.stack.stack_id}

    def role_given(self, asked: Asked, standing: Standing) -> str:
        """The role that a call gives a stack, which is its own from then on; "" where it has none."""
        standing.role = str(asked.parameters.get("RoleARN") or standing.role)
        return standing.role

    # ---- what it is guarded from ----------------------------------------------------------------

    def _only_what_is_simulated(self, asked: Asked) -> None:
        for name in _NOT_YET:
            if asked.parameters.get(name):
                raise NotSimulated("cloudformation", f"{asked.operation} with {name}")

    def _protect(self, asked: Asked) -> dict[str, Any]:
        found = self._stacks.named(asked)
        found.protected = bool(asked.parameters["EnableTerminationProtection"])
        return {"StackId": found.stack.stack_id}

    def _delete(self, asked: Asked) -> dict[str, Any]:
        """Begin to delete a stack; of one that isn't there CloudFormation says nothing."""
        if asked.parameters.get("DeletionMode", "STANDARD") != "STANDARD":
            raise NotSimulated("cloudformation", "DeleteStack with DeletionMode")
        found, retained = self._stacks.found(asked), frozenset(asked.parameters.get("RetainResources", ()))
        if found is None or found.deleted or found.status.name == "DELETE_IN_PROGRESS":
            return {}
        if found.protected:
            why = f"Stack [{found.stack.name}] cannot be deleted while TerminationProtection is enabled"
            raise Refused("ValidationError", why)
        if retained and found.status.name != "DELETE_FAILED":
            # The words are unconfirmed.
            why = f"Invalid operation on stack [{found.stack.stack_id}]: RetainResources needs DELETE_FAILED"
            raise Refused("ValidationError", why)
        if found.busy:
            # AWS interrupts what is under way; what then stays is not known well enough.
            raise NotSimulated("cloudformation", f"DeleteStack while the stack is {found.status.name}")
        caller, tell = self.acts_as(asked, self.role_given(asked, found)), self._stacks.teller(asked)
        if used := self._exports.in_use(found):
            before = found.status
            tell(found, "", "DELETE_IN_PROGRESS", "User Initiated")
            give_up = partial(tell, found, "", before.name, f"Delete canceled. {used.rstrip()}")
            self._setting.clock.after(_GIVEN_UP_SECONDS, give_up, "CloudFormation gives up a deletion")
            return {}
        Deletion(
            setting=self._setting,
            standing=found,
            caller=caller,
            retained=retained | retained_by(found.stack.template),
            tell=tell,
        ).begin()
        return {}


def _becomes(standing: Standing, wanted: Wanted, policy: str) -> None:
    """An update is complete; a stack policy that came with it counts from now on."""
    standing.becomes_as(wanted)
    standing.policy = policy or standing.policy


def _must_be_changeable(standing: Standing, *, disable_rollback: bool) -> None:
    """Refuse an update of a stack whose state allows none; one that failed can be tried again.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
    """
    status = standing.status.name
    if status not in FAILED:
        must_be_steady(standing)
    elif not disable_rollback:
        why = (
            f"This stack is currently in a non-terminal [{status}] state. To update the stack from this "
            "state, please use the disable-rollback parameter with update-stack API. To rollback to the last "
            "known good state, use the rollback-stack API"
        )
        raise Refused("ValidationError", why)


def must_be_steady(standing: Standing) -> None:
    """Refuse an update, or a change set for one, of a stack that can't be updated as it is now."""
    if standing.status.name not in _STEADY:
        why = f"Stack:{standing.stack.stack_id} is in {standing.status.name} state and can not be updated."
        raise Refused("ValidationError", why)

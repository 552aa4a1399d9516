"""What is done with stacks: they are created, deleted and protected; what is asked of a template alone.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html,
API_DeleteStack.html, API_UpdateTerminationProtection.html, API_ValidateTemplate.html and
API_GetTemplateSummary.html there
"""

import re
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from scenarios.cloud.calls import Asked
from scenarios.cloud.cloudformation.building import plan_of
from scenarios.cloud.cloudformation.creation import DELETE, DO_NOTHING, ROLLBACK, Creation
from scenarios.cloud.cloudformation.deletion import Deletion, retained_by
from scenarios.cloud.cloudformation.differences import Difference, differences, must_be_possible
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
from scenarios.cloud.cloudformation.provision import unknown_type
from scenarios.cloud.cloudformation.stacks import Stacks
from scenarios.cloud.cloudformation.standing import SERVICE, Standing, Status, Wanted
from scenarios.cloud.cloudformation.template import Template
from scenarios.cloud.cloudformation.updating import Update
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated, Refused
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.setting import Setting

_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}\Z")
_NOT_YET: Final = (
    "RoleARN",
    "StackPolicyBody",
    "StackPolicyURL",
    "NotificationARNs",
    "RollbackConfiguration",
)


_STEADY: Final = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


class Operations:
    """Answers the calls that make, change and delete stacks."""

    def __init__(self, setting: Setting, stacks: Stacks) -> None:
        self._setting = setting
        self._stacks = stacks
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
        self._stacks.all.append(standing)
        self.build(asked, standing, on_failure)
        return {"StackId": standing.stack.stack_id}

    def build(self, asked: Asked, standing: Standing, on_failure: str) -> None:
        """Begin to create what a stack declares; `on_failure`: what then happens to what was made."""
        if on_failure not in {DO_NOTHING, DELETE, ROLLBACK}:
            raise Refused("ValidationError", f"OnFailure can't be {on_failure}")
        Creation(
            setting=self._setting,
            standing=standing,
            caller=asked.caller.through(SERVICE),
            on_failure=on_failure,
            tell=self._stacks.teller(asked),
            changed=self._stacks.changed,
        ).begin()

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
        plan = validated(
            asked,
            plain,
            parameters,
            account=stack.account,
            stack_name=stack.name,
            stack_id=stack.stack_id,
        )
        self._known(plan)
        return Wanted(
            template=plain,
            original=original,
            parameters=parameters,
            tags=tags_given(asked) if "Tags" in asked.parameters else standing.tags,
            capabilities=tuple(asked.parameters.get("Capabilities", ())),
            description=str(document.get("Description", "")),
        )

    def _known(self, plan: Template) -> None:
        for each in plan.resources.values():
            if each.type not in self._setting.kinds:
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
            found = differences(stack if stack.resources else after, after)
        except InvalidTemplate as refused:
            raise Refused("ValidationError", refused.why) from None
        must_be_possible(found, self._setting.kinds)
        return found

    def changes(self, standing: Standing, wanted: Wanted, found: Sequence[Difference]) -> bool:
        """Whether there is anything to do: for a resource, or for the stack's own tags or outputs."""
        stack = standing.stack
        if found or dict(wanted.tags) != dict(standing.tags):
            return True
        after = wanted.of(stack)
        try:
            return plan_of(after).outputs(stack.resources) != stack.outputs
        except InvalidTemplate as refused:
            raise Refused("ValidationError", f"Template error: {refused}") from None

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
        must_be_steady(standing)
        before = standing.stack
        after = wanted.of(before)
        Update(
            setting=self._setting,
            standing=standing,
            caller=asked.caller.through(SERVICE),
            before=before,
            after=after,
            found=found,
            tell=self._stacks.teller(asked),
            changed=self._stacks.changed,
            disable_rollback=disable_rollback,
            described=partial(standing.becomes_as, wanted),
        ).begin()

    def _update(self, asked: Asked) -> dict[str, Any]:
        standing = self._stacks.named(asked)
        wanted = self.wanted(asked, standing)
        must_acknowledge(wanted.template, wanted.capabilities)
        found = self.differences(standing, wanted)
        if not self.changes(standing, wanted, found):
            raise Refused("ValidationError", "No updates are to be performed.")
        disabled = bool(asked.parameters.get("DisableRollback", False))
        self.update(asked, standing, wanted, found, disable_rollback=disabled)
        return {"StackId": standing.stack.stack_id}

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
        for name in ("RoleARN", "DeletionMode"):
            if asked.parameters.get(name, "STANDARD") != "STANDARD":
                raise NotSimulated("cloudformation", f"DeleteStack with {name}")
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
        Deletion(
            setting=self._setting,
            standing=found,
            caller=asked.caller.through(SERVICE),
            retained=retained | retained_by(found.stack.template),
            tell=self._stacks.teller(asked),
        ).begin()
        return {}


def must_be_steady(standing: Standing) -> None:
    """Refuse an update, or a change set for one, of a stack that can't be updated as it is now."""
    if standing.status.name not in _STEADY:
        why = f"Stack:{standing.stack.stack_id} is in {standing.status.name} state and can not be updated."
        raise Refused("ValidationError", why)

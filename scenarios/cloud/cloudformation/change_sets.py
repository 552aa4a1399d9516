"""Change sets: what an update, or a creation, would do, told before it is done.

A change set of a stack that isn't there makes one in REVIEW_IN_PROGRESS. One that would change nothing has
failed, in the words that `aws cloudformation deploy` looks for.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html,
API_DescribeChangeSet.html, API_ExecuteChangeSet.html, API_DeleteChangeSet.html and API_ListChangeSets.html
there; https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.cloudformation.creation import DELETE, DO_NOTHING, ROLLBACK
from scenarios.cloud.cloudformation.differences import Difference
from scenarios.cloud.cloudformation.given import must_acknowledge
from scenarios.cloud.cloudformation.operations import Operations, must_be_steady
from scenarios.cloud.cloudformation.stacks import Stacks, told_parameters
from scenarios.cloud.cloudformation.standing import Standing, Wanted
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.setting import Setting

_SECONDS: Final = 3.0
_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}\Z")
_NOTHING: Final = (
    "The submitted information didn't contain changes. Submit different information to create a change set."
)


@dataclass(slots=True, kw_only=True)
class ChangeSet:
    """One change set. `wanted`: the stack as it is to be; `before`: the resources it was made for."""

    arn: str
    name: str
    kind: str
    description: str
    standing: Standing
    wanted: Wanted
    made: datetime
    token: str
    found: Sequence[Difference] = ()
    status: str = "CREATE_IN_PROGRESS"
    reason: str = ""
    on_failure: str = ROLLBACK

    @property
    def execution(self) -> str:
        """Whether it can be executed; not where the stack was updated since."""
        if self.status != "CREATE_COMPLETE":
            return "UNAVAILABLE"
        updated = self.standing.updated
        return "OBSOLETE" if updated is not None and updated >= self.made else "AVAILABLE"


class ChangeSets:
    """Answers the calls about change sets."""

    def __init__(self, setting: Setting, stacks: Stacks, operations: Operations) -> None:
        self._setting = setting
        self._stacks = stacks
        self._operations = operations
        self._all: list[ChangeSet] = []
        for operation, answer in (
            ("CreateChangeSet", self._create),
            ("DescribeChangeSet", self._describe),
            ("ExecuteChangeSet", self._execute),
            ("DeleteChangeSet", self._delete),
            ("ListChangeSets", self._list),
        ):
            setting.calls.answer("cloudformation", operation, answer)

    def _create(self, asked: Asked) -> dict[str, Any]:
        given = asked.parameters
        name, kind = str(given["ChangeSetName"]), str(given.get("ChangeSetType", "UPDATE"))
        if kind == "IMPORT" or given.get("ResourcesToImport") or given.get("IncludeNestedStacks"):
            raise NotSimulated("cloudformation", "CreateChangeSet that imports, or has nested stacks")
        if not _NAME.match(name):
            raise Refused(
                "ValidationError", f"1 validation error detected: Value '{name}' at 'changeSetName'"
            )
        standing, wanted = self._wanted(asked, kind)
        if any(each.name == name and each.standing is standing for each in self._all):
            raise Refused("AlreadyExistsException", f"ChangeSet {name} already exists")
        must_acknowledge(wanted.template, given.get("Capabilities", ()))
        stack, number = standing.stack, self._setting.new_uuid("cloudformation.change_sets")
        made = ChangeSet(
            arn=f"arn:aws:cloudformation:{stack.region}:{stack.account}:changeSet/{name}/{number}",
            name=name,
            kind=kind,
            description=str(given.get("Description", "")),
            standing=standing,
            wanted=wanted,
            made=self._setting.clock.now,
            token=str(given.get("ClientToken", "")),
            found=self._operations.differences(standing, wanted),
            on_failure=str(given.get("OnStackFailure", ROLLBACK)),
        )
        self._all.append(made)
        self._setting.clock.after(_SECONDS, partial(self._ready, made), "CloudFormation makes a change set")
        return {"Id": made.arn, "StackId": stack.stack_id}

    def _wanted(self, asked: Asked, kind: str) -> tuple[Standing, Wanted]:
        found = self._stacks.found(asked)
        reviewed = found is not None and found.status.name == "REVIEW_IN_PROGRESS"
        if kind == "CREATE":
            if found is None:
                found = self._operations.declared(asked)
                self._stacks.all.append(found)
                self._stacks.teller(asked)(found, "", "REVIEW_IN_PROGRESS", "User Initiated")
            elif not reviewed:
                name = found.stack.name
                raise Refused("ValidationError", f"Stack [{name}] already exists and cannot be created again")
            return found, self._operations.wanted(asked, found)
        found = self._stacks.named(asked)
        if reviewed:
            raise Refused("ValidationError", f"Stack [{found.stack.name}] does not exist")
        must_be_steady(found)
        return found, self._operations.wanted(asked, found)

    def _ready(self, made: ChangeSet) -> None:
        if self._operations.changes(made.standing, made.wanted, made.found):
            made.status = "CREATE_COMPLETE"
        else:
            made.status, made.reason = "FAILED", _NOTHING

    def _named(self, asked: Asked) -> ChangeSet:
        """By its ARN, or by its name and that of its stack."""
        name = str(asked.parameters["ChangeSetName"])
        standing = self._stacks.found(asked)
        for each in reversed(self._all):
            if each.standing.deleted:
                continue  # gone with its stack
            if name == each.arn or (name == each.name and each.standing is standing):
                return each
        raise Refused("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", 404)

    def _describe(self, asked: Asked) -> dict[str, Any]:
        found = self._named(asked)
        stack = found.standing.stack
        return {
            **_summary(found),
            "Parameters": told_parameters(
                replace(stack, template=found.wanted.template, parameters=found.wanted.parameters)
            ),
            "Tags": [{"Key": key, "Value": value} for key, value in found.wanted.tags.items()],
            "Capabilities": list(found.wanted.capabilities),
            "Changes": [_change(each) for each in found.found]
            if found.status != "CREATE_IN_PROGRESS"
            else [],
            "StackName": stack.name,
        }

    def _list(self, asked: Asked) -> dict[str, Any]:
        standing = self._stacks.named(asked)
        return {"Summaries": [_summary(each) for each in self._all if each.standing is standing]}

    def _execute(self, asked: Asked) -> dict[str, Any]:
        """Do what the change set says; all others of the stack are gone with that."""
        found = self._named(asked)
        if found.execution != "AVAILABLE":
            status = found.execution if found.status == "CREATE_COMPLETE" else found.status
            why = f"ChangeSet [{found.arn}] cannot be executed in its current status of [{status}]"
            raise Refused("InvalidChangeSetStatus", why)
        disabled = bool(asked.parameters.get("DisableRollback", False))
        if found.kind == "CREATE":
            standing = found.standing
            standing.disable_rollback = disabled
            standing.becomes_as(found.wanted)
            on_failure = {"ROLLBACK": ROLLBACK, "DELETE": DELETE, "DO_NOTHING": DO_NOTHING}[found.on_failure]
            self._operations.build(asked, standing, DO_NOTHING if disabled else on_failure)
        else:
            self._operations.update(
                asked, found.standing, found.wanted, found.found, disable_rollback=disabled
            )
        self._all = [each for each in self._all if each.standing is not found.standing]
        return {}

    def _delete(self, asked: Asked) -> dict[str, Any]:
        """Forget a change set; of one that isn't there CloudFormation says nothing."""
        try:
            found = self._named(asked)
        except Refused:
            return {}
        self._all.remove(found)
        return {}


def _summary(found: ChangeSet) -> dict[str, Any]:
    return {
        "ChangeSetName": found.name,
        "ChangeSetId": found.arn,
        "StackId": found.standing.stack.stack_id,
        "StackName": found.standing.stack.name,
        **({"Description": found.description} if found.description else {}),
        "CreationTime": found.made,
        "ExecutionStatus": found.execution,
        "Status": found.status,
        **({"StatusReason": found.reason} if found.reason else {}),
    }


def _change(difference: Difference) -> Mapping[str, Any]:
    told: dict[str, Any] = {
        "Action": difference.deed.value,
        "LogicalResourceId": difference.logical_id,
        "ResourceType": difference.type,
    }
    if difference.physical_id:
        told["PhysicalResourceId"] = difference.physical_id
    if difference.deed.value == "Modify":
        told["Replacement"] = "True" if difference.replaced else "False"
        told["Scope"] = ["Properties"]
        told["Details"] = [
            {"Target": {"Attribute": "Properties", "Name": name}, "Evaluation": "Static"}
            for name in difference.properties
        ]
    return {"Type": "Resource", "ResourceChange": told}

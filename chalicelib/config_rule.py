"""The parts of a rule of AWS Config: frozen values, no behaviour that touches AWS.

A rule is handed a configuration item, which is a resource as Config has recorded it, and says whether that is
compliant. `evaluate` is pure: an item and the rule's parameters in, a `Compliance` out. The runtime
(`chalicelib.runtime.evaluations`) does the rest, and the stack is made from the declaration.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_lambda-functions.html,
https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_example-events.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_Evaluation.html
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from chalicelib.remediation import Grant, Severity
from chalicelib.stack import CloudFormation, Parameter, logical_id

if TYPE_CHECKING:
    from chalicelib.aws import Aws

LONGEST_ANNOTATION = 256
Parameters = Mapping[str, str]
"""A rule's parameters, as Config hands them over: all of them text."""


class ComplianceType(StrEnum):
    """What a rule may say of a resource."""

    COMPLIANT = "COMPLIANT"
    NON_COMPLIANT = "NON_COMPLIANT"
    NOT_APPLICABLE = "NOT_APPLICABLE"  # not this rule's business; Config lists no such result


@dataclass(frozen=True, slots=True, kw_only=True)
class Compliance:
    """What a rule says of one resource. `annotation`: why, at most 256 characters; longer raises ValueError.

    The three ways to make one cut a text that is too long, such as one with a long name in it.

    >>> Compliance.non_compliant("nothing uses it").annotation
    'nothing uses it'
    """

    type: ComplianceType
    annotation: str = ""

    def __post_init__(self) -> None:
        if len(self.annotation) > LONGEST_ANNOTATION:
            raise ValueError(f"the annotation has {len(self.annotation)} characters of {LONGEST_ANNOTATION}")

    @classmethod
    def compliant(cls, why: str = "") -> Self:
        """The resource is as the rule wants it."""
        return cls(type=ComplianceType.COMPLIANT, annotation=_cut(why))

    @classmethod
    def non_compliant(cls, why: str) -> Self:
        """It isn't."""
        return cls(type=ComplianceType.NON_COMPLIANT, annotation=_cut(why))

    @classmethod
    def not_applicable(cls, why: str = "") -> Self:
        """The rule is not about this resource."""
        return cls(type=ComplianceType.NOT_APPLICABLE, annotation=_cut(why))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_ANNOTATION else f"{text[: LONGEST_ANNOTATION - 3]}..."


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """How a resource is related to another: `Is attached to Instance`."""

    type: str
    id: str
    words: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A configuration item: a resource at one moment, as Config recorded it.

    `configuration`: as AWS's API describes the resource, names beginning in lower case; {} of a deleted one.
    `supplementary`: what further calls say of it, such as a bucket's policy. `captured`: when Config looked,
    which is minutes after the change.
    """

    type: str
    id: str
    account: str
    region: str
    captured: datetime
    status: str
    name: str = ""
    arn: str = ""
    configuration: Mapping[str, Any] = field(default_factory=dict)
    supplementary: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    relations: tuple[Relation, ...] = ()

    @property
    def is_deleted(self) -> bool:
        """Whether the resource was gone by then, with or without being recorded."""
        return self.status in ("ResourceDeleted", "ResourceDeletedNotRecorded")

    @property
    def is_recorded(self) -> bool:
        """Whether Config records this type; where it doesn't, an item holds no configuration."""
        return self.status not in ("ResourceNotRecorded", "ResourceDeletedNotRecorded")

    def related(self, kind: str) -> tuple[str, ...]:
        """The ids of the related resources of a type."""
        return tuple(each.id for each in self.relations if each.type == kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mending:
    """How Config itself mends what a rule finds: by a runbook of Systems Manager, under a role of its own.

    `runbook`: a document's name, AWS's own or a reference to one of `resources`. `resource`: the name of the
    runbook's parameter that gets the resource's id. `parameters`: its other parameters, each with its value.
    `grants`: what the role may do. `undone`: how a person undoes it, and what doesn't come back. Config gives
    up on a resource after `attempts` within `seconds`, and then leaves it alone. `resources`: further
    CloudFormation that the runbook needs.

    Source: https://docs.aws.amazon.com/config/latest/APIReference/API_RemediationConfiguration.html
    """

    runbook: str | CloudFormation
    resource: str
    grants: tuple[Grant, ...]
    undone: str
    parameters: Mapping[str, str | CloudFormation] = field(default_factory=dict)
    attempts: int = 3
    seconds: int = 3600
    resources: Mapping[str, CloudFormation] = field(default_factory=dict)


def by_a_function(rule: str, function: Parameter) -> Mending:
    """Mending by a function of the account's own, which a parameter of the stack names.

    It is handed `{"rule": ..., "resourceId": ...}` by a runbook of our own, which fails where it fails.

    Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-lamb.html
    """
    runbook = f"{logical_id(rule)}Runbook"
    content = {
        "schemaVersion": "0.3",
        "description": f"Runs a function on what {rule} finds",
        "assumeRole": "{{ AutomationAssumeRole }}",
        "parameters": {"AutomationAssumeRole": {"type": "String"}, "ResourceId": {"type": "String"}},
        "mainSteps": [
            {
                "name": "run",
                "action": "aws:invokeLambdaFunction",
                "inputs": {
                    "FunctionName": function.ref,
                    "InvocationType": "RequestResponse",
                    "Payload": json.dumps({"rule": rule, "resourceId": "{{ ResourceId }}"}),
                },
            }
        ],
    }
    arn = f"arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:${{{function.name}}}"
    return Mending(
        runbook={"Ref": runbook},
        resource="ResourceId",
        grants=(Grant(action="lambda:InvokeFunction", resource=arn),),
        undone="what the function did is its own to undo; the resource's past says what was before",
        resources={
            runbook: {
                "Type": "AWS::SSM::Document",
                "Properties": {
                    "DocumentType": "Automation",
                    "Content": content,
                    "UpdateMethod": "NewVersion",
                },
            }
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigRule:
    """One rule: everything about it, as data.

    `judges` and `response`: its row in README, what it says of which resources and what happens then. `page`:
    the module's docstring. `types`: the types of resources that it is about.

    `evaluate(item, parameters)` thinks, without AWS and without a clock; it is never asked about a resource
    that is gone. `on_change`: whether it is asked about each new item; `every`: how often about all resources
    ("One_Hour", "Three_Hours", "Six_Hours", "Twelve_Hours", "TwentyFour_Hours"; "" for never). Then it is
    asked about the items that Config has of these types, or about those that `look(aws, parameters)` makes,
    which may read what `grants` say.

    `parameters`: the rule's own, each with its value or a reference to one of `stack_parameters`.
    `severity`: of the alert about a resource that isn't compliant. `matters`: the parts of the configuration
    that the rule is about, such as `configuration.monitoring`; an alert shows of a change what lies in them,
    or all of it. `mending`: what Config does about such a resource, where the rule's mode lets it.
    `controls`: as those of remediations.
    """

    name: str
    title: str
    judges: str
    response: str
    page: str
    types: tuple[str, ...]
    evaluate: Callable[[Item, Parameters], Compliance]
    on_change: bool = True
    every: str = ""
    look: Callable[["Aws", Parameters], Iterable[Item]] | None = None
    grants: tuple[Grant, ...] = ()
    parameters: Mapping[str, str | CloudFormation] = field(default_factory=dict)
    stack_parameters: tuple[Parameter, ...] = ()
    severity: Severity = Severity.MEDIUM
    matters: tuple[str, ...] = ()
    mending: Mending | None = None
    resources: Mapping[str, CloudFormation] = field(default_factory=dict)
    controls: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.on_change and not self.every:
            raise ValueError(f"{self.name} is asked neither about changes nor every so often")
        if self.look and not self.every:
            raise ValueError(
                f"{self.name} looks by itself, which it does every so often, and never is asked so"
            )

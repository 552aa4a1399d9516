"""Which data events of the stack's own parts its trail records: writes by anybody but the stack's own roles.

Items written, messages sent, functions invoked and messages published are data events, and no trail
records them unless its selectors ask for them. They are asked for by the beginning of the parts' names,
which is the stack's name, because a trail can't refer to functions that refer to the trail. The same holds
for the roles whose calls are left out: they are nearly all calls, and each one costs.

Whoever may make a role can give it such a name; then its calls are not recorded.

Reads are left out. Calls by AWS services are recorded: their `userIdentity` has no ARN to leave them out by.
That a condition of NotStartsWith holds for them is not documented; Trailwarden needs none of their records.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html (the
fields of data events, `userIdentity.arn` among them),
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/filtering-data-events.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html (types)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Selector = dict[str, Any]

# By the type of resource: an ARN after the partition, before the stack's name.
_ARNS: Final[Mapping[str, str]] = {
    "AWS::DynamoDB::Table": "dynamodb:{region}:{account}:table/",
    "AWS::Lambda::Function": "lambda:{region}:{account}:function:",
    "AWS::SNS::Topic": "sns:{region}:{account}:",
    "AWS::SQS::Queue": "sqs:{region}:{account}:",
}
EVERY_MANAGEMENT_EVENT: Final[Selector] = {
    "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The stack whose parts they are; by default as text for Fn::Sub."""

    partition: str = "${AWS::Partition}"
    region: str = "${AWS::Region}"
    account: str = "${AWS::AccountId}"
    stack: str = "${AWS::StackName}"

    @property
    def roles(self) -> str:
        """How the ARN of any session of the stack's own roles begins."""
        return f"arn:{self.partition}:sts::{self.account}:assumed-role/{self.stack}-"

    @property
    def parts(self) -> tuple[str, ...]:
        """How the ARNs of its parts begin that have data events."""
        return tuple(self.named(kind) for kind in _ARNS)

    def named(self, kind: str) -> str:
        """How the ARN of a part of that type begins."""
        arn = _ARNS[kind].format(region=self.region, account=self.account)
        return f"arn:{self.partition}:{arn}{self.stack}-"


def selectors(owner: Owner) -> list[Selector]:
    """The selectors of the stack's own trail: every management event, and the data events of its parts."""
    return [EVERY_MANAGEMENT_EVENT, *by_type(owner).values()]


def by_type(owner: Owner) -> dict[str, Selector]:
    """For each type of the stack's parts, the selector of its data events."""
    return {kind: _writes(kind, owner) for kind in _ARNS}


def _writes(kind: str, owner: Owner) -> Selector:
    return {
        "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": [kind]},
            {"Field": "resources.ARN", "StartsWith": [owner.named(kind)]},
            {"Field": "readOnly", "Equals": ["false"]},
            {"Field": "userIdentity.arn", "NotStartsWith": [owner.roles]},
        ]
    }

"""Somebody uses a part of the stack by hand: writes to the ledger, runs a function, sends or takes messages.

These calls are data events: they are heard where a trail's selectors ask for them. Only the stack's own roles
do such things, and AWS services in their own name, which can't be left out by ARN. Both are left out by the
rule already: what this function does itself must not wake it. Whoever approves, refuses or redrives by the
API makes no such call; the API's role does.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
"""

from collections.abc import Sequence
from datetime import datetime

from chalicelib.aws import Aws
from chalicelib.data_events import Owner
from chalicelib.events import ApiCallEvent, api_call
from chalicelib.looking import Unseen
from chalicelib.remediation import Plan, Way
from chalicelib.remediations.stack_changed.alerts import attempted, used
from chalicelib.remediations.stack_changed.grants import STACK
from chalicelib.remediations.stack_changed.promise import Place
from chalicelib.remediations.stack_changed.reading import Seen, blind, read
from chalicelib.settings import Settings
from chalicelib.stack import CloudFormation
from chalicelib.triggers import OnEvent

_STACK = Owner()
# A principal of another account has no ARN in a record here, a service has none anywhere.
_NOT_OURS: Sequence[CloudFormation] = [
    {"userIdentity": {"arn": [{"anything-but": {"prefix": {"Fn::Sub": _STACK.roles}}}]}},
    {"userIdentity": {"arn": [{"exists": False}], "type": [{"anything-but": ["AWSService"]}]}},
]
DATA_PATTERN: CloudFormation = {
    "source": ["aws.dynamodb", "aws.lambda", "aws.sns", "aws.sqs"],
    "detail-type": ["AWS API Call via CloudTrail"],
    "detail": {
        "managementEvent": [False],
        "readOnly": [False],
        "resources": {"ARN": [{"prefix": {"Fn::Sub": arn}} for arn in _STACK.parts]},
        "$or": _NOT_OURS,
    },
}


def look(aws: Aws, event: ApiCallEvent, settings: Settings) -> Seen | None:
    """What of the stack was used."""
    return read(aws, event, _place(settings), deployed=False)


def blind_to_use(event: ApiCallEvent, why: Unseen, settings: Settings) -> Seen:
    """What is known without a look."""
    return blind(event, why, _place(settings))


def decide(event: ApiCallEvent, facts: Seen | None, _now: datetime, _settings: Settings) -> Plan:
    """Tell it; there is nothing to put back."""
    if facts is None:
        return Plan.nothing()
    return Plan.alert(attempted(event, facts) if event.failed else used(event, facts))


def _place(settings: Settings) -> Place:
    return Place(stack_id=settings.text(STACK))


USE: Way[ApiCallEvent, Seen | None] = Way(
    on=OnEvent(pattern=DATA_PATTERN),
    parse=api_call,
    look=look,
    decide=decide,
    blind=blind_to_use,
)

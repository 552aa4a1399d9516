"""Which parts of the stack a call is about. Pure.

Each service names what a call touches in fields of its own: by name, by ARN or by URL. A call that AWS
refused has no parameters; then the refusal names the resource.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chalicelib.events import ApiCallEvent
from chalicelib.remediations.stack_changed.promise import Part, Place

STACK = "AWS::CloudFormation::Stack"
BUS = "AWS::Events::EventBus"
PARAMETER = "AWS::SSM::Parameter"
ROLE = "AWS::IAM::Role"
SUBSCRIPTION = "AWS::SNS::Subscription"
FUNCTION = "AWS::Lambda::Function"
LOG_GROUP = "AWS::Logs::LogGroup"
# Of another region: a rule that forwards to the home region's bus.
SPOKES_RULE = "Spoke's rule"
# What applies to every log group of the account and region, and so to those that wake functions.
ACCOUNT_POLICY = "AWS::Logs::AccountPolicy"
REGION = "AWS::Region"  # CloudFormation has no type for it
# No names of the template's: nothing is declared of them, so nothing is put back.
EXISTING_GROUP, EXISTING_ROLE = "TrailGroupFromBefore", "TrailRoleFromBefore"

# By the event's source: which fields name a part of which types; what is narrower comes first. A dot leads
# into an object, or into each object of a list.
_FIELDS: Mapping[str, Sequence[tuple[str, tuple[str, ...]]]] = {
    "account": (("RegionName", (REGION,)), ("regionName", (REGION,))),
    "apigateway": (("restApiId", ("AWS::ApiGateway::RestApi",)),),
    "cloudformation": tuple(
        (field, (STACK,))
        for field in (
            "stackName",
            # ImportStacksToStackSet
            "stackIds",
            # CreateStackRefactor
            "stackDefinitions.stackName",
            "resourceMappings.source.stackName",
            "resourceMappings.destination.stackName",
            # CreateChangeSet, where a stack is to become a part of another one
            "resourcesToImport.resourceIdentifier.StackId",
        )
    ),
    "dynamodb": (
        ("tableName", ("AWS::DynamoDB::Table",)),
        ("resourceArn", ("AWS::DynamoDB::Table",)),
        ("tableArn", ("AWS::DynamoDB::Table",)),
        ("sourceTableName", ("AWS::DynamoDB::Table",)),
        ("sourceTableArn", ("AWS::DynamoDB::Table",)),
        ("globalTableName", ("AWS::DynamoDB::Table",)),
    ),
    "events": (
        ("name", ("AWS::Events::Rule", BUS)),
        ("rule", ("AWS::Events::Rule",)),
        ("eventBusName", (BUS,)),
    ),
    "iam": (("roleName", (ROLE,)),),
    "kms": (("keyId", ("AWS::KMS::Key",)),),
    "lambda": (
        ("uUID", ("AWS::Lambda::EventSourceMapping",)),
        ("functionName", (FUNCTION,)),
        ("resourceArn", (FUNCTION,)),
    ),
    "logs": (
        ("filterName", ("AWS::Logs::MetricFilter", "AWS::Logs::SubscriptionFilter")),
        ("policyName", ("AWS::Logs::ResourcePolicy",)),
        ("logGroupName", (LOG_GROUP,)),
        ("logGroupIdentifier", (LOG_GROUP,)),
        ("resourceIdentifier", (LOG_GROUP,)),
        ("resourceArn", (LOG_GROUP,)),
        ("policyType", (ACCOUNT_POLICY,)),
    ),
    "monitoring": (
        ("alarmName", ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")),
        ("alarmNames", ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")),
        ("muteTargets.alarmNames", ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")),
    ),
    "scheduler": (("name", ("AWS::Scheduler::Schedule",)),),
    "sns": (
        ("subscriptionArn", (SUBSCRIPTION, "AWS::SNS::Topic")),
        ("topicArn", ("AWS::SNS::Topic",)),
        ("resourceArn", ("AWS::SNS::Topic",)),
    ),
    "sqs": (
        ("queueUrl", ("AWS::SQS::Queue",)),
        ("queueName", ("AWS::SQS::Queue",)),
        # StartMessageMoveTask
        ("sourceArn", ("AWS::SQS::Queue",)),
        ("destinationArn", ("AWS::SQS::Queue",)),
    ),
    "ssm": (
        ("name", (PARAMETER,)),
        ("names", (PARAMETER,)),
        ("associationId", ("AWS::SSM::Association",)),
    ),
}
# A spoke is no part of the stack, and what it forwards with is known by name: that of its own stack, which
# begins with the main stack's, the template's, and CloudFormation's ending.
_OF_A_SPOKE = re.compile(
    r"(?P<stack>[A-Za-z0-9-]+)-(?P<part>[A-Za-z]*Forward(Guard)?(Role|\d+)?)-[A-Za-z0-9]+"
)
_DEFAULT_BUS = Part(logical_id="default", type=BUS, physical_id="default")
OF_A_BUS = ("PutPermission", "RemovePermission")
CONFIRM = "ConfirmSubscription"
# A data event names what it is about by ARN, also where it was refused.
_WITH_DATA = ("AWS::DynamoDB::Table", FUNCTION, "AWS::SNS::Topic", "AWS::SQS::Queue")
_ARN_IN_A_REFUSAL = re.compile(r"on resource: (\S+)")


def fields_of(source: str) -> tuple[str, ...]:
    """The fields by which calls of a service (`events`, `lambda`) name what they touch."""
    return tuple(dict.fromkeys(field for field, _ in _FIELDS[source]))


def service_of(event: ApiCallEvent) -> str:
    """`lambda` for `lambda.amazonaws.com`."""
    return event.source.partition(".")[0]


def touched(event: ApiCallEvent, parts: Sequence[Part], place: Place) -> tuple[Part, ...]:
    """The parts of the stack that a call names; of a refused call, those that the refusal names."""
    fields = _FIELDS.get(service_of(event), ())
    for field, types in (("resources", _WITH_DATA), *fields):
        given = event.resources if field == "resources" else _texts(event.parameters, field)
        found = tuple(part for text in given for part in _named(text, field, types, parts, place))
        if found:
            return tuple(dict.fromkeys(found))
    if not event.failed:
        return (_DEFAULT_BUS,) if _is_about_the_bus(event) else ()
    refused = _ARN_IN_A_REFUSAL.search(event.error_message)
    types = tuple(kind for _, each in fields for kind in each)
    return tuple(_named(refused[1], "", types, parts, place)) if refused else ()


def of_a_spoke(event: ApiCallEvent, place: Place) -> tuple[Part, ...]:
    """The rule or the role that a call is about with which a spoke forwards another region's events."""
    service = service_of(event)
    if service not in ("events", "iam") or (service == "events" and event.region == place.region):
        return ()
    given = [text for field in ("name", "rule", "roleName") for text in _texts(event.parameters, field)]
    given += [arn.rpartition("/")[2] for arn in _ARN_IN_A_REFUSAL.findall(event.error_message)]
    kind = ROLE if service == "iam" else SPOKES_RULE
    return tuple(
        Part(logical_id=found["part"], type=kind, physical_id=text)
        for text in given
        if (found := _OF_A_SPOKE.fullmatch(text)) and found["stack"].startswith(f"{place.stack_name}-")
    )[:1]


def is_of_a_spoke(part: Part) -> bool:
    """Whether `of_a_spoke` found it: it is in no template of this stack."""
    return part.type == SPOKES_RULE or (part.type == ROLE and bool(stack_of_a_spoke(part.physical_id)))


def stack_of_a_spoke(name: str) -> str:
    """The name of the spoke's stack, of what it made; "" for anything else."""
    found = _OF_A_SPOKE.fullmatch(name)
    return found["stack"] if found else ""


def confirms_ours(event: ApiCallEvent, parts: Sequence[Part]) -> bool:
    """Whether somebody confirmed a subscription of the stack's own: the address is the one it was given.

    A subscription's address can't be changed, so no one can make another one's of it. A confirmation by the
    link in a mail is not recorded at all.
    https://docs.aws.amazon.com/sns/latest/dg/logging-using-cloudtrail.html
    """
    arn = event.response.get("subscriptionArn")
    return event.name == CONFIRM and any(
        part.type == SUBSCRIPTION and part.physical_id == arn for part in parts
    )


def the_stack(place: Place) -> Part:
    """The stack as a whole."""
    return Part(logical_id=place.stack_name, type=STACK, physical_id=place.stack_id)


def likely(event: ApiCallEvent, place: Place) -> tuple[Part, ...]:
    """What a call may touch, where the stack's resources could not be read: what is called like the stack."""
    texts = [arn for arn in event.resources if place.stack_name in arn]
    texts += [
        text
        for field, _ in _FIELDS.get(service_of(event), ())
        for text in _texts(event.parameters, field)
        if place.stack_name in text
    ]
    texts += _ARN_IN_A_REFUSAL.findall(event.error_message)
    named = texts[:1] or [f"something of {event.source}"]
    return tuple(Part(logical_id=text, type="", physical_id=text) for text in named)


def _texts(value: Any, path: str = "") -> Iterator[str]:
    """The texts at the end of a path, through every list on the way."""
    if isinstance(value, list):
        for each in value:
            yield from _texts(each, path)
    elif path and isinstance(value, Mapping):
        field, _, rest = path.partition(".")
        yield from _texts(value.get(field), rest)
    elif not path and isinstance(value, str):
        yield value


def _named(
    text: str, field: str, types: tuple[str, ...], parts: Sequence[Part], place: Place
) -> Iterator[Part]:
    """The first type that has a part of that name; what the stack has without listing it, likewise."""
    for kind in types:
        found = [part for part in parts if part.type == kind and _is(text, part)]
        if found:
            yield found[0]
            return
    name = text.rpartition(":parameter")[2] or text
    if PARAMETER in types and name.startswith(f"/{place.stack_name}/"):
        yield Part(logical_id=name, type=PARAMETER, physical_id=name)
    elif STACK in types and _is_the_stack(text, place):
        yield the_stack(place)
    elif BUS in types and field in ("name", "eventBusName") and _is_the_default(text, field):
        yield _DEFAULT_BUS
    elif types in ((ACCOUNT_POLICY,), (REGION,)):
        yield Part(logical_id=text, type=types[0], physical_id=text)


def _is_about_the_bus(event: ApiCallEvent) -> bool:
    """A call about the policy of a bus that names no bus is about the default one."""
    return service_of(event) == "events" and event.name in OF_A_BUS and "eventBusName" not in event.parameters


def _is_the_default(text: str, field: str) -> bool:
    return text == "default" or (field == "eventBusName" and text.endswith(":event-bus/default"))


def _is_the_stack(text: str, place: Place) -> bool:
    """By its name, or by an ARN, whatever follows its name there: a refusal has `/*` in place of the id."""
    arn = place.arn("cloudformation", f"stack/{place.stack_name}")
    return text in (place.stack_name, arn) or text.startswith(f"{arn}/")


def _is(text: str, part: Part) -> bool:
    """Whether a text names a part: by its name alone, or as a part of an ARN or a URL."""
    name = part.physical_id.rpartition("/")[2] if part.type == "AWS::SQS::Queue" else part.physical_id
    if name not in text:
        return False
    before, _, after = text.rpartition(name)
    return (not before or before[-1] in ":/") and (not after or after[0] in ":/")

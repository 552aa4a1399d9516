"""Requests to EventBridge's API: accepted, or refused in AWS's own words where they are known.

Sources: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html,
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html,
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from chalicelib.matching import EventPattern, InvalidPattern
from scenarios.cloud.authorization.policy_rules import resource_policy
from scenarios.cloud.authorization.trust import can_be_assumed
from scenarios.cloud.inputs import InputTransformer, RefusedInput, check_input_path
from scenarios.cloud.kernel import moto_events, moto_state
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.validation import Request, Validation
from scenarios.cloud.schedules import InvalidSchedule, Schedule

MOST_ENTRIES = 10
# AWS raised it to 1 MB in January 2026. The older limit is kept: what passes here passes there, and what an
# event ends in (a queue, an asynchronous function) may still hold no more.
LARGEST_REQUEST_BYTES = 256 * 1024
TIME_BYTES = 14
MOST_TARGETS = 5
LONGEST_PATTERN = 2048
LONGEST_POLICY = 10 * 1024
INPUT_FORMS = ("Input", "InputPath", "InputTransformer")
ROLE_NEEDED = frozenset(
    {"batch", "codebuild", "codepipeline", "ecs", "events", "firehose", "kinesis", "ssm", "states"}
)
SERVICE = "events.amazonaws.com"
# Rule state ENABLED leaves read-only management events out; this one does not.
ALL_MANAGEMENT_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
DESTINATION, BUILT_IN = "api-destination", "target"
EVENT_FIELDS = ("id", "account", "source", "time", "region", "detail-type")

Parameters = Mapping[str, Any]


# ---- events -------------------------------------------------------------------------------------


def check_entries(entries: Sequence[Parameters], most: int = MOST_ENTRIES) -> None:
    """Refuse a PutEvents request as a whole: too many entries, or too large together."""
    if len(entries) > most:
        raise Refused(
            "ValidationException",
            "1 validation error detected: Value '[PutEventsRequestEntry]' at 'entries' failed to satisfy "
            f"constraint: Member must have length less than or equal to {most}",
        )
    if sum(entry_bytes(entry) for entry in entries) >= LARGEST_REQUEST_BYTES:
        raise Refused("ValidationException", "Total size of the entries in the request is over the limit.")


def entry_bytes(entry: Parameters) -> int:
    """How much of the limit an entry takes.

    Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html
    """
    texts = [entry.get("Source", ""), entry.get("DetailType", ""), entry.get("Detail", "")]
    texts += entry.get("Resources", ())
    return (TIME_BYTES if "Time" in entry else 0) + sum(len(text.encode()) for text in texts)


def entry_error(entry: Parameters, *, of_partner: bool = False) -> dict[str, str] | None:
    """Why one entry is refused; the others may be taken. `of_partner`: whose source begins with `aws.`."""
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            return {
                "ErrorCode": "InvalidArgument",
                "ErrorMessage": f"Parameter {name} is not valid. Reason: {name} is a required argument.",
            }
    if entry["Source"].startswith("aws.") and not of_partner:
        return {
            "ErrorCode": "NotAuthorizedForSourceException",
            "ErrorMessage": "Not authorized for the source.",
        }
    if not isinstance(_parsed(entry["Detail"]), dict):
        return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    return None


def event_of(entry: Parameters, *, event_id: str, account: str, region: str, now: datetime) -> dict[str, Any]:
    """The event that an entry becomes."""
    return {
        "version": "0",
        "id": event_id,
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "account": account,
        "time": f"{moment(entry.get('Time', now)):%Y-%m-%dT%H:%M:%SZ}",
        "region": region,
        "resources": list(entry.get("Resources", [])),
        "detail": json.loads(entry["Detail"]),
    }


def moment(given: Any) -> datetime:
    """A timestamp as boto3 takes it, aware and in UTC; without a zone it is UTC."""
    if isinstance(given, int | float):
        return datetime.fromtimestamp(given, UTC)
    at = given if isinstance(given, datetime) else datetime.fromisoformat(str(given))
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


# ---- rules --------------------------------------------------------------------------------------


def check_rule(request: Request) -> None:
    """Refuse a PutRule; what moto refuses itself (a schedule on another bus) is left to it."""
    parameters = request.parameters
    schedule = parameters.get("ScheduleExpression")
    if not parameters.get("EventPattern") and not schedule:
        raise invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")
    if parameters.get("EventPattern"):
        check_pattern(parameters["EventPattern"])
    if schedule and bus_name(parameters) == "default":
        try:
            Schedule(schedule)
        except InvalidSchedule as error:
            raise invalid(InvalidSchedule.AWS_MESSAGE) from error
    if schedule and parameters.get("State") == ALL_MANAGEMENT_EVENTS:
        raise invalid(f"{ALL_MANAGEMENT_EVENTS} rule state is not supported with scheduled rule expressions.")
    _check_role(request, parameters)


@lru_cache(maxsize=1024)
def check_pattern(text: str) -> EventPattern:
    """The pattern; otherwise AWS's reason why it is invalid."""
    if len(text) > LONGEST_PATTERN:
        raise Refused(
            "InvalidEventPatternException",
            f"Event pattern is not valid. Reason: it is longer than {LONGEST_PATTERN} characters.",
        )
    try:
        return EventPattern(text)
    except InvalidPattern as error:
        raise Refused(
            "InvalidEventPatternException", f"Event pattern is not valid. Reason: {error.reason}"
        ) from error


def test_event_pattern(parameters: Parameters) -> dict[str, Any]:
    """Answer TestEventPattern."""
    event = _parsed(parameters["Event"])
    if not isinstance(event, dict) or any(name not in event for name in EVENT_FIELDS):
        raise Refused("ValidationException", "Parameter Event is not valid.")
    return {"Result": check_pattern(parameters["EventPattern"]).matches(event)}


def bus_name(parameters: Parameters) -> str:
    """The bus that a call's EventBusName means, which may be an ARN."""
    return name_of_bus(str(parameters.get("EventBusName") or "default"))


def name_of_bus(named: str) -> str:
    """A bus's name, of its name or ARN; a partner's has slashes in it."""
    return named.partition(":event-bus/")[2] or named


def kind_of(arn: str) -> str:
    """What kind of thing an ARN of EventBridge's names: `event-bus`, `api-destination`, `target`."""
    service, rest = arn.split(":", 5)[2], arn.split(":", 5)[5]
    return rest.partition("/")[0] if service == "events" else ""


# ---- targets ------------------------------------------------------------------------------------


def check_targets(request: Request) -> None:
    """Refuse a PutTargets."""
    parameters, given = request.parameters, request.parameters["Targets"]
    rules = moto_events.rules(request.account, request.region, bus_name(parameters))
    standing = {target["Id"] for rule in rules if rule.name == parameters["Rule"] for target in rule.targets}
    ids = {target["Id"] for target in given}
    if len(ids) < len(given):
        raise invalid("Two targets of the request have the same Id.")
    if len(standing | ids) > MOST_TARGETS:
        raise Refused("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
    for target in given:
        _check_input(target)
        _check_dead_letters(target)
        _check_place(target, request.region)
        _check_role(request, target)


def invalid(why: str) -> Refused:
    """What EventBridge answers to a parameter that it doesn't take."""
    return Refused("ValidationException", why)


def _check_role(request: Request, given: Parameters) -> None:
    role = given.get("RoleArn")
    if role and not can_be_assumed(role, SERVICE, account=request.account, region=request.region):
        raise invalid(f"Provided role '{role}' cannot be assumed by principal '{SERVICE}'.")


def _check_dead_letters(target: Parameters) -> None:
    """Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html."""
    arn = target.get("DeadLetterConfig", {}).get("Arn")
    if arn and ":sqs:" not in arn:
        raise invalid(f"The dead-letter queue of target {target['Id']} is no queue of SQS: {arn}")


def _check_input(target: Parameters) -> None:
    given = [form for form in INPUT_FORMS if form in target]
    if len(given) > 1:
        raise Refused(
            "ValidationException",
            f"Only one of Input, InputPath, or InputTransformer must be provided for target {target['Id']}.",
        )
    if "Input" in given and _parsed(target["Input"]) is None and target["Input"].strip() != "null":
        raise Refused("ValidationException", f"JSON syntax error in input for target {target['Id']}.")
    try:
        if "InputPath" in given:
            check_input_path(target["InputPath"], target_id=target["Id"])
        if "InputTransformer" in given:
            transformer = target["InputTransformer"]
            InputTransformer.check(
                transformer.get("InputPathsMap", {}), transformer["InputTemplate"], target_id=target["Id"]
            )
    except RefusedInput as error:
        raise invalid(str(error)) from error


def _check_place(target: Parameters, region: str) -> None:
    arn = target["Arn"]
    parts = arn.split(":", 5)
    if len(parts) != 6:
        return  # moto says what AWS says
    service = parts[2]
    if service in ROLE_NEEDED and not target.get("RoleArn"):
        raise Refused("ValidationException", f"RoleArn is required for target {arn}.")
    if service == "events" and kind_of(arn) in (BUILT_IN, DESTINATION):
        if parts[3] != region:
            raise invalid(f"Parameter {arn} is not valid. Reason: Provided Arn is not in this region.")
        if kind_of(arn) == DESTINATION and moto_events.api_destination(arn) is None:
            raise Refused("ResourceNotFoundException", f"An api-destination '{arn}' does not exist.")
        return
    if service == "events":
        if any(form in target for form in INPUT_FORMS):
            raise Refused(
                "ValidationException", f"Modifying the input for target {target['Id']} is not supported."
            )
        return
    if parts[3] != region:
        raise NotSimulated("events", f"a target in another region than its rule ({arn})")


# ---- who may put -------------------------------------------------------------------------------


def check_permission(request: Request) -> None:
    """A bus's policy has a length. The words are ours.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html
    """
    if len(request.parameters.get("Policy", "")) > LONGEST_POLICY:
        raise Refused("PolicyLengthExceededException", f"The policy is longer than {LONGEST_POLICY} bytes.")


# ---- connections and API destinations -------------------------------------------------------------

_AUTHORISED_BY = {
    "API_KEY": "ApiKeyAuthParameters",
    "BASIC": "BasicAuthParameters",
    "OAUTH_CLIENT_CREDENTIALS": "OAuthParameters",
}


def check_connection(request: Request) -> None:
    """A connection that is made: its parameters are those of its kind. The words are ours but the last's."""
    given = request.parameters
    for name in ("InvocationConnectivityParameters", "KmsKeyIdentifier"):
        if name in given:
            raise NotSimulated("events", f"CreateConnection with {name}")
    needed, parameters = _AUTHORISED_BY.get(given["AuthorizationType"], ""), given["AuthParameters"]
    if "ConnectivityParameters" in parameters:
        raise NotSimulated("events", "CreateConnection with ConnectivityParameters")
    if needed and parameters.keys() & set(_AUTHORISED_BY.values()) != {needed}:
        raise invalid(f"Parameter AuthParameters is not valid. Reason: {needed} must be given, and no other.")
    if moto_events.connection_named(request.account, request.region, given["Name"]) is not None:
        raise Refused("ResourceAlreadyExistsException", f"Connection {given['Name']} already exists.")


def check_changed_connection(request: Request) -> None:
    """A connection that is changed: what is given anew is of its kind."""
    given = request.parameters
    standing = moto_events.connection_named(request.account, request.region, given["Name"])
    kind = given.get("AuthorizationType") or (standing.authorization_type if standing is not None else "")
    parameters, needed = given.get("AuthParameters", {}), _AUTHORISED_BY.get(kind, "")
    if parameters.keys() & set(_AUTHORISED_BY.values()) - {needed}:
        raise invalid(f"Parameter AuthParameters is not valid. Reason: {needed} must be given, and no other.")


def check_destination(request: Request) -> None:
    """An API destination that is made."""
    given = request.parameters
    check_changed_destination(request)
    destinations = moto_state.backend("events", request.account, request.region).destinations
    if given["Name"] in destinations:
        raise Refused(
            "ResourceAlreadyExistsException", f"An api-destination '{given['Name']}' already exists."
        )


def check_changed_destination(request: Request) -> None:
    """Where an API destination sends, and by which connection."""
    given = request.parameters
    if not given.get("InvocationEndpoint", "https://").startswith("https://"):
        raise invalid("Parameter InvocationEndpoint is not valid. Reason: it must be an HTTPS endpoint.")
    if "ConnectionArn" in given and moto_events.connection(given["ConnectionArn"]) is None:
        raise Refused("ResourceNotFoundException", f"Connection '{given['ConnectionArn']}' does not exist.")


VALIDATION = Validation(
    code="ValidationException",
    rules={
        "CreateApiDestination": (check_destination,),
        "CreateConnection": (check_connection,),
        "UpdateApiDestination": (check_changed_destination,),
        "UpdateConnection": (check_changed_connection,),
        "PutPermission": (resource_policy("Policy", "ValidationException"), check_permission),
        "PutRule": (check_rule,),
        "PutTargets": (check_targets,),
    },
)

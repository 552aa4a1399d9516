"""Reads what a call is about: the stack's parts, whether CloudFormation is at work, what was deployed."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from chalicelib.aws import Aws
from chalicelib.errors import AWS_ERRORS
from chalicelib.events import ApiCallEvent
from chalicelib.looking import Unseen, unseen
from chalicelib.remediations.stack_changed.parts import (
    EXISTING_GROUP,
    EXISTING_ROLE,
    FUNCTION,
    LOG_GROUP,
    ROLE,
    confirms_ours,
    likely,
    of_a_spoke,
    service_of,
    the_stack,
    touched,
)
from chalicelib.remediations.stack_changed.promise import NotTold, Part, Place, Promise
from chalicelib.remediations.stack_changed.restore import BESIDE, Declared

CLOUDFORMATION = "cloudformation.amazonaws.com"
# Each of these rules hears what is done to the other one, and while it is off nobody does.
WATCH_EACH_OTHER = ("StackChangedTrigger1", "StackChangedGuard")
# CloudFormation's clock and CloudTrail's, which tells whole seconds.
_LEEWAY = timedelta(seconds=5)
_MOST_STACK_EVENTS = 2_000
# From the call to the stack's first event; AWS promises no time.
_BEGINS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class FromBefore:
    """Names of the trail's log group and of its role, which the stack may have found; "" where unknown."""

    group: str = ""
    role: str = ""

    def besides(self, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        """The parts, and those of these that are none of them."""
        found = (
            Part(logical_id=EXISTING_GROUP, type=LOG_GROUP, physical_id=self.group),
            Part(logical_id=EXISTING_ROLE, type=ROLE, physical_id=self.role),
        )
        names = {each.physical_id for each in parts} | {""}
        return (*parts, *(each for each in found if each.physical_id not in names))


_NOTHING = FromBefore()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a look found. `parts`: of the stack that the call names; `own_role`: the part that made the call.

    `declared`: what was deployed of each part, by its logical id, where that could be told. `functions`: the
    logical ids of all functions. `deaf`: rules that are off beside the one that the call is about.
    """

    parts: tuple[Part, ...]
    place: Place
    declared: Mapping[str, Declared] = field(default_factory=dict)
    functions: tuple[str, ...] = ()
    own_role: Part | None = None
    deaf: tuple[Part, ...] = ()
    could_not_read: tuple[Unseen, ...] = ()


def read(
    aws: Aws,
    event: ApiCallEvent,
    place: Place,
    before: FromBefore = _NOTHING,
    *,
    deployed: bool = True,
) -> Seen | None:
    """What a call is about; None where it is about nothing of the stack, or the stack's own deployment.

    `before`: what the stack may have found. `deployed`: whether to read what was deployed of it, too, to put
    it back.
    """
    cloudformation = aws.client("cloudformation", place.region)
    try:
        parts = before.besides(_parts(cloudformation, place))
        named = touched(event, parts, place) or _by_another_id(cloudformation, event, place)
        if not named and (spokes := of_a_spoke(event, place)):
            return _seen(cloudformation, event, spokes, parts, place, promised=())
        if not named or confirms_ours(event, parts) or _is_a_step(cloudformation, event, place):
            return None
    except AWS_ERRORS as error:
        return blind(event, unseen(error, "reading the stack's resources: {}"), place)
    if not deployed or event.failed:
        return _seen(cloudformation, event, named, parts, place, promised=())
    deaf, why = _deaf(aws, named, parts, place)
    seen = _seen(cloudformation, event, named, parts, place, promised=(*named, *deaf))
    return replace(seen, deaf=deaf, could_not_read=(*seen.could_not_read, *why))


def blind(event: ApiCallEvent, why: Unseen, place: Place) -> Seen:
    """What is known of a call without a look."""
    return Seen(parts=likely(event, place), place=place, could_not_read=(why,))


def _seen(
    cloudformation: Any,
    event: ApiCallEvent,
    named: tuple[Part, ...],
    parts: tuple[Part, ...],
    place: Place,
    *,
    promised: tuple[Part, ...],
) -> Seen:
    could_not_read: tuple[Unseen, ...] = ()
    declared: Mapping[str, Declared] = {}
    if promised:
        try:
            declared = _declared(_promise(cloudformation, parts, place), promised)
        except AWS_ERRORS as error:
            could_not_read = (unseen(error, "reading what was deployed: {}"),)
    return Seen(
        parts=named,
        place=place,
        declared=declared,
        functions=tuple(each.logical_id for each in parts if each.type == "AWS::Lambda::Function"),
        own_role=_own_role(event, parts, place),
        could_not_read=could_not_read,
    )


def _deaf(
    aws: Aws, named: tuple[Part, ...], parts: tuple[Part, ...], place: Place
) -> tuple[tuple[Part, ...], tuple[Unseen, ...]]:
    """The rules that are off by now where one was touched that alone hears of that, and what wasn't seen.

    An event that comes late finds the second rule off, too; while the first one was off, nobody heard of it.
    """
    if not any(part.logical_id in WATCH_EACH_OTHER for part in named):
        return (), ()
    others = [part for part in parts if part.logical_id in WATCH_EACH_OTHER and part not in named]
    events = aws.client("events", place.region)
    try:
        states = [(part, events.describe_rule(Name=part.physical_id)["State"]) for part in others]
    except AWS_ERRORS as error:
        return (), (unseen(error, "looking whether the rule that watches this one is on: {}"),)
    return tuple(part for part, state in states if state == "DISABLED"), ()


def _parts(cloudformation: Any, place: Place) -> tuple[Part, ...]:
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=place.stack_id)
    return tuple(
        Part(
            logical_id=each["LogicalResourceId"],
            type=each["ResourceType"],
            physical_id=each["PhysicalResourceId"],
        )
        for page in pages
        for each in page["StackResourceSummaries"]
        if each.get("PhysicalResourceId")
    )


def _by_another_id(cloudformation: Any, event: ApiCallEvent, place: Place) -> tuple[Part, ...]:
    """The stack, where a call sets CloudFormation to work on it and names it only by an id of something else.

    A change set's ARN holds no stack, and the change set may be gone by now; so it is asked whether the stack
    itself began to be worked on just then.
    """
    if event.failed or service_of(event) != "cloudformation":
        return ()
    change_set, refactor = (
        str(event.parameters.get(each, "")) for each in ("changeSetName", "stackRefactorId")
    )
    if event.name == "ExecuteChangeSet" and change_set.startswith("arn:"):
        ours = _began(cloudformation, place, event.at)
    elif event.name == "ExecuteStackRefactor" and refactor:
        found = cloudformation.describe_stack_refactor(StackRefactorId=refactor)
        ours = place.stack_id in found.get("StackIds", ())
    else:
        ours = False
    return (the_stack(place),) if ours else ()


def _is_a_step(cloudformation: Any, event: ApiCallEvent, place: Place) -> bool:
    """Whether CloudFormation made the call at work on this stack: then the call that began it is told.

    What is done to the stack as a whole begins something, whoever does it: a stack may be a part of another.
    """
    through = event.actor.invoked_by == CLOUDFORMATION and service_of(event) != "cloudformation"
    return through and _at_work(cloudformation, place, event.at)


def _at_work(cloudformation: Any, place: Place, moment: datetime) -> bool:
    """Whether CloudFormation was at work on this very stack at that time, as the stack's events tell.

    A stack of somebody else's may change parts of ours too, in CloudFormation's name.
    """
    for status, since in _statuses(cloudformation, place):
        if since <= moment + _LEEWAY:
            return status.endswith("_IN_PROGRESS") or moment - since <= _LEEWAY
    return False


def _began(cloudformation: Any, place: Place, moment: datetime) -> bool:
    """Whether CloudFormation began something with this very stack just then."""
    return any(
        status.endswith("_IN_PROGRESS") and -_LEEWAY <= since - moment <= _BEGINS
        for status, since in _statuses(cloudformation, place)
    )


def _statuses(cloudformation: Any, place: Place) -> Iterator[tuple[str, datetime]]:
    """The statuses of the stack itself and since when, the newest first."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=place.stack_id)
    every = (each for page in pages for each in page["StackEvents"])
    for each in islice(every, _MOST_STACK_EVENTS):
        if each["PhysicalResourceId"] == place.stack_id:
            yield str(each["ResourceStatus"]), each["Timestamp"]


def _promise(cloudformation: Any, parts: tuple[Part, ...], place: Place) -> Promise:
    (stack,) = cloudformation.describe_stacks(StackName=place.stack_id)["Stacks"]
    body = cloudformation.get_template(StackName=place.stack_id, TemplateStage="Processed")["TemplateBody"]
    given = {each["ParameterKey"]: each.get("ParameterValue", "") for each in stack.get("Parameters", ())}
    return Promise(
        template=body if isinstance(body, Mapping) else json.loads(body),
        parameters=given,
        parts=parts,
        place=place,
    )


def _declared(promise: Promise, named: tuple[Part, ...]) -> dict[str, Declared]:
    found = {}
    for part in named:
        try:
            beside = {
                kind: tuple(promise.about(part, kind, name)) for kind, name in BESIDE.get(part.type, ())
            }
            of_function = part.type == FUNCTION
            statements = promise.statements(part) if of_function else {}
            found[part.logical_id] = Declared(
                properties=promise.of(part), beside=beside, statements=statements
            )
        except NotTold:
            continue  # then it can't be put back from here, and the alert says how else
    return found


def _own_role(event: ApiCallEvent, parts: tuple[Part, ...], place: Place) -> Part | None:
    """The role of ours that made the call, if any."""
    for each in parts:
        if each.type == "AWS::IAM::Role" and event.principal == place.arn("iam", f"role/{each.physical_id}"):
            return each
    return None

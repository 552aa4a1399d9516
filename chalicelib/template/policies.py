"""What each function may do: its remediation's grants, and what the runtime needs for every one of them.

Acting grants are not here: they come in a policy of their own, which the function's role has
only where the remediation's mode lets it act. Resources are text for CloudFormation's Fn::Sub.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from chalicelib.brakes import kill_switch, mode_of
from chalicelib.http.routes import GRANTS as HTTP_GRANTS
from chalicelib.ledger.grants import ANY, on_ledger
from chalicelib.ledger.table import Kind
from chalicelib.references import TRAIL_ARN, TRAIL_BUCKET, TRAIL_GROUP, TRAIL_ROLE, WATCHED_BUCKET
from chalicelib.remediation import Grant, Remediation
from chalicelib.stack import HEARTBEAT
from chalicelib.template.heartbeat import GRANTS as HEARTBEAT_GRANTS
from chalicelib.template.parts import logical_id
from chalicelib.triggers import OnQueue, OnSchedule

HTTP_FUNCTION = "api_handler"
# So many resources with the same actions share a statement; fewer have one each, which is easier to read.
MANY = 8
_PARAMETER = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter"

Document = Mapping[str, Any]
Only = tuple[tuple[str, str, str], ...]


def policies(
    remediations: Iterable[Remediation], rules: Mapping[str, Iterable[Grant]] = MappingProxyType({})
) -> dict[str, Document]:
    """A policy document for each function: every remediation's, the heartbeat's, and the HTTP side's.

    `rules`: what the function of each rule of AWS Config may do beside writing its log.
    """
    documents = {each.name: document(grants_of(each)) for each in remediations}
    documents |= {name: document((*_own_logs(logical_id(name)), *grants)) for name, grants in rules.items()}
    documents[HEARTBEAT] = document((*_own_logs(logical_id(HEARTBEAT)), *HEARTBEAT_GRANTS))
    documents[HTTP_FUNCTION] = document((*_own_logs("APIHandler"), *HTTP_GRANTS))
    return documents


def grants_of(remediation: Remediation) -> tuple[Grant, ...]:
    """Everything a remediation's function may do in every mode."""
    looking = tuple(grant for grant in remediation.grants if not grant.acting)
    own_logs = _own_logs(logical_id(remediation.name))
    return (*own_logs, *_runtime(remediation), *_reading(remediation), *looking)


def acting_grants_of(remediation: Remediation) -> tuple[Grant, ...]:
    """What it may do besides, once its mode lets it act: count its acts, read its brakes, and act."""
    return (
        *on_ledger(Kind.ACTS, remediation.name, "Query", "PutItem", acting=True),
        *(
            Grant(action="ssm:GetParameters", resource=f"{_PARAMETER}{name}", acting=True)
            for name in (kill_switch(), mode_of(remediation.name))
        ),
        *on_ledger(Kind.INSTRUCTION, remediation.name, "Query", acting=True),
        *(grant for grant in remediation.grants if grant.acting),
    )


def document(grants: Iterable[Grant]) -> Document:
    """An IAM policy: one statement for each resource, in the order the grants were given.

    Where several resources take the same actions, one statement names them: a role's policies have 10,240
    characters. Of a table with leading keys: one for each action, with all the keys that it may reach. What
    is granted under conditions alone: one for each resource and its conditions.
    """
    actions: dict[str, list[str]] = {}
    limited: dict[tuple[str, Only], list[str]] = {}
    keys: dict[tuple[str, str], list[str]] = {}
    for grant in grants:
        resource = json.dumps(_resource(grant.resource))
        if grant.leading_keys:
            keys.setdefault((resource, grant.action), []).extend(grant.leading_keys)
            continue
        if grant.only:
            taken = limited.setdefault((resource, grant.only), [])
        else:
            taken = actions.setdefault(resource, [])
        if grant.action not in taken:
            taken.append(grant.action)
    return {
        "Version": "2012-10-17",
        "Statement": [
            *(_statement(resources, each) for each, resources in _together(actions)),
            *(
                {**_statement([resource], each), "Condition": _condition(only)}
                for (resource, only), each in limited.items()
            ),
            *(_statement([resource], [action], each) for (resource, action), each in keys.items()),
        ],
    }


def _condition(only: Only) -> Document:
    made: dict[str, dict[str, Any]] = {}
    for operator, key, value in only:
        made.setdefault(operator, {})[key] = _resource(value)
    return made


def _together(actions: Mapping[str, list[str]]) -> Iterator[tuple[list[str], list[str]]]:
    """Actions, and the resources that take just these: one, or where there are `MANY` of them, all."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for resource, each in actions.items():
        alike.setdefault(tuple(each), []).append(resource)
    for taken, resources in alike.items():
        if len(resources) >= MANY:
            yield list(taken), resources
        else:
            yield from ((list(taken), [resource]) for resource in resources)


def _statement(resources: list[str], actions: list[str], leading_keys: Iterable[str] = ()) -> Document:
    named = [json.loads(each) for each in resources]
    allowed = {"Effect": "Allow", "Action": actions, "Resource": named if len(named) > 1 else named[0]}
    if not leading_keys:
        return allowed
    reached = {"dynamodb:LeadingKeys": list(dict.fromkeys(leading_keys))}
    # A request that named no key at all would have none that is not among these.
    some = {"dynamodb:LeadingKeys": "false"}
    return {**allowed, "Condition": {"ForAllValues:StringLike": reached, "Null": some}}


def _own_logs(function: str) -> tuple[Grant, ...]:
    # The function's name can't be referred to here: its role comes before it. The group can.
    group = f"${{{function}LogGroup.Arn}}"
    return tuple(
        Grant(action=f"logs:{action}", resource=group) for action in ("CreateLogStream", "PutLogEvents")
    )


def _runtime(remediation: Remediation) -> tuple[Grant, ...]:
    """Claims, plans, telling. A run that failed gives its claim back."""
    name, ways = remediation.name, remediation.ways
    return (
        *on_ledger(Kind.CLAIM, name, "PutItem", "DeleteItem"),
        *on_ledger(Kind.FINDING, name, "GetItem", "PutItem"),
        *on_ledger(Kind.QUIET, name, "PutItem"),
        *on_ledger(Kind.FLOOD, name, "GetItem", "PutItem"),
        *(
            on_ledger(Kind.FLOOD, name, "Query")
            if any(isinstance(trigger, OnSchedule) for trigger in remediation.triggers)
            else ()
        ),
        *(_explaining(name) if remediation.acts else ()),
        *(
            on_ledger(Kind.FINDING, name, "Query")
            if remediation.acts or any(way.remembers for way in ways)
            else ()
        ),
        *(_remembering(name) if any(way.remembers for way in ways) else ()),
        *(
            on_ledger(Kind.SIGHTING, f"{name}#{ANY}", "BatchWriteItem", "Query")
            if any(way.sightings for way in ways)
            else ()
        ),
        Grant(action="sns:Publish", resource="${AlertTopic}"),
        # An encrypted topic asks its key in the publisher's name.
        Grant(action="kms:GenerateDataKey", resource="${AlertKey.Arn}"),
        Grant(action="kms:Decrypt", resource="${AlertKey.Arn}"),
        *_giving_up(remediation),
    )


def _giving_up(remediation: Remediation) -> Iterator[Grant]:
    if remediation.invoked_asynchronously:
        # In the role's own policy: Lambda refuses a destination that the role can't reach yet.
        yield Grant(action="sqs:SendMessage", resource="${DeadLetters.Arn}")


def _explaining(name: str) -> tuple[Grant, ...]:
    """Calls of its own role are held against the findings that acted."""
    return on_ledger(Kind.ACTS, name, "Query")


def _remembering(name: str) -> tuple[Grant, ...]:
    """The good state, and what an expected principal changes of it: that is asked of event history first."""
    return (
        *on_ledger(Kind.STATE, name, "Query", "PutItem"),
        Grant(action="cloudtrail:LookupEvents", resource="*", because="event history takes no resource"),
    )


def _reading(remediation: Remediation) -> tuple[Grant, ...]:
    """Lambda reads a queue under the function's role, and won't connect them before it may."""
    return tuple(
        Grant(action=f"sqs:{action}", resource=f"${{{trigger.queue}.Arn}}")
        for trigger in remediation.triggers
        if isinstance(trigger, OnQueue)
        for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    )


# Names that resources of grants may use beside the template's own: what they stand for depends on whether
# the stack brings its own trail.
_NAMES: Mapping[str, Any] = {
    "TrailArn": TRAIL_ARN,
    "TrailGroupName": TRAIL_GROUP,
    "TrailBucketName": TRAIL_BUCKET,
    "TrailRoleName": TRAIL_ROLE,
    "WatchedBucketName": WATCHED_BUCKET,
}


def _resource(text: str) -> Any:
    if "${" not in text:
        return text
    names = {name: value for name, value in _NAMES.items() if f"${{{name}}}" in text}
    return {"Fn::Sub": [text, names]} if names else {"Fn::Sub": text}

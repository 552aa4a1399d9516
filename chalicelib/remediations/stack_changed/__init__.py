"""Somebody changed a part of Trailwarden itself: a rule, function, alarm, topic, queue, key, role, the table.

Whoever wants to work unseen blinds the watcher first: disables a rule, limits a function to no runs,
switches off an alarm's actions, denies the topic, disables a key, takes a role's policy away, empties the
queue of what could not be told, deletes the stack.

What we do: report every call that changes a part of the stack, by anybody but those who deploy it: what was
done, what is not told any more because of that, who, from where, and the command that puts it back. CRITICAL
is what blinds us, HIGH what lets others read, forge or change, MEDIUM and LOW the rest. A call by a role of
our own functions is CRITICAL whatever it does: they never make such calls. An attempt that AWS refused is
MEDIUM, one that failed LOW; many of them are counted. In mode enforce a part is put back as the deployed
template says, where that is possible exactly: rules and their targets, limits, settings and permissions of
functions, filters, alarms, policies of topics and queues, the alerts' key, the ledger's protection, and
policies that a stranger gave to a role. For the rest the alert has the commands with which CloudFormation
puts everything back.

What we leave alone: other stacks, also those with a like name; that a reader whom the stack names confirms
the subscription; calls by the principals that `StackChangedDeployers` names; what CloudFormation does while
it is at work on this stack, which the call that began it tells. The trail and its bucket are
`trail_stopped`'s. `IgnoredPrincipals` is not asked: those it names may do many things, but not silence us. A
rule that was disabled hears nothing of that, so two rules watch each other; where one was touched, the
function looks whether the other is off, too. The second also tells the plain topic by itself what stops this
function or its voice.

Of other regions we hear what is done to the rules and roles with which a spoke forwards. They are known by
their names, which begin with the stack's name; nothing is put back there.

Where a trail records data events of the stack (its own does, by `RecordDataEvents`), use by hand is told as
well: an item written to the ledger or taken from it is CRITICAL, as is a message that was taken from a queue;
a function that was run and a message that was sent are HIGH. Nothing is put back: no such item or message
counts without a seal. The stack's own roles and AWS services are left out.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html,
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib.aws import Aws
from chalicelib.counting import COUNTING
from chalicelib.events import ApiCallEvent, api_call
from chalicelib.looking import Unseen
from chalicelib.references import TRAIL_GROUP, TRAIL_ROLE
from chalicelib.remediation import Plan, Proof, ProvenBy, Remediation, Way
from chalicelib.remediations.stack_changed.alerts import attempted, changed, off_too
from chalicelib.remediations.stack_changed.data import USE
from chalicelib.remediations.stack_changed.deeds import name_of
from chalicelib.remediations.stack_changed.grants import (
    ALERT_KEY,
    DECLARED_CALLS,
    GRANTS,
    KEYS,
    MAPPING,
    NAMES,
    STACK,
    TRAIL_GROUP_NAME,
    TRAIL_ROLE_NAME,
    VARIABLES,
)
from chalicelib.remediations.stack_changed.parts import (
    CONFIRM,
    EXISTING_GROUP,
    OF_A_BUS,
    fields_of,
    service_of,
)
from chalicelib.remediations.stack_changed.promise import Place
from chalicelib.remediations.stack_changed.reading import FromBefore, Seen, blind, read
from chalicelib.remediations.stack_changed.restore import heard_again, restore
from chalicelib.settings import IGNORED_PRINCIPALS, Settings
from chalicelib.stack import PRINCIPALS, PRINCIPALS_ARE, CloudFormation, Parameter
from chalicelib.triggers import OnEvent

NAME = "stack_changed"
DEPLOYERS = Parameter(
    name="StackChangedDeployers",
    type="CommaDelimitedList",
    default="",
    description="ARNs, wildcards allowed, that deploy this stack: their changes are recorded, no alert.",
    pattern=PRINCIPALS,
    constraint=PRINCIPALS_ARE,
)

_VIA = ["AWS API Call via CloudTrail"]
_NAMED_LIKE_THE_STACK: Sequence[CloudFormation] = [{"wildcard": {"Fn::Sub": "*${AWS::StackName}*"}}]
# Lambda makes these for every new execution environment.
_ROUTINE = ["CreateLogStream"]


def _pattern(
    sources: Iterable[str],
    *alternatives: CloudFormation,
    fields: Iterable[str],
    like: Sequence[CloudFormation] = _NAMED_LIKE_THE_STACK,
) -> CloudFormation:
    """Changes by calls of these services that name something like the stack, or are refused with such a name.

    The function looks closer. A rule's pattern may have 2,048 characters, so there is more than one.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
    """
    return {
        "source": [f"aws.{each}" for each in sources],
        "detail-type": _VIA,
        "detail": {
            "readOnly": [False],
            "managementEvent": [True],
            "eventName": [{"anything-but": _ROUTINE}],
            "$or": [
                *({"requestParameters": _at(field, like)} for field in fields),
                {"errorMessage": like},
                *alternatives,
            ],
        },
    }


def _at(path: str, like: Sequence[CloudFormation]) -> CloudFormation:
    """A pattern for what is at the end of a path."""
    field, _, rest = path.partition(".")
    return {field: _at(rest, like) if rest else like}


# What has no name, but an id that AWS made.
_BY_ID: Mapping[str, list[Any]] = {
    # Its kind, whichever: a policy for every log group is for ours, too.
    "policyType": [{"exists": True}],
    "associationId": [{"Ref": "AgentInstalled"}, {"Ref": "AgentStarted"}],
    "restApiId": [{"Ref": "RestAPI"}],
    "uUID": [{"Ref": MAPPING}],
}


# These set CloudFormation to work on a stack that they don't name.
_UNNAMED: Sequence[CloudFormation] = (
    {"eventName": ["ExecuteChangeSet"], "requestParameters": {"changeSetName": [{"prefix": "arn:"}]}},
    {"eventName": ["ExecuteStackRefactor"]},
)


def _by_name(*sources: str, besides: Sequence[CloudFormation] = ()) -> CloudFormation:
    fields = dict.fromkeys(field for each in sources for field in fields_of(each))
    named = [field for field in fields if field not in _BY_ID]
    ids = [{"requestParameters": {field: _BY_ID[field]}} for field in fields if field in _BY_ID]
    return _pattern(sources, *ids, *besides, fields=named)


_KEYS_BY_ID = [{"suffix": {"Ref": key}} for key in KEYS]
# Each key's id with wildcards around it would be too complex for EventBridge; refusals are few.
_ANY_KEY_REFUSED = [{"wildcard": "*:key/*"}]

RULES_PATTERN = _pattern(
    ("events", "scheduler"),
    {"requestParameters": {"name": ["default"]}, "eventName": ["UpdateEventBus"]},
    {"eventName": list(OF_A_BUS)},
    fields=("name", "rule"),
)
# The trail's group may have been there before the stack, by any name.
_LIKE_THE_GROUP: Sequence[CloudFormation] = [
    TRAIL_GROUP,
    {"wildcard": {"Fn::Sub": ["*:log-group:${Group}*", {"Group": TRAIL_GROUP}]}},
]
_OF_THE_GROUP: Sequence[CloudFormation] = (
    {"requestParameters": {"logGroupName": [TRAIL_GROUP]}},
    {"requestParameters": {"logGroupIdentifier": _LIKE_THE_GROUP}},
    {"requestParameters": {"resourceIdentifier": _LIKE_THE_GROUP}},
)
FUNCTIONS_PATTERN = _by_name("lambda")
LOGS_PATTERN = _by_name("logs", besides=_OF_THE_GROUP)
TOPICS_PATTERN = _by_name("monitoring", "sns")
QUEUES_PATTERN = _by_name("sqs", "dynamodb")
STACK_PATTERN = _by_name("cloudformation", "apigateway", "ssm", besides=_UNNAMED)
KEYS_PATTERN = _pattern(
    ("kms",),
    {"requestParameters": {"keyId": _KEYS_BY_ID}},
    {"errorMessage": _ANY_KEY_REFUSED},
    fields=(),
)
# The trail's role may have been there before the stack, by any name. And the account itself: a region that is
# switched off forwards nothing, and runs nothing.
# https://docs.aws.amazon.com/accounts/latest/reference/monitoring-eventbridge.html
_OF_THE_ACCOUNT = {"eventName": ["DisableRegion"]}
ROLES_PATTERN = _pattern(
    ("iam", "account"),
    {"requestParameters": {"roleName": [TRAIL_ROLE]}},
    _OF_THE_ACCOUNT,
    fields=("roleName",),
)
# A role is everywhere, and its changes are events of one region, as the account's are; the spoke there
# forwards them.
ROLES_FORWARDED = _pattern(
    ("iam", "account"),
    {"requestParameters": {"roleName": [{"Fn::Sub": "${ExistingTrailRole}"}]}},
    _OF_THE_ACCOUNT,
    fields=("roleName",),
    like=[{"wildcard": {"Fn::Sub": "*${HomeStack}*"}}],
)

# Calls of our own acting functions that the runtime holds against their plans.
_OF_OUR_PLANS = {
    ("TrailStoppedRole", name) for name in ("CreateLogGroup", "PutRetentionPolicy", "DeleteRetentionPolicy")
}
# The trail's own group has a remediation of its own for these.
_OF_THE_TRAIL = {
    (group, name)
    for group in ("TrailGroup", EXISTING_GROUP)
    for name in ("DeleteLogGroup", "PutRetentionPolicy")
}


def look(aws: Aws, event: ApiCallEvent, settings: Settings) -> Seen | None:
    """What of the stack the call is about, and what was deployed of it."""
    before = FromBefore(
        group=settings.values.get(TRAIL_GROUP_NAME, ""), role=settings.values.get(TRAIL_ROLE_NAME, "")
    )
    seen = read(aws, event, place_of(settings), before)
    return seen if seen and not _others_tell(event, seen) else None


def blind_to_call(event: ApiCallEvent, why: Unseen, settings: Settings) -> Seen:
    """What is known without a look."""
    return blind(event, why, place_of(settings))


def decide(event: ApiCallEvent, facts: Seen | None, _now: datetime, settings: Settings) -> Plan:
    """Tell what was done, and put it back where that is possible exactly."""
    if facts is None:
        return Plan.nothing()
    if event.failed:
        return Plan.alert(attempted(event, facts))
    calls = tuple(
        call
        for part in facts.parts
        if part.logical_id in facts.declared
        for call in restore(event, facts.place, part, facts.declared[part.logical_id])
    )
    heard = {
        rule: heard_again(event, facts.place, rule, facts.declared[rule.logical_id])
        if rule.logical_id in facts.declared
        else ()
        for rule in facts.deaf
    }
    return Plan.alert(
        changed(event, facts, calls, settings.overruled),
        *(off_too(event, facts, rule, again) for rule, again in heard.items()),
        calls=(*calls, *(call for again in heard.values() for call in again)),
    )


def place_of(settings: Settings) -> Place:
    """Where the stack is."""
    return Place(stack_id=settings.text(STACK))


def _others_tell(event: ApiCallEvent, seen: Seen) -> bool:
    """Whether another remediation, or the runtime, has this call already."""
    name = name_of(event)
    ours = seen.own_role is not None and (seen.own_role.logical_id, name) in _OF_OUR_PLANS
    return ours or (
        service_of(event) == "logs"
        and not event.failed
        and all((part.logical_id, name) in _OF_THE_TRAIL for part in seen.parts)
    )


def _calls(
    pattern: CloudFormation, *, everywhere: bool = False, forwards: CloudFormation | None = None
) -> Way[ApiCallEvent, Seen | None]:
    return Way(
        on=OnEvent(pattern=pattern, everywhere=everywhere, forwards=forwards),
        parse=api_call,
        look=look,
        decide=decide,
        blind=blind_to_call,
        proof=Proof(
            by=ProvenBy.STATE,
            because="each call writes what the template says, so a made up event changes nothing",
        ),
    )


# It hears what is done to the other rules of this function, and they hear what is done to it. And it hears
# what stops the function or its voice; no function can tell that, so the rule itself tells the plain topic.
_TRIGGERS = [{"wildcard": {"Fn::Sub": "*${AWS::StackName}-StackChangedTrigger*"}}]
GUARD_PATTERN: CloudFormation = {
    "source": [f"aws.{each}" for each in ("events", "lambda", "iam", "kms", "sns", "cloudformation")],
    "detail-type": _VIA,
    "detail": {
        "readOnly": [False],
        "managementEvent": [True],
        "errorCode": [{"exists": False}],
        # One more reader takes nothing away from the others; the function tells it.
        "eventName": [{"anything-but": [CONFIRM]}],
        # A deploy is told by whoever began it.
        "sourceIPAddress": [{"anything-but": "cloudformation.amazonaws.com"}],
        "$or": [
            {"requestParameters": {"name": _TRIGGERS}},
            {"requestParameters": {"rule": _TRIGGERS}},
            {
                "requestParameters": {
                    "functionName": [{"wildcard": {"Fn::Sub": "*${AWS::StackName}-StackChanged-*"}}]
                }
            },
            {
                "requestParameters": {
                    "roleName": [{"wildcard": {"Fn::Sub": "${AWS::StackName}-StackChangedRole*"}}]
                }
            },
            {
                "requestParameters": {
                    "keyId": [{"suffix": {"Ref": key}} for key in (ALERT_KEY, "StackChangedSealKey")]
                }
            },
            {"requestParameters": {"topicArn": [{"Ref": "AlertTopic"}]}},
            {"requestParameters": {"subscriptionArn": [{"prefix": {"Ref": "AlertTopic"}}]}},
            {
                "eventName": ["DeleteStack"],
                "requestParameters": {"stackName": [{"Ref": "AWS::StackName"}, {"Ref": "AWS::StackId"}]},
            },
        ],
    },
}
# Only what has no quotes and is no list: the text would not be delivered.
_PLAIN_WORDS: CloudFormation = {
    "InputPathsMap": {
        "what": "$.detail.eventName",
        "who": "$.detail.userIdentity.arn",
        "from": "$.detail.sourceIPAddress",
        "at": "$.detail.eventTime",
        "event": "$.detail.eventID",
    },
    "InputTemplate": (
        '"CRITICAL: somebody changed what Trailwarden tells its own changes with. Call: <what>. Who: <who>. '
        "From: <from>. When: <at>. CloudTrail event: <event>. Trailwarden may be unable to say more; look in "
        "CloudTrail's event history.\""
    ),
}
GUARD: Mapping[str, CloudFormation] = {
    "StackChangedGuard": {
        # It stays when the stack is deleted, and tells it: the functions are gone before the event comes.
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Delete",
        "Type": "AWS::Events::Rule",
        "Properties": {
            "EventPattern": GUARD_PATTERN,
            "Targets": [
                {
                    "Id": "function",
                    "Arn": {"Fn::GetAtt": ["StackChanged", "Arn"]},
                    "DeadLetterConfig": {"Arn": {"Fn::GetAtt": ["DeadLetters", "Arn"]}},
                },
                {
                    "Id": "plain",
                    "Arn": {"Ref": "PlainTopic"},
                    "InputTransformer": _PLAIN_WORDS,
                    "DeadLetterConfig": {"Arn": {"Fn::GetAtt": ["DeadLetters", "Arn"]}},
                },
            ],
        },
    },
}

REMEDIATION = Remediation(
    name=NAME,
    title="A part of Trailwarden itself was changed",
    woken_by="a call that changes a rule, function, alarm, topic, queue, key, role or table of the stack",
    response="reports who changed what, and what is blind now; puts it back where its mode is `enforce`",
    page=__doc__ or "",
    ways=(
        _calls(RULES_PATTERN),
        _calls(FUNCTIONS_PATTERN),
        _calls(TOPICS_PATTERN),
        _calls(STACK_PATTERN),
        _calls(KEYS_PATTERN),
        _calls(LOGS_PATTERN),
        _calls(QUEUES_PATTERN),
        _calls(ROLES_PATTERN, everywhere=True, forwards=ROLES_FORWARDED),
        COUNTING,
        USE,
    ),
    grants=GRANTS,
    declared_calls=DECLARED_CALLS,
    names=NAMES,
    settings={**VARIABLES, IGNORED_PRINCIPALS: DEPLOYERS.joined},
    parameters=(DEPLOYERS,),
    resources=GUARD,
    controls=("ATT&CK T1562.001", "ATT&CK T1562.008"),
)

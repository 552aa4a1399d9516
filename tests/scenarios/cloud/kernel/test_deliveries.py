"""Who may hand what to which resource: one table for every service that delivers and every kind of target."""

import json
from functools import cache

import pytest

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.caller import Caller, CallerKind
from scenarios.cloud.kernel.deliveries import (
    AssumedRole,
    Event,
    LogLines,
    Message,
    Missing,
    Notification,
    Object,
    StreamRecord,
)
from scenarios.cloud.kernel.errors import NotSimulated, WorldError
from tests.scenarios.cloud.small_worlds import (
    HOME,
    admin,
    arn,
    document,
    function,
    group,
    heard,
    lets,
    may,
    permission,
    queue,
    role,
    topic,
    world,
)

EVENTS, SNS, LOGS = "events.amazonaws.com", "sns.amazonaws.com", "logs.amazonaws.com"
CLOUDTRAIL = "cloudtrail.amazonaws.com"
RULE, OTHER_RULE = arn("events", "rule/Rule"), arn("events", "rule/Other")
TRAIL = arn("cloudtrail", "trail/main")
FROM_RULE = {"Condition": {"ArnEquals": {"aws:SourceArn": RULE}}}
FROM_HOME = {"Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}

MESSAGE, NOTIFICATION, EVENT = Message(body="{}"), Notification(text="m"), Event(content={})
OBJECT = Object(body=b"")
RECORD, LINES = StreamRecord(data=b"x", partition_key="k"), LogLines(stream="s", lines=())

# ---- one account with everything in it ----------------------------------------------------------


def key(name, *statements):
    """A key that its account administers, with more statements."""
    root = {**may("kms:*"), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    return {name: {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": document(root, *statements)}}}


def encrypted(name, by_key):
    resources = queue(name)
    resources[name]["Properties"]["KmsMasterKeyId"] = by_key
    return resources


def conditional(name, condition):
    """A queue that EventBridge may send to under a condition."""
    resources = queue(name)
    (statement,) = resources[f"{name}Policy"]["Properties"]["PolicyDocument"]["Statement"]
    statement |= condition
    return resources


def trusted(name, condition):
    """A role that EventBridge may assume under a condition."""
    resources = role(name, "events", may("kinesis:PutRecord"))
    (statement,) = resources[name]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    statement |= condition
    return resources


def storing(name, *statements, **properties):
    """A bucket, and what its policy lets CloudTrail do there."""
    given = {
        "Bucket": {"Ref": name},
        "PolicyDocument": document(
            *(lets("cloudtrail", each, resource=f"arn:aws:s3:::{name.lower()}*") for each in statements)
        ),
    }
    return {
        name: {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name.lower(), **properties}},
        f"{name}Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": given},
    }


def encrypts(by_key):
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Fn::GetAtt": [by_key, "Arn"]}}
    rules = [{"ServerSideEncryptionByDefault": default}]
    return {"BucketEncryption": {"ServerSideEncryptionConfiguration": rules}}


LOGS_POLICY = {
    "PolicyName": "p",
    "PolicyDocument": document(lets("events", "logs:CreateLogStream", "logs:PutLogEvents")),
}
WRITES = may(["kinesis:PutRecord", "firehose:PutRecord", "events:PutEvents", "logs:*", "sqs:*", "kms:*"])
ACCOUNT_WITH_EVERYTHING = {
    **queue("Open"),
    **queue("Shut", by=""),
    **conditional("OfRule", FROM_RULE),
    **conditional("OfHome", FROM_HOME),
    **key("Kind", lets("events", "kms:GenerateDataKey*", "kms:Decrypt")),
    **key("Half", lets("events", "kms:Decrypt")),
    **key("OnlyForRule", lets("events", "kms:*", **FROM_RULE)),
    **key("Switched"),
    **encrypted("Unlocked", {"Ref": "Kind"}),
    **encrypted("HalfLocked", {"Ref": "Half"}),
    **encrypted("LockedButForRule", {"Fn::GetAtt": ["OnlyForRule", "Arn"]}),
    **encrypted("KeyDisabled", {"Ref": "Switched"}),
    **encrypted("LockedByAws", "alias/aws/sqs"),
    **topic("events", name="OpenTopic"),
    **topic(name="ShutTopic"),
    **topic("events", name="LockedTopic", key="Half"),
    **topic("events", name="UnlockedTopic", key="Kind"),
    **function(),
    **permission("events", SourceArn=RULE),
    **storing("Store", "s3:GetBucketAcl", "s3:PutObject"),
    **storing("NoAcl", "s3:PutObject"),
    **storing("ReadOnly", "s3:GetBucketAcl"),
    **storing("LockedStore", "s3:*", **encrypts("Kind")),
    **storing("DisabledStore", "s3:*", **encrypts("Switched")),
    **key(
        "OfTrail",
        lets(
            "cloudtrail",
            "kms:GenerateDataKey",
            Condition={"StringEquals": {"kms:EncryptionContext:aws:cloudtrail:arn": TRAIL}},
        ),
    ),
    **group(),
    "LogsPolicy": {"Type": "AWS::Logs::ResourcePolicy", "Properties": LOGS_POLICY},
    "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "stream", "ShardCount": 1}},
    **role("writer", "events", WRITES),
    **role("idler", "events"),
    **role("stranger", "lambda", WRITES),
    **role("worker", "lambda", may(["sqs:SendMessage", "kms:*"])),
    **role("keyless", "lambda", may("sqs:SendMessage")),
    **trusted("writerForRule", FROM_RULE),
}


def assumed(name, service=EVENTS):
    return AssumedRole(arn=f"arn:aws:iam::{ACCOUNT}:role/{name}" if name else "", service=service)


def session(name):
    return Caller(
        kind=CallerKind.ASSUMED_ROLE,
        account=ACCOUNT,
        arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/look",
        name=name,
    )


# ---- the table ----------------------------------------------------------------------------------

QUEUE, TOPIC, STREAM = "sqs", "sns", "kinesis"
LOOK, GROUP = arn("lambda", "function:look"), arn("logs", "log-group:/host/secure:*")
BUS, DATA = arn("events", "event-bus/default"), arn("kinesis", "stream/stream")

# (what it is about, who delivers, to what, what, on whose behalf, what is missing)
ROWS = [
    ("a queue that lets the service", EVENTS, arn(QUEUE, "Open"), MESSAGE, RULE, None),
    ("a queue without a policy", EVENTS, arn(QUEUE, "Shut"), MESSAGE, RULE, Missing.PERMISSION),
    ("a queue that lets another", SNS, arn(QUEUE, "Open"), MESSAGE, RULE, Missing.PERMISSION),
    ("no such queue", EVENTS, arn(QUEUE, "Gone"), MESSAGE, RULE, Missing.RESOURCE),
    ("a queue for this rule", EVENTS, arn(QUEUE, "OfRule"), MESSAGE, RULE, None),
    ("a queue for another rule", EVENTS, arn(QUEUE, "OfRule"), MESSAGE, OTHER_RULE, Missing.PERMISSION),
    ("a queue for nobody's behalf", EVENTS, arn(QUEUE, "OfRule"), MESSAGE, "", Missing.PERMISSION),
    ("a queue for this account", EVENTS, arn(QUEUE, "OfHome"), MESSAGE, RULE, None),
    ("a bucket is of this account", EVENTS, arn(QUEUE, "OfHome"), MESSAGE, "arn:aws:s3:::b", None),
    (
        "a queue for this account alone",
        EVENTS,
        arn(QUEUE, "OfHome"),
        MESSAGE,
        RULE.replace(ACCOUNT, "999999999999"),
        Missing.PERMISSION,
    ),
    ("an encrypted queue", EVENTS, arn(QUEUE, "Unlocked"), MESSAGE, RULE, None),
    ("half of what a key must let", EVENTS, arn(QUEUE, "HalfLocked"), MESSAGE, RULE, Missing.KEY_PERMISSION),
    ("a key for this rule", EVENTS, arn(QUEUE, "LockedButForRule"), MESSAGE, RULE, None),
    (
        "a key for another rule",
        EVENTS,
        arn(QUEUE, "LockedButForRule"),
        MESSAGE,
        OTHER_RULE,
        Missing.KEY_PERMISSION,
    ),
    ("a disabled key", EVENTS, arn(QUEUE, "KeyDisabled"), MESSAGE, RULE, Missing.USABLE_KEY),
    ("AWS's own key", EVENTS, arn(QUEUE, "LockedByAws"), MESSAGE, RULE, Missing.KEY_PERMISSION),
    ("AWS's own key, a session", session("keyless"), arn(QUEUE, "LockedByAws"), MESSAGE, "", None),
    ("a session that may send", session("worker"), arn(QUEUE, "Shut"), MESSAGE, "", None),
    ("a session that may not", session("idler"), arn(QUEUE, "Shut"), MESSAGE, "", Missing.PERMISSION),
    ("a session, no such queue", session("worker"), arn(QUEUE, "Gone"), MESSAGE, "", Missing.RESOURCE),
    ("denied before anybody looks", session("idler"), arn(QUEUE, "Gone"), MESSAGE, "", Missing.PERMISSION),
    ("a session and the key", session("worker"), arn(QUEUE, "HalfLocked"), MESSAGE, "", None),
    (
        "a session without the key",
        session("keyless"),
        arn(QUEUE, "HalfLocked"),
        MESSAGE,
        "",
        Missing.KEY_PERMISSION,
    ),
    ("a topic that lets the service", EVENTS, arn(TOPIC, "OpenTopic"), NOTIFICATION, RULE, None),
    ("a topic that does not", EVENTS, arn(TOPIC, "ShutTopic"), NOTIFICATION, RULE, Missing.PERMISSION),
    ("no such topic", EVENTS, arn(TOPIC, "Gone"), NOTIFICATION, RULE, Missing.RESOURCE),
    ("an encrypted topic", EVENTS, arn(TOPIC, "UnlockedTopic"), NOTIFICATION, RULE, None),
    ("a topic's key", EVENTS, arn(TOPIC, "LockedTopic"), NOTIFICATION, RULE, Missing.KEY_PERMISSION),
    ("a function for this rule", EVENTS, LOOK, EVENT, RULE, None),
    ("a function for another rule", EVENTS, LOOK, EVENT, OTHER_RULE, Missing.PERMISSION),
    ("a function for another service", LOGS, LOOK, EVENT, RULE, Missing.PERMISSION),
    ("no such function", EVENTS, f"{LOOK}-not", EVENT, RULE, Missing.RESOURCE),
    ("a log group, by the region's policies", EVENTS, GROUP, LINES, RULE, None),
    ("a log group, another service", SNS, GROUP, LINES, RULE, Missing.PERMISSION),
    ("no such log group", EVENTS, arn("logs", "log-group:gone"), LINES, RULE, Missing.RESOURCE),
    ("a log group under a role", assumed("writer"), GROUP, LINES, RULE, None),
    ("a log group, a role that may not", assumed("idler"), GROUP, LINES, RULE, Missing.PERMISSION),
    ("a stream under a role", assumed("writer"), DATA, RECORD, RULE, None),
    ("a stream, a role that may not", assumed("idler"), DATA, RECORD, RULE, Missing.PERMISSION),
    ("a role that trusts another service", assumed("stranger"), DATA, RECORD, RULE, Missing.ROLE),
    ("a role that is not there", assumed("gone"), DATA, RECORD, RULE, Missing.ROLE),
    ("no role", assumed(""), DATA, RECORD, RULE, Missing.ROLE),
    ("a role for this rule", assumed("writerForRule"), DATA, RECORD, RULE, None),
    ("a role for this rule that may not", assumed("writerForRule"), BUS, EVENT, RULE, Missing.PERMISSION),
    ("a role for another rule", assumed("writerForRule"), DATA, RECORD, OTHER_RULE, Missing.ROLE),
    (
        "no such stream",
        assumed("writer"),
        arn(STREAM, "stream/gone"),
        RECORD,
        RULE,
        Missing.RESOURCE,
    ),
    (
        "no such delivery stream",
        assumed("writer"),
        arn("firehose", "deliverystream/gone"),
        RECORD,
        RULE,
        Missing.RESOURCE,
    ),
    ("the default bus, an AWS service", "s3.amazonaws.com", BUS, EVENT, "", None),
    ("another bus, an AWS service", EVENTS, arn("events", "event-bus/x"), EVENT, RULE, Missing.RESOURCE),
    ("a bus under a role", assumed("writer"), BUS, EVENT, RULE, None),
    ("a bucket", CLOUDTRAIL, "arn:aws:s3:::store/k", OBJECT, TRAIL, None),
    ("no such bucket", CLOUDTRAIL, "arn:aws:s3:::gone/k", OBJECT, TRAIL, Missing.RESOURCE),
    ("a bucket's ACL", CLOUDTRAIL, "arn:aws:s3:::noacl/k", OBJECT, TRAIL, Missing.PERMISSION),
    ("a bucket to be read", CLOUDTRAIL, "arn:aws:s3:::readonly/k", OBJECT, TRAIL, Missing.PERMISSION),
    ("a bucket's key", CLOUDTRAIL, "arn:aws:s3:::lockedstore/k", OBJECT, TRAIL, Missing.KEY_PERMISSION),
    ("a bucket's key is off", CLOUDTRAIL, "arn:aws:s3:::disabledstore/k", OBJECT, TRAIL, Missing.USABLE_KEY),
    ("an object's own key", CLOUDTRAIL, "arn:aws:s3:::store/k", ("OfTrail", TRAIL), TRAIL, None),
    (
        "an object's own key, another context",
        CLOUDTRAIL,
        "arn:aws:s3:::store/k",
        ("OfTrail", f"{TRAIL}-not"),
        TRAIL,
        Missing.KEY_PERMISSION,
    ),
    ("a bus, a role that may not", assumed("idler"), BUS, EVENT, RULE, Missing.PERMISSION),
]


def _made(cloud, payload):
    """The payload; for (key, trail) an object that is encrypted so."""
    if not isinstance(payload, tuple):
        return payload
    name, trail = payload
    kms_key = cloud.home.resources[name].attributes["Arn"]
    return Object(body=b"", kms_key=kms_key, encryption_context={"aws:cloudtrail:arn": trail})


@cache
def answers():
    """What is missing in each row; one world is asked them all."""
    with world(ACCOUNT_WITH_EVERYTHING) as cloud:
        with cloud.calls.muted():
            admin(cloud, "kms").disable_key(KeyId=cloud.home.resources["Switched"].physical_id)
        asked = {
            about: cloud.setting.deliveries.refusal(target, _made(cloud, payload), by=by, source=source)
            for about, by, target, payload, source, _ in ROWS
        }
        assert cloud.setting.trace == []  # whoever only asks hands nothing over
        return {about: refusal and refusal.missing for about, refusal in asked.items()}


@pytest.mark.parametrize(("about", "missing"), [(row[0], row[-1]) for row in ROWS])
def test_a_delivery_needs_the_resource_the_permission_and_the_key(about, missing):
    assert answers()[about] == missing


# ---- handing over -------------------------------------------------------------------------------


def test_what_is_allowed_is_handed_over_and_what_is_not_says_what_was_denied():
    with world({**queue(), **queue("Shut", by="")}) as cloud:
        deliveries, message = cloud.setting.deliveries, Message(body=json.dumps("hello"))

        assert deliveries.hand_over(arn("sqs", "Heard"), message, by=EVENTS) is None
        refusal = deliveries.hand_over(arn("sqs", "Shut"), message, by=EVENTS)

        assert heard(cloud) == ["hello"]
        assert heard(cloud, "Shut") == []
        assert (refusal.action, refusal.resource) == ("sqs:SendMessage", arn("sqs", "Shut"))
        assert refusal.because == "no resource-based policy allows the sqs:SendMessage action"


def test_a_resource_that_no_door_leads_to_is_not_simulated():
    with world(queue()) as cloud, pytest.raises(NotSimulated, match="cluster"):
        cloud.setting.deliveries.hand_over(arn("ecs", "cluster/c"), EVENT, by=EVENTS)


def test_a_queue_takes_no_event():
    with world(queue()) as cloud, pytest.raises(WorldError, match="takes a Message, not a Event"):
        cloud.setting.deliveries.hand_over(arn("sqs", "Heard"), EVENT, by=EVENTS)


# ---- conditions on the moment and the place -----------------------------------------------------

AFTER_2020 = {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}
BEFORE_2020 = {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}
HERE = {"StringEquals": {"aws:RequestedRegion": HOME}}
ELSEWHERE = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}


@pytest.mark.parametrize(
    ("condition", "taken"),
    [
        pytest.param(AFTER_2020, True, id="after a moment"),
        pytest.param(BEFORE_2020, False, id="before a moment"),
        pytest.param({"NumericGreaterThan": {"aws:EpochTime": "1"}}, True, id="in seconds"),
        pytest.param(HERE, True, id="in this region"),
        pytest.param(ELSEWHERE, False, id="in another"),
    ],
)
@pytest.mark.parametrize("by", ["service", "role"])
def test_a_delivery_is_made_at_a_moment_and_in_a_region(condition, taken, by):
    if by == "service":
        resources, sender = queue(), EVENTS
        (statement,) = resources["HeardPolicy"]["Properties"]["PolicyDocument"]["Statement"]
        statement["Condition"] = condition
    else:
        may_send = {**may("sqs:SendMessage"), "Condition": condition}
        resources = {**queue(by=""), **role("Sender", "events", may_send)}
        sender = AssumedRole(arn=f"arn:aws:iam::{ACCOUNT}:role/Sender", service=EVENTS)
    with world(resources) as cloud:
        refusal = cloud.setting.deliveries.refusal(arn("sqs", "Heard"), Message(body="m"), by=sender)

    assert (refusal is None) is taken

"""Somebody touches parts of the stack in ways that take nothing away: each call is told.

A call names the part that it is on in a way of its own: by a name, an ARN, a URL, a list of them, or in the
words of a refusal. Here is a call for each way that the rules of `stack_changed` listen to and no other
scenario takes; `test_rules.py` has those that the simulation can't make.
"""

from collections.abc import Callable, Mapping
from typing import Any

from scenarios.cloud.deployment import STACK_NAME
from scenarios.cloud.world import World
from scenarios.incidents.stack_changed import NAME, SECOND, told_by_plain_mail
from scenarios.runner.scenario import Check, Given, Scenario, at, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.blinding import COUNTS_NOTHING, BlindingDeed, all_named, deed, named
from scenarios.runner.words.checks import alerts

TAGS = [{"Key": "mine", "Value": "yes"}]
KEY_TAGS = [{"TagKey": "mine", "TagValue": "yes"}]
GROUP = "others"  # a log group that isn't ours
PARAMETER = f"/{STACK_NAME}/mine"

mallory = Actor(name="mallory", address="203.0.113.66")


def intern(number: int) -> Actor:
    """Somebody without any right; attempts of one person within an hour are one alert."""
    return Actor(name=f"intern-{number}", address="192.0.2.15", policies=())


def _touch(
    call: str, part: str, given: Callable[[World], Mapping[str, Any]], event: str = ""
) -> BlindingDeed:
    """A deed that has no other name than its call."""
    return deed(call, call, part, given, event=event)


def _on(call: str, part: str, parameter: str, event: str = "", **more: Any) -> BlindingDeed:
    """A call that names the part by this parameter."""
    return _touch(call, part, named(parameter, part, **more), event)


def _on_arn(call: str, part: str, parameter: str, **more: Any) -> BlindingDeed:
    def given(world: World) -> Mapping[str, Any]:
        arn = world.home.resources[part].attributes["Arn"].removesuffix(":*")
        return {parameter: arn, **more}

    return _touch(call, part, given)


def _on_alarms(call: str, part: str) -> BlindingDeed:
    return _touch(call, part, all_named("AlarmNames", part))


def _makes_the_queue_again(world: World) -> Mapping[str, Any]:
    return {"QueueName": world.home.resources["DeadLetters"].physical_id.rpartition("/")[2]}


def _counts_in_another_group(world: World) -> Mapping[str, Any]:
    name = world.home.resources["RootUsageFilter"].physical_id
    return {
        "filterName": name,
        "logGroupName": GROUP,
        "filterPattern": "",
        "metricTransformations": COUNTS_NOTHING,
    }


_LETS_IN = {
    "EventBusName": "default",
    "Action": "events:PutEvents",
    "Principal": "210987654321",
    "StatementId": "mine",
}
_EXPIRES = {"Enabled": True, "AttributeName": "expires"}
_RAW = {"AttributeName": "RawMessageDelivery", "AttributeValue": "false"}
_NAMED = {"AttributeName": "DisplayName", "AttributeValue": "mine"}
_UNLIMITED = "DeleteFunctionConcurrency20171031"

TOUCHES = (
    _touch("events.put_permission", "default", lambda _: _LETS_IN),
    _on("events.remove_targets", "RootLoginTrigger1", "Rule", Ids=["none"]),
    _on("events.enable_rule", "RootLoginTrigger1", "Name"),
    _on("lambda.delete_function_concurrency", "RootLogin", "FunctionName", _UNLIMITED),
    _on(
        "lambda.update_event_source_mapping",
        "TrailValidationTrigger1",
        "UUID",
        "UpdateEventSourceMapping20150331",
        BatchSize=1,
    ),
    _on("cloudwatch.set_alarm_state", "DeadLettersAlarm", "AlarmName", StateValue="OK", StateReason="quiet"),
    _on_alarms("cloudwatch.enable_alarm_actions", "DeadLettersAlarm"),
    _on("sns.tag_resource", "AlertTopic", "ResourceArn", Tags=TAGS),
    _on("sns.set_subscription_attributes", "CisAlarmsTrigger1", "SubscriptionArn", **_RAW),
    _on("sns.set_topic_attributes", "AlertTopic", "TopicArn", **_NAMED),
    _touch(
        "ssm.put_parameter",
        PARAMETER,
        lambda _: {"Name": PARAMETER, "Value": "1", "Type": "String"},
    ),
    _touch("ssm.delete_parameters", PARAMETER, lambda _: {"Names": [PARAMETER]}),
    _on("kms.tag_resource", "AlertKey", "KeyId", Tags=KEY_TAGS),
    _touch("logs.put_metric_filter", "RootUsageFilter", _counts_in_another_group),
    _on("logs.put_retention_policy", "RootLoginLogGroup", "logGroupName", retentionInDays=400),
    _on_arn("logs.tag_resource", "SecureGroup", "resourceArn", tags={"mine": "yes"}),
    _on("sqs.tag_queue", "DeadLetters", "QueueUrl", Tags={"mine": "yes"}),
    _touch("sqs.create_queue", "DeadLetters", _makes_the_queue_again),
    _on("dynamodb.update_time_to_live", "Ledger", "TableName", TimeToLiveSpecification=_EXPIRES),
    _on_arn("dynamodb.tag_resource", "Ledger", "ResourceArn", Tags=TAGS),
    _on_arn("dynamodb.export_table_to_point_in_time", "Ledger", "TableArn", S3Bucket="mine", S3Prefix="mine"),
    _on(
        "dynamodb.restore_table_to_point_in_time",
        "Ledger",
        "SourceTableName",
        TargetTableName="mine",
        UseLatestRestorableTime=True,
    ),
    _on("iam.tag_role", "RootLoginRole", "RoleName", Tags=TAGS),
    _on("iam.tag_role", "TrailGroupRole", "RoleName", Tags=TAGS),
)

# Each with the code by which its service refuses.
REFUSED = (
    (_on("events.delete_rule", "RootLoginTrigger1", "Name"), "AccessDeniedException"),
    (
        _on("lambda.delete_function", "RootLogin", "FunctionName", "DeleteFunction20150331"),
        "AccessDeniedException",
    ),
    (_on_alarms("cloudwatch.delete_alarms", "DeadLettersAlarm"), "AccessDenied"),
    (_on("sns.delete_topic", "AlertTopic", "TopicArn"), "AuthorizationError"),
    (
        _touch(
            "cloudformation.delete_stack",
            STACK_NAME,
            lambda world: {"StackName": world.home.name},
        ),
        "AccessDenied",
    ),
    (_on("kms.disable_key", "AlertKey", "KeyId"), "AccessDeniedException"),
    (_on("logs.delete_log_group", "SecureGroup", "logGroupName"), "AccessDeniedException"),
    (_on("sqs.delete_queue", "DeadLetters", "QueueUrl"), "AccessDenied"),
    (_on("dynamodb.delete_table", "Ledger", "TableName"), "AccessDeniedException"),
    (_on("iam.delete_role", "RootLoginRole", "RoleName"), "AccessDenied"),
)

# On the function that tells of all this, and on what it needs to be heard.
OF_THE_WATCH = (
    _on("events.enable_rule", "StackChangedTrigger1", "Name"),
    _on("events.remove_targets", "StackChangedTrigger2", "Rule", Ids=["none"]),
    _on("lambda.delete_function_concurrency", "StackChanged", "FunctionName", _UNLIMITED),
    _on("iam.tag_role", "StackChangedRole", "RoleName", Tags=TAGS),
    _on("kms.tag_resource", "StackChangedSealKey", "KeyId", Tags=KEY_TAGS),
    _on("kms.enable_key", "AlertKey", "KeyId"),
    _on("sns.set_topic_attributes", "AlertTopic", "TopicArn", **_NAMED),
    _on("sns.set_subscription_attributes", "AlertSubscription", "SubscriptionArn", **_RAW),
)


def each_told(*deeds: BlindingDeed) -> Check:
    """An alert of each of them."""

    def judge(world: World) -> str | None:
        mine = [message for message in alerts(world) if message.attributes["remediation"] == NAME]
        missing = [
            f"{each.event} on {each.part}"
            for each in deeds
            if not any(each.part in message.subject and each.event in message.text for message in mine)
        ]
        return f"nobody was told of {', '.join(missing)}" if missing else None

    return Check("each call is told", judge, counts=True)


def _others() -> Given:
    def do(world: World) -> None:
        world.client(world.user("builder"), "logs").create_log_group(logGroupName=GROUP)

    return Given("a log group of somebody else's", do)


# Calls of IAM are recorded in us-east-1, and forwarded from there.
TOUCHED = Scenario(
    name="stack_changed.touched",
    title="Parts are touched by calls that take nothing away, each named in another way: each call is told",
    home="eu-west-1",
    spokes=("us-east-1",),
    given=[_others()],
    when=[at("00:00", *(each.by(mallory) for each in TOUCHES))],
    then=[by("05:00", each_told(*TOUCHES))],
)

ATTEMPTS = Scenario(
    name="stack_changed.attempts",
    title="People without a right try a part of each kind: each attempt is told",
    home="eu-west-1",
    spokes=("us-east-1",),
    when=[
        at(
            "00:00",
            *(each.by(intern(number), refused=code) for number, (each, code) in enumerate(REFUSED)),
        )
    ],
    then=[by("05:00", each_told(*(each for each, _ in REFUSED)))],
)

GUARDED = Scenario(
    name="stack_changed.guarded",
    title="What tells of all this is touched: a rule tells it by the plain topic, without any function",
    parameters=(("PlainEmail", SECOND),),
    when=[at("00:00", *(each.by(mallory) for each in OF_THE_WATCH))],
    then=[by("02:30", *(told_by_plain_mail(each.event, "user/mallory") for each in OF_THE_WATCH))],
)

SCENARIOS = (TOUCHED, ATTEMPTS, GUARDED)

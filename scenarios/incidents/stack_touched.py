"""Somebody touches parts of the stack in ways that take nothing away: each call is told.

A call names the part that it is on in a way of its own: by a name, an ARN, a URL, a list of them, or in the
words of a refusal. Here is one call for each way that the rules of `stack_changed` listen to and the
simulation can make; `test_deeds.py` has the others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.incidents.stack_changed import NAME, SECOND, plain_mail
from scenarios.runner.scenario import Action, Check, Given, Scenario, at, by
from scenarios.runner.words.actors import Actor, refused_by
from scenarios.runner.words.checks import alerts

Parameters = Callable[[World], Mapping[str, Any]]
TAGS = [{"Key": "mine", "Value": "yes"}]
OTHERS = "others"  # a log group that isn't ours

mallory = Actor(name="mallory", address="203.0.113.66")


def intern(number: int) -> Actor:
    """Somebody without any right; attempts of one person within an hour are one alert."""
    return Actor(name=f"intern-{number}", address="192.0.2.15", policies=())


@dataclass(frozen=True, slots=True)
class Touch:
    """One call. `part`: as the alert's subject calls it; `event`: the call's name in CloudTrail's record.

    `refusal`: the service's code where AWS doesn't let somebody.
    """

    call: str
    part: str
    given: Parameters
    event: str
    refusal: str = "AccessDeniedException"

    def by(self, actor: Actor, *, refused: bool = False) -> Action:
        """The actor does it, or tries to."""
        service, _, operation = self.call.partition(".")

        def do(world: World, caller: Caller) -> None:
            with world.calls.muted():
                given = self.given(world)
            with refused_by(self.refusal if refused else "", f"{self.call} was to be refused"):
                getattr(world.client(caller, service), operation)(**given)

        return actor.does(f"calls {service} {operation} on {self.part}", do)


def _of(part: str, parameter: str, **more: Any) -> Parameters:
    """The part's physical id as one parameter, the others as they are."""
    return lambda world: {parameter: world.home.resources[part].physical_id, **more}


def _arn(part: str, parameter: str, **more: Any) -> Parameters:
    return lambda world: {
        parameter: world.home.resources[part].attributes["Arn"].removesuffix(":*"),
        **more,
    }


def _made_again(world: World) -> Mapping[str, Any]:
    return {"QueueName": world.home.resources["DeadLetters"].physical_id.rpartition("/")[2]}


def _likes_of_a_filter(world: World) -> Mapping[str, Any]:
    counted = {"metricName": "Nothing", "metricNamespace": "Nowhere", "metricValue": "1"}
    name = world.home.resources["RootUsageFilter"].physical_id
    return {
        "filterName": name,
        "logGroupName": OTHERS,
        "filterPattern": "",
        "metricTransformations": [counted],
    }


TOUCHES = (
    Touch(
        "events.put_permission",
        "default",
        lambda _: {
            "EventBusName": "default",
            "Action": "events:PutEvents",
            "Principal": "210987654321",
            "StatementId": "mine",
        },
        "PutPermission",
    ),
    Touch(
        "events.remove_targets",
        "RootLoginTrigger1",
        _of("RootLoginTrigger1", "Rule", Ids=["none"]),
        "RemoveTargets",
    ),
    Touch("events.enable_rule", "RootLoginTrigger1", _of("RootLoginTrigger1", "Name"), "EnableRule"),
    Touch(
        "lambda.delete_function_concurrency",
        "RootLogin",
        _of("RootLogin", "FunctionName"),
        "DeleteFunctionConcurrency20171031",
    ),
    Touch(
        "lambda.update_event_source_mapping",
        "TrailValidationTrigger1",
        _of("TrailValidationTrigger1", "UUID", BatchSize=1),
        "UpdateEventSourceMapping20150331",
    ),
    Touch(
        "cloudwatch.set_alarm_state",
        "DeadLettersAlarm",
        _of("DeadLettersAlarm", "AlarmName", StateValue="OK", StateReason="quiet"),
        "SetAlarmState",
    ),
    Touch(
        "cloudwatch.enable_alarm_actions",
        "DeadLettersAlarm",
        lambda world: {"AlarmNames": [world.home.resources["DeadLettersAlarm"].physical_id]},
        "EnableAlarmActions",
    ),
    Touch("sns.tag_resource", "AlertTopic", _of("AlertTopic", "ResourceArn", Tags=TAGS), "TagResource"),
    Touch(
        "sns.set_subscription_attributes",
        "CisAlarmsTrigger1",
        _of(
            "CisAlarmsTrigger1", "SubscriptionArn", AttributeName="RawMessageDelivery", AttributeValue="false"
        ),
        "SetSubscriptionAttributes",
    ),
    Touch(
        "sns.set_topic_attributes",
        "AlertTopic",
        _of("AlertTopic", "TopicArn", AttributeName="DisplayName", AttributeValue="mine"),
        "SetTopicAttributes",
    ),
    Touch(
        "ssm.put_parameter",
        "mine",
        lambda world: {"Name": f"/{world.home.name}/mine", "Value": "1", "Type": "String"},
        "PutParameter",
    ),
    Touch(
        "ssm.delete_parameters",
        "mine",
        lambda world: {"Names": [f"/{world.home.name}/mine"]},
        "DeleteParameters",
    ),
    Touch(
        "kms.tag_resource",
        "AlertKey",
        _of("AlertKey", "KeyId", Tags=[{"TagKey": "mine", "TagValue": "yes"}]),
        "TagResource",
    ),
    Touch("logs.put_metric_filter", "RootUsageFilter", _likes_of_a_filter, "PutMetricFilter"),
    Touch(
        "logs.put_retention_policy",
        "RootLoginLogGroup",
        _of("RootLoginLogGroup", "logGroupName", retentionInDays=400),
        "PutRetentionPolicy",
    ),
    Touch(
        "logs.tag_resource",
        "SecureGroup",
        _arn("SecureGroup", "resourceArn", tags={"mine": "yes"}),
        "TagResource",
    ),
    Touch("sqs.tag_queue", "DeadLetters", _of("DeadLetters", "QueueUrl", Tags={"mine": "yes"}), "TagQueue"),
    Touch("sqs.create_queue", "DeadLetters", _made_again, "CreateQueue"),
    Touch(
        "dynamodb.update_time_to_live",
        "Ledger",
        _of("Ledger", "TableName", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}),
        "UpdateTimeToLive",
    ),
    Touch("dynamodb.tag_resource", "Ledger", _arn("Ledger", "ResourceArn", Tags=TAGS), "TagResource"),
    Touch(
        "dynamodb.export_table_to_point_in_time",
        "Ledger",
        _arn("Ledger", "TableArn", S3Bucket="mine", S3Prefix="mine"),
        "ExportTableToPointInTime",
    ),
    Touch(
        "dynamodb.restore_table_to_point_in_time",
        "Ledger",
        _of("Ledger", "SourceTableName", TargetTableName="mine", UseLatestRestorableTime=True),
        "RestoreTableToPointInTime",
    ),
    Touch("iam.tag_role", "RootLoginRole", _of("RootLoginRole", "RoleName", Tags=TAGS), "TagRole"),
    Touch("iam.tag_role", "TrailGroupRole", _of("TrailGroupRole", "RoleName", Tags=TAGS), "TagRole"),
)
REFUSED = (
    Touch("events.delete_rule", "RootLoginTrigger1", _of("RootLoginTrigger1", "Name"), "DeleteRule"),
    Touch("lambda.delete_function", "RootLogin", _of("RootLogin", "FunctionName"), "DeleteFunction20150331"),
    Touch(
        "cloudwatch.delete_alarms",
        "DeadLettersAlarm",
        lambda world: {"AlarmNames": [world.home.resources["DeadLettersAlarm"].physical_id]},
        "DeleteAlarms",
        "AccessDenied",
    ),
    Touch(
        "sns.delete_topic", "AlertTopic", _of("AlertTopic", "TopicArn"), "DeleteTopic", "AuthorizationError"
    ),
    Touch(
        "cloudformation.delete_stack",
        "trailwarden",
        lambda world: {"StackName": world.home.name},
        "DeleteStack",
        "AccessDenied",
    ),
    Touch("kms.disable_key", "AlertKey", _of("AlertKey", "KeyId"), "DisableKey"),
    Touch("logs.delete_log_group", "SecureGroup", _of("SecureGroup", "logGroupName"), "DeleteLogGroup"),
    Touch("sqs.delete_queue", "DeadLetters", _of("DeadLetters", "QueueUrl"), "DeleteQueue", "AccessDenied"),
    Touch("dynamodb.delete_table", "Ledger", _of("Ledger", "TableName"), "DeleteTable"),
    Touch("iam.delete_role", "RootLoginRole", _of("RootLoginRole", "RoleName"), "DeleteRole", "AccessDenied"),
)

# On the function that tells of all this, and on what it needs to be heard.
OF_THE_WATCH = (
    Touch("events.enable_rule", "StackChangedTrigger1", _of("StackChangedTrigger1", "Name"), "EnableRule"),
    Touch(
        "events.remove_targets",
        "StackChangedTrigger2",
        _of("StackChangedTrigger2", "Rule", Ids=["none"]),
        "RemoveTargets",
    ),
    Touch(
        "lambda.delete_function_concurrency",
        "StackChanged",
        _of("StackChanged", "FunctionName"),
        "DeleteFunctionConcurrency20171031",
    ),
    Touch("iam.tag_role", "StackChangedRole", _of("StackChangedRole", "RoleName", Tags=TAGS), "TagRole"),
    Touch(
        "kms.tag_resource",
        "StackChangedSealKey",
        _of("StackChangedSealKey", "KeyId", Tags=[{"TagKey": "mine", "TagValue": "yes"}]),
        "TagResource",
    ),
    Touch("kms.enable_key", "AlertKey", _of("AlertKey", "KeyId"), "EnableKey"),
    Touch(
        "sns.set_topic_attributes",
        "AlertTopic",
        _of("AlertTopic", "TopicArn", AttributeName="DisplayName", AttributeValue="mine"),
        "SetTopicAttributes",
    ),
    Touch(
        "sns.set_subscription_attributes",
        "AlertSubscription",
        _of(
            "AlertSubscription",
            "SubscriptionArn",
            AttributeName="RawMessageDelivery",
            AttributeValue="false",
        ),
        "SetSubscriptionAttributes",
    ),
)


def each_told(touches: tuple[Touch, ...]) -> Check:
    """An alert of each of them."""

    def judge(world: World) -> str | None:
        mine = [message for message in alerts(world) if message.attributes["remediation"] == NAME]
        missing = [
            f"{touch.event} on {touch.part}"
            for touch in touches
            if not any(touch.part in each.subject and touch.event in each.text for each in mine)
        ]
        return f"nobody was told of {', '.join(missing)}" if missing else None

    return Check("each call is told", judge, counts=True)


def _others() -> Given:
    def do(world: World) -> None:
        world.client(world.user("builder"), "logs").create_log_group(logGroupName=OTHERS)

    return Given("a log group of somebody else's", do)


TOUCHED = Scenario(
    name="stack_changed.touched",
    title="Parts are touched by calls that take nothing away, each named in another way: each call is told",
    home="eu-west-1",
    spokes=("us-east-1",),  # where calls of IAM are recorded
    given=[_others()],
    when=[at("00:00", *(touch.by(mallory) for touch in TOUCHES))],
    then=[by("05:00", each_told(TOUCHES))],
)

ATTEMPTS = Scenario(
    name="stack_changed.attempts",
    title="People without a right try a part of each kind: each attempt is told",
    home="eu-west-1",
    spokes=("us-east-1",),  # where calls of IAM are recorded
    when=[at("00:00", *(touch.by(intern(number), refused=True) for number, touch in enumerate(REFUSED)))],
    then=[by("05:00", each_told(REFUSED))],
)

GUARDED = Scenario(
    name="stack_changed.guarded",
    title="What tells of all this is touched, part by part: the plain topic says each call, by no function",
    parameters=(("PlainEmail", SECOND),),
    when=[at("00:00", *(touch.by(mallory) for touch in OF_THE_WATCH))],
    then=[by("02:30", *(plain_mail(touch.event, "user/mallory") for touch in OF_THE_WATCH))],
)

SCENARIOS = (TOUCHED, ATTEMPTS, GUARDED)

"""The packaged stack on the simulated AWS, its promises broken one by one by calls that somebody makes."""

import json
from dataclasses import dataclass, field
from functools import partial

import pytest

from scenarios.cloud.world import World
from scenarios.doctor.asking import Asker
from scenarios.doctor.examine import examine
from scenarios.doctor.finding import Standing
from scenarios.doctor.mending import mend
from scenarios.doctor.report import exit_code
from scenarios.runner.run import deployment_of
from scenarios.runner.scenario import Scenario
from scenarios.runner.words import existing_trail
from tests.sample import in_turn

HOME, SPOKE = "us-east-1", "eu-west-1"
TRAIL = "trailwarden-trail"
COMPANY = existing_trail.BUCKET


@dataclass(slots=True)
class Patient:
    """A world with the stack in it, and whoever does something to it."""

    world: World
    policies: tuple = ()
    client: object = field(init=False)

    def __post_init__(self) -> None:
        more = {"policies": self.policies} if self.policies else {}
        self.client = partial(self.world.client, self.world.user("alice", **more))

    def name(self, logical_id, region=HOME):
        return self.world.stacks[region].resources[logical_id].physical_id

    def examined(self, stack_name="trailwarden"):
        return examine(Asker(self.client, HOME), stack_name, self.world.clock.now)


def deployed(*, existing=False):
    """The packaged template in its home region and one more; with a trail of before, or its own."""
    scenario = Scenario(
        name="doctor",
        title="nothing happens",
        when=(),
        then=(),
        spokes=(SPOKE,),
        before=existing_trail.EXISTING_TRAIL if existing else {},
        parameters=(
            *(existing_trail.PARAMETERS if existing else ()),
            ("Operators", "arn:aws:iam::123456789012:user/alice"),
        ),
    )
    return World(deployment_of(scenario))


def of(findings, standing=Standing.UNWATCHED):
    return [each for each in findings if each.standing is standing]


def words(findings, standing=Standing.UNWATCHED):
    return [each.what for each in of(findings, standing)]


@pytest.mark.slow
def test_what_was_just_deployed_is_well():
    with deployed() as world:
        found = Patient(world).examined()

    assert words(found) == words(found, Standing.UNKNOWN) == []
    assert exit_code(found) == 0


@pytest.mark.slow
def test_a_call_that_waits_in_the_queue_of_an_alarm_is_no_dead_letter():
    with deployed() as world:
        each = Patient(world)
        each.client("sqs").send_message(QueueUrl=each.name("FirstWayTouchedCalls"), MessageBody="{}")

        assert words(each.examined()) == []


@pytest.mark.slow
def test_what_was_just_deployed_on_an_existing_trail_is_well_but_for_data_events():
    with deployed(existing=True) as world:
        found = Patient(world).examined()

    assert [each[:34] for each in words(found)] == ["the trail records no data events o"]
    assert words(found, Standing.UNKNOWN) == []


def remove_target(each):
    each.client("events").remove_targets(
        Rule=each.name("RootLoginTrigger1"), Ids=["RootLoginTrigger1LambdaTarget"]
    )


def narrow_rule(each):
    pattern = json.dumps({"source": ["aws.signin"], "account": ["999999999999"]})
    each.client("events").put_rule(Name=each.name("RootLoginTrigger1"), EventPattern=pattern)


def delete_rule(each):
    remove_target(each)
    each.client("events").delete_rule(Name=each.name("RootLoginTrigger1"))


def change_alarm(each, **changes):
    """Put the alarm on root usage again, with something changed."""
    cloudwatch, name = each.client("cloudwatch"), each.name("RootUsageAlarm")
    [alarm] = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    kept = (
        "MetricName",
        "Namespace",
        "Statistic",
        "Period",
        "EvaluationPeriods",
        "Threshold",
        "AlarmActions",
    )
    same = {key: alarm[key] for key in (*kept, "ComparisonOperator", "TreatMissingData")}
    cloudwatch.put_metric_alarm(AlarmName=name, **{**same, **changes})


def silence_alarm(each):
    change_alarm(each, AlarmActions=[each.name("CisTopic")])


def match_nothing(each):
    logs, name = each.client("logs"), each.name("RootUsageFilter")
    [known] = logs.describe_metric_filters(filterNamePrefix=name)["metricFilters"]
    # As AWS replaces it; moto would keep both.
    logs.delete_metric_filter(logGroupName=known["logGroupName"], filterName=name)
    logs.put_metric_filter(
        logGroupName=known["logGroupName"],
        filterName=name,
        filterPattern="nobody",
        metricTransformations=known["metricTransformations"],
    )


def unsubscribe(each):
    each.client("sns").unsubscribe(SubscriptionArn=each.name("AlertSubscription"))


def forget_items(each):
    each.client("dynamodb").update_time_to_live(
        TableName=each.name("Ledger"),
        TimeToLiveSpecification={"Enabled": False, "AttributeName": "expires"},
    )


def stop_backups(each):
    each.client("dynamodb").update_continuous_backups(
        TableName=each.name("Ledger"),
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
    )


def sets(name, value):
    return lambda each: each.client("ssm").put_parameter(Name=name, Value=value, Overwrite=True)


def blind_trail(each):
    """Leaves its data events as they are: test_selectors.py is about those."""
    cloudtrail = each.client("cloudtrail")
    _, *data = cloudtrail.get_event_selectors(TrailName=TRAIL)["AdvancedEventSelectors"]
    fields = [{"Field": "eventCategory", "Equals": ["Management"]}, {"Field": "readOnly", "Equals": ["true"]}]
    cloudtrail.put_event_selectors(
        TrailName=TRAIL, AdvancedEventSelectors=[{"FieldSelectors": fields}, *data]
    )


def hide_objects(each):
    rules = [
        {
            "ID": "away",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "Transitions": [{"Days": 30, "StorageClass": "DEEP_ARCHIVE"}],
        }
    ]
    each.client("s3").put_bucket_lifecycle_configuration(
        Bucket=each.name("TrailBucket"), LifecycleConfiguration={"Rules": rules}
    )


def delete_forward(each):
    events, name = each.client("events", SPOKE), each.name("RootLoginForward", SPOKE)
    events.remove_targets(Rule=name, Ids=["home"])
    events.delete_rule(Name=name)


def deed(service, operation, region="", **parameters):
    """One call; `@RootLogin` in a parameter stands for the resource with that logical id."""

    def resolved(each, value):
        if isinstance(value, list):
            return [resolved(each, one) for one in value]
        named = isinstance(value, str) and value.startswith("@")
        return each.name(value[1:], region or HOME) if named else value

    def do(each):
        given = {key: resolved(each, value) for key, value in parameters.items()}
        getattr(each.client(service, region), operation)(**given)

    return do


RULE, FUNCTION, TABLE = "@RootLoginTrigger1", "@RootLogin", "@Ledger"
MENDED = [
    ("a rule is disabled", deed("events", "disable_rule", Name=RULE)),
    (
        "an alarm's actions are switched off",
        deed("cloudwatch", "disable_alarm_actions", AlarmNames=["@RootUsageAlarm"]),
    ),
    ("the alerts' key is disabled", deed("kms", "disable_key", KeyId="@AlertKey")),
    ("the ledger's items don't expire", forget_items),
    ("the ledger can't be restored", stop_backups),
    ("the trail doesn't log", deed("cloudtrail", "stop_logging", Name=TRAIL)),
    (
        "log file validation is off",
        deed("cloudtrail", "update_trail", Name=TRAIL, EnableLogFileValidation=False),
    ),
    (
        "the bucket sends no events to EventBridge",
        deed(
            "s3", "put_bucket_notification_configuration", Bucket="@TrailBucket", NotificationConfiguration={}
        ),
    ),
    (
        "a rule that forwards from eu-west-1 is disabled",
        deed("events", "disable_rule", SPOKE, Name="@RootLoginForward"),
    ),
]
TOLD = [
    ("a rule has lost its target RootLoginTrigger1LambdaTarget", remove_target),
    ("a rule's pattern is not the one that was deployed", narrow_rule),
    ("the rule is gone", delete_rule),
    (
        "the permission",
        deed("lambda", "remove_permission", FunctionName=FUNCTION, StatementId="RootLoginTrigger1"),
    ),
    (
        "the policy of a function turns nobody away",
        deed("lambda", "remove_permission", FunctionName="@APIHandler", StatementId="NobodyElse"),
    ),
    (
        "a function is paused",
        deed("lambda", "put_function_concurrency", FunctionName=FUNCTION, ReservedConcurrentExecutions=0),
    ),
    (
        "the subscription filter is gone",
        deed(
            "logs",
            "delete_subscription_filter",
            logGroupName="@SecureGroup",
            filterName="@FailedLoginTrigger1",
        ),
    ),
    (
        "the metric filter is gone",
        deed("logs", "delete_metric_filter", logGroupName="@TrailGroup", filterName="@RootUsageFilter"),
    ),
    ("an alarm no longer notifies trailwarden-AlertTopic", silence_alarm),
    (
        "an alarm goes off otherwise than was deployed: Threshold 1000.0 instead of 1",
        lambda each: change_alarm(each, Threshold=1000),
    ),
    ("a metric filter matches something else than was deployed", match_nothing),
    ("the alarm is gone", deed("cloudwatch", "delete_alarms", AlarmNames=["@RootUsageAlarm"])),
    ("the topic reaches no one: no subscription is confirmed, it has none", unsubscribe),
    ("the alerts' key is about to be deleted", deed("kms", "schedule_key_deletion", KeyId="@AlertKey")),
    ("the kill switch is on", sets("/trailwarden/kill-switch", "on")),
    (
        "a mode is approve, though observe was deployed",
        sets("/trailwarden/modes/table_deleted", "approve"),
    ),
    ("1 events could not be handled", deed("sqs", "send_message", QueueUrl="@DeadLetters", MessageBody="{}")),
    ("there is no such trail", deed("cloudtrail", "delete_trail", Name=TRAIL)),
    ("the trail's event selectors leave out management events that write", blind_trail),
    (
        "public access to the bucket is not blocked",
        deed("s3", "delete_public_access_block", Bucket="@TrailBucket"),
    ),
    ("the lifecycle (away) moves log files to DEEP_ARCHIVE", hide_objects),
    ("eu-west-1 forwards not RootLoginForward", delete_forward),
]


def rows(table):
    return [pytest.param(says, do, id=says) for says, do in table]


@pytest.mark.slow
@pytest.mark.parametrize(("says", "do"), in_turn(rows(MENDED), of=5))
def test_what_was_broken_is_told_and_mended(says, do):
    with deployed() as world:
        patient = Patient(world)
        do(patient)
        found = patient.examined()
        assert [told[: len(says)] for told in words(found)] == [says]
        assert exit_code(found) == 1

        told = []
        assert mend(found, patient.client, told.append, lambda change: told.append(change) or True) == 1
        assert told[-1] == "  done"
        assert words(patient.examined()) == []


@pytest.mark.slow
@pytest.mark.parametrize(("says", "do"), in_turn(rows(TOLD), of=7))
def test_what_was_broken_is_told_with_how_to_mend_it(says, do):
    with deployed() as world:
        patient = Patient(world)
        do(patient)
        found = patient.examined()

    assert [told[: len(says)] for told in words(found)] == [says]
    [finding] = of(found)
    assert finding.mend
    assert finding.source
    assert finding.fix is None


@pytest.mark.slow
def test_a_deleted_function_takes_its_permissions_along():
    with deployed() as world:
        patient = Patient(world)
        deed("lambda", "delete_function", FunctionName=FUNCTION)(patient)
        told = words(patient.examined())

    assert told[0] == "the function is gone, though the stack has it"
    assert all(each.startswith("the permission ") for each in told[1:])
    assert len(told) > 1


@pytest.mark.slow
def test_a_bucket_without_versions_and_without_a_policy():
    with deployed(existing=True) as world:
        patient = Patient(world)
        s3 = patient.client("s3")
        s3.put_bucket_versioning(Bucket=COMPANY, VersioningConfiguration={"Status": "Suspended"})
        s3.delete_bucket_policy(Bucket=COMPANY)
        found = patient.examined()
        assert words(found)[1:] == [
            "the bucket keeps no versions: what is deleted or overwritten is gone for good",
            "the bucket's policy doesn't let CloudTrail write",
        ]

        mend(found, patient.client, lambda _: None, lambda _: True)
        assert s3.get_bucket_versioning(Bucket=COMPANY)["Status"] == "Enabled"


@pytest.mark.slow
def test_a_trail_that_delivers_elsewhere_is_told_and_that_bucket_is_looked_at():
    with deployed() as world:
        patient = Patient(world)
        s3, lax = patient.client("s3"), "lax-bucket"
        s3.create_bucket(Bucket=lax)
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "cloudtrail.amazonaws.com"},
                    "Action": ["s3:GetBucketAcl", "s3:PutObject"],
                    "Resource": [f"arn:aws:s3:::{lax}", f"arn:aws:s3:::{lax}/*"],
                }
            ],
        }
        s3.put_bucket_policy(Bucket=lax, Policy=json.dumps(policy))
        patient.client("cloudtrail").update_trail(Name=TRAIL, S3BucketName=lax)
        found = of(patient.examined())

    assert found[0].what.startswith("the trail delivers elsewhere than to trailwarden-trailbucket-")
    assert {each.where for each in found} == {lax}
    assert any(each.what.startswith("the bucket sends no events to EventBridge") for each in found)


@pytest.mark.slow
def test_what_nobody_agrees_to_is_left_alone():
    with deployed() as world:
        patient = Patient(world)
        deed("cloudtrail", "stop_logging", Name=TRAIL)(patient)
        told = []
        assert mend(patient.examined(), patient.client, told.append, lambda _: False) == 0

        assert words(patient.examined()) != []
    assert len(told) == 1


@pytest.mark.slow
def test_a_stack_that_is_not_there_is_the_only_finding():
    with deployed() as world:
        [finding] = Patient(world).examined("nothing")

    assert finding.standing is Standing.UNWATCHED
    assert finding.what == "there is no stack nothing in us-east-1: nothing is watched"


@pytest.mark.slow
def test_what_may_not_be_asked_is_never_well():
    nothing = {"Version": "2012-10-17", "Statement": []}
    with deployed() as world:
        found = Patient(world, policies=(nothing,)).examined()

    assert words(found, Standing.WELL) == words(found) == []
    assert words(found, Standing.UNKNOWN)[0].startswith("the stack could not be described: ")
    assert exit_code(found) == 2


SEES = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:Get*", "Resource": "*"},
    ],
}


@pytest.mark.slow
def test_a_bucket_out_of_sight_is_told_with_the_commands_for_its_own_account():
    with deployed() as world:
        found = Patient(world, policies=(SEES,)).examined()

    [finding] = of(found, Standing.UNKNOWN)
    assert finding.what.startswith("the bucket can't be looked at from here")
    assert finding.mend.startswith(
        "in the account that owns it: aws s3api get-bucket-notification-configuration"
    )
    assert exit_code(found) == 2


DENIED = [
    ("lambda:GetPolicy", "a function's policy could not be read"),
    ("events:ListTargetsByRule", "a rule could not be looked at"),
    ("cloudwatch:DescribeAlarms", "an alarm could not be looked at"),
    ("sns:ListSubscriptionsByTopic", "a topic's subscriptions could not be listed"),
    ("kms:DescribeKey", "a key could not be looked at"),
    ("sqs:GetQueueAttributes", "a dead-letter queue could not be looked at"),
    ("cloudtrail:GetTrail", "the trail's settings could not be read"),
    ("cloudtrail:GetTrailStatus", "whether the trail logs"),
    ("ec2:DescribeRegions", "which regions are in use"),
    ("iam:ListEntitiesForPolicy", "which groups have AWSCloudTrail_FullAccess"),
]


@pytest.mark.slow
def test_each_refusal_is_told_as_what_it_hides():
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": [action for action, _ in DENIED], "Resource": "*"},
    ]
    with deployed() as world:
        policy = {"Version": "2012-10-17", "Statement": statements}
        found = Patient(world, policies=(policy,)).examined()

    told = words(found, Standing.UNKNOWN)
    assert [says for _, says in DENIED if not any(each.startswith(says) for each in told)] == []
    assert words(found) == []

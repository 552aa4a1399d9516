"""stack_changed, deed by deed: each is told, and what can be put back exactly is as it was."""

import json
from dataclasses import replace

import pytest

from chalicelib.remediation import Outcome, Severity
from chalicelib.remediations.stack_changed.deeds import KINDS
from chalicelib.remediations.stack_changed.grants import KEYS
from chalicelib.remediations.stack_changed.promise import Part, Place, Promise
from scenarios.cloud.world import World
from scenarios.incidents.stack_changed import ENFORCE, SCENARIO
from scenarios.runner.run import deployment_of
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.blinding import DEEDS, VOICELESS
from scenarios.runner.words.checks import findings
from tests.sample import in_turn

# What the function itself can tell; the scenario stack_changed.voiceless has the others.
TOLD = [name for name in DEEDS if name not in VOICELESS]
NOT_EXACTLY = {
    "alarm_set",
    "function_deleted",
    "log_group_deleted",
    "mapping_deleted",
    "queue_deleted",
    "queue_purged",
    "role_lost_its_policy",
    "role_not_trusted",
    "topic_deleted",
    "unsubscribed",
}


@pytest.fixture(scope="module")
def world():
    """One stack for all deeds, one after the other, without the hour's cap."""
    operators = (("Operators", "arn:aws:iam::123456789012:user/queue_purged"),)
    deployment = deployment_of(replace(SCENARIO, parameters=(*ENFORCE, *operators)))
    uncapped = deployment.template.replace('_ACTS_PER_HOUR": "10"', '_ACTS_PER_HOUR": "1000"')
    assert uncapped != deployment.template
    with World(replace(deployment, template=uncapped)) as world:
        yield world


@pytest.fixture(scope="module")
def seen():
    return set()


def state(world, deed):
    """What AWS says of the part that a deed changes, without times and counters."""
    return json.loads(json.dumps(READ[deed.service](world, deed), default=str, sort_keys=True))


def physical(world, part):
    return world.home.resources[part].physical_id


def rule(world, deed):
    events = world.client(world.user("reader"), "events")
    name = physical(world, deed.part)
    described = events.describe_rule(Name=name)
    return [
        *(described.get(each) for each in ("State", "EventPattern", "ScheduleExpression")),
        events.list_targets_by_rule(Rule=name)["Targets"],
    ]


def function(world, deed):
    client = world.client(world.user("reader"), "lambda")
    if deed.part == "TrailValidationTrigger1":
        found = client.get_event_source_mapping(UUID=physical(world, deed.part))
        return [found[each] for each in ("State", "BatchSize", "FunctionArn")]
    name = physical(world, deed.part.partition("Trigger")[0])
    found = client.get_function_configuration(FunctionName=name)
    policy = json.loads(client.get_policy(FunctionName=name)["Policy"])["Statement"]
    return [
        *(found[each] for each in ("Environment", "Timeout", "MemorySize", "Handler", "Runtime", "Role")),
        client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions"),
        sorted(json.dumps(each, sort_keys=True) for each in policy),
    ]


def logs(world, _deed):
    client = world.client(world.user("reader"), "logs")
    groups = client.describe_log_groups()["logGroups"]
    secure = physical(world, "SecureGroup")
    subscriptions = (
        client.describe_subscription_filters(logGroupName=secure)["subscriptionFilters"]
        if any(each["logGroupName"] == secure for each in groups)
        else []
    )
    return [
        sorted((each["logGroupName"], each.get("retentionInDays")) for each in groups),
        sorted(
            (each["filterName"], each["filterPattern"], json.dumps(each["metricTransformations"]))
            for each in client.describe_metric_filters()["metricFilters"]
        ),
        [(each["filterName"], each["filterPattern"], each["destinationArn"]) for each in subscriptions],
        [
            (each["policyName"], json.loads(each["policyDocument"]))
            for each in client.describe_resource_policies()["resourcePolicies"]
        ],
    ]


def alarms(world, _deed):
    client = world.client(world.user("reader"), "cloudwatch")
    left_out = ("State", "AlarmConfigurationUpdatedTimestamp")
    return [
        {name: value for name, value in each.items() if not name.startswith(left_out)}
        for each in sorted(client.describe_alarms()["MetricAlarms"], key=lambda each: each["AlarmName"])
    ]


def topics(world, deed):
    client = world.client(world.user("reader"), "sns")
    arn = physical(world, deed.part)
    if deed.part.endswith("Topic"):
        attributes = client.get_topic_attributes(TopicArn=arn)["Attributes"]
        return [json.loads(attributes["Policy"]), attributes.get("KmsMasterKeyId")]
    return client.get_subscription_attributes(SubscriptionArn=arn)["Attributes"].get("FilterPolicy", "{}")


def queues(world, deed):
    client = world.client(world.user("reader"), "sqs")
    asked = client.get_queue_attributes(QueueUrl=physical(world, deed.part), AttributeNames=["All"])
    wanted = ("Policy", "MessageRetentionPeriod", "VisibilityTimeout", "RedrivePolicy", "DelaySeconds")
    return [asked["Attributes"].get(each) for each in wanted]


def tables(world, _deed):
    client = world.client(world.user("reader"), "dynamodb")
    name = physical(world, "Ledger")
    backups = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    return [
        client.describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"],
        backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
    ]


def keys(world, deed):
    client = world.client(world.user("reader"), "kms")
    key = physical(world, deed.part)
    return [
        client.describe_key(KeyId=key)["KeyMetadata"]["KeyState"],
        json.loads(client.get_key_policy(KeyId=key, PolicyName="default")["Policy"]),
    ]


def roles(world, deed):
    client = world.client(world.user("reader"), "iam")
    name = {"RoleName": physical(world, deed.part)}
    return [
        client.list_role_policies(**name)["PolicyNames"],
        client.list_attached_role_policies(**name)["AttachedPolicies"],
    ]


READ = {
    "cloudwatch": alarms,
    "dynamodb": tables,
    "events": rule,
    "iam": roles,
    "kms": keys,
    "lambda": function,
    "logs": logs,
    "sns": topics,
    "sqs": queues,
}


# Before one of the deeds deletes the subscription.
@pytest.mark.slow
def test_a_subscription_that_looks_into_the_body_alone_is_put_back(world, seen):
    """Its filter asks for attributes: under the other scope nothing would pass."""
    arn = physical(world, "AlertSubscription")

    def attributes():
        with world.calls.muted():
            reader = world.client(world.user("reader"), "sns")
            return reader.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]

    before = attributes()
    mallory = world.client(world.user("mallory"), "sns")
    for name, value in (("FilterPolicyScope", "MessageBody"), ("FilterPolicy", '{"body": {"is": ["x"]}}')):
        mallory.set_subscription_attributes(SubscriptionArn=arn, AttributeName=name, AttributeValue=value)
        assert attributes()[name] == value
    world.run(125)

    entries = [each for each in findings(world, "stack_changed") if each.event_key not in seen]
    seen.update(each.event_key for each in entries)
    theirs = [each for each in entries if each.principal.endswith("/mallory")]
    assert [each.outcome for each in theirs] == [Outcome.ACTED, Outcome.ACTED]
    after = attributes()
    assert after["FilterPolicyScope"] == "MessageAttributes"
    assert json.loads(after["FilterPolicy"]) == json.loads(before["FilterPolicy"])


@pytest.mark.slow
@pytest.mark.parametrize("name", in_turn(TOLD, of=5))
def test_a_deed_is_told_at_once_and_put_back_where_that_is_possible_exactly(world, seen, name):
    deed = DEEDS[name]
    with world.calls.muted():
        before = state(world, deed) if name not in NOT_EXACTLY else None

    deed.by(Actor(name=name)).do(world)
    world.run(125)  # CloudTrail's events may take two minutes

    (entry,) = (
        each
        for each in findings(world, "stack_changed")
        if each.event_key not in seen and each.principal.endswith(f"/{name}")
    )
    seen.add(entry.event_key)
    (alert,) = entry.plan.alerts
    assert entry.told == {0}
    assert (alert.severity is Severity.CRITICAL) is deed.blinds
    assert deed.part in alert.title
    facts = dict(alert.facts)
    assert facts["Call"] == deed.event
    assert not deed.blinds or any(word in facts["What that means"] for word in ("because", "gone"))
    if name in NOT_EXACTLY:
        assert entry.outcome is Outcome.TOLD
        assert "REVERT_DRIFT" in facts["Put everything back with"]
        return
    assert (entry.outcome, entry.failure) == (Outcome.ACTED, "")
    with world.calls.muted():
        assert state(world, deed) == before


def test_no_function_loses_a_statement_that_it_was_deployed_with(world):
    """Else a forged AddPermission, with the id of the one that denies, would open it to everybody."""
    parts = tuple(
        Part(logical_id=each.logical_id, type=each.type, physical_id=each.physical_id)
        for each in world.home.resources.values()
    )
    place = Place(stack_id=world.home.stack_id)
    promise = Promise(
        template=world.home.template, parameters=world.home.values_of_parameters, parts=parts, place=place
    )
    functions = [each for each in parts if each.type == "AWS::Lambda::Function"]

    assert len(functions) > 5
    for each in functions:
        assert promise.statements(each)["NobodyElse"]["Effect"] == "Deny", each.logical_id


def test_every_key_of_the_stack_is_watched(world):
    assert {each.logical_id for each in world.home.of_type("AWS::KMS::Key")} == set(KEYS)


def test_every_type_of_the_stack_is_one_that_calls_are_told_of(world):
    # What is no thing of its own: it is changed by a call on what it belongs to.
    beside = {
        "AWS::ApiGateway::Deployment",
        "AWS::ApiGateway::Stage",
        "AWS::IAM::Group",
        "AWS::IAM::Policy",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::ResourcePolicy",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
    }
    of_the_trail = {"AWS::CloudTrail::Trail", "AWS::S3::Bucket", "AWS::S3::BucketPolicy"}
    # No alert depends on what it shows.
    shown = {"AWS::CloudWatch::Dashboard"}

    there = {each.type for each in world.home.resources.values()}

    assert there - beside - of_the_trail - shown <= set(KINDS)

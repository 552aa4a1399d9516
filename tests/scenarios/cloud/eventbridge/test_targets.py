"""What reaches a target, in what form, by whose leave, and what becomes of what does not."""

import json
from datetime import timedelta
from itertools import pairwise

import pytest

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.faults import Faults
from tests.scenarios.cloud.eventbridge.test_eventbridge import custom_bus, emit, event
from tests.scenarios.cloud.small_worlds import (
    admin,
    arn,
    arrived,
    document,
    function,
    group,
    heard,
    lets,
    may,
    noted,
    permission,
    queue,
    role,
    rule,
    topic,
    world,
)

DEAD = {"DeadLetterConfig": {"Arn": {"Fn::GetAtt": ["Dead", "Arn"]}}}
RULE_ARN = arn("events", "rule/Rule")


def to(logical, attribute="Arn", **more):
    """A rule whose one target is another resource of the stack."""
    return rule(to=logical, target={"Arn": {"Fn::GetAtt": [logical, attribute]}, **more})


def to_arn(text, **more):
    """A rule whose one target is outside the stack."""
    return {**queue("Unused", by=""), **rule(to="Unused", target={"Arn": text, **more})}


def dead(world):
    """The dead letters' attributes."""
    return world.queues.attributes(arn("sqs", "Dead"))


# ---- the form -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        pytest.param({}, event({"n": 3}), id="the event itself"),
        pytest.param({"Input": '{"always": "this"}'}, {"always": "this"}, id="a constant"),
        pytest.param({"InputPath": "$.detail"}, {"n": 3}, id="a part of it"),
        pytest.param(
            {
                "InputTransformer": {
                    "InputPathsMap": {"n": "$.detail.n"},
                    "InputTemplate": '{"n": <n>, "rule": "<aws.events.rule-name>"}',
                }
            },
            {"n": 3, "rule": "Rule"},
            id="a template filled from it",
        ),
    ],
)
def test_a_target_gets_its_input(form, expected):
    with world({**queue(), **rule(target=form)}) as cloud:
        emit(cloud, event({"n": 3}))

        assert heard(cloud) == [expected]


def test_what_a_template_breaks_is_a_dead_letter_at_once():
    form = {"InputTransformer": {"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '{"n": "<n>"}'}}
    with world({**queue(), **queue("Dead"), **rule(target={**form, **DEAD})}) as cloud:
        emit(cloud, event({"n": ["a"]}))

        assert heard(cloud) == []
        (attributes,) = dead(cloud)
        assert attributes["ERROR_CODE"] == "INVALID_JSON"
        assert heard(cloud, "Dead") == [event({"n": ["a"]})]


UNQUOTED = {"InputTransformer": {"InputPathsMap": {"s": "$.detail.s"}, "InputTemplate": '"said: <s>"'}}


def test_a_quoted_string_that_comes_out_as_no_json_is_text_to_a_queue():
    with world({**queue(), **rule(target=UNQUOTED)}) as cloud:
        emit(cloud, event({"s": 'a "word"'}))

        assert cloud.queues.bodies(arn("sqs", "Heard")) == ['"said: a "word""']


@pytest.mark.slow
def test_a_quoted_string_that_comes_out_as_no_json_is_nothing_to_a_function():
    resources = {**function(), **permission("events"), **to("look", **UNQUOTED, **DEAD), **queue("Dead")}
    with world(resources) as cloud:
        emit(cloud, event({"s": 'a "word"'}))
        emit(cloud, event({"s": "a word"}))

        assert [attributes["ERROR_CODE"] for attributes in dead(cloud)] == ["INVALID_JSON"]
        assert arrived(cloud) == ["said: a word"]


# ---- by whose leave -----------------------------------------------------------------------------


def test_a_function_is_invoked_with_the_event():
    with world({**function(), **permission("events"), **to("look")}) as cloud:
        emit(cloud, event())

        assert arrived(cloud) == [event()]


@pytest.mark.slow
def test_a_topic_gets_the_event_as_text():
    with world({**topic("events"), **to("Alerts", "TopicArn")}) as cloud:
        emit(cloud, event())

        assert [json.loads(message.text) for message in cloud.topics.inbox] == [event()]


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param({**function(), **to("look", **DEAD)}, id="a function"),
        pytest.param({**function(), **permission("sns"), **to("look", **DEAD)}, id="another service's leave"),
        pytest.param(
            {
                **function(),
                **permission("events", SourceArn=arn("events", "rule/Other")),
                **to("look", **DEAD),
            },
            id="another rule's leave",
        ),
        pytest.param({**topic(), **to("Alerts", "TopicArn", **DEAD)}, id="a topic"),
        pytest.param({**queue(by=""), **to("Heard", **DEAD)}, id="a queue"),
        pytest.param({**group(), **to("Group", **DEAD)}, id="a log group"),
    ],
)
def test_a_target_that_does_not_let_the_rule_makes_a_dead_letter_at_once(resources):
    with world({**resources, **queue("Dead")}) as cloud:
        emit(cloud, event())

        assert heard(cloud, "Dead") == [event()]
        (attributes,) = dead(cloud)
        message = attributes.pop("ERROR_MESSAGE")
        assert message.startswith("Rule could not reach arn:aws:")
        assert attributes == {
            "RULE_ARN": RULE_ARN,
            "TARGET_ARN": message.rpartition(" ")[2],
            "ERROR_CODE": "NO_PERMISSIONS",
            "RETRY_ATTEMPTS": "0",
        }


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(arn("lambda", "function:gone"), id="function"),
        pytest.param(arn("sns", "gone"), id="topic"),
        pytest.param(arn("sqs", "gone"), id="queue"),
        pytest.param(arn("logs", "log-group:gone"), id="log group"),
    ],
)
def test_a_target_that_is_gone_makes_a_dead_letter_at_once(target):
    with world({**queue("Dead"), **to_arn(target, **DEAD)}) as cloud:
        emit(cloud, event())

        (attributes,) = dead(cloud)
        assert attributes["ERROR_CODE"] == "NO_RESOURCE"
        assert attributes["TARGET_ARN"] == target


@pytest.mark.parametrize(
    ("resources", "lost"),
    [
        pytest.param({}, [], id="no dead-letter queue: dropped"),
        pytest.param(
            queue("Dead", by=""),
            ["Rule: its dead-letter queue refused the event (NO_PERMISSIONS)"],
            id="one without a policy: lost",
        ),
    ],
)
def test_without_a_place_for_dead_letters_the_event_is_gone_and_that_is_told(resources, lost):
    with world({**function(), **to("look", **(DEAD if resources else {})), **resources}) as cloud:
        emit(cloud, event())

        assert noted(cloud, "undelivered")
        assert noted(cloud, "lost") == lost
        assert heard(cloud, "Dead") == []


def test_a_functions_own_failure_is_no_dead_letter_of_the_rule():
    with world({**function(), **permission("events"), **to("look", **DEAD), **queue("Dead")}) as cloud:
        emit(cloud, event(), seconds=600)

        assert arrived(cloud) == [event()]
        assert heard(cloud, "Dead") == []


def test_two_targets_of_a_rule_fare_apart():
    two = rule(
        Targets=[
            {"Id": "a", "Arn": {"Fn::GetAtt": ["Shut", "Arn"]}},
            {"Id": "b", "Arn": {"Fn::GetAtt": ["Heard", "Arn"]}},
        ]
    )
    with world({**queue(), **queue("Shut", by=""), **two}) as cloud:
        emit(cloud, event())

        assert heard(cloud, "Shut") == []
        assert heard(cloud) == [event()]


# ---- log groups and streams ---------------------------------------------------------------------


def writes_logs(resource="*", service="events"):
    statement = lets(service, "logs:CreateLogStream", "logs:PutLogEvents", resource=resource)
    properties = {"PolicyName": "p", "PolicyDocument": document(statement)}
    return {"LogsPolicy": {"Type": "AWS::Logs::ResourcePolicy", "Properties": properties}}


@pytest.mark.parametrize(
    ("policy", "reaches"),
    [
        pytest.param(writes_logs(), True, id="everything"),
        pytest.param(writes_logs(arn("logs", "log-group:/host/*:*")), True, id="this group"),
        pytest.param(writes_logs(arn("logs", "log-group:/other/*:*")), False, id="another group"),
        pytest.param(writes_logs(service="es"), False, id="another service"),
    ],
)
def test_a_log_group_is_written_to_under_the_regions_resource_policies(policy, reaches):
    with world({**group(), **policy, **to("Group")}) as cloud:
        emit(cloud, event())

        found = admin(cloud, "logs").filter_log_events(logGroupName="/host/secure")["events"]
        assert [json.loads(each["message"]) for each in found] == ([event()] if reaches else [])
        assert all(each["timestamp"] == 1772420400000 for each in found)


def test_a_log_group_takes_a_timestamp_and_a_message_as_input():
    form = {"Input": '{"timestamp": 1772420401000, "message": "hello"}'}
    with world({**group(), **writes_logs(), **to("Group", **form)}) as cloud:
        emit(cloud, event())

        (found,) = admin(cloud, "logs").filter_log_events(logGroupName="/host/secure")["events"]
        assert (found["timestamp"], found["message"]) == (1772420401000, "hello")


def streaming(*statements, **more):
    return {
        **role("feeds", "events", *statements),
        **queue("Dead"),
        **to_arn(arn("kinesis", "stream/events"), RoleArn={"Fn::GetAtt": ["feeds", "Arn"]}, **DEAD, **more),
    }


def records(world):
    with world.calls.muted():
        kinesis = admin(world, "kinesis")
        (shard,) = kinesis.describe_stream(StreamName="events")["StreamDescription"]["Shards"]
        iterator = kinesis.get_shard_iterator(
            StreamName="events", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )
        return kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"]


@pytest.mark.slow
def test_a_role_that_eventbridge_can_assume_no_longer_makes_a_dead_letter_that_says_so():
    trust = document(
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    )
    with world(streaming(may("kinesis:PutRecord"))) as cloud:
        make_stream(cloud)
        with cloud.calls.muted():
            admin(cloud, "iam").update_assume_role_policy(RoleName="feeds", PolicyDocument=json.dumps(trust))
        emit(cloud, event())

        assert [attributes["ERROR_CODE"] for attributes in dead(cloud)] == ["FAILED_TO_ASSUME_ROLE"]
        assert records(cloud) == []


def make_stream(world):
    with world.calls.muted():
        admin(world, "kinesis").create_stream(StreamName="events", ShardCount=1)


def test_a_stream_gets_the_event_under_the_targets_role():
    with world(streaming(may("kinesis:PutRecord"))) as cloud:
        make_stream(cloud)
        emit(cloud, event())

        (record,) = records(cloud)
        assert json.loads(record["Data"]) == event()
        assert record["PartitionKey"] == "e-1"


def test_a_stream_is_keyed_by_a_path_into_the_event():
    resources = streaming(may("kinesis:PutRecord"))
    with world(resources) as cloud:
        make_stream(cloud)
        with cloud.calls.muted():
            (target,) = admin(cloud, "events").list_targets_by_rule(Rule="Rule")["Targets"]
            keyed = {**target, "KinesisParameters": {"PartitionKeyPath": "$.detail.user"}}
            admin(cloud, "events").put_targets(Rule="Rule", Targets=[keyed])
        emit(cloud, event({"user": "eve"}))

        assert [record["PartitionKey"] for record in records(cloud)] == ["eve"]


@pytest.mark.parametrize(
    ("statements", "exists", "code"),
    [
        pytest.param((), True, "NO_PERMISSIONS", id="a role that may not"),
        pytest.param((may("kinesis:PutRecord"),), False, "NO_RESOURCE", id="no such stream"),
    ],
)
def test_a_stream_that_cannot_be_written_makes_a_dead_letter(statements, exists, code):
    with world(streaming(*statements)) as cloud:
        if exists:
            make_stream(cloud)
        emit(cloud, event())

        assert [attributes["ERROR_CODE"] for attributes in dead(cloud)] == [code]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statements", "reaches"),
    [
        pytest.param((may("firehose:PutRecord"),), True, id="a role that may"),
        pytest.param((may("firehose:PutRecordBatch"),), False, id="one that may not"),
    ],
)
def test_firehose_gets_the_event_under_the_targets_role(statements, reaches):
    resources = {
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "tw-lake"}},
        **role("feeds", "events", *statements),
        **role("delivers", "firehose", may("s3:PutObject")),
        **to_arn(arn("firehose", "deliverystream/lake"), RoleArn={"Fn::GetAtt": ["feeds", "Arn"]}),
    }
    with world(resources) as cloud:
        with cloud.calls.muted():
            admin(cloud, "firehose").create_delivery_stream(
                DeliveryStreamName="lake",
                ExtendedS3DestinationConfiguration={
                    "BucketARN": "arn:aws:s3:::tw-lake",
                    "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/delivers",
                },
            )
        emit(cloud, event())
        cloud.run(300)  # Firehose gathers

        s3 = admin(cloud, "s3")
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket="tw-lake").get("Contents", ())]
        bodies = [json.loads(s3.get_object(Bucket="tw-lake", Key=key)["Body"].read()) for key in keys]
        assert bodies == ([event()] if reaches else [])


# ---- another bus --------------------------------------------------------------------------------


def to_bus(*statements):
    return {
        **custom_bus(),
        **role("onward", "events", *statements),
        **queue("Dead"),
        **queue(),
        **rule(
            target={
                "Arn": {"Fn::GetAtt": ["Bus", "Arn"]},
                "RoleArn": {"Fn::GetAtt": ["onward", "Arn"]},
                **DEAD,
            }
        ),
        **rule("There", EventBusName={"Ref": "Bus"}),
    }


@pytest.mark.slow
def test_a_custom_bus_of_the_same_region_gets_the_event():
    with world(to_bus(may("events:PutEvents"))) as cloud:
        emit(cloud, event())

        assert heard(cloud) == [event()]


def test_a_bus_that_is_gone_makes_a_dead_letter():
    with world(to_bus(may("events:PutEvents"))) as cloud:
        admin(cloud, "events").delete_event_bus(Name="orders")
        emit(cloud, event())

        assert [attributes["ERROR_CODE"] for attributes in dead(cloud)] == ["NO_RESOURCE"]


# ---- trying again -------------------------------------------------------------------------------


def throttled(times):
    return Faults(name="busy", targets_throttled=times)


def retrying(**policy):
    more = {"RetryPolicy": policy} if policy else {}
    return {**queue(), **queue("Dead"), **rule(target={**DEAD, **more})}


@pytest.mark.slow
def test_a_throttled_target_gets_the_event_when_it_is_tried_again():
    with world(retrying(), faults=throttled(3)) as cloud:
        emit(cloud, event(), seconds=3)
        early = len(heard(cloud))
        cloud.run(10)

        assert (early, heard(cloud)) == (0, [event()])
        assert heard(cloud, "Dead") == []


def test_the_waits_between_attempts_grow_and_stay_under_ten_minutes():
    with world(retrying(), faults=throttled(20)) as cloud:
        emit(cloud, event(), seconds=3 * 3600)

        refused = [moment.at for moment in cloud.setting.trace if moment.kind == "refused"]
        waits = [(after - before).total_seconds() for before, after in pairwise(refused)]
        assert len(refused) == 20
        assert heard(cloud) == [event()]
        assert waits[0] < 1.2
        assert all(later > earlier for earlier, later in pairwise(waits[:8]))
        assert max(waits) < 600


@pytest.mark.parametrize(
    ("policy", "condition", "retries", "within"),
    [
        pytest.param(
            {"MaximumRetryAttempts": 2}, "MaximumRetryAttempts", "2", timedelta(minutes=1), id="attempts"
        ),
        pytest.param(
            {"MaximumRetryAttempts": 0}, "MaximumRetryAttempts", "0", timedelta(seconds=5), id="none"
        ),
        pytest.param(
            {"MaximumEventAgeInSeconds": 60}, "MaximumEventAgeInSeconds", "5", timedelta(minutes=1), id="age"
        ),
    ],
)
def test_what_is_refused_too_long_is_a_dead_letter_with_the_reason(policy, condition, retries, within):
    with world(retrying(**policy), faults=throttled(1000)) as cloud:
        emit(cloud, event(), seconds=within.total_seconds())

        (attributes,) = dead(cloud)
        assert attributes["ERROR_CODE"] == "THROTTLING"
        assert attributes["EXHAUSTED_RETRY_CONDITION"] == condition
        assert attributes["RETRY_ATTEMPTS"] == retries
        assert heard(cloud) == []


@pytest.mark.slow
def test_without_a_policy_an_event_is_tried_for_a_day_and_no_longer():
    with world(retrying(), faults=throttled(1000)) as cloud:
        emit(cloud, event(), seconds=20 * 3600)
        early = dead(cloud)
        cloud.run(5 * 3600)

        assert early == []
        (attributes,) = dead(cloud)
        assert attributes["EXHAUSTED_RETRY_CONDITION"] in {"MaximumRetryAttempts", "MaximumEventAgeInSeconds"}
        assert 170 <= int(attributes["RETRY_ATTEMPTS"]) <= 185


# ---- what is not simulated ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "what"),
    [
        pytest.param(arn("ecs", "cluster/c"), "ecs", id="containers"),
        pytest.param(arn("sqs", "elsewhere", "eu-west-1"), "another region", id="a queue elsewhere"),
        pytest.param(arn("events", "event-bus/default", "eu-west-1"), "eu-west-1", id="a region not held"),
    ],
)
def test_what_is_not_simulated_is_loud(target, what):
    needs_role = target.split(":")[2] in {"ecs", "events"}
    more = {"RoleArn": {"Fn::GetAtt": ["r", "Arn"]}} if needs_role else {}
    resources = {**role("r", "events", may("*")), **to_arn(target, **more)}
    with pytest.raises(NotSimulated, match=what), world(resources) as cloud:
        emit(cloud, event())
